// The outline in the real window: what its rows say, one selection with the canvas, what its keys do to the document, what an edit
// of a large network costs it; and what screen readers are told of rows and nodes, and can do with them.
#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QLineEdit>
#include <QMenu>
#include <QSettings>
#include <QStandardPaths>
#include <QTest>
#include <QTimer>
#include <QTreeView>

#include "engine/document/json.h"
#include "tests/ui/layers.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/outline/outline_model.h"
#include "ui/outline/outline_panel.h"
#include "ui/shell/main_window.h"
#include "ui/theme/style.h"

using engine::NodeId;
using engine::document::Transaction;

namespace {

constexpr NodeId kX = 0x1, kStem = 0xb, kBody = 0xc, kEnd = 0x6, kLoose = 0x7, kLinear = 0x22, kOne = 0x32;

// The file's order is not that of the data: the end comes first.
constexpr const char* kProject = R"({
  "netwright": 1, "name": "residual",
  "nodes": [
    {"id": "06", "type": "ReLU", "name": "end", "position": [720, 0]},
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [8]}, "position": [0, 0]},
    {"id": "0c", "type": "Twice", "name": "body", "fields": {"repeat": 3}, "position": [480, 0]},
    {"id": "0b", "type": "Dense", "name": "stem", "position": [240, 0]},
    {"id": "07", "type": "Linear", "name": "loose", "position": [240, 200]}
  ],
  "wires": [
    {"from": "01", "output": 0, "to": "0b", "input": 0}, {"from": "0b", "output": 0, "to": "0c", "input": 0},
    {"from": "0c", "output": 0, "to": "06", "input": 0}
  ],
  "blocks": [
    {"name": "Dense",
     "nodes": [
       {"id": "21", "type": "BlockInput", "name": "x", "position": [0, 0]},
       {"id": "22", "type": "Linear", "name": "linear", "fields": {"out_features": 8}, "position": [240, 0]},
       {"id": "24", "type": "BlockOutput", "name": "y", "position": [720, 0]}],
     "wires": [{"from": "21", "output": 0, "to": "22", "input": 0}, {"from": "22", "output": 0, "to": "24", "input": 0}]},
    {"name": "Twice",
     "nodes": [
       {"id": "31", "type": "BlockInput", "name": "x", "position": [0, 0]},
       {"id": "32", "type": "Dense", "name": "one", "position": [240, 0]},
       {"id": "34", "type": "BlockOutput", "name": "y", "position": [720, 0]}],
     "wires": [{"from": "31", "output": 0, "to": "32", "input": 0}, {"from": "32", "output": 0, "to": "34", "input": 0}]}
  ]
})";

struct Bench {
  ui::MainWindow window;
  ui::Project& project = window.project();
  ui::OutlinePanel* panel = window.findChild<ui::OutlinePanel*>("outline");
  QTreeView* tree = panel->findChild<QTreeView*>("outline.tree");
  ui::OutlineModel& model = panel->model();

  explicit Bench(engine::document::Document document) {
    window.resize(1280, 800);
    window.show();
    if (!QTest::qWaitForWindowExposed(&window)) qFatal("no window");
    QApplication::setActiveWindow(&window);
    project.replace(std::move(document), {});
    window.actions().refresh();
    window.actions().trigger("dock.outline");
    QTest::qWait(20);
  }
  static engine::document::Document withBlocks() {
    auto document = engine::document::parse(kProject, "test.netw");
    if (!document) qFatal("%s", withPlace(document.error()).c_str());
    return *std::move(document);
  }
  QStringList names(const QModelIndex& parent = {}) {
    QStringList names;
    for (int row = 0; row < model.rowCount(parent); ++row) names << model.index(row, 0, parent).data().toString();
    return names;
  }
  QString spoken(NodeId node) { return model.indexOf(node).data(Qt::AccessibleTextRole).toString(); }
  QModelIndex within(std::vector<NodeId> way, NodeId node) { return model.indexOf(way, node); }
  void key(Qt::Key which, Qt::KeyboardModifiers modifiers = {}) {
    QWidget* focus = QApplication::focusWidget();
    QTest::keyClick(focus ? focus : &window, which, modifiers);
  }
  ui::CanvasView& view() { return window.canvas().view(); }
};

}  // namespace

class OutlineTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("outline_test" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    ui::setUpLook();
  }
  void cleanup() {
    for (const auto& kept : ui::Recovery::list()) ui::Recovery::discard(kept);
    QSettings().clear();
  }
  void cleanupTestCase() {
    QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
    QFile::remove(QSettings().fileName());
  }

  void rowsSayWhatTheNodesAre() {
    Bench b(Bench::withBlocks());
    QAbstractItemModelTester tester(&b.model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    QVERIFY(b.tree->hasFocus());  // Alt+9 goes there
    const auto before = [&](const char* a, const char* c) { return b.names().indexOf(a) < b.names().indexOf(c); };
    QCOMPARE(b.names().size(), 5);
    QVERIFY(before("x", "stem") && before("stem", "body") && before("body", "end"));  // in the order of the data
    QCOMPARE(b.spoken(kStem), QString("Dense stem, 8 numbers, 72 params"));
    QCOMPARE(b.spoken(kBody), QString("Twice body, 3 in a row, 8 numbers, 216 params"));
    QVERIFY2(b.spoken(kLoose).contains(", problem: needs"), qPrintable(b.spoken(kLoose)));
    // The canvas' own words, and then what it has elsewhere.
    for (const NodeId node : {kX, kStem, kBody, kEnd, kLoose}) QVERIFY(b.spoken(node).startsWith(b.window.canvas().scene().node(node)->look().spoken()));
    QVERIFY(b.model.indexOf(kLoose).data(Qt::ToolTipRole).toString().contains("needs"));
    b.project.edit("Bypass", [](Transaction& t) { return t.setMode(kEnd, engine::Mode::bypassed); });
    b.project.edit("Freeze", [](Transaction& t) { return t.setFrozen(kStem, true); });
    QVERIFY(b.spoken(kEnd).contains("bypassed") && b.spoken(kStem).contains("frozen"));
    // Frames, from outside in.
    b.project.edit("Frames", [](Transaction& t) -> engine::Done {
      (void)t.setFrame({0, "inner", 2, {kStem}, {}});
      (void)t.setFrame({0, "outer", 0, {kStem, kBody}, {}});
      return {};
    });
    QVERIFY2(b.spoken(kStem).endsWith("in frames outer › inner"), qPrintable(b.spoken(kStem)));
    QVERIFY(b.spoken(kBody).endsWith("in frame outer"));
    QCOMPARE(b.model.row(b.model.indexOf(kStem))->frameColor, std::optional(2));
    b.project.undo().undo();
    QVERIFY(!b.spoken(kStem).contains("frame"));
  }

  void blocksAreLookedIntoWhenTheyAreOpened() {
    Bench b(Bench::withBlocks());
    QAbstractItemModelTester tester(&b.model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    const int looked = b.model.counters.levels;
    QVERIFY(b.model.hasChildren(b.model.indexOf(kBody)) && !b.model.hasChildren(b.model.indexOf(kEnd)));
    QCOMPARE(b.model.counters.levels, looked);
    b.tree->expand(b.model.indexOf(kBody));
    QCOMPARE(b.names(b.model.indexOf(kBody)), QStringList({"x", "one", "y"}));
    b.tree->expand(b.within({kBody}, kOne));
    QCOMPARE(b.within({kBody, kOne}, kLinear).data(Qt::AccessibleTextRole).toString(), QString("Linear linear, 8 numbers, 72 params"));
    // An edit before them is seen within: shapes follow.
    b.project.edit("Shape", [](Transaction& t) { return t.setField(kX, "shape", std::vector<int64_t>{5, 8}); });
    QCOMPARE(b.within({kBody, kOne}, kLinear).data(Qt::AccessibleTextRole).toString(), QString("Linear linear, 5 × 8, 72 params"));
    QVERIFY(b.tree->isExpanded(b.within({kBody}, kOne)));
    // What is in a use that goes is gone with it, and comes again with it.
    b.project.edit("Delete", [](Transaction& t) { return t.removeNode(kBody); });
    QVERIFY(!b.model.indexOf(kBody).isValid());
    b.project.undo().undo();
    QCOMPARE(b.names(b.model.indexOf(kBody)), QStringList({"x", "one", "y"}));
  }

  void oneSelectionWithTheCanvas() {
    Bench b(Bench::withBlocks());
    b.project.selection().set({kStem, kEnd});
    QCOMPARE(b.tree->selectionModel()->selectedRows().size(), 2);
    QCOMPARE(b.model.nodeAt(b.tree->currentIndex()), kEnd);
    QTest::mouseClick(b.tree->viewport(), Qt::LeftButton, {}, b.tree->visualRect(b.model.indexOf(kX)).center());
    QCOMPARE(b.project.selection().nodes(), std::vector<NodeId>{kX});
    QTest::mouseClick(b.tree->viewport(), Qt::LeftButton, Qt::ControlModifier, b.tree->visualRect(b.model.indexOf(kEnd)).center());
    QCOMPARE(b.project.selection().nodes(), (std::vector<NodeId>{kX, kEnd}));
    // Down a row; letters search.
    QTest::mouseClick(b.tree->viewport(), Qt::LeftButton, {}, b.tree->visualRect(b.model.index(0, 0)).center());
    b.key(Qt::Key_Down);
    QCOMPARE(b.project.selection().current(), b.model.nodeAt(b.model.index(1, 0)));
    QTest::keyClicks(b.tree, "st");
    QCOMPARE(b.project.selection().nodes(), std::vector<NodeId>{kStem});
    // A row within a block stands for the block, until one goes there.
    b.tree->expand(b.model.indexOf(kBody));
    const QModelIndex one = b.within({kBody}, kOne);
    QTest::mouseClick(b.tree->viewport(), Qt::LeftButton, {}, b.tree->visualRect(one).center());
    QCOMPARE(b.project.selection().nodes(), std::vector<NodeId>{kBody});
    QCOMPARE(b.tree->currentIndex(), one);
    QVERIFY(b.project.way().empty());
    QCOMPARE(b.project.undo().count(), 0);
    // What goes away is selected nowhere.
    b.project.selection().set({kStem, kLoose});
    b.project.edit("Delete", [](Transaction& t) { return t.removeNode(kStem); });
    QCOMPARE(b.project.selection().nodes(), std::vector<NodeId>{kLoose});
    QCOMPARE(b.tree->selectionModel()->selectedRows().size(), 1);
  }

  void enterShowsItOnTheCanvas() {
    Bench b(Bench::withBlocks());
    b.view().pan({5000, 0});
    b.tree->setCurrentIndex(b.model.indexOf(kEnd));
    b.key(Qt::Key_Return);
    QVERIFY(b.view().hasFocus());
    QVERIFY(b.view().visiblePart().contains(b.window.canvas().scene().node(kEnd)->nodeRect()));
    // Into blocks, of any depth; what was open there stays open.
    b.tree->expand(b.model.indexOf(kBody));
    b.tree->expand(b.within({kBody}, kOne));
    const QRect linear = b.tree->visualRect(b.within({kBody, kOne}, kLinear));
    QTest::mouseClick(b.tree->viewport(), Qt::LeftButton, {}, linear.center());
    QTest::mouseDClick(b.tree->viewport(), Qt::LeftButton, {}, linear.center());
    QCOMPARE(b.project.way(), (std::vector<NodeId>{kBody, kOne}));
    QCOMPARE(b.project.selection().nodes(), std::vector<NodeId>{kLinear});
    QVERIFY(b.names().contains("linear") && !b.names().contains("stem"));
    b.project.leave();
    QVERIFY(b.tree->isExpanded(b.model.indexOf(kOne)));
    b.project.leave();
    QVERIFY(b.tree->isExpanded(b.model.indexOf(kBody)) && b.tree->isExpanded(b.within({kBody}, kOne)));
    QCOMPARE(b.project.undo().count(), 0);
  }

  void itsKeysEdit() {
    Bench b(Bench::withBlocks());
    const std::string before = print(b.project.document());
    b.tree->setCurrentIndex(b.model.indexOf(kEnd));
    b.key(Qt::Key_F2);
    auto* field = b.tree->findChild<QLineEdit*>("outline.name");
    QVERIFY(field && field->text() == "end");
    QTest::keyClicks(field, "last");
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_COMPARE(b.project.document().node(kEnd)->name, std::string("last"));
    QCOMPARE(b.project.undo().count(), 1);
    QVERIFY(b.names().contains("last"));
    QTRY_VERIFY(b.tree->hasFocus());  // that Enter was the field's
    // Esc keeps the name; another node's name is refused with a reason.
    QTRY_VERIFY(!b.tree->findChild<QLineEdit*>("outline.name"));
    b.tree->setFocus();
    b.key(Qt::Key_F2);
    QTest::keyClicks(b.tree->findChild<QLineEdit*>("outline.name"), "gone");
    QTest::keyClick(b.tree->findChild<QLineEdit*>("outline.name"), Qt::Key_Escape);
    QCOMPARE(b.project.undo().count(), 1);
    QTRY_VERIFY(!b.tree->findChild<QLineEdit*>("outline.name"));
    QVERIFY(!b.model.setData(b.model.indexOf(kEnd), "stem", Qt::EditRole));
    QCOMPARE(b.project.undo().count(), 1);
    QVERIFY(b.window.messages().keys().contains("refused"));
    // Delete takes what is selected, in one step, and undo brings it back to its row.
    b.project.selection().set({kEnd, kLoose});
    b.tree->setFocus();
    b.key(Qt::Key_Delete);
    QCOMPARE(b.project.document().nodes().size(), size_t(3));
    QCOMPARE(b.project.undo().count(), 2);
    QCOMPARE(b.names().size(), 3);
    b.project.undo().undo();
    QCOMPARE(b.names().size(), 5);
    b.project.undo().undo();
    QCOMPARE(print(b.project.document()), before);
    // What is within a block is edited there.
    b.tree->expand(b.model.indexOf(kStem));
    b.tree->setCurrentIndex(b.within({kStem}, kLinear));
    b.tree->setFocus();
    b.key(Qt::Key_F2);
    QCOMPARE(b.project.way(), std::vector<NodeId>{kStem});
    field = b.tree->findChild<QLineEdit*>("outline.name");
    QVERIFY(field && field->text() == "linear");
    QTest::keyClicks(field, "dense");
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_COMPARE(b.project.document().block("Dense")->node(kLinear)->name, std::string("dense"));
    QCOMPARE(b.project.undo().count(), 1);
    b.project.undo().undo();
    QCOMPARE(print(b.project.document()), before);
  }

  void theMenuIsTheNodes() {
    Bench b(Bench::withBlocks());
    QStringList found;
    const auto ask = [&](const QModelIndex& index) {
      found.clear();
      b.tree->setCurrentIndex(index);
      QTimer::singleShot(50, &b.window, [&] {
        if (auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget())) {
          for (const QAction* action : menu->actions()) found << action->objectName();
          menu->close();
        }
      });
      QContextMenuEvent event(QContextMenuEvent::Keyboard, {}, b.tree->mapToGlobal(QPoint(10, 10)));
      QApplication::sendEvent(b.tree, &event);
    };
    ask(b.model.indexOf(kStem));
    QVERIFY(found.contains("node.bypass") && found.contains("node.open") && found.contains("edit.delete"));
    QCOMPARE(b.project.selection().nodes(), std::vector<NodeId>{kStem});
    b.tree->expand(b.model.indexOf(kStem));
    ask(b.within({kStem}, kLinear));
    QCOMPARE(found.size(), 1);  // what the others do would be done to the block
    QCOMPARE(b.project.undo().count(), 0);
  }

  void anEditOfALargeNetworkCostsItsOwnRows() {
    Bench b(ui::chain(5000));
    QTRY_VERIFY(!b.project.isBehind());
    QTest::qWait(50);
    const auto rows = b.model.counters.rows;
    QVERIFY(rows > 0 && rows < 100);  // those in sight
    const auto was = b.model.counters;
    b.project.edit("Rename", [](Transaction& t) { return t.rename(7, "seven"); });
    QTest::qWait(50);
    QVERIFY(b.model.counters.rows > was.rows && b.model.counters.rows <= was.rows + 3);  // with those that it is wired to
    QCOMPARE(b.model.counters.resets, was.resets);
    QCOMPARE(b.model.counters.orders, was.orders);
    QCOMPARE(b.model.index(6, 0).data().toString(), QString("seven"));
    // One comes, one goes, all are others: still no row is made that nobody sees, and the selection stays.
    b.project.selection().set({4990});
    QTest::qWait(50);
    const auto at = b.model.counters;
    b.project.edit("Delete", [](Transaction& t) { return t.removeNode(2); });
    QTRY_VERIFY(!b.project.isBehind());
    QTest::qWait(50);
    QCOMPARE(b.model.rowCount(), 4999);
    QCOMPARE(b.model.counters.resets, at.resets);
    QVERIFY2(b.model.counters.rows - at.rows < 200, QByteArray::number(b.model.counters.rows - at.rows).constData());
    QCOMPARE(b.model.nodeAt(b.tree->currentIndex()), NodeId(4990));
    b.project.undo().undo();
    QTRY_VERIFY(!b.project.isBehind());
    QCOMPARE(b.model.rowCount(), 5000);
    QCOMPARE(b.model.nodeAt(b.model.index(1, 0)), NodeId(2));
    // Hidden, it does nothing, and knows all of it when it comes back.
    b.window.actions().trigger("dock.outline");
    QTRY_VERIFY(!b.panel->isVisible());
    const auto hidden = b.model.counters;
    b.project.edit("Rename", [](Transaction& t) { return t.rename(9, "nine"); });
    b.project.edit("Delete", [](Transaction& t) { return t.removeNode(5000); });
    QCOMPARE(b.model.counters.orders, hidden.orders);
    b.window.actions().trigger("dock.outline");
    QTRY_VERIFY(b.panel->isVisible());
    QCOMPARE(b.model.rowCount(), 4999);
    QCOMPARE(b.model.index(8, 0).data(Qt::AccessibleTextRole).toString().section(',', 0, 0), QString("Conv2d nine"));
  }

  void readersHearRowsAndNodes() {
    QAccessible::setActive(true);
    {
      Bench b(Bench::withBlocks());
      QAccessibleInterface* tree = QAccessible::queryAccessibleInterface(b.tree);
      QVERIFY(tree && tree->role() == QAccessible::Tree);
      QMap<QString, QAccessibleInterface*> heard;
      for (int i = 0; i < tree->childCount(); ++i) heard[tree->child(i)->text(QAccessible::Name)] = tree->child(i);
      QVERIFY(heard.contains("Twice body, 3 in a row, 8 numbers, 216 params"));
      QAccessibleInterface* row = heard.value("Dense stem, 8 numbers, 72 params");
      QVERIFY(row && row->state().expandable && row->state().selectable && !row->state().selected);
      b.project.selection().set({kStem});
      QVERIFY(row->state().selected);

      QAccessibleInterface* canvas = QAccessible::queryAccessibleInterface(&b.view());
      const auto node = [&](NodeId id) { return canvas->child(int(*b.project.shown().indexOf(id))); };
      QCOMPARE(node(kStem)->role(), QAccessible::ListItem);
      QVERIFY(node(kStem)->state().selected && node(kStem)->state().expandable && !node(kEnd)->state().expandable);
      QVERIFY(node(kLoose)->text(QAccessible::Name).contains("needs"));
      QCOMPARE(node(kLoose)->text(QAccessible::Description), QString("without wires"));
      auto* actions = node(kEnd)->actionInterface();
      QVERIFY(actions && actions->actionNames().first() == QAccessibleActionInterface::pressAction());
      for (const char* name : {"node.edit", "node.connect", "node.rename", "edit.delete"}) QVERIFY2(actions->actionNames().contains(name), name);
      QVERIFY(!actions->actionNames().contains("node.open") && node(kStem)->actionInterface()->actionNames().contains("node.open"));
      for (const QString& name : actions->actionNames()) QVERIFY(!actions->localizedActionName(name).isEmpty() && !actions->localizedActionDescription(name).isEmpty());
      QCOMPARE(actions->keyBindingsForAction("node.rename"), QStringList{"F2"});
      // They act.
      actions->doAction(QAccessibleActionInterface::pressAction());
      QCOMPARE(b.project.selection().nodes(), std::vector<NodeId>{kEnd});
      QVERIFY(node(kEnd)->state().focused);
      actions->doAction("node.bypass");
      QCOMPARE(b.project.document().node(kEnd)->mode, engine::Mode::bypassed);
      QCOMPARE(b.project.undo().count(), 1);
      actions->doAction("node.connect");
      QVERIFY(b.view().tool());
      b.view().cancelTool();
      node(kLoose)->actionInterface()->doAction("node.edit");
      QTRY_VERIFY(b.window.findChild<QWidget*>("dock.inspector")->isAncestorOf(QApplication::focusWidget()));
      node(kStem)->actionInterface()->doAction("node.open");
      QCOMPARE(b.project.way(), std::vector<NodeId>{kStem});
      b.project.leave();
      node(kLoose)->actionInterface()->doAction("edit.delete");
      QVERIFY(!b.project.document().node(kLoose));
      QCOMPARE(b.project.undo().count(), 2);
    }
    QAccessible::setActive(false);
  }
};

QTEST_MAIN(OutlineTest)
#include "outline_test.moc"
