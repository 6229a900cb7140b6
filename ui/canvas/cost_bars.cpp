#include "ui/canvas/cost_bars.h"

#include <QSettings>
#include <algorithm>
#include <unordered_map>

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
  connect(&project_, &Project::viewed, this, &CostBars::show);
}

// Of each node in view: of a use of a block, all that is in it; of a node within one, all its repetitions. What was edited
// since the run began costs something else now, and is left out.
std::vector<NodeCost> CostBars::costsInView(const engine::training::Profile& profile) const {
  const auto* run = profiling_.document();
  const auto& around = project_.way();
  const auto* then = run;  // the network in view, as the run knows it
  for (const NodeId id : around) {
    const auto* use = then ? then->node(id) : nullptr;
    then = use ? run->block(use->type) : nullptr;
  }
  std::vector<NodeCost> costs;
  std::unordered_map<NodeId, size_t> places;
  for (const NodeCost& cost : profile.nodes) {
    if (!cost.node || !then) continue;
    const std::vector<NodeId> way = profiling_.wayTo(cost.node);
    if (way.size() <= around.size() || !std::equal(around.begin(), around.end(), way.begin())) continue;
    const NodeId id = way[around.size()];
    const auto *was = then->node(id), *now = project_.shown().node(id);
    if (!was || !now || was->type != now->type || was->fields != now->fields) continue;
    const auto [place, isNew] = places.try_emplace(id, costs.size());
    if (isNew) {
      costs.push_back(cost);
      costs.back().node = id;
      if (way.size() > around.size() + 1) costs.back().forwardWith = costs.back().backwardWith = 0;
      continue;
    }
    NodeCost& sum = costs[place->second];
    sum.forward += cost.forward, sum.backward += cost.backward, sum.update += cost.update, sum.flops += cost.flops;
  }
  return costs;
}

void CostBars::show() {
  QHash<NodeId, NodeBar> bars;
  const auto profile = profiling_.profile();
  if (on_ && profile) {
    double most = 0;
    const std::vector<NodeCost> costs = costsInView(*profile);
    for (const NodeCost& cost : costs) most = std::max(most, cost.forward + cost.backward);
    for (const NodeCost& cost : costs) {
      if (most <= 0) continue;
      const QString with = cost.seconds() > 0 ? QString() : profiling_.nameOf(cost.forwardWith ? cost.forwardWith : cost.backwardWith);
      const QString share = percentText(cost.seconds() / profile->stepSeconds);
      const QString caption = with.isEmpty() ? tr("%1 of time").arg(share) : tr("with %1").arg(with);
      bars[cost.node] = {cost.forward / most, cost.backward / most, profiling_.costText(cost), caption, share, !with.isEmpty()};
    }
  }
  scene_.setBars(bars);
}

}  // namespace ui
