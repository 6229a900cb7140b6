// Tensors put behind one another along an axis, as torch.cat.
#include "engine/graph/op.h"
#include "engine/ops/axes.h"
#include "kernels/copy.h"
#include "kernels/strided.h"

namespace engine {

template <class T>
struct PutInput {
  const T* x;
  T* y;
  BOTH void operator()(int64_t i, int64_t to) const { y[to] = x[i]; }
};

struct Concatenate {
  int64_t dim = 1;

  static Info info() {
    return {.name = "Concatenate",
            .group = "Structure",
            .title = "Concatenate",
            .about = "Puts tensors behind one another along an axis.",
            .inputs = {{"x", "tensors of one shape, the axis dim excepted", Takes::anything}},
            .outputs = {{"y", "as long along dim as all of them together"}},
            .variadic = true};
  }
  static void fields(Concatenate& op, FieldVisitor& f) {
    f.integer("dim", op.dim, {-Shape::kMaxRank, Shape::kMaxRank - 1}, "The axis to join along: 1 is that of channels.");
  }

  void infer(Shapes& s) const {
    const Shape& first = s.in(0);
    if (!requireAxis(s, "dim", dim, first)) return;
    const int axis = fromStart(dim, first);
    Shape y = first;
    bool fits = true;
    for (int i = 1; i < s.inputs(); ++i) {
      const Shape& x = s.in(i);
      Shape other = x;  // as it should be
      if (x.rank() == first.rank()) other = first, other[axis] = x[axis];
      fits = bool(s.require(x.rank() == first.rank() && mayEqual(x, other), Place::input(i),
                            Message("the shape of the first input, {0}, but for axis {1}", first, axis), x)) && fits;
      fits = bool(s.require(s.inType(i) == s.inType(0), Place::input(i), Message("values of the first input's type, {0}", s.inType(0)),
                            Message("{0}", s.inType(i)))) && fits;
      if (!fits) continue;
      for (int a = 0; a < y.rank(); ++a)
        if (a != axis && y[a] < 0 && x[a] >= 0) y[a] = x[a];  // one input knows what another does not
      if (y[axis] < 0 || x[axis] < 0 || __builtin_add_overflow(y[axis], x[axis], &y[axis])) y[axis] = kUnknown;
    }
    if (fits) s.out(0, y, s.inType(0));
  }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape& y = call.out(0).shape;
    const int axis = fromStart(dim, y);
    const int64_t inner = y.elements(axis + 1, y.rank());
    int64_t begin = 0;  // along the axis
    for (int i = 0; i < call.inputCount; ++i) {
      const Shape& x = call.in(i).shape;
      kernels::Strided<1> places;
      places.append(x.elements(0, axis), {y[axis] * inner});
      places.append(x[axis] * inner, {1});
      places.start[0] = begin * inner;
      begin += x[axis];
      kernels::withWord(bytesOf(call.in(i).type), [&]<class Word>(Word) {
        kernels::forStrided(device, places, PutInput<Word>{call.in<Word>(i), call.out<Word>(0)});
      });
    }
  }

  void gradient(Backward& b) const {
    int64_t begin = 0;
    for (int i = 0; i < b.inputs(); ++i) {
      const int64_t size = b.input(i).shape()[int(dim)];
      b.give(i, b.add(Op::with("Slice", {{"dim", dim}, {"start", begin}, {"end", begin + size}}), {b.gradient(0)}));
      begin += size;
    }
  }

  InChannelsLast channelsLast() const {
    constexpr int64_t rank = 4, place[rank] = {0, 3, 1, 2};
    const int64_t axis = dim < 0 ? dim + rank : dim;
    return {Concatenate{axis >= 0 && axis < rank ? place[axis] : dim}, {InChannelsLast::kAll}, {0}};
  }

  static void examples(Examples<Concatenate>& e) {
    e.add({}, {{2, 3, 2}, {2, 1, 2}});
    e.add({.dim = 0}, {{2, 3}, {1, 3}, {0, 3}});
    e.add({.dim = -1}, {{2, 3}, {2, 4}});
    e.add({}, {{2, 3}});
    e.add({.dim = 0}, {{1}, {2}, {3}, {4}, {5}});
    e.add({}, {{0, 2}, {0, 3}});
    e.add({}, {{40, 3, 5, 30}, {40, 2, 5, 30}}).withoutGradient();
  }
  static void mistakes(Mistakes<Concatenate>& m) {
    m.add({}, {{2, 3, 4}, {2, 3, 5}}, "needs the shape of the first input, 2 × 3 × 4, but for axis 1, but got 2 × 3 × 5");
    m.add({}, {{2, 3}, {2}}, "needs the shape of the first input, 2 × 3, but for axis 1, but got 2 numbers");
    m.add({}, {{2}, {3}}, "needs an axis from -1 to 0, but got 1");
  }
};

OpFile concatenate_file() { return ops<Concatenate>(); }

}  // namespace engine
