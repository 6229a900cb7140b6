// Where the time of a step goes, node by node. The steps that are timed are steps of the run like all others: a clock is
// read between their calls, and their numbers are those of a run that nobody timed.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "engine/training/session.h"

namespace engine::training {

// Of one step, in the mean. What was expanded into several calls is booked to the document's node; the time of a call into which
// others were fused, to the node that took them.
struct NodeCost {
  NodeId node = 0;  // 0: the loss's weights, and the optimizer where it updates all parameters at once
  double forward = 0, backward = 0, update = 0;  // seconds
  double flops = 0;                              // 0: nothing to count
  // The node in whose call this one is calculated, where it has none of its own; 0: it has, or nothing to do.
  NodeId forwardWith = 0, backwardWith = 0;
  double seconds() const { return forward + backward + update; }
  double flopsPerSecond() const { return forward + backward > 0 ? flops / (forward + backward) : 0; }
};

struct Profile {
  int64_t step = 0;             // of the run, after so many
  int64_t steps = 0, batch = 0;  // that were timed, and their size
  int threads = 0;
  double stepSeconds = 0;       // of a whole step, timed around all of its calls
  double peakFlopsPerSecond = 0;  // of a large matrix product, measured on these threads
  std::vector<NodeCost> nodes;  // in the order in which a step comes to them
  double nodeSeconds() const;   // of all nodes together
  const NodeCost* of(NodeId node) const;
};

class Profiler {
 public:
  static constexpr int64_t kSteps = 32;            // of one profile, or as many as kEnough seconds allow
  static constexpr int64_t kFewestSteps = 4;
  static constexpr double kEnough = 2, kRest = 2;  // seconds: until it tells what it has, and until it begins anew

  // Of that plan, which the session keeps. Measures the peak: some milliseconds.
  Profiler(Session& session, Plan& plan, int64_t batch);

  bool isOf(const Plan& plan, int64_t batch) const { return &plan == plan_ && batch == batch_; }
  // The plan's run() and update(), timed: one after the other is a step.
  void run(const StepState& state);
  void update(const StepState& state);
  int64_t steps() const { return steps_; }
  bool isDone() const;
  // What was timed since the last one; begins anew.
  std::shared_ptr<const Profile> take(int64_t step);

 private:
  Session& session_;
  Plan* plan_;
  int64_t batch_;
  double peak_;
  std::vector<double> seconds_;  // by call
  double whole_ = 0, wholeOfRun_ = 0;
  int64_t steps_ = 0;
};

// Floating-point operations a second of a matrix product that is large enough for the machine to show what it can do.
// The best of so many times.
double productPeak(kernels::Cpu& cpu, Type precision, int times);

}  // namespace engine::training
