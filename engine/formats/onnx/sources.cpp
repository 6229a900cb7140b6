// Where values come from: parameters and constants, which are initializers in ONNX.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/tensors.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

void writeParameter(Writer& w) { w.same(0, w.parameter("value")); }
void writeBuffer(Writer& w) {
  const std::string name = w.parameter("value");
  w.same(0, name);
  if (isFloating(w.outType(0))) w.note(kBuffers, name);
}

void writeConstant(Writer& w) {
  const Shape& shape = w.outShape(0);
  constexpr int64_t kMostInFile = 1 << 12;  // numbers; more of the same are not worth the bytes
  Tensor value{"", Type::f32, {1}, {}};
  const float number = float(w.real("value"));
  value.bytes.assign(reinterpret_cast<const char*>(&number), sizeof number);
  if (shape.rank() > 0 && shape[0] == kBatch) {
    const std::string batch = w.batch();
    const std::vector<int64_t> sizes(shape.begin() + 1, shape.end());
    return w.result("ConstantOfShape", {sizes.empty() ? batch : w.add("Concat", {batch, w.integers("shape", sizes)}, {{"axis", int64_t(0)}})}, {{"value", value}});
  }
  const int64_t count = shape.elements();
  if (count <= kMostInFile)
    return w.same(0, w.numbers("value", shape, std::vector<float>(size_t(count), float(w.real("value")))));
  w.result("ConstantOfShape", {w.integers("shape", {shape.begin(), shape.end()})}, {{"value", value}});
}

void readConstant(Reader& r) {
  const auto at = r.node().attributes.find("value");
  if (at != r.node().attributes.end())
    if (const Tensor* value = std::get_if<Tensor>(&at->second)) return r.constant(*value);
  if (r.has("value_int")) return r.constant(numberOf(r.integer("value_int", 0)));
  if (r.has("value_ints")) return r.constant(listOf(r.integers("value_ints")));
  if (r.has("value_float")) return r.constant(filled({}, Type::f32, r.real("value_float", 0)));
  if (r.has("value_floats")) {
    const std::vector<float> list = r.reals("value_floats");
    return r.constant(tensorOf(Type::f32, {int64_t(list.size())}, list));
  }
  r.fail("a constant that is a tensor or numbers", "another one");
}

// Sizes are numbers of the network, or follow from the batch: never a node.
void readShape(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  const int rank = r.shape(x).rank();
  const auto clamped = [&](int64_t axis) { return int(std::clamp(axis < 0 ? axis + rank : axis, int64_t(0), int64_t(rank))); };
  const int start = clamped(r.integer("start", 0)), end = clamped(r.integer("end", rank));
  const auto sizes = [&](int which) {
    std::vector<int64_t> list;
    for (int axis = start; axis < end; ++axis) list.push_back(r.shapeAt(x, which)[axis]);
    return listOf(list);
  };
  r.constant(sizes(0), sizes(1));
}
void readSize(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  const auto count = [&](int which) { return numberOf(r.shapeAt(x, which).elements()); };
  r.constant(count(0), count(1));
}

void readConstantOfShape(Reader& r) {
  const auto at = r.node().attributes.find("value");
  const Tensor* value = at == r.node().attributes.end() ? nullptr : std::get_if<Tensor>(&at->second);
  if (value && value->shape.elements() != 1) return r.fail("a constant of one number", Message("{0}", value->shape));
  const std::vector<int64_t> sizes = r.numbers(0);
  if (r.failed()) return;
  if (sizes.size() > size_t(Shape::kMaxRank) || std::any_of(sizes.begin(), sizes.end(), [](int64_t size) { return size < 0; }))
    return r.fail(Message("sizes of at most {0} axes", Shape::kMaxRank), "others");
  if (!value || value->type == Type::f32) return r.result("Constant", {{"shape", sizes}, {"value", value ? double(value->values<float>()[0]) : 0}}, {});
  Tensor tensor{"", value->type, Shape(std::span<const int64_t>(sizes)), {}};
  constexpr int64_t kMostBytes = int64_t(1) << 24;
  int64_t bytes;
  if (__builtin_mul_overflow(tensor.shape.elements(), bytesOf(tensor.type), &bytes) || bytes > kMostBytes)
    return r.fail(Message("at most {0} MiB of one number", kMostBytes >> 20), Message("{0}", tensor.shape));
  for (int64_t i = 0; i < tensor.shape.elements(); ++i) tensor.bytes += value->bytes;
  r.constant(std::move(tensor));
}

// TensorProto.DataType of the types that there are.
constexpr std::pair<int64_t, const char*> kProtoTypes[] = {{1, "float"}, {11, "float"}, {7, "int64"}, {6, "int32"}, {2, "uint8"}, {9, "bool"},
                                                           // as what holds all of them: float16, bfloat16, int8, int16, uint16, uint32, uint64
                                                           {10, "float"}, {16, "float"}, {3, "int32"}, {5, "int32"}, {4, "int32"}, {12, "int64"}, {13, "int64"}};

