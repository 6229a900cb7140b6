// The same results with fewer nodes: values computed twice are computed once, what nobody needs goes, and nodes that
// change nothing are passed by.
#pragma once
#include <vector>

#include "engine/graph/graph.h"

namespace engine {

// Keeps `roots` (whose values are rewritten to their new places), what they need, and every node that updates state.
// Sources that nobody reads stay only when they are roots.
struct Simplified {
  int before = 0, after = 0;  // nodes
};
Simplified simplify(Graph& graph, std::vector<Value*> roots);

}  // namespace engine
