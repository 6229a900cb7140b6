// Stages edits on a copy that shares its nodes with the document, and compares the two at the end.
#include "engine/document/transaction.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/document/set.h"

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

}  // namespace engine::document
