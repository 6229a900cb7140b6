// Stochastic gradient descent, as torch.optim.SGD:
//   g = clip * gradient + weight_decay * p
//   buffer = g at step 1, then momentum * buffer + (1 - dampening) * g
//   g = nesterov ? g + momentum * buffer : buffer          (without momentum: g)
//   p = p - rate * g
// As every optimizer here it is one pass over one parameter's elements. The rate and the number of the step come from the
// step's state; `group` says which of its rates. Steps are counted for all parameters alike: one that is trained from a
// later step on starts its buffer at 0, which differs from PyTorch with dampening only.
#include "engine/graph/op.h"
#include "kernels/update.h"

namespace engine {

template <class T, bool hasBuffer>
struct SGDStep {
  T* parameter;       // (elements)
  const T* gradient;  // (elements)
  const T* clip;      // a single number, or null: 1
  T* buffer;          // (elements)
  const StepState* step;
  int64_t group;
  double momentum, dampening, weightDecay;
  bool nesterov, maximize;

  BOTH auto operator()() const {
    T *p = parameter, *kept = buffer;
    const T *g = gradient, rate = T(step->learningRate[group]);
    const T scale = (clip ? *clip : T(1)) * (maximize ? T(-1) : T(1)), decay = T(weightDecay), mu = T(momentum);
    const bool isFirst = step->update == 1;
    const T old = isFirst ? T(0) : mu, fresh = isFirst ? T(1) : T(1 - dampening);
    const T ofGradient = nesterov ? T(1) : T(0), ofBuffer = nesterov ? mu : T(1);
    return [=](int64_t i) {
      const T d = g[i] * scale + decay * p[i];
      if constexpr (hasBuffer) {
        const T m = kept[i] * old + fresh * d;
        kept[i] = m;
        p[i] -= rate * (ofGradient * d + ofBuffer * m);
      } else {
        p[i] -= rate * d;
      }
    };
  }
};

struct SGD {
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool maximize = false;
  int64_t group = 0;

  static Info info() {
    return {.name = "SGD",
            .group = "",
            .title = "SGD",
            .about = "Moves a parameter against its gradient, with momentum if asked for.",
            .inputs = {{"parameter", "what is trained"},
                       {"gradient", "as the parameter"},
                       {"clip", "a factor of the gradient, a single number"}},
            .outputs = {},
            .optionalInputs = 1,
            .updates = {0, 3}};
  }
  static void fields(SGD& op, FieldVisitor& f) {
    f.real("momentum", op.momentum, atLeast(0), "How much of the last movement goes on.");
    f.real("dampening", op.dampening, anyNumber(), "How much of the gradient the momentum leaves out.");
    f.real("weight_decay", op.weight_decay, atLeast(0), "How much of the parameter is added to its gradient.");
    f.boolean("nesterov", op.nesterov, "Look ahead by the momentum.");
    f.boolean("maximize", op.maximize, "Move along the gradient, to make the loss larger.");
    f.integer("group", op.group, between(0, StepState::kMaxGroups - 1), "Which learning rate it takes.");
  }
  void infer(Shapes& s) const {
    s.require(mayEqual(s.in(0), s.in(1)), Place::input(1), Message("a gradient like the parameter, {0}", s.in(0)), s.in(1));
    s.require(!nesterov || (momentum > 0 && dampening == 0), Place::field("nesterov"), "momentum and no dampening",
              Message("a momentum of {0} and a dampening of {1}", momentum, dampening))
        .fix("set momentum to 0.9 and dampening to 0",
             {SetField{s.node(), "momentum", 0.9}, SetField{s.node(), "dampening", 0.0}});
    if (momentum != 0) s.state("momentum_buffer", s.in(0), Initial::zeros());
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto go = [&]<bool hasBuffer>(T* buffer) {
      kernels::update(device, call.in(0).elements(),
                      SGDStep<T, hasBuffer>{call.state<T>(0), call.in<T>(1), call.has(2) ? call.in<T>(2) : nullptr, buffer, call.step,
                                            group, momentum, dampening, weight_decay, nesterov, maximize});
    };
    if (momentum != 0) go.template operator()<true>(call.state<T>(3));
    else go.template operator()<false>(nullptr);
  }

  static void examples(Examples<SGD>& e) {
    e.add({}, {{3, 4}, {3, 4}}).withoutGradient();
    e.add({.weight_decay = 0.1, .maximize = true}, {{5}, {5}, {}}).withoutGradient();
    e.add({.momentum = 0.9}, {{7}, {7}, {}}).withoutGradient();
    e.add({.momentum = 0.9, .dampening = 0.5, .weight_decay = 0.01, .group = 7}, {{2, 3}, {2, 3}}).withoutGradient();
    e.add({.momentum = 0.9, .nesterov = true}, {{17000}, {17000}}).withoutGradient();
    e.add({}, {{0}, {0}}).withoutGradient();
  }
  static void mistakes(Mistakes<SGD>& m) {
    m.add({}, {{3}, {4}}, "needs a gradient like the parameter, 3 numbers, but got 4 numbers");
    m.add({.nesterov = true}, {{3}, {3}},
          "needs momentum and no dampening, but got a momentum of 0 and a dampening of 0; set momentum to 0.9 and dampening to 0");
  }
};

OpFile sgd_file() { return ops<SGD>(); }

}  // namespace engine
