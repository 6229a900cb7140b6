// RMSprop, as torch.optim.RMSprop, with g = clip * gradient + weight_decay * p:
//   square = alpha * square + (1 - alpha) * g^2
//   centered: mean = mean + (1 - alpha) (g - mean), root = sqrt(square - mean^2), else root = sqrt(square)
//   momentum: buffer = momentum * buffer + g / (root + eps), p = p - rate * buffer, else p = p - rate * g / (root + eps)
// Tieleman, Hinton: Lecture 6.5, Neural Networks for Machine Learning (2012); centered: https://arxiv.org/abs/1308.0850.
#include <cmath>

#include "engine/graph/op.h"
#include "kernels/update.h"

namespace engine {

template <class T, bool hasBuffer, bool centered>
struct RMSpropStep {
  T* parameter;       // (elements), as all others
  const T* gradient;
  const T* clip;      // a single number, or null: 1
  T *square, *buffer, *average;
  const StepState* step;
  int64_t group;
  double alpha, epsilon, weightDecay, momentum;
  bool maximize;

  BOTH auto operator()() const {
    T *p = parameter, *v = square, *kept = buffer, *mean = average;
    const T* g = gradient;
    const T scale = (clip ? *clip : T(1)) * (maximize ? T(-1) : T(1)), decay = T(weightDecay), mu = T(momentum);
    const T a = T(alpha), b = T(1 - alpha), eps = T(epsilon), rate = T(step->learningRate[group]);
    return [=](int64_t i) {
      const T d = g[i] * scale + decay * p[i], second = a * v[i] + b * (d * d);
      v[i] = second;
      T spread = second;
      if constexpr (centered) {
        const T m = mean[i] + b * (d - mean[i]);
        mean[i] = m;
        spread = second - m * m;
      }
      T move = d / (std::sqrt(spread) + eps);
      if constexpr (hasBuffer) {
        move = mu * kept[i] + move;
        kept[i] = move;
      }
      p[i] -= rate * move;
    };
  }
};

struct RMSprop {
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;
  bool maximize = false;
  int64_t group = 0;

  static Info info() {
    return {.name = "RMSprop",
            .group = "",
            .title = "RMSprop",
            .about = "Divides each number of a gradient by the size that it had lately.",
            .inputs = {{"parameter", "what is trained"},
                       {"gradient", "as the parameter"},
                       {"clip", "a factor of the gradient, a single number"}},
            .outputs = {},
            .optionalInputs = 1,
            .updates = {0, 3, 4, 5}};
  }
  static void fields(RMSprop& op, FieldVisitor& f) {
    f.real("alpha", op.alpha, between(0, 1), "How much of the old average of squared gradients stays.");
    f.real("eps", op.eps, atLeast(0), "Added to the root, against division by zero.");
    f.real("weight_decay", op.weight_decay, atLeast(0), "How much of the parameter is added to its gradient.");
    f.real("momentum", op.momentum, atLeast(0), "How much of the last movement goes on.");
    f.boolean("centered", op.centered, "Divide by the deviation from the average instead of the size.");
    f.boolean("maximize", op.maximize, "Move along the gradient, to make the loss larger.");
    f.integer("group", op.group, between(0, StepState::kMaxGroups - 1), "Which learning rate it takes.");
  }
  void infer(Shapes& s) const {
    s.require(mayEqual(s.in(0), s.in(1)), Place::input(1), Message("a gradient like the parameter, {0}", s.in(0)), s.in(1));
    s.state("square_avg", s.in(0), Initial::zeros());
    if (momentum > 0) s.state("momentum_buffer", s.in(0), Initial::zeros());
    if (centered) s.state("grad_avg", s.in(0), Initial::zeros());
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    T* buffer = momentum > 0 ? call.state<T>(4) : nullptr;
    T* average = centered ? call.state<T>(momentum > 0 ? 5 : 4) : nullptr;
    const auto go = [&]<bool hasBuffer, bool isCentered>() {
      kernels::update(device, call.in(0).elements(),
                      RMSpropStep<T, hasBuffer, isCentered>{call.state<T>(0), call.in<T>(1), call.has(2) ? call.in<T>(2) : nullptr,
                                                            call.state<T>(3), buffer, average, call.step, group, alpha, eps,
                                                            weight_decay, momentum, maximize});
    };
    if (buffer && average) go.template operator()<true, true>();
    else if (buffer) go.template operator()<true, false>();
    else if (average) go.template operator()<false, true>();
    else go.template operator()<false, false>();
  }

  // Centered: gradients so large that the average of squares stays well above the square of the average.
  static void examples(Examples<RMSprop>& e) {
    e.add({}, {{3, 4}, {3, 4}}).withoutGradient();
    e.add({.alpha = 0.5, .weight_decay = 0.1, .maximize = true}, {{5}, {5}, {}}).withoutGradient();
    e.add({.eps = 0.1, .momentum = 0.9, .group = 3}, {{7}, {7}}).withoutGradient();
    e.add({.alpha = 0.5, .centered = true}, {{7}, {7}}).range(5, 6).withoutGradient();
    e.add({.alpha = 0.5, .momentum = 0.9, .centered = true}, {{17000}, {17000}}).range(5, 6).withoutGradient();
    e.add({}, {{0}, {0}}).withoutGradient();
  }
  static void mistakes(Mistakes<RMSprop>& m) { m.add({}, {{3}, {4}}, "needs a gradient like the parameter, 3 numbers, but got 4 numbers"); }
};

OpFile rmsprop_file() { return ops<RMSprop>(); }

}  // namespace engine
