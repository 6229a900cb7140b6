// Atomic operations, relaxed as on a GPU, so that the thread sanitizer still sees races around them. Only the types
// that nvcc takes: int64_t is `long`, for which CUDA has none.
#pragma once

#include <atomic>
#include <type_traits>

#include "stand_in/words.h"

namespace cuda_on_cpu {

template <class T>
inline constexpr bool atomicInteger = std::is_same_v<T, int> || std::is_same_v<T, unsigned> ||
                                      std::is_same_v<T, unsigned long long>;

// Replaces *p by change(*p), and gives what it was.
template <class T, class Change>
T atomicChange(T* p, const Change& change) {
  std::atomic_ref<T> at(*p);
  T old = at.load(std::memory_order_relaxed);
  while (!at.compare_exchange_weak(old, change(old), std::memory_order_relaxed)) {
  }
  return old;
}

}  // namespace cuda_on_cpu

template <class T>
T atomicAdd(T* p, std::type_identity_t<T> v) {
  static_assert(cuda_on_cpu::atomicInteger<T> || std::is_same_v<T, float> || std::is_same_v<T, double>,
                "CUDA adds int, unsigned, unsigned long long, float and double");
  return cuda_on_cpu::atomicChange(p, [v](T old) { return T(old + v); });
}
template <class T>
T atomicSub(T* p, std::type_identity_t<T> v) {
  static_assert(std::is_same_v<T, int> || std::is_same_v<T, unsigned>, "CUDA subtracts int and unsigned");
  return cuda_on_cpu::atomicChange(p, [v](T old) { return T(old - v); });
}
template <class T>
T atomicMax(T* p, std::type_identity_t<T> v) {
  static_assert(cuda_on_cpu::atomicInteger<T> || std::is_same_v<T, long long>, "CUDA compares integers only");
  return cuda_on_cpu::atomicChange(p, [v](T old) { return old < v ? v : old; });
}
template <class T>
T atomicMin(T* p, std::type_identity_t<T> v) {
  static_assert(cuda_on_cpu::atomicInteger<T> || std::is_same_v<T, long long>, "CUDA compares integers only");
  return cuda_on_cpu::atomicChange(p, [v](T old) { return v < old ? v : old; });
}
template <class T>
T atomicExch(T* p, std::type_identity_t<T> v) {
  static_assert(cuda_on_cpu::atomicInteger<T> || std::is_same_v<T, float>, "no such exchange in CUDA");
  return std::atomic_ref<T>(*p).exchange(v, std::memory_order_relaxed);
}
template <class T>
T atomicCAS(T* p, std::type_identity_t<T> expected, std::type_identity_t<T> v) {
  static_assert(cuda_on_cpu::atomicInteger<T> || std::is_same_v<T, unsigned short>, "no such comparison in CUDA");
  std::atomic_ref<T>(*p).compare_exchange_strong(expected, v, std::memory_order_relaxed);
  return expected;
}
template <class T>
T atomicAnd(T* p, std::type_identity_t<T> v) {
  static_assert(cuda_on_cpu::atomicInteger<T>);
  return cuda_on_cpu::atomicChange(p, [v](T old) { return old & v; });
}
template <class T>
T atomicOr(T* p, std::type_identity_t<T> v) {
  static_assert(cuda_on_cpu::atomicInteger<T>);
  return cuda_on_cpu::atomicChange(p, [v](T old) { return old | v; });
}
template <class T>
T atomicXor(T* p, std::type_identity_t<T> v) {
  static_assert(cuda_on_cpu::atomicInteger<T>);
  return cuda_on_cpu::atomicChange(p, [v](T old) { return old ^ v; });
}
