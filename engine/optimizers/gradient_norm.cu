// Clipping of gradients, as torch.nn.utils:
//   GradientNorm     sqrt(sum of squares over all elements of all gradients)
//   ClipCoefficient  min(1, max_norm / (norm + 1e-6)): the factor that clip_grad_norm_ multiplies with
//   ClipValue        each element into [-clip_value, clip_value]: clip_grad_value_
// The sum is made in double and in an order that depends on the shapes alone.
#include <cmath>

#include "engine/graph/op.h"
#include "kernels/map.h"
#include "kernels/scratch.h"
#include "kernels/total.h"

namespace engine {

struct GradientNorm {
  static Info info() {
    return {.name = "GradientNorm",
            .group = "",
            .title = "Norm of the gradient",
            .about = "The length of all gradients together.",
            .inputs = {{"gradient", "of a parameter"}},
            .outputs = {{"norm", "a single number"}},
            .variadic = true};
  }
  void infer(Shapes& s) const { s.out(0, {}); }

  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    kernels::Scratch scratch;
    scratch.take<double>(kernels::kTotalParts);
    scratch.take<double>(p.call.inputCount);
    p.scratchBytes = scratch.bytes;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    kernels::Scratch scratch(call.scratch);
    double* parts = scratch.take<double>(kernels::kTotalParts);
    double* squares = scratch.take<double>(call.inputCount);
    for (int k = 0; k < call.inputCount; ++k) {
      const T* g = call.in<T>(k);
      double* square = squares + k;
      kernels::total(device, call.in(k).elements(), parts, [=] BOTH(int64_t i) { return double(g[i]) * double(g[i]); },
                     [=] BOTH(double sum) { *square = sum; });
    }
    const int count = call.inputCount;
    T* norm = call.out<T>(0);
    kernels::map(device, 1, [=] BOTH(int64_t) {
      double sum = 0;
      for (int k = 0; k < count; ++k) sum += squares[k];
      *norm = T(::sqrt(sum));
    });
  }

  static void examples(Examples<GradientNorm>& e) {
    e.add({}, {{3}}).withoutGradient();
    e.add({}, {{4, 5}, {}, {0}, {17000}, {2, 1, 3}}).withoutGradient();
  }
};

struct ClipCoefficient {
  double max_norm = 1;

  static Info info() {
    return {.name = "ClipCoefficient",
            .group = "",
            .title = "Factor that clips",
            .about = "What shortens a gradient that is longer than max_norm to it.",
            .inputs = {{"norm", "a single number"}},
            .outputs = {{"factor", "a single number, at most 1"}}};
  }
  static void fields(ClipCoefficient& op, FieldVisitor& f) {
    f.real("max_norm", op.max_norm, atLeast(0), "How long the gradient may be.");
  }
  void infer(Shapes& s) const {
    if (s.require(s.in(0).elements() == 1, Place::input(0), "a single number", s.in(0))) s.out(0, {});
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const T *norm = call.in<T>(0), most = T(max_norm), guard = T(kGuard);
    T* factor = call.out<T>(0);
    kernels::map(device, 1, [=] BOTH(int64_t) {
      const T f = most / (*norm + guard);
      *factor = f > 1 ? T(1) : f;  // NaN stays NaN
    });
  }

  static void examples(Examples<ClipCoefficient>& e) {
    e.add({}, {{}}).range(0, 1).withoutGradient();
    e.add({.max_norm = 0.5}, {{}}).range(1, 9).withoutGradient();
  }
  static void mistakes(Mistakes<ClipCoefficient>& m) { m.add({}, {{2}}, "needs a single number, but got 2 numbers"); }

 private:
  static constexpr double kGuard = 1e-6;  // PyTorch's
};

struct ClipValue {
  double clip_value = 1;

  static Info info() {
    return {.name = "ClipValue",
            .group = "",
            .title = "Clipped gradient",
            .about = "Brings each number of a gradient into a range.",
            .inputs = {{"gradient", "of any shape"}},
            .outputs = {{"clipped", "of the same shape"}},
            .inPlace = true};
  }
  static void fields(ClipValue& op, FieldVisitor& f) {
    f.real("clip_value", op.clip_value, atLeast(0), "The largest number; its negative is the smallest.");
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const T *x = call.in<T>(0), most = T(clip_value);
    T* y = call.out<T>(0);
    kernels::map(device, call.in(0).elements(), [=] BOTH(int64_t i) {
      const T v = x[i];
      y[i] = v > most ? most : v < -most ? -most : v;
    });
  }

  static void examples(Examples<ClipValue>& e) {
    e.add({}, {{3, 4}}).withoutGradient();
    e.add({.clip_value = 0.25}, {{17000}}).withoutGradient();
    e.add({}, {{0}}).withoutGradient();
  }
};

OpFile gradient_norm_file() { return ops<GradientNorm, ClipCoefficient, ClipValue>(); }

}  // namespace engine
