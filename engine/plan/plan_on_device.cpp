// A plan's steps on a CUDA device. The first run goes step by step; the second is recorded, and from then on the recording is
// played: all that changes from step to step lies in the device's memory, so both are the same bits.
#include <chrono>
#include <cmath>

#include "engine/plan/plan.h"

namespace engine {

std::vector<int64_t> Plan::inputBytes() const {
  std::vector<int64_t> bytes;
  for (const InputSlot& input : inputs_) bytes.push_back(input.info.shape.elements() * bytesOf(input.info.type));
  return bytes;
}

Done Plan::takeDeviceMemory() {
  runRecording_.reset(), stepRecording_.reset();
  runs_ = wholeSteps_ = 0;
  onDevice_ = std::make_unique<OnDevice>(*device_);
  if (Done done = onDevice_->reserve(inputBytes(), memory_.onceBytes); !done) return done;
  return mirror_->reserve();
}

// Inputs lie in one place, and steps read their state there.
void Plan::bindToDevice() {
  for (size_t i = 0; i < inputUses_.size(); ++i)
    for (Tensor* tensor : inputUses_[i]) tensor->data = onDevice_->input(int(i));
  for (auto* steps : {&onceSteps_, &steps_})
    for (Step& s : *steps) s.call.step = onDevice_->state();
  gathered_.clear();
  keptNumber_.assign(keptTensors_.size(), -1);
  const auto gather = [&](const Tensor& tensor) { gathered_.push_back(static_cast<const float*>(tensor.data)); };
  for (Value v : {loss_, norm_})
    if (v) gather(tensors_[size_t(v.node)][size_t(v.output)]);
  for (size_t i = 0; i < keptTensors_.size() && i < size_t(StepNumbers::kMostKept); ++i) {
    const Tensor& tensor = *keptTensors_[i];
    if (!tensor.data || tensor.elements() != 1 || tensor.type != Type::f32) continue;
    keptNumber_[i] = int(gathered_.size());
    gather(tensor);
  }
  keptCopies_.assign(keptTensors_.size(), {});
  gradientCopies_.assign(gradientTensors_.size(), {});
}

void Plan::start(Step& s) {
  if (!s.runOnDevice || failed_) return;
  s.runOnDevice(device_->cuda(), s.op, s.call);
  const Node& node = graph_.nodes[size_t(s.node)];
  if (Done done = device_->check(node.op.type().info.name, node.id); !done) failed_ = done.error();
}

// The numbers are looked at on the device: the host gives the next step without having seen those of this one.
void Plan::give(bool withUpdate) {
  for (size_t t = 0; t < size_t(schedule_.updatesBegin); ++t) start(steps_[t]);
  const int watched = withUpdate ? (loss_ ? 1 : 0) + (norm_ ? 1 : 0) : 0;
  if (!gathered_.empty()) device_->gather(gathered_.data(), int(gathered_.size()), watched, onDevice_->gathered());
  if (!withUpdate) return;
  device_->guard(true);
  for (size_t t = size_t(schedule_.updatesBegin); t < steps_.size(); ++t) start(steps_[t]);
  device_->guard(false);
}

void Plan::play(bool withUpdate, uint64_t times, std::unique_ptr<Device::Recording>& recording) {
  if (failed_) return;
  if (!recording && times == 1 && records_) {
    device_->beginRecording();
    give(withUpdate);
    recording = device_->endRecording();
    const Device::Answer answer = device_->answer();
    if (!recording || failed_) {  // the plain loop does the same
      recording.reset();
      recordingFailure_ = failed_ ? toString(*failed_) : answer.call ? std::string(answer.call) + ": " + answer.reason : "";
      failed_.reset();
      records_ = false;
    }
  }
  if (recording && records_) return device_->replay(*recording);
  give(withUpdate);
}

void Plan::beginOnDevice(const StepState& step) {
  if (Done done = mirror_->send(); !done && !failed_) failed_ = done.error();
  onDevice_->send(step);
  const uint64_t version = schedule_.onceReadsStored ? store_->version() : 1;
  if (!onceSteps_.empty() && onceVersion_ != version)
    for (Step& s : onceSteps_) start(s);
  onceVersion_ = version;
}

void Plan::runOnDevice(const StepState& step, bool withUpdate) {
  beginOnDevice(step);
  if (withUpdate) play(true, wholeSteps_++, stepRecording_);
  else play(false, runs_++, runRecording_);
  if (Done done = device_->check("a step"); !done && !failed_) failed_ = done.error();  // what is given after it does nothing
  onDevice_->ask(++given_);
  if (withUpdate) mirror_->changedOnDevice();
}

// After a run that somebody looked at.
void Plan::updateOnDevice() {
  if (size_t(schedule_.updatesBegin) == steps_.size()) return;
  for (size_t t = size_t(schedule_.updatesBegin); t < steps_.size(); ++t) start(steps_[t]);
  mirror_->changedOnDevice();
}

StepNumbers Plan::numbersOnDevice(uint64_t step) const {
  const float* const got = onDevice_->numbers(step);
  StepNumbers numbers;
  int at = 0;
  if (loss_) numbers.loss = double(got[at++]);
  if (norm_) numbers.gradientNorm = double(got[at++]);
  for (size_t i = 0; i < size_t(StepNumbers::kMostKept); ++i)
    numbers.kept[i] = i < keptNumber_.size() && keptNumber_[i] >= 0 ? double(got[keptNumber_[i]]) : std::nan("");
  numbers.finite = (!loss_ || std::isfinite(numbers.loss)) && (!norm_ || std::isfinite(*numbers.gradientNorm));
  return numbers;
}

void Plan::timeOnDevice(size_t from, size_t to, const StepState& step, std::span<double> seconds) {
  using Clock = std::chrono::steady_clock;
  const size_t updates = size_t(schedule_.updatesBegin);
  if (from == 0) beginOnDevice(step);
  device_->wait(Device::Lane::steps);
  Clock::time_point before = Clock::now();
  for (size_t t = from; t < to; ++t) {
    if (!steps_[t].runOnDevice) continue;
    start(steps_[t]);
    device_->wait(Device::Lane::steps);  // a launch and its wait belong to the step's time
    const Clock::time_point now = Clock::now();
    seconds[t] += std::chrono::duration<double>(now - before).count();
    before = now;
  }
  if (from < updates) {
    if (!gathered_.empty()) device_->gather(gathered_.data(), int(gathered_.size()), 0, onDevice_->gathered());
    onDevice_->ask(++given_);
  }
  if (to > updates) mirror_->changedOnDevice();
}

Done Plan::answer() {
  if (!onDevice_) return {};
  if (!failed_)
    if (Done done = device_->check("a step"); !done) failed_ = done.error();
  if (!failed_)
    if (Done done = mirror_->failed(); !done) failed_ = done.error();
  if (!failed_) return {};
  return tl::unexpected(*std::exchange(failed_, std::nullopt));
}

const Tensor& Plan::onHost(const Tensor& tensor, HostCopy& copy) const {
  if (!tensor.data) return tensor;
  if (copy.of != given_ || copy.memory.empty()) {
    copy.tensor = tensor;
    copy.memory.resize(size_t(tensor.bytes()) / sizeof(double) + 1);
    copy.tensor.data = copy.memory.data();
    // What fails here is answered for with the run.
    device_->copyOut(copy.tensor.data, tensor.data, tensor.bytes(), Device::Lane::steps);
    device_->wait(Device::Lane::steps);
    copy.of = given_;
  }
  return copy.tensor;
}

std::optional<NonFinite> Plan::findNonFiniteOnDevice(const StepState& step) {
  const auto found = [&](int n) { return NonFinite{graph_.nodes[size_t(n)].id, graph_.nodes[size_t(n)].name, graph_.nodes[size_t(n)].op.name()}; };
  const auto finite = [&](const Tensor& tensor) {
    if (!tensor.data) return true;
    HostCopy copy;
    return allFinite(onHost(tensor, copy));
  };
  device_->resume();
  beginOnDevice(step);
  device_->wait(Device::Lane::steps);
  for (size_t n = 0; n < graph_.nodes.size(); ++n)  // what came in
    if (graph_.nodes[n].inputs.empty() && !tensors_[n].empty() && !graph_.nodes[n].op.is("Constant") && !finite(tensors_[n][0])) return found(int(n));
  for (int t = 0; t < schedule_.updatesBegin; ++t) {
    Step& s = steps_[size_t(t)];
    if (!s.runOnDevice) continue;
    start(s);
    for (const Tensor& output : tensors_[size_t(s.node)])
      if (!finite(output)) return found(s.node);
  }
  return std::nullopt;
}

}  // namespace engine
