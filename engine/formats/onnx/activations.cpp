// Activations. What ONNX has no operator for at this opset is put together from those that it has.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

void writeLeakyRelu(Writer& w) { w.result("LeakyRelu", {w.in(0)}, {{"alpha", float(w.real("negative_slope"))}}); }
void readLeakyRelu(Reader& r) { r.result("LeakyReLU", {{"negative_slope", r.real("alpha", 0.01)}}, {r.in(0)}); }

void writeElu(Writer& w) { w.result("Elu", {w.in(0)}, {{"alpha", float(w.real("alpha"))}}); }
void readElu(Reader& r) { r.result("ELU", {{"alpha", r.real("alpha", 1)}}, {r.in(0)}); }

constexpr int64_t kOpsetOfGelu = 20;
constexpr double kCubic = 0.044715;  // of the approximation by tanh

// x (1 + erf(x / √2)) / 2, or x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2
void writeGelu(Writer& w) {
  const std::string way = w.word("approximate"), x = w.in(0);
  if (w.opset() >= kOpsetOfGelu) return w.result("Gelu", {x}, {{"approximate", way}});
  std::string bent;
  if (way == "tanh") {
    const std::string square = w.add("Mul", {x, x}), cubic = w.add("Mul", {square, w.number("cubic", kCubic)});
    const std::string factor = w.add("Add", {cubic, w.number("one", 1)}), inner = w.add("Mul", {x, factor});
    const double scale = std::sqrt(2 / std::numbers::pi);
    bent = w.add("Tanh", {w.add("Mul", {inner, w.number("scale", scale)})});
  } else {
    bent = w.add("Erf", {w.add("Mul", {x, w.number("scale", 1 / std::numbers::sqrt2)})});
  }
  const std::string share = w.add("Add", {bent, w.number("one", 1)});
  w.result("Mul", {w.add("Mul", {x, share}), w.number("half", 0.5)});
}
void readGelu(Reader& r) { r.result("GELU", {{"approximate", r.word("approximate", "none")}}, {r.in(0)}); }

void writeSilu(Writer& w) { w.result("Mul", {w.in(0), w.add("Sigmoid", {w.in(0)})}); }

// log(1 + e^(βx)) / β. Above the threshold ours is x itself, from which ONNX's differs by e^-threshold / β at most.
void writeSoftplus(Writer& w) {
  constexpr double kFar = 15;
  const double beta = w.real("beta");
  if (w.real("threshold") < kFar)
    return w.fail(Message("a threshold of at least {0}, since ONNX's Softplus has none", kFar),
                  Message("{0}", w.real("threshold")), "set it to 20, as it is by itself");
  if (beta == 1) return w.result("Softplus", {w.in(0)});
  const std::string number = w.number("beta", beta);
  w.result("Div", {w.add("Softplus", {w.add("Mul", {w.in(0), number})}), number});
}

// Softmax and LogSoftmax have the same names in ONNX. Below opset 13 they are of matrices: all axes before `axis`, and all from it on.
constexpr int64_t kAlongOneAxis = 13;
void writeAlong(Writer& w) { w.result(w.node().op.name().c_str(), {w.in(0)}, {{"axis", w.integer("dim")}}); }
void readAlong(Reader& r) {
  const char* const op = r.node().op.c_str();
  const Value x = r.in(0);
  if (!x) return;
  if (r.opset() >= kAlongOneAxis) return r.result(op, {{"dim", r.integer("axis", -1)}}, {x});
  const Shape& shape = r.shape(x);
  const int64_t given = r.integer("axis", 1), axis = given < 0 ? given + shape.rank() : given;
  bool last = axis == shape.rank() - 1;
  if (last) return r.result(op, {{"dim", int64_t(-1)}}, {x});
  if (axis < 0 || axis > shape.rank()) return r.fail(Message("an axis of {0}", shape), Message("{0}", given));
  // The axes before it stay what they are, so that an open batch may be among them.
  std::vector<int64_t> flat, whole;
  for (int i = 0; i < shape.rank(); ++i) {
    if (i < axis) flat.push_back(0);
    whole.push_back(i < axis ? 0 : shape[i]);
  }
  flat.push_back(axis == shape.rank() ? 1 : -1);
  const bool open = std::any_of(whole.begin(), whole.end(), [](int64_t size) { return size < 0; });
  if (open || int(flat.size()) > Shape::kMaxRank) return r.fail("known sizes from the axis on", shape);
  for (int64_t i = 0; i < axis; ++i)
    if (shape[int(i)] == 0) return r.result(op, {{"dim", int64_t(-1)}}, {x});  // nothing to add up
  r.result("Reshape", {{"shape", whole}}, {r.add(op, {{"dim", int64_t(-1)}}, {r.add("Reshape", {{"shape", flat}}, {x})})});
}

