// Matrix products: y = a b over the last two axes, with broadcasting over those before them, as torch.matmul.
#include "engine/graph/op.h"
#include "engine/ops/axes.h"
#include "kernels/broadcast.h"
#include "kernels/gemm.h"

namespace engine {

namespace {
// The axes before the last two.
Shape batchOf(const Shape& x) { return Shape(std::span(x.begin(), size_t(std::max(x.rank() - 2, 0)))); }
Shape withMatrix(Shape batch, int64_t rows, int64_t columns) {
  batch.append(rows);
  batch.append(columns);
  return batch;
}

// A product of two batches of matrices as calls of one bound product: neighbouring matrices in one call, and a call for
// each of the batch's outer axes that broadcasting leaves.
template <class T, class Device>
struct Products {
  kernels::ProductShape shape;
  kernels::Strided<2> calls;  // where each call's matrices begin, in matrices of a and b
  kernels::Product<T, Device> product;

  // Shapes of rank 2 or more. transposeA: a holds (..., k, m); transposeB: b holds (..., n, k).
  Products(Device& device, const Shape& a, const Shape& b, bool transposeA, bool transposeB, bool masked = false)
      : Products(device, plan(a, b, transposeA, transposeB, masked)) {}

  // `mask` as large as the result, where the shape says masked.
  void run(Device& device, const Call& call, const T* mask = nullptr) const {
    const int64_t ofA = shape.m * shape.k, ofB = shape.k * shape.n, ofC = shape.batch * shape.m * shape.n;
    for (int64_t i = 0; i < calls.count; ++i) {
      int64_t offsets[2];
      kernels::offsetsOf(calls, i, offsets);
      product.run(device, call.in<T>(0) + offsets[0] * ofA, call.in<T>(1) + offsets[1] * ofB, nullptr, call.out<T>(0) + i * ofC,
                  call.scratch, mask ? mask + i * ofC : nullptr);
    }
  }

 private:
  struct Planned {
    kernels::ProductShape shape;
    kernels::Strided<2> calls;
  };
  Products(Device& device, Planned p) : shape(p.shape), calls(p.calls), product(device, p.shape) {}

  static Planned plan(const Shape& a, const Shape& b, bool transposeA, bool transposeB, bool masked) {
    Planned p;
    p.shape = {.m = a[transposeA ? -1 : -2],
               .n = b[transposeB ? -2 : -1],
               .k = a[transposeA ? -2 : -1],
               .transposeA = transposeA,
               .transposeB = transposeB,
               .masked = masked};
    const Shape batchA = batchOf(a), batchB = batchOf(b);
    p.calls = kernels::broadcast<2>(broadcastShape(batchA, batchB), {batchA, batchB});
    if (p.calls.rank == 0 || p.calls.count == 0) return p;
    // The innermost axis of the batch becomes the product's own.
    const int last = --p.calls.rank;
    const int64_t size = p.calls.size[last], stepA = p.calls.stride[0][last], stepB = p.calls.stride[1][last];
    p.calls.count /= size;
    if (stepB == 0 && stepA == 1 && !transposeA) {
      p.shape.m *= size;  // one b for all: their rows lie behind one another
      for (int axis = 0; axis < last; ++axis) p.calls.stride[0][axis] /= size;
      return p;
    }
    p.shape.batch = size;
    p.shape.strideA = stepA * p.shape.m * p.shape.k;
    p.shape.strideB = stepB * p.shape.k * p.shape.n;
    p.shape.strideC = p.shape.m * p.shape.n;
    return p;
  }
};

// The result's shape for matrices, or missing after telling what is wrong.
Shape inferProduct(Shapes& s, const Shape& a, const Shape& b, bool transposeA, bool transposeB) {
  const int64_t inner = a[transposeA ? -2 : -1], rows = b[transposeB ? -1 : -2];
  const Shape batch = broadcastShape(batchOf(a), batchOf(b));
  const bool meets = bool(s.require(mayEqual(inner, rows), Place::input(1),
                                    Message("{0} rows, as many as {1} has columns", inner, s.in(0)), s.in(1)));
  const bool fits = bool(s.require(!batch.isMissing(), Place::input(1),
                                   Message("axes before the last two that are equal to those of {0} from the right, or 1", s.in(0)),
                                   s.in(1)));
  if (!meets || !fits) return Shape::missing();
  const Shape y = withMatrix(batch, a[transposeA ? -1 : -2], b[transposeB ? -2 : -1]);
  if (y.isKnown() && inner >= 0) s.flops(2 * double(y.elements()) * double(inner));
  return y;
}
}  // namespace

// In lowered graphs only: gradients of products, without turning matrices over in memory.
struct BatchedProduct {
  bool transposeA = false, transposeB = false;
  bool relu = false;

