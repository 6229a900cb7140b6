// What one edit changed, exactly and both ways: the unit of undo, of observing and of comparing documents.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/document/blocks.h"
#include "engine/document/frame.h"
#include "engine/document/recipe.h"

namespace engine::document {

using NodePointer = std::shared_ptr<const Node>;

struct NodePlace {
  size_t index;  // in the document's order, after the edit for an added node, before it for a removed one
  NodePointer node;
};
struct NodeChange {
  NodePointer before, after;  // same id
};
// A part of the document that is replaced as a whole; both null where it did not change.
template <class T>
struct Replacement {
  std::shared_ptr<const T> before, after;
  explicit operator bool() const { return before != after; }
};

struct ChangeSet {
  std::vector<NodePlace> removedNodes, addedNodes;  // by ascending index; a node that changes its place is in both
  std::vector<NodeChange> changedNodes;             // in the document's order
  std::vector<Wire> removedWires, addedWires;       // sorted by (to, input)
  Replacement<std::string> name;
  Replacement<Data> data;
  Replacement<Recipe> recipe;
  Replacement<Interface> interface;
  Replacement<Frames> frames;
  Replacement<Blocks> blocks;  // those that did not change are the same pointers on both sides
  Replacement<std::string> extras;

  bool empty() const;
  ChangeSet inverse() const;
};

// What makes `after` of `before`. Small where they share most nodes, as an edited copy does; any two will do.
ChangeSet between(const Document& before, const Document& after);

// The blocks that a change set makes others, those that come or go among them.
std::vector<std::string> changedBlocks(const ChangeSet& changes);

}  // namespace engine::document
