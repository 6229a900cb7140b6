#include "ui/evaluate/picture_grid.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>

#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr int kPicture = 64, kCaption = 20, kPictureGap = 10;
}

PictureGrid::PictureGrid(const Evaluation& evaluation, QWidget* parent) : QWidget(parent), evaluation_(evaluation) {
  setObjectName("pictures");
  setLayoutDirection(Qt::LeftToRight);
  setAccessibleName(tr("The samples of the chosen cell"));
  connect(&themeWatcher(), &ThemeWatcher::changed, this, qOverload<>(&QWidget::update));
}

void PictureGrid::show(std::vector<int64_t> rows) {
  rows_ = std::move(rows);
  setAccessibleDescription(tr("%n samples", nullptr, int(rows_.size())));
  update();
}

PictureGrid::Grid PictureGrid::grid() const {
  return {std::max(1, (width() + kPictureGap) / (kPicture + kPictureGap)), std::max(1, height() / (kPicture + kCaption))};
}

QRect PictureGrid::box(int index) const {
  const Grid g = grid();
  return {index % g.columns * (kPicture + kPictureGap), index / g.columns * (kPicture + kCaption), kPicture, kPicture};
}

void PictureGrid::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
  painter.setFont(ui::font(FontSize::caption));
  const Theme& t = theme();
  if (rows_.empty()) {
    painter.setFont(ui::font(FontSize::small));
    painter.setPen(t.text.secondary);
    painter.drawText(rect().adjusted(0, 12, 0, 0), Qt::AlignLeft | Qt::AlignTop, tr("None of the samples."));
    return;
  }
  const Grid g = grid();
  const int room = g.columns * g.lines, all = int(rows_.size());
  const int shown = all > room ? room - 1 : all;
  for (int i = 0; i < shown; ++i) {
    const int64_t row = rows_[size_t(i)];
    const QRect at = box(i);
    const QImage picture = evaluation_.picture(row);
    if (picture.isNull()) {
      painter.fillRect(at, t.surface.sunken);
      painter.setPen(t.text.secondary);
      painter.drawText(at, Qt::AlignCenter, tr("row %1").arg(row));
    } else {
      QSize size = picture.size().scaled(at.size(), Qt::KeepAspectRatio);
      QRect inside(QPoint(0, 0), size);
      inside.moveCenter(at.center());
      painter.fillRect(at, t.surface.sunken);
      painter.drawImage(inside, picture);
    }
    painter.setPen(t.text.secondary);
    const float share = evaluation_.judgement().answers[size_t(row)].share;
    painter.drawText(QRect(at.left(), at.bottom() + 2, at.width(), kCaption - 4), Qt::AlignHCenter | Qt::AlignTop, tr("%1 %").arg(int(100 * share + 0.5f)));
  }
  if (all > shown) {
    const QRect at = box(shown);
    painter.fillRect(at, t.surface.sunken);
    painter.setPen(t.text.link);
    painter.drawText(at, Qt::AlignCenter, tr("%1 more", nullptr, plural(double(all - shown))).arg(countText(all - shown)));
  }
}

bool PictureGrid::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    for (int i = 0; i < int(rows_.size()) && i < grid().columns * grid().lines; ++i) {
      if (!box(i).contains(help->pos())) continue;
      const auto& judgement = evaluation_.judgement();
      const auto& answer = judgement.answers[size_t(rows_[size_t(i)])];
      QToolTip::showText(help->globalPos(), tr("Row %1: %2, seen as %3").arg(rows_[size_t(i)]).arg(qt(judgement.classes[size_t(answer.label)]), qt(judgement.classes[size_t(answer.said)])), this);
      return true;
    }
  }
  return QWidget::event(event);
}

}  // namespace ui
