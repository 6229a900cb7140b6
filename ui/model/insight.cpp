#include "ui/model/insight.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <unordered_map>

#include "engine/graph/block.h"
#include "engine/passes/lint.h"
#include "engine/passes/unfold.h"
#include "ui/model/arrange.h"

namespace ui {

using engine::NodeId;
using engine::Problem;
using engine::document::ChangeSet;
using engine::document::Document;

namespace {

engine::InferOptions optionsOf(const Document& document) {
  return {engine::kBatch, true, document.recipe().phases.front().precision};
}

// Of problems: the node that is seen from here, the block's where they are within one. `network` is the document's.
std::unordered_map<NodeId, int> seenAs(const engine::Graph& network, const engine::Problems& problems) {
  std::vector<NodeId> told;
  for (const Problem& problem : problems) told.push_back(problem.node);
  return engine::placesIn(network, told);
}

void findWorst(Insight& insight, const Document& document) {
  engine::Problems& all = insight.problems;
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.severity < b.severity; });
  insight.worstProblem.assign(document.nodes().size(), -1);
  const auto places = seenAs(insight.expanded.network, all);
  for (size_t i = 0; i < all.size(); ++i)
    if (const auto at = places.find(all[i].node); at != places.end() && insight.worstProblem[size_t(at->second)] < 0)
      insight.worstProblem[size_t(at->second)] = int(i);
}

constexpr size_t kMostLooked = 4000;  // nodes with those of blocks; of more, hints within blocks are not looked for

// Hints of the network as it is calculated: within blocks too, once for all uses and repetitions that would say the same, and not for
// what is bypassed or muted.
engine::Problems lintsOf(const Insight& insight) {
  const engine::Graph& drawn = insight.expanded.network;
  const bool plain = std::none_of(drawn.nodes.begin(), drawn.nodes.end(), [](const engine::Node& node) {
    return engine::isBlock(node.op) || node.mode != engine::Mode::normal || node.op.is("Reroute");
  });
  const auto isTold = [](const Problem& problem) { return problem.severity == engine::Severity::problem; };
  if (plain || std::any_of(insight.inference.problems.begin(), insight.inference.problems.end(), isTold)) return engine::lint(drawn, insight.inference);
  int64_t size = 0;
  for (const engine::Node& node : drawn.nodes) size += engine::unfoldedSize(node.op);
  if (size > int64_t(kMostLooked)) return engine::lint(drawn, insight.inference);
  const auto unfolded = engine::unfold(drawn);
  if (!unfolded) return engine::lint(drawn, insight.inference);
  engine::Problems lints = engine::lint(unfolded->network, engine::infer(unfolded->network));
  std::set<std::pair<NodeId, std::string>> told;
  std::erase_if(lints, [&](const Problem& lint) {
    const auto where = engine::whereIs(drawn, lint.node);
    if (where.way.size() < 2) return false;
    return !told.emplace(where.way.back().node, engine::toString(lint)).second;
  });
  return lints;
}

bool isBlockFile(const Document& document) {
  const auto has = [&](std::string_view type) { return std::any_of(document.nodes().begin(), document.nodes().end(), [&](const auto& node) { return node->type == type; }); };
  return has("BlockOutput") && !has("Input") && !has("Target");
}

// Brings the problems of all passes together.
void collect(Insight& insight, const Document& document) {
  engine::Problems& all = insight.problems;
  all = insight.expanded.problems;
  all.insert(all.end(), insight.inference.problems.begin(), insight.inference.problems.end());
  // The file of a block, opened to be edited, is what it should be: what its ports lack is a hint.
  if (isBlockFile(document))
    for (Problem& problem : all)
      if (const auto* node = document.node(problem.node); node && node->type == "BlockInput") problem.severity = engine::Severity::lint;
  const engine::Problems lints = lintsOf(insight);
  all.insert(all.end(), lints.begin(), lints.end());
  findWorst(insight, document);
}

bool sameOp(const engine::document::NodeChange& change) {
  return change.before->type == change.after->type && change.before->fields == change.after->fields &&
         change.before->mode == change.after->mode;
}

std::vector<size_t> placesOf(const std::vector<bool>& is) {
  std::vector<size_t> places;
  for (size_t n = 0; n < is.size(); ++n)
    if (is[n]) places.push_back(n);
  return places;
}

