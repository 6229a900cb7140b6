// Losses that compare a prediction x with a target t of the same shape, element by element:
//   MSELoss            (x - t)^2
//   L1Loss             |x - t|
//   HuberLoss          d = |x - t| < delta: d^2 / 2, else delta (d - delta / 2)
//   SmoothL1Loss       d = |x - t| < beta: d^2 / (2 beta), else d - beta / 2
//   BCEWithLogitsLoss  (1 - t) x + (1 + (pos_weight - 1) t) log(1 + exp(-x))
//   KLDivLoss          t (log t - x), or exp(t) (t - x) with log_target; x is a logarithm
// summed, or their mean. Shapes that differ are a mistake: broadcasting here hides errors more often than it helps.
#include "engine/graph/op.h"
#include "kernels/math.h"
#include "kernels/scratch.h"
#include "kernels/total.h"
#include "kernels/update.h"

namespace engine {

// Each rule: the loss of one element, and its slopes along x and along t.
template <class T>
struct SquaredRule {
  BOTH T value(T x, T t) const { return (x - t) * (x - t); }
  BOTH T slope(T x, T t) const { return 2 * (x - t); }
  BOTH T slopeOfTarget(T x, T t) const { return -slope(x, t); }
};

template <class T>
struct AbsoluteRule {
  BOTH T value(T x, T t) const { return x > t ? x - t : t - x; }
  BOTH T slope(T x, T t) const { return x == t ? T(0) : x > t ? T(1) : x < t ? T(-1) : x - t; }  // the last one: NaN
  BOTH T slopeOfTarget(T x, T t) const { return -slope(x, t); }
};

// near / 2 d^2 up to `width`, then a line of slope `steep`.
template <class T>
struct HuberRule {
  T width, near, steep;
  BOTH T value(T x, T t) const {
    const T d = x > t ? x - t : t - x;
    return d < width ? near * T(0.5) * d * d : steep * (d - T(0.5) * width);
  }
  BOTH T slope(T x, T t) const {
    const T d = x - t;
    return d < -width ? -steep : d > width ? steep : near * d;
  }
  BOTH T slopeOfTarget(T x, T t) const { return -slope(x, t); }
};

template <class T>
struct BinaryCrossEntropyRule {
  T positive;  // weight of the positive part
  // log(1 + exp(-x)) that does not overflow
  BOTH T softplusOfMinus(T x) const {
    return kernels::log1p(kernels::exp(x > 0 ? -x : x)) + (x < 0 ? -x : T(0));
  }
  BOTH T value(T x, T t) const { return (1 - t) * x + (1 + (positive - 1) * t) * softplusOfMinus(x); }
  BOTH T slope(T x, T t) const { return (1 - t) - (1 + (positive - 1) * t) * kernels::sigmoid(-x); }
  BOTH T slopeOfTarget(T x, T) const { return (positive - 1) * softplusOfMinus(x) - x; }
};

template <class T>
struct DivergenceRule {
  bool logarithms;  // whether t is one
  BOTH T value(T x, T t) const {
    const T share = logarithms ? kernels::exp(t) : t;
    const T log = logarithms ? t : kernels::log(t > 0 ? t : T(1));  // 0 log 0 = 0
    return share * (log - x);
  }
  BOTH T slope(T, T t) const { return logarithms ? -kernels::exp(t) : -t; }
  BOTH T slopeOfTarget(T x, T t) const {
    return logarithms ? kernels::exp(t) * (t - x + 1) : t > 0 ? kernels::log(t) - x + 1 : T(0);
  }
};

// dloss / count * slope; kBy: 0 by the prediction, 1 by the target.
template <class T, class Rule, int kBy>
struct LossSlope {
  Rule rule;
  const T *dloss, *prediction, *target;
  T* dx;
  double count;
  BOTH auto operator()() const {
    const T scale = T(*dloss / count), *x = prediction, *t = target;
    T* to = dx;
    const Rule r = rule;
    return [=](int64_t i) { to[i] = scale * (kBy == 0 ? r.slope(x[i], t[i]) : r.slopeOfTarget(x[i], t[i])); };
  }
};

namespace {

// What the kinds have in common.
[[maybe_unused]] constexpr int kMean = 0, kSum = 1, kBatchMean = 2;
constexpr const char* kReductions[] = {"mean", "sum", "batchmean"};
void reductionField(FieldVisitor& f, int& reduction) {
  f.choice("reduction", reduction, std::span(kReductions, 2), "mean: over all elements. sum: of all elements.");
}
double countOf(int reduction, const Shape& shape) { return reduction == kMean ? double(shape.elements()) : 1; }
constexpr const char* kAnything = "what the network says";
// How examples draw predictions and targets: on either side of each other, never equal.
struct Draws {
  Draw prediction, target;
};
constexpr Draws kApart[] = {{{.low = 0.2, .high = 2}, {.low = -2, .high = 0.1}}, {{.low = -2, .high = 0.1}, {.low = 0.2, .high = 2}}};

// Whether input `prediction` and the one after it have one shape; tells the mistake when not.
[[maybe_unused]] bool sameShapes(Shapes& s, int prediction) {
  const Shape &x = s.in(prediction), &t = s.in(prediction + 1);
  if (mayEqual(x, t)) return true;
  auto said = s.require(false, Place::input(prediction + 1), Message("a target of the prediction's shape, {0}", x), t);
  if (x.rank() == t.rank() + 1 && x[-1] == 1)
    said.fix("put a Flatten with start_dim 0 before the prediction, so that no axis of size 1 is left");
  else said.fix("give the layer before it as many outputs as the target has numbers");
  return false;
}

int64_t lossScratch() {
  kernels::Scratch scratch;
  scratch.take<double>(kernels::kTotalParts);
  return scratch.bytes;
}

}  // namespace

// A loss; Kind holds its fields, its words and its rule.
template <class Kind>
struct ElementLoss {
  Kind kind = {};

