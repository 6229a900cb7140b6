#include "engine/document/folding.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "engine/document/layout.h"
#include "engine/graph/block.h"

namespace engine::document {
namespace {

using Set = std::unordered_set<NodeId>;
using Port = std::pair<NodeId, int>;  // a node's output

tl::unexpected<Problem> refuse(NodeId node, Message needs, Message got, Message fix) {
  return tl::unexpected(Problem{node, {}, Severity::problem, std::move(needs), std::move(got), std::move(fix), {}});
}

// A node outside that a way leads through, from one of the nodes to another; 0: none.
NodeId between(const Document& document, const Set& nodes) {
  std::unordered_map<NodeId, std::vector<NodeId>> readers;
  for (const Wire& wire : document.wires()) readers[wire.from].push_back(wire.to);
  for (const Wire& leaving : document.wires()) {
    if (!nodes.contains(leaving.from) || nodes.contains(leaving.to)) continue;
    std::vector<NodeId> open{leaving.to};
    Set seen{leaving.to};
    while (!open.empty()) {
      const NodeId at = open.back();
      open.pop_back();
      for (const NodeId reader : readers[at]) {
        if (nodes.contains(reader)) return at;
        if (seen.insert(reader).second) open.push_back(reader);
      }
    }
  }
  return 0;
}

Done mayFold(const Document& document, const Set& nodes) {
  if (nodes.empty()) return refuse(0, "layers to fold", "none", "select some");
  for (const NodeId id : nodes) {
    const Node* node = document.node(id);
    if (!node) return refuse(id, "a node that is there", Message("{0}", hex(id)), {});
    for (const char* type : {"Input", "Target", "BlockInput", "BlockOutput"})
      if (node->type == type) return refuse(id, "layers only", Message("{0}, which is {1}", node->name, node->type), "leave it out: what it gives comes in at a port");
    for (const Phase& phase : document.recipe().phases)
      for (const Loss& loss : phase.losses)
        if (loss.node == id) return refuse(id, "layers only", Message("{0}, which the recipe names as a loss", node->name), "leave it out");
  }
  if (const NodeId other = between(document, nodes))
    return refuse(other, "layers with nothing between them", Message("{0}, which stands between two of them", document.node(other)->name), "select it too");
  return {};
}

struct Extent {
  double left = std::numeric_limits<double>::infinity(), top = left, right = -left, bottom = -left;
  bool isEmpty() const { return right < left; }
  void take(const Node& node) {
    if (!node.position) return;
    left = std::min(left, node.position->x), top = std::min(top, node.position->y);
    right = std::max(right, node.position->x + kNodeWidth), bottom = std::max(bottom, node.position->y + kNodeHeight);
  }
};

// What the fields of folded nodes that are shown outside are called on the block.
std::string freeField(const Interface& interface, const std::string& wish) {
  const auto taken = [&](const std::string& name) {
    return interface.field(name) || std::any_of(std::begin(kFieldsOfBlocks), std::end(kFieldsOfBlocks), [&](const char* own) { return name == own; });
  };
  std::string name = wish;
  for (int number = 2; taken(name); ++number) name = wish + "_" + std::to_string(number);
  return name;
}

class Folding {
 public:
  Folding(Transaction& t, std::span<const NodeId> nodes, const std::string& name) : t_(t), before_(t.view()), nodes_(nodes.begin(), nodes.end()), name_(name) {}

  Result<NodeId> run() {
    if (Done may = mayFold(before_, nodes_); !may) return tl::unexpected(may.error());
    (void)inner_.setName(name_);
    for (const NodePointer& node : before_.nodes())
      if (nodes_.contains(node->id)) bounds_.take(*node);
    findPorts();
    if (Done done = fillBlock(); !done) return tl::unexpected(done.error());
    exposeAgain();
    auto made = inner_.finish();
    if (!made) return tl::unexpected(made.error());
    return replaceByUse();
  }

 private:
  // In the order in which the ports are met, from the first node on.
  void findPorts() {
    Set read;  // with a reader
    for (const Wire& wire : before_.wires()) read.insert(wire.from);
    for (const NodePointer& node : before_.nodes()) {
      if (nodes_.contains(node->id))
        for (const Wire& wire : before_.wiresInto(node->id))
          if (!nodes_.contains(wire.from)) add(inputs_, {wire.from, wire.output});
      for (const Wire& wire : before_.wiresFrom(node->id))
        if (nodes_.contains(wire.from) && !nodes_.contains(wire.to)) add(outputs_, {wire.from, wire.output});
      if (nodes_.contains(node->id) && !read.contains(node->id)) add(outputs_, {node->id, 0});
    }
  }
  static void add(std::vector<Port>& ports, Port port) {
    if (std::find(ports.begin(), ports.end(), port) == ports.end()) ports.push_back(port);
  }

