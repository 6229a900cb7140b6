#include "engine/passes/unfold.h"

#include <algorithm>
#include <unordered_set>

#include "engine/graph/block.h"
#include "engine/ops/any_type.h"
#include "engine/passes/infer.h"

namespace engine {

namespace {

class Unfolding {
 public:
  Result<Unfolded> run(const Graph& network) {
    int64_t size = 0;
    for (const Node& node : network.nodes) {
      if (__builtin_add_overflow(size, unfoldedSize(node.op), &size)) size = kTooMany;
      if (size > kMostUnfolded && isBlock(node.op)) return tooMany(node, size);
    }
    std::vector<std::vector<Value>> values = place(network, 0);
    wire();
    if (problem_) return tl::unexpected(*problem_);
    for (auto& outputs : values)
      for (Value& v : outputs) v = settled(v);
    return Unfolded{std::move(result_), std::move(values)};
  }

 private:
  // A node that is placed; ports of blocks, and what else only passes on, are placed too, until everything is wired.
  struct Placed {
    Node node;
    bool port = false;
    int at = -1;  // in the result
  };

  static tl::unexpected<Problem> tooMany(const Node& node, int64_t size) {
    Problem problem;
    problem.node = node.id;
    problem.needs = Message("{0} nodes at most, with those of blocks", kMostUnfolded);
    problem.got = Message("{0}", size);
    problem.fix = "repeat it fewer times";
    return tl::unexpected(problem);
  }

  // Gives where its outputs are, as indices of placed_. Inputs are wired at once, to placed nodes too.
  std::vector<std::vector<Value>> place(const Graph& network, size_t depth) {
    std::vector<std::vector<Value>> values(network.nodes.size());
    std::vector<std::vector<int>> ports(network.nodes.size());  // of blocks: the BlockInputs of the first, then of all others
    for (size_t n = 0; n < network.nodes.size(); ++n) {
      const Node& node = network.nodes[n];
      if (unfolds(node)) {
        placeBlock(node, values[n], ports[n], depth);
        continue;
      }
      const bool isPort = depth > 0 && (node.op.is("BlockInput") || node.op.is("BlockOutput"));
      placed_.push_back({node, isPort || node.mode == Mode::bypassed || node.op.is("Reroute"), -1});
      for (size_t i = 0; i < std::max<size_t>(1, node.op.type().info.outputs.size()); ++i) values[n].push_back({int(placed_.size()) - 1, int(i)});
    }
    for (size_t n = 0; n < network.nodes.size(); ++n) {
      const auto& inputs = network.nodes[n].inputs;
      const auto from = [&](size_t i) -> Value {
        if (i >= inputs.size() || !inputs[i]) return {};
        const auto& outputs = values[size_t(inputs[i].node)];
        return size_t(inputs[i].output) < outputs.size() ? outputs[size_t(inputs[i].output)] : Value{};
      };
      if (!unfolds(network.nodes[n])) {
        std::vector<Value> wired;
        for (size_t i = 0; i < inputs.size(); ++i) wired.push_back(from(i));
        placed_[size_t(values[n].front().node)].node.inputs = std::move(wired);
        continue;
      }
      const size_t count = inputsOf(network.nodes[n].op).size();
      for (size_t p = 0; p < ports[n].size(); ++p)
        if (Node& port = placed_[size_t(ports[n][p])].node; port.inputs.empty()) port.inputs = {from(p % count)};
    }
    return values;
  }

  // One that is passed by, or gives zeros, is a node like any other.
  static bool unfolds(const Node& node) { return isBlock(node.op) && node.mode == Mode::normal; }

