// Fourier transforms: products with matrices of cosines and sines. Complex numbers are an axis of two, at the end.
#include <cmath>
#include <numbers>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/steps.h"

namespace engine::formats::onnx {

namespace {

using Sizes = std::vector<int64_t>;
constexpr int64_t kMostNumbers = int64_t(1) << 24;

// A number that stands for a size or an axis.
int64_t whole(Reader& r, int input, double otherwise) {
  const double n = r.number(input, otherwise);
  return n >= -double(kMostNumbers) && n <= double(kMostNumbers) ? int64_t(n) : 0;
}

// Numbers as a Buffer of the type that the network computes in.
Value numbers(Reader& r, const Shape& shape, const std::vector<double>& values) {
  Tensor tensor{"", r.floating(), shape, {}};
  for (double value : values) {
    const float narrow = float(value);
    if (r.floating() == Type::f32) tensor.bytes.append(reinterpret_cast<const char*>(&narrow), sizeof narrow);
    else tensor.bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return r.add("Buffer", {{"shape", Sizes(shape.begin(), shape.end())}, {"dtype", std::string("float")}}, {}, {{"value", tensor}});
}

// Of the axis before the last one, which has `points` elements.
Value spectrum(Reader& r, Value x, int64_t points, bool inverse, bool onesided) {
  if (!x) return {};
  const int64_t parts = r.shape(x)[-1], bins = onesided ? points / 2 + 1 : points;
  if ((parts != 1 && parts != 2) || points < 1 || points > kMostNumbers / bins) {
    r.fail("a signal of real or complex numbers (..., points, 1 or 2) that is not too long", r.shape(x));
    return {};
  }
  std::vector<double> cosines, sines;
  for (int64_t k = 0; k < bins; ++k)
    for (int64_t n = 0; n < points; ++n) {
      const double turn = 2 * std::numbers::pi * double(k * n % points) / double(points), scale = inverse ? 1 / double(points) : 1;
      cosines.push_back(std::cos(turn) * scale);
      sines.push_back((inverse ? -1 : 1) * std::sin(turn) * scale);
    }
  const Value c = numbers(r, {bins, points}, cosines), s = numbers(r, {bins, points}, sines);
  const auto times = [&](Value matrix, Value v) { return r.add("MatMul", {}, {matrix, v}); };
  const Value real = slice(r, x, -1, 0, 1);
  Value toReal = times(c, real), toOther = r.add("Neg", {}, {times(s, real)});
  if (parts == 2) {
    const Value other = slice(r, x, -1, 1, 2);
    toReal = r.add("Add", {}, {toReal, times(s, other)});
    toOther = r.add("Add", {}, {times(c, other), toOther});
  }
  return r.add("Concatenate", {{"dim", int64_t(-1)}}, {toReal, toOther});
}

void readDFT(Reader& r) {
  constexpr int64_t kAxisIsInput = 20;
  const Value x = r.in(0);
  if (!x) return;
  const int rank = r.shape(x).rank();
  const int64_t given = r.opset() >= kAxisIsInput ? whole(r, 2, -2) : r.integer("axis", 1), axis = given < 0 ? given + rank : given;
  if (rank < 2 || axis < 0 || axis >= rank - 1) return r.fail(Message("an axis of {0} but the last one", r.shape(x)), Message("{0}", given));
  const int64_t there = r.shape(x)[int(axis)], points = r.has(1) ? whole(r, 1, 0) : there;
  if (there < 1 || points < 1 || points > kMostNumbers) return r.fail("a known length of the signal", r.shape(x));
  Sizes order;
  for (int i = 0; i < rank; ++i) order.push_back(i == axis ? rank - 2 : i == rank - 2 ? axis : i);
  const bool turns = axis != rank - 2;
  Value v = turns ? r.add("Permute", {{"dims", order}}, {x}) : x;
  if (points < there) v = slice(r, v, -2, 0, points);
  if (points > there) v = r.add("Pad", {{"pad", Sizes{0, 0, 0, points - there}}}, {v});
  v = spectrum(r, v, points, r.integer("inverse", 0) != 0, r.integer("onesided", 0) != 0);
  if (v) r.result(turns ? r.add("Permute", {{"dims", order}}, {v}) : r.add("Identity", {}, {v}));
}

// Frames that overlap are picked by their places, then each is a signal.
void readSTFT(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  const Shape shape = r.shape(x);
  if (shape.rank() != 2 && shape.rank() != 3) return r.fail("a signal (batch, length, 1 or 2)", shape);
  const Tensor* window = r.initializer(2);
  const int64_t length = shape[1], step = whole(r, 1, 0), points = r.has(3) ? whole(r, 3, 0) : r.has(2) && window ? window->shape.elements() : length;
  if (r.failed()) return;
  if (length < 1 || step < 1 || points < 1 || points > length) return r.fail("a known length of the signal, of the frames and of the steps", shape);
  const int64_t frames = (length - points) / step + 1, parts = shape.rank() == 3 ? shape[2] : 1;
  if (frames > kMostNumbers / points) return r.fail("fewer frames", Message("{0}", frames));
  Tensor places{"", Type::i64, {frames * points}, {}};
  for (int64_t f = 0; f < frames; ++f)
    for (int64_t n = 0; n < points; ++n) {
      const int64_t place = f * step + n;
      places.bytes.append(reinterpret_cast<const char*>(&place), sizeof place);
    }
  const Value index = r.add("Buffer", {{"shape", Sizes{frames * points}}, {"dtype", std::string("int64")}}, {}, {{"value", places}});
  Value v = r.add("Reshape", {{"shape", Sizes{0, frames, points, parts}}}, {r.add("IndexSelect", {{"dim", int64_t(1)}}, {x, index})});
  if (r.has(2)) v = r.add("Multiply", {}, {v, r.add("Reshape", {{"shape", Sizes{points, 1}}}, {r.in(2)})});
  r.result(spectrum(r, v, points, false, r.integer("onesided", 1) != 0));
}

}  // namespace

Family spectra() { return {{}, {{"DFT", readDFT}, {"STFT", readSTFT}}}; }

}  // namespace engine::formats::onnx
