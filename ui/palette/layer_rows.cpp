#include "ui/palette/layer_rows.h"

#include <QPainter>

#include "ui/model/op_mime.h"
#include "ui/theme/mirror.h"
#include "ui/theme/theme.h"
#include "ui/theme/tile.h"

namespace ui {

QStringList LayerModel::mimeTypes() const { return {kOpMimeType}; }

QMimeData* LayerModel::mimeData(const QModelIndexList& indexes) const {
  for (const QModelIndex& index : indexes)
    if (const QString op = index.data(kOpRole).toString(); !op.isEmpty()) return opMimeData(op);
  return nullptr;
}

QSize LayerDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const { return {100, size::row}; }

void paintMarked(QPainter& painter, const QRect& rect, const QString& text, const QList<int>& places, const QFont& font, const QColor& color) {
  QFont marked = font;
  marked.setWeight(QFont::Bold);
  const QString shown = QFontMetrics(places.isEmpty() ? font : marked).elidedText(text, Qt::ElideRight, rect.width());
  painter.setPen(color);
  if (places.isEmpty()) {
    painter.setFont(font);
    painter.drawText(rect, Qt::AlignVCenter | Qt::AlignLeft, shown);
    return;
  }
  // Piece by piece, from left to right as names are; of a row that is read the other way they stand at its right.
  struct Piece {
    QString text;
    bool on;
    int width;
  };
  QList<Piece> pieces;
  int all = 0;
  for (int i = 0; i < shown.size();) {
    const bool on = places.contains(i);
    int end = i + 1;
    while (end < shown.size() && places.contains(end) == on) ++end;
    pieces << Piece{shown.mid(i, end - i), on, QFontMetrics(on ? marked : font).horizontalAdvance(shown.mid(i, end - i))};
    all += pieces.last().width;
    i = end;
  }
  int x = painter.layoutDirection() == Qt::RightToLeft ? rect.right() + 1 - all : rect.x();
  for (const Piece& piece : pieces) {
    painter.setFont(piece.on ? marked : font);
    painter.drawText(QRect(x, rect.y(), piece.width + 20, rect.height()), Qt::AlignVCenter | Qt::AlignLeft | Qt::AlignAbsolute, piece.text);
    x += piece.width;
  }
}

namespace {

// A name that does not fit stands in two small lines: it breaks before a capital, the first line as long as it fits.
int breakOf(const QString& name, const QFontMetrics& metrics, int width) {
  int at = 0;
  for (int i = 1; i < name.size(); ++i)
    if (name[i].isUpper() && !name[i - 1].isUpper() && metrics.horizontalAdvance(name.left(i)) <= width) at = i;
  return at;
}

void paintName(QPainter& painter, const QRect& rect, const QString& name, const QList<int>& places, const QColor& color) {
  const QFont body = ui::font(FontSize::body), small = ui::font(FontSize::caption, QFont::Medium);
  QFont marked = small;
  marked.setWeight(QFont::Bold);
  const int at = QFontMetrics(body).horizontalAdvance(name) <= rect.width() ? 0 : breakOf(name, QFontMetrics(marked), rect.width());
  if (at == 0) return paintMarked(painter, rect, name, places, body, color);
  QList<int> first, second;
  for (int place : places) place < at ? first << place : second << place - at;
  const int middle = rect.center().y(), high = QFontMetrics(small).ascent() + 2;
  paintMarked(painter, QRect(rect.x(), middle - high + 1, rect.width(), high), name.left(at), first, small, color);
  paintMarked(painter, QRect(rect.x(), middle + 1, rect.width(), high), name.mid(at), second, small, color);
}

}  // namespace

void LayerDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const Theme& t = theme();
  const QRect row = option.rect;
  const QString op = index.data(kOpRole).toString();
  const bool current = option.state & QStyle::State_Selected, hovered = option.state & QStyle::State_MouseOver;
  painter->save();
  painter->setRenderHint(QPainter::Antialiasing);
  if (current || (hovered && !op.isEmpty())) {
    painter->setPen(Qt::NoPen);
    painter->setBrush(current ? t.accent.soft : t.surface.hover);
    painter->drawRoundedRect(row.adjusted(6, 0, -6, 0), size::radiusField, size::radiusField);
  }
  if (current && (option.state & QStyle::State_HasFocus)) {
    painter->setPen(QPen(t.state.focus, 1.5));
    painter->setBrush(Qt::NoBrush);
    painter->drawRoundedRect(QRectF(row).adjusted(6.75, 0.75, -6.75, -0.75), size::radiusField, size::radiusField);
  }
  const int middle = row.center().y();
  const Mirror placed(option.direction, row);
  if (op.isEmpty()) {
    const bool open = option.state & QStyle::State_Open;
    QPixmap arrow = iconPixmap(open ? "down" : "right", t.text.primary, 12, painter->device()->devicePixelRatioF());
    if (!open && option.direction == Qt::RightToLeft) arrow = arrow.transformed(QTransform::fromScale(-1, 1));
    painter->drawPixmap(placed(QRect(row.x() + 12, middle - 6, 12, 12)), arrow);
    painter->setFont(ui::font(FontSize::small, QFont::DemiBold));
    painter->setPen(t.text.secondary);
    painter->drawText(placed(row.adjusted(30, 0, -40, 0)), Qt::AlignVCenter | Qt::AlignLeft, index.data().toString());
    painter->setFont(ui::font(FontSize::caption));
    painter->drawText(placed(row.adjusted(0, 0, -14, 0)), Qt::AlignVCenter | Qt::AlignRight, index.data(kCountRole).toString());
  } else {
    paintTile(*painter, placed(QRectF(row.x() + 14, row.y() + 4, 20, 20)), op, index.data(kGroupRole).toString());
    paintName(*painter, placed(row.adjusted(42, 0, hovered ? -26 : -12, 0)), index.data().toString(), index.data(kPlacesRole).value<QList<int>>(), t.text.primary);
    if (hovered) painter->drawPixmap(placed(QRect(row.right() - 24, middle - 6, 14, 14)), iconPixmap("grip", t.text.secondary, 14, painter->device()->devicePixelRatioF()));
  }
  painter->restore();
}

}  // namespace ui
