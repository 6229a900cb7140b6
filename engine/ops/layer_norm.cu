// Layer norm over the last axes, as torch.nn.LayerNorm: y = (x - mean) / sqrt(variance + eps) * weight + bias, with the
// biased variance. The gradient, with h = (x - mean) / sqrt(variance + eps) and g = dy * weight:
//   dx = (g - mean(g) - h * mean(g h)) / sqrt(variance + eps),  dweight = sum dy h,  dbias = sum dy  (over the rows)
// It finds mean and variance again: two more sums over a row that is in the cache anyway cost less than keeping them.
#include <cmath>

#include "engine/ops/last_axes.h"
#include "kernels/rows_of_channels.h"
#include "kernels/rows.h"
#include "kernels/scratch.h"

namespace engine {

template <class T>
struct Moments {
  T mean, scale;  // scale: 1 / sqrt(variance + eps)
};
template <class T, class Row>
BOTH Moments<T> momentsOf(const Row& row, const T* in, T epsilon) {
  const T mean = row.sum([=](int64_t i) { return in[i]; }) / T(row.size);
  const T variance = row.sum([=](int64_t i) { return (in[i] - mean) * (in[i] - mean); }) / T(row.size);
  return {mean, 1 / std::sqrt(variance + epsilon)};
}

template <class T>
struct LayerNormRow {
  const T* x;              // (rows, columns)
  const T *weight, *bias;  // (columns) or null
  T* y;                    // (rows, columns)
  T epsilon;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const T *in = x + row.index * row.size, *w = weight, *b = bias;
    T* out = y + row.index * row.size;
    const auto [mean, scale] = momentsOf(row, in, epsilon);
    const T m = mean, s = scale;
    if (w && b) row.each([=](int64_t i) { out[i] = (in[i] - m) * s * w[i] + b[i]; });
    else if (w) row.each([=](int64_t i) { out[i] = (in[i] - m) * s * w[i]; });
    else row.each([=](int64_t i) { out[i] = (in[i] - m) * s; });
  }
};

template <class T>
struct LayerNormGradientRow {
  const T *dy, *x;  // (rows, columns)
  const T* weight;  // (columns) or null
  T* dx;            // (rows, columns)
  T *means, *scales;  // (rows) for the sums over rows that follow
  T epsilon;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t first = row.index * row.size;
    const T *in = x + first, *g = dy + first, *w = weight;
    T *out = dx + first, *toMean = means + row.index, *toScale = scales + row.index;
    const auto [mean, scale] = momentsOf(row, in, epsilon);
    const T m = mean, s = scale, share = 1 / T(row.size);
    row.once([=] { *toMean = m, *toScale = s; });
    if (w) row.each([=](int64_t i) { out[i] = g[i] * w[i]; });
    else row.each([=](int64_t i) { out[i] = g[i]; });
    const T a = row.sum([=](int64_t i) { return out[i]; }) * share;
    const T b = row.sum([=](int64_t i) { return out[i] * ((in[i] - m) * s); }) * share;
    row.each([=](int64_t i) { out[i] = (out[i] - a - (in[i] - m) * s * b) * s; });
  }
};

// dweight and dbias: sums over rows.
template <class T>
struct LayerNormAffineGradient {
  const T *dy, *x, *means, *scales;
  BOTH void operator()(int64_t row, int64_t i, int, T& sum, T& weighted) const {
    sum += dy[i];
    weighted += dy[i] * ((x[i] - means[row]) * scales[row]);
  }
};

struct LayerNorm {
  std::vector<int64_t> normalized_shape = {};
  double eps = 1e-5;
  bool elementwise_affine = true;
  bool bias = true;

