// Linear layers and products of matrices.
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

// Gemm takes matrices only; of other ranks MatMul does the same with the weight turned over.
void writeLinear(Writer& w) {
  const bool bias = w.flag("bias");
  if (w.sized(0) && w.inShape(0).rank() == 2) {
    std::vector<std::string> inputs = {w.in(0), w.parameter("weight")};
    if (bias) inputs.push_back(w.parameter("bias"));
    return w.result("Gemm", std::move(inputs), {{"transB", int64_t(1)}});
  }
  const std::string turned = w.add("Transpose", {w.parameter("weight")}, {{"perm", std::vector<int64_t>{1, 0}}});
  if (!bias) return w.result("MatMul", {w.in(0), turned});
  w.result("Add", {w.add("MatMul", {w.in(0), turned}), w.parameter("bias")});
}

// alpha A' B' + beta C. With a weight and a bias that the file gives it is a linear layer.
void readGemm(Reader& r) {
  const Tensor *weight = r.initializer(1), *bias = r.initializer(2);
  const double alpha = r.real("alpha", 1), beta = r.real("beta", 1);
  const bool turnA = r.integer("transA", 0) != 0, turnB = r.integer("transB", 0) != 0;
  const Value a = r.in(0);
  if (!a) return;
  if (r.shape(a).rank() != 2) return r.fail("a matrix", r.shape(a));
  if (alpha == 1 && beta == 1 && !turnA && weight && weight->shape.rank() == 2 && weight->shape[0] > 0 && weight->shape[1] > 0) {
    const Tensor own = turnB ? *weight : transposed(*weight);
    if (!r.has(2) || (bias && bias->shape == Shape{own.shape[0]})) {
      std::map<std::string, Tensor> parameters = {{"weight", own}};
      if (bias) parameters["bias"] = *bias;
      return r.result("Linear", {{"out_features", own.shape[0]}, {"bias", bias != nullptr}}, {a}, parameters);
    }
  }
  const auto turned = [&](Value v, bool turn) { return turn ? r.add("Permute", {{"dims", std::vector<int64_t>{1, 0}}}, {v}) : v; };
  const auto times = [&](Value v, double factor) {
    return factor == 1 ? v : r.add("Multiply", {}, {v, r.add("Constant", {{"shape", std::vector<int64_t>{}}, {"value", factor}}, {})});
  };
  Value y = times(r.add("MatMul", {}, {turned(a, turnA), turned(r.in(1), turnB)}), alpha);
  if (r.has(2)) y = r.add("Add", {}, {y, times(r.in(2), beta)});
  r.result(y);
}

void readMatMul(Reader& r) {
  const Tensor* weight = r.initializer(1);
  const bool layer =
      weight && weight->shape.rank() == 2 && weight->shape[0] > 0 && weight->shape[1] > 0 && !r.initializer(0);
  if (!layer) {
    // Vectors are matrices of one row or one column, which the result does not have.
    const Value a = r.in(0), b = r.in(1);
    if (!a || !b) return;
    const int ranks[] = {r.shape(a).rank(), r.shape(b).rank()};
    if (ranks[0] > 1 && ranks[1] > 1) return r.result("MatMul", {}, {a, b});
    if (ranks[0] == 0 || ranks[1] == 0) return r.fail("matrices or vectors", "a single number");
    const Value left = ranks[0] == 1 ? r.add("Reshape", {{"shape", std::vector<int64_t>{1, -1}}}, {a}) : a;
    const Value right = ranks[1] == 1 ? r.add("Reshape", {{"shape", std::vector<int64_t>{-1, 1}}}, {b}) : b;
    const Value y = r.add("MatMul", {}, {left, right});
    if (!y) return;
    std::vector<int64_t> sizes;
    const Shape& wide = r.shape(y);
    for (int axis = 0; axis < wide.rank(); ++axis) {
      const bool row = axis == wide.rank() - 2 && ranks[0] == 1, column = axis == wide.rank() - 1 && ranks[1] == 1;
      if (!row && !column) sizes.push_back(int(sizes.size()) == axis ? 0 : -1);
    }
    return r.result("Reshape", {{"shape", sizes}}, {y});
  }
  const Tensor own = transposed(*weight);
  r.result("Linear", {{"out_features", own.shape[0]}, {"bias", false}}, {r.in(0)}, {{"weight", own}});
}

// By the first row: small matrices only, each of whose minors is a determinant, too.
Value determinant(Reader& r, Value x, int64_t size) {
  const auto part = [&](Value v, int64_t dim, int64_t from, int64_t to) { return r.add("Slice", {{"dim", dim}, {"start", from}, {"end", to}}, {v}); };
  if (size == 1) return x;
  const Value first = part(x, -2, 0, 1), rest = part(x, -2, 1, size);
  Value sum;
  for (int64_t i = 0; i < size && !r.failed(); ++i) {
    std::vector<Value> columns;
    if (i > 0) columns.push_back(part(rest, -1, 0, i));
    if (i + 1 < size) columns.push_back(part(rest, -1, i + 1, size));
    const Value minor = columns.size() == 1 ? columns[0] : r.add("Concatenate", {{"dim", int64_t(-1)}}, columns);
    const Value term = r.add("Multiply", {}, {part(first, -1, i, i + 1), determinant(r, minor, size - 1)});
    sum = !sum ? term : r.add(i % 2 ? "Subtract" : "Add", {}, {sum, term});
  }
  return sum;
}
void readDet(Reader& r) {
  constexpr int64_t kMost = 4;
  const Value x = r.in(0);
  if (!x) return;
  const Shape shape = r.shape(x);
  if (shape.rank() < 2 || shape[-1] != shape[-2] || shape[-1] < 1 || shape[-1] > kMost)
    return r.fail(Message("square matrices of at most {0} rows", kMost), shape);
  const Value y = determinant(r, x, shape[-1]);
  std::vector<int64_t> sizes;
  for (int axis = 0; axis + 2 < shape.rank(); ++axis) sizes.push_back(0);
  r.result("Reshape", {{"shape", sizes}}, {y});
}

}  // namespace

Family products() {
  return {{{"Linear", writeLinear},
           {"MatMul",
            [](Writer& w) {
              w.result("MatMul", {w.in(0), w.in(1)});
            }}},
          {{"Gemm", readGemm}, {"MatMul", readMatMul}, {"Det", readDet}}};
}

}  // namespace engine::formats::onnx
