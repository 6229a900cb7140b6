// Joins ops that work element by element, so that what lies between two of them is not written to memory: each whose result
// only the other reads, within one phase. See ops/elementwise_program.h.
#pragma once
#include <vector>

#include "engine/passes/fuse.h"

namespace engine {

// Returns how many nodes were taken into others, and adds them to `taken` where it is given. `roots` are values that are read from outside.
int makePrograms(Graph& graph, const std::vector<Value*>& roots, std::vector<Taken>* taken = nullptr);

}  // namespace engine
