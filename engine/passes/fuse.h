// Two nodes become one where that saves a pass over memory: a ReLU is taken into what writes its input, its gradient into what
// reads or writes that. Which ops can is theirs to say (OpType::withRelu and its like); an op that says nothing runs as
// it is and is right. And what an op found out going forward is kept for its gradient (OpType::remembering): the pixel that was a
// window's largest.
#pragma once
#include <vector>

#include "engine/graph/graph.h"

namespace engine {

// A node that is calculated in the call of another one: both as the document knows them.
struct Taken {
  NodeId node = 0, by = 0;
  Phase phase = Phase::forward;
};

// Returns how many nodes were taken into others, and adds them to `taken` where it is given. Values in `roots` are rewritten and kept; simplify takes away what is left over.
int fuse(Graph& graph, const std::vector<Value*>& roots, std::vector<Taken>* taken = nullptr);

}  // namespace engine
