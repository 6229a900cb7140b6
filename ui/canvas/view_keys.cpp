// The view's keys: walking from node to node, nudging, the hand of the space bar, and names in place.
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTimer>
#include <cmath>
#include <limits>

#include "ui/canvas/accessible.h"
#include "ui/canvas/view.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::NodeId;

namespace {

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

// What a note says, over it. Enter and leaving keep it, Esc does not.
class NoteField : public QPlainTextEdit {
 public:
  NoteField(const QString& text, QWidget* parent, std::function<void(const QString&)> take) : QPlainTextEdit(text, parent), take_(std::move(take)) {}
  void end(bool keep) {
    if (std::exchange(done_, true)) return;
    const auto take = take_;
    const QString text = toPlainText();
    QWidget* view = parentWidget()->parentWidget();
    if (hasFocus()) view->setFocus();
    hide();
    deleteLater();
    if (keep) take(text);
  }

 protected:
  bool event(QEvent* event) override {
    if (event->type() != QEvent::ShortcutOverride && event->type() != QEvent::KeyPress) return QPlainTextEdit::event(event);
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key != Qt::Key_Return && key != Qt::Key_Enter && key != Qt::Key_Escape) return QPlainTextEdit::event(event);
    event->accept();
    if (event->type() == QEvent::KeyPress) end(key != Qt::Key_Escape);
    return true;
  }
  void focusOutEvent(QFocusEvent* event) override {
    QPlainTextEdit::focusOutEvent(event);
    if (event->reason() != Qt::PopupFocusReason) end(true);
  }

 private:
  std::function<void(const QString&)> take_;
  bool done_ = false;
};

}  // namespace

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
      endTool();
    }
    return;
  }
  if (key == Qt::Key_Escape) {
    if (press_) press_.reset();
    else if (escape_ && escape_()) return;
    else if (project_.selection().nodes().empty() && project_.selection().wires().empty()) project_.leave();  // of a block
    else project_.selection().clear();
    return;
  }
  if (key == Qt::Key_Space && event->modifiers() == Qt::NoModifier) {
    if (event->isAutoRepeat()) return;
    // X tells of a key that is held as let go and pressed at one time, which Qt does not always take for the repetition that it is.
    constexpr quint64 kAtOneTime = 5;  // milliseconds; no finger is as fast
    const bool held = space_ || (spaceLetGo_ != 0 && event->timestamp() - spaceLetGo_ <= kAtOneTime);
    if (!held) spacePanned_ = false;
    space_ = true;
    showCursor();
    return;
  }
  const bool arrow = key == Qt::Key_Left || key == Qt::Key_Right || key == Qt::Key_Up || key == Qt::Key_Down;
  if (!arrow) return QGraphicsView::keyPressEvent(event);
  if (event->modifiers() & Qt::ControlModifier) nudge(key, 1);
  else if (event->modifiers() & Qt::ShiftModifier) nudge(key, size::grid);
  else walk(key);
}

void CanvasView::keyReleaseEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
    spaceLetGo_ = event->timestamp();  // also while the view is moved, which takes the repetition's press
    if (!std::exchange(space_, false) || spacePanned_) return showCursor();
    showCursor();
    // Not before a repetition would have come.
    constexpr int kRepetition = 15;  // milliseconds
    QTimer::singleShot(kRepetition, this, [this] {
      if (!space_ && hasFocus()) askForNode(pointer());
    });
    return;
  }
  QGraphicsView::keyReleaseEvent(event);
}

void CanvasView::focusInEvent(QFocusEvent* event) {
  QGraphicsView::focusInEvent(event);
  QTimer::singleShot(0, this, [this] { tellFocus(*this); });  // after Qt has told that the view has it
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
  emit toolBegan();
  const QPointF step = key == Qt::Key_Left    ? QPointF(-by, 0)
                       : key == Qt::Key_Right ? QPointF(by, 0)
                       : key == Qt::Key_Up    ? QPointF(0, -by)
                                              : QPointF(0, by);
  std::map<NodeId, QPointF> to;
  for (const NodeId id : nodes) to[id] = scene_.positionOf(id) + step;
  if (nudge_ == 0) nudge_ = Project::newGesture();
  edits_.move(to, nudge_);
  if (const NodeItem* item = scene_.node(nodes.back())) reveal(item->nodeRect());
}

bool CanvasView::walk(int key) {
  nudge_ = 0;
  const QPointF way = key == Qt::Key_Left    ? QPointF(-1, 0)
                      : key == Qt::Key_Right ? QPointF(1, 0)
                      : key == Qt::Key_Up    ? QPointF(0, -1)
                                             : QPointF(0, 1);
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
  if (!hasFocus()) return QGraphicsView::focusNextPrevChild(next);  // a popup of the canvas closes: nobody pressed Tab
  nudge_ = 0;
  const auto& document = project_.shown();
  std::vector<NodeId> order;
  for (const int index : project_.inference().order) order.push_back(document.nodes()[size_t(index)]->id);
  for (const auto& node : document.nodes())  // what stands on a loop comes last
    if (order.size() < document.nodes().size() && std::find(order.begin(), order.end(), node->id) == order.end())
      order.push_back(node->id);
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
  reveal(item->nodeRect());
  askForName(item->look().name, tr("Name of the layer"), QRectF(item->pos() + QPointF(34, 4), QSizeF(item->look().width - 38, 28)), [this, id](const QString& name) {
    if (!name.isEmpty() && project_.shown().node(id)) edits_.rename(id, name);
  });
}

void CanvasView::writeNote(NodeId id) {
  constexpr QSize kLeast(200, 96);
  const NodeItem* item = scene_.node(id);
  if (!item) return;
  reveal(item->nodeRect());
  auto* field = new NoteField(item->look().note.value_or(QString()), viewport(), [this, id](const QString& text) {
    if (project_.shown().node(id)) edits_.writeNote(id, text);
  });
  field->setObjectName("canvas.note");
  field->setAccessibleName(tr("What the note says"));
  const QRect place = mapFromScene(item->nodeRect()).boundingRect();
  field->setGeometry(QRect(place.topLeft(), place.size().expandedTo(kLeast)));
  field->selectAll();
  field->show();
  field->setFocus();
}

void CanvasView::renameFrame(NodeId id) {
  const FrameBox* frame = scene_.frame(id);
  if (!frame) return;
  const QRectF title = frame->titleRect().adjusted(kFramePad - 6, 0, -kFramePad, 0);
  reveal(title);
  askForName(frame->title, tr("Title of the frame"), title, [this, id](const QString& name) { edits_.renameFrame(id, name); });
}

void CanvasView::askForName(const QString& now, const QString& what, const QRectF& place, const std::function<void(const QString&)>& take) {
  if (nameField_) delete nameField_;
  auto* field = new NameField(now, viewport());
  nameField_ = field;
  field->setObjectName("canvas.name");
  field->setAccessibleName(what);
  const QRect title = mapFromScene(place).boundingRect();
  field->setGeometry(title.x(), title.center().y() - size::field / 2, std::max(title.width(), 120), size::field);
  field->selectAll();
  field->show();
  field->setFocus();
  // Enter and leaving keep the name, Esc does not.
  connect(field, &QLineEdit::editingFinished, this, [this, field, take] {
    if (std::exchange(field->done, true)) return;
    if (field->hasFocus()) setFocus();
    field->hide();
    field->deleteLater();
    if (!field->cancelled) take(field->text().trimmed());
  });
}

}  // namespace ui
