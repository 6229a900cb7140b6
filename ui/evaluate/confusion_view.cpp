#include "ui/evaluate/confusion_view.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr int kNamesHead = 36;        // room for the columns' names, in two lines
constexpr double kCellGap = 2;       // between cells
constexpr int kMostWithText = 25;  // classes; above, cells are too small for numbers

// A name wider than its column stands in two lines, where it has a place to break.
QString inLines(const QString& name, const QFontMetricsF& metrics, double width) {
  if (metrics.horizontalAdvance(name) <= width) return name;
  for (qsizetype i = name.size() - 2; i > 0; --i) {
    if (name[i] != ' ' && name[i] != '/' && name[i] != '-' && name[i] != '_') continue;
    const QString first = name.left(i + (name[i] == ' ' ? 0 : 1));
    if (metrics.horizontalAdvance(first) <= width)
      return first + '\n' + metrics.elidedText(name.mid(i + 1), Qt::ElideRight, width);
  }
  return metrics.elidedText(name, Qt::ElideRight, width);
}

QColor mixed(const QColor& a, const QColor& b, double share) {
  return QColor::fromRgbF(float(a.redF() + (b.redF() - a.redF()) * share), float(a.greenF() + (b.greenF() - a.greenF()) * share),
                          float(a.blueF() + (b.blueF() - a.blueF()) * share));
}
}  // namespace

ConfusionView::ConfusionView(QWidget* parent) : QWidget(parent) {
  setObjectName("confusion");
  setLayoutDirection(Qt::LeftToRight);  // a matrix
  setAccessibleName(tr("Confusion matrix"));
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, qOverload<>(&QWidget::update));
}

void ConfusionView::show(const engine::training::Judgement* judgement) {
  judgement_ = judgement;
  selected_ = {-1, -1};
  updateGeometry();
  update();
}

void ConfusionView::select(int label, int said) {
  const QPoint now = label >= 0 && label < count() && said >= 0 && said < count() ? QPoint(said, label) : QPoint(-1, -1);
  if (now == selected_) return;
  selected_ = now;
  update();
  if (now.x() < 0) return;
  setAccessibleDescription(tr("%1 seen as %2: %3").arg(qt(judgement_->classes[size_t(label)]), qt(judgement_->classes[size_t(said)])).arg(judgement_->count(label, said)));
  emit chosen(label, said);
}

QSize ConfusionView::sizeHint() const { return {560, kNamesHead + 31 * std::clamp(count(), 2, 16)}; }

double ConfusionView::labelWidth() const {
  const QFontMetricsF metrics(ui::font(FontSize::small));
  double most = 40;
  for (int c = 0; c < count(); ++c) most = std::max(most, metrics.horizontalAdvance(qt(judgement_->classes[size_t(c)])));
  return std::min(most + 12, width() * 0.3);
}

QRectF ConfusionView::cell(int label, int said) const {
  if (count() == 0) return {};
  const double left = labelWidth(), wide = (width() - left) / count(), high = (height() - kNamesHead) / double(count());
  return QRectF(left + said * wide, kNamesHead + label * high, wide, high).adjusted(kCellGap / 2, kCellGap / 2, -kCellGap / 2, -kCellGap / 2);
}

QPoint ConfusionView::at(QPointF position) const {
  for (int label = 0; label < count(); ++label)
    for (int said = 0; said < count(); ++said)
      if (cell(label, said).adjusted(-kCellGap, -kCellGap, kCellGap, kCellGap).contains(position)) return {said, label};
  return {-1, -1};
}

void ConfusionView::paintEvent(QPaintEvent*) {
  if (count() == 0) return;
  const Theme& t = theme();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(ui::font(FontSize::small));
  int64_t worst = 1;
  for (int a = 0; a < count(); ++a)
    for (int b = 0; b < count(); ++b)
      if (a != b) worst = std::max(worst, judgement_->count(a, b));
  const QFontMetricsF metrics(painter.font());
  for (int c = 0; c < count(); ++c) {
    const QString name = qt(judgement_->classes[size_t(c)]);
    const QRectF row = cell(c, 0), column = cell(0, c);
    painter.setPen(selected_.y() == c ? t.text.primary : t.text.secondary);
    if (row.height() >= 11)
      painter.drawText(QRectF(0, row.top(), labelWidth() - 8, row.height()), Qt::AlignRight | Qt::AlignVCenter, metrics.elidedText(name, Qt::ElideRight, labelWidth() - 8));
    painter.setPen(selected_.x() == c ? t.text.primary : t.text.secondary);
    if (column.width() >= 20)
      painter.drawText(QRectF(column.left(), 0, column.width(), kNamesHead - 4), Qt::AlignHCenter | Qt::AlignBottom, inLines(name, metrics, column.width()));
  }
  for (int label = 0; label < count(); ++label) {
    for (int said = 0; said < count(); ++said) {
      const int64_t n = judgement_->count(label, said);
      const bool hit = label == said;
      QColor fill = t.surface.sunken, text = t.text.secondary;
      if (hit) fill = t.accent.soft, text = t.text.link;
      else if (n > 0) {
        const double share = 0.12 + 0.88 * std::sqrt(double(n) / double(worst));
        fill = mixed(t.surface.sunken, t.heat.positive, share);
        text = share > 0.62 ? (fill.lightness() > 110 ? QColor(Qt::black) : QColor(Qt::white)) : t.text.primary;
      }
      const QRectF box = cell(label, said);
      painter.setPen(Qt::NoPen);
      painter.setBrush(fill);
      painter.drawRoundedRect(box, 3, 3);
      if (n > 0 && count() <= kMostWithText) {
        painter.setPen(text);
        painter.drawText(box, Qt::AlignCenter, countText(double(n)));
      }
      if (selected_ == QPoint(said, label)) {
        painter.setPen(QPen(hasFocus() ? t.state.focus : t.state.selection, 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 3, 3);
      }
    }
  }
}

void ConfusionView::mousePressEvent(QMouseEvent* event) {
  const QPoint cell = at(event->position());
  if (cell.x() >= 0) select(cell.y(), cell.x());
}

void ConfusionView::mouseMoveEvent(QMouseEvent* event) {
  const QPoint cell = at(event->position());
  if (cell.x() < 0) return;
  const QString is = qt(judgement_->classes[size_t(cell.y())]), said = qt(judgement_->classes[size_t(cell.x())]);
  QToolTip::showText(event->globalPosition().toPoint(),
                     cell.x() == cell.y() ? tr("%1, and seen as such: %2").arg(is).arg(judgement_->count(cell.y(), cell.x()))
                                          : tr("%1 seen as %2: %3").arg(is, said).arg(judgement_->count(cell.y(), cell.x())),
                     this);
}

void ConfusionView::keyPressEvent(QKeyEvent* event) {
  const QPoint step = event->key() == Qt::Key_Left ? QPoint(-1, 0) : event->key() == Qt::Key_Right ? QPoint(1, 0)
                      : event->key() == Qt::Key_Up ? QPoint(0, -1) : event->key() == Qt::Key_Down ? QPoint(0, 1) : QPoint();
  if (step.isNull() || count() == 0) return QWidget::keyPressEvent(event);
  const QPoint next = selected_ + step;
  if (QRect(0, 0, count(), count()).contains(next)) select(next.y(), next.x());
}

void ConfusionView::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  if (selected_.x() < 0 && count() > 0) select(0, 0);
  update();
}

}  // namespace ui
