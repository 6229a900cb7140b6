// The order of CUDA threads and blocks: natural, reversed, or permuted by a seed.
#pragma once

#include <vector>

namespace cuda_on_cpu {

// The numbers [0, n) in the order to run them. Groups of `unit` stay together, as the lanes of a warp do on a GPU;
// `salt` makes two orders of one seed differ.
std::vector<int> makeOrder(int n, int unit, unsigned salt);

// Whether a warp runs on as far as it can before any other moves. That is legal, and what shows a missing barrier.
extern bool isNatural;  // for runsAhead(), which is asked at every switch
inline bool runsAhead() { return !isNatural; }

}  // namespace cuda_on_cpu
