// Where nodes stand after an automatic layout: the engine's layers, with room for the boxes as they are drawn, and a
// long chain broken into rows, as text is, so that it can be seen at a glance.
#pragma once
#include <QPointF>
#include <span>
#include <vector>

#include "engine/document/document.h"
#include "engine/graph/graph.h"

namespace ui {

// Upper left corners in the document's order, on the grid, from (0, 0) on. `heights` are those of its nodes.
std::vector<QPointF> arranged(const engine::document::Document& document, std::span<const double> heights);

// What a layout keeps free for each node of the document's graph: with a live picture, so that a run covers nobody.
std::vector<double> roomyHeights(const engine::Graph& network);

// The ports of a node: one free port is always there for an op that takes any number of inputs, and further outputs (the
// statistics of a batch norm) show once somebody reads them.
size_t inputPorts(const engine::Node& node);

}  // namespace ui
