#include "ui/canvas/cost_bars.h"

#include <QSettings>
#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "ui/canvas/scene.h"
#include "ui/model/text.h"
#include "ui/shell/actions.h"

namespace ui {

using engine::NodeId;
using engine::training::NodeCost;

namespace {
constexpr char kCostsSetting[] = "canvas/costs", kCostSetting[] = "canvas/cost";
constexpr Cost kCosts[] = {Cost::parameters, Cost::memory, Cost::arithmetic, Cost::time};
constexpr const char* kCostNames[] = {"parameters", "memory", "arithmetic", "time"};
constexpr const char* kCostActions[] = {"view.cost_parameters", "view.cost_memory", "view.cost_arithmetic", "view.cost_time"};

Cost rememberedCost() {
  const QString name = QSettings().value(kCostSetting, kCostNames[int(Cost::time)]).toString();
  for (const Cost cost : kCosts)
    if (name == kCostNames[int(cost)]) return cost;
  return Cost::time;
}

double figureOf(const NodeFigures& figures, Cost cost) {
  return cost == Cost::parameters ? figures.parameters : cost == Cost::memory ? figures.memory() : figures.flops;
}
}  // namespace

const char* actionOf(Cost cost) { return kCostActions[int(cost)]; }

CostBars::CostBars(Project& project, Profiling& profiling, Scene& scene, Actions& actions, QObject* parent)
    : QObject(parent), project_(project), profiling_(profiling), scene_(scene), figures_(project, this),
      on_(QSettings().value(kCostsSetting, true).toBool()), cost_(rememberedCost()) {
  actions.bindToggle("view.costs", [this](bool on) { setOn(on); }, [this] { return on_; });
  for (const Cost cost : kCosts)
    actions.bindToggle(actionOf(cost), [this, cost](bool) { choose(cost); }, [this, cost] { return cost_ == cost; });
  connect(&profiling_, &Profiling::changed, this, [this] {
    if (cost_ == Cost::time) show();
  });
  // Who asks where the time goes sees it.
  connect(&profiling_, &Profiling::switchedOn, this, [this, &actions] {
    choose(Cost::time);
    actions.refreshSoon();
  });
  connect(&project_, &Project::viewed, this, [this] {
    made_.clear();
    show();
  });
  connect(&project_, &Project::stated, this, &CostBars::dropEdited);
  connect(&figures_, &NetworkFigures::changed, this, &CostBars::showFigures);
  show();
}

void CostBars::choose(Cost cost) {
  if (cost != cost_) {
    cost_ = cost;
    QSettings().setValue(kCostSetting, kCostNames[int(cost)]);
    bars_.clear();
    made_.clear();
  }
  setOn(true);
}

void CostBars::setOn(bool on) {
  on_ = on;
  QSettings().setValue(kCostsSetting, on);
  show();
}

void CostBars::show() {
  const bool ofFigures = on_ && cost_ != Cost::time;
  const bool were = ofFigures && !figures_.all().empty();
  figures_.setWanted(ofFigures);  // and shows them, when they are there
  if (were) return showFigures();
  if (ofFigures) return;
  made_.clear();
  showTime();
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

void CostBars::showTime() {
  bars_.clear();
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
      bars_[cost.node] = {cost.forward / most, cost.backward / most, profiling_.costText(cost), caption, share, !with.isEmpty(), false};
    }
  }
  scene_.setBars(bars_);
}

// What was edited takes another time now: a node that is looked at for the first time later has no bar of before.
void CostBars::dropEdited() {
  if (cost_ != Cost::time || bars_.isEmpty()) return;
  const auto& nodes = project_.shown().nodes();
  qsizetype dropped = 0;
  for (const size_t n : project_.touched())
    if (n < nodes.size())
      if (const NodeItem* item = scene_.node(nodes[n]->id); item && (!item->lastLook() || (item->isMade() && !item->lastLook()->bar)))
        dropped += bars_.remove(nodes[n]->id);
  if (dropped > 0) scene_.setBars(bars_);
}

// All shares follow from an edit, but most stay what they were to the digit that is shown: those bars are kept.
void CostBars::showFigures() {
  if (!on_ || cost_ == Cost::time) return;
  const auto& all = figures_.all();
  double total = 0, most = 0;
  for (const auto& [id, figures] : all) {
    const double value = figureOf(figures, cost_);
    total += value, most = std::max(most, value);
  }
  for (auto it = made_.begin(); it != made_.end();)
    if (const auto known = all.find(it->first); known == all.end() || figureOf(known->second, cost_) <= 0) {
      bars_.remove(it->first);
      it = made_.erase(it);
    } else {
      ++it;
    }
  constexpr double kSteps = 1e4;  // as fine as the words are, and finer than a pixel
  for (const auto& [id, figures] : all) {
    const double value = figureOf(figures, cost_);
    if (value <= 0) continue;
    const double first = cost_ == Cost::memory ? figures.outputBytes : value;
    const Made now{figures, int(std::lround(value / total * kSteps)), int(std::lround(first / most * kSteps)), int(std::lround((value - first) / most * kSteps))};
    Made& before = made_[id];
    if (before == now) continue;
    before = now;
    NodeBar& bar = bars_[id] = barOf(figures, value / total);
    bar.forward = first / most, bar.backward = (value - first) / most;
  }
  scene_.setBars(bars_);
}

NodeBar CostBars::barOf(const NodeFigures& figures, double share) const {
  NodeBar bar;
  bar.follows = true;
  bar.shortCaption = percentText(share);
  const QString part = project_.isWithin() ? tr("%1 of the block's").arg(bar.shortCaption) : tr("%1 of the network's").arg(bar.shortCaption);
  const auto batch = figures_.options().batch;
  switch (cost_) {
    case Cost::parameters:
      bar.caption = tr("%1 of parameters").arg(bar.shortCaption);
      bar.words = tr("%1 parameters, %2", nullptr, plural(figures.parameters)).arg(countText(figures.parameters), part);
      break;
    case Cost::memory:
      bar.caption = tr("%1 of memory").arg(bar.shortCaption);
      bar.words = tr("Keeps %1 to train at batch %2, %3: %4 of what it gives out").arg(bytesText(figures.memory()), countText(double(batch)), part, bytesText(figures.outputBytes));
      if (figures.weightBytes > 0) bar.words += tr(", %1 of weights").arg(bytesText(figures.weightBytes));
      if (figures.trainBytes > 0) bar.words += tr(", %1 of their gradients and the optimizer's state").arg(bytesText(figures.trainBytes));
      break;
    case Cost::arithmetic:
      bar.caption = tr("%1 of arithmetic").arg(bar.shortCaption);
      bar.words = tr("%1 a sample forward, %2").arg(flopText(figures.flops / double(batch)), part);
      break;
    case Cost::time: break;
  }
  return bar;
}

}  // namespace ui
