// Permutations of axes. Where the innermost axis stays, runs are copied; where it moves, tiles are turned over, so that
// both reading and writing touch whole cache lines (Cuda: through shared memory).
#pragma once
#include <span>

#include "kernels/strided.h"

namespace kernels {

// Axis i of the result is axis order[i] of the input; `sizes` are the input's.
inline Strided<1> transposition(std::span<const int64_t> sizes, std::span<const int64_t> order) {
  int64_t strides[kMostAxes] = {}, dense = 1;
  for (size_t axis = sizes.size(); axis-- > 0;) strides[axis] = dense, dense *= sizes[axis];
  Strided<1> s;
  for (const int64_t axis : order) s.append(sizes[size_t(axis)], {strides[axis]});
  return s;
}

template <class T>
struct CopyStrided {
  const T* x;
  T* y;
  BOTH void operator()(int64_t i, int64_t from) const { y[i] = x[from]; }
};

// A transposition as many matrices: `columns` of the result lie behind one another, `rows` of it did in the input.
struct TurnedTiles {
  static constexpr int kTile = 32;
  int64_t rows, columns;
  int64_t rowStride;     // of the result
  int64_t columnStride;  // of the input
  Strided<2> matrices;   // where each begins: in the input, in the result
  int64_t rowTiles, columnTiles;

  // The last axis of `s` has not stride 1 in the input; some other one has.
  explicit TurnedTiles(const Strided<1>& s) {
    const int last = s.rank - 1;
    int row = 0;
    int64_t outStride[kMostAxes] = {}, dense = 1;
    for (int axis = last; axis >= 0; --axis) {
      outStride[axis] = dense, dense *= s.size[axis];
      if (s.stride[0][axis] == 1) row = axis;
    }
    rows = s.size[row], columns = s.size[last];
    rowStride = outStride[row], columnStride = s.stride[0][last];
    for (int axis = 0; axis < last; ++axis)
      if (axis != row) matrices.append(s.size[axis], {s.stride[0][axis], outStride[axis]});
    rowTiles = (rows + kTile - 1) / kTile, columnTiles = (columns + kTile - 1) / kTile;
  }
};

template <class T>
void turnTile(const TurnedTiles& t, const T* x, T* y, int64_t row, int64_t column) {
  constexpr int tile = TurnedTiles::kTile;
  const int64_t rows = t.rows - row < tile ? t.rows - row : tile, columns = t.columns - column < tile ? t.columns - column : tile;
  const T* from = x + row + column * t.columnStride;
  T* to = y + row * t.rowStride + column;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) to[r * t.rowStride + c] = from[r + c * t.columnStride];
  }
}

template <class T>
void transpose(Cpu& cpu, const Strided<1>& s, const T* x, T* y) {
  if (s.count == 0) return;
  if (s.rank == 0 || s.stride[0][s.rank - 1] == 1) return forStrided(cpu, s, CopyStrided<T>{x, y});
  const TurnedTiles t(s);
  const int64_t strips = t.matrices.count * t.rowTiles, strip = s.count / strips;  // elements
  const Slices slices(strips, strip < kMapGrain ? kMapGrain / (strip < 1 ? 1 : strip) : 1);
  forSlices(cpu, slices.number, [&](int slice) {
    for (int64_t at = slices.begin(slice); at < slices.begin(slice + 1); ++at) {
      int64_t offsets[2];
      offsetsOf(t.matrices, at / t.rowTiles, offsets);
      for (int64_t column = 0; column < t.columns; column += TurnedTiles::kTile)
        turnTile(t, x + offsets[0], y + offsets[1], at % t.rowTiles * TurnedTiles::kTile, column);
    }
  });
}

#ifdef KERNELS_CUDA
template <class T>
__global__ void transposeKernel(TurnedTiles t, const T* x, T* y) {
  constexpr int size = TurnedTiles::kTile, high = 8;  // blocks of 32 x 8 threads
  __shared__ T tile[size][size + 1];                  // one more, so that a column's elements lie in different banks
  const int tx = int(threadIdx.x), ty = int(threadIdx.y);
  const int64_t tiles = t.matrices.count * t.rowTiles * t.columnTiles;
  for (int64_t at = blockIdx.x; at < tiles; at += gridDim.x) {
    int64_t offsets[2];
    offsetsOf(t.matrices, at / (t.rowTiles * t.columnTiles), offsets);
    const int64_t row = at / t.columnTiles % t.rowTiles * size, column = at % t.columnTiles * size;
    for (int c = ty; c < size; c += high)
      if (row + tx < t.rows && column + c < t.columns) tile[c][tx] = x[offsets[0] + row + tx + (column + c) * t.columnStride];
    __syncthreads();
    for (int r = ty; r < size; r += high)
      if (row + r < t.rows && column + tx < t.columns) y[offsets[1] + (row + r) * t.rowStride + column + tx] = tile[tx][r];
    __syncthreads();
  }
}

template <class T>
void transpose(Cuda& device, const Strided<1>& s, const T* x, T* y) {
  if (s.count == 0) return;
  if (s.rank == 0 || s.stride[0][s.rank - 1] == 1) return forStrided(device, s, CopyStrided<T>{x, y});
  const TurnedTiles t(s);
  constexpr int64_t mostBlocks = 4096;  // as in map.h
  const int64_t tiles = t.matrices.count * t.rowTiles * t.columnTiles;
  launch(device, transposeKernel<T>, dim3(unsigned(tiles < mostBlocks ? tiles : mostBlocks)), dim3(TurnedTiles::kTile, 8), 0, t, x, y);
}
#endif

}  // namespace kernels
