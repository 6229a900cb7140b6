// GELU: y = x P(x), P the distribution function of the standard normal.
//   none  P(x) = (1 + erf(x / sqrt 2)) / 2           y' = P + x p, p(x) = e^(-x^2 / 2) / sqrt(2 pi)
//   tanh  P(x) = (1 + t) / 2, t = tanh u,            y' = (1 + t) / 2 + x (1 - t^2) u' / 2
//         u = sqrt(2 / pi) (x + 0.044715 x^3)        (Hendrycks and Gimpel, arXiv 1606.08415)
#include "engine/ops/elementwise.h"

namespace engine {

namespace {
constexpr double kRootHalf = 0.70710678118654752440, kRootTwoOverPi = 0.79788456080286535588, kCube = 0.044715;

template <class T>
struct GeluValue {
  BOTH T operator()(T x) const { return T(0.5) * x * (1 + kernels::erf(x * T(kRootHalf))); }
};
template <class T>
struct GeluSlope {
  BOTH T operator()(T dy, T x) const {
    const T below = T(0.5) * (1 + kernels::erf(x * T(kRootHalf)));
    const T density = T(kRootTwoOverPi * 0.5) * kernels::exp(T(-0.5) * x * x);
    return dy * (below + x * density);
  }
};
template <class T>
struct GeluTanhValue {
  BOTH T operator()(T x) const {
    return T(0.5) * x * (1 + kernels::tanh(T(kRootTwoOverPi) * (x + T(kCube) * x * x * x)));
  }
};
template <class T>
struct GeluTanhSlope {
  BOTH T operator()(T dy, T x) const {
    const T t = kernels::tanh(T(kRootTwoOverPi) * (x + T(kCube) * x * x * x));
    const T inner = T(kRootTwoOverPi) * (1 + T(3 * kCube) * x * x);
    return dy * (T(0.5) * (1 + t) + T(0.5) * x * (1 - t * t) * inner);
  }
};

constexpr const char* kApproximate[] = {"none", "tanh"};
constexpr const char* kForms = "none: exact, by the error function. tanh: the approximation that GPT-2 and BERT use.";
}  // namespace

struct GELUGradient {
  int approximate = 0;
  static Info info() { return activationGradientInfo("GELUGradient", "dy times the slope of GELU at x.", "x"); }
  static void fields(GELUGradient& op, FieldVisitor& f) { f.choice("approximate", op.approximate, kApproximate, kForms); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    if (approximate) eachPair<T>(device, call, GeluTanhSlope<T>{});
    else eachPair<T>(device, call, GeluSlope<T>{});
  }

  // By x: g dy y''. Exact: y'' = (2 - x^2) p. By tanh: y'' = (1 - t^2) (u' + x u'' / 2 - x t u'^2).
  void gradient(Backward& b) const {
    const Term g = b.gradient(0), x = b.input(1), square = x * x;
    b.give(0, b.add(*this, {g, x}));
    if (!b.wants(1)) return;
    if (approximate) {
      const Term t = b.add(Op::with("Tanh"), {(x + square * x * kCube) * kRootTwoOverPi});
      const Term first = (square * (3 * kCube) + 1.0) * kRootTwoOverPi;
      const Term second = x * (6 * kCube * kRootTwoOverPi);
      b.give(1, g * b.input(0) * (-(t * t) + 1.0) * (first + x * second * 0.5 - x * t * first * first));
    } else {
      const Term density = b.add(Op::with("Exp"), {square * -0.5}) * (kRootTwoOverPi * 0.5);
      b.give(1, g * b.input(0) * (-square + 2.0) * density);
    }
  }
  static void examples(Examples<GELUGradient>& e) {
    e.add({}, {{4, 7}, {4, 7}});
    e.add({.approximate = 1}, {{4, 7}, {4, 7}});
  }
};

struct GELU {
  int approximate = 0;
  static Info info() {
    return activationInfo("GELU", "GELU", "Keeps each number by the chance that a random one lies below it; smooth.");
  }
  static void fields(GELU& op, FieldVisitor& f) { f.choice("approximate", op.approximate, kApproximate, kForms); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    if (approximate) eachElement<T>(device, call, GeluTanhValue<T>{});
    else eachElement<T>(device, call, GeluValue<T>{});
  }
  void gradient(Backward& b) const { b.give(0, b.add(GELUGradient{approximate}, {b.gradient(0), b.input(0)})); }

  static void examples(Examples<GELU>& e) {
    e.add({}, {{3, 5}});
    e.add({.approximate = 1}, {{3, 5}});
    e.add({}, {{3, 6000}}).range(-6, 6);
    e.add({.approximate = 1}, {{18000}}).range(-6, 6);
  }
};

OpFile gelu_file() { return ops<GELU, GELUGradient>(); }

}  // namespace engine
