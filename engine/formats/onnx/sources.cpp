// Where values come from: parameters and constants, which are initializers in ONNX.
#include <algorithm>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

Tensor listOf(const std::vector<int64_t>& list) {
  Tensor tensor{"", Type::i64, {int64_t(list.size())}, {}};
  tensor.bytes.assign(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(int64_t));
  return tensor;
}
Tensor numberOf(int64_t number) {
  Tensor tensor = listOf({number});
  tensor.shape = Shape();
  return tensor;
}
Tensor filled(const Shape& shape, Type type, float number) {
  Tensor tensor{"", type, shape, {}};
  for (int64_t i = 0; i < shape.elements(); ++i) tensor.bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  return tensor;
}

void writeParameter(Writer& w) { w.same(0, w.parameter("value")); }

void writeConstant(Writer& w) {
  const Shape& shape = w.outShape(0);
  constexpr int64_t kMostInFile = 1 << 12;  // numbers; more of the same are not worth the bytes
  const int64_t count = shape.elements();
  if (count <= kMostInFile)
    return w.same(0, w.numbers("value", shape, std::vector<float>(size_t(count), float(w.real("value")))));
  Tensor value{"", Type::f32, {1}, {}};
  const float number = float(w.real("value"));
  value.bytes.assign(reinterpret_cast<const char*>(&number), sizeof number);
  w.result("ConstantOfShape", {w.integers("shape", {shape.begin(), shape.end()})}, {{"value", value}});
}

void readConstant(Reader& r) {
  const auto at = r.node().attributes.find("value");
  if (at != r.node().attributes.end())
    if (const Tensor* value = std::get_if<Tensor>(&at->second)) return r.constant(*value);
  if (r.has("value_int")) return r.constant(numberOf(r.integer("value_int", 0)));
  if (r.has("value_ints")) return r.constant(listOf(r.integers("value_ints")));
  if (r.has("value_float")) return r.constant(filled({}, Type::f32, float(r.real("value_float", 0))));
  if (r.has("value_floats")) {
    const std::vector<float> list = r.reals("value_floats");
    Tensor tensor{"", Type::f32, {int64_t(list.size())}, {}};
    tensor.bytes.assign(reinterpret_cast<const char*>(list.data()), list.size() * sizeof(float));
    return r.constant(std::move(tensor));
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
constexpr std::pair<int64_t, const char*> kProtoTypes[] = {{1, "float"}, {11, "float"}, {7, "int64"}, {6, "int32"}, {2, "uint8"}, {9, "bool"}};

void writeCast(Writer& w) {
  for (const auto& [proto, word] : kProtoTypes)
    if (w.word("dtype") == word) return w.result("Cast", {w.in(0)}, {{"to", proto}});
}
// Of other floating types the numbers stay what they are: the network has one that it computes in.
void readCast(Reader& r) {
  const int64_t to = r.integer("to", 0);
  for (const auto& [proto, word] : kProtoTypes)
    if (to == proto) return r.result("Cast", {{"dtype", std::string(word)}}, {r.in(0)});
  r.fail("a Cast to a type that this version knows (float, double, int64, int32, uint8, bool)", Message("type {0} of ONNX", to));
}

}  // namespace

Family sources() {
  return {{{"Parameter", writeParameter}, {"Buffer", writeParameter}, {"Cast", writeCast}, {"Constant", writeConstant}},
          {{"Cast", readCast}, {"Constant", readConstant}, {"ConstantOfShape", readConstantOfShape}, {"Shape", readShape}, {"Size", readSize}}};
}

}  // namespace engine::formats::onnx
