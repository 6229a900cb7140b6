// Sums, means, products and maxima over axes, and norms that are put together from them.
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

// What is done before the axes are joined, how they are, and what is done with the result.
Value same(Reader&, Value v) { return v; }
Value absolute(Reader& r, Value v) { return r.add("Abs", {}, {v}); }
Value squared(Reader& r, Value v) { return r.add("Multiply", {}, {v, v}); }
Value root(Reader& r, Value v) { return r.add("Sqrt", {}, {v}); }
Value logarithm(Reader& r, Value v) { return r.add("Log", {}, {v}); }

struct Reduced {
  const char* op;  // of ONNX
  const char* ours;
  Value (*before)(Reader&, Value);
  Value (*after)(Reader&, Value);
};
constexpr Reduced kReduced[] = {{"ReduceSum", "Sum", same, same},         {"ReduceMean", "Mean", same, same},
                                {"ReduceMax", "Max", same, same},         {"ReduceMin", "Min", same, same},
                                {"ReduceProd", "Prod", same, same},       {"ReduceL1", "Sum", absolute, same},
                                {"ReduceL2", "Sum", squared, root},       {"ReduceSumSquare", "Sum", squared, same},
                                {"ReduceLogSum", "Sum", same, logarithm}};

void readReduced(Reader& r) {
  const std::vector<int64_t> axes = r.axes();
  const Value x = r.in(0);
  for (const Reduced& reduced : kReduced) {
    if (r.node().op != reduced.op) continue;
    Value v = reduced.before(r, x);
    if (!axes.empty() || !r.integer("noop_with_empty_axes", 0)) v = r.add(reduced.ours, {{"dim", axes}, {"keepdim", r.integer("keepdims", 1) != 0}}, {v});
    v = reduced.after(r, v);
    return r.result(v == x ? r.add("Identity", {}, {x}) : v);
  }
}

// max + log(sum exp(x - max)), so that exp cannot overflow; an infinite maximum is the result.
void readLogSumExp(Reader& r) {
  const std::vector<int64_t> axes = r.axes();
  const Value x = r.in(0);
  if (axes.empty() && r.integer("noop_with_empty_axes", 0)) return r.result("Identity", {}, {x});
  const auto over = [&](const char* op, Value v, bool keep) { return r.add(op, {{"dim", axes}, {"keepdim", keep}}, {v}); };
  const Value top = over("Max", x, true), zero = r.single(0, r.floating());
  const Value finite = r.add("Where", {}, {r.add("IsInf", {}, {top}), zero, top});
  const Value sum = over("Sum", r.add("Exp", {}, {r.add("Subtract", {}, {x, finite})}), true);
  const Value kept = r.add("Add", {}, {r.add("Log", {}, {sum}), finite});
  r.result(r.integer("keepdims", 1) ? kept : over("Sum", kept, false));
}

}  // namespace

Family reductions() {
  Family family{{{"Sum", [](Writer& w) { writeReduced(w, "ReduceSum"); }},
                 {"Mean", [](Writer& w) { writeReduced(w, "ReduceMean"); }},
                 {"Prod", [](Writer& w) { writeReduced(w, "ReduceProd"); }},
                 {"Max", [](Writer& w) { writeReduced(w, "ReduceMax"); }},
                 {"Min", [](Writer& w) { writeReduced(w, "ReduceMin"); }}},
                {{"ReduceLogSumExp", readLogSumExp}}};
  for (const Reduced& reduced : kReduced) family.reads.push_back({reduced.op, readReduced});
  return family;
}

}  // namespace engine::formats::onnx
