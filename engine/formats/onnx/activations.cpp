// Activations. What ONNX has no operator for at this opset is put together from those that it has.
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

// Softmax and LogSoftmax have the same names in ONNX.
void writeAlong(Writer& w) { w.result(w.node().op.name().c_str(), {w.in(0)}, {{"axis", w.integer("dim")}}); }
void readAlong(Reader& r) { r.result(r.node().op.c_str(), {{"dim", r.integer("axis", -1)}}, {r.in(0)}); }

void readAlone(Reader& r, const char* op) { r.result(op, {}, {r.in(0)}); }

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
           {"LogSoftmax", writeAlong}},
          {{"Relu", [](Reader& r) { readAlone(r, "ReLU"); }},
           {"LeakyRelu", readLeakyRelu},
           {"Elu", readElu},
           {"Gelu", readGelu},
           {"Sigmoid", [](Reader& r) { readAlone(r, "Sigmoid"); }},
           {"Tanh", [](Reader& r) { readAlone(r, "Tanh"); }},
           {"Softplus", [](Reader& r) { readAlone(r, "Softplus"); }},
           {"Softmax", readAlong},
           {"LogSoftmax", readAlong}}};
}

}  // namespace engine::formats::onnx
