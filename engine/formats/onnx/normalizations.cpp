// Batch norm with its running statistics, layer norm and RMS norm.
#include <algorithm>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/tensors.h"
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

// ---- what readers put norms together from ----

Value number(Reader& r, double value) { return r.add("Constant", {{"shape", std::vector<int64_t>{}}, {"value", value}}, {}); }
Value meanOver(Reader& r, Value x, const std::vector<int64_t>& axes) { return r.add("Mean", {{"dim", axes}, {"keepdim", true}}, {x}); }
// A number for each channel, as wide as values of that rank.
Value ofChannels(Reader& r, int input, int rank) {
  std::vector<int64_t> sizes(size_t(std::max(rank - 1, 1)), 1);
  sizes[0] = -1;
  return r.add("Reshape", {{"shape", sizes}}, {r.in(input)});
}
struct Standardized {
  Value y, mean, variance, inverse;  // inverse: 1 / √(variance + eps)
};
Standardized standardized(Reader& r, Value x, const std::vector<int64_t>& axes, double eps) {
  Standardized s;
  s.mean = meanOver(r, x, axes);
  const Value centred = r.add("Subtract", {}, {x, s.mean});
  s.variance = meanOver(r, r.add("Multiply", {}, {centred, centred}), axes);
  s.inverse = r.add("Reciprocal", {}, {r.add("Sqrt", {}, {r.add("Add", {}, {s.variance, number(r, eps)})})});
  s.y = r.add("Multiply", {}, {centred, s.inverse});
  return s;
}
std::vector<int64_t> allButChannels(int rank) {
  std::vector<int64_t> axes = {0};
  for (int axis = 2; axis < rank; ++axis) axes.push_back(axis);
  return axes;
}
// Sizes that bring a value back to its shape: the first axis stays.
bool sizesBack(Reader& r, Value x, std::vector<int64_t>& back) {
  const Shape& shape = r.shape(x);
  back = {0};
  for (int axis = 1; axis < shape.rank(); ++axis) {
    back.push_back(shape[axis]);
    if (shape[axis] <= 0) {
      r.fail("known sizes of all axes but the first", shape);
      return false;
    }
  }
  return true;
}
bool wants(const Reader& r, size_t output) { return output < r.node().outputs.size() && !r.node().outputs[output].empty(); }

// y, and the running statistics after a step: of the batch and of what they were.
void readTrainingBatchNorm(Reader& r, Value x) {
  const int rank = r.shape(x).rank();
  const double momentum = r.real("momentum", 0.9);
  const Standardized s = standardized(r, x, allButChannels(rank), r.real("epsilon", 1e-5));
  const Value y = r.add("Add", {}, {r.add("Multiply", {}, {s.y, ofChannels(r, 1, rank)}), ofChannels(r, 2, rank)});
  const auto running = [&](int input, Value measured) {
    const Value flat = r.add("Reshape", {{"shape", std::vector<int64_t>{-1}}}, {measured});
    return r.add("Add", {}, {r.add("Multiply", {}, {r.in(input), number(r, momentum)}), r.add("Multiply", {}, {flat, number(r, 1 - momentum)})});
  };
  std::vector<Value> outputs = {y};
  if (wants(r, 1) || wants(r, 2)) outputs.insert(outputs.end(), {running(3, s.mean), running(4, s.variance)});
  r.results(outputs);
}

