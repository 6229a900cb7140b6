#include "engine/passes/memory.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <map>
#include <numeric>

namespace engine {

namespace {

int64_t rounded(int64_t bytes) { return (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment; }

// Places the blocks in the order given, each into the first gap among those that live at the same time.
std::vector<int64_t> place(std::span<const Lifetime> blocks, const std::vector<int>& order, bool bestFit, int64_t& total) {
  std::vector<int64_t> offset(blocks.size(), 0);
  std::vector<int> placed;  // sorted by offset
  total = 0;
  for (int b : order) {
    const Lifetime& block = blocks[size_t(b)];
    const int64_t size = rounded(block.bytes);
    int64_t end = 0, chosen = -1, chosenGap = 0;
    for (int other : placed) {
      const Lifetime& o = blocks[size_t(other)];
      if (o.last < block.first || block.last < o.first) continue;
      const int64_t gap = offset[size_t(other)] - end;
      if (gap >= size && (chosen < 0 || (bestFit && gap < chosenGap))) {
        chosen = end, chosenGap = gap;
        if (!bestFit) break;
      }
      end = std::max(end, offset[size_t(other)] + rounded(o.bytes));
    }
    offset[size_t(b)] = chosen >= 0 ? chosen : end;
    total = std::max(total, offset[size_t(b)] + size);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), b,
                                   [&](int x, int y) { return offset[size_t(x)] < offset[size_t(y)]; }),
                  b);
  }
  return offset;
}

// Places the blocks in the order of time, each into the lowest gap that is there, or into the smallest (`bestFit`), as an
// allocator would: as much work as there are blocks. `backward` runs the time from its end.
std::vector<int64_t> placeInTime(std::span<const Lifetime> blocks, bool backward, bool bestFit, int64_t& total) {
  const auto begins = [&](int b) { return backward ? -blocks[size_t(b)].last : blocks[size_t(b)].first; };
  const auto ends = [&](int b) { return backward ? -blocks[size_t(b)].first : blocks[size_t(b)].last; };
  std::vector<int> coming(blocks.size());
  std::iota(coming.begin(), coming.end(), 0);
  std::vector<int> going = coming;
  // Of those that come at once, the ones that stay longest lie lowest.
  std::stable_sort(coming.begin(), coming.end(), [&](int a, int b) { return std::pair(begins(a), -ends(a)) < std::pair(begins(b), -ends(b)); });
  std::stable_sort(going.begin(), going.end(), [&](int a, int b) { return ends(a) < ends(b); });
  std::vector<int64_t> offset(blocks.size(), 0);
  std::map<int64_t, int64_t> gaps;  // by offset: size; what lies above the top is not among them
  std::array<int64_t, 64> lowest{};  // by the binary digits of a size: no gap with as many lies lower
  const auto digits = [](int64_t size) { return size_t(std::bit_width(uint64_t(size))); };
  int64_t top = 0;
  total = 0;
  const auto give = [&](int64_t begin, int64_t size) {
    auto next = gaps.lower_bound(begin);
    if (next != gaps.end() && begin + size == next->first) size += next->second, next = gaps.erase(next);
    if (next != gaps.begin())
      if (const auto before = std::prev(next); before->first + before->second == begin) begin = before->first, size += before->second, gaps.erase(before);
    if (begin + size == top) {
      top = begin;
      return;
    }
    gaps[begin] = size;
    for (size_t d = 0; d <= digits(size); ++d) lowest[d] = std::min(lowest[d], begin);
  };
  size_t gone = 0;
  for (int b : coming) {
    for (; gone < going.size() && ends(going[gone]) < begins(b); ++gone)
      if (const int64_t size = rounded(blocks[size_t(going[gone])].bytes)) give(offset[size_t(going[gone])], size);
    const int64_t size = rounded(blocks[size_t(b)].bytes);
    auto chosen = gaps.end();
    bool first = true;
    for (auto gap = gaps.lower_bound(lowest[digits(size)]); gap != gaps.end(); ++gap) {
      if (first && digits(gap->second) >= digits(size)) lowest[digits(size)] = gap->first, first = false;
      if (gap->second < size || (chosen != gaps.end() && gap->second >= chosen->second)) continue;
      chosen = gap;
      if (!bestFit) break;
    }
    if (chosen == gaps.end() || size == 0) {
      offset[size_t(b)] = top;
      top += size;
    } else {
      offset[size_t(b)] = chosen->first;
      if (chosen->second > size) gaps[chosen->first + size] = chosen->second - size;
      gaps.erase(chosen);
    }
    total = std::max(total, offset[size_t(b)] + size);
  }
  return offset;
}

}  // namespace

