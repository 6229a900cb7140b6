// From the document that a person edits to the graph that the engine works on.
#pragma once
#include "engine/document/document.h"
#include "engine/graph/graph.h"

namespace engine::document {

struct Expanded {
  Graph network;      // a node for each of the document's, in its order: indices agree
  Problems problems;  // unknown types, wrong fields; the graph holds defaults in their place
};

Expanded expand(const Document& document);
// The same after an edit: `known` is what was made of `before`. Only nodes that are new or changed are read.
Expanded expand(const Document& document, const Document& before, const Expanded& known);

}  // namespace engine::document
