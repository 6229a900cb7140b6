#include "engine/document/expand.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace engine::document {

namespace {

// How many letters have to be changed, put in, taken away or swapped with their neighbour: the optimal string alignment distance.
size_t edits(const std::string& a, const std::string& b) {
  const auto same = [&](size_t i, size_t j) { return std::tolower(a[i - 1]) == std::tolower(b[j - 1]); };
  std::vector<size_t> above2, above, row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    above2 = std::exchange(above, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same(i, j) ? 0 : 1)});
      if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j)) row[j] = std::min(row[j], above2[j - 2] + 1);
    }
  }
  return row.back();
}

// The op whose name is nearest to `name`, when it is near enough to be meant; of two, the one that is as long.
std::string nearestOp(const std::string& name) {
  std::string best;
  std::pair<size_t, size_t> least{name.size() / 2 + 1, 0};
  for (const OpType* type : allOps()) {
    if (!*type->info.group) continue;
    const std::string other = type->info.name;
    const std::pair distance{edits(name, other), other.size() > name.size() ? other.size() - name.size() : name.size() - other.size()};
    if (distance < least) least = distance, best = other;
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

void connect(Graph& network, const Document& document) {
  for (const Wire& wire : document.wires()) {
    std::vector<Value>& inputs = network.nodes[*document.indexOf(wire.to)].inputs;
    if (inputs.size() <= size_t(wire.input)) inputs.resize(size_t(wire.input) + 1);
    inputs[size_t(wire.input)] = {int(*document.indexOf(wire.from)), wire.output};
  }
}

bool sameEnds(const Wire& a, const Wire& b) {
  return a.from == b.from && a.output == b.output && a.to == b.to && a.input == b.input;
}

}  // namespace

Expanded expand(const Document& document) {
  Expanded result;
  result.network.nodes.reserve(document.nodes().size());
  for (const NodePointer& node : document.nodes())
    result.network.nodes.push_back({opOf(*node, result.problems), {}, node->id, node->name});
  connect(result.network, document);
  return result;
}

Expanded expand(const Document& document, const Document& before, const Expanded& known) {
  const auto nodes = document.nodes(), olds = before.nodes();
  const auto wires = document.wires(), oldWires = before.wires();
  const bool samePlaces = sameOrder(document, before);
  const bool sameWires =
      samePlaces && std::equal(wires.begin(), wires.end(), oldWires.begin(), oldWires.end(), sameEnds);
  std::unordered_map<NodeId, Problems> said;
  for (const Problem& problem : known.problems) said[problem.node].push_back(problem);
  Expanded result;
  result.network.nodes.reserve(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    const NodePointer& node = nodes[i];
    const auto at = samePlaces ? std::optional(i) : before.indexOf(node->id);
    if (!at || (olds[*at] != node && !(olds[*at]->type == node->type && olds[*at]->fields == node->fields))) {
      result.network.nodes.push_back({opOf(*node, result.problems), {}, node->id, node->name});
      if (sameWires) result.network.nodes.back().inputs = known.network.nodes[*at].inputs;
    } else {
      result.network.nodes.push_back(known.network.nodes[*at]);
      result.network.nodes.back().name = node->name;
      if (!sameWires) result.network.nodes.back().inputs.clear();
      if (const auto problems = said.find(node->id); problems != said.end())
        result.problems.insert(result.problems.end(), problems->second.begin(), problems->second.end());
    }
  }
  if (!sameWires) connect(result.network, document);
  return result;
}

}  // namespace engine::document
