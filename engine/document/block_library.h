// The blocks that ship with the programs, from resources/blocks: their texts are part of the programs. A person's own are in a
// folder, see block_folder.h.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/document/document.h"

namespace engine::document {

// A file of a block: its root network is the block, its blocks are those that it uses. Transaction::bringBlock takes it.
struct LibraryBlock {
  std::string name, about;
  std::shared_ptr<const Document> file;  // never null
};

std::span<const LibraryBlock> shippedBlocks();  // by name; parsed when they are first asked for
const LibraryBlock* shippedBlock(std::string_view name);  // null: there is none

}  // namespace engine::document
