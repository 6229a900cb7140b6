// Any bytes as a safetensors file: tensors that lie inside of memory, each aligned, or a problem.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "engine/formats/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const auto all = std::as_bytes(std::span(bytes, size));
  const auto file = engine::formats::parseSafetensors({all.begin(), all.end()}, "fuzzed.safetensors");
  if (!file) {
    if (toString(file.error()).empty()) std::abort();
    return 0;
  }
  unsigned sum = 0;
  for (const auto& tensor : file->tensors()) {
    if (reinterpret_cast<uintptr_t>(tensor.data) % uintptr_t(engine::bytesOf(tensor.type)) != 0) std::abort();
    for (int64_t i = 0; i < tensor.bytes(); ++i) sum += unsigned(static_cast<const uint8_t*>(tensor.data)[i]);
    if (!file->find(tensor.name)) std::abort();
  }
  volatile unsigned read = sum;  // every byte is read: the address sanitizer sees what lies outside
  (void)read;
  return 0;
}
