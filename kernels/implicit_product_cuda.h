// A matrix product on CUDA whose operands do not lie in memory as matrices: it asks where each element is. So a
// convolution needs no columns (im2col): what a window sees is read from the pictures, once for each tile of the result.
//
// A block of 256 threads makes a tile of 128 rows; both operands come through shared memory, 16 places of the sum at a time,
// and the next 16 are already on their way while these are multiplied. A thread keeps 8 x 4 (or 4 x 4) sums in registers and
// reads twelve (eight) numbers for them as three (two) vectors. Every sum is added up in one order that depends on the sizes
// alone: no atomics, the same bits on every run.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/device.h"

namespace kernels {

inline constexpr int kImplicitThreads = 256, kImplicitRows = 128, kImplicitDepth = 16;
inline constexpr int kImplicitBlocks = 2;  // at once on a multiprocessor, at least: 128 registers for each thread
inline constexpr int kImplicitColumns = 64, kImplicitFewColumns = 32;  // of a tile

struct ImplicitSize {
  int64_t rows = 0, depth = 0;
  int columns = 0;
  int groups = 1;          // as many products, beside each other in the z of the grid
  int firstGroup = 0;
  int64_t partLength = 0;  // the places of a sum that one block adds up: a multiple of kImplicitDepth
};

template <class T>
struct alignas(16) FourNumbers {
  T number[4];
};

// How the threads of a block fetch the 16 x `width` elements of an operand, so that a warp reads neighbours in memory and
// writes 32 different banks: along the width where that is how they lie, else 8 places of the sum x 4. A row of shared
// memory is 4 elements longer than the tile, and (8 places) x 4 + (0 to 3) are 32 banks.
template <int width, bool alongDepth>
struct ImplicitFetch {
  static constexpr int kRow = width + 4;
  static constexpr int kAcross = alongDepth ? width * 8 / kImplicitThreads : 1;  // different places of the width for a thread
  static constexpr int kDeep = width * kImplicitDepth / kImplicitThreads / kAcross;
  __device__ static int across(int thread, int i) { return alongDepth ? thread / 8 + i * (kImplicitThreads / 8) : thread % width; }
  __device__ static int deep(int thread, int j) {
    return alongDepth ? thread % 8 + 8 * j : thread / width + j * (kImplicitThreads / width);
  }
};

// Operands says where things are (conv_implicit_cuda.h):
//   Row row(group, r), Column column(group, c), Inner inner(group, k): what is to be known of a row and a column of the result,
//     and of a place of the sum, found once for many elements;
//   T left(Row, Inner), T right(Inner, Column): the operands;
//   void store(group, part, r, c, T): takes the sum;
//   kLeftAlongDepth, kRightAlongDepth: whether neighbours in memory are neighbours in the sum.
template <class T, int tileColumns, class Operands>
__global__ void __launch_bounds__(kImplicitThreads, kImplicitBlocks) implicitProduct(Operands operands, ImplicitSize size) {
  using Left = ImplicitFetch<kImplicitRows, Operands::kLeftAlongDepth>;
  using Right = ImplicitFetch<tileColumns, Operands::kRightAlongDepth>;
  using Inner = typename Operands::Inner;
  constexpr int kThreadsAcross = tileColumns / 4, kRowsEach = kImplicitRows * kThreadsAcross / kImplicitThreads;
  __shared__ FourNumbers<T> leftTile[kImplicitDepth][Left::kRow / 4], rightTile[kImplicitDepth][Right::kRow / 4];
  __shared__ Inner inners[kImplicitDepth];  // of the sixteen that are fetched next

  const int thread = int(threadIdx.x);
  const int group = size.firstGroup + int(blockIdx.z) % size.groups, part = int(blockIdx.z) / size.groups;
  const int64_t firstRow = int64_t(blockIdx.x) * kImplicitRows, begin = part * size.partLength;
  const int firstColumn = int(blockIdx.y) * tileColumns;
  const int64_t end = begin + size.partLength < size.depth ? begin + size.partLength : size.depth;

  // What each thread fetches for, and what of it there is.
  typename Operands::Row rows[Left::kAcross];
  typename Operands::Column columns[Right::kAcross];
  bool isRow[Left::kAcross], isColumn[Right::kAcross];
#pragma unroll  // with indices that are known, what a thread keeps needs registers only
  for (int i = 0; i < Left::kAcross; ++i) {
    const int64_t row = firstRow + Left::across(thread, i);
    isRow[i] = row < size.rows;
    rows[i] = operands.row(group, isRow[i] ? row : 0);
  }
#pragma unroll
  for (int i = 0; i < Right::kAcross; ++i) {
    const int column = firstColumn + Right::across(thread, i);
    isColumn[i] = column < size.columns;
    columns[i] = operands.column(group, isColumn[i] ? column : 0);
  }

  T left[Left::kAcross][Left::kDeep], right[Right::kAcross][Right::kDeep];
  const auto describe = [&](int64_t from) {
    if (thread < kImplicitDepth) inners[thread] = operands.inner(group, from + thread < end ? from + thread : begin);
  };
  const auto fetch = [&](int64_t from) {
#pragma unroll
    for (int j = 0; j < Left::kDeep; ++j) {
      const int k = Left::deep(thread, j);
#pragma unroll
      for (int i = 0; i < Left::kAcross; ++i)
        left[i][j] = isRow[i] && from + k < end ? operands.left(rows[i], inners[k]) : T(0);
    }
#pragma unroll
    for (int j = 0; j < Right::kDeep; ++j) {
      const int k = Right::deep(thread, j);
#pragma unroll
      for (int i = 0; i < Right::kAcross; ++i)
        right[i][j] = isColumn[i] && from + k < end ? operands.right(inners[k], columns[i]) : T(0);
    }
  };
  T* const leftNumbers = leftTile[0][0].number;
  T* const rightNumbers = rightTile[0][0].number;
  const int across = thread % kThreadsAcross, down = thread / kThreadsAcross;
  T sums[kRowsEach][4] = {};

  describe(begin);
  __syncthreads();
  fetch(begin);
  __syncthreads();
  for (int64_t from = begin; from < end; from += kImplicitDepth) {
#pragma unroll
    for (int j = 0; j < Left::kDeep; ++j)
#pragma unroll
      for (int i = 0; i < Left::kAcross; ++i)
        leftNumbers[Left::deep(thread, j) * Left::kRow + Left::across(thread, i)] = left[i][j];
#pragma unroll
    for (int j = 0; j < Right::kDeep; ++j)
#pragma unroll
      for (int i = 0; i < Right::kAcross; ++i)
        rightNumbers[Right::deep(thread, j) * Right::kRow + Right::across(thread, i)] = right[i][j];
    const bool more = from + kImplicitDepth < end;
    if (more) describe(from + kImplicitDepth);
    __syncthreads();
    if (more) fetch(from + kImplicitDepth);
#pragma unroll
    for (int k = 0; k < kImplicitDepth; ++k) {
      const FourNumbers<T> b = rightTile[k][across];
#pragma unroll
      for (int q = 0; q < kRowsEach / 4; ++q) {
        const FourNumbers<T> a = leftTile[k][down * (kRowsEach / 4) + q];
#pragma unroll
        for (int r = 0; r < 4; ++r)
#pragma unroll
          for (int c = 0; c < 4; ++c) sums[4 * q + r][c] += a.number[r] * b.number[c];
      }
    }
    __syncthreads();
  }

#pragma unroll
  for (int r = 0; r < kRowsEach; ++r) {
    const int64_t row = firstRow + down * kRowsEach + r;
    if (row >= size.rows) break;
#pragma unroll
    for (int c = 0; c < 4; ++c) {
      const int column = firstColumn + 4 * across + c;
      if (column < size.columns) operands.store(group, part, row, column, sums[r][c]);
    }
  }
}

// rows and columns above 0; parts: as many as size.partLength makes of the depth.
template <class T, class Operands>
void implicitProductOf(Cuda& device, const Operands& operands, const ImplicitSize& size, int64_t parts = 1) {
  constexpr int64_t kMostInZ = 65535;
  const bool few = size.columns <= kImplicitFewColumns;
  const int columns = few ? kImplicitFewColumns : kImplicitColumns;
  ImplicitSize some = size;
  for (int group = 0; group < size.groups; group += some.groups) {
    some.firstGroup = group;
    some.groups = int(std::min<int64_t>(size.groups - group, kMostInZ / parts));
    const dim3 grid(unsigned((size.rows + kImplicitRows - 1) / kImplicitRows), unsigned((size.columns + columns - 1) / columns),
                    unsigned(some.groups * parts));
    launch(device, few ? implicitProduct<T, kImplicitFewColumns, Operands> : implicitProduct<T, kImplicitColumns, Operands>, grid,
           dim3(kImplicitThreads), 0, operands, some);
  }
}

}  // namespace kernels
