// More activations, by PyTorch's names: SELU, CELU, Hardsigmoid, Hardswish, Mish, Softsign, Threshold, Hardshrink, Softshrink, PReLU.
// Their gradients are put together from simple ops, which the plan joins to one pass.
#include "engine/ops/axes.h"
#include "engine/ops/elementwise.h"

namespace engine {

namespace {
constexpr double kSeluAlpha = 1.6732632423543772848170429916717, kSeluScale = 1.0507009873554804934193349852946;
constexpr double kFarAway = 1e300;  // infinite as a float

template <class T>
struct InsideValue {
  T low, high;
  BOTH T operator()(T x) const { return x > low && x < high ? T(1) : T(0); }
};
template <class T>
struct SeluValue {
  BOTH T operator()(T x) const {
    const T below = T(kSeluScale * kSeluAlpha) * kernels::expm1(x < 0 ? x : T(0));
    return x < 0 ? below : T(kSeluScale) * x;
  }
};
template <class T>
struct CeluValue {
  T alpha;
  BOTH T operator()(T x) const {
    const T below = alpha * kernels::expm1(x < 0 ? x / alpha : T(0));
    return x < 0 ? below : x;
  }
};
template <class T>
struct HardsigmoidValue {
  BOTH T operator()(T x) const {
    const T y = x * T(1.0 / 6) + T(0.5);
    return y < 0 ? T(0) : y > 1 ? T(1) : y;
  }
};
template <class T>
struct HardswishValue {
  BOTH T operator()(T x) const { return x * HardsigmoidValue<T>()(x); }
};
template <class T>
struct MishValue {
  BOTH T operator()(T x) const {
    // tanh(log(1 + e^x)) = n / (n + 2), n = e^x (e^x + 2); from 20 on it is 1
    const T e = kernels::exp(x < 20 ? x : T(20)), n = e * (e + 2), y = x * (n / (n + 2));
    return x < 20 ? y : x;
  }
};
template <class T>
struct SoftsignValue {
  BOTH T operator()(T x) const { return x / (1 + std::fabs(x)); }
};
template <class T>
struct ThresholdValue {
  T threshold, value;
  BOTH T operator()(T x) const { return x <= threshold ? value : x; }  // NaN stays NaN
};
template <class T>
struct HardshrinkValue {
  T lambda;
  BOTH T operator()(T x) const { return x >= -lambda && x <= lambda ? T(0) : x; }
};
template <class T>
struct SoftshrinkValue {
  T lambda;
  BOTH T operator()(T x) const { return x > lambda ? x - lambda : x < -lambda ? x + lambda : x * T(0); }
};

template <class O>
Example& rectifierExamples(Examples<O>& e, O op = {}) {
  e.add(op, {{3, 5}}).distinct();
  e.add(op, {{}}).distinct();
  e.add(op, {{2, 0}});
  return e.add(op, {{3, 6000}}).range(-6, 6).withoutGradient();
}
}  // namespace

// In lowered graphs only: where a piece of an activation begins and ends.
struct Inside {
  double low = 0, high = kFarAway;
  static Info info() {
    Info info = activationInfo("Inside", "Inside", "1 between two numbers, 0 elsewhere.");
    info.group = "";
    return info;
  }
  static void fields(Inside& op, FieldVisitor& f) {
    f.real("low", op.low, anyNumber(), "Above this.");
    f.real("high", op.high, anyNumber(), "Below this.");
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, InsideValue<T>{T(low), T(high)});
  }
  void gradient(Backward&) const {}
  static void examples(Examples<Inside>& e) {
    e.add({-1, 1}, {{3, 5}}).range(-0.9, 0.9);
    e.add({-1, 1}, {{3, 5}}).range(1.1, 2);
    e.add({}, {{2, 0}});
    e.add({-1, 1}, {{3, 6000}}).withoutGradient();
  }
};

struct SELU {
  static Info info() { return activationInfo("SELU", "SELU", "An ELU whose sizes keep mean and spread of the numbers from layer to layer."); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, SeluValue<T>{});
  }
  void gradient(Backward& b) const {
    b.give(0, b.add(Op::with("ELUGradient", {{"alpha", kSeluAlpha}}), {b.gradient(0) * kSeluScale, b.output(0) * (1 / kSeluScale)}));
  }
  static void examples(Examples<SELU>& e) { rectifierExamples(e); }
};

