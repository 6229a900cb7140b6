// Nodes as they were painted last: while nothing about a node and the zoom has changed, painting it is copying.
#pragma once
#include <QCache>
#include <QPixmap>

#include "ui/canvas/items.h"

namespace ui {

class NodePictures {
 public:
  // The painter is in pixels of the window; `scale` is the zoom. Where it is late, and the node was painted at this zoom
  // before, it is painted as it was, and false comes back: it is to be painted again soon.
  bool paint(QPainter& painter, const NodeItem& node, QPointF at, double scale, bool isLate = false);
  void clear() { kept_.clear(); }
  int made() const { return made_; }  // so far: what was painted, and not copied

 private:
  struct Picture {
    QPixmap pixmap;
    quint64 version;
    double scale;
  };
  int made_ = 0;
  QCache<engine::NodeId, Picture> kept_{64 << 10};  // KiB; far more than a screen shows
};

}  // namespace ui
