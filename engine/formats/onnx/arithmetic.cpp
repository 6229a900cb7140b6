// Element by element, with broadcasting, which ONNX does as NumPy and PyTorch do.
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/named.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

constexpr Named kPairs[] = {{"Add", "Add"},     {"Subtract", "Sub"}, {"Multiply", "Mul"}, {"Divide", "Div"},
                           {"Maximum", "Max"}, {"Minimum", "Min"},  {"Exp", "Exp"},      {"Log", "Log"},
                           {"Sqrt", "Sqrt"},   {"Neg", "Neg"},      {"Abs", "Abs"},      {"Sign", "Sign"},
                           {"Erf", "Erf"},       {"Sin", "Sin"},      {"Cos", "Cos"},
                           {"Tan", "Tan"},       {"Asin", "Asin"},    {"Acos", "Acos"},    {"Atan", "Atan"},
                           {"Sinh", "Sinh"},     {"Cosh", "Cosh"},    {"Asinh", "Asinh"},  {"Acosh", "Acosh"},
                           {"Atanh", "Atanh"},   {"Ceil", "Ceil"},    {"Floor", "Floor"},  {"Round", "Round"},
                           {"Reciprocal", "Reciprocal"}};


void readNamed(Reader& r) {
  for (const Named& pair : kPairs) {
    if (r.node().op != pair.theirs) continue;
    const int ports = int(findOp(pair.ours)->info.inputs.size()), given = int(r.node().inputs.size());
    if (given < 1) return r.fail("inputs", "none");
    if (ports == 1) return r.result(pair.ours, {}, {r.in(0)});
    // Max and Min of ONNX take any number.
    Value v = r.in(0);
    if (given == 1) return r.result(r.add("Identity", {}, {v}));
    v = r.add(pair.ours, {}, {v, r.second(v)});
    for (int i = 2; i < given && !r.failed(); ++i) v = r.add(pair.ours, {}, {v, r.in(i)});
    return r.result(v);
  }
}

// Of any number of inputs.
Value sumOfAll(Reader& r) {
  Value v = r.in(0);
  for (int i = 1; i < int(r.node().inputs.size()) && !r.failed(); ++i) v = r.add("Add", {}, {v, r.in(i)});
  return v;
}
void readSum(Reader& r) { r.result(r.node().inputs.size() == 1 ? r.add("Identity", {}, {r.in(0)}) : sumOfAll(r)); }
void readMean(Reader& r) {
  const Value sum = sumOfAll(r);
  r.result("Divide", {}, {sum, r.single(double(r.node().inputs.size()), r.typeOf(sum))});
}

// Small whole powers, as files have them most, are products.
void readPow(Reader& r) {
  const Value x = r.in(0);
  const Tensor* exponent = r.inFile(1);
  const bool alone = exponent && exponent->shape.elements() == 1 && exponent->shape.rank() <= r.shape(x).rank() && isFloating(r.typeOf(x));
  const double e = alone ? r.number(1, 0) : 0;
  if (e == 1) return r.result("Identity", {}, {x});
  if (e == 2) return r.result("Multiply", {}, {x, x});
  if (e == 3) return r.result("Multiply", {}, {x, r.add("Multiply", {}, {x, x})});
  r.result("Pow", {}, {x, r.second(x)});
}

void readMod(Reader& r) { r.result(r.integer("fmod", 0) ? "Fmod" : "Remainder", {}, {r.in(0), r.in(1)}); }
// PyTorch's remainder of numbers with a fraction is put together: ONNX has it for whole ones only.
void writeRemainder(Writer& w) {
  if (!isFloating(w.inType(0))) return w.result("Mod", {w.in(0), w.in(1)}, {{"fmod", int64_t(0)}});
  const std::string rest = w.add("Mod", {w.in(0), w.in(1)}, {{"fmod", int64_t(1)}});
  const std::string other = w.add("Less", {w.add("Mul", {rest, w.in(1)}), w.number("none", 0)});
  w.result("Where", {other, w.add("Add", {rest, w.in(1)}), rest});
}

// A shift multiplies or divides by a power of two; what is shifted out is gone in either way. Upwards that is so where the values have
// the width that they have in the file.
void readBitShift(Reader& r) {
  const Value x = r.in(0), by = r.in(1);
  const Type type = r.typeOf(x);
  const std::string direction = r.word("direction", "");
  if (direction != "LEFT" && direction != "RIGHT") return r.fail("LEFT or RIGHT", Message("{0}", direction));
  if (isFloating(type) || (direction == "LEFT" && type != Type::u8)) return r.fail("bits of uint8, or a shift to the right", Message("{0} of type {1}", direction, type));
  r.result(direction == "LEFT" ? "Multiply" : "Divide", {}, {x, r.add("Pow", {}, {r.single(2, type), by})});
}

void writeClamp(Writer& w) {
  const auto bound = [&](const char* name) {
    const std::vector<double> given = w.field<std::vector<double>>(name);
    return given.empty() ? std::string() : w.number(name, given[0]);
  };
  std::vector<std::string> inputs = {w.in(0), bound("min"), bound("max")};
  while (inputs.back().empty()) inputs.pop_back();
  w.result("Clip", std::move(inputs));
}
// Bounds are attributes, from opset 11 on inputs.
void readClip(Reader& r) {
  const Value x = r.in(0);
  std::vector<double> bounds[2];
  const char* const names[] = {"min", "max"};
  bool known = isFloating(r.typeOf(x));
  for (int i = 0; i < 2; ++i) {
    if (r.has(names[i])) bounds[i] = {r.real(names[i], 0)};
    else if (const Tensor* bound = r.inFile(1 + i); bound && bound->shape.elements() == 1) bounds[i] = {r.number(1 + i, 0)};
    else if (r.has(1 + i)) known = false;
  }
  if (known) return r.result("Clamp", {{"min", bounds[0]}, {"max", bounds[1]}}, {x});
  Value v = r.add("Identity", {}, {x});
  for (int i = 0; i < 2; ++i) {
    const char* const op = i == 0 ? "Maximum" : "Minimum";
    if (r.has(1 + i)) v = r.add(op, {}, {v, r.in(1 + i)});
    else if (!bounds[i].empty()) v = r.add(op, {}, {v, r.single(bounds[i][0], r.typeOf(x))});
  }
  r.result(v);
}

}  // namespace

Family arithmetic() {
  Family family{{{"Pow", [](Writer& w) { w.result("Pow", {w.in(0), w.in(1)}); }},
                 {"Fmod", [](Writer& w) { w.result("Mod", {w.in(0), w.in(1)}, {{"fmod", int64_t(1)}}); }},
                 {"Remainder", writeRemainder},
                 {"Clamp", writeClamp}},
                {{"Sum", readSum}, {"Mean", readMean}, {"Pow", readPow}, {"Mod", readMod}, {"BitShift", readBitShift}, {"Clip", readClip}}};
  for (const Named& pair : kPairs) {
    family.writes.push_back({pair.ours, [](Writer& w) { writeNamed(w, kPairs); }});
    family.reads.push_back({pair.theirs, readNamed});
  }
  return family;
}

}  // namespace engine::formats::onnx
