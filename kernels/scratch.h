// Cuts one block of memory into arrays. Without memory it only counts, so that the same lines that ask for scratch use it.
#pragma once
#include <cstdint>

namespace kernels {

struct Scratch {
  char* memory = nullptr;
  int64_t bytes = 0;  // taken so far

  explicit Scratch(void* from = nullptr) : memory(static_cast<char*>(from)) {}
  template <class T>
  T* take(int64_t count) {
    constexpr int64_t line = 64;  // bytes of a cache line: two arrays never share one
    T* array = memory ? reinterpret_cast<T*>(memory + bytes) : nullptr;
    bytes += (count * int64_t(sizeof(T)) + line - 1) / line * line;
    return array;
  }
};

}  // namespace kernels
