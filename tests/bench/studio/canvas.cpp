#include <QApplication>
#include <QGraphicsView>
#include <QMainWindow>
#include <QMouseEvent>
#include <QScrollBar>
#include <QTemporaryDir>
#include <cmath>
#include <cstdio>
#include <functional>

#include "tests/bench/studio/bench.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/picture_file.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/shell/main_window.h"

using engine::document::Node;
using engine::document::Transaction;

namespace bench {

namespace {

// A network of rows of convolutions, as wide as it is high.
engine::document::Document network(int count, bool placed = true) {
  engine::document::Document document;
  Transaction t(document);
  const int columns = std::max(1, int(std::sqrt(count)));
  engine::NodeId last = 0;
  for (int i = 0; i < count; ++i) {
    Node node;
    node.type = i == 0 ? "Input" : i % 3 == 1 ? "Conv2d" : i % 3 == 2 ? "BatchNorm2d" : "ReLU";
    if (i == 0) node.fields = {{"shape", std::vector<int64_t>{8, 32, 32}}};
    else if (i % 3 == 1) node.fields = {{"out_channels", int64_t(8)}, {"kernel_size", std::vector<int64_t>{3, 3}}, {"padding", std::vector<int64_t>{1, 1}}};
    if (placed) node.position = {220.0 * (i % columns), 140.0 * (i / columns)};
    const auto id = t.addNode(node);
    if (i > 0) (void)t.connect(last, 0, *id, 0);
    last = *id;
  }
  (void)document.apply(*t.finish());
  return document;
}

constexpr double kHandZooms[] = {0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 1, 2, 4};

constexpr double kGridStep = 20, kLeastStep = 0.1;  // units; pixels below which a hand does not move

struct Turns {
  double longest = 0, all = 0;
};

// Of `begin`, and of the turns of the event loop that follow until nothing is left to do.
Turns longestTurn(const std::function<void()>& begin, const std::function<bool()>& isDone = [] { return true; }) {
  Turns turns;
  Work timer;
  QElapsedTimer whole;
  whole.start();
  const auto took = [&] {
    if (millisecondsOf(timer) <= turns.longest) return;
    turns.longest = millisecondsOf(timer);
    Turn::keep();
  };
  Turn::begin();
  timer.start();
  begin();
  took();
  constexpr int kQuietTurns = 20;
  for (int quiet = 0; quiet < kQuietTurns;) {
    Turn::begin();
    timer.start();
    QApplication::processEvents();
    took();
    quiet = isDone() && millisecondsOf(timer) < 0.2 ? quiet + 1 : 0;
    if (quiet == 0) turns.all = millisecondsOf(whole);
  }
  return turns;
}

void measure(int count) {
  QMainWindow window;
  ui::Project project;
  ui::Actions actions(&window);
  auto* canvas = new ui::Canvas(project, actions, &window);
  window.setCentralWidget(canvas);
  window.resize(1440, 900);
  window.show();
  QApplication::processEvents();
  Work timer;
  // What follows from a document is found off the window's thread, as files are read.
  auto document = network(count);
  auto insight = ui::insightOf(document);
  const double build = longestTurn([&] { project.replace(std::move(document), std::move(insight), {}); }).longest;

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

  // Until it is on the screen: a field near the beginning, from which two shapes follow, and the input's size, from which
  // all follow.
  Times edit, all;
  const engine::NodeId conv = project.document().nodes()[1]->id, input = project.document().nodes()[0]->id;
  for (int64_t i = 0; i < 20; ++i) {
    timer.start();
    project.edit("Out channels", [&](Transaction& t) { return t.setField(conv, "out_channels", 9 + i); });
    QApplication::processEvents();
    edit.all.push_back(millisecondsOf(timer));
  }
  for (int64_t i = 0; i < 20; ++i) {
    timer.start();
    project.edit("Size", [&](Transaction& t) { return t.setField(input, "shape", std::vector<int64_t>{8, 33 + i, 32}); });
    QApplication::processEvents();
    all.all.push_back(millisecondsOf(timer));
  }
  std::printf("| %d | %.1f | %.1f | %.1f | %.2f | %.2f | %.2f | %.2f |\n", count, build, sweep.at(0.5), sweep.at(0.95), pan.at(0.5), drag.at(0.5), edit.at(0.5), all.at(0.5));
}

// The same in the whole window: inspector, list of problems, minimap, facts and actions follow too.
void measureWindow(int count) {
  ui::MainWindow window;
  window.resize(1440, 900);
  window.show();
  QApplication::processEvents();
  ui::Project& project = window.project();
  auto document = network(count);
  auto insight = ui::insightOf(document);
  Work timer;
  timer.start();
  project.replace(std::move(document), std::move(insight), {});
  const double opened = millisecondsOf(timer);
  const Turns opening = longestTurn([] {});
  Turn::tell("open");
  const engine::NodeId conv = project.document().nodes()[1]->id, input = project.document().nodes()[0]->id;
  project.selection().set({conv});
  QApplication::processEvents();
  Times call, shown, callAll, shownAll, select, known;
  constexpr int64_t kLooked = 15;  // an edit like all others
  const auto edits = [&](const auto& edit, Times& calls, Times& frames) {
    for (int64_t i = 0; i < 20; ++i) {
      QElapsedTimer whole;
      whole.start();
      timer.start();
      edit(i);
      calls.all.push_back(millisecondsOf(timer));
      // The longest turn until what follows is on the canvas: on another thread it takes a while.
      double longest = 0;
      do {
        Turn::begin();
        timer.start();
        QApplication::processEvents();
        if (millisecondsOf(timer) > longest) longest = millisecondsOf(timer), Turn::keep();
      } while (project.isBehind());
      known.all.push_back(millisecondsOf(whole));
      timer.start();
      QApplication::processEvents();
      frames.all.push_back(std::max(longest, millisecondsOf(timer)));
      if (i == kLooked) Turn::tell("edit");
    }
  };
  edits([&](int64_t i) { project.edit("Out channels", [&](Transaction& t) { return t.setField(conv, "out_channels", 9 + i); }); }, call, shown);
  known.all.clear();
  edits([&](int64_t i) { project.edit("Size", [&](Transaction& t) { return t.setField(input, "shape", std::vector<int64_t>{8, 33 + i, 32}); }); }, callAll, shownAll);
  for (int i = 0; i < 10; ++i) {
    project.selection().clear();
    timer.start();
    window.actions().trigger("edit.select_all");
    select.all.push_back(millisecondsOf(timer));
    QApplication::processEvents();
  }
  std::printf("| %d | %.1f | %.1f | %.0f | %.2f + %.2f | %.2f + %.2f | %.0f | %.2f |\n", count, opened, opening.longest, opening.all, call.at(0.5), shown.at(0.5), callAll.at(0.5), shownAll.at(0.5), known.at(0.5), select.at(0.5));
}

// A hand that pans, and one that drags a node, at each zoom: 95th percentiles of the steps, each until it is on the screen. With a frame
// around every fifty nodes, and the minimap in its corner.
void measureHands(int count) {
  QMainWindow window;
  ui::Project project;
  ui::Actions actions(&window);
  auto* canvas = new ui::Canvas(project, actions, &window);
  window.setCentralWidget(canvas);
  window.resize(1440, 900);
  window.show();
  (void)longestTurn([] {});
  auto document = network(count);
  Transaction t(document);
  for (int i = 0; i + 10 <= count; i += 50) {
    engine::document::Frame frame;
    frame.title = "stage";
    for (int k = 0; k < 10; ++k) frame.nodes.push_back(document.nodes()[size_t(i + k)]->id);
    (void)t.setFrame(std::move(frame));
  }
  (void)document.apply(*t.finish());
  auto insight = ui::insightOf(document);
  (void)longestTurn([&] { project.replace(std::move(document), std::move(insight), {}); }, [&] { return canvas->scene().isFilled(); });
  ui::CanvasView& view = canvas->view();
  const auto send = [&](QEvent::Type type, QPointF at, Qt::MouseButton button) {
    const bool move = type == QEvent::MouseMove, up = type == QEvent::MouseButtonRelease;
    QMouseEvent event(type, at, view.viewport()->mapToGlobal(at), move ? Qt::NoButton : button, up ? Qt::NoButton : Qt::MouseButtons(button), Qt::NoModifier);
    QApplication::sendEvent(view.viewport(), &event);
  };
  // Until it is painted: the window system says when, and waiting for it is no work.
  const auto toScreen = [&](const std::function<void()>& begin, Times& times) {
    const int frames = view.painted().frames;
    QElapsedTimer patience;
    patience.start();
    Work timer;
    begin();
    while (view.painted().frames == frames && patience.elapsed() < 500) QApplication::processEvents(QEventLoop::WaitForMoreEvents, 50);
    times.all.push_back(millisecondsOf(timer));
    if (view.painted().frames == frames) qWarning("a step was not painted: its time means nothing");
  };
  const QPointF middle(view.viewport()->width() / 2.0, view.viewport()->height() / 2.0);
  const engine::NodeId node = project.document().nodes()[size_t(count / 2)]->id;
  std::printf("| %d |", count);
  for (const double zoom : kHandZooms) {
    view.setZoom(zoom);
    const QPointF at = canvas->scene().node(node)->pos();
    view.centerOn(at + QPointF(60, 12));
    (void)longestTurn([] {});
    Times pan, drag;
    send(QEvent::MouseButtonPress, middle, Qt::MiddleButton);
    for (int i = 1; i <= 80; ++i) {
      const int along = i <= 40 ? i : 80 - i;
      toScreen([&] { send(QEvent::MouseMove, middle + QPointF(9 * along, 5 * along), Qt::MiddleButton); }, pan);
    }
    send(QEvent::MouseButtonRelease, middle, Qt::MiddleButton);
    view.centerOn(at + QPointF(60, 12));
    (void)longestTurn([] {});
    const QPointF grip = view.mapFromScene(at + QPointF(60, 12));
    const int before = project.undo().index();
    send(QEvent::MouseButtonPress, grip, Qt::LeftButton);
    send(QEvent::MouseMove, grip + QPointF(30, 20), Qt::LeftButton);
    for (int i = 1; i <= 40; ++i)  // as far as makes another place of the grid at each zoom
      toScreen([&] { send(QEvent::MouseMove, grip + QPointF(30, 20) + QPointF(kGridStep * i, kGridStep * (i % 8)) * std::max(zoom, kLeastStep), Qt::LeftButton); }, drag);
    send(QEvent::MouseButtonRelease, grip + QPointF(60, 40), Qt::LeftButton);
    if (project.undo().index() != before + 1) qWarning("at %g the drag was no drag: its time means nothing", zoom);
    else project.undo().undo();
    std::printf(" %.1f, %.1f |", pan.at(0.95), drag.at(0.95));
  }
  std::printf("\n");
}

void measureLayout(int count) {
  Work timer;
  ui::Project project;
  ui::Scene scene(project);
  auto document = network(count, false);
  auto insight = ui::insightOf(document);
  timer.start();
  project.replace(std::move(document), std::move(insight), {});
  std::printf("| %d | %.1f |\n", count, millisecondsOf(timer));
}

// Automatic layout of all, and pictures: how long the window's thread is taken at once, and all together.
void measureFiles(int count) {
  ui::MainWindow window;
  window.resize(1440, 900);
  window.show();
  auto document = network(count);
  auto insight = ui::insightOf(document);
  window.project().replace(std::move(document), std::move(insight), {});
  (void)longestTurn([] {});
  QTemporaryDir folder;
  auto* canvas = window.findChild<ui::Canvas*>();
  const auto draw = [&](const char* name) {
    bool done = false;
    const auto turns = longestTurn([&] { QObject::connect(canvas->exportPicture(folder.filePath(name)), &ui::PictureFile::written, canvas, [&] { done = true; }); }, [&] { return done; });
    Turn::tell(name);
    return turns;
  };
  const Turns png = draw("net.png"), svg = draw("net.svg");
  const Turns layout = longestTurn([&] { window.actions().trigger("node.layout"); }, [&] { return window.project().undo().count() > 0; });
  Turn::tell("layout");
  std::printf("| %d | %.1f | %.0f | %.1f | %.0f | %.1f | %.0f |\n", count, layout.longest, layout.all, png.longest, png.all, svg.longest, svg.all);
}

}  // namespace

void canvas() {
  std::printf("| nodes |");
  for (const double zoom : kHandZooms) std::printf(" %.0f %% |", 100 * zoom);
  std::printf("\n|---:|");
  for ([[maybe_unused]] const double zoom : kHandZooms) std::printf("---:|");
  std::printf("\n");
  for (int count : {100, 1000, 5000}) measureHands(count);
  std::printf("\n");
  std::printf("| nodes | open, longest turn | frame, zoom 5-400 %% (median) | 95th percentile | pan step | drag step | edit to shape | edit of all shapes |\n|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  for (int count : {100, 1000, 5000}) measure(count);
  std::printf("\n");
}

void window() {
  std::printf("| nodes, whole window | open | longest turn after it | until all is quiet | edit + frame | edit of all shapes + frame | all known after | select all |\n|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  for (int count : {100, 1000, 5000}) measureWindow(count);
  std::printf("\n| nodes without positions | open |\n|---:|---:|\n");
  for (int count : {100, 1000, 5000}) measureLayout(count);
  std::printf("\n| nodes | layout, longest turn | until all is quiet | PNG, longest turn | written after | SVG, longest turn | written after |\n|---:|---:|---:|---:|---:|---:|---:|\n");
  for (int count : {100, 1000, 5000}) measureFiles(count);
  std::printf("\n");
}

}  // namespace bench
