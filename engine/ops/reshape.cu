// The same elements in the same order under another shape (Flatten, Reshape, SplitHeads, Identity), and repeated (Expand).
#include "engine/graph/op.h"
#include "engine/ops/axes.h"
#include "kernels/broadcast.h"
#include "kernels/copy.h"

namespace engine {

// For when the output could not be given the input's memory.
template <class Device>
void copyInput(Device& device, const Call& call) {
  if (call.in(0).data != call.out(0).data) kernels::copyBytes(device, call.in(0).data, call.out(0).data, call.out(0).bytes());
}

static void giveReshaped(Backward& b) { b.give(0, reshapeTo(b.gradient(0), b.input(0).shape())); }

struct Identity {
  static Info info() {
    return {.name = "Identity",
            .group = "Structure",
            .title = "Identity",
            .about = "Passes its input on as it is.",
            .inputs = {{"x", "any shape", Takes::anything}},
            .outputs = {{"y", "the same"}},
            .view = true};
  }
  void infer(Shapes& s) const { s.out(0, s.in(0), s.inType(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    copyInput(device, call);
  }
  void gradient(Backward& b) const { b.give(0, b.gradient(0)); }

  static void examples(Examples<Identity>& e) {
    e.add({}, {{2, 3}});
    e.add({}, {{}});
    e.add({}, {{0, 3}});
    e.add({}, {{17001}}).withoutGradient();  // more than one slice of a copy
  }
};

struct Flatten {
  int64_t startDim = 1, endDim = -1;

  static Info info() {
    return {.name = "Flatten",
            .group = "Structure",
            .title = "Flatten",
            .about = "Joins axes into one: a picture becomes a row of numbers.",
            .inputs = {{"x", "any shape", Takes::anything}},
            .outputs = {{"y", "the same elements, with the axes from start_dim to end_dim joined"}},
            .view = true};
  }
  static void fields(Flatten& op, FieldVisitor& f) {
    constexpr Range axes = {-Shape::kMaxRank, Shape::kMaxRank - 1};
    f.integer("start_dim", op.startDim, axes, "The first axis to join; below 0 counts from the end.");
    f.integer("end_dim", op.endDim, axes, "The last axis to join; below 0 counts from the end.");
  }

  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (x.rank() == 0) {  // PyTorch makes one number of it whatever the axes; only 0 and -1 would exist
      const bool exists = startDim >= -1 && startDim <= 0 && endDim >= -1 && endDim <= 0;
      if (s.require(exists, Place::input(0), "an axis to start from", x)) s.out(0, {1}, s.inType(0));
      return;
    }
    const bool starts = bool(requireAxis(s, "start_dim", startDim, x)), ends = bool(requireAxis(s, "end_dim", endDim, x));
    if (!starts || !ends) return;
    const int first = fromStart(startDim, x), last = fromStart(endDim, x);
    if (!s.require(first <= last, Place::field("end_dim"), Message("an axis that is not before start_dim, {0}", first), Message("{0}", last)))
      return;
    Shape y;
    for (int axis = 0; axis < first; ++axis) y.append(x[axis]);
    y.append(first == last ? x[first] : x.elements(first, last + 1));
    for (int axis = last + 1; axis < x.rank(); ++axis) y.append(x[axis]);
    s.out(0, y, s.inType(0));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    copyInput(device, call);
  }
  void gradient(Backward& b) const { giveReshaped(b); }

  static void examples(Examples<Flatten>& e) {
    e.add({}, {{2, 3, 4, 5}});
    e.add({.startDim = 0}, {{2, 3}});
    e.add({.startDim = -3, .endDim = 2}, {{2, 3, 4, 5}});
    e.add({.startDim = 1, .endDim = 1}, {{2, 3}});
    e.add({.startDim = 0}, {{}});
    e.add({}, {{0, 3, 2}});
  }
  static void mistakes(Mistakes<Flatten>& m) {
    m.add({}, {{3}}, "needs an axis from -1 to 0, but got 1");
    m.add({.startDim = 2, .endDim = 1}, {{2, 3, 4}}, "needs an axis that is not before start_dim, 2, but got 1");
    m.add({}, {{}}, "needs an axis to start from, but got a single number");
  }
};

// As ONNX's Reshape and torch.reshape.
struct Reshape {
  std::vector<int64_t> shape = {0, -1};
  bool allowzero = false;

  static Info info() {
    return {.name = "Reshape",
            .group = "Structure",
            .title = "Reshape",
            .about = "Gives the same elements other axes.",
            .inputs = {{"x", "any shape", Takes::anything}},
            .outputs = {{"y", "the same elements in the same order"}},
            .view = true};
  }
  static void fields(Reshape& op, FieldVisitor& f) {
    f.integers("shape", op.shape, atLeast(-1), {0, Shape::kMaxRank},
               "The sizes. -1 stands for the rest, 0 for the size that the input has there.");
    f.boolean("allowzero", op.allowzero, "Takes a size of 0 by its word: no elements.");
  }

  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    Shape y;
    int rest = -1;  // the axis of -1
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      int64_t size = shape[axis];
      if (size == 0 && !allowzero) {
        if (!s.require(int(axis) < x.rank(), Place::field("shape"), Message("an input with an axis {0} for the 0 there", axis), x))
          return;
        size = x[int(axis)];
      }
      if (size == -1 && shape[axis] == -1) {
        if (!s.require(rest < 0, Place::field("shape"), "one -1 at most", Message("two, at {0} and {1}", rest, axis))) return;
        rest = int(axis);
        size = 1;
      }
      y.append(size);
    }

