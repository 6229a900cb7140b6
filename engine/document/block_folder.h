// A person's own blocks: a folder of files, each a block with those that it uses.
#pragma once
#include <filesystem>
#include <string_view>
#include <vector>

#include "engine/document/block_library.h"

namespace engine::document {

// Those of all .netw files in the folder, by name. What cannot be read, or is no block, is left out and told, if somebody wants to know; of
// several blocks of a name the first by file name is taken. A folder that is not there has none.
std::vector<LibraryBlock> blocksIn(const std::filesystem::path& folder, Problems* problems = nullptr);

// A block of the project as the file NAME.netw, with all that it uses. Makes the folder; replaces an older file of that name. Names that
// are none for files are refused.
Done saveBlock(const Document& project, std::string_view name, const std::filesystem::path& folder);
// What removeBlock() took.
Done saveBlock(const LibraryBlock& block, const std::filesystem::path& folder);

// Takes the block's file out of the folder. What it was comes back, for who wants it there again.
Result<LibraryBlock> removeBlock(std::string_view name, const std::filesystem::path& folder);

}  // namespace engine::document
