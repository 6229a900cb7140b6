// Adadelta, as torch.optim.Adadelta, with g = clip * gradient + weight_decay * p:
//   square = rho * square + (1 - rho) * g^2,  d = sqrt(moved + eps) / sqrt(square + eps) * g
//   moved = rho * moved + (1 - rho) * d^2,  p = p - rate * d
// Zeiler: ADADELTA (2012), https://arxiv.org/abs/1212.5701.
#include <cmath>

#include "engine/graph/op.h"
#include "kernels/update.h"

namespace engine {

template <class T>
struct AdadeltaStep {
  T* parameter;       // (elements), as all others
  const T* gradient;
  const T* clip;      // a single number, or null: 1
  T *square, *moved;
  const StepState* step;
  int64_t group;
  double rho, epsilon, weightDecay;
  bool maximize;

  BOTH auto operator()() const {
    T *p = parameter, *v = square, *u = moved;
    const T* g = gradient;
    const T scale = (clip ? *clip : T(1)) * (maximize ? T(-1) : T(1)), decay = T(weightDecay);
    const T a = T(rho), b = T(1 - rho), eps = T(epsilon), rate = T(step->learningRate[group]);
    return [=](int64_t i) {
      const T d = g[i] * scale + decay * p[i], second = a * v[i] + b * (d * d), old = u[i];
      const T move = std::sqrt(old + eps) / std::sqrt(second + eps) * d;
      v[i] = second;
      u[i] = a * old + b * (move * move);
      p[i] -= rate * move;
    };
  }
};

struct Adadelta {
  double rho = 0.9;
  double eps = 1e-6;
  double weight_decay = 0;
  bool maximize = false;
  int64_t group = 0;

  static Info info() {
    return {.name = "Adadelta",
            .group = "",
            .title = "Adadelta",
            .about = "Sizes its movements by how far the parameter moved lately.",
            .inputs = {{"parameter", "what is trained"},
                       {"gradient", "as the parameter"},
                       {"clip", "a factor of the gradient, a single number"}},
            .outputs = {},
            .optionalInputs = 1,
            .updates = {0, 3, 4}};
  }
  static void fields(Adadelta& op, FieldVisitor& f) {
    f.real("rho", op.rho, between(0, 1), "How much of the old averages stays.");
    f.real("eps", op.eps, atLeast(0), "Added under the roots, against division by zero.");
    f.real("weight_decay", op.weight_decay, atLeast(0), "How much of the parameter is added to its gradient.");
    f.boolean("maximize", op.maximize, "Move along the gradient, to make the loss larger.");
    f.integer("group", op.group, between(0, StepState::kMaxGroups - 1), "Which learning rate it takes.");
  }
  void infer(Shapes& s) const {
    s.require(mayEqual(s.in(0), s.in(1)), Place::input(1), Message("a gradient like the parameter, {0}", s.in(0)), s.in(1));
    s.state("square_avg", s.in(0), Initial::zeros());
    s.state("acc_delta", s.in(0), Initial::zeros());
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    kernels::update(device, call.in(0).elements(),
                    AdadeltaStep<T>{call.state<T>(0), call.in<T>(1), call.has(2) ? call.in<T>(2) : nullptr, call.state<T>(3),
                                    call.state<T>(4), call.step, group, rho, eps, weight_decay, maximize});
  }

  static void examples(Examples<Adadelta>& e) {
    e.add({}, {{3, 4}, {3, 4}}).withoutGradient();
    e.add({.rho = 0.5, .eps = 1e-3, .weight_decay = 0.1, .maximize = true, .group = 1}, {{5}, {5}, {}}).withoutGradient();
    e.add({}, {{17000}, {17000}}).withoutGradient();
    e.add({}, {{0}, {0}}).withoutGradient();
  }
  static void mistakes(Mistakes<Adadelta>& m) { m.add({}, {{3}, {4}}, "needs a gradient like the parameter, 3 numbers, but got 4 numbers"); }
};

OpFile adadelta_file() { return ops<Adadelta>(); }

}  // namespace engine
