#include "engine/document/expand.h"

#include <algorithm>
#include <set>
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

using ExpandedBlocks = std::map<std::string, ExpandedBlock, std::less<>>;

Op opOf(const Node& node, const ExpandedBlocks& blocks, Problems& problems) {
  // A block of the project means what it says, whatever ops this version has.
  const auto block = blocks.find(node.type);
  const std::optional<Op> known = block != blocks.end() ? freshBlock(block->second.op) : Op::named(node.type);
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

engine::Node nodeOf(const Node& node, const ExpandedBlocks& blocks, Problems& problems) {
  engine::Node made{opOf(node, blocks, problems), {}, node.id, node.name};
  made.mode = node.mode;
  made.frozen = node.frozen;
  return made;
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

// The block as an op. Those that it uses must be among `blocks` already, where they are blocks at all.
ExpandedBlock expandBlock(const BlockPointer& block, const ExpandedBlocks& blocks) {
  Problems problems;
  BlockDefinition definition{block->name(), block->interface().about, {}, {}};
  for (const NodePointer& node : block->nodes()) {
    definition.network.nodes.push_back(nodeOf(*node, blocks, problems));
    // Data comes from outside, and losses are the project's: its recipe names them.
    if (const Op& op = definition.network.nodes.back().op; op.is("Input") || op.is("Target"))
      problems.push_back({node->id, {}, Severity::problem, "layers only, within a block", Message("{0}", node->type), "put a BlockInput in its place", {}});
  }
  connect(definition.network, *block);
  for (const Exposed& exposed : block->interface().fields) {
    BlockDefinition::Field field{exposed.name, exposed.help, {}};
    for (const Inner& inner : exposed.inners) {
      const size_t place = *block->indexOf(inner.node);
      if (definition.network.nodes[place].op.fields().contains(inner.field)) field.inners.emplace_back(int(place), inner.field);
      else
        problems.push_back({inner.node, Place::field(inner.field), Severity::problem, Message("the field that the block shows as {0}", exposed.name),
                            Message("no field {0}", inner.field), "choose another field for it", {}});
    }
    if (!field.inners.empty()) definition.fields.push_back(std::move(field));
  }
  return {block, blockOp(std::move(definition)), std::move(problems)};
}

// Blocks after those that they use. What is known of a block holds while it, and all that it uses, are what they were.
ExpandedBlocks expandBlocks(const Document& document, const ExpandedBlocks* known) {
  ExpandedBlocks blocks;
  std::vector<BlockPointer> left(document.blocks().begin(), document.blocks().end());
  std::set<std::string_view> anew;
  while (!left.empty()) {
    const size_t before = left.size();
    std::erase_if(left, [&](const BlockPointer& block) {
      bool fresh = false;
      for (const NodePointer& node : block->nodes()) {
        if (document.block(node->type) && !blocks.contains(node->type)) return false;
        fresh |= anew.contains(node->type);
      }
      const auto was = known ? known->find(block->name()) : ExpandedBlocks::const_iterator();
      if (!fresh && known && was != known->end() && was->second.of == block) {
        // Another op of the table may have come in the place of a block that is gone.
        const bool same = std::all_of(block->nodes().begin(), block->nodes().end(),
                                      [&](const NodePointer& node) { return blocks.contains(node->type) == known->contains(node->type); });
        if (same) {
          blocks.emplace(block->name(), was->second);
          return true;
        }
      }
      blocks.emplace(block->name(), expandBlock(block, blocks));
      anew.insert(block->name());
      return true;
    });
    if (left.size() == before) break;  // used within themselves: verify() refuses that
  }
  return blocks;
}

// What is wrong within a use of a block, by the ids of paths. Uses of the same block say the same: the first does.
void tellWithin(const Graph& network, NodeId owner, const ExpandedBlocks& blocks, std::set<std::string_view>& told, Problems& problems) {
  for (const engine::Node& node : network.nodes) {
    if (!isBlock(node.op)) continue;
    const auto block = blocks.find(node.op.name());
    if (block == blocks.end() || !told.insert(block->first).second) continue;
    const NodeId id = owner == 0 ? node.id : insideOf(owner, 0, node.id);
    for (Problem problem : block->second.problems) {
      problem.node = insideOf(id, 0, problem.node);
      for (FixEdit& edit : problem.edits) std::visit([&](auto& e) { e.node = insideOf(id, 0, e.node); }, edit);
      problems.push_back(std::move(problem));
    }
    tellWithin(definitionOf(node.op).network, id, blocks, told, problems);
  }
}

void tellWithin(Expanded& expanded) {
  std::set<std::string_view> told;
  if (!expanded.blocks.empty()) tellWithin(expanded.network, 0, expanded.blocks, told, expanded.problems);
}

}  // namespace

Expanded expand(const Document& document) {
  Expanded result;
  result.blocks = expandBlocks(document, nullptr);
  result.network.nodes.reserve(document.nodes().size());
  for (const NodePointer& node : document.nodes())
    result.network.nodes.push_back(nodeOf(*node, result.blocks, result.problems));
  connect(result.network, document);
  tellWithin(result);
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
  result.blocks = expandBlocks(document, &known.blocks);
  const auto sameType = [&](const std::string& type) {
    const auto now = std::as_const(result.blocks).find(type), then = known.blocks.find(type);
    if (now == result.blocks.end() || then == known.blocks.end()) return (now == result.blocks.end()) == (then == known.blocks.end());
    return now->second.op.data() == then->second.op.data();
  };
  result.network.nodes.reserve(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    const NodePointer& node = nodes[i];
    const auto at = samePlaces ? std::optional(i) : before.indexOf(node->id);
    const bool same = at && (olds[*at] == node || (olds[*at]->type == node->type && olds[*at]->fields == node->fields)) &&
                      ((result.blocks.empty() && known.blocks.empty()) || sameType(node->type));
    if (!same) {
      result.network.nodes.push_back(nodeOf(*node, result.blocks, result.problems));
      if (sameWires) result.network.nodes.back().inputs = known.network.nodes[*at].inputs;
    } else {
      result.network.nodes.push_back(known.network.nodes[*at]);
      result.network.nodes.back().name = node->name;
      result.network.nodes.back().mode = node->mode;
      result.network.nodes.back().frozen = node->frozen;
      if (!sameWires) result.network.nodes.back().inputs.clear();
      if (const auto problems = said.find(node->id); problems != said.end())
        result.problems.insert(result.problems.end(), problems->second.begin(), problems->second.end());
    }
  }
  if (!sameWires) connect(result.network, document);
  tellWithin(result);
  return result;
}

}  // namespace engine::document
