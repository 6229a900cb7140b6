// Elements by their places along an axis:
//   IndexSelect  y[..., i, ...] = x[..., index[i], ...], the same places everywhere; torch.index_select, with any number of axes in index
//   Gather       y[i, j, ...] = x[index[i, j, ...], j, ...] for dim = 0, as torch.gather
//   Scatter      y = x, but y[index[i, j, ...], j, ...] = src[i, j, ...]; torch.scatter, and with `reduce` torch.scatter_reduce
// Places below 0 count from the end. What is not there is not a number, or 0 among whole ones, and nothing is written to it.
#include <bit>
#include <limits>

#include "engine/graph/op.h"
#include "engine/ops/whole.h"

namespace engine {

namespace {

// Where along an axis; -1: nowhere.
BOTH inline int64_t placeOf(int64_t index, int64_t size) {
  const int64_t at = index < 0 ? index + size : index;
  return at >= 0 && at < size ? at : -1;
}

// What stands for a value that is not there.
template <class Word>
Word missing(Type type) {
  if constexpr (sizeof(Word) == sizeof(double)) return type == Type::f64 ? std::bit_cast<Word>(std::numeric_limits<double>::quiet_NaN()) : Word(0);
  else if constexpr (sizeof(Word) == sizeof(float)) return type == Type::f32 ? std::bit_cast<Word>(std::numeric_limits<float>::quiet_NaN()) : Word(0);
  else return Word(0);
}

template <class Word>
struct SelectAlong {
  const Word* x;  // (outer, size, inner)
  LoadWhole index;  // (count)
  Word* y;  // (outer, count, inner)
  int64_t size, count, inner;
  Word otherwise;
  BOTH void operator()(int64_t i) const {
    const int64_t rest = i / inner, at = placeOf(index(rest % count), size);
    y[i] = at < 0 ? otherwise : x[(rest / count * size + at) * inner + i % inner];
  }
};

template <class Word>
struct GatherAlong {
  const Word* x;
  LoadWhole index;
  Word* y;
  int64_t size, stride;  // of the axis, in x
  Word otherwise;
  BOTH void operator()(int64_t i, int64_t other) const {
    const int64_t at = placeOf(index(i), size);
    y[i] = at < 0 ? otherwise : x[other + at * stride];
  }
};

// Each element of the result looks for those that go there, in their order: no two write to one place, and no sum depends on threads.
// That is a device's way, which has a thread for each of them.
template <class T>
struct ScatterAlong {
  const T* x;
  LoadWhole index;
  const T* src;
  T* y;
  int rank, axis;
  int64_t size[Shape::kMaxRank], indexSize[Shape::kMaxRank], indexStride[Shape::kMaxRank];
  int how;  // Scatter::kReduce
  BOTH void operator()(int64_t i) const {
    int64_t rest = i, first = 0, own = 0;
    bool inside = true;
    for (int a = rank - 1; a >= 0; --a) {
      const int64_t at = rest % size[a];
      rest /= size[a];
      if (a == axis) own = at;
      else first += at * indexStride[a], inside = inside && at < indexSize[a];
    }
    T value = x[i];
    for (int64_t k = 0; inside && k < indexSize[axis]; ++k) {
      const int64_t from = first + k * indexStride[axis];
      if (placeOf(index(from), size[axis]) == own) value = joined(value, src[from]);
    }
    y[i] = value;
  }
  BOTH T joined(T a, T b) const {
    if (how == 0) return b;
    if (how == 3) return a > b || a != a ? a : b;
    if (how == 4) return a < b || a != a ? a : b;
    if constexpr (std::is_integral_v<T>) return how == 1 ? wrapped<T>(uint64_t(a) + uint64_t(b)) : wrapped<T>(uint64_t(a) * uint64_t(b));
    else return how == 1 ? a + b : a * b;
  }
};

// The same results in the same order, a line along the axis at once: where there are few threads, and it need not look for what goes
// where.
template <class T>
struct ScatterLine {
  ScatterAlong<T> all;
  int64_t stride;  // of the axis
  void operator()(int64_t line) const {
    const ScatterAlong<T>& s = all;
    int64_t rest = line, begin = 0, first = 0, dense = 1;
    bool inside = true;
    for (int a = s.rank - 1; a >= 0; dense *= s.size[a--]) {
      if (a == s.axis) continue;
      const int64_t at = rest % s.size[a];
      rest /= s.size[a];
      begin += at * dense, first += at * s.indexStride[a];
      inside = inside && at < s.indexSize[a];
    }
    for (int64_t i = 0; i < s.size[s.axis]; ++i) s.y[begin + i * stride] = s.x[begin + i * stride];
    for (int64_t k = 0; inside && k < s.indexSize[s.axis]; ++k) {
      const int64_t from = first + k * s.indexStride[s.axis], to = placeOf(s.index(from), s.size[s.axis]);
      if (to >= 0) s.y[begin + to * stride] = s.joined(s.y[begin + to * stride], s.src[from]);
    }
  }
};
template <class T>
[[maybe_unused]] void scatter(Cpu& cpu, const ScatterAlong<T>& all, int64_t elements, int64_t stride) {
  const int64_t size = all.size[all.axis], lines = size ? elements / size : 0, each = size + all.indexSize[all.axis];
  const kernels::Slices slices(lines, std::max<int64_t>(kernels::kMapGrain / std::max<int64_t>(each, 1), 1));
  kernels::forSlices(cpu, slices.number, [&](int slice) {
    const ScatterLine<T> line{all, stride};
    for (int64_t i = slices.begin(slice); i < slices.begin(slice + 1); ++i) line(i);
  });
}
#ifdef KERNELS_CUDA
template <class T>
void scatter(Cuda& device, const ScatterAlong<T>& all, int64_t elements, int64_t) {
  kernels::map(device, elements, all);
}
#endif

bool requirePlaces(Shapes& s, int input) {
  const Type type = s.inType(input);
  return bool(s.require(type == Type::i64 || type == Type::i32, Place::input(input), "whole numbers", Message("values of type {0}", type)).fix("put a Cast to int64 before it"));
}

Term zeros(Backward& b, const Shape& shape, double value = 0) {
  return b.add(Op::with("Constant", {{"shape", std::vector<int64_t>(shape.begin(), shape.end())}, {"value", value}}), {});
}

constexpr const char* kAxis = "The axis; below 0 counts from the end.";
constexpr Range kAxes = {-Shape::kMaxRank, Shape::kMaxRank - 1};

}  // namespace

struct IndexSelect {
  int64_t dim = 0;

