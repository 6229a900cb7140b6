// Any bytes as an IDX file: an array whose bytes fit its shape, or a problem; never more memory than allowed.
#include <cstdint>
#include <cstdlib>

#include "engine/data/idx.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  constexpr int64_t kLimit = 16 << 20;
  const auto array = engine::data::parseIdx(std::as_bytes(std::span(bytes, size)), "fuzzed.idx", kLimit);
  if (!array) {
    if (toString(array.error()).empty()) std::abort();
    return 0;
  }
  const auto expected = array->shape.elements() * bytesOf(array->type);
  if (int64_t(array->bytes.size()) != expected || expected > kLimit) std::abort();
  return 0;
}
