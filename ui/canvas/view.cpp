#include "ui/canvas/view.h"

#include <QLineEdit>
#include <QMimeData>
#include <QScrollBar>
#include <cmath>

#include "ui/canvas/canvas.h"
#include "ui/canvas/cards.h"
#include "ui/canvas/diff_marks.h"
#include "ui/model/op_mime.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::NodeId;

namespace {
constexpr double kEndReach = 26;  // from the end of a wire, where it can be taken off
constexpr int kDriftMilliseconds = 16;
constexpr int kBehindMilliseconds = 150;
constexpr double kFitMargin = 48;  // pixels around what is shown whole

}  // namespace

CanvasView::CanvasView(Project& project, Scene& scene, Edits& edits, QWidget* parent)
    : QGraphicsView(&scene, parent), project_(project), scene_(scene), edits_(edits) {
  setObjectName("canvas.view");
  setAccessibleName(tr("Network"));
  setAccessibleDescription(tr("Layers and wires. Tab goes from layer to layer, arrows to the nearest one."));
  setFrameShape(NoFrame);
  setViewportUpdateMode(NoViewportUpdate);  // Scene::dirty says what has changed
  setOptimizationFlags(DontAdjustForAntialiasing);
  setTransformationAnchor(NoAnchor);
  setResizeAnchor(NoAnchor);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setMouseTracking(true);
  viewport()->setMouseTracking(true);
  setAcceptDrops(true);
  viewport()->setAcceptDrops(true);
  setFocusPolicy(Qt::StrongFocus);
  setContextMenuPolicy(Qt::DefaultContextMenu);
  reason_ = new ReasonCard(viewport());
  chip_ = new WireChip(viewport());
  connect(&scene, &Scene::settled, this, [this] {
    if (tool_) cancelTool();  // its picture is of what was there before
    showHover({}, {});
    growSceneRect();
    // The items say what is to be painted anew; the words of an empty network are nobody's.
    if (const bool empty = scene_.nodes().empty(); std::exchange(empty_, empty) != empty) viewport()->update();
  });
  for (const auto signal : {&Project::replaced, &Project::viewed})
    connect(&project, signal, this, [this] {
      nudge_ = 0;
      if (nameField_) nameField_->hide(), nameField_->deleteLater();
    });
  // One box around all that has changed: of thousands a region of each would take longer than painting.
  connect(&scene, &Scene::dirty, this, [this](const QRectF& box) {
    const QRectF painted = scene_.diff() ? box.marginsAdded(kDiffReach) : box;
    const QRect part = mapFromScene(painted).boundingRect().adjusted(-2, -2, 2, 2) & viewport()->rect();
    if (part.isEmpty() || dirty_.contains(part)) return;
    dirty_ |= part;
    viewport()->update(dirty_);
  });
  behind_.setSingleShot(true);
  behind_.setInterval(kBehindMilliseconds);
  const auto sayBehind = [this](bool behind) {
    if (std::exchange(saysBehind_, behind) != behind) viewport()->update();
  };
  connect(&behind_, &QTimer::timeout, this, [sayBehind] { sayBehind(true); });
  connect(&project, &Project::stated, this, [this, sayBehind] {
    if (!project_.isBehind()) behind_.stop(), sayBehind(false);
    else if (!behind_.isActive() && !saysBehind_) behind_.start();
  });
  connect(&themeWatcher(), &ThemeWatcher::changed, this, [this] {
    pictures_.clear();
    viewport()->update();
  });
  drift_.setInterval(kDriftMilliseconds);
  connect(&drift_, &QTimer::timeout, this, &CanvasView::driftAtEdge);
  growSceneRect();
}

CanvasView::~CanvasView() { tool_.reset(); }

// --------------------------------------------------------------------- the camera ----

QRectF CanvasView::visiblePart() const { return mapToScene(viewport()->rect()).boundingRect(); }

// Wide enough that anything can be brought to any place of the window, and no wider.
void CanvasView::growSceneRect() {
  const QSizeF window = QSizeF(viewport()->size()) / zoom();
  const QRectF content = scene_.contentRect();
  const QRectF wanted =
      content.adjusted(-window.width(), -window.height(), window.width(), window.height()) | visiblePart();
  if (wanted == sceneRect()) return;
  const QPointF anchor = mapToScene(QPoint(0, 0));
  setSceneRect(wanted);
  const QPointF off = mapFromScene(anchor);
  horizontalScrollBar()->setValue(horizontalScrollBar()->value() + qRound(off.x()));
  verticalScrollBar()->setValue(verticalScrollBar()->value() + qRound(off.y()));
}

void CanvasView::pan(QPointF pixels) {
  const QRectF target = visiblePart().translated(-pixels / zoom());
  if (!sceneRect().contains(target)) {
    const QPointF anchor = mapToScene(QPoint(0, 0));
    setSceneRect(sceneRect() | target);
    const QPointF off = mapFromScene(anchor);
    horizontalScrollBar()->setValue(horizontalScrollBar()->value() + qRound(off.x()));
    verticalScrollBar()->setValue(verticalScrollBar()->value() + qRound(off.y()));
  }
  horizontalScrollBar()->setValue(horizontalScrollBar()->value() - qRound(pixels.x()));
  verticalScrollBar()->setValue(verticalScrollBar()->value() - qRound(pixels.y()));
}

