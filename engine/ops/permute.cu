// Axes in another order, as torch.permute: y[i_dims[0], i_dims[1], ...] = x[i_0, i_1, ...]
#include "engine/graph/op.h"
#include "engine/ops/axes.h"
#include "kernels/copy.h"
#include "kernels/transpose.h"

namespace engine {

struct Permute {
  std::vector<int64_t> dims = {0, 2, 3, 1};

  static Info info() {
    return {.name = "Permute",
            .group = "Structure",
            .title = "Permute",
            .about = "Puts the axes into another order.",
            .inputs = {{"x", "any shape", Takes::anything}},
            .outputs = {{"y", "the same elements, axis i being axis dims[i] of x"}}};
  }
  static void fields(Permute& op, FieldVisitor& f) {
    f.integers("dims", op.dims, {-Shape::kMaxRank, Shape::kMaxRank - 1}, {}, "The axes of the input in their new order.");
  }

  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(int(dims.size()) == x.rank(), Place::field("dims"), Message("each of the {0} axes of {1}", x.rank(), x),
                   Message("{0} axes", dims.size())))
      return;
    Shape y;
    for (size_t i = 0; i < dims.size(); ++i) {
      if (!requireAxis(s, "dims", dims[i], x)) return;
      for (size_t j = 0; j < i; ++j)
        if (!s.require(fromStart(dims[i], x) != fromStart(dims[j], x), Place::field("dims"), "each axis once",
                       Message("axis {0} twice", fromStart(dims[i], x))))
          return;
      y.append(x[fromStart(dims[i], x)]);
    }
    s.out(0, y, s.inType(0));
  }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    int64_t order[Shape::kMaxRank] = {};
    for (size_t i = 0; i < dims.size(); ++i) order[i] = fromStart(dims[i], call.in(0).shape);
    const auto transposition = kernels::transposition(call.in(0).shape, {order, dims.size()});
    kernels::withWord(bytesOf(call.in(0).type), [&]<class Word>(Word) {
      kernels::transpose(device, transposition, call.in<Word>(0), call.out<Word>(0));
    });
  }

  // Back into the order from before.
  void gradient(Backward& b) const {
    Permute back;
    back.dims.resize(dims.size());
    for (size_t i = 0; i < dims.size(); ++i) back.dims[size_t(fromStart(dims[i], b.input(0).shape()))] = int64_t(i);
    b.give(0, b.add(back, {b.gradient(0)}));
  }

  static void examples(Examples<Permute>& e) {
    e.add({}, {{2, 3, 4, 5}});
    e.add({.dims = {0, 3, 1, 2}}, {{2, 3, 4, 5}});
    e.add({.dims = {1, 0}}, {{3, 4}});
    e.add({.dims = {0, 1}}, {{3, 4}});
    e.add({.dims = {-2, 0, -1}}, {{3, 4, 5}});  // the innermost axis stays
    e.add({.dims = {4, 2, 3, 1, 0}}, {{2, 3, 1, 2, 2}});
    e.add({.dims = {0}}, {{4}});
    e.add({.dims = {}}, {{}});
    e.add({.dims = {2, 0, 1}}, {{2, 0, 3}});
    e.add({.dims = {1, 0}}, {{270, 133}}).withoutGradient();  // tiles with ragged edges, several slices
    e.add({}, {{5, 65, 10, 11}}).withoutGradient();
    e.add({.dims = {1, 0, 2}}, {{40, 30, 33}}).withoutGradient();
  }
  static void mistakes(Mistakes<Permute>& m) {
    m.add({.dims = {1, 0}}, {{2, 3, 4}}, "needs each of the 3 axes of 2 × 3 × 4, but got 2 axes");
    m.add({.dims = {0, 0}}, {{2, 3}}, "needs each axis once, but got axis 0 twice");
    m.add({.dims = {0, 2}}, {{2, 3}}, "needs an axis from -2 to 1, but got 2");
  }
};

OpFile permute_file() { return ops<Permute>(); }

}  // namespace engine
