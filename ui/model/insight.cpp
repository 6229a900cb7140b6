#include "ui/model/insight.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "engine/passes/lint.h"

namespace ui {

using engine::NodeId;
using engine::Problem;
using engine::document::ChangeSet;
using engine::document::Document;

namespace {

engine::InferOptions optionsOf(const Document& document) {
  return {engine::kBatch, true, document.recipe().phases.front().precision};
}

// Brings the problems of all passes together.
void collect(Insight& insight, const Document& document) {
  engine::Problems& all = insight.problems;
  all = insight.expanded.problems;
  all.insert(all.end(), insight.inference.problems.begin(), insight.inference.problems.end());
  const engine::Problems lints = engine::lint(insight.expanded.network, insight.inference);
  all.insert(all.end(), lints.begin(), lints.end());
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.severity < b.severity; });
  insight.worstProblem.assign(document.nodes().size(), -1);
  for (size_t i = 0; i < all.size(); ++i)
    if (const auto node = document.indexOf(all[i].node); node && insight.worstProblem[*node] < 0)
      insight.worstProblem[*node] = int(i);
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
  return insight;
}

Insight insightAfter(const Document& document, const Document& before, const ChangeSet& changes, Insight known,
                     std::vector<size_t>& touched) {
  if (optionsOf(document).floating != optionsOf(before).floating) {
    touched.resize(document.nodes().size());
    std::iota(touched.begin(), touched.end(), size_t(0));
    return insightOf(document);
  }
  std::vector<bool> is(document.nodes().size());
  const auto touch = [&](NodeId id) {
    if (const auto index = document.indexOf(id)) is[*index] = true;
  };
  Insight insight;
  insight.expanded = engine::document::expand(document, before, known.expanded);
  std::vector<int> renewed;
  insight.inference = engine::inferAgain(insight.expanded.network, optionsOf(document), known.expanded.network,
                                         std::move(known.inference), &renewed);
  collect(insight, document);
  for (const int n : renewed) is[size_t(n)] = true;
  for (const auto& change : changes.changedNodes) touch(change.after->id);
  for (const auto& place : changes.addedNodes) touch(place.node->id);
  for (const auto* wires : {&changes.removedWires, &changes.addedWires})
    for (const auto& wire : *wires) touch(wire.from), touch(wire.to);
  if (changes.data)
    for (const auto* data : {changes.data.before.get(), changes.data.after.get()})
      for (const auto& binding : data->bindings) touch(binding.node);
  if (insight.problems != known.problems) {
    const auto then = worstByNode(known.problems), now = worstByNode(insight.problems);
    const auto differs = [&](NodeId node) {
      const auto a = then.find(node), b = now.find(node);
      return (a == then.end()) != (b == now.end()) || (a != then.end() && !(*a->second == *b->second));
    };
    for (const auto* side : {&then, &now})
      for (const auto& [node, problem] : *side)
        if (differs(node)) touch(node);
  }
  for (size_t n = 0; n < is.size(); ++n)
    if (is[n]) touched.push_back(n);
  return insight;
}

}  // namespace ui
