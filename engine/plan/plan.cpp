// Binding a plan to memory, and running it.
#include "engine/plan/plan.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace engine {

Plan::Step Plan::stepOf(int n, std::vector<Tensor>& arguments, const Preparation& preparation, void* scratch) {
  const Node& node = graph_.nodes[size_t(n)];
  for (Value v : node.inputs) arguments.push_back(v ? tensors_[size_t(v.node)][size_t(v.output)] : Tensor{});
  const OpType& type = node.op.type();
  const Kernel<Cpu>& kernel = floating_ == Type::f64 ? type.cpuDouble : type.cpu[int(column())];
  // A view that lies in what it views has nothing to do.
  const Value first = type.info.view ? node.inputs[0] : Value{};
  const bool isThere = first && memory_.blockOf[size_t(n)][0] == memory_.blockOf[size_t(first.node)][size_t(first.output)] &&
                       memory_.outside[size_t(n)][0] == memory_.outside[size_t(first.node)][size_t(first.output)];
  const Call call{arguments.data(), tensors_[size_t(n)].data(), int(arguments.size()), int(tensors_[size_t(n)].size()), node.id, scratch, preparation.kept.get(), nullptr};
  if (device_) return {nullptr, isThere ? nullptr : type.cuda.run, node.op.data(), call, n};
  return {isThere ? nullptr : kernel.run, nullptr, node.op.data(), call, n};
}

Done Plan::bind(Store& store, std::byte* arena, StoreMirror* mirror) {
  store_ = &store, mirror_ = mirror;
  onceVersion_ = 0;
  if (device_) {
    if (Done done = takeDeviceMemory(); !done) return done;
  } else if (Done done = once_.reserve(memory_.onceBytes); !done) {
    return done;
  }
  std::byte* const once = device_ ? onDevice_->once() : once_.data();
  onceArguments_.assign(schedule_.once.size(), {});
  onceSteps_.clear();
  ownOnceSteps_.clear();
  tensors_.assign(graph_.nodes.size(), {});
  arguments_.assign(schedule_.order.size(), {});
  inputUses_.assign(inputs_.size(), {});
  steps_.clear();
  keptTensors_.clear();
  gradientTensors_.clear();

  std::vector<std::vector<void*>> sourceMemory(graph_.nodes.size());
  for (size_t n = 0; n < graph_.nodes.size(); ++n) sourceMemory[n].assign(graph_.nodes[n].outputs.size(), nullptr);
  for (size_t t = 0; t < schedule_.once.size(); ++t)
    for (size_t i = 0; i < memory_.onceOffsets[t].size(); ++i)
      if (const int64_t offset = memory_.onceOffsets[t][i]; offset >= 0) sourceMemory[size_t(schedule_.once[t])][i] = once + offset;
  for (const StoredValue& value : stored_) {
    const Store::Entry* entry = std::as_const(store).place(value.name);
    if (!entry || !(entry->tensor.shape == value.info.shape)) {
      Problem problem;
      problem.node = value.node;
      problem.needs = Message("stored values of {0}", value.name);
      problem.got = entry ? Message(entry->tensor.shape) : Message("none");
      return tl::unexpected(problem);
    }
    sourceMemory[size_t(value.value.node)][0] = device_ ? mirror->at(*entry) : entry->tensor.data;
  }
  const auto inputOf = [&](Value source) {
    for (size_t i = 0; i < inputValues_.size(); ++i)
      if (inputValues_[i] == source) return int(i);
    return -1;
  };

  for (size_t n = 0; n < graph_.nodes.size(); ++n)
    for (size_t i = 0; i < graph_.nodes[n].outputs.size(); ++i) {
      const ValueInfo& info = graph_.nodes[n].outputs[i];
      Tensor tensor{nullptr, info.shape, info.type};
      if (const Value outside = memory_.outside[n][i]) tensor.data = sourceMemory[size_t(outside.node)][size_t(outside.output)];
      else if (const int block = memory_.blockOf[n][i]; block >= 0) tensor.data = arena + memory_.offsets[size_t(block)];
      tensors_[n].push_back(tensor);
    }
  // No vector of tensors grows from here on: calls point into them.
  const auto rememberUse = [&](Value v, Tensor* tensor) {
    if (const Value outside = memory_.outside[size_t(v.node)][size_t(v.output)])
      if (const int input = inputOf(outside); input >= 0) inputUses_[size_t(input)].push_back(tensor);
  };
  for (size_t n = 0; n < graph_.nodes.size(); ++n)
    for (size_t i = 0; i < tensors_[n].size(); ++i) rememberUse({int(n), int(i)}, &tensors_[n][i]);
  for (size_t t = 0; t < schedule_.order.size(); ++t) {
    const int scratch = memory_.scratchOf[t];
    steps_.push_back(stepOf(schedule_.order[t], arguments_[t], preparations_[t], scratch >= 0 ? arena + memory_.offsets[size_t(scratch)] : nullptr));
    const Node& node = graph_.nodes[size_t(schedule_.order[t])];
    for (size_t i = 0; i < node.inputs.size(); ++i)
      if (node.inputs[i]) rememberUse(node.inputs[i], &arguments_[t][i]);
  }
  for (size_t t = 0; t < steps_.size(); ++t) {
    if (ownOnce_[t] < 0) continue;
    steps_[t].call.once = once + ownOnce_[t];
    const OpType& type = graph_.nodes[size_t(steps_[t].node)].op.type();
    ownOnceSteps_.push_back(steps_[t]);
    ownOnceSteps_.back().run = (floating_ == Type::f64 ? type.cpuDouble : type.cpu[int(column())]).once;
  }
  for (size_t t = 0; t < schedule_.once.size(); ++t)  // nothing is in the arena yet when they run
    onceSteps_.push_back(stepOf(schedule_.once[t], onceArguments_[t], oncePreparations_[t], arena));
  for (Value v : kept_) keptTensors_.push_back(&tensors_[size_t(v.node)][size_t(v.output)]);
  for (Value v : gradients_) gradientTensors_.push_back(v ? tensors_[size_t(v.node)][size_t(v.output)] : Tensor{});
  if (device_) bindToDevice();
  return {};
}

