// Small networks with one op each, made from the op's own examples, for tests of what is written to ONNX.
#pragma once
#include <cmath>
#include <cstring>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/onnx.h"
#include "engine/ops/any_type.h"
#include "engine/passes/lower.h"
#include "kernels/pool.h"

namespace onnx_cases {

using namespace engine;
namespace onnx = engine::formats::onnx;

struct Case {
  std::string name;
  onnx::Imported network;  // with the values of its parameters
  int64_t batch = 1;
  std::vector<std::vector<float>> inputs;
  double tolerance = 1e-5;  // relative to the largest magnitude, at least 1

  int64_t numbers() const {
    size_t count = 0;
    for (const auto& input : inputs) count += input.size();
    for (const onnx::Tensor& value : network.values) count += value.bytes.size() / sizeof(float);
    return int64_t(count);
  }
};

// The same everywhere: multiples of 1/1024 of the way from low to high.
inline std::vector<float> drawn(int64_t count, double low, double high, uint64_t seed) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) {
    uint64_t h = (seed * 0x9E3779B97F4A7C15u) + uint64_t(i) * 0xBF58476D1CE4E5B9u + 1;
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
    values.push_back(float(low + (high - low) * double((h >> 33) % 1024) / 1024));
  }
  return values;
}

inline Op of(const OpType& type, const std::shared_ptr<const void>& data) {
  // Through the fields, as a document does it.
  Op op = *Op::named(type.info.name);
  struct Read : FieldVisitor {
    FieldMap map;
    void boolean(const char* n, bool& v, const char*) override { map[n] = v; }
    void integer(const char* n, int64_t& v, Range, const char*) override { map[n] = v; }
    void real(const char* n, double& v, Range, const char*) override { map[n] = v; }
    void choice(const char* n, int& v, std::span<const char* const> words, const char*) override { map[n] = std::string(words[size_t(v)]); }
    void pair(const char* n, Pair& v, Range, const char*) override { map[n] = std::vector<int64_t>{v.height, v.width}; }
    void integers(const char* n, std::vector<int64_t>& v, Range, Length, const char*) override { map[n] = v; }
    void reals(const char* n, std::vector<double>& v, Range, Length, const char*) override { map[n] = v; }
    void text(const char* n, std::string& v, const char*) override { map[n] = v; }
  } read;
  const std::shared_ptr<void> copy = type.copy(data.get());
  type.fields(copy.get(), read);
  for (const auto& [name, value] : read.map) op = *op.set(name, value);
  return op;
}

// Values for everything that the network stores.
inline bool fillStored(Case& c, uint64_t seed) {
  const Inference inference = infer(c.network.network, {c.batch, false, Type::f32});
  if (!inference.ok()) return false;
  for (size_t n = 0; n < c.network.network.nodes.size(); ++n)
    for (const StoredInfo& stored : inference.nodes[n].stored) {
      const std::string name = c.network.network.nodes[n].name + "." + stored.name;
      bool has = false;
      for (const onnx::Tensor& value : c.network.values) has = has || value.name == name;
      if (has) continue;
      const bool variance = stored.name == "running_var";
      const std::vector<float> values = drawn(stored.shape.elements(), variance ? 0.5 : -1, variance ? 1.5 : 1, ++seed);
      c.network.values.push_back({name, Type::f32, stored.shape, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}});
    }
  return true;
}

// The first input with a batch becomes an Input, and so do others with the same batch; the rest are Parameters.
inline std::optional<Case> caseOf(const OpType& type, const Example& example, const std::string& name) {
  Case c{name, {}, 1, {}, std::max(example.tolerance, 1e-5)};
  engine::Node node{of(type, example.op), {}, 1000, "node"};
  for (size_t i = 0; i < example.inputs.size(); ++i) {
    const Shape& shape = example.inputs[i];
    const Draw draw = example.draws.empty() ? Draw{} : example.draws[std::min(i, example.draws.size() - 1)];
    const std::vector<int64_t> sizes(shape.begin(), shape.end());
    const int64_t elements = shape.elements();
    const bool batched = !sizes.empty() && std::find(sizes.begin() + 1, sizes.end(), 0) == sizes.end();
    const std::string own = "x" + std::to_string(i);
    const Value value{int(c.network.network.nodes.size()), 0};
    // Whole numbers: class numbers, or the type's own kind.
    const std::string kind = draw.classes == 0 ? "values" : draw.type == Type::i64 ? "class" : std::string(wordOfType(draw.type));
    std::vector<float> whole = drawn(elements, 0, double(draw.classes), i + 1);
    for (float& number : whole) number = std::floor(number);
    if (draw.classes > 0 && !(batched && (c.inputs.empty() || sizes[0] == c.batch))) {
      if (elements == 0) return std::nullopt;
      c.inputs.push_back(whole);
      c.network.inputs.push_back(value);
      c.network.network.nodes.push_back({Op::with("Input", {{"shape", sizes}, {"kind", kind}, {"batched", false}}), {}, i + 1, own});
      node.inputs.push_back(value);
      continue;
    }
    if (batched && (c.inputs.empty() || sizes[0] == c.batch)) {
      c.batch = sizes[0];
      c.inputs.push_back(draw.classes > 0 ? whole : drawn(elements, draw.low, draw.high, i + 1));
      c.network.network.nodes.push_back({Op::with("Input", {{"shape", std::vector<int64_t>(sizes.begin() + 1, sizes.end())}, {"kind", kind}}), {}, i + 1, own});
      c.network.inputs.push_back(value);
    } else if (elements == 0) {
      c.network.network.nodes.push_back({Op::with("Constant", {{"shape", sizes}}), {}, i + 1, own});
    } else {
      const std::vector<float> values = drawn(elements, draw.low, draw.high, i + 1);
      c.network.values.push_back({own + ".value", Type::f32, shape, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}});
      c.network.network.nodes.push_back({Op::with("Parameter", {{"shape", sizes}}), {}, i + 1, own});
    }
    node.inputs.push_back(value);
  }
  c.network.network.nodes.push_back(node);
  c.network.outputs = {{int(c.network.network.nodes.size()) - 1, 0}};
  c.network.outputNames = {"node"};
  if (!fillStored(c, 100)) return std::nullopt;
  return c;
}

inline std::vector<Case> casesOf(const OpType& type) {
  std::vector<Case> cases;
  if (!type.examples) return cases;
  int number = 0;
  for (const Example& example : type.examples()) {
    const std::string name = std::string(type.info.name) + "." + std::to_string(number++);
    if (std::optional<Case> c = caseOf(type, example, name)) cases.push_back(std::move(*c));
  }
  return cases;
}

// The file's bytes. Any batch where the network allows it, else its own.
inline Result<std::string> written(const Case& c, int64_t opset = 17, bool anyBatch = true) {
  Store store;
  if (Done done = onnx::fill(c.network, c.batch, store); !done) return tl::unexpected(done.error());
  onnx::WriteOptions options;
  options.opset = opset;
  if (anyBatch)
    if (Result<std::string> bytes = onnx::write(c.network.network, c.network.outputs, store, options)) return bytes;
  options.batch = c.batch;
  if (c.batch < 1) return tl::unexpected(Problem{0, {}, Severity::problem, "a batch", "none", {}, {}});
  return onnx::write(c.network.network, c.network.outputs, store, options);
}

}  // namespace onnx_cases
