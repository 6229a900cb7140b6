// Frames around nodes: where they are, and how they look. A frame is as large as what is in it, and one that holds all of
// another one's nodes stands around that.
#pragma once
#include <QIcon>
#include <QRectF>
#include <QString>
#include <functional>
#include <vector>

#include "engine/document/document.h"
#include "ui/model/node_size.h"

class QPainter;

namespace ui {

struct FrameBox {
  engine::NodeId id = 0;
  QString title;
  int color = 0;
  QRectF rect;
  std::vector<engine::NodeId> nodes;
  // Where a hand takes it, and where its title stands.
  QRectF titleRect() const;
};

inline constexpr double kFrameTitle = node_size::frameTitle, kFramePad = node_size::framePad;  // above what is in it, and on the other sides

// In the order in which they are painted: outer ones first. `rectOf` gives where a node is.
std::vector<FrameBox> frameBoxes(const engine::document::Document& document, const std::function<QRectF(engine::NodeId)>& rectOf);

QColor frameLine(int color);
QIcon frameSwatch(int color);

// In units of the canvas; `scale` is how many pixels one of them has. Titles stay readable from afar.
void paintFrame(QPainter& painter, const FrameBox& frame, double scale, bool lit);

}  // namespace ui
