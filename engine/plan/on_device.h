// What a plan has on a CUDA device beside its steps: the batch, the state of the step, and what comes back. A batch is copied to
// pinned memory and from there to the device beside the step that runs, in turns of two; nothing of it is waited for. The few numbers
// that a step is known by come back beside the steps that follow.
#pragma once
#include <span>
#include <vector>

#include "engine/device/device.h"

namespace engine {

class OnDevice {
 public:
  explicit OnDevice(Device& device) : device_(device) {}

  static constexpr int kAhead = 2;    // steps that may be given before the numbers of the first are looked at

  // What reserve() will ask the device for; `inputs` are the bytes of each.
  static int64_t bytesFor(std::span<const int64_t> inputs, int64_t onceBytes);
  // Takes all memory; addresses do not change after it, since recordings know them.
  Done reserve(std::span<const int64_t> inputs, int64_t onceBytes);

  Device& device() { return device_; }
  std::byte* input(int i) const { return inputs_[size_t(i)].place; }
  std::byte* once() const { return once_.data(); }
  const StepState* state() const { return reinterpret_cast<const StepState*>(state_.data()); }

  void setInput(int i, const void* host) { inputs_[size_t(i)].host = host; }
  // Gives batch and state to the device, for the steps that follow.
  void send(const StepState& step);
  // Where the numbers of a step are brought together, Device::kMostGathered of them. After that, step n asks for them, and
  // numbers(n) waits until they are there; those of the last kAnswers steps are kept.
  float* gathered() const { return reinterpret_cast<float*>(gathered_.data()); }
  void ask(uint64_t n);
  const float* numbers(uint64_t n);

 private:
  static constexpr int kTurns = 2;    // batches on their way
  static constexpr int kStates = 8;   // steps that may be given before the first of them begins
  struct Input {
    const void* host = nullptr;
    int64_t bytes = 0;
    std::byte* place = nullptr;             // that the plan reads
    std::byte *staged[kTurns] = {}, *pinned[kTurns] = {};
    std::unique_ptr<Device::Mark> sent[kTurns], taken[kTurns];
  };
  static constexpr int kAnswers = kAhead + 2;

  Device& device_;
  DeviceMemory memory_, pinned_, once_, state_, states_, gathered_, answers_;
  std::vector<Input> inputs_;
  std::unique_ptr<Device::Mark> answered_[kAnswers], stateSent_[kStates];
  uint64_t turn_ = 0, stateTurn_ = 0;
};

}  // namespace engine
