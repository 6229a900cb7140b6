// What every kernel file may use: the two devices, and the words that both compilers understand.
#pragma once

#if defined(__CUDACC__) || defined(NETWRIGHT_CUDA_HALF)
#include <cuda_runtime.h>
#include "kernels/cuda_failure.h"
#define KERNELS_CUDA 1
#define BOTH __host__ __device__
#else
#define BOTH
#endif

#include <cstdint>

namespace kernels {

class Pool;
class Choices;

// The processor. Work is cut into slices by the shape alone, never by the number of threads, so results are the same
// bits for any number of them.
struct Cpu {
  Pool* pool = nullptr;        // null: everything runs on the calling thread
  Choices* choices = nullptr;  // which way products and convolutions go (choices.h); null: as the rules say
};

// Calls work(slice) for every slice of [0, slices), on the pool's threads when there is more than one slice.
void runSlices(Cpu& cpu, int slices, void (*work)(const void* context, int slice), const void* context);

template <class Work>
void forSlices(Cpu& cpu, int slices, const Work& work) {
  if (slices == 1 || !cpu.pool) {
    for (int slice = 0; slice < slices; ++slice) work(slice);
    return;
  }
  runSlices(cpu, slices, [](const void* context, int slice) { (*static_cast<const Work*>(context))(slice); }, &work);
}

// The slices of `count` things with at least `grain` in each, at most 64. [sliceBegin(s), sliceBegin(s + 1)) is slice s.
struct Slices {
  int64_t count;
  int number;
  Slices(int64_t things, int64_t grain) : count(things), number(even(things / grain)) {}
  int64_t begin(int slice) const { return int64_t(__int128(count) * slice / number); }
  // As many, or a few less, so that two or four threads get as much each.
  static int even(int64_t wanted) { return wanted < 2 ? 1 : wanted < 4 ? 2 : wanted > 64 ? 64 : int(wanted / 4 * 4); }
};

struct Cuda;  // whole only in files that are compiled for CUDA; a pointer to it may stand anywhere

#ifdef KERNELS_CUDA
struct Cuda {
  cudaStream_t stream = nullptr;
  cublasHandle_t blas = nullptr;
  CudaFailure failure = {};  // the first call that failed; every call's result goes there
  const int* halted = nullptr;  // in the device's memory: map() and update() do nothing once it is not 0; null: they always do
};

// The only way to start a kernel: its result is kept, and it can be captured. What a kernel does wrong while it runs is
// told by a later call (cudaStreamSynchronize at the latest), which whoever waits for the device has to keep as well.
template <class... Parameters, class... Arguments>
void launch(Cuda& device, void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared, const Arguments&... arguments) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid, config.blockDim = block, config.dynamicSmemBytes = shared, config.stream = device.stream;
  device.failure.keep(cudaLaunchKernelEx(&config, kernel, arguments...), "cudaLaunchKernelEx");
}
#endif

}  // namespace kernels
