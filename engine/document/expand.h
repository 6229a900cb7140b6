// From the document that a person edits to the graph that the engine works on.
#pragma once
#include <map>

#include "engine/document/document.h"
#include "engine/graph/block.h"

namespace engine::document {

// A block of the document as an op, and what is wrong in its own nodes.
struct ExpandedBlock {
  BlockPointer of;
  Op op;              // a use of it with fresh fields
  Problems problems;  // by ids of nodes in the block
};

struct Expanded {
  // A node for each of the document's, in its order: indices agree. Uses of blocks are ops of their own (graph/block.h);
  // passes/unfold puts what is in them in their place.
  Graph network;
  Problems problems;  // unknown types, wrong fields; the graph holds defaults in their place
  std::map<std::string, ExpandedBlock, std::less<>> blocks;
};

Expanded expand(const Document& document);
// The same after an edit: `known` is what was made of `before`. Only nodes that are new or changed are read.
Expanded expand(const Document& document, const Document& before, const Expanded& known);

}  // namespace engine::document
