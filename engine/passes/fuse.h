// Two nodes become one where that saves a pass over memory: a ReLU is taken into what writes its input, its gradient into what
// reads or writes that. Which ops can is theirs to say (OpType::withRelu and its like); an op that says nothing runs as
// it is and is right. And what an op found out going forward is kept for its gradient (OpType::remembering): the pixel that was a
// window's largest.
#pragma once
#include <vector>

#include "engine/graph/graph.h"

namespace engine {

// Returns how many nodes were taken into others. Values in `roots` are rewritten and kept; simplify takes away what is left over.
int fuse(Graph& graph, const std::vector<Value*>& roots);

}  // namespace engine
