#include "engine/passes/schedule.h"

namespace engine {

namespace {
bool runs(const Node& node) { return node.op.type().cpu[0].run != nullptr; }
}  // namespace

// Gradients come in the order in which they were made, against that of the forward pass: each one is used soon after. A
// node without data inputs (a constant) and one that nobody needs until much later waits for its first reader.
Schedule schedule(const Graph& graph) {
  const int count = int(graph.nodes.size());
  Schedule result;
  std::vector<bool> done(size_t(count), false);
  const auto emit = [&](const auto& self, int n) -> void {
    if (done[size_t(n)]) return;
    done[size_t(n)] = true;
    for (Value v : graph.nodes[size_t(n)].inputs)
      if (v) self(self, v.node);
    if (runs(graph.nodes[size_t(n)])) result.order.push_back(n);
  };
  const auto isConstant = [&](int n) { return graph.nodes[size_t(n)].inputs.empty(); };
  for (int n = 0; n < count; ++n)
    if (graph.nodes[size_t(n)].op.type().info.updates.empty() && !isConstant(n)) emit(emit, n);
  for (int n = 0; n < count; ++n)  // constants that are wanted for themselves
    if (graph.nodes[size_t(n)].op.type().info.updates.empty()) emit(emit, n);
  result.updatesBegin = int(result.order.size());
  for (int n = 0; n < count; ++n) emit(emit, n);
  return result;
}

}  // namespace engine
