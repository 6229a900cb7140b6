// What readers of several families put their networks together from.
#pragma once
#include "engine/formats/onnx/reader.h"

namespace engine::formats::onnx {

// An axis from 0 on.
inline int64_t fromStart(int64_t axis, const Shape& shape) { return axis < 0 ? axis + shape.rank() : axis; }

inline Value slice(Reader& r, Value x, int64_t dim, int64_t start, int64_t end) {
  return r.add("Slice", {{"dim", dim}, {"start", start}, {"end", end}}, {x});
}
inline Value reshape(Reader& r, Value x, const std::vector<int64_t>& sizes) { return r.add("Reshape", {{"shape", sizes}}, {x}); }

}  // namespace engine::formats::onnx
