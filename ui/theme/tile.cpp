#include "ui/theme/tile.h"

#include <QPainter>

#include "ui/theme/theme.h"

namespace ui {

void paintTile(QPainter& painter, const QRectF& rect, const QString& op, const QString& group) {
  const Category& category = theme().category(group);
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(category.solid);
  const qreal radius = rect.width() >= 24 ? size::radiusTile : size::radiusChip;
  painter.drawRoundedRect(rect, radius, radius);
  const int side = int(rect.width() * 0.7) / 2 * 2;
  const QPixmap glyph = iconPixmap(iconOf(op, group), category.glyph, side, painter.device()->devicePixelRatioF());
  painter.drawPixmap(QRectF(rect.center().x() - side / 2.0, rect.center().y() - side / 2.0, side, side), glyph, QRectF(QPointF(), QSizeF(glyph.size())));
  painter.restore();
}

QPixmap tilePixmap(const QString& op, const QString& group, int side, qreal pixelRatio) {
  QPixmap pixmap(QSize(side, side) * pixelRatio);
  pixmap.setDevicePixelRatio(pixelRatio);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  paintTile(painter, QRectF(0, 0, side, side), op, group);
  return pixmap;
}

Tile::Tile(int side, QWidget* parent) : QWidget(parent) { setFixedSize(side, side); }

void Tile::show(const QString& op, const QString& group) {
  op_ = op;
  group_ = group;
  update();
}

void Tile::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  if (!op_.isEmpty()) paintTile(painter, rect(), op_, group_);
}

}  // namespace ui