  static Info info() {
    return {.name = "IndexSelect",
            .group = "Structure",
            .title = "Select by index",
            .about = "Takes the parts of an axis that an index names.",
            .inputs = {{"x", "values of any type, at least one axis", Takes::anything}, {"index", "places along the axis, of any shape", Takes::anything}},
            .outputs = {{"y", "x with the axes of the index in place of the axis"}}};
  }
  static void fields(IndexSelect& op, FieldVisitor& f) { f.integer("dim", op.dim, kAxes, kAxis); }
  void infer(Shapes& s) const {
    const Shape &x = s.in(0), &index = s.in(1);
    const bool places = requirePlaces(s, 1);
    if (!requireAxis(s, "dim", dim, x) || !places) return;
    const int axis = fromStart(dim, x), rank = x.rank() - 1 + index.rank();
    if (!s.require(rank <= Shape::kMaxRank, Place::input(1), Message("at most {0} axes in all", Shape::kMaxRank), Message("{0}", rank))) return;
    Shape y;
    for (int a = 0; a < axis; ++a) y.append(x[a]);
    for (int64_t size : index) y.append(size);
    for (int a = axis + 1; a < x.rank(); ++a) y.append(x[a]);
    s.out(0, y, s.inType(0));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape& x = call.in(0).shape;
    const int axis = fromStart(dim, x);
    const Type type = call.in(0).type;
    const LoadWhole index{call.in(1).data, call.in(1).type};
    withWidth<T>(type, [&]<class Word>() {
      kernels::map(device, call.out(0).elements(),
                   SelectAlong<Word>{call.in<Word>(0), index, call.out<Word>(0), x[axis], call.in(1).elements(), x.elements(axis + 1, x.rank()), missing<Word>(type)});
    });
  }
  // As an embedding's: each part adds up the gradients of the places that name it.
  void gradient(Backward& b) const {
    const Shape x = b.input(0).shape(), places = b.input(1).shape();
    const int axis = fromStart(dim, x);
    const int64_t size = x[axis], count = places.elements(), outer = x.elements(0, axis), inner = x.elements(axis + 1, x.rank());
    if (x.elements() == 0 || count == 0) return b.give(0, zeros(b, x));
    Term index = b.add(Op::with("Cast"), {reshapeTo(b.input(1), {count})}), none = zeros(b, {});
    const Term below = b.add(Op::with("Less"), {index, none});
    index = b.add(Op::with("Cast", {{"dtype", std::string("int64")}}), {b.add(Op::with("Where"), {below, index + double(size), index})});
    const Term dy = b.add(Op::with("Permute", {{"dims", std::vector<int64_t>{1, 0, 2}}}), {reshapeTo(b.gradient(0), {outer, count, inner})});
    const Term dx = b.add(Op::with("EmbeddingGradient", {{"num_embeddings", size}, {"embedding_dim", outer * inner}}), {reshapeTo(dy, {count, outer * inner}), index});
    b.give(0, reshapeTo(b.add(Op::with("Permute", {{"dims", std::vector<int64_t>{1, 0, 2}}}), {reshapeTo(dx, {size, outer, inner})}), x));
  }
  static void examples(Examples<IndexSelect>& e) {
    e.add({}, {{5, 3}, {4}}).draw({}).draw({.classes = 5});
    e.add({.dim = -1}, {{2, 3, 4}, {2, 3}}).draw({}).draw({.classes = 4, .type = Type::i32});
    e.add({.dim = 1}, {{2, 3, 4}, {}}).draw({}).draw({.classes = 3});
    e.add({}, {{5}, {7}}).draw({}).draw({.classes = 5});
    e.add({}, {{5, 2}, {0}}).draw({}).draw({.classes = 5});
    e.add({.dim = 1}, {{50, 31, 11}, {40}}).draw({}).draw({.classes = 31}).withoutGradient();
    for (const Type type : {Type::i64, Type::u8}) e.add({}, {{120, 3}, {4}}).draw({.classes = 9, .type = type}).draw({.classes = 5});
  }
  static void mistakes(Mistakes<IndexSelect>& m) {
    m.add({}, {{5, 3}, {4}}, "needs whole numbers, but got values of type f32; put a Cast to int64 before it");
    m.add({}, {{}, {}}, "needs whole numbers, but got values of type f32; put a Cast to int64 before it\nneeds an input with axes, but got a single number");
  }
};

// The rules of an index that names places along one axis, and has no more than x has along the others.
inline bool requireIndex(Shapes& s, int64_t dim, bool smallerToo) {
  const Shape &x = s.in(0), &index = s.in(1);
  const bool places = requirePlaces(s, 1);
  if (!requireAxis(s, "dim", dim, x) || !places) return false;
  const int axis = fromStart(dim, x);
  bool fits = index.rank() == x.rank();
  for (int a = 0; fits && a < x.rank(); ++a) fits = a == axis || (smallerToo && index[a] >= 0 && x[a] >= 0 ? index[a] <= x[a] : mayEqual(index[a], x[a]));
  return bool(s.require(fits, Place::input(1), Message("an index of as many axes as {0}, and no longer but along axis {1}", x, axis), index));
}

struct Gather {
  int64_t dim = 0;