void readAlone(Reader& r, const char* op) { r.result(op, {}, {r.in(0)}); }

constexpr double kSeluAlpha = 1.67326319217681884765625, kSeluGamma = 1.05070102214813232421875;  // as ONNX has them
bool near(double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b); }
Value number(Reader& r, double value) { return r.add("Constant", {{"shape", std::vector<int64_t>{}}, {"value", value}}, {}); }

void writeSelu(Writer& w) { w.result("Selu", {w.in(0)}); }
void readSelu(Reader& r) {
  const double alpha = r.real("alpha", kSeluAlpha), gamma = r.real("gamma", kSeluGamma);
  if (near(alpha, kSeluAlpha) && near(gamma, kSeluGamma)) return readAlone(r, "SELU");
  if (alpha >= 0) return r.result("Multiply", {}, {r.add("ELU", {{"alpha", alpha}}, {r.in(0)}), number(r, gamma)});
  // ReLU(x) - α (1 - e^min(x, 0))
  const Value x = r.in(0), below = r.add("Subtract", {}, {r.add("Exp", {}, {r.add("Minimum", {}, {x, number(r, 0)})}), number(r, 1)});
  const Value sum = r.add("Add", {}, {r.add("ReLU", {}, {x}), r.add("Multiply", {}, {below, number(r, alpha)})});
  r.result("Multiply", {}, {sum, number(r, gamma)});
}

void writeCelu(Writer& w) { w.result("Celu", {w.in(0)}, {{"alpha", float(w.real("alpha"))}}); }
void readCelu(Reader& r) { r.result("CELU", {{"alpha", r.real("alpha", 1)}}, {r.in(0)}); }

constexpr double kSixth = 1.0 / 6;
std::string hardSigmoid(Writer& w) { return w.add("HardSigmoid", {w.in(0)}, {{"alpha", float(kSixth)}, {"beta", 0.5f}}); }
void writeHardsigmoid(Writer& w) { w.result("HardSigmoid", {w.in(0)}, {{"alpha", float(kSixth)}, {"beta", 0.5f}}); }
void readHardSigmoid(Reader& r) {
  const double alpha = r.real("alpha", 0.2), beta = r.real("beta", 0.5);
  if (near(alpha, kSixth) && beta == 0.5) return readAlone(r, "Hardsigmoid");
  const Value line = r.add("Add", {}, {r.add("Multiply", {}, {r.in(0), number(r, alpha)}), number(r, beta)});
  r.result("Minimum", {}, {r.add("Maximum", {}, {line, number(r, 0)}), number(r, 1)});
}
constexpr int64_t kOpsetOfHardSwish = 14, kOpsetOfMish = 18;
void writeHardswish(Writer& w) {
  if (w.opset() >= kOpsetOfHardSwish) return w.result("HardSwish", {w.in(0)});
  w.result("Mul", {w.in(0), hardSigmoid(w)});
}
void writeMish(Writer& w) {
  if (w.opset() >= kOpsetOfMish) return w.result("Mish", {w.in(0)});
  w.result("Mul", {w.in(0), w.add("Tanh", {w.add("Softplus", {w.in(0)})})});
}

// x where it is above the threshold, else a number: ONNX has it with 0 only. sign(max(x - threshold, 0)) is 1 above, 0 below.
void writeThreshold(Writer& w) {
  const double threshold = w.real("threshold"), value = w.real("value");
  const Attributes attributes = {{"alpha", float(threshold)}};
  if (value == 0) return w.result("ThresholdedRelu", {w.in(0)}, attributes);
  const std::string above = w.add("Sign", {w.add("Relu", {w.add("Sub", {w.in(0), w.number("threshold", threshold)})})});
  const std::string rest = w.add("Mul", {w.add("Sub", {w.number("one", 1), above}), w.number("value", value)});
  w.result("Add", {w.add("ThresholdedRelu", {w.in(0)}, attributes), rest});
}
void readThresholdedRelu(Reader& r) { r.result("Threshold", {{"threshold", r.real("alpha", 1)}, {"value", 0.0}}, {r.in(0)}); }

