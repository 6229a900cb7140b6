// Sums, means, products, maxima and minima over any axes: y = sum x, sum x / n, product x, max x, min x
// Whole numbers are calculated with in i64, whatever their type; a mean of theirs loses its fraction.
#include "kernels/reduce.h"

#include <limits>

#include "engine/graph/op.h"
#include "engine/ops/whole.h"

namespace engine {

// The axes that `dim` names, counted from the start.
struct ReducedAxes {
  int64_t axis[Shape::kMaxRank] = {};
  int count = 0;
  ReducedAxes(const std::vector<int64_t>& dim, const Shape& x) {
    if (dim.empty())
      for (; count < x.rank(); ++count) axis[count] = count;
    for (const int64_t d : dim) axis[count++] = fromStart(d, x);
  }
  bool has(int a) const { return std::find(axis, axis + count, a) != axis + count; }
  // Not of a temporary in a range-for: it would be gone in the body.
  std::span<const int64_t> list() const { return {axis, size_t(count)}; }
};

template <class T>
struct LoadElement {
  const T* x;
  BOTH T operator()(int64_t i) const { return x[i]; }
};
template <class T>
struct StoreDivided {
  T* y;
  T by;  // 1 is exact
  BOTH void operator()(int64_t i, T v) const { y[i] = v / by; }
};

// How whole numbers are joined: -infinity is none of them.
struct Multiplying {
  template <class T>
  BOTH static T start() {
    return T(1);
  }
  template <class T>
  BOTH static T combine(T a, T b) {
    if constexpr (std::is_integral_v<T>) return wrapped<T>(uint64_t(a) * uint64_t(b));
    else return a * b;
  }
};
struct AddingWhole {
  template <class T>
  BOTH static T start() {
    return T(0);
  }
  template <class T>
  BOTH static T combine(T a, T b) {
    return wrapped<T>(uint64_t(a) + uint64_t(b));
  }
};
struct LargestWhole {
  template <class T>
  BOTH static T start() {
    return std::numeric_limits<T>::min();
  }
  template <class T>
  BOTH static T combine(T a, T b) {
    return a > b ? a : b;
  }
};
struct SmallestWhole {
  template <class T>
  BOTH static T start() {
    return std::numeric_limits<T>::max();
  }
  template <class T>
  BOTH static T combine(T a, T b) {
    return a < b ? a : b;
  }
};
// NaN wins, as in torch.amin.
struct Smallest {
  template <class T>
  BOTH static T start() {
    return T(INFINITY);
  }
  template <class T>
  BOTH static T combine(T a, T b) {
    return a < b || a != a ? a : b;
  }
};
struct StoreWholeDivided {
  StoreWhole store;
  int64_t by;
  BOTH void operator()(int64_t i, int64_t v) const { store(i, by == 1 ? v : by == 0 ? 0 : v / by); }
};

// What the ops of this file share.
struct OverAxes {
  std::vector<int64_t> dim = {};
  bool keepdim = false;

  static Info about(const char* name, const char* sentence) {
    return {.name = name,
            .group = "Arithmetic",
            .title = name,
            .about = sentence,
            .inputs = {{"x", "numbers of any type and shape", Takes::anything}},
            .outputs = {{"y", "x without the axes in dim; with keepdim they stay, of size 1"}}};
  }
  static void fields(OverAxes& op, FieldVisitor& f) {
    constexpr Range axes = {-Shape::kMaxRank, Shape::kMaxRank - 1};
    f.integers("dim", op.dim, axes, {}, "The axes to join; below 0 counts from the end. Empty: all.");
    f.boolean("keepdim", op.keepdim, "Keeps the axes, with size 1.");
  }

