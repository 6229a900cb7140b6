#include "engine/passes/infer.h"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "engine/graph/block.h"
#include "engine/passes/axis_names.h"
#include "engine/passes/unfold.h"

namespace engine {

namespace {

// No value may have more bytes than this: an address of 64 bits has 47 for a program.
constexpr int64_t kMostElements = int64_t(1) << 44;

// Kahn's algorithm; of the nodes that are ready, the first in the graph comes first, so that the order is stable.
std::vector<int> topologicalOrder(const Graph& network) {
  const int count = int(network.nodes.size());
  std::vector<int> waitsFor(size_t(count), 0);
  std::vector<std::vector<int>> readers(static_cast<size_t>(count));
  for (int n = 0; n < count; ++n)
    for (Value v : network.nodes[size_t(n)].inputs)
      if (v) ++waitsFor[size_t(n)], readers[size_t(v.node)].push_back(n);
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int n = 0; n < count; ++n)
    if (waitsFor[size_t(n)] == 0) ready.push(n);
  std::vector<int> order;
  while (!ready.empty()) {
    const int n = ready.top();
    ready.pop();
    order.push_back(n);
    for (int reader : readers[size_t(n)])
      if (--waitsFor[size_t(reader)] == 0) ready.push(reader);
  }
  return order;
}

// A node that a walk against the wires meets twice, starting from one that never became ready.
int nodeOnCycle(const Graph& network, const std::vector<bool>& ordered) {
  int n = int(std::find(ordered.begin(), ordered.end(), false) - ordered.begin());
  std::vector<bool> seen(ordered.size());
  while (!seen[size_t(n)]) {
    seen[size_t(n)] = true;
    for (Value v : network.nodes[size_t(n)].inputs)
      if (v && !ordered[size_t(v.node)]) {
        n = v.node;
        break;
      }
  }
  return n;
}

class Pass {
 public:
  Pass(const Graph& network, const InferOptions& options) : network_(network), options_(options) {}

  Inference run() {
    result_.nodes.resize(network_.nodes.size());
    for (size_t n = 0; n < network_.nodes.size(); ++n) giveOutputs(int(n));
    result_.order = topologicalOrder(network_);
    for (int n : result_.order) visit(n);
    tellLoop();
    tellAxes();
    return std::move(result_);
  }

  // Of a network that is one block, which is given this.
  Inference runBlock(std::vector<ValueInfo> inputs) {
    result_.nodes.resize(1);
    giveOutputs(0);
    visitBlock(0, std::move(inputs));
    return std::move(result_);
  }

  Inference runAgain(const Graph& networkBefore, Inference before, std::vector<int>* renewed) {
    Former former(network_, networkBefore, std::move(before));
    result_.nodes.resize(network_.nodes.size());
    result_.order = former.sameWires() ? former.order() : topologicalOrder(network_);
    std::vector<bool> ordered(network_.nodes.size());
    for (int n : result_.order) {
      ordered[size_t(n)] = true;
      if (former.isSame(n)) {
        former.take(n, result_);
        continue;
      }
      giveOutputs(n);
      visit(n);
      former.renew(n, result_.nodes[size_t(n)]);
      if (renewed) renewed->push_back(n);
    }
    for (size_t n = 0; n < ordered.size(); ++n)
      if (!ordered[n]) giveOutputs(int(n));
    tellLoop();
    tellAxes();
    return std::move(result_);
  }

