// Elements by their places: gather, scatter, the largest and where they stand, padding, running sums, and what is put together from
// these and from comparisons with places: one-hot numbers, triangles of matrices, sequences turned round.
#include <algorithm>
#include <map>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/steps.h"
#include "engine/formats/onnx/tensors.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {


// An axis that exists, from the start; -1 after a failure.
int axisOf(Reader& r, int64_t axis, const Shape& shape) {
  const int64_t at = fromStart(axis, shape);
  if (at >= 0 && at < shape.rank()) return int(at);
  r.fail(Message("an axis of {0}", shape), Message("{0}", axis));
  return -1;
}

Value cast(Reader& r, Value v, Type type) {
  if (!v || r.typeOf(v) == type) return v;
  return r.add("Cast", {{"dtype", std::string(wordOfType(type))}}, {v});
}
Value choose(Reader& r, Value condition, Value yes, Value no) { return r.add("Where", {}, {condition, yes, no}); }

// Whole numbers of which those below 0 count from the end.
Value fromStart(Reader& r, Value places, Value size) {
  return choose(r, r.add("Less", {}, {places, r.single(0, r.typeOf(places))}), r.add("Add", {}, {places, size}), places);
}

void writeIndexSelect(Writer& w) { w.result("Gather", {w.in(0), w.in(1)}, {{"axis", w.integer("dim")}}); }
// Rows of a table of the file by numbers that are calculated are an embedding.
void readGather(Reader& r) {
  const Tensor* table = r.inFile(0);
  const int64_t axis = r.integer("axis", 0);
  if (const Tensor *known = r.inFile(0), *index = r.initializer(1); known && index && index->type == Type::i64 && axis >= 0 && axis < known->shape.rank()) {
    const int64_t size = known->shape[int(axis)];
    for (int64_t place : index->values<int64_t>())
      if (place < -size || place >= size) return r.fail(Message("places among the {0} of axis {1}", size, axis), Message("{0}", place));
  }
  const bool embeds = table && isFloating(table->type) && table->shape.rank() == 2 && table->shape.elements() > 0 && axis == 0 && !r.inFile(1);
  if (!embeds) return r.result("IndexSelect", {{"dim", axis}}, {r.in(0), r.in(1)});
  r.result("Embedding", {{"num_embeddings", table->shape[0]}, {"embedding_dim", table->shape[1]}}, {cast(r, r.in(1), Type::i64)}, {{"weight", *table}});
}

void writeGather(Writer& w) { w.result("GatherElements", {w.in(0), w.in(1)}, {{"axis", w.integer("dim")}}); }
void readGatherElements(Reader& r) { r.result("Gather", {{"dim", r.integer("axis", 0)}}, {r.in(0), r.in(1)}); }

struct Reduction {
  const char *theirs, *ours;
  int64_t opset;  // since when ONNX has it
};
constexpr Reduction kReductions[] = {{"none", "none", 1}, {"add", "sum", 16}, {"mul", "prod", 16}, {"max", "amax", 18}, {"min", "amin", 18}};

void writeScatter(Writer& w) {
  for (const Reduction& reduction : kReductions) {
    if (w.word("reduce") != reduction.ours) continue;
    if (w.opset() < reduction.opset) return w.fail(Message("opset {0} or newer", reduction.opset), Message("{0}", w.opset()));
    Attributes attributes = {{"axis", w.integer("dim")}};
    if (reduction.theirs != std::string("none")) attributes["reduction"] = std::string(reduction.theirs);
    return w.result("ScatterElements", {w.in(0), w.in(1), w.in(2)}, std::move(attributes));
  }
}
// The word of our op; empty after a failure.
std::string reduceOf(Reader& r) {
  const std::string word = r.word("reduction", "none");
  for (const Reduction& reduction : kReductions)
    if (word == reduction.theirs) return reduction.ours;
  r.fail("none, add, mul, max or min", Message("{0}", word));
  return {};
}
void readScatterElements(Reader& r) {
  const std::string reduce = reduceOf(r);
  if (!r.failed()) r.result("Scatter", {{"dim", r.integer("axis", 0)}, {"reduce", reduce}}, {r.in(0), r.in(1), r.in(2)});
}

