// Norms over the last axes of their input: which axes those are, and the rows and columns that they make of it.
#pragma once
#include "engine/graph/op.h"

namespace engine {

// The field normalized_shape: the sizes of the last axes, or none for the last axis alone.
struct LastAxes {
  const std::vector<int64_t>& given;

  static void field(std::vector<int64_t>& normalizedShape, FieldVisitor& f) {
    f.integers("normalized_shape", normalizedShape, atLeast(1), {0, Shape::kMaxRank},
               "Sizes of the last axes, which are normalized together; empty: the last axis alone.");
  }

  int count() const { return given.empty() ? 1 : int(given.size()); }
  int64_t columns(const Shape& x) const { return x.elements(x.rank() - count(), x.rank()); }
  int64_t rows(const Shape& x) const { return x.elements(0, x.rank() - count()); }

  // The shape over which the input is normalized; missing after a mistake.
  Shape shape(Shapes& s, int input) const {
    const Shape& x = s.in(input);
    if (!s.require(x.rank() >= count(), Place::input(input), Message("{0} axes or more", count()), x)) return Shape::missing();
    const Shape last(std::span(x.end() - count(), size_t(count())));
    if (given.empty()) return last;
    const Shape wanted{std::span<const int64_t>(given)};
    if (s.require(mayEqual(last, wanted), Place::input(input), Message("last axes of {0}", wanted), x)
            .fix("empty normalized_shape to normalize the last axis", {SetField{s.node(), "normalized_shape", std::vector<int64_t>{}}}))
      return wanted;
    return Shape::missing();
  }

  // The numbers of the other axes, and of these.
  std::vector<int64_t> others(const Shape& x) const { return range(0, x.rank() - count()); }
  std::vector<int64_t> these(const Shape& x) const { return range(x.rank() - count(), x.rank()); }

 private:
  static std::vector<int64_t> range(int begin, int end) {
    std::vector<int64_t> axes;
    for (int axis = begin; axis < end; ++axis) axes.push_back(axis);
    return axes;
  }
};

}  // namespace engine
