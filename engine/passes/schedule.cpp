#include "engine/passes/schedule.h"

namespace engine {

namespace {
bool runs(const Node& node) { return node.op.type().cpu[0].run != nullptr; }

// By node: whether it gives the same in every step.
std::vector<bool> standing(const Graph& graph, Once once) {
  constexpr int64_t kSmall = 4096;  // bytes of constants that are kept: what is larger is calculated as fast as it is read
  std::vector<bool> stands(graph.nodes.size(), false), readsStored = stands;
  for (size_t n = 0; once != Once::nothing && n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    const Info& info = node.op.type().info;
    if (!runs(node)) {
      stands[n] = readsStored[n] = once == Once::stored && node.op.is("Stored");
      continue;
    }
    bool all = info.updates.empty() && !info.random;
    for (Value v : node.inputs)
      if (v) all = all && stands[size_t(v.node)], readsStored[n] = readsStored[n] || readsStored[size_t(v.node)];
    int64_t bytes = 0;
    for (const ValueInfo& output : node.outputs) bytes += output.shape.elements() * bytesOf(output.type);
    stands[n] = all && (readsStored[n] || bytes <= kSmall);
  }
  return stands;
}
}  // namespace

// Gradients come in the order in which they were made, against that of the forward pass: each one is used soon after. A
// node without data inputs (a constant) and one that nobody needs until much later waits for its first reader.
Schedule schedule(const Graph& graph, Once once) {
  const int count = int(graph.nodes.size());
  Schedule result;
  std::vector<bool> done = standing(graph, once);
  for (int n = 0; n < count; ++n) {
    if (!done[size_t(n)] || !runs(graph.nodes[size_t(n)])) continue;
    result.once.push_back(n);
    result.onceReadsStored = once == Once::stored;
  }
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