  // Whether there was nothing wrong.
  bool inferAxes(Shapes& s) const {
    const Shape& x = s.in(0);
    for (const int64_t d : dim)
      if (!requireAxis(s, "dim", d, x)) return false;
    for (size_t i = 0; i < dim.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (!s.require(fromStart(dim[i], x) != fromStart(dim[j], x), Place::field("dim"), "each axis once",
                       Message("axis {0} twice", fromStart(dim[i], x))))
          return false;
    s.out(0, result(x, keepdim), s.inType(0));
    if (x.isKnown()) s.flops(double(x.elements()));
    return true;
  }
  Shape result(const Shape& x, bool keep) const {
    const ReducedAxes axes(dim, x);
    Shape y;
    for (int axis = 0; axis < x.rank(); ++axis) {
      if (!axes.has(axis)) y.append(x[axis]);
      else if (keep) y.append(1);
    }
    return y;
  }
  // How many elements become one.
  int64_t each(const Shape& x) const {
    const ReducedAxes axes(dim, x);
    int64_t n = 1;
    for (const int64_t axis : axes.list()) n *= x[int(axis)];
    return n;
  }

  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    const Shape& x = p.call.in(0).shape;
    const kernels::Reduction reduction(x, ReducedAxes(dim, x).list());
    if (isFloating(p.call.in(0).type)) p.scratchBytes = kernels::reduceScratchBytes<T>(device, reduction);
    else p.scratchBytes = kernels::reduceScratchBytes<int64_t>(device, reduction);
  }
  template <class How, class HowWhole, class T, class Device>
  void reduce(Device& device, const Call& call, int64_t divisor) const {
    const Shape& x = call.in(0).shape;
    const kernels::Reduction reduction(x, ReducedAxes(dim, x).list());
    if (isFloating(call.in(0).type))
      kernels::reduce<How, T>(device, reduction, LoadElement<T>{call.in<T>(0)}, StoreDivided<T>{call.out<T>(0), T(divisor)}, call.scratch);
    else
      kernels::reduce<HowWhole, int64_t>(device, reduction, LoadWhole{call.in(0).data, call.in(0).type},
                                         StoreWholeDivided{{call.out(0).data, call.out(0).type}, divisor}, call.scratch);
  }
  // Of nothing there is no largest.
  bool requireElements(Shapes& s) const {
    const Shape& x = s.in(0);
    const ReducedAxes axes(dim, x);
    for (const int64_t axis : axes.list())
      if (!s.require(x[int(axis)] != 0, Place::input(0), Message("elements to choose from along axis {0}", axis), x)) return false;
    return true;
  }
  // Of the largest or the smallest: dx = (x == y) dy / (how many are equal to y)
  void giveToEqual(Backward& b) const {
    const Term x = b.input(0), y = reshapeTo(b.output(0), result(x.shape(), true));
    const Term chosen = b.add(Op::with("EqualShare"), {x, y});
    const ReducedAxes axes(dim, x.shape());
    if (axes.count == 0) return b.give(0, b.gradient(0));
    const Term count = sumOver(chosen, {axes.list().begin(), axes.list().end()}, true);
    b.give(0, chosen * (keptGradient(b) / count));
  }

  // The gradient of the result with its reduced axes back, of size 1.
  Term keptGradient(Backward& b) const { return reshapeTo(b.gradient(0), result(b.input(0).shape(), true)); }