std::vector<int64_t> placeInArena(std::span<const Lifetime> blocks, int64_t& total) {
  const int64_t least = lowerBound(blocks);
  std::vector<int64_t> best;
  total = std::numeric_limits<int64_t>::max();
  // The more blocks, the less is worth another trial.
  constexpr size_t kSome = 1000, kMany = 10000;
  const double good = blocks.size() > kMany ? 1.02 : blocks.size() > kSome ? 1.002 : 1;
  const auto isGood = [&] { return double(total) <= good * double(least); };
  for (const auto& [backward, bestFit] : {std::pair(true, false), std::pair(false, true), std::pair(true, true), std::pair(false, false)}) {
    int64_t bytes;
    std::vector<int64_t> offsets = placeInTime(blocks, backward, bestFit, bytes);
    if (bytes < total) best = std::move(offsets), total = bytes;
    if (isGood()) return best;
  }
  // What follows looks at pairs of blocks.
  std::vector<int> bySize(blocks.size());
  std::iota(bySize.begin(), bySize.end(), 0);
  std::vector<int> byLength = bySize;
  std::stable_sort(bySize.begin(), bySize.end(), [&](int a, int b) { return blocks[size_t(a)].bytes > blocks[size_t(b)].bytes; });
  std::stable_sort(byLength.begin(), byLength.end(), [&](int a, int b) {
    return blocks[size_t(a)].last - blocks[size_t(a)].first > blocks[size_t(b)].last - blocks[size_t(b)].first;
  });
  std::vector<int> order;  // of the greedy placement that needed least
  std::vector<int64_t> offsets;
  int64_t reached = std::numeric_limits<int64_t>::max();
  for (const auto& [tried, bestFit] : {std::pair(&bySize, false), std::pair(&bySize, true), std::pair(&byLength, false)}) {
    int64_t bytes;
    std::vector<int64_t> placed = place(blocks, *tried, bestFit, bytes);
    if (bytes < reached) order = *tried, offsets = std::move(placed), reached = bytes;
    if (reached < total) best = offsets, total = reached;
    if (isGood()) return best;
  }
  // What sticks out above the rest goes first the next time.
  constexpr int64_t kTrials = int64_t(1) << 24;  // comparisons of two blocks: a few milliseconds
  int64_t trials = std::min<int64_t>(64, kTrials / std::max<int64_t>(1, int64_t(blocks.size()) * int64_t(blocks.size())));
  for (; !isGood() && trials > 0; --trials) {
    std::stable_partition(order.begin(), order.end(), [&](int b) { return offsets[size_t(b)] + rounded(blocks[size_t(b)].bytes) == reached; });
    offsets = place(blocks, order, false, reached);
    if (reached < total) best = offsets, total = reached;
  }
  // Then one block at a time goes somewhere else in the order, and stays there unless that was worse: few blocks of many sizes
  // (activations, and one scratch for each call) have orders that no rule finds. The same on every machine.
  constexpr double kGoodEnough = 1.01;
  constexpr int64_t kSearch = int64_t(1) << 23;
  int64_t moves = std::min<int64_t>(2000, kSearch / std::max<int64_t>(1, int64_t(blocks.size()) * int64_t(blocks.size())));
  uint64_t random = 1;
  const auto below = [&](size_t count) {  // Knuth's linear congruential generator
    random = random * 6364136223846793005u + 1442695040888963407u;
    return size_t(random >> 33) % count;
  };
  for (; double(total) > kGoodEnough * double(least) && moves > 0; --moves) {
    std::vector<int> other = order;
    const size_t from = below(other.size()), to = below(other.size());
    if (from < to) std::rotate(other.begin() + int64_t(from), other.begin() + int64_t(from) + 1, other.begin() + int64_t(to) + 1);
    else std::rotate(other.begin() + int64_t(to), other.begin() + int64_t(from), other.begin() + int64_t(from) + 1);
    int64_t bytes;
    offsets = place(blocks, other, false, bytes);
    if (bytes > reached) continue;
    order = std::move(other), reached = bytes;
    if (reached < total) best = offsets, total = reached;
  }
  return best;
}

int64_t lowerBound(std::span<const Lifetime> blocks) {
  std::vector<std::pair<int, int64_t>> changes;
  for (const Lifetime& block : blocks) {
    changes.emplace_back(block.first, rounded(block.bytes));
    changes.emplace_back(block.last + 1, -rounded(block.bytes));
  }
  std::sort(changes.begin(), changes.end());
  int64_t now = 0, most = 0;
  for (const auto& [time, bytes] : changes) most = std::max(most, now += bytes);
  return most;
}

