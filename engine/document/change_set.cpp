// Compares two documents, and turns changes around.
#include "engine/document/change_set.h"

#include <algorithm>

#include "engine/document/document.h"

namespace engine::document {
namespace {

template <class T>
void compare(Replacement<T>& replacement, const std::shared_ptr<const T>& before,
             const std::shared_ptr<const T>& after) {
  if (before != after && !(*before == *after)) replacement = {before, after};
}

// Marks the elements of a longest ascending subsequence: the nodes that may stay where they are.
std::vector<bool> longestAscending(const std::vector<size_t>& values) {
  std::vector<size_t> tails;  // tails[k]: where the lowest end of an ascending sequence of length k + 1 is
  std::vector<size_t> previous(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto at =
        std::lower_bound(tails.begin(), tails.end(), values[i], [&](size_t t, size_t v) { return values[t] < v; });
    previous[i] = at == tails.begin() ? i : *(at - 1);
    if (at == tails.end()) tails.push_back(i);
    else *at = i;
  }
  std::vector<bool> marks(values.size(), false);
  if (tails.empty()) return marks;
  for (size_t i = tails.back();; i = previous[i]) {
    marks[i] = true;
    if (previous[i] == i) return marks;
  }
}

}  // namespace

bool ChangeSet::empty() const {
  return removedNodes.empty() && addedNodes.empty() && changedNodes.empty() && removedWires.empty() &&
         addedWires.empty() && !name && !data && !recipe && !interface && !frames && !blocks && !extras;
}

ChangeSet ChangeSet::inverse() const {
  ChangeSet result = *this;
  std::swap(result.removedNodes, result.addedNodes);
  for (NodeChange& change : result.changedNodes) std::swap(change.before, change.after);
  std::swap(result.removedWires, result.addedWires);
  std::swap(result.name.before, result.name.after);
  std::swap(result.data.before, result.data.after);
  std::swap(result.recipe.before, result.recipe.after);
  std::swap(result.interface.before, result.interface.after);
  std::swap(result.frames.before, result.frames.after);
  std::swap(result.blocks.before, result.blocks.after);
  std::swap(result.extras.before, result.extras.after);
  return result;
}

namespace {

// Which nodes went, came, changed their place or themselves.
void compareOrder(ChangeSet& changes, const Document& before, const Document& after) {
  const auto olds = before.nodes(), news = after.nodes();
  std::vector<size_t> common;  // where the nodes that both have were, in the new order
  for (const NodePointer& node : news)
    if (const auto index = before.indexOf(node->id)) common.push_back(*index);
  const std::vector<bool> inOrder = longestAscending(common);
  std::vector<bool> stays(olds.size(), false);
  for (size_t i = 0; i < common.size(); ++i) stays[common[i]] = inOrder[i];

  for (size_t i = 0; i < olds.size(); ++i)
    if (!stays[i]) changes.removedNodes.push_back({i, olds[i]});
  for (size_t i = 0; i < news.size(); ++i) {
    const NodePointer& node = news[i];
    const auto index = before.indexOf(node->id);
    if (!index || !stays[*index]) changes.addedNodes.push_back({i, node});
    else if (const NodePointer& old = olds[*index]; old != node && !(*old == *node))
      changes.changedNodes.push_back({old, node});
  }
}

}  // namespace

ChangeSet between(const Document& before, const Document& after) {
  ChangeSet changes;
  compare(changes.name, before.name_, after.name_);
  compare(changes.data, before.data_, after.data_);
  compare(changes.recipe, before.recipe_, after.recipe_);
  compare(changes.interface, before.interface_, after.interface_);
  compare(changes.frames, before.frames_, after.frames_);
  compare(changes.blocks, before.blocks_, after.blocks_);
  compare(changes.extras, before.extras_, after.extras_);

  // Most edits leave every node where it is.
  if (sameOrder(before, after)) {
    for (size_t i = 0; i < after.nodes_.size(); ++i)
      if (const NodePointer &old = before.nodes_[i], &node = after.nodes_[i]; old != node && !(*old == *node))
        changes.changedNodes.push_back({old, node});
  } else {
    compareOrder(changes, before, after);
  }

  auto old = before.wires_.begin();
  for (const Wire& wire : after.wires_) {
    for (; old != before.wires_.end() && precedes(*old, wire); ++old) changes.removedWires.push_back(*old);
    const bool same = old != before.wires_.end() && !precedes(wire, *old);
    if (same && *old == wire) {
      ++old;
      continue;
    }
    if (same) changes.removedWires.push_back(*old++);
    changes.addedWires.push_back(wire);
  }
  changes.removedWires.insert(changes.removedWires.end(), old, before.wires_.end());
  return changes;
}

std::vector<std::string> changedBlocks(const ChangeSet& changes) {
  std::vector<std::string> names;
  if (!changes.blocks) return names;
  const auto &before = changes.blocks.before->list, &after = changes.blocks.after->list;
  const auto isIn = [](const std::vector<BlockPointer>& list, const BlockPointer& block) {
    return std::any_of(list.begin(), list.end(), [&](const BlockPointer& b) { return b == block || (b->name() == block->name() && *b == *block); });
  };
  for (const auto* side : {&before, &after})
    for (const BlockPointer& block : *side)
      if (!isIn(side == &before ? after : before, block) && std::find(names.begin(), names.end(), block->name()) == names.end())
        names.push_back(block->name());
  return names;
}

}  // namespace engine::document
