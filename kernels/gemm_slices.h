// How a matrix product is cut into slices: by its shape alone, over the batch, the rows or the columns, never through
// k.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/gemm.h"

namespace kernels {

// Below this many multiplications plain loops are done before a library has begun (measured: README.md).
inline bool isTiny(const ProductShape& shape) {
  constexpr double tinyWork = 2048;
  return double(shape.m) * double(shape.n) * double(shape.k) < tinyWork;  // also k = 0, which no library takes
}

// A part of the product: matrices [batch, batch + batches), of each the rows and columns given.
struct ProductSlice {
  int64_t batch, batches, row, rows, column, columns;
};

// Many products with one B are one product when the matrices A and C lie one after the other.
inline ProductShape folded(ProductShape shape) {
  if (shape.batch > 1 && shape.strideB == 0 && !shape.transposeA && shape.strideA == shape.m * shape.k &&
      shape.strideC == shape.m * shape.n) {
    shape.m *= shape.batch;
    shape.batch = 1;
  }
  if (shape.batch == 1) {
    shape.strideA = shape.m * shape.k;
    shape.strideB = shape.k * shape.n;
    shape.strideC = shape.m * shape.n;
  }
  return shape;
}

// Measured (README.md): each slice packs its operands anew, so slices are few and not thin.
inline std::vector<ProductSlice> slicesOf(const ProductShape& shape) {
  constexpr double workPerSlice = 1.6e6;  // multiplications: 20 to 40 microseconds of one core
  constexpr int64_t mostSlices = 16, fewestRows = 32, fewestColumns = 64, columnsTogether = 16;
  const double work = double(shape.m) * double(shape.n) * double(shape.k);
  const double wantedExactly = work * double(shape.batch) / workPerSlice;
  const int64_t wanted = std::clamp<int64_t>(wantedExactly < 1e6 ? int64_t(wantedExactly) : mostSlices, 1, mostSlices);

  std::vector<ProductSlice> slices;
  if (shape.batch >= wanted) {
    for (int64_t i = 0; i < wanted; ++i) {
      const int64_t begin = shape.batch * i / wanted, end = shape.batch * (i + 1) / wanted;
      slices.push_back({begin, end - begin, 0, shape.m, 0, shape.n});
    }
    return slices;
  }
  const int64_t pieces = (wanted + shape.batch - 1) / shape.batch;
  // Slices of rows read the whole of B each, slices of columns the whole of A; transposing costs more than reading.
  const double readB = double(shape.n) * (shape.transposeB ? 4 : 1),
               readA = double(shape.m) * (shape.transposeA ? 4 : 1);
  const int64_t byRows = std::clamp<int64_t>(shape.m / fewestRows, 1, pieces);
  const int64_t byColumns = std::clamp<int64_t>(shape.n / fewestColumns, 1, pieces);
  const bool rows = byRows > 1 && (readB < readA || byColumns == 1);
  for (int64_t b = 0; b < shape.batch; ++b) {
    if (rows) {
      for (int64_t i = 0; i < byRows; ++i) {
        const int64_t begin = shape.m * i / byRows, end = shape.m * (i + 1) / byRows;
        slices.push_back({b, 1, begin, end - begin, 0, shape.n});
      }
    } else {
      for (int64_t i = 0, end, begin = 0; i < byColumns; ++i, begin = end) {
        end = i + 1 == byColumns ? shape.n : shape.n * (i + 1) / byColumns / columnsTogether * columnsTogether;
        slices.push_back({b, 1, 0, shape.m, begin, end - begin});
      }
    }
  }
  return slices;
}

}  // namespace kernels
