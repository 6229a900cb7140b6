// The k largest or smallest elements along an axis and where they stand, as torch.topk: the largest first; of equal ones the first
// counts, and what is not a number is larger than all. Each row is gone through k times, by all threads of a block.
#include <cstring>

#include "engine/graph/op.h"
#include "engine/ops/whole.h"
#include "kernels/copy.h"
#include "kernels/rows.h"

namespace engine {

namespace {

// Values of any type as whole numbers in the same order.
struct Order {
  const void* x;
  Type type;
  bool largest;
  BOTH int64_t operator()(int64_t i) const {
    const int64_t key = type == Type::f32 ? ofFloat(static_cast<const float*>(x)[i]) : type == Type::f64 ? ofDouble(static_cast<const double*>(x)[i]) : LoadWhole{x, type}(i);
    return largest ? key : ~key;
  }
  // The bits of floats lie in the order of the numbers, those below 0 backwards. 0 and -0 are equal.
  BOTH static int64_t ofFloat(float value) {
    if (!(value == value)) return INT64_MAX;
    const float v = value + 0.0f;
    int32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits < 0 ? int64_t(bits ^ 0x7fffffff) : int64_t(bits);
  }
  BOTH static int64_t ofDouble(double value) {
    if (!(value == value)) return INT64_MAX;
    const double v = value + 0.0;
    int64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits < 0 ? bits ^ INT64_MAX : bits;
  }
};

template <class Word>
struct TakeLargest {
  Order key;
  const Word* x;
  Word* values;
  int64_t* places;
  int64_t k, inner;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t outer = row.index / inner, in = row.index % inner, size = row.size, step = inner;
    const int64_t first = outer * size * inner + in, to = outer * k * inner + in;
    const Order order = key;
    const Word* from = x;
    Word* values_ = values;
    int64_t* places_ = places;
    int64_t last = INT64_MAX, lastPlace = -1;  // what was taken before
    for (int64_t n = 0; n < k; ++n) {
      const int64_t before = last, beforePlace = lastPlace;
      // What is left is smaller, or as large and stands behind.
      const auto left = [=](int64_t i, int64_t v) { return v < before || (v == before && i > beforePlace); };
      last = row.max([=](int64_t i) {
        const int64_t v = order(first + i * step);
        return left(i, v) ? v : INT64_MIN;
      });
      const int64_t top = last;
      lastPlace = -row.max([=](int64_t i) {
        const int64_t v = order(first + i * step);
        return left(i, v) && v == top ? -i : -size;
      });
      const int64_t at = lastPlace, out = to + n * step;
      row.once([=] { values_[out] = from[first + at * step], places_[out] = at; });
    }
  }
};

}  // namespace

struct TopK {
  int64_t k = 1, dim = -1;
  bool largest = true;

  static Info info() {
    return {.name = "TopK",
            .group = "Structure",
            .title = "Top k",
            .about = "Takes the largest values along an axis, and tells where they stand.",
            .inputs = {{"x", "numbers of any type", Takes::anything}},
            .outputs = {{"values", "the k largest, the largest first"}, {"indices", "their places along the axis"}}};
  }
  static void fields(TopK& op, FieldVisitor& f) {
    f.integer("k", op.k, atLeast(0), "How many.");
    f.integer("dim", op.dim, {-Shape::kMaxRank, Shape::kMaxRank - 1}, "The axis; below 0 counts from the end.");
    f.boolean("largest", op.largest, "Off: the smallest, the smallest first.");
  }
  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!requireAxis(s, "dim", dim, x)) return;
    const int64_t size = x[int(dim)];
    if (!s.require(size < 0 || k <= size, Place::field("k"), Message("at most the {0} elements of axis {1}", size, fromStart(dim, x)), Message("{0}", k))) return;
    Shape y = x;
    y[int(dim)] = k;
    s.out(0, y, s.inType(0));
    s.out(1, y, Type::i64);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape& x = call.in(0).shape;
    const int axis = fromStart(dim, x);
    const int64_t inner = x.elements(axis + 1, x.rank());
    if (k == 0) return;
    const Order order{call.in(0).data, call.in(0).type, largest};
    kernels::withWord(bytesOf(call.in(0).type), [&]<class Word>(Word) {
      kernels::forEachRow(device, x.elements(0, axis) * inner, x[axis], TakeLargest<Word>{order, call.in<Word>(0), call.out<Word>(0), call.out<int64_t>(1), k, inner});
    });
  }
  void gradient(Backward& b) const {
    const Shape x = b.input(0).shape();
    const Term zeros = b.add(Op::with("Constant", {{"shape", std::vector<int64_t>(x.begin(), x.end())}}), {});
    b.give(0, b.add(Op::with("Scatter", {{"dim", dim}, {"reduce", std::string("sum")}}), {zeros, b.output(1), b.gradient(0)}));
  }

  static void examples(Examples<TopK>& e) {
    e.add({.k = 2}, {{3, 5}}).distinct();
    e.add({.k = 3, .dim = 0, .largest = false}, {{4, 3}}).distinct();
    e.add({.k = 2, .dim = 1}, {{2, 4, 3}}).distinct();
    e.add({.k = 4}, {{4}}).distinct();
    e.add({.k = 0}, {{4}}).distinct();
    e.add({.k = 1}, {{0, 3}});
    e.add({.k = 5}, {{3, 900}}).distinct().withoutGradient();
    for (const Type type : {Type::i64, Type::i32, Type::u8}) e.add({.k = 40, .dim = 0}, {{100, 4}}).draw({.classes = 30, .type = type});  // ties
  }
  static void mistakes(Mistakes<TopK>& m) {
    m.add({.k = 6}, {{3, 5}}, "needs at most the 5 elements of axis 1, but got 6");
    m.add({.dim = 2}, {{3, 5}}, "needs an axis from -2 to 1, but got 2");
  }
};

OpFile topk_file() { return ops<TopK>(); }

}  // namespace engine
