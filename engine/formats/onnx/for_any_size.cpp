// Which sizes a model is tried with, and whether what came of it is the same whatever the sizes were.
#include <algorithm>
#include <set>
#include <utility>

#include "engine/formats/onnx/any_size.h"
#include "engine/formats/onnx/reader.h"
#include "engine/passes/infer.h"

namespace engine::formats::onnx {

namespace {

// Sizes by input and axis ("x.2"), which come before those by symbol.
using Sizes = std::map<std::string, int64_t>;

std::string keyOf(const OpenAxis& axis) { return axis.input + "." + std::to_string(axis.axis); }

// Large weights of a reading that is only compared are kept as a hash (FNV-1a): a model may be half of the memory there is.
constexpr size_t kLarge = 1 << 16;
std::string imprintOf(const Tensor& tensor) {
  if (tensor.bytes.size() <= kLarge) return tensor.bytes;
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : tensor.bytes) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
  return {reinterpret_cast<const char*>(&hash), sizeof hash};
}

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

// Two more sizes for the i-th of the axes that have names of their own, beside the one that it has; 0: not this way.
struct Probe {
  int64_t first, second;
};
using Way = Probe (*)(int64_t size, int64_t i);
constexpr Way kWays[] = {
    [](int64_t size, int64_t i) { return i % 2 ? Probe{size / 2, size / 4 * 3} : Probe{size / 4 * 3, size / 2}; },  // shorter: there may be a longest
    [](int64_t size, int64_t i) { return Probe{size * (2 + i), size * (4 + i)}; },                                   // multiples, of pictures
    [](int64_t size, int64_t i) { return Probe{size + 1 + i, size + 4 + 2 * i}; },
    [](int64_t size, int64_t) { return Probe{size / 4 * 3, size / 2}; },  // axes that have to be alike
    [](int64_t size, int64_t) { return Probe{size * 2, size * 3}; },
};

class Trial {
 public:
  Trial(const Model& model, const std::string& path, const ReadOptions& options, const Imported& imported)
      : model_(model), path_(path), options_(options), imported_(imported) {}

  // Of these axes, the others staying as they are: the network, or else what holds a size in the best of what was tried.
  AnySize run(const std::vector<OpenAxis>& axes) {
    AnySize best;
    for (const Way way : kWays) {
      AnySize now = run(axes, way);
      if (now.held.empty()) return now;
      if (now.held.front().empty()) continue;  // it cannot be read so
      if (best.held.empty() || now.held.size() < best.held.size()) best.held = std::move(now.held);
    }
    if (best.held.empty()) best.held = {imported_.network.nodes[size_t(imported_.outputs.front().node)].name};
    return best;
  }

 private:
  int64_t sizeOfAxis(const OpenAxis& axis) const {
    for (const std::string& key : {keyOf(axis), axis.key})
      if (const auto at = options_.sizes.find(key); at != options_.sizes.end()) return at->second;
    return 0;
  }

  std::optional<Imported> readWith(const Sizes& sizes) const {
    ReadOptions options = options_;
    for (const auto& [key, size] : sizes) options.sizes[key] = size;
    Result<Imported> imported = read(model_, path_, options);
    if (!imported || !imported->opaque.empty()) return {};
    for (Tensor& value : imported->values)
      if (!value.name.ends_with(".value")) value.bytes = imprintOf(value);  // of a layer; those of sources are looked at
    return *std::move(imported);
  }

  AnySize run(const std::vector<OpenAxis>& axes, Way way) {
    const AnySize notSo{{}, {""}};
    Sizes first, second;
    std::map<std::string, int64_t> turns;
    for (const OpenAxis& axis : axes) {
      const int64_t turn = turns.emplace(axis.key, int64_t(turns.size())).first->second, size = sizeOfAxis(axis);
      constexpr int64_t kLeast = 3, kMost = 1 << 13;  // shorter ones are like ones by chance; longer ones take long to read
      const Probe probe = way(std::max<int64_t>(size, 1), turn);
      if (probe.first < kLeast || probe.second < kLeast || probe.first == size || probe.second == size || probe.first == probe.second) return notSo;
      if (std::max(probe.first, probe.second) > std::max(kMost, size)) return notSo;
      first[keyOf(axis)] = probe.first, second[keyOf(axis)] = probe.second;
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

}  // namespace

AnySize forAnySize(const Model& model, const std::string& path, const ReadOptions& options, Imported imported) {
  const std::vector<OpenAxis> axes = openAxes(model);
  if (axes.empty()) return {std::move(imported)};
  if (!imported.opaque.empty()) {
    AnySize held{std::move(imported), {}};
    for (const Opaque& opaque : held.imported.opaque) held.held.push_back(held.imported.network.nodes[size_t(opaque.node)].name);
    return held;
  }
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