 private:
  // What an earlier inference said, and of which nodes it still holds.
  class Former {
   public:
    Former(const Graph& network, const Graph& networkBefore, Inference before)
        : network_(network), networkBefore_(networkBefore), before_(std::move(before)),
          place_(network.nodes.size(), -1), outputsSame_(networkBefore.nodes.size(), true) {
      const size_t count = network.nodes.size();
      bool samePlaces = count == networkBefore.nodes.size();
      for (size_t n = 0; n < count && samePlaces; ++n) samePlaces = network.nodes[n].id == networkBefore.nodes[n].id;
      if (samePlaces) {
        for (size_t n = 0; n < count; ++n) place_[n] = int(n);
      } else {
        std::unordered_map<NodeId, int> places;
        for (size_t n = 0; n < networkBefore.nodes.size(); ++n) places[networkBefore.nodes[n].id] = int(n);
        for (size_t n = 0; n < count; ++n)
          if (const auto at = places.find(network.nodes[n].id); at != places.end()) place_[n] = at->second;
      }
      // On and behind a loop nothing was said: there everything is asked.
      known_.assign(networkBefore.nodes.size(), false);
      for (int n : before_.order) known_[size_t(n)] = true;
      sameWires_ = samePlaces;
      for (size_t n = 0; n < count && sameWires_; ++n)
        sameWires_ = network.nodes[n].inputs == networkBefore.nodes[n].inputs;
      if (before_.problems.empty()) return;
      const Problems ofAxes = axisProblems(networkBefore, before_.nodes);  // of several nodes at once: told anew
      std::vector<NodeId> told;
      for (const Problem& problem : before_.problems) told.push_back(problem.node);
      const auto places = placesIn(networkBefore, told);
      for (const Problem& problem : before_.problems)
        if (const auto at = places.find(problem.node); at != places.end() && std::find(ofAxes.begin(), ofAxes.end(), problem) == ofAxes.end())
          problems_[at->second].push_back(&problem);
    }

    bool sameWires() const { return sameWires_; }
    const std::vector<int>& order() const { return before_.order; }

    // The op is the same value, and what comes in is what came in.
    bool isSame(int n) const {
      const int old = place_[size_t(n)];
      if (old < 0 || !known_[size_t(old)]) return false;
      const Node &now = network_.nodes[size_t(n)], &then = networkBefore_.nodes[size_t(old)];
      if (now.op.data() != then.op.data() || now.mode != then.mode || now.inputs.size() != then.inputs.size()) return false;
      for (size_t i = 0; i < now.inputs.size(); ++i) {
        const Value a = now.inputs[i], b = then.inputs[i];
        if (bool(a) != bool(b)) return false;
        if (a && (place_[size_t(a.node)] != b.node || a.output != b.output || !outputsSame_[size_t(b.node)])) return false;
      }
      return true;
    }
    void take(int n, Inference& into) {
      const int old = place_[size_t(n)];
      into.nodes[size_t(n)] = std::move(before_.nodes[size_t(old)]);
      if (problems_.empty()) return;
      if (const auto said = problems_.find(old); said != problems_.end())
        for (const Problem* problem : said->second) into.problems.push_back(*problem);
    }
    void renew(int n, const NodeInference& now) {
      const int old = place_[size_t(n)];
      if (old < 0) return;
      const NodeInference& then = before_.nodes[size_t(old)];
      // Readers of an unknown op are told nothing; of another one they are.
      const bool unknown = network_.nodes[size_t(n)].op.is("Unknown");
      outputsSame_[size_t(old)] =
          known_[size_t(old)] && unknown == networkBefore_.nodes[size_t(old)].op.is("Unknown") &&
          std::equal(now.outputs.begin(), now.outputs.end(), then.outputs.begin(), then.outputs.end(),
                     [](const ValueInfo& a, const ValueInfo& b) { return a.type == b.type && a.shape == b.shape; });
    }

   private:
    const Graph &network_, &networkBefore_;
    Inference before_;
    std::vector<int> place_;  // of each node in the former network; -1: it is new
    std::vector<bool> known_, outputsSame_;  // of the former network
    std::unordered_map<int, std::vector<const Problem*>> problems_;  // what was said of a node of the former network, and within it
    bool sameWires_ = false;
  };

  void giveOutputs(int n) {
    result_.nodes[size_t(n)] = {};
    result_.nodes[size_t(n)].outputs.resize(network_.nodes[size_t(n)].op.type().info.outputs.size());
  }