  static Info info() {
    return {.name = "Gather",
            .group = "Structure",
            .title = "Gather",
            .about = "Takes one element for each place that an index names along an axis.",
            .inputs = {{"x", "values of any type", Takes::anything}, {"index", "places along the axis; of as many axes as x", Takes::anything}},
            .outputs = {{"y", "of the index's shape"}}};
  }
  static void fields(Gather& op, FieldVisitor& f) { f.integer("dim", op.dim, kAxes, kAxis); }
  void infer(Shapes& s) const {
    if (requireIndex(s, dim, true)) s.out(0, s.in(1), s.inType(0));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape &x = call.in(0).shape, &y = call.out(0).shape;
    const int axis = fromStart(dim, x);
    const Type type = call.in(0).type;
    kernels::Strided<1> places;
    for (int a = 0; a < y.rank(); ++a) places.append(y[a], {a == axis ? 0 : x.elements(a + 1, x.rank())});
    const LoadWhole index{call.in(1).data, call.in(1).type};
    withWidth<T>(type, [&]<class Word>() {
      forEachPlace(device, places, GatherAlong<Word>{call.in<Word>(0), index, call.out<Word>(0), x[axis], x.elements(axis + 1, x.rank()), missing<Word>(type)});
    });
  }
  void gradient(Backward& b) const {
    b.give(0, b.add(Op::with("Scatter", {{"dim", dim}, {"reduce", std::string("sum")}}), {zeros(b, b.input(0).shape()), b.input(1), b.gradient(0)}));
  }
  static void examples(Examples<Gather>& e) {
    e.add({}, {{5, 3}, {4, 3}}).draw({}).draw({.classes = 5});
    e.add({.dim = 1}, {{3, 4, 2}, {2, 6, 1}}).draw({}).draw({.classes = 4, .type = Type::i32});
    e.add({}, {{5}, {7}}).draw({}).draw({.classes = 5});
    e.add({}, {{5, 2}, {0, 2}}).draw({}).draw({.classes = 5});
    e.add({.dim = 1}, {{50, 31, 11}, {50, 40, 11}}).draw({}).draw({.classes = 31}).withoutGradient();
    for (const Type type : {Type::i64, Type::u8}) e.add({}, {{120, 3}, {40, 3}}).draw({.classes = 9, .type = type}).draw({.classes = 5});
  }
  static void mistakes(Mistakes<Gather>& m) {
    m.add({}, {{5, 3}, {4, 3}}, "needs whole numbers, but got values of type f32; put a Cast to int64 before it");
  }
};

struct Scatter {
  int64_t dim = 0;
  int reduce = 0;

