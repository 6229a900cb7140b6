// Ports, wires and the grid.
#include "ui/canvas/paint.h"

#include <QImage>
#include <QPaintDevice>
#include <QPainter>
#include <cmath>
#include <cstring>

#include "ui/model/node_size.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr double kBesideOther = 6, kMostBeside = 2;  // between wires that go back to ports of one node, and for how many of these
constexpr double kTurnRadius = 16, kLead = 12;  // of a wire that goes back: its corners, and how far it first goes on, which is within a frame
}  // namespace

void paintPort(QPainter& p, QPointF at, PortForm form, const QColor& color, bool hollow, double r) {
  constexpr double kRim = 2, kLine = 1.5;
  const QColor ground = theme().surface.node;
  const auto fill = [&](const auto& draw) {
    p.setPen(Qt::NoPen);
    p.setBrush(ground);
    draw(kRim);
    if (hollow) p.setPen(QPen(color, kLine));
    p.setBrush(hollow ? ground : color);
    draw(hollow ? -kLine / 2 : 0);
  };
  switch (form) {
    case PortForm::diamond:
      fill([&](double grow) {
        const double s = r * 1.25 + grow;
        p.drawPolygon(
            QPolygonF{{at.x(), at.y() - s}, {at.x() + s, at.y()}, {at.x(), at.y() + s}, {at.x() - s, at.y()}});
      });
      break;
    case PortForm::square:
      fill([&](double grow) {
        const double s = r * 0.92 + grow;
        p.drawRoundedRect(QRectF(at.x() - s, at.y() - s, 2 * s, 2 * s), 1.5, 1.5);
      });
      break;
    case PortForm::circle:
    case PortForm::ring:
      fill([&](double grow) { p.drawEllipse(at, r + grow, r + grow); });
      if (form == PortForm::ring && !hollow) {
        p.setPen(Qt::NoPen);
        p.setBrush(ground);
        p.drawEllipse(at, r * 0.42, r * 0.42);
      }
  }
}

QColor wireColor(const engine::ValueInfo& value, const WireMarks& marks) {
  if (marks.accent || marks.selected) return theme().accent.line;
  return value.shape.isMissing() ? theme().wire.unknown : wireColor(formOf(value), value.type);
}

void paintWire(QPainter& p, const QPainterPath& path, const engine::ValueInfo& value, const WireMarks& marks) {
  const bool known = !value.shape.isMissing();
  const QColor color = wireColor(value, marks);
  p.setBrush(Qt::NoBrush);
  if (marks.faded) p.setOpacity(0.45);
  if (marks.hovered || marks.selected || marks.accent) {
    QColor soft = color;
    soft.setAlphaF(0.22F);
    p.setPen(QPen(soft, 9, Qt::SolidLine, Qt::FlatCap));
    p.drawPath(path);
  }
  QPen pen(color, marks.hovered || marks.selected || marks.accent ? 3 : 2, Qt::SolidLine, Qt::FlatCap);
  if (!known) pen.setDashPattern({2.5, 2});
  p.setPen(pen);
  p.drawPath(path);
  p.setOpacity(1);
}

QPainterPath wirePath(QPointF a, QPointF b) {
  QPainterPath path(a);
  const double bend = std::clamp(std::abs(b.x() - a.x()) * 0.5, 24.0, 120.0);
  path.cubicTo(a + QPointF(bend, 0), b - QPointF(bend, 0), b);
  return path;
}

QPainterPath wirePath(QPointF a, QPointF b, const QRectF& fromNode, const QRectF& toNode) {
  if (b.x() - a.x() >= kLead) return wirePath(a, b);
  // The lane: between the two where there is room, else below both. Going down it keeps close to where it goes: a
  // neighbour of the node that it comes from may be higher than that. Wires to the ports of one node go around each other.
  const double room = 2 * 8;
  const double beside = std::clamp(std::floor((b.y() - toNode.top() - node_size::header) / node_size::portPitch), 0.0, kMostBeside);
  const double arrives = kLead + beside * kBesideOther * 2 / 3;
  double lane;
  if (const double free = toNode.top() - fromNode.bottom(); free >= room)
    lane = toNode.top() - std::min(free / 2, kTurnRadius + 8) - std::min(free / 4, beside * kBesideOther);
  else if (fromNode.top() - toNode.bottom() >= room) lane = (toNode.bottom() + fromNode.top()) / 2;
  else lane = std::max(fromNode.bottom(), toNode.bottom()) + kTurnRadius + 8;
  const QPointF corners[] = {
      {a.x() + kLead, a.y()}, {a.x() + kLead, lane}, {b.x() - arrives, lane}, {b.x() - arrives, b.y()}};
  QPainterPath path(a);
  QPointF before = a;
  for (int i = 0; i < 4; ++i) {
    const QPointF corner = corners[i], after = i < 3 ? corners[i + 1] : b;
    const double in = std::hypot(corner.x() - before.x(), corner.y() - before.y()),
                 out = std::hypot(after.x() - corner.x(), after.y() - corner.y());
    const double r = std::min({kTurnRadius, i == 0 ? in : in / 2, i == 3 ? out : out / 2});
    if (r > 0.5) {
      path.lineTo(corner + (before - corner) * (r / in));
      path.quadTo(corner, corner + (after - corner) * (r / out));
    } else {
      path.lineTo(corner);
    }
    before = corner;
  }
  path.lineTo(b);
  return path;
}

void paintGrid(QPainter& p, const QRect& exposed, const QTransform& toPixels) {
  p.fillRect(exposed, theme().surface.canvas);
  const double scale = toPixels.m11();
  if (scale < detail::grid) return;
  // Every second dot goes when they would stand too close.
  double step = size::gridDots;
  while (step * scale < 16) step *= 2;
  const double pitch = step * scale, ratio = p.device()->devicePixelRatioF();
  const double left = std::fmod(toPixels.dx(), pitch), top = std::fmod(toPixels.dy(), pitch);
  // All rows are the same: one is painted, and copied. A dot is on whole pixels, where it looks like the others.
  const int side = std::max(1, int(std::lround(2 * std::min(std::max(scale, 0.5), 1.5) * ratio)));
  const double first = left + std::floor((exposed.left() - 2 - left) / pitch) * pitch;
  const int width = int(std::ceil((exposed.width() + 4 + pitch) * ratio));
  QImage row(width, side, QImage::Format_ARGB32_Premultiplied);
  row.fill(Qt::transparent);
  QImage dot(side, side, QImage::Format_ARGB32_Premultiplied);
  dot.fill(Qt::transparent);
  QPainter dots(&dot);
  dots.setRenderHint(QPainter::Antialiasing);
  dots.setPen(Qt::NoPen);
  dots.setBrush(theme().surface.grid);
  dots.drawEllipse(QRectF(0, 0, side, side));
  dots.end();
  const int start = int(std::lround(first * ratio));
  for (int i = 0;; ++i) {
    const int x = int(std::lround((first + i * pitch) * ratio)) - start;
    if (x + side > width) break;
    for (int y = 0; y < side; ++y) std::memcpy(row.scanLine(y) + 4 * x, dot.constScanLine(y), 4 * size_t(side));
  }
  row.setDevicePixelRatio(ratio);
  const double half = side / ratio / 2;
  for (double y = top + std::floor((exposed.top() - 2 - top) / pitch) * pitch; y <= exposed.bottom() + 2; y += pitch)
    p.drawImage(QPointF(start / ratio - half, std::round((y - half) * ratio) / ratio), row);
}

}  // namespace ui
