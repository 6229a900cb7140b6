#include "ui/canvas/view.h"

#include <QGestureEvent>
#include <QHelpEvent>
#include <QLineEdit>
#include <QMimeData>
#include <QScrollBar>
#include <QSettings>
#include <QStatusTipEvent>
#include <QToolTip>
#include <cmath>

#include "ui/canvas/canvas.h"
#include "ui/canvas/cards.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::NodeId;

namespace {
constexpr int kDragBegins = 6;          // pixels, canvas.md
constexpr double kWheelStep = 1.2;      // zoom of one notch
constexpr double kEndReach = 26;        // from the end of a wire, where it can be taken off
constexpr double kDriftEdge = 24;       // pixels from the edge, where the picture follows
constexpr int kDriftMilliseconds = 16;
constexpr double kFitMargin = 48;       // pixels around what is shown whole
// The name over its node. Enter and Esc are its own, and no shortcuts of the window.
class NameField : public QLineEdit {
 public:
  using QLineEdit::QLineEdit;
  bool cancelled = false, done = false;

 protected:
  bool event(QEvent* event) override {
    if (event->type() != QEvent::ShortcutOverride && event->type() != QEvent::KeyPress) return QLineEdit::event(event);
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key != Qt::Key_Return && key != Qt::Key_Enter && key != Qt::Key_Escape) return QLineEdit::event(event);
    event->accept();
    if (event->type() == QEvent::ShortcutOverride) return true;
    cancelled = key == Qt::Key_Escape;
    emit editingFinished();
    return true;
  }
  void focusOutEvent(QFocusEvent* event) override {
    QLineEdit::focusOutEvent(event);  // says nothing where nothing was typed
    if (event->reason() != Qt::PopupFocusReason) emit editingFinished();
  }
};

}  // namespace

