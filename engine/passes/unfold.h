// Blocks unfolded: a network without any, of their nodes, in which every node does what its op does: bypassed nodes, reroutes and notes
// are gone, of muted ones there are the zeros that they give. Names and ids are those of the path; repetitions that share their
// weights have nodes of the same names, and by that the same parameters (passes/lower).
#pragma once
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/graph/graph.h"

namespace engine {

struct Unfolded {
  Graph network;  // a node that is no block is one; blocks stand where they stood; in any order
  std::vector<std::vector<Value>> values;  // by node and output of the network as drawn: where it is now
};

// A problem: more nodes than kMostUnfolded (graph/block.h), a node of a block whose name another node has already, or a muted node
// whose batch is not its first axis.
Result<Unfolded> unfold(const Graph& network);

// Where a node of the unfolded network is, or a port of a block.
struct Step {
  NodeId node = 0;         // as it is called in the network that it is drawn in
  int64_t repetition = 0;  // of a block
  bool operator==(const Step&) const = default;
};
struct Whereabouts {
  std::vector<Step> way;  // the blocks that it is within, outermost first, and itself; empty: there is no such node
  std::string name;       // with those of the blocks, "stem.2.conv1"
  std::optional<Op> op;
};
Whereabouts whereIs(const Graph& network, NodeId id);

// The places in `network` of nodes of the unfolded network: of each the node that it is, or the block that it is within. What is not there is left out.
std::unordered_map<NodeId, int> placesIn(const Graph& network, const std::vector<NodeId>& ids);

}  // namespace engine
