// Rules on axes that several ops share: broadcasting of shapes, and axes that count from the end.
#pragma once
#include <vector>

#include "engine/graph/shapes.h"

namespace engine {

// The shape that a and b broadcast to, aligned at their right ends; missing when they do not fit. An axis without a number
// fits everything; beside an axis of one it stays what it is, beside a longer one it must turn out to be that long or one.
inline Shape broadcastShape(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  Shape result;
  for (int axis = 0; axis < rank; ++axis) {
    const int inA = axis - (rank - a.rank()), inB = axis - (rank - b.rank());
    const int64_t p = inA < 0 ? 1 : a[inA], q = inB < 0 ? 1 : b[inB];
    if (p == q || q == 1) result.append(p);
    else if (p == 1) result.append(q);
    else if (p < 0) result.append(q < 0 ? kUnknown : q);
    else if (q < 0) result.append(p);
    else return Shape::missing();
  }
  return result;
}

// Says so when the axis does not exist. An axis below 0 counts from the end.
inline Requirement requireAxis(Shapes& s, const char* field, int64_t axis, const Shape& x) {
  const int rank = x.rank();
  return s.require(axis >= -rank && axis < rank, Place::field(field),
                   rank ? Message("an axis from {0} to {1}", -rank, rank - 1) : Message("an input with axes"),
                   rank ? Message("{0}", axis) : Message(x));
}
inline int fromStart(int64_t axis, const Shape& x) { return int(axis < 0 ? axis + x.rank() : axis); }

}  // namespace engine