struct CELU {
  double alpha = 1;
  static Info info() { return activationInfo("CELU", "CELU", "As ELU, but with a slope of 1 at 0 whatever alpha is."); }
  static void fields(CELU& op, FieldVisitor& f) {
    f.real("alpha", op.alpha, above(0), "What it comes close to for numbers far below 0, with a minus.");
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, CeluValue<T>{T(alpha)});
  }
  void gradient(Backward& b) const { b.give(0, b.add(Op::with("ELUGradient", {{"alpha", 1.0}}), {b.gradient(0), b.output(0) * (1 / alpha)})); }
  static void examples(Examples<CELU>& e) {
    rectifierExamples(e);
    rectifierExamples<CELU>(e, {2.5});
  }
};

struct Hardsigmoid {
  static Info info() {
    return activationInfo("Hardsigmoid", "Hard sigmoid", "A sigmoid of three straight pieces: x / 6 + 1/2, kept within 0 and 1.");
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, HardsigmoidValue<T>{});
  }
  void gradient(Backward& b) const { b.give(0, b.gradient(0) * b.add(Inside{-3, 3}, {b.input(0)}) * (1.0 / 6)); }
  static void examples(Examples<Hardsigmoid>& e) {
    rectifierExamples(e);
    e.add({}, {{20}}).draw({.low = -5, .high = 5, .distinct = true});
  }
};

struct Hardswish {
  static Info info() { return activationInfo("Hardswish", "Hard swish", "x times its hard sigmoid: nearly SiLU, of simple pieces."); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, HardswishValue<T>{});
  }
  // x / 3 + 1/2 within the piece that bends, 1 above it.
  void gradient(Backward& b) const {
    const Term x = b.input(0), bend = b.add(Inside{-3, 3}, {x}), above = b.add(Inside{3, kFarAway}, {x});
    b.give(0, b.gradient(0) * (bend * (x * (1.0 / 3) + 0.5) + above));
  }
  static void examples(Examples<Hardswish>& e) {
    rectifierExamples(e);
    e.add({}, {{20}}).draw({.low = -5, .high = 5, .distinct = true});
  }
};

struct Mish {
  static Info info() { return activationInfo("Mish", "Mish", "x tanh(log(1 + e^x)): smooth, and a little below 0 for negative numbers."); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, MishValue<T>{});
  }
  // t + x (1 - t²) sigmoid x, t = tanh(softplus x)
  void gradient(Backward& b) const {
    const Term x = b.input(0), t = b.add(Op::with("Tanh"), {b.add(Op::with("Softplus"), {x})});
    b.give(0, b.gradient(0) * (t + x * (-(t * t) + 1.0) * b.add(Op::with("Sigmoid"), {x})));
  }
  static void examples(Examples<Mish>& e) {
    rectifierExamples(e);
    e.add({}, {{40}}).range(-30, 30);
  }
};

struct Softsign {
  static Info info() { return activationInfo("Softsign", "Softsign", "x / (1 + |x|): squeezes every number into -1 to 1, slowly."); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, SoftsignValue<T>{});
  }
  // 1 / (1 + |x|)², where 1 / (1 + |x|) = 1 - |y|
  void gradient(Backward& b) const {
    const Term part = -b.add(Op::with("Abs"), {b.output(0)}) + 1.0;
    b.give(0, b.gradient(0) * part * part);
  }
  static void examples(Examples<Softsign>& e) { rectifierExamples(e); }
};

struct Threshold {
  double threshold = 0, value = 0;
  static Info info() {
    return activationInfo("Threshold", "Threshold", "Keeps what is above a number and puts another one in the place of the rest.");
  }
  static void fields(Threshold& op, FieldVisitor& f) {
    f.real("threshold", op.threshold, anyNumber(), "What is above it stays.");
    f.real("value", op.value, anyNumber(), "What the rest becomes.");
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, ThresholdValue<T>{T(threshold), T(value)});
  }
  void gradient(Backward& b) const { b.give(0, b.gradient(0) * b.add(Inside{threshold, kFarAway}, {b.input(0)})); }
  static void examples(Examples<Threshold>& e) {
    rectifierExamples(e);
    rectifierExamples<Threshold>(e, {0.5, -3});
  }
};

struct Hardshrink {
  double lambd = 0.5;
  static Info info() { return activationInfo("Hardshrink", "Hard shrink", "Sets what is near 0 to 0 and keeps the rest."); }
  static void fields(Hardshrink& op, FieldVisitor& f) { f.real("lambd", op.lambd, atLeast(0), "How far from 0 a number must be to stay."); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, HardshrinkValue<T>{T(lambd)});
  }
  void gradient(Backward& b) const {
    b.give(0, b.gradient(0) * (b.add(Inside{lambd, kFarAway}, {b.input(0)}) + b.add(Inside{-kFarAway, -lambd}, {b.input(0)})));
  }
  static void examples(Examples<Hardshrink>& e) {
    rectifierExamples(e);
    rectifierExamples<Hardshrink>(e, {1.25});
  }
};

