#include "ui/charts/series.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ui {

namespace {
constexpr size_t kBreaks = 1024;  // more are no longer told apart by eye
constexpr float kNothing = std::numeric_limits<float>::infinity();
}  // namespace

void Series::clear() {
  levels_.assign(1, {});
  breaks_.clear();
  perBucket_ = 1;
  pending_ = 0;
  ++revision_;
}

Series::Bucket Series::joined(const Bucket& a, const Bucket& b) {
  return {b.x, std::fmin(a.lowest, b.lowest), std::fmax(a.highest, b.highest)};
}

void Series::append(int64_t x, double lowest, double highest) {
  Bucket bucket{uint32_t(std::clamp<int64_t>(x, 0, std::numeric_limits<uint32_t>::max())), float(lowest), float(highest)};
  if (!std::isfinite(bucket.lowest) || !std::isfinite(bucket.highest)) {
    if (breaks_.size() < kBreaks) breaks_.push_back(bucket.x);
    bucket.lowest = kNothing;
    bucket.highest = -kNothing;
  }
  ++revision_;
  if (pending_ > 0) {  // the last bucket is not full yet, and nothing above has read it
    levels_[0].back() = joined(levels_[0].back(), bucket);
  } else {
    if (levels_[0].size() == capacity_) joinNeighbours();
    levels_[0].push_back(bucket);
  }
  if (++pending_ < perBucket_) return;
  pending_ = 0;
  carry();
}

// Each level that has become even gives a bucket to the one above.
void Series::carry() {
  for (size_t level = 0; levels_[level].size() % 2 == 0; ++level) {
    if (level + 1 == levels_.size()) levels_.emplace_back();
    const auto& fine = levels_[level];
    levels_[level + 1].push_back(joined(fine[fine.size() - 2], fine.back()));
  }
}

void Series::joinNeighbours() {
  levels_.erase(levels_.begin());  // the capacity is even, and the pyramid has the pairs already
  perBucket_ *= 2;
}

size_t Series::indexOf(int64_t x) const {
  const auto& finest = levels_[0];
  return size_t(std::lower_bound(finest.begin(), finest.end(), x, [](const Bucket& b, int64_t value) { return int64_t(b.x) < value; }) - finest.begin());
}

const Series::Bucket* Series::at(int64_t x) const {
  size_t i = indexOf(x);
  if (i == size() || int64_t(levels_[0][i].x) > x) {
    if (i == 0) return nullptr;
    --i;
  }
  return &levels_[0][i];
}

Series::Extent Series::extent(int64_t x0, int64_t x1) const {
  Extent e{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  constexpr size_t kEnough = 256;  // the ends are as coarse as a 256th of the stretch
  visit(x0, x1, kEnough, [&](const Bucket& b) {
    if (!b.isNumber()) return;
    e.lowest = std::min(e.lowest, double(b.lowest));
    e.highest = std::max(e.highest, double(b.highest));
    for (const double value : {double(b.lowest), double(b.highest)})
      if (value > 0) e.lowestPositive = std::min(e.lowestPositive, value);
  });
  return e;
}

size_t Series::bytes() const {
  size_t bytes = breaks_.capacity() * sizeof(uint32_t);
  for (const auto& level : levels_) bytes += level.capacity() * sizeof(Bucket);
  return bytes;
}

}  // namespace ui
