// All that can be told of a document: the graph that it stands for, its shapes, its problems and hints. Pure values, so
// that another thread can find them; after an edit only what the edit can have changed is looked at again.
#pragma once
#include <QPointF>

#include "engine/document/expand.h"
#include "engine/passes/infer.h"

namespace ui {

struct Insight {
  engine::document::Expanded expanded;  // node by node in the document's order
  engine::Inference inference;
  engine::Problems problems;      // of all three, problems before lints
  std::vector<int> worstProblem;  // of each node, as its place in `problems`; -1: it is fine
  // Where the nodes of a new document stand, in its order; empty where all have positions of their own, and after edits.
  std::vector<QPointF> layout;
};

Insight insightOf(const engine::document::Document& document);

// The same of a block, as the node `use` of the network around it, of which `around` is known, has it: with what is wired to
// its ports there, and the fields that it has there. Problems are by the ids of the block's own nodes.
Insight insightWithin(const Insight& around, size_t use, const engine::document::Document& block,
                      const std::map<std::string, engine::document::ExpandedBlock, std::less<>>& blocks, engine::Type floating);

// Whether shapes or problems may follow from an edit; they do not from moving nodes.
bool concernsNetwork(const engine::document::ChangeSet& changes);
// How many nodes an edit has inferred anew at most: those that it changed, and all that reads from them. `network` is that
// of the document after it.
size_t reachOf(const engine::document::Document& document, const engine::Graph& network,
               const engine::document::ChangeSet& changes);
// The nodes that an edit itself changed, in the document's order.
std::vector<size_t> changedBy(const engine::document::Document& document, const engine::document::ChangeSet& changes);

// Equal to insightOf(document) but for the layout, where `before` and what was known of it became `document` by `changes`.
// `expanded` is the document's. `touched` gets the nodes of which anything may have become different: field, wire, shape,
// count or problem.
Insight insightAfter(const engine::document::Document& document, engine::document::Expanded expanded,
                     const engine::document::Document& before, const engine::document::ChangeSet& changes, Insight known,
                     std::vector<size_t>& touched);
// For the time until that is found: the graph as it is now, with shapes and problems as they were known of `before`.
Insight insightMeanwhile(const engine::document::Document& document, engine::document::Expanded expanded,
                         const engine::document::Document& before, const Insight& known);

}  // namespace ui
