// Runs what was read, node by node: the way that a file is compared with the network that it came from.
#include <algorithm>
#include <cstring>

#include "engine/formats/onnx/onnx.h"
#include "engine/passes/lower.h"
#include "engine/plan/interpret.h"

namespace engine::formats::onnx {

namespace {

// Lowered for a batch, or what stands against that.
Result<Lowered> lowered(const Imported& imported, int64_t batch) {
  const InferOptions options{batch, false, Type::f32};
  const Inference inference = infer(imported.network, options);
  for (const Problem& problem : inference.problems)
    if (problem.severity == Severity::problem) return tl::unexpected(problem);
  Lowered graph = lower(imported.network, inference, options);
  if (!graph.problems.empty()) return tl::unexpected(graph.problems.front());
  return graph;
}

}  // namespace

Done fill(const Imported& imported, int64_t batch, Store& store) {
  const Result<Lowered> graph = lowered(imported, batch);
  if (!graph) return tl::unexpected(graph.error());
  if (Done done = store.add(graph->stored, 0); !done) return done;
  for (const Tensor& value : imported.values)
    if (Store::Entry* entry = store.find(value.name))
      std::memcpy(entry->tensor.data, value.bytes.data(), value.bytes.size());
  return {};
}

Result<std::vector<std::vector<float>>> run(const Imported& imported, int64_t batch,
                                            std::span<const std::vector<float>> inputs, Cpu& cpu) {
  Store store;
  if (Done done = fill(imported, batch, store); !done) return tl::unexpected(done.error());
  const Result<Lowered> graph = lowered(imported, batch);
  if (!graph) return tl::unexpected(graph.error());
  Interpreter interpreter(graph->graph, Type::f32);
  for (const StoredValue& value : graph->stored) {
    const engine::Tensor& to = interpreter.tensor(value.value);
    std::memcpy(to.data, store.find(value.name)->tensor.data, size_t(to.bytes()));
  }
  const auto at = [&](Value v) { return graph->values[size_t(v.node)][size_t(v.output)]; };
  for (size_t i = 0; i < inputs.size() && i < imported.inputs.size(); ++i) {
    const engine::Tensor& to = interpreter.tensor(at(imported.inputs[i]));
    const int64_t count = std::min(int64_t(inputs[i].size()), to.elements());
    if (to.type == Type::i64) std::transform(inputs[i].data(), inputs[i].data() + count, static_cast<int64_t*>(to.data), [](float v) { return int64_t(v); });
    else std::copy_n(inputs[i].data(), count, static_cast<float*>(to.data));
  }
  interpreter.run(cpu);
  std::vector<std::vector<float>> results;
  for (Value v : imported.outputs) {
    const engine::Tensor& from = interpreter.tensor(at(v));
    const auto* data = static_cast<const float*>(from.data);
    results.emplace_back(data, data + from.elements());
  }
  return results;
}

}  // namespace engine::formats::onnx
