// Resize, Upsample and GridSample. Of the first two, along each axis the results are sums of neighbours, which is a product with a matrix of their
// shares. Where each element is only repeated, or every so many left out, it goes without a product.
#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/steps.h"
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
  if (way.places == "tf_crop_and_resize")
    return a.out > 1 ? a.from * last + x * (a.to - a.from) * last / double(a.out - 1) : 0.5 * (a.from + a.to) * last;
  if (way.places == "pytorch_half_pixel" && a.out == 1) return 0;
  if (way.places == "half_pixel_symmetric") return double(a.in) / 2 * (1 - double(a.out) / length) + (x + 0.5) / a.scale - 0.5;
  return (x + 0.5) / a.scale - 0.5;
}
bool isKnownPlace(const std::string& places) {
  for (const char* known :
       {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn", "tf_crop_and_resize"})
    if (places == known) return true;
  return false;
}
int64_t nearestOf(const Way& way, const ResizedAxis& a, double x) {
  double n = std::ceil(x - 0.5);  // round_prefer_floor
  if (way.nearest == "round_prefer_ceil") n = std::floor(x + 0.5);
  else if (way.nearest == "floor") n = std::floor(x);
  else if (way.nearest == "ceil") n = std::ceil(x);
  return n > 0 ? int64_t(std::min(n, double(a.in - 1))) : 0;  // not a number: 0
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
    // Far outside all neighbours are the edge.
    const double low = x > -4 ? std::floor(std::min(x, double(a.in + 4))) : -4, t = std::clamp(x - low, 0.0, 1.0), c = way.cubic;
    const double linear[] = {1 - t, t};
    const double cubic[] = {((c * (t + 1) - 5 * c) * (t + 1) + 8 * c) * (t + 1) - 4 * c, ((c + 2) * t - (c + 3)) * t * t + 1,
                            ((c + 2) * (1 - t) - (c + 3)) * (1 - t) * (1 - t) + 1, ((c * (2 - t) - 5 * c) * (2 - t) + 8 * c) * (2 - t) - 4 * c};
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
      const Sizes narrow = axis == 0 ? Sizes{a.in, 1, behind} : Sizes{0, before, a.in, 1, behind},
                  wide = axis == 0 ? Sizes{-1, times, -1} : Sizes{-1, -1, -1, times, -1};
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
  const Value by =
      r.add("Buffer", {{"shape", Sizes(matrix.shape.begin(), matrix.shape.end())}, {"dtype", std::string("float")}}, {}, {{"value", matrix}});
  const Value flat = reshape(r, x,
                             axis == 0 ? (last ? Sizes{1, a.in} : Sizes{a.in, behind})
                             : last    ? Sizes{0, before, a.in}
                                       : Sizes{0, before, a.in, behind});
  return reshape(r, last ? r.add("MatMul", {}, {flat, by}) : r.add("MatMul", {}, {by, flat}), back);
}

std::vector<double> realsOf(const Tensor& tensor) {
  if (tensor.type == Type::f64) return tensor.values<double>();
  const std::vector<float> values = tensor.values<float>();
  return {values.begin(), values.end()};
}

// As a layer of ours, where PyTorch has the like.
std::optional<FieldMap> asUpsample(const Way& way, const Shape& shape, const std::vector<double>& scales, const Sizes& sizes, const Sizes& axes) {
  const int rank = shape.rank();
  constexpr int64_t kMost = int64_t(1) << 20;
  if (rank < 3 || rank > 5 || int(axes.size()) != rank || shape.elements(1, rank) < 1) return {};
  for (int axis = 0; axis < rank; ++axis)
    if (axes[size_t(axis)] != axis) return {};
  const bool nearest = way.mode == "nearest", corners = way.places == "align_corners";
  if (way.mode == "cubic" && (rank != 4 || way.cubic != -0.75 || way.excludes)) return {};
  if (!nearest && !corners && way.places != "half_pixel" && way.places != "pytorch_half_pixel") return {};
  FieldMap fields;
  fields["align_corners"] = corners && !nearest;
  fields["mode"] = std::string(nearest ? "nearest" : way.mode == "cubic" ? "bicubic" : rank == 3 ? "linear" : rank == 4 ? "bilinear" : "trilinear");
  Sizes size;
  std::vector<double> factors;
  for (size_t i = 0; i < axes.size(); ++i) {
    ResizedAxis a;
    a.in = shape[int(i)];
    const bool stays = sizes.empty() ? scales[i] == 1 : sizes[i] == a.in || (sizes[i] == kBatch && a.in == kBatch);
    if (i < 2 && !stays) return {};
    if (i < 2) continue;
    if (sizes.empty()) {
      if (!(scales[i] > 0) || scales[i] * double(a.in) > double(kMost)) return {};
      a.scale = scales[i], a.out = int64_t(std::floor(scales[i] * double(a.in)));
      factors.push_back(scales[i]);
    } else {
      a.out = sizes[i], a.scale = double(a.out) / double(a.in);
      size.push_back(a.out);
    }
    if (a.in > kMost || a.out < 1 || a.out > kMost) return {};
    if (corners && a.scale * double(a.in) != double(a.out)) return {};
    if (way.places == "pytorch_half_pixel" && a.out == 1 && a.in > 1) return {};
    if (!nearest) continue;
    const std::vector<int64_t> picks = picksOf(way, a);
    for (int64_t o = 0; o < a.out; ++o)
      if (picks[size_t(o)] != std::min(int64_t(double(o) * (sizes.empty() ? 1 / a.scale : double(a.in) / double(a.out))), a.in - 1)) return {};
  }
  if (sizes.empty()) fields["scale_factor"] = factors, fields["size"] = Sizes();
  else fields["size"] = size;
  return fields;
}

void resize(Reader& r, const Way& way, const std::vector<double>& scales, const Sizes& sizes, const std::vector<double>& part, const Sizes& axes) {
  const Value x = r.in(0);
  if (!x) return;
  const Shape shape = r.shape(x);
  const size_t count = axes.size(), given = sizes.empty() ? scales.size() : sizes.size();
  if (given != count || (!part.empty() && part.size() != 2 * count))
    return r.fail(Message("a scale or a size for each of {0} axes", int64_t(count)), Message("{0}", int64_t(given)));
  if (const std::optional<FieldMap> layer = asUpsample(way, shape, scales, sizes, axes)) return r.result("Upsample", *layer, {x});
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
      if (!(scales[i] > 0) || scales[i] * double(a.in) > double(kMost))
        return r.fail(Message("scales above 0, and sizes of at most {0}", kMost), Message("{0}", scales[i]));
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
  Way way{r.word("mode", "nearest"),
          r.word("nearest_mode", "round_prefer_floor"),
          r.word("coordinate_transformation_mode", "half_pixel"),
          r.real("cubic_coeff_a", -0.75),
          r.real("extrapolation_value", 0),
          r.integer("exclude_outside", 0) != 0};
  if ((way.mode != "nearest" && way.mode != "linear" && way.mode != "cubic") || !isKnownPlace(way.places))
    return r.fail("a mode and places that the standard has", Message("{0}, {1}", way.mode, way.places));
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

// Ours is ONNX's Resize, where scales that were given stand as they are.
void writeUpsample(Writer& w) {
  const Sizes size = w.integers("size");
  const std::vector<double> factors = std::get<std::vector<double>>(w.node().op.fields().at("scale_factor"));
  const std::string mode = w.word("mode");
  const size_t axes = size_t(w.inShape(0).rank() - 2);
  const bool nearest = mode == "nearest", corners = w.flag("align_corners");
  Attributes attributes = {{"mode", std::string(nearest             ? "nearest"
                                                : mode == "bicubic" ? "cubic"
                                                                    : "linear")},
                           {"coordinate_transformation_mode", std::string(nearest   ? "asymmetric"
                                                                          : corners ? "align_corners"
                                                                                    : "half_pixel")}};
  if (nearest) attributes["nearest_mode"] = std::string("floor");
  if (mode == "bicubic") attributes["cubic_coeff_a"] = -0.75f;
  if (size.empty()) {
    std::vector<float> scales = {1, 1};
    for (size_t i = 0; i < axes; ++i) scales.push_back(float(factors[factors.size() == 1 ? 0 : i]));
    return w.result("Resize", {w.in(0), "", w.numbers("scales", {int64_t(scales.size())}, scales)}, std::move(attributes));
  }
  Sizes sizes;
  for (int axis : {0, 1}) {
    if (w.inShape(0)[axis] < 0)
      return w.fail("a known batch, where sizes are given", w.inShape(0), "give a batch, or scale_factor in the place of size");
    sizes.push_back(w.inShape(0)[axis]);
  }
  for (size_t i = 0; i < axes; ++i) sizes.push_back(size[size.size() == 1 ? 0 : i]);
  w.result("Resize", {w.in(0), "", "", w.integers("sizes", sizes)}, std::move(attributes));
}

// ------------------------------------------------------------------- GridSample ----

// Pictures at any places: elements that are picked by their numbers, times their shares, which follow from the places.
class GridSampler {
 public:
  GridSampler(Reader& reader, Value x, Value grid) : r(reader), x_(x), grid_(grid) {}

  void read() {
    const Shape shape = r.shape(x_), places = r.shape(grid_);
    mode_ = r.word("mode", "bilinear"), padding_ = r.word("padding_mode", "zeros"), corners_ = r.integer("align_corners", 0) != 0;
    if (mode_ == "linear") mode_ = "bilinear";
    if (mode_ == "cubic") mode_ = "bicubic";
    constexpr int64_t kMost = int64_t(1) << 24;  // whole numbers up to it are floats
    const bool fits = shape.rank() == 4 && places.rank() == 4 && places[3] == 2 && shape.elements(1, 4) > 0 && places.elements(1, 3) > 0 &&
                      shape.elements(2, 4) <= kMost;
    const bool known = (mode_ == "bilinear" || mode_ == "nearest" || mode_ == "bicubic") &&
                       (padding_ == "zeros" || padding_ == "border" || padding_ == "reflection");
    if (!fits || !known) return r.fail("pictures and a grid (batch, height, width, 2), with a mode and padding_mode of the standard", places);
    channels_ = shape[1], high_ = shape[2], wide_ = shape[3], count_ = places[1] * places[2];
    pixels_ = r.add("Reshape", {{"shape", Sizes{0, channels_, high_ * wide_}}}, {x_});
    const Value column = coordinate(0, wide_), row = coordinate(1, high_);
    const std::vector<Tap> columns = taps(column, wide_), rows = taps(row, high_);
    Value sum;
    for (const Tap& v : rows)
      for (const Tap& h : columns) {
        if (r.failed()) return;
        const Value share = !v.share ? h.share : !h.share ? v.share : times(v.share, h.share);
        const Value pixel = pick(v.at, h.at), part = share ? times(pixel, share) : pixel;
        sum = sum ? r.add("Add", {}, {sum, part}) : part;
      }
    r.result("Reshape", {{"shape", Sizes{0, channels_, places[1], places[2]}}}, {sum});
  }

 private:
  struct Tap {
    Value at, share;  // none: 1
  };
  Value number(double value) { return r.add("Constant", {{"shape", Sizes{}}, {"value", value}}, {}); }
  Value plus(Value a, double b) { return b == 0 ? a : r.add("Add", {}, {a, number(b)}); }
  Value times(Value a, double b) { return r.add("Multiply", {}, {a, number(b)}); }
  Value times(Value a, Value b) { return r.add("Multiply", {}, {a, b}); }
  Value minus(Value a, Value b) { return r.add("Subtract", {}, {a, b}); }
  Value floor(Value a) { return r.add("Floor", {}, {a}); }
  Value within(Value a, double least, double most) { return r.add("Minimum", {}, {r.add("Maximum", {}, {a, number(least)}), number(most)}); }

  // In pixels, (batch, 1, places).
  Value coordinate(int64_t which, int64_t size) {
    const Value part = r.add("Slice", {{"dim", int64_t(-1)}, {"start", which}, {"end", which + 1}}, {grid_});
    const Value g = r.add("Reshape", {{"shape", Sizes{0, 1, count_}}}, {part}),
                pixels = corners_ ? times(plus(g, 1), double(size - 1) / 2) : times(plus(times(plus(g, 1), double(size)), -1), 0.5);
    return mode_ == "bicubic" ? pixels : brought(pixels, size);
  }
  // Into the picture, as the padding says; with zeros it stays where it is.
  Value brought(Value at, int64_t size) {
    if (padding_ == "zeros") return at;
    if (padding_ == "reflection") at = reflected(at, corners_ ? 0 : -0.5, corners_ ? double(size - 1) : double(size));
    return within(at, 0, double(size - 1));
  }
  // Back and forth between `low` and `low + span`.
  Value reflected(Value at, double low, double span) {
    if (span == 0) return times(at, 0.0);
    const Value far = r.add("Abs", {}, {plus(at, -low)}), turns = floor(times(far, 1 / span)), rest = minus(far, times(turns, span));
    const Value odd = minus(turns, times(floor(times(turns, 0.5)), 2));
    return plus(r.add("Add", {}, {rest, times(odd, plus(times(rest, -2.0), span))}), low);
  }
  // The elements along one axis, and their shares.
  std::vector<Tap> taps(Value at, int64_t size) {
    if (mode_ == "nearest") return {tap(r.add("Round", {}, {at}), {}, size)};
    const Value low = floor(at), t = minus(at, low);
    if (mode_ == "bilinear") return {tap(low, plus(times(t, -1.0), 1), size), tap(plus(low, 1), t, size)};
    std::vector<Tap> all;
    for (int k = -1; k <= 2; ++k) {
      // The distance to it, and its cubic share: a = -0.75
      const Value d = k < 1 ? plus(t, -k) : plus(times(t, -1.0), k);
      constexpr double a = -0.75;
      const Value share = k == 0 || k == 1 ? cubic(d, a + 2, -(a + 3), 0, 1) : cubic(d, a, -5 * a, 8 * a, -4 * a);
      all.push_back(tap(plus(low, k), share, size));
    }
    return all;
  }
  Value cubic(Value d, double three, double two, double one, double none) {
    const Value inner = plus(times(plus(times(d, three), two), d), one);
    return plus(times(inner, d), none);
  }
  // With zeros, what lies outside counts nothing.
  Tap tap(Value at, Value share, int64_t size) {
    if (mode_ == "bicubic" && padding_ == "reflection") at = reflected(at, corners_ ? 0 : -0.5, corners_ ? double(size - 1) : double(size));
    const Value inside = within(at, 0, double(size - 1));
    if (padding_ != "zeros") return {inside, share};
    const Value counts = plus(times(within(r.add("Abs", {}, {minus(at, inside)}), 0, 1), -1.0), 1);
    return {inside, share ? times(share, counts) : counts};
  }
  Value pick(Value row, Value column) {
    const Value place = r.add("Cast", {{"dtype", std::string("int64")}}, {r.add("Add", {}, {times(row, double(wide_)), column})});
    return r.add("Gather", {{"dim", int64_t(2)}}, {pixels_, r.add("Expand", {{"shape", Sizes{-1, channels_, -1}}}, {place})});
  }

  Reader& r;
  Value x_, grid_, pixels_;
  std::string mode_, padding_;
  bool corners_ = false;
  int64_t channels_ = 0, high_ = 0, wide_ = 0, count_ = 0;
};
void readGridSample(Reader& r) {
  const Value x = r.in(0), grid = r.in(1);
  if (x && grid) GridSampler(r, x, grid).read();
}

}  // namespace

Family resizes() { return {{{"Upsample", writeUpsample}}, {{"Resize", readResize}, {"Upsample", readUpsample}, {"GridSample", readGridSample}}}; }

}  // namespace engine::formats::onnx
