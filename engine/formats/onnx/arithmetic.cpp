// Element by element, with broadcasting, which ONNX does as NumPy and PyTorch do.
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

struct Pair {
  const char* ours;
  const char* theirs;
};
constexpr Pair kPairs[] = {{"Add", "Add"},     {"Subtract", "Sub"}, {"Multiply", "Mul"}, {"Divide", "Div"},
                           {"Maximum", "Max"}, {"Minimum", "Min"},  {"Exp", "Exp"},      {"Log", "Log"},
                           {"Sqrt", "Sqrt"},   {"Neg", "Neg"},      {"Abs", "Abs"},      {"Sign", "Sign"},
                           {"Erf", "Erf"},       {"Pow", "Pow"},      {"Sin", "Sin"},      {"Cos", "Cos"},
                           {"Tan", "Tan"},       {"Asin", "Asin"},    {"Acos", "Acos"},    {"Atan", "Atan"},
                           {"Sinh", "Sinh"},     {"Cosh", "Cosh"},    {"Asinh", "Asinh"},  {"Acosh", "Acosh"},
                           {"Atanh", "Atanh"},   {"Ceil", "Ceil"},    {"Floor", "Floor"},  {"Round", "Round"},
                           {"Reciprocal", "Reciprocal"}};

void writeNamed(Writer& w) {
  for (const Pair& pair : kPairs) {
    if (w.node().op.name() != pair.ours) continue;
    std::vector<std::string> inputs;
    for (int i = 0; i < w.inputs(); ++i) inputs.push_back(w.in(i));
    return w.result(pair.theirs, std::move(inputs));
  }
}

void readNamed(Reader& r) {
  for (const Pair& pair : kPairs) {
    if (r.node().op != pair.theirs) continue;
    const int ports = int(findOp(pair.ours)->info.inputs.size()), given = int(r.node().inputs.size());
    if (given < 1) return r.fail("inputs", "none");
    if (ports == 1) return r.result(pair.ours, {}, {r.in(0)});
    // Max and Min of ONNX take any number.
    Value v = r.in(0);
    if (given == 1) return r.result(r.add("Identity", {}, {v}));
    for (int i = 1; i < given && !r.failed(); ++i) v = r.add(pair.ours, {}, {v, r.in(i)});
    return r.result(v);
  }
}

}  // namespace

Family arithmetic() {
  Family family;
  for (const Pair& pair : kPairs) {
    family.writes.push_back({pair.ours, writeNamed});
    family.reads.push_back({pair.theirs, readNamed});
  }
  return family;
}

}  // namespace engine::formats::onnx
