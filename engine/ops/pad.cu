// More of an axis at its ends, or less, as torch.nn.functional.pad: a number, the edge's value, or what lies on the other side of it.
#include <bit>

#include "engine/graph/op.h"
#include "engine/ops/cast.h"
#include "engine/ops/whole.h"

namespace engine {

namespace {

enum PadMode { kConstant, kReflect, kReplicate };
constexpr const char* kModes[] = {"constant", "reflect", "replicate"};

// Which element of an axis stands at place `at`, counted from its first one; -1: none.
BOTH inline int64_t sourceOf(int64_t at, int64_t size, int mode) {
  if (at >= 0 && at < size) return at;
  if (mode == kConstant) return -1;
  if (mode == kReplicate) return at < 0 ? 0 : size - 1;
  return at < 0 ? -at : 2 * (size - 1) - at;
}

template <class Word>
struct PadFrom {
  const Word* x;
  Word* y;
  Word value;
  int rank, mode;
  int64_t size[Shape::kMaxRank], padded[Shape::kMaxRank], before[Shape::kMaxRank];
  BOTH void operator()(int64_t i) const {
    int64_t rest = i, from = 0, stride = 1;
    bool inside = true;
    for (int a = rank - 1; a >= 0; --a) {
      const int64_t at = sourceOf(rest % padded[a] - before[a], size[a], mode);
      rest /= padded[a];
      inside = inside && at >= 0;
      from += at * stride, stride *= size[a];
    }
    y[i] = inside ? x[from] : value;
  }
};

// Adds up what came from each element of an axis.
template <class T>
struct AddUpPadded {
  const T* dy;  // (outer, padded, inner)
  T* dx;  // (outer, size, inner)
  int64_t size, padded, inner, before;
  int mode;
  BOTH void operator()(int64_t i) const {
    const int64_t in = i % inner, rest = i / inner, own = rest % size, first = rest / size * padded * inner + in;
    T sum = T(0);
    const int64_t at = own + before;
    if (at >= 0 && at < padded) sum = dy[first + at * inner];
    for (int64_t k = 0; k < before; ++k)
      if (sourceOf(k - before, size, mode) == own) sum += dy[first + k * inner];
    for (int64_t k = size + before; k < padded; ++k)
      if (k >= 0 && sourceOf(k - before, size, mode) == own) sum += dy[first + k * inner];
    dx[i] = sum;
  }
};

template <class Word>
Word wordOf(double value, Type type) {
  if constexpr (sizeof(Word) == sizeof(double)) return type == Type::f64 ? std::bit_cast<Word>(value) : std::bit_cast<Word>(castTo<int64_t>(value));
  else if constexpr (sizeof(Word) == sizeof(float)) return type == Type::f32 ? std::bit_cast<Word>(float(value)) : std::bit_cast<Word>(castTo<int32_t>(value));
  else return type == Type::boolean ? Word(value != 0) : castTo<uint8_t>(value);
}

constexpr Range kAnyPadding = {-double(int64_t(1) << 40), double(int64_t(1) << 40)};

}  // namespace

// In lowered graphs only: of one axis.
struct PadGradient {
  int64_t dim = 0, before = 0, after = 0;
  int mode = kReflect;

  static Info info() {
    return {.name = "PadGradient",
            .group = "",
            .title = "Pad, gradient",
            .about = "The sum of what was made of each element.",
            .inputs = {{"dy", "gradient of what was padded"}},
            .outputs = {{"dx", "the sizes before"}}};
  }
  static void fields(PadGradient& op, FieldVisitor& f) {
    f.integer("dim", op.dim, {-Shape::kMaxRank, Shape::kMaxRank - 1}, "The axis.");
    f.integer("before", op.before, kAnyPadding, "Elements before the first.");
    f.integer("after", op.after, kAnyPadding, "Elements behind the last.");
    f.choice("mode", op.mode, kModes, "What was put there.");
  }
  void infer(Shapes& s) const {
    Shape x = s.in(0);
    if (!requireAxis(s, "dim", dim, x)) return;
    if (x[int(dim)] >= 0) x[int(dim)] -= before + after;
    if (s.require(s.in(0)[int(dim)] < 0 || x[int(dim)] >= 0, Place::input(0), Message("at least {0} elements along axis {1}", before + after, dim), s.in(0))) s.out(0, x);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape &x = call.out(0).shape, &y = call.in(0).shape;
    const int axis = fromStart(dim, x);
    kernels::map(device, x.elements(), AddUpPadded<T>{call.in<T>(0), call.out<T>(0), x[axis], y[axis], x.elements(axis + 1, x.rank()), before, mode});
  }
  void gradient(Backward& b) const;
  static void examples(Examples<PadGradient>& e) {
    e.add({.dim = 1, .before = 2, .after = 1}, {{3, 7, 2}});
    e.add({.dim = 0, .before = -1, .after = 3, .mode = kReplicate}, {{7}});
    e.add({.dim = 0, .before = 1, .after = -2, .mode = kConstant}, {{7, 3}});
    e.add({.dim = 1, .before = 20, .after = 30}, {{50, 150, 3}}).withoutGradient();
  }
  static void mistakes(Mistakes<PadGradient>& m) {
    m.add({.dim = 0, .before = 2, .after = 3}, {{4}}, "needs at least 5 elements along axis 0, but got 4 numbers");
  }
};

struct Pad {
  std::vector<int64_t> pad = {};
  int mode = kConstant;
  double value = 0;

