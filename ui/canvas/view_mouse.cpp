// The view's mouse: press, drag, click, wheel and hover, and the tool tips.
#include <QHelpEvent>
#include <QSettings>
#include <QToolTip>
#include <cmath>

#include "ui/canvas/cards.h"
#include "ui/canvas/view.h"
#include "ui/model/text.h"

namespace ui {

using engine::NodeId;

namespace {
constexpr int kDragBegins = 6;      // pixels, canvas.md
constexpr double kWheelStep = 1.2;  // zoom of one notch
constexpr double kDriftEdge = 24;   // pixels from the edge, where the picture follows
}  // namespace

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
  if (event->button() == Qt::RightButton && event->modifiers() & Qt::ControlModifier) {
    emit toolBegan();
    return setTool(std::make_unique<CutTool>(*this, pointer.scene));
  }
  if (event->button() == Qt::RightButton) {
    if (hit.kind == Hit::Kind::frame) project_.selection().set(scene_.frame(hit.frame)->nodes);
    if (hit.node && !project_.selection().has(hit.node)) project_.selection().set({hit.node});
    else if (hit.kind == Hit::Kind::wire && !project_.selection().has(hit.wire))
      project_.selection().set({}, {hit.wire});
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
  const auto over = [](double at, double low, double high) {
    return at < low ? low - at : at > high ? high - at : 0.0;
  };
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
    endTool();
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
    case Hit::Kind::node: 
      if (scene_.node(hit.node)->look().note) return writeNote(hit.node);
      if (hit.title && zoom() >= detail::noText) return rename(hit.node);
      return project_.canOpen(hit.node) ? project_.open(hit.node) : fieldsWanted();
    case Hit::Kind::wire: edits_.reroute(hit.wire, pointer.scene); return;
    case Hit::Kind::frame: return renameFrame(hit.frame);
    default: return;
  }
}

void CanvasView::wheelEvent(QWheelEvent* event) {
  event->accept();
  const bool scrolls = QSettings().value("canvas/wheel", "zoom").toString() == "scroll";
  // Wayland names no device, but says that the system made the wheel of something else: fingers.
  const bool touchpad = event->deviceType() == QInputDevice::DeviceType::TouchPad || event->source() == Qt::MouseEventSynthesizedBySystem;
  if (event->modifiers() & Qt::ShiftModifier) {
    const QPoint delta = event->angleDelta();
    return pan(QPointF(delta.x() != 0 ? delta.x() : delta.y(), 0));
  }
  if ((scrolls || touchpad) && !(event->modifiers() & Qt::ControlModifier))
    return pan(touchpad && !event->pixelDelta().isNull() ? QPointF(event->pixelDelta()) : QPointF(event->angleDelta()));
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
      else if (const auto* type = project_.typeOf(utf8(look.type)))
        text += "<br>" + engineText(type->info.about).toHtmlEscaped();
      if (look.bar) text += "<br>" + look.bar->words.toHtmlEscaped();
    }
    if (text.isEmpty()) QToolTip::hideText();
    else QToolTip::showText(help->globalPos(), text, viewport());
    return true;
  }
  if (event->type() == QEvent::NativeGesture) {
    auto* gesture = static_cast<QNativeGestureEvent*>(event);
    // Qt gives the widget's own position only to events of the mouse: here it is still the window's.
    const QPointF at = viewport()->mapFromGlobal(gesture->globalPosition());
    if (gesture->gestureType() == Qt::ZoomNativeGesture) zoomAt(at, zoom() * (1 + gesture->value()));
    if (gesture->gestureType() == Qt::PanNativeGesture) pan(gesture->delta());  // fingers that move while they pinch
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
  const bool byMouse = event->reason() == QContextMenuEvent::Mouse;
  if (byMouse && event->modifiers() & Qt::ControlModifier) return;  // the hand cuts
  const Hit hit = byMouse ? scene_.hitAt(mapToScene(event->pos()), zoom()) : Hit();
  if (hit.kind == Hit::Kind::frame) emit frameMenuWanted(at, hit.frame);
  else emit menuWanted(at);
}

}  // namespace ui
