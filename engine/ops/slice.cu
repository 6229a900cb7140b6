// A part of an axis, as Python's x[start:end:step], and its gradient: zeros with the part written into them.
#include "engine/graph/op.h"
#include "engine/ops/axes.h"
#include "kernels/copy.h"
#include "kernels/strided.h"

namespace engine {

template <class T>
struct TakePart {
  const T* x;
  T* y;
  BOTH void operator()(int64_t i, int64_t from) const { y[i] = x[from]; }
};
template <class T>
struct PutPart {
  const T* dy;
  T* dx;
  BOTH void operator()(int64_t i, int64_t to) const { dx[to] = dy[i]; }  // no two i have the same place
};

// What the slice and its gradient share.
struct Part {
  int64_t dim = 1, start = 0, end = kToTheEnd, step = 1;
  static constexpr int64_t kToTheEnd = std::numeric_limits<int32_t>::max();

  static void fields(Part& op, FieldVisitor& f) {
    f.integer("dim", op.dim, {-Shape::kMaxRank, Shape::kMaxRank - 1}, "The axis; below 0 counts from the end.");
    f.integer("start", op.start, anyNumber(), "The first element; below 0 counts from the end.");
    f.integer("end", op.end, anyNumber(), "Where to stop, itself not included; below 0 counts from the end. As large as you like: all.");
    f.integer("step", op.step, anyNumber(), "From one element to the next; below 0 goes backwards.");
  }

  // The same axis of a picture whose channels lie innermost.
  int64_t dimChannelsLast() const {
    constexpr int64_t rank = 4, place[rank] = {0, 3, 1, 2};
    const int64_t axis = dim < 0 ? dim + rank : dim;
    return axis >= 0 && axis < rank ? place[axis] : dim;
  }

  // The first element and the number of elements of an axis of this size: PySlice_AdjustIndices.
  struct Taken {
    int64_t first, count;
  };
  Taken of(int64_t size) const {
    const auto within = [&](int64_t i) {
      const int64_t lowest = step < 0 ? -1 : 0, highest = step < 0 ? size - 1 : size;
      if (i < 0) i = i < -size ? lowest : i + size;
      return std::min(std::max(i, lowest), highest);
    };
    const int64_t first = within(start), stop = within(end);
    if (step > 0) return {first, first < stop ? (stop - first - 1) / step + 1 : 0};
    // -(step + 1) + 1, since -step of the lowest number does not exist
    return {first, stop < first ? int64_t(uint64_t(first - stop - 1) / (uint64_t(-(step + 1)) + 1)) + 1 : 0};
  }

  // The part's elements by their place in the whole.
  kernels::Strided<1> places(const Shape& whole) const {
    kernels::Strided<1> s;
    const int axis = fromStart(dim, whole);
    const Taken taken = of(whole[axis]);
    for (int a = 0; a < whole.rank(); ++a) {
      const int64_t stride = whole.elements(a + 1, whole.rank());
      if (a != axis) s.append(whole[a], {stride});
      else if (taken.count > 0) s.append(taken.count, {taken.count > 1 ? stride * step : stride}), s.start[0] = taken.first * stride;
      else s.append(0, {0});
    }
    return s;
  }
};

// In lowered graphs only.
struct SliceGradient : Part {
  std::vector<int64_t> shape = {};  // of the whole

  static Info info() {
    return {.name = "SliceGradient",
            .group = "",
            .title = "Slice, gradient",
            .about = "Zeros, with a part written into them.",
            .inputs = {{"dy", "the part"}},
            .outputs = {{"dx", "the whole"}}};
  }
  static void fields(SliceGradient& op, FieldVisitor& f) {
    Part::fields(op, f);
    f.integers("shape", op.shape, atLeast(0), {0, Shape::kMaxRank}, "Of the whole.");
  }
  void infer(Shapes& s) const {
    const Shape whole{std::span<const int64_t>(shape)};
    if (!requireAxis(s, "dim", dim, whole) || !s.require(step != 0, Place::field("step"), "a step other than 0", "0")) return;
    Shape part = whole;
    part[int(dim)] = of(whole[int(dim)]).count;
    if (s.require(mayEqual(s.in(0), part), Place::input(0), Message(part), s.in(0))) s.out(0, whole);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    T* dx = call.out<T>(0);
    kernels::map(device, call.out(0).elements(), [=] BOTH(int64_t i) { dx[i] = T(0); });
    kernels::forStrided(device, places(call.out(0).shape), PutPart<T>{call.in<T>(0), dx});
  }
  void gradient(Backward& b) const;
  InChannelsLast channelsLast() const {
    SliceGradient turned = *this;
    turned.dim = dimChannelsLast();
    if (shape.size() == 4) turned.shape = {shape[0], shape[2], shape[3], shape[1]};
    return {turned, {0}, {0}};
  }

