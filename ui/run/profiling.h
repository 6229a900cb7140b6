// Where the time of the run's steps goes, as the window knows it: whether it is asked for, and the newest answer. The
// canvas and the panel show it.
#pragma once
#include <QObject>
#include <memory>
#include <optional>
#include <unordered_map>

#include "ui/run/training.h"

namespace ui {

class Actions;

class Profiling : public QObject {
  Q_OBJECT
 public:
  // Binds train.profile.
  Profiling(Project& project, Training& training, Actions& actions, QObject* parent = nullptr);

  bool isOn() const { return on_; }
  void setOn(bool on);
  QString whyNotSwitch() const;
  // Of the window's run; null before the first answer.
  const std::shared_ptr<const engine::training::Profile>& profile() const { return profile_; }
  const engine::document::Document* document() const;  // as the run knows it; null: there is none
  // The node as the run knows it; null for what belongs to no node.
  const engine::document::Node* nodeOf(const engine::training::NodeCost& cost) const;
  // The uses of blocks, outermost first, that a node of the run is in, and itself.
  std::vector<engine::NodeId> wayTo(engine::NodeId node) const;
  // The name of a node as the run knows it, with those of the blocks that it is in.
  QString nameOf(engine::NodeId node) const;
  // What a node costs, in a sentence; or with which it is calculated.
  QString costText(const engine::training::NodeCost& cost) const;

 signals:
  void changed();
  void switchedOn();

 private:
  void forget();
  // Nodes of blocks, which the run's document has once, as the run calculates them.
  struct Within {
    engine::document::Node node;
    std::vector<engine::NodeId> way;
  };
  const Within* within(engine::NodeId node) const;

  Training& training_;
  std::shared_ptr<const engine::training::Profile> profile_;
  mutable std::optional<std::unordered_map<engine::NodeId, Within>> within_;  // of the run; made when it is asked for
  bool on_ = false;
};

// "1.24 ms", with three digits from microseconds on.
QString millisecondsText(double seconds);
// "12.3 %", "0.04 %", "< 0.01 %".
QString percentText(double share);
// "24.8 GFLOP/s"; "" where nothing was counted.
QString speedText(double flopsPerSecond);

}  // namespace ui
