// Linear layers and products of matrices.
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

// Gemm takes matrices only; of other ranks MatMul does the same with the weight turned over.
void writeLinear(Writer& w) {
  const bool bias = w.flag("bias");
  if (w.inShape(0).rank() == 2) {
    std::vector<std::string> inputs = {w.in(0), w.parameter("weight")};
    if (bias) inputs.push_back(w.parameter("bias"));
    return w.result("Gemm", std::move(inputs), {{"transB", int64_t(1)}});
  }
  const std::string turned = w.add("Transpose", {w.parameter("weight")}, {{"perm", std::vector<int64_t>{1, 0}}});
  if (!bias) return w.result("MatMul", {w.in(0), turned});
  w.result("Add", {w.add("MatMul", {w.in(0), turned}), w.parameter("bias")});
}

void readGemm(Reader& r) {
  const Tensor *weight = r.initializer(1), *bias = r.initializer(2);
  const bool plain = r.real("alpha", 1) == 1 && r.real("beta", 1) == 1 && r.integer("transA", 0) == 0;
  if (!plain || !weight || weight->shape.rank() != 2 || (r.has(2) && !bias))
    return r.fail(
        "a Gemm as linear layers have it: a weight and a bias that the file gives, alpha and beta 1, no transA",
        "another one");
  const Tensor own = r.integer("transB", 0) ? *weight : transposed(*weight);
  std::map<std::string, Tensor> parameters = {{"weight", own}};
  if (bias) parameters["bias"] = *bias;
  r.result("Linear", {{"out_features", own.shape[0]}, {"bias", bias != nullptr}}, {r.in(0)}, parameters);
}

void readMatMul(Reader& r) {
  const Tensor* weight = r.initializer(1);
  const bool layer =
      weight && weight->shape.rank() == 2 && weight->shape[0] > 0 && weight->shape[1] > 0 && !r.initializer(0);
  if (!layer) return r.result("MatMul", {}, {r.in(0), r.in(1)});
  const Tensor own = transposed(*weight);
  r.result("Linear", {{"out_features", own.shape[0]}, {"bias", false}}, {r.in(0)}, {{"weight", own}});
}

}  // namespace

Family products() {
  return {{{"Linear", writeLinear},
           {"MatMul",
            [](Writer& w) {
              w.result("MatMul", {w.in(0), w.in(1)});
            }}},
          {{"Gemm", readGemm}, {"MatMul", readMatMul}}};
}

}  // namespace engine::formats::onnx
