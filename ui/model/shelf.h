// The blocks that may be brought into any project: those that ship, and the user's own.
#pragma once
#include <string_view>
#include <vector>

#include "engine/document/block_library.h"
#include "engine/graph/op.h"

namespace ui {

struct ShelfBlock {
  engine::document::LibraryBlock block;
  engine::Op op;  // as it would be in a project
};

// By name; read once. What cannot be read is left out.
const std::vector<ShelfBlock>& shelf();
const ShelfBlock* shelfBlock(std::string_view name);  // null: there is none

}  // namespace ui