  // A port stands beside its first node, on the level of that.
  Result<NodeId> addPort(const char* type, const std::string& name, std::optional<Position> at) {
    while (at && !taken_.insert({at->x, at->y}).second) at->y += kNodeHeight + kRowGap;
    return inner_.addNode({0, type, inner_.freeName(name), {}, at, "", ""});
  }
  std::optional<Position> beside(NodeId node, bool left) const {
    const auto& position = before_.node(node)->position;
    if (!position) return std::nullopt;
    constexpr double kPortWidth = 120;  // of nodes that have nothing to say but their name
    return Position{left ? bounds_.left - kPortWidth - kLayerGap : bounds_.right + kLayerGap, position->y};
  }
  std::string nameOf(Port port, size_t of, const char* alone) const { return of == 1 ? alone : before_.node(port.first)->name; }

  Done fillBlock() {
    for (const Port& port : inputs_) {
      NodeId reader = 0;
      for (const Wire& wire : before_.wiresFrom(port.first))
        if (wire.output == port.second && nodes_.contains(wire.to) && (reader == 0 || *before_.indexOf(wire.to) < *before_.indexOf(reader))) reader = wire.to;
      auto id = addPort("BlockInput", nameOf(port, inputs_.size(), "x"), beside(reader, true));
      if (!id) return tl::unexpected(id.error());
      portIds_[port] = *id;
    }
    for (const NodePointer& node : before_.nodes())
      if (nodes_.contains(node->id)) {
        Node copy = *node;
        if (inner_.view().nodeNamed(copy.name)) copy.name = inner_.freeName(copy.name);  // a port has it
        if (auto id = inner_.addNode(std::move(copy)); !id) return tl::unexpected(id.error());
      }
    for (const Wire& wire : before_.wires()) {
      if (!nodes_.contains(wire.to)) continue;
      const bool within = nodes_.contains(wire.from);
      const NodeId from = within ? wire.from : portIds_.at({wire.from, wire.output});
      if (Done done = inner_.connect(from, within ? wire.output : 0, wire.to, wire.input); !done) return done;
    }
    for (const Port& port : outputs_) {
      auto id = addPort("BlockOutput", outputs_.size() == 1 ? "y" : before_.node(port.first)->name, beside(port.first, false));
      if (!id) return tl::unexpected(id.error());
      if (Done done = inner_.connect(port.first, port.second, *id, 0); !done) return done;
    }
    for (const Frame& frame : before_.frames().list)
      if (std::all_of(frame.nodes.begin(), frame.nodes.end(), [&](NodeId id) { return nodes_.contains(id); }))
        if (auto id = inner_.setFrame(frame); !id) return tl::unexpected(id.error());
    return {};
  }

  // What is shown of the nodes is shown through the block.
  void exposeAgain() {
    around_ = before_.interface();
    Interface own;
    for (Exposed& exposed : around_.fields) {
      std::vector<Inner> folded, kept;
      for (const Inner& inner : exposed.inners) (nodes_.contains(inner.node) ? folded : kept).push_back(inner);
      if (folded.empty()) continue;
      const std::string name = freeField(own, exposed.name);
      own.fields.push_back({name, exposed.help, std::move(folded), {}});
      kept.push_back({0, name});  // of the use, which has no id yet
      exposed.inners = std::move(kept);
    }
    (void)inner_.setInterface(std::move(own));
  }

  Result<NodeId> replaceByUse() {
    const std::vector<NodeId> gone(nodes_.begin(), nodes_.end());
    std::vector<Frame> around;  // those that keep other nodes too
    for (const Frame& frame : before_.frames().list) {
      const auto isFolded = [&](NodeId id) { return nodes_.contains(id); };
      if (std::any_of(frame.nodes.begin(), frame.nodes.end(), isFolded) && !std::all_of(frame.nodes.begin(), frame.nodes.end(), isFolded)) around.push_back(frame);
    }
    if (Done done = t_.setBlock(inner_.view()); !done) return tl::unexpected(done.error());
    if (Done done = t_.removeNodes(gone); !done) return tl::unexpected(done.error());
    Node node{0, name_, "", {}, {}, "", ""};
    if (!bounds_.isEmpty())
      node.position = Position{(bounds_.left + bounds_.right - kNodeWidth) / 2, (bounds_.top + bounds_.bottom - kNodeHeight) / 2};
    const auto use = t_.addNode(std::move(node));
    if (!use) return use;
    for (size_t i = 0; i < inputs_.size(); ++i)
      if (Done done = t_.connect(inputs_[i].first, inputs_[i].second, *use, int(i)); !done) return tl::unexpected(done.error());
    for (size_t i = 0; i < outputs_.size(); ++i)
      for (const Wire& wire : before_.wiresFrom(outputs_[i].first))
        if (wire.output == outputs_[i].second && !nodes_.contains(wire.to))
          if (Done done = t_.connect(*use, int(i), wire.to, wire.input); !done) return tl::unexpected(done.error());
    for (Exposed& exposed : around_.fields)
      for (Inner& inner : exposed.inners)
        if (inner.node == 0) inner.node = *use;
    if (!(around_ == t_.view().interface())) (void)t_.setInterface(around_);
    for (Frame& frame : around) {
      std::erase_if(frame.nodes, [&](NodeId id) { return nodes_.contains(id); });
      frame.nodes.push_back(*use);
      if (auto done = t_.setFrame(std::move(frame)); !done) return done;
    }
    return use;
  }

