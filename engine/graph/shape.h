// Sizes along each axis of a value, in PyTorch's order (batch, channels, height, width).
#pragma once
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>

namespace engine {

inline constexpr int64_t kUnknown = -1;  // an axis whose size nobody knows yet
inline constexpr int64_t kBatch = -2;    // the batch axis while it has no number, printed "N"
// What elements() gives when the number does not fit: no memory is that large.
inline constexpr int64_t kTooMany = std::numeric_limits<int64_t>::max();

class Shape {
 public:
  static constexpr int kMaxRank = 8;

  Shape() = default;  // a single number
  Shape(std::initializer_list<int64_t> sizes) : Shape(std::span<const int64_t>(sizes.begin(), sizes.size())) {}
  // Sizes past kMaxRank are dropped: check first where they come from outside.
  explicit Shape(std::span<const int64_t> sizes) {
    rank_ = int8_t(std::min<size_t>(sizes.size(), kMaxRank));
    std::copy_n(sizes.begin(), rank_, size_);
  }
  // The shape of a value that nothing is known of, not even its rank.
  static Shape missing() {
    Shape s;
    s.rank_ = -1;
    return s;
  }

  bool isMissing() const { return rank_ < 0; }
  int rank() const { return rank_ < 0 ? 0 : rank_; }
  // Negative axes count from the end. The axis must exist.
  int64_t operator[](int axis) const { return size_[axis < 0 ? axis + rank_ : axis]; }
  int64_t& operator[](int axis) { return size_[axis < 0 ? axis + rank_ : axis]; }
  const int64_t* begin() const { return size_; }
  const int64_t* end() const { return size_ + rank(); }

  // Every axis has a number.
  bool isKnown() const {
    return rank_ >= 0 && std::all_of(begin(), end(), [](int64_t n) { return n >= 0; });
  }
  // The product of all sizes; kUnknown when an axis has no number, kTooMany when it is past 2^63.
  int64_t elements() const { return elements(0, rank()); }
  // The same over the axes [first, last).
  int64_t elements(int first, int last) const {
    if (isMissing()) return kUnknown;
    int64_t product = 1;
    bool unknown = false, tooMany = false;
    for (int axis = first; axis < last; ++axis) {
      if (size_[axis] == 0) return 0;
      if (size_[axis] < 0) unknown = true;
      else if (__builtin_mul_overflow(product, size_[axis], &product)) tooMany = true, product = 1;
    }
    return unknown ? kUnknown : tooMany ? kTooMany : product;
  }
  void append(int64_t size) {
    if (rank_ < kMaxRank) size_[rank_++] = size;
  }

  bool operator==(const Shape& other) const {
    return rank_ == other.rank_ && std::equal(begin(), end(), other.begin());
  }

 private:
  int8_t rank_ = 0;
  int64_t size_[kMaxRank] = {};
};

// Whether two sizes may be equal: a size without a number fits everything.
inline bool mayEqual(int64_t a, int64_t b) { return a == b || a < 0 || b < 0; }
bool mayEqual(const Shape& a, const Shape& b);

// "N × 1 × 28 × 28", "a single number" or "?".
std::string toString(const Shape& shape);

}  // namespace engine
