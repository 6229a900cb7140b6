// Functions of one number, element by element: those of angles, hyperbolas and areas, 1 / x, and the ways to whole numbers.
//
// Sines of floats are calculated in double after taking away whole quarters of a turn: CUDA's own keep a table in each thread's memory.
#include "engine/ops/elementwise.h"

namespace engine {

namespace {
struct QuarterTurn {
  double rest;      // from -π/4 to π/4
  double quarters;  // 0, 1, 2 or 3, or not a number
};
BOTH inline QuarterTurn quarterTurn(double x) {
  const double n = std::rint(x * 0.63661977236758134308);                                 // 2/π
  const double rest = (x - n * 1.57079632673412561417) - n * 6.07710050650619224932e-11;  // π/2 in two parts, the first of 33 bits
  return {rest, n - 4 * std::floor(n * 0.25)};
}
BOTH inline double nearSine(double r) {
  const double s = r * r;
  return r + r * s * (-1.0 / 6 + s * (1.0 / 120 + s * (-1.0 / 5040 + s * (1.0 / 362880 + s * (-1.0 / 39916800)))));
}
BOTH inline double nearCosine(double r) {
  const double s = r * r;
  return 1 + s * (-0.5 + s * (1.0 / 24 + s * (-1.0 / 720 + s * (1.0 / 40320 + s * (-1.0 / 3628800)))));
}
BOTH inline float sineOf(float x) {
  const QuarterTurn t = quarterTurn(double(x));
  const double s = nearSine(t.rest), c = nearCosine(t.rest), size = t.quarters == 1 || t.quarters == 3 ? c : s;
  return float(t.quarters >= 2 ? -size : size);
}
BOTH inline float cosineOf(float x) {
  const QuarterTurn t = quarterTurn(double(x));
  const double s = nearSine(t.rest), c = nearCosine(t.rest), size = t.quarters == 1 || t.quarters == 3 ? s : c;
  return float(t.quarters == 1 || t.quarters == 2 ? -size : size);
}
BOTH inline float tangentOf(float x) {
  const QuarterTurn t = quarterTurn(double(x));
  const double s = nearSine(t.rest), c = nearCosine(t.rest);
  return float(t.quarters == 1 || t.quarters == 3 ? -c / s : s / c);
}
BOTH inline double sineOf(double x) { return std::sin(x); }
BOTH inline double cosineOf(double x) { return std::cos(x); }
BOTH inline double tangentOf(double x) { return std::tan(x); }

struct SineOf {
  template <class T>
  BOTH T operator()(T x) const {
    return sineOf(x);
  }
};
struct CosineOf {
  template <class T>
  BOTH T operator()(T x) const {
    return cosineOf(x);
  }
};
struct TangentOf {
  template <class T>
  BOTH T operator()(T x) const {
    return tangentOf(x);
  }
};
struct ArcSineOf {
  template <class T>
  BOTH T operator()(T x) const {
    return std::asin(x);
  }
};
struct ArcCosineOf {
  template <class T>
  BOTH T operator()(T x) const {
    return std::acos(x);
  }
};
struct ArcTangentOf {
  template <class T>
  BOTH T operator()(T x) const {
    return std::atan(x);
  }
};
struct HyperbolicSineOf {
  template <class T>
  BOTH T operator()(T x) const {
    return std::sinh(x);
  }
};
struct HyperbolicCosineOf {
  template <class T>
  BOTH T operator()(T x) const {
    return std::cosh(x);
  }
};
struct AreaSineOf {
  template <class T>
  BOTH T operator()(T x) const {
    return std::asinh(x);
  }
};
struct AreaCosineOf {
  template <class T>
  BOTH T operator()(T x) const {
    return std::acosh(x);
  }
};
struct AreaTangentOf {
  template <class T>
  BOTH T operator()(T x) const {
    return std::atanh(x);
  }
};
struct ReciprocalOf {
  template <class T>
  BOTH T operator()(T x) const {
    return T(1) / x;
  }
};
struct CeilingOf {
  template <class T>
  BOTH T operator()(T x) const {
    return std::ceil(x);
  }
};
struct FloorOf {
  template <class T>
  BOTH T operator()(T x) const {
    return std::floor(x);
  }
};
struct NearestOf {
  template <class T>
  BOTH T operator()(T x) const {
    return std::rint(x);
  }
};

// What the ops of this file share.
template <class F>
struct FunctionOfOne {
  static Info about(const char* name, const char* title, const char* sentence) {
    Info info = activationInfo(name, title, sentence);
    info.group = "Arithmetic";
    return info;
  }
  void infer(Shapes& s) const {
    s.out(0, s.in(0));
    if (s.in(0).isKnown()) s.flops(double(s.in(0).elements()));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, F());
  }
  template <class O>
  static void examples(Examples<O>& e) {
    for (const Shape& x : {Shape{2, 3}, Shape{}, Shape{0, 4}, Shape{7}}) e.add({}, {x}).range(O::kLow, O::kHigh);
    e.add({}, {{33001}}).range(O::kLow, O::kHigh).withoutGradient();  // several slices and blocks
  }
  static constexpr double kLow = -2, kHigh = 2;
};
}  // namespace

