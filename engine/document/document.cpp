// Lookups, and the one way to change a document.
#include "engine/document/document.h"

#include <algorithm>

namespace engine::document {
namespace {

template <class T>
bool equal(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
  return a == b || (a && b && *a == *b);
}

template <class T>
bool fitsTo(const Replacement<T>& replacement, const std::shared_ptr<const T>& now) {
  return !replacement || (replacement.after && equal(replacement.before, now));
}

Problem otherState() {
  return Problem{0,
                 {},
                 Severity::problem,
                 "the state of the document that the edit was made for",
                 "another one",
                 "make the edit again",
                 {}};
}

}  // namespace

Document::Document()
    : name_(std::make_shared<const std::string>()),
      extras_(name_),
      data_(std::make_shared<const Data>()),
      recipe_(std::make_shared<const Recipe>()),
      interface_(std::make_shared<const Interface>()),
      frames_(std::make_shared<const Frames>()),
      blocks_(std::make_shared<const Blocks>()) {}

Result<Document> Document::assemble(Parts parts) {
  Document document;
  document.name_ = std::make_shared<const std::string>(std::move(parts.name));
  document.extras_ = std::make_shared<const std::string>(std::move(parts.extras));
  document.data_ = std::make_shared<const Data>(std::move(parts.data));
  document.recipe_ = std::make_shared<const Recipe>(std::move(parts.recipe));
  document.interface_ = std::make_shared<const Interface>(std::move(parts.interface));
  document.frames_ = std::make_shared<const Frames>(Frames{std::move(parts.frames)});
  document.blocks_ = std::make_shared<const Blocks>(Blocks{std::move(parts.blocks)});
  document.nodes_.reserve(parts.nodes.size());
  for (Node& node : parts.nodes) document.nodes_.push_back(std::make_shared<const Node>(std::move(node)));
  document.reindex();
  document.wires_ = std::move(parts.wires);
  std::stable_sort(document.wires_.begin(), document.wires_.end(), precedes);
  if (Done verified = verify(document); !verified) return tl::unexpected(std::move(verified.error()));
  return document;
}

std::optional<size_t> Document::indexOf(NodeId id) const {
  const auto at =
      std::lower_bound(index_.begin(), index_.end(), id, [](const Indexed& i, NodeId wanted) { return i.id < wanted; });
  if (at == index_.end() || at->id != id) return std::nullopt;
  return at->index;
}

const Node* Document::node(NodeId id) const {
  const auto index = indexOf(id);
  return index ? nodes_[*index].get() : nullptr;
}

const Node* Document::nodeNamed(std::string_view name) const {
  for (const NodePointer& node : nodes_)
    if (node->name == name) return node.get();
  return nullptr;
}

const Document* Document::block(std::string_view name) const {
  for (const BlockPointer& block : blocks_->list)
    if (block->name() == name) return block.get();
  return nullptr;
}

std::span<const Wire> Document::wiresInto(NodeId node) const {
  const auto first =
      std::lower_bound(wires_.begin(), wires_.end(), node, [](const Wire& w, NodeId id) { return w.to < id; });
  const auto last = std::upper_bound(first, wires_.end(), node, [](NodeId id, const Wire& w) { return id < w.to; });
  return {first, last};
}

const Wire* Document::wireInto(NodeId node, int input) const {
  for (const Wire& wire : wiresInto(node))
    if (wire.input == input) return &wire;
  return nullptr;
}

std::vector<Wire> Document::wiresFrom(NodeId node) const {
  std::vector<Wire> wires;
  for (const Wire& wire : wires_)
    if (wire.from == node) wires.push_back(wire);
  return wires;
}

bool Document::operator==(const Document& other) const {
  return equal(name_, other.name_) && equal(data_, other.data_) && equal(recipe_, other.recipe_) &&
         equal(extras_, other.extras_) && equal(interface_, other.interface_) && equal(frames_, other.frames_) && equal(blocks_, other.blocks_) && wires_ == other.wires_ &&
         std::equal(nodes_.begin(), nodes_.end(), other.nodes_.begin(), other.nodes_.end(), equal<Node>);
}

Done Document::apply(const ChangeSet& changes) {
  if (changes.empty()) return {};
  if (!fits(changes)) return tl::unexpected(otherState());
  Document next = *this;
  next.change(changes);
  // What fits where it changes something may still not fit what it leaves: a removed node that got a wire meanwhile.
  if (Done verified = verifyEdit(next, changes); !verified) return verified;
  ++next.revision_;
  *this = std::move(next);
  if (const Observer call = observer_.call) call(changes);
  return {};
}

bool Document::fits(const ChangeSet& changes) const {
  for (size_t i = 0; i < changes.removedNodes.size(); ++i) {
    const auto& [index, node] = changes.removedNodes[i];
    if (index >= nodes_.size() || !equal(nodes_[index], node)) return false;
    if (i > 0 && index <= changes.removedNodes[i - 1].index) return false;
  }
  for (const auto& [old, node] : changes.changedNodes) {
    const auto index = indexOf(old->id);
    if (!index || !equal(nodes_[*index], old)) return false;
  }
  const size_t kept = nodes_.size() - changes.removedNodes.size();
  for (size_t i = 0; i < changes.addedNodes.size(); ++i) {
    const auto& [index, node] = changes.addedNodes[i];
    if (index > kept + i || (i > 0 && index <= changes.addedNodes[i - 1].index)) return false;
    const NodeId id = node->id;  // clang 14, of the fuzzers, takes no part of a pair into a lambda
    const auto isIt = [id](const NodePlace& removed) { return removed.node->id == id; };
    if (indexOf(node->id) && std::none_of(changes.removedNodes.begin(), changes.removedNodes.end(), isIt)) return false;
  }
  for (const Wire& wire : changes.removedWires) {
    const Wire* now = wireInto(wire.to, wire.input);
    if (!now || !(*now == wire)) return false;
  }
  return fitsTo(changes.name, name_) && fitsTo(changes.data, data_) && fitsTo(changes.recipe, recipe_) &&
         fitsTo(changes.interface, interface_) && fitsTo(changes.frames, frames_) && fitsTo(changes.blocks, blocks_) && fitsTo(changes.extras, extras_);
}

void Document::change(const ChangeSet& changes) {
  if (changes.name) name_ = changes.name.after;
  if (changes.data) data_ = changes.data.after;
  if (changes.recipe) recipe_ = changes.recipe.after;
  if (changes.interface) interface_ = changes.interface.after;
  if (changes.frames) frames_ = changes.frames.after;
  if (changes.blocks) blocks_ = changes.blocks.after;
  if (changes.extras) extras_ = changes.extras.after;
  for (const NodeChange& changed : changes.changedNodes) replace(changed.after);

  // One pass each for what goes and what comes, however many they are.
  if (!changes.removedNodes.empty() || !changes.addedNodes.empty()) {
    std::vector<NodePointer> nodes;
    nodes.reserve(nodes_.size() - changes.removedNodes.size() + changes.addedNodes.size());
    auto removed = changes.removedNodes.begin();
    auto added = changes.addedNodes.begin();
    const auto addDue = [&] {
      for (; added != changes.addedNodes.end() && added->index == nodes.size(); ++added) nodes.push_back(added->node);
    };
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (removed != changes.removedNodes.end() && removed->index == i) {
        ++removed;
        continue;
      }
      addDue();
      nodes.push_back(std::move(nodes_[i]));
    }
    addDue();
    nodes_ = std::move(nodes);
    reindex();
  }
  if (!changes.removedWires.empty() || !changes.addedWires.empty()) {
    std::vector<Wire> kept, wires;
    std::set_difference(wires_.begin(), wires_.end(), changes.removedWires.begin(), changes.removedWires.end(),
                        std::back_inserter(kept), precedes);
    std::merge(kept.begin(), kept.end(), changes.addedWires.begin(), changes.addedWires.end(),
               std::back_inserter(wires), precedes);
    wires_ = std::move(wires);
  }
}