  static Info info() {
    return {.name = "BatchedProduct",
            .group = "",
            .title = "Batched product",
            .about = "Matrix products, of transposed matrices too.",
            .inputs = {{"a", "(..., m, k), or (..., k, m) if transposed"}, {"b", "(..., k, n), or (..., n, k) if transposed"},
                       {"x", "what a ReLU gave whose gradient is taken of y, as y"}},
            .outputs = {{"y", "(..., m, n)"}},
            .optionalInputs = 1};
  }
  static void fields(BatchedProduct& op, FieldVisitor& f) {
    f.boolean("transpose_a", op.transposeA, "Turns the matrices of a over.");
    f.boolean("transpose_b", op.transposeB, "Turns the matrices of b over.");
    f.boolean("relu", op.relu, "Nothing where x is not above 0: the gradient of a ReLU after the product.");
  }
  void infer(Shapes& s) const {
    for (int i = 0; i < 2; ++i)
      if (!s.require(s.in(i).rank() >= 2, Place::input(i), "matrices", s.in(i))) return;
    const Shape y = inferProduct(s, s.in(0), s.in(1), transposeA, transposeB);
    if (y.isMissing() || (relu && !s.require(s.has(2) && mayEqual(s.in(2), y), Place::input(2), y, s.has(2) ? s.in(2) : Shape::missing()))) return;
    s.out(0, y);
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    const auto kept = std::make_shared<Products<T, Device>>(device, p.call.in(0).shape, p.call.in(1).shape, transposeA, transposeB, relu);
    p.scratchBytes = kept->product.scratchBytes();
    p.kept = kept;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    call.kept<Products<T, Device>>().run(device, call, relu ? call.in<T>(2) : nullptr);
  }

  // With A = op(a), B = op(b): dA = dy B', dB = A' dy, and the transposed of these where a or b was.
  void gradient(Backward& b) const {
    const Term x = b.input(0), z = b.input(1), dy = b.gradient(0);
    const Term dx = transposeA ? product(b, z, dy, transposeB, true) : product(b, dy, z, false, !transposeB);
    const Term dz = transposeB ? product(b, dy, x, true, transposeA) : product(b, x, dy, !transposeA, false);
    b.give(0, sumTo(dx, x.shape()));
    b.give(1, sumTo(dz, z.shape()));
  }
  std::optional<std::pair<Op, int>> withReluGradient() const {
    if (relu) return {};
    return std::pair(*Op(*this).set("relu", true), 2);
  }
  static Term product(Backward& b, Term x, Term z, bool transposeX, bool transposeZ) {
    return b.add(BatchedProduct{transposeX, transposeZ}, {x, z});
  }

  static void examples(Examples<BatchedProduct>& e) {
    e.add({}, {{2, 3}, {3, 4}});
    e.add({true, false}, {{3, 2}, {3, 4}});
    e.add({false, true}, {{2, 3}, {4, 3}});
    e.add({true, true}, {{3, 2}, {4, 3}});
    e.add({true, false}, {{2, 3, 2}, {1, 3, 4}});
    e.add({false, true}, {{5, 2, 3}, {4, 3}});
    e.add({true, true}, {{2, 1, 3, 2}, {3, 4, 3}});
    e.add({}, {{2, 0}, {0, 3}});
    e.add({true, false}, {{150, 70}, {150, 90}}).withoutGradient();
    e.add({.relu = true}, {{20, 30}, {30, 40}, {20, 40}}).withoutGradient();
    e.add({.relu = true}, {{3, 2, 3}, {1, 3, 4}, {3, 2, 4}}).withoutGradient();
  }
  static void mistakes(Mistakes<BatchedProduct>& m) {
    m.add({true, false}, {{2, 3}, {3, 4}}, "needs 2 rows, as many as 2 × 3 has columns, but got 3 × 4");
    m.add({}, {{3}, {3, 4}}, "needs matrices, but got 3 numbers");
  }
};

struct MatMul {
  static Info info() {
    return {.name = "MatMul",
            .group = "Arithmetic",
            .title = "Matrix product",
            .about = "Multiplies the matrices of the last two axes.",
            .inputs = {{"a", "(..., m, k), or a vector (k)"}, {"b", "(..., k, n), or a vector (k)"}},
            .outputs = {{"y", "(..., m, n), without the axis that a vector does not have"}}};
  }

