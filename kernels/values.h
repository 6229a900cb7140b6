// Brings a list of numbers that lies in the host's memory (an op's field) to where kernels can read it. The numbers travel
// by value as arguments of small kernels, a chunk each: no copy from host memory, so it can be captured. For lists that
// never change from step to step.
#pragma once
#include <vector>

#include "kernels/map.h"

namespace kernels {

inline constexpr int kValuesChunk = 64;  // 512 bytes; a kernel's arguments may take 4096

template <class T>
struct CopyValues {
  T* to;
  double values[kValuesChunk];
  BOTH void operator()(int64_t i) const { to[i] = T(values[i]); }
};

template <class T, class Device>
void copyValues(Device& device, const std::vector<double>& from, T* to) {
  const int64_t count = int64_t(from.size());
  for (int64_t begin = 0; begin < count; begin += kValuesChunk) {
    CopyValues<T> copy{to + begin, {}};
    const int64_t size = count - begin < kValuesChunk ? count - begin : kValuesChunk;
    for (int64_t i = 0; i < size; ++i) copy.values[i] = from[size_t(begin + i)];
    map(device, size, copy);
  }
}

}  // namespace kernels
