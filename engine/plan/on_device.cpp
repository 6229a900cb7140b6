#include "engine/plan/on_device.h"

#include <cstring>

namespace engine {

namespace {
constexpr int64_t kNumbersBytes = Device::kMostGathered * int64_t(sizeof(float));
}

int64_t OnDevice::bytesFor(std::span<const int64_t> inputs, int64_t onceBytes) {
  int64_t bytes = DeviceMemory::padded(onceBytes) + DeviceMemory::padded(int64_t(sizeof(StepState))) + DeviceMemory::padded(kNumbersBytes);
  for (int64_t input : inputs) bytes += (1 + kTurns) * DeviceMemory::padded(input);
  return bytes;
}

Done OnDevice::reserve(std::span<const int64_t> inputs, int64_t onceBytes) {
  int64_t onDevice = 0, pinned = 0;
  for (int64_t bytes : inputs) onDevice += (1 + kTurns) * DeviceMemory::padded(bytes), pinned += kTurns * DeviceMemory::padded(bytes);
  if (Done done = memory_.reserve(device_, onDevice, "a batch"); !done) return done;
  if (Done done = pinned_.reservePinned(device_, pinned); !done) return done;
  if (onceBytes > 0)
    if (Done done = once_.reserve(device_, onceBytes, "what is calculated once"); !done) return done;
  if (Done done = state_.reserve(device_, int64_t(sizeof(StepState)), "the state of a step"); !done) return done;
  if (Done done = states_.reservePinned(device_, kStates * int64_t(sizeof(StepState))); !done) return done;
  if (Done done = gathered_.reserve(device_, kNumbersBytes, "the numbers of a step"); !done) return done;
  if (Done done = answers_.reservePinned(device_, kAnswers * kNumbersBytes); !done) return done;

  std::byte *at = memory_.data(), *host = pinned_.data();
  const auto take = [](std::byte*& from, int64_t bytes) { return std::exchange(from, from + DeviceMemory::padded(bytes)); };
  inputs_.clear();
  for (int64_t bytes : inputs) {
    Input& input = inputs_.emplace_back();
    input.bytes = bytes;
    input.place = take(at, bytes);
    for (int turn = 0; turn < kTurns; ++turn) {
      input.staged[turn] = take(at, bytes), input.pinned[turn] = take(host, bytes);
      input.sent[turn] = device_.makeMark(), input.taken[turn] = device_.makeMark();
    }
  }
  for (auto& mark : answered_) mark = device_.makeMark();
  for (auto& mark : stateSent_) mark = device_.makeMark();
  return device_.check("a plan");
}

void OnDevice::send(const StepState& step) {
  using Lane = Device::Lane;
  const size_t turn = turn_++ % kTurns;
  for (Input& input : inputs_) {
    if (!input.host) continue;
    device_.waitFor(*input.taken[turn]);  // the batch before the last
    std::memcpy(input.pinned[turn], input.host, size_t(input.bytes));
    device_.copyIn(input.staged[turn], input.pinned[turn], input.bytes, Lane::input);
    device_.mark(*input.sent[turn], Lane::input);
    device_.waitInLane(*input.sent[turn], Lane::steps);
    device_.copyWithin(input.place, input.staged[turn], input.bytes, Lane::steps);
    device_.mark(*input.taken[turn], Lane::steps);
  }
  const size_t slot = stateTurn_++ % kStates;
  device_.waitFor(*stateSent_[slot]);
  StepState* const pinned = reinterpret_cast<StepState*>(states_.data()) + slot;
  *pinned = step;
  device_.copyIn(state_.data(), pinned, int64_t(sizeof(StepState)), Lane::steps);
  device_.mark(*stateSent_[slot], Lane::steps);
}

void OnDevice::ask(uint64_t n) {
  device_.copyOut(answers_.data() + int64_t(n % kAnswers) * kNumbersBytes, gathered_.data(), kNumbersBytes, Device::Lane::steps);
  device_.mark(*answered_[n % kAnswers], Device::Lane::steps);
}
const float* OnDevice::numbers(uint64_t n) {
  device_.waitFor(*answered_[n % kAnswers]);
  return reinterpret_cast<const float*>(answers_.data() + int64_t(n % kAnswers) * kNumbersBytes);
}

}  // namespace engine
