// Every place and state of the studio as a picture, for people to look at: the real window, driven through its actions.
//
//   studio_pictures FOLDER [light|dark|contrast] [longer] [mirrored]    QT_SCALE_FACTOR=2 makes those of a screen at 200 %
//
// `longer`: in a language that nobody speaks, a third longer than English; `mirrored`: in one that is read from right to left.
//
// Popups, menus and tool tips are windows of their own; they are painted where they stand. Without Fashion-MNIST only what needs
// no data is made.
#include <QAbstractItemView>
#include <QApplication>
#include <QDir>
#include <QDockWidget>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPainter>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <cstdio>

#include "engine/data/open.h"
#include "engine/document/json.h"
#include "tests/ui/layers.h"
#include "tests/ui/person.h"
#include "tests/ui/pseudo_locale.h"
#include "ui/evaluate/evaluate_place.h"
#include "ui/evaluate/evaluation.h"
#include "ui/evaluate/export_panel.h"
#include "ui/theme/style.h"
#include "ui/theme/theme.h"

using engine::document::Node;
using engine::document::Transaction;
using ui::MainWindow;
using State = ui::Training::State;

namespace {

constexpr int kLimit = 240000;  // milliseconds, of anything that is waited for

QDir pictures;
int taken = 0;

void keep(MainWindow& window, const char* name) {
  QTest::qWait(250);
  QPixmap picture = window.grab();
  {
    QPainter painter(&picture);
    for (QWidget* top : QApplication::topLevelWidgets())
      if (top != &window && top->isVisible() && !qobject_cast<MainWindow*>(top)) painter.drawPixmap(window.mapFromGlobal(top->pos()), top->grab());
  }
  const QString file = QString("%1-%2.png").arg(++taken, 2, 10, QChar('0')).arg(name);
  if (!picture.save(pictures.filePath(file))) qFatal("cannot write %s", qPrintable(pictures.filePath(file)));
}

void close(MainWindow&) {
  for (int i = 0; i < 4 && QApplication::activePopupWidget(); ++i) QApplication::activePopupWidget()->close();
  QApplication::processEvents();
}

void wait(const char* what, const std::function<bool()>& done) {
  if (!QTest::qWaitFor(done, kLimit)) qFatal("%s did not come", what);
}

void press(MainWindow& window, const char* action) {
  window.actions().refresh();
  if (!window.actions()[action]->isEnabled()) qWarning("%s: %s", action, qPrintable(window.actions()[action]->property("whyNot").toString()));
  window.actions().trigger(action);
  QApplication::processEvents();
}

void setRecipe(MainWindow& window, const std::function<void(engine::document::Phase&)>& change) {
  window.project().edit("Recipe", [&](Transaction& t) {
    auto recipe = t.view().recipe();
    change(recipe.phases[0]);
    return t.setRecipe(std::move(recipe));
  });
}

engine::NodeId named(MainWindow& window, const char* name) {
  for (const auto& node : window.project().document().nodes())
    if (node->name == name) return node->id;
  qFatal("no node %s", name);
}

void open(MainWindow& window, const char* name) {
  window.files().openTemplate(name);
  QTest::qWait(300);
}
void raise(MainWindow& window, const char* dock) {
  auto* widget = window.findChild<QDockWidget*>(dock);
  widget->show();
  widget->raise();
}
void mouse(MainWindow& window, QEvent::Type type, QPoint where) {
  QWidget* port = window.canvas().view().viewport();
  const bool move = type == QEvent::MouseMove;
  QMouseEvent event(type, where, port->mapToGlobal(where), move ? Qt::NoButton : Qt::LeftButton, type == QEvent::MouseButtonRelease ? Qt::NoButton : Qt::LeftButton, {});
  QApplication::sendEvent(port, &event);
}
QPoint at(MainWindow& window, QPointF scene) { return window.canvas().view().mapFromScene(scene); }

// ------------------------------------------------------------------------------ places ----

void beginnings(MainWindow& window) {
  window.showWelcome(true);
  QTest::qWait(1500);
  keep(window, "welcome");
  press(window, "file.new");
  keep(window, "empty");
  press(window, "help.keys");
  keep(window, "keys");
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
  press(window, "help.about");
  keep(window, "about");
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
}

void drawing(MainWindow& window) {
  open(window, "fashion-cnn");
  keep(window, "network");
  window.project().selection().set({named(window, "conv1")});
  keep(window, "inspector");
  press(window, "dock.outline");
  keep(window, "outline");
  press(window, "dock.outline");
  press(window, "help.node");
  keep(window, "about-layer");
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
  window.project().selection().set({named(window, "conv1"), named(window, "conv2"), named(window, "conv3")});
  keep(window, "several");
  window.project().selection().clear();
  press(window, "train.recipe");
  keep(window, "recipe");
  press(window, "train.device");
  keep(window, "device");
  close(window);
  press(window, "edit.everything");
  QTest::keyClicks(QApplication::focusWidget(), "norm");
  keep(window, "do-anything");
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
  press(window, "edit.keys");
  keep(window, "keys");
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
  window.canvas().view().setFocus();
  press(window, "node.add");
  QTest::qWait(100);
  QTest::keyClicks(QApplication::focusWidget(), "conv");
  keep(window, "add-at-cursor");
  QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
  for (QAction* menu : window.menuBar()->actions())
    if (menu->menu()->objectName() == "menu.Train") {
      menu->menu()->popup(window.menuBar()->mapToGlobal(window.menuBar()->actionGeometry(menu).bottomLeft()));
      keep(window, "menu");
      close(window);
    }

  // A wire that is held over a port that does not fit, and one over those that do.
  auto& scene = window.canvas().scene();
  const auto* label = scene.node(named(window, "labels"));
  const auto* conv2 = scene.node(named(window, "conv2"));
  mouse(window, QEvent::MouseButtonPress, at(window, label->outputAt(0)));
  mouse(window, QEvent::MouseMove, at(window, (label->outputAt(0) + conv2->inputAt(0)) / 2));
  mouse(window, QEvent::MouseMove, at(window, conv2->inputAt(0)));
  keep(window, "refused");
  QTest::keyClick(&window.canvas().view(), Qt::Key_Escape);
  mouse(window, QEvent::MouseButtonRelease, at(window, conv2->inputAt(0)));
  QTest::qWait(100);
  while (window.project().undo().canUndo()) window.project().undo().undo();
  const auto* conv1 = scene.node(named(window, "conv1"));
  mouse(window, QEvent::MouseButtonPress, at(window, conv1->outputAt(0)));
  mouse(window, QEvent::MouseMove, at(window, conv1->outputAt(0) + QPointF(60, 60)));
  mouse(window, QEvent::MouseMove, at(window, conv1->outputAt(0) + QPointF(100, 110)));
  keep(window, "connecting");
  QTest::keyClick(&window.canvas().view(), Qt::Key_Escape);
  mouse(window, QEvent::MouseButtonRelease, at(window, conv1->outputAt(0) + QPointF(100, 110)));

  // Problems: a shape that cannot be, and a loss without its target.
  window.project().edit("Kernel", [&](Transaction& t) { return t.setField(named(window, "conv2"), "kernel_size", std::vector<int64_t>{31, 31}); });
  raise(window, "dock.problems");
  window.project().selection().set({named(window, "conv2")});
  keep(window, "problems");
  press(window, "train.start");
  window.project().undo().undo();
  window.project().selection().clear();
  raise(window, "dock.charts");
}

void training(MainWindow& window) {
  open(window, "fashion-cnn");
  raise(window, "dock.charts");
  press(window, "train.start");
  wait("the run", [&] { return window.training().state() == State::running; });
  press(window, "train.profile");
  raise(window, "dock.charts");
  wait("an epoch", [&] { return window.training().status().step > 440; });  // with what it is worth on validation
  keep(window, "training");
  window.project().selection().set({named(window, "relu1")});
  raise(window, "dock.profile");
  wait("a profile", [&] { return window.training().status().step > 460; });
  keep(window, "profile");
  window.project().selection().clear();
  press(window, "train.pause");
  wait("the pause", [&] { return window.training().state() == State::paused; });
  raise(window, "dock.charts");
  press(window, "train.rate");
  keep(window, "rate");
  close(window);
  window.project().edit("Out channels", [&](Transaction& t) { return t.setField(named(window, "conv1"), "out_channels", int64_t(24)); });
  keep(window, "outdated");
  raise(window, "dock.log");
  press(window, "train.stop");
  wait("the end", [&] { return !window.training().isActive(); });
  keep(window, "stopped-log");

  // Not finite: a rate that nothing survives.
  open(window, "spirals");
  setRecipe(window, [](auto& phase) { phase.optimizer.fields = {{"lr", 1e38}}; });
  press(window, "train.start");
  wait("the failure", [&] { return window.training().state() == State::failed; });
  raise(window, "dock.charts");
  keep(window, "failed");
}

void evaluating(MainWindow& window, const QString& folder) {
  open(window, "fashion-mlp");
  setRecipe(window, [](auto& phase) { phase.epochs = 2; });
  press(window, "train.start");
  wait("the end of the run", [&] { return window.training().state() == State::finished; });
  raise(window, "dock.charts");
  keep(window, "finished");
  press(window, "place.evaluate");
  auto* place = window.findChild<ui::EvaluatePlace*>();
  wait("the judgement", [&] { return place->evaluation().state() == ui::Evaluation::State::there; });
  QTest::qWait(1500);
  QDir::setCurrent(folder);
  place->exportPanel().setPath("fashion-mlp.onnx");
  place->exportPanel().exportNow();
  wait("the export", [&] { return !place->exportPanel().isWorking(); });
  keep(window, "evaluate");
  press(window, "place.network");
}

void mishaps(MainWindow& window, const QString& folder) {
  QFile broken(folder + "/broken.netw");
  if (!broken.open(QIODevice::WriteOnly)) qFatal("cannot write");
  broken.write("{\"netwright\": 1, \"nodes\": [");
  broken.close();
  open(window, "xor");
  window.files().open(broken.fileName());
  QTest::qWait(300);
  window.files().saveTo(folder + "/no/such/folder/net.netw");
  QTest::qWait(300);
  keep(window, "strips");
  for (const QString& key : window.messages().keys()) window.messages().remove(key);

  // Data that are gone, and what is said of them before and after Train.
  window.project().edit("Source", [](Transaction& t) {
    auto data = t.view().data();
    data.source = "measured/points.csv";
    return t.setData(std::move(data));
  });
  QTest::qWait(300);
  keep(window, "data-gone");
  press(window, "train.start");
  wait("the failure", [&] { return window.training().state() == State::failed; });
  keep(window, "data-gone-train");
  for (const QString& key : window.messages().keys()) window.messages().remove(key);

  // What was never saved is offered again, and projects have been saved.
  window.files().saveTo(folder + "/points.netw");
  QTest::qWait(300);
  window.showWelcome(true);
  QTest::qWait(500);
  keep(window, "welcome-again");
  window.showWelcome(false);
}

// From control to control by Tab: where is the focus?
void walking(MainWindow& window) {
  open(window, "xor");
  window.project().selection().set({named(window, "hidden")});
  for (const char* dock : {"dock.layers", "dock.inspector", "dock.charts"}) window.findChild<QDockWidget*>(dock)->show();
  const struct {
    const char *name, *object;
  } stops[] = {{"focus-train", "run.primary"}, {"focus-layers", "layer_list"}, {"focus-log-axis", "chart.log"}, {"focus-status", "status.problems"}, {"focus-previews", "toolbar.previews"}};
  for (const auto& stop : stops) {
    auto* widget = window.findChild<QWidget*>(stop.object);
    if (!widget) qFatal("no %s", stop.object);
    widget->setFocus(Qt::TabFocusReason);
    if (auto* list = qobject_cast<QAbstractItemView*>(widget)) QTest::keyClick(list, Qt::Key_Down);
    keep(window, stop.name);
  }
}

void large(MainWindow& window) {
  engine::document::Document document;
  Transaction t(document);
  engine::NodeId last = 0;
  constexpr int kNodes = 1000, kColumns = 32;
  for (int i = 0; i < kNodes; ++i) {
    Node node;
    node.type = i == 0 ? "Input" : i % 3 == 1 ? "Conv2d" : i % 3 == 2 ? "BatchNorm2d" : "ReLU";
    if (i == 0) node.fields = {{"shape", std::vector<int64_t>{8, 32, 32}}};
    else if (i % 3 == 1) node.fields = {{"out_channels", int64_t(8)}, {"kernel_size", std::vector<int64_t>{3, 3}}, {"padding", std::vector<int64_t>{1, 1}}};
    node.position = {220.0 * (i % kColumns), 140.0 * (i / kColumns)};
    const auto id = t.addNode(node);
    if (i > 0) (void)t.connect(last, 0, *id, 0);
    last = *id;
  }
  (void)document.apply(*t.finish());
  window.project().replace(std::move(document), {});
  QTest::qWait(500);
  press(window, "view.fit_all");
  keep(window, "large");
}

}  // namespace

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  if (argc < 2) return std::fprintf(stderr, "usage: studio_pictures FOLDER [light|dark|contrast] [longer] [mirrored]\n"), 2;
  const QStringList wishes = QApplication::arguments().mid(2);
  PseudoLocale nobodys;
  if (wishes.contains("longer")) QApplication::installTranslator(&nobodys);
  if (wishes.contains("mirrored")) QApplication::setLayoutDirection(Qt::RightToLeft);
  QApplication::setOrganizationName("netwright-pictures");
  QApplication::setApplicationName("studio" + QString::number(QApplication::applicationPid()));
  QApplication::setApplicationDisplayName("Netwright");
  QStandardPaths::setTestModeEnabled(true);
  pictures = QDir(argv[1]);
  if (!pictures.mkpath(".")) return std::fprintf(stderr, "cannot make %s\n", argv[1]), 1;
  ui::setUpLook();
  ui::setTheme(wishes.contains("dark") ? ui::Theme::Kind::dark : wishes.contains("contrast") ? ui::Theme::Kind::contrast : ui::Theme::Kind::light);
  QTemporaryDir folder;
  {
    MainWindow window;
    window.resize(1440, 900);
    window.show();
    if (!QTest::qWaitForWindowExposed(&window)) return 1;
    QApplication::setActiveWindow(&window);
    beginnings(window);
    drawing(window);
    if (engine::data::open("fashion-mnist")) {
      training(window);
      evaluating(window, folder.path());
    }
    mishaps(window, folder.path());
    walking(window);
    large(window);
    window.training().stop();
    wait("the end", [&] { return !window.training().isActive(); });
  }
  for (const auto& kept : ui::Recovery::list()) ui::Recovery::discard(kept);
  QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
  QFile::remove(QSettings().fileName());
  std::printf("%d pictures in %s\n", taken, argv[1]);
}
