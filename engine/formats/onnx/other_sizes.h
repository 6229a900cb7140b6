// Which other sizes an axis is tried with, to see what follows from its size.
#pragma once
#include <cstdint>
#include <string>

namespace engine::formats::onnx {

// Two for the i-th of the axes that have names of their own; not above 0, or the size itself: not this way.
struct OtherSizes {
  int64_t first, second;
  // Different from one another and from the size, and none below `least`.
  bool fit(int64_t size, int64_t least) const { return first >= least && second >= least && first != size && second != size && first != second; }
};
using WayOfSizes = OtherSizes (*)(int64_t size, int64_t i);
inline constexpr WayOfSizes kWaysOfSizes[] = {
    [](int64_t size, int64_t i) {  // shorter: a table may have an end
      const OtherSizes shorter[] = {{size / 4 * 3, size / 2}, {size / 2, size / 4 * 3}, {size / 8 * 5, size / 8 * 7}, {size / 8 * 7, size / 8 * 5}};
      return i < 4 ? shorter[i] : OtherSizes{0, 0};
    },
    [](int64_t size, int64_t i) { return OtherSizes{size * (2 + i), size * (4 + i)}; },  // multiples, of pictures
    [](int64_t size, int64_t i) { return OtherSizes{size + 1 + i, size + 4 + 2 * i}; },
    [](int64_t size, int64_t) { return OtherSizes{size / 4 * 3, size / 2}; },  // axes that have to be alike
    [](int64_t size, int64_t) { return OtherSizes{size * 2, size * 3}; },
};

// FNV-1a: numbers that are only compared need not be kept, and a model may be half of the memory there is.
inline std::string hashOf(const std::string& bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : bytes) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
  return {reinterpret_cast<const char*>(&hash), sizeof hash};
}

}  // namespace engine::formats::onnx
