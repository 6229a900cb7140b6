// Small tensors that readers and writers make: lists of numbers, one number, places.
#pragma once
#include <cstring>
#include <span>
#include <vector>

#include "engine/formats/onnx/model.h"
#include "engine/ops/any_type.h"
#include "engine/ops/cast.h"

namespace engine::formats::onnx {

template <class T>
Tensor tensorOf(Type type, const Shape& shape, const std::vector<T>& values) {
  return {"", type, shape, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)}};
}
inline Tensor listOf(const std::vector<int64_t>& list) { return tensorOf(Type::i64, {int64_t(list.size())}, list); }
inline Tensor numberOf(int64_t number) { return tensorOf<int64_t>(Type::i64, {}, {number}); }

// As many times the same number, of any type.
inline Tensor filled(const Shape& shape, Type type, double number) {
  Tensor tensor{"", type, shape, {}};
  withType<float>(type, [&]<class U>() {
    const auto fill = [&]<class To>(To value) {
      tensor.bytes.resize(size_t(shape.elements()) * sizeof value);
      for (size_t i = 0; i < size_t(shape.elements()); ++i) std::memcpy(&tensor.bytes[i * sizeof value], &value, sizeof value);
    };
    if (type == Type::f64) fill(number);
    else fill(castTo<U>(number));
  });
  return tensor;
}

// 0, 1, ... along an axis of a tensor of this rank whose other axes have size 1.
inline Tensor placesAlong(int64_t size, int axis, int rank) {
  std::vector<int64_t> places;
  for (int64_t i = 0; i < size; ++i) places.push_back(i);
  Shape shape;
  for (int a = 0; a < rank; ++a) shape.append(a == axis ? size : 1);
  return tensorOf(Type::i64, shape, places);
}

// What a reader makes by itself may be so large: elements of numbers, and of masks.
inline constexpr int64_t kMostMade = int64_t(1) << 21, kMostOfMask = int64_t(1) << 24;

}  // namespace engine::formats::onnx
