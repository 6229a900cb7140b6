// What works on words and times: embeddings, attention, LSTM; and random numbers, which are their mean outside of training.
#include <cmath>
#include <limits>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/tensors.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

void writeEmbedding(Writer& w) { w.result("Gather", {w.parameter("weight"), w.in(0)}, {{"axis", int64_t(0)}}); }

void writeNormal(Writer& w) {
  const std::string zeros = w.add("Mul", {w.in(0), w.number("none", 0)});
  w.result("Add", {zeros, w.number("mean", w.real("mean"))});
}

// Where the key is at most as far as the query, by the sizes that the scores have when the file runs.
std::string causalMask(Writer& w, const std::string& scores) {
  const std::string sizes = w.add("Shape", {scores}), first = w.tensor("first", numberOf(0)), step = w.tensor("step", numberOf(1));
  const auto places = [&](int64_t axis) { return w.add("Range", {first, w.add("Gather", {sizes, w.tensor("axis", numberOf(axis))}), step}); };
  const std::string queries = w.add("Unsqueeze", {places(-2), w.integers("upright", {1})});
  return w.add("Where", {w.add("LessOrEqual", {places(-1), queries}), w.number("seen", 0), w.number("hidden", -std::numeric_limits<double>::infinity())});
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
  if (w.flag("is_causal") && w.sizesFollow()) {
    scores = w.add("Add", {scores, causalMask(w, scores)});
  } else if (w.flag("is_causal")) {
    if (queries < 0 || keys < 0) return w.fail("a known number of queries and keys, for the mask", queries < 0 ? q : k);
    std::vector<float> mask;
    mask.reserve(size_t(queries * keys));
    for (int64_t i = 0; i < queries; ++i)
      for (int64_t j = 0; j < keys; ++j) mask.push_back(j <= i ? 0.0f : -std::numeric_limits<float>::infinity());
    scores = w.add("Add", {scores, w.numbers("mask", {queries, keys}, mask)});
  }
  w.result("MatMul", {w.add("Softmax", {scores}, {{"axis", int64_t(-1)}}), w.in(2)});
}

// Gates by their blocks of rows: ours are PyTorch's i, f, g, o; ONNX has i, o, f, c, where c is g.
constexpr size_t kGates = 4;
constexpr size_t kOursInOnnx[kGates] = {0, 3, 1, 2};
void appendBlocks(const float* from, size_t block, const size_t (&order)[kGates], std::vector<float>& to) {
  for (size_t gate : order) to.insert(to.end(), from + gate * block, from + (gate + 1) * block);
}

// ONNX's has the time first, an axis for the direction, and both biases in one.
void writeLSTM(Writer& w) {
  const int64_t hidden = w.integer("hidden_size"), features = w.inShape(0)[2];
  if (features < 0) return w.fail("a known number of features", w.inShape(0));
  const bool batchFirst = w.flag("batch_first");
  const std::vector<float> ih = w.values("weight_ih_l0"), hh = w.values("weight_hh_l0");
  if (ih.size() != size_t(4 * hidden * features) || hh.size() != size_t(4 * hidden * hidden)) return w.fail("weights of the network's sizes", "others");
  std::vector<float> ofX, ofH, biases;
  appendBlocks(ih.data(), size_t(hidden * features), kOursInOnnx, ofX);
  appendBlocks(hh.data(), size_t(hidden * hidden), kOursInOnnx, ofH);
  if (w.flag("bias"))
    for (const char* name : {"bias_ih_l0", "bias_hh_l0"}) {
      const std::vector<float> bias = w.values(name);
      if (bias.size() != size_t(4 * hidden)) return w.fail("biases of the network's sizes", "others");
      appendBlocks(bias.data(), size_t(hidden), kOursInOnnx, biases);
    }
  const std::string x = batchFirst ? w.add("Transpose", {w.in(0)}, {{"perm", std::vector<int64_t>{1, 0, 2}}}) : w.in(0);
  std::vector<std::string> inputs = {x, w.numbers("W", {1, 4 * hidden, features}, ofX), w.numbers("R", {1, 4 * hidden, hidden}, ofH),
                                     biases.empty() ? "" : w.numbers("B", {1, 8 * hidden}, biases), "",
                                     w.connected(1) ? w.in(1) : "", w.connected(2) ? w.in(2) : ""};
  while (inputs.back().empty()) inputs.pop_back();
  const std::vector<std::string> results = w.addAll("LSTM", std::move(inputs), {"Y", "Y_h", "Y_c"}, {{"hidden_size", hidden}});
  const std::vector<int64_t> order = batchFirst ? std::vector<int64_t>{2, 0, 1, 3} : std::vector<int64_t>{0, 2, 1, 3};
  w.result("Reshape", {w.add("Transpose", {results[0]}, {{"perm", order}}), w.integers("sizes", {0, 0, hidden})});
  w.same(1, results[1]);
  w.same(2, results[2]);
}

}  // namespace

Family sequences() {
  return {{{"Embedding", writeEmbedding}, {"Normal", writeNormal}, {"ScaledDotProductAttention", writeAttention}, {"LSTM", writeLSTM}},
          {}};
}

}  // namespace engine::formats::onnx
