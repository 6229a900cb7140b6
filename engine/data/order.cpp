// Shuffling and batches.
#include "engine/data/order.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/data/random.h"

namespace engine::data {

// Fisher and Yates, from the end (Durstenfeld 1964).
void shuffle(std::span<int64_t> rows, uint64_t seed, uint64_t stream) {
  std::iota(rows.begin(), rows.end(), int64_t(0));
  Random random(seed, stream);
  for (size_t last = rows.size(); last > 1; --last) std::swap(rows[last - 1], rows[random.below(last)]);
}

Order::Order(int64_t rows, const Options& options) : rows_(std::max<int64_t>(rows, 0)), options_(options) {
  options_.batch = std::max<int64_t>(options_.batch, 1);
}

int64_t Order::batches() const {
  const int64_t full = rows_ / options_.batch;
  return full + (!options_.dropLast && rows_ % options_.batch != 0 ? 1 : 0);
}

int64_t Order::rowsIn(int64_t batch) const {
  if (batch < 0 || batch >= batches()) return 0;
  return std::min(options_.batch, rows_ - batch * options_.batch);
}

std::span<const int64_t> Order::at(Position position) {
  const int64_t count = rowsIn(position.batch);
  if (count == 0) return {};
  if (permutation_.empty()) permutation_.resize(size_t(rows_));
  if (!options_.shuffle && epoch_ < 0) std::iota(permutation_.begin(), permutation_.end(), int64_t(0));
  if (options_.shuffle && epoch_ != position.epoch) shuffle(permutation_, options_.seed, uint64_t(position.epoch));
  epoch_ = position.epoch;
  return std::span(permutation_).subspan(size_t(position.batch * options_.batch), size_t(count));
}

Position Order::afterSteps(int64_t steps) const {
  const int64_t count = batches();
  return count == 0 ? Position{} : Position{steps / count, steps % count};
}

Position Order::next(Position position) const {
  return position.batch + 1 < batches() ? Position{position.epoch, position.batch + 1}
                                        : Position{position.epoch + 1, 0};
}

}  // namespace engine::data
