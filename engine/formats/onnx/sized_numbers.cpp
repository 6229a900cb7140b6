#include "engine/formats/onnx/sized_numbers.h"

#include <algorithm>

namespace engine::formats::onnx {

namespace {

std::vector<double> numbersOf(const Tensor& tensor) {
  std::vector<double> numbers;
  const auto take = [&]<class U>(U) {
    for (U value : tensor.values<U>()) numbers.push_back(double(value));
  };
  switch (tensor.type) {
    case Type::f32: take(float()); break;
    case Type::f64: take(double()); break;
    case Type::i64: take(int64_t()); break;
    case Type::i32: take(int32_t()); break;
    case Type::u8:
    case Type::boolean: take(uint8_t()); break;
  }
  return numbers;
}

// (outer, size, inner) along an axis, in bytes.
struct Along {
  size_t outer, size, inner;
  Along(const Tensor& tensor, int axis)
      : outer(size_t(tensor.shape.elements(0, axis))), size(size_t(tensor.shape[axis])),
        inner(size_t(tensor.shape.elements(axis + 1, tensor.shape.rank()) * bytesOf(tensor.type))) {}
};

bool isRepeated(const Tensor& tensor, int axis) {
  const Along along(tensor, axis);
  if (along.size == 0) return false;
  for (size_t o = 0; o < along.outer; ++o)
    for (size_t i = 1; i < along.size; ++i)
      if (tensor.bytes.compare((o * along.size + i) * along.inner, along.inner, tensor.bytes, o * along.size * along.inner, along.inner) != 0) return false;
  return true;
}

void takeFirst(Tensor& tensor, int axis) {
  const Along along(tensor, axis);
  std::string bytes;
  for (size_t o = 0; o < along.outer; ++o) bytes.append(tensor.bytes, o * along.size * along.inner, along.inner);
  tensor.bytes = std::move(bytes);
  tensor.shape[axis] = 1;
}

}  // namespace

std::optional<Count> countOf(const Tensor& tensor) {
  if (tensor.type == Type::boolean || tensor.shape.elements() < 2) return {};
  if (std::count_if(tensor.shape.begin(), tensor.shape.end(), [](int64_t size) { return size != 1; }) != 1) return {};
  const std::vector<double> numbers = numbersOf(tensor);
  constexpr double kWhole = 1 << 24;  // of which any float knows each
  if (!(std::abs(numbers[0]) < kWhole && std::abs(numbers[1]) < kWhole)) return {};
  const Count count{int64_t(numbers[0]), int64_t(numbers[1]) - int64_t(numbers[0])};
  if (count.step == 0) return {};
  for (size_t i = 0; i < numbers.size(); ++i)
    if (numbers[i] != double(count.begin + int64_t(i) * count.step)) return {};
  return count;
}

std::optional<Triangle> triangleOf(const Tensor& tensor) {
  const Shape& shape = tensor.shape;
  if (shape.rank() < 2 || shape[-1] != shape[-2] || shape[-1] < 3 || shape.elements() != shape[-1] * shape[-1]) return {};
  const std::vector<double> numbers = numbersOf(tensor);
  const int64_t size = shape[-1];
  for (const int64_t diagonal : {0, -1, 1}) {
    const Triangle triangle{numbers[size_t((size - 1) * size)], numbers[size_t(size - 1)], diagonal};
    bool fits = triangle.below != triangle.above;
    for (int64_t row = 0; row < size && fits; ++row)
      for (int64_t column = 0; column < size && fits; ++column)
        fits = numbers[size_t(row * size + column)] == (column <= row + diagonal ? triangle.below : triangle.above);
    if (fits) return triangle;
  }
  return {};
}

bool takeRepeated(Tensor& a, Tensor& b, int axis) {
  if (a.shape.rank() != b.shape.rank() || !isRepeated(a, axis) || !isRepeated(b, axis)) return false;
  takeFirst(a, axis), takeFirst(b, axis);
  return true;
}

bool beginsWith(const Tensor& table, const Tensor& part, int axis) {
  if (table.type != part.type || table.shape.rank() != part.shape.rank() || table.shape[axis] < part.shape[axis]) return false;
  for (int a = 0; a < part.shape.rank(); ++a)
    if (a != axis && table.shape[a] != part.shape[a]) return false;
  const Along whole(table, axis), begin(part, axis);
  for (size_t o = 0; o < begin.outer; ++o)
    if (table.bytes.compare(o * whole.size * whole.inner, begin.size * begin.inner, part.bytes, o * begin.size * begin.inner, begin.size * begin.inner) != 0) return false;
  return true;
}

}  // namespace engine::formats::onnx
