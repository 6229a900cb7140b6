// Batch norm with running statistics is a factor and a summand a channel: in plans that do not train they go into the weights of
// the layer before, and the norm is gone. The new weights are calculated by the plan itself, once for each state of the
// store (Schedule::once), so that an evaluation in the midst of training sees the weights of that moment.
#pragma once
#include <vector>

#include "engine/graph/graph.h"

namespace engine {

// Takes norms into the layers before them, where nobody else reads what those give. Returns how many. Values in `roots` are
// rewritten and kept; simplify takes away what is left over.
int foldNorms(Graph& graph, const std::vector<Value*>& roots, int64_t batch, Type floating);

}  // namespace engine
