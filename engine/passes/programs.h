// Joins ops that work element by element, so that what lies between two of them is not written to memory: each whose result
// only the other reads, within one phase. See ops/elementwise_program.h.
#pragma once
#include <vector>

#include "engine/graph/graph.h"

namespace engine {

// Returns how many nodes were taken into others. `roots` are values that are read from outside.
int makePrograms(Graph& graph, const std::vector<Value*>& roots);

}  // namespace engine
