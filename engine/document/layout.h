// A first picture of a network: in layers from left to right, so that every wire goes forward. For documents without
// positions; the same document always gives the same picture. Linear in nodes and wires, but for the sorting of a layer.
#pragma once
#include <vector>

#include "engine/document/document.h"

namespace engine::document {

// In units of the canvas.
inline constexpr double kNodeWidth = 160, kNodeHeight = 64;
inline constexpr double kLayerGap = 60, kRowGap = 32;  // between boxes

struct Layout {
  std::vector<Position> nodes;              // upper left corners, as the document's nodes
  std::vector<std::vector<Position>> bends;  // as its wires: points that a wire passes between its ends, so that it crosses no box
};

// Layers by the longest way from the inputs; a node without inputs stands just before its first reader. Within a layer by
// the barycentres of the neighbours (Sugiyama et al. 1981).
Layout layOut(const Document& document);

// The document's own positions where every node has one, else those of layOut().
Layout placed(const Document& document);

}  // namespace engine::document
