#include "engine/passes/lower.h"

#include <unordered_map>
#include <unordered_set>

#include "engine/graph/builder.h"

namespace engine {

Value addStored(Graph& graph, std::vector<StoredValue>& stored, std::string name, NodeId node, const StoredInfo& info) {
  const Op op = Op::with("Stored", {{"shape", std::vector<int64_t>(info.shape.begin(), info.shape.end())},
                                    {"kind", std::string(info.trained ? "parameter" : "state")}});
  graph.nodes.push_back({op, {}, node, name, {{info.shape, info.type}}, 0});
  const Value value{int(graph.nodes.size()) - 1, 0};
  stored.push_back({value, std::move(name), node, info});
  return value;
}

Lowered lower(const Graph& network, const Inference& inference, const InferOptions& options) {
  Lowered lowered;
  lowered.values.resize(network.nodes.size());
  std::unordered_set<NodeId> sharing;  // whose parameters others have too
  for (const Node& node : network.nodes)
    if (node.weightsOf) sharing.insert(node.weightsOf);
  std::unordered_map<NodeId, std::vector<Value>> shared;
  Builder builder(lowered.graph, options.batch, options.floating, options.training);
  for (int n : inference.order) {
    const Node& node = network.nodes[size_t(n)];
    const NodeInference& known = inference.nodes[size_t(n)];
    std::vector<Value> inputs;
    for (Value v : node.inputs) inputs.push_back(v ? lowered.values[size_t(v.node)][size_t(v.output)] : Value{});
    // Optional inputs that are left open still take their places, so that the stored values follow at fixed indices.
    if (!node.op.type().info.variadic) inputs.resize(node.op.type().info.inputs.size());
    const NodeId owner = node.weightsOf ? node.weightsOf : node.id;
    if (const auto there = shared.find(owner); there != shared.end()) {
      inputs.insert(inputs.end(), there->second.begin(), there->second.end());
    } else {
      std::vector<Value> own;
      for (const StoredInfo& info : known.stored)
        own.push_back(addStored(lowered.graph, lowered.stored, node.name + "." + info.name, owner, info)), lowered.stored.back().frozen = node.frozen;
      inputs.insert(inputs.end(), own.begin(), own.end());
      if (sharing.contains(owner)) shared.emplace(owner, std::move(own));
    }
    if (node.op.is("Parameter") || node.op.is("Buffer")) {  // it is its value
      lowered.values[size_t(n)] = {inputs.back()};
      continue;
    }
    const auto evaluated = node.op.type().evaluated;
    const Op op = !options.training && evaluated ? evaluated(node.op.data()) : node.op;
    if (op.type().info.inputs.size() < inputs.size() && !(op == node.op)) inputs.resize(op.type().info.inputs.size());
    builder.comesFrom(node.id, node.name);
    const Value first = builder.add(op, inputs);
    for (size_t i = 0; i < known.outputs.size(); ++i) lowered.values[size_t(n)].push_back({first.node, int(i)});
    if (options.training && op.type().update) {
      Backward update(builder, first.node, std::vector<Term>(op.type().info.outputs.size()));
      op.type().update(op.data(), update);
    }
  }
  lowered.problems = builder.problems();
  return lowered;
}

}  // namespace engine