  Transaction& t_;
  const Document before_;
  const Set nodes_;
  const std::string name_;
  Transaction inner_{Document()};
  Extent bounds_;
  std::vector<Port> inputs_, outputs_;  // outside, and of the nodes
  std::map<Port, NodeId> portIds_;
  std::set<std::pair<double, double>> taken_;  // places of ports
  Interface around_;
};

class Opening {
 public:
  Opening(Transaction& t, NodeId use, const Document& block) : t_(t), before_(t.view()), use_(use), block_(block) {}

  Result<std::vector<NodeId>> run() {
    const Node* use = before_.node(use_);
    if (!use || use->type != block_.name()) return refuse(use_, "a use of a block", Message("{0}", use ? use->type : hex(use_)), "select one");
    if (use->mode != Mode::normal) return refuse(use_, "a block that works", Message("one that is {0}", std::string(nameOf(use->mode))), "end that first");
    repeats_ = whole(*use, kRepeat, 1);
    const FieldValue* shared = find(use->fields, kShareWeights);
    if (repeats_ > 1 && shared && std::get_if<bool>(shared) && std::get<bool>(*shared))
      return refuse(use_, "repetitions with weights of their own", "some that share them", "turn sharing off: nodes of their own cannot share");
    if (repeats_ < 1 || repeats_ * int64_t(block_.nodes().size()) > kMostUnfolded)
      return refuse(use_, Message("{0} nodes at most", kMostUnfolded), Message("{0}", repeats_ * int64_t(block_.nodes().size())), "repeat it fewer times");
    feed();
    for (const NodePointer& node : block_.nodes())
      if (!isPort(*node)) bounds_.take(*node);
    const Frames frames = before_.frames();
    Interface around = before_.interface();
    if (Done done = t_.removeNode(use_); !done) return tl::unexpected(done.error());
    if (Done done = makeRoom(*use); !done) return tl::unexpected(done.error());
    for (int64_t r = 0; r < repeats_; ++r)
      if (Done done = place(*use, r); !done) return tl::unexpected(done.error());
    if (Done done = readOutputs(); !done) return tl::unexpected(done.error());
    if (Done done = keepFrames(frames); !done) return tl::unexpected(done.error());
    showFields(std::move(around));
    return std::move(made_);
  }

 private:
  static bool isPort(const Node& node) { return node.type == "BlockInput" || node.type == "BlockOutput"; }
  static int64_t whole(const Node& node, const char* field, int64_t otherwise) {
    const FieldValue* value = find(node.fields, field);
    const auto* number = value ? std::get_if<int64_t>(value) : nullptr;
    return number ? *number : otherwise;
  }

  // What comes in at the ports from outside, and who reads what goes out.
  void feed() {
    size_t inputs = 0, outputs = 0;
    for (const NodePointer& node : block_.nodes()) {
      if (node->type == "BlockInput") inputIds_.push_back(node->id), ++inputs;
      if (node->type == "BlockOutput") outputIds_.push_back(node->id), ++outputs;
    }
    feeds_.resize(inputs);
    for (const Wire& wire : before_.wiresInto(use_))
      if (size_t(wire.input) < inputs) feeds_[size_t(wire.input)] = Port{wire.from, wire.output};
    readers_ = before_.wiresFrom(use_);
  }

  // To the right of the use everything moves on by what is wider now.
  Done makeRoom(const Node& use) {
    if (!use.position || bounds_.isEmpty()) return {};
    const double width = bounds_.right - bounds_.left, more = double(repeats_) * (width + kLayerGap) - kLayerGap - kNodeWidth;
    if (more <= 0) return {};
    for (const NodePointer& node : before_.nodes())
      if (node->id != use_ && node->position && node->position->x > use.position->x)
        if (Done done = t_.move(node->id, Position{node->position->x + more, node->position->y}); !done) return done;
    return {};
  }

