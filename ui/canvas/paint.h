// How nodes, ports and wires look: pure painting from values, the same for the screen, for pictures in files and for
// the minimap. `scale` is how many pixels a unit of the canvas has, and decides how much is drawn.
#pragma once
#include <QPainterPath>

#include "ui/canvas/node_look.h"

class QPainter;

namespace ui {

// From the tokens: what is left of a node when it becomes small.
namespace detail {
inline constexpr double nameOnly = 0.6, noText = 0.4, noPorts = 0.35, blocks = 0.4, hairlines = 0.25, glyphs = 0.15,
                        noWires = 0.08, grid = 0.25, shadow = 0.6;
inline constexpr double smallestName = 9;  // pixels
}  // namespace detail

// What comes on top of a node's own state.
struct NodeMarks {
  bool selected = false, hovered = false, focused = false;
  bool faded = false;                         // steps back while a wire is dragged
  bool running = false;                       // its live picture follows a run
  std::vector<bool> ringInputs, ringOutputs;  // ports that fit what is dragged
  bool operator==(const NodeMarks&) const = default;
};

// In units of the canvas; from detail::blocks on. What is smaller is painted by far_view.h.
void paintNode(QPainter& painter, const NodeLook& look, const NodeMarks& marks, double scale);

struct WireMarks {
  bool selected = false, hovered = false, faded = false;
  bool accent = false;  // what is dropped would go in between
  bool operator==(const WireMarks&) const = default;
};
QColor wireColor(const engine::ValueInfo& value, const WireMarks& marks);
void paintWire(QPainter& painter, const QPainterPath& path, const engine::ValueInfo& value, const WireMarks& marks);

// From an output to an input: forward in one curve, backward around the corner through the free lane between the nodes.
// The rectangles are those of the two nodes.
QPainterPath wirePath(QPointF from, QPointF to, const QRectF& fromNode, const QRectF& toNode);
QPainterPath wirePath(QPointF from, QPointF to);  // where one end is a pointer

void paintPort(QPainter& painter, QPointF at, PortForm form, const QColor& color, bool hollow, double radius);
// `exposed` is in pixels of the window.
void paintGrid(QPainter& painter, const QRect& exposed, const QTransform& toPixels);

}  // namespace ui
