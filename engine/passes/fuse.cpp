#include "engine/passes/fuse.h"

#include "engine/graph/shapes.h"

namespace engine {

namespace {

class Fusion {
 public:
  Fusion(Graph& graph, const std::vector<Value*>& roots, std::vector<Taken>* taken) : graph_(graph), roots_(roots), uses_(graph.nodes.size()), taken_(taken) {
    for (size_t n = 0; n < graph.nodes.size(); ++n) uses_[n].assign(graph.nodes[n].outputs.size(), 0);
    for (const Node& node : graph.nodes)
      for (Value v : node.inputs)
        if (v) ++uses(v);
    for (const Value* root : roots)
      if (*root) ++uses(*root);
    for (size_t n = 0; n < graph.nodes.size(); ++n) {
      std::vector<Value>& outputs = instead_.emplace_back();
      for (size_t o = 0; o < graph.nodes[n].outputs.size(); ++o) outputs.push_back({int(n), int(o)});
    }
  }

  int run() {
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      Node& node = graph_.nodes[n];
      for (Value& v : node.inputs)
        if (v) v = instead_[size_t(v.node)][size_t(v.output)];
      fused_ += reluBehind(int(n)) || reluGradientBehind(int(n)) || reluGradientBefore(node);
    }
    remember();
    for (Value* root : roots_)
      if (*root) *root = instead_[size_t(root->node)][size_t(root->output)];
    return fused_;
  }

 private:
  int& uses(Value v) { return uses_[size_t(v.node)][size_t(v.output)]; }
  Node& producer(Value v) { return graph_.nodes[size_t(v.node)]; }

  // y = ReLU(op(x)), and nobody else reads what op gave.
  bool reluBehind(int n) {
    const Node& node = graph_.nodes[size_t(n)];
    if (!node.op.is("ReLU")) return false;
    const Value x = node.inputs[0];
    Node& before = producer(x);
    if (x.output != 0 || uses(x) != 1 || !before.op.type().withRelu) return false;
    const std::optional<Op> both = before.op.type().withRelu(before.op.data());
    if (!both) return false;
    before.op = *both;
    note(node, before);
    replace({n, 0}, x);
    return true;
  }

  // dx = ReLUGradient(op(...), y), where op reads y as well, or has an input to spare for it.
  bool reluGradientBehind(int n) {
    const Node& node = graph_.nodes[size_t(n)];
    if (!node.op.is("ReLUGradient")) return false;
    const Value g = node.inputs[0], y = node.inputs[1];
    Node& before = producer(g);
    if (g.output != 0 || uses(g) != 1 || !before.op.type().withReluGradient) return false;
    const auto both = before.op.type().withReluGradient(before.op.data());
    if (!both) return false;
    const size_t place = size_t(both->second);
    if (place < before.inputs.size() ? before.inputs[place] != y : y.node > g.node) return false;
    before.op = both->first;
    if (place >= before.inputs.size()) {
      before.inputs.resize(place + 1);
      before.inputs[place] = y;
    }
    note(node, before);
    replace({n, 0}, g);
    return true;
  }

  // op(ReLUGradient(dy, y), ...), and nobody else reads that gradient.
  bool reluGradientBefore(Node& node) {
    if (!node.op.type().withReluBefore || !node.inputs[0]) return false;
    const Value g = node.inputs[0];
    const Node& before = producer(g);
    if (!before.op.is("ReLUGradient") || uses(g) != 1) return false;
    const std::optional<Op> both = node.op.type().withReluBefore(node.op.data());
    if (!both) return false;
    node.op = *both;
    node.inputs.resize(both->type().info.inputs.size());
    node.inputs.front() = before.inputs[0];
    node.inputs.back() = before.inputs[1];
    note(before, node);
    uses(g) = 0;
    ++uses(before.inputs[0]), ++uses(before.inputs[1]);  // the node left over still counts: fewer fusions, never a wrong one
    return true;
  }

  // What an op knew going forward is kept for its gradient, which then need not look at the op's input.
  void remember() {
    std::vector<std::vector<int>> readers(graph_.nodes.size());  // of output 0, as their first input
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      Node& node = graph_.nodes[n];
      if (node.inputs.empty() || !node.inputs[0]) continue;
      const Value x = node.inputs[0];
      if (node.op.type().remembering)
        for (int r : readers[size_t(x.node)]) {
          Node& forward = graph_.nodes[size_t(r)];
          if (forward.inputs[0] != x) continue;
          const auto both = node.op.type().remembering(node.op.data(), forward.op, graph_.info(x).shape);
          if (!both) continue;
          forward.op = both->first, node.op = both->second;
          Shapes shapes({graph_.info(x)}, int(forward.op.type().info.outputs.size()), forward.id, kBatch, true, Type::f32);
          forward.op.infer(shapes);
          const int kept = int(forward.outputs.size());
          forward.outputs.push_back(shapes.outputs()[size_t(kept)]);
          node.inputs[0] = {r, kept};
          uses_[size_t(r)].push_back(1), instead_[size_t(r)].push_back({r, kept});
          break;
        }
      readers[size_t(x.node)].push_back(int(n));
    }
  }

  void note(const Node& node, const Node& by) {
    if (taken_ && node.id != by.id) taken_->push_back({node.id, by.id, node.phase});
  }

  void replace(Value old, Value by) {
    uses(by) = uses(old);
    instead_[size_t(old.node)][size_t(old.output)] = by;
  }

  Graph& graph_;
  const std::vector<Value*>& roots_;
  std::vector<std::vector<int>> uses_;       // by node and output
  std::vector<std::vector<Value>> instead_;  // what is read in a value's place
  std::vector<Taken>* taken_;
  int fused_ = 0;
};

}  // namespace

int fuse(Graph& graph, const std::vector<Value*>& roots, std::vector<Taken>* taken) { return Fusion(graph, roots, taken).run(); }

}  // namespace engine
