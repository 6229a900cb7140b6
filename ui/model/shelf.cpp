#include "ui/model/shelf.h"

#include <QStandardPaths>
#include <algorithm>
#include <optional>

#include "engine/document/block_folder.h"
#include "engine/document/expand.h"
#include "engine/document/transaction.h"
#include "ui/model/text.h"

namespace ui {

using engine::document::Document;
using engine::document::LibraryBlock;
using engine::document::Transaction;

namespace {

std::optional<std::vector<ShelfBlock>>& known() {
  static std::optional<std::vector<ShelfBlock>> blocks;
  return blocks;
}

std::filesystem::path folder() { return utf8(shelfFolder()); }

void put(std::vector<ShelfBlock>& list, const LibraryBlock& block, bool own) {
  const Document empty;
  Transaction transaction(empty);
  const auto name = transaction.bringBlock(*block.file);
  if (!name) return;
  const auto expanded = engine::document::expand(transaction.view());
  const auto at = std::lower_bound(list.begin(), list.end(), block.name, [](const ShelfBlock& b, const std::string& n) { return b.block.name < n; });
  const ShelfBlock made{block, expanded.blocks.find(*name)->second.op, own};
  if (at != list.end() && at->block.name == block.name) *at = made;
  else list.insert(at, made);
}

// What was done to the folder is seen, where it was done.
template <class Outcome>
Outcome afresh(Outcome outcome) {
  if (!outcome) return outcome;
  known().reset();
  emit shelfWatcher().changed();
  return outcome;
}

}  // namespace

QString shelfFolder() { return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + "/blocks"; }

const std::vector<ShelfBlock>& shelf() {
  auto& blocks = known();
  if (blocks) return *blocks;
  blocks.emplace();
  for (const LibraryBlock& block : engine::document::shippedBlocks()) put(*blocks, block, false);
  for (const LibraryBlock& block : engine::document::blocksIn(folder())) put(*blocks, block, true);
  return *blocks;
}

const ShelfBlock* shelfBlock(std::string_view name) {
  const auto& all = shelf();
  const auto at = std::find_if(all.begin(), all.end(), [&](const ShelfBlock& b) { return b.block.name == name; });
  return at == all.end() ? nullptr : &*at;
}

// Who brings in what is there already gets no second one, and a second name where it is something else.
bool shelfHasAnother(const Document& project, std::string_view block) {
  const ShelfBlock* there = shelfBlock(block);
  if (!there) return false;
  Transaction transaction(project);
  const auto brought = transaction.bringBlock(*there->block.file);
  return !brought || *brought != block;
}

std::string freeBlockName(const Document& project, const std::string& wish) {
  const Transaction transaction(project);
  std::string name = wish;
  for (int number = 2; shelfBlock(name) || transaction.freeBlockName(name) != name; ++number) name = wish + "_" + std::to_string(number);
  return name;
}

engine::Done putOnShelf(const Document& project, std::string_view block) { return afresh(engine::document::saveBlock(project, block, folder())); }

engine::Done putOnShelf(const LibraryBlock& block) { return afresh(engine::document::saveBlock(block, folder())); }

engine::Result<LibraryBlock> takeFromShelf(std::string_view block) { return afresh(engine::document::removeBlock(block, folder())); }

ShelfWatcher& shelfWatcher() {
  static ShelfWatcher watcher;
  return watcher;
}

}  // namespace ui