CanvasView::CanvasView(Project& project, Scene& scene, Edits& edits, QWidget* parent)
    : QGraphicsView(&scene, parent), project_(project), scene_(scene), edits_(edits) {
  setObjectName("canvas.view");
  setAccessibleName(tr("Network"));
  setAccessibleDescription(tr("Layers and wires. Tab goes from layer to layer, arrows to the nearest one."));
  setFrameShape(NoFrame);
  setRenderHint(QPainter::Antialiasing);
  setViewportUpdateMode(MinimalViewportUpdate);
  setOptimizationFlags(DontSavePainterState | DontAdjustForAntialiasing);
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
    viewport()->update();
  });
  connect(&project, &Project::replaced, this, [this] {
    nudge_ = 0;
    if (nameField_) nameField_->hide(), nameField_->deleteLater();
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
  const QRectF wanted = content.adjusted(-window.width(), -window.height(), window.width(), window.height()) | visiblePart();
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

void CanvasView::show(const QRectF& part) {
  if (part.isEmpty()) return;
  const double wide = std::max(1.0, viewport()->width() - 2 * kFitMargin), tall = std::max(1.0, viewport()->height() - 2 * kFitMargin);
  setZoom(std::min({1.0, wide / part.width(), tall / part.height()}));
  pan(QRectF(viewport()->rect()).center() - QPointF(viewportTransform().map(part.center())));
}

void CanvasView::reveal(const QRectF& part) {
  constexpr double kAir = 40;
  const QRectF window = visiblePart().adjusted(kAir / zoom(), kAir / zoom(), -kAir / zoom(), -kAir / zoom());
  if (window.contains(part)) return;
  const auto need = [](double low, double high, double least, double most) { return low < least ? least - low : high > most ? most - high : 0; };
  pan(QPointF(need(part.left(), part.right(), window.left(), window.right()), need(part.top(), part.bottom(), window.top(), window.bottom())) * zoom());
}

QPointF CanvasView::pointer() const {
  const QPoint at = viewport()->mapFromGlobal(QCursor::pos());
  return viewport()->rect().contains(at) ? mapToScene(at) : middle();
}

void CanvasView::scrollContentsBy(int dx, int dy) {
  QGraphicsView::scrollContentsBy(dx, dy);
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
  viewport()->setCursor(tool_ ? tool_->cursor() : space_ ? Qt::OpenHandCursor : hovered_.kind == Hit::Kind::port ? Qt::CrossCursor : Qt::ArrowCursor);
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
  setHint({});
  showCursor();
}

void CanvasView::setHint(const QString& text) {
  if (text == hint_) return;
  hint_ = text;
  emit hinted(text);
}

void CanvasView::setBand(const QRectF& band) {
  const auto dirty = [this](const QRectF& rect) { viewport()->update(mapFromScene(rect).boundingRect().adjusted(-3, -3, 3, 3)); };
  if (!band_.isEmpty()) dirty(band_);
  band_ = band;
  if (!band_.isEmpty()) dirty(band_);
}

std::unique_ptr<Tool> CanvasView::toolFor(const Press& press) {
  const auto& document = project_.document();
  const bool adds = press.modifiers & (Qt::ControlModifier | Qt::ShiftModifier);
  switch (press.hit.kind) {
    case Hit::Kind::port: {
      const PortRef port = press.hit.port;
      if (port.input)
        if (const auto* wire = document.wireInto(port.node, port.index))
          return std::make_unique<ConnectTool>(*this, PortRef{wire->from, false, wire->output}, WireEnd{port.node, port.index});
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
      if (far(last) < kEndReach / std::min(1.0, zoom())) return std::make_unique<ConnectTool>(*this, PortRef{wire->from, false, wire->output}, press.hit.wire);
      if (far(first) < kEndReach / std::min(1.0, zoom())) return std::make_unique<ConnectTool>(*this, PortRef{wire->to, true, wire->input}, press.hit.wire);
      return std::make_unique<BandTool>(*this, press.scene, adds);
    }
    case Hit::Kind::nothing: break;
  }
  return std::make_unique<BandTool>(*this, press.scene, adds);
}

void CanvasView::click(const Press& press) {
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
    case Hit::Kind::nothing:
      if (!adds) selection.clear();
  }
}

void CanvasView::startWire(PortRef port) {
  setFocus();
  auto tool = std::make_unique<ConnectTool>(*this, port);
  ConnectTool* connecting = tool.get();
  setTool(std::move(tool));
  connecting->chooseFirst();
}

// ------------------------------------------------------------------------- mouse ----

void CanvasView::mousePressEvent(QMouseEvent* event) {
  nudge_ = 0;
  if (nameField_) setFocus();  // ends the renaming
  const QPointF at = event->position();
  if (event->button() == Qt::MiddleButton || (event->button() == Qt::LeftButton && space_)) {
    spacePanned_ = space_;
    setTool(std::make_unique<PanTool>(*this, at));
    return;
  }
  if (tool_) {  // another button, or a wire that the keyboard holds
    if (event->button() == Qt::LeftButton && dynamic_cast<ConnectTool*>(tool_.get())) return;
    return cancelTool();
  }
  const Pointer pointer = pointerAt(at, event->modifiers());
  const Hit hit = scene_.hitAt(pointer.scene, zoom());
  if (event->button() == Qt::RightButton) {
    if (hit.node && !project_.selection().has(hit.node)) project_.selection().set({hit.node});
    else if (hit.kind == Hit::Kind::wire && !project_.selection().has(hit.wire)) project_.selection().set({}, {hit.wire});
    return;
  }
  if (event->button() != Qt::LeftButton) return;
  press_ = Press{at.toPoint(), pointer.scene, event->modifiers(), hit};
}

void CanvasView::mouseMoveEvent(QMouseEvent* event) {
  const QPointF at = event->position();
  if (press_ && !tool_) {
    if ((at - QPointF(press_->view)).manhattanLength() < kDragBegins) return;
    emit toolBegan();
    const Press press = *std::exchange(press_, std::nullopt);
    setTool(toolFor(press));
  }
  if (!tool_) return hover(at);
  last_ = pointerAt(at, event->modifiers());
  tool_->move(last_);
  if (!drift_.isActive() && !dynamic_cast<PanTool*>(tool_.get())) drift_.start();
}

void CanvasView::driftAtEdge() {
  if (!tool_ || !QGuiApplication::mouseButtons()) return drift_.stop();
  const QRectF calm = QRectF(viewport()->rect()).adjusted(kDriftEdge, kDriftEdge, -kDriftEdge, -kDriftEdge);
  const auto over = [](double at, double low, double high) { return at < low ? low - at : at > high ? high - at : 0.0; };
  const QPointF by(over(last_.view.x(), calm.left(), calm.right()), over(last_.view.y(), calm.top(), calm.bottom()));
  if (by.isNull()) return;
  pan(QPointF(std::clamp(by.x(), -kDriftEdge, kDriftEdge), std::clamp(by.y(), -kDriftEdge, kDriftEdge)) * 0.6);
  last_ = pointerAt(last_.view, last_.modifiers);
  tool_->move(last_);
}

void CanvasView::mouseReleaseEvent(QMouseEvent* event) {
  if (tool_) {
    // Out of the view before it works: what it changes would cancel it.
    const std::unique_ptr<Tool> tool = std::move(tool_);
    tool->release(pointerAt(event->position(), event->modifiers()));
    setHint({});
    showCursor();
    return;
  }
  if (press_ && event->button() == Qt::LeftButton) click(*std::exchange(press_, std::nullopt));
}

void CanvasView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || tool_) return;
  const Pointer pointer = pointerAt(event->position(), event->modifiers());
  const Hit hit = scene_.hitAt(pointer.scene, zoom());
  switch (hit.kind) {
    case Hit::Kind::nothing: return askForNode(pointer.scene);
    case Hit::Kind::node: return hit.title && zoom() >= detail::noText ? rename(hit.node) : fieldsWanted();
    default: return;
  }
}

