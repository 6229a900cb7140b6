// Sums, means and maxima over axes.
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

// Since when the axes are an input and no attribute.
constexpr int64_t kInputOfSum = 13, kInputOfOthers = 18;

void writeReduced(Writer& w, const char* op) {
  std::vector<std::string> inputs = {w.in(0)};
  Attributes attributes = {{"keepdims", int64_t(w.flag("keepdim"))}};
  if (const std::vector<int64_t> axes = w.integers("dim"); !axes.empty()) {
    if (w.opset() >= (w.node().op.is("Sum") ? kInputOfSum : kInputOfOthers)) inputs.push_back(w.integers("axes", axes));
    else attributes["axes"] = axes;
  }
  w.result(op, std::move(inputs), std::move(attributes));
}

void readReduced(Reader& r, const char* op) {
  const std::vector<int64_t> axes = r.axes();
  const Value x = r.in(0);
  if (axes.empty() && r.integer("noop_with_empty_axes", 0)) return r.result("Identity", {}, {x});
  r.result(op, {{"dim", axes}, {"keepdim", r.integer("keepdims", 1) != 0}}, {x});
}

}  // namespace

Family reductions() {
  return {{{"Sum", [](Writer& w) { writeReduced(w, "ReduceSum"); }},
           {"Mean", [](Writer& w) { writeReduced(w, "ReduceMean"); }},
           {"Max", [](Writer& w) { writeReduced(w, "ReduceMax"); }}},
          {{"ReduceSum", [](Reader& r) { readReduced(r, "Sum"); }},
           {"ReduceMean", [](Reader& r) { readReduced(r, "Mean"); }},
           {"ReduceMax", [](Reader& r) { readReduced(r, "Max"); }}}};
}

}  // namespace engine::formats::onnx
