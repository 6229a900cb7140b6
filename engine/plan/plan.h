// A whole step, compiled: a flat list of calls over one arena. Everything that can fail, allocate or decide happens in
// makePlan and bind; run is a loop over function pointers.
#pragma once
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/passes/fuse.h"
#include "engine/passes/infer.h"
#include "engine/passes/memory.h"
#include "engine/passes/optimize.h"
#include "engine/plan/on_device.h"
#include "engine/plan/store_mirror.h"

namespace engine {

// A scalar output of the network and its weight in what is minimised.
struct LossTerm {
  Value value;
  double weight = 1;
};

// How long one of makePlan's passes took.
struct PassTime {
  const char* pass;
  double seconds;
};

struct PlanRequest {
  InferOptions infer;            // the batch must be a number
  std::vector<LossTerm> losses;  // may be empty where nothing is trained
  std::optional<Optimization> optimization;  // none: no backward pass
  std::vector<Value> keep;       // values of the network to read after a run
  bool keepGradients = false;    // of all parameters, to read after a run
  bool optimized = true;         // layouts and fusions; without them every op runs as it was written
  Device* device = nullptr;      // a CUDA device to run on; null: the processor. In f32 only
  std::vector<PassTime>* times = nullptr;  // where given, gets the passes in their order
};

// What a plan will take, in bytes, and why. Exact: it is the plan itself that says it.
struct PlanReport {
  int64_t parameterBytes = 0;   // trained values
  int64_t stateBytes = 0;       // running statistics and moments of the optimizer
  int64_t inputBytes = 0;       // one batch of inputs and targets
  int64_t activationBytes = 0;  // the arena but for the scratch in it
  int64_t workspaceBytes = 0;   // the largest scratch of one step
  int64_t arenaBytes = 0;
  int64_t boundBytes = 0;       // no arena for this order of steps could be smaller
  int64_t onceBytes = 0;        // what is calculated once: folded weights, constants
  int64_t liveBytes = 0;        // the most that values take at once, without scratch: the same on every machine
  int64_t parameters = 0;       // numbers that are trained
  double forwardFlops = 0, stepFlops = 0;  // of the whole batch
  int nodesBefore = 0, nodesAfter = 0;     // of simplification
  int channelsLast = 0, reorders = 0;      // ops whose pictures have their channels innermost; pictures turned over
  int64_t reorderBytes = 0;                // what that reads and writes
  int fused = 0;                           // nodes taken into others
  int folded = 0;                          // norms taken into the weights before them
  int once = 0;                            // nodes that do not run in each step
  int steps = 0, sharedInPlace = 0, sharedViews = 0;
  std::string peakNode;         // whose step needs the most memory at once

  int64_t planBytes() const { return parameterBytes + stateBytes + inputBytes + onceBytes + arenaBytes; }
};

// What a step is known by.
struct StepNumbers {
  static constexpr int kMostKept = 6;
  double loss = std::numeric_limits<double>::quiet_NaN();  // the weighted sum; NaN without losses
  std::optional<double> gradientNorm;                      // none where nothing is optimized
  double kept[kMostKept] = {};  // of the first values to keep, those that are single floating numbers; else NaN
  bool finite = true;           // what there is of loss and norm
};

// The first node whose result is not finite.
struct NonFinite {
  NodeId node = 0;
  std::string name, op;
};

// One block of memory that the plans of a project share: they never run at once.
class Arena {
 public:
  // Makes it at least this large; what plans were bound to before is gone.
  Done reserve(int64_t bytes);
  std::byte* data() const { return memory_.get(); }
  int64_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(std::byte* p) const;
  };
  std::unique_ptr<std::byte, Free> memory_;
  int64_t bytes_ = 0;
};

class Plan {
 public:
  const PlanReport& report() const { return report_; }
  const std::vector<StoredValue>& stored() const { return stored_; }

