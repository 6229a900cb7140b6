// Upsample, as torch.nn.Upsample: series, pictures and volumes at another size, along each of their axes.
//   nearest   the element at floor(o in / out)
//   linear, bilinear, trilinear, bicubic   shares of two (four) neighbours along each axis around the place
//   place = (o + 1/2) in / out - 1/2, or with align_corners o (in - 1) / (out - 1)
// All of them are linear. The gradient takes the shares as matrices (ResizeShares), turned over.
#include <cmath>

#include "engine/graph/op.h"
#include "kernels/map.h"

namespace engine {

namespace {
constexpr const char* kUpsampleModes[] = {"nearest", "linear", "bilinear", "bicubic", "trilinear"};
enum UpsampleMode { kNearest, kLinear, kBilinear, kBicubic, kTrilinear };

// One axis: where results lie, and what their neighbours count.
struct ResampledAxis {
  int64_t in = 1, out = 1;
  double scale = 1;  // from one result to the next, in elements that come in
  int mode = kNearest;
  bool corners = false;

  BOTH bool stays() const { return in == out && scale == 1; }
  BOTH int taps() const { return mode == kNearest || stays() ? 1 : mode == kBicubic ? 4 : 2; }
  BOTH double place(int64_t o) const {
    const double x = corners ? double(o) * scale : (double(o) + 0.5) * scale - 0.5;
    return x < 0 && mode != kBicubic ? 0 : x;
  }
  // The first neighbour of result `o`; others follow, and those past an edge are the edge.
  BOTH int64_t first(int64_t o) const {
    if (stays()) return o;
    if (mode == kNearest) {
      const int64_t at = int64_t(double(o) * scale);
      return at < in ? at : in - 1;
    }
    return int64_t(std::floor(place(o))) - (mode == kBicubic ? 1 : 0);
  }
  BOTH int64_t inside(int64_t i) const { return i < 0 ? 0 : i >= in ? in - 1 : i; }
  BOTH double share(int64_t o, int tap) const {
    if (taps() == 1) return 1;
    const double x = place(o), t = x - std::floor(x);
    if (mode != kBicubic) return tap ? t : 1 - t;
    constexpr double a = -0.75;
    const double d = tap < 2 ? t + (1 - tap) : (tap - 1) - t;
    if (tap == 1 || tap == 2) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  }
};
struct Resampled {
  ResampledAxis z, y, x;
};

template <class T>
struct ResampleOf {
  Resampled a;
  const T* in;
  T* out;
  BOTH void operator()(int64_t i) const {
    const int64_t ox = i % a.x.out, rest = i / a.x.out, oy = rest % a.y.out, more = rest / a.y.out, oz = more % a.z.out;
    const T* const plane = in + more / a.z.out * a.z.in * a.y.in * a.x.in;
    const int64_t fz = a.z.first(oz), fy = a.y.first(oy), fx = a.x.first(ox);
    T sum = 0;
    for (int k = 0; k < a.z.taps(); ++k)
      for (int j = 0; j < a.y.taps(); ++j) {
        const T outer = T(a.z.share(oz, k) * a.y.share(oy, j));
        const T* const row = plane + (a.z.inside(fz + k) * a.y.in + a.y.inside(fy + j)) * a.x.in;
        for (int l = 0; l < a.x.taps(); ++l) sum += outer * T(a.x.share(ox, l)) * row[a.x.inside(fx + l)];
      }
    out[i] = sum;
  }
};
template <class T>
struct SharesOf {
  ResampledAxis a;
  T* matrix;  // (out, in)
  BOTH void operator()(int64_t i) const {
    const int64_t at = i % a.in, o = i / a.in, first = a.first(o);
    T sum = 0;
    for (int k = 0; k < a.taps(); ++k) sum += a.inside(first + k) == at ? T(a.share(o, k)) : T(0);
    matrix[i] = sum;
  }
};
// Of a scale that was given PyTorch goes on with that one, not with that of the rounded sizes.
ResampledAxis resampledAxis(int64_t in, int64_t out, double factor, int mode, bool corners) {
  ResampledAxis a{in, out, factor > 0 ? 1 / factor : double(in) / double(out), mode, corners};
  if (corners) a.scale = out > 1 ? double(in - 1) / double(out - 1) : 0;
  return a;
}
constexpr int64_t kMostOfAxis = int64_t(1) << 24;
}  // namespace

// In lowered graphs only: what each element that comes in counts in each result along one axis, (out, in).
struct ResizeShares {
  int64_t in = 2, out = 4;
  double factor = 0;
  int mode = kNearest;
  bool align_corners = false;

