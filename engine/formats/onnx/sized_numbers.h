// Numbers of which there are as many as a size says, and by what rule.
#pragma once
#include <optional>

#include "engine/formats/onnx/tensors.h"

namespace engine::formats::onnx {

// begin, begin + step, ...: of tensors with one axis that is not of size 1.
struct Count {
  int64_t begin = 0, step = 1;
  bool operator==(const Count&) const = default;
};
std::optional<Count> countOf(const Tensor& tensor);

// Square, but for axes of size 1 in front: `below` where the column is at most the row + diagonal, `above` elsewhere.
struct Triangle {
  double below = 0, above = 0;
  int64_t diagonal = 0;
  bool operator==(const Triangle&) const = default;
};
std::optional<Triangle> triangleOf(const Tensor& tensor);

// Where both are the same all along an axis, they are cut down to its first element; whether they were.
bool takeRepeated(Tensor& a, Tensor& b, int axis);

// Whether `part` is the first elements of `table` along an axis.
bool beginsWith(const Tensor& table, const Tensor& part, int axis);

}  // namespace engine::formats::onnx
