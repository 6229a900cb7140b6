// Batch norm with its running statistics, layer norm and RMS norm.
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

constexpr int64_t kOpsetOfLayerNorm = 17, kAxesAreInput = 18;

// The mean over axes that stay, with size 1.
std::string mean(Writer& w, const std::string& of, const std::vector<int64_t>& axes) {
  if (w.opset() >= kAxesAreInput)
    return w.add("ReduceMean", {of, w.integers("axes", axes)}, {{"keepdims", int64_t(1)}});
  return w.add("ReduceMean", {of}, {{"axes", axes}, {"keepdims", int64_t(1)}});
}
// x / √(mean(x²) + eps)
std::string ofUnitSquare(Writer& w, const std::string& x, const std::vector<int64_t>& axes) {
  const std::string square = mean(w, w.add("Mul", {x, x}), axes);
  return w.add("Div", {x, w.add("Sqrt", {w.add("Add", {square, w.number("eps", w.real("eps"))})})});
}
// (x - mean) / √(variance + eps)
std::string standardized(Writer& w, const std::vector<int64_t>& axes) {
  return ofUnitSquare(w, w.add("Sub", {w.in(0), mean(w, w.in(0), axes)}), axes);
}

void writeBatchNorm(Writer& w) {
  const Shape& x = w.inShape(0);
  const bool affine = w.flag("affine");
  if (w.flag("track_running_stats")) {
    const int64_t channels = x[1];
    if (channels < 0) return w.fail("a known number of channels", x);
    const auto all = [&](const char* name, float value) {
      return w.numbers(name, {channels}, std::vector<float>(size_t(channels), value));
    };
    const std::string weight = affine ? w.parameter("weight") : all("weight", 1),
                      bias = affine ? w.parameter("bias") : all("bias", 0);
    const std::string mean = w.parameter("running_mean"), variance = w.parameter("running_var");
    w.result("BatchNormalization", {w.in(0), weight, bias, mean, variance}, {{"epsilon", float(w.real("eps"))}});
    w.same(1, mean);
    w.same(2, variance);
    return;
  }
  // The statistics of the batch, always.
  std::vector<int64_t> others = {0}, wide = {-1};
  for (int axis = 2; axis < x.rank(); ++axis) others.push_back(axis), wide.push_back(1);
  const std::string h = standardized(w, others);
  if (!affine) return w.result("Identity", {h});
  const auto spread = [&](const char* name) {
    return w.add("Reshape", {w.parameter(name), w.integers("sizes", wide)});
  };
  w.result("Add", {w.add("Mul", {h, spread("weight")}), spread("bias")});
}

void readBatchNormalization(Reader& r) {
  const Value x = r.in(0);
  const char* const names[] = {"weight", "bias", "running_mean", "running_var"};
  std::map<std::string, Tensor> parameters;
  for (int i = 0; i < 4; ++i) {
    const Tensor* tensor = r.initializer(i + 1);
    if (!tensor) return r.fail("weight, bias, mean and variance that the file gives", "others");
    parameters[names[i]] = *tensor;
  }
  if (r.integer("training_mode", 0) != 0) return r.fail("batch norm that is not training", "one that is");
  r.result(r.shape(x).rank() == 4 ? "BatchNorm2d" : "BatchNorm1d", {{"eps", r.real("epsilon", 1e-5)}}, {x}, parameters);
}

std::vector<int64_t> lastAxes(int64_t count) {
  std::vector<int64_t> last;
  for (int64_t axis = -count; axis < 0; ++axis) last.push_back(axis);
  return last;
}

// ONNX has a node for it from opset 23 on only.
void writeRMSNorm(Writer& w) {
  const size_t given = w.integers("normalized_shape").size();
  const std::string h = ofUnitSquare(w, w.in(0), lastAxes(given == 0 ? 1 : int64_t(given)));
  if (w.flag("elementwise_affine")) w.result("Mul", {h, w.parameter("weight")});
  else w.result("Identity", {h});
}

void writeLayerNorm(Writer& w) {
  const std::vector<int64_t> given = w.integers("normalized_shape");
  const int64_t axes = given.empty() ? 1 : int64_t(given.size());
  const bool affine = w.flag("elementwise_affine"), bias = affine && w.flag("bias");
  if (w.opset() >= kOpsetOfLayerNorm) {
    std::string weight;
    if (affine) {
      weight = w.parameter("weight");
    } else {
      const Shape& x = w.inShape(0);
      const Shape last(std::span(x.end() - axes, size_t(axes)));
      if (!last.isKnown()) return w.fail("known sizes of the axes that are normalized", x);
      weight = w.numbers("weight", last, std::vector<float>(size_t(last.elements()), 1));
    }
    std::vector<std::string> inputs = {w.in(0), weight};
    if (bias) inputs.push_back(w.parameter("bias"));
    return w.result("LayerNormalization", std::move(inputs), {{"axis", -axes}, {"epsilon", float(w.real("eps"))}});
  }
  const std::string h = standardized(w, lastAxes(axes));
  if (!affine) return w.result("Identity", {h});
  if (!bias) return w.result("Mul", {h, w.parameter("weight")});
  w.result("Add", {w.add("Mul", {h, w.parameter("weight")}), w.parameter("bias")});
}

void readLayerNormalization(Reader& r) {
  const Value x = r.in(0);
  const Tensor *weight = r.initializer(1), *bias = r.initializer(2);
  const int64_t axis = r.integer("axis", -1);
  const int64_t axes = axis < 0 ? -axis : r.shape(x).rank() - axis;
  if (!weight || (r.has(2) && !bias) || weight->shape.rank() != axes)
    return r.fail("a weight of the axes that are normalized", "another one");
  std::map<std::string, Tensor> parameters = {{"weight", *weight}};
  if (bias) parameters["bias"] = *bias;
  r.result("LayerNorm",
           {{"normalized_shape", std::vector<int64_t>(weight->shape.begin(), weight->shape.end())},
            {"eps", r.real("epsilon", 1e-5)},
            {"bias", bias != nullptr}},
           {x}, parameters);
}

}  // namespace

Family normalizations() {
  return {{{"BatchNorm1d", writeBatchNorm},
           {"BatchNorm2d", writeBatchNorm},
           {"LayerNorm", writeLayerNorm},
           {"RMSNorm", writeRMSNorm}},
          {{"BatchNormalization", readBatchNormalization}, {"LayerNormalization", readLayerNormalization}}};
}

}  // namespace engine::formats::onnx
