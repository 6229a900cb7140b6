// Any axis of a tensor as the rows of a row program: row r holds the elements that differ in that axis only.
#pragma once
#include "engine/graph/op.h"
#include "kernels/rows.h"

namespace engine {

struct AxisRows {
  int64_t rows = 0, columns = 0;
  int64_t stride = 1;  // from one element of a row to the next; 1 on the last axis

  AxisRows(const Shape& shape, int64_t axis) {
    const int at = int(axis < 0 ? axis + shape.rank() : axis);
    columns = shape[at];
    stride = shape.elements(at + 1, shape.rank());
    rows = shape.elements(0, at) * stride;
  }
  BOTH int64_t first(int64_t row) const { return row / stride * (columns * stride) + row % stride; }
};

// Where a row lies: on the last axis its elements are neighbours, which the compiler must know to make vectors.
struct DenseRow {
  int64_t begin;
  BOTH int64_t operator()(int64_t i) const { return begin + i; }
};
struct StridedRow {
  int64_t begin, stride;
  BOTH int64_t operator()(int64_t i) const { return begin + i * stride; }
};

// program(row, place) for each row along the axis; place(i) is the index of the row's element i.
template <class Program>
struct DenseProgram {
  Program program;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    program(row, DenseRow{row.index * row.size});
  }
};
template <class Program>
struct StridedProgram {
  Program program;
  AxisRows axis;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    program(row, StridedRow{axis.first(row.index), axis.stride});
  }
};

template <class Device, class Program>
void forEachRowAlong(Device& device, const Shape& shape, int64_t axis, const Program& program) {
  const AxisRows rows(shape, axis);
  if (rows.rows == 0 || rows.columns == 0) return;
  if (rows.stride == 1) kernels::forEachRow(device, rows.rows, rows.columns, DenseProgram<Program>{program});
  else kernels::forEachRow(device, rows.rows, rows.columns, StridedProgram<Program>{program, rows});
}

// The rules of an op that keeps the shape and works along the axis `dim`.
inline void inferAlong(Shapes& s, int64_t dim) {
  const int rank = s.in(0).rank();
  if (!s.require(rank > 0, Place::input(0), "an axis to add up over", s.in(0))) return;
  if (s.require(dim >= -rank && dim < rank, Place::field("dim"), Message("an axis from {0} to {1}", -rank, rank - 1), Message("{0}", dim))
          .fix("-1 is the last one", {SetField{s.node(), "dim", int64_t(-1)}}))
    s.out(0, s.in(0));
}

}  // namespace engine
