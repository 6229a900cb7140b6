// All that can be told of a document: the graph that it stands for, its shapes, its problems and hints. Pure values, so
// that another thread can find them; after an edit only what the edit can have changed is looked at again.
#pragma once
#include "engine/document/expand.h"
#include "engine/passes/infer.h"

namespace ui {

struct Insight {
  engine::document::Expanded expanded;  // node by node in the document's order
  engine::Inference inference;
  engine::Problems problems;      // of all three, problems before lints
  std::vector<int> worstProblem;  // of each node, as its place in `problems`; -1: it is fine
};

Insight insightOf(const engine::document::Document& document);
// Equal to insightOf(document), where `before` and what was known of it became `document` by `changes`. `touched` gets
// the nodes of which anything may have become different: field, wire, shape, count or problem.
Insight insightAfter(const engine::document::Document& document, const engine::document::Document& before,
                     const engine::document::ChangeSet& changes, Insight known, std::vector<size_t>& touched);

}  // namespace ui