// Places of several axes at once, in the last axis of `index`, as places along one axis that those from `first` on are joined to.
Value joinedPlaces(Reader& r, Value index, const Shape& x, int first) {
  const int count = int(r.shape(index)[-1]);
  std::vector<int64_t> sizes, strides;
  for (int a = first; a < first + count; ++a) sizes.push_back(x[a]), strides.push_back(x.elements(a + 1, first + count));
  const Value places = fromStart(r, cast(r, index, Type::i64), r.given(listOf(sizes)));
  return r.add("Sum", {{"dim", std::vector<int64_t>{-1}}}, {r.add("Multiply", {}, {places, r.given(listOf(strides))})});
}
bool requireKnown(Reader& r, Value x, Value index, int64_t batch) {
  if (!x || !index) return false;
  const Shape &s = r.shape(x), &i = r.shape(index);
  const bool fits = s.isKnown() && i.isKnown() && i.rank() > batch && batch >= 0 && i[-1] > 0 && batch + i[-1] <= s.rank() && s.elements() <= kTooMany - 1;
  if (!fits) r.fail("known sizes, and places of no more axes than there are", Message("{0} of {1}", i, s));
  return fits;
}

void readGatherND(Reader& r) {
  const Value x = r.in(0), index = r.in(1);
  const int64_t batch = r.integer("batch_dims", 0);
  if (!requireKnown(r, x, index, batch)) return;
  const Shape shape = r.shape(x), places = r.shape(index);
  const int first = int(batch), end = first + int(places[-1]);
  Value at = joinedPlaces(r, index, shape, first);
  Shape y, batches;
  for (int a = 0; a < places.rank() - 1; ++a) y.append(places[a]), batches.append(a < first ? places[a] : 1);
  for (int a = end; a < shape.rank(); ++a) y.append(shape[a]);
  if (first > 0) {
    if (batches.elements() > kMostMade) return r.fail(Message("at most {0} samples", kMostMade), batches);
    std::vector<int64_t> begins;
    for (int64_t i = 0; i < batches.elements(); ++i) begins.push_back(i * shape.elements(first, end));
    at = r.add("Add", {}, {at, r.given(tensorOf(Type::i64, batches, begins))});
  }
  const Value flat = r.reshaped(x, {shape.elements(0, end), shape.elements(end, shape.rank())});
  r.result(r.reshaped(r.add("IndexSelect", {}, {flat, r.reshaped(at, {places.elements(0, places.rank() - 1)})}), y));
}

void readScatterND(Reader& r) {
  const Value x = r.in(0), index = r.in(1), updates = r.in(2);
  const std::string reduce = reduceOf(r);
  if (!requireKnown(r, x, index, 0) || !updates) return;
  const Shape shape = r.shape(x), places = r.shape(index);
  const int end = int(places[-1]);
  const int64_t count = places.elements(0, places.rank() - 1), rest = shape.elements(end, shape.rank());
  if (r.shape(updates).elements() != count * rest) return r.fail(Message("{0} updates of {1} numbers", count, rest), r.shape(updates));
  const Value at = r.reshaped(joinedPlaces(r, index, shape, 0), {count, 1});
  const Value wide = r.add("Expand", {{"shape", std::vector<int64_t>{count, rest}}}, {at});
  const Value flat = r.reshaped(x, {shape.elements(0, end), rest});
  r.result(r.reshaped(r.add("Scatter", {{"reduce", reduce}}, {flat, wide, r.reshaped(updates, {count, rest})}), shape));
}

void writeTopK(Writer& w) {
  const std::vector<std::string> both = w.addAll("TopK", {w.in(0), w.integers("k", {w.integer("k")})}, {"values", "indices"},
                                                 {{"axis", w.integer("dim")}, {"largest", int64_t(w.flag("largest"))}});
  w.same(0, both[0]), w.same(1, both[1]);
}
// k is an attribute below opset 10.
void readTopK(Reader& r) {
  const std::vector<int64_t> k = r.has("k") ? std::vector<int64_t>{r.integer("k", 0)} : r.numbers(1);
  if (r.failed() || k.size() != 1) return r.fail("one number k", Message("{0}", k.size()));
  const Value v = r.add("TopK", {{"k", k[0]}, {"dim", r.integer("axis", -1)}, {"largest", r.integer("largest", 1) != 0}}, {r.in(0)});
  if (v) r.results({v, {v.node, 1}});
}