MemoryPlan planMemory(const Graph& graph, const Schedule& schedule, std::span<const int64_t> scratchBytes,
                      std::span<const Value> keep) {
  const int steps = int(schedule.order.size());
  MemoryPlan plan;
  plan.blockOf.resize(graph.nodes.size());
  plan.outside.resize(graph.nodes.size());
  plan.scratchOf.assign(size_t(steps), -1);

  // When each value is read last. Kept values are read after the end.
  std::vector<std::vector<int>> lastRead(graph.nodes.size());
  for (size_t n = 0; n < graph.nodes.size(); ++n) lastRead[n].assign(graph.nodes[n].outputs.size(), -1);
  for (int t = 0; t < steps; ++t)
    for (Value v : graph.nodes[size_t(schedule.order[size_t(t)])].inputs)
      if (v) lastRead[size_t(v.node)][size_t(v.output)] = t;
  for (Value v : keep)
    if (v) lastRead[size_t(v.node)][size_t(v.output)] = steps;

  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    plan.blockOf[n].assign(graph.nodes[n].outputs.size(), -1);
    plan.outside[n].assign(graph.nodes[n].outputs.size(), Value{});
    if (!graph.nodes[n].op.type().cpu[0].run)  // a source
      for (size_t i = 0; i < graph.nodes[n].outputs.size(); ++i) plan.outside[n][i] = {int(n), int(i)};
  }

  const auto bytesOfValue = [&](Value v) {
    const ValueInfo& info = graph.info(v);
    return info.shape.elements() * bytesOf(info.type);
  };
  for (int n : schedule.once) {
    const Node& node = graph.nodes[size_t(n)];
    std::vector<int64_t>& offsets = plan.onceOffsets.emplace_back();
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const Value in = i == 0 && node.op.type().info.view ? node.inputs[0] : Value{};
      if (in && bytesOfValue(in) == bytesOfValue({n, 0})) {
        plan.outside[size_t(n)][i] = plan.outside[size_t(in.node)][size_t(in.output)];
        offsets.push_back(-1);
        continue;
      }
      plan.outside[size_t(n)][i] = {n, int(i)};
      offsets.push_back(plan.onceBytes);
      plan.onceBytes += rounded(bytesOfValue({n, int(i)}));
    }
  }
  for (int t = 0; t < steps; ++t) {
    const int n = schedule.order[size_t(t)];
    const Node& node = graph.nodes[size_t(n)];
    const Info& info = node.op.type().info;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const Value out{n, int(i)};
      const int dies = std::max(t, lastRead[size_t(n)][i]);
      const Value in = i == 0 && !node.inputs.empty() ? node.inputs[0] : Value{};
      if (in && (info.view || info.inPlace) && bytesOfValue(in) == bytesOfValue(out)) {
        const int block = plan.blockOf[size_t(in.node)][size_t(in.output)];
        if (info.view && plan.outside[size_t(in.node)][size_t(in.output)]) {
          plan.outside[size_t(n)][i] = plan.outside[size_t(in.node)][size_t(in.output)];
          ++plan.sharedViews;
          continue;
        }
        // Over what nobody reads any more, also not through another view of it, and not another input of this step.
        bool dead = block >= 0 && plan.lifetimes[size_t(block)].last == t;
        for (size_t other = 1; other < node.inputs.size(); ++other)
          if (const Value v = node.inputs[other]; v && plan.blockOf[size_t(v.node)][size_t(v.output)] == block) dead = false;
        if (block >= 0 && (info.view || dead)) {
          plan.blockOf[size_t(n)][i] = block;
          plan.lifetimes[size_t(block)].last = std::max(plan.lifetimes[size_t(block)].last, dies);
          ++(info.view ? plan.sharedViews : plan.sharedInPlace);
          continue;
        }
      }
      plan.blockOf[size_t(n)][i] = int(plan.lifetimes.size());
      plan.lifetimes.push_back({t, dies, bytesOfValue(out)});
    }
    if (scratchBytes[size_t(t)] > 0) {
      plan.scratchOf[size_t(t)] = int(plan.lifetimes.size());
      plan.lifetimes.push_back({t, t, scratchBytes[size_t(t)]});
      plan.largestScratch = std::max(plan.largestScratch, scratchBytes[size_t(t)]);
    }
  }
  plan.offsets = placeInArena(plan.lifetimes, plan.arenaBytes);
  plan.boundBytes = lowerBound(plan.lifetimes);
  return plan;
}

}  // namespace engine
