// Reductions on CUDA; included by reduce.h. A block is 8 warps of 32 threads.
// Rows: the threads of a group walk along one result's elements (a group is a warp where they are few, else the block).
// Columns: a warp reads 32 results' elements at once, the 8 warps share the rows.
#pragma once
#include "kernels/reduce.h"

namespace kernels {

inline constexpr int kReduceThreads = 256;

inline int64_t reduceGroup(const Reduction& r) { return r.reduced.count <= 1024 ? 32 : kReduceThreads; }
inline int64_t reduceBlocks(const Reduction& r) {
  const int64_t results = r.rows ? kReduceThreads / reduceGroup(r) : 32;  // of a block
  return (r.kept.count + results - 1) / results;
}

inline int64_t reducePieces(const Cuda&, const Reduction& r) {
  constexpr int64_t enoughBlocks = 512, leastElements = 16384;  // a piece of a result smaller than this is not worth a block
  const int64_t blocks = reduceBlocks(r);
  if (blocks == 0 || blocks >= enoughBlocks) return 1;
  const int64_t wanted = enoughBlocks / blocks, most = r.reduced.count / (r.rows ? leastElements : leastElements / 32);
  return most < 1 ? 1 : wanted < most ? wanted : most;
}

template <class How, class T, class Load, class Store>
__global__ void reduceRowsKernel(Reduction r, Load load, Store store, T* partial, int64_t pieces, int group) {
  __shared__ T part[kReduceThreads];
  const int thread = int(threadIdx.x), groups = kReduceThreads / group;
  const int64_t piece = blockIdx.y, begin = r.reduced.count * piece / pieces, end = r.reduced.count * (piece + 1) / pieces;
  // All threads of the block go round equally often: they meet within.
  for (int64_t first = int64_t(blockIdx.x) * groups; first < r.kept.count; first += int64_t(gridDim.x) * groups) {
    const int64_t index = first + thread / group;
    T v = How::template start<T>();
    if (index < r.kept.count) {
      const int64_t base = offsetOf(r.kept, index);
      for (int64_t i = begin + thread % group; i < end; i += group) v = How::combine(v, T(load(base + offsetOf(r.reduced, i))));
    }
    __syncthreads();  // `part` may still be read by the round before
    part[thread] = v;
    __syncthreads();
    for (int half = group / 2; half > 0; half /= 2) {
      if (thread % group < half) part[thread] = How::combine(part[thread], part[thread + half]);
      __syncthreads();
    }
    if (thread % group == 0 && index < r.kept.count) {
      if (partial) partial[piece * r.kept.count + index] = part[thread];
      else store(index, part[thread]);
    }
  }
}

template <class How, class T, class Load, class Store>
__global__ void reduceColumnsKernel(Reduction r, Load load, Store store, T* partial, int64_t pieces) {
  constexpr int warps = kReduceThreads / 32;
  __shared__ T part[warps][32];
  const int lane = int(threadIdx.x % 32), warp = int(threadIdx.x / 32);
  const int64_t piece = blockIdx.y, begin = r.reduced.count * piece / pieces, end = r.reduced.count * (piece + 1) / pieces;
  for (int64_t first = int64_t(blockIdx.x) * 32; first < r.kept.count; first += int64_t(gridDim.x) * 32) {
    const int64_t index = first + lane;
    T v = How::template start<T>();
    if (index < r.kept.count) {
      const int64_t base = offsetOf(r.kept, index);
      for (int64_t i = begin + warp; i < end; i += warps) v = How::combine(v, T(load(base + offsetOf(r.reduced, i))));
    }
    __syncthreads();
    part[warp][lane] = v;
    __syncthreads();
    for (int half = warps / 2; half > 0; half /= 2) {
      if (warp < half) part[warp][lane] = How::combine(part[warp][lane], part[warp + half][lane]);
      __syncthreads();
    }
    if (warp == 0 && index < r.kept.count) {
      if (partial) partial[piece * r.kept.count + index] = part[0][lane];
      else store(index, part[0][lane]);
    }
  }
}

template <class How, class T, class Store>
struct JoinPieces {
  const T* partial;  // (pieces, results)
  int64_t pieces, results;
  Store store;
  BOTH void operator()(int64_t o) const {
    T total = partial[o];
    for (int64_t piece = 1; piece < pieces; ++piece) total = How::combine(total, partial[piece * results + o]);
    store(o, total);
  }
};

template <class How, class T, class Load, class Store>
void reduce(Cuda& device, const Reduction& r, const Load& load, const Store& store, void* scratch) {
  const int64_t results = r.kept.count, pieces = reducePieces(device, r), blocks = reduceBlocks(r);
  if (results == 0) return;
  constexpr int64_t mostBlocks = 4096;  // as in map.h
  T* partial = pieces > 1 ? static_cast<T*>(scratch) : nullptr;
  const dim3 grid(unsigned(blocks < mostBlocks ? blocks : mostBlocks), unsigned(pieces)), block{unsigned(kReduceThreads)};
  if (r.rows) launch(device, reduceRowsKernel<How, T, Load, Store>, grid, block, 0, r, load, store, partial, pieces, int(reduceGroup(r)));
  else launch(device, reduceColumnsKernel<How, T, Load, Store>, grid, block, 0, r, load, store, partial, pieces);
  if (partial) map(device, results, JoinPieces<How, T, Store>{partial, pieces, results, store});
}

}  // namespace kernels