void writeShrink(Writer& w, bool soft) {
  const float lambda = float(w.real("lambd"));
  w.result("Shrink", {w.in(0)}, {{"lambd", lambda}, {"bias", soft ? lambda : 0.0f}});
}
void readShrink(Reader& r) {
  const double lambda = r.real("lambd", 0.5), bias = r.real("bias", 0);
  if (lambda < 0) return r.fail("a lambd of at least 0", Message("{0}", lambda));
  if (bias == lambda) return r.result("Softshrink", {{"lambd", lambda}}, {r.in(0)});
  const Value kept = r.add("Hardshrink", {{"lambd", lambda}}, {r.in(0)});
  if (bias == 0) return r.result(kept);
  r.result("Subtract", {}, {kept, r.add("Multiply", {}, {r.add("Sign", {}, {kept}), number(r, bias)})});
}

// ONNX aligns slopes at the right.
void writePReLU(Writer& w) {
  const int64_t count = w.integer("num_parameters");
  const int rank = w.inShape(0).rank();
  if ((count == 1 && rank > 0) || rank == 2) return w.result("PRelu", {w.in(0), w.parameter("weight")});
  std::vector<int64_t> sizes(size_t(std::max(rank - 1, 0)), 1);
  if (rank > 0) sizes[0] = count;
  w.result("PRelu", {w.in(0), w.add("Reshape", {w.parameter("weight"), w.integers("sizes", sizes)})});
}
void readPRelu(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  const Shape& shape = r.shape(x);
  if (const Tensor* slope = r.initializer(1)) {
    const Shape& given = slope->shape;
    const int64_t count = given.elements();
    constexpr int64_t kAligned = 7;  // before it, a list is of channels
    const bool list = given.rank() == 1 && (r.opset() < kAligned || shape.rank() == 2);
    const bool ofChannels = shape.rank() >= 2 && (list || given.rank() == shape.rank() - 1) && given[0] == count && shape[1] == count;
    if (count == 1 || (ofChannels && count > 0)) {
      Tensor own = *slope;
      own.shape = {count};
      return r.result("PReLU", {{"num_parameters", count}}, {x}, {{"weight", own}});
    }
  }
  // max(x, 0) - slope max(-x, 0)
  const Value below = r.add("Multiply", {}, {r.in(1), r.add("ReLU", {}, {r.add("Neg", {}, {x})})});
  r.result("Subtract", {}, {r.add("ReLU", {}, {x}), below});
}

}  // namespace

Family activations() {
  return {{{"ReLU", [](Writer& w) { w.result("Relu", {w.in(0)}); }},
           {"LeakyReLU", writeLeakyRelu},
           {"ELU", writeElu},
           {"GELU", writeGelu},
           {"SiLU", writeSilu},
           {"Sigmoid", [](Writer& w) { w.result("Sigmoid", {w.in(0)}); }},
           {"Tanh", [](Writer& w) { w.result("Tanh", {w.in(0)}); }},
           {"Softplus", writeSoftplus},
           {"Softmax", writeAlong},
           {"LogSoftmax", writeAlong},
           {"SELU", writeSelu},
           {"CELU", writeCelu},
           {"Hardsigmoid", writeHardsigmoid},
           {"Hardswish", writeHardswish},
           {"Mish", writeMish},
           {"Softsign", [](Writer& w) { w.result("Softsign", {w.in(0)}); }},
           {"Threshold", writeThreshold},
           {"Hardshrink", [](Writer& w) { writeShrink(w, false); }},
           {"Softshrink", [](Writer& w) { writeShrink(w, true); }},
           {"PReLU", writePReLU}},
          {{"Relu", [](Reader& r) { readAlone(r, "ReLU"); }},
           {"LeakyRelu", readLeakyRelu},
           {"Elu", readElu},
           {"Gelu", readGelu},
           {"Sigmoid", [](Reader& r) { readAlone(r, "Sigmoid"); }},
           {"Tanh", [](Reader& r) { readAlone(r, "Tanh"); }},
           {"Softplus", [](Reader& r) { readAlone(r, "Softplus"); }},
           {"Softmax", readAlong},
           {"LogSoftmax", readAlong},
           {"Selu", readSelu},
           {"Celu", readCelu},
           {"HardSigmoid", readHardSigmoid},
           {"HardSwish", [](Reader& r) { readAlone(r, "Hardswish"); }},
           {"Mish", [](Reader& r) { readAlone(r, "Mish"); }},
           {"Softsign", [](Reader& r) { readAlone(r, "Softsign"); }},
           {"ThresholdedRelu", readThresholdedRelu},
           {"Shrink", readShrink},
           {"PRelu", readPRelu}}};
}

}  // namespace engine::formats::onnx
