#include "ui/canvas/accessible.h"

#include <QAccessible>
#include <QAccessibleWidget>

#include "ui/canvas/canvas.h"
#include "ui/canvas/view.h"
#include "ui/model/text.h"

namespace ui {
namespace {

using engine::NodeId;

class NodeInterface : public QAccessibleInterface, public QAccessibleActionInterface {
 public:
  NodeInterface(CanvasView& view, NodeId id) : view_(&view), id_(id) {}

  bool isValid() const override { return view_ && item(); }
  QObject* object() const override { return nullptr; }
  QWindow* window() const override { return view_ ? view_->window()->windowHandle() : nullptr; }
  QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(view_); }
  QAccessibleInterface* child(int) const override { return nullptr; }
  QAccessibleInterface* childAt(int, int) const override { return nullptr; }
  int childCount() const override { return 0; }
  int indexOfChild(const QAccessibleInterface*) const override { return -1; }
  QAccessible::Role role() const override { return QAccessible::ListItem; }

  QRect rect() const override {
    if (!isValid()) return {};
    const QRect local = view_->mapFromScene(item()->nodeRect()).boundingRect();
    return {view_->viewport()->mapToGlobal(local.topLeft()), local.size()};
  }
  QString text(QAccessible::Text kind) const override {
    if (!isValid()) return {};
    if (kind == QAccessible::Name) return item()->look().spoken();
    if (kind == QAccessible::Description) return about();
    return {};
  }
  void setText(QAccessible::Text, const QString&) override {}
  QAccessible::State state() const override {
    QAccessible::State state;
    if (!isValid()) {
      state.invalid = true;
      return state;
    }
    const Selection& selection = view_->project().selection();
    state.focusable = state.selectable = state.multiSelectable = state.movable = true;
    state.expandable = state.collapsed = state.hasPopup = view_->project().canOpen(id_);  // a block, which opens
    state.selected = selection.has(id_);
    state.focused = view_->hasFocus() && selection.current() == id_;
    state.offscreen = !view_->visiblePart().intersects(item()->nodeRect());
    return state;
  }
  void* interface_cast(QAccessible::InterfaceType type) override {
    return type == QAccessible::ActionInterface ? static_cast<QAccessibleActionInterface*>(this) : nullptr;
  }
  // Of Qt's own those that every reader knows; then the studio's, by their ids, as far as they can be done with this node.
  QStringList actionNames() const override {
    QStringList names{pressAction(), setFocusAction(), showMenuAction()};
    if (!isValid()) return names;
    for (const char* id : kNodeActions) {
      if (!canvas() || !canvas()->actions().isBound(id)) continue;
      if (QByteArray(id) == "node.open" && !view_->project().canOpen(id_)) continue;
      names << id;
    }
    return names;
  }
  QString localizedActionName(const QString& name) const override {
    if (name == pressAction()) return CanvasView::tr("Select");
    if (const QAction* action = actionOf(name)) return action->text().remove('&').remove("...");
    return QAccessibleActionInterface::localizedActionName(name);
  }
  QString localizedActionDescription(const QString& name) const override {
    if (name == pressAction()) return CanvasView::tr("Selects the node, and brings it into sight.");
    if (const QAction* action = actionOf(name)) return action->statusTip();
    return QAccessibleActionInterface::localizedActionDescription(name);
  }
  void doAction(const QString& name) override {
    if (!isValid()) return;
    view_->project().selection().set({id_});
    view_->setFocus();
    view_->reveal(item()->nodeRect());
    if (name == showMenuAction()) {
      const QPoint at = rect().center();
      QMetaObject::invokeMethod(view_, [view = view_, at] { emit view->menuWanted(at); }, Qt::QueuedConnection);  // it waits for its end
    } else if (QAction* action = actionOf(name)) {
      canvas()->actions().refresh();
      action->trigger();
    }
  }
  QStringList keyBindingsForAction(const QString& name) const override {
    QStringList keys;
    if (const QAction* action = actionOf(name))
      for (const QKeySequence& key : action->shortcuts()) keys << key.toString(QKeySequence::NativeText);
    return keys;
  }

