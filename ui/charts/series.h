// The numbers of one curve, step by step: append-only, with a pyramid of lowest and highest, so that any stretch is drawn
// in time proportional to the pixels. Memory is bounded: past its capacity, neighbours are joined and every extreme kept.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ui {

class Series {
 public:
  // What happened up to step x since the one before. lowest > highest: nothing that is a number.
  struct Bucket {
    uint32_t x = 0;
    float lowest = 0, highest = 0;
    bool isNumber() const { return lowest <= highest; }
  };
  static constexpr size_t kCapacity = size_t(1) << 20;  // an even number

  explicit Series(size_t capacity = kCapacity) : capacity_(capacity) { clear(); }

  void clear();
  // x never falls. A value that is not finite breaks the curve there.
  void append(int64_t x, double value) { append(x, value, value); }
  void append(int64_t x, double lowest, double highest);

  bool empty() const { return levels_[0].empty(); }
  size_t size() const { return levels_[0].size(); }  // buckets of the finest level
  int64_t firstX() const { return empty() ? 0 : levels_[0].front().x; }
  int64_t lastX() const { return empty() ? 0 : levels_[0].back().x; }
  // Steps at which it was not finite; the first of them, where they are many.
  std::span<const uint32_t> breaks() const { return breaks_; }
  uint64_t revision() const { return revision_; }  // another number after each change

  // Calls f(bucket) for all buckets from x0 to x1, and one more on either side, in time's order: coarse ones, but at
  // least `wanted` where there are as many.
  template <class F>
  void visit(int64_t x0, int64_t x1, size_t wanted, F&& f) const;

  struct Extent {
    double lowest, highest;
    double lowestPositive;  // infinite where there is none
    bool empty() const { return lowest > highest; }
  };
  Extent extent(int64_t x0, int64_t x1) const;
  // The finest bucket at or before x; null: there is none.
  const Bucket* at(int64_t x) const;

  size_t bytes() const;

 private:
  size_t indexOf(int64_t x) const;  // of the first bucket with its x at or after
  void carry();
  void joinNeighbours();
  static Bucket joined(const Bucket& a, const Bucket& b);

  size_t capacity_;
  std::vector<std::vector<Bucket>> levels_;  // bucket i of level k+1 holds 2i and 2i+1 of level k
  std::vector<uint32_t> breaks_;
  size_t perBucket_ = 1, pending_ = 0;  // steps that are joined into each; those in the last one, until it is full
  uint64_t revision_ = 0;
};

template <class F>
void Series::visit(int64_t x0, int64_t x1, size_t wanted, F&& f) const {
  if (empty() || x1 < x0) return;
  size_t from = indexOf(x0), to = indexOf(x1);
  if (from > 0) --from;
  to = to + 2 < size() ? to + 2 : size();
  size_t level = 0;
  while (level + 1 < levels_.size() && ((to - from) >> (level + 1)) >= wanted) ++level;
  const size_t step = size_t(1) << level;
  size_t i = from / step * step;
  for (; i + step <= to && (i >> level) < levels_[level].size(); i += step) f(levels_[level][i >> level]);
  // What is left at the end: in buckets as large as fit.
  while (i < to) {
    size_t fine = level;
    while (fine > 0 && (i % (size_t(1) << fine) != 0 || (i >> fine) >= levels_[fine].size() || i + (size_t(1) << fine) > to)) --fine;
    f(levels_[fine][i >> fine]);
    i += size_t(1) << fine;
  }
}

}  // namespace ui
