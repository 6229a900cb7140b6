// Stages edits on a copy that shares its nodes with the document, and compares the two at the end.
#include "engine/document/transaction.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/document/set.h"
#include "engine/graph/op.h"

namespace engine::document {

tl::unexpected<Problem> Transaction::refuse(NodeId node, Place place, Message needs, Message got, Message fix) {
  Problem problem;
  problem.node = node;
  problem.place = std::move(place);
  problem.needs = std::move(needs);
  problem.got = std::move(got);
  problem.fix = std::move(fix);
  if (!problem_) problem_ = problem;
  return tl::unexpected(std::move(problem));
}

tl::unexpected<Problem> Transaction::refuseMissing(NodeId id) {
  return refuse(id, {}, "a node that is there", Message("{0}", hex(id)));
}

template <class Edit>
Done Transaction::edit(NodeId id, Edit&& edit) {
  const Node* old = after_.node(id);
  if (!old) return refuseMissing(id);
  auto node = std::make_shared<Node>(*old);
  edit(*node);
  after_.replace(std::move(node));
  return {};
}

template <class Edit>
Done Transaction::editData(Edit&& edit) {
  auto data = std::make_shared<Data>(after_.data());
  edit(*data);
  after_.data_ = std::move(data);
  return {};
}

std::string Transaction::freeName(const std::string& wish) {
  if (taken_.empty())
    for (const NodePointer& node : after_.nodes()) taken_.insert(node->name);
  if (!taken_.contains(wish)) return wish;
  for (int& number = nextNumber_.try_emplace(wish, 2).first->second;; ++number)
    if (std::string name = fmt::format("{}_{}", wish, number); !taken_.contains(name)) return name;
}

Result<NodeId> Transaction::addNode(Node node) {
  while (node.id == 0)
    if (const NodeId id = randomNodeId(); !after_.node(id)) node.id = id;
  if (after_.node(node.id)) return refuse(node.id, {}, "an id that no node has yet", Message("{0}", hex(node.id)));
  if (node.name.empty()) node.name = freeName(nameAfter(node.type));
  taken_.insert(node.name);
  const NodeId id = node.id;
  after_.append(std::make_shared<const Node>(std::move(node)));
  return id;
}

Done Transaction::removeNodes(std::span<const NodeId> ids) {
  for (const NodeId id : ids)
    if (!after_.node(id)) return refuseMissing(id);
  const std::unordered_set<NodeId> gone(ids.begin(), ids.end());
  const auto isGone = [&](NodeId id) { return gone.contains(id); };
  std::erase_if(after_.nodes_, [&](const NodePointer& node) { return isGone(node->id); });
  after_.reindex();
  std::erase_if(after_.wires_, [&](const Wire& wire) { return isGone(wire.from) || isGone(wire.to); });

  const auto& bindings = after_.data().bindings;
  if (std::any_of(bindings.begin(), bindings.end(), [&](const Binding& b) { return isGone(b.node); }))
    editData([&](Data& data) { std::erase_if(data.bindings, [&](const Binding& b) { return isGone(b.node); }); });
  auto recipe = std::make_shared<Recipe>(after_.recipe());
  size_t losses = 0;
  for (Phase& phase : recipe->phases)
    losses += std::erase_if(phase.losses, [&](const Loss& loss) { return isGone(loss.node); });
  if (losses > 0) after_.recipe_ = std::move(recipe);

  Interface interface = after_.interface();
  size_t hidden = 0;
  for (Exposed& exposed : interface.fields) hidden += std::erase_if(exposed.inners, [&](const Inner& inner) { return isGone(inner.node); });
  std::erase_if(interface.fields, [](const Exposed& exposed) { return exposed.inners.empty(); });
  if (hidden > 0) (void)setInterface(std::move(interface));

  Frames frames = after_.frames();
  size_t left = 0;
  for (Frame& frame : frames.list) left += std::erase_if(frame.nodes, isGone);
  std::erase_if(frames.list, [](const Frame& frame) { return frame.nodes.empty(); });
  if (left > 0) after_.frames_ = std::make_shared<const Frames>(std::move(frames));
  return {};
}

Done Transaction::connect(NodeId from, int output, NodeId to, int input) {
  for (const NodeId id : {from, to})
    if (!after_.node(id)) return refuseMissing(id);
  for (const int port : {output, input})
    if (port < 0 || port >= kMaxPorts)
      return refuse(to, Place::input(input), Message("ports from 0 to {0}", kMaxPorts - 1), Message("port {0}", port));
  if (from == to)
    return refuse(to, Place::input(input), "a network without cycles", "a wire from a node to itself",
                  "wire it to another node");
  after_.insertWire({from, output, to, input, {}});
  return {};
}

Done Transaction::disconnect(NodeId to, int input) {
  if (after_.removeWire(to, input)) return {};
  return refuse(to, Place::input(input), "a wire", "none");
}

Done Transaction::setField(NodeId id, std::string_view field, FieldValue value) {
  return edit(id, [&](Node& node) { assign(node.fields, field, std::move(value)); });
}

Done Transaction::clearField(NodeId id, std::string_view field) {
  return edit(id, [&](Node& node) { erase(node.fields, field); });
}

Done Transaction::rename(NodeId id, std::string name) {
  if (!taken_.empty()) taken_.insert(name);
  return edit(id, [&](Node& node) { node.name = std::move(name); });
}

Done Transaction::move(NodeId id, std::optional<Position> position) {
  return edit(id, [&](Node& node) { node.position = position; });
}

Done Transaction::swapPlaces(NodeId a, NodeId b) {
  const auto first = after_.indexOf(a), second = after_.indexOf(b);
  if (!first || !second) return refuseMissing(first ? b : a);
  std::swap(after_.nodes_[*first], after_.nodes_[*second]);
  after_.reindex();
  return {};
}

Done Transaction::setMode(NodeId id, Mode mode) {
  return edit(id, [&](Node& node) { node.mode = mode; });
}

Done Transaction::setFrozen(NodeId id, bool frozen) {
  return edit(id, [&](Node& node) { node.frozen = frozen; });
}

Result<NodeId> Transaction::setFrame(Frame frame) {
  while (frame.id == 0)
    if (const NodeId id = randomNodeId(); !after_.frames().frame(id)) frame.id = id;
  for (const NodeId id : frame.nodes)
    if (!after_.node(id)) return refuseMissing(id);
  std::sort(frame.nodes.begin(), frame.nodes.end(), [&](NodeId a, NodeId b) { return *after_.indexOf(a) < *after_.indexOf(b); });
  frame.nodes.erase(std::unique(frame.nodes.begin(), frame.nodes.end()), frame.nodes.end());
  const NodeId id = frame.id;
  Frames frames = after_.frames();
  const auto at = std::find_if(frames.list.begin(), frames.list.end(), [&](const Frame& f) { return f.id == id; });
  if (at == frames.list.end()) frames.list.push_back(std::move(frame));
  else *at = std::move(frame);
  after_.frames_ = std::make_shared<const Frames>(std::move(frames));
  return id;
}

Done Transaction::removeFrame(NodeId id) {
  if (!after_.frames().frame(id)) return refuse(0, Place::field("frames"), "a frame that is there", Message("{0}", hex(id)));
  Frames frames = after_.frames();
  std::erase_if(frames.list, [&](const Frame& frame) { return frame.id == id; });
  after_.frames_ = std::make_shared<const Frames>(std::move(frames));
  return {};
}

Done Transaction::setType(NodeId id, std::string type, std::span<const std::string_view> kept) {
  return edit(id, [&](Node& node) {
    node.type = std::move(type);
    node.otherFields.clear();
    std::erase_if(node.fields,
                  [&](const auto& field) { return std::find(kept.begin(), kept.end(), field.first) == kept.end(); });
  });
}

Done Transaction::setName(std::string name) {
  after_.name_ = std::make_shared<const std::string>(std::move(name));
  return {};
}

Done Transaction::setData(Data data) {
  after_.data_ = std::make_shared<const Data>(std::move(data));
  return {};
}

Done Transaction::setBinding(Binding binding) {
  if (!after_.node(binding.node)) return refuseMissing(binding.node);
  return editData([&](Data& data) {
    const auto at = std::find_if(data.bindings.begin(), data.bindings.end(),
                                 [&](const Binding& b) { return b.node == binding.node; });
    if (at == data.bindings.end()) data.bindings.push_back(std::move(binding));
    else *at = std::move(binding);
  });
}

Done Transaction::clearBinding(NodeId node) {
  if (!after_.data().binding(node))
    return refuse(node, {}, "a node that is bound to a column", Message("{0}", hex(node)));
  return editData([&](Data& data) { std::erase_if(data.bindings, [&](const Binding& b) { return b.node == node; }); });
}

Done Transaction::setInterface(Interface interface) {
  after_.interface_ = std::make_shared<const Interface>(std::move(interface));
  return {};
}

Done Transaction::setBlock(Document block) {
  if (block.name().empty()) return refuse(0, Place::field("blocks"), "a name for the block", "none");
  Blocks blocks = *after_.blocks_;
  auto made = std::make_shared<const Document>(std::move(block));
  const auto at = std::find_if(blocks.list.begin(), blocks.list.end(), [&](const BlockPointer& b) { return b->name() == made->name(); });
  if (at == blocks.list.end()) {
    blocks.list.push_back(std::move(made));
  } else if (!(**at == *made)) {
    const PortMap inputs = portMap(**at, *made, "BlockInput"), outputs = portMap(**at, *made, "BlockOutput");
    const std::string name = made->name();
    *at = std::move(made);
    if (!inputs.empty() || !outputs.empty()) {
      rewire(after_, name, inputs, outputs);
      for (BlockPointer& other : blocks.list)
        if (std::any_of(other->nodes().begin(), other->nodes().end(), [&](const NodePointer& node) { return node->type == name; })) {
          Document changed = *other;
          rewire(changed, name, inputs, outputs);
          other = std::make_shared<const Document>(std::move(changed));
        }
    }
  }
  after_.blocks_ = std::make_shared<const Blocks>(std::move(blocks));
  return {};
}

// Where each port of a block that was is now, -1: nowhere; empty where all are where they were.
Transaction::PortMap Transaction::portMap(const Document& before, const Document& after, std::string_view type) {
  const auto portsOf = [&](const Document& block) {
    std::vector<NodeId> ports;
    for (const NodePointer& node : block.nodes())
      if (node->type == type) ports.push_back(node->id);
    return ports;
  };
  const std::vector<NodeId> olds = portsOf(before), news = portsOf(after);
  PortMap map;
  bool same = true;
  for (size_t i = 0; i < olds.size(); ++i) {
    const auto at = std::find(news.begin(), news.end(), olds[i]);
    map.push_back(at == news.end() ? -1 : int(at - news.begin()));
    same &= map.back() == int(i);
  }
  return same ? PortMap() : map;
}

// Wires of the block's uses go with their ports.
void Transaction::rewire(Document& document, const std::string& block, const PortMap& inputs, const PortMap& outputs) {
  const auto follow = [](const PortMap& map, int& port) {
    if (size_t(port) < map.size()) port = map[size_t(port)];
    return port >= 0;
  };
  const auto isUse = [&](NodeId id) { return document.node(id) && document.node(id)->type == block; };
  std::erase_if(document.wires_, [&](Wire& wire) {
    return (isUse(wire.to) && !follow(inputs, wire.input)) || (isUse(wire.from) && !follow(outputs, wire.output));
  });
  std::sort(document.wires_.begin(), document.wires_.end(), precedes);
}

// Every network that may hold uses of the block, and the block's own, which is given apart.
template <class Own, class Around>
void Transaction::eachAround(std::string_view block, Own&& own, Around&& around) {
  const std::string name(block);
  Blocks blocks = *after_.blocks_;
  for (BlockPointer& each : blocks.list) {
    Document changed = *each;
    if (each->name() == name) own(changed);
    around(changed);
    if (!(changed == *each)) each = std::make_shared<const Document>(std::move(changed));
  }
  after_.blocks_ = std::make_shared<const Blocks>(std::move(blocks));
  around(after_);
}

Done Transaction::renameField(std::string_view block, const std::string& from, const std::string& to) {
  const Document* there = after_.block(block);
  if (!there || !there->interface().field(from)) return refuse(0, Place::field("blocks"), "a field that the block shows", Message("{0}", from));
  if (from == to) return {};
  if (there->interface().field(to)) return refuse(0, Place::field("blocks"), "another name for every field", Message("{0} twice", to), "choose another name");
  replaceField(block, from, to);
  return {};
}

Done Transaction::removeField(std::string_view block, const std::string& name) {
  const Document* there = after_.block(block);
  if (!there || !there->interface().field(name)) return refuse(0, Place::field("blocks"), "a field that the block shows", Message("{0}", name));
  replaceField(block, name, std::nullopt);
  return {};
}

// In the block, in what its uses give, and where a block around them shows it once more. By value: the names that callers give may
// be the document's own, which goes.
void Transaction::replaceField(std::string_view block, std::string from, std::optional<std::string> to) {
  const std::string name(block);
  const auto own = [&](Document& document) {
    Interface interface = document.interface();
    if (!to) std::erase_if(interface.fields, [&](const Exposed& exposed) { return exposed.name == from; });
    for (Exposed& exposed : interface.fields)
      if (exposed.name == from) exposed.name = *to;
    document.interface_ = std::make_shared<const Interface>(std::move(interface));
  };
  const auto around = [&](Document& document) {
    for (const NodePointer& old : std::vector<NodePointer>(document.nodes_)) {
      if (old->type != name || !find(old->fields, from)) continue;
      auto node = std::make_shared<Node>(*old);
      if (!to) document::erase(node->fields, from);
      for (auto& [field, value] : node->fields)
        if (field == from) field = *to;
      document.replace(std::move(node));
    }
    Interface interface = document.interface();
    for (Exposed& exposed : interface.fields) {
      const auto isIt = [&](const Inner& inner) {
        const Node* node = document.node(inner.node);
        return node && node->type == name && inner.field == from;
      };
      if (!to) std::erase_if(exposed.inners, isIt);
      for (Inner& inner : exposed.inners)
        if (isIt(inner)) inner.field = *to;
    }
    std::erase_if(interface.fields, [](const Exposed& exposed) { return exposed.inners.empty(); });
    if (!(interface == document.interface())) document.interface_ = std::make_shared<const Interface>(std::move(interface));
  };
  eachAround(name, own, around);
}

Done Transaction::removeBlock(std::string_view name) {
  if (!after_.block(name)) return refuse(0, Place::field("blocks"), "a block that is there", Message("{0}", name));
  const int uses = usesOf(after_, name);
  if (uses > 0)
    return refuse(0, Place::field("blocks"), "a block that nobody uses", Message("{0}, which is used {1} times", name, uses), "remove its uses first");
  Blocks blocks = *after_.blocks_;
  std::erase_if(blocks.list, [&](const BlockPointer& b) { return b->name() == name; });
  after_.blocks_ = std::make_shared<const Blocks>(std::move(blocks));
  return {};
}

Done Transaction::renameBlock(std::string_view name, const std::string& to) {
  const Document* block = after_.block(name);
  if (!block) return refuse(0, Place::field("blocks"), "a block that is there", Message("{0}", name));
  if (to == name) return {};
  if (to.empty() || after_.block(to))
    return refuse(0, Place::field("blocks"), "a name that no other block has", Message("{0}", to), "choose another name");
  const std::string from(name);
  Blocks blocks = *after_.blocks_;
  for (BlockPointer& each : blocks.list) {
    Document changed = *each;
    if (each->name() == from) changed.name_ = std::make_shared<const std::string>(to);
    if (retype(changed, from, to) || each->name() == from) each = std::make_shared<const Document>(std::move(changed));
  }
  after_.blocks_ = std::make_shared<const Blocks>(std::move(blocks));
  retype(after_, from, to);
  return {};
}

bool Transaction::retype(Document& document, const std::string& from, const std::string& to) {
  bool any = false;
  for (const NodePointer& old : std::vector<NodePointer>(document.nodes_)) {
    if (old->type != from) continue;
    auto node = std::make_shared<Node>(*old);
    node->type = to;
    document.replace(std::move(node));
    any = true;
  }
  return any;
}

std::string Transaction::freeBlockName(const std::string& wish) const {
  const auto taken = [&](const std::string& name) { return after_.block(name) || Op::named(name); };
  if (!taken(wish)) return wish;
  for (int number = 2;; ++number)
    if (std::string name = fmt::format("{}_{}", wish, number); !taken(name)) return name;
}

Result<std::string> Transaction::bringBlock(const Document& file) {
  std::vector<Document> blocks;
  for (const BlockPointer& used : file.blocks()) blocks.push_back(*used);
  Document own = file;  // as a block: without what only projects have
  own.blocks_ = std::make_shared<const Blocks>();
  own.data_ = std::make_shared<const Data>();
  own.recipe_ = std::make_shared<const Recipe>();
  blocks.push_back(std::move(own));
  auto names = bring(std::move(blocks));
  if (!names) return tl::unexpected(names.error());
  return names->at(file.name());
}

Result<std::map<std::string, std::string>> Transaction::bringBlocks(const Document& from) {
  std::vector<Document> blocks;
  for (const BlockPointer& used : from.blocks()) blocks.push_back(*used);
  return bring(std::move(blocks));
}

Result<std::map<std::string, std::string>> Transaction::bring(std::vector<Document> left) {
  // Blocks after those that they use, which may have got other names here.
  std::map<std::string, std::string> names;
  const auto isLeft = [&](const std::string& type) {
    return std::any_of(left.begin(), left.end(), [&](const Document& block) { return block.name() == type; });
  };
  while (!left.empty()) {
    const auto next = std::find_if(left.begin(), left.end(), [&](const Document& block) {
      return std::none_of(block.nodes().begin(), block.nodes().end(), [&](const NodePointer& node) { return isLeft(node->type); });
    });
    if (next == left.end()) return refuse(0, Place::field("blocks"), "blocks that are not used within themselves", Message("{0}", left.front().name()));
    Document block = std::move(*next);
    left.erase(next);
    for (const auto& [from, to] : names) retype(block, from, to);
    const std::string was = block.name();
    const Document* there = after_.block(was);
    if (!there || !(*there == block)) {
      const std::string name = freeBlockName(was);
      block.name_ = std::make_shared<const std::string>(name);
      if (Done done = setBlock(std::move(block)); !done) return tl::unexpected(done.error());
      names[was] = name;
    } else {
      names[was] = was;
    }
  }
  return names;
}

Result<std::string> Transaction::detach(NodeId id) {
  const Node* node = after_.node(id);
  if (!node) return refuseMissing(id);
  const Document* block = after_.block(node->type);
  if (!block) return refuse(id, {}, "a use of a block", Message("{0}", node->type));
  Document own = *block;
  const std::string name = freeBlockName(node->type);
  own.name_ = std::make_shared<const std::string>(name);
  if (Done done = setBlock(std::move(own)); !done) return tl::unexpected(done.error());
  edit(id, [&](Node& n) { n.type = name; });
  return name;
}

Done Transaction::setRecipe(Recipe recipe) {
  after_.recipe_ = std::make_shared<const Recipe>(std::move(recipe));
  return {};
}

Done Transaction::set(std::string_view path, std::string_view value) {
  const Result<ChangeSet> changes = document::set(after_, path, value);
  if (!changes) {
    if (!problem_) problem_ = changes.error();
    return tl::unexpected(changes.error());
  }
  after_.change(*changes);
  taken_.clear();
  return {};
}

Result<ChangeSet> Transaction::finish() const {
  if (problem_) return tl::unexpected(*problem_);
  ChangeSet changes = between(before_, after_);
  if (Done verified = verifyEdit(after_, changes); !verified) return tl::unexpected(std::move(verified.error()));
  return changes;
}

int usesOf(const Document& document, std::string_view block) {
  const auto isUse = [&](const NodePointer& node) { return node->type == block; };
  auto uses = std::count_if(document.nodes().begin(), document.nodes().end(), isUse);
  for (const BlockPointer& other : document.blocks()) uses += std::count_if(other->nodes().begin(), other->nodes().end(), isUse);
  return int(uses);
}

}  // namespace engine::document