struct Sin : FunctionOfOne<SineOf> {
  static Info info() { return about("Sin", "Sine", "The sine of x, an angle in radians."); }
  void gradient(Backward& b) const;
  static constexpr double kLow = -9, kHigh = 9;
};
struct Cos : FunctionOfOne<CosineOf> {
  static Info info() { return about("Cos", "Cosine", "The cosine of x, an angle in radians."); }
  void gradient(Backward& b) const { b.give(0, -(b.gradient(0) * b.add(Sin{}, {b.input(0)}))); }
  static constexpr double kLow = -9, kHigh = 9;
};
void Sin::gradient(Backward& b) const { b.give(0, b.gradient(0) * b.add(Cos{}, {b.input(0)})); }

struct Tan : FunctionOfOne<TangentOf> {
  static Info info() { return about("Tan", "Tangent", "The tangent of x, an angle in radians."); }
  void gradient(Backward& b) const {
    const Term y = b.output(0);
    b.give(0, b.gradient(0) * (y * y + 1.0));
  }
  static constexpr double kLow = -1.2, kHigh = 1.2;
};

namespace {
Term rootOf(Backward& b, Term x) { return b.add(Op::with("Sqrt"), {x}); }
}  // namespace

struct Asin : FunctionOfOne<ArcSineOf> {
  static Info info() { return about("Asin", "Arc sine", "The angle whose sine is x, in radians."); }
  void gradient(Backward& b) const {
    const Term x = b.input(0);
    b.give(0, b.gradient(0) / rootOf(b, -(x * x) + 1.0));
  }
  static constexpr double kLow = -0.9, kHigh = 0.9;
};
struct Acos : FunctionOfOne<ArcCosineOf> {
  static Info info() { return about("Acos", "Arc cosine", "The angle whose cosine is x, in radians."); }
  void gradient(Backward& b) const {
    const Term x = b.input(0);
    b.give(0, -(b.gradient(0) / rootOf(b, -(x * x) + 1.0)));
  }
  static constexpr double kLow = -0.9, kHigh = 0.9;
};
struct Atan : FunctionOfOne<ArcTangentOf> {
  static Info info() { return about("Atan", "Arc tangent", "The angle whose tangent is x, in radians."); }
  void gradient(Backward& b) const {
    const Term x = b.input(0);
    b.give(0, b.gradient(0) / (x * x + 1.0));
  }
};

struct Sinh : FunctionOfOne<HyperbolicSineOf> {
  static Info info() { return about("Sinh", "Hyperbolic sine", "(e^x - e^-x) / 2."); }
  void gradient(Backward& b) const;
};
struct Cosh : FunctionOfOne<HyperbolicCosineOf> {
  static Info info() { return about("Cosh", "Hyperbolic cosine", "(e^x + e^-x) / 2."); }
  void gradient(Backward& b) const { b.give(0, b.gradient(0) * b.add(Sinh{}, {b.input(0)})); }
};
void Sinh::gradient(Backward& b) const { b.give(0, b.gradient(0) * b.add(Cosh{}, {b.input(0)})); }

struct Asinh : FunctionOfOne<AreaSineOf> {
  static Info info() { return about("Asinh", "Area hyperbolic sine", "The number whose hyperbolic sine is x."); }
  void gradient(Backward& b) const {
    const Term x = b.input(0);
    b.give(0, b.gradient(0) / rootOf(b, x * x + 1.0));
  }
};
struct Acosh : FunctionOfOne<AreaCosineOf> {
  static Info info() { return about("Acosh", "Area hyperbolic cosine", "The number from 0 on whose hyperbolic cosine is x."); }
  void gradient(Backward& b) const {
    const Term x = b.input(0);
    b.give(0, b.gradient(0) / rootOf(b, x * x + -1.0));
  }
  static constexpr double kLow = 1.5, kHigh = 4;
};
struct Atanh : FunctionOfOne<AreaTangentOf> {
  static Info info() { return about("Atanh", "Area hyperbolic tangent", "The number whose hyperbolic tangent is x."); }
  void gradient(Backward& b) const {
    const Term x = b.input(0);
    b.give(0, b.gradient(0) / (-(x * x) + 1.0));
  }
  static constexpr double kLow = -0.9, kHigh = 0.9;
};

struct Reciprocal : FunctionOfOne<ReciprocalOf> {
  static Info info() { return about("Reciprocal", "Reciprocal", "1 / x."); }
  void gradient(Backward& b) const {
    const Term y = b.output(0);
    b.give(0, -(b.gradient(0) * y * y));
  }
  static constexpr double kLow = 0.5, kHigh = 3;
};

// Steps: level between the jumps, so that nothing goes back.
struct Ceil : FunctionOfOne<CeilingOf> {
  static Info info() { return about("Ceil", "Round up", "The smallest whole number that is not below x."); }
  void gradient(Backward&) const {}
  static constexpr double kLow = 1.1, kHigh = 1.9;
};
struct Floor : FunctionOfOne<FloorOf> {
  static Info info() { return about("Floor", "Round down", "The largest whole number that is not above x."); }
  void gradient(Backward&) const {}
  static constexpr double kLow = 1.1, kHigh = 1.9;
};
struct Round : FunctionOfOne<NearestOf> {
  static Info info() { return about("Round", "Round", "The nearest whole number; the even one where two are as near."); }
  void gradient(Backward&) const {}
  static constexpr double kLow = 0.6, kHigh = 1.4;
};

OpFile unary_math_file() { return ops<Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Asinh, Acosh, Atanh, Reciprocal, Ceil, Floor, Round>(); }

}  // namespace engine
