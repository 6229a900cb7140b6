// Where nodes stand after an automatic layout: the engine's layers, with room for the boxes as they are drawn, and a
// long chain broken into rows, as text is, so that it can be seen at a glance.
#pragma once
#include <QPointF>
#include <QSizeF>
#include <functional>
#include <vector>

#include "engine/document/document.h"

namespace ui {

// Upper left corners in the document's order, on the grid, from (0, 0) on.
std::vector<QPointF> arranged(const engine::document::Document& document,
                              const std::function<QSizeF(engine::NodeId)>& sizeOf);

}  // namespace ui
