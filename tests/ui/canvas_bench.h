// A canvas in a window with a small network on it, and the hands for it: what each gesture does to the document, in how
// many undo steps, is what the tests of the canvas assert.
#pragma once
#include <QApplication>
#include <QMainWindow>
#include <QSettings>
#include <QStandardPaths>
#include <QTest>

#include "engine/document/json.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"

namespace ui {

using engine::NodeId;
using engine::document::Document;
using engine::document::Node;
using engine::document::Position;
using engine::document::Transaction;

inline constexpr NodeId kInput = 1, kConv = 2, kRelu = 3, kLinear = 4, kLoose = 5, kTarget = 6;

// in -> conv -> relu in a row; linear behind them and a dropout below are free, a target stands lower.
inline Document network() {
  Document::Parts parts;
  const auto add = [&](NodeId id, const char* type, const char* name, engine::document::Fields fields, double x,
                       double y) {
    Node node;
    node.id = id, node.type = type, node.name = name, node.fields = std::move(fields), node.position = Position{x, y};
    parts.nodes.push_back(node);
  };
  add(kInput, "Input", "in", {{"shape", std::vector<int64_t>{1, 28, 28}}}, 0, 0);
  add(kConv, "Conv2d", "conv", {{"out_channels", int64_t(8)}}, 240, 0);
  add(kRelu, "ReLU", "relu", {}, 480, 0);
  add(kLinear, "Linear", "head", {{"out_features", int64_t(10)}}, 720, 0);
  add(kLoose, "Dropout", "loose", {}, 240, 240);
  add(kTarget, "Target", "labels", {{"kind", std::string("class")}}, 0, 240);
  parts.wires = {{kInput, 0, kConv, 0, {}}, {kConv, 0, kRelu, 0, {}}};
  return *Document::assemble(std::move(parts));
}

struct CanvasBench {
  Project project;
  QMainWindow window;
  Actions actions{&window};
  Canvas* canvas = new Canvas(project, actions, &window);

  explicit CanvasBench(Document document = network()) {
    window.setCentralWidget(canvas);
    QObject::connect(&project.selection(), &Selection::changed, &actions, &Actions::refresh);
    QObject::connect(&project, &Project::stated, &actions, &Actions::refresh);
    window.resize(1200, 800);
    window.show();
    if (!QTest::qWaitForWindowActive(&window)) qFatal("no window");
    project.replace(std::move(document), {});
    view().setZoom(1);
    view().setFocus();
  }
  CanvasView& view() { return canvas->view(); }
  Scene& scene() { return canvas->scene(); }
  QWidget* port() { return view().viewport(); }
  int steps() { return project.undo().count(); }
  QString lastStep() { return project.undo().undoText(); }
  std::string text() { return print(project.document()); }
  const Document& document() { return project.document(); }

  QPoint at(QPointF scenePoint) { return view().mapFromScene(scenePoint); }
  QPoint inputOf(NodeId id, int port = 0) { return at(scene().node(id)->inputAt(port)); }
  QPoint outputOf(NodeId id, int port = 0) { return at(scene().node(id)->outputAt(port)); }
  QPoint middleOf(NodeId id) { return at(scene().node(id)->pos() + QPointF(60, 55)); }
  QPointF positionOf(NodeId id) { return {document().node(id)->position->x, document().node(id)->position->y}; }

  void hold(QPoint from, QPoint to, Qt::KeyboardModifiers modifiers = {}) {
    send(QEvent::MouseButtonPress, from, modifiers);
    send(QEvent::MouseMove, from + (to - from) / 2, modifiers);
    send(QEvent::MouseMove, to, modifiers);
  }
  void drag(QPoint from, QPoint to, Qt::KeyboardModifiers modifiers = {}) {
    hold(from, to, modifiers);
    send(QEvent::MouseButtonRelease, to, modifiers);
  }
  // As QTest has it, with the modifiers that its moves lack.
  void send(QEvent::Type type, QPoint where, Qt::KeyboardModifiers modifiers) {
    const bool press = type == QEvent::MouseButtonPress, move = type == QEvent::MouseMove;
    QMouseEvent event(type, where, port()->mapToGlobal(where), move ? Qt::NoButton : Qt::LeftButton,
                      press || move ? Qt::LeftButton : Qt::NoButton, modifiers);
    QApplication::sendEvent(port(), &event);
  }
  void trigger(const char* action) {
    actions.refresh();
    actions.trigger(action);
  }
  void key(Qt::Key which, Qt::KeyboardModifiers modifiers = {}) { QTest::keyClick(&view(), which, modifiers); }
};

inline bool isWired(const Document& document, NodeId from, NodeId to, int input = 0) {
  const auto* wire = document.wireInto(to, input);
  return wire && wire->from == from;
}

}  // namespace ui

// Settings of the test's own, and the icons.
inline void setUpCanvas(const char* test) {
  QStandardPaths::setTestModeEnabled(true);
  QCoreApplication::setOrganizationName("netwright-test");
  QCoreApplication::setApplicationName(test);
  QSettings().clear();
  Q_INIT_RESOURCE(ui_resources);
}