  void tellAxes() {
    const Problems ofAxes = axisProblems(network_, result_.nodes);
    result_.problems.insert(result_.problems.end(), ofAxes.begin(), ofAxes.end());
  }

  void tellLoop() {
    if (result_.order.size() == network_.nodes.size()) return;
    std::vector<bool> ordered(network_.nodes.size());
    for (int n : result_.order) ordered[size_t(n)] = true;
    say(nodeOnCycle(network_, ordered), {}, "a way from the inputs to the outputs without a loop",
        "a loop through this node", "remove one of the wires of the loop");
  }

  void say(int n, Place place, Message needs, Message got, Message fix) {
    result_.problems.push_back({network_.nodes[size_t(n)].id, std::move(place), Severity::problem, std::move(needs),
                                std::move(got), std::move(fix), {}});
  }

  // The inputs' shapes; false when something is missing that the op cannot do without.
  bool gather(int n, std::vector<ValueInfo>& inputs) {
    const Node& node = network_.nodes[size_t(n)];
    const Info& info = node.op.type().info;
    const int ports = int(info.inputs.size()), needed = ports - info.optionalInputs;
    bool complete = true;
    if (!info.variadic && int(node.inputs.size()) > ports)
      say(n, Place::input(ports), Message("{0} inputs at most", ports), Message("{0}", int(node.inputs.size())), "remove a wire");
    for (int i = 0; i < std::max(int(node.inputs.size()), needed); ++i) {
      const Value v = i < int(node.inputs.size()) ? node.inputs[size_t(i)] : Value{};
      const bool optional = i >= needed && !info.variadic;
      if (!v) {
        if (!optional) {
          const PortInfo& port = info.inputs[size_t(std::min(i, ports - 1))];
          say(n, Place::input(i), Message("something at its input {0}: {1}", port.name, Message(port.about)), "nothing",
              "wire an output to it");
          complete = false;
        }
        inputs.push_back({});
        continue;
      }
      if (network_.nodes[size_t(v.node)].op.is("Unknown")) {
        complete = false;
        inputs.push_back({});
        continue;
      }
      const NodeInference& from = result_.nodes[size_t(v.node)];
      if (v.output < 0 || v.output >= int(from.outputs.size())) {
        say(n, Place::input(i), "an output that exists", Message("output {0}", v.output), "remove the wire");
        complete = false;
        inputs.push_back({});
        continue;
      }
      inputs.push_back(from.outputs[size_t(v.output)]);
      if (inputs.back().shape.isMissing()) complete = false;
      else if (i < ports && !takes(info.inputs[size_t(std::min(i, ports - 1))], inputs.back().type)) {
        const Type type = inputs.back().type;
        const bool wantsClasses = info.inputs[size_t(std::min(i, ports - 1))].takes == Takes::classes;
        if (wantsClasses && !isFloating(type)) say(n, Place::input(i), "class numbers of type i64", Message("{0}", type), "put a Cast to int64 before it");
        else
          say(n, Place::input(i), wantsClasses ? "class numbers" : "numbers with a fraction",
              wantsClasses ? Message("values of type {0}", type) : Message("class numbers of type {0}", type),
              "wire another output to it, or change the kind of the Target");
        complete = false;
      }
    }
    return complete;
  }

  static bool takes(const PortInfo& port, Type type) {
    return port.takes == Takes::anything || (port.takes == Takes::numbers ? isFloating(type) : type == Type::i64);  // kernels read class numbers as i64
  }

  void visit(int n) {
    const Node& node = network_.nodes[size_t(n)];
    NodeInference& inference = result_.nodes[size_t(n)];
    if (node.op.is("Unknown")) return;  // told where the graph was made
    if (node.mode == Mode::bypassed) return passOn(n);
    std::vector<ValueInfo> inputs;
    if (!gather(n, inputs)) return;
    if (isBlock(node.op)) visitBlock(n, std::move(inputs));
    else visitOp(n, std::move(inputs));
    if (node.mode == Mode::muted) inference.stored.clear(), inference.flops = 0;
  }

