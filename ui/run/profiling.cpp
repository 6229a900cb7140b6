#include "ui/run/profiling.h"

#include "engine/document/expand.h"
#include "ui/model/text.h"
#include "ui/shell/actions.h"

namespace ui {

using engine::training::NodeCost;
using engine::training::Profile;

Profiling::Profiling(Project& project, Training& training, Actions& actions, QObject* parent)
    : QObject(parent), training_(training) {
  actions.bindToggle(
      "train.profile", [this](bool on) { setOn(on); }, [this] { return on_; }, [this] { return whyNotSwitch(); });
  connect(&training_, &Training::profiled, this, [this](const std::shared_ptr<const Profile>& profile) {
    if (!on_) return;  // switched off while it was on its way
    profile_ = profile;
    emit changed();
  });
  connect(&training_, &Training::started, this, &Profiling::forget);
  connect(&project, &Project::replaced, this, [this] {
    setOn(false);
    forget();
  });
}

void Profiling::forget() {
  profile_.reset();
  within_.reset();
  emit changed();
}

QString Profiling::whyNotSwitch() const {
  if (on_ || training_.isActive()) return {};
  return tr("Nothing is training: press Train first. The steps of the run are what is timed.");
}

// What was told stays to be read.
void Profiling::setOn(bool on) {
  if (on == on_ || (on && !whyNotSwitch().isEmpty())) return;
  on_ = on;
  training_.setProfile(on);
  emit changed();
  if (on) emit switchedOn();
}

const engine::document::Document* Profiling::document() const { return training_.snapshot(); }

const engine::document::Node* Profiling::nodeOf(const NodeCost& cost) const {
  const auto* run = training_.snapshot();
  if (!run || !cost.node) return nullptr;
  if (const auto* node = run->node(cost.node)) return node;
  const Within* inner = within(cost.node);
  return inner ? &inner->node : nullptr;
}

const Profiling::Within* Profiling::within(engine::NodeId node) const {
  if (!within_) {
    within_.emplace();
    const auto* run = training_.snapshot();
    const auto collect = [this](const auto& self, const engine::Node& use, const std::vector<engine::NodeId>& way) -> void {
      for (int64_t r = 0; r < engine::repeatsOf(use.op); ++r) {
        const engine::Graph network = engine::networkWithin(use, r);
        for (size_t n = 0; n < network.nodes.size(); ++n) {
          const engine::Node& inner = network.nodes[n];
          Within found{{}, way};
          found.way.push_back(engine::networkOf(use.op).nodes[n].id);
          if (engine::isBlock(inner.op)) self(self, inner, found.way);
          found.node.id = inner.id, found.node.type = inner.op.name(), found.node.name = inner.name;
          within_->emplace(inner.id, std::move(found));
        }
      }
    };
    if (run && !run->blocks().empty())
      for (const engine::Node& drawn : engine::document::expand(*run).network.nodes)
        if (engine::isBlock(drawn.op)) collect(collect, drawn, {drawn.id});
  }
  const auto at = within_->find(node);
  return at == within_->end() ? nullptr : &at->second;
}

std::vector<engine::NodeId> Profiling::wayTo(engine::NodeId node) const {
  const Within* inner = within(node);
  return inner ? inner->way : std::vector{node};
}

QString millisecondsText(double seconds) {
  const double ms = seconds * 1e3;
  return Profiling::tr("%1 ms").arg(ms, 0, 'f', ms < 1 ? 4 : ms < 10 ? 3 : ms < 100 ? 2 : 1);
}

QString percentText(double share) {
  constexpr double kLeast = 0.5e-4;
  if (share > 0 && share < kLeast) return Profiling::tr("< 0.01 %");
  return Profiling::tr("%1 %").arg(share * 100, 0, 'f', share < 0.001 ? 2 : 1);
}

QString speedText(double flopsPerSecond) {
  if (!(flopsPerSecond > 0)) return {};
  const double giga = flopsPerSecond / 1e9;
  return Profiling::tr("%1 GFLOP/s").arg(giga, 0, 'f', giga < 10 ? 2 : giga < 100 ? 1 : 0);
}

QString Profiling::nameOf(engine::NodeId node) const {
  engine::training::NodeCost cost;
  cost.node = node;
  const auto* known = nodeOf(cost);
  return known ? qt(known->name) : QString();
}

QString Profiling::costText(const NodeCost& cost) const {
  const Profile& profile = *profile_;
  const QString forward = nameOf(cost.forwardWith), backward = nameOf(cost.backwardWith);
  if (cost.seconds() <= 0 && !(forward + backward).isEmpty()) {
    return forward == backward || backward.isEmpty() ? tr("Runs together with %1, whose time is that of both").arg(forward.isEmpty() ? backward : forward)
           : forward.isEmpty()                       ? tr("Backward it runs together with %1").arg(backward)
                                                     : tr("Runs together with %1 forward and with %2 backward").arg(forward, backward);
  }
  QString text = Profiling::tr("%1 a step, %2 of it: %3 forward, %4 backward")
                     .arg(millisecondsText(cost.seconds()), percentText(cost.seconds() / profile.stepSeconds),
                          millisecondsText(cost.forward), millisecondsText(cost.backward));
  if (cost.update > 0) text += Profiling::tr(", %1 update").arg(millisecondsText(cost.update));
  if (const QString speed = speedText(cost.flopsPerSecond()); !speed.isEmpty()) {
    text += "; " + speed;
    const double share = profile.peakFlopsPerSecond > 0 ? cost.flopsPerSecond() / profile.peakFlopsPerSecond : 0;
    if (share > 0) text += Profiling::tr(", %1 of the peak").arg(percentText(share));
    if (share > 1)
      text += Profiling::tr(". More than 100 %: Winograd's algorithm needs fewer multiplications than the definition of a "
                            "convolution, which is what is counted; or the machine was busy while the peak was measured");
  }
  if (!forward.isEmpty()) text += tr("; forward it runs together with %1").arg(forward);
  if (!backward.isEmpty()) text += tr("; backward it runs together with %1").arg(backward);
  return text;
}

}  // namespace ui
