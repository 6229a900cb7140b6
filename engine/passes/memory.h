// Where every value lies: lifetimes, sharing, and offsets in one arena.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/passes/schedule.h"

namespace engine {

// A stretch of time, in steps, and a size. Both ends are included.
struct Lifetime {
  int first = 0, last = 0;
  int64_t bytes = 0;
};

// Offsets, aligned to kArenaAlignment, such that no two that live at once overlap; the best of what an
// allocator would do, of three greedy orders (by size and by lifetime: Pisarchyk and Lee 2020, arXiv 2001.03288), and of some
// that put first what stuck out. `total` gets the size of the arena.
inline constexpr int64_t kArenaAlignment = 256;
std::vector<int64_t> placeInArena(std::span<const Lifetime> lifetimes, int64_t& total);
// The largest sum of what lives at once: no plan needs less.
int64_t lowerBound(std::span<const Lifetime> lifetimes);

struct MemoryPlan {
  // By node and output: the block, or -1 for values that lie outside (sources and views of them, see `outside`).
  std::vector<std::vector<int>> blockOf;
  std::vector<std::vector<Value>> outside;  // by node and output: the source whose memory it is, or none. A node of
                                            // Schedule::once is a source, too
  std::vector<int> scratchOf;               // by place in the schedule: the block, or -1
  std::vector<Lifetime> lifetimes;          // by block
  std::vector<int64_t> offsets;             // by block
  int64_t arenaBytes = 0, boundBytes = 0;
  int64_t largestScratch = 0;
  int sharedInPlace = 0, sharedViews = 0;  // values that needed no memory of their own
  std::vector<std::vector<int64_t>> onceOffsets;  // by place in Schedule::once and output: in memory that is kept; -1 for views
  int64_t onceBytes = 0;
};

// `scratchBytes` by place in the schedule; `keep` are values that must still be there after the last step.
MemoryPlan planMemory(const Graph& graph, const Schedule& schedule, std::span<const int64_t> scratchBytes,
                      std::span<const Value> keep);

// Runs through the plan with nothing but its addresses and says what is wrong with it: a value read that was not written,
// or that something else has overwritten since. An error here is ours. Empty when the plan is sound.
std::string verify(const Graph& graph, const Schedule& schedule, const MemoryPlan& plan, std::span<const Value> keep);

}  // namespace engine
