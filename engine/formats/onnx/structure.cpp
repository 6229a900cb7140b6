// What moves elements without changing them: flatten, reshape, permute, slice, concatenate, expand; and dropout, which
// does nothing outside of training.
#include <algorithm>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

int64_t fromStart(int64_t axis, const Shape& shape) { return axis < 0 ? axis + shape.rank() : axis; }

void writeNothing(Writer& w) { w.same(0, w.in(0)); }

// A batch without a number is an axis that the input has too (0 copies it), or what is left over (-1).
void writeFlatten(Writer& w) {
  const Shape &x = w.inShape(0), &y = w.outShape(0);
  if (y == x) return writeNothing(w);
  if (x.rank() >= 2 && w.integer("start_dim") == 1 && fromStart(w.integer("end_dim"), x) == x.rank() - 1)
    return w.result("Flatten", {w.in(0)}, {{"axis", int64_t(1)}});
  std::vector<int64_t> sizes;
  bool copies = false, empty = false;
  int rest = 0;
  for (int axis = 0; axis < y.rank(); ++axis) {
    if (y[axis] >= 0) sizes.push_back(y[axis]), empty = empty || y[axis] == 0;
    else if (axis < x.rank() && y[axis] == x[axis] && y[axis] == kBatch) sizes.push_back(0), copies = true;
    else sizes.push_back(-1), ++rest;
  }
  if (rest > 1 || (empty && (copies || rest))) return w.fail("one axis at most that has no number", y, "give a batch");
  Attributes attributes;
  if (empty) attributes["allowzero"] = int64_t(1);
  w.result("Reshape", {w.in(0), w.integers("sizes", sizes)}, std::move(attributes));
}

void readFlatten(Reader& r) {
  const Value x = r.in(0);
  const Shape& shape = r.shape(x);
  const int64_t axis = fromStart(r.integer("axis", 1), shape);
  if (axis == 1 && shape.rank() >= 2) return r.result("Flatten", {}, {x});
  if (axis == 0) return r.result("Reshape", {{"shape", std::vector<int64_t>{1, -1}}}, {x});
  if (axis == shape.rank()) return r.result("Reshape", {{"shape", std::vector<int64_t>{-1, 1}}}, {x});
  r.fail("a flattening of all axes but the first", Message("one from axis {0} on", axis));
}

void writeReshape(Writer& w) {
  Attributes attributes;
  if (w.flag("allowzero")) attributes["allowzero"] = int64_t(1);
  w.result("Reshape", {w.in(0), w.integers("sizes", w.integers("shape"))}, std::move(attributes));
}
void readReshape(Reader& r) {
  const Value x = r.in(0);
  std::vector<int64_t> sizes = r.sizes(1);
  const bool allowzero = r.integer("allowzero", 0) != 0 && std::find(sizes.begin(), sizes.end(), int64_t(0)) != sizes.end();
  // A file that was written for one batch is drawn for any: a first axis that stays what it is says so.
  if (!sizes.empty() && !allowzero && r.shape(x).rank() > 0 && sizes[0] > 0 && sizes[0] == r.shape(x)[0]) sizes[0] = 0;
  // The batch is an axis that stays where it is, or what is left over.
  for (size_t axis = 0; axis < sizes.size(); ++axis) {
    if (sizes[axis] != kBatch && sizes[axis] != kUnknown) continue;
    const bool stays = sizes[axis] == kBatch && !allowzero && int(axis) < r.shape(x).rank() && r.shape(x)[int(axis)] == kBatch;
    sizes[axis] = stays ? 0 : -1;
  }
  r.result("Reshape", {{"shape", sizes}, {"allowzero", allowzero}}, {x});
}

void writePermute(Writer& w) {
  std::vector<int64_t> order = w.integers("dims");
  for (int64_t& axis : order) axis = fromStart(axis, w.inShape(0));
  w.result("Transpose", {w.in(0)}, {{"perm", order}});
}
// Of a matrix that the file gives, the result is known at once: weights of linear layers are often turned over.
void readTranspose(Reader& r) {
  std::vector<int64_t> order = r.integers("perm");
  if (const Tensor* given = r.initializer(0); given && given->shape.rank() == 2) {
    if (order.empty() || order == std::vector<int64_t>{1, 0}) return r.constant(transposed(*given));
    return r.constant(*given);
  }
  const Value x = r.in(0);
  if (order.empty() && !r.has("perm"))
    for (int axis = r.shape(x).rank() - 1; axis >= 0; --axis) order.push_back(axis);
  r.result("Permute", {{"dims", order}}, {x});
}