void Document::append(NodePointer node) {
  const Indexed entry{node->id, uint32_t(nodes_.size())};
  const auto at =
      std::lower_bound(index_.begin(), index_.end(), entry.id, [](const Indexed& i, NodeId id) { return i.id < id; });
  index_.insert(at, entry);
  nodes_.push_back(std::move(node));
}

void Document::replace(NodePointer node) { nodes_[*indexOf(node->id)] = std::move(node); }

std::vector<Wire>::iterator Document::wireAt(NodeId to, int input) {
  Wire key;
  key.to = to;
  key.input = input;
  return std::lower_bound(wires_.begin(), wires_.end(), key, precedes);
}

void Document::insertWire(Wire wire) {
  const auto at = wireAt(wire.to, wire.input);
  if (at != wires_.end() && at->to == wire.to && at->input == wire.input) *at = std::move(wire);
  else wires_.insert(at, std::move(wire));
}

bool Document::removeWire(NodeId to, int input) {
  const auto at = wireAt(to, input);
  if (at == wires_.end() || at->to != to || at->input != input) return false;
  wires_.erase(at);
  return true;
}

void Document::reindex() {
  index_.clear();
  index_.reserve(nodes_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) index_.push_back({nodes_[i]->id, uint32_t(i)});
  std::sort(index_.begin(), index_.end(), [](const Indexed& a, const Indexed& b) { return a.id < b.id; });
}

const Frame* Frames::frame(NodeId id) const {
  for (const Frame& frame : list)
    if (frame.id == id) return &frame;
  return nullptr;
}

const Exposed* Interface::field(std::string_view name) const {
  for (const Exposed& exposed : fields)
    if (exposed.name == name) return &exposed;
  return nullptr;
}

bool Blocks::operator==(const Blocks& other) const {
  return std::equal(list.begin(), list.end(), other.list.begin(), other.list.end(), equal<Document>);
}

bool sameOrder(const Document& a, const Document& b) {
  const auto ofA = a.nodes(), ofB = b.nodes();
  return std::equal(ofA.begin(), ofA.end(), ofB.begin(), ofB.end(), [](const auto& x, const auto& y) { return x == y || x->id == y->id; });
}

}  // namespace engine::document