  static constexpr const char* kReduce[] = {"none", "sum", "prod", "amax", "amin"};
  static Info info() {
    return {.name = "Scatter",
            .group = "Structure",
            .title = "Scatter",
            .about = "Writes values to the places that an index names along an axis.",
            .inputs = {{"x", "values of any type", Takes::anything},
                       {"index", "places along the axis; of as many axes as x", Takes::anything},
                       {"src", "what is written, of x's type and the index's shape", Takes::anything}},
            .outputs = {{"y", "x with the values in their places"}}};
  }
  static void fields(Scatter& op, FieldVisitor& f) {
    f.integer("dim", op.dim, kAxes, kAxis);
    f.choice("reduce", op.reduce, kReduce, "What becomes of the value that is there: replaced (the last one stays), added, multiplied, or the larger or smaller of both.");
  }
  void infer(Shapes& s) const {
    if (!requireIndex(s, dim, true) || !requireSameType(s, 0, 2)) return;
    if (reduce != 0 && !requireNumbers(s, 0)) return;
    if (s.require(mayEqual(s.in(2), s.in(1)), Place::input(2), Message("the shape of the index, {0}", s.in(1)), s.in(2))) s.out(0, s.in(0), s.inType(0));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto run = [&]<class U>() {
      const Shape &x = call.in(0).shape, &index = call.in(1).shape;
      ScatterAlong<U> each{call.in<U>(0), {call.in(1).data, call.in(1).type}, call.in<U>(2), call.out<U>(0), x.rank(), fromStart(dim, x), {}, {}, {}, reduce};
      for (int a = 0; a < x.rank(); ++a) each.size[a] = x[a], each.indexSize[a] = index[a], each.indexStride[a] = index.elements(a + 1, index.rank());
      scatter(device, each, x.elements(), x.elements(each.axis + 1, x.rank()));
    };
    if (isFloating(call.out(0).type)) run.template operator()<T>();
    else withWhole(call.out(0).type, run);
  }
  void gradient(Backward& b) const {
    const Term dy = b.gradient(0), x = b.input(0), index = b.input(1), src = b.input(2);
    const auto gathered = [&](Term v) { return b.add(Gather{dim}, {v, index}); };
    const auto equal = [&](Term p, Term q) { return b.add(Op::with("EqualShare"), {p, q}); };
    if (reduce == 0) {
      // Of several that go to one place the last one stays: each is numbered, and looks whether it is there.
      const Term numbers = b.add(Op::with("CumSum", {{"dim", dim}}), {zeros(b, index.shape(), 1)});
      const Term there = b.add(Scatter{dim, 0}, {zeros(b, x.shape()), index, numbers});
      b.give(0, dy * equal(there, zeros(b, {})));
      b.give(2, gathered(dy) * equal(gathered(there), numbers));
    } else if (reduce == 1) {
      b.give(0, dy), b.give(2, gathered(dy));
    } else if (reduce == 2) {
      // dy (the product of all others that go there). Where one factor is 0 it alone gets something, where more are nobody does.
      const Term zero = zeros(b, {}), one = zeros(b, {}, 1);
      const auto choose = [&](Term condition, Term yes, Term no) { return b.add(Op::with("Where"), {condition, yes, no}); };
      const auto same = [&](Term p, Term q) { return b.add(Op::with("Equal"), {p, q}); };
      const Term noneX = same(x, zero), noneSrc = same(src, zero), factorX = choose(noneX, one, x), factorSrc = choose(noneSrc, one, src);
      const Term product = dy * b.add(*this, {factorX, index, factorSrc});
      const Term ownZero = choose(noneX, one, zero), theirZero = choose(noneSrc, one, zero), count = b.add(Scatter{dim, 1}, {ownZero, index, theirZero});
      b.give(0, choose(same(count, ownZero), product / factorX, zero));
      b.give(2, choose(same(gathered(count), theirZero), gathered(product) / factorSrc, zero));
    } else {  // to all that are as large, evenly
      const Term own = equal(x, b.output(0)), theirs = equal(src, gathered(b.output(0)));
      const Term each = dy / b.add(Scatter{dim, 1}, {own, index, theirs});
      b.give(0, own * each), b.give(2, theirs * gathered(each));
    }
  }
  static void examples(Examples<Scatter>& e) {
    for (int how = 0; how < int(std::size(kReduce)); ++how) {
      e.add({0, how}, {{5, 3}, {4, 3}, {4, 3}}).draw({.low = 0.5, .distinct = true}).draw({.classes = 5}).draw({.low = 0.5, .distinct = true});
      e.add({1, how}, {{3, 4, 2}, {2, 6, 1}, {2, 6, 1}}).draw({.low = 0.5, .distinct = true}).draw({.classes = 4, .type = Type::i32}).draw({.low = 0.5, .distinct = true});
    }
    // Products with one factor of 0, and with several.
    e.add({0, 2}, {{9, 3}, {4, 3}, {4, 3}}).draw({.low = 0, .high = 0}).draw({.classes = 9}).draw({.low = 0.5});
    e.add({0, 2}, {{9, 3}, {6, 3}, {6, 3}}).draw({.low = 0.5}).draw({.classes = 9}).draw({.low = 0, .high = 0});
    e.add({}, {{5}, {0}, {0}}).draw({}).draw({.classes = 5}).draw({});
    e.add({.dim = -1}, {{50, 11, 31}, {50, 11, 40}, {50, 11, 40}}).draw({}).draw({.classes = 31}).draw({}).withoutGradient();
    for (const Type type : {Type::i64, Type::i32, Type::u8}) e.add({0, 1}, {{120, 3}, {40, 3}, {40, 3}}).draw({.classes = 9, .type = type}).draw({.classes = 5}).draw({.classes = 9, .type = type});
  }
  static void mistakes(Mistakes<Scatter>& m) {
    m.add({}, {{5, 3}, {4, 3}, {4, 3}}, "needs whole numbers, but got values of type f32; put a Cast to int64 before it");
  }
};

OpFile gather_file() { return ops<IndexSelect, Gather, Scatter>(); }

}  // namespace engine