    // Axes without a number that are on both sides, or on neither, leave the rest to numbers.
    Shape known = x, wanted = y;
    cancelUnknown(known, wanted);
    const int64_t have = known.elements(), need = wanted.elements();
    if (rest >= 0) {
      if (have == kTooMany || need == kTooMany) y[rest] = kUnknown;
      else if (have < 0 || need < 0) y[rest] = unknownRest(known, wanted);
      else if (need == 0) {
        if (!s.require(false, Place::field("shape"), "sizes above 0 beside -1", Message(y))) return;
      } else {
        if (!s.require(have % need == 0, Place::field("shape"),
                       Message("sizes that divide the {0} elements of {1}", have, x), Message("{0}", need)))
          return;
        y[rest] = have / need;
      }
    } else if (have >= 0 && need >= 0) {
      if (!s.require(have == need, Place::field("shape"), Message("as many elements as {0} has", x), y)
               .fix("put -1 for the size that follows from the others"))
        return;
    }
    s.out(0, y, s.inType(0));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    copyInput(device, call);
  }
  void gradient(Backward& b) const { giveReshaped(b); }

  static void examples(Examples<Reshape>& e) {
    e.add({}, {{2, 3, 4}});
    e.add({.shape = {4, -1, 2}}, {{2, 12}});
    e.add({.shape = {}}, {{1, 1}});
    e.add({.shape = {1, 1}}, {{}});
    e.add({.shape = {-1}}, {{2, 3}});
    e.add({.shape = {0, 3, 1}}, {{2, 3}});
    e.add({.shape = {0, 3, 7}}, {{0, 21}});
    e.add({.shape = {5, 0}, .allowzero = true}, {{0, 2}});
  }
  static void mistakes(Mistakes<Reshape>& m) {
    m.add({.shape = {4, -1}}, {{2, 3}}, "needs sizes that divide the 6 elements of 2 × 3, but got 4");
    m.add({.shape = {2, 2}}, {{2, 3}},
          "needs as many elements as 2 × 3 has, but got 2 × 2; put -1 for the size that follows from the others");
    m.add({.shape = {-1, -1}}, {{2, 3}}, "needs one -1 at most, but got two, at 0 and 1");
    m.add({.shape = {1, 6, 0}}, {{2, 3}}, "needs an input with an axis 2 for the 0 there, but got 2 × 3");
    m.add({.shape = {0, -1}}, {{0, 3}}, "needs sizes above 0 beside -1, but got 0 × 1");
  }

 private:
  // Pairs of the same symbol drop out; so does a pair of 1s, which is what replaces them.
  static void cancelUnknown(Shape& a, Shape& b) {
    for (int i = 0; i < a.rank(); ++i)
      for (int j = 0; j < b.rank() && a[i] == kBatch; ++j)
        if (b[j] == kBatch) a[i] = b[j] = 1;
  }
  // What -1 stands for where `have` has axes without a number: the batch, if that is all that is left.
  static int64_t unknownRest(Shape have, const Shape& need) {
    int batches = 0;
    for (int64_t& size : std::span(&have[0], size_t(have.rank())))
      if (size == kBatch) size = 1, ++batches;
    return batches == 1 && have.isKnown() && need.isKnown() && have.elements() == need.elements() ? kBatch : kUnknown;
  }
};

// A Reshape of which a number is enough to say how: blocks show it as a field of theirs.
struct SplitHeads {
  int64_t num_heads = 8;