  static SliceGradient of(const Part& part, const Shape& whole) {
    SliceGradient g;
    static_cast<Part&>(g) = part;
    g.shape.assign(whole.begin(), whole.end());
    return g;
  }
  using Part::of;

  static void examples(Examples<SliceGradient>& e) {
    e.add(of({}, {2, 5}), {{2, 5}});
    e.add(of({.start = 1, .end = 3}, {2, 5, 3}), {{2, 2, 3}});
    e.add(of({.dim = -1, .start = -1, .end = -100, .step = -2}, {2, 5}), {{2, 3}});
    e.add(of({.dim = 0, .start = 3, .end = 2}, {4}), {{0}});
    e.add(of({.start = 1, .step = 3}, {150, 200}), {{150, 67}}).withoutGradient();
  }
  static void mistakes(Mistakes<SliceGradient>& m) {
    m.add(of({.start = 1, .end = 3}, {2, 5}), {{2, 3}}, "needs 2 × 2, but got 2 × 3");
  }
};

struct Slice : Part {
  static Info info() {
    return {.name = "Slice",
            .group = "Structure",
            .title = "Slice",
            .about = "Takes a part of an axis.",
            .inputs = {{"x", "any shape", Takes::anything}},
            .outputs = {{"y", "x[start:end:step] along axis dim"}}};
  }
  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    const bool exists = bool(requireAxis(s, "dim", dim, x));
    if (!s.require(step != 0, Place::field("step"), "a step other than 0", "0") || !exists) return;
    Shape y = x;
    const int64_t size = x[int(dim)];
    const bool whole = start == 0 && step == 1 && end >= kToTheEnd;
    y[int(dim)] = whole ? size : size < 0 ? kUnknown : of(size).count;
    s.out(0, y, s.inType(0));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto from = places(call.in(0).shape);
    kernels::withWord(bytesOf(call.in(0).type), [&]<class Word>(Word) {
      kernels::forStrided(device, from, TakePart<Word>{call.in<Word>(0), call.out<Word>(0)});
    });
  }
  void gradient(Backward& b) const { b.give(0, b.add(SliceGradient::of(*this, b.input(0).shape()), {b.gradient(0)})); }
  InChannelsLast channelsLast() const {
    Slice turned = *this;
    turned.dim = dimChannelsLast();
    return {turned, {0}, {0}};
  }

  static void examples(Examples<Slice>& e) {
    const auto part = [](int64_t dim, int64_t start, int64_t end, int64_t step) {
      Slice s;
      s.dim = dim, s.start = start, s.end = end, s.step = step;
      return s;
    };
    e.add({}, {{2, 5}});
    e.add(part(1, 1, 4, 2), {{2, 5, 3}});
    e.add(part(0, -2, kToTheEnd, 1), {{5, 2}});
    e.add(part(-1, -1, -100, -1), {{2, 5}});  // backwards
    e.add(part(-1, 100, 0, -3), {{2, 8}});
    e.add(part(2, 0, 1, 1), {{2, 3, 4, 2}});
    e.add(part(0, 3, 2, 1), {{4}});  // nothing
    e.add(part(0, 0, 5, 4), {{0, 3}});
    e.add(part(1, 1, kToTheEnd, 2), {{150, 200}}).withoutGradient();
  }
  static void mistakes(Mistakes<Slice>& m) {
    Slice still, past;
    still.step = 0, past.dim = 2;
    m.add(still, {{2, 3}}, "needs a step other than 0, but got 0");
    m.add(past, {{2, 3}}, "needs an axis from -2 to 1, but got 2");
  }
};

inline void SliceGradient::gradient(Backward& b) const {
  Slice part;
  static_cast<Part&>(part) = *this;
  b.give(0, b.add(part, {b.gradient(0)}));
}

OpFile slice_file() { return ops<Slice, SliceGradient>(); }

}  // namespace engine
