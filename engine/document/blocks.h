// What makes a network a layer of its own: a block is a document whose BlockInput and BlockOutput nodes are its ports, in
// their order, and whose exposed fields are what each use of it may set.
//
// A project keeps the blocks that it uses, by name; a node whose type is such a name is a use of that block, and follows it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/document/node.h"

namespace engine::document {

class Document;

// A field of a node within the block.
struct Inner {
  NodeId node = 0;
  std::string field;
  bool operator==(const Inner&) const = default;
};

// A field that a use of the block has. Where it gives none, what stands in the block holds.
struct Exposed {
  std::string name, help;     // help: one sentence, "" for that of the first inner field
  std::vector<Inner> inners;  // all get the same value; the first says which values fit
  std::string extras;         // as Node::extras
  bool operator==(const Exposed&) const = default;
};

struct Interface {
  std::string about;  // one sentence, for the palette and the help
  std::vector<Exposed> fields;
  const Exposed* field(std::string_view name) const;  // null: there is none
  bool operator==(const Interface&) const = default;
};

using BlockPointer = std::shared_ptr<const Document>;

// In the order of the file. None has blocks of its own: all are the project's.
struct Blocks {
  std::vector<BlockPointer> list;
  bool operator==(const Blocks& other) const;
};

}  // namespace engine::document