  // Inputs and targets, in the network's order.
  struct InputSlot {
    NodeId node;
    ValueInfo info;
  };
  const std::vector<InputSlot>& inputs() const { return inputs_; }
  std::vector<int64_t> inputBytes() const;  // of each
  // What it will ask a device for, beside the arena and the stored values.
  int64_t ownDeviceBytes() const { return OnDevice::bytesFor(inputBytes(), memory_.onceBytes); }

  // Points every step into the arena and the store, which must hold stored(). The arena is aligned to kArenaAlignment
  // and has report().arenaBytes bytes.
  // The store must outlive the plan's runs: those that do not train look whether it has changed.
  // A plan for a device takes an arena of that device, and the mirror of the store there, which has a place for each value.
  Done bind(Store& store, std::byte* arena, StoreMirror* mirror = nullptr);
  // Where input i lies until the next call; read by run(). Aligned to 64 bytes.
  void setInput(int i, const void* data);

  // A whole step: forward, backward, and, if loss and norm are finite, the update of parameters and running statistics. Gives the
  // step's number among those of this plan. On a device it is given and not waited for: stepsAhead() more may be given before
  // the numbers of the first are asked for, and after one that was not finite none changes anything (findNonFinite ends that).
  uint64_t step(Cpu& cpu, const StepState& step);
  int stepsAhead() const { return onDevice_ ? OnDevice::kAhead : 0; }
  StepNumbers numbers(uint64_t step) const;
  StepNumbers numbers() const { return numbers(given_); }  // of the last run or step

  // The two halves of it. run() changes nothing but the arena, and is given and numbered as a step is; update() applies optimizer and
  // running statistics.
  uint64_t run(Cpu& cpu, const StepState& step);
  void update(Cpu& cpu, const StepState& step);
  // What a device answered since this was asked last: the node whose kernel did not start, or that copies or a whole step failed.
  // On the processor nothing can. Ask it before numbers of a run are believed.
  Done answer();
  // On a device, whether steps are replayed from a recording; if not, why (nothing before the second step).
  bool isRecorded() const { return runRecording_ || stepRecording_; }
  const std::string& recordingFailure() const { return recordingFailure_; }
  void setRecording(bool wanted) { records_ = wanted; }  // at first it is

  // The same as run(), looking at every result: the first node that gives one that is not finite, if any.
  std::optional<NonFinite> findNonFinite(Cpu& cpu, const StepState& step);

  // run() and update() with a clock: adds the seconds that each call takes to seconds[call]; the place in profiled()
  // names it. `seconds` has profiled().size() elements.
  void timeStep(Cpu& cpu, const StepState& step, std::span<double> seconds);
  void timeRun(Cpu& cpu, const StepState& step, std::span<double> seconds);  // the two halves of it
  void timeUpdate(Cpu& cpu, const StepState& step, std::span<double> seconds);
  // The calls of a step, in their order.
  struct Profiled {
    NodeId node;         // of the document; 0: the loss or the optimizer as a whole
    std::string_view name, op;
    Phase phase;
    double flops;        // 0: not told
    int64_t bytes;       // read and written, at least
  };
  std::vector<Profiled> profiled() const;
  // The document's nodes of which a part is calculated in another one's call, which may be taken itself.
  const std::vector<Taken>& taken() const { return taken_; }

  // After run():
  double loss() const { return numbers().loss; }
  int keptCount() const { return int(keptTensors_.size()); }
  const Tensor& kept(int i) const;  // in the host's memory, until the next run
  // By place in stored(): the gradient, with memory null where there is none. Needs keepGradients.
  const Tensor& gradient(int i) const;

  // Every step: its op with the fields that are not the default, what it reads, the shapes it makes, and whose memory those lie
  // in; then what the passes counted. The same on every machine: what libraries take as scratch, and so the offsets, are
  // not in it. A change of one place in a network changes the lines of that place.
  std::string text() const;

