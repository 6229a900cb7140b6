// What lies over the corners of the canvas: the buttons of zoom and picture, and the minimap.
#pragma once
#include <QPixmap>
#include <QTimer>
#include <QTransform>
#include <QWidget>

#include "ui/canvas/view.h"
#include "ui/shell/actions.h"

class QToolButton;

namespace ui {

class PictureHandle;

// The ground of a bar over the canvas, in its paintEvent.
void paintOverlay(QWidget& overlay);

class ZoomBar : public QWidget {
  Q_OBJECT
 public:
  ZoomBar(CanvasView& view, Actions& actions, QWidget* parent);
  PictureHandle& picture() { return *picture_; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  CanvasView& view_;
  QToolButton* percent_;
  PictureHandle* picture_;
};

// The whole network small, and the window's part of it; dragging moves the window.
class Minimap : public QWidget {
  Q_OBJECT
 public:
  Minimap(CanvasView& view, QWidget* parent);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;

 private:
  QTransform map() const;  // from the scene to here
  void go(QPointF at);
  void renew();  // the network has changed
  void paintNetwork();
  CanvasView& view_;
  QTimer later_;
  QPixmap network_;   // painted once, for panning moves only the window's part over it
  QTransform shown_;  // from the scene to that picture
};

}  // namespace ui
