// From the numbers of a column to those that a plan's input slot holds: another type, and normalised on the way.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/data/source.h"

namespace engine::data {

// (x * scale - mean) / deviation, worked out as x * factor + offset, so that an exported graph can do the same with two
// nodes. `mean` and `deviation` have one number for all, or one for each index of the row's first axis (the channels of
// a picture); empty ones are 0 and 1.
struct Transform {
  double scale = 1;
  std::vector<double> mean, deviation;

  bool isIdentity() const { return scale == 1 && mean.empty() && deviation.empty(); }
  bool operator==(const Transform&) const = default;
};

// A transform of one column into one type, checked and ready.
class Conversion {
 public:
  // A problem when mean or deviation have the wrong length, are not finite or 0, or when a transform that is not the
  // identity should end in whole numbers.
  static Result<Conversion> make(const Source& source, int column, const Transform& transform, Type to);

  // The same row for row and number for number: bytes can be copied.
  bool isCopy() const { return from_ == to_ && identity_; }
  Type to() const { return to_; }
  // x * factors()[c] + offsets()[c]: one of each, or one for each index of the first axis.
  const std::vector<double>& factors() const { return factors_; }
  const std::vector<double>& offsets() const { return offsets_; }
  int64_t rowBytesFrom() const { return rowElements_ * bytesOf(from_); }
  int64_t rowBytesTo() const { return rowElements_ * bytesOf(to_); }

  // `from` and `to` are (rows, shape...), dense, not overlapping. Fails where a number does not fit in the type: 2.5 or
  // 300 in u8. Allocates nothing.
  Done apply(const void* from, int64_t rows, void* to) const;

 private:
  Conversion() = default;
  std::string where_;  // source and column, for messages
  Type from_ = Type::f32, to_ = Type::f32;
  int64_t rowElements_ = 0, inner_ = 0;  // inner_: elements of a row that share a factor
  bool identity_ = true;
  std::vector<double> factors_, offsets_;
};

}  // namespace engine::data
