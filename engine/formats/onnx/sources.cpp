// Where values come from: parameters and constants, which are initializers in ONNX.
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

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
  const Tensor* value = at == r.node().attributes.end() ? nullptr : std::get_if<Tensor>(&at->second);
  if (!value) return r.fail("a constant that is a tensor", "another one");
  r.constant(*value);
}

void readConstantOfShape(Reader& r) {
  const auto at = r.node().attributes.find("value");
  const Tensor* value = at == r.node().attributes.end() ? nullptr : std::get_if<Tensor>(&at->second);
  if (value && (value->type != Type::f32 || value->shape.elements() != 1))
    return r.fail("a constant of one float", "another one");
  const double number = value ? double(value->values<float>()[0]) : 0;
  r.result("Constant", {{"shape", r.numbers(0)}, {"value", number}}, {});
}

}  // namespace

Family sources() {
  return {{{"Parameter", writeParameter}, {"Constant", writeConstant}},
          {{"Constant", readConstant}, {"ConstantOfShape", readConstantOfShape}}};
}

}  // namespace engine::formats::onnx
