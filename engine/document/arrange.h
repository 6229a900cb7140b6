// Where nodes stand after an automatic layout: in layers, with room for them as they are drawn, frames kept together, and a long
// chain broken into rows, as text is, so that it can be seen at a glance. The same document always gives the same picture.
#pragma once
#include <vector>

#include "engine/document/document.h"

namespace engine::document {

enum class Direction { right, down };  // from one layer to the next

// In units of the canvas.
struct NodeRoom {
  double width = 0, height = 0;  // kept free for it
  double port = 0;               // of its first ports, below its upper edge
  double usual = 0;              // how high it counts while an order is found; what is higher gets its room afterwards
};

struct Arrangement {
  Direction direction = Direction::right;
  std::vector<NodeRoom> nodes;  // as the document's
  // A node that stands beside another one, so far off its corner. In the same frame as that; else it is placed by itself.
  struct Beside {
    size_t node = 0, host = 0;
    Position off;
  };
  std::vector<Beside> beside;
  double grid = 1;                      // corners are on it
  double framePad = 0, frameTitle = 0;  // what a frame has around its nodes; the latter above
};

// Upper left corners, from (0, 0) on where nothing stands in a frame or beside another. No two nodes lie on each other; a frame of
// the tree (frame_tree.h) lies on no node but its own, and on no frame but those in it and around it.
std::vector<Position> arranged(const Document& document, const Arrangement& how);

}  // namespace engine::document