  void placeBlock(const Node& block, std::vector<Value>& outputs, std::vector<int>& ports, size_t depth) {
    const size_t first = placed_.size();
    size_t each = 0;  // nodes of one repetition
    for (int64_t r = 0; r < repeatsOf(block.op); ++r) {
      Graph within = networkWithin(block, r);
      if (block.frozen)
        for (Node& node : within.nodes) node.frozen = true;
      const std::vector<std::vector<Value>> values = place(within, depth + 1);
      const std::vector<int>& ins = inputsOf(block.op);
      for (size_t i = 0; i < ins.size(); ++i) {
        ports.push_back(values[size_t(ins[i])].front().node);
        if (r > 0 && i < outputs.size()) placed_[size_t(ports.back())].node.inputs = {outputs[i]};
      }
      if (r == 0) each = placed_.size() - first;
      else if (sharesWeights(block.op))
        for (size_t i = first + size_t(r) * each; i < placed_.size(); ++i) {
          // Where those of the first are another's (of a block within that shares too), these are as well.
          const Node& one = placed_[i - size_t(r) * each].node;
          placed_[i].node.weightsOf = one.weightsOf ? one.weightsOf : one.id;
        }
      outputs.clear();
      for (const int out : outputsOf(block.op)) outputs.push_back(values[size_t(out)].front());
    }
  }

  // What a port passes on; none where nothing comes in.
  Value settled(Value v) const {
    // Through as many ports as there are, and no more: what goes round is told by infer().
    for (size_t steps = 0; v && placed_[size_t(v.node)].port && steps <= placed_.size(); ++steps) {
      v = passedBy(placed_[size_t(v.node)].node, size_t(v.output));
    }
    if (!v || placed_[size_t(v.node)].port) return {};
    return silenced({placed_[size_t(v.node)].at, v.output});
  }

  void wire() {
    for (Placed& p : placed_) p.port |= p.node.op.is("Note");
    for (Placed& p : placed_)
      if (!p.port) p.at = int(result_.nodes.size()), result_.nodes.push_back(p.node);
    for (const Placed& p : placed_) {
      if (p.port) continue;
      Node& node = result_.nodes[size_t(p.at)];
      for (Value& v : node.inputs) v = settled(v);
    }
    silence();
    std::unordered_set<std::string_view> names;
    for (const Node& node : result_.nodes)
      if (!node.weightsOf && !names.insert(node.name).second) twice(node);
  }

  // Zeros in the place of muted nodes, as many as they would give numbers.
  void silence() {
    const auto isMuted = [](const Node& node) { return node.mode == Mode::muted; };
    if (std::none_of(result_.nodes.begin(), result_.nodes.end(), isMuted)) return;
    const Inference inference = infer(result_);
    const size_t count = result_.nodes.size();
    zeros_.resize(count);
    for (size_t n = 0; n < count; ++n) {
      if (!isMuted(result_.nodes[n])) continue;
      const Node muted = result_.nodes[n];
      for (const Value v : muted.inputs)
        if (v) result_.nodes[size_t(v.node)].hushed = true;
      for (size_t o = 0; o < inference.nodes[n].outputs.size(); ++o) {
        const std::optional<Op> op = zerosOf(inference.nodes[n].outputs[o].shape, muted);
        if (!op) return;  // told, here or by whoever infers the network
        const Type type = inference.nodes[n].outputs[o].type;
        Node zeros{*op, {}, o == 0 ? muted.id : insideOf(muted.id, int64_t(o), 1), o == 0 ? muted.name : muted.name + "." + std::to_string(o)};
        if (!isFloating(type)) {
          Node source = zeros;
          source.id = insideOf(muted.id, int64_t(o), 2), source.name += ".zeros";
          result_.nodes.push_back(std::move(source));
          zeros.op = Op::with("Cast", {{"dtype", std::string(wordOfType(type))}});
          zeros.inputs = {{int(result_.nodes.size()) - 1, 0}};
        }
        if (o > 0) {
          result_.nodes.push_back(std::move(zeros));
          zeros_[n].push_back(int(result_.nodes.size()) - 1);
        } else {
          result_.nodes[n] = std::move(zeros);
          zeros_[n].push_back(int(n));
        }
      }
    }
    for (Node& node : result_.nodes)
      for (Value& v : node.inputs) v = silenced(v);
  }
  Value silenced(Value v) const {
    if (!v || size_t(v.node) >= zeros_.size() || zeros_[size_t(v.node)].empty()) return v;
    return {zeros_[size_t(v.node)][size_t(v.output)], 0};
  }
  std::optional<Op> zerosOf(const Shape& shape, const Node& muted) {
    if (shape.isMissing()) return std::nullopt;
    const bool batched = shape.rank() > 0 && shape[0] == kBatch;
    std::vector<int64_t> sizes(shape.begin() + (batched ? 1 : 0), shape.end());
    if (std::all_of(sizes.begin(), sizes.end(), [](int64_t size) { return size >= 0; }))
      return Op::with("Constant", {{"shape", std::move(sizes)}, {"batched", batched}});
    if (!problem_)
      problem_ = Problem{muted.id, {}, Severity::problem, "a batch that is the first axis, since it is muted", shape, "end the muting, or bypass it instead", {}};
    return std::nullopt;
  }

