#include <QApplication>
#include <QGraphicsView>
#include <QMainWindow>
#include <QMouseEvent>
#include <QScrollBar>
#include <cmath>
#include <cstdio>

#include "tests/bench/studio/bench.h"
#include "ui/canvas/canvas.h"

using engine::document::Node;
using engine::document::Transaction;

namespace bench {

namespace {

// A network of rows of convolutions with a wire past every third, as wide as it is high.
engine::document::Document network(int count) {
  engine::document::Document document;
  Transaction t(document);
  const int columns = std::max(1, int(std::sqrt(count)));
  engine::NodeId last = 0;
  for (int i = 0; i < count; ++i) {
    Node node;
    node.type = i == 0 ? "Input" : i % 3 == 1 ? "Conv2d" : i % 3 == 2 ? "BatchNorm2d" : "ReLU";
    if (i == 0) node.fields = {{"shape", std::vector<int64_t>{8, 32, 32}}};
    else if (i % 3 == 1) node.fields = {{"out_channels", int64_t(8)}, {"kernel_size", std::vector<int64_t>{3, 3}}, {"padding", std::vector<int64_t>{1, 1}}};
    node.position = {220.0 * (i % columns), 140.0 * (i / columns)};
    const auto id = t.addNode(node);
    if (i > 0) (void)t.connect(last, 0, *id, 0);
    last = *id;
  }
  (void)document.apply(*t.finish());
  return document;
}

void measure(int count) {
  QMainWindow window;
  ui::Project project;
  ui::Actions actions(&window);
  auto* canvas = new ui::Canvas(project, actions, &window);
  window.setCentralWidget(canvas);
  window.resize(1440, 900);
  window.show();
  QElapsedTimer timer;
  timer.start();
  project.replace(network(count), {});
  QApplication::processEvents();
  const double build = millisecondsOf(timer);

  auto* view = canvas->findChild<QGraphicsView*>();
  if (!view) qFatal("the canvas has no view");
  Times sweep, pan;
  for (double zoom = 0.05; zoom <= 4; zoom *= 1.15) {
    view->setTransform(QTransform::fromScale(zoom, zoom));
    QApplication::processEvents();
    for (int i = 0; i < 3; ++i) {
      timer.start();
      view->viewport()->repaint();
      sweep.all.push_back(millisecondsOf(timer));
    }
  }
  view->setTransform({});
  for (int i = 0; i < 60; ++i) {
    timer.start();
    view->horizontalScrollBar()->setValue(view->horizontalScrollBar()->value() + (i < 30 ? 11 : -11));
    QApplication::processEvents();
    pan.all.push_back(millisecondsOf(timer));
  }

  // Drag the node in the middle: press, forty moves, release.
  const auto& node = project.document().nodes()[size_t(count / 2)];
  view->centerOn(node->position->x + 60, node->position->y + 10);
  QApplication::processEvents();
  const QPointF grip = view->mapFromScene(QPointF(node->position->x + 60, node->position->y + 12));
  const auto send = [&](QEvent::Type type, QPointF at, Qt::MouseButtons buttons) {
    QMouseEvent event(type, at, view->viewport()->mapToGlobal(at), type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton, buttons, Qt::NoModifier);
    QApplication::sendEvent(view->viewport(), &event);
  };
  Times drag;
  send(QEvent::MouseButtonPress, grip, Qt::LeftButton);
  for (int i = 1; i <= 40; ++i) {
    timer.start();
    send(QEvent::MouseMove, grip + QPointF(4 * i, 2 * i), Qt::LeftButton);
    QApplication::processEvents();
    drag.all.push_back(millisecondsOf(timer));
  }
  send(QEvent::MouseButtonRelease, grip + QPointF(160, 80), Qt::NoButton);
  if (project.undo().count() != 1) qWarning("the drag was no drag: its time means nothing");

  // A field near the beginning, so that all shapes behind it are new, until it is on the screen.
  Times edit;
  const engine::NodeId conv = project.document().nodes()[1]->id;
  for (int64_t i = 0; i < 20; ++i) {
    timer.start();
    project.edit("Out channels", [&](Transaction& t) { return t.setField(conv, "out_channels", 9 + i); });
    QApplication::processEvents();
    edit.all.push_back(millisecondsOf(timer));
  }
  std::printf("| %d | %.0f | %.1f | %.1f | %.2f | %.2f | %.2f |\n", count, build, sweep.at(0.5), sweep.at(0.95), pan.at(0.5), drag.at(0.5), edit.at(0.5));
}

}  // namespace

void canvas() {
  std::printf("| nodes | open | frame, zoom 5-400 %% (median) | 95th percentile | pan step | drag step | edit to shape |\n|---:|---:|---:|---:|---:|---:|---:|\n");
  for (int count : {100, 1000, 5000}) measure(count);
  std::printf("\n");
}

}  // namespace bench