void writeArgMax(Writer& w) { w.result("ArgMax", {w.in(0)}, {{"axis", w.integer("dim")}, {"keepdims", int64_t(w.flag("keepdim"))}}); }
// The smallest is the largest of what runs the other way; the last one the first from behind.
void readArg(Reader& r) {
  Value x = r.in(0);
  if (!x) return;
  const int axis = axisOf(r, r.integer("axis", 0), r.shape(x));
  if (axis < 0) return;
  if (r.node().op == "ArgMin") {
    const Type type = r.typeOf(x);
    x = isFloating(type) ? r.add("Neg", {}, {x}) : r.add("Subtract", {}, {r.single(type == Type::u8 ? 255 : -1, type), x});
  }
  const bool last = r.integer("select_last_index", 0) != 0;
  const int64_t size = r.shape(x)[axis];
  if (last) x = r.add("Slice", {{"dim", int64_t(axis)}, {"start", int64_t(-1)}, {"end", std::numeric_limits<int64_t>::min()}, {"step", int64_t(-1)}}, {x});
  const Value place = r.add("ArgMax", {{"dim", int64_t(axis)}, {"keepdim", r.integer("keepdims", 1) != 0}}, {x});
  if (last && size < 0) return r.fail("an axis of known size", r.shape(x));
  r.result(last ? r.add("Subtract", {}, {r.single(double(size - 1), Type::i64), place}) : place);
}

void writeCumSum(Writer& w) {
  w.result("CumSum", {w.in(0), w.integers("axis", {w.integer("dim")})}, {{"exclusive", int64_t(w.flag("exclusive"))}, {"reverse", int64_t(w.flag("reverse"))}});
}
void readCumSum(Reader& r) {
  r.result("CumSum", {{"dim", int64_t(r.number(1, 0))}, {"exclusive", r.integer("exclusive", 0) != 0}, {"reverse", r.integer("reverse", 0) != 0}}, {r.in(0)});
}

// PyTorch has the last axis first.
void writePad(Writer& w) {
  const std::vector<int64_t> pad = w.integers("pad");
  const int rank = w.inShape(0).rank();
  std::vector<int64_t> pads(size_t(2 * rank), 0);
  for (size_t i = 0; i < pad.size(); ++i) pads[size_t(rank - 1) - i / 2 + (i % 2 ? size_t(rank) : 0)] = pad[i];
  const std::string mode = w.word("mode");
  std::vector<std::string> inputs = {w.in(0), w.integers("pads", pads)};
  if (mode == "constant") {
    const Tensor value = filled({}, w.inType(0), w.real("value"));
    inputs.push_back(w.tensor("value", value));
  }
  w.result("Pad", std::move(inputs), {{"mode", mode == "replicate" ? std::string("edge") : mode}});
}
// Attributes below opset 11, inputs from then on, from 18 on of the axes that are named alone.
void readPad(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  const Shape& shape = r.shape(x);
  const std::vector<int64_t> pads = r.has("pads") ? r.integers("pads") : r.has("paddings") ? r.integers("paddings") : r.numbers(1);
  std::vector<int64_t> axes;
  if (r.has(3)) axes = r.numbers(3);
  else
    for (int a = 0; a < shape.rank(); ++a) axes.push_back(a);
  const double value = r.has("value") ? r.real("value", 0) : r.number(2, 0);
  if (r.failed()) return;
  if (pads.size() != 2 * axes.size()) return r.fail(Message("two numbers for each of {0} axes", axes.size()), Message("{0}", pads.size()));
  std::vector<int64_t> pad(size_t(2 * shape.rank()), 0);
  for (size_t i = 0; i < axes.size(); ++i) {
    const int axis = axisOf(r, axes[i], shape);
    if (axis < 0) return;
    const size_t at = size_t(2 * (shape.rank() - 1 - axis));
    pad[at] = pads[i], pad[at + 1] = pads[i + axes.size()];
  }
  while (pad.size() >= 2 && pad.back() == 0 && pad[pad.size() - 2] == 0) pad.resize(pad.size() - 2);
  const std::string mode = r.word("mode", "constant");
  r.result("Pad", {{"pad", pad}, {"mode", mode == "edge" ? std::string("replicate") : mode}, {"value", value}}, {x});
}

// The places along an axis that is new, or that they are compared along, against those that are named.
Value isPlace(Reader& r, Value places, int64_t size, int axis) { return r.add("Equal", {}, {places, r.given(placesAlong(size, axis, r.shape(places).rank()))}); }

