// The error function: y = 2/√π ∫ e^(-t²) dt from 0 to x;  dx = 2/√π e^(-x²) dy
#include <cmath>

#include "engine/ops/elementwise.h"

namespace engine {

namespace {
template <class T>
struct ErfValue {
  BOTH T operator()(T x) const { return kernels::erf(x); }
};
constexpr double kTwoByRootPi = 1.1283791670955126;
}  // namespace

struct Erf {
  static Info info() {
    return {.name = "Erf",
            .group = "Arithmetic",
            .title = "Error function",
            .about = "The share of a normal distribution's values that lie nearer to its middle, with the sign of x.",
            .inputs = {{"x", "any shape"}},
            .outputs = {{"y", "the same shape"}},
            .elementwise = true,
            .inPlace = true};
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    eachElement<T>(device, call, ErfValue<T>{});
  }
  void gradient(Backward& b) const {
    const Term x = b.input(0);
    b.give(0, b.gradient(0) * b.add(Op::with("Exp"), {-(x * x)}) * kTwoByRootPi);
  }
  static void examples(Examples<Erf>& e) {
    e.add({}, {{3, 5}});
    e.add({}, {{}});
    e.add({}, {{2, 0}});
    e.add({}, {{3, 6000}}).range(-5, 5).withoutGradient();
  }
};

OpFile erf_file() { return ops<Erf>(); }

}  // namespace engine
