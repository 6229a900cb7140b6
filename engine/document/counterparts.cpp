#include "engine/document/counterparts.h"

#include <deque>
#include <set>
#include <unordered_set>

namespace engine::document {
namespace {

class Matching {
 public:
  Matching(const Document& reference, const Document& other) : reference_(reference), other_(other) {
    for (const Wire& wire : reference.wires()) readers_[wire.from].push_back(wire);
    for (const Wire& wire : other.wires()) otherReaders_[wire.from].push_back(wire);
  }

  std::unordered_map<NodeId, NodeId> run() {
    for (const NodePointer& node : other_.nodes())
      if (reference_.node(node->id)) pair(node->id, node->id);
    byName(true);
    byName(false);
    while (!open_.empty()) {
      const NodeId other = open_.front();
      open_.pop_front();
      alongWires(other, found_.at(other));
    }
    return std::move(found_);
  }

 private:
  void pair(NodeId other, NodeId reference) {
    found_[other] = reference;
    taken_.insert(reference);
    open_.push_back(other);
  }
  bool isFree(const Node* other, const Node* reference) const {
    return other && reference && !found_.contains(other->id) && !taken_.contains(reference->id);
  }

  void byName(bool ofOneType) {
    std::unordered_map<std::string_view, const Node*> names;
    for (const NodePointer& node : reference_.nodes()) names[node->name] = node.get();
    for (const NodePointer& node : other_.nodes()) {
      const auto same = names.find(node->name);
      if (same != names.end() && isFree(node.get(), same->second) && (!ofOneType || node->type == same->second->type))
        pair(node->id, same->second->id);
    }
  }

  // What feeds a pair at the same input, and what reads it from the same output into the same input.
  void alongWires(NodeId other, NodeId reference) {
    for (const Wire& wire : other_.wiresInto(other)) {
      const Wire* same = reference_.wireInto(reference, wire.input);
      if (same && same->output == wire.output) tryPair(other_.node(wire.from), reference_.node(same->from));
    }
    for (const bool sameFields : {true, false})
      for (const Wire& wire : otherReaders_[other])
        for (const Wire& same : readers_[reference]) {
          if (wire.output != same.output || wire.input != same.input) continue;
          const Node *a = other_.node(wire.to), *b = reference_.node(same.to);
          if (!sameFields || (a && b && a->fields == b->fields)) tryPair(a, b);
        }
  }
  void tryPair(const Node* other, const Node* reference) {
    if (isFree(other, reference) && other->type == reference->type) pair(other->id, reference->id);
  }

  const Document &reference_, &other_;
  std::unordered_map<NodeId, std::vector<Wire>> readers_, otherReaders_;
  std::unordered_map<NodeId, NodeId> found_;
  std::unordered_set<NodeId> taken_;
  std::deque<NodeId> open_;  // pairs whose neighbours were not looked at yet
};

Frames withIdsOf(const Frames& reference, Frames frames) {
  std::set<NodeId> taken;
  for (const Frame& frame : frames.list) taken.insert(frame.id);
  for (Frame& frame : frames.list)
    for (const Frame& same : reference.list)
      if (same.title == frame.title && !reference.frame(frame.id) && taken.insert(same.id).second) {
        frame.id = same.id;
        break;
      }
  return frames;
}

}  // namespace

std::unordered_map<NodeId, NodeId> counterparts(const Document& reference, const Document& other) {
  return Matching(reference, other).run();
}

Document withIdsOf(const Document& reference, const Document& other) {
  const auto pairs = counterparts(reference, other);
  // No id comes twice: one that both have is its own counterpart's.
  const auto now = [&](NodeId id) {
    const auto pair = pairs.find(id);
    return pair == pairs.end() ? id : pair->second;
  };

  Document::Parts parts{other.name(), {}, {other.wires().begin(), other.wires().end()}, other.data(), other.recipe(), other.extras(), other.interface()};
  for (const NodePointer& node : other.nodes()) {
    parts.nodes.push_back(*node);
    parts.nodes.back().id = now(node->id);
  }
  for (Wire& wire : parts.wires) wire.from = now(wire.from), wire.to = now(wire.to);
  for (Binding& binding : parts.data.bindings) binding.node = now(binding.node);
  for (Phase& phase : parts.recipe.phases)
    for (Loss& loss : phase.losses) loss.node = now(loss.node);
  for (Exposed& field : parts.interface.fields)
    for (Inner& inner : field.inners) inner.node = now(inner.node);
  const Frames frames = withIdsOf(reference.frames(), other.frames());
  parts.frames = frames.list;
  for (Frame& frame : parts.frames)
    for (NodeId& node : frame.nodes) node = now(node);
  for (const BlockPointer& block : other.blocks()) {
    const Document* counterpart = reference.block(block->name());
    parts.blocks.push_back(counterpart ? std::make_shared<const Document>(withIdsOf(*counterpart, *block)) : block);
  }
  auto made = Document::assemble(std::move(parts));
  return made ? std::move(*made) : other;  // it cannot fail: the same document with other ids
}

namespace {

Done restoreFields(Transaction& t, const Node& was) {
  const Fields now = t.view().node(was.id)->fields;
  for (const auto& [name, value] : now)
    if (!find(was.fields, name))
      if (Done done = t.clearField(was.id, name); !done) return done;
  for (const auto& [name, value] : was.fields)
    if (const FieldValue* given = find(t.view().node(was.id)->fields, name); !given || !(*given == value))
      if (Done done = t.setField(was.id, name, value); !done) return done;
  return {};
}

Done connectAgain(Transaction& t, const Wire& wire) {
  return t.view().node(wire.from) && t.view().node(wire.to) ? t.connect(wire.from, wire.output, wire.to, wire.input) : Done();
}

}  // namespace

Done restore(Transaction& t, const Document& before, NodeId id) {
  const Node* was = before.node(id);
  if (!was) return t.view().node(id) ? t.removeNode(id) : Done();
  if (const Document* block = before.block(was->type); block && !t.view().block(was->type))
    if (Done done = t.setBlock(*block); !done) return done;
  const bool comesBack = !t.view().node(id);
  if (comesBack) {
    Node node = *was;
    node.name = t.freeName(node.name);
    if (auto added = t.addNode(std::move(node)); !added) return tl::unexpected(added.error());
  } else {
    const Node now = *t.view().node(id);
    if (now.type != was->type)
      if (Done done = t.setType(id, was->type, {}); !done) return done;
    if (now.name != was->name)
      if (Done done = t.rename(id, t.freeName(was->name)); !done) return done;
    if (Done done = restoreFields(t, *was); !done) return done;
    if (Done done = t.setMode(id, was->mode); !done) return done;
    if (Done done = t.setFrozen(id, was->frozen); !done) return done;
    const auto wires = t.view().wiresInto(id);
    for (const Wire& wire : std::vector<Wire>(wires.begin(), wires.end()))
      if (!before.wireInto(id, wire.input))
        if (Done done = t.disconnect(id, wire.input); !done) return done;
  }
  for (const Wire& wire : before.wiresInto(id)) {
    const Wire* now = t.view().wireInto(id, wire.input);
    if (now && now->from == wire.from && now->output == wire.output) continue;
    if (Done done = connectAgain(t, wire); !done) return done;
  }
  if (comesBack)
    for (const Wire& wire : before.wiresFrom(id))
      if (!t.view().wireInto(wire.to, wire.input))
        if (Done done = connectAgain(t, wire); !done) return done;
  return {};
}

}  // namespace engine::document
