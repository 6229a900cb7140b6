// In which order rows are taken: shuffled anew in every epoch, or as they lie; and how they are cut into batches.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace engine::data {

// A permutation of [0, n) that depends on (n, seed, stream) alone.
void shuffle(std::span<int64_t> rows, uint64_t seed, uint64_t stream);

// The epoch and the batch in it, both counted from 0.
struct Position {
  int64_t epoch = 0;
  int64_t batch = 0;
  bool operator==(const Position&) const = default;
};

class Order {
 public:
  struct Options {
    int64_t batch = 32;     // rows of a batch, at least 1
    bool shuffle = true;    // else the rows come as they lie, in every epoch
    bool dropLast = false;  // leaves out a last batch that is not full
    uint64_t seed = 0;
  };

  Order() : Order(0, {}) {}
  Order(int64_t rows, const Options& options);

  int64_t rows() const { return rows_; }
  int64_t batchSize() const { return options_.batch; }
  // Batches of an epoch: 0 when there are no rows, or fewer than a batch while dropLast is on.
  int64_t batches() const;
  // Rows in a batch of an epoch: batchSize(), or fewer in the last one.
  int64_t rowsIn(int64_t batch) const;

  // Which rows batch `at` has. Any position may be asked for; one in another epoch than before costs a shuffle, and
  // nothing is allocated after the first. Valid until the next call. Empty past the last batch.
  std::span<const int64_t> at(Position position);

  // `position` in one count of steps and back: the position of a run that has done that many steps.
  Position afterSteps(int64_t steps) const;
  int64_t steps(Position position) const { return position.epoch * batches() + position.batch; }
  Position next(Position position) const;

 private:
  int64_t rows_;
  Options options_;
  int64_t epoch_ = -1;  // whose order permutation_ holds
  std::vector<int64_t> permutation_;
};

}  // namespace engine::data