void CanvasView::wheelEvent(QWheelEvent* event) {
  event->accept();
  const bool scrolls = QSettings().value("canvas/wheel", "zoom").toString() == "scroll";
  const bool touchpad = event->deviceType() == QInputDevice::DeviceType::TouchPad && !event->pixelDelta().isNull();
  if (event->modifiers() & Qt::ShiftModifier) {
    const QPoint delta = event->angleDelta();
    return pan(QPointF(delta.x() != 0 ? delta.x() : delta.y(), 0));
  }
  if ((scrolls || touchpad) && !(event->modifiers() & Qt::ControlModifier))
    return pan(touchpad ? QPointF(event->pixelDelta()) : QPointF(event->angleDelta()));
  constexpr double kNotch = 120;
  zoomAt(event->position(), zoom() * std::pow(kWheelStep, event->angleDelta().y() / kNotch));
}

void CanvasView::hover(QPointF at) {
  const Hit hit = scene_.hitAt(pointerAt(at, {}).scene, zoom());
  showHover(hit, at);
}

void CanvasView::showHover(const Hit& hit, QPointF at) {
  if (hit.node != hovered_.node) {
    if (NodeItem* item = scene_.node(hovered_.node)) item->mark([](NodeMarks& m) { m.hovered = false; });
    if (NodeItem* item = scene_.node(hit.node)) item->mark([](NodeMarks& m) { m.hovered = true; });
  }
  const bool wasWire = hovered_.kind == Hit::Kind::wire, isWire = hit.kind == Hit::Kind::wire;
  if (wasWire && (!isWire || !(hit.wire == hovered_.wire)))
    if (WireItem* item = scene_.wire(hovered_.wire)) item->mark([](WireMarks& m) { m.hovered = false; });
  if (isWire) {
    WireItem* item = scene_.wire(hit.wire);
    item->mark([](WireMarks& m) { m.hovered = true; });
    if (zoom() >= detail::blocks) chip_->show(item->value(), at);
  } else if (hit.kind == Hit::Kind::port) {
    const NodeItem* item = scene_.node(hit.port.node);
    const auto& port = (hit.port.input ? item->look().inputs : item->look().outputs)[size_t(hit.port.index)];
    if (port.value.shape.isMissing()) chip_->hide();
    else chip_->show(port.value, at);
  } else {
    chip_->hide();
  }
  hovered_ = hit;
  showCursor();
}

bool CanvasView::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::Leave && !tool_) showHover({}, {});
  if (event->type() == QEvent::ToolTip && !tool_ && !press_) {
    auto* help = static_cast<QHelpEvent*>(event);
    const Hit hit = scene_.hitAt(mapToScene(help->pos()), zoom());
    const NodeItem* item = hit.kind == Hit::Kind::node ? scene_.node(hit.node) : nullptr;
    QString text;
    if (item) {
      const NodeLook& look = item->look();
      text = "<b>" + look.name.toHtmlEscaped() + "</b>&nbsp;&nbsp;" + look.subtitle.toHtmlEscaped();
      if (!look.reason.isEmpty()) text += "<br>" + look.reason.toHtmlEscaped();
      else if (const auto* type = engine::findOp(utf8(look.type))) text += "<br>" + qt(type->info.about).toHtmlEscaped();
    }
    if (text.isEmpty()) QToolTip::hideText();
    else QToolTip::showText(help->globalPos(), text, viewport());
    return true;
  }
  if (event->type() == QEvent::NativeGesture) {
    auto* gesture = static_cast<QNativeGestureEvent*>(event);
    if (gesture->gestureType() == Qt::ZoomNativeGesture) zoomAt(gesture->position(), zoom() * (1 + gesture->value()));
    return true;
  }
  return QGraphicsView::viewportEvent(event);
}