  // What comes in goes out.
  void passOn(int n) {
    const Node& node = network_.nodes[size_t(n)];
    std::vector<ValueInfo>& outputs = result_.nodes[size_t(n)].outputs;
    for (size_t i = 0; i < outputs.size(); ++i) {
      const Value v = passedBy(node, i);
      if (!v) {
        return say(n, {}, "an input to pass on, since it is bypassed", node.op.type().info.inputs.empty() ? "a node that has none" : "nothing wired to it",
                   node.op.type().info.inputs.empty() ? "end the bypass, or mute it instead" : "wire an output to it, or end the bypass");
      }
      const std::vector<ValueInfo>& from = result_.nodes[size_t(v.node)].outputs;
      if (v.output >= 0 && v.output < int(from.size())) outputs[i] = from[size_t(v.output)];
    }
  }

  void visitOp(int n, std::vector<ValueInfo> inputs) {
    const Node& node = network_.nodes[size_t(n)];
    NodeInference& inference = result_.nodes[size_t(n)];
    Shapes shapes(std::move(inputs), int(node.op.type().info.outputs.size()), node.id, options_.batch, options_.training,
                  options_.floating);
    node.op.infer(shapes);
    inference.outputs = shapes.outputs();
    inference.stored = shapes.stored();
    inference.flops = shapes.flops();
    for (Problem problem : shapes.problems()) result_.problems.push_back(std::move(problem));
    bool fits = true;
    for (const ValueInfo& output : inference.outputs) fits &= refuseTooLarge(n, output.shape);
    for (const StoredInfo& stored : inference.stored) fits &= refuseTooLarge(n, stored.shape);
    if (fits) return;
    // Nobody shall add up such sizes.
    for (ValueInfo& output : inference.outputs) output.shape = Shape::missing();
    inference.stored.clear();
  }

  // Looks into it: once for each repetition that gets other shapes than the one before it. Where something is wrong in
  // one, those behind it would say the same.
  void visitBlock(int n, std::vector<ValueInfo> inputs) {
    const Node& block = network_.nodes[size_t(n)];
    NodeInference& inference = result_.nodes[size_t(n)];
    if (const int64_t size = unfoldedSize(block.op); size > kMostUnfolded)
      return say(n, {}, Message("{0} nodes at most, with those of blocks", kMostUnfolded), Message("{0}", size), "repeat it fewer times");
    inputs.resize(inputsOf(block.op).size());
    const std::vector<int>& outputs = outputsOf(block.op);
    NodeInference once;
    const auto same = [](const ValueInfo& a, const ValueInfo& b) { return a.shape == b.shape && a.type == b.type; };
    bool isKnown = false;
    for (int64_t r = 0; r < repeatsOf(block.op); ++r) {
      if (!isKnown) {
        const Graph network = inside(block, r, inputs);
        const Inference within = Pass(network, options_).run();
        result_.problems.insert(result_.problems.end(), within.problems.begin(), within.problems.end());
        const std::vector<StoredInfo> former = std::move(once.stored);
        once = {};
        for (size_t i = 0; i < network.nodes.size(); ++i) {
          const std::string name = network.nodes[i].name.substr(block.name.size() + 1);
          for (StoredInfo stored : within.nodes[i].stored) {
            stored.name = name + "." + stored.name;
            once.stored.push_back(std::move(stored));
          }
          once.flops += within.nodes[i].flops;
        }
        for (const int port : outputs) {
          const auto& from = network.nodes[size_t(port)].inputs;
          const Value v = from.empty() ? Value{} : from.front();
          once.outputs.push_back(v && v.output < int(within.nodes[size_t(v.node)].outputs.size()) ? within.nodes[size_t(v.node)].outputs[size_t(v.output)] : ValueInfo{});
        }
        const auto sameSize = [](const StoredInfo& a, const StoredInfo& b) { return a.shape == b.shape && a.type == b.type; };
        if (r > 0 && sharesWeights(block.op) && within.ok() && !std::equal(former.begin(), former.end(), once.stored.begin(), once.stored.end(), sameSize)) {
          say(n, Place::field(kShareWeights), "repetitions whose weights have the same sizes, since they are shared", "others after the first",
              "let the block give what it takes, or turn sharing off");
          return;
        }
        if (!within.ok()) {
          inference.outputs = std::move(once.outputs);
          if (r + 1 < repeatsOf(block.op)) inference.outputs.assign(outputs.size(), {});
          return;
        }
      }
      if (r == 0 || !sharesWeights(block.op))
        for (StoredInfo stored : once.stored) {
          // Names of the first of several begin with its number.
          if (isKnown && !sharesWeights(block.op)) stored.name = std::to_string(r) + stored.name.substr(stored.name.find('.'));
          inference.stored.push_back(std::move(stored));
        }
      inference.flops += once.flops;
      inference.outputs = once.outputs;
      isKnown = true;
      for (size_t i = 0; i < std::min(inputs.size(), once.outputs.size()); ++i) {
        isKnown &= same(inputs[i], once.outputs[i]);
        inputs[i] = once.outputs[i];
      }
    }
  }

