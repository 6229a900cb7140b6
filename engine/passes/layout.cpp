#include "engine/passes/layout.h"

#include <algorithm>

namespace engine {

namespace {

constexpr int kPictureRank = 4;

// A value of the old graph in the new one, in the orders in which it is there.
struct Places {
  Value canonical, last;
};

class Layout {
 public:
  Layout(Graph& graph, int64_t batch, Type floating, bool training) : old_(graph), builder_(new_, batch, floating, training) {}

  LaidOut run(const std::vector<Value*>& roots) {
    for (size_t n = 0; n < old_.nodes.size(); ++n) {
      const Node& node = old_.nodes[n];
      phase_ = node.phase;
      places_.emplace_back(node.outputs.size());
      if (const std::optional<InChannelsLast> twin = twinOf(node)) place(int(n), *twin);
      else if (goesAlong(node)) place(int(n), {node.op, everyInput(node), {0}, false});
      else keep(int(n));
    }
    for (Value* root : roots)
      if (*root) *root = canonical(*root);
    absorb(roots);
    count();
    old_ = std::move(new_);
    return result_;
  }

 private:
  const ValueInfo& oldInfo(Value v) const { return old_.info(v); }
  static int64_t bytes(const ValueInfo& info) { return info.shape.elements() * bytesOf(info.type); }
  Places& places(Value v) { return places_[size_t(v.node)][size_t(v.output)]; }
  bool isPicture(Value v) const { return v && oldInfo(v).shape.rank() == kPictureRank && oldInfo(v).shape.elements() > 0; }

  static std::vector<int> everyInput(const Node& node) {
    std::vector<int> all;
    for (size_t i = 0; i < node.inputs.size(); ++i) all.push_back(int(i));
    return all;
  }

  // What turning the inputs over would cost in either order.
  bool cheaperLast(const Node& node, const std::vector<int>& pictures) {
    int64_t toLast = 0, toCanonical = 0;
    for (const int i : pictures) {
      const Value v = node.inputs[size_t(i)];
      if (!isPicture(v)) continue;
      if (!places(v).last) toLast += bytes(oldInfo(v));
      if (!places(v).canonical) toCanonical += bytes(oldInfo(v));
    }
    return toCanonical > 0 && toCanonical >= toLast;
  }

  std::optional<InChannelsLast> twinOf(const Node& node) {
    if (!node.op.type().channelsLast) return {};
    std::optional<InChannelsLast> twin = node.op.type().channelsLast(node.op.data());
    if (!twin) return {};
    if (twin->inputs == std::vector{InChannelsLast::kAll}) twin->inputs = everyInput(node);
    for (const int i : twin->inputs)
      if (!isPicture(node.inputs[size_t(i)])) return {};
    for (const int o : twin->outputs)
      if (node.outputs[size_t(o)].shape.rank() != kPictureRank || node.outputs[size_t(o)].shape.elements() == 0) return {};
    if (twin->gains || cheaperLast(node, twin->inputs)) return twin;
    // What makes large pictures of small ones (the gradient of pooling) makes them for a convolution's gradient.
    int64_t in = 0, out = 0;
    for (const int i : twin->inputs) in += bytes(oldInfo(node.inputs[size_t(i)]));
    for (const int o : twin->outputs) out += bytes(node.outputs[size_t(o)]);
    if (in < out && node.phase == Phase::backward) return twin;
    return {};
  }

  // Element by element, on pictures of one shape and single numbers.
  bool goesAlong(const Node& node) {
    const Info& info = node.op.type().info;
    if (!info.elementwise || node.outputs.size() != 1 || node.outputs[0].shape.rank() != kPictureRank) return false;
    for (Value v : node.inputs)
      if (!v || (oldInfo(v).shape != node.outputs[0].shape && oldInfo(v).shape.elements() != 1)) return false;
    return cheaperLast(node, everyInput(node));
  }

  void keep(int n) {
    Node node = old_.nodes[size_t(n)];
    for (Value& v : node.inputs)
      if (v) v = canonical(v);
    new_.nodes.push_back(std::move(node));
    for (size_t o = 0; o < places_[size_t(n)].size(); ++o) places_[size_t(n)][o].canonical = {int(new_.nodes.size()) - 1, int(o)};
  }

  void place(int n, const InChannelsLast& twin) {
    const Node& node = old_.nodes[size_t(n)];
    std::vector<Value> inputs;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const Value v = node.inputs[i];
      const bool turned = std::find(twin.inputs.begin(), twin.inputs.end(), int(i)) != twin.inputs.end();
      inputs.push_back(!v ? Value{} : turned && isPicture(v) ? last(v) : canonical(v));
    }
    comesFrom(node);
    const Value made = builder_.add(twin.op, inputs);
    for (size_t o = 0; o < node.outputs.size(); ++o) {
      const bool turned = std::find(twin.outputs.begin(), twin.outputs.end(), int(o)) != twin.outputs.end();
      (turned ? places_[size_t(n)][o].last : places_[size_t(n)][o].canonical) = {made.node, int(o)};
    }
    ++result_.channelsLast;
  }

