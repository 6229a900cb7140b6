// Random numbers from the normal distribution, as torch.randn_like(x) * std + mean: a function of (seed, node, step,
// element), see kernels/philox.h, so nothing is kept. In evaluation it is the mean.
#include "engine/ops/elementwise.h"
#include "kernels/philox.h"

namespace engine {

// Four elements at once, since Philox gives two pairs of uniform numbers, and each pair two normal ones (Box and Muller).
template <class T>
struct NormalBlock {
  T* y;
  const StepState* step;
  uint64_t node;
  T mean, deviation;
  BOTH void operator()(int64_t block) const {
    const kernels::Random4 r = kernels::RandomStream(step->seed, node, step->step).block(block);
    for (int pair = 0; pair < 4; pair += 2) {
      const float radius = std::sqrt(-2.0f * kernels::log(kernels::uniformAboveZero(r.word[pair])));
      const float turns = kernels::uniformOf(r.word[pair + 1]);
      y[4 * block + pair] = mean + deviation * T(radius * kernels::cosOfTurns(turns));
      y[4 * block + pair + 1] = mean + deviation * T(radius * kernels::cosOfTurns(turns - 0.25f));
    }
  }
};

// What both forms have.
struct NormalFields {
  double mean = 0, std = 1;
  static void fields(NormalFields& op, FieldVisitor& f) {
    f.real("mean", op.mean, anyNumber(), "Where the numbers lie around.");
    f.real("std", op.std, atLeast(0), "Their standard deviation.");
  }
};

struct NormalEvaluated : NormalFields {
  static Info info() {
    return {.name = "NormalEvaluated",
            .group = "",
            .title = "Mean of random numbers",
            .about = "The mean, as often as the input has elements.",
            .inputs = {{"x", "numbers of any shape"}},
            .outputs = {{"y", "the same shape"}},
            .inPlace = true};
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    T* y = call.out<T>(0);
    const T value = T(mean);
    kernels::map(device, call.out(0).elements(), [=] BOTH(int64_t i) { y[i] = value; });
  }
  void gradient(Backward&) const {}
  static NormalEvaluated of(const NormalFields& fields) {
    NormalEvaluated op;
    static_cast<NormalFields&>(op) = fields;
    return op;
  }
  static void examples(Examples<NormalEvaluated>& e) { e.add(of({0.5, 2}), {{3, 4}}); }
};

struct Normal : NormalFields {
  static Info info() {
    return {.name = "Normal",
            .group = "Regularization",
            .title = "Normal noise",
            .about = "Random numbers from the normal distribution while training, and their mean in evaluation: a variational "
                     "autoencoder then answers with the centre of its code, always the same.",
            .inputs = {{"x", "only its shape counts"}},
            .outputs = {{"y", "random numbers, the same shape"}},
            .inPlace = true,
            .random = true};
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const int64_t count = call.out(0).elements(), blocks = count / 4;
    const NormalBlock<T> numbers{call.out<T>(0), call.step, call.key, T(mean), T(std)};
    kernels::map(device, blocks, numbers);
    kernels::map(device, count - 4 * blocks, [=] BOTH(int64_t k) {
      const int64_t i = 4 * blocks + k;
      const float drawn = kernels::RandomStream(numbers.step->seed, numbers.node, numbers.step->step).normal(i);
      numbers.y[i] = numbers.mean + numbers.deviation * T(drawn);
    });
  }
  void gradient(Backward&) const {}  // it does not depend on what its input holds
  Op evaluated() const { return NormalEvaluated::of(*this); }

  static Normal of(double mean, double std) {
    Normal op;
    op.mean = mean, op.std = std;
    return op;
  }
  static void examples(Examples<Normal>& e) {
    e.add({}, {{4, 9}});
    e.add(of(3, 0.5), {{7}});
    e.add(of(-1, 0), {{2, 3}});
    e.add({}, {{}});
    e.add({}, {{0}});
    e.add({}, {{3, 6001}});
    e.add({}, {{1 << 17}}).withoutGradient();  // more than one slice, since a block of four is one thing
  }
};

OpFile normal_file() { return ops<Normal, NormalEvaluated>(); }

}  // namespace engine