  static Info info() {
    return {.name = "ResizeShares",
            .group = "",
            .title = "Shares of a new size",
            .about = "What each element counts in each result along an axis that gets another size.",
            .inputs = {},
            .outputs = {{"shares", "(out, in)"}}};
  }
  static void fields(ResizeShares& op, FieldVisitor& f) {
    f.integer("in", op.in, between(1, kMostOfAxis), "Elements before.");
    f.integer("out", op.out, between(1, kMostOfAxis), "Elements after.");
    f.real("factor", op.factor, atLeast(0), "The scale that was given; 0: that of the sizes.");
    f.choice("mode", op.mode, kUpsampleModes, "How results follow from their neighbours.");
    f.boolean("align_corners", op.align_corners, "Whether the corners stay where they are.");
  }
  void infer(Shapes& s) const { s.out(0, {out, in}); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    kernels::map(device, in * out, SharesOf<T>{resampledAxis(in, out, factor, mode, align_corners), call.out<T>(0)});
  }
  void gradient(Backward&) const {}
  static void examples(Examples<ResizeShares>& e) {
    e.add({}, {});
    e.add({.in = 3, .out = 7, .mode = kLinear}, {});
    e.add({.in = 90, .out = 200, .mode = kBicubic, .align_corners = true}, {});
  }
};

struct Upsample {
  std::vector<int64_t> size = {};
  std::vector<double> scale_factor = {2};
  int mode = kNearest;
  bool align_corners = false;

  static Info info() {
    return {.name = "Upsample",
            .group = "Layer",
            .title = "Upsample",
            .about = "Makes series, pictures or volumes larger or smaller, by what lies nearby.",
            .inputs = {{"x", "series, pictures or volumes, (batch, channels, ...)"}},
            .outputs = {{"y", "of the new size, (batch, channels, ...)"}}};
  }
  static void fields(Upsample& op, FieldVisitor& f) {
    f.integers("size", op.size, between(1, kMostOfAxis), {0, 3}, "The new size of each axis, or one for all; empty: by scale_factor.");
    f.reals("scale_factor", op.scale_factor, above(0), {0, 3}, "How many times as large, for each axis or for all, where no size is given.");
    f.choice("mode", op.mode, kUpsampleModes,
             "How results follow from their neighbours: linear for series, bilinear and bicubic for pictures, trilinear for volumes.");
    f.boolean("align_corners", op.align_corners, "Whether the elements at the corners stay exactly where they are; not with nearest.");
  }

