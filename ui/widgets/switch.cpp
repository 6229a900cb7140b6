#include "ui/widgets/switch.h"

#include <QPainter>

#include "ui/theme/theme.h"

namespace ui {

Switch::Switch(QWidget* parent) : QAbstractButton(parent) {
  setCheckable(true);
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setCursor(Qt::PointingHandCursor);
}

void Switch::setMixed(bool mixed) {
  mixed_ = mixed;
  update();
}

void Switch::paintEvent(QPaintEvent*) {
  const Theme& t = theme();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF track(2, (height() - 16) / 2.0, 28, 16);
  const bool on = isChecked() && !mixed_;
  painter.setPen(QPen(on ? t.accent.fill : t.line.strong, 1));
  painter.setBrush(!isEnabled() ? t.surface.sunken : on ? t.accent.fill : t.surface.field);
  painter.drawRoundedRect(track.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
  const qreal x = mixed_ ? track.center().x() : on ? track.right() - 8 : track.left() + 8;
  painter.setPen(Qt::NoPen);
  painter.setBrush(on ? t.text.onAccent : t.line.strong);
  if (mixed_) painter.drawRoundedRect(QRectF(x - 5, track.center().y() - 1.5, 10, 3), 1.5, 1.5);
  else painter.drawEllipse(QPointF(x, track.center().y()), 5, 5);
  if (hasFocus()) {
    painter.setPen(QPen(t.state.focus, 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(track.adjusted(-1.25, -1.25, 1.25, 1.25), 9.5, 9.5);
  }
}

}  // namespace ui
