// Activations whose slope is simple, most of them told by the output alone, so that the input need not be kept:
//   ReLU       y = max(x, 0)                        dx = dy where y > 0, else 0
//   LeakyReLU  y = x > 0 ? x : s x                  dx = x > 0 ? dy : s dy
//   ELU        y = x > 0 ? x : a (e^x - 1)          dx = y > 0 ? dy : (y + a) dy
//   Sigmoid    y = 1 / (1 + e^-x)                   dx = y (1 - y) dy
//   Tanh       y = tanh x                           dx = (1 - y^2) dy
#include "engine/ops/elementwise.h"

namespace engine {

namespace {
template <class T>
struct ReluValue {
  BOTH T operator()(T x) const { return x < 0 ? T(0) : x; }  // NaN stays NaN
};
template <class T>
struct ReluSlope {
  BOTH T operator()(T dy, T y) const { return y <= 0 ? T(0) : dy; }
};
template <class T>
struct LeakyReluValue {
  T slope;
  BOTH T operator()(T x) const { return x > 0 ? x : slope * x; }
};
template <class T>
struct LeakyReluSlope {
  T slope;
  BOTH T operator()(T dy, T x) const { return x > 0 ? dy : slope * dy; }
};
template <class T>
struct EluValue {
  T alpha;
  BOTH T operator()(T x) const {
    const T below = alpha * kernels::expm1(x < 0 ? x : T(0));
    return x < 0 ? below : x;
  }
};
template <class T>
struct EluSlope {
  T alpha;
  BOTH T operator()(T dy, T y) const { return y > 0 ? dy : (y + alpha) * dy; }
};
template <class T>
struct SigmoidValue {
  BOTH T operator()(T x) const { return kernels::sigmoid(x); }
};
template <class T>
struct SigmoidSlope {
  BOTH T operator()(T dy, T y) const { return y * (1 - y) * dy; }
};
template <class T>
struct TanhValue {
  BOTH T operator()(T x) const { return kernels::tanh(x); }
};
template <class T>
struct TanhSlope {
  BOTH T operator()(T dy, T y) const { return (1 - y * y) * dy; }
};

// More than one slice of the CPU, and more than one block of a GPU.
Shape large() { return {3, 6000}; }
}  // namespace

struct ReLUGradient {
  static Info info() { return activationGradientInfo("ReLUGradient", "dy where y is above 0, else 0.", "y"); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachPair<T>(device, call, ReluSlope<T>{});
  }
  void gradient(Backward& b) const { b.give(0, b.add(ReLUGradient{}, {b.gradient(0), b.input(1)})); }
  static void examples(Examples<ReLUGradient>& e) {
    e.add({}, {{4, 7}, {4, 7}}).range(-2, 2).distinct();
    e.add({}, {{}, {}}).range(-2, 2).distinct();
  }
};

struct ReLU {
  static Info info() { return activationInfo("ReLU", "ReLU", "Keeps what is above 0 and sets the rest to 0."); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, ReluValue<T>{});
  }
  void gradient(Backward& b) const { b.give(0, b.add(ReLUGradient{}, {b.gradient(0), b.output(0)})); }
  static void examples(Examples<ReLU>& e) {
    e.add({}, {{3, 5}}).distinct();
    e.add({}, {{}}).distinct();
    e.add({}, {{2, 0}});
    e.add({}, {large()}).distinct();
  }
};

struct LeakyReLUGradient {
  double negative_slope = 0.01;
  static Info info() { return activationGradientInfo("LeakyReLUGradient", "dy, times the slope where x is not above 0.", "x"); }
  static void fields(LeakyReLUGradient& op, FieldVisitor& f) {
    f.real("negative_slope", op.negative_slope, anyNumber(), "The slope below 0.");
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachPair<T>(device, call, LeakyReluSlope<T>{T(negative_slope)});
  }
  void gradient(Backward& b) const { b.give(0, b.add(*this, {b.gradient(0), b.input(1)})); }
  static void examples(Examples<LeakyReLUGradient>& e) { e.add({.negative_slope = 0.2}, {{4, 7}, {4, 7}}).range(-2, 2).distinct(); }
};

struct LeakyReLU {
  double negative_slope = 0.01;
  static Info info() { return activationInfo("LeakyReLU", "Leaky ReLU", "As ReLU, but lets a little through below 0."); }
  static void fields(LeakyReLU& op, FieldVisitor& f) {
    f.real("negative_slope", op.negative_slope, anyNumber(), "How much of a number below 0 is let through.");
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, LeakyReluValue<T>{T(negative_slope)});
  }
  void gradient(Backward& b) const {
    b.give(0, b.add(LeakyReLUGradient{negative_slope}, {b.gradient(0), b.input(0)}));
  }
  static void examples(Examples<LeakyReLU>& e) {
    e.add({}, {{3, 5}}).distinct();
    e.add({.negative_slope = -0.5}, {{9}}).distinct();
    e.add({.negative_slope = 0.3}, {large()}).distinct();
  }
};