void writeCast(Writer& w) {
  for (const auto& [proto, word] : kProtoTypes)
    if (w.word("dtype") == word) return w.result("Cast", {w.in(0)}, {{"to", proto}});
}
// Of other floating types the numbers stay what they are: the network has one that it computes in.
void readCast(Reader& r) {
  const int64_t to = r.integer("to", 0);
  for (const auto& [proto, word] : kProtoTypes)
    if (to == proto) return r.result("Cast", {{"dtype", std::string(word)}}, {r.in(0)});
  r.fail("a Cast to a type that this version knows (numbers, and bool)", Message("type {0} of ONNX", to));
}

// Of the type of another value.
void readCastLike(Reader& r) {
  const Value like = r.in(1);
  r.result("Cast", {{"dtype", std::string(wordOfType(r.typeOf(like)))}}, {r.in(0)});
}

// start, start + delta, ... before limit
void readRange(Reader& r) {
  const Tensor* first = r.initializer(0);
  const double start = r.number(0, 0), limit = r.number(1, 0), delta = r.number(2, 1);
  if (r.failed() || !first) return;
  const double count = delta == 0 ? -1 : std::max(std::ceil((limit - start) / delta), 0.0);
  if (!(count >= 0 && count <= double(kMostMade))) return r.fail(Message("a range of at most {0} numbers", kMostMade), "another one");
  const auto range = [&]<class U>() {
    std::vector<U> values;
    for (int64_t i = 0; i < int64_t(count); ++i)
      if constexpr (std::is_integral_v<U>) values.push_back(U(uint64_t(castTo<int64_t>(start)) + uint64_t(i) * uint64_t(castTo<int64_t>(delta))));
      else values.push_back(U(start) + U(i) * U(delta));
    r.constant(tensorOf(first->type, {int64_t(count)}, values));
  };
  if (first->type == Type::f64) range.operator()<double>();
  else if (first->type == Type::f32) range.operator()<float>();
  else if (first->type == Type::i32) range.operator()<int32_t>();
  else if (first->type == Type::i64) range.operator()<int64_t>();
  else r.fail("a range of floats or whole numbers", Message("of type {0}", first->type));
}

std::optional<Type> typeOfProto(int64_t proto) {
  constexpr std::pair<int64_t, Type> types[] = {{1, Type::f32}, {11, Type::f64}, {7, Type::i64}, {6, Type::i32}, {2, Type::u8}, {9, Type::boolean},
                                                       {10, Type::f32}, {16, Type::f32}, {3, Type::i32}, {5, Type::i32}, {4, Type::i32}, {12, Type::i64}, {13, Type::i64}};
  for (const auto& [number, type] : types)
    if (proto == number) return type;
  return {};
}

// a0 - a1 cos(2πi / n) + a2 cos(4πi / n)
void readWindow(Reader& r, double a0, double a1, double a2) {
  const double size = r.number(0, 0);
  const bool twice = typeOfProto(r.integer("output_datatype", 1)) == Type::f64;
  if (r.failed()) return;
  if (!(size >= 0 && size <= double(kMostMade))) return r.fail(Message("a size of at most {0}", kMostMade), Message("{0}", size));
  const double whole = r.integer("periodic", 1) ? size : size - 1;
  std::vector<double> values;
  for (int64_t i = 0; i < int64_t(size); ++i) {
    const double turn = whole > 0 ? 2 * std::numbers::pi * double(i) / whole : 0;
    values.push_back(a0 - a1 * std::cos(turn) + a2 * std::cos(2 * turn));
  }
  const Shape shape{int64_t(size)};
  r.constant(twice ? tensorOf(Type::f64, shape, values) : tensorOf(Type::f32, shape, std::vector<float>(values.begin(), values.end())));
}

void readEyeLike(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  const Shape& shape = r.shape(x);
  const std::optional<Type> type = r.has("dtype") ? typeOfProto(r.integer("dtype", 0)) : r.typeOf(x);
  if (shape.rank() != 2 || !shape.isKnown() || shape.elements() > kMostMade || !type) return r.fail("a matrix of known size, and a type that this version knows", shape);
  const int64_t k = r.integer("k", 0);
  std::vector<float> values;
  for (int64_t row = 0; row < shape[0]; ++row)
    for (int64_t column = 0; column < shape[1]; ++column) values.push_back(column - row == k ? 1.0f : 0.0f);
  r.result("Cast", {{"dtype", std::string(wordOfType(*type))}}, {r.given(tensorOf(Type::f32, shape, values))});
}

}  // namespace

Family sources() {
  return {{{"Parameter", writeParameter}, {"Buffer", writeBuffer}, {"Cast", writeCast}, {"Constant", writeConstant}},
          {{"Cast", readCast},   {"CastLike", readCastLike}, {"Range", readRange}, {"EyeLike", readEyeLike},
           {"HannWindow", [](Reader& r) { readWindow(r, 0.5, 0.5, 0); }}, {"HammingWindow", [](Reader& r) { readWindow(r, 25.0 / 46, 21.0 / 46, 0); }},
           {"BlackmanWindow", [](Reader& r) { readWindow(r, 0.42, 0.5, 0.08); }}, {"Constant", readConstant}, {"ConstantOfShape", readConstantOfShape}, {"Shape", readShape}, {"Size", readSize}}};
}

}  // namespace engine::formats::onnx
