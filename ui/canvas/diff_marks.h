// What is different from another version, on the canvas: nodes that are new, changed or gone, and wires likewise. Nodes that are gone
// stand where they were, pale; nothing can be done to them here.
#pragma once
#include <QHash>
#include <QMarginsF>

#include "ui/canvas/node_look.h"
#include "ui/diff/network_diff.h"

class QPainter;

namespace ui {

class Scene;

struct DiffMarks {
  DiffInView inView;
  struct Ghost {
    NodeLook look;
    QPointF at;
    QRectF rect() const { return look.rect().translated(at); }
  };
  QHash<engine::NodeId, Ghost> gone;
};

// Below a node, what is different about it, and around it: a scene that shows marks has so much more painted anew.
inline constexpr QMarginsF kDiffReach{12, 26, 120, 48};

DiffMarks marksOf(const NetworkDiff& diff, const Scene& scene);
// Behind the nodes, and over them. Painted in units of the canvas.
void paintDiffBehind(QPainter& painter, const DiffMarks& marks, const Scene& scene, const QRectF& exposed, double scale);
void paintDiffOver(QPainter& painter, const DiffMarks& marks, const Scene& scene, const QRectF& exposed, double scale);

}  // namespace ui
