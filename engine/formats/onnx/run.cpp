// Runs what was read, node by node: the way that a file is compared with the network that it came from.
#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>

#include "engine/formats/onnx/onnx.h"
#include "engine/ops/any_type.h"
#include "engine/passes/lower.h"
#include "engine/plan/interpret.h"

namespace engine::formats::onnx {

namespace {

// Lowered for a batch, or what stands against that.
Result<Lowered> lowered(const Imported& imported, int64_t batch) {
  const InferOptions options{batch, false, imported.floating};
  const Inference inference = infer(imported.network, options);
  for (const Problem& problem : inference.problems)
    if (problem.severity == Severity::problem) return tl::unexpected(problem);
  Lowered graph = lower(imported.network, inference, options);
  if (!graph.problems.empty()) return tl::unexpected(graph.problems.front());
  return graph;
}

}  // namespace

void cut(Imported& imported) {
  std::vector<engine::Node>& nodes = imported.network.nodes;
  std::vector<bool> needed(nodes.size());
  std::vector<int> open;
  const auto need = [&](Value v) {
    if (v && !needed[size_t(v.node)]) needed[size_t(v.node)] = true, open.push_back(v.node);
  };
  for (const auto* values : {&imported.outputs, &imported.inputs})
    for (Value v : *values) need(v);
  while (!open.empty()) {
    const int n = open.back();
    open.pop_back();
    for (Value v : nodes[size_t(n)].inputs) need(v);
  }
  if (std::find(needed.begin(), needed.end(), false) == needed.end()) return;
  std::vector<int> place(nodes.size(), -1);
  std::vector<engine::Node> kept;
  for (size_t n = 0; n < nodes.size(); ++n)
    if (needed[n]) place[n] = int(kept.size()), kept.push_back(std::move(nodes[n]));
  nodes = std::move(kept);
  const auto move = [&](Value& v) {
    if (v) v.node = place[size_t(v.node)];
  };
  for (engine::Node& node : nodes)
    for (Value& v : node.inputs) move(v);
  for (auto* values : {&imported.outputs, &imported.inputs})
    for (Value& v : *values) move(v);
  std::erase_if(imported.opaque, [&](const Opaque& opaque) { return place[size_t(opaque.node)] < 0; });
  for (Opaque& opaque : imported.opaque) opaque.node = place[size_t(opaque.node)];
  std::map<Value, Shape> shapes;
  for (const auto& [v, shape] : imported.shapes) shapes[{place[size_t(v.node)], v.output}] = shape;
  imported.shapes = std::move(shapes);
  std::set<std::string_view> names;
  for (const engine::Node& node : nodes) names.insert(node.name);
  std::erase_if(imported.values, [&](const Tensor& value) { return !names.contains(std::string_view(value.name).substr(0, value.name.rfind('.'))); });
}

Done fill(const Imported& imported, int64_t batch, Store& store) {
  const Result<Lowered> graph = lowered(imported, batch);
  if (!graph) return tl::unexpected(graph.error());
  if (Done done = store.add(graph->stored, 0); !done) return done;
  for (const Tensor& value : imported.values) {
    Store::Entry* entry = store.find(value.name);
    if (!entry) continue;
    if (entry->tensor.type != value.type || int64_t(value.bytes.size()) != entry->tensor.bytes())
      return failure(value.name, Message("{0} of type {1}", entry->tensor.shape, entry->tensor.type), Message("{0} of type {1}", value.shape, value.type));
    std::memcpy(entry->tensor.data, value.bytes.data(), value.bytes.size());
  }
  return {};
}

Result<std::vector<Tensor>> run(const Imported& imported, int64_t batch, std::span<const Tensor> inputs, Cpu& cpu) {
  Store store;
  if (Done done = fill(imported, batch, store); !done) return tl::unexpected(done.error());
  const Result<Lowered> graph = lowered(imported, batch);
  if (!graph) return tl::unexpected(graph.error());
  Interpreter interpreter(graph->graph, imported.floating);
  for (const StoredValue& value : graph->stored) {
    const engine::Tensor& to = interpreter.tensor(value.value);
    std::memcpy(to.data, store.find(value.name)->tensor.data, size_t(to.bytes()));
  }
  const auto at = [&](Value v) { return graph->values[size_t(v.node)][size_t(v.output)]; };
  for (size_t i = 0; i < inputs.size() && i < imported.inputs.size(); ++i) {
    const engine::Tensor& to = interpreter.tensor(at(imported.inputs[i]));
    if (to.type != inputs[i].type || to.bytes() != int64_t(inputs[i].bytes.size()))
      return failure(imported.network.nodes[size_t(imported.inputs[i].node)].name, Message("an input of {0} of type {1}", to.shape, to.type),
                     Message("{0} of type {1}", inputs[i].shape, inputs[i].type));
    std::memcpy(to.data, inputs[i].bytes.data(), inputs[i].bytes.size());
  }
  interpreter.run(cpu);
  std::vector<Tensor> results;
  for (size_t i = 0; i < imported.outputs.size(); ++i) {
    const engine::Tensor& from = interpreter.tensor(at(imported.outputs[i]));
    Tensor& to = results.emplace_back(Tensor{imported.outputNames[i], from.type, from.shape, {}});
    to.bytes.assign(static_cast<const char*>(from.data), size_t(from.bytes()));
  }
  return results;
}

Result<std::vector<std::vector<float>>> run(const Imported& imported, int64_t batch,
                                            std::span<const std::vector<float>> inputs, Cpu& cpu) {
  const Result<Lowered> graph = lowered(imported, batch);
  if (!graph) return tl::unexpected(graph.error());
  std::vector<Tensor> typed;
  for (size_t i = 0; i < inputs.size() && i < imported.inputs.size(); ++i) {
    const Value v = imported.inputs[i];
    const ValueInfo& info = graph->graph.info(graph->values[size_t(v.node)][size_t(v.output)]);
    Tensor& to = typed.emplace_back(Tensor{{}, info.type, info.shape, {}});
    to.bytes.resize(size_t(info.shape.elements() * bytesOf(info.type)));
    const size_t count = std::min(inputs[i].size(), size_t(info.shape.elements()));
    withType<float>(info.type, [&]<class T>() { std::transform(inputs[i].data(), inputs[i].data() + count, reinterpret_cast<T*>(to.bytes.data()), [](float f) { return T(f); }); });
  }
  const auto answers = run(imported, batch, typed, cpu);
  if (!answers) return tl::unexpected(answers.error());
  std::vector<std::vector<float>> results;
  for (const Tensor& answer : *answers) {
    std::vector<float>& to = results.emplace_back(size_t(answer.shape.elements()));
    withType<float>(answer.type, [&]<class T>() {
      const T* from = reinterpret_cast<const T*>(answer.bytes.data());
      std::transform(from, from + to.size(), to.begin(), [](T value) { return float(value); });
    });
  }
  return results;
}

}  // namespace engine::formats::onnx
