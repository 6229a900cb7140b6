// What a block shows to its uses, changed by hand: names, ports, fields, each in one undo step that all uses follow.
#include <QDockWidget>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QToolButton>

#include "tests/ui/canvas_bench.h"
#include "ui/inspector/inspector.h"

using namespace ui;

namespace {

constexpr const char* kProject = R"({
  "netwright": 1,
  "nodes": [
    {"id": "01", "type": "Input", "name": "a", "fields": {"shape": [8]}, "position": [0, 0]},
    {"id": "02", "type": "Input", "name": "b", "fields": {"shape": [8]}, "position": [0, 160]},
    {"id": "03", "type": "Pair", "name": "first", "fields": {"width": 5}, "position": [240, 0]},
    {"id": "04", "type": "Pair", "name": "second", "position": [480, 0]}
  ],
  "wires": [{"from": "01", "to": "03"}, {"from": "02", "to": "03", "input": 1}, {"from": "03", "to": "04"}, {"from": "03", "to": "04", "input": 1}],
  "blocks": [{
    "name": "Pair", "about": "Two layers.",
    "exposed": [{"name": "width", "of": [{"node": "13", "field": "out_features"}, {"node": "14", "field": "out_features"}]}],
    "nodes": [
      {"id": "11", "type": "BlockInput", "name": "p"}, {"id": "12", "type": "BlockInput", "name": "q"},
      {"id": "13", "type": "Linear", "name": "left", "fields": {"out_features": 4}}, {"id": "14", "type": "Linear", "name": "right", "fields": {"out_features": 4}},
      {"id": "15", "type": "Add", "name": "sum"}, {"id": "16", "type": "BlockOutput", "name": "y"}
    ],
    "wires": [{"from": "11", "to": "13"}, {"from": "12", "to": "14"}, {"from": "13", "to": "15"}, {"from": "14", "to": "15", "input": 1}, {"from": "15", "to": "16"}]
  }]
})";

struct Bench : CanvasBench {
  Inspector* inspector = new Inspector(project, actions);
  Bench() : CanvasBench(*engine::document::parse(kProject, "test.netw")) {
    auto* dock = new QDockWidget(&window);
    dock->setWidget(inspector);
    window.addDockWidget(Qt::RightDockWidgetArea, dock);
    project.open(3);
    QTest::qWait(1);
  }
  QList<QWidget*> rows(const char* kind) {
    QTest::qWait(1);  // rows are shown in the next turn
    QList<QWidget*> shown;
    for (QWidget* row : inspector->findChildren<QWidget*>(kind))
      if (!row->isHidden()) shown << row;
    return shown;
  }
  void press(QWidget* row, const char* button) { QTest::mouseClick(row->findChild<QToolButton*>(button), Qt::LeftButton); }
  void type(QLineEdit* line, const QString& text) {
    line->setFocus();
    line->selectAll();
    QTest::keyClicks(line, text);
    QTest::keyClick(line, Qt::Key_Return);
  }
  const Document& block() { return *document().block(project.shown().name()); }
};

}  // namespace

class BlockPageTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { setUpCanvas("block_page_test"); }

  void anOpenBlockHasAPageOfItsOwn() {
    Bench b;
    auto* page = b.inspector->findChild<QWidget*>("block_page");
    QVERIFY(page->isVisible());
    QCOMPARE(b.rows("BlockInput").size(), 2);
    QCOMPARE(b.rows("BlockOutput").size(), 1);
    QCOMPARE(b.rows("field").size(), 1);
    b.project.selection().set({0x13});
    QVERIFY(!page->isVisible());
    b.project.selection().clear();
    QVERIFY(page->isVisible());
    b.project.leave();
    b.project.selection().clear();
    QVERIFY(!page->isVisible());
  }

  void theBlockIsRenamedWithAllItsUses() {
    Bench b;
    b.type(b.inspector->findChild<QLineEdit*>("block_name"), "Twins");
    QCOMPARE(b.steps(), 1);
    QVERIFY(b.document().node(3)->type == "Twins" && b.document().node(4)->type == "Twins");
    QVERIFY(b.project.isWithin());
    b.type(b.inspector->findChild<QLineEdit*>("block_about"), "Both of them.");
    QCOMPARE(b.block().interface().about, std::string("Both of them."));
    QCOMPARE(b.steps(), 2);
    b.project.undo().undo();
    b.project.undo().undo();
    QCOMPARE(b.document().node(4)->type, std::string("Pair"));
  }

  // A line that is too narrow for a sentence has its end otherwise.
  void aLongSentenceIsShownFromItsBeginning() {
    Bench b;
    const QString sentence = QString("A sentence that goes on. ").repeated(20).trimmed();
    b.project.edit("Describe", [&](Transaction& t) {
      auto interface = b.project.shown().interface();
      interface.about = sentence.toStdString();
      return t.setInterface(interface);
    });
    auto* about = b.inspector->findChild<QLineEdit*>("block_about");
    QCOMPARE(about->text(), sentence);
    QCOMPARE(about->cursorPosition(), 0);
    QCOMPARE(about->toolTip(), sentence);
  }

  void portsAreRenamedAndOrderedAndTheirWiresFollow() {
    Bench b;
    b.press(b.rows("BlockInput")[1], "up");
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.block().nodes()[0]->name, std::string("q"));
    QVERIFY(b.document().wireInto(3, 0) && b.document().wireInto(3, 1));
    QCOMPARE(b.document().wireInto(3, 0)->from, NodeId(2));  // b was wired to q, and still is
    QCOMPARE(b.document().wireInto(3, 1)->from, NodeId(1));
    b.type(b.rows("BlockInput")[0]->findChild<QLineEdit*>("name"), "query");
    QCOMPARE(b.block().node(0x12)->name, std::string("query"));
    QVERIFY(!b.rows("BlockInput")[0]->findChild<QToolButton*>("up")->isEnabled());
    QCOMPARE(b.rows("BlockInput").size(), 2);
    b.press(b.rows("BlockInput")[1], "close");
    QCOMPARE(b.rows("BlockInput").size(), 1);
    QVERIFY(b.document().wireInto(3, 0) && !b.document().wireInto(3, 1));
    while (b.project.undo().canUndo()) b.project.undo().undo();
    QCOMPARE(b.rows("BlockInput").size(), 2);
    QCOMPARE(b.document().wireInto(3, 0)->from, NodeId(1));
  }

  void fieldsAreShownNamedOrderedAndHidden() {
    Bench b;
    auto* menu = b.inspector->findChild<QPushButton*>("show_field")->menu();
    const auto choose = [&](const char* node, const char* field) {
      emit menu->aboutToShow();
      for (QAction* of : menu->actions())
        if (of->text() == node)
          for (QAction* action : of->menu()->actions())
            if (action->text() == field) return action->trigger();
      QFAIL("no such field");
    };
    choose("left", "Bias");
    QCOMPARE(b.steps(), 1);
    choose("right", "Bias");
    QCOMPARE(b.rows("field").size(), 3);
    QVERIFY(b.block().interface().field("bias") && b.block().interface().field("right_bias"));
    b.press(b.rows("field")[1], "up");
    QCOMPARE(b.block().interface().fields.front().name, std::string("bias"));
    b.type(b.rows("field")[1]->findChild<QLineEdit*>("name"), "hidden");
    // The values that uses gave to it go along.
    QVERIFY(b.block().interface().field("hidden"));
    QCOMPARE(std::get<int64_t>(*engine::document::find(b.document().node(3)->fields, "hidden")), int64_t(5));
    QVERIFY(b.project.whole().problems.empty() || !b.project.hasProblems());
    choose("left", "Bias");  // shown already: hidden again
    QVERIFY(!b.block().interface().field("bias"));
    b.press(b.rows("field")[0], "close");
    QVERIFY(!b.block().interface().field("hidden"));
    QVERIFY(!engine::document::find(b.document().node(3)->fields, "hidden") && !b.project.hasProblems());
    const int steps = b.steps();
    while (b.project.undo().canUndo()) b.project.undo().undo();
    QCOMPARE(steps, 6);
    QCOMPARE(b.rows("field").size(), 1);
  }
};

QTEST_MAIN(BlockPageTest)
#include "block_page_test.moc"