void markChanged(const Document& document, const ChangeSet& changes, std::vector<bool>& is) {
  const auto mark = [&](NodeId id) {
    if (const auto index = document.indexOf(id)) is[*index] = true;
  };
  const auto nodes = document.nodes();
  size_t from = 0;  // both are in the document's order
  for (const auto& change : changes.changedNodes) {
    size_t at = from;
    while (at < nodes.size() && nodes[at]->id != change.after->id) ++at;
    if (at < nodes.size()) is[at] = true, from = at + 1;
    else mark(change.after->id);
  }
  for (const auto& place : changes.addedNodes) mark(place.node->id);
  for (const auto* wires : {&changes.removedWires, &changes.addedWires})
    for (const auto& wire : *wires) mark(wire.from), mark(wire.to);
  if (changes.data)
    for (const auto* data : {changes.data.before.get(), changes.data.after.get()})
      for (const auto& binding : data->bindings) mark(binding.node);
}

std::unordered_map<NodeId, const Problem*> worstByNode(const engine::Problems& problems) {
  std::unordered_map<NodeId, const Problem*> worst;
  for (const Problem& problem : problems) worst.try_emplace(problem.node, &problem);
  return worst;
}

}  // namespace

Insight insightOf(const Document& document) {
  Insight insight;
  insight.expanded = engine::document::expand(document);
  insight.inference = engine::infer(insight.expanded.network, optionsOf(document));
  collect(insight, document);
  const auto nodes = document.nodes();
  if (!std::all_of(nodes.begin(), nodes.end(), [](const auto& node) { return node->position.has_value(); }))
    insight.layout = cornersOf(document, roomFor(document, insight.expanded.network));
  return insight;
}

Insight insightWithin(const Insight& around, size_t use, const Document& block,
                      const std::map<std::string, engine::document::ExpandedBlock, std::less<>>& blocks, engine::Type floating) {
  const engine::Node& node = around.expanded.network.nodes[use];
  Insight insight;
  if (!engine::isBlock(node.op)) return insightOf(block);
  std::vector<engine::ValueInfo> inputs;
  for (const engine::Value v : node.inputs) {
    inputs.emplace_back();
    if (!v || size_t(v.node) >= around.inference.nodes.size()) continue;
    const auto& outputs = around.inference.nodes[size_t(v.node)].outputs;
    if (size_t(v.output) < outputs.size()) inputs.back() = outputs[size_t(v.output)];
  }
  engine::Graph& network = insight.expanded.network;
  network = engine::inside(node, 0, inputs);
  const engine::Info& info = node.op.type().info;
  const auto& ports = engine::inputsOf(node.op);
  for (size_t n = 0; n < network.nodes.size() && n < block.nodes().size(); ++n) {
    network.nodes[n].id = block.nodes()[n]->id;
    network.nodes[n].name = block.nodes()[n]->name;
    // What a port has not got yet is unknown to its readers, not missing: the use says what is missing.
    network.nodes[n].inputs = engine::networkOf(node.op).nodes[n].inputs;
    for (engine::Value& v : network.nodes[n].inputs) {
      const auto port = std::find(ports.begin(), ports.end(), v.node);
      const size_t index = size_t(port - ports.begin());
      const bool optional = port != ports.end() && index + size_t(info.optionalInputs) >= ports.size();
      if (optional && (index >= inputs.size() || inputs[index].shape.isMissing())) v = {};
    }
  }
  insight.inference = engine::infer(network, {engine::kBatch, true, floating});
  if (const auto known = blocks.find(block.name()); known != blocks.end()) insight.problems = known->second.problems;
  insight.expanded.problems = insight.problems;
  insight.problems.insert(insight.problems.end(), insight.inference.problems.begin(), insight.inference.problems.end());
  findWorst(insight, block);
  const auto nodes = block.nodes();
  if (!std::all_of(nodes.begin(), nodes.end(), [](const auto& n) { return n->position.has_value(); }))
    insight.layout = cornersOf(block, roomFor(block, network));
  return insight;
}

bool concernsNetwork(const ChangeSet& changes) {
  return changes.blocks || !changes.addedNodes.empty() || !changes.removedNodes.empty() || !changes.addedWires.empty() ||
         !changes.removedWires.empty() || changes.recipe ||
         std::any_of(changes.changedNodes.begin(), changes.changedNodes.end(),
                     [](const auto& c) { return !sameOp(c) || c.before->name != c.after->name; });
}

