// Logarithm of softmax along an axis: y = x - max x - log sum exp(x - max x);  dx = dy - exp(y) sum dy
#include "engine/graph/op.h"
#include "engine/ops/axis_rows.h"
#include "kernels/math.h"

namespace engine {

namespace {
template <class T>
struct LogSoftmaxRow {
  const T* x;
  T* y;
  template <class Row, class Place>
  BOTH void operator()(const Row& row, Place at) const {
    const T* in = x;
    T* out = y;
    const T top = row.max([=](int64_t i) { return in[at(i)]; });  // so that exp cannot overflow
    const T sum = row.sum([=](int64_t i) { return kernels::exp(in[at(i)] - top); });
    const T shift = kernels::log(sum);  // apart from top, which may be large
    row.each([=](int64_t i) { out[at(i)] = in[at(i)] - top - shift; });
  }
};

template <class T>
struct LogSoftmaxGradientRow {
  const T* dy;
  const T* y;
  T* dx;
  template <class Row, class Place>
  BOTH void operator()(const Row& row, Place at) const {
    const T *g = dy, *p = y;
    T* out = dx;
    const T sum = row.sum([=](int64_t i) { return g[at(i)]; });
    row.each([=](int64_t i) { out[at(i)] = g[at(i)] - kernels::exp(p[at(i)]) * sum; });
  }
};

constexpr const char* kLogSoftmaxDim = "The axis over which the probabilities add up to 1; -1 is the last one.";
}  // namespace

struct LogSoftmaxGradient {
  int64_t dim = -1;

  static Info info() {
    return {.name = "LogSoftmaxGradient",
            .group = "",
            .title = "LogSoftmaxGradient",
            .about = "dy - exp(y) sum(dy) along an axis.",
            .inputs = {{"dy", "gradient of the logarithms"}, {"y", "the logarithms, the same shape"}},
            .outputs = {{"dx", "gradient of the scores, the same shape"}},
            .inPlace = true};
  }
  static void fields(LogSoftmaxGradient& op, FieldVisitor& f) { f.integer("dim", op.dim, anyNumber(), kLogSoftmaxDim); }
  void infer(Shapes& s) const { inferAlong(s, dim); }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    forEachRowAlong(device, call.in(0).shape, dim, LogSoftmaxGradientRow<T>{call.in<T>(0), call.in<T>(1), call.out<T>(0)});
  }

  // By dy: g - sum(g exp y); by y: -g exp(y) sum(dy)
  void gradient(Backward& b) const {
    const Term g = b.gradient(0), dy = b.input(0), y = b.input(1), p = b.add(Op::with("Exp"), {y});
    b.give(0, g - sumOver(g * p, {dim}, true));
    if (b.wants(1)) b.give(1, -(g * p * sumOver(dy, {dim}, true)));
  }

  static void examples(Examples<LogSoftmaxGradient>& e) {
    e.add({}, {{3, 5}, {3, 5}});
    e.add({.dim = 1}, {{2, 3, 4}, {2, 3, 4}});
  }
};

struct LogSoftmax {
  int64_t dim = -1;

  static Info info() {
    return {.name = "LogSoftmax",
            .group = "Activation",
            .title = "Log softmax",
            .about = "The logarithm of softmax, exact also where a probability is next to 0.",
            .inputs = {{"x", "scores, (..., classes)"}},
            .outputs = {{"y", "logarithms of probabilities, the same shape"}},
            .inPlace = true};
  }
  static void fields(LogSoftmax& op, FieldVisitor& f) { f.integer("dim", op.dim, anyNumber(), kLogSoftmaxDim); }
  void infer(Shapes& s) const { inferAlong(s, dim); }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    forEachRowAlong(device, call.in(0).shape, dim, LogSoftmaxRow<T>{call.in<T>(0), call.out<T>(0)});
  }

  void gradient(Backward& b) const { b.give(0, b.add(LogSoftmaxGradient{dim}, {b.gradient(0), b.output(0)})); }
  void gradientByParts(Backward& b) const {
    const Term dy = b.gradient(0);
    b.give(0, dy - b.add(Op::with("Exp"), {b.output(0)}) * sumOver(dy, {dim}, true));
  }

  static void examples(Examples<LogSoftmax>& e) {
    e.add({}, {{2, 5}});
    e.add({}, {{7}});
    e.add({}, {{0, 4}});
    e.add({.dim = 0}, {{4, 3}});
    e.add({.dim = -2}, {{2, 5, 3}});
    e.add({}, {{3, 4}}).range(-1e4, 1e4).withoutGradient();  // of one class only: nothing for a quotient to see
    e.add({}, {{60, 300}});
    e.add({.dim = 1}, {{2, 30, 300}});
  }
  static void mistakes(Mistakes<LogSoftmax>& m) {
    m.add({}, {{}}, "needs an axis to add up over, but got a single number");
    m.add({.dim = -3}, {{3, 4}}, "needs an axis from -2 to 1, but got -3; -1 is the last one");
  }
};

OpFile log_softmax_file() { return ops<LogSoftmax, LogSoftmaxGradient>(); }

}  // namespace engine
