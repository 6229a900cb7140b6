// Axes that a file leaves open: those for which the same is written whatever their size is.
#include <algorithm>

#include "engine/formats/onnx/writer.h"
#include "engine/passes/axis_names.h"

namespace engine::formats::onnx {

namespace {

using Sizes = std::map<std::string, int64_t>;

Graph withSizes(const Graph& network, const Sizes& sizes) {
  Graph other = network;
  for (const auto& [n, op] : resized(network, sizes)) other.nodes[size_t(n)].op = op;
  return other;
}

// All of a model but for the sizes of what goes in and out; numbers as a hash (FNV-1a).
std::string imprintOf(Model model) {
  for (Tensor& tensor : model.initializers) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (char c : tensor.bytes) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
    tensor.bytes.assign(reinterpret_cast<const char*>(&hash), sizeof hash);
  }
  for (auto* ports : {&model.inputs, &model.outputs})
    for (Port& port : *ports) port.shape = Shape::missing();
  const Result<std::string> bytes = serialize(std::move(model));
  return bytes ? *bytes : "";
}

// Two more sizes for the i-th name; one below 1 is not tried.
struct Probe {
  int64_t first, second;
};
using Way = Probe (*)(int64_t size, int64_t i);
constexpr Way kWays[] = {
    [](int64_t size, int64_t i) { return i % 2 ? Probe{size / 2, size / 4 * 3} : Probe{size / 4 * 3, size / 2}; },  // shorter: a table may have an end
    [](int64_t size, int64_t i) { return Probe{size * (2 + i), size * (4 + i)}; },                                   // multiples, of pictures
    [](int64_t size, int64_t i) { return Probe{size + 1 + i, size + 4 + 2 * i}; },
    [](int64_t size, int64_t) { return Probe{size * 2, size * 3}; },  // that have to be alike
};

std::optional<std::pair<Sizes, Sizes>> probed(const Sizes& named, Way way) {
  std::pair<Sizes, Sizes> sizes;
  int64_t i = 0;
  for (const auto& [name, size] : named) {
    constexpr int64_t kMost = int64_t(1) << 30;
    const Probe probe = way(size, i++);
    if (std::min(probe.first, probe.second) < 2 || std::max(probe.first, probe.second) > kMost) return {};
    if (probe.first == size || probe.second == size || probe.first == probe.second) return {};
    sizes.first[name] = probe.first, sizes.second[name] = probe.second;
  }
  return sizes;
}

}  // namespace

std::set<std::string> axesOfAnySize(const Graph& network, std::span<const Value> outputs, const Store& store, const WriteOptions& options) {
  Sizes named = namedSizes(network);
  named.erase(kBatchName);
  if (named.empty()) return {};
  WriteOptions closed = options;
  closed.open.clear();
  closed.sizesFollow = true;
  const auto imprint = [&](const Sizes& sizes) {
    Result<Model> model = modelOf(withSizes(network, sizes), outputs, store, closed);
    return model ? imprintOf(*std::move(model)) : "";
  };
  const std::string own = imprint(named);
  const auto same = [&](const Sizes& some) {
    return std::any_of(std::begin(kWays), std::end(kWays), [&](Way way) {
      const auto sizes = probed(some, way);
      return sizes && imprint(sizes->first) == own && imprint(sizes->second) == own;
    });
  };
  std::set<std::string> names;
  if (own.empty()) return names;
  if (same(named)) {
    for (const auto& [name, size] : named) names.insert(name);
    return names;
  }
  if (named.size() == 1) return names;
  Sizes each;
  for (const auto& [name, size] : named)
    if (same({{name, size}})) each[name] = size;
  if (each.empty() || !same(each)) return names;
  for (const auto& [name, size] : each) names.insert(name);
  return names;
}

void nameOutputs(Model& model, const Graph& network, std::span<const Value> outputs, const WriteOptions& options) {
  Sizes open;
  for (const auto& [name, size] : namedSizes(network))
    if (options.open.contains(name)) open[name] = size;
  const InferOptions with{options.batch.value_or(kBatch), false, Type::f32};
  for (const Way way : kWays) {
    const auto sizes = probed(open, way);
    if (!sizes) continue;
    const Inference other = infer(withSizes(network, sizes->first), with), third = infer(withSizes(network, sizes->second), with);
    if (!other.ok() || !third.ok()) continue;
    for (size_t o = 0; o < outputs.size() && o < model.outputs.size(); ++o) {
      Port& port = model.outputs[o];
      const auto at = [&](const Inference& inference) { return inference.nodes[size_t(outputs[o].node)].outputs[size_t(outputs[o].output)].shape; };
      const Shape now = port.shape, then = at(other), last = at(third);
      if (now.isMissing() || then.rank() != now.rank() || last.rank() != now.rank()) continue;
      port.symbols.assign(size_t(now.rank()), "");
      for (int axis = 0; axis < now.rank(); ++axis) {
        if (now[axis] == then[axis] && now[axis] == last[axis]) continue;
        port.shape[axis] = kUnknown;
        for (const auto& [name, size] : open)
          if (now[axis] == size && then[axis] == sizes->first.at(name) && last[axis] == sizes->second.at(name)) port.symbols[size_t(axis)] = name;
      }
    }
    return;
  }
  // Nobody can tell: none of their sizes is promised.
  for (Port& port : model.outputs)
    for (int axis = 0; axis < port.shape.rank(); ++axis)
      if (port.shape[axis] >= 0) port.shape[axis] = kUnknown;
}

}  // namespace engine::formats::onnx
