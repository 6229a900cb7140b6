// Dropout: in training y = m x / (1 - p), each m being 0 with probability p and else 1; in evaluation y = x. The mask is
// kept nowhere: it is a function of (seed, node, step, element), and the gradient computes it again.
#include "engine/ops/elementwise.h"
#include "kernels/philox.h"

namespace engine {

namespace {
// Four elements at once, since Philox gives four numbers. p = 1 leaves nothing, and no division by 0.
template <class T>
struct DropBlock {
  const T* x;
  T* y;
  const StepState* step;
  uint64_t node;
  float p;
  T scale;
  BOTH void operator()(int64_t block) const {
    const kernels::Random4 r = kernels::RandomStream(step->seed, node, step->step).block(block);
    for (int k = 0; k < 4; ++k) {
      const int64_t i = 4 * block + k;
      const T kept = x[i] * scale;  // read in any case: a read that depends on the mask would cost the vectors
      y[i] = kernels::uniformOf(r.word[k]) < p ? T(0) : kept;
    }
  }
};

template <class T, class Device>
void dropElements(Device& device, const Call& call, double p) {
  const T* x = call.in<T>(0);
  T* y = call.out<T>(0);
  const int64_t count = call.out(0).elements(), blocks = count / 4;
  const DropBlock<T> drop{x, y, call.step, call.key, float(p), p < 1 ? T(1 / (1 - p)) : T(0)};
  kernels::map(device, blocks, drop);
  kernels::map(device, count - 4 * blocks, [=] BOTH(int64_t k) {
    const int64_t i = 4 * blocks + k;
    const float u = kernels::RandomStream(drop.step->seed, drop.node, drop.step->step).uniform(i);
    const T kept = drop.x[i] * drop.scale;
    drop.y[i] = u < drop.p ? T(0) : kept;
  });
}

const char* const kPHelp = "The part that is set to 0; the rest is made larger to make up for it.";
}  // namespace

// The same mask on the gradient. It has the key of the node that it belongs to.
struct DropoutGradient {
  double p = 0.5;
  static Info info() {
    return {.name = "DropoutGradient",
            .group = "",
            .title = "DropoutGradient",
            .about = "dy through the mask that the forward pass used.",
            .inputs = {{"dy", "gradient of the output"}},
            .outputs = {{"dx", "gradient of the input, the same shape"}},
            .inPlace = true,
            .random = true};
  }
  static void fields(DropoutGradient& op, FieldVisitor& f) { f.real("p", op.p, between(0, 1), kPHelp); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    dropElements<T>(device, call, p);
  }
  void gradient(Backward& b) const { b.give(0, b.add(*this, {b.gradient(0)})); }
  static void examples(Examples<DropoutGradient>& e) { e.add({.p = 0.3}, {{5, 11}}); }
};

struct Dropout {
  double p = 0.5;
  static Info info() {
    return {.name = "Dropout",
            .group = "Regularization",
            .title = "Dropout",
            .about = "Sets a random part of the numbers to 0 while training, so that no unit relies on another one.",
            .inputs = {{"x", "numbers of any shape"}},
            .outputs = {{"y", "the same shape"}},
            .inPlace = true,
            .random = true};
  }
  static void fields(Dropout& op, FieldVisitor& f) { f.real("p", op.p, between(0, 1), kPHelp); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    dropElements<T>(device, call, p);
  }
  void gradient(Backward& b) const { b.give(0, b.add(DropoutGradient{p}, {b.gradient(0)})); }
  Op evaluated() const { return Op::with("Identity"); }

  static void examples(Examples<Dropout>& e) {
    e.add({}, {{4, 9}});
    e.add({.p = 0}, {{7}});
    e.add({.p = 1}, {{2, 3}});
    e.add({.p = 0.9}, {{}});
    e.add({}, {{0}});
    e.add({.p = 0.2}, {{3, 6001}});
  }
};

OpFile dropout_file() { return ops<Dropout, DropoutGradient>(); }

}  // namespace engine
