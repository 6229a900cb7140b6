// The blocks that may be brought into any project: those that ship, and the user's own.
#pragma once
#include <QObject>
#include <string>
#include <string_view>
#include <vector>

#include "engine/document/block_library.h"
#include "engine/graph/op.h"

namespace ui {

struct ShelfBlock {
  engine::document::LibraryBlock block;
  engine::Op op;     // as it would be in a project
  bool own = false;  // of the user
};

// By name; of one name the user's own. Read when it is first asked for, and after something was put into it. A file that
// cannot be read is left out.
const std::vector<ShelfBlock>& shelf();
const ShelfBlock* shelfBlock(std::string_view name);  // null: there is none

// A block of the project, with all that it uses, as the user's own; replaces one of that name.
engine::Done putOnShelf(const engine::document::Document& project, std::string_view block);
// Takes one of the user's own away; what it was comes back, and may be put there again.
engine::Result<engine::document::LibraryBlock> takeFromShelf(std::string_view block);
engine::Done putOnShelf(const engine::document::LibraryBlock& block);
// Whether the shelf has a block of that name which is not this one: of somebody's other project, of those that ship, or this one as it was.
bool shelfHasAnother(const engine::document::Document& project, std::string_view block);
// For a new block: one that neither the project nor the shelf has.
std::string freeBlockName(const engine::document::Document& project, const std::string& wish);
QString shelfFolder();  // where the user's own are

class ShelfWatcher : public QObject {
  Q_OBJECT
 signals:
  void changed();
};
ShelfWatcher& shelfWatcher();

}  // namespace ui
