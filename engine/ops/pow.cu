// y = a^b, element by element, with broadcasting, as torch.pow.
#include <cmath>

#include "engine/graph/op.h"
#include "engine/ops/axes.h"
#include "kernels/broadcast.h"

namespace engine {

namespace {
template <class T>
struct PowerOfTwo {
  const T* a;  // of their own shapes
  const T* b;
  T* y;
  BOTH void operator()(int64_t i, int64_t inA, int64_t inB) const { y[i] = std::pow(a[inA], b[inB]); }
};
// By b: y ln a; 0 where a is 0, since a^b stays 0 there for every b above 0.
template <class T>
struct PowerByExponent {
  const T* a;
  const T* y;  // of the result's shape
  T* z;
  BOTH void operator()(int64_t i, int64_t inA, int64_t) const { z[i] = a[inA] == 0 ? T(0) : y[i] * std::log(a[inA]); }
};
}  // namespace

// y ln a of (a, y).
struct PowExponentGradient {
  static Info info() {
    return {.name = "PowExponentGradient",
            .group = "",
            .title = "Slope of a power by its exponent",
            .about = "y ln a, and 0 where a is 0.",
            .inputs = {{"a", "a shape that broadcasts to y's"}, {"y", "the power"}},
            .outputs = {{"z", "as y"}}};
  }
  void infer(Shapes& s) const { s.out(0, s.in(1)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    kernels::forStrided(device, kernels::broadcast<2>(call.out(0).shape, {call.in(0).shape, call.in(1).shape}),
                        PowerByExponent<T>{call.in<T>(0), call.in<T>(1), call.out<T>(0)});
  }
  // d/dy = ln a, d/da = y / a
  void gradient(Backward& b) const {
    const Term g = b.gradient(0), a = b.input(0), y = b.input(1);
    if (b.wants(0)) b.give(0, sumTo(g * y / a, a.shape()));
    if (b.wants(1)) b.give(1, b.add(*this, {a, g}));
  }
  static void examples(Examples<PowExponentGradient>& e) {
    e.add({}, {{2, 3}, {2, 3}}).range(0.5, 2);
    e.add({}, {{3, 1}, {2, 3, 4}}).range(0.5, 2);
  }
};

struct Pow {
  static Info info() {
    return {.name = "Pow",
            .group = "Arithmetic",
            .title = "Power",
            .about = "a to the power of b, element by element.",
            .inputs = {{"a", "any shape"}, {"b", "a shape that broadcasts with a's"}},
            .outputs = {{"y", "the shape that both broadcast to"}},
            .elementwise = true,
            .inPlace = true};
  }
  void infer(Shapes& s) const {
    const Shape y = broadcastShape(s.in(0), s.in(1));
    if (!s.require(!y.isMissing(), Place::input(1), Message("sizes that are equal to those of {0} from the right, or 1", s.in(0)), s.in(1))) return;
    s.out(0, y);
    constexpr double each = 20;  // a logarithm and an exponential
    if (y.isKnown()) s.flops(each * double(y.elements()));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    kernels::forStrided(device, kernels::broadcast<2>(call.out(0).shape, {call.in(0).shape, call.in(1).shape}),
                        PowerOfTwo<T>{call.in<T>(0), call.in<T>(1), call.out<T>(0)});
  }
  // da = dy b a^(b - 1), db = dy y ln a
  void gradient(Backward& b) const {
    const Term dy = b.gradient(0), base = b.input(0), exponent = b.input(1);
    if (b.wants(0)) b.give(0, sumTo(dy * exponent * b.add(Pow{}, {base, exponent + -1.0}), base.shape()));
    if (b.wants(1)) b.give(1, sumTo(dy * b.add(PowExponentGradient{}, {base, b.output(0)}), exponent.shape()));
  }
  static void examples(Examples<Pow>& e) {
    for (const auto& [a, b] : {std::pair<Shape, Shape>{{2, 3}, {2, 3}}, {{}, {}}, {{4, 5}, {}}, {{}, {4}}, {{2, 3, 5}, {2, 3, 1}}, {{3, 1}, {1, 4}}, {{2, 0, 3}, {3}}})
      e.add({}, {a, b}).draw({.low = 0.3, .high = 2}).draw({.low = -2, .high = 3});
    e.add({}, {{131, 257}, {257}}).draw({.low = 0.3, .high = 2}).draw({.low = -2, .high = 3}).withoutGradient();
  }
  static void mistakes(Mistakes<Pow>& m) {
    m.add({}, {{2, 3}, {2}}, "needs sizes that are equal to those of 2 × 3 from the right, or 1, but got 2 numbers");
  }
};

OpFile pow_file() { return ops<Pow, PowExponentGradient>(); }

}  // namespace engine
