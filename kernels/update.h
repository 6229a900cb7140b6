// map() with numbers that are found once a launch, from what changes from step to step: prepare() gives f, and f(i) runs
// for every i in [0, count), in any order. Cpu: prepare() once a slice. Cuda: once a thread, since only the device may
// read the state of the step. Made for optimizers, whose bias corrections cost more than an element's update.
#pragma once
#include "kernels/map.h"

namespace kernels {

template <class Prepare>
void update(Cpu& cpu, int64_t count, const Prepare& prepare) {
  const Slices slices(count, kMapGrain);
  forSlices(cpu, slices.number, [&](int slice) {
    const int64_t end = slices.begin(slice + 1);
    const auto f = prepare();
#pragma omp simd
    for (int64_t i = slices.begin(slice); i < end; ++i) f(i);
  });
}

#ifdef KERNELS_CUDA
template <class Prepare>
__global__ void updateKernel(Prepare prepare, int64_t count, const int* halted) {
  if (halted && *halted) return;
  const int64_t stride = int64_t(gridDim.x) * blockDim.x;
  const auto f = prepare();
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride) f(i);
}

template <class Prepare>
void update(Cuda& device, int64_t count, const Prepare& prepare) {
  if (count == 0) return;
  constexpr int64_t threads = 256, mostBlocks = 1024;  // each thread prepares: few threads, many elements each
  const int64_t blocks = (count + threads - 1) / threads;
  launch(device, updateKernel<Prepare>, dim3(unsigned(blocks < mostBlocks ? blocks : mostBlocks)), dim3(unsigned(threads)), 0,
         prepare, count, device.halted);
}
#endif

}  // namespace kernels
