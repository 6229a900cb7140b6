#include "engine/training/profile.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "kernels/gemm.h"

namespace engine::training {

namespace {

double clockSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

constexpr int kFirstProducts = 6, kMoreProducts = 2;

template <class T>
double peakOf(kernels::Cpu& cpu, int times) {
  constexpr int64_t kSide = 768;  // beyond the caches' reach for one operand, and still a few milliseconds
  const kernels::Product<T, kernels::Cpu> product(cpu, {.m = kSide, .n = kSide, .k = kSide});
  Arena memory;
  const int64_t bytes = kSide * kSide * int64_t(sizeof(T));
  if (!memory.reserve(3 * bytes + product.scratchBytes())) return 0;
  std::byte* at = memory.data();
  T *a = reinterpret_cast<T*>(at), *b = reinterpret_cast<T*>(at + bytes), *c = reinterpret_cast<T*>(at + 2 * bytes);
  std::fill(a, a + 2 * kSide * kSide, T(1));
  double best = 0;
  for (int i = 0; i < times; ++i) {
    const double begin = clockSeconds();
    product.run(cpu, a, b, nullptr, c, at + 3 * bytes);
    best = std::max(best, 2.0 * kSide * kSide * kSide / (clockSeconds() - begin));
  }
  return best;
}

// Who is calculated with whom: those without a call of their own in a phase. A node without any has its row behind the one
// that took it.
void tellTaken(Profile& profile, const std::vector<Taken>& taken, const std::vector<Plan::Profiled>& calls) {
  using Part = std::pair<NodeId, Phase>;
  std::set<Part> own;
  for (const Plan::Profiled& call : calls)
    if (call.bytes) own.insert({call.node, call.phase});
  std::map<Part, NodeId> by;
  for (const Taken& t : taken) by[{t.node, t.phase}] = t.by;
  for (const auto& [part, first] : by) {
    if (own.contains(part)) continue;
    NodeId last = first;
    for (size_t i = 0; i < by.size() && !own.contains({last, part.second}); ++i) {
      const auto further = by.find({last, part.second});
      if (further == by.end()) break;
      last = further->second;
    }
    auto at = std::find_if(profile.nodes.begin(), profile.nodes.end(), [&](const NodeCost& cost) { return cost.node == part.first; });
    if (at == profile.nodes.end()) {
      at = std::find_if(profile.nodes.begin(), profile.nodes.end(), [&](const NodeCost& cost) { return cost.node == last; });
      if (at == profile.nodes.end()) continue;
      at = profile.nodes.insert(at + 1, NodeCost());
      at->node = part.first;
    }
    (part.second == Phase::forward ? at->forwardWith : at->backwardWith) = last;
  }
}

}  // namespace

double productPeak(kernels::Cpu& cpu, Type precision, int times) {
  return precision == Type::f64 ? peakOf<double>(cpu, times) : peakOf<float>(cpu, times);
}

double Profile::nodeSeconds() const {
  double all = 0;
  for (const NodeCost& node : nodes) all += node.seconds();
  return all;
}

const NodeCost* Profile::of(NodeId node) const {
  const auto it = std::find_if(nodes.begin(), nodes.end(), [&](const NodeCost& cost) { return cost.node == node; });
  return it == nodes.end() ? nullptr : &*it;
}

Profiler::Profiler(Session& session, Plan& plan, int64_t batch)
    : session_(session), plan_(&plan), batch_(batch), peak_(productPeak(session.cpu(), session.precision(), kFirstProducts)),
      seconds_(plan.profiled().size()) {}

void Profiler::run(const StepState& state) {
  const double begin = clockSeconds();
  plan_->timeRun(session_.cpu(), state, seconds_);
  wholeOfRun_ = clockSeconds() - begin;
}

void Profiler::update(const StepState& state) {
  const double begin = clockSeconds();
  plan_->timeUpdate(session_.cpu(), state, seconds_);
  whole_ += wholeOfRun_ + clockSeconds() - begin;
  ++steps_;
}

bool Profiler::isDone() const { return steps_ >= kSteps || (steps_ >= kFewestSteps && whole_ >= kEnough); }

std::shared_ptr<const Profile> Profiler::take(int64_t step) {
  // Beside other programs the best of a moment is not the machine's: each profile has another try.
  peak_ = std::max(peak_, productPeak(session_.cpu(), session_.precision(), kMoreProducts));
  auto profile = std::make_shared<Profile>();
  profile->step = step;
  profile->steps = steps_;
  profile->batch = batch_;
  profile->threads = session_.threads();
  profile->stepSeconds = whole_ / double(steps_);
  profile->peakFlopsPerSecond = peak_;
  const std::vector<Plan::Profiled> calls = plan_->profiled();
  std::map<NodeId, size_t> places;
  for (size_t i = 0; i < calls.size(); ++i) {
    const Plan::Profiled& call = calls[i];
    if (!call.bytes) continue;  // a view: it has nothing to do
    const auto [at, isNew] = places.try_emplace(call.node, profile->nodes.size());
    if (isNew) profile->nodes.emplace_back().node = call.node;
    NodeCost& cost = profile->nodes[at->second];
    const double seconds = seconds_[i] / double(steps_);
    switch (call.phase) {
      case Phase::forward: cost.forward += seconds; break;
      case Phase::backward: cost.backward += seconds; break;
      case Phase::update: cost.update += seconds; break;
    }
    if (call.phase != Phase::update) cost.flops += call.flops;
  }
  tellTaken(*profile, plan_->taken(), calls);
  std::fill(seconds_.begin(), seconds_.end(), 0.0);
  whole_ = 0;
  steps_ = 0;
  return profile;
}

}  // namespace engine::training
