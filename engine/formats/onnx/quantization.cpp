// Numbers as whole ones of 8 bits and a scale. What they stand for is calculated with: (x - zero point) scale. Those with a sign, int8 in
// the file, are int32 here.
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"

namespace engine::formats::onnx {

namespace {

constexpr double kMost = 255;  // of uint8
struct Bounds {
  double least, most;
  const char* type;
};
constexpr Bounds kUnsigned = {0, kMost, "uint8"}, kSigned = {-128, 127, "int32"};

Value asFloat(Reader& r, Value v) { return v && isFloating(r.typeOf(v)) ? v : r.add("Cast", {}, {v}); }

// One number for all, or one for each place along an axis of x.
Value along(Reader& r, Value v, const Shape& x, int64_t axis) {
  if (!v || r.shape(v).rank() != 1 || r.shape(v)[0] == 1) return v;
  const int64_t at = axis < 0 ? axis + x.rank() : axis;
  Shape wide;
  for (int a = 0; a < x.rank(); ++a) wide.append(a == at ? r.shape(v)[0] : 1);
  if (at >= 0 && at < x.rank()) return r.reshaped(v, wide);
  r.fail(Message("an axis of {0}", x), Message("{0}", axis));
  return {};
}

Value withoutZero(Reader& r, Value x, int zero, int64_t axis) {
  const Value v = asFloat(r, x);
  return r.has(zero) ? r.add("Subtract", {}, {v, along(r, asFloat(r, r.in(zero)), r.shape(x), axis)}) : v;
}
Value dequantized(Reader& r, int x, int scale, int zero, int64_t axis) {
  const Value v = r.in(x);
  return r.add("Multiply", {}, {withoutZero(r, v, zero, axis), along(r, r.in(scale), r.shape(v), axis)});
}
// Rounded to the nearest, to even ones from the middle.
Value quantized(Reader& r, Value x, Value scale, Value zero, const Bounds& bounds) {
  Value v = r.add("Round", {}, {r.add("Divide", {}, {x, scale})});
  if (zero) v = r.add("Add", {}, {v, zero});
  v = r.add("Clamp", {{"min", std::vector<double>{bounds.least}}, {"max", std::vector<double>{bounds.most}}}, {v});
  return r.add("Cast", {{"dtype", std::string(bounds.type)}}, {v});
}
Value quantized(Reader& r, Value x, int scale, int zero, int64_t axis) {
  const Type type = r.has(zero) ? r.typeOf(r.in(zero)) : Type::u8;
  if (type != Type::u8 && type != Type::i32) {
    r.fail("a zero point of type uint8 or int8", Message("one of type {0}", type));
    return {};
  }
  const Shape shape = r.shape(x);
  return quantized(r, x, along(r, r.in(scale), shape, axis), r.has(zero) ? along(r, asFloat(r, r.in(zero)), shape, axis) : Value{},
                   type == Type::u8 ? kUnsigned : kSigned);
}

void readDynamic(Reader& r) {
  const Value x = r.in(0), none = r.single(0, r.floating());
  const Value most = r.add("Maximum", {}, {r.add("Max", {}, {x}), none}), least = r.add("Minimum", {}, {r.add("Min", {}, {x}), none});
  const Value scale = r.add("Divide", {}, {r.add("Subtract", {}, {most, least}), r.single(kMost, r.floating())});
  const Value place = r.add("Round", {}, {r.add("Divide", {}, {r.add("Subtract", {}, {none, least}), scale})});
  const Value zero = r.add("Clamp", {{"min", std::vector<double>{0}}, {"max", std::vector<double>{kMost}}}, {place});
  const Value y = quantized(r, x, scale, zero, kUnsigned);
  r.results({y, scale, r.add("Cast", {{"dtype", std::string("uint8")}}, {zero})});
}

// Zero points stand for rows of the first matrix and columns of the second one.
void readMatMulInteger(Reader& r) {
  constexpr int64_t rows = -2, columns = -1;
  const Value y = r.add("MatMul", {}, {withoutZero(r, r.in(0), 2, rows), withoutZero(r, r.in(1), 3, columns)});
  r.result("Cast", {{"dtype", std::string("int32")}}, {y});
}
void readQLinearMatMul(Reader& r) {
  constexpr int64_t rows = -2, columns = -1;
  const Value y = r.add("MatMul", {}, {dequantized(r, 0, 1, 2, rows), dequantized(r, 3, 4, 5, columns)});
  r.result(quantized(r, y, 6, 7, rows));
}

// A convolution whose weight is a value.
Value convolution(Reader& r, Value x, Value weight) {
  if (!x || !weight) return {};
  const int rank = r.shape(x).rank();
  if (rank < 3 || rank > 5 || r.word("auto_pad", "NOTSET") != "NOTSET") {
    r.fail("a convolution of series, pictures or volumes with pads by numbers", r.shape(x));
    return {};
  }
  using Sizes = std::vector<int64_t>;
  const size_t axes = size_t(rank - 2);
  const FieldMap fields = {{"stride", r.integers("strides", Sizes(axes, 1))},
                           {"padding", r.integers("pads", Sizes(2 * axes, 0))},
                           {"dilation", r.integers("dilations", Sizes(axes, 1))},
                           {"groups", r.integer("group", 1)}};
  return r.add("Convolution", fields, {x, weight});
}
// Scales and zero points of the weight are for its patterns, which are the channels of the result.
void readConvInteger(Reader& r) {
  const Value y = convolution(r, withoutZero(r, r.in(0), 2, 1), withoutZero(r, r.in(1), 3, 0));
  r.result("Cast", {{"dtype", std::string("int32")}}, {y});
}
void readQLinearConv(Reader& r) {
  const Value weight = dequantized(r, 3, 4, 5, 0);
  Value y = convolution(r, dequantized(r, 0, 1, 2, 1), weight);
  if (!y) return;
  const Shape shape = r.shape(y);
  if (r.has(8)) {  // the bias in units of both scales
    const Value units = r.add("Multiply", {}, {along(r, r.in(1), shape, 1), along(r, r.in(4), shape, 1)});
    y = r.add("Add", {}, {y, r.add("Multiply", {}, {along(r, asFloat(r, r.in(8)), shape, 1), units})});
  }
  r.result(quantized(r, y, 6, 7, 1));
}

}  // namespace

Family quantization() {
  return {{},
          {{"QuantizeLinear", [](Reader& r) { r.result(quantized(r, asFloat(r, r.in(0)), 1, 2, r.integer("axis", 1))); }},
           {"DequantizeLinear", [](Reader& r) { r.result(dequantized(r, 0, 1, 2, r.integer("axis", 1))); }},
           {"DynamicQuantizeLinear", readDynamic},
           {"MatMulInteger", readMatMulInteger},
           {"QLinearMatMul", readQLinearMatMul},
           {"ConvInteger", readConvInteger},
           {"QLinearConv", readQLinearConv}}};
}

}  // namespace engine::formats::onnx
