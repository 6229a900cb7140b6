// A titled frame around nodes that belong together. It has no size of its own: it is as large as what is in it, and goes where
// that goes. Frames mean nothing to training.
#pragma once
#include <string>
#include <vector>

#include "engine/document/node.h"

namespace engine::document {

struct Frame {
  NodeId id = 0;       // no other frame's; nodes have ids of their own
  std::string title;   // may be empty, and need not be unique
  int color = 0;       // of kFrameColors
  std::vector<NodeId> nodes;  // at least one, each once, in the order of the document's nodes
  std::string extras;  // as Node::extras
  bool operator==(const Frame&) const = default;
};

inline constexpr int kFrameColors = 6;  // of the theme

// In the order of the file; a later one is drawn above an earlier one.
struct Frames {
  std::vector<Frame> list;
  const Frame* frame(NodeId id) const;  // null: there is none
  bool operator==(const Frames&) const = default;
};

}  // namespace engine::document
