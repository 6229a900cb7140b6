#include "ui/shell/template_card.h"

#include <QPainter>
#include <cmath>

#include "engine/graph/op.h"
#include "ui/model/text.h"
#include "ui/shell/card.h"
#include "ui/theme/theme.h"
#include "ui/theme/tile.h"

namespace ui {

namespace {
constexpr qreal kPictureHeight = 128, kTile = 20, kTileGap = 12;
constexpr int kPlaces = 6;  // for pictures that are being read

struct Op {
  QString type, group;
};
// Nodes in the order of their data, without what the data bring.
QList<Op> layersOf(const engine::document::Document& document) {
  QList<Op> ops;
  for (const auto& node : document.nodes()) {
    const engine::OpType* op = engine::findOp(node->type);
    if (op && QString(op->info.group) != "Data") ops << Op{qt(node->type), op->info.group};
  }
  return ops;
}

void paintPoints(QPainter& painter, const QRectF& rect, const TemplateData& data) {
  const Theme& t = theme();
  const qreal scale = rect.height() / 2 - 10;
  for (const auto& point : data.points()) {
    painter.setPen(Qt::NoPen);
    const QColor color = t.chart.series[size_t(point.label) % t.chart.series.size()];
    const QPointF at = rect.center() + point.at * scale;
    painter.setBrush(color);
    if (point.label % 2) painter.drawRect(QRectF(at.x() - 1.6, at.y() - 1.6, 3.2, 3.2));  // not by colour alone
    else painter.drawEllipse(at, 2, 2);
  }
}
}  // namespace

void paintChain(QPainter& painter, const QRectF& rect, const engine::document::Document& document) {
  const Theme& t = theme();
  QList<Op> ops = layersOf(document);
  const int room = std::max(0, int((rect.width() + kTileGap) / (kTile + kTileGap)));  // of a window too small for any
  if (ops.size() > room) ops.removeIf([](const Op& op) { return op.group == "Activation" || op.group == "Regularization"; });
  if (ops.size() > room) ops.removeIf([](const Op& op) { return op.group == "Normalization"; });
  while (ops.size() > room) ops.removeAt(ops.size() / 2);
  const qreal width = double(ops.size()) * (kTile + kTileGap) - kTileGap;
  qreal x = rect.center().x() - width / 2;
  const qreal y = rect.center().y();
  painter.setPen(QPen(t.wire.f32, 2));
  if (ops.size() > 1) painter.drawLine(QPointF(x, y), QPointF(x + width, y));
  for (const Op& op : ops) {
    paintTile(painter, QRectF(x, y - kTile / 2, kTile, kTile), op.type, op.group);
    x += kTile + kTileGap;
  }
}

void paintTemplate(QPainter& painter, const QRectF& rect, const TemplateData& data) {
  const QRectF chain(rect.x() + 16, rect.bottom() - 38, rect.width() - 32, 28);
  paintChain(painter, chain, data.document());
  const QRectF above(rect.x() + 12, rect.y() + 8, rect.width() - 24, rect.height() - 50);
  if (!data.points().empty()) paintPoints(painter, above, data);
  const bool waits = data.hasPictures() && !data.isRead();  // their places are there already
  if (data.pictures().isEmpty() && !waits) return;
  const qreal side = std::min(above.height() - 8, 52.0), gap = 8;
  const int count = std::min<int>(waits ? kPlaces : int(data.pictures().size()), int((above.width() + gap) / (side + gap)));
  qreal x = above.center().x() - (count * (side + gap) - gap) / 2;
  for (int i = 0; i < count; ++i, x += side + gap) {
    const QRectF place(x, above.center().y() - side / 2, side, side);
    if (!waits) paintSample(painter, place, data.pictures()[i]);
    else painter.setPen(Qt::NoPen), painter.setBrush(theme().surface.hover), painter.drawRoundedRect(place, size::radiusChip, size::radiusChip);
  }
}

TemplateCard::TemplateCard(TemplateData& shown, QWidget* parent) : QAbstractButton(parent), data_(shown) {
  setObjectName("template." + shown.name());
  setText(shown.title());
  setAccessibleName(tr("Template %1").arg(shown.title()));
  setAccessibleDescription(shown.about());
  setToolTip(tr("<b>%1</b><br>%2.<br>Opens a copy of it, with its data, ready to train.").arg(shown.title().toHtmlEscaped(), shown.about().toHtmlEscaped()));
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);  // a button's own would keep it as wide as it likes to be
  setCursor(Qt::PointingHandCursor);
  setAttribute(Qt::WA_Hover);
  connect(&shown, &TemplateData::changed, this, qOverload<>(&QWidget::update));
}

void TemplateCard::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter painter(this);
  const QPen edge = hasFocus() ? QPen(t.state.focus, 2) : QPen(underMouse() ? t.line.strong : t.line.border, 1);
  QRectF whole;
  paintRaisedCard(painter, rect(), {8, underMouse() ? t.surface.hover : t.surface.raised, edge}, [&](const QRectF& card) {
    whole = card;
    const QRectF picture(card.x(), card.y(), card.width(), kPictureHeight);
    painter.fillRect(picture, t.surface.sunken);
    paintTemplate(painter, picture, data_);
    painter.setPen(t.line.border);
    painter.drawLine(picture.bottomLeft(), picture.bottomRight());
  });

  const QRect text = whole.toRect().adjusted(16, int(kPictureHeight) + 10, -16, -8);
  const QFontMetrics titleMetrics(ui::font(FontSize::body, QFont::DemiBold)), metrics(ui::font(FontSize::small));
  painter.setFont(ui::font(FontSize::body, QFont::DemiBold));
  painter.setPen(t.text.primary);
  painter.drawText(text, Qt::AlignTop | Qt::AlignLeft, titleMetrics.elidedText(data_.title(), Qt::ElideRight, text.width()));
  painter.setFont(ui::font(FontSize::small));
  painter.setPen(t.text.secondary);
  painter.drawText(text, Qt::AlignBottom | Qt::AlignLeft, tr("%1 parameters", nullptr, plural(data_.parameters())).arg(countText(data_.parameters())));
  // Two lines, as many words as they take; a line breaks before its end.
  constexpr double kFilled = 1.85;
  const QRect lines(text.x(), text.y() + 22, text.width(), 2 * metrics.lineSpacing());
  painter.drawText(lines, Qt::AlignTop | Qt::AlignLeft | Qt::TextWordWrap,
                   metrics.elidedText(data_.about(), Qt::ElideRight, int(kFilled * lines.width())));
}

}  // namespace ui
