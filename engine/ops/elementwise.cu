// Element by element: y = e^x, ln x, √x, -x, |x|
// -x, |x| and the sign are there for whole numbers too.
#include "engine/graph/op.h"
#include "engine/ops/whole.h"
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
    if constexpr (std::is_integral_v<T>) return wrapped<T>(-uint64_t(x));
    else return -x;
  }
};
struct AbsoluteValue {
  template <class T>
  BOTH T operator()(T x) const {
    if constexpr (std::is_unsigned_v<T>) return x;
    else if constexpr (std::is_integral_v<T>) return x < 0 ? wrapped<T>(-uint64_t(x)) : x;
    else return std::fabs(x);
  }
};
// 0 at 0, and so the gradient of |x| is there.
struct SignOf {
  template <class T>
  BOTH T operator()(T x) const {
    if constexpr (std::is_unsigned_v<T>) return T(x > 0);
    else return T(T(x > 0) - T(x < 0));
  }
};

template <class T, class F>
struct CalculateOne {
  const T* x;
  T* y;
  BOTH void operator()(int64_t i) const { y[i] = F()(x[i]); }
};

// What the ops of this file share.
template <class F, Takes takes = Takes::numbers>
struct OfOne {
  static Info about(const char* name, const char* group, const char* title, const char* sentence) {
    return {.name = name,
            .group = group,
            .title = title,
            .about = sentence,
            .inputs = {{"x", "any shape", takes}},
            .outputs = {{"y", "the same shape"}},
            .elementwise = true,
            .inPlace = true};
  }
  void infer(Shapes& s) const {
    if (takes == Takes::anything && !requireNumbers(s, 0)) return;
    s.out(0, s.in(0), s.inType(0));
    if (s.in(0).isKnown()) s.flops(double(s.in(0).elements()));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    if (isFloating(call.out(0).type)) kernels::map(device, call.out(0).elements(), CalculateOne<T, F>{call.in<T>(0), call.out<T>(0)});
    else if constexpr (takes == Takes::anything)
      withWhole(call.out(0).type, [&]<class U>() { kernels::map(device, call.out(0).elements(), CalculateOne<U, F>{call.in<U>(0), call.out<U>(0)}); });
  }
  template <class O>
  static void examples(Examples<O>& e) {
    for (const Shape& x : {Shape{2, 3}, Shape{}, Shape{0, 4}, Shape{7}}) O::drawn(e.add({}, {x}));
    O::drawn(e.add({}, {{33001}})).withoutGradient();  // several slices and blocks
    if (takes == Takes::anything)
      for (const Type type : {Type::i64, Type::i32, Type::u8}) e.add({}, {{7, 45}}).draw({.classes = 200, .type = type});
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

struct Neg : OfOne<Negated, Takes::anything> {
  static Info info() { return about("Neg", "Arithmetic", "Negate", "x with the other sign."); }
  void gradient(Backward& b) const { b.give(0, -b.gradient(0)); }
};

struct Sign : OfOne<SignOf, Takes::anything> {
  static Info info() { return about("Sign", "Arithmetic", "Sign", "1 above 0, -1 below 0, 0 at 0."); }
  void gradient(Backward&) const {}
  static Example& drawn(Example& example) { return example.distinct(); }
};

struct Abs : OfOne<AbsoluteValue, Takes::anything> {
  static Info info() { return about("Abs", "Arithmetic", "Absolute value", "x without its sign."); }
  void gradient(Backward& b) const { b.give(0, b.gradient(0) * b.add(Sign{}, {b.input(0)})); }
  static Example& drawn(Example& example) { return example.distinct(); }
};

OpFile elementwise_file() { return ops<Exp, Log, Sqrt, Neg, Abs, Sign>(); }

}  // namespace engine
