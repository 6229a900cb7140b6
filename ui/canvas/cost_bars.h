// What the nodes cost, as bars at their feet, the longest one for the dearest node: parameters, memory and arithmetic as they
// follow from the network, or time, of the run's last profile.
#pragma once
#include <QObject>

#include "ui/canvas/node_look.h"
#include "ui/model/network_figures.h"
#include "ui/run/profiling.h"

namespace ui {

class Scene;

enum class Cost { parameters, memory, arithmetic, time };
// The action that chooses it.
const char* actionOf(Cost cost);

class CostBars : public QObject {
  Q_OBJECT
 public:
  // Binds view.costs and the choice of what they show, both remembered from start to start.
  CostBars(Project& project, Profiling& profiling, Scene& scene, Actions& actions, QObject* parent = nullptr);

  bool isOn() const { return on_; }
  Cost cost() const { return cost_; }

 private:
  // What a bar was made of, so that a bar that would say the same is not made again.
  struct Made {
    NodeFigures figures;
    int share = 0, forward = 0, backward = 0;
    bool operator==(const Made&) const = default;
  };
  void choose(Cost cost);
  void setOn(bool on);
  void show();
  void showTime();
  void showFigures();
  void dropEdited();
  std::vector<engine::training::NodeCost> costsInView(const engine::training::Profile& profile) const;
  NodeBar barOf(const NodeFigures& figures, double share) const;

  Project& project_;
  Profiling& profiling_;
  Scene& scene_;
  NetworkFigures figures_;
  bool on_;
  Cost cost_;
  QHash<engine::NodeId, NodeBar> bars_;
  std::unordered_map<engine::NodeId, Made> made_;
};

}  // namespace ui
