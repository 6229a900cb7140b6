// Which sizes a model is tried with, and whether what came of it is the same whatever the sizes were.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/formats/onnx/any_size.h"
#include "engine/formats/onnx/other_sizes.h"
#include "engine/passes/infer.h"

namespace engine::formats::onnx {

namespace {

// Sizes by input and axis ("x.2"), which come before those by symbol.
using SizesByAxis = std::map<std::string, int64_t>;

std::string placeOf(const OpenAxis& axis) { return axis.input + "." + std::to_string(axis.axis); }

constexpr int64_t kLeast = 3;  // of the sizes that are tried: one of two may be like another by chance

// Large weights of a reading that is only compared are kept as a hash.
constexpr size_t kLarge = 1 << 16;
std::string imprintOf(const Tensor& tensor) { return tensor.bytes.size() <= kLarge ? tensor.bytes : hashOf(tensor.bytes); }

std::string firstDifference(const Imported& a, const Imported& b) {
  const auto &x = a.network.nodes, &y = b.network.nodes;
  for (size_t n = 0; n < std::min(x.size(), y.size()); ++n)
    if (x[n].op.name() != y[n].op.name() || x[n].name != y[n].name || x[n].inputs != y[n].inputs) return x[n].name;
  return x.size() != y.size() || a.outputs != b.outputs ? x.back().name : "";
}

// The names of nodes that are not the same in both, but for the sizes of Inputs.
std::vector<std::string> differing(const Imported& a, const Imported& b) {
  if (const std::string name = firstDifference(a, b); !name.empty()) return {name};
  std::vector<std::string> names;
  for (size_t n = 0; n < a.network.nodes.size(); ++n)
    if (const engine::Node& node = a.network.nodes[n]; !node.op.is("Input") && !(node.op == b.network.nodes[n].op)) names.push_back(node.name);
  std::map<std::string_view, const Tensor*> values;
  for (const Tensor& value : b.values) values[value.name] = &value;
  for (const Tensor& value : a.values) {
    const auto at = values.find(value.name);
    if (at == values.end() || !(at->second->shape == value.shape) || imprintOf(*at->second) != imprintOf(value)) names.push_back(value.name.substr(0, value.name.rfind('.')));
  }
  return names;
}

// Whether the network has the other reading's shapes with its inputs, but for numbers that leave them to who reads them.
std::vector<std::string> misfits(const Imported& network, const Imported& reading) {
  Graph graph = network.network;
  for (Value v : network.inputs) graph.nodes[size_t(v.node)].op = reading.network.nodes[size_t(v.node)].op;
  const InferOptions options{reading.batch.value_or(kBatch), false, reading.floating};
  const Inference now = infer(graph, options), then = infer(reading.network, options);
  std::vector<std::string> names;
  for (size_t n = 0; n < reading.network.nodes.size(); ++n) {
    const engine::Node& node = graph.nodes[n];
    const bool same = std::equal(now.nodes[n].outputs.begin(), now.nodes[n].outputs.end(), then.nodes[n].outputs.begin(), then.nodes[n].outputs.end(),
                                 [](const ValueInfo& a, const ValueInfo& b) { return a.type == b.type && mayEqual(a.shape, b.shape); });
    if (!same && !node.op.is("Constant") && !node.op.is("Buffer")) names.push_back(node.name);
  }
  return names;
}

int64_t sizeIn(const ReadOptions& options, const OpenAxis& axis) {
  for (const std::string& key : {placeOf(axis), axis.key})
    if (const auto at = options.sizes.find(key); at != options.sizes.end()) return at->second;
  return 0;
}

class Trial {
 public:
  Trial(const Model& model, const std::string& path, const ReadOptions& options, const Imported& imported)
      : model_(model), path_(path), options_(options), imported_(imported) {}

  // Of these axes, the others staying as they are: the network, or else what holds a size in the best of what was tried.
  AnySize run(const std::vector<OpenAxis>& axes) {
    AnySize best;
    for (const WayOfSizes way : kWaysOfSizes) {
      AnySize now = run(axes, way);
      if (now.held.empty()) return now;
      if (now.held.front().empty()) continue;  // it cannot be read so
      if (best.held.empty() || now.held.size() < best.held.size()) best.held = std::move(now.held);
    }
    if (best.held.empty()) best.held = {imported_.network.nodes[size_t(imported_.outputs.front().node)].name};
    return best;
  }

 private:
  std::optional<Imported> readWith(const SizesByAxis& sizes) const {
    ReadOptions options = options_;
    for (const auto& [key, size] : sizes) options.sizes[key] = size;
    Result<Imported> imported = read(model_, path_, options);
    if (!imported || !imported->opaque.empty()) return {};
    for (Tensor& value : imported->values)
      if (!value.name.ends_with(".value")) value.bytes = imprintOf(value);  // of a layer; those of sources are looked at
    return *std::move(imported);
  }

