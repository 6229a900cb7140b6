// What the nodes cost, as bars at their feet: of the last profile, the longest bar for the dearest node.
#pragma once
#include <QObject>

#include "ui/run/profiling.h"

namespace ui {

class Scene;

class CostBars : public QObject {
  Q_OBJECT
 public:
  // Binds view.costs, whose state is remembered from start to start.
  CostBars(Project& project, Profiling& profiling, Scene& scene, Actions& actions, QObject* parent = nullptr);

  bool isOn() const { return on_; }

 private:
  void show();
  std::vector<engine::training::NodeCost> costsInView(const engine::training::Profile& profile) const;

  Project& project_;
  Profiling& profiling_;
  Scene& scene_;
  bool on_;
};

}  // namespace ui
