// f(i, offset...) for every element i of a row-major shape, with the offset of each of K operands, which lie in memory by
// strides of their own: broadcasting, slices, concatenation. No two i may write the same place.
// Cpu: slices of runs along the last axis, vectors where the strides along it are 0 or 1. Cuda: a grid-stride loop.
#pragma once
#include <array>
#include <utility>

#include "kernels/map.h"

namespace kernels {

inline constexpr int kMostAxes = 8;

// The shape and the strides, in elements. Axes that lie behind one another in every operand become one.
template <int K>
struct Strided {
  int rank = 0;
  int64_t count = 1;  // elements of the shape
  int64_t size[kMostAxes] = {};
  int64_t stride[K][kMostAxes] = {};
  int64_t start[K] = {};

  // The next axis, from the outermost to the innermost. At most kMostAxes of them are longer than one.
  void append(int64_t axisSize, const std::array<int64_t, K>& strides) {
    count *= axisSize;
    if (axisSize == 1) return;
    bool behind = rank > 0;
    for (int k = 0; k < K; ++k) behind = behind && stride[k][rank - 1] == strides[size_t(k)] * axisSize;
    const int at = behind ? rank - 1 : rank++;
    size[at] = behind ? size[at] * axisSize : axisSize;
    for (int k = 0; k < K; ++k) stride[k][at] = strides[size_t(k)];
  }
};

// Where element `index` lies in each operand. Index: a type that the count fits into.
template <class Index, int K>
BOTH inline void offsetsOf(const Strided<K>& s, Index index, int64_t (&offsets)[K]) {
  for (int k = 0; k < K; ++k) offsets[k] = s.start[k];
  for (int axis = s.rank - 1; axis >= 0; --axis) {
    // The outermost axis takes what is left: no division where there is one axis.
    const Index rest = axis ? index / Index(s.size[axis]) : 0, at = index - rest * Index(s.size[axis]);
    for (int k = 0; k < K; ++k) offsets[k] += int64_t(at) * s.stride[k][axis];
    index = rest;
  }
}

template <class F, int K, size_t... k>
BOTH inline void callWith(const F& f, int64_t i, const int64_t (&offsets)[K], std::index_sequence<k...>) {
  f(i, offsets[k]...);
}

// f along the last axis. Bit k of `steps` says that operand k advances by one, otherwise it stays.
template <unsigned steps, int K, class F, size_t... k>
void alongRun(const F& f, int64_t first, int64_t length, const int64_t (&offsets)[K], std::index_sequence<k...>) {
  const int64_t at[] = {offsets[k]...};
#pragma omp simd
  for (int64_t j = 0; j < length; ++j) f(first + j, (steps >> k & 1 ? at[k] + j : at[k])...);
}
template <int K, class F, size_t... k>
void alongAnyRun(const F& f, int64_t first, int64_t length, const int64_t (&offsets)[K], const int64_t (&steps)[K],
                 std::index_sequence<k...>) {
  const int64_t at[] = {offsets[k]...}, by[] = {steps[k]...};
#pragma omp simd
  for (int64_t j = 0; j < length; ++j) f(first + j, (at[k] + j * by[k])...);
}

template <unsigned steps, int K, class F>
void stridedSlice(const Strided<K>& s, int64_t begin, int64_t end, const F& f) {
  constexpr auto all = std::make_index_sequence<size_t(K)>();
  constexpr unsigned anySteps = 1u << K;
  const int last = s.rank - 1;
  const int64_t run = s.rank ? s.size[last] : 1;
  int64_t steps_[K], offsets[K], at[kMostAxes] = {};
  for (int k = 0; k < K; ++k) steps_[k] = s.rank ? s.stride[k][last] : 0;

  offsetsOf(s, begin, offsets);
  int64_t rest = begin / run, within = begin % run;
  for (int axis = last - 1; axis >= 0; --axis) at[axis] = rest % s.size[axis], rest /= s.size[axis];
  for (int64_t i = begin; i < end;) {
    const int64_t length = run - within < end - i ? run - within : end - i;
    if constexpr (steps == anySteps) alongAnyRun(f, i, length, offsets, steps_, all);
    else alongRun<steps>(f, i, length, offsets, all);
    i += length;
    for (int k = 0; k < K; ++k) offsets[k] -= within * steps_[k];
    within = 0;
    for (int axis = last - 1; axis >= 0; --axis) {  // to the next run, as an odometer
      for (int k = 0; k < K; ++k) offsets[k] += s.stride[k][axis];
      if (++at[axis] < s.size[axis]) break;
      for (int k = 0; k < K; ++k) offsets[k] -= s.stride[k][axis] * s.size[axis];
      at[axis] = 0;
    }
  }
}

template <unsigned steps, int K, class F>
void stridedSlices(Cpu& cpu, const Strided<K>& s, unsigned wanted, const F& f) {
  if constexpr (steps > 0)
    if (steps != wanted) return stridedSlices<steps - 1>(cpu, s, wanted, f);
  const Slices slices(s.count, kMapGrain);
  forSlices(cpu, slices.number, [&](int slice) {
    const F g = f;
    stridedSlice<steps>(s, slices.begin(slice), slices.begin(slice + 1), g);
  });
}

template <int K, class F>
void forStrided(Cpu& cpu, const Strided<K>& s, const F& f) {
  if (s.count == 0) return;
  unsigned steps = 0;
  for (int k = 0; k < K; ++k) {
    const int64_t step = s.rank ? s.stride[k][s.rank - 1] : 0;
    if (step == 1) steps |= 1u << k;
    else if (step != 0) {
      steps = 1u << K;
      break;
    }
  }
  stridedSlices<1u << K>(cpu, s, steps, f);
}

#ifdef KERNELS_CUDA
template <class Index, int K, class F>
__global__ void stridedKernel(F f, Strided<K> s) {
  const int64_t step = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < s.count; i += step) {
    int64_t offsets[K];
    offsetsOf(s, Index(i), offsets);
    callWith(f, i, offsets, std::make_index_sequence<size_t(K)>());
  }
}

template <int K, class F>
void forStrided(Cuda& device, const Strided<K>& s, const F& f) {
  if (s.count == 0) return;
  constexpr int64_t threads = 256, mostBlocks = 4096;
  const int64_t blocks = (s.count + threads - 1) / threads;
  const dim3 grid(unsigned(blocks < mostBlocks ? blocks : mostBlocks));
  // Divisions of 32 bits are several times faster.
  if (s.count < (int64_t(1) << 32)) launch(device, stridedKernel<uint32_t, K, F>, grid, dim3(unsigned(threads)), 0, f, s);
  else launch(device, stridedKernel<int64_t, K, F>, grid, dim3(unsigned(threads)), 0, f, s);
}
#endif

}  // namespace kernels
