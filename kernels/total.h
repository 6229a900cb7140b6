// One number out of everything: finish(sum of f(i) over [0, count)), where f gives a float or a double and the sum is a
// double. The order of additions depends on count alone, so the result is the same bits for any number of threads.
//
// Cpu: chunks are added up in vectors, chunks and slices in double. Cuda: a grid of partial sums, then one block.
#pragma once
#include "kernels/device.h"
#include "kernels/rows.h"

namespace kernels {

inline constexpr int kTotalParts = 256;        // doubles of scratch that total() needs
inline constexpr int64_t kTotalGrain = 16384;  // elements in a slice at least
inline constexpr int64_t kTotalChunk = 1024;   // elements that are added up in their own type

template <class F, class Finish>
void total(Cpu& cpu, int64_t count, double* parts, const F& f, const Finish& finish) {
  const Slices slices(count, kTotalGrain);
  forSlices(cpu, slices.number, [&](int slice) {
    const F g = f;
    const int64_t last = slices.begin(slice + 1);
    double sum = 0;
    for (int64_t chunk = slices.begin(slice); chunk < last; chunk += kTotalChunk) {
      const int64_t end = chunk + kTotalChunk < last ? chunk + kTotalChunk : last;
      decltype(g(chunk)) v = 0;
#pragma omp simd reduction(+ : v)
      for (int64_t i = chunk; i < end; ++i) v += g(i);
      sum += double(v);
    }
    parts[slice] = sum;
  });
  double sum = 0;
  for (int slice = 0; slice < slices.number; ++slice) sum += parts[slice];
  finish(sum);
}

#ifdef KERNELS_CUDA
template <class F>
__global__ void totalParts(F f, int64_t count, double* parts) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  double v = 0;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride) v += double(f(i));
  v = CudaRow::combineBlock(v, [](double a, double b) { return a + b; });
  if (threadIdx.x == 0) parts[blockIdx.x] = v;
}
template <class Finish>
__global__ void totalFinish(const double* parts, int count, Finish finish) {
  double v = 0;
  for (int i = int(threadIdx.x); i < count; i += int(blockDim.x)) v += parts[i];
  v = CudaRow::combineBlock(v, [](double a, double b) { return a + b; });
  if (threadIdx.x == 0) finish(v);
}

template <class F, class Finish>
void total(Cuda& device, int64_t count, double* parts, const F& f, const Finish& finish) {
  constexpr int64_t threads = 256;
  const int64_t wanted = (count + threads - 1) / threads;
  const int blocks = int(wanted < 1 ? 1 : wanted > kTotalParts ? kTotalParts : wanted);
  launch(device, totalParts<F>, dim3(unsigned(blocks)), dim3(unsigned(threads)), 0, f, count, parts);
  launch(device, totalFinish<Finish>, dim3(1), dim3(unsigned(threads)), 0, static_cast<const double*>(parts), blocks, finish);
}
#endif

}  // namespace kernels
