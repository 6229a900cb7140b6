// SiLU (Swish): y = x s(x), s(x) = 1 / (1 + e^-x); y' = s (1 + x (1 - s))
#include "engine/ops/elementwise.h"

namespace engine {

namespace {
template <class T>
struct SiluValue {
  BOTH T operator()(T x) const { return x * kernels::sigmoid(x); }
};
template <class T>
struct SiluSlope {
  BOTH T operator()(T dy, T x) const {
    const T s = kernels::sigmoid(x);
    return dy * (s * (1 + x * (1 - s)));
  }
};
}  // namespace

struct SiLUGradient {
  static Info info() { return activationGradientInfo("SiLUGradient", "dy times the slope of SiLU at x.", "x"); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachPair<T>(device, call, SiluSlope<T>{});
  }
  // By x: g dy y'', y'' = s (1 - s) (2 + x (1 - 2 s))
  void gradient(Backward& b) const {
    const Term g = b.gradient(0), x = b.input(1);
    b.give(0, b.add(*this, {g, x}));
    if (!b.wants(1)) return;
    const Term s = b.add(Op::with("Sigmoid"), {x});
    b.give(1, g * b.input(0) * (s - s * s) * (x * (s * -2.0 + 1.0) + 2.0));
  }
  static void examples(Examples<SiLUGradient>& e) { e.add({}, {{4, 7}, {4, 7}}); }
};

struct SiLU {
  static Info info() { return activationInfo("SiLU", "SiLU", "Each number times its sigmoid: a smooth ReLU, also called Swish."); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, SiluValue<T>{});
  }
  void gradient(Backward& b) const { b.give(0, b.add(SiLUGradient{}, {b.gradient(0), b.input(0)})); }
  void gradientByParts(Backward& b) const {
    const Term x = b.input(0), s = b.add(Op::with("Sigmoid"), {x});
    b.give(0, b.gradient(0) * (s + b.output(0) - b.output(0) * s));
  }
  static void examples(Examples<SiLU>& e) {
    e.add({}, {{3, 5}});
    e.add({}, {{3, 6000}}).range(-8, 8);
  }
};

OpFile silu_file() { return ops<SiLU, SiLUGradient>(); }

}  // namespace engine
