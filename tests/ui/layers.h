// Layers put into a project as an edit does it, for tests that are about something else.
#pragma once
#include "ui/model/project.h"
#include "ui/model/shelf.h"

namespace ui {

// 0 where the project refuses it.
inline engine::NodeId addLayer(Project& project, const char* type, engine::document::Fields fields = {}) {
  engine::NodeId id = 0;
  project.edit("Add", [&](engine::document::Transaction& t) -> engine::Done {
    engine::document::Node node;
    node.type = type;
    node.fields = std::move(fields);
    const auto made = t.addNode(node);
    if (!made) return tl::unexpected(made.error());
    id = *made;
    return {};
  });
  return id;
}

// A use of a block that ships; 0 where there is none of that name.
inline engine::NodeId addBlock(Project& project, const char* name) {
  const ShelfBlock* block = shelfBlock(name);
  if (!block) return 0;
  project.edit("Bring", [&](engine::document::Transaction& t) -> engine::Done {
    if (const auto brought = t.bringBlock(*block->block.file); !brought) return tl::unexpected(brought.error());
    return {};
  });
  return addLayer(project, name);
}

// Of convolutions and activations in a row, in rows of forty; ids from 1 on.
inline engine::document::Document chain(engine::NodeId count, bool placed = true) {
  engine::document::Document::Parts parts;
  for (engine::NodeId id = 1; id <= count; ++id) {
    engine::document::Node node;
    node.id = id, node.type = id == 1 ? "Input" : id % 3 ? "ReLU" : "Conv2d", node.name = "n" + std::to_string(id);
    if (id == 1) node.fields = {{"shape", std::vector<int64_t>{4, 16, 16}}};
    if (id > 1 && id % 3 == 0) node.fields = {{"out_channels", int64_t(4)}, {"padding", std::vector<int64_t>{1, 1}}};
    if (placed) node.position = engine::document::Position{200.0 * double(id % 40), 120.0 * double(id / 40)};
    parts.nodes.push_back(node);
    if (id > 1) parts.wires.push_back({id - 1, 0, id, 0, {}});
  }
  return *engine::document::Document::assemble(std::move(parts));
}

}  // namespace ui