void writeSlice(Writer& w) {
  w.result("Slice", {w.in(0), w.integers("starts", {w.integer("start")}), w.integers("ends", {w.integer("end")}),
                     w.integers("axes", {w.integer("dim")}), w.integers("steps", {w.integer("step")})});
}
void readSlice(Reader& r) {
  const std::vector<int64_t> starts = r.numbers(1), ends = r.numbers(2);
  std::vector<int64_t> axes = r.has(3) ? r.numbers(3) : std::vector<int64_t>(),
                       steps = r.has(4) ? r.numbers(4) : std::vector<int64_t>();
  if (!r.has(3))
    for (size_t i = 0; i < starts.size(); ++i) axes.push_back(int64_t(i));
  if (!r.has(4)) steps.assign(starts.size(), 1);
  if (starts.empty() || ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    return r.fail("a start, an end, an axis and a step for each part", "others");
  Value v = r.in(0);
  for (size_t i = 0; i < starts.size() && !r.failed(); ++i)
    v = r.add("Slice", {{"dim", axes[i]}, {"start", starts[i]}, {"end", ends[i]}, {"step", steps[i]}}, {v});
  r.result(v);
}

void writeConcatenate(Writer& w) {
  std::vector<std::string> inputs;
  for (int i = 0; i < w.inputs(); ++i) inputs.push_back(w.in(i));
  w.result("Concat", std::move(inputs), {{"axis", w.integer("dim")}});
}
void readConcat(Reader& r) {
  std::vector<Value> inputs;
  for (int i = 0; i < int(r.node().inputs.size()); ++i) inputs.push_back(r.in(i));
  if (inputs.empty()) return r.fail("inputs", "none");
  r.result("Concatenate", {{"dim", r.integer("axis", 1)}}, std::move(inputs));
}

// In ONNX both shapes broadcast: 1 keeps a size.
void writeExpand(Writer& w) {
  std::vector<int64_t> sizes = w.integers("shape");
  std::replace(sizes.begin(), sizes.end(), int64_t(-1), int64_t(1));
  w.result("Expand", {w.in(0), w.integers("sizes", sizes)});
}
void readExpand(Reader& r) {
  const Value x = r.in(0);
  std::vector<int64_t> sizes = r.sizes(1);
  const int rank = r.shape(x).rank();
  while (int(sizes.size()) < rank) sizes.insert(sizes.begin(), 1);
  for (size_t axis = sizes.size() - size_t(rank); axis < sizes.size(); ++axis)
    if (sizes[axis] == 1) sizes[axis] = -1;
  r.result("Expand", {{"shape", sizes}}, {x});
}

void readDropout(Reader& r) {
  double p = r.real("ratio", 0.5);
  if (const Tensor* ratio = r.initializer(1); ratio && ratio->type == Type::f32 && ratio->bytes.size() == sizeof(float))
    p = double(ratio->values<float>()[0]);
  r.result("Dropout", {{"p", p}}, {r.in(0)});
}

}  // namespace

Family structure() {
  return {{{"Identity", writeNothing},
           {"Dropout", writeNothing},
           {"Flatten", writeFlatten},
           {"Reshape", writeReshape},
           {"Permute", writePermute},
           {"Slice", writeSlice},
           {"Concatenate", writeConcatenate},
           {"Expand", writeExpand}},
          {{"Identity", [](Reader& r) { r.result("Identity", {}, {r.in(0)}); }},
           {"Dropout", readDropout},
           {"Flatten", readFlatten},
           {"Reshape", readReshape},
           {"Transpose", readTranspose},
           {"Slice", readSlice},
           {"Concat", readConcat},
           {"Expand", readExpand}}};
}

}  // namespace engine::formats::onnx
