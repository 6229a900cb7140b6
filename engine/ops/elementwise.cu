// Element by element: y = e^x, ln x, √x, -x, |x|
#include "engine/graph/op.h"
#include "kernels/map.h"
#include "kernels/math.h"

namespace engine {

struct Exponential {
  template <class T>
  BOTH T operator()(T x) const {
    return kernels::exp(x);
  }
};
struct NaturalLogarithm {
  template <class T>
  BOTH T operator()(T x) const {
    return kernels::log(x);
  }
};
struct SquareRoot {
  template <class T>
  BOTH T operator()(T x) const {
    return std::sqrt(x);
  }
};
struct Negated {
  template <class T>
  BOTH T operator()(T x) const {
    return -x;
  }
};
struct AbsoluteValue {
  template <class T>
  BOTH T operator()(T x) const {
    return std::fabs(x);
  }
};
// 0 at 0, and so the gradient of |x| is there.
struct SignOf {
  template <class T>
  BOTH T operator()(T x) const {
    return T(T(x > 0) - T(x < 0));
  }
};

// What the ops of this file share.
template <class F>
struct OfOne {
  static Info about(const char* name, const char* group, const char* title, const char* sentence) {
    return {.name = name,
            .group = group,
            .title = title,
            .about = sentence,
            .inputs = {{"x", "any shape"}},
            .outputs = {{"y", "the same shape"}},
            .elementwise = true,
            .inPlace = true};
  }
  void infer(Shapes& s) const {
    s.out(0, s.in(0));
    if (s.in(0).isKnown()) s.flops(double(s.in(0).elements()));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const T* x = call.in<T>(0);
    T* y = call.out<T>(0);
    kernels::map(device, call.out(0).elements(), [=] BOTH(int64_t i) { y[i] = F()(x[i]); });
  }
  template <class O>
  static void examples(Examples<O>& e) {
    for (const Shape& x : {Shape{2, 3}, Shape{}, Shape{0, 4}, Shape{7}}) O::drawn(e.add({}, {x}));
    O::drawn(e.add({}, {{33001}})).withoutGradient();  // several slices and blocks
  }
  static Example& drawn(Example& example) { return example; }
};

struct Exp : OfOne<Exponential> {
  static Info info() { return about("Exp", "Arithmetic", "Exponential", "e to the power of x."); }
  void gradient(Backward& b) const { b.give(0, b.gradient(0) * b.output(0)); }
};

struct Log : OfOne<NaturalLogarithm> {
  static Info info() { return about("Log", "Arithmetic", "Logarithm", "The natural logarithm of x."); }
  void gradient(Backward& b) const { b.give(0, b.gradient(0) / b.input(0)); }
  static Example& drawn(Example& example) { return example.range(0.2, 4); }
};

// dx = dy / (2 y): infinite at 0, as PyTorch's
struct Sqrt : OfOne<SquareRoot> {
  static Info info() { return about("Sqrt", "Arithmetic", "Square root", "The square root of x."); }
  void gradient(Backward& b) const { b.give(0, b.gradient(0) / (b.output(0) * 2.0)); }
  static Example& drawn(Example& example) { return example.range(0.2, 4); }
};

struct Neg : OfOne<Negated> {
  static Info info() { return about("Neg", "Arithmetic", "Negate", "x with the other sign."); }
  void gradient(Backward& b) const { b.give(0, -b.gradient(0)); }
};

// In lowered graphs only.
struct Sign : OfOne<SignOf> {
  static Info info() { return about("Sign", "", "Sign", "1 above 0, -1 below 0, 0 at 0."); }
  void gradient(Backward&) const {}
  static Example& drawn(Example& example) { return example.distinct(); }
};

struct Abs : OfOne<AbsoluteValue> {
  static Info info() { return about("Abs", "Arithmetic", "Absolute value", "x without its sign."); }
  void gradient(Backward& b) const { b.give(0, b.gradient(0) * b.add(Sign{}, {b.input(0)})); }
  static Example& drawn(Example& example) { return example.distinct(); }
};

OpFile elementwise_file() { return ops<Exp, Log, Sqrt, Neg, Abs, Sign>(); }

}  // namespace engine
