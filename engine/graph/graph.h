// A graph of ops as a plain value. Two kinds pass through the engine: the network as it was drawn (data inputs only, in
// any order), and the lowered one that passes work on (parameters are nodes too, every node after those it reads).
#pragma once
#include <string>
#include <vector>

#include "engine/graph/mode.h"
#include "engine/graph/op.h"

namespace engine {

// An output of a node.
struct Value {
  int node = -1;  // index into Graph::nodes; -1: none
  int output = 0;
  explicit operator bool() const { return node >= 0; }
  bool operator==(const Value&) const = default;
  auto operator<=>(const Value&) const = default;
};

// Which part of a step a node belongs to. Lowered graphs only.
enum class Phase : uint8_t { forward, backward, update };

struct Node {
  Op op;
  std::vector<Value> inputs;  // by port; an unconnected one is Value{}
  NodeId id = 0;                   // of the node in the document that this comes from; key of its random numbers
  std::string name;                // as the user knows it
  std::vector<ValueInfo> outputs = {};  // lowered graphs only
  double flops = 0;                     // lowered graphs only
  Phase phase = Phase::forward;         // lowered graphs only
  NodeId weightsOf = 0;                 // of the node whose parameters and states it has too; 0: they are its own
  Mode mode = Mode::normal;             // of networks as drawn: passes/unfold puts in its place what it means
  bool hushed = false;                  // of unfolded networks: a muted node read it
  bool frozen = false;                  // its parameters, and those of a block's nodes, stay as they are
};

// What a bypassed node gives at an output.
inline Value passedBy(const Node& node, size_t output) {
  if (output < node.inputs.size() && node.inputs[output]) return node.inputs[output];
  for (const Value v : node.inputs)
    if (v) return v;
  return {};
}

struct Graph {
  std::vector<Node> nodes;
  const ValueInfo& info(Value v) const { return nodes[size_t(v.node)].outputs[size_t(v.output)]; }
};

}  // namespace engine
