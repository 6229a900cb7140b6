// The order in which the steps run: first all that is pure, then all that updates state, so that a step whose loss is not
// finite can be dropped before it has changed anything. Among the pure ones a node runs as late as its readers allow when
// it makes the memory larger, and as early as it can when it makes it smaller.
#pragma once
#include <vector>

#include "engine/graph/graph.h"

namespace engine {

struct Schedule {
  std::vector<int> order;  // nodes that run; sources are not among them
  int updatesBegin = 0;    // index into `order`
  std::vector<int> once;   // nodes that need not run in each step: their values lie outside of the arena
  bool onceReadsStored = false;  // they have to run again when the store has changed
};

// What is calculated once: nothing; what depends on constants alone and is small; that, and what depends on stored values,
// which no step changes.
enum class Once : uint8_t { nothing, constants, stored };
Schedule schedule(const Graph& graph, Once once = Once::nothing);

}  // namespace engine
