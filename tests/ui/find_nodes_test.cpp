// Ctrl+F in the real window: nodes of the network in view, of its blocks, and around an open one.
#include <QLineEdit>
#include <QListView>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "engine/document/json.h"
#include "tests/ui/own_settings.h"
#include "ui/canvas/canvas.h"
#include "ui/palette/command_palette.h"
#include "ui/shell/main_window.h"

using engine::NodeId;
using Ids = std::vector<NodeId>;

namespace {

// Two blocks, one within the other; the nodes in it have ids that others around them have too. Nothing uses the third one.
constexpr const char* kProject = R"({
  "netwright": 1, "name": "nest",
  "nodes": [
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [8]}, "position": [0, 0]},
    {"id": "02", "type": "Outer", "name": "body", "position": [240, 0]},
    {"id": "03", "type": "ReLU", "name": "last", "position": [480, 0]}],
  "wires": [{"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "02", "output": 0, "to": "03", "input": 0}],
  "blocks": [
    {"name": "Inner",
     "nodes": [{"id": "01", "type": "BlockInput", "name": "x"}, {"id": "02", "type": "Linear", "name": "deep", "fields": {"out_features": 8}},
               {"id": "03", "type": "BlockOutput", "name": "y"}],
     "wires": [{"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "02", "output": 0, "to": "03", "input": 0}]},
    {"name": "Outer",
     "nodes": [{"id": "01", "type": "BlockInput", "name": "x"}, {"id": "02", "type": "Inner", "name": "part"}, {"id": "04", "type": "Tanh", "name": "middle"},
               {"id": "03", "type": "BlockOutput", "name": "y"}],
     "wires": [{"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "02", "output": 0, "to": "04", "input": 0},
               {"from": "04", "output": 0, "to": "03", "input": 0}]},
    {"name": "Spare",
     "nodes": [{"id": "01", "type": "BlockInput", "name": "x"}, {"id": "02", "type": "Linear", "name": "unused", "fields": {"out_features": 8}},
               {"id": "03", "type": "BlockOutput", "name": "y"}],
     "wires": [{"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "02", "output": 0, "to": "03", "input": 0}]}
  ]
})";

struct Window {
  ui::MainWindow main;
  ui::Project& project = main.project();

  Window() {
    main.show();
    project.replace(*engine::document::parse(kProject), {});
    main.showWelcome(false);
    QCoreApplication::processEvents();
    main.actions().refresh();
  }
  void find(const QString& text) {
    main.actions().trigger("edit.find");
    auto* search = main.findChild<QLineEdit*>("command_search");
    QVERIFY(search->hasFocus());
    QTest::keyClicks(search, text);
  }
  void choose() { QTest::keyClick(main.findChild<QLineEdit*>("command_search"), Qt::Key_Return); }
  int found() { return main.findChild<ui::CommandPalette*>("command_palette")->findChild<QListView*>()->model()->rowCount(); }
  Ids selected() { return project.selection().nodes(); }
};

}  // namespace

class FindNodesTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { useOwnSettings(folder_); }
  void init() { QSettings().clear(); }

  void nodesOfBlocksAreFound() {
    Window w;
    w.find("deep");
    w.choose();
    QCOMPARE(w.project.way(), (Ids{2, 2}));
    QCOMPARE(w.selected(), Ids{2});
    w.find("middle");
    w.choose();
    QCOMPARE(w.project.way(), Ids{2});
    QCOMPARE(w.selected(), Ids{4});
    w.find("last");  // around it
    w.choose();
    QCOMPARE(w.project.way(), Ids{});
    QCOMPARE(w.selected(), Ids{3});
    QCOMPARE(w.project.undo().count(), 0);
  }

  // By the block that they are in, too; and those in view come first.
  void whereTheyAreIsSearchedToo() {
    Window w;
    w.find("linear in inner");
    w.choose();
    QCOMPARE(w.project.way(), (Ids{2, 2}));
    w.project.go({});
    w.project.go({2});
    w.find("Linear");
    w.choose();
    QCOMPARE(w.project.way(), (Ids{2, 2}));
  }

  void whatNothingUsesIsNowhere() {
    Window w;
    w.find("unused");
    QCOMPARE(w.found(), 0);
    w.choose();
    QCOMPARE(w.project.way(), Ids{});
  }

 private:
  QTemporaryDir folder_;
};

QTEST_MAIN(FindNodesTest)
#include "find_nodes_test.moc"
