// A vector of floats of the instruction set that a file is compiled for. Only for files of this folder.
#pragma once
#include <cstdint>
#include <cstring>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace kernels {
extern const struct WinogradSteps kWinogradSteps;

namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

using Vector = float __attribute__((vector_size(kLanes * 4)));
using Anywhere = float __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));
using Whole = int32_t __attribute__((vector_size(kLanes * 4)));

inline Vector load(const float* from) { return *reinterpret_cast<const Anywhere*>(from); }
inline void store(float* to, Vector v) { *reinterpret_cast<Anywhere*>(to) = v; }
inline Vector loadFirst(const float* from, int count) {
  Vector v{};
  std::memcpy(&v, from, size_t(count) * sizeof(float));
  return v;
}
inline void storeFirst(float* to, Vector v, int count) { std::memcpy(to, &v, size_t(count) * sizeof(float)); }

}  // namespace
}  // namespace kernels