struct Softshrink {
  double lambd = 0.5;
  static Info info() { return activationInfo("Softshrink", "Soft shrink", "Moves every number towards 0 by the same, and what is near 0 to it."); }
  static void fields(Softshrink& op, FieldVisitor& f) { f.real("lambd", op.lambd, atLeast(0), "By how much."); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, SoftshrinkValue<T>{T(lambd)});
  }
  void gradient(Backward& b) const {
    b.give(0, b.gradient(0) * (b.add(Inside{lambd, kFarAway}, {b.input(0)}) + b.add(Inside{-kFarAway, -lambd}, {b.input(0)})));
  }
  static void examples(Examples<Softshrink>& e) {
    rectifierExamples(e);
    rectifierExamples<Softshrink>(e, {1.25});
  }
};

// ---------------------------------------------------------------- with a parameter ----

namespace {
template <class T>
struct PReluValue {
  const T* x;
  const T* weight;
  T* y;
  int64_t inner, channels;  // elements from one channel to the next; 1 channel: one slope for all
  BOTH void operator()(int64_t i) const {
    const T slope = weight[channels == 1 ? 0 : i / inner % channels];
    y[i] = x[i] > 0 ? x[i] : slope * x[i];
  }
};
}  // namespace

struct PReLU {
  int64_t num_parameters = 1;
  double init = 0.25;
  static Info info() {
    return {.name = "PReLU",
            .group = "Activation",
            .title = "PReLU",
            .about = "As leaky ReLU, but learns how much of a number below 0 is let through.",
            .inputs = {{"x", "numbers of any shape; with several parameters (batch, channels, ...)"}},
            .outputs = {{"y", "the same shape"}},
            .inPlace = true};
  }
  static void fields(PReLU& op, FieldVisitor& f) {
    f.integer("num_parameters", op.num_parameters, between(1, 1 << 24), "1: one slope for all. Otherwise as many as there are channels.");
    f.real("init", op.init, anyNumber(), "The slope at the beginning.");
  }
  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (num_parameters > 1 && !s.require(x.rank() >= 2 && mayEqual(x[1], num_parameters), Place::input(0),
                                         Message("{0} channels (batch, channels, ...)", num_parameters), x)
                                   .fix("set num_parameters to the number of channels, or to 1"))
      return;
    s.out(0, x);
    s.parameter("weight", {num_parameters}, Initial::constant(init));
    if (x.isKnown()) s.flops(double(x.elements()));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape& x = call.in(0).shape;
    const int64_t inner = x.rank() > 2 ? x.elements(2, x.rank()) : 1;
    kernels::map(device, x.elements(), PReluValue<T>{call.in<T>(0), call.in<T>(1), call.out<T>(0), inner, num_parameters});
  }
  // dx = dy where x > 0, else w dy;  dw = sum of dy min(x, 0)
  void gradient(Backward& b) const {
    const Term dy = b.gradient(0), x = b.input(0);
    Shape wide;
    for (int axis = 0; axis < x.shape().rank(); ++axis) wide.append(axis == 1 && num_parameters > 1 ? num_parameters : 1);
    const Term slope = reshapeTo(b.input(1), wide), above = b.add(Inside{0, kFarAway}, {x});
    if (b.wants(0)) b.give(0, dy * (above + (-above + 1.0) * slope));
    if (b.wants(1)) b.give(1, reshapeTo(sumTo(-(dy * b.add(Op::with("ReLU"), {-x})), wide), b.input(1).shape()));
  }
  static void examples(Examples<PReLU>& e) {
    e.add({}, {{3, 5}}).distinct();
    e.add({}, {{}}).distinct();
    e.add({.num_parameters = 5}, {{3, 5}}).distinct();
    e.add({.num_parameters = 3}, {{2, 3, 2, 2}}).distinct();
    e.add({.num_parameters = 3}, {{0, 3, 2}});
    e.add({.num_parameters = 20}, {{3, 20, 500}}).withoutGradient();
  }
  static void mistakes(Mistakes<PReLU>& m) {
    m.add({.num_parameters = 3}, {{2, 4}},
          "needs 3 channels (batch, channels, ...), but got 2 × 4; set num_parameters to the number of channels, or to 1");
  }
};

OpFile rectifiers_file() { return ops<Inside, SELU, CELU, Hardsigmoid, Hardswish, Mish, Softsign, Threshold, Hardshrink, Softshrink, PReLU>(); }

}  // namespace engine