  static Info info() {
    return {.name = "LayerNorm",
            .group = "Normalization",
            .title = "Layer norm",
            .about = "Brings each sample to a mean of 0 and a variance of 1 over its last axes, then scales and shifts.",
            .inputs = {{"x", "numbers, (batch, ..., features)"}},
            .outputs = {{"y", "of the same shape"}}};
  }
  static void fields(LayerNorm& op, FieldVisitor& f) {
    LastAxes::field(op.normalized_shape, f);
    f.real("eps", op.eps, atLeast(0), "Added to the variance, against division by zero.");
    f.boolean("elementwise_affine", op.elementwise_affine, "Whether to scale and shift each feature by trained numbers.");
    f.boolean("bias", op.bias, "Whether to shift too.");
  }

  LastAxes axes() const { return {normalized_shape}; }
  bool hasBias() const { return elementwise_affine && bias; }
  void infer(Shapes& s) const {
    const Shape features = axes().shape(s, 0);
    if (features.isMissing()) return;
    if (elementwise_affine) s.parameter("weight", features, Initial::ones());
    if (hasBias()) s.parameter("bias", features, Initial::zeros());
    s.out(0, s.in(0));
    constexpr double perElement = 8;
    if (const int64_t n = s.in(0).elements(); n >= 0) s.flops(perElement * double(n));
  }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape& x = call.in(0).shape;
    kernels::forEachRow(device, axes().rows(x), axes().columns(x),
                        LayerNormRow<T>{call.in<T>(0), elementwise_affine ? call.in<T>(1) : nullptr, hasBias() ? call.in<T>(2) : nullptr,
                                        call.out<T>(0), T(eps)});
  }
  void gradient(Backward& b) const;
  void gradientByParts(Backward& b) const {
    const Term x = b.input(0), dy = b.gradient(0);
    const std::vector<int64_t> last = axes().these(x.shape()), first = axes().others(x.shape());
    const double share = 1 / double(axes().columns(x.shape()));
    const auto mean = [&](Term t) { return sumOver(t, last, true) * share; };
    const Term centred = x - mean(x);
    const Term deviation = b.add(Op::with("Sqrt"), {mean(centred * centred) + eps}), h = centred / deviation;
    const Term g = elementwise_affine ? dy * b.input(1) : dy;
    b.give(0, (g - mean(g) - h * mean(g * h)) / deviation);
    const auto overRows = [&](Term t) { return first.empty() ? t : sumOver(t, first, false); };
    if (elementwise_affine) b.give(1, overRows(dy * h));
    if (hasBias()) b.give(2, overRows(dy));
  }

  // f32: where a row is nearly constant, rounding is magnified by 1 / deviation, as in every layer norm.
  static void examples(Examples<LayerNorm>& e) {
    e.add({}, {{4, 6}});
    e.add({}, {{9}});
    e.add({.normalized_shape = {3, 5}}, {{2, 4, 3, 5}});
    e.add({.eps = 0.1, .bias = false}, {{2, 3, 7}});
    e.add({.elementwise_affine = false}, {{5, 8}});
    e.add({.normalized_shape = {4, 6}}, {{4, 6}});
    e.add({}, {{0, 5}});
    e.add({}, {{20, 900}});
  }
  static void mistakes(Mistakes<LayerNorm>& m) {
    m.add({}, {{}}, "needs 1 axes or more, but got a single number");
    m.add({.normalized_shape = {4}}, {{2, 5}},
          "needs last axes of 4 numbers, but got 2 × 5; empty normalized_shape to normalize the last axis");
  }
};

struct LayerNormGradient {
  LayerNorm norm = {};

