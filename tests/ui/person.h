// A person at a window: one mouse and one keyboard. Keys go where the focus is, clicks to what can be seen, and each gesture
// is counted; a gesture that cannot be made fails the test and ends the program's journey.
#pragma once
#include <QAbstractItemView>
#include <QApplication>
#include <QCursor>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QLineEdit>
#include <QMimeData>
#include <QScrollArea>
#include <QTest>
#include <memory>
#include <stdexcept>

#include "ui/canvas/canvas.h"
#include "ui/canvas/items.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/shell/main_window.h"

namespace ui {

struct Stuck : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Person {
 public:
  explicit Person(MainWindow& window) : window_(window) {}

  int gestures() const { return gestures_; }

  // ------------------------------------------------------------------- keyboard ----

  void key(Qt::Key which, Qt::KeyboardModifiers modifiers = {}) {
    ++gestures_;
    QCoreApplication::processEvents();  // actions are told soon after an edit whether they can be done
    QTest::keyClick(focus(), which, modifiers);
  }
  void type(const QString& text) {
    ++gestures_;
    QTest::keyClicks(focus(), text);
  }

  // ---------------------------------------------------------------------- mouse ----

  // The one with this name that can be seen; others are on their way out, or on another page.
  template <class Widget = QWidget>
  Widget* see(const char* name) {
    Widget* seen = nullptr;
    const bool found = QTest::qWaitFor([&] {
      for (Widget* widget : window_.findChildren<Widget*>(name))
        if (widget->isVisible()) seen = widget;
      return seen != nullptr;
    });
    if (!found) throw Stuck(std::string("there is no ") + name + " to be seen");
    return seen;
  }
  void click(QWidget* widget) {
    ++gestures_;
    for (QWidget* up = widget->parentWidget(); up && widget->visibleRegion().isEmpty(); up = up->parentWidget())
      if (auto* scroll = qobject_cast<QScrollArea*>(up)) scroll->ensureWidgetVisible(widget);  // as the wheel does
    QCoreApplication::processEvents();
    if (widget->visibleRegion().isEmpty() || !widget->isEnabled()) throw Stuck("nobody can click on " + widget->objectName().toStdString());
    QTest::mouseClick(widget, Qt::LeftButton);
  }
  // On the canvas: press, on the way, there, let go.
  void drag(QPointF from, QPointF to) {
    ++gestures_;
    const QPoint a = at(from), b = at(to);
    send(QEvent::MouseButtonPress, a);
    send(QEvent::MouseMove, a + (b - a) / 2);
    send(QEvent::MouseMove, b);
    send(QEvent::MouseButtonRelease, b);
  }
  void clickCanvas(QPointF where) {
    ++gestures_;
    send(QEvent::MouseButtonPress, at(where));
    send(QEvent::MouseButtonRelease, at(where));
  }
  void pointAt(QPointF where) {
    QCursor::setPos(view().viewport()->mapToGlobal(at(where)));
    send(QEvent::MouseMove, at(where));
  }

  // ------------------------------------------------------------- what people do ----

  // A field of the inspector or the recipe by its row's name: a click, everything, the text, Enter.
  void fill(const char* row, const QString& text) {
    auto* line = see(row)->findChild<QLineEdit*>();
    if (!line) throw Stuck(std::string("nothing can be typed in ") + row);
    click(line);
    --gestures_;
    QTest::keyClick(focus(), Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(focus(), text);
    QTest::keyClick(focus(), Qt::Key_Return);
  }
  void findLayer(const QString& words) {
    clickCanvasFocus();
    key(Qt::Key_Slash);
    QTest::keyClick(focus(), Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(focus(), words);
  }
  // A layer by / and the search of the list of layers; 0 where none came.
  engine::NodeId addLayer(const QString& words) {
    const size_t before = document().nodes().size();
    findLayer(words);
    QTest::keyClick(focus(), Qt::Key_Return);
    return document().nodes().size() == before + 1 ? document().nodes().back()->id : 0;
  }
  // A layer out of the list, dropped on the canvas.
  engine::NodeId dropLayer(const QString& words, QPointF where) {
    findLayer(words);
    ++gestures_;
    auto* list = see<QAbstractItemView>("layer_list");
    const QModelIndexList found = list->model()->match(list->model()->index(0, 0), Qt::DisplayRole, words, 1, Qt::MatchExactly | Qt::MatchRecursive);
    if (found.isEmpty()) throw Stuck("the list of layers has no " + words.toStdString());
    const std::unique_ptr<QMimeData> data(list->model()->mimeData(found));
    const size_t before = document().nodes().size();
    QWidget* port = view().viewport();
    QDragEnterEvent enter(at(where), Qt::CopyAction, data.get(), Qt::LeftButton, {});
    QDragMoveEvent move(at(where), Qt::CopyAction, data.get(), Qt::LeftButton, {});
    QDropEvent drop(at(where), Qt::CopyAction, data.get(), Qt::LeftButton, {});
    QApplication::sendEvent(port, &enter);
    QApplication::sendEvent(port, &move);
    QApplication::sendEvent(port, &drop);
    return document().nodes().size() == before + 1 ? document().nodes().back()->id : 0;
  }

  NodeItem& node(engine::NodeId id) {
    NodeItem* item = window_.canvas().scene().node(id);
    if (!item) throw Stuck("the canvas does not show node " + std::to_string(id));
    return *item;
  }
  QPointF headOf(engine::NodeId id) { return node(id).pos() + QPointF(60, 12); }
  void clickCanvasFocus() { view().setFocus(Qt::MouseFocusReason); }  // what a click on it does, without choosing anything

 private:
  QWidget* focus() const {
    if (QWidget* popup = QApplication::activePopupWidget()) return popup->focusWidget() ? popup->focusWidget() : popup;
    if (QWidget* widget = QApplication::focusWidget()) return widget;
    throw Stuck("nothing has the focus");
  }
  CanvasView& view() { return window_.canvas().view(); }
  const engine::document::Document& document() { return window_.project().document(); }
  QPoint at(QPointF scene) {
    const QPoint point = view().mapFromScene(scene);
    if (!view().viewport()->rect().contains(point)) throw Stuck(QTest::toString(point) + std::string(" of the canvas is out of sight"));
    return point;
  }
  void send(QEvent::Type type, QPoint where) {
    const bool moves = type == QEvent::MouseMove, released = type == QEvent::MouseButtonRelease;
    if (type == QEvent::MouseButtonPress) pressed_ = true;
    if (released) pressed_ = false;
    QMouseEvent event(type, where, view().viewport()->mapToGlobal(where), moves ? Qt::NoButton : Qt::LeftButton, pressed_ ? Qt::LeftButton : Qt::NoButton, {});
    if (type == QEvent::MouseButtonPress) view().setFocus(Qt::MouseFocusReason);
    QApplication::sendEvent(view().viewport(), &event);
  }

  MainWindow& window_;
  int gestures_ = 0;
  bool pressed_ = false;
};

}  // namespace ui