void readBatchNormalization(Reader& r) {
  constexpr int64_t kTrainingIsSaid = 14;
  const Value x = r.in(0);
  if (!x) return;
  const int rank = r.shape(x).rank();
  const double eps = r.real("epsilon", 1e-5);
  if (rank < 2) return r.fail("numbers with channels (batch, channels, ...)", r.shape(x));
  if (r.integer("training_mode", 0) != 0 && !r.imports()) return readTrainingBatchNorm(r, x);
  const double momentum = 1 - r.real("momentum", 0.9);  // PyTorch's is the share of the new statistics
  const char* const names[] = {"weight", "bias", "running_mean", "running_var"};
  std::map<std::string, Tensor> parameters;
  for (int i = 0; i < 4; ++i)
    if (const Tensor* tensor = r.initializer(i + 1)) parameters[names[i]] = *tensor;
  Value y;
  if (parameters.size() == 4 && rank <= 5) {
    const char* const op = rank == 5 ? "BatchNorm3d" : rank == 4 ? "BatchNorm2d" : "BatchNorm1d";
    y = r.add(op, {{"eps", eps}, {"momentum", momentum}}, {x}, parameters);
  } else if (parameters.size() == 4) {  // as series
    std::vector<int64_t> back;
    if (!sizesBack(r, x, back)) return;
    const Value flat = r.add("Reshape", {{"shape", std::vector<int64_t>{0, back[1], -1}}}, {x});
    y = r.add("Reshape", {{"shape", back}}, {r.add("BatchNorm1d", {{"eps", eps}, {"momentum", momentum}}, {flat}, parameters)});
  } else {
    const Value deviation = r.add("Sqrt", {}, {r.add("Add", {}, {ofChannels(r, 4, rank), number(r, eps)})});
    const Value h = r.add("Divide", {}, {r.add("Subtract", {}, {x, ofChannels(r, 3, rank)}), deviation});
    y = r.add("Add", {}, {r.add("Multiply", {}, {h, ofChannels(r, 1, rank)}), ofChannels(r, 2, rank)});
  }
  // Files from before name outputs that mean something in training only.
  std::vector<Value> outputs = {y};
  for (size_t i = 1; i < r.node().outputs.size() && (r.imports() || r.opset() < kTrainingIsSaid); ++i) outputs.push_back(wants(r, i) ? r.in(i % 2 ? 3 : 4) : Value{});
  r.results(outputs);
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
  if (!x) return;
  const Tensor *weight = r.initializer(1), *bias = r.initializer(2);
  const int rank = r.shape(x).rank();
  const int64_t given = r.integer("axis", -1), axis = given < 0 ? given + rank : given;
  const double eps = r.real("epsilon", 1e-5);
  if (axis < 0 || axis >= rank) return r.fail(Message("an axis of {0}", r.shape(x)), Message("{0}", given));
  const int64_t axes = rank - axis;
  std::vector<Value> outputs;
  Standardized s;
  if (wants(r, 1) || wants(r, 2)) s = standardized(r, x, lastAxes(axes), eps);
  if (weight && weight->shape.rank() == axes && (!r.has(2) || (bias && bias->shape == weight->shape)) && weight->shape.elements() > 0) {
    std::map<std::string, Tensor> parameters = {{"weight", *weight}};
    if (bias) parameters["bias"] = *bias;
    outputs.push_back(
        r.add("LayerNorm",
              {{"normalized_shape", std::vector<int64_t>(weight->shape.begin(), weight->shape.end())}, {"eps", eps}, {"bias", bias != nullptr}}, {x},
              parameters));
  } else {
    if (!s.y) s = standardized(r, x, lastAxes(axes), eps);
    Value y = r.add("Multiply", {}, {s.y, r.in(1)});
    if (r.has(2)) y = r.add("Add", {}, {y, r.in(2)});
    outputs.push_back(y);
  }
  if (s.mean) outputs.insert(outputs.end(), {s.mean, s.inverse});
  r.results(outputs);
}

// ---- norms of each sample alone ----

std::string onesOf(Writer& w, const char* name, int64_t count, float value) {
  return w.numbers(name, {count}, std::vector<float>(size_t(count), value));
}

void writeInstanceNorm(Writer& w) {
  const int64_t channels = w.inShape(0)[1];
  if (channels < 0) return w.fail("a known number of channels", w.inShape(0));
  const bool affine = w.flag("affine");
  const std::string weight = affine ? w.parameter("weight") : onesOf(w, "weight", channels, 1),
                    bias = affine ? w.parameter("bias") : onesOf(w, "bias", channels, 0);
  w.result("InstanceNormalization", {w.in(0), weight, bias}, {{"epsilon", float(w.real("eps"))}});
}