  static Info info() {
    return {.name = "LayerNormGradient",
            .group = "",
            .title = "Gradient of layer norm",
            .about = "By its input, its weight and its bias.",
            .inputs = {{"dy", "as x"}, {"x", "numbers, (batch, ..., features)"}, {"weight", "(features)"}},
            .outputs = {{"dx", "as x"}, {"dweight", "(features)"}, {"dbias", "(features)"}},
            .optionalInputs = 1};
  }
  static void fields(LayerNormGradient& op, FieldVisitor& f) { LayerNorm::fields(op.norm, f); }
  void infer(Shapes& s) const {
    const Shape features = norm.axes().shape(s, 1);
    if (features.isMissing()) return;
    s.out(0, s.in(1));
    s.out(1, features);
    s.out(2, features);
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
                        LayerNormGradientRow<T>{call.in<T>(0), call.in<T>(1), call.has(2) ? call.in<T>(2) : nullptr, call.out<T>(0),
                                                room.means, room.scales, T(norm.eps)});
    const LayerNormAffineGradient<T> element{call.in<T>(0), call.in<T>(1), room.means, room.scales};
    T *dweight = call.out<T>(1), *dbias = call.out<T>(2);
    kernels::sumRows<T>(
        device, {rows, columns}, [=] BOTH(int64_t, int) { return element; },
        [=] BOTH(int64_t c, double sum, double weighted) { dbias[c] = T(sum), dweight[c] = T(weighted); }, room.sums);
  }

  // With v, u, q the gradients of dx, dweight, dbias, and P(z) = z - mean(z) - h mean(h z), by which dx = P(g) / deviation:
  //   dy: weight P(v) / deviation + u h + q,   weight: sum dy P(v) / deviation  (over the rows)
  //   x: P(u dy - (v mean(g h) + g mean(v h)) / deviation) / deviation - h mean(v dx) / deviation
  void gradient(Backward& b) const {
    const Term dy = b.input(0), x = b.input(1), v = b.gradient(0), u = b.gradient(1);
    const std::vector<int64_t> last = norm.axes().these(x.shape()), first = norm.axes().others(x.shape());
    const double share = 1 / double(norm.axes().columns(x.shape()));
    const auto mean = [&](Term t) { return sumOver(t, last, true) * share; };
    const Term centred = x - mean(x);
    const Term deviation = b.add(Op::with("Sqrt"), {mean(centred * centred) + norm.eps}), h = centred / deviation;
    const auto project = [&](Term z) { return (z - mean(z) - h * mean(h * z)) / deviation; };
    const Term weighted = norm.elementwise_affine ? dy * b.input(2) : dy, pv = project(v);
    b.give(0, (norm.elementwise_affine ? pv * b.input(2) : pv) + u * h + b.gradient(2));
    const Term byH = u * dy - (v * mean(weighted * h) + weighted * mean(v * h)) / deviation;
    b.give(1, project(byH) - h * mean(v * project(weighted)) / deviation);
    if (norm.elementwise_affine) b.give(2, first.empty() ? dy * pv : sumOver(dy * pv, first, false));
  }

  static void examples(Examples<LayerNormGradient>& e) {
    e.add({}, {{4, 6}, {4, 6}, {6}});
    e.add({{.normalized_shape = {3, 5}, .elementwise_affine = false}}, {{2, 4, 3, 5}, {2, 4, 3, 5}});
    e.add({}, {{30, 40}, {30, 40}, {40}});
    e.add({}, {{0, 5}, {0, 5}, {5}});
  }

 private:
  template <class T>
  struct Room {
    kernels::Scratch scratch;
    T *means, *scales;
    void* sums;
    template <class Device>
    Room(void* memory, const Device& device, const kernels::RowsOfChannels& shape)
        : scratch(memory), means(scratch.take<T>(shape.rows)), scales(scratch.take<T>(shape.rows)), sums(scratch.take<char>(kernels::sumRowsScratchBytes(device, shape))) {}
  };
};

inline void LayerNorm::gradient(Backward& b) const {
  std::vector<Term> inputs = {b.gradient(0), b.input(0)};
  if (elementwise_affine) inputs.push_back(b.input(1));
  const Term dx = b.add(LayerNormGradient{*this}, inputs);
  b.give(0, dx);
  if (elementwise_affine) b.give(1, Backward::outputOf(dx, 1));
  if (hasBias()) b.give(2, Backward::outputOf(dx, 2));
}

OpFile layer_norm_file() { return ops<LayerNorm, LayerNormGradient>(); }

}  // namespace engine
