// Boxes of any size in layers that run one way, for whoever says which way that is: `along` the wires, and `across`.
#pragma once
#include <vector>

#include "engine/document/layers.h"

namespace engine::document {

struct RowBox {
  double along = 0, across = 0;   // its size
  double line = 0;                // where its wires run, across
  double before = 0, after = 0;   // what it counts on both sides of that line while an order is found
};

struct RowStyle {
  double layerGap = 0;  // between boxes of neighbouring layers
  double boxGap = 0;    // between boxes of a layer
  double rowGap = 0;    // between rows: a wire goes back there
  double passing = 0;   // kept free for a wire that passes a layer
  double line = 0;      // of most boxes
  double pitch = 1;     // of layers of usual boxes
  double aspect = 1;    // wished for, along by across
  double grid = 1;
};

struct RowPlace {
  double along = 0, across = 0;
};

// Corners on the grid, from (0, 0) on. Wires without cycles.
std::vector<RowPlace> inRows(const std::vector<RowBox>& boxes, const std::vector<LayerGraph::Wire>& wires, const RowStyle& style);

}  // namespace engine::document
