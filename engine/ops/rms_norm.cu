// Root mean square norm over the last axes, as torch.nn.RMSNorm: y = x / sqrt(mean(x²) + eps) * weight (Zhang and Sennrich
// 2019, arXiv 1910.07467). The gradient, with r = 1 / sqrt(mean(x²) + eps) and g = dy * weight:
//   dx = r (g - x r² mean(g x)),  dweight = sum dy x r  (over the rows)
#include <cmath>

#include "engine/ops/last_axes.h"
#include "kernels/rows_of_channels.h"
#include "kernels/rows.h"
#include "kernels/scratch.h"

namespace engine {

// 1 / sqrt(mean(x²) + eps)
template <class T, class Row>
BOTH T rmsScale(const Row& row, const T* in, T epsilon) {
  const T square = row.sum([=](int64_t i) { return in[i] * in[i]; }) / T(row.size);
  return 1 / std::sqrt(square + epsilon);
}

template <class T>
struct RMSNormRow {
  const T* x;       // (rows, columns)
  const T* weight;  // (columns) or null
  T* y;             // (rows, columns)
  T epsilon;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const T *in = x + row.index * row.size, *w = weight;
    T* out = y + row.index * row.size;
    const T r = rmsScale(row, in, epsilon);
    if (w) row.each([=](int64_t i) { out[i] = in[i] * r * w[i]; });
    else row.each([=](int64_t i) { out[i] = in[i] * r; });
  }
};

template <class T>
struct RMSNormGradientRow {
  const T *dy, *x;  // (rows, columns)
  const T* weight;  // (columns) or null
  T* dx;            // (rows, columns)
  T* scales;        // (rows) for the sums over rows that follow
  T epsilon;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t first = row.index * row.size;
    const T *in = x + first, *g = dy + first, *w = weight;
    T *out = dx + first, *to = scales + row.index;
    const T r = rmsScale(row, in, epsilon), share = 1 / T(row.size);
    row.once([=] { *to = r; });
    if (w) row.each([=](int64_t i) { out[i] = g[i] * w[i]; });
    else row.each([=](int64_t i) { out[i] = g[i]; });
    const T m = row.sum([=](int64_t i) { return out[i] * (in[i] * r); }) * share;
    row.each([=](int64_t i) { out[i] = (out[i] - in[i] * r * m) * r; });
  }
};

// dweight: sums over rows.
template <class T>
struct RMSNormWeightGradient {
  const T *dy, *x, *scales;
  BOTH void operator()(int64_t row, int64_t i, int, T& sum, T&) const { sum += dy[i] * (x[i] * scales[row]); }
};

struct RMSNorm {
  std::vector<int64_t> normalized_shape = {};
  double eps = 1.1920928955078125e-07;  // 2^-23, what PyTorch takes for float where none is given
  bool elementwise_affine = true;

  static Info info() {
    return {.name = "RMSNorm",
            .group = "Normalization",
            .title = "RMS norm",
            .about = "Brings each sample to a mean square of 1 over its last axes, then scales.",
            .inputs = {{"x", "numbers, (batch, ..., features)"}},
            .outputs = {{"y", "of the same shape"}}};
  }
  static void fields(RMSNorm& op, FieldVisitor& f) {
    LastAxes::field(op.normalized_shape, f);
    f.real("eps", op.eps, atLeast(0), "Added to the mean square, against division by zero.");
    f.boolean("elementwise_affine", op.elementwise_affine, "Whether to scale each feature by a trained number.");
  }

  LastAxes axes() const { return {normalized_shape}; }
  void infer(Shapes& s) const {
    const Shape features = axes().shape(s, 0);
    if (features.isMissing()) return;
    if (elementwise_affine) s.parameter("weight", features, Initial::ones());
    s.out(0, s.in(0));
    constexpr double perElement = 4;
    if (const int64_t n = s.in(0).elements(); n >= 0) s.flops(perElement * double(n));
  }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape& x = call.in(0).shape;
    kernels::forEachRow(device, axes().rows(x), axes().columns(x), RMSNormRow<T>{call.in<T>(0), elementwise_affine ? call.in<T>(1) : nullptr, call.out<T>(0), T(eps)});
  }
  void gradient(Backward& b) const;
  void gradientByParts(Backward& b) const {
    const Term x = b.input(0), dy = b.gradient(0);
    const std::vector<int64_t> last = axes().these(x.shape()), first = axes().others(x.shape());
    const double share = 1 / double(axes().columns(x.shape()));
    const auto mean = [&](Term t) { return sumOver(t, last, true) * share; };
    const Term root = b.add(Op::with("Sqrt"), {mean(x * x) + eps}), h = x / root;
    const Term g = elementwise_affine ? dy * b.input(1) : dy;
    b.give(0, (g - h * mean(g * h)) / root);
    if (elementwise_affine) b.give(1, first.empty() ? dy * h : sumOver(dy * h, first, false));
  }

  static void examples(Examples<RMSNorm>& e) {
    e.add({}, {{4, 6}});
    e.add({}, {{9}});
    e.add({.normalized_shape = {3, 5}}, {{2, 4, 3, 5}});
    e.add({.eps = 0.1}, {{2, 3, 7}});
    e.add({.elementwise_affine = false}, {{5, 8}});
    e.add({.normalized_shape = {4, 6}}, {{4, 6}});
    e.add({}, {{0, 5}});
    e.add({}, {{20, 900}});
  }
  static void mistakes(Mistakes<RMSNorm>& m) {
    m.add({}, {{}}, "needs 1 axes or more, but got a single number");
    m.add({.normalized_shape = {4}}, {{2, 5}},
          "needs last axes of 4 numbers, but got 2 × 5; empty normalized_shape to normalize the last axis");
  }
};