void CanvasView::contextMenuEvent(QContextMenuEvent* event) {
  if (tool_) return;
  QPoint at = event->globalPos();
  if (event->reason() == QContextMenuEvent::Keyboard) {
    const NodeItem* item = scene_.node(project_.selection().current());
    at = viewport()->mapToGlobal(item ? mapFromScene(item->nodeRect().center()) : viewport()->rect().center());
  }
  event->accept();
  emit menuWanted(at);
}

// -------------------------------------------------------------------------- keys ----

bool CanvasView::event(QEvent* event) {
  // What belongs to the gesture, and the space bar that may become a hand, come as keys and not as actions.
  if (event->type() == QEvent::ShortcutOverride) {
    auto* key = static_cast<QKeyEvent*>(event);
    if (tool_ || (key->key() == Qt::Key_Space && key->modifiers() == Qt::NoModifier)) {
      event->accept();
      return true;
    }
  }
  return QGraphicsView::event(event);
}

void CanvasView::keyPressEvent(QKeyEvent* event) {
  const int key = event->key();
  if (tool_) {
    if (key == Qt::Key_Escape) return cancelTool();
    // Out of the view while it works: what it changes would cancel it.
    std::unique_ptr<Tool> tool = std::move(tool_);
    if (!tool->key(key, event->modifiers())) {
      tool_ = std::move(tool);
    } else {
      setHint({});
      showCursor();
    }
    return;
  }
  if (key == Qt::Key_Escape) {
    if (press_) press_.reset();
    else project_.selection().clear();
    return;
  }
  if (key == Qt::Key_Space && event->modifiers() == Qt::NoModifier) {
    if (!event->isAutoRepeat()) space_ = true, spacePanned_ = false, showCursor();
    return;
  }
  const bool arrow = key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Up || key == Qt::Key_Down;
  if (!arrow) return QGraphicsView::keyPressEvent(event);
  if (event->modifiers() & Qt::ControlModifier) nudge(key, 1);
  else if (event->modifiers() & Qt::ShiftModifier) nudge(key, size::grid);
  else walk(key);
}

void CanvasView::keyReleaseEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space && space_ && !event->isAutoRepeat()) {
    space_ = false;
    showCursor();
    if (!spacePanned_) askForNode(pointer());
    return;
  }
  QGraphicsView::keyReleaseEvent(event);
}

void CanvasView::focusOutEvent(QFocusEvent* event) {
  space_ = false;
  cancelTool();
  QGraphicsView::focusOutEvent(event);
}

// Moves the selected nodes; one after the other is one step, until something else happens.
void CanvasView::nudge(int key, double by) {
  const auto& nodes = project_.selection().nodes();
  if (nodes.empty()) return;
  const QPointF step = key == Qt::Key_Left ? QPointF(-by, 0) : key == Qt::Key_Right ? QPointF(by, 0) : key == Qt::Key_Up ? QPointF(0, -by) : QPointF(0, by);
  std::map<NodeId, QPointF> to;
  for (const NodeId id : nodes) to[id] = scene_.positionOf(id) + step;
  if (nudge_ == 0) nudge_ = Project::newGesture();
  edits_.move(to, nudge_);
  if (const NodeItem* item = scene_.node(nodes.back())) reveal(item->nodeRect());
}

bool CanvasView::walk(int key) {
  nudge_ = 0;
  const QPointF way = key == Qt::Key_Left ? QPointF(-1, 0) : key == Qt::Key_Right ? QPointF(1, 0) : key == Qt::Key_Up ? QPointF(0, -1) : QPointF(0, 1);
  const NodeItem* from = scene_.node(project_.selection().current());
  const NodeItem* best = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const NodeItem* item : scene_.nodes()) {
    if (item == from) continue;
    if (!from) {  // the first step goes to what is nearest the middle
      const QPointF off = item->nodeRect().center() - middle();
      if (const double far = std::hypot(off.x(), off.y()); far < least) least = far, best = item;
      continue;
    }
    const QPointF off = item->nodeRect().center() - from->nodeRect().center();
    const double along = QPointF::dotProduct(off, way), across = std::abs(off.x() * way.y() - off.y() * way.x());
    if (along <= 1) continue;
    if (const double cost = along + 2 * across; cost < least) least = cost, best = item;
  }
  if (!best) return false;
  project_.selection().set({best->id()});
  reveal(best->nodeRect());
  return true;
}

