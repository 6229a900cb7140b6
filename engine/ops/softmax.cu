// Softmax along an axis: y = exp(x - max x) / sum exp(x - max x);  dx = y (dy - sum y dy)
#include "engine/graph/op.h"
#include "engine/ops/axis_rows.h"
#include "kernels/math.h"

namespace engine {

namespace {
template <class T>
struct SoftmaxRow {
  const T* x;
  T* y;
  template <class Row, class Place>
  BOTH void operator()(const Row& row, Place at) const {
    const T* in = x;
    T* out = y;
    const T top = row.max([=](int64_t i) { return in[at(i)]; });  // so that exp cannot overflow
    row.each([=](int64_t i) { out[at(i)] = kernels::exp(in[at(i)] - top); });
    const T scale = 1 / row.sum([=](int64_t i) { return out[at(i)]; });
    row.each([=](int64_t i) { out[at(i)] *= scale; });
  }
};

template <class T>
struct SoftmaxGradientRow {
  const T* dy;
  const T* y;
  T* dx;
  template <class Row, class Place>
  BOTH void operator()(const Row& row, Place at) const {
    const T *g = dy, *p = y;
    T* out = dx;
    const T sum = row.sum([=](int64_t i) { return p[at(i)] * g[at(i)]; });
    row.each([=](int64_t i) { out[at(i)] = p[at(i)] * (g[at(i)] - sum); });
  }
};

constexpr const char* kSoftmaxDim = "The axis over which the results add up to 1; -1 is the last one.";
}  // namespace

struct SoftmaxGradient {
  int64_t dim = -1;

  static Info info() {
    return {.name = "SoftmaxGradient",
            .group = "",
            .title = "SoftmaxGradient",
            .about = "y (dy - sum(y dy)) along an axis.",
            .inputs = {{"dy", "gradient of the probabilities"}, {"y", "the probabilities, the same shape"}},
            .outputs = {{"dx", "gradient of the scores, the same shape"}},
            .inPlace = true};
  }
  static void fields(SoftmaxGradient& op, FieldVisitor& f) { f.integer("dim", op.dim, anyNumber(), kSoftmaxDim); }
  void infer(Shapes& s) const { inferAlong(s, dim); }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    forEachRowAlong(device, call.in(0).shape, dim, SoftmaxGradientRow<T>{call.in<T>(0), call.in<T>(1), call.out<T>(0)});
  }

  // By dy it is itself; by y: g (dy - sum(y dy)) - dy sum(y g)
  void gradient(Backward& b) const {
    const Term g = b.gradient(0), dy = b.input(0), y = b.input(1);
    b.give(0, b.add(*this, {g, y}));
    if (b.wants(1)) b.give(1, g * (dy - sumOver(y * dy, {dim}, true)) - dy * sumOver(y * g, {dim}, true));
  }

  static void examples(Examples<SoftmaxGradient>& e) {
    e.add({}, {{3, 5}, {3, 5}});
    e.add({.dim = 1}, {{2, 3, 4}, {2, 3, 4}});
  }
};

struct Softmax {
  int64_t dim = -1;

  static Info info() {
    return {.name = "Softmax",
            .group = "Activation",
            .title = "Softmax",
            .about = "Turns scores into probabilities that add up to 1 along an axis.",
            .inputs = {{"x", "scores, (..., classes)"}},
            .outputs = {{"y", "probabilities, the same shape"}},
            .inPlace = true};
  }
  static void fields(Softmax& op, FieldVisitor& f) { f.integer("dim", op.dim, anyNumber(), kSoftmaxDim); }
  void infer(Shapes& s) const { inferAlong(s, dim); }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    forEachRowAlong(device, call.in(0).shape, dim, SoftmaxRow<T>{call.in<T>(0), call.out<T>(0)});
  }

  void gradient(Backward& b) const { b.give(0, b.add(SoftmaxGradient{dim}, {b.gradient(0), b.output(0)})); }
  void gradientByParts(Backward& b) const {
    const Term y = b.output(0), dy = b.gradient(0);
    b.give(0, y * (dy - sumOver(y * dy, {dim}, true)));
  }

  static void examples(Examples<Softmax>& e) {
    e.add({}, {{2, 5}});
    e.add({}, {{7}});
    e.add({}, {{3, 1, 33}});
    e.add({}, {{0, 4}});
    e.add({}, {{4, 0}});
    e.add({.dim = 0}, {{4, 3}});
    e.add({.dim = -2}, {{2, 5, 3}});
    e.add({}, {{60, 300}}).range(-50, 50);  // e^50 has no place in a float's sum, e^(x - max) has
    e.add({.dim = 1}, {{2, 30, 300}});
  }
  static void mistakes(Mistakes<Softmax>& m) {
    m.add({}, {{}}, "needs an axis to add up over, but got a single number");
    m.add({.dim = 2}, {{3, 4}}, "needs an axis from -2 to 1, but got 2; -1 is the last one");
  }
};

OpFile softmax_file() { return ops<Softmax, SoftmaxGradient>(); }

}  // namespace engine
