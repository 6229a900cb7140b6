// Resize and Upsample: along each axis the results are sums of neighbours, which is a product with a matrix of their shares. Where each
// element is only repeated, or every so many left out, it goes without a product.
#include <algorithm>
#include <cmath>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

using Sizes = std::vector<int64_t>;

struct Way {
  std::string mode, nearest, places;  // places: coordinate_transformation_mode
  double cubic = -0.75, outside = 0;
  bool excludes = false;
};
struct ResizedAxis {
  int64_t in = 1, out = 1;
  double scale = 1, from = 0, to = 1;  // from, to: the part that tf_crop_and_resize takes
};

// Where result `o` lies between the elements that come in.
double placeOf(const Way& way, const ResizedAxis& a, int64_t o) {
  const double x = double(o), last = double(a.in - 1), length = a.scale * double(a.in);
  if (way.places == "align_corners") return length == 1 ? 0 : x * last / (length - 1);
  if (way.places == "asymmetric") return x / a.scale;
  if (way.places == "tf_half_pixel_for_nn") return (x + 0.5) / a.scale;
  if (way.places == "tf_crop_and_resize") return a.out > 1 ? a.from * last + x * (a.to - a.from) * last / double(a.out - 1) : 0.5 * (a.from + a.to) * last;
  if (way.places == "pytorch_half_pixel" && a.out == 1) return 0;
  if (way.places == "half_pixel_symmetric") return double(a.in) / 2 * (1 - double(a.out) / length) + (x + 0.5) / a.scale - 0.5;
  return (x + 0.5) / a.scale - 0.5;
}
bool isKnownPlace(const std::string& places) {
  for (const char* known : {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"})
    if (places == known) return true;
  return false;
}
int64_t nearestOf(const Way& way, const ResizedAxis& a, double x) {
  double n = std::ceil(x - 0.5);  // round_prefer_floor
  if (way.nearest == "round_prefer_ceil") n = std::floor(x + 0.5);
  else if (way.nearest == "floor") n = std::floor(x);
  else if (way.nearest == "ceil") n = std::ceil(x);
  return std::clamp(int64_t(n), int64_t(0), a.in - 1);
}

// Shares of the elements that come in, one row for each result.
std::vector<double> sharesOf(const Way& way, const ResizedAxis& a) {
  std::vector<double> shares(size_t(a.in * a.out), 0.0);
  for (int64_t o = 0; o < a.out; ++o) {
    double* const row = &shares[size_t(o * a.in)];
    const double x = placeOf(way, a, o);
    if (way.places == "tf_crop_and_resize" && (x < 0 || x > double(a.in - 1))) continue;  // what is outside
    if (way.mode == "nearest") {
      row[nearestOf(way, a, x)] = 1;
      continue;
    }
    const double low = std::floor(x), t = x - low, c = way.cubic;
    const double linear[] = {1 - t, t};
    const double cubic[] = {((c * (t + 1) - 5 * c) * (t + 1) + 8 * c) * (t + 1) - 4 * c, ((c + 2) * t - (c + 3)) * t * t + 1, ((c + 2) * (1 - t) - (c + 3)) * (1 - t) * (1 - t) + 1,
                            ((c * (2 - t) - 5 * c) * (2 - t) + 8 * c) * (2 - t) - 4 * c};
    const bool isCubic = way.mode == "cubic";
    double all = 0;
    for (int k = 0; k < (isCubic ? 4 : 2); ++k) {
      const int64_t at = int64_t(low) + k - (isCubic ? 1 : 0), inside = std::clamp(at, int64_t(0), a.in - 1);
      if (way.excludes && at != inside) continue;
      const double share = isCubic ? cubic[k] : linear[k];
      row[inside] += share, all += share;
    }
    if (way.excludes && all != 0)
      for (int64_t i = 0; i < a.in; ++i) row[i] /= all;
  }
  return shares;
}

// The element that each result is, where it is one.
std::vector<int64_t> picksOf(const Way& way, const ResizedAxis& a) {
  std::vector<int64_t> picks;
  for (int64_t o = 0; o < a.out; ++o) picks.push_back(nearestOf(way, a, placeOf(way, a, o)));
  return picks;
}

Value reshape(Reader& r, Value x, const Sizes& sizes) { return r.add("Reshape", {{"shape", sizes}}, {x}); }

// Axis `axis` of a value whose other axes are known but for the first.
Value resizedAxis(Reader& r, Value x, int axis, const Way& way, const ResizedAxis& a) {
  const Shape shape = r.shape(x);
  Sizes back = {axis == 0 ? a.out : 0};
  int64_t before = 1, behind = 1;
  for (int i = 1; i < shape.rank(); ++i) {
    back.push_back(i == axis ? a.out : shape[i]);
    if (i < axis) before *= shape[i];
    if (i > axis) behind *= shape[i];
  }
  if (way.mode == "nearest" && way.places != "tf_crop_and_resize") {
    const std::vector<int64_t> picks = picksOf(way, a);
    const int64_t times = a.out / a.in, step = a.in / std::max<int64_t>(a.out, 1);
    bool repeats = a.out % a.in == 0, skips = step > 0;
    for (int64_t o = 0; o < a.out; ++o) repeats = repeats && picks[size_t(o)] == o / times, skips = skips && picks[size_t(o)] == picks[0] + o * step;
    if (repeats) {
      const Sizes narrow = axis == 0 ? Sizes{a.in, 1, behind} : Sizes{0, before, a.in, 1, behind}, wide = axis == 0 ? Sizes{-1, times, -1} : Sizes{-1, -1, -1, times, -1};
      return reshape(r, r.add("Expand", {{"shape", wide}}, {reshape(r, x, narrow)}), back);
    }
    if (skips) return r.add("Slice", {{"dim", int64_t(axis)}, {"start", picks[0]}, {"end", picks.back() + 1}, {"step", step}}, {x});
  }
  constexpr int64_t kMostShares = int64_t(1) << 24;
  if (a.in > kMostShares / a.out) {
    r.fail(Message("at most {0} pairs of a size and a new one", kMostShares), Message("{0} and {1}", a.in, a.out));
    return {};
  }
  const bool last = behind == 1;
  Tensor matrix{"", Type::f64, last ? Shape{a.in, a.out} : Shape{a.out, a.in}, {}};
  const std::vector<double> shares = sharesOf(way, a);
  matrix.bytes.resize(shares.size() * sizeof(double));
  double* const to = reinterpret_cast<double*>(matrix.bytes.data());
  for (int64_t o = 0; o < a.out; ++o)
    for (int64_t i = 0; i < a.in; ++i) to[last ? i * a.out + o : o * a.in + i] = shares[size_t(o * a.in + i)];
  if (r.floating() == Type::f32) {
    std::vector<float> narrow(shares.size());
    std::transform(to, to + shares.size(), narrow.begin(), [](double s) { return float(s); });
    matrix.type = Type::f32;
    matrix.bytes.assign(reinterpret_cast<const char*>(narrow.data()), narrow.size() * sizeof(float));
  }
  const Value by = r.add("Buffer", {{"shape", Sizes(matrix.shape.begin(), matrix.shape.end())}, {"dtype", std::string("float")}}, {}, {{"value", matrix}});
  const Value flat = reshape(r, x, axis == 0 ? (last ? Sizes{1, a.in} : Sizes{a.in, behind}) : last ? Sizes{0, before, a.in} : Sizes{0, before, a.in, behind});
  return reshape(r, last ? r.add("MatMul", {}, {flat, by}) : r.add("MatMul", {}, {by, flat}), back);
}

std::vector<double> realsOf(const Tensor& tensor) {
  if (tensor.type == Type::f64) return tensor.values<double>();
  const std::vector<float> values = tensor.values<float>();
  return {values.begin(), values.end()};
}

void resize(Reader& r, const Way& way, const std::vector<double>& scales, const Sizes& sizes, const std::vector<double>& part, const Sizes& axes) {
  const Value x = r.in(0);
  if (!x) return;
  const Shape shape = r.shape(x);
  const size_t count = axes.size(), given = sizes.empty() ? scales.size() : sizes.size();
  if (given != count || (!part.empty() && part.size() != 2 * count)) return r.fail(Message("a scale or a size for each of {0} axes", int64_t(count)), Message("{0}", int64_t(given)));
  constexpr int64_t kMost = int64_t(1) << 24;
  Value y = x;
  const bool crops = way.places == "tf_crop_and_resize";
  const auto number = [&](double value) { return r.add("Constant", {{"shape", Sizes{}}, {"value", value}}, {}); };
  if (crops && way.outside != 0) y = r.add("Subtract", {}, {y, number(way.outside)});  // zeros outside become it again
  for (size_t i = 0; i < count && !r.failed(); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + shape.rank() : axes[i];
    if (axis < 0 || axis >= shape.rank()) return r.fail(Message("an axis of {0}", shape), Message("{0}", axes[i]));
    ResizedAxis a;
    a.in = shape[int(axis)];
    const bool same = sizes.empty() ? scales[i] == 1 : sizes[i] == a.in || sizes[i] == kBatch;
    const bool whole = part.empty() || (part[i] == 0 && part[count + i] == 1);
    if (same && (!crops || whole)) continue;
    if (a.in < 1 || a.in > kMost) return r.fail("known sizes of the axes that are resized", shape);
    if (sizes.empty()) {
      if (!(scales[i] > 0) || scales[i] * double(a.in) > double(kMost)) return r.fail(Message("scales above 0, and sizes of at most {0}", kMost), Message("{0}", scales[i]));
      a.scale = scales[i], a.out = int64_t(std::floor(scales[i] * double(a.in)));
    } else {
      a.out = sizes[i], a.scale = double(a.out) / double(a.in);
    }
    if (a.out < 1 || a.out > kMost) return r.fail(Message("new sizes from 1 to {0}", kMost), Message("{0}", a.out));
    if (!part.empty()) a.from = part[i], a.to = part[count + i];
    for (int other = 1; other < shape.rank(); ++other)
      if (shape[other] < 1) return r.fail("known sizes of all axes but the first", shape);
    y = resizedAxis(r, y, int(axis), way, a);
  }
  if (crops && way.outside != 0) y = r.add("Add", {}, {y, number(way.outside)});
  if (y == x) y = r.add("Identity", {}, {x});
  r.result(y);
}

Sizes allAxes(Reader& r) {
  Sizes axes;
  if (const Value x = r.in(0))
    for (int axis = 0; axis < r.shape(x).rank(); ++axis) axes.push_back(axis);
  return axes;
}
// Numbers that are known, of an input; none: empty.
bool knownReals(Reader& r, int input, std::vector<double>& to) {
  if (!r.has(input)) return true;
  const Tensor* tensor = r.initializer(input);
  if (!tensor || !isFloating(tensor->type)) {
    r.fail(Message("numbers that the file gives as input {0}", input), "others");
    return false;
  }
  to = realsOf(*tensor);
  return true;
}

// Before opset 11 elements begin at the left border of their pixels, and the nearest one is that before.
Way oldWay(Reader& r) {
  Way way{r.word("mode", "nearest"), "floor", "asymmetric"};
  if (way.mode == "bilinear" || way.mode == "trilinear") way.mode = "linear";
  if (way.mode != "nearest" && way.mode != "linear") r.fail("a mode of nearest or linear", Message("{0}", way.mode));
  return way;
}
void readUpsample(Reader& r) {
  constexpr int64_t kScalesAreInput = 9;
  const Way way = oldWay(r);
  std::vector<double> scales;
  if (r.opset() >= kScalesAreInput) {
    if (!knownReals(r, 1, scales)) return;
  } else if (r.has("scales")) {
    for (float scale : r.reals("scales")) scales.push_back(double(scale));
  } else {
    scales = {1, 1, r.real("height_scale", 1), r.real("width_scale", 1)};
  }
  if (!r.failed()) resize(r, way, scales, {}, {}, allAxes(r));
}
void readResize(Reader& r) {
  constexpr int64_t kSaysWhere = 11;
  std::vector<double> scales, part;
  if (r.opset() < kSaysWhere) {
    const Way way = oldWay(r);
    if (knownReals(r, 1, scales) && !r.failed()) resize(r, way, scales, {}, {}, allAxes(r));
    return;
  }
  Way way{r.word("mode", "nearest"), r.word("nearest_mode", "round_prefer_floor"), r.word("coordinate_transformation_mode", "half_pixel"), r.real("cubic_coeff_a", -0.75), r.real("extrapolation_value", 0),
          r.integer("exclude_outside", 0) != 0};
  if ((way.mode != "nearest" && way.mode != "linear" && way.mode != "cubic") || !isKnownPlace(way.places)) return r.fail("a mode and places that the standard has", Message("{0}, {1}", way.mode, way.places));
  const std::string policy = r.word("keep_aspect_ratio_policy", "stretch");
  if (r.integer("antialias", 0) != 0 || policy != "stretch") return r.fail("a Resize without antialias that stretches", Message("{0}", policy));
  Sizes axes = r.integers("axes"), sizes;
  if (axes.empty()) axes = allAxes(r);
  if (r.has(3)) {
    sizes = r.sizes(3);
    if (sizes.empty()) return r.fail("sizes", "none");
  } else if (!knownReals(r, 2, scales)) {
    return;
  }
  if (way.places == "tf_crop_and_resize" && !knownReals(r, 1, part)) return;
  if (!r.failed()) resize(r, way, scales, sizes, part, axes);
}

}  // namespace

Family resizes() { return {{}, {{"Resize", readResize}, {"Upsample", readUpsample}}}; }

}  // namespace engine::formats::onnx