void readOneHot(Reader& r) {
  Value index = cast(r, r.in(0), Type::i64);
  const Value values = r.in(2);
  const double depth = r.number(1, 0);
  if (r.failed()) return;
  if (!(depth >= 0 && depth <= double(kMostMade)) || r.shape(index).rank() >= Shape::kMaxRank) return r.fail(Message("a depth of at most {0}", kMostMade), Message("{0}", depth));
  Shape wide;
  const int rank = r.shape(index).rank() + 1;
  const int64_t given = r.integer("axis", -1), axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis >= rank) return r.fail(Message("an axis of {0}", rank), Message("{0}", given));
  for (int a = 0; a < rank; ++a) wide.append(a == axis ? 1 : r.shape(index)[a < axis ? a : a - 1]);
  index = fromStart(r, r.reshaped(index, wide), r.single(depth, Type::i64));
  const auto value = [&](int64_t at) { return r.reshaped(r.add("Slice", {{"dim", int64_t(0)}, {"start", at}, {"end", at + 1}}, {values}), {}); };
  r.result(choose(r, isPlace(r, index, int64_t(depth), int(axis)), value(1), value(0)));
}

// Below opset 13 all axes from the given one on are one.
void readHardmax(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  constexpr int64_t kOpsetOfAxes = 13;
  const bool joins = r.opset() < kOpsetOfAxes;
  const Shape shape = r.shape(x);
  const int axis = axisOf(r, r.integer("axis", joins ? 1 : -1), shape);
  if (axis < 0) return;
  const Value v = joins ? r.reshaped(x, {shape.elements(0, axis), shape.elements(axis, shape.rank())}) : x;
  const int dim = joins ? 1 : axis;
  const int64_t size = r.shape(v)[dim];
  if (size < 0 || size > kMostMade) return r.fail("an axis of known size", shape);
  const Value largest = r.add("ArgMax", {{"dim", int64_t(dim)}, {"keepdim", true}}, {v});
  r.result(r.reshaped(r.add("Cast", {}, {isPlace(r, largest, size, dim)}), shape));
}

void readTrilu(Reader& r) {
  const Value x = r.in(0);
  const double k = r.number(1, 0);
  if (!x || r.failed()) return;
  const Shape& shape = r.shape(x);
  const bool upper = r.integer("upper", 1) != 0;
  if (shape.rank() < 2 || shape[-1] < 0 || shape[-2] < 0 || shape.elements(shape.rank() - 2, shape.rank()) > kMostOfMask)
    return r.fail("matrices of known size", shape);
  std::vector<uint8_t> stays;
  for (int64_t row = 0; row < shape[-2]; ++row)
    for (int64_t column = 0; column < shape[-1]; ++column) stays.push_back(upper ? double(column - row) >= k : double(column - row) <= k);
  const Value mask = r.given(tensorOf(Type::boolean, {shape[-2], shape[-1]}, stays));
  r.result(choose(r, mask, x, r.single(0, r.typeOf(x))));
}

void readReverseSequence(Reader& r) {
  const Value x = r.in(0), lengths = cast(r, r.in(1), Type::i64);
  if (!x || !lengths) return;
  const Shape shape = r.shape(x);
  const int time = axisOf(r, r.integer("time_axis", 0), shape), batch = axisOf(r, r.integer("batch_axis", 1), shape);
  if (r.failed()) return;
  if (!shape.isKnown() || time == batch || shape[time] > kMostMade) return r.fail("sequences of known sizes", shape);
  Shape wide;
  for (int a = 0; a < shape.rank(); ++a) wide.append(a == batch ? shape[batch] : 1);
  const Value count = r.reshaped(lengths, wide), places = r.given(placesAlong(shape[time], time, shape.rank()));
  const Value turned = r.add("Subtract", {}, {r.add("Subtract", {}, {count, r.single(1, Type::i64)}), places});
  const Value from = choose(r, r.add("Less", {}, {places, count}), turned, places);
  r.result("Gather", {{"dim", int64_t(time)}}, {x, r.add("Expand", {{"shape", std::vector<int64_t>(shape.begin(), shape.end())}}, {from})});
}

// Where how much comes out follows from the numbers, they must be known.
void readCompress(Reader& r) {
  Value x = r.in(0);
  const Tensor* condition = r.initializer(1);
  if (!condition || condition->type != Type::boolean) return r.fail("a condition that the file gives", "another one");
  if (!x) return;
  if (!r.has("axis")) x = r.reshaped(x, {r.shape(x).elements()});
  std::vector<int64_t> places;
  for (size_t i = 0; i < condition->bytes.size(); ++i)
    if (condition->bytes[i]) places.push_back(int64_t(i));
  r.result("IndexSelect", {{"dim", r.integer("axis", 0)}}, {x, r.given(listOf(places))});
}

