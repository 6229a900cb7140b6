// Runs the kernel of a case on the processor in guarded memory: every tensor ends in sentinels, outputs and scratch are
// filled with NaN before.
#pragma once
#include <cstring>
#include <memory>

#include "tests/engine/op_case.h"

namespace engine::tests {

inline constexpr size_t kSentinelBytes = 256, kMemoryAlignment = 64;
inline constexpr std::byte kSentinel{0xA5};

class GuardedTensor {
 public:
  GuardedTensor() = default;
  explicit GuardedTensor(const ValueInfo& info) : bytes_(size_t(info.shape.elements() * bytesOf(info.type))) {
    memory_ = std::make_unique<std::byte[]>(bytes_ + 2 * kSentinelBytes + kMemoryAlignment);
    const size_t past = (reinterpret_cast<uintptr_t>(memory_.get()) + kSentinelBytes) % kMemoryAlignment;
    begin_ = memory_.get() + kSentinelBytes + (past ? kMemoryAlignment - past : 0);
    std::memset(begin_ - kSentinelBytes, int(kSentinel), bytes_ + 2 * kSentinelBytes);
    std::memset(begin_, 0xff, bytes_);
    tensor = {begin_, info.shape, info.type};
  }
  bool guardsIntact() const {
    if (!begin_) return true;
    for (size_t i = 1; i <= kSentinelBytes; ++i)
      if (begin_[-std::ptrdiff_t(i)] != kSentinel || begin_[bytes_ + i - 1] != kSentinel) return false;
    return true;
  }
  void write(const std::vector<double>& values) {
    for (size_t i = 0; i < values.size(); ++i) switch (tensor.type) {
        case Type::f32: static_cast<float*>(tensor.data)[i] = float(values[i]); break;
        case Type::f64: static_cast<double*>(tensor.data)[i] = values[i]; break;
        case Type::i64: static_cast<int64_t*>(tensor.data)[i] = int64_t(values[i]); break;
        case Type::u8: static_cast<uint8_t*>(tensor.data)[i] = uint8_t(values[i]); break;
        case Type::i32: static_cast<int32_t*>(tensor.data)[i] = int32_t(values[i]); break;
        default: static_cast<uint8_t*>(tensor.data)[i] = uint8_t(values[i]);
      }
  }
  std::vector<double> read() const { return valuesOf(tensor.type, tensor.data, tensor.data ? tensor.elements() : 0); }
  static std::vector<double> valuesOf(Type type, const void* data, int64_t count) {
    std::vector<double> values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); ++i) switch (type) {
        case Type::f32: values[i] = double(static_cast<const float*>(data)[i]); break;
        case Type::f64: values[i] = static_cast<const double*>(data)[i]; break;
        case Type::i64: values[i] = double(static_cast<const int64_t*>(data)[i]); break;
        case Type::u8: values[i] = double(static_cast<const uint8_t*>(data)[i]); break;
        case Type::i32: values[i] = double(static_cast<const int32_t*>(data)[i]); break;
        default: values[i] = double(static_cast<const uint8_t*>(data)[i]);
      }
    return values;
  }
  std::vector<std::byte> bytes() const { return {begin_, begin_ + bytes_}; }
  bool holds(const void* data) const { return data == begin_; }

  Tensor tensor;

 private:
  size_t bytes_ = 0;
  std::unique_ptr<std::byte[]> memory_;
  std::byte* begin_ = nullptr;
};

// A case in memory, run any number of times. Results are the outputs and then the inputs that the op updates.
class OpRun {
 public:
  StepState step{.step = 3, .seed = 12345, .learningRate = {0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08}};

  OpRun(const OpCase& c, Kernel<Cpu> kernel, Cpu cpu = {}) : case_(c), kernel_(kernel), cpu_(cpu) {
    for (const ValueInfo& info : c.inputs) inputs_.push_back(info.shape.isMissing() ? GuardedTensor() : GuardedTensor(info));
    for (const ValueInfo& info : c.outputs) outputs_.emplace_back(info);
  }
  void fill(const std::vector<std::vector<double>>& values) {
    for (size_t i = 0; i < inputs_.size(); ++i) inputs_[i].write(values[i]);
  }
  // Output 0 lies in the memory of input 0 from here on.
  void shareFirst() { shared_ = true; }

  void prepare() {
    for (const GuardedTensor& t : inputs_) inputTensors_.push_back(t.tensor);
    for (const GuardedTensor& t : outputs_) outputTensors_.push_back(t.tensor);
    if (shared_) outputTensors_[0].data = inputTensors_[0].data;
    call_ = {inputTensors_.data(), outputTensors_.data(), int(inputTensors_.size()), int(outputTensors_.size()), kKey, nullptr, nullptr, &step};
    Preparation preparation;
    std::vector<Tensor> in = inputTensors_, out = outputTensors_;  // as bind has them: no memory yet
    for (Tensor& t : in) t.data = nullptr;
    for (Tensor& t : out) t.data = nullptr;
    preparation.call = call_;
    preparation.call.inputs = in.data(), preparation.call.outputs = out.data();
    if (kernel_.prepare) kernel_.prepare(cpu_, case_.op.data(), preparation);
    kept_ = preparation.kept;
    scratch_ = GuardedTensor({Shape{preparation.scratchBytes}, Type::u8});
    call_.scratch = scratch_.tensor.data, call_.prepared = kept_.get();
  }
  void run() { kernel_.run(cpu_, case_.op.data(), call_); }
  OpRun& all(const std::vector<std::vector<double>>& values) {
    fill(values), prepare(), run();
    return *this;
  }

  bool guardsIntact() const {
    for (const auto* list : {&inputs_, &outputs_})
      for (const GuardedTensor& t : *list)
        if (!t.guardsIntact()) return false;
    return scratch_.guardsIntact();
  }
  std::vector<const GuardedTensor*> results() const {
    std::vector<const GuardedTensor*> all;
    for (size_t i = 0; i < outputs_.size(); ++i) all.push_back(shared_ && i == 0 ? &inputs_[0] : &outputs_[i]);
    for (int i : case_.type().info.updates)
      if (case_.connected(i)) all.push_back(&inputs_[size_t(i)]);
    return all;
  }
  std::vector<std::vector<std::byte>> bytes() const {
    std::vector<std::vector<std::byte>> all;
    for (const GuardedTensor* t : results()) all.push_back(t->bytes());
    return all;
  }
  const std::vector<GuardedTensor>& inputs() const { return inputs_; }
  const std::vector<GuardedTensor>& outputs() const { return outputs_; }

  static constexpr uint64_t kKey = 77;  // of the node, for random numbers

 private:
  const OpCase& case_;
  Kernel<Cpu> kernel_;
  Cpu cpu_;
  bool shared_ = false;
  std::vector<GuardedTensor> inputs_, outputs_;
  std::vector<Tensor> inputTensors_, outputTensors_;
  GuardedTensor scratch_;
  std::shared_ptr<const void> kept_;
  Call call_;
};

}  // namespace engine::tests
