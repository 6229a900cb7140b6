#include "ui/canvas/picture_handle.h"

#include <QApplication>
#include <QDrag>
#include <QMimeData>
#include <QMouseEvent>
#include <QPointer>

namespace ui {

void PictureHandle::mousePressEvent(QMouseEvent* event) {
  QToolButton::mousePressEvent(event);
  held_ = event->button() == Qt::LeftButton && isEnabled();
  dragging_ = false;
  pressed_ = event->pos();
}

void PictureHandle::mouseMoveEvent(QMouseEvent* event) {
  if (dragging_) return;  // it is no press any more
  if (!held_ || !paint_ || (event->pos() - pressed_).manhattanLength() < QApplication::startDragDistance()) return QToolButton::mouseMoveEvent(event);
  dragging_ = true;
  setDown(false);  // letting go is no click
  setCursor(Qt::WaitCursor);
  paint_([alive = QPointer<PictureHandle>(this), drag = ++drags_](QMimeData* brought, const QPixmap& seen) {
    std::unique_ptr<QMimeData> kept(brought);
    if (!alive || drag != alive->drags_) return;
    alive->unsetCursor();
    if (alive->held_ && kept) alive->drag(kept.release(), seen);
  });
}

void PictureHandle::mouseReleaseEvent(QMouseEvent* event) {
  held_ = false;
  unsetCursor();
  if (std::exchange(dragging_, false)) return event->accept();
  QToolButton::mouseReleaseEvent(event);
}

void PictureHandle::drag(QMimeData* brought, const QPixmap& seen) {
  held_ = false;
  if (dragger_) return dragger_(brought, seen);
  auto* drag = new QDrag(this);  // the window system deletes it
  drag->setMimeData(brought);
  drag->setPixmap(seen);
  drag->setHotSpot(QPoint(seen.width() / 2, seen.height() / 2) / seen.devicePixelRatio());
  drag->exec(Qt::CopyAction);
  dragging_ = false;
}

}  // namespace ui