 private:
  friend Result<std::unique_ptr<Plan>> makePlan(const Graph&, const PlanRequest&, Cpu&);
  struct Step {
    void (*run)(Cpu&, const void* op, const Call&);  // null where there is nothing to do, or the plan runs on a device
    void (*runOnDevice)(Cuda&, const void* op, const Call&);
    const void* op;
    Call call;
    int node;
  };
  // plan_on_device.cpp:
  Done takeDeviceMemory();
  void bindToDevice();
  void start(Step& step);  // gives it to the device
  void give(bool withUpdate);  // the steps, and their numbers
  void play(bool withUpdate, uint64_t times, std::unique_ptr<Device::Recording>& recording);
  void beginOnDevice(const StepState& step);  // what a run needs before its first step
  void runOnDevice(const StepState& step, bool withUpdate);
  void updateOnDevice();
  StepNumbers numbersOnDevice(uint64_t step) const;
  void timeOnDevice(size_t from, size_t to, const StepState& step, std::span<double> seconds);
  std::optional<NonFinite> findNonFiniteOnDevice(const StepState& step);
  struct HostCopy;
  const Tensor& onHost(const Tensor& tensor, HostCopy& copy) const;
  void time(size_t from, size_t to, Cpu& cpu, const StepState& step, std::span<double> seconds);
  // What is calculated once, where that has not been done or the store has changed since.
  void runOnce(Cpu& cpu, const StepState& step);
  Step stepOf(int node, std::vector<Tensor>& arguments, const Preparation& preparation, void* scratch);

  Graph graph_;
  Schedule schedule_;
  MemoryPlan memory_;
  std::vector<Taken> taken_;
  PlanReport report_;
  std::vector<StoredValue> stored_;
  std::vector<InputSlot> inputs_;
  std::vector<Value> inputValues_, kept_, gradients_;
  Value loss_, norm_;
  Type floating_ = Type::f32;

  std::vector<Preparation> preparations_, oncePreparations_;  // by step
  std::vector<std::vector<Tensor>> tensors_;    // by node and output: where every value lies
  std::vector<std::vector<Tensor>> arguments_, onceArguments_;  // by step: the inputs of its call
  std::vector<std::vector<Tensor*>> inputUses_;  // by input: every tensor that lies in it
  std::vector<const Tensor*> keptTensors_;
  std::vector<Tensor> gradientTensors_;
  std::vector<Step> steps_, onceSteps_;
  std::vector<Step> ownOnceSteps_;         // what steps keep for themselves of inputs that stand
  std::vector<int64_t> ownOnce_;           // by step: its place in the memory of `once`; -1: none
  Arena once_;
  Store* store_ = nullptr;
  uint64_t given_ = 0;        // runs and steps
  uint64_t onceVersion_ = 0;  // of the store, when the steps of `once` ran; 0: never

  // On a device:
  Device* device_ = nullptr;
  StoreMirror* mirror_ = nullptr;
  std::unique_ptr<OnDevice> onDevice_;
  std::unique_ptr<Device::Recording> runRecording_, stepRecording_;
  std::vector<const float*> gathered_;  // where loss and norm lie, then what is kept of single numbers
  std::vector<int> keptNumber_;         // by place in kept_: which of them; -1: none
  std::string recordingFailure_;
  bool records_ = true;
  uint64_t runs_ = 0, wholeSteps_ = 0;
  std::optional<Problem> failed_;  // the first call of a device that did
  struct HostCopy {
    Tensor tensor;
    std::vector<double> memory;  // aligned for every type
    uint64_t of = 0;             // the run that it is from
  };
  mutable std::vector<HostCopy> keptCopies_, gradientCopies_;
};

Result<std::unique_ptr<Plan>> makePlan(const Graph& network, const PlanRequest& request, Cpu& cpu);

// Of a floating tensor in the host's memory; true of others.
bool allFinite(const Tensor& tensor);

}  // namespace engine