  static Info info() {
    return {.name = Kind::kName,
            .group = "Loss",
            .title = Kind::kTitle,
            .about = Kind::kAbout,
            .inputs = {{"prediction", Kind::kPrediction}, {"target", "what it should be, of the same shape"}},
            .outputs = {{"loss", "a single number"}}};
  }
  static void fields(ElementLoss& op, FieldVisitor& f) { Kind::fields(op.kind, f); }
  void infer(Shapes& s) const {
    if (sameShapes(s, 0)) s.out(0, {});
  }
  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    p.scratchBytes = lossScratch();
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const T *x = call.in<T>(0), *t = call.in<T>(1);
    T* y = call.out<T>(0);
    const auto rule = kind.template rule<T>();
    const double count = kind.count(call.in(0).shape);
    kernels::total(device, call.in(0).elements(), kernels::Scratch(call.scratch).take<double>(kernels::kTotalParts),
                   [=] BOTH(int64_t i) { return rule.value(x[i], t[i]); }, [=] BOTH(double sum) { *y = T(sum / count); });
  }
  void gradient(Backward& b) const;
  void gradientByParts(Backward& b) const
    requires requires(const Kind& k) { k.slopeByParts(b.input(0), b.input(1)); }
  {
    const Term x = b.input(0);
    const Term dx = kind.slopeByParts(x, b.input(1)) * (b.gradient(0) * (1 / kind.count(x.shape())));
    b.give(0, dx);
    b.give(1, -dx);
  }

  static void examples(Examples<ElementLoss>& e) {
    const auto add = [&](Kind k, const Shape& shape, const Draws& draws) {
      e.add({k}, {shape, shape}).draw(draws.prediction).draw(draws.target);
    };
    for (const Kind& k : Kind::variants()) add(k, {5, 3}, Kind::kDraws[0]);
    Kind sum;
    sum.reduction = kSum;
    add(sum, {2, 1, 4}, Kind::kDraws[1]);
    add(sum, {0, 3}, Kind::kDraws[1]);
    add({}, {}, Kind::kDraws[1]);
    add({}, {170, 100}, Kind::kDraws[0]);
  }
  static void mistakes(Mistakes<ElementLoss>& m) {
    m.add({}, {{4, 1}, {4}},
          "needs a target of the prediction's shape, 4 × 1, but got 4 numbers; "
          "put a Flatten with start_dim 0 before the prediction, so that no axis of size 1 is left");
    m.add({}, {{4, 2}, {4, 3}},
          "needs a target of the prediction's shape, 4 × 2, but got 4 × 3; "
          "give the layer before it as many outputs as the target has numbers");
  }
};

template <class Kind>
struct ElementLossGradient {
  Kind kind = {};
  int by = 0;

