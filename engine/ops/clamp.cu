// Numbers held between two bounds, as torch.clamp.
#include <cmath>

#include "engine/graph/op.h"
#include "kernels/map.h"

namespace engine {

// What the clamp and its gradient share.
struct Bounds {
  std::vector<double> min = {}, max = {};  // none or one each

  static void fields(Bounds& op, FieldVisitor& f) {
    f.reals("min", op.min, anyNumber(), {0, 1}, "The least that comes out; empty: no bound.");
    f.reals("max", op.max, anyNumber(), {0, 1}, "The most that comes out, which counts where it is below min; empty: no bound.");
  }
  template <class T>
  T least() const {
    return min.empty() ? -T(INFINITY) : T(min[0]);
  }
  template <class T>
  T most() const {
    return max.empty() ? T(INFINITY) : T(max[0]);
  }
};

// Within the bounds, they themselves included, the gradient goes on.
struct ClampGradient : Bounds {
  static Info info() {
    return {.name = "ClampGradient",
            .group = "",
            .title = "Clamp, gradient",
            .about = "dy where x lies between the bounds, 0 elsewhere.",
            .inputs = {{"dy", "gradient of what was held"}, {"x", "what was held, the same shape"}},
            .outputs = {{"dx", "the same shape"}},
            .elementwise = true,
            .inPlace = true};
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const T *dy = call.in<T>(0), *x = call.in<T>(1);
    T* dx = call.out<T>(0);
    const T low = least<T>(), high = most<T>();
    kernels::map(device, call.out(0).elements(), [=] BOTH(int64_t i) { dx[i] = x[i] < low || x[i] > high ? T(0) : dy[i]; });
  }
  void gradient(Backward& b) const { b.give(0, b.add(*this, {b.gradient(0), b.input(1)})); }
  static void examples(Examples<ClampGradient>& e) {
    ClampGradient op;
    op.min = {-0.5}, op.max = {1};
    e.add(op, {{3, 5}, {3, 5}}).distinct();
    e.add(op, {{33001}, {33001}}).withoutGradient();
  }
};

struct Clamp : Bounds {
  static Info info() {
    return {.name = "Clamp",
            .group = "Arithmetic",
            .title = "Clamp",
            .about = "Holds numbers between two bounds.",
            .inputs = {{"x", "any shape"}},
            .outputs = {{"y", "the same shape"}},
            .elementwise = true,
            .inPlace = true};
  }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const T* x = call.in<T>(0);
    T* y = call.out<T>(0);
    const T low = least<T>(), high = most<T>();
    // What is not a number stays so.
    kernels::map(device, call.out(0).elements(), [=] BOTH(int64_t i) {
      const T above = x[i] < low ? low : x[i];
      y[i] = above > high ? high : above;
    });
  }
  void gradient(Backward& b) const {
    ClampGradient op;
    static_cast<Bounds&>(op) = *this;
    b.give(0, b.add(op, {b.gradient(0), b.input(0)}));
  }
  static void examples(Examples<Clamp>& e) {
    const auto with = [](std::vector<double> least, std::vector<double> most) {
      Clamp op;
      op.min = std::move(least), op.max = std::move(most);
      return op;
    };
    e.add(with({-0.5}, {1}), {{3, 5}}).distinct();
    e.add(with({}, {0.25}), {{7}}).distinct();
    e.add(with({0.25}, {}), {{7}}).distinct();
    e.add({}, {{2, 3}});
    e.add(with({1}, {-1}), {{4}}).distinct();
    e.add(with({0}, {6}), {{0, 3}});
    e.add(with({-0.5}, {1}), {{33001}}).withoutGradient();
  }
};

OpFile clamp_file() { return ops<Clamp, ClampGradient>(); }

}  // namespace engine