size_t reachOf(const Document& document, const engine::Graph& network, const ChangeSet& changes) {
  const size_t count = network.nodes.size();
  if (changes.recipe && changes.recipe.before->phases.front().precision != changes.recipe.after->phases.front().precision)
    return count;
  if (changes.blocks) return count;
  std::vector<size_t> waiting;
  std::vector<bool> seen(count);
  const auto reach = [&](size_t n) {
    if (!seen[n]) seen[n] = true, waiting.push_back(n);
  };
  const auto reachNode = [&](NodeId id) {
    if (const auto index = document.indexOf(id)) reach(*index);
  };
  for (const auto& change : changes.changedNodes)
    if (!sameOp(change)) reachNode(change.after->id);
  for (const auto& place : changes.addedNodes) reachNode(place.node->id);
  for (const auto* wires : {&changes.removedWires, &changes.addedWires})
    for (const auto& wire : *wires) reachNode(wire.to);
  if (waiting.empty()) return 0;
  // The readers of all nodes, one behind the other.
  std::vector<size_t> first(count + 1);
  for (const auto& node : network.nodes)
    for (const engine::Value& from : node.inputs)
      if (from) ++first[size_t(from.node) + 1];
  std::partial_sum(first.begin(), first.end(), first.begin());
  std::vector<size_t> readers(first.back()), next(first.begin(), first.end() - 1);
  for (size_t n = 0; n < count; ++n)
    for (const engine::Value& from : network.nodes[n].inputs)
      if (from) readers[next[size_t(from.node)]++] = n;
  size_t reached = 0;
  for (; !waiting.empty(); ++reached) {
    const size_t n = waiting.back();
    waiting.pop_back();
    for (size_t r = first[n]; r < first[n + 1]; ++r) reach(readers[r]);
  }
  return reached;
}

std::vector<size_t> changedBy(const Document& document, const ChangeSet& changes) {
  std::vector<bool> is(document.nodes().size());
  markChanged(document, changes, is);
  return placesOf(is);
}

Insight insightAfter(const Document& document, engine::document::Expanded expanded, const Document& before,
                     const ChangeSet& changes, Insight known, std::vector<size_t>& touched) {
  if (optionsOf(document).floating != optionsOf(before).floating) {
    touched.resize(document.nodes().size());
    std::iota(touched.begin(), touched.end(), size_t(0));
    return insightOf(document);
  }
  std::vector<bool> is(document.nodes().size());
  Insight insight;
  insight.expanded = std::move(expanded);
  std::vector<int> renewed;
  insight.inference = engine::inferAgain(insight.expanded.network, optionsOf(document), known.expanded.network,
                                         std::move(known.inference), &renewed);
  collect(insight, document);
  for (const int n : renewed) is[size_t(n)] = true;
  markChanged(document, changes, is);
  if (insight.problems != known.problems) {
    const auto then = worstByNode(known.problems), now = worstByNode(insight.problems);
    auto places = seenAs(insight.expanded.network, insight.problems);
    places.merge(seenAs(insight.expanded.network, known.problems));
    const auto differs = [&](NodeId node) {
      const auto a = then.find(node), b = now.find(node);
      return (a == then.end()) != (b == now.end()) || (a != then.end() && !(*a->second == *b->second));
    };
    for (const auto* side : {&then, &now})
      for (const auto& [node, problem] : *side)
        if (const auto at = places.find(node); at != places.end() && differs(node)) is[size_t(at->second)] = true;
  }
  touched = placesOf(is);
  return insight;
}

Insight insightMeanwhile(const Document& document, engine::document::Expanded expanded, const Document& before,
                         const Insight& known) {
  Insight insight;
  insight.expanded = std::move(expanded);
  const auto& nodes = insight.expanded.network.nodes;
  const auto& nodesBefore = known.expanded.network.nodes;
  const bool sameOrder = engine::document::sameOrder(document, before);
  std::vector<int> placeNow(nodesBefore.size(), -1);
  insight.inference.nodes.resize(nodes.size());
  for (size_t n = 0; n < nodes.size(); ++n) {
    const auto old = sameOrder ? std::optional(n) : before.indexOf(document.nodes()[n]->id);
    if (old) placeNow[*old] = int(n);
    engine::NodeInference& follows = insight.inference.nodes[n];
    if (old && &nodesBefore[*old].op.type() == &nodes[n].op.type()) follows = known.inference.nodes[*old];
    else follows.outputs.resize(nodes[n].op.type().info.outputs.size());
  }
  std::vector<bool> ordered(nodes.size());
  for (const int old : known.inference.order)
    if (const int now = placeNow[size_t(old)]; now >= 0) insight.inference.order.push_back(now), ordered[size_t(now)] = true;
  for (size_t n = 0; n < nodes.size(); ++n)
    if (!ordered[n]) insight.inference.order.push_back(int(n));
  const auto places = seenAs(known.expanded.network, known.problems);
  const auto isHere = [&](const Problem& problem) {
    const auto at = places.find(problem.node);
    return at != places.end() && document.node(nodesBefore[size_t(at->second)].id);
  };
  for (const Problem& problem : known.inference.problems)
    if (isHere(problem)) insight.inference.problems.push_back(problem);
  insight.problems = insight.expanded.problems;
  const engine::Problems& reread = known.expanded.problems;
  for (const Problem& problem : known.problems)
    if ((problem.node == 0 || isHere(problem)) && std::find(reread.begin(), reread.end(), problem) == reread.end())
      insight.problems.push_back(problem);
  findWorst(insight, document);
  return insight;
}

}  // namespace ui
