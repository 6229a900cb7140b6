#include "ui/outline/outline_rows.h"

#include <QLineEdit>
#include <QPainter>

#include "ui/canvas/frames.h"
#include "ui/outline/outline_model.h"
#include "ui/theme/theme.h"
#include "ui/theme/tile.h"

namespace ui {

namespace {
constexpr int kTile = 22, kSign = 14, kAir = 8, kStripe = 3;  // pixels
constexpr int kWords = kAir / 2 + kTile + kAir;               // where they begin

// What is said beside the name, by signs that the nodes have too.
QList<std::pair<const char*, QColor>> signsOf(const NodeLook& look) {
  const auto& t = theme();
  QList<std::pair<const char*, QColor>> signs;
  if (look.mode == engine::Mode::bypassed) signs << std::pair("bypass", t.text.secondary);
  if (look.mode == engine::Mode::muted) signs << std::pair("mute", t.text.secondary);
  if (look.frozen) signs << std::pair("snow", t.state.frozenText);
  if (look.state == NodeLook::State::problem) signs << std::pair("problem", t.state.problem);
  if (look.state == NodeLook::State::warning) signs << std::pair("warning", t.state.warning);
  return signs;
}
}  // namespace

OutlineDelegate::OutlineDelegate(const OutlineModel& model, QObject* parent) : QStyledItemDelegate(parent), model_(model) {}

QSize OutlineDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const { return {100, kRow}; }

void OutlineDelegate::paint(QPainter* p, const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const OutlineRow* row = model_.row(index);
  if (!row) return;
  const Theme& t = theme();
  const auto placed = [&](const QRect& rect) { return QStyle::visualRect(option.direction, option.rect, rect); };
  const qreal ratio = p->device()->devicePixelRatioF();
  const QRect all = option.rect;
  p->save();
  p->setRenderHint(QPainter::Antialiasing);
  const bool selected = option.state & QStyle::State_Selected;
  if (selected || (option.state & QStyle::State_MouseOver)) {
    p->setPen(Qt::NoPen);
    p->setBrush(selected ? t.accent.soft : t.surface.hover);
    p->drawRoundedRect(placed(all.adjusted(0, 1, -kAir / 2, -1)), size::radiusField, size::radiusField);
  }
  if (option.state & QStyle::State_HasFocus) {
    p->setPen(QPen(t.state.focus, 1.5));
    p->setBrush(Qt::NoBrush);
    p->drawRoundedRect(QRectF(placed(all.adjusted(0, 1, -kAir / 2, -1))).adjusted(0.75, 0.75, -0.75, -0.75), size::radiusField, size::radiusField);
  }
  if (row->frameColor) {
    p->setPen(Qt::NoPen);
    p->setBrush(frameLine(*row->frameColor));
    p->drawRect(placed(QRect(all.right() - kStripe + 1, all.top(), kStripe, all.height())));
  }
  paintTile(*p, placed(QRect(all.left() + kAir / 2, all.center().y() - kTile / 2, kTile, kTile)), row->look.type, row->look.group);

  const int half = all.height() / 2;
  QRect upper(all.left() + kWords, all.top() + 3, all.width() - kWords - kAir - kStripe, half - 2), lower(upper.left(), all.top() + half - 1, upper.width(), half - 3);
  for (const auto& [name, color] : signsOf(row->look)) {
    const QRect sign(upper.right() - kSign + 1, upper.center().y() - kSign / 2, kSign, kSign);
    p->drawPixmap(placed(sign).topLeft(), iconPixmap(name, color, kSign, ratio));
    upper.setRight(sign.left() - kAir / 2);
  }
  const QFont name = ui::font(FontSize::body, QFont::Medium), small = ui::font(FontSize::caption);
  const QString times = row->look.repeat > 1 ? repeatText(row->look.repeat) : QString();
  const int timesWidth = times.isEmpty() ? 0 : QFontMetrics(small).horizontalAdvance(times) + kAir;
  const bool works = row->look.mode == engine::Mode::normal;
  const QString shown = QFontMetrics(name).elidedText(row->name, Qt::ElideRight, upper.width() - timesWidth);
  p->setFont(name);
  p->setPen(works ? t.text.primary : t.text.secondary);
  p->drawText(placed(upper), Qt::AlignVCenter | Qt::AlignLeft, shown);
  if (!times.isEmpty()) {
    const QRect pill(upper.left() + QFontMetrics(name).horizontalAdvance(shown) + kAir / 2, upper.top(), timesWidth, upper.height());
    p->setFont(small);
    p->setPen(t.text.secondary);
    p->drawText(placed(pill), Qt::AlignVCenter | Qt::AlignLeft, times);
  }
  p->setFont(small);
  p->setPen(t.text.secondary);
  p->drawText(placed(lower), Qt::AlignVCenter | Qt::AlignLeft, QFontMetrics(small).elidedText(row->below, Qt::ElideRight, lower.width()));
  p->restore();
}

QWidget* OutlineDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex&) const {
  auto* field = new QLineEdit(parent);
  field->setObjectName("outline.name");
  field->setAccessibleName(tr("Name of the layer"));
  return field;
}

void OutlineDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const {
  const QRect field(option.rect.left() + kWords - kAir, option.rect.center().y() - size::field / 2, option.rect.width() - kWords, size::field);
  editor->setGeometry(QStyle::visualRect(option.direction, option.rect, field));
}

}  // namespace ui