// Groups are channels of an instance norm: ONNX has a node of its own from opset 21 on only.
void writeGroupNorm(Writer& w) {
  const Shape& x = w.inShape(0);
  const int64_t groups = w.integer("num_groups");
  std::vector<int64_t> back = {0}, wide = {-1};
  for (int axis = 1; axis < x.rank(); ++axis) {
    if (x[axis] <= 0) return w.fail("known sizes of all axes but the first", x);
    back.push_back(x[axis]);
    if (axis > 1) wide.push_back(1);
  }
  const std::string flat = w.add("Reshape", {w.in(0), w.integers("groups", {0, groups, x[1] / groups * x.elements(2, x.rank())})});
  const std::string h =
      w.add("InstanceNormalization", {flat, onesOf(w, "ones", groups, 1), onesOf(w, "zeros", groups, 0)}, {{"epsilon", float(w.real("eps"))}});
  if (!w.flag("affine")) return w.result("Reshape", {h, w.integers("sizes", back)});
  const std::string whole = w.add("Reshape", {h, w.integers("sizes", back)});
  const auto spread = [&](const char* name) { return w.add("Reshape", {w.parameter(name), w.integers("sizes", wide)}); };
  w.result("Add", {w.add("Mul", {whole, spread("weight")}), spread("bias")});
}

// Numbers of the file for all channels, as parameters; none: they are calculated.
bool affineOf(Reader& r, int64_t channels, std::map<std::string, Tensor>& parameters) {
  const Tensor *weight = r.initializer(1), *bias = r.initializer(2);
  const bool fits = weight && bias && weight->shape == Shape{channels} && bias->shape == Shape{channels};
  if (fits) parameters = {{"weight", *weight}, {"bias", *bias}};
  return fits;
}

// Factors of 1 and sums of 0 that nobody learns: the operator has no way to leave them out.
bool isPlain(Reader& r, const std::map<std::string, Tensor>& parameters) {
  const auto all = [](const Tensor& tensor, double number) { return tensor.bytes == filled(tensor.shape, tensor.type, number).bytes; };
  return r.imports() && !r.learned(1) && !r.learned(2) && all(parameters.at("weight"), 1) && all(parameters.at("bias"), 0);
}

void readInstanceNormalization(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  const int rank = r.shape(x).rank();
  if (rank < 3) return r.fail("numbers of channels and places (batch, channels, ...)", r.shape(x));
  const char* const names[] = {"InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"};
  std::vector<int64_t> back;
  Value in = x;
  if (rank > 5) {
    if (!sizesBack(r, x, back)) return;
    in = r.add("Reshape", {{"shape", std::vector<int64_t>{0, back[1], -1}}}, {x});
  }
  std::map<std::string, Tensor> parameters;
  const bool affine = affineOf(r, r.shape(x)[1], parameters), plain = affine && isPlain(r, parameters);
  if (plain) parameters.clear();
  Value y = r.add(names[rank > 5 ? 0 : rank - 3], {{"eps", r.real("epsilon", 1e-5)}, {"affine", affine && !plain}}, {in}, parameters);
  if (rank > 5) y = r.add("Reshape", {{"shape", back}}, {y});
  if (!affine) y = r.add("Add", {}, {r.add("Multiply", {}, {y, ofChannels(r, 1, rank)}), ofChannels(r, 2, rank)});
  r.result(y);
}

void readGroupNormalization(Reader& r) {
  constexpr int64_t kByChannel = 21;  // before it, numbers are for groups
  const Value x = r.in(0);
  if (!x) return;
  const Shape shape = r.shape(x);
  const int64_t groups = r.integer("num_groups", 1);
  if (shape.rank() < 2) return r.fail("numbers with channels (batch, channels, ...)", shape);
  FieldMap fields = {{"num_groups", groups}, {"eps", r.real("epsilon", 1e-5)}, {"affine", false}};
  std::map<std::string, Tensor> parameters;
  if (r.opset() >= kByChannel && affineOf(r, shape[1], parameters)) {
    fields["affine"] = true;
    return r.result("GroupNorm", fields, {x}, parameters);
  }
  Value y = r.add("GroupNorm", fields, {x});
  if (r.opset() >= kByChannel)
    return r.result("Add", {}, {r.add("Multiply", {}, {y, ofChannels(r, 1, shape.rank())}), ofChannels(r, 2, shape.rank())});
  std::vector<int64_t> back;
  if (!sizesBack(r, x, back)) return;
  y = r.add("Reshape", {{"shape", std::vector<int64_t>{0, groups, -1}}}, {y});
  y = r.add("Add", {}, {r.add("Multiply", {}, {y, ofChannels(r, 1, 3)}), ofChannels(r, 2, 3)});
  r.result("Reshape", {{"shape", back}}, {y});
}

