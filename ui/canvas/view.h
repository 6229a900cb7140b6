// The window onto the scene: zoom, pan, hit and hover, and which tool the mouse and keys belong to. Edits are made by
// the tools and by the canvas's actions.
#pragma once
#include <QGraphicsView>
#include <QPointer>
#include <QTimer>
#include <functional>
#include <memory>

#include "ui/canvas/edits.h"
#include "ui/canvas/node_pictures.h"
#include "ui/canvas/tool.h"

class QLineEdit;

namespace ui {

class ReasonCard;
class WireChip;

class CanvasView : public QGraphicsView {
  Q_OBJECT
 public:
  static constexpr double kLeastZoom = 0.05, kMostZoom = 4;

  CanvasView(Project& project, Scene& scene, Edits& edits, QWidget* parent = nullptr);
  ~CanvasView() override;

  Project& project() { return project_; }
  Scene& canvasScene() { return scene_; }
  Edits& edits() { return edits_; }

  double zoom() const { return transform().m11(); }
  void setZoom(double zoom);  // about the middle
  void zoomAt(QPointF viewPoint, double zoom);
  void pan(QPointF pixels);       // moves the picture by so much
  void show(const QRectF& part, int below = 0);  // all of it, not larger than 100 %, `below` pixels kept free
  using QGraphicsView::show;
  void reveal(const QRectF& part);  // by the least way, at the same zoom
  QRectF visiblePart() const;
  QPointF middle() const { return visiblePart().center(); }
  // Where the pointer is, or the middle where it is elsewhere.
  QPointF pointer() const;

  void setTool(std::unique_ptr<Tool> tool);  // begins it; the former one is cancelled
  Tool* tool() const { return tool_.get(); }
  void cancelTool();
  // What Esc ends where no gesture does; it says whether there was something.
  void setEscape(std::function<bool()> ends) { escape_ = std::move(ends); }
  void startWire(PortRef port);  // by keyboard: arrows choose, Enter connects
  void rename(engine::NodeId node);
  void renameFrame(engine::NodeId frame);
  void writeNote(engine::NodeId note);  // in its place
  bool walk(int key);  // selects the nearest node that way

  // How much was painted so far, for the tests that bound it. From afar nodes are blocks: no pictures are made of them.
  struct Painted {
    int frames = 0, nodes = 0, wires = 0, pictures = 0;
  };
  Painted painted() const { return {painted_.frames, painted_.nodes, painted_.wires, pictures_.made()}; }
  // How long a frame renews what nodes look like; what is left follows in the next. 0: one node a frame, as on the slowest machine.
  void setFrameTime(double milliseconds) { frameMilliseconds_ = milliseconds; }

  ReasonCard& reasonCard() { return *reason_; }
  void setHint(const QString& text);  // what letting go will do; "" for none
  void setBand(const QRectF& band);   // in the scene; empty for none
  void setCut(const QLineF& cut);     // in the scene; null for none
  void askForNode(QPointF at, PortRef port = {}) { emit nodeWanted(at, port); }

 signals:
  void nodeWanted(QPointF at, PortRef port);  // quick add, there, wired to that port if any
  void fieldsWanted();
  void problemWanted();  // a click on the sign of the selected node's problem
  void menuWanted(QPoint global);
  void frameMenuWanted(QPoint global, engine::NodeId frame);
  void zoomed();  // zoom or place have changed
  void toolEnded();  // done or cancelled: no hand is at work
  void toolBegan();  // a hand or a key is about to change something
  void hinted(const QString& text);

 protected:
  bool event(QEvent* event) override;
  bool viewportEvent(QEvent* event) override;
  bool focusNextPrevChild(bool next) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void keyReleaseEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragMoveEvent(QDragMoveEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  struct Press {
    QPoint view;
    QPointF scene;
    Qt::KeyboardModifiers modifiers;
    Hit hit;
  };
  Pointer pointerAt(QPointF viewPoint, Qt::KeyboardModifiers modifiers) const;
  std::unique_ptr<Tool> toolFor(const Press& press);
  void click(const Press& press);
  void hover(QPointF viewPoint);
  void showHover(const Hit& hit, QPointF viewPoint);
  void nudge(int key, double by);
  void askForName(const QString& now, const QString& what, const QRectF& place, const std::function<void(const QString&)>& take);
  void growSceneRect();
  void endTool();
  void showCursor();
  void driftAtEdge();
  using PaintDiff = void(QPainter&, const DiffMarks&, const Scene&, const QRectF& exposed, double scale);
  void paintDiff(QPainter& painter, const QRectF& exposed, PaintDiff* paint);
  void paintFrames(QPainter& painter, const QRectF& exposed);
  void paintNear(QPainter& painter, const QRectF& exposed);
  void paintOver(QPainter& painter);

  Project& project_;
  Scene& scene_;
  Edits& edits_;
  std::unique_ptr<Tool> tool_;
  std::function<bool()> escape_;
  std::optional<Press> press_;
  Hit hovered_;
  Painted painted_;
  double frameMilliseconds_ = 1.5;
  QRectF band_;
  QLineF cut_;
  QString hint_;
  bool space_ = false, spacePanned_ = false;
  quint64 spaceLetGo_ = 0;  // when, by the window system
  QTimer drift_;  // moves the picture while something is held at the edge
  Pointer last_{};
  quint64 nudge_ = 0;  // gesture of the keys that move nodes, one step in a row
  QPointer<QLineEdit> nameField_;
  ReasonCard* reason_;
  WireChip* chip_;
  NodePictures pictures_;
  bool empty_ = false;
  QTimer behind_;  // until it is worth saying that shapes are still being found
  bool saysBehind_ = false;
  QRect dirty_;  // of the viewport, waiting to be painted
};

}  // namespace ui