  template <class O>
  static void manyExamples(Examples<O>& e) {
    const auto with = [](std::vector<int64_t> dim, bool keepdim = false) {
      O op;
      op.dim = std::move(dim), op.keepdim = keepdim;
      return op;
    };
    const auto add = [&](O op, std::vector<Shape> inputs) -> Example& { return e.add(std::move(op), std::move(inputs)).distinct(); };
    add(with({}), {{2, 3}});
    add(with({}, true), {{2, 3, 2}});
    add(with({}), {{}});
    add(with({-1}), {{4, 5}});
    add(with({0}), {{5, 4}});
    add(with({1}, true), {{2, 3, 4}});
    add(with({0, 2}), {{3, 4, 5}});
    add(with({3, 0, -2}, true), {{2, 3, 4, 5}});  // as batch norm's statistics
    add(with({1}), {{3, 1, 2}});
    add(with({1}), {{0, 3}});
    // Enough for several slices, pieces of slices and blocks; too many for a difference quotient each. Of one sign: a sum
    // that cancels has no digits left to compare.
    const auto large = [&](O op, Shape x) { e.add(std::move(op), {x}).draw({.low = 0.5, .distinct = true}).withoutGradient(); };
    large(with({}), {40000});
    large(with({0}), {311, 130});
    large(with({1}), {130, 311});
    large(with({0}), {13000, 3});
    large(with({0, 2, 3}), {7, 5, 33, 31});
    large(with({1}), {9, 33, 130});
    large(with({1, 3}), {3, 70, 5, 37});
    for (const Type type : {Type::i64, Type::i32, Type::u8}) {
      const auto whole = [&](O op, Shape x) { e.add(std::move(op), {x}).draw({.classes = 100, .type = type}); };
      whole(with({1}), {9, 40});
      whole(with({0}), {40, 9});
      whole(with({}), {40000});
    }
    e.add(with({0}), {{13000, 3}}).draw({.classes = 100});
  }
  template <class O>
  static void manyMistakes(Mistakes<O>& m) {
    O past, twice;
    past.dim = {2}, twice.dim = {1, -1};
    m.add(past, {{2, 3}}, "needs an axis from -2 to 1, but got 2");
    m.add(twice, {{2, 3}}, "needs each axis once, but got axis 1 twice");
    m.add(past, {{}}, "needs an input with axes, but got a single number");
  }
};

struct Sum : OverAxes {
  static Info info() { return about("Sum", "Adds up over axes."); }
  void infer(Shapes& s) const {
    if (requireNumbers(s, 0)) inferAxes(s);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    reduce<kernels::Adding, AddingWhole, T>(device, call, 1);
  }
  void gradient(Backward& b) const { b.give(0, expandTo(keptGradient(b), b.input(0).shape())); }
  // Where the axes that are left keep their order, as the channels alone do.
  std::optional<InChannelsLast> channelsLast() const {
    constexpr int rank = 4, place[rank] = {0, 3, 1, 2};
    if (keepdim || dim.empty()) return {};
    bool reduced[rank] = {};
    for (const int64_t d : dim)
      if (d >= -rank && d < rank) reduced[d < 0 ? d + rank : d] = true;
    Sum turned;
    int before = -1;
    for (int axis = 0; axis < rank; ++axis) {
      if (reduced[axis]) turned.dim.push_back(place[axis]);
      else if (place[axis] < before) return {};
      else before = place[axis];
    }
    return InChannelsLast{turned, {0}, {}};
  }
  static void examples(Examples<Sum>& e) {
    manyExamples(e);
    Sum last;
    last.dim = {-1};
    e.add(last, {{3, 0}});
  }
  static void mistakes(Mistakes<Sum>& m) { manyMistakes(m); }
};

struct Mean : OverAxes {
  static Info info() { return about("Mean", "The mean over axes."); }
  void infer(Shapes& s) const {
    if (requireNumbers(s, 0)) inferAxes(s);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    reduce<kernels::Adding, AddingWhole, T>(device, call, each(call.in(0).shape));
  }
  void gradient(Backward& b) const {
    const Shape x = b.input(0).shape();
    const int64_t n = each(x);
    b.give(0, expandTo(keptGradient(b) * (n > 0 ? 1.0 / double(n) : 0.0), x));
  }
  static void examples(Examples<Mean>& e) { manyExamples(e); }
  static void mistakes(Mistakes<Mean>& m) { manyMistakes(m); }
};

// dx = dy (the product of all others). Where one factor is 0 it alone gets something, where more are nobody does.
struct Prod : OverAxes {
  static Info info() { return about("Prod", "Multiplies over axes."); }
  void infer(Shapes& s) const {
    if (requireNumbers(s, 0)) inferAxes(s);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    reduce<Multiplying, Multiplying, T>(device, call, 1);
  }
  void gradient(Backward& b) const {
    const Term x = b.input(0), dy = keptGradient(b);
    const ReducedAxes axes(dim, x.shape());
    if (axes.count == 0) return b.give(0, b.gradient(0));
    const Term zero = b.add(Op::with("Constant"), {}), one = b.add(Op::with("Constant", {{"value", 1.0}}), {});
    const auto choose = [&](Term condition, Term yes, Term no) { return b.add(Op::with("Where"), {condition, yes, no}); };
    const auto equal = [&](Term p, Term q) { return b.add(Op::with("Equal"), {p, q}); };
    const Term none = equal(x, zero), factors = choose(none, one, x);
    Prod others = *this;
    others.keepdim = true;
    const Term product = dy * b.add(others, {factors});
    const Term zeros = sumOver(choose(none, one, zero), {axes.list().begin(), axes.list().end()}, true);
    b.give(0, choose(none, choose(equal(zeros, one), product, zero), choose(equal(zeros, zero), product / factors, zero)));
  }
  static void examples(Examples<Prod>& e) {
    const auto with = [](std::vector<int64_t> dim, bool keepdim = false) {
      Prod op;
      op.dim = std::move(dim), op.keepdim = keepdim;
      return op;
    };
    e.add(with({}), {{2, 3}});
    e.add(with({}, true), {{2, 3, 2}});
    e.add(with({}), {{}});
    e.add(with({0, 2}), {{3, 4, 5}}).range(0.5, 1.5);
    e.add(with({1}), {{0, 3}});
    e.add(with({0}), {{0, 3}});
    // Each of the many factors is rounded: the errors add up with the root of their number.
    const auto large = [&](Prod op, Shape x) { e.add(std::move(op), {x}).range(0.999, 1.001).within(1e-4).withoutGradient(); };
    large(with({}), {40000});
    large(with({0}), {311, 130});
    large(with({0}), {13000, 3});
    large(with({1}), {9, 33, 130});
    e.add(with({0}), {{13000, 3}}).draw({.classes = 2});
    for (const Type type : {Type::i64, Type::i32, Type::u8}) {
      e.add(with({1}), {{90, 4}}).draw({.classes = 9, .type = type});
      e.add(with({0}), {{4, 90}}).draw({.classes = 9, .type = type});
      e.add(with({}), {{20000}}).draw({.classes = 3, .type = type});
    }
  }
  static void mistakes(Mistakes<Prod>& m) { manyMistakes(m); }
};

// As torch.amax: where several elements are the largest, the gradient is split evenly among them. Of what is true and what is not:
// whether any is.
struct Max : OverAxes {
  static Info info() { return about("Max", "The largest element over axes."); }
  void infer(Shapes& s) const {
    if (inferAxes(s)) requireElements(s);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    reduce<kernels::Largest, LargestWhole, T>(device, call, 1);
  }
  void gradient(Backward& b) const { giveToEqual(b); }
  static void examples(Examples<Max>& e) {
    manyExamples(e);
    Max first;
    first.dim = {0};
    e.add(first, {{4, 90}}).draw({.classes = 2, .type = Type::boolean});
  }
  static void mistakes(Mistakes<Max>& m) {
    manyMistakes(m);
    m.add({}, {{0, 3}}, "needs elements to choose from along axis 0, but got 0 × 3");
  }
};

// As torch.amin, the same the other way round: whether all are true.
struct Min : OverAxes {
  static Info info() { return about("Min", "The smallest element over axes."); }
  void infer(Shapes& s) const {
    if (inferAxes(s)) requireElements(s);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    reduce<Smallest, SmallestWhole, T>(device, call, 1);
  }
  void gradient(Backward& b) const { giveToEqual(b); }
  static void examples(Examples<Min>& e) {
    manyExamples(e);
    Min first;
    first.dim = {0};
    e.add(first, {{4, 90}}).draw({.classes = 2, .type = Type::boolean});
  }
  static void mistakes(Mistakes<Min>& m) {
    manyMistakes(m);
    m.add({}, {{0, 3}}, "needs elements to choose from along axis 0, but got 0 × 3");
  }
};

OpFile reduce_file() { return ops<Sum, Mean, Prod, Max, Min>(); }

}  // namespace engine
