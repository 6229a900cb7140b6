#include "ui/canvas/cost_bars.h"

#include <QSettings>

#include "ui/canvas/scene.h"
#include "ui/shell/actions.h"

namespace ui {

using engine::NodeId;
using engine::training::NodeCost;

namespace {
constexpr char kCostsSetting[] = "canvas/costs";
}

CostBars::CostBars(Project& project, Profiling& profiling, Scene& scene, Actions& actions, QObject* parent)
    : QObject(parent), project_(project), profiling_(profiling), scene_(scene),
      on_(QSettings().value(kCostsSetting, true).toBool()) {
  actions.bindToggle(
      "view.costs",
      [this](bool on) {
        on_ = on;
        QSettings().setValue(kCostsSetting, on);
        show();
      },
      [this] { return on_; });
  connect(&profiling_, &Profiling::changed, this, &CostBars::show);
}

void CostBars::show() {
  QHash<NodeId, NodeBar> bars;
  const auto profile = profiling_.profile();
  if (on_ && profile) {
    double most = 0;
    for (const NodeCost& cost : profile->nodes)
      if (cost.node) most = std::max(most, cost.forward + cost.backward);
    for (const NodeCost& cost : profile->nodes) {
      // What was edited since the run began costs something else now.
      const auto *then = profiling_.nodeOf(cost), *now = project_.shown().node(cost.node);
      if (!then || !now || then->type != now->type || then->fields != now->fields || most <= 0) continue;
      const QString with = cost.seconds() > 0 ? QString() : profiling_.nameOf(cost.forwardWith ? cost.forwardWith : cost.backwardWith);
      const QString share = percentText(cost.seconds() / profile->stepSeconds);
      const QString caption = with.isEmpty() ? tr("%1 of time").arg(share) : tr("with %1").arg(with);
      bars[cost.node] = {cost.forward / most, cost.backward / most, profiling_.costText(cost), caption, share, !with.isEmpty()};
    }
  }
  scene_.setBars(bars);
}

}  // namespace ui
