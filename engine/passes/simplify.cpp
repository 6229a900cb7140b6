#include "engine/passes/simplify.h"

#include <unordered_map>

namespace engine {

namespace {

bool isConstant(const Graph& graph, Value v, double value) {
  const Node& node = graph.nodes[size_t(v.node)];
  if (!node.op.is("Constant")) return false;
  const FieldMap fields = node.op.fields();
  return std::get<double>(fields.at("value")) == value;
}

// The value that a node only repeats, or none.
Value repeats(const Graph& graph, const Node& node) {
  if (node.outputs.size() != 1) return {};
  const auto same = [&](Value v) {
    return v && graph.info(v).shape == node.outputs[0].shape && graph.info(v).type == node.outputs[0].type;
  };
  if (node.op.type().info.view || node.op.is("Expand")) return same(node.inputs[0]) ? node.inputs[0] : Value{};
  if (node.op.is("Multiply") || node.op.is("Divide")) {
    if (isConstant(graph, node.inputs[1], 1) && same(node.inputs[0])) return node.inputs[0];
    if (node.op.is("Multiply") && isConstant(graph, node.inputs[0], 1) && same(node.inputs[1])) return node.inputs[1];
  }
  if (node.op.is("Add") || node.op.is("Subtract")) {
    if (isConstant(graph, node.inputs[1], 0) && same(node.inputs[0])) return node.inputs[0];
    if (node.op.is("Add") && isConstant(graph, node.inputs[0], 0) && same(node.inputs[1])) return node.inputs[1];
  }
  return {};
}

uint64_t keyOf(const Node& node) {
  uint64_t key = node.op.hash();
  for (Value v : node.inputs) key = (key ^ uint64_t(v.node * 8 + v.output)) * 0x9e3779b97f4a7c15u;
  return key ^ (node.op.type().info.random ? node.id : 0);
}

bool mayMerge(const Node& node) {
  const Info& info = node.op.type().info;
  const bool isSource = node.inputs.empty() && !node.op.is("Constant");
  return info.updates.empty() && !isSource;
}

}  // namespace

Simplified simplify(Graph& graph, std::vector<Value*> roots) {
  const size_t count = graph.nodes.size();
  std::vector<std::vector<Value>> replacement(count);  // by node and output
  std::unordered_multimap<uint64_t, int> known;
  for (size_t n = 0; n < count; ++n) {
    Node& node = graph.nodes[n];
    for (Value& v : node.inputs)
      if (v) v = replacement[size_t(v.node)][size_t(v.output)];
    int stands = int(n);
    if (mayMerge(node)) {
      const uint64_t key = keyOf(node);
      const auto [first, last] = known.equal_range(key);
      for (auto at = first; at != last; ++at) {
        const Node& other = graph.nodes[size_t(at->second)];
        if (other.inputs == node.inputs && other.op == node.op && (!node.op.type().info.random || other.id == node.id))
          stands = at->second;
      }
      if (stands == int(n)) known.emplace(key, int(n));
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) replacement[n].push_back({stands, int(i)});
    if (const Value same = repeats(graph, node)) replacement[n][0] = same;
  }
  for (Value* root : roots)
    if (*root) *root = replacement[size_t(root->node)][size_t(root->output)];

  std::vector<bool> needed(count, false);
  for (const Value* root : roots)
    if (*root) needed[size_t(root->node)] = true;
  for (size_t n = count; n-- > 0;) {
    if (!graph.nodes[n].op.type().info.updates.empty()) needed[n] = true;
    if (!needed[n]) continue;
    for (Value v : graph.nodes[n].inputs)
      if (v) needed[size_t(v.node)] = true;
  }
  std::vector<int> place(count, -1);
  Graph kept;
  for (size_t n = 0; n < count; ++n) {
    if (!needed[n]) continue;
    place[n] = int(kept.nodes.size());
    kept.nodes.push_back(std::move(graph.nodes[n]));
    for (Value& v : kept.nodes.back().inputs)
      if (v) v.node = place[size_t(v.node)];
  }
  for (Value* root : roots)
    if (*root) root->node = place[size_t(root->node)];
  graph = std::move(kept);
  return {int(count), int(graph.nodes.size())};
}

}  // namespace engine
