#include "engine/ops/elementwise_program.h"

#include <type_traits>

#include "kernels/map.h"

namespace engine {

namespace {
constexpr int64_t kBlock = 1024;  // elements of a block: 4 KiB of each operand and result

template <class T, class Device>
const Kernel<Device>& kernelOf(const OpType& type) {
  if constexpr (std::is_same_v<Device, Cuda>) return type.cuda;
  else if constexpr (std::is_same_v<T, double>) return type.cpuDouble;
  else return type.cpu[int(column())];
}
}  // namespace

template <class T, class Device>
void ElementwiseProgram::prepare(Device&, Preparation& p) const {
  const int64_t count = p.call.out(0).elements(), between = int64_t(ops.size()) - 1;
  if constexpr (std::is_same_v<Device, Cpu>)
    p.scratchBytes = kernels::Slices(count, kernels::kMapGrain).number * between * std::min(kBlock, count) * int64_t(sizeof(T));
  else p.scratchBytes = between * count * int64_t(sizeof(T));
}

// `between`: the results of all steps but the last, `room` elements each.
template <class T, class Device>
void ElementwiseProgram::runBlock(Device& device, const Call& call, int64_t begin, int64_t count, T* between, int64_t room) const {
  const int64_t all = call.out(0).elements();
  int64_t step = 0;
  eachStep([&](const Op& op, std::span<const int64_t> operands) {
    Tensor in[kMostOperands];
    for (size_t i = 0; i < operands.size(); ++i) {
      const int64_t from = operands[i];
      if (from < 0) {
        in[i] = {between + (-1 - from) * room, Shape{count}, call.out(0).type};
        continue;
      }
      const Tensor& whole = call.in(int(from));
      const bool single = whole.elements() == 1 && all != 1;
      in[i] = {static_cast<T*>(whole.data) + (single ? 0 : begin), single ? Shape{} : Shape{count}, whole.type};
    }
    const bool last = step + 1 == int64_t(ops.size());
    const Tensor out{last ? call.out<T>(0) + begin : between + step * room, Shape{count}, call.out(0).type};
    Call one;
    one.inputs = in, one.inputCount = int(operands.size());
    one.outputs = &out, one.outputCount = 1;
    one.step = call.step;
    kernelOf<T, Device>(op.type()).run(device, op.data(), one);
    ++step;
  });
}

template <class T, class Device>
void ElementwiseProgram::run(Device& device, const Call& call) const {
  const int64_t count = call.out(0).elements();
  T* const scratch = static_cast<T*>(call.scratch);
  if constexpr (std::is_same_v<Device, Cpu>) {
    const kernels::Slices slices(count, kernels::kMapGrain);
    const int64_t room = std::min(kBlock, count);
    kernels::forSlices(device, slices.number, [&](int slice) {
      Cpu alone;
      const int64_t end = slices.begin(slice + 1);
      for (int64_t i = slices.begin(slice); i < end; i += kBlock)
        runBlock<T>(alone, call, i, std::min(kBlock, end - i), scratch + slice * (int64_t(ops.size()) - 1) * room, room);
    });
  } else {
    runBlock<T>(device, call, 0, count, scratch, count);
  }
}

#ifndef NETWRIGHT_KERNELS_ONLY
void ElementwiseProgram::add(const Op& op, const std::vector<int64_t>& operands) {
  ops.push_back(op);
  steps.push_back(int64_t(op.hash()));
  steps.push_back(int64_t(operands.size()));
  steps.insert(steps.end(), operands.begin(), operands.end());
}

void ElementwiseProgram::fields(ElementwiseProgram& op, FieldVisitor& f) {
  f.integers("steps", op.steps, {}, {0, 1 << 16}, "Each op's hash, the number of its operands, and where they come from.");
}

void ElementwiseProgram::infer(Shapes& s) const {
  // Single numbers are repeated; a program has an operand of its result's shape.
  Shape y;
  for (int i = 0; i < int(info().inputs.size()); ++i)
    if (s.has(i) && s.in(i).rank() >= y.rank() && s.in(i).elements() >= y.elements()) y = s.in(i);
  s.out(0, y);
  s.flops(double(y.elements()) * double(ops.size()));
}

void ElementwiseProgram::examples(Examples<ElementwiseProgram>& e) {
  ElementwiseProgram two;  // tanh(a * b + a)
  two.add(Op::with("Multiply"), {0, 1});
  two.add(Op::with("Add"), {-1, 0});
  two.add(Op::with("Tanh"), {-2});
  e.add(two, {{3, 5}, {3, 5}}).withoutGradient();
  e.add(two, {{3, 5}, {}}).withoutGradient();          // a single number
  e.add(two, {{37, 1031}, {37, 1031}}).withoutGradient();  // several slices, and blocks of two sizes
  ElementwiseProgram repeated;  // sigmoid(a) * sigmoid(a) - b
  repeated.add(Op::with("Sigmoid"), {0});
  repeated.add(Op::with("Multiply"), {-1, -1});
  repeated.add(Op::with("Subtract"), {-2, 1});
  e.add(repeated, {{2050}, {2050}}).withoutGradient();
  e.add(repeated, {{0}, {0}}).withoutGradient();
}
#endif

Info ElementwiseProgram::info() {
  return {.name = "ElementwiseProgram",
          .group = "",
          .title = "Element by element",
          .about = "Several ops on each element at once.",
          .inputs = {{"a", "numbers"}, {"b", "numbers"}, {"c", "numbers"}, {"d", "numbers"}, {"e", "numbers"}, {"f", "numbers"}, {"g", "numbers"}, {"h", "numbers"}},
          .outputs = {{"y", "numbers"}},
          .optionalInputs = kMostInputs - 1,
          .inPlace = true};
}

OpFile elementwise_program_file() { return ops<ElementwiseProgram>(); }

}  // namespace engine