void CanvasView::zoomAt(QPointF viewPoint, double wanted) {
  const double next = std::clamp(wanted, kLeastZoom, kMostZoom);
  const QPointF anchor = viewportTransform().inverted().map(viewPoint);
  if (next != zoom()) setTransform(QTransform::fromScale(next, next));
  const QRectF window(anchor - viewPoint / next, QSizeF(viewport()->size()) / next);
  const QSizeF room = QSizeF(viewport()->size()) / next;
  setSceneRect(scene_.contentRect().adjusted(-room.width(), -room.height(), room.width(), room.height()) | window);
  const QPointF off = viewportTransform().map(anchor) - viewPoint;
  horizontalScrollBar()->setValue(horizontalScrollBar()->value() + qRound(off.x()));
  verticalScrollBar()->setValue(verticalScrollBar()->value() + qRound(off.y()));
  chip_->hide();
  emit zoomed();
}

void CanvasView::setZoom(double zoom) { zoomAt(QRectF(viewport()->rect()).center(), zoom); }

void CanvasView::show(const QRectF& part, int below) {
  if (part.isEmpty()) {  // what is drawn next is drawn in its own size
    setZoom(1);
    return pan(QPointF(viewport()->rect().center()) - QPointF(viewportTransform().map(QPointF())));
  }
  constexpr double kShare = 0.08;  // of a small view the margin is less
  const double margin = std::min({kFitMargin, kShare * viewport()->width(), kShare * viewport()->height()});
  const double wide = std::max(1.0, viewport()->width() - 2 * margin), tall = std::max(1.0, viewport()->height() - 2 * margin - below);
  setZoom(std::min({1.0, wide / part.width(), tall / part.height()}));
  const QRectF free = QRectF(viewport()->rect()).adjusted(0, 0, 0, -below);
  pan(free.center() - QPointF(viewportTransform().map(part.center())));
}

void CanvasView::reveal(const QRectF& part) {
  constexpr double kAir = 40;
  const QRectF window = visiblePart().adjusted(kAir / zoom(), kAir / zoom(), -kAir / zoom(), -kAir / zoom());
  if (window.contains(part)) return;
  const auto need = [](double low, double high, double least, double most) {
    return low < least ? least - low : high > most ? most - high : 0;
  };
  pan(QPointF(need(part.left(), part.right(), window.left(), window.right()),
              need(part.top(), part.bottom(), window.top(), window.bottom())) *
      zoom());
}

QPointF CanvasView::pointer() const {
  const QPoint at = viewport()->mapFromGlobal(QCursor::pos());
  return viewport()->rect().contains(at) ? mapToScene(at) : middle();
}

void CanvasView::scrollContentsBy(int dx, int dy) {
  QGraphicsView::scrollContentsBy(dx, dy);
  viewport()->update();  // what lies over its corners does not scroll along
  emit zoomed();
}

void CanvasView::resizeEvent(QResizeEvent* event) {
  QGraphicsView::resizeEvent(event);
  growSceneRect();
  emit zoomed();
}

// ------------------------------------------------------------------------- tools ----

Pointer CanvasView::pointerAt(QPointF viewPoint, Qt::KeyboardModifiers modifiers) const {
  return {viewportTransform().inverted().map(viewPoint), viewPoint, modifiers};
}

void CanvasView::showCursor() {
  viewport()->setCursor(tool_                              ? tool_->cursor()
                        : space_                           ? Qt::OpenHandCursor
                        : hovered_.kind == Hit::Kind::port ? Qt::CrossCursor
                                                           : Qt::ArrowCursor);
}

void CanvasView::setTool(std::unique_ptr<Tool> tool) {
  cancelTool();
  chip_->hide();
  tool_ = std::move(tool);
  showCursor();
}

void CanvasView::cancelTool() {
  press_.reset();
  if (!tool_) return;
  const std::unique_ptr<Tool> tool = std::move(tool_);
  tool->cancel();
  endTool();
}

void CanvasView::endTool() {
  setHint({});
  showCursor();
  emit toolEnded();
}

void CanvasView::setHint(const QString& text) {
  if (text == hint_) return;
  hint_ = text;
  emit hinted(text);
}

void CanvasView::setBand(const QRectF& band) {
  const auto dirty = [this](const QRectF& rect) {
    viewport()->update(mapFromScene(rect).boundingRect().adjusted(-3, -3, 3, 3));
  };
  if (!band_.isEmpty()) dirty(band_);
  band_ = band;
  if (!band_.isEmpty()) dirty(band_);
}

void CanvasView::setCut(const QLineF& cut) {
  const auto dirty = [this](const QLineF& line) {
    if (!line.isNull()) viewport()->update(mapFromScene(QRectF(line.p1(), line.p2()).normalized()).boundingRect().adjusted(-3, -3, 3, 3));
  };
  dirty(cut_);
  cut_ = cut;
  dirty(cut_);
}

