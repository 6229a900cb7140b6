// What works on words and times: embeddings, attention; and random numbers, which are their mean outside of training.
#include <cmath>
#include <limits>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

void writeEmbedding(Writer& w) { w.result("Gather", {w.parameter("weight"), w.in(0)}, {{"axis", int64_t(0)}}); }

void readGather(Reader& r) {
  const Tensor* table = r.initializer(0);
  if (!table || table->shape.rank() != 2 || r.integer("axis", 0) != 0 || r.initializer(1))
    return r.fail("a Gather as embeddings have it: rows of a table that the file gives, by class numbers", "another one");
  r.result("Embedding", {{"num_embeddings", table->shape[0]}, {"embedding_dim", table->shape[1]}}, {r.in(1)}, {{"weight", *table}});
}

void writeNormal(Writer& w) {
  const std::string zeros = w.add("Mul", {w.in(0), w.number("none", 0)});
  w.result("Add", {zeros, w.number("mean", w.real("mean"))});
}

// Opset 17 has no attention: softmax(scale q k' + mask) v, with a mask of 0 and -infinity.
void writeAttention(Writer& w) {
  const Shape &q = w.inShape(0), &k = w.inShape(1);
  const int rank = q.rank();
  const int64_t width = q[-1], queries = q[-2], keys = k[-2];
  if (width < 0) return w.fail("a known number of channels", q);
  const double given = w.real("scale"), scale = given != 0 ? given : 1 / std::sqrt(double(width));
  std::vector<int64_t> turned;
  for (int axis = 0; axis < rank; ++axis) turned.push_back(axis);
  std::swap(turned[size_t(rank - 1)], turned[size_t(rank - 2)]);
  const std::string scaled = w.add("Mul", {w.in(0), w.number("scale", scale)});
  std::string scores = w.add("MatMul", {scaled, w.add("Transpose", {w.in(1)}, {{"perm", turned}})});
  if (w.flag("is_causal")) {
    if (queries < 0 || keys < 0) return w.fail("a known number of queries and keys, for the mask", queries < 0 ? q : k);
    std::vector<float> mask;
    mask.reserve(size_t(queries * keys));
    for (int64_t i = 0; i < queries; ++i)
      for (int64_t j = 0; j < keys; ++j) mask.push_back(j <= i ? 0.0f : -std::numeric_limits<float>::infinity());
    scores = w.add("Add", {scores, w.numbers("mask", {queries, keys}, mask)});
  }
  w.result("MatMul", {w.add("Softmax", {scores}, {{"axis", int64_t(-1)}}), w.in(2)});
}

}  // namespace

Family sequences() {
  return {{{"Embedding", writeEmbedding}, {"Normal", writeNormal}, {"ScaledDotProductAttention", writeAttention}}, {{"Gather", readGather}}};
}

}  // namespace engine::formats::onnx
