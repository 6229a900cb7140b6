// Blocks on the canvas: they come from the palette, open and close, and are edited with all their uses.
#include <QFile>
#include <QLabel>
#include <QSignalSpy>
#include <QToolButton>

#include "canvas_bench.h"
#include "engine/document/transaction.h"
#include "ui/model/fixes.h"
#include "ui/model/shelf.h"

namespace ui {

namespace {

constexpr NodeId kStem = 11, kBody = 12;

constexpr const char* kProject = R"({
  "netwright": 1, "name": "residual",
  "nodes": [
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [8]}, "position": [0, 0]},
    {"id": "0b", "type": "Dense", "name": "stem", "fields": {"width": 16}, "position": [240, 0]},
    {"id": "0c", "type": "Twice", "name": "body", "position": [480, 0]},
    {"id": "06", "type": "ReLU", "name": "end", "position": [720, 0]}
  ],
  "wires": [
    {"from": "01", "output": 0, "to": "0b", "input": 0}, {"from": "0b", "output": 0, "to": "0c", "input": 0},
    {"from": "0c", "output": 0, "to": "06", "input": 0}
  ],
  "blocks": [
    {"name": "Dense", "about": "A layer with its activation.",
     "exposed": [{"name": "width", "of": [{"node": "22", "field": "out_features"}]}],
     "nodes": [
       {"id": "21", "type": "BlockInput", "name": "x", "position": [0, 0]},
       {"id": "22", "type": "Linear", "name": "linear", "fields": {"out_features": 4}, "position": [240, 0]},
       {"id": "23", "type": "Tanh", "name": "tanh", "position": [480, 0]},
       {"id": "24", "type": "BlockOutput", "name": "y", "position": [720, 0]}],
     "wires": [
       {"from": "21", "output": 0, "to": "22", "input": 0}, {"from": "22", "output": 0, "to": "23", "input": 0},
       {"from": "23", "output": 0, "to": "24", "input": 0}]},
    {"name": "Twice",
     "nodes": [
       {"id": "31", "type": "BlockInput", "name": "x", "position": [0, 0]},
       {"id": "32", "type": "Dense", "name": "one", "fields": {"width": 6}, "position": [240, 0]},
       {"id": "33", "type": "Dense", "name": "two", "fields": {"width": 5}, "position": [480, 0]},
       {"id": "34", "type": "BlockOutput", "name": "y", "position": [720, 0]}],
     "wires": [
       {"from": "31", "output": 0, "to": "32", "input": 0}, {"from": "32", "output": 0, "to": "33", "input": 0},
       {"from": "33", "output": 0, "to": "34", "input": 0}]}
  ]
})";

Document project() {
  auto document = engine::document::parse(kProject, "test.netw");
  if (!document) qFatal("%s", withPlace(document.error()).c_str());
  return *std::move(document);
}

QString outputOf(const Project& project, NodeId id) {
  return QString::fromStdString(engine::toString(project.inference().nodes[*project.shown().indexOf(id)].outputs.at(0).shape));
}

}  // namespace

class OpenBlocksTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    setUpCanvas("open_blocks_test");
    QFile::remove(shelfFolder() + "/Twice.netw");  // of a test that was broken off
  }

  void aUseLooksAsALayerDoes() {
    CanvasBench b(project());
    QVERIFY(!b.project.hasProblems());
    const NodeLook& stem = b.scene().node(kStem)->look();
    QCOMPARE(stem.type, QString("Dense"));
    QCOMPARE(stem.subtitle, QString("Dense, width 16"));
    QCOMPARE(stem.inputs.size(), size_t(1));
    QCOMPARE(stem.inputs[0].label, QString("x"));
    QVERIFY(!stem.count.isEmpty());
    QCOMPARE(outputOf(b.project, kBody), QString("N × 5"));
    b.project.edit("Repeat", [](Transaction& t) { return t.setField(kStem, "repeat", int64_t(3)); });
    QCOMPARE(b.scene().node(kStem)->look().subtitle, QString("Dense, width 16"));
    QCOMPARE(b.scene().node(kStem)->look().repeat, int64_t(3));
    QVERIFY(b.scene().node(kStem)->look().spoken().contains("3 in a row"));
    QCOMPARE(b.scene().node(kInput)->look().repeat, int64_t(0));
  }

  void aDoubleClickOpensAndEscapeLeaves() {
    CanvasBench b(project());
    const QString before = QString::fromStdString(b.text());
    QTest::mouseDClick(b.port(), Qt::LeftButton, {}, b.middleOf(kBody));
    QVERIFY(b.project.isWithin());
    QCOMPARE(b.project.shown().name(), std::string("Twice"));
    QVERIFY(b.scene().node(0x32) && !b.scene().node(kBody));
    // What is wired to the ports there is known within.
    QCOMPARE(outputOf(b.project, 0x31), QString("N × 16"));
    QCOMPARE(outputOf(b.project, 0x33), QString("N × 5"));
    auto* breadcrumb = b.canvas->findChild<QWidget*>("breadcrumb");
    QVERIFY(breadcrumb->isVisible());
    QTest::mouseDClick(b.port(), Qt::LeftButton, {}, b.middleOf(0x33));
    QCOMPARE(b.project.way(), (std::vector<NodeId>{kBody, 0x33}));
    // The field that this use gives holds.
    QCOMPARE(outputOf(b.project, 0x21), QString("N × 6"));
    QCOMPARE(outputOf(b.project, 0x22), QString("N × 5"));
    b.key(Qt::Key_Escape);
    QCOMPARE(b.project.way(), (std::vector<NodeId>{kBody}));
    QCOMPARE(b.project.selection().nodes(), (std::vector<NodeId>{0x33}));
    b.key(Qt::Key_Escape);  // first what is selected
    b.key(Qt::Key_Escape);
    QVERIFY(!b.project.isWithin() && !breadcrumb->isVisible());
    b.key(Qt::Key_Escape);
    b.key(Qt::Key_Escape);
    QCOMPARE(QString::fromStdString(b.text()), before);
    QCOMPARE(b.steps(), 0);
  }

  void whatWasInViewComesBackAsItWas() {
    CanvasBench b(project());
    b.view().setZoom(1.5);
    b.view().pan({-120, 40});
    const QPointF middle = b.view().middle();
    b.project.open(kBody);
    QVERIFY(b.view().zoom() <= 1);  // all of it is seen
    b.view().setZoom(2);
    b.project.leave();
    QCOMPARE(b.view().zoom(), 1.5);
    QVERIFY((b.view().middle() - middle).manhattanLength() < 2);
    b.project.open(kBody);
    QCOMPARE(b.view().zoom(), 2.0);
  }

  // To be edited it is quiet; a port that came into a project's own network by mistake is none of that.
  void theFileOfABlockIsQuiet() {
    for (const ShelfBlock& block : shelf()) {
      Project project;
      project.replace(*block.block.file, {});
      QVERIFY2(!project.hasProblems(), block.block.name.c_str());
      QVERIFY(!project.problems().empty());
      project.edit("Input", [](Transaction& t) {
        const auto id = t.addNode({0, "Input", "", {}, {}, "", ""});
        return id ? engine::Done() : tl::unexpected(id.error());
      });
      QVERIFY2(project.hasProblems(), block.block.name.c_str());
    }
  }

  void theBreadcrumbLeadsBack() {
    CanvasBench b(project());
    b.project.go({kBody, 0x33});
    auto* breadcrumb = b.canvas->findChild<QWidget*>("breadcrumb");
    QList<QToolButton*> ways;
    for (auto* button : breadcrumb->findChildren<QToolButton*>())
      if (!button->isHidden()) ways << button;
    QCOMPARE(ways.size(), 2);
    QCOMPARE(ways[1]->text(), QString("body"));
    QTest::mouseClick(ways[1], Qt::LeftButton);
    QCOMPARE(b.project.way(), (std::vector<NodeId>{kBody}));
    b.project.selection().set({0x32});
    b.trigger("node.open");
    QCOMPARE(b.project.shown().name(), std::string("Dense"));
    b.trigger("node.leave");
    b.trigger("node.leave");
    QVERIFY(!b.project.isWithin());
  }

  void anEditWithinIsOneStepAndHoldsForAllUses() {
    CanvasBench b(project());
    const std::string before = b.text();
    b.project.go({kStem});
    b.project.edit("Set", [](Transaction& t) { return t.setField(0x22, "bias", false); });
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.project.inference().nodes[1].stored.size(), size_t(1));
    b.project.selection().set({0x23});
    b.trigger("edit.delete_heal");
    QCOMPARE(b.steps(), 2);
    QVERIFY(isWired(b.project.shown(), 0x22, 0x24));
    b.project.go({});
    const auto& stored = b.project.inference().nodes[2].stored;
    QCOMPARE(stored.size(), size_t(2));
    QCOMPARE(stored[0].name, std::string("one.linear.weight"));
    // Undone, it is seen where it was made.
    b.project.undo().undo();
    QCOMPARE(b.project.way(), (std::vector<NodeId>{kStem}));
    QVERIFY(b.scene().node(0x23));
    b.project.undo().undo();
    QCOMPARE(b.text(), before);
    b.project.undo().redo();
    b.project.undo().redo();
    QVERIFY(!b.document().block("Dense")->node(0x23));
    b.project.undo().undo();
    b.project.undo().undo();
    QCOMPARE(b.text(), before);
  }

  void wiresAreDrawnWithin() {
    CanvasBench b(project());
    b.project.go({kStem});
    b.view().setZoom(1);
    b.drag(b.outputOf(0x21), b.inputOf(0x23));
    QVERIFY(isWired(b.project.shown(), 0x21, 0x23));
    QVERIFY(isWired(*b.document().block("Dense"), 0x21, 0x23));
    QCOMPARE(b.steps(), 1);
    QCOMPARE(outputOf(b.project, 0x23), QString("N × 8"));
  }

  void layersAndBlocksAreAddedWithin() {
    CanvasBench b(project());
    b.project.go({kBody});
    b.project.selection().set({0x33});
    b.canvas->addNode("Sigmoid");
    QCOMPARE(b.document().block("Twice")->nodes().size(), size_t(5));
    QCOMPARE(b.project.shown().nodes().back()->type, std::string("Sigmoid"));
    // A block of the library comes in with what it uses.
    const size_t blocks = b.document().blocks().size();
    QVERIFY(!shelf().empty());
    const std::string name = shelf().front().block.name;
    b.canvas->addNode(QString::fromStdString(name));
    QCOMPARE(b.project.shown().nodes().back()->type, name);
    QVERIFY(b.document().blocks().size() > blocks);
    QVERIFY(b.project.shown().blocks().empty());
    QCOMPARE(b.steps(), 2);
    b.project.undo().undo();
    QCOMPARE(b.document().blocks().size(), blocks);
    // Not itself.
    for (const engine::Op& op : b.project.choosable()) QVERIFY(op.name() != "Twice" && op.name() != "Input");
  }

  void aBlockOfTheLibraryComesIn() {
    CanvasBench b;
    b.project.selection().set({kRelu});
    b.canvas->addNode("Residual");
    QVERIFY(b.document().block("Residual"));
    QCOMPARE(b.steps(), 1);
    const NodeId id = b.document().nodes().back()->id;
    QVERIFY(isWired(b.document(), kRelu, id));
    QVERIFY(!b.scene().node(id)->look().inputs.empty());
    b.canvas->addNode("Residual");
    QCOMPARE(b.document().nodes().back()->name, std::string("residual_2"));
    const size_t blocks = b.document().blocks().size();
    b.trigger("node.detach");
    QCOMPARE(b.document().blocks().size(), blocks + 1);
    QCOMPARE(b.document().nodes().back()->type, std::string("Residual_2"));
    b.project.undo().undo();
    b.project.undo().undo();
    b.project.undo().undo();
    QVERIFY(b.document().blocks().empty());
  }

  void everyBlockOfTheLibraryMayBeAdded() {
    for (const ShelfBlock& block : shelf()) {
      CanvasBench b(Document{});
      b.canvas->addNode(QString::fromStdString(block.block.name));
      QCOMPARE(b.document().nodes().size(), size_t(1));
      const NodeId id = b.document().nodes().front()->id;
      b.project.open(id);
      QVERIFY(b.project.isWithin());
      // Nothing is wired to it: that is said of the use, and nothing of what is within.
      QVERIFY2(b.project.problemsInView().empty(), b.project.problemsInView().empty() ? "" : (block.block.name + ": " + toString(b.project.problemsInView().front())).c_str());
    }
  }

  void aProblemWithinLeadsThere() {
    CanvasBench b(project());
    b.project.edit("Break", [](Transaction& t) { return t.setField(kBody, "repeat", int64_t(2)); });  // 16 in, 5 out: it fits all the same
    QVERIFY(!b.project.hasProblems());
    b.project.go({kBody});
    b.project.edit("Break", [](Transaction& t) { return t.disconnect(0x33, 0); });
    b.project.go({});
    QVERIFY(b.project.hasProblems());
    const engine::Problem problem = b.project.problems().front();
    QCOMPARE(b.project.whereIs(problem.node).name, std::string("body.0.two"));
    QCOMPARE(b.scene().node(kBody)->look().state, NodeLook::State::problem);
    b.project.reveal(problem.node);
    QCOMPARE(b.project.way(), (std::vector<NodeId>{kBody}));
    QCOMPARE(b.project.selection().nodes(), (std::vector<NodeId>{0x33}));
    QCOMPARE(b.scene().node(0x33)->look().state, NodeLook::State::problem);
  }

  void whatIsOpenMayGo() {
    CanvasBench b(project());
    b.project.go({kBody, 0x33});
    b.project.editWhole("Remove", [](Transaction& t) { return t.removeNode(kBody); });
    QVERIFY(!b.project.isWithin());
    QVERIFY(b.scene().node(kStem) && !b.scene().node(kBody));
    b.project.undo().undo();
    QVERIFY(b.scene().node(0x22) || b.scene().node(kBody));
    b.project.go({kBody, 0x33});
    b.project.replace(network(), {});
    QVERIFY(!b.project.isWithin() && b.scene().node(kConv));
  }

  // A block that is kept is there for other projects, also after a new start.
  void aBlockOfOnesOwnIsKept() {
    QVERIFY(!shelfBlock("Twice"));
    CanvasBench b(project());
    b.project.selection().set({kBody});
    QSignalSpy told(&shelfWatcher(), &ShelfWatcher::changed);
    b.trigger("node.save_block");
    QCOMPARE(told.count(), 1);
    QVERIFY(shelfBlock("Twice") && shelfBlock("Twice")->own);
    CanvasBench other;
    other.project.selection().set({kLinear});
    other.canvas->addNode("Twice");
    QVERIFY(*other.document().block("Twice") == *b.document().block("Twice"));
    QVERIFY(*other.document().block("Dense") == *b.document().block("Dense"));
    QVERIFY(QFile::remove(shelfFolder() + "/Twice.netw"));
  }

  void copiesCrossTheBorder() {
    CanvasBench b(project());
    b.project.go({kStem});
    b.project.selection().set({0x22, 0x23});
    b.trigger("edit.copy");
    b.project.go({});
    b.trigger("edit.paste");
    QCOMPARE(b.document().nodes().size(), size_t(6));
    // A use takes its block along to another project.
    b.project.selection().set({kBody});
    b.trigger("edit.copy");
    CanvasBench other;
    other.trigger("edit.paste");
    QVERIFY(other.document().block("Twice") && other.document().block("Dense"));
    QVERIFY(!other.project.hasProblems() || other.project.problems().front().place.kind == engine::Place::Kind::input);
  }
};

}  // namespace ui

QTEST_MAIN(ui::OpenBlocksTest)
#include "open_blocks_test.moc"
