#include "engine/formats/match_weights.h"

#include <algorithm>
#include <set>

namespace engine::formats {

namespace {

// The longest beginning, up to a dot, that all names share; "" where there is none.
std::string sharedPrefix(const Safetensors& file) {
  std::string prefix;
  bool first = true;
  for (const NamedTensor& tensor : file.tensors()) {
    if (first) prefix = tensor.name.substr(0, tensor.name.rfind('.') + 1);
    first = false;
    while (!tensor.name.starts_with(prefix)) prefix = prefix.size() < 2 ? "" : prefix.substr(0, prefix.rfind('.', prefix.size() - 2) + 1);
  }
  return prefix;
}

size_t known(const Safetensors& file, const Store& store, const std::string& prefix) {
  return size_t(std::count_if(file.tensors().begin(), file.tensors().end(), [&](const NamedTensor& t) { return store.place(t.name.substr(prefix.size())) != nullptr; }));
}

}  // namespace

std::vector<WeightMatch> matchWeights(const Safetensors& file, const Store& store, std::string* prefix) {
  // The one of all beginnings of the shared one that finds most.
  std::string best;
  for (std::string tried = sharedPrefix(file); !tried.empty(); tried = tried.size() < 2 ? "" : tried.substr(0, tried.rfind('.', tried.size() - 2) + 1))
    if (known(file, store, tried) > known(file, store, best)) best = tried;
  if (prefix) *prefix = best;
  std::vector<WeightMatch> matches;
  std::set<std::string> wanted;
  for (const Store::Entry& entry : store.places()) {
    if (entry.ofOptimizer) continue;
    const std::string name = best + entry.name;
    const NamedTensor* tensor = file.find(name);
    const Type type = entry.tensor.type;
    const bool sameKind = tensor && (tensor->type == type || (isFloating(tensor->type) && isFloating(type)));
    const auto kind = !tensor ? WeightMatch::Kind::missing : sameKind && tensor->shape == entry.tensor.shape ? WeightMatch::Kind::fits : WeightMatch::Kind::otherShape;
    matches.push_back({kind, entry.name, tensor ? tensor->shape : Shape::missing(), entry.tensor.shape});
    wanted.insert(name);
  }
  for (const NamedTensor& tensor : file.tensors())
    if (!wanted.contains(tensor.name)) matches.push_back({WeightMatch::Kind::unused, tensor.name, tensor.shape, Shape::missing()});
  return matches;
}

Problems lintStart(const Graph& network, const Inference& inference, const training::StartValues& values, const std::string& file) {
  constexpr size_t kNamed = 3;
  const auto listed = [&](const std::vector<std::string>& names) {
    std::string list;
    for (size_t i = 0; i < std::min(names.size(), kNamed); ++i) list += (i ? ", " : "") + names[i];
    return list + (names.size() > kNamed ? ", ..." : "");
  };
  std::vector<std::string> missing, unused;
  std::set<std::string> known;
  NodeId first = 0;
  for (size_t n = 0; n < network.nodes.size(); ++n) {
    // Behind a mistake nothing is known of what a node has.
    if (n >= inference.nodes.size() || (inference.nodes[n].outputs.empty() && !network.nodes[n].op.type().info.outputs.empty())) return {};
    for (const StoredInfo& stored : inference.nodes[n].stored) {
      const std::string name = network.nodes[n].name + "." + stored.name;
      if (known.insert(name).second && !values.contains(name)) missing.push_back(name), first = first ? first : network.nodes[n].id;
    }
  }
  for (const auto& [name, array] : values)
    if (!known.contains(name)) unused.push_back(name);
  Problems lints;
  if (!missing.empty())
    lints.push_back({first, Place::field("recipe.weights"), Severity::lint, Message("values for {0} parameters in {1}", known.size(), file),
                     Message("none for {0} of them ({1}), which begin as the seed draws them", missing.size(), listed(missing)),
                     "give their nodes the names that the file has, or empty recipe.weights", {}});
  if (!unused.empty())
    lints.push_back({0, Place::field("recipe.weights"), Severity::lint, Message("names of the network's parameters in {0}", file),
                     Message("{0} entries that fit none ({1})", unused.size(), listed(unused)), missing.empty() ? Message() : Message("give the nodes the names that the file has"), {}});
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

}  // namespace engine::formats