struct RMSNormGradient {
  RMSNorm norm = {};

  static Info info() {
    return {.name = "RMSNormGradient",
            .group = "",
            .title = "Gradient of RMS norm",
            .about = "By its input and its weight.",
            .inputs = {{"dy", "as x"}, {"x", "numbers, (batch, ..., features)"}, {"weight", "(features)"}},
            .outputs = {{"dx", "as x"}, {"dweight", "(features)"}},
            .optionalInputs = 1};
  }
  static void fields(RMSNormGradient& op, FieldVisitor& f) { RMSNorm::fields(op.norm, f); }
  void infer(Shapes& s) const {
    const Shape features = norm.axes().shape(s, 1);
    if (features.isMissing()) return;
    s.out(0, s.in(1));
    s.out(1, features);
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    const Shape& x = p.call.in(1).shape;
    p.scratchBytes = Room<T>(nullptr, device, {norm.axes().rows(x), norm.axes().columns(x)}).scratch.bytes;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape& x = call.in(1).shape;
    const int64_t rows = norm.axes().rows(x), columns = norm.axes().columns(x);
    const Room<T> room(call.scratch, device, {rows, columns});
    kernels::forEachRow(device, rows, columns,
                        RMSNormGradientRow<T>{call.in<T>(0), call.in<T>(1), call.has(2) ? call.in<T>(2) : nullptr, call.out<T>(0), room.scales, T(norm.eps)});
    const RMSNormWeightGradient<T> element{call.in<T>(0), call.in<T>(1), room.scales};
    T* dweight = call.out<T>(1);
    kernels::sumRows<T>(
        device, {rows, columns}, [=] BOTH(int64_t, int) { return element; }, [=] BOTH(int64_t c, double sum, double) { dweight[c] = T(sum); }, room.sums);
  }

  // With v and u the gradients of dx and dweight, h = x / root, and P(z) = (z - h mean(h z)) / root, by which dx = P(g):
  //   dy: weight P(v) + u h,   weight: sum dy P(v)  (over the rows)
  //   x: P(u dy - (v mean(g h) + g mean(v h)) / root) - h mean(v dx) / root
  void gradient(Backward& b) const {
    const Term dy = b.input(0), x = b.input(1), v = b.gradient(0), u = b.gradient(1);
    const std::vector<int64_t> last = norm.axes().these(x.shape()), first = norm.axes().others(x.shape());
    const double share = 1 / double(norm.axes().columns(x.shape()));
    const auto mean = [&](Term t) { return sumOver(t, last, true) * share; };
    const Term root = b.add(Op::with("Sqrt"), {mean(x * x) + norm.eps}), h = x / root;
    const auto project = [&](Term z) { return (z - h * mean(h * z)) / root; };
    const Term weighted = norm.elementwise_affine ? dy * b.input(2) : dy, pv = project(v);
    b.give(0, (norm.elementwise_affine ? pv * b.input(2) : pv) + u * h);
    const Term byH = u * dy - (v * mean(weighted * h) + weighted * mean(v * h)) / root;
    b.give(1, project(byH) - h * mean(v * project(weighted)) / root);
    if (norm.elementwise_affine) b.give(2, first.empty() ? dy * pv : sumOver(dy * pv, first, false));
  }

  static void examples(Examples<RMSNormGradient>& e) {
    e.add({}, {{4, 6}, {4, 6}, {6}});
    e.add({{.normalized_shape = {3, 5}, .elementwise_affine = false}}, {{2, 4, 3, 5}, {2, 4, 3, 5}});
    e.add({}, {{30, 40}, {30, 40}, {40}});
    e.add({}, {{0, 5}, {0, 5}, {5}});
  }

 private:
  template <class T>
  struct Room {
    kernels::Scratch scratch;
    T* scales;
    void* sums;
    template <class Device>
    Room(void* memory, const Device& device, const kernels::RowsOfChannels& shape)
        : scratch(memory), scales(scratch.take<T>(shape.rows)), sums(scratch.take<char>(kernels::sumRowsScratchBytes(device, shape))) {}
  };
};

inline void RMSNorm::gradient(Backward& b) const {
  std::vector<Term> inputs = {b.gradient(0), b.input(0)};
  if (elementwise_affine) inputs.push_back(b.input(1));
  const Term dx = b.add(RMSNormGradient{*this}, inputs);
  b.give(0, dx);
  if (elementwise_affine) b.give(1, Backward::outputOf(dx, 1));
}

OpFile rms_norm_file() { return ops<RMSNorm, RMSNormGradient>(); }

}  // namespace engine
