// Sums of what stands before each element along an axis, as torch.cumsum: y[i] = x[0] + ... + x[i]
// A row is cut into pieces: each is added up, and then walked through from the sum of those before it. The cut follows from the
// sizes alone, so that both devices and any number of threads add in one order.
#include "engine/graph/op.h"
#include "engine/ops/whole.h"

namespace engine {

namespace {

// (outer, size, inner) along its middle axis, in pieces.
struct Pieces {
  int64_t rows, size, inner, length, count;
  bool reverse;

  Pieces(const Shape& x, int axis, bool backwards) : inner(x.elements(axis + 1, x.rank())), reverse(backwards) {
    constexpr int64_t least = 64, most = 256;  // elements of a piece; pieces of a row
    size = x[axis], rows = x.elements(0, axis) * inner;
    length = std::max(least, (size + most - 1) / most);
    count = size ? (size + length - 1) / length : 0;
  }
  // Element i of the row in the order in which it is added up.
  BOTH int64_t place(int64_t row, int64_t i) const { return (row / inner * size + (reverse ? size - 1 - i : i)) * inner + row % inner; }
  BOTH int64_t begin(int64_t piece) const { return piece * length; }
  BOTH int64_t end(int64_t piece) const { return (piece + 1) * length < size ? (piece + 1) * length : size; }
};

template <class T>
BOTH T sumOf(T a, T b) {
  if constexpr (std::is_integral_v<T>) return wrapped<T>(uint64_t(a) + uint64_t(b));
  else return a + b;
}

template <class T>
struct AddUpPiece {
  Pieces p;
  const T* x;
  T* sums;  // (rows, pieces)
  BOTH void operator()(int64_t i) const {
    const int64_t row = i / p.count, piece = i % p.count;
    T sum = T(0);
    for (int64_t k = p.begin(piece); k < p.end(piece); ++k) sum = sumOf(sum, x[p.place(row, k)]);
    sums[i] = sum;
  }
};
template <class T>
struct WalkPiece {
  Pieces p;
  bool exclusive;
  const T* x;
  const T* sums;
  T* y;
  BOTH void operator()(int64_t i) const {
    const int64_t row = i / p.count, piece = i % p.count;
    T sum = T(0);
    for (int64_t before = 0; before < piece; ++before) sum = sumOf(sum, sums[row * p.count + before]);
    for (int64_t k = p.begin(piece); k < p.end(piece); ++k) {
      const int64_t at = p.place(row, k);
      const T with = sumOf(sum, x[at]);
      y[at] = exclusive ? sum : with;
      sum = with;
    }
  }
};

}  // namespace

struct CumSum {
  int64_t dim = -1;
  bool exclusive = false, reverse = false;

  static Info info() {
    return {.name = "CumSum",
            .group = "Arithmetic",
            .title = "Running sum",
            .about = "Adds up along an axis, and gives the sum so far at each place.",
            .inputs = {{"x", "numbers of any type", Takes::anything}},
            .outputs = {{"y", "the same shape"}}};
  }
  static void fields(CumSum& op, FieldVisitor& f) {
    f.integer("dim", op.dim, {-Shape::kMaxRank, Shape::kMaxRank - 1}, "The axis; below 0 counts from the end.");
    f.boolean("exclusive", op.exclusive, "Leaves the element itself out of its sum.");
    f.boolean("reverse", op.reverse, "Begins at the end.");
  }
  void infer(Shapes& s) const {
    const bool exists = bool(requireAxis(s, "dim", dim, s.in(0)));
    if (requireNumbers(s, 0) && exists) s.out(0, s.in(0), s.inType(0));
  }
  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    const Shape& x = p.call.in(0).shape;
    const Pieces pieces(x, fromStart(dim, x), reverse);
    p.scratchBytes = pieces.rows * pieces.count * bytesOf(p.call.in(0).type);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape& shape = call.in(0).shape;
    const Pieces pieces(shape, fromStart(dim, shape), reverse);
    const int64_t count = pieces.rows * pieces.count;
    const auto walk = [&]<class U>() {
      U* sums = static_cast<U*>(call.scratch);
      kernels::map(device, count, AddUpPiece<U>{pieces, call.in<U>(0), sums});
      kernels::map(device, count, WalkPiece<U>{pieces, exclusive, call.in<U>(0), sums, call.out<U>(0)});
    };
    if (isFloating(call.in(0).type)) walk.template operator()<T>();
    else withWhole(call.in(0).type, walk);
  }
  void gradient(Backward& b) const { b.give(0, b.add(CumSum{dim, exclusive, !reverse}, {b.gradient(0)})); }

  static void examples(Examples<CumSum>& e) {
    e.add({}, {{2, 5}});
    e.add({.dim = 0}, {{4, 3}});
    e.add({.dim = 1, .exclusive = true}, {{2, 4, 3}});
    e.add({.reverse = true}, {{7}});
    e.add({.exclusive = true, .reverse = true}, {{2, 70}});
    e.add({}, {{0, 3}});
    e.add({}, {{3, 0}});
    e.add({}, {{3, 1000}}).range(0.5, 1.5).withoutGradient();
    e.add({.dim = 0}, {{40000}}).range(0.5, 1.5).withoutGradient();
    for (const Type type : {Type::i64, Type::i32, Type::u8}) e.add({.dim = 0, .reverse = true}, {{200, 3}}).draw({.classes = 100, .type = type});
  }
  static void mistakes(Mistakes<CumSum>& m) {
    m.add({.dim = 2}, {{2, 3}}, "needs an axis from -2 to 1, but got 2");
    m.add({}, {{}}, "needs an input with axes, but got a single number");
  }
};

OpFile cumsum_file() { return ops<CumSum>(); }

}  // namespace engine
