// Every shape, type, parameter, cost and mistake of a network, in one pass over the whole graph. Runs on every edit.
#pragma once
#include <vector>

#include "engine/graph/graph.h"
#include "engine/graph/shapes.h"

namespace engine {

struct InferOptions {
  int64_t batch = kBatch;  // a number when a plan is made
  bool training = true;
  Type floating = Type::f32;
};

struct NodeInference {
  std::vector<ValueInfo> outputs;  // missing shapes where nothing can be said
  std::vector<StoredInfo> stored;  // parameters and state, in the order in which they follow the node's data inputs
  double flops = 0;                // forward, of the whole batch; 0 while the batch has no number
};

struct Inference {
  std::vector<NodeInference> nodes;  // as in the graph
  std::vector<int> order;            // every node after those it reads; nodes on or behind a cycle are left out
  Problems problems;                 // root causes only: what follows from a missing shape is not told
  bool ok() const;                   // nothing of severity `problem`
};

Inference infer(const Graph& network, const InferOptions& options = {});

}  // namespace engine
