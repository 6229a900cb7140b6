// Numbers to multiply, and memory that shows who misuses it.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

namespace reference {

template <class T>
std::vector<T> numbers(int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<T> normal;
  std::vector<T> values(size_t(count), T(0));
  for (T& value : values) value = normal(generator);
  return values;
}

// Memory aligned as the arena is, full of NaN, so that who reads before writing shows.
struct Scratch {
  int64_t bytes;
  std::unique_ptr<char, decltype(&std::free)> memory;
  explicit Scratch(int64_t size)
      : bytes(size), memory(static_cast<char*>(std::aligned_alloc(64, size_t(size + 127) / 64 * 64)), &std::free) {
    std::memset(memory.get(), 0xff, size_t(size + 64));
  }
  bool kept() const {
    for (int64_t i = bytes; i < bytes + 64; ++i)
      if (memory.get()[i] != char(0xff)) return false;
    return true;
  }
};

}  // namespace reference
