// Row programs: kernels that reduce over the last axis (softmax, layer norm, losses), written once for both devices. A
// program sees one row, may ask for sums and maxima over it, and may visit its elements:
//
//   struct Program { template <class Row> BOTH void operator()(const Row& row) const { ... row.sum(f) ... } };
//   forEachRow(device, rows, columns, Program{...});
//
// Cpu: a thread a slice of rows, elements are vectors. Cuda: a block a row; between two of each(), sum() and max() all
// threads of the block meet, so what each() wrote may be read by the same row's next call at the same index only.
#pragma once
#include "kernels/device.h"

namespace kernels {

struct CpuRow {
  int64_t index;  // of the row
  int64_t size;   // columns

  // `omp simd` lets the compiler add up in vectors: in another order, but the same one on every run.
  template <class F>
  auto sum(F f) const {
    decltype(f(int64_t(0))) v = 0;
#pragma omp simd reduction(+ : v)
    for (int64_t i = 0; i < size; ++i) v += f(i);
    return v;
  }
  // The row must not be empty.
  template <class F>
  auto max(F f) const {
    auto v = f(0);
#pragma omp simd reduction(max : v)
    for (int64_t i = 1; i < size; ++i) {
      const auto x = f(i);
      v = v > x ? v : x;
    }
    return v;
  }
  template <class F>
  void each(F f) const {
#pragma omp simd
    for (int64_t i = 0; i < size; ++i) f(i);
  }
  // For what is done once a row.
  template <class F>
  void once(F f) const {
    f();
  }
};

inline constexpr int64_t kRowGrain = 8192;  // elements in a slice of rows at least

template <class Program>
void forEachRow(Cpu& cpu, int64_t rows, int64_t columns, const Program& program) {
  if (rows == 0) return;
  const int64_t grain = columns >= kRowGrain ? 1 : kRowGrain / (columns < 1 ? 1 : columns);
  const Slices slices(rows, grain);
  forSlices(cpu, slices.number, [&](int slice) {
    const Program p = program;
    for (int64_t r = slices.begin(slice); r < slices.begin(slice + 1); ++r) p(CpuRow{r, columns});
  });
}

#ifdef KERNELS_CUDA
struct CudaRow {
  int64_t index;
  int64_t size;

  template <class T, class Combine>
  __device__ static T combineBlock(T v, Combine combine) {
    __shared__ T part[32];
    const int lane = int(threadIdx.x % 32), warp = int(threadIdx.x / 32), warps = int(blockDim.x / 32);
    for (int o = 16; o > 0; o /= 2) v = combine(v, __shfl_xor_sync(~0u, v, o));
    __syncthreads();  // `part` may still be read by the reduction before this one
    if (lane == 0) part[warp] = v;
    __syncthreads();
    v = part[0];
    for (int w = 1; w < warps; ++w) v = combine(v, part[w]);
    return v;
  }
  template <class F>
  __device__ auto sum(F f) const {
    decltype(f(int64_t(0))) v = 0;
    for (int64_t i = threadIdx.x; i < size; i += blockDim.x) v += f(i);
    return combineBlock(v, [](auto a, auto b) { return a + b; });
  }
  template <class F>
  __device__ auto max(F f) const {
    auto v = f(0);
    for (int64_t i = threadIdx.x; i < size; i += blockDim.x) {
      const auto x = f(i);
      v = v > x ? v : x;
    }
    return combineBlock(v, [](auto a, auto b) { return a > b ? a : b; });
  }
  template <class F>
  __device__ void each(F f) const {
    for (int64_t i = threadIdx.x; i < size; i += blockDim.x) f(i);
  }
  template <class F>
  __device__ void once(F f) const {
    if (threadIdx.x == 0) f();
  }
};

template <class Program>
__global__ void rowKernel(Program program, int64_t rows, int64_t columns) {
  for (int64_t r = blockIdx.x; r < rows; r += gridDim.x) program(CudaRow{r, columns});
}

template <class Program>
void forEachRow(Cuda& device, int64_t rows, int64_t columns, const Program& program) {
  if (rows == 0) return;
  constexpr int64_t mostBlocks = 4096;  // as in map.h
  launch(device, rowKernel<Program>, dim3(unsigned(rows < mostBlocks ? rows : mostBlocks)), dim3(128), 0, program, rows, columns);
}
#endif

}  // namespace kernels