std::unique_ptr<Tool> CanvasView::toolFor(const Press& press) {
  const auto& document = project_.shown();
  const bool adds = press.modifiers & (Qt::ControlModifier | Qt::ShiftModifier);
  switch (press.hit.kind) {
    case Hit::Kind::port: {
      const PortRef port = press.hit.port;
      if (port.input)
        if (const auto* wire = document.wireInto(port.node, port.index))
          return std::make_unique<ConnectTool>(*this, PortRef{wire->from, false, wire->output},
                                               WireEnd{port.node, port.index});
      return std::make_unique<ConnectTool>(*this, port);
    }
    case Hit::Kind::node:
      if (!project_.selection().has(press.hit.node)) {
        if (adds) project_.selection().toggle(press.hit.node);
        else project_.selection().set({press.hit.node});
      }
      return std::make_unique<MoveTool>(*this, press.scene, press.hit.node);
    case Hit::Kind::wire: {
      const WireItem* item = scene_.wire(press.hit.wire);
      const auto* wire = document.wireInto(press.hit.wire.to, press.hit.wire.input);
      const QPointF first = item->path().elementAt(0), last = item->path().currentPosition();
      const auto far = [&](QPointF a) { return std::hypot(a.x() - press.scene.x(), a.y() - press.scene.y()); };
      if (far(last) < kEndReach / std::min(1.0, zoom()))
        return std::make_unique<ConnectTool>(*this, PortRef{wire->from, false, wire->output}, press.hit.wire);
      if (far(first) < kEndReach / std::min(1.0, zoom()))
        return std::make_unique<ConnectTool>(*this, PortRef{wire->to, true, wire->input}, press.hit.wire);
      return std::make_unique<BandTool>(*this, press.scene, adds);
    }
    case Hit::Kind::frame: {
      const std::vector<NodeId> nodes = scene_.frame(press.hit.frame)->nodes;
      project_.selection().set(nodes);
      return std::make_unique<MoveTool>(*this, press.scene, nodes.front());
    }
    case Hit::Kind::nothing: break;
  }
  return std::make_unique<BandTool>(*this, press.scene, adds);
}

void CanvasView::click(const Press& press) {
  const NodeItem* node = press.hit.kind == Hit::Kind::node && !press.modifiers ? scene_.node(press.hit.node) : nullptr;
  if (node && zoom() >= detail::noText && node->look().hasBadgeAt(press.scene - node->pos())) {
    project_.selection().set({press.hit.node});
    emit problemWanted();
    return;
  }
  Selection& selection = project_.selection();
  const bool adds = press.modifiers & (Qt::ControlModifier | Qt::ShiftModifier);
  switch (press.hit.kind) {
    case Hit::Kind::port:
      if (press.modifiers & Qt::AltModifier) {
        edits_.dropWires(press.hit.port);
        return;
      }
      [[fallthrough]];
    case Hit::Kind::node:
      if (adds) selection.toggle(press.hit.node);
      else selection.set({press.hit.node});
      return;
    case Hit::Kind::wire: {
      auto wires = adds ? selection.wires() : std::vector<WireEnd>{};
      if (const auto it = std::find(wires.begin(), wires.end(), press.hit.wire); it != wires.end()) wires.erase(it);
      else wires.push_back(press.hit.wire);
      selection.set(adds ? selection.nodes() : std::vector<NodeId>{}, std::move(wires));
      return;
    }
    case Hit::Kind::frame: {
      std::vector<NodeId> nodes = adds ? selection.nodes() : std::vector<NodeId>();
      for (const NodeId id : scene_.frame(press.hit.frame)->nodes)
        if (std::find(nodes.begin(), nodes.end(), id) == nodes.end()) nodes.push_back(id);
      return selection.set(std::move(nodes));
    }
    case Hit::Kind::nothing:
      if (!adds) selection.clear();
  }
}

void CanvasView::startWire(PortRef port) {
  setFocus();
  emit toolBegan();
  auto tool = std::make_unique<ConnectTool>(*this, port);
  ConnectTool* connecting = tool.get();
  setTool(std::move(tool));
  connecting->chooseFirst();
}

// ------------------------------------------------------------------ drag and drop ----

void CanvasView::dragEnterEvent(QDragEnterEvent* event) {
  const QString op = opOf(*event->mimeData());
  if (!project_.typeOf(utf8(op))) return event->ignore();
  emit toolBegan();
  setTool(std::make_unique<DropTool>(*this, op));
  event->acceptProposedAction();
}

void CanvasView::dragMoveEvent(QDragMoveEvent* event) {
  if (!tool_) return event->ignore();
  tool_->move(pointerAt(event->position(), event->modifiers()));
  event->acceptProposedAction();
}

void CanvasView::dragLeaveEvent(QDragLeaveEvent*) { cancelTool(); }

void CanvasView::dropEvent(QDropEvent* event) {
  if (!tool_) return event->ignore();
  const std::unique_ptr<Tool> tool = std::move(tool_);
  tool->release(pointerAt(event->position(), event->modifiers()));
  endTool();
  event->acceptProposedAction();
  setFocus();
}

}  // namespace ui
