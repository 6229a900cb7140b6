// From the network as it was drawn to the graph that passes work on: every parameter and state is a node of its own
// (Stored), ops stand in their training or evaluation form, and every node comes after those it reads.
#pragma once
#include "engine/passes/infer.h"

namespace engine {

// A value of the parameter store that the graph reads.
struct StoredValue {
  Value value;       // the Stored node's output
  std::string name;  // path in the store: "conv1.weight"
  NodeId node;       // whose it is
  StoredInfo info;
  bool frozen = false;       // a parameter that is not to be learned
  bool ofOptimizer = false;  // a moment of an optimizer: part of a checkpoint, not of the model
  bool learned() const { return info.trained && !frozen; }
};

struct Lowered {
  Graph graph;
  std::vector<std::vector<Value>> values;  // by node and output of the network: where it is now
  std::vector<StoredValue> stored;
  Problems problems;  // mistakes of ours in an op's rules; empty when all is well
};

// The network must be free of problems under the same options, which must give the batch a number.
Lowered lower(const Graph& network, const Inference& inference, const InferOptions& options);

// Adds a Stored node.
Value addStored(Graph& graph, std::vector<StoredValue>& stored, std::string name, NodeId node, const StoredInfo& info);

}  // namespace engine
