// Every shape, type, parameter, cost and mistake of a network, in one pass over the whole graph.
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

// What an op without inputs gives: of an Input or a Target its shape and type.
ValueInfo infoOfSource(const Op& op, const InferOptions& options = {});

// infer() after an edit: equal to infer(network, options), but only nodes are asked whose op or inputs have changed.
// `before` is what was inferred of `networkBefore` with the same options; nodes are known again by their ids, which are
// unique and not 0. `renewed`, where given, gets the nodes that were asked, as indices of `network`.
Inference inferAgain(const Graph& network, const InferOptions& options, const Graph& networkBefore, Inference before,
                     std::vector<int>* renewed = nullptr);

}  // namespace engine
