// A button that holds the picture of the network: pressed, it copies it; dragged, the picture goes to where it is dropped.
#pragma once
#include <QToolButton>
#include <functional>

class QMimeData;

namespace ui {

class PictureHandle : public QToolButton {
  Q_OBJECT
 public:
  using QToolButton::QToolButton;

  // What a drag brings may take a while to paint: begun when the hand has moved, it is given while the button is still held, or not at
  // all. Null: nothing can be brought.
  using Ready = std::function<void(QMimeData* data, const QPixmap& seen)>;
  void setSource(std::function<void(Ready)> paint) { paint_ = std::move(paint); }
  // Who takes the drag from there; at first the window system.
  void setDragger(std::function<void(QMimeData* data, const QPixmap& seen)> dragger) { dragger_ = std::move(dragger); }

 protected:
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  void drag(QMimeData* data, const QPixmap& seen);

  std::function<void(Ready)> paint_;
  std::function<void(QMimeData*, const QPixmap&)> dragger_;
  QPoint pressed_;
  bool held_ = false, dragging_ = false;
  quint64 drags_ = 0;
};

}  // namespace ui
