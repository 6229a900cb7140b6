// Losses. They are read only: what is exported is what stands before the loss.
#include <algorithm>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"

namespace engine::formats::onnx {

namespace {

// -w[t] x[t] of log-probabilities `x` and class numbers; input 2 holds the weights, if any.
Value negativeLogLikelihood(Reader& r, Value x, Value classes) {
  constexpr int64_t kMostClasses = 1 << 20;
  FieldMap fields = {{"reduction", r.word("reduction", "mean")}};
  if (r.has("ignore_index")) fields["ignore_index"] = r.integer("ignore_index", 0);
  if (r.has(2)) {
    const Tensor* weight = r.initializer(2);
    if (!weight || !isFloating(weight->type) || weight->shape.rank() != 1 || weight->shape[0] > kMostClasses || weight->shape[0] < 1) {
      r.fail("weights of the classes that the file gives", "others");
      return {};
    }
    std::vector<double> list;
    if (weight->type == Type::f64) list = weight->values<double>();
    else
      for (float w : weight->values<float>()) list.push_back(double(w));
    fields["weight"] = list;
  }
  if (classes && r.typeOf(classes) != Type::i64) classes = r.add("Cast", {{"dtype", std::string("int64")}}, {classes});
  return r.add("NLLLoss", fields, {x, classes});
}

void readNegativeLogLikelihoodLoss(Reader& r) { r.result(negativeLogLikelihood(r, r.in(0), r.in(1))); }

// Gives the log-probabilities, too, where they are asked for.
void readSoftmaxCrossEntropyLoss(Reader& r) {
  const Value log = r.add("LogSoftmax", {{"dim", int64_t(1)}}, {r.in(0)});
  const Value loss = negativeLogLikelihood(r, log, r.in(1));
  if (loss) r.results({loss, log});
}

}  // namespace

Family losses() {
  return {{}, {{"NegativeLogLikelihoodLoss", readNegativeLogLikelihoodLoss}, {"SoftmaxCrossEntropyLoss", readSoftmaxCrossEntropyLoss}}};
}

}  // namespace engine::formats::onnx
