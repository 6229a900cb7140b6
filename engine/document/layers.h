// Boxes and the wires between them in layers: which layer each stands in, and where across the layers (Sugiyama et al. 1981).
// Linear in boxes and wires, but for the sorting of a layer.
#pragma once
#include <cstddef>
#include <vector>

namespace engine::document {

struct LayerGraph {
  // The wires of a box run on a line through it; so much is kept free on both sides of that.
  struct Box {
    double before = 0, after = 0;
  };
  struct Wire {
    int from = 0, to = 0;                // without cycles
    double leaves = 0, arrives = 0;      // how far off those lines
  };
  std::vector<Box> boxes;
  std::vector<Wire> wires;
  double passing = 0;  // kept free for a wire where it passes a layer
};

struct Layers {
  struct Pass {
    int layer = 0;
    double line = 0;
  };
  std::vector<int> layer;     // by box
  std::vector<double> line;   // by box, across the layers
  std::vector<std::vector<Pass>> passes;  // by wire: where it passes layers between its ends
};

// The longest way from the boxes without inputs; one of these stands just before its first reader.
std::vector<int> layersOf(size_t boxes, const std::vector<LayerGraph::Wire>& wires);

// Within a layer by the barycentres of the neighbours.
Layers inLayers(const LayerGraph& graph);

}  // namespace engine::document