  static Info info() {
    return {.name = Kind::kGradient,
            .group = "",
            .title = "Gradient of a loss",
            .about = "How much the loss changes with each element.",
            .inputs = {{"dloss", "a single number"}, {"prediction", Kind::kPrediction}, {"target", "of the same shape"}},
            .outputs = {{"dx", "of the same shape"}}};
  }
  static void fields(ElementLossGradient& op, FieldVisitor& f) {
    Kind::fields(op.kind, f);
    f.choice("by", op.by, kBy, "Of which input.");
  }
  void infer(Shapes& s) const {
    if (sameShapes(s, 1)) s.out(0, s.in(1));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    if (by == 0) slopes<T, 0>(device, call);
    else slopes<T, 1>(device, call);
  }

  // Of losses whose slope is a line.
  void gradient(Backward& b) const
    requires requires { Kind::kCurvature; }
  {
    const Term dloss = b.input(0), x = b.input(1), t = b.input(2), arriving = b.gradient(0);
    const Term one = b.add(Op::with("Constant", {{"value", 1.0}}), std::vector<Term>{});
    std::vector<int64_t> axes;
    for (int axis = 0; axis < x.shape().rank(); ++axis) axes.push_back(axis);
    const Term slopes = arriving * b.add(*this, {one, x, t});
    b.give(0, axes.empty() ? slopes : sumOver(slopes, axes, false));
    const Term byX = arriving * (dloss * ((by == 0 ? Kind::kCurvature : -Kind::kCurvature) / kind.count(x.shape())));
    b.give(1, byX);
    b.give(2, -byX);
  }

  static void examples(Examples<ElementLossGradient>& e) {
    e.add({}, {{}, {3, 4}, {3, 4}}).draw({}).draw(Kind::kDraws[0].prediction).draw(Kind::kDraws[0].target);
    e.add({{}, 1}, {{}, {170, 100}, {170, 100}}).draw({}).draw(Kind::kDraws[0].prediction).draw(Kind::kDraws[0].target);
    e.add({}, {{}, {0, 2}, {0, 2}});
  }

 private:
  template <class T, int kBy, class Device>
  void slopes(Device& device, const Call& call) const {
    const auto rule = kind.template rule<T>();
    kernels::update(device, call.in(1).elements(),
                    LossSlope<T, std::decay_t<decltype(rule)>, kBy>{rule, call.in<T>(0), call.in<T>(1), call.in<T>(2), call.out<T>(0),
                                                                    kind.count(call.in(1).shape)});
  }
  static constexpr const char* kBy[] = {"prediction", "target"};
};

template <class Kind>
void ElementLoss<Kind>::gradient(Backward& b) const {
  for (int by : {0, 1})
    if (b.wants(by)) b.give(by, b.add(ElementLossGradient<Kind>{kind, by}, {b.gradient(0), b.input(0), b.input(1)}));
}


struct Squared {
  int reduction = 0;
  static constexpr const char *kName = "MSELoss", *kGradient = "MSELossGradient", *kTitle = "Mean squared error",
                              *kAbout = "The mean of the squared differences.", *kPrediction = kAnything;
  static constexpr double kCurvature = 2;  // the second derivative by the prediction
  static constexpr auto& kDraws = kApart;
  static void fields(Squared& k, FieldVisitor& f) { reductionField(f, k.reduction); }
  static std::vector<Squared> variants() { return {{}}; }
  double count(const Shape& shape) const { return countOf(reduction, shape); }
  template <class T>
  SquaredRule<T> rule() const {
    return {};
  }
  Term slopeByParts(Term x, Term t) const { return (x - t) * 2.0; }
};

struct Absolute {
  int reduction = 0;
  static constexpr const char *kName = "L1Loss", *kGradient = "L1LossGradient", *kTitle = "Mean absolute error",
                              *kAbout = "The mean of the absolute differences.", *kPrediction = kAnything;
  static constexpr auto& kDraws = kApart;
  static void fields(Absolute& k, FieldVisitor& f) { reductionField(f, k.reduction); }
  static std::vector<Absolute> variants() { return {{}}; }
  double count(const Shape& shape) const { return countOf(reduction, shape); }
  template <class T>
  AbsoluteRule<T> rule() const {
    return {};
  }
};

