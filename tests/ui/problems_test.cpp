// Problems in the real window: the list and the canvas lead to each other, keys go from one to the next, and one key mends.
#include <QDockWidget>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

#include "engine/document/json.h"
#include "tests/ui/own_settings.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/items.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/model/fixes.h"
#include "ui/shell/main_window.h"
#include "ui/shell/problems_panel.h"
#include "ui/widgets/problem_card.h"

using engine::NodeId;
using ui::MainWindow;

namespace {

// A linear layer behind a picture with a target of classes: a loss that does not fit it, and in a block a layer that nothing feeds.
constexpr const char* kProject = R"({
  "netwright": 1, "name": "problems",
  "nodes": [
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [3, 8, 8]}, "position": [0, 0]},
    {"id": "02", "type": "Conv2d", "name": "conv", "fields": {"out_channels": 4, "kernel_size": [9, 9]}, "position": [240, 0]},
    {"id": "03", "type": "ReLU", "name": "relu", "position": [480, 0]},
    {"id": "04", "type": "Linear", "name": "head", "fields": {"out_features": 3}, "position": [720, 0]},
    {"id": "05", "type": "Add", "name": "sum", "position": [960, 0]},
    {"id": "06", "type": "Twice", "name": "body", "position": [240, 300]}
  ],
  "wires": [{"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "02", "output": 0, "to": "03", "input": 0},
            {"from": "03", "output": 0, "to": "04", "input": 0}, {"from": "04", "output": 0, "to": "05", "input": 0},
            {"from": "01", "output": 0, "to": "06", "input": 0}],
  "blocks": [
    {"name": "Twice",
     "nodes": [
       {"id": "31", "type": "BlockInput", "name": "x", "position": [0, 0]},
       {"id": "32", "type": "Conv2d", "name": "wide", "fields": {"out_channels": 2, "kernel_size": [11, 11]}, "position": [240, 0]},
       {"id": "34", "type": "BlockOutput", "name": "y", "position": [480, 0]}],
     "wires": [{"from": "31", "output": 0, "to": "32", "input": 0}, {"from": "32", "output": 0, "to": "34", "input": 0}]}
  ]
})";

struct Window {
  MainWindow main;
  ui::Project& project = main.project();
  ui::ProblemsPanel* panel = main.findChild<ui::ProblemsPanel*>("problems");
  QTreeWidget* list = panel->findChild<QTreeWidget*>("problem_list");
  QDockWidget* dock = main.findChild<QDockWidget*>("dock.problems");

  explicit Window(const char* document = kProject) {
    main.show();
    project.replace(*engine::document::parse(document), {});
    QCoreApplication::processEvents();
    main.canvas().fitAll();
    main.canvas().setFocus();
    main.actions().refresh();
  }
  void key(Qt::Key which, Qt::KeyboardModifiers with = {}) {
    QCoreApplication::processEvents();
    main.actions().refresh();
    QTest::keyClick(QApplication::focusWidget(), which, with);
  }
  QString row() { return list->currentItem() ? list->currentItem()->text(0) : QString(); }
};

}  // namespace

class ProblemsTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    useOwnSettings(folder_);
  }
  void init() { QSettings().clear(); }

  // What is behind a problem is quiet: it knows no shape, and that is all.
  void aProblemIsShownAtItsRootOnly() {
    Window w;
    const auto* conv = w.project.problemOf(2);
    QVERIFY(conv && conv->severity == engine::Severity::problem);
    for (const NodeId behind : {3, 4}) {
      const auto* problem = w.project.problemOf(behind);
      QVERIFY(!problem || problem->severity != engine::Severity::problem);
    }
    const auto* sum = w.project.problemOf(5);  // its second input is its own matter
    QVERIFY(sum && sum->severity == engine::Severity::problem);
  }

  void theCanvasLeadsToTheListAndBack() {
    Window w;
    auto* log = w.main.findChild<QDockWidget*>("dock.log");
    log->raise();
    QCoreApplication::processEvents();
    auto& scene = w.main.canvas().scene();
    auto& view = w.main.canvas().view();
    view.setZoom(1);
    view.centerOn(scene.node(2)->pos());
    const QPoint badge = view.mapFromScene(scene.node(2)->pos() + scene.node(2)->look().badge());
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, badge);
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{2});
    QVERIFY(!w.dock->visibleRegion().isEmpty());
    QTRY_COMPARE(w.row(), QString("conv, kernel size"));
    // Another node selected on the canvas is another row; one without a problem is none.
    w.project.selection().set({5});
    QVERIFY(w.row().startsWith("sum"));
    w.project.selection().set({3});
    QVERIFY(w.list->currentItem() == nullptr || w.row().startsWith("relu"));
    // A click on a row selects its node.
    for (int i = 0; i < w.list->topLevelItemCount(); ++i)
      if (w.list->topLevelItem(i)->text(0).startsWith("sum")) {
        w.list->scrollToItem(w.list->topLevelItem(i));
        QTest::mouseClick(w.list->viewport(), Qt::LeftButton, {}, (w.list->visualItemRect(w.list->topLevelItem(i)) & w.list->viewport()->rect()).center());
      }
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{5});
    QCOMPARE(w.project.undo().count(), 0);
  }

  void keysGoFromProblemToProblem() {
    Window w;
    std::set<std::pair<std::vector<NodeId>, NodeId>> seen;
    for (int i = 0; i < w.list->topLevelItemCount(); ++i) {
      w.key(Qt::Key_F8);
      QVERIFY(!w.project.selection().nodes().empty());
      seen.insert({w.project.way(), w.project.selection().current()});
    }
    QVERIFY(seen.contains({{}, 2}));
    QVERIFY(seen.contains({{}, 5}));
    QVERIFY(seen.contains({{6}, 0x32}));  // within the block
    const auto last = std::pair(w.project.way(), w.project.selection().current());
    w.key(Qt::Key_F8);
    w.key(Qt::Key_F8, Qt::ShiftModifier);
    QVERIFY(last == std::pair(w.project.way(), w.project.selection().current()));
    QCOMPARE(w.project.undo().count(), 0);
  }

  void oneKeyMends() {
    Window w;
    w.project.selection().set({2});
    const engine::Problem* problem = w.project.problemOf(2);
    QVERIFY(problem && ui::canFix(*problem));
    w.key(Qt::Key_Return, Qt::AltModifier);
    QVERIFY(!w.project.problemOf(2));
    QCOMPARE(w.project.undo().count(), 1);
    w.project.undo().undo();
    QVERIFY(w.project.problemOf(2));
    // Where nothing is wrong nothing happens, and the action says why.
    w.project.selection().set({1});
    w.main.actions().refresh();
    QVERIFY(!w.main.actions()["problem.fix"]->isEnabled());
    QVERIFY(!w.main.actions()["problem.fix"]->toolTip().isEmpty());
    // Within a block, too.
    w.project.go({6}, {0x32});
    const engine::Problem* inner = w.project.problemOf(0x32);
    QVERIFY(inner && ui::canFix(*inner));
    w.key(Qt::Key_Return, Qt::AltModifier);
    QVERIFY(!w.project.problemOf(0x32));
    QCOMPARE(w.project.undo().index(), 1);
  }

  // The nodes of a block may have the ids of nodes around it, and those of another block: what is mended is what the row tells of.
  void theSameIdElsewhereIsLeftAlone() {
    QByteArray text(kProject);
    for (const char* id : {"31", "32", "34"}) text.replace(QByteArray("\"") + id + "\"", QByteArray("\"0") + id[1] + "\"");
    Window w(text);
    const auto rowOf = [&](const QString& name) {
      for (int i = 0; i < w.list->topLevelItemCount(); ++i)
        if (w.list->topLevelItem(i)->text(0).startsWith(name)) return w.list->topLevelItem(i);
      return static_cast<QTreeWidgetItem*>(nullptr);
    };
    const auto fix = [&](const QString& name) {
      QTreeWidgetItem* row = rowOf(name);
      auto* button = row ? qobject_cast<QPushButton*>(w.list->itemWidget(row, 2)) : nullptr;
      if (button) button->click();
      return button != nullptr;
    };
    const auto fieldsOf = [&](const engine::document::Document& document) { return document.node(2)->fields; };
    w.project.go({6}, {2});
    const auto outer = fieldsOf(w.project.document()), inner = fieldsOf(w.project.shown());
    // From within the block, the one outside.
    QVERIFY(fix("conv"));
    QCOMPARE(w.project.undo().count(), 1);
    QCOMPARE(w.project.way(), std::vector<NodeId>());
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{2});
    QVERIFY(fieldsOf(w.project.document()) != outer);
    w.project.go({6});
    QCOMPARE(fieldsOf(w.project.shown()), inner);
    // And going there by its row.
    w.list->setCurrentItem(nullptr);
    QVERIFY(rowOf("sum"));
    emit w.list->itemActivated(rowOf("sum"), 0);
    QCOMPARE(w.project.way(), std::vector<NodeId>());
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{5});
    // From outside, the one within.
    QVERIFY(rowOf("body"));
    const auto mended = fieldsOf(w.project.document());
    QVERIFY(fix("body"));
    QCOMPARE(w.project.way(), std::vector<NodeId>{6});
    QCOMPARE(fieldsOf(w.project.document()), mended);
    QVERIFY(!w.project.problemOf(2));
  }

  // What a block's use says of its inside, and the ways there.
  void aBlockTellsWhatIsWrongWithin() {
    Window w;
    w.project.selection().set({6});
    QCoreApplication::processEvents();
    const auto card = [&]() -> ui::ProblemCard* {
      for (auto* each : w.main.findChild<QWidget*>("inspector")->findChildren<ui::ProblemCard*>())
        if (each->isVisible()) return each;
      return nullptr;
    };
    QVERIFY(card());
    QVERIFY(card()->findChild<QLabel*>("text")->text().startsWith("body.wide: needs "));
    card()->findChild<QPushButton*>("place")->click();
    QCOMPARE(w.project.way(), std::vector<NodeId>{6});
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{0x32});
    QCOMPARE(w.project.undo().count(), 0);
    QCoreApplication::processEvents();
    QVERIFY(card() && card()->findChild<QPushButton*>("place")->isHidden());
    w.project.go({}, {6});
    QCoreApplication::processEvents();
    card()->findChild<QPushButton*>("fix")->click();
    QCOMPARE(w.project.undo().count(), 1);
    QCOMPARE(w.project.way(), std::vector<NodeId>{6});
    QVERIFY(!w.project.problemOf(0x32));
  }

  // Below the node that is selected, its fix; none for what no single edit mends, for hints, and while a hand is at work.
  void aCardBelowTheNodeMends() {
    Window w;
    auto* card = w.main.findChild<QWidget*>("canvas.fix");
    QVERIFY(card && card->isHidden());
    auto& view = w.main.canvas().view();
    view.setZoom(1);
    view.centerOn(w.main.canvas().scene().node(2)->pos());
    w.project.selection().set({2});
    QVERIFY(card->isVisible());
    const QRect node = view.viewportTransform().mapRect(w.main.canvas().scene().node(2)->nodeRect()).toRect();
    QVERIFY(!card->geometry().adjusted(10, 10, -10, -10).intersects(node));
    QVERIFY(w.main.canvas().rect().contains(card->geometry().adjusted(8, 8, -8, -8)));
    QVERIFY(QApplication::focusWidget() == &view || view.isAncestorOf(QApplication::focusWidget()));
    w.project.selection().set({5});  // its second input is not wired: that is a hand's work
    QVERIFY(card->isHidden());
    w.project.selection().set({2, 3});
    QVERIFY(card->isHidden());
    // Out of the way while the node is dragged, and back when that came to nothing.
    w.project.selection().set({2});
    QCoreApplication::processEvents();
    const QPoint grip = view.mapFromScene(w.main.canvas().scene().node(2)->nodeRect().center());
    QTest::mousePress(view.viewport(), Qt::LeftButton, {}, grip);
    for (const int by : {10, 40}) {
      QMouseEvent move(QEvent::MouseMove, grip + QPoint(by, by), view.viewport()->mapToGlobal(grip + QPoint(by, by)), Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
      QApplication::sendEvent(view.viewport(), &move);
    }
    QVERIFY(view.tool() && card->isHidden());
    QTest::keyClick(&view, Qt::Key_Escape);
    QVERIFY(!view.tool() && card->isVisible());
    QTest::mouseRelease(view.viewport(), Qt::LeftButton, {}, grip);
    QCOMPARE(w.project.undo().count(), 0);
    w.project.selection().set({2});
    view.setZoom(0.2);
    QVERIFY(card->isHidden());
    view.setZoom(1);
    view.centerOn(w.main.canvas().scene().node(2)->pos());
    QTRY_VERIFY(card->isVisible());
    QCoreApplication::processEvents();
    QTest::mouseClick(card->findChild<QPushButton*>("fix"), Qt::LeftButton);
    QVERIFY(!w.project.problemOf(2));
    QVERIFY(card->isHidden());
    QCOMPARE(w.project.undo().count(), 1);
    w.project.undo().undo();
    QVERIFY(card->isVisible());
    w.project.selection().clear();
    QVERIFY(card->isHidden());
  }

  void hintsAreQuiet() {
    Window w(R"({"netwright": 1, "name": "fine", "nodes": [
      {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [8]}, "position": [0, 0]},
      {"id": "02", "type": "ReLU", "name": "first", "position": [240, 0]},
      {"id": "03", "type": "ReLU", "name": "second", "position": [480, 0]}],
      "wires": [{"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "02", "output": 0, "to": "03", "input": 0}]})");
    const auto* hint = w.project.problemOf(3);
    QVERIFY(hint && hint->severity == engine::Severity::lint);
    QVERIFY(w.main.canvas().scene().node(3)->look().state == ui::NodeLook::State::warning);
    QVERIFY(!w.project.hasProblems());
    w.project.replace({}, {});
    w.main.actions().refresh();
    QVERIFY(!w.main.actions()["problem.next"]->isEnabled());
  }

 private:
  QTemporaryDir folder_;
};

QTEST_MAIN(ProblemsTest)
#include "problems_test.moc"
