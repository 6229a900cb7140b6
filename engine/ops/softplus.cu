// Softplus: y = log(1 + e^(b x)) / b, and x itself where b x is above the threshold; y' = s(b x), there 1
#include "engine/ops/elementwise.h"

namespace engine {

namespace {
template <class T>
struct SoftplusValue {
  T beta, threshold;
  BOTH T operator()(T x) const {
    const T z = x * beta;
    const T y = ((z > 0 ? z : T(0)) + kernels::log1p(kernels::exp(z > 0 ? -z : z))) / beta;  // e^z never overflows
    return z > threshold ? x : y;
  }
};
template <class T>
struct SoftplusSlope {
  T beta, threshold;
  BOTH T operator()(T dy, T x) const {
    const T z = x * beta;
    return z > threshold ? dy : dy * kernels::sigmoid(z);
  }
};

template <class O>
void softplusFields(O& op, FieldVisitor& f) {
  f.real("beta", op.beta, above(0), "How sharp the bend is: the larger, the closer to ReLU.");
  f.real("threshold", op.threshold, anyNumber(), "Where beta times the number is above this, the number is kept as it is.");
}
}  // namespace

struct SoftplusGradient {
  double beta = 1, threshold = 20;
  static Info info() { return activationGradientInfo("SoftplusGradient", "dy times the slope of Softplus at x.", "x"); }
  static void fields(SoftplusGradient& op, FieldVisitor& f) { softplusFields(op, f); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachPair<T>(device, call, SoftplusSlope<T>{T(beta), T(threshold)});
  }
  // By x: g dy b s (1 - s), and 0 above the threshold: ReLU's gradient with threshold - b x for its output cuts there.
  void gradient(Backward& b) const {
    const Term g = b.gradient(0), z = b.input(1) * beta;
    b.give(0, b.add(*this, {g, b.input(1)}));
    if (!b.wants(1)) return;
    const Term s = b.add(Op::with("Sigmoid"), {z});
    b.give(1, b.add(Op::with("ReLUGradient"), {g * b.input(0) * (s - s * s) * beta, -z + threshold}));
  }
  static void examples(Examples<SoftplusGradient>& e) {
    e.add({}, {{4, 7}, {4, 7}});
    e.add({.beta = 2, .threshold = 1}, {{4, 7}, {4, 7}}).range(-2, 2).range(-2, 0.45);
    e.add({.beta = 2, .threshold = 1}, {{4, 7}, {4, 7}}).range(-2, 2).range(0.55, 3);
  }
};

struct Softplus {
  double beta = 1, threshold = 20;
  static Info info() { return activationInfo("Softplus", "Softplus", "A smooth ReLU that is always above 0."); }
  static void fields(Softplus& op, FieldVisitor& f) { softplusFields(op, f); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, SoftplusValue<T>{T(beta), T(threshold)});
  }
  void gradient(Backward& b) const { b.give(0, b.add(SoftplusGradient{beta, threshold}, {b.gradient(0), b.input(0)})); }

  // At the threshold it jumps; difference quotients must not step over it.
  static void examples(Examples<Softplus>& e) {
    e.add({}, {{3, 5}});
    e.add({.beta = 0.5}, {{3, 6000}}).range(-30, 30);
    e.add({.beta = 3, .threshold = 6}, {{20}}).range(2.1, 9);
    e.add({.beta = 3, .threshold = 6}, {{20}}).range(-9, 1.9);
  }
};

OpFile softplus_file() { return ops<Softplus, SoftplusGradient>(); }

}  // namespace engine