  // A vector on the left is a row, on the right a column.
  static Shape asMatrixA(const Shape& a) { return a.rank() == 1 ? Shape{1, a[0]} : a; }
  static Shape asMatrixB(const Shape& b) { return b.rank() == 1 ? Shape{b[0], 1} : b; }
  static Shape asMatrix(const Shape& a, const Shape& b) {
    return withMatrix(broadcastShape(batchOf(a), batchOf(b)), asMatrixA(a)[-2], asMatrixB(b)[-1]);
  }

  void infer(Shapes& s) const {
    for (int i = 0; i < 2; ++i)
      if (!s.require(s.in(i).rank() >= 1, Place::input(i), "a vector or matrices", s.in(i))) return;
    const Shape whole = inferProduct(s, asMatrixA(s.in(0)), asMatrixB(s.in(1)), false, false);
    if (whole.isMissing()) return;
    Shape y = batchOf(whole);
    if (s.in(0).rank() > 1) y.append(whole[-2]);
    if (s.in(1).rank() > 1) y.append(whole[-1]);
    s.out(0, y);
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    const auto kept = std::make_shared<Products<T, Device>>(device, asMatrixA(p.call.in(0).shape), asMatrixB(p.call.in(1).shape),
                                                            false, false);
    p.scratchBytes = kept->product.scratchBytes();
    p.kept = kept;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    call.kept<Products<T, Device>>().run(device, call);
  }

  // da = dy b', db = a' dy
  void gradient(Backward& b) const {
    const Shape shapeA = b.input(0).shape(), shapeB = b.input(1).shape();
    Term x = reshapeTo(b.input(0), asMatrixA(shapeA)), z = reshapeTo(b.input(1), asMatrixB(shapeB));
    Term dy = reshapeTo(b.gradient(0), asMatrix(shapeA, shapeB));
    b.give(0, reshapeTo(sumTo(BatchedProduct::product(b, dy, z, false, true), x.shape()), shapeA));
    if (z.shape().rank() == 2 && x.shape().rank() > 2) {
      // One b for all: the sum over the batch is part of the product.
      const Shape whole = x.shape();
      const int64_t rows = whole.elements(0, whole.rank() - 1);
      x = reshapeTo(x, {rows, whole[-1]}), dy = reshapeTo(dy, {rows, dy.shape()[-1]});
    }
    b.give(1, reshapeTo(sumTo(BatchedProduct::product(b, x, dy, true, false), z.shape()), shapeB));
  }

  static void examples(Examples<MatMul>& e) {
    e.add({}, {{2, 3}, {3, 4}});
    e.add({}, {{3}, {3}});
    e.add({}, {{2, 3}, {3}});
    e.add({}, {{3}, {3, 4}});
    e.add({}, {{5, 2, 3}, {3}});
    e.add({}, {{3}, {5, 3, 4}});
    e.add({}, {{5, 2, 3}, {3, 4}});      // one b for all
    e.add({}, {{2, 3}, {5, 3, 4}});      // one a for all
    e.add({}, {{5, 2, 3}, {5, 3, 4}});
    e.add({}, {{2, 1, 2, 3}, {1, 3, 3, 2}});
    e.add({}, {{3, 1, 2, 3}, {2, 3, 2, 3, 2}});
    e.add({}, {{2, 3, 1, 2}, {2, 1, 2, 2}});
    e.add({}, {{2, 3, 4, 2}, {3, 2, 2}});
    e.add({}, {{2, 0}, {0, 3}});  // zeros
    e.add({}, {{0, 2, 3}, {3, 4}});
    e.add({}, {{1, 1}, {1, 1}});
    e.add({}, {{3, 65, 40}, {3, 40, 70}}).withoutGradient();
  }
  static void mistakes(Mistakes<MatMul>& m) {
    m.add({}, {{2, 3}, {4, 5}}, "needs 3 rows, as many as 2 × 3 has columns, but got 4 × 5");
    m.add({}, {{2, 2, 3}, {3, 3, 4}},
          "needs axes before the last two that are equal to those of 2 × 2 × 3 from the right, or 1, but got 3 × 3 × 4");
    m.add({}, {{}, {3}}, "needs a vector or matrices, but got a single number");
  }
};

OpFile matmul_file() { return ops<MatMul, BatchedProduct>(); }

}  // namespace engine
