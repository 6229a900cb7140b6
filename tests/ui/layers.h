// Layers put into a project as an edit does it, for tests that are about something else.
#pragma once
#include "ui/model/project.h"

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

}  // namespace ui
