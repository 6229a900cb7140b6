// The simplest skeleton: f(i) for every i in [0, count), in any order. Each f writes its own element and nothing else.
// Cpu: slices of vectors. Cuda: a grid-stride loop.
#pragma once
#include "kernels/device.h"

namespace kernels {

// Elements in a slice at least: enough work to be worth waking another thread.
inline constexpr int64_t kMapGrain = 16384;

template <class F>
void map(Cpu& cpu, int64_t count, const F& f) {
  const Slices slices(count, kMapGrain);
  forSlices(cpu, slices.number, [&](int slice) {
    const int64_t end = slices.begin(slice + 1);
    const F g = f;  // a copy of its own: the compiler then knows that no store changes the pointers in it
#pragma omp simd
    for (int64_t i = slices.begin(slice); i < end; ++i) g(i);
  });
}

#ifdef KERNELS_CUDA
template <class F>
__global__ void mapKernel(F f, int64_t count, const int* halted) {
  const int64_t stride = int64_t(gridDim.x) * blockDim.x, end = halted && *halted ? 0 : count;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < end; i += stride) f(i);
}

template <class F>
void map(Cuda& device, int64_t count, const F& f) {
  if (count == 0) return;
  constexpr int64_t threads = 256, mostBlocks = 4096;
  const int64_t blocks = (count + threads - 1) / threads;
  launch(device, mapKernel<F>, dim3(unsigned(blocks < mostBlocks ? blocks : mostBlocks)), dim3(unsigned(threads)), 0, f, count, device.halted);
}
#endif

}  // namespace kernels
