// Axes that a file leaves open: those for which the same is written whatever their size is.
#include <algorithm>

#include "engine/formats/onnx/other_sizes.h"
#include "engine/formats/onnx/writer.h"
#include "engine/passes/axis_names.h"

namespace engine::formats::onnx {

namespace {

using NamedSizes = std::map<std::string, int64_t>;

Graph withSizes(const Graph& network, const NamedSizes& sizes) {
  Graph other = network;
  for (const auto& [n, op] : resized(network, sizes)) other.nodes[size_t(n)].op = op;
  return other;
}

// All of a model but for the sizes of what goes in and out; numbers as a hash.
std::string imprintOfModel(Model model) {
  for (Tensor& tensor : model.initializers) tensor.bytes = hashOf(tensor.bytes);
  for (auto* ports : {&model.inputs, &model.outputs})
    for (Port& port : *ports) port.shape = Shape::missing();
  const Result<std::string> bytes = serialize(std::move(model));
  return bytes ? *bytes : "";
}

std::optional<std::pair<NamedSizes, NamedSizes>> probed(const NamedSizes& named, WayOfSizes way) {
  std::pair<NamedSizes, NamedSizes> sizes;
  int64_t i = 0;
  for (const auto& [name, size] : named) {
    constexpr int64_t kMost = int64_t(1) << 30;
    const OtherSizes others = way(size, i++);
    if (size > kMost || !others.fit(size, 2)) return {};
    sizes.first[name] = others.first, sizes.second[name] = others.second;
  }
  return sizes;
}

}  // namespace

std::set<std::string> axesOfAnySize(const Graph& network, std::span<const Value> outputs, const Store& store, const WriteOptions& options) {
  NamedSizes named = namedSizes(network);
  named.erase(kBatchName);
  if (named.empty()) return {};
  WriteOptions closed = options;
  closed.open.clear();
  closed.sizesFollow = true;
  const auto imprint = [&](const NamedSizes& sizes) {
    Result<Model> model = modelOf(withSizes(network, sizes), outputs, store, closed);
    return model ? imprintOfModel(*std::move(model)) : "";
  };
  const std::string own = imprint(named);
  const auto same = [&](const NamedSizes& some) {
    return std::any_of(std::begin(kWaysOfSizes), std::end(kWaysOfSizes), [&](WayOfSizes way) {
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
  NamedSizes each;
  for (const auto& [name, size] : named)
    if (same({{name, size}})) each[name] = size;
  if (each.empty() || !same(each)) return names;
  for (const auto& [name, size] : each) names.insert(name);
  return names;
}

void nameOutputs(Model& model, const Graph& network, std::span<const Value> outputs, const WriteOptions& options) {
  NamedSizes open;
  for (const auto& [name, size] : namedSizes(network))
    if (options.open.contains(name)) open[name] = size;
  const InferOptions with{options.batch.value_or(kBatch), false, Type::f32};
  for (const WayOfSizes way : kWaysOfSizes) {
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