  // False, and a problem, when no memory is that large.
  bool refuseTooLarge(int n, const Shape& shape) {
    // Symbolic axes count as one: the rest alone must be possible.
    int64_t elements = 1;
    for (int64_t size : shape)
      if (size == 0 || (size > 0 && __builtin_mul_overflow(elements, size, &elements))) {
        elements = size == 0 ? 0 : kTooMany;
        break;
      }
    if (elements <= kMostElements) return true;
    say(n, {}, "sizes that fit into memory", shape, "make them smaller");
    return false;
  }

  const Graph& network_;
  const InferOptions& options_;
  Inference result_;
};

}  // namespace

bool Inference::ok() const {
  return std::none_of(problems.begin(), problems.end(), [](const Problem& p) { return p.severity == Severity::problem; });
}

ValueInfo infoOfSource(const Op& op, const InferOptions& options) {
  Shapes shapes({}, 1, 0, options.batch, options.training, options.floating);
  op.infer(shapes);
  return shapes.outputs().front();
}

void inferBlock(const Op& block, Shapes& shapes) {
  std::vector<ValueInfo> given;
  for (int i = 0; i < shapes.inputs(); ++i) given.push_back({shapes.in(i), shapes.inType(i)});
  Graph alone;
  alone.nodes.push_back({block, {}, shapes.node(), ""});
  const InferOptions options{shapes.batch(), shapes.training(), shapes.floating()};
  const Inference within = Pass(alone, options).runBlock(std::move(given));
  for (const StoredInfo& stored : within.nodes.front().stored) {
    if (stored.trained) shapes.parameter(stored.name, stored.shape, stored.initial);
    else shapes.state(stored.name, stored.shape, stored.initial, stored.type);
  }
  shapes.flops(within.nodes.front().flops);
  for (size_t i = 0; i < within.nodes.front().outputs.size(); ++i)
    shapes.out(int(i), within.nodes.front().outputs[i].shape, within.nodes.front().outputs[i].type);
  for (const Problem& problem : within.problems)
    if (problem.severity == Severity::problem) {
      shapes.require(false, {}, problem.needs, problem.got);
      break;
    }
}

Inference infer(const Graph& network, const InferOptions& options) { return Pass(network, options).run(); }

Inference inferAgain(const Graph& network, const InferOptions& options, const Graph& networkBefore, Inference before,
                     std::vector<int>* renewed) {
  return Pass(network, options).runAgain(networkBefore, std::move(before), renewed);
}

}  // namespace engine