  Done place(const Node& use, int64_t repetition) {
    std::unordered_map<NodeId, NodeId> ids;
    for (const NodePointer& node : block_.nodes()) {
      if (isPort(*node)) continue;
      Node copy = *node;
      if (t_.view().node(copy.id)) copy.id = 0;
      copy.name = t_.freeName(node->name);
      copy.frozen |= use.frozen;
      for (const Exposed& exposed : block_.interface().fields)
        if (const FieldValue* value = find(use.fields, exposed.name))
          for (const Inner& inner : exposed.inners)
            if (inner.node == node->id) assign(copy.fields, inner.field, *value);
      if (copy.position && use.position && !bounds_.isEmpty()) {
        const double step = double(repetition) * (bounds_.right - bounds_.left + kLayerGap);
        const double middle = use.position->y + kNodeHeight / 2 - (bounds_.bottom - bounds_.top) / 2;
        copy.position = Position{copy.position->x - bounds_.left + use.position->x + step, copy.position->y - bounds_.top + middle};
      } else {
        copy.position = use.position;
      }
      const auto id = t_.addNode(std::move(copy));
      if (!id) return tl::unexpected(id.error());
      ids[node->id] = *id;
      copies_[node->id].push_back(*id);
      made_.push_back(*id);
    }
    const auto source = [&](const Wire* wire) -> std::optional<Port> {
      if (!wire) return std::nullopt;
      if (const auto port = std::find(inputIds_.begin(), inputIds_.end(), wire->from); port != inputIds_.end()) return feeds_[size_t(port - inputIds_.begin())];
      const auto id = ids.find(wire->from);
      return id == ids.end() ? std::nullopt : std::optional(Port{id->second, wire->output});
    };
    for (const Wire& wire : block_.wires()) {
      const auto to = ids.find(wire.to);
      if (to == ids.end()) continue;
      if (const auto from = source(&wire))
        if (Done done = t_.connect(from->first, from->second, to->second, wire.input); !done) return done;
    }
    results_.clear();
    for (const NodeId output : outputIds_) results_.push_back(source(block_.wireInto(output, 0)));
    for (size_t i = 0; i < std::min(results_.size(), feeds_.size()); ++i) feeds_[i] = results_[i];
    for (Frame frame : block_.frames().list) {
      frame.id = t_.view().frames().frame(frame.id) ? 0 : frame.id;
      for (NodeId& id : frame.nodes) id = ids.contains(id) ? ids.at(id) : 0;
      std::erase(frame.nodes, NodeId(0));
      if (frame.nodes.empty()) continue;
      if (auto done = t_.setFrame(std::move(frame)); !done) return tl::unexpected(done.error());
    }
    return {};
  }

  Done readOutputs() {
    for (const Wire& wire : readers_)
      if (size_t(wire.output) < results_.size() && results_[size_t(wire.output)]) {
        const Port from = *results_[size_t(wire.output)];
        if (Done done = t_.connect(from.first, from.second, wire.to, wire.input); !done) return done;
      }
    return {};
  }

  // Those that the use stood in.
  Done keepFrames(const Frames& frames) {
    for (Frame frame : frames.list) {
      if (std::erase(frame.nodes, use_) == 0) continue;
      frame.nodes.insert(frame.nodes.end(), made_.begin(), made_.end());
      if (frame.nodes.empty()) continue;
      if (auto done = t_.setFrame(std::move(frame)); !done) return tl::unexpected(done.error());
    }
    return {};
  }

  // What the network around showed of the use, it shows of the nodes.
  void showFields(Interface around) {
    bool any = false;
    for (Exposed& exposed : around.fields) {
      std::vector<Inner> inners;
      for (const Inner& inner : exposed.inners) {
        const Exposed* within = inner.node == use_ ? block_.interface().field(inner.field) : nullptr;
        if (inner.node != use_) inners.push_back(inner);
        else any = true;
        for (const Inner& deep : within ? within->inners : std::vector<Inner>())
          for (const NodeId copy : copies_[deep.node]) inners.push_back({copy, deep.field});
      }
      exposed.inners = std::move(inners);
    }
    std::erase_if(around.fields, [](const Exposed& exposed) { return exposed.inners.empty(); });
    if (any) (void)t_.setInterface(std::move(around));
  }

  Transaction& t_;
  const Document before_;
  const NodeId use_;
  const Document& block_;
  int64_t repeats_ = 1;
  Extent bounds_;
  std::vector<NodeId> inputIds_, outputIds_, made_;
  std::unordered_map<NodeId, std::vector<NodeId>> copies_;
  std::vector<std::optional<Port>> feeds_, results_;
  std::vector<Wire> readers_;
};

}  // namespace

Result<NodeId> foldNodes(Transaction& t, std::span<const NodeId> nodes, const std::string& name) { return Folding(t, nodes, name).run(); }

Result<std::vector<NodeId>> unfoldUse(Transaction& t, NodeId use, const Document& block) {
  const Document kept = block;  // the transaction may change the one that it was taken from
  return Opening(t, use, kept).run();
}

}  // namespace engine::document
