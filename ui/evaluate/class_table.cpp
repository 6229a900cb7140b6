#include "ui/evaluate/class_table.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/model/text.h"
#include "ui/theme/mirror.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr int kHead = 30, kRow = 24;
}

ClassTable::ClassTable(QWidget* parent) : QWidget(parent) {
  setObjectName("classes");
  setAccessibleName(tr("Precision, recall and F1 by class"));
  connect(&themeWatcher(), &ThemeWatcher::changed, this, qOverload<>(&QWidget::update));
}

void ClassTable::show(const engine::training::Judgement* judgement) {
  judgement_ = judgement;
  selected_ = -1;
  updateGeometry();
  update();
}

void ClassTable::select(int label) {
  selected_ = label;
  update();
}

QSize ClassTable::sizeHint() const { return {420, kHead + kRow * (judgement_ ? judgement_->classCount() : 0)}; }

void ClassTable::paintEvent(QPaintEvent*) {
  if (!judgement_) return;
  const Theme& t = theme();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Mirror placed(layoutDirection(), rect());
  const double name = width() * 0.31, column = (width() - name) / 3;
  const QString heads[] = {tr("precision"), tr("recall"), tr("F1")};
  const auto value = [&](int c, int what) {
    return what == 0 ? judgement_->precision(c) : what == 1 ? judgement_->recall(c) : judgement_->f1(c);
  };
  double least = 1;
  for (int c = 0; c < judgement_->classCount(); ++c)
    for (int what = 0; what < 3; ++what) least = std::min(least, value(c, what));
  const double from = std::max(0.0, std::floor(least * 10 - 1) / 10);  // a tenth below the worst one
  painter.setFont(ui::font(FontSize::small));
  painter.setPen(t.text.secondary);
  painter.drawText(placed(QRectF(0, 0, name, kHead - 8)), Qt::AlignLeft | Qt::AlignVCenter, from > 0 ? tr("bars start at %1").arg(from, 0, 'f', 1) : QString());
  for (int what = 0; what < 3; ++what)
    painter.drawText(placed(QRectF(name + what * column, 0, column, kHead - 8)), Qt::AlignLeft | Qt::AlignVCenter, heads[what]);
  const QFontMetricsF metrics(painter.font());
  const double digits = metrics.horizontalAdvance("0.000") + 8;
  for (int c = 0; c < judgement_->classCount(); ++c) {
    const double top = kHead + c * kRow;
    if (c == selected_) {
      painter.setPen(Qt::NoPen);
      painter.setBrush(t.accent.soft);
      painter.drawRoundedRect(QRectF(-1, top, width() + 2, kRow), 4, 4);
    }
    painter.setPen(t.text.primary);
    painter.drawText(placed(QRectF(4, top, name - 8, kRow)), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(qt(judgement_->classes[size_t(c)]), Qt::ElideRight, name - 12));
    for (int what = 0; what < 3; ++what) {
      const double v = value(c, what), left = name + what * column;
      painter.setPen(t.text.primary);
      painter.drawText(placed(QRectF(left, top, digits, kRow)), Qt::AlignLeft | Qt::AlignVCenter, QString::number(v, 'f', 3));
      const double wide = column - digits - 12;
      if (wide < 10) continue;
      const QRectF track(left + digits, top + kRow / 2.0 - 2, wide, 4);
      painter.setPen(Qt::NoPen);
      painter.setBrush(t.surface.sunken);
      painter.drawRoundedRect(placed(track), 2, 2);
      const double share = from < 1 ? std::clamp((v - from) / (1 - from), 0.0, 1.0) : 1;
      painter.setBrush(c == selected_ ? t.heat.positive : t.chart.series[0]);
      painter.drawRoundedRect(placed(QRectF(track.left(), track.top(), std::max(2.0, wide * share), 4)), 2, 2);
    }
  }
}

void ClassTable::mousePressEvent(QMouseEvent* event) {
  const int row = int((event->position().y() - kHead) / kRow);
  if (judgement_ && event->position().y() >= kHead && row < judgement_->classCount()) emit chosen(row);
}

}  // namespace ui
