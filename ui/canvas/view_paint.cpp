// What the view paints: the grid, wires, nodes, what the hand holds, and what lies over them. Painted here and not item by
// item, for thousands of items are in sight from afar.
#include <QElapsedTimer>
#include <QPaintEvent>
#include <QPainter>

#include "ui/canvas/diff_marks.h"
#include "ui/canvas/far_view.h"
#include "ui/canvas/view.h"
#include "ui/theme/theme.h"

namespace ui {

void CanvasView::paintEvent(QPaintEvent* event) {
  dirty_ = {};
  ++painted_.frames;
  QPainter painter(viewport());
  const QTransform toPixels = viewportTransform();
  paintGrid(painter, event->rect(), toPixels);
  const double reach = node_size::reach;
  const QRectF exposed = toPixels.inverted().mapRect(QRectF(event->rect()).adjusted(-2, -2, 2, 2)).adjusted(-reach, -reach, reach, reach);
  scene_.setSight(visiblePart());
  paintFrames(painter, exposed);
  paintDiff(painter, exposed, paintDiffBehind);
  if (zoom() < detail::blocks) painted_.nodes += paintFar(painter, scene_, toPixels, exposed);
  else paintNear(painter, exposed);
  paintDiff(painter, exposed, paintDiffOver);

  painter.setRenderHint(QPainter::Antialiasing);
  painter.setTransform(toPixels);
  if (scene_.draft().isVisible()) scene_.draft().paint(&painter, nullptr, nullptr);
  if (QGraphicsItem* ghost = scene_.ghost(); ghost && ghost->isVisible()) {
    painter.translate(ghost->pos());
    ghost->paint(&painter, nullptr, nullptr);
  }
  painter.resetTransform();
  paintOver(painter);
}

void CanvasView::paintFrames(QPainter& painter, const QRectF& exposed) {
  if (scene_.frames().empty()) return;
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setTransform(viewportTransform());
  for (const FrameBox& frame : scene_.frames())
    if (frame.rect.adjusted(-2, -8 * kFrameTitle, 2, 2).intersects(exposed)) paintFrame(painter, frame, zoom(), frame.id == scene_.litFrame());
  painter.restore();
}

void CanvasView::paintDiff(QPainter& painter, const QRectF& exposed, PaintDiff* paint) {
  if (!scene_.diff()) return;
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setTransform(viewportTransform());
  paint(painter, *scene_.diff(), scene_, exposed, zoom());
  painter.restore();
}

void CanvasView::paintNear(QPainter& painter, const QRectF& exposed) {
  const QTransform toPixels = viewportTransform();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setTransform(toPixels);
  for (const bool above : {false, true})
    for (const WireItem* wire : scene_.wires()) {
      const WireMarks& marks = wire->marks();
      if ((marks.selected || marks.accent) == above && wire->isVisible() && wire->reach().intersects(exposed)) {
        ++painted_.wires;
        paintWire(painter, wire->path(), wire->value(), marks);
      }
    }
  painter.resetTransform();
  // An edit may change every node in sight: those that are more than a frame's work follow in the next ones. One at least in
  // each frame: where to look through the nodes takes longer than that, nothing would else ever follow.
  QElapsedTimer timer;
  timer.start();
  const int before = pictures_.made();
  bool all = true;
  for (const bool above : {false, true})
    for (const NodeItem* node : scene_.nodes())
      if (node->marks().selected == above && node->reach().intersects(exposed)) {
        ++painted_.nodes;
        const bool isLate = pictures_.made() > before && double(timer.nsecsElapsed()) / 1e6 > frameMilliseconds_;
        all = pictures_.paint(painter, *node, toPixels.map(node->pos()), zoom(), isLate) && all;
      }
  if (!all) QTimer::singleShot(0, viewport(), qOverload<>(&QWidget::update));
}

void CanvasView::paintOver(QPainter& painter) {
  constexpr int kBehindAir = 12;
  if (!band_.isEmpty()) {
    const QRectF band = viewportTransform().mapRect(band_);
    QColor soft = theme().accent.fill;
    soft.setAlphaF(0.12F);
    painter.setPen(QPen(theme().accent.line, 1));
    painter.setBrush(soft);
    painter.drawRect(band);
  }
  if (!cut_.isNull()) {
    painter.setPen(QPen(theme().state.problem, 2, Qt::DashLine));
    painter.drawLine(viewportTransform().map(cut_));
  }
  if (saysBehind_) {
    painter.setFont(ui::font(FontSize::caption));
    painter.setPen(theme().text.secondary);
    painter.drawText(viewport()->rect().adjusted(kBehindAir, kBehindAir, -kBehindAir, 0), Qt::AlignTop | Qt::AlignLeft,
                     tr("Finding shapes..."));
  }
  if (project_.shown().nodes().empty()) {
    painter.setPen(theme().text.primary);
    painter.setFont(ui::font(FontSize::title, QFont::DemiBold));
    const QRectF window = viewport()->rect();
    painter.drawText(QRectF(window.left(), window.center().y() - 30, window.width(), 24), Qt::AlignCenter,
                     tr("An empty network"));
    painter.setPen(theme().text.secondary);
    painter.setFont(ui::font(FontSize::body));
    painter.drawText(QRectF(window.left(), window.center().y(), window.width(), 24), Qt::AlignCenter,
                     tr("Double-click to add a layer, or drag one here from the list."));
  }
}

}  // namespace ui