 private:
  static constexpr const char* kNodeActions[] = {"node.edit", "node.rename", "node.connect", "node.disconnect", "node.open", "node.bypass",
                                                 "node.mute", "node.freeze", "edit.duplicate", "edit.delete", "help.node"};
  NodeItem* item() const { return view_->canvasScene().node(id_); }
  Canvas* canvas() const { return view_ ? qobject_cast<Canvas*>(view_->parentWidget()) : nullptr; }
  QAction* actionOf(const QString& name) const {
    for (const char* id : kNodeActions)
      if (name == id && canvas() && canvas()->actions().isBound(id)) return canvas()->actions()[id];
    return nullptr;
  }
  QString about() const {
    QStringList parts;
    QStringList frames;
    for (const FrameBox& frame : view_->canvasScene().frames())  // outer ones first
      if (!frame.title.isEmpty() && std::find(frame.nodes.begin(), frame.nodes.end(), id_) != frame.nodes.end()) frames << frame.title;
    if (!frames.isEmpty()) parts << CanvasView::tr("in frame %1").arg(frames.join(", "));
    parts << wires();
    return parts.join("; ");
  }
  // "fed by conv1; feeds relu1, loss"
  QString wires() const {
    const auto& document = view_->project().shown();
    QStringList from, to;
    for (const auto& wire : document.wiresInto(id_)) from << qt(document.node(wire.from)->name);
    for (const auto& wire : document.wiresFrom(id_)) to << qt(document.node(wire.to)->name);
    QStringList parts;
    if (!from.isEmpty()) parts << CanvasView::tr("fed by %1").arg(from.join(", "));
    if (!to.isEmpty()) parts << CanvasView::tr("feeds %1").arg(to.join(", "));
    return parts.isEmpty() ? CanvasView::tr("without wires") : parts.join("; ");
  }

  QPointer<CanvasView> view_;
  NodeId id_;
};

class ViewInterface : public QAccessibleWidget {
 public:
  explicit ViewInterface(CanvasView* view) : QAccessibleWidget(view, QAccessible::List), view_(view) {}
  ~ViewInterface() override {
    for (const QAccessible::Id id : std::as_const(known_)) QAccessible::deleteAccessibleInterface(id);
  }

  QAccessibleInterface* of(NodeId node) const {
    if (const auto it = known_.constFind(node); it != known_.constEnd()) return QAccessible::accessibleInterface(*it);
    auto* made = new NodeInterface(*view_, node);
    known_.insert(node, QAccessible::registerAccessibleInterface(made));
    return made;
  }
  int childCount() const override { return int(view_->project().shown().nodes().size()); }
  QAccessibleInterface* child(int index) const override {
    const auto nodes = view_->project().shown().nodes();
    return index >= 0 && size_t(index) < nodes.size() ? of(nodes[size_t(index)]->id) : nullptr;
  }
  int indexOfChild(const QAccessibleInterface* wanted) const override {
    for (int i = 0; i < childCount(); ++i)
      if (child(i) == wanted) return i;
    return -1;
  }
  QAccessibleInterface* childAt(int x, int y) const override {
    const QPointF at = view_->mapToScene(view_->viewport()->mapFromGlobal(QPoint(x, y)));
    const Hit hit = view_->canvasScene().hitAt(at, view_->zoom());
    return hit.node ? of(hit.node) : nullptr;
  }
  QAccessibleInterface* focusChild() const override {
    const NodeId current = view_->project().selection().current();
    return view_->hasFocus() && current ? of(current) : nullptr;
  }

 private:
  CanvasView* view_;
  mutable QHash<NodeId, QAccessible::Id> known_;
};

QAccessibleInterface* make(const QString&, QObject* object) {
  auto* view = qobject_cast<CanvasView*>(object);
  return view ? new ViewInterface(view) : nullptr;
}

}  // namespace

void installCanvasAccessibility() {
  static const bool once = (QAccessible::installFactory(make), true);
  (void)once;
}

void tellFocus(CanvasView& view) {
  if (!QAccessible::isActive() || !view.hasFocus()) return;
  if (QAccessibleInterface* of = QAccessible::queryAccessibleInterface(&view))
    if (QAccessibleInterface* node = of->focusChild()) {
      QAccessibleEvent event(node, QAccessible::Focus);
      QAccessible::updateAccessibility(&event);
    }
}

void tellNodes(CanvasView& view) {
  if (!QAccessible::isActive()) return;
  QAccessibleEvent event(&view, QAccessible::ObjectReorder);
  QAccessible::updateAccessibility(&event);
}

}  // namespace ui