  void comesFrom(const Node& node) {
    builder_.comesFrom(node.id, node.name);
    builder_.comesIn(phase_);
  }

  Value last(Value v) {
    if (!places(v).last) places(v).last = turn(v, places(v).canonical, {0, 2, 3, 1});
    return places(v).last;
  }
  Value canonical(Value v) {
    if (!places(v).canonical) places(v).canonical = turn(v, places(v).last, {0, 3, 1, 2});
    return places(v).canonical;
  }
  // Where only one of the turned axes is longer than 1, the elements lie as they are wanted already.
  Value turn(Value v, Value from, const std::vector<int64_t>& order) {
    comesFrom(old_.nodes[size_t(v.node)]);
    const Shape& x = oldInfo(v).shape;  // (batch, channels, height, width)
    if (x[1] != 1 && x[2] * x[3] != 1) {
      const Value turned = builder_.add(Op::with("Permute", {{"dims", order}}), {from});
      turns_.push_back(turned.node);
      return turned;
    }
    std::vector<int64_t> sizes;
    for (const int64_t axis : order) sizes.push_back(new_.info(from).shape[int(axis)]);
    return builder_.add(Op::with("Reshape", {{"shape", sizes}, {"allowzero", true}}), {from});
  }

  // Ops that can write or read canonical order themselves (pooling does, window by window) save the turn beside them.
  void absorb(const std::vector<Value*>& roots) {
    std::vector<int> uses(new_.nodes.size(), 0);
    for (const Node& node : new_.nodes)
      for (Value v : node.inputs)
        if (v) ++uses[size_t(v.node)];
    for (const Value* root : roots)
      if (*root) ++uses[size_t(root->node)];
    std::vector<Value> instead(new_.nodes.size());
    std::vector<bool> turns(new_.nodes.size(), false);
    for (const int t : turns_) {
      turns[size_t(t)] = true;
      const Value from = new_.nodes[size_t(t)].inputs[0];
      Node& producer = new_.nodes[size_t(from.node)];
      if (from.output != 0 || producer.outputs.size() != 1 || uses[size_t(from.node)] != 1 || !producer.op.type().withCanonical) continue;
      const std::optional<Op> writes = producer.op.type().withCanonical(producer.op.data(), -1);
      if (!writes) continue;
      producer.op = *writes;
      producer.outputs = new_.nodes[size_t(t)].outputs;
      instead[size_t(t)] = from;
    }
    for (size_t n = 0; n < new_.nodes.size(); ++n) {
      Node& node = new_.nodes[n];
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        Value& v = node.inputs[i];
        if (v && instead[size_t(v.node)]) v = instead[size_t(v.node)];
        if (!v || !node.op.type().withCanonical || !turns[size_t(v.node)]) continue;
        if (const std::optional<Op> reads = node.op.type().withCanonical(node.op.data(), int(i))) {
          node.op = *reads;
          v = new_.nodes[size_t(v.node)].inputs[0];
          if (instead[size_t(v.node)]) v = instead[size_t(v.node)];
        }
      }
    }
    for (Value* root : roots)
      if (*root && instead[size_t(root->node)]) *root = instead[size_t(root->node)];
  }

  void count() {
    std::vector<bool> read(new_.nodes.size(), false);
    for (const Node& node : new_.nodes)
      for (Value v : node.inputs)
        if (v) read[size_t(v.node)] = true;
    for (const int t : turns_)
      if (read[size_t(t)]) ++result_.reorders, result_.reorderBytes += 2 * bytes(new_.nodes[size_t(t)].outputs[0]);
  }

  Graph& old_;
  Graph new_;
  Builder builder_;
  Phase phase_ = Phase::forward;
  std::vector<std::vector<Places>> places_;  // by node and output of the old graph
  std::vector<int> turns_;                   // nodes of the new one
  LaidOut result_;
};

}  // namespace

LaidOut layOut(Graph& graph, const std::vector<Value*>& roots, int64_t batch, Type floating, bool training) {
  bool gains = false;
  for (const Node& node : graph.nodes)
    if (!gains && node.op.type().channelsLast)
      if (const auto twin = node.op.type().channelsLast(node.op.data())) gains = twin->gains;
  return gains ? Layout(graph, batch, floating, training).run(roots) : LaidOut{};
}

}  // namespace engine
