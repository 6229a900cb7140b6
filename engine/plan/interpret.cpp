#include "engine/plan/interpret.h"

#include <cstring>
#include <memory>

namespace engine {

namespace {
constexpr size_t kBlockAlignment = 64;
void* aligned(std::byte* p) {
  const auto at = reinterpret_cast<uintptr_t>(p);
  return p + ((kBlockAlignment - at % kBlockAlignment) % kBlockAlignment);
}
}  // namespace

Interpreter::Interpreter(const Graph& graph, Type floating, Column column)
    : graph_(graph), floating_(floating), column_(column) {
  for (const Node& node : graph.nodes) {
    std::vector<Tensor>& outputs = tensors_.emplace_back();
    for (const ValueInfo& info : node.outputs) {
      Tensor tensor{nullptr, info.shape, info.type};
      const size_t bytes = size_t(tensor.bytes());
      memory_.push_back(std::make_unique<std::byte[]>(bytes + kBlockAlignment));
      tensor.data = aligned(memory_.back().get());
      std::memset(tensor.data, 0xff, bytes);  // NaN: what nobody wrote shows
      outputs.push_back(tensor);
    }
  }
}

void Interpreter::run(Cpu& cpu) {
  for (size_t n = 0; n < graph_.nodes.size(); ++n) {
    const Node& node = graph_.nodes[n];
    const OpType& type = node.op.type();
    const Kernel<Cpu>& kernel = floating_ == Type::f64 ? type.cpuDouble : type.cpu[int(column_)];
    if (!kernel.run) continue;
    std::vector<Tensor> inputs;
    for (Value v : node.inputs) inputs.push_back(v ? tensor(v) : Tensor{});
    Call call{inputs.data(), tensors_[n].data(), int(inputs.size()), int(tensors_[n].size()), node.id, nullptr, nullptr, &step};
    Preparation preparation;
    preparation.call = call;
    if (kernel.prepare) kernel.prepare(cpu, node.op.data(), preparation);
    const auto scratch = std::make_unique<std::byte[]>(size_t(preparation.scratchBytes) + kBlockAlignment);
    call.scratch = aligned(scratch.get());
    call.prepared = preparation.kept.get();
    kernel.run(cpu, node.op.data(), call);
  }
}

}  // namespace engine
