#include "engine/document/block_folder.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "engine/document/json.h"
#include "engine/document/transaction.h"

namespace engine::document {

namespace fs = std::filesystem;

namespace {

constexpr const char* kEnding = ".netw";

// Files that some system could not have, or would hide.
bool isFileName(std::string_view name) {
  constexpr size_t kLongest = 200;  // of the 255 bytes that file systems have, with room for what saving appends
  const auto refused = [](char c) { return uint8_t(c) < ' ' || c == 0x7f || std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos; };
  return !name.empty() && name.size() <= kLongest && name.front() != '.' && name.front() != ' ' && name.back() != '.' && name.back() != ' ' &&
         std::ranges::none_of(name, refused);
}

// The blocks that the network's nodes are uses of, and those of these, after one another.
void collectUsed(const Document& project, const Document& network, std::vector<BlockPointer>& used) {
  for (const NodePointer& node : network.nodes())
    for (const BlockPointer& block : project.blocks())
      if (block->name() == node->type && std::ranges::find(used, block) == used.end()) {
        used.push_back(block);
        collectUsed(project, *block, used);
      }
}

bool isBlockFile(const Document& document) {
  return std::ranges::any_of(document.nodes(), [](const NodePointer& node) { return node->type == "BlockOutput"; });
}

// Those that may be blocks, in the order in which they are asked.
std::vector<fs::path> filesIn(const fs::path& folder, std::error_code& error) {
  std::vector<fs::path> files;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code unknown;  // of what is no file, or is gone: not ours
    if (entry->path().extension() == kEnding && entry->is_regular_file(unknown)) files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

Done saveFile(const Document& file, std::string_view name, const fs::path& folder) {
  if (!isFileName(name))
    return failure(folder.string(), "a block whose name a file may have", Message("{0}", name), "give it a name of letters and numbers");
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return failure(folder.string(), "a folder for blocks", Message("{0}", error.message()), "choose another folder");
  return save(file, (folder / (std::string(name) + kEnding)).string());
}

}  // namespace

std::vector<LibraryBlock> blocksIn(const fs::path& folder, Problems* problems) {
  const auto tell = [&](Problem problem) {
    if (problems) problems->push_back(std::move(problem));
  };
  std::error_code error;
  const std::vector<fs::path> files = filesIn(folder, error);
  if (error && error != std::errc::no_such_file_or_directory)
    tell(failure(folder.string(), "a folder of blocks that can be read", Message("{0}", error.message())).value());

  std::vector<LibraryBlock> blocks;
  std::set<std::string> names;
  for (const fs::path& path : files) {
    const auto refuse = [&](Message needs, Message got, Message fix) {
      tell(failure(path.string(), std::move(needs), std::move(got), std::move(fix)).value());
    };
    Result<Document> document = load(path.string());
    if (!document) {
      tell(document.error());
    } else if (document->name().empty()) {
      refuse("a block with a name", "none", "give it one");
    } else if (!isBlockFile(*document)) {
      refuse("a block: a network with a BlockOutput", "a project", "move the file to another folder");
    } else if (!names.insert(document->name()).second) {
      refuse("another name for every block", Message("{0} a second time", document->name()), "rename the block, or remove the file");
    } else {
      auto file = std::make_shared<const Document>(*std::move(document));
      blocks.push_back({file->name(), file->interface().about, file});
    }
  }
  std::ranges::sort(blocks, {}, &LibraryBlock::name);
  return blocks;
}

Done saveBlock(const Document& project, std::string_view name, const fs::path& folder) {
  const Document* block = project.block(name);
  if (!block) return tl::unexpected(Problem{0, Place::field("blocks"), Severity::problem, "a block that is there", Message("{0}", name), {}, {}});
  std::vector<BlockPointer> used;
  collectUsed(project, *block, used);
  Document file = *block;
  Transaction transaction(file);
  for (const BlockPointer& each : used)
    if (Done done = transaction.setBlock(*each); !done) return done;
  const Result<ChangeSet> changes = transaction.finish();
  if (!changes) return tl::unexpected(changes.error());
  if (Done done = file.apply(*changes); !done) return done;

  return saveFile(file, name, folder);
}

Done saveBlock(const LibraryBlock& block, const fs::path& folder) { return saveFile(*block.file, block.name, folder); }

Result<LibraryBlock> removeBlock(std::string_view name, const fs::path& folder) {
  std::error_code error;
  for (const fs::path& path : filesIn(folder, error)) {
    Result<Document> document = load(path.string());
    if (!document || document->name() != name || !isBlockFile(*document)) continue;
    if (!fs::remove(path, error)) return failure(path.string(), "a file that may be removed", Message("{0}", error.message()), "look who may write in its folder");
    auto file = std::make_shared<const Document>(*std::move(document));
    return LibraryBlock{file->name(), file->interface().about, file};
  }
  return failure(folder.string(), "a block that is there", Message("{0}", name));
}

}  // namespace engine::document