struct Huber {
  double delta = 1;
  int reduction = 0;
  static constexpr const char *kName = "HuberLoss", *kGradient = "HuberLossGradient", *kTitle = "Huber",
                              *kAbout = "Squared for small differences, a line for large ones.", *kPrediction = kAnything;
  static constexpr auto& kDraws = kApart;
  static void fields(Huber& k, FieldVisitor& f) {
    f.real("delta", k.delta, above(0), "Where the square turns into a line, whose slope is delta.");
    reductionField(f, k.reduction);
  }
  static std::vector<Huber> variants() { return {{}, {.delta = 0.4}, {.delta = 3}}; }
  double count(const Shape& shape) const { return countOf(reduction, shape); }
  template <class T>
  HuberRule<T> rule() const {
    return {T(delta), T(1), T(delta)};
  }
};

struct Smooth {
  double beta = 1;
  int reduction = 0;
  static constexpr const char *kName = "SmoothL1Loss", *kGradient = "SmoothL1LossGradient", *kTitle = "Smooth absolute error",
                              *kAbout = "Squared for small differences, absolute for large ones.", *kPrediction = kAnything;
  static constexpr auto& kDraws = kApart;
  static void fields(Smooth& k, FieldVisitor& f) {
    f.real("beta", k.beta, atLeast(0), "Where the square turns into a line of slope 1; 0: the absolute error.");
    reductionField(f, k.reduction);
  }
  static std::vector<Smooth> variants() { return {{}, {.beta = 0}, {.beta = 0.4}, {.beta = 3}}; }
  double count(const Shape& shape) const { return countOf(reduction, shape); }
  template <class T>
  HuberRule<T> rule() const {
    return {T(beta), beta > 0 ? T(1 / beta) : T(0), T(1)};
  }
};

struct BinaryCrossEntropy {
  double pos_weight = 1;
  int reduction = 0;
  static constexpr const char *kName = "BCEWithLogitsLoss", *kGradient = "BCEWithLogitsLossGradient",
                              *kTitle = "Binary cross entropy",
                              *kAbout = "For answers that are yes or no, from scores (no sigmoid before it).",
                              *kPrediction = "scores: above 0 means yes";
  static constexpr Draws kDraws[] = {{{}, {.low = 0, .high = 1}}, {{.low = -30, .high = 30}, {.low = 0, .high = 1}}};
  static void fields(BinaryCrossEntropy& k, FieldVisitor& f) {
    f.real("pos_weight", k.pos_weight, atLeast(0), "How much a yes counts beside a no.");
    reductionField(f, k.reduction);
  }
  static std::vector<BinaryCrossEntropy> variants() { return {{}, {.pos_weight = 2.5}}; }
  double count(const Shape& shape) const { return countOf(reduction, shape); }
  template <class T>
  BinaryCrossEntropyRule<T> rule() const {
    return {T(pos_weight)};
  }
};

struct Divergence {
  bool log_target = false;
  int reduction = 0;
  static constexpr const char *kName = "KLDivLoss", *kGradient = "KLDivLossGradient", *kTitle = "Divergence of distributions",
                              *kAbout = "How far the predicted distribution is from the target.",
                              *kPrediction = "logarithms of probabilities";
  static constexpr Draws kDraws[] = {{{.low = -3, .high = 0}, {.low = 0.05, .high = 1}}, {{.low = -3, .high = 0}, {.low = 0.05, .high = 1}}};
  static void fields(Divergence& k, FieldVisitor& f) {
    f.boolean("log_target", k.log_target, "Whether targets are logarithms too.");
    f.choice("reduction", k.reduction, kReductions, "mean: over all elements. sum: of all. batchmean: the sum by the batch.");
  }
  static std::vector<Divergence> variants() { return {{}, {.log_target = true}, {.reduction = kBatchMean}}; }
  double count(const Shape& shape) const {
    return reduction == kBatchMean ? double(shape.rank() > 0 ? shape[0] : 1) : countOf(reduction, shape);
  }
  template <class T>
  DivergenceRule<T> rule() const {
    return {log_target};
  }
};

template <class... Kind>
OpFile lossesOf() {
  return ops<ElementLoss<Kind>..., ElementLossGradient<Kind>...>();
}

OpFile losses_file() { return lossesOf<Squared, Absolute, Huber, Smooth, BinaryCrossEntropy, Divergence>(); }

}  // namespace engine
