// What is true of values, and values by what is true.
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/named.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

constexpr Named kPairs[] = {{"Equal", "Equal"},    {"Greater", "Greater"}, {"GreaterEqual", "GreaterOrEqual"}, {"Less", "Less"}, {"LessEqual", "LessOrEqual"},
                           {"LogicalAnd", "And"}, {"LogicalOr", "Or"},    {"LogicalXor", "Xor"},              {"LogicalNot", "Not"}, {"IsNaN", "IsNaN"}, {"Where", "Where"}};

void readNamed(Reader& r) {
  for (const Named& pair : kPairs) {
    if (r.node().op != pair.theirs) continue;
    const size_t ports = findOp(pair.ours)->info.inputs.size();
    std::vector<Value> inputs = {r.in(0)};
    if (ports == 2) inputs.push_back(r.second(inputs[0]));
    for (size_t i = inputs.size(); i < ports; ++i) inputs.push_back(r.in(int(i)));
    return r.result(pair.ours, {}, std::move(inputs));
  }
}

void writeIsInf(Writer& w) {
  w.result("IsInf", {w.in(0)}, {{"detect_negative", int64_t(w.flag("detect_negative"))}, {"detect_positive", int64_t(w.flag("detect_positive"))}});
}
void readIsInf(Reader& r) {
  r.result("IsInf", {{"detect_negative", r.integer("detect_negative", 1) != 0}, {"detect_positive", r.integer("detect_positive", 1) != 0}}, {r.in(0)});
}

}  // namespace

Family logic() {
  Family family{{{"IsInf", writeIsInf}}, {{"IsInf", readIsInf}}};
  for (const Named& pair : kPairs) {
    family.writes.push_back({pair.ours, [](Writer& w) { writeNamed(w, kPairs); }});
    family.reads.push_back({pair.theirs, readNamed});
  }
  return family;
}

}  // namespace engine::formats::onnx