void Plan::setInput(int i, const void* data) {
  if (onDevice_) return onDevice_->setInput(i, data);
  for (Tensor* tensor : inputUses_[size_t(i)]) tensor->data = const_cast<void*>(data);  // no step writes to an input
}

void Plan::runOnce(Cpu& cpu, const StepState& step) {
  const uint64_t version = schedule_.onceReadsStored || !ownOnceSteps_.empty() ? store_->version() : 1;
  if ((onceSteps_.empty() && ownOnceSteps_.empty()) || onceVersion_ == version) return;
  for (auto* steps : {&onceSteps_, &ownOnceSteps_})
    for (Step& s : *steps) {
      if (!s.run) continue;
      s.call.step = &step;
      s.run(cpu, s.op, s.call);
    }
  onceVersion_ = version;
}

uint64_t Plan::step(Cpu& cpu, const StepState& step) {
  if (onDevice_) {
    runOnDevice(step, true);
    return given_;
  }
  run(cpu, step);
  if (numbers().finite) update(cpu, step);
  return given_;
}

uint64_t Plan::run(Cpu& cpu, const StepState& step) {
  if (onDevice_) {
    runOnDevice(step, false);
    return given_;
  }
  ++given_;
  runOnce(cpu, step);
  for (int t = 0; t < schedule_.updatesBegin; ++t) {
    Step& s = steps_[size_t(t)];
    if (!s.run) continue;
    s.call.step = &step;
    s.run(cpu, s.op, s.call);
  }
  return given_;
}

void Plan::update(Cpu& cpu, const StepState& step) {
  if (onDevice_) return updateOnDevice();
  if (size_t(schedule_.updatesBegin) < steps_.size()) store_->changed();
  for (size_t t = size_t(schedule_.updatesBegin); t < steps_.size(); ++t) {
    Step& s = steps_[t];
    if (!s.run) continue;
    s.call.step = &step;
    s.run(cpu, s.op, s.call);
  }
}

void Plan::timeStep(Cpu& cpu, const StepState& step, std::span<double> seconds) {
  time(0, steps_.size(), cpu, step, seconds);
}
void Plan::timeRun(Cpu& cpu, const StepState& step, std::span<double> seconds) {
  time(0, size_t(schedule_.updatesBegin), cpu, step, seconds);
}
void Plan::timeUpdate(Cpu& cpu, const StepState& step, std::span<double> seconds) {
  time(size_t(schedule_.updatesBegin), steps_.size(), cpu, step, seconds);
}

void Plan::time(size_t from, size_t to, Cpu& cpu, const StepState& step, std::span<double> seconds) {
  using Clock = std::chrono::steady_clock;
  if (onDevice_) return timeOnDevice(from, to, step, seconds);
  if (from < size_t(schedule_.updatesBegin)) ++given_;
  runOnce(cpu, step);
  if (to > size_t(schedule_.updatesBegin)) store_->changed();
  Clock::time_point before = Clock::now();
  for (size_t t = from; t < to; ++t) {
    Step& s = steps_[t];
    if (!s.run) continue;
    s.call.step = &step;
    s.run(cpu, s.op, s.call);
    const Clock::time_point now = Clock::now();  // one look between two calls: what it takes is shared by all
    seconds[t] += std::chrono::duration<double>(now - before).count();
    before = now;
  }
}

