#include "ui/shell/card.h"

#include <QImage>
#include <QPainter>
#include <QPainterPath>

#include "ui/theme/theme.h"

namespace ui {

void paintRaisedCard(QPainter& painter, const QRect& widget, const CardStyle& style,
                     const std::function<void(const QRectF& card)>& inside) {
  painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
  const QRectF card = QRectF(widget).adjusted(1, 1, -1, -3);
  painter.setPen(Qt::NoPen);
  painter.setBrush(theme().surface.shadow);
  painter.drawRoundedRect(card.translated(0, 2), style.radius, style.radius);
  QPainterPath shape;
  shape.addRoundedRect(card, style.radius, style.radius);
  painter.setClipPath(shape);
  painter.fillRect(card, style.ground);
  inside(card);
  painter.setClipping(false);
  painter.setBrush(Qt::NoBrush);
  painter.setPen(style.edge);
  painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), style.radius, style.radius);
}

void paintSample(QPainter& painter, const QRectF& place, const QImage& picture) {
  QPainterPath round;
  round.addRoundedRect(place, size::radiusChip, size::radiusChip);
  painter.save();
  painter.setClipPath(round, Qt::IntersectClip);
  painter.drawImage(place, picture);
  painter.restore();
  if (theme().kind == Theme::Kind::light) return;
  painter.setPen(theme().line.border);
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(place, size::radiusChip, size::radiusChip);
}

}  // namespace ui
