// A plan's steps on a CUDA device. The first run goes step by step; the second is recorded, and from then on the recording is
// played: all that changes from step to step lies in the device's memory, so both are the same bits.
#include <chrono>

#include "engine/plan/plan.h"

namespace engine {

Done Plan::takeDeviceMemory() {
  std::vector<int64_t> inputs;
  for (const InputSlot& input : inputs_) inputs.push_back(input.info.shape.elements() * bytesOf(input.info.type));
  const std::vector<int64_t> results(2, bytesOf(floating_));  // loss and norm
  runRecording_.reset(), updateRecording_.reset();
  runs_ = updates_ = 0;
  onDevice_ = std::make_unique<OnDevice>(*device_);
  if (Done done = onDevice_->reserve(inputs, results, memory_.onceBytes); !done) return done;
  return mirror_->reserve();
}

// Inputs lie in one place, and steps read their state there.
void Plan::bindToDevice() {
  for (size_t i = 0; i < inputUses_.size(); ++i)
    for (Tensor* tensor : inputUses_[i]) tensor->data = onDevice_->input(int(i));
  for (auto* steps : {&onceSteps_, &steps_})
    for (Step& s : *steps) s.call.step = onDevice_->state();
  keptCopies_.assign(keptTensors_.size(), {});
  gradientCopies_.assign(gradientTensors_.size(), {});
}

void Plan::start(Step& s) {
  if (!s.runOnDevice || failed_) return;
  s.runOnDevice(device_->cuda(), s.op, s.call);
  const Node& node = graph_.nodes[size_t(s.node)];
  if (Done done = device_->check(node.op.type().info.name, node.id); !done) failed_ = done.error();
}

void Plan::play(size_t from, size_t to, uint64_t times, std::unique_ptr<Device::Recording>& recording) {
  if (from == to || failed_) return;
  if (!recording && times == 1 && records_) {
    device_->beginRecording();
    for (size_t t = from; t < to; ++t) start(steps_[t]);
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
  for (size_t t = from; t < to; ++t) start(steps_[t]);
}

void Plan::askForResults() {
  const auto at = [&](Value v) { return tensors_[size_t(v.node)][size_t(v.output)].data; };
  if (loss_) onDevice_->ask(kLossResult, at(loss_));
  if (norm_) onDevice_->ask(kNormResult, at(norm_));
  onDevice_->asked();
}

void Plan::beginOnDevice(const StepState& step) {
  if (Done done = mirror_->send(); !done && !failed_) failed_ = done.error();
  onDevice_->send(step);
  const uint64_t version = schedule_.onceReadsStored ? store_->version() : 1;
  if (!onceSteps_.empty() && onceVersion_ != version)
    for (Step& s : onceSteps_) start(s);
  onceVersion_ = version;
}

void Plan::runOnDevice(const StepState& step) {
  beginOnDevice(step);
  play(0, size_t(schedule_.updatesBegin), runs_++, runRecording_);
  askForResults();
}

void Plan::updateOnDevice() {
  if (size_t(schedule_.updatesBegin) == steps_.size()) return;
  play(size_t(schedule_.updatesBegin), steps_.size(), updates_++, updateRecording_);
  mirror_->changedOnDevice();
}

void Plan::timeOnDevice(size_t from, size_t to, const StepState& step, std::span<double> seconds) {
  using Clock = std::chrono::steady_clock;
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
  if (from < size_t(schedule_.updatesBegin)) ++runs_, askForResults();
  if (to > size_t(schedule_.updatesBegin)) mirror_->changedOnDevice();
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
  if (copy.of != runs_ || copy.memory.empty()) {
    copy.tensor = tensor;
    copy.memory.resize(size_t(tensor.bytes()) / sizeof(double) + 1);
    copy.tensor.data = copy.memory.data();
    // What fails here is answered for with the run.
    device_->copyOut(copy.tensor.data, tensor.data, tensor.bytes(), Device::Lane::steps);
    device_->wait(Device::Lane::steps);
    copy.of = runs_;
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