std::vector<Plan::Profiled> Plan::profiled() const {
  std::vector<Profiled> calls;
  for (const Step& s : steps_) {
    const Node& node = graph_.nodes[size_t(s.node)];
    int64_t bytes = 0;
    for (int i = 0; i < s.call.inputCount; ++i) bytes += s.call.in(i).data ? s.call.in(i).bytes() : 0;
    for (int i = 0; i < s.call.outputCount; ++i) bytes += s.call.out(i).bytes();
    calls.push_back({node.id, node.name, node.op.name(), node.phase, node.flops, s.run || s.runOnDevice ? bytes : 0});
  }
  return calls;
}

std::optional<NonFinite> Plan::findNonFinite(Cpu& cpu, const StepState& step) {
  if (onDevice_) return findNonFiniteOnDevice(step);
  const auto found = [&](int n) { return NonFinite{graph_.nodes[size_t(n)].id, graph_.nodes[size_t(n)].name, graph_.nodes[size_t(n)].op.name()}; };
  for (size_t n = 0; n < graph_.nodes.size(); ++n)  // what came in
    if (graph_.nodes[n].inputs.empty() && !tensors_[n].empty() && tensors_[n][0].data && !graph_.nodes[n].op.is("Constant") && !allFinite(tensors_[n][0]))
      return found(int(n));
  runOnce(cpu, step);
  for (int t = 0; t < schedule_.updatesBegin; ++t) {
    Step& s = steps_[size_t(t)];
    if (!s.run) continue;
    s.call.step = &step;
    s.run(cpu, s.op, s.call);
    for (const Tensor& output : tensors_[size_t(s.node)])
      if (output.data && !allFinite(output)) return found(s.node);
  }
  return std::nullopt;
}

StepNumbers Plan::numbers(uint64_t step) const {
  if (onDevice_) return numbersOnDevice(step);
  const auto scalar = [&](const Tensor& tensor) {
    if (tensor.type == Type::f64) return *static_cast<const double*>(tensor.data);
    return tensor.type == Type::f32 ? double(*static_cast<const float*>(tensor.data)) : std::nan("");
  };
  const auto at = [&](Value v) { return scalar(tensors_[size_t(v.node)][size_t(v.output)]); };
  StepNumbers numbers;
  if (loss_) numbers.loss = at(loss_);
  if (norm_) numbers.gradientNorm = at(norm_);
  for (size_t i = 0; i < size_t(StepNumbers::kMostKept); ++i) {
    const Tensor* const tensor = i < keptTensors_.size() ? keptTensors_[i] : nullptr;
    numbers.kept[i] = tensor && tensor->data && tensor->elements() == 1 ? scalar(*tensor) : std::nan("");
  }
  numbers.finite = (!loss_ || std::isfinite(numbers.loss)) && (!norm_ || std::isfinite(*numbers.gradientNorm));
  return numbers;
}

const Tensor& Plan::kept(int i) const { return onDevice_ ? onHost(*keptTensors_[size_t(i)], keptCopies_[size_t(i)]) : *keptTensors_[size_t(i)]; }
const Tensor& Plan::gradient(int i) const {
  return onDevice_ ? onHost(gradientTensors_[size_t(i)], gradientCopies_[size_t(i)]) : gradientTensors_[size_t(i)];
}

namespace {
template <class T>
bool allFiniteOf(const Tensor& tensor) {
  const T* values = static_cast<const T*>(tensor.data);
  for (int64_t i = 0; i < tensor.elements(); ++i)
    if (!std::isfinite(values[i])) return false;
  return true;
}
}  // namespace

bool allFinite(const Tensor& tensor) {
  if (tensor.type == Type::f32) return allFiniteOf<float>(tensor);
  if (tensor.type == Type::f64) return allFiniteOf<double>(tensor);
  return true;
}

void Arena::Free::operator()(std::byte* p) const { std::free(p); }

Done Arena::reserve(int64_t bytes) {
  bytes = (std::max<int64_t>(bytes, 1) + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
  if (bytes <= bytes_) return {};
  memory_.reset();
  bytes_ = 0;
  memory_.reset(static_cast<std::byte*>(std::aligned_alloc(size_t(kArenaAlignment), size_t(bytes))));
  if (!memory_) {
    Problem problem;
    problem.needs = Message("{0} MiB of memory for a step", bytes >> 20);
    problem.got = "less";
    problem.fix = "make the batch or the network smaller";
    return tl::unexpected(problem);
  }
  bytes_ = bytes;
  return {};
}

}  // namespace engine
