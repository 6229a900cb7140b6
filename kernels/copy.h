// Copies of memory, whatever it holds.
#pragma once
#include <cstring>

#include "kernels/map.h"

namespace kernels {

inline void copyBytes(Cpu& cpu, const void* from, void* to, int64_t bytes) {
  constexpr int64_t grain = 64 << 10;  // bytes
  const Slices slices(bytes, grain);
  forSlices(cpu, slices.number, [&](int slice) {
    const int64_t begin = slices.begin(slice), size = slices.begin(slice + 1) - begin;
    if (size) std::memcpy(static_cast<char*>(to) + begin, static_cast<const char*>(from) + begin, size_t(size));
  });
}

#ifdef KERNELS_CUDA
inline void copyBytes(Cuda& device, const void* from, void* to, int64_t bytes) {
  if (bytes)
    device.failure.keep(cudaMemcpyAsync(to, from, size_t(bytes), cudaMemcpyDeviceToDevice, device.stream), "cudaMemcpyAsync");
}
#endif

// Calls f with an unsigned number of the width of an element (1, 4 or 8 bytes): what only moves elements need not know
// more of their type.
template <class F>
void withWord(int64_t bytes, const F& f) {
  if (bytes == 8) f(uint64_t());
  else if (bytes == 4) f(uint32_t());
  else f(uint8_t());
}

}  // namespace kernels