  static Info info() {
    return {.name = "Pad",
            .group = "Structure",
            .title = "Pad",
            .about = "Makes axes longer or shorter at their ends.",
            .inputs = {{"x", "values of any type", Takes::anything}},
            .outputs = {{"y", "x with more or less of its last axes"}}};
  }
  static void fields(Pad& op, FieldVisitor& f) {
    f.integers("pad", op.pad, kAnyPadding, {0, 2 * Shape::kMaxRank}, "How many before and behind the last axis, then the one before it, and so on; below 0 takes away.");
    f.choice("mode", op.mode, kModes, "constant: the value. reflect: what lies on the other side of the edge. replicate: the edge.");
    f.real("value", op.value, anyNumber(), "What is put there, with mode constant.");
  }
  // By axis from the start.
  int64_t before(const Shape& x, int axis) const { return at(2 * (x.rank() - 1 - axis)); }
  int64_t after(const Shape& x, int axis) const { return at(2 * (x.rank() - 1 - axis) + 1); }

  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(pad.size() % 2 == 0, Place::field("pad"), "two numbers for each axis", Message("{0}", pad.size()))) return;
    if (!s.require(int(pad.size()) <= 2 * x.rank(), Place::field("pad"), Message("numbers for the axes of {0}", x), Message("{0}", pad.size()))) return;
    Shape y = x;
    for (int a = 0; a < x.rank(); ++a) {
      const int64_t first = before(x, a), last = after(x, a);
      if (first == 0 && last == 0) continue;
      if (x[a] < 0) {
        y[a] = kUnknown;
        continue;
      }
      const int64_t most = std::max(first, last);
      const bool enough = mode == kConstant || most <= 0 || (mode == kReflect ? most < x[a] : x[a] > 0);
      if (!s.require(enough, Place::field("pad"), Message("less than the {0} elements of axis {1}", x[a], a), Message("{0}", most))) return;
      const bool fits = !__builtin_add_overflow(x[a], first + last, &y[a]) && y[a] >= 0;
      if (!s.require(fits, Place::field("pad"), Message("sizes of at least 0, of axis {0} of {1}", a, x), Message("{0}", first + last))) return;
    }
    s.out(0, y, s.inType(0));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape &x = call.in(0).shape, &y = call.out(0).shape;
    const Type type = call.in(0).type;
    withWidth<T>(type, [&]<class Word>() {
      PadFrom<Word> each{call.in<Word>(0), call.out<Word>(0), wordOf<Word>(value, type), x.rank(), mode, {}, {}, {}};
      for (int a = 0; a < x.rank(); ++a) each.size[a] = x[a], each.padded[a] = y[a], each.before[a] = before(x, a);
      kernels::map(device, y.elements(), each);
    });
  }
  void gradient(Backward& b) const {
    Term dy = b.gradient(0);
    const Shape x = b.input(0).shape();
    for (int a = 0; a < x.rank(); ++a)
      if (before(x, a) || after(x, a)) dy = b.add(PadGradient{a, before(x, a), after(x, a), mode}, {dy});
    b.give(0, dy);
  }
  static void examples(Examples<Pad>& e) {
    e.add({}, {{2, 3}});
    e.add({.pad = {1, 2}, .value = 1.5}, {{2, 3}});
    e.add({.pad = {1, 2, 0, 1}, .mode = kReflect}, {{2, 3, 4}});
    e.add({.pad = {5, 2, 1, 0}, .mode = kReplicate}, {{3, 2}});
    e.add({.pad = {-1, 2, 1, -1}}, {{3, 4}});
    e.add({.pad = {-1, 1}, .mode = kReflect}, {{5}});
    e.add({.pad = {1, 1}}, {{0}});
    e.add({.pad = {3, 2, 1, 5}}, {{5, 3, 40, 50}}).withoutGradient();
    for (const Type type : {Type::i64, Type::i32, Type::u8, Type::boolean}) e.add({.pad = {7, 3}, .value = 1}, {{10, 30}}).draw({.classes = 2, .type = type});
  }
  static void mistakes(Mistakes<Pad>& m) {
    m.add({.pad = {1}}, {{3}}, "needs two numbers for each axis, but got 1");
    m.add({.pad = {1, 1, 1, 1}}, {{3}}, "needs numbers for the axes of 3 numbers, but got 4");
    m.add({.pad = {3, 0}, .mode = kReflect}, {{3}}, "needs less than the 3 elements of axis 0, but got 3");
    m.add({.pad = {-2, -2}}, {{3}}, "needs sizes of at least 0, of axis 0 of 3 numbers, but got -4");
  }

 private:
  int64_t at(int place) const { return place < int(pad.size()) ? pad[size_t(place)] : 0; }
};

inline void PadGradient::gradient(Backward& b) const {
  Pad again;
  const int behind = b.output(0).shape().rank() - 1 - fromStart(dim, b.output(0).shape());
  again.pad.assign(size_t(2 * behind + 2), 0);
  again.pad[size_t(2 * behind)] = before, again.pad[size_t(2 * behind + 1)] = after;
  again.mode = mode;
  b.give(0, b.add(again, {b.gradient(0)}));
}

OpFile pad_file() { return ops<Pad, PadGradient>(); }

}  // namespace engine