  AnySize run(const std::vector<OpenAxis>& axes, WayOfSizes way) {
    const AnySize notSo{{}, {""}};
    SizesByAxis first, second;
    std::map<std::string, int64_t> turns;
    for (const OpenAxis& axis : axes) {
      const int64_t turn = turns.emplace(axis.key, int64_t(turns.size())).first->second, size = sizeIn(options_, axis);
      constexpr int64_t kMost = 1 << 13;  // longer ones take long to read
      const OtherSizes others = way(std::max<int64_t>(size, 1), turn);
      if (!others.fit(size, kLeast) || std::max(others.first, others.second) > std::max(kMost, size)) return notSo;
      first[placeOf(axis)] = others.first, second[placeOf(axis)] = others.second;
    }
    const std::optional<Imported> b = readWith(first);
    std::optional<Imported> c = b ? readWith(second) : std::nullopt;
    if (!b || !c) return notSo;
    for (const Imported* other : {&*b, std::as_const(c).operator->()})
      if (const std::string name = firstDifference(imported_, *other); !name.empty()) return {{}, {name}};
    AnySize own = rewritten(model_, imported_, *b, axes);
    if (!own.held.empty()) return own;
    for (const Imported* other : {&imported_, &*b, std::as_const(c).operator->()})
      if (std::vector<std::string> names = misfits(own.imported, *other); !names.empty()) return {{}, std::move(names)};
    const AnySize again = rewritten(model_, *std::move(c), *b, axes);
    if (!again.held.empty()) return {{}, again.held};
    if (std::vector<std::string> names = differing(own.imported, again.imported); !names.empty()) return {{}, std::move(names)};
    return own;
  }

  const Model& model_;
  const std::string& path_;
  const ReadOptions& options_;
  const Imported& imported_;
};

// The network gets the sizes of a reading; whether it gives what that gives, as far as shapes go.
bool takesSizes(Imported& network, const Imported& reading) {
  for (Value v : network.inputs) {
    Op& op = network.network.nodes[size_t(v.node)].op;
    const Result<Op> sized = op.set("shape", reading.network.nodes[size_t(v.node)].op.fields().at("shape"));
    if (!sized || !reading.network.nodes[size_t(v.node)].op.is("Input")) return false;
    op = *sized;
  }
  const InferOptions options{reading.batch.value_or(kBatch), false, reading.floating};
  const Inference now = infer(network.network, options), then = infer(reading.network, options);
  const auto shapeOf = [](const Inference& inference, Value v) { return inference.nodes[size_t(v.node)].outputs[size_t(v.output)].shape; };
  bool same = now.ok() && network.outputs.size() == reading.outputs.size();
  for (size_t o = 0; o < reading.outputs.size() && same; ++o) same = mayEqual(shapeOf(now, network.outputs[o]), shapeOf(then, reading.outputs[o]));
  return same;
}

}  // namespace

AnySize forAnySize(const Model& model, const std::string& path, const ReadOptions& options, Imported imported) {
  const std::vector<OpenAxis> axes = openAxes(model);
  if (axes.empty()) return {std::move(imported)};
  if (!imported.opaque.empty()) {
    AnySize held{std::move(imported), {}};
    for (const Opaque& opaque : held.imported.opaque) held.held.push_back(held.imported.network.nodes[size_t(opaque.node)].name);
    return held;
  }
  // Small sizes make other networks: axes of size 1 go, and numbers are like one another by chance.
  ReadOptions larger = options;
  for (const OpenAxis& axis : axes)
    if (constexpr int64_t kUsual = 8; sizeIn(options, axis) < kLeast) larger.sizes[placeOf(axis)] = kUsual;
  if (larger.sizes != options.sizes)
    if (Result<Imported> read = onnx::read(model, path, larger); read && read->opaque.empty() && read->inputs == imported.inputs)
      if (AnySize any = forAnySize(model, path, larger, *std::move(read)); any.held.empty() && takesSizes(any.imported, imported)) return any;
  AnySize result = Trial(model, path, options, imported).run(axes);
  std::set<std::string> names;
  for (const OpenAxis& axis : axes) names.insert(axis.key);
  if (result.held.empty()) return result;
  if (names.size() == 1) return {std::move(imported), std::move(result.held)};
  // Each by itself, and then those together that went well.
  std::vector<OpenAxis> free;
  for (const std::string& name : names) {
    std::vector<OpenAxis> one;
    std::copy_if(axes.begin(), axes.end(), std::back_inserter(one), [&](const OpenAxis& axis) { return axis.key == name; });
    if (Trial(model, path, options, imported).run(one).held.empty()) free.insert(free.end(), one.begin(), one.end());
  }
  if (!free.empty() && free.size() < axes.size())
    if (AnySize part = Trial(model, path, options, imported).run(free); part.held.empty()) return {std::move(part.imported), std::move(result.held)};
  return {std::move(imported), std::move(result.held)};
}

}  // namespace engine::formats::onnx
