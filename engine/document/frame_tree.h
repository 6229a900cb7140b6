// Which frames stand within which, by their nodes.
#pragma once
#include <vector>

#include "engine/document/document.h"

namespace engine::document {

struct FrameTree {
  static constexpr int kNone = -1, kCrossing = -2;
  // By frame, as the document lists them: the one around it. A frame that shares nodes with another one of which neither holds
  // all of the other's is no part of the tree, the larger one of the two is.
  std::vector<int> around;
  std::vector<int> innermost;        // by node
  std::vector<size_t> fromOutside;  // the frames of the tree, those around others first
};

FrameTree frameTree(const Document& document);

}  // namespace engine::document
