#include "ui/model/shelf.h"

#include <algorithm>

#include "engine/document/expand.h"
#include "engine/document/transaction.h"

namespace ui {

using engine::document::Document;
using engine::document::Transaction;

const std::vector<ShelfBlock>& shelf() {
  static const std::vector<ShelfBlock> all = [] {
    std::vector<ShelfBlock> list;
    for (const auto& block : engine::document::shippedBlocks()) {
      const Document empty;
      Transaction transaction(empty);
      const auto name = transaction.bringBlock(*block.file);
      if (!name) continue;
      auto expanded = engine::document::expand(transaction.view());
      list.push_back({block, expanded.blocks.find(*name)->second.op});
    }
    return list;
  }();
  return all;
}

const ShelfBlock* shelfBlock(std::string_view name) {
  const auto& all = shelf();
  const auto at = std::find_if(all.begin(), all.end(), [&](const ShelfBlock& b) { return b.block.name == name; });
  return at == all.end() ? nullptr : &*at;
}

}  // namespace ui