  static Info info() {
    return {.name = "SplitHeads",
            .group = "Structure",
            .title = "Split heads",
            .about = "Cuts the last axis into parts of one size: the features of a place become those of each head.",
            .inputs = {{"x", "(batch, ..., features)", Takes::anything}},
            .outputs = {{"y", "(batch, ..., num_heads, features / num_heads)"}},
            .view = true};
  }
  static void fields(SplitHeads& op, FieldVisitor& f) {
    f.integer("num_heads", op.num_heads, atLeast(1), "How many parts; a divisor of the features.");
  }

  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(x.rank() >= 1 && x.rank() < Shape::kMaxRank, Place::input(0), Message("1 to {0} axes", Shape::kMaxRank - 1), x)) return;
    if (!s.require(x[-1] < 0 || x[-1] % num_heads == 0, Place::field("num_heads"), Message("a divisor of the {0} features of {1}", x[-1], x),
                   Message("{0}", num_heads)))
      return;
    Shape y = x;
    y[-1] = num_heads;
    y.append(x[-1] < 0 ? kUnknown : x[-1] / num_heads);
    s.out(0, y, s.inType(0));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    copyInput(device, call);
  }
  void gradient(Backward& b) const { giveReshaped(b); }

  static void examples(Examples<SplitHeads>& e) {
    e.add({.num_heads = 2}, {{2, 3, 6}});
    e.add({.num_heads = 4}, {{3, 4}});
    e.add({.num_heads = 1}, {{2, 1, 5}});
    e.add({.num_heads = 3}, {{6}});
    e.add({.num_heads = 2}, {{0, 3, 4}});
    e.add({}, {{3, 75, 80}}).withoutGradient();  // more than one slice of a copy
  }
  static void mistakes(Mistakes<SplitHeads>& m) {
    m.add({.num_heads = 4}, {{2, 3, 6}}, "needs a divisor of the 6 features of 2 × 3 × 6, but got 4");
    m.add({}, {{}}, "needs 1 to 7 axes, but got a single number");
  }
};

template <class T>
struct Repeat {
  const T* x;
  T* y;
  BOTH void operator()(int64_t i, int64_t from) const { y[i] = x[from]; }
};

// As torch.Tensor.expand.
struct Expand {
  std::vector<int64_t> shape = {};
  bool batched = false;

  static Info info() {
    return {.name = "Expand",
            .group = "Structure",
            .title = "Expand",
            .about = "Repeats its input along axes of size one, and along new axes in front.",
            .inputs = {{"x", "a shape that broadcasts to the one given", Takes::anything}},
            .outputs = {{"y", "x, repeated"}}};
  }
  static void fields(Expand& op, FieldVisitor& f) {
    f.integers("shape", op.shape, atLeast(-1), {0, Shape::kMaxRank},
               "The sizes to repeat to; -1 keeps the size that the input has there.");
    f.boolean("batched", op.batched, "Repeats along the first axis for each sample of the batch, whatever size stands there.");
  }

  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    const int extra = int(shape.size()) - x.rank();
    if (!s.require(extra >= 0, Place::field("shape"), Message("at least the {0} axes of {1}", x.rank(), x),
                   Message("{0}", shape.size())))
      return;
    if (!s.require(!batched || !shape.empty(), Place::field("shape"), "a first axis, for the samples", "none")) return;
    Shape y;
    for (int axis = 0; axis < int(shape.size()); ++axis) {
      const bool samples = batched && axis == 0;
      const int64_t from = axis < extra ? 1 : x[axis - extra], to = samples ? s.batch() : shape[size_t(axis)];
      if (to == -1) {
        if (!s.require(axis >= extra, Place::field("shape"), "sizes for new axes", Message("-1 for axis {0}", axis))) return;
        y.append(from);
      } else {
        if (!s.require(from == 1 || mayEqual(from, to), Place::field("shape"),
                       Message("{0} for axis {1}, which is not of size one", from, axis), Message("{0}", to)))
          return;
        y.append(to);
      }
    }
    s.out(0, y, s.inType(0));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto strided = kernels::broadcast<1>(call.out(0).shape, {call.in(0).shape});
    const auto repeat = [&]<class Word>(Word) {
      kernels::forStrided(device, strided, Repeat<Word>{call.in<Word>(0), call.out<Word>(0)});
    };
    kernels::withWord(bytesOf(call.in(0).type), repeat);
  }
  void gradient(Backward& b) const { b.give(0, sumTo(b.gradient(0), b.input(0).shape())); }

  static void examples(Examples<Expand>& e) {
    e.add({.shape = {2, 3}}, {{3}});
    e.add({.shape = {2, 3}}, {{2, 1}});
    e.add({.shape = {4, -1, 3, -1}}, {{2, 1, 3}});
    e.add({.shape = {3, 2}}, {{}});
    e.add({.shape = {}}, {{}});
    e.add({.shape = {0, 3}}, {{1, 3}});
    e.add({.shape = {130, 257}}, {{257}});
    e.add({.shape = {5, 3, 100, 11}}, {{3, 1, 1}});
    e.add({.shape = {1, 4}, .batched = true}, {{1, 4}});
    e.add({.shape = {-1, -1, 70}, .batched = true}, {{5, 70}});
  }
  static void mistakes(Mistakes<Expand>& m) {
    m.add({.shape = {}, .batched = true}, {{}}, "needs a first axis, for the samples, but got none");
    m.add({.shape = {3}}, {{2, 3}}, "needs at least the 2 axes of 2 × 3, but got 1");
    m.add({.shape = {4, 3}}, {{2, 3}}, "needs 2 for axis 0, which is not of size one, but got 4");
    m.add({.shape = {-1, 3}}, {{3}}, "needs sizes for new axes, but got -1 for axis 0");
  }
};

OpFile reshape_file() { return ops<Identity, Flatten, Reshape, SplitHeads, Expand>(); }

}  // namespace engine
