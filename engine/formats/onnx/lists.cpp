// Lists of tensors, as exports of torch.split and of loops over parts have them: what is in a list is known while the file is read, so
// that they leave nothing in the network but the tensors.
#include <algorithm>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/tensors.h"

namespace engine::formats::onnx {

namespace {

constexpr int64_t kMostParts = 1 << 12;

// The place in a list that input `input` names, below 0 from the end; `otherwise` where it names none. -1 after a failure.
int64_t placeIn(Reader& r, int input, int64_t size, int64_t otherwise) {
  if (!r.has(input)) return otherwise;
  const double given = r.number(input, 0);
  if (r.failed()) return -1;
  const int64_t place = castTo<int64_t>(given < 0 ? given + double(size) : given);
  if (place >= 0 && place <= size) return place;
  r.fail(Message("a place in a list of {0}", size), Message("{0}", given));
  return -1;
}

void readConstruct(Reader& r) {
  std::vector<Value> list;
  for (int i = 0; i < int(r.node().inputs.size()) && !r.failed(); ++i) list.push_back(r.in(i));
  r.resultList(std::move(list));
}
void readInsert(Reader& r) {
  std::vector<Value> list = r.list(0);
  const Value v = r.in(1);
  const int64_t place = placeIn(r, 2, int64_t(list.size()), int64_t(list.size()));
  if (r.failed()) return;
  list.insert(list.begin() + place, v);
  r.resultList(std::move(list));
}
void readErase(Reader& r) {
  std::vector<Value> list = r.list(0);
  const int64_t place = placeIn(r, 1, int64_t(list.size()), int64_t(list.size()) - 1);
  if (r.failed()) return;
  if (place < 0 || place >= int64_t(list.size())) return r.fail("a list that is not empty", "an empty one");
  list.erase(list.begin() + place);
  r.resultList(std::move(list));
}
void readAt(Reader& r) {
  const std::vector<Value> list = r.list(0);
  const int64_t place = placeIn(r, 1, int64_t(list.size()), -1);
  if (r.failed()) return;
  if (place < 0 || place >= int64_t(list.size())) return r.fail(Message("a place in a list of {0}", list.size()), Message("{0}", place));
  r.result("Identity", {}, {list[size_t(place)]});
}
void readLength(Reader& r) {
  const std::vector<Value> list = r.list(0);
  if (!r.failed()) r.constant(numberOf(int64_t(list.size())));
}

// With new_axis each gets an axis of size 1 first.
void readConcat(Reader& r) {
  std::vector<Value> list = r.list(0);
  if (r.failed()) return;
  if (list.empty()) return r.fail("a list that is not empty", "an empty one");
  const int64_t given = r.integer("axis", 0);
  const bool added = r.integer("new_axis", 0) != 0;
  const int64_t rank = r.shape(list[0]).rank() + (added ? 1 : 0), axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis >= rank || rank > Shape::kMaxRank) return r.fail(Message("an axis of {0}", rank), Message("{0}", given));
  for (Value& v : list) {
    if (!added) continue;
    const Shape x = r.shape(v);
    Shape wide;
    for (int a = 0; a < x.rank() + 1; ++a) wide.append(a == axis ? 1 : x[a < axis ? a : a - 1]);
    v = r.reshaped(v, wide);
  }
  r.result("Concatenate", {{"dim", axis}}, std::move(list));
}

// In parts of one size, of the sizes given, or of size 1, which then may go.
void readSplit(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  const Shape shape = r.shape(x);
  const int64_t given = r.integer("axis", 0), axis = given < 0 ? given + shape.rank() : given;
  const int64_t size = axis >= 0 && axis < shape.rank() ? shape[int(axis)] : kUnknown;
  if (size < 0) return r.fail(Message("an axis of {0} of known size", shape), Message("{0}", given));
  std::vector<int64_t> sizes;
  const Tensor* split = r.initializer(1);
  if (split && split->shape.rank() > 0) sizes = r.numbers(1);
  else {
    const double each = r.number(1, 1);
    if (r.failed()) return;
    if (!(each >= 1) || double(size) / each > double(kMostParts)) return r.fail(Message("at most {0} parts", kMostParts), Message("{0} in parts of {1}", size, each));
    const int64_t part = castTo<int64_t>(each);
    for (int64_t begin = 0; begin < size; begin += std::min(part, size)) sizes.push_back(std::min(part, size - begin));
  }
  if (r.failed()) return;
  if (int64_t(sizes.size()) > kMostParts) return r.fail(Message("at most {0} parts", kMostParts), Message("{0}", sizes.size()));
  std::vector<Value> list;
  int64_t begin = 0;
  for (int64_t part : sizes) {
    if (part < 0 || part > size - begin) return r.fail(Message("sizes that add up to axis {0} of {1}", axis, shape), "others");
    Value v = r.add("Slice", {{"dim", axis}, {"start", begin}, {"end", begin + part}}, {x});
    begin += part;
    if (!r.has(1) && !r.integer("keepdims", 1)) {
      Shape without;
      for (int a = 0; a < shape.rank(); ++a)
        if (a != axis) without.append(shape[a]);
      v = r.reshaped(v, without);
    }
    list.push_back(v);
  }
  r.resultList(std::move(list));
}

}  // namespace

Family lists() {
  return {{},
          {{"SequenceEmpty", [](Reader& r) { r.resultList({}); }},
           {"SequenceConstruct", readConstruct},
           {"SequenceInsert", readInsert},
           {"SequenceErase", readErase},
           {"SequenceAt", readAt},
           {"SequenceLength", readLength},
           {"ConcatFromSequence", readConcat},
           {"SplitToSequence", readSplit}}};
}

}  // namespace engine::formats::onnx