  double factor(int axis) const { return !size.empty() || scale_factor.empty() ? 0 : scale_factor[scale_factor.size() == 1 ? 0 : size_t(axis)]; }
  int64_t outSize(int axis, int64_t in) const {
    if (!size.empty()) return size[size.size() == 1 ? 0 : size_t(axis)];
    return in < 0 ? kUnknown : int64_t(std::min(std::floor(double(in) * factor(axis)), 1e15));
  }
  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(x.rank() >= 3 && x.rank() <= 5, Place::input(0), "series, pictures or volumes (batch, channels, ...)", x)
             .fix("put a Reshape before it"))
      return;
    const int axes = x.rank() - 2;
    const bool fits = mode == kNearest || (mode == kLinear && axes == 1) || ((mode == kBilinear || mode == kBicubic) && axes == 2) ||
                      (mode == kTrilinear && axes == 3);
    if (!s.require(fits, Place::field("mode"),
                   Message("nearest, or what goes with {0} axes: linear for 1, bilinear or bicubic for 2, trilinear for 3", axes),
                   Message("{0}", std::string(kUpsampleModes[mode]))))
      return;
    if (!s.require(!align_corners || mode != kNearest, Place::field("align_corners"), "another mode than nearest", "nearest")) return;
    const size_t given = size.empty() ? scale_factor.size() : size.size();
    if (!s.require(given == 1 || given == size_t(axes), Place::field(size.empty() ? "scale_factor" : "size"),
                   Message("{0} numbers, or one for all", axes), Message("{0}", int64_t(given))))
      return;
    Shape y{x[0], x[1]};
    for (int axis = 0; axis < axes; ++axis) {
      const int64_t in = x[2 + axis], out = outSize(axis, in);
      if (!s.require(in != 0 && out != 0 && in <= kMostOfAxis && out <= kMostOfAxis, Place::input(0),
                     Message("sizes from 1 to {0} before and after", kMostOfAxis), x))
        return;
      y.append(out);
    }
    s.out(0, y);
    if (y.isKnown()) s.flops(8.0 * double(y.elements()));
  }
  // Of the same size it is a copy, whatever the scale was, but not with bicubic: so PyTorch has it.
  ResampledAxis axisOf(const Shape& x, const Shape& y, int axis) const {
    ResampledAxis a = resampledAxis(x[2 + axis], y[2 + axis], factor(axis), mode, align_corners);
    if (x == y && mode != kBicubic) a.scale = 1;
    return a;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape &x = call.in(0).shape, &y = call.out(0).shape;
    Resampled all;
    ResampledAxis* const at[] = {&all.z, &all.y, &all.x};
    const int axes = x.rank() - 2;
    for (int axis = 0; axis < axes; ++axis) *at[3 - axes + axis] = axisOf(x, y, axis);
    kernels::map(device, y.elements(), ResampleOf<T>{all, call.in<T>(0), call.out<T>(0)});
  }
  // Axis by axis: dx = shares' dy
  void gradient(Backward& b) const {
    const Shape x = b.input(0).shape(), y = b.output(0).shape();
    if (x.elements() == 0) return;
    Term g = b.gradient(0);
    Shape now = y;
    for (int axis = 0; axis + 2 < x.rank(); ++axis) {
      const ResampledAxis a = axisOf(x, y, axis);
      if (a.stays()) continue;
      const Term shares = b.add(ResizeShares{a.in, a.out, factor(axis), mode, align_corners}, std::vector<Term>{});
      const Shape flat{now.elements(0, 2 + axis), a.out, now.elements(3 + axis, now.rank())};
      now[2 + axis] = a.in;
      const Term turned = b.add(Op::with("Permute", {{"dims", std::vector<int64_t>{1, 0}}}), {shares});
      g = reshapeTo(b.add(Op::with("MatMul"), {turned, reshapeTo(g, flat)}), now);
    }
    b.give(0, g);
  }

  static void examples(Examples<Upsample>& e) {
    e.add({}, {{2, 3, 4}});
    e.add({}, {{2, 2, 3, 4}});
    e.add({.scale_factor = {2, 1.5}, .mode = kBilinear}, {{2, 2, 3, 4}});
    e.add({.size = {7}, .mode = kLinear}, {{2, 3, 4}});
    e.add({.size = {5, 3}, .mode = kBilinear, .align_corners = true}, {{1, 2, 3, 5}});
    e.add({.size = {7, 6}, .mode = kBicubic}, {{1, 2, 4, 5}});
    e.add({.mode = kBicubic, .align_corners = true}, {{1, 2, 4, 5}});
    e.add({.size = {3, 4, 2}, .mode = kTrilinear}, {{1, 2, 2, 3, 4}});
    e.add({.scale_factor = {0.5}}, {{1, 2, 6, 7}});
    e.add({.scale_factor = {1.2, 1}, .mode = kBilinear}, {{1, 2, 4, 3}});  // of the same size, but not the same
    e.add({}, {{0, 2, 3, 4}});
    e.add({.mode = kBilinear}, {{3, 5, 30, 40}}).withoutGradient();
  }
  static void mistakes(Mistakes<Upsample>& m) {
    m.add({}, {{2, 3}}, "needs series, pictures or volumes (batch, channels, ...), but got 2 × 3; put a Reshape before it");
    m.add({.mode = kBilinear}, {{2, 3, 4}},
          "needs nearest, or what goes with 1 axes: linear for 1, bilinear or bicubic for 2, trilinear for 3, but got bilinear");
    m.add({.align_corners = true}, {{2, 3, 4}}, "needs another mode than nearest, but got nearest");
    m.add({.size = {1, 2}}, {{2, 3, 4}}, "needs 1 numbers, or one for all, but got 2");
  }
};

OpFile upsample_file() { return ops<Upsample, ResizeShares>(); }

}  // namespace engine