void readNonZero(Reader& r) {
  const Tensor* x = r.initializer(0);
  if (!x || x->shape.elements() > kMostMade) return r.fail("numbers that the file gives", "others");
  std::vector<int64_t> found;
  const auto find = [&]<class U>() {
    const auto values = x->values<std::conditional_t<std::is_same_v<U, bool>, uint8_t, U>>();
    for (size_t i = 0; i < values.size(); ++i)
      if (values[i] != 0) found.push_back(int64_t(i));
  };
  if (x->type == Type::f64) find.operator()<double>();
  else withType<float>(x->type, find);
  std::vector<int64_t> places;
  for (int a = 0; a < x->shape.rank(); ++a)
    for (int64_t i : found) places.push_back(i / x->shape.elements(a + 1, x->shape.rank()) % x->shape[a]);
  r.constant(tensorOf(Type::i64, {x->shape.rank(), int64_t(found.size())}, places));
}

// Different parts along an axis, or different numbers: sorted, or as they come.
template <class T>
void unique(Reader& r, const Tensor& x, bool sorted, int axis) {
  const std::vector<T> all = x.values<T>();
  const Shape shape = axis < 0 ? Shape{x.shape.elements()} : x.shape;
  const int along = std::max(axis, 0);
  const int64_t size = shape[along], outer = shape.elements(0, along), inner = shape.elements(along + 1, shape.rank());
  const auto part = [&](int64_t i) {
    std::vector<T> values;
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t k = 0; k < inner; ++k) values.push_back(all[size_t((o * size + i) * inner + k)]);
    return values;
  };
  std::map<std::vector<T>, int64_t> seen;  // the first place of each
  for (int64_t i = 0; i < size; ++i) seen.try_emplace(part(i), i);
  std::vector<int64_t> firsts;
  for (const auto& [values, place] : seen) firsts.push_back(place);
  if (!sorted) std::sort(firsts.begin(), firsts.end());
  std::map<int64_t, int64_t> number;
  for (int64_t place : firsts) number.emplace(place, int64_t(number.size()));
  std::vector<int64_t> inverse, counts(firsts.size(), 0);
  for (int64_t i = 0; i < size; ++i) {
    inverse.push_back(number[seen[part(i)]]);
    ++counts[size_t(inverse.back())];
  }
  Shape y = shape;
  y[along] = int64_t(firsts.size());
  std::vector<T> values;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t place : firsts)
      for (int64_t k = 0; k < inner; ++k) values.push_back(all[size_t((o * size + place) * inner + k)]);
  r.results({r.given(tensorOf(x.type, y, values)), r.given(listOf(firsts)), r.given(listOf(inverse)), r.given(listOf(counts))});
}
void readUnique(Reader& r) {
  const Tensor* x = r.initializer(0);
  constexpr int64_t kMost = 1 << 20;
  if (!x || x->shape.elements() > kMost) return r.fail("numbers that the file gives", "others");
  const int axis = r.has("axis") ? axisOf(r, r.integer("axis", 0), x->shape) : -1;
  const bool sorted = r.integer("sorted", 1) != 0;
  if (r.failed()) return;
  switch (x->type) {
    case Type::f32: return unique<float>(r, *x, sorted, axis);
    case Type::f64: return unique<double>(r, *x, sorted, axis);
    case Type::i64: return unique<int64_t>(r, *x, sorted, axis);
    case Type::i32: return unique<int32_t>(r, *x, sorted, axis);
    case Type::u8:
    case Type::boolean: return unique<uint8_t>(r, *x, sorted, axis);
  }
}

}  // namespace

Family selections() {
  return {{{"IndexSelect", writeIndexSelect},
           {"Gather", writeGather},
           {"Scatter", writeScatter},
           {"TopK", writeTopK},
           {"ArgMax", writeArgMax},
           {"CumSum", writeCumSum},
           {"Pad", writePad}},
          {{"Gather", readGather},
           {"GatherElements", readGatherElements},
           {"GatherND", readGatherND},
           {"Scatter", readScatterElements},
           {"ScatterElements", readScatterElements},
           {"ScatterND", readScatterND},
           {"TopK", readTopK},
           {"ArgMax", readArg},
           {"ArgMin", readArg},
           {"CumSum", readCumSum},
           {"Pad", readPad},
           {"OneHot", readOneHot},
           {"Hardmax", readHardmax},
           {"Trilu", readTrilu},
           {"ReverseSequence", readReverseSequence},
           {"Compress", readCompress},
           {"NonZero", readNonZero},
           {"Unique", readUnique}}};
}

}  // namespace engine::formats::onnx