// Tab goes through the nodes in the order of the data, and on to the next widget after the last.
bool CanvasView::focusNextPrevChild(bool next) {
  nudge_ = 0;
  const auto& document = project_.document();
  std::vector<NodeId> order;
  for (const int index : project_.inference().order) order.push_back(document.nodes()[size_t(index)]->id);
  for (const auto& node : document.nodes())  // what stands on a loop comes last
    if (order.size() < document.nodes().size() && std::find(order.begin(), order.end(), node->id) == order.end()) order.push_back(node->id);
  const auto at = std::find(order.begin(), order.end(), project_.selection().current());
  const auto go = [&](NodeId id) {
    project_.selection().set({id});
    reveal(scene_.node(id)->nodeRect());
    return true;
  };
  if (order.empty()) return QGraphicsView::focusNextPrevChild(next);
  if (at == order.end()) return go(next ? order.front() : order.back());
  if (next && at + 1 != order.end()) return go(*(at + 1));
  if (!next && at != order.begin()) return go(*(at - 1));
  return QGraphicsView::focusNextPrevChild(next);
}

void CanvasView::rename(NodeId id) {
  const NodeItem* item = scene_.node(id);
  if (!item) return;
  if (nameField_) delete nameField_;
  reveal(item->nodeRect());
  auto* field = new NameField(item->look().name, viewport());
  nameField_ = field;
  field->setObjectName("canvas.name");
  field->setAccessibleName(tr("Name of the layer"));
  const QRect title = mapFromScene(QRectF(item->pos() + QPointF(34, 4), QSizeF(item->look().width - 38, 28))).boundingRect();
  field->setGeometry(title.x(), title.center().y() - size::field / 2, std::max(title.width(), 120), size::field);
  field->selectAll();
  field->show();
  field->setFocus();
  // Enter and leaving keep the name, Esc does not.
  connect(field, &QLineEdit::editingFinished, this, [this, field, id] {
    if (std::exchange(field->done, true)) return;
    if (field->hasFocus()) setFocus();
    field->hide();
    field->deleteLater();
    const QString name = field->text().trimmed();
    if (!field->cancelled && !name.isEmpty() && project_.document().node(id)) edits_.rename(id, name);
  });
}

// ------------------------------------------------------------------ drag and drop ----

void CanvasView::dragEnterEvent(QDragEnterEvent* event) {
  const QString op = QString::fromUtf8(event->mimeData()->data(kOpMimeType));
  if (!engine::findOp(utf8(op))) return event->ignore();
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
  setHint({});
  event->acceptProposedAction();
  setFocus();
}

// ---------------------------------------------------------------------- painting ----

void CanvasView::drawBackground(QPainter* painter, const QRectF& rect) { paintGrid(*painter, rect, zoom()); }

void CanvasView::drawForeground(QPainter* painter, const QRectF&) {
  painter->resetTransform();
  if (!band_.isEmpty()) {
    const QRectF band = viewportTransform().mapRect(band_);
    QColor soft = theme().accent.fill;
    soft.setAlphaF(0.12F);
    painter->setPen(QPen(theme().accent.line, 1));
    painter->setBrush(soft);
    painter->drawRect(band);
  }
  if (project_.document().nodes().empty()) {
    painter->setPen(theme().text.primary);
    painter->setFont(ui::font(FontSize::title, QFont::DemiBold));
    const QRectF window = viewport()->rect();
    painter->drawText(QRectF(window.left(), window.center().y() - 30, window.width(), 24), Qt::AlignCenter, tr("An empty network"));
    painter->setPen(theme().text.secondary);
    painter->setFont(ui::font(FontSize::body));
    painter->drawText(QRectF(window.left(), window.center().y(), window.width(), 24), Qt::AlignCenter, tr("Double-click to add a layer, or drag one here from the list."));
  }
}

}  // namespace ui
