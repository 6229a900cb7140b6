// What an automatic layout keeps free for nodes as they are drawn, and where they stand after it.
#pragma once
#include <QPointF>
#include <vector>

#include "engine/document/arrange.h"
#include "engine/graph/graph.h"

namespace ui {

// For each node of the document, of which `network` is the graph: with a live picture, so that a run covers nobody. How high a
// note is depends on its font and is estimated: a canvas knows better.
engine::document::Arrangement roomFor(const engine::document::Document& document, const engine::Graph& network);

// Upper left corners in the document's order, on the grid.
std::vector<QPointF> cornersOf(const engine::document::Document& document, const engine::document::Arrangement& how);

// The ports of a node: one free port is always there for an op that takes any number of inputs, and further outputs (the
// statistics of a batch norm) show once somebody reads them.
size_t inputPorts(const engine::Node& node);

}  // namespace ui
