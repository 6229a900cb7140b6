// Counts along an axis, as torch.arange(x.size(dim)): y[i] = i
#include "engine/graph/op.h"
#include "engine/ops/axes.h"
#include "kernels/map.h"

namespace engine {

namespace {
struct CountUp {
  int64_t* y;
  BOTH void operator()(int64_t i) const { y[i] = i; }
};
}  // namespace

struct Arange {
  int64_t dim = -1;

  static Info info() {
    return {.name = "Arange",
            .group = "Structure",
            .title = "Places",
            .about = "Counts along an axis of its input: 0, 1, 2, ... As the places of words in a text, however long it is.",
            .inputs = {{"x", "any shape; only the size of the axis matters", Takes::anything}},
            .outputs = {{"y", "whole numbers from 0 on, as many as the axis has elements"}}};
  }
  static void fields(Arange& op, FieldVisitor& f) { f.integer("dim", op.dim, {-Shape::kMaxRank, Shape::kMaxRank - 1}, "The axis; below 0 counts from the end."); }
  void infer(Shapes& s) const {
    if (requireAxis(s, "dim", dim, s.in(0))) s.out(0, {s.in(0)[int(dim)]}, Type::i64);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    kernels::map(device, call.out(0).elements(), CountUp{call.out<int64_t>(0)});
  }
  void gradient(Backward&) const {}

  static void examples(Examples<Arange>& e) {
    e.add({}, {{2, 5}});
    e.add({.dim = 0}, {{4, 3}});
    e.add({.dim = 1}, {{2, 0, 3}});
    e.add({}, {{20000}}).withoutGradient();
    e.add({.dim = 1}, {{2, 3}}).draw({.classes = 4});
  }
  static void mistakes(Mistakes<Arange>& m) {
    m.add({.dim = 2}, {{2, 3}}, "needs an axis from -2 to 1, but got 2");
    m.add({}, {{}}, "needs an input with axes, but got a single number");
  }
};

OpFile arange_file() { return ops<Arange>(); }

}  // namespace engine
