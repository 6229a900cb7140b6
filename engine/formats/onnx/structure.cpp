// What moves elements without changing them: flatten, reshape, permute, slice, concatenate, expand, and what is put together from
// these; and dropout, which does nothing outside of training.
#include <algorithm>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/steps.h"
#include "engine/formats/onnx/tensors.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

void writeNothing(Writer& w) { w.same(0, w.in(0)); }

// A batch without a number is an axis that the input has too (0 copies it), or what is left over (-1).
void writeFlatten(Writer& w) {
  const Shape &x = w.inShape(0), &y = w.outShape(0);
  if (y == x) return writeNothing(w);
  if (x.rank() >= 2 && w.integer("start_dim") == 1 && fromStart(w.integer("end_dim"), x) == x.rank() - 1)
    return w.result("Flatten", {w.in(0)}, {{"axis", int64_t(1)}});
  const int64_t start = fromStart(w.integer("start_dim"), x), end = fromStart(w.integer("end_dim"), x);
  if (w.sizesFollow() && start >= 0 && end < x.rank() && x.rank() > 0) {
    // Sizes in front are copied by a 0; those behind have other places now.
    std::vector<int64_t> front(size_t(start), 0);
    front.push_back(-1);
    std::string to = w.integers("sizes", front);
    if (end + 1 < x.rank()) {
      const std::string behind = w.add("Slice", {w.add("Shape", {w.in(0)}), w.integers("first", {end + 1}), w.integers("last", {x.rank()})});
      to = w.add("Concat", {to, behind}, {{"axis", int64_t(0)}});
    }
    return w.result("Reshape", {w.in(0), to});
  }
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

// The size of an axis, counted along.
void writeArange(Writer& w) {
  const std::string size = w.add("Gather", {w.add("Shape", {w.in(0)}), w.tensor("axis", numberOf(fromStart(w.integer("dim"), w.inShape(0))))});
  w.result("Range", {w.tensor("first", numberOf(0)), size, w.tensor("step", numberOf(1))});
}

void readFlatten(Reader& r) {
  const Value x = r.in(0);
  const Shape& shape = r.shape(x);
  const int64_t axis = fromStart(r.integer("axis", 1), shape);
  if (!x) return;
  if (axis == 1 && shape.rank() >= 2) return r.result("Flatten", {}, {x});
  if (axis < 0 || axis > shape.rank()) return r.fail(Message("an axis of {0}", shape), Message("{0}", axis));
  r.result(r.reshaped(x, {shape.elements(0, int(axis)), shape.elements(int(axis), shape.rank())}));
}

void writeReshape(Writer& w) {
  Attributes attributes;
  if (w.flag("allowzero")) attributes["allowzero"] = int64_t(1);
  w.result("Reshape", {w.in(0), w.integers("sizes", w.integers("shape"))}, std::move(attributes));
}
void writeSplitHeads(Writer& w) {
  std::vector<int64_t> sizes(size_t(w.inShape(0).rank()) - 1, 0);  // what is there
  sizes.push_back(w.integer("num_heads"));
  sizes.push_back(std::max<int64_t>(w.outShape(0)[-1], -1));
  w.result("Reshape", {w.in(0), w.integers("sizes", sizes)});
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
// Below opset 10 all is in attributes, and there are no steps.
void readSlice(Reader& r) {
  const bool attributes = r.has("starts");
  const std::vector<int64_t> starts = attributes ? r.integers("starts") : r.numbers(1), ends = attributes ? r.integers("ends") : r.numbers(2);
  std::vector<int64_t> axes = r.has("axes") ? r.integers("axes") : !attributes && r.has(3) ? r.numbers(3) : std::vector<int64_t>();
  std::vector<int64_t> steps = !attributes && r.has(4) ? r.numbers(4) : std::vector<int64_t>();
  if (axes.empty())
    for (size_t i = 0; i < starts.size(); ++i) axes.push_back(int64_t(i));
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    return r.fail("a start, an end, an axis and a step for each part", "others");
  Value v = r.in(0);
  for (size_t i = 0; i < starts.size() && !r.failed(); ++i)
    v = r.add("Slice", {{"dim", axes[i]}, {"start", starts[i]}, {"end", ends[i]}, {"step", steps[i]}}, {v});
  r.result(starts.empty() ? r.add("Identity", {}, {v}) : v);
}

// Sizes are an attribute, an input from opset 13 on, or equal ones, of which the last may be smaller.
void readSplit(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  const Shape& shape = r.shape(x);
  const int64_t axis = fromStart(r.integer("axis", 0), shape), parts = r.integer("num_outputs", r.outputCount());
  if (axis < 0 || axis >= shape.rank()) return r.fail(Message("an axis of {0}", shape), Message("{0}", axis));
  std::vector<int64_t> sizes = r.has(1) ? r.numbers(1) : r.integers("split");
  const int64_t size = shape[int(axis)];
  if (!r.has(1) && !r.has("split")) {
    if (size < 0 || parts < 1 || parts > r.outputCount()) return r.fail("sizes of the parts, or an axis of known size", Message("{0} of {1}", parts, shape));
    const int64_t each = size / parts + (size % parts != 0);
    int64_t left = size;
    for (int64_t i = 0; i < parts; ++i) {
      sizes.push_back(std::min(left, each));
      left -= sizes.back();
    }
  }
  if (int(sizes.size()) != r.outputCount()) return r.fail(Message("a size for each of the {0} outputs", r.outputCount()), Message("{0}", sizes.size()));
  std::vector<Value> all;
  int64_t begin = 0;
  for (int64_t part : sizes) {
    if (part < 0 || (size >= 0 && part > size - begin)) return r.fail(Message("sizes that add up to axis {0} of {1}", axis, shape), "others");
    all.push_back(r.add("Slice", {{"dim", axis}, {"start", begin}, {"end", begin + part}}, {x}));
    begin += part;
  }
  r.results(all);
}

// Axes of size 1 that come or go.
void readUnsqueeze(Reader& r) {
  const Value x = r.in(0);
  const std::vector<int64_t> axes = r.axes();
  if (!x || r.failed()) return;
  const int rank = r.shape(x).rank() + int(std::min(axes.size(), size_t(Shape::kMaxRank)));
  std::vector<bool> added(size_t(rank), false);
  bool fits = rank <= Shape::kMaxRank;
  for (int64_t axis : axes) {
    const int64_t at = axis < 0 ? axis + rank : axis;
    fits = fits && at >= 0 && at < rank && !added[size_t(at)];
    if (fits) added[size_t(at)] = true;
  }
  if (!fits) return r.fail(Message("different axes of at most {0}", Shape::kMaxRank), Message("{0} beside {1}", axes.size(), r.shape(x)));
  Shape to;
  int from = 0;
  for (int axis = 0; axis < rank; ++axis) to.append(added[size_t(axis)] ? 1 : r.shape(x)[from++]);
  r.result(axes.empty() ? r.add("Identity", {}, {x}) : r.reshaped(x, to));
}
void readSqueeze(Reader& r) {
  const Value x = r.in(0);
  const std::vector<int64_t> axes = r.axes();
  if (!x || r.failed()) return;
  const Shape& shape = r.shape(x);
  std::vector<bool> gone(size_t(shape.rank()), false);
  for (int64_t axis : axes) {
    const int64_t at = fromStart(axis, shape);
    if (at < 0 || at >= shape.rank() || !mayEqual(shape[int(at)], 1)) return r.fail(Message("an axis of size 1 of {0}", shape), Message("{0}", axis));
    gone[size_t(at)] = true;
  }
  Shape to;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (axes.empty() ? shape[axis] != 1 : !gone[size_t(axis)]) to.append(shape[axis]);
  r.result(to == shape ? r.add("Identity", {}, {x}) : r.reshaped(x, to));
}

// Each axis as often as the file says: an axis of size 1 in front of it that is repeated and then joined with it. Where sizes are
// open, tensors behind one another.
void readTile(Reader& r) {
  Value v = r.in(0);
  const std::vector<int64_t> repeats = r.numbers(1);
  if (!v || r.failed()) return;
  const int rank = r.shape(v).rank();
  if (int(repeats.size()) != rank) return r.fail(Message("a number for each axis of {0}", r.shape(v)), Message("{0}", repeats.size()));
  constexpr int64_t kMostCopies = 1 << 10;
  for (int axis = 0; axis < rank && !r.failed(); ++axis) {
    const int64_t times = repeats[size_t(axis)];
    const Shape shape = r.shape(v);
    if (times < 0) return r.fail("numbers of at least 0", Message("{0}", times));
    if (times == 1) continue;
    if (shape.isKnown() && rank < Shape::kMaxRank) {
      Shape apart, wide;
      for (int a = 0; a < rank; ++a) {
        if (a == axis) apart.append(1), wide.append(times);
        apart.append(shape[a]), wide.append(shape[a]);
      }
      v = r.add("Expand", {{"shape", std::vector<int64_t>(wide.begin(), wide.end())}}, {r.reshaped(v, apart)});
      Shape joined = shape;
      if (__builtin_mul_overflow(shape[axis], times, &joined[axis])) return r.fail("sizes that fit into memory", Message("{0} times {1}", times, shape));
      v = r.reshaped(v, joined);
    } else {
      if (times > kMostCopies) return r.fail(Message("at most {0} copies along an axis beside open ones", kMostCopies), Message("{0}", times));
      v = times == 0 ? r.add("Slice", {{"dim", int64_t(axis)}, {"end", int64_t(0)}}, {v})
                     : r.add("Concatenate", {{"dim", int64_t(axis)}}, std::vector<Value>(size_t(times), v));
    }
  }
  r.result(v == r.in(0) ? r.add("Identity", {}, {v}) : v);
}

// Blocks of pixels become channels, and the other way round. DCR: the block's places lie outside of the channels that stay.
void readDepthToSpace(Reader& r) {
  const Value x = r.in(0);
  const int64_t b = r.integer("blocksize", 0);
  if (!x) return;
  const Shape s = r.shape(x);
  const bool fits = s.rank() == 4 && b > 0 && b < (1 << 15) && s[1] >= 0 && s[2] >= 0 && s[3] >= 0 && s[1] % (b * b) == 0;
  if (!fits) return r.fail(Message("pictures whose channels are a multiple of the square of {0}", b), s);
  const int64_t c = s[1] / (b * b);
  const bool crd = r.word("mode", "DCR") == "CRD";
  const Value apart = r.reshaped(x, crd ? Shape{s[0], c, b, b, s[2], s[3]} : Shape{s[0], b, b, c, s[2], s[3]});
  const Value turned = r.add("Permute", {{"dims", crd ? std::vector<int64_t>{0, 1, 4, 2, 5, 3} : std::vector<int64_t>{0, 3, 4, 1, 5, 2}}}, {apart});
  r.result(r.reshaped(turned, {s[0], c, s[2] * b, s[3] * b}));
}
void readSpaceToDepth(Reader& r) {
  const Value x = r.in(0);
  const int64_t b = r.integer("blocksize", 0);
  if (!x) return;
  const Shape s = r.shape(x);
  const bool fits = s.rank() == 4 && b > 0 && b < (1 << 15) && s[1] >= 0 && s[2] >= 0 && s[3] >= 0 && s[2] % b == 0 && s[3] % b == 0;
  if (!fits) return r.fail(Message("pictures whose sides are multiples of {0}", b), s);
  const Value apart = r.reshaped(x, {s[0], s[1], s[2] / b, b, s[3] / b, b});
  const Value turned = r.add("Permute", {{"dims", std::vector<int64_t>{0, 3, 5, 1, 2, 4}}}, {apart});
  r.result(r.reshaped(turned, {s[0], s[1] * b * b, s[2] / b, s[3] / b}));
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
  if (!w.flag("batched")) return w.result("Expand", {w.in(0), w.integers("sizes", sizes)});
  sizes[0] = w.outShape(0)[0];
  if (sizes[0] >= 0) return w.result("Expand", {w.in(0), w.integers("sizes", sizes)});
  std::vector<std::string> parts = {w.batch()};
  if (sizes.size() > 1) parts.push_back(w.integers("sizes", {sizes.begin() + 1, sizes.end()}));
  w.result("Expand", {w.in(0), w.add("Concat", std::move(parts), {{"axis", int64_t(0)}})});
}
void readExpand(Reader& r) {
  const Value x = r.in(0);
  std::vector<int64_t> sizes = r.sizes(1);
  if (!x || r.failed()) return;
  const int rank = r.shape(x).rank();
  while (int(sizes.size()) < rank) sizes.insert(sizes.begin(), 1);
  const size_t extra = sizes.size() - size_t(rank);
  // A sample each, as of a class token.
  const bool batched = !sizes.empty() && sizes[0] == kBatch && !(extra == 0 && r.shape(x)[0] == kBatch);
  for (size_t axis = extra; axis < sizes.size(); ++axis)
    if (sizes[axis] == 1 || (sizes[axis] == kBatch && r.shape(x)[int(axis - extra)] == kBatch)) sizes[axis] = -1;
  if (batched) sizes[0] = 1;
  for (size_t axis = 0; axis < sizes.size(); ++axis)
    if (sizes[axis] < 0 && (axis < extra || sizes[axis] != -1 || r.shape(x)[int(axis - extra)] == kUnknown))
      return r.fail("sizes that do not depend on the batch, but for the first", Message("{0}", Shape(std::span<const int64_t>(sizes))));
  r.result("Expand", {{"shape", sizes}, {"batched", batched}}, {x});
}

// Outside of training nothing is dropped: the mask is true everywhere (before opset 10 it is made of numbers).
void readDropout(Reader& r) {
  double p = r.real("ratio", 0.5);
  if (const Tensor* ratio = r.initializer(1); ratio && ratio->shape.elements() == 1) p = r.number(1, p);
  const Value x = r.in(0), y = r.add("Dropout", {{"p", p}}, {x});
  if (!r.gives(1)) return r.results({y});
  constexpr int64_t kOpsetOfTruths = 10;
  const Value unknown = r.add("IsNaN", {}, {x}), all = r.add("Equal", {}, {unknown, unknown});
  r.results({y, r.opset() >= kOpsetOfTruths ? all : r.add("Cast", {}, {all})});
}

}  // namespace

Family structure() {
  return {{{"Identity", writeNothing}, {"Reroute", writeNothing},
           {"Dropout", writeNothing},
           {"Flatten", writeFlatten},
           {"Arange", writeArange},
           {"Reshape", writeReshape},
           {"SplitHeads", writeSplitHeads},
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
           {"Split", readSplit},
           {"Unsqueeze", readUnsqueeze},
           {"Squeeze", readSqueeze},
           {"Tile", readTile},
           {"DepthToSpace", readDepthToSpace},
           {"SpaceToDepth", readSpaceToDepth},
           {"Concat", readConcat},
           {"Expand", readExpand}}};
}

}  // namespace engine::formats::onnx