void readLpNormalization(Reader& r) {
  const Value x = r.in(0);
  const FieldMap along = {{"dim", std::vector<int64_t>{r.integer("axis", -1)}}, {"keepdim", true}};
  const int64_t p = r.integer("p", 2);
  if (p != 1 && p != 2) return r.fail("a p of 1 or 2", Message("{0}", p));
  const Value size =
      p == 1 ? r.add("Sum", along, {r.add("Abs", {}, {x})}) : r.add("Sqrt", {}, {r.add("Sum", along, {r.add("Multiply", {}, {x, x})})});
  r.result("Divide", {}, {x, size});
}

// x / (bias + alpha mean of x² over neighbouring channels)^beta
void readLRN(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  const int64_t size = r.integer("size", 0);
  std::vector<int64_t> back;
  if (size < 1 || size > (1 << 24)) return r.fail("a size of at least 1", Message("{0}", size));
  if (r.shape(x).rank() < 2 || !sizesBack(r, x, back)) return r.fail("numbers with channels (batch, channels, ...)", r.shape(x));
  const Value flat = r.add("Reshape", {{"shape", std::vector<int64_t>{0, 1, back[1], -1, 1}}}, {r.add("Multiply", {}, {x, x})});
  const std::vector<int64_t> kernel = {size, 1, 1}, ones = {1, 1, 1}, pads = {(size - 1) / 2, 0, 0, size / 2, 0, 0};
  const Value mean =
      r.add("Reshape", {{"shape", back}}, {r.add("AvgPool3d", {{"kernel_size", kernel}, {"stride", ones}, {"padding", pads}}, {flat})});
  const Value sum = r.add("Add", {}, {r.add("Multiply", {}, {mean, number(r, r.real("alpha", 1e-4))}), number(r, r.real("bias", 1))});
  r.result("Divide", {}, {x, r.add("Pow", {}, {sum, number(r, r.real("beta", 0.75))})});
}

void readMeanVarianceNormalization(Reader& r) {
  const std::vector<int64_t> axes = r.integers("axes", {0, 2, 3});
  const Value x = r.in(0);
  const Value centred = r.add("Subtract", {}, {x, meanOver(r, x, axes)});
  const Value deviation = r.add("Sqrt", {}, {meanOver(r, r.add("Multiply", {}, {centred, centred}), axes)});
  constexpr double kEpsilon = 1e-9;  // of the standard
  r.result("Divide", {}, {centred, r.add("Add", {}, {deviation, number(r, kEpsilon)})});
}

}  // namespace

Family normalizations() {
  return {{{"BatchNorm1d", writeBatchNorm},
           {"BatchNorm2d", writeBatchNorm},
           {"BatchNorm3d", writeBatchNorm},
           {"LayerNorm", writeLayerNorm},
           {"RMSNorm", writeRMSNorm},
           {"GroupNorm", writeGroupNorm},
           {"InstanceNorm1d", writeInstanceNorm},
           {"InstanceNorm2d", writeInstanceNorm},
           {"InstanceNorm3d", writeInstanceNorm}},
          {{"BatchNormalization", readBatchNormalization},
           {"LayerNormalization", readLayerNormalization},
           {"InstanceNormalization", readInstanceNormalization},
           {"GroupNormalization", readGroupNormalization},
           {"LpNormalization", readLpNormalization},
           {"LRN", readLRN},
           {"MeanVarianceNormalization", readMeanVarianceNormalization}}};
}

}  // namespace engine::formats::onnx