  void twice(const Node& node) {
    if (problem_) return;
    problem_ = Problem{};
    problem_->node = node.id;
    problem_->place = Place::field("name");
    problem_->needs = "names that differ from the paths within blocks";
    problem_->got = Message("{0} twice", node.name);
    problem_->fix = "rename the block, or the node beside it";
  }

  std::vector<Placed> placed_;
  Graph result_;
  std::vector<std::vector<int>> zeros_;  // of muted nodes: where their outputs are
  std::optional<Problem> problem_;
};

bool find(const Graph& network, NodeId owner, int64_t repetition, const std::string& prefix, NodeId wanted, Whereabouts& found) {
  for (const Node& node : network.nodes) {
    const NodeId id = owner == 0 ? node.id : insideOf(owner, repetition, node.id);
    found.way.push_back({node.id, 0});
    if (id == wanted) {
      found.name = prefix + node.name;
      found.op = node.op;
      return true;
    }
    if (isBlock(node.op) && unfoldedSize(node.op) <= kMostUnfolded)  // what is larger is refused as a whole
      for (int64_t r = 0; r < repeatsOf(node.op); ++r) {
        found.way.back().repetition = r;
        if (find(networkOf(node.op), id, r, prefixOf(prefix + node.name, node.op, r), wanted, found)) return true;
      }
    found.way.pop_back();
  }
  return false;
}

void findWithin(const Op& block, NodeId use, int place, std::unordered_set<NodeId>& wanted, std::unordered_map<NodeId, int>& found) {
  if (unfoldedSize(block) > kMostUnfolded) return;
  for (int64_t r = 0; r < repeatsOf(block); ++r)
    for (const Node& node : networkOf(block).nodes) {
      if (wanted.empty()) return;
      const NodeId id = insideOf(use, r, node.id);
      if (wanted.erase(id)) found.emplace(id, place);
      if (isBlock(node.op)) findWithin(node.op, id, place, wanted, found);
    }
}

}  // namespace

std::unordered_map<NodeId, int> placesIn(const Graph& network, const std::vector<NodeId>& ids) {
  std::unordered_set<NodeId> wanted(ids.begin(), ids.end());
  std::unordered_map<NodeId, int> found;
  for (size_t n = 0; n < network.nodes.size() && !wanted.empty(); ++n)
    if (wanted.erase(network.nodes[n].id)) found.emplace(network.nodes[n].id, int(n));
  for (size_t n = 0; n < network.nodes.size() && !wanted.empty(); ++n)
    if (isBlock(network.nodes[n].op)) findWithin(network.nodes[n].op, network.nodes[n].id, int(n), wanted, found);
  return found;
}

Result<Unfolded> unfold(const Graph& network) { return Unfolding().run(network); }

Whereabouts whereIs(const Graph& network, NodeId id) {
  Whereabouts found;
  find(network, 0, 0, "", id, found);
  return found;
}

}  // namespace engine
