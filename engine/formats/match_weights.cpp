#include "engine/formats/match_weights.h"

#include <algorithm>
#include <set>

#include "engine/document/expand.h"
#include "engine/formats/import.h"
#include "engine/passes/unfold.h"
#include "engine/training/start_values.h"

namespace engine::formats {

namespace {

using Names = std::set<std::string_view, std::less<>>;

std::string withoutLastPart(const std::string& prefix) { return prefix.size() < 2 ? "" : prefix.substr(0, prefix.rfind('.', prefix.size() - 2) + 1); }

// The longest beginning, up to a dot, that all names share; "" where there is none.
std::string sharedPrefix(std::span<const NamedTensor> file) {
  std::string prefix = file.empty() ? "" : file.front().name.substr(0, file.front().name.rfind('.') + 1);
  for (const NamedTensor& tensor : file)
    while (!tensor.name.starts_with(prefix)) prefix = withoutLastPart(prefix);
  return prefix;
}

size_t known(std::span<const NamedTensor> file, const Names& names, const std::string& prefix) {
  return size_t(std::count_if(file.begin(), file.end(), [&](const NamedTensor& t) { return names.contains(std::string_view(t.name).substr(prefix.size())); }));
}

}  // namespace

NetworkValues valuesOf(const Graph& network, const Inference& inference) {
  NetworkValues all;
  std::set<std::string> names;
  const auto take = [&](size_t n) {
    for (const StoredInfo& stored : inference.nodes[n].stored) {
      std::string name = network.nodes[n].name + "." + stored.name;
      if (names.insert(name).second) all.values.push_back({std::move(name), network.nodes[n].id, stored.shape, stored.type});
    }
  };
  for (const int n : inference.order) take(size_t(n));
  for (size_t n = 0; n < network.nodes.size(); ++n)
    all.complete = all.complete && n < inference.nodes.size() && (!inference.nodes[n].outputs.empty() || network.nodes[n].op.type().info.outputs.empty());
  return all;
}

Result<NetworkValues> valuesOf(const document::Document& document) {
  const document::Expanded expanded = document::expand(document);
  const Result<Unfolded> unfolded = unfold(expanded.network);
  if (!unfolded) return tl::unexpected(unfolded.error());
  const Inference inference = infer(unfolded->network, {kBatch, true, document.recipe().phases.front().precision});
  NetworkValues values = valuesOf(unfolded->network, inference);
  values.complete = values.complete && inference.ok() && expanded.problems.empty();
  return values;
}

std::vector<WeightMatch> matchWeights(std::span<const NamedTensor> file, const NetworkValues& network, std::string* prefix) {
  Names names;
  for (const NetworkValue& value : network.values) names.insert(value.name);
  // The one of all beginnings of the shared one that finds most.
  std::string best;
  size_t found = known(file, names, best);
  for (std::string tried = sharedPrefix(file); !tried.empty(); tried = withoutLastPart(tried))
    if (const size_t now = known(file, names, tried); now > found) best = tried, found = now;
  if (prefix) *prefix = best;
  std::map<std::string_view, const NamedTensor*> byName;
  for (const NamedTensor& tensor : file) byName.emplace(std::string_view(tensor.name).substr(best.size()), &tensor);
  std::vector<WeightMatch> matches;
  for (const NetworkValue& value : network.values) {
    const auto at = byName.find(value.name);
    const NamedTensor* tensor = at == byName.end() ? nullptr : at->second;
    const auto kind = !tensor ? WeightMatch::Kind::missing : canBegin(value, tensor->shape, tensor->type) ? WeightMatch::Kind::fits : WeightMatch::Kind::otherShape;
    matches.push_back({kind, value.name, tensor ? tensor->shape : Shape::missing(), value.shape, value.node, tensor ? tensor->type : value.type, value.type});
  }
  for (const NamedTensor& tensor : file)
    if (!names.contains(std::string_view(tensor.name).substr(best.size())))
      matches.push_back({WeightMatch::Kind::unused, tensor.name, tensor.shape, Shape::missing(), 0, tensor.type, tensor.type});
  return matches;
}

bool canBegin(const NetworkValue& value, const Shape& given, Type type) {
  return value.shape == given && (value.type == type || (isFloating(value.type) && isFloating(type)));
}

Problem otherSize(const NetworkValue& value, const Shape& given, Type type) {
  Problem problem;
  problem.node = value.node;
  problem.needs = Message("{0} with the sizes that its weights have ({1}, {2})", value.name, given, type);
  problem.got = Message("{0} ({1})", value.shape, value.type);
  problem.fix = "undo the change, or empty recipe.weights to begin with what the seed draws";
  return problem;
}

Problems lintStart(const NetworkValues& network, std::span<const NamedTensor> start, const std::string& file) {
  constexpr size_t kNamed = 3;
  const auto list = [&](const std::vector<std::string>& names) {
    std::string text;
    for (size_t i = 0; i < std::min(names.size(), kNamed); ++i) text += (i ? ", " : "") + names[i];
    return text + (names.size() > kNamed ? ", ..." : "");
  };
  if (!network.complete) return {};
  std::map<std::string_view, const NamedTensor*> given;
  for (const NamedTensor& tensor : start) given.emplace(tensor.name, &tensor);
  std::vector<std::string> missing, unused;
  Names names;
  NodeId first = 0;
  Problems lints;
  for (const NetworkValue& value : network.values) {
    names.insert(value.name);
    const auto at = given.find(value.name);
    if (at == given.end()) missing.push_back(value.name), first = first ? first : value.node;
    else if (const NamedTensor& tensor = *at->second; !canBegin(value, tensor.shape, tensor.type)) lints.push_back(otherSize(value, tensor.shape, tensor.type));
  }
  for (const auto& [name, tensor] : given)
    if (!names.contains(name)) unused.push_back(std::string(name));
  if (!missing.empty())
    lints.push_back({first, Place::field("recipe.weights"), Severity::lint, Message("values for {0} parameters in {1}", names.size(), file),
                     Message("none for {0} of them ({1}), which begin as the seed draws them", missing.size(), list(missing)),
                     "give their nodes the names that the file has, or empty recipe.weights", {}});
  if (!unused.empty())
    lints.push_back({0, Place::field("recipe.weights"), Severity::lint, Message("names of the network's parameters in {0}", file),
                     Message("{0} entries that fit none ({1})", unused.size(), list(unused)), missing.empty() ? Message() : Message("give the nodes the names that the file has"), {}});
  return lints;
}

training::StartValues fitting(const Safetensors& file, const std::vector<WeightMatch>& matches, const std::string& prefix) {
  training::StartValues values;
  for (const WeightMatch& match : matches) {
    if (match.kind != WeightMatch::Kind::fits) continue;
    const NamedTensor* tensor = file.find(prefix + match.name);
    data::Array& array = values[match.name];
    array.shape = tensor->shape, array.type = tensor->type;
    const auto* from = static_cast<const std::byte*>(tensor->data);
    array.bytes.assign(from, from + tensor->bytes());
  }
  return values;
}

std::vector<NamedTensor> listed(const training::StartValues& values) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, array] : values) tensors.push_back({name, array.type, array.shape, nullptr});
  return tensors;
}

Result<std::vector<NamedTensor>> listStart(const std::string& path) {
  if (!canImport(path)) return listSafetensors(path);
  const auto values = training::readStartValues(path);
  if (!values) return tl::unexpected(values.error());
  return listed(**values);
}

}  // namespace engine::formats
