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
};

Schedule schedule(const Graph& graph);

}  // namespace engine
