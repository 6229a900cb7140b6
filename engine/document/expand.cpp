#include "engine/document/expand.h"

#include <algorithm>

namespace engine::document {

namespace {

// The op whose name needs the fewest edits to become `name`, when it is near enough to be meant.
std::string nearestOp(const std::string& name) {
  std::string best;
  size_t bestDistance = name.size() / 2 + 1;
  for (const OpType* type : allOps()) {
    if (!*type->info.group) continue;
    const std::string other = type->info.name;
    std::vector<size_t> row(other.size() + 1);
    for (size_t j = 0; j <= other.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= name.size(); ++i) {
      size_t diagonal = row[0];
      row[0] = i;
      for (size_t j = 1; j <= other.size(); ++j) {
        const size_t above = row[j];
        const bool same = std::tolower(name[i - 1]) == std::tolower(other[j - 1]);
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1)});
        diagonal = above;
      }
    }
    if (row.back() < bestDistance) bestDistance = row.back(), best = other;
  }
  return best;
}

Op opOf(const Node& node, Problems& problems) {
  const std::optional<Op> known = Op::named(node.type);
  if (!known || !*known->type().info.group) {
    Problem problem;
    problem.node = node.id;
    problem.needs = "a type that this version knows";
    problem.got = Message("{0}", node.type);
    const std::string nearest = nearestOp(node.type);
    problem.fix = nearest.empty() ? Message("replace the node; it is kept as it is in the file")
                                  : Message("perhaps {0} is meant; the node is kept as it is in the file", nearest);
    problems.push_back(problem);
    return Op::with("Unknown");
  }
  Op op = *known;
  for (const auto& [field, value] : node.fields) {
    Result<Op> changed = op.set(field, value);
    if (changed) {
      op = *changed;
      continue;
    }
    Problem problem = changed.error();
    problem.node = node.id;
    problems.push_back(problem);
  }
  return op;
}

}  // namespace

Expanded expand(const Document& document) {
  Expanded result;
  result.network.nodes.reserve(document.nodes().size());
  for (const NodePointer& node : document.nodes())
    result.network.nodes.push_back({opOf(*node, result.problems), {}, node->id, node->name});
  for (const Wire& wire : document.wires()) {
    std::vector<Value>& inputs = result.network.nodes[*document.indexOf(wire.to)].inputs;
    if (inputs.size() <= size_t(wire.input)) inputs.resize(size_t(wire.input) + 1);
    inputs[size_t(wire.input)] = {int(*document.indexOf(wire.from)), wire.output};
  }
  return result;
}

}  // namespace engine::document
