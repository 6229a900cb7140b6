// Adam and AdamW, as torch.optim. At step t, with the gradient g = clip * gradient:
//   Adam: g = g + weight_decay * p        AdamW: p = p - rate * weight_decay * p
//   m = m + (1 - b1) (g - m),  v = b2 v + (1 - b2) g^2,  top = max(top, v) with amsgrad, else v
//   p = p - rate / (1 - b1^t) * m / (sqrt(top) / sqrt(1 - b2^t) + eps)
// Kingma, Ba: Adam (2014), https://arxiv.org/abs/1412.6980. Loshchilov, Hutter: https://arxiv.org/abs/1711.05101.
#include <cmath>

#include "engine/graph/op.h"
#include "kernels/update.h"

namespace engine {

template <class T, bool amsgrad, bool decoupled>
struct AdamStep {
  T* parameter;       // (elements), as all others
  const T* gradient;
  const T* clip;      // a single number, or null: 1
  T *average, *square, *largest;
  const StepState* step;
  int64_t group;
  double beta1, beta2, epsilon, weightDecay;
  bool maximize;

  BOTH auto operator()() const {
    T *p = parameter, *m = average, *v = square, *top = largest;
    const T* g = gradient;
    const double rate = step->learningRate[group], t = double(step->update);
    const T scale = (clip ? *clip : T(1)) * (maximize ? T(-1) : T(1));
    const T shrink = decoupled ? T(1 - rate * weightDecay) : T(1), decay = decoupled ? T(0) : T(weightDecay);
    const T a = T(1 - beta1), b = T(beta2), c = T(1 - beta2), eps = T(epsilon);
    const T size = T(rate / (1 - ::pow(beta1, t))), byRoot = T(1 / ::sqrt(1 - ::pow(beta2, t)));  // a division more is a third more time
    return [=](int64_t i) {
      const T old = decoupled ? p[i] * shrink : p[i];
      const T d = decoupled ? g[i] * scale : g[i] * scale + decay * old;
      const T mean = m[i] + a * (d - m[i]), second = b * v[i] + c * (d * d);
      m[i] = mean;
      v[i] = second;
      T most = second;
      if constexpr (amsgrad) {
        most = top[i] > second ? top[i] : second;
        top[i] = most;
      }
      p[i] = old - size * (mean / (std::sqrt(most) * byRoot + eps));
    };
  }
};

// Adam's fields; `decoupled` makes it AdamW.
template <bool decoupled>
struct AdamOf {
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = decoupled ? 1e-2 : 0;
  bool amsgrad = false;
  bool maximize = false;
  int64_t group = 0;

  static Info info() {
    return {.name = decoupled ? "AdamW" : "Adam",
            .group = "",
            .title = decoupled ? "AdamW" : "Adam",
            .about = decoupled ? "Adam with weight decay apart from the gradient."
                               : "Moves each number of a parameter by its own rate, from averages of its gradients.",
            .inputs = {{"parameter", "what is trained"},
                       {"gradient", "as the parameter"},
                       {"clip", "a factor of the gradient, a single number"}},
            .outputs = {},
            .optionalInputs = 1,
            .updates = {0, 3, 4, 5}};
  }
  static void fields(AdamOf& op, FieldVisitor& f) {
    f.real("beta1", op.beta1, between(0, kBelowOne), "How much of the old average of gradients stays.");
    f.real("beta2", op.beta2, between(0, kBelowOne), "How much of the old average of squared gradients stays.");
    f.real("eps", op.eps, atLeast(0), "Added to the root, against division by zero.");
    f.real("weight_decay", op.weight_decay, atLeast(0),
           decoupled ? "How much a parameter shrinks, times the learning rate." : "How much of the parameter is added to its gradient.");
    f.boolean("amsgrad", op.amsgrad, "Divide by the largest average so far.");
    f.boolean("maximize", op.maximize, "Move along the gradient, to make the loss larger.");
    f.integer("group", op.group, between(0, StepState::kMaxGroups - 1), "Which learning rate it takes.");
  }
  void infer(Shapes& s) const {
    s.require(mayEqual(s.in(0), s.in(1)), Place::input(1), Message("a gradient like the parameter, {0}", s.in(0)), s.in(1));
    s.state("exp_avg", s.in(0), Initial::zeros());
    s.state("exp_avg_sq", s.in(0), Initial::zeros());
    if (amsgrad) s.state("max_exp_avg_sq", s.in(0), Initial::zeros());
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto go = [&]<bool max>(T* largest) {
      kernels::update(device, call.in(0).elements(),
                      AdamStep<T, max, decoupled>{call.state<T>(0), call.in<T>(1), call.has(2) ? call.in<T>(2) : nullptr,
                                                  call.state<T>(3), call.state<T>(4), largest, call.step, group, beta1, beta2, eps,
                                                  weight_decay, maximize});
    };
    if (amsgrad) go.template operator()<true>(call.state<T>(5));
    else go.template operator()<false>(nullptr);
  }

  static void examples(Examples<AdamOf>& e) {
    e.add({}, {{3, 4}, {3, 4}}).withoutGradient();
    e.add({.weight_decay = 0.1, .maximize = true}, {{5}, {5}, {}}).withoutGradient();
    e.add({.beta1 = 0.5, .beta2 = 0.9, .eps = 1e-3, .amsgrad = true, .group = 7}, {{7}, {7}, {}}).withoutGradient();
    e.add({}, {{17000}, {17000}}).withoutGradient();
    e.add({}, {{0}, {0}}).withoutGradient();
  }
  static void mistakes(Mistakes<AdamOf>& m) { m.add({}, {{3}, {4}}, "needs a gradient like the parameter, 3 numbers, but got 4 numbers"); }

 private:
  static constexpr double kBelowOne = 0.999999999999;  // at 1 the bias correction would divide by zero
};
using Adam = AdamOf<false>;
using AdamW = AdamOf<true>;

OpFile adam_file() { return ops<Adam, AdamW>(); }

}  // namespace engine
