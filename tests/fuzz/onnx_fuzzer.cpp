// Any bytes as an ONNX file: a network whose shapes can be inferred, or a problem.
#include <cstdint>
#include <cstdlib>

#include "engine/formats/onnx/onnx.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const auto imported = engine::formats::onnx::read({reinterpret_cast<const char*>(bytes), size}, "fuzzed.onnx");
  if (!imported) {
    if (toString(imported.error()).empty()) std::abort();
    return 0;
  }
  if (imported->outputs.empty()) std::abort();
  (void)engine::infer(imported->network, {imported->batch.value_or(engine::kBatch), false, engine::Type::f32});
  return 0;
}
