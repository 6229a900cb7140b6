// Nodes folded into a block, and a use of a block unfolded: what computes the same before and after.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "engine/document/transaction.h"

namespace engine::document {

// A block called `name` of these nodes, and a use of it in their place, whose id comes back. Its ports are the values that cross
// the border: what comes in from outside, each once, and what somebody outside reads, or nobody at all. Fields of the nodes that the
// network around them shows (as a block does) become fields of the block, and are shown through it. Frames of only these nodes go
// along; in others the use takes their place.
// Refused: data, losses that the recipe names, ports of the block around them, and nodes between which a way leads through others.
Result<NodeId> foldNodes(Transaction& t, std::span<const NodeId> nodes, const std::string& name);

// The nodes of the block in the place of its use, with the values that the use gives to its fields, once for each repetition; they come
// back in the block's order. Names that are taken get a number. What stands to the right makes room.
// Refused: a use that is bypassed or muted, and one whose repetitions share their weights.
Result<std::vector<NodeId>> unfoldUse(Transaction& t, NodeId use, const Document& block);

}  // namespace engine::document
