// Automatic layout as an edit that is ready to be made: found on any thread, for thousands of nodes off the window's.
#pragma once
#include <QPointF>
#include <map>
#include <vector>

#include "engine/document/arrange.h"
#include "engine/document/change_set.h"
#include "engine/document/document.h"

namespace ui {

struct LayoutRequest {
  engine::document::Document document;
  std::vector<engine::NodeId> nodes;          // of it; empty: all
  std::map<engine::NodeId, QPointF> shownAt;  // all of its nodes, in units of the canvas
  engine::document::Arrangement how;          // the room of all of its nodes, notes as large as they are
};

struct LayoutEdit {
  engine::document::ChangeSet changes;
  engine::document::Document after;  // what they make of the document
  std::map<engine::NodeId, QPointF> from, to;
};

// The nodes alone are a network of their own; its corner stays where it was. Notes are not laid out, they go where the node goes
// that they stood nearest to. Fails only where the request's nodes are not the document's.
engine::Result<LayoutEdit> laidOut(const LayoutRequest& request);

}  // namespace ui
