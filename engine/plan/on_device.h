// What a plan has on a CUDA device beside its steps: the batch, the state of the step, and what comes back. A batch is copied to
// pinned memory and from there to the device beside the step that runs, in turns of two; nothing of it is waited for.
#pragma once
#include <span>
#include <vector>

#include "engine/device/device.h"

namespace engine {

class OnDevice {
 public:
  explicit OnDevice(Device& device) : device_(device) {}

  // Takes all memory; addresses do not change after it, since recordings know them. `results` are the sizes of what is read after
  // each run.
  Done reserve(std::span<const int64_t> inputs, std::span<const int64_t> results, int64_t onceBytes);

  Device& device() { return device_; }
  std::byte* input(int i) const { return inputs_[size_t(i)].place; }
  std::byte* once() const { return once_.data(); }
  const StepState* state() const { return reinterpret_cast<const StepState*>(state_.data()); }

  void setInput(int i, const void* host) { inputs_[size_t(i)].host = host; }
  // Gives batch and state to the device, for the steps that follow.
  void send(const StepState& step);
  // Asks for result i, which lies at `from`; result(i) waits for it.
  void ask(int i, const void* from);
  void asked();  // after the last of them
  const std::byte* result(int i);

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
  struct Result_ {
    int64_t bytes = 0;
    std::byte* pinned = nullptr;
  };

  Device& device_;
  DeviceMemory memory_, pinned_, once_, state_, states_;
  std::vector<Input> inputs_;
  std::vector<Result_> results_;
  std::unique_ptr<Device::Mark> answered_, stateSent_[kStates];
  uint64_t turn_ = 0, stateTurn_ = 0;
};

}  // namespace engine
