// Which order the pictures of a plan lie in. Logical shapes are (batch, channels, height, width) everywhere; convolutions run
// fastest where the channels lie innermost. This pass puts the channels-last twins of ops (OpType::channelsLast) where a
// convolution gains by them and where what comes in lies so already, lets ops go along that work element by element, and
// turns pictures over where the two kinds meet: as seldom as can be, since it costs as much as an op and calculates nothing.
#pragma once
#include <vector>

#include "engine/graph/builder.h"

namespace engine {

struct LaidOut {
  int channelsLast = 0;      // ops that were put in another's place, or went along
  int reorders = 0;          // pictures that are turned over
  int64_t reorderBytes = 0;  // of them, read and written
};

// In a lowered graph, after autograd. `roots` are rewritten, and lie in canonical order: they are read from outside. What is no
// longer needed stays; simplify takes it away.
LaidOut layOut(Graph& graph, const std::vector<Value*>& roots, int64_t batch, Type floating, bool training);

}  // namespace engine