struct ELUGradient {
  double alpha = 1;
  static Info info() { return activationGradientInfo("ELUGradient", "dy, times y + alpha where y is not above 0.", "y"); }
  static void fields(ELUGradient& op, FieldVisitor& f) { f.real("alpha", op.alpha, atLeast(0), "ELU's alpha."); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachPair<T>(device, call, EluSlope<T>{T(alpha)});
  }
  // By y: g dy where y is below 0.
  void gradient(Backward& b) const {
    b.give(0, b.add(*this, {b.gradient(0), b.input(1)}));
    if (b.wants(1)) b.give(1, b.add(ReLUGradient{}, {b.gradient(0) * b.input(0), -b.input(1)}));
  }
  static void examples(Examples<ELUGradient>& e) { e.add({.alpha = 1.5}, {{4, 7}, {4, 7}}).range(-2, 2).distinct(); }
};

struct ELU {
  double alpha = 1;
  static Info info() { return activationInfo("ELU", "ELU", "As ReLU above 0; below it bends smoothly towards -alpha."); }
  static void fields(ELU& op, FieldVisitor& f) {
    f.real("alpha", op.alpha, atLeast(0), "What it comes close to for numbers far below 0, with a minus.");
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, EluValue<T>{T(alpha)});
  }
  void gradient(Backward& b) const { b.give(0, b.add(ELUGradient{alpha}, {b.gradient(0), b.output(0)})); }
  static void examples(Examples<ELU>& e) {
    e.add({}, {{3, 5}}).distinct();
    e.add({.alpha = 0}, {{9}}).distinct();
    e.add({.alpha = 2.5}, {large()}).distinct();
  }
};

struct SigmoidGradient {
  static Info info() { return activationGradientInfo("SigmoidGradient", "y (1 - y) dy.", "y"); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachPair<T>(device, call, SigmoidSlope<T>{});
  }
  void gradient(Backward& b) const {
    const Term g = b.gradient(0), y = b.input(1);
    b.give(0, b.add(*this, {g, y}));
    if (b.wants(1)) b.give(1, g * b.input(0) * (y * -2.0 + 1.0));
  }
  static void examples(Examples<SigmoidGradient>& e) { e.add({}, {{4, 7}, {4, 7}}); }
};

struct Sigmoid {
  static Info info() { return activationInfo("Sigmoid", "Sigmoid", "Squeezes every number into 0 to 1."); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, SigmoidValue<T>{});
  }
  void gradient(Backward& b) const { b.give(0, b.add(SigmoidGradient{}, {b.gradient(0), b.output(0)})); }
  void gradientByParts(Backward& b) const {
    const Term y = b.output(0);
    b.give(0, b.gradient(0) * (y - y * y));
  }
  static void examples(Examples<Sigmoid>& e) {
    e.add({}, {{3, 5}});
    e.add({}, {large()}).range(-8, 8);
  }
};

struct TanhGradient {
  static Info info() { return activationGradientInfo("TanhGradient", "(1 - y^2) dy.", "y"); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachPair<T>(device, call, TanhSlope<T>{});
  }
  void gradient(Backward& b) const {
    const Term g = b.gradient(0), y = b.input(1);
    b.give(0, b.add(*this, {g, y}));
    if (b.wants(1)) b.give(1, g * b.input(0) * y * -2.0);
  }
  static void examples(Examples<TanhGradient>& e) { e.add({}, {{4, 7}, {4, 7}}); }
};

struct Tanh {
  static Info info() { return activationInfo("Tanh", "Tanh", "Squeezes every number into -1 to 1."); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, TanhValue<T>{});
  }
  void gradient(Backward& b) const { b.give(0, b.add(TanhGradient{}, {b.gradient(0), b.output(0)})); }
  void gradientByParts(Backward& b) const {
    const Term y = b.output(0);
    b.give(0, b.gradient(0) * (-(y * y) + 1.0));
  }
  static void examples(Examples<Tanh>& e) {
    e.add({}, {{3, 5}});
    e.add({}, {large()}).range(-4, 4);
  }
};

OpFile activations_file() {
  return ops<ReLU, ReLUGradient, LeakyReLU, LeakyReLUGradient, ELU, ELUGradient, Sigmoid, SigmoidGradient, Tanh,
             TanhGradient>();
}

}  // namespace engine
