#include "engine/passes/fold.h"

#include "engine/graph/builder.h"

namespace engine {

namespace {

// A layer whose output's channels each follow from a row of the weight and a number of the bias.
struct Layer {
  const char* op;
  int rank;  // of its output, where channels are axis 1 as batch norm has them
};
constexpr Layer kLayers[] = {{"Conv2d", 4}, {"Linear", 2}};
// Inputs of all of them; the bias is there where the field `bias` says so.
constexpr size_t kInput = 0, kWeight = 1, kBias = 2;

bool isLayer(const Graph& graph, const Node& node) {
  for (const Layer& layer : kLayers)
    if (node.op.is(layer.op) && node.outputs[0].shape.rank() == layer.rank) return graph.nodes[size_t(node.inputs[kWeight].node)].op.is("Stored");
  return false;
}

}  // namespace

int foldNorms(Graph& graph, const std::vector<Value*>& roots, int64_t batch, Type floating) {
  std::vector<std::vector<int>> uses(graph.nodes.size());
  for (size_t n = 0; n < graph.nodes.size(); ++n) uses[n].assign(graph.nodes[n].outputs.size(), 0);
  for (const Node& node : graph.nodes)
    for (Value v : node.inputs)
      if (v) ++uses[size_t(v.node)][size_t(v.output)];
  for (const Value* root : roots)
    if (*root) ++uses[size_t(root->node)][size_t(root->output)];

  int folded = 0;
  Graph result;
  Builder builder(result, batch, floating, false);
  std::vector<std::vector<Value>> place(graph.nodes.size());  // by node and output
  const auto placed = [&](Value v) { return v ? place[size_t(v.node)][size_t(v.output)] : v; };
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    Node& norm = graph.nodes[n];
    const auto add = [&](Node node) {
      for (Value& v : node.inputs) v = placed(v);
      for (size_t i = 0; i < node.outputs.size(); ++i) place[n].push_back({int(result.nodes.size()), int(i)});
      result.nodes.push_back(std::move(node));
    };
    const bool isNorm = norm.op.is("BatchNormEvaluated") && uses[n][1] == 0 && uses[n][2] == 0;
    const Value before = isNorm ? norm.inputs[0] : Value{};
    if (!before || uses[size_t(before.node)][size_t(before.output)] != 1 || !isLayer(graph, graph.nodes[size_t(before.node)])) {
      add(norm);
      continue;
    }
    const Node& layer = graph.nodes[size_t(before.node)];
    const FieldMap fields = norm.op.fields();
    const bool affine = std::get<bool>(fields.at("affine"));
    const size_t running = affine ? 3 : 1;  // BatchNormEvaluated: x, weight and bias where affine, mean, variance
    const bool hasBias = std::get<bool>(layer.op.fields().at("bias"));
    builder.comesFrom(norm.id, norm.name);
    const Value weights = builder.add(Op::with("FoldedNorm", {{"eps", fields.at("eps")}}),
                                      {placed(layer.inputs[kWeight]), placed(norm.inputs[running]), placed(norm.inputs[running + 1]),
                                       hasBias ? placed(layer.inputs[kBias]) : Value{}, affine ? placed(norm.inputs[1]) : Value{},
                                       affine ? placed(norm.inputs[2]) : Value{}});
    builder.comesFrom(layer.id, layer.name);
    Value y = builder.add(*layer.op.set("bias", true), {placed(layer.inputs[kInput]), weights, Value{weights.node, 1}});
    result.nodes[size_t(y.node)].flops = layer.flops;
    place[n] = {y, Value{}, Value{}};
    ++folded;
  }
  for (Value* root : roots) *root = placed(*root);
  graph = std::move(result);
  return folded;
}

}  // namespace engine
