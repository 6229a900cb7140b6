// The canvas as hands and keys use it: what each gesture does to the document, in how many undo steps, and that Esc, a
// loss of focus and a trembling hand do nothing.
#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QImage>
#include <QLineEdit>
#include <QMainWindow>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include "engine/document/json.h"
#include "ui/canvas/canvas.h"
#include "ui/model/op_mime.h"
#include "ui/canvas/cards.h"
#include "ui/canvas/quick_add.h"
#include "ui/canvas/view.h"

using engine::NodeId;
using engine::document::Document;
using engine::document::Node;
using engine::document::Position;
using engine::document::Transaction;
using namespace ui;

namespace {

constexpr NodeId kInput = 1, kConv = 2, kRelu = 3, kLinear = 4, kLoose = 5, kTarget = 6;

// in -> conv -> relu in a row; linear behind them and a dropout below are free, a target stands lower.
Document network() {
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

struct Bench {
  Project project;
  QMainWindow window;
  Actions actions{&window};
  Canvas* canvas = new Canvas(project, actions, &window);

  explicit Bench(Document document = network()) {
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

bool isWired(const Document& document, NodeId from, NodeId to, int input = 0) {
  const auto* wire = document.wireInto(to, input);
  return wire && wire->from == from;
}

}  // namespace

class CanvasTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    QCoreApplication::setOrganizationName("netwright");
    QCoreApplication::setApplicationName("canvas_test");
    QSettings().clear();
    Q_INIT_RESOURCE(ui_resources);
  }

  // ---------------------------------------------------------------- what is drawn ----

  void anItemForEachNodeAndWire() {
    Bench b;
    QCOMPARE(b.scene().nodes().size(), size_t(6));
    QCOMPARE(b.scene().wires().size(), size_t(2));
    QCOMPARE(b.scene().node(kConv)->look().shape, QString("8 × 26 × 26"));
    QCOMPARE(b.scene().node(kConv)->look().subtitle, QString("Conv2d, 8 of 3 × 3"));
    QCOMPARE(b.scene().node(kConv)->look().count, QString("80 params"));
    QVERIFY(b.scene().node(kLinear)->look().state == NodeLook::State::problem);
    QVERIFY(b.scene().node(kRelu)->look().state == NodeLook::State::fine);
  }

  void aFieldMakesNoItemsAndFewLooks() {
    Bench b;
    const Scene::Counters before = b.scene().counters;
    QVERIFY(
        b.project.edit("Out channels", [](Transaction& t) { return t.setField(kConv, "out_channels", int64_t(16)); }));
    QCOMPARE(b.scene().counters.created, before.created);
    QCOMPARE(b.scene().counters.destroyed, before.destroyed);
    QCOMPARE(b.scene().counters.rebuilds, before.rebuilds);
    QCOMPARE(b.scene().counters.looks, before.looks + 2);  // conv, and relu whose shape follows
    QCOMPARE(b.scene().node(kRelu)->look().shape, QString("16 × 26 × 26"));
  }

  void movingMakesOneLook() {
    Bench b;
    const Scene::Counters before = b.scene().counters;
    b.drag(b.middleOf(kLoose), b.middleOf(kLoose) + QPoint(80, 0));
    QCOMPARE(b.scene().counters.created, before.created);
    QCOMPARE(b.scene().counters.looks, before.looks + 1);
  }

  void nodesWithoutPositionStandApart() {
    Document::Parts parts;
    for (NodeId id = 1; id <= 20; ++id) {
      Node node;
      node.id = id, node.type = id % 3 ? "ReLU" : "Add", node.name = "n" + std::to_string(id);
      parts.nodes.push_back(node);
      if (id > 1) parts.wires.push_back({id - 1, 0, id, 0, {}});
    }
    Bench b(*Document::assemble(std::move(parts)));
    const auto nodes = b.scene().nodes();
    for (const NodeItem* one : nodes)
      for (const NodeItem* other : nodes)
        if (one != other) QVERIFY(!one->nodeRect().intersects(other->nodeRect()));
    // A long chain is broken into rows.
    QVERIFY(b.scene().contentRect().width() < 4 * b.scene().contentRect().height());
    // The first move keeps what was seen.
    const QPointF seen = b.scene().positionOf(7);
    b.view().show(b.scene().node(3)->nodeRect());
    b.drag(b.middleOf(3), b.middleOf(3) + QPoint(40, 40));
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.positionOf(7), seen);
  }

  // -------------------------------------------------------------- select and move ----

  void clicksSelect() {
    Bench b;
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, b.middleOf(kConv));
    QCOMPARE(b.project.selection().nodes(), std::vector<NodeId>{kConv});
    QTest::mouseClick(b.port(), Qt::LeftButton, Qt::ControlModifier, b.middleOf(kRelu));
    QCOMPARE(b.project.selection().nodes(), (std::vector<NodeId>{kConv, kRelu}));
    QTest::mouseClick(b.port(), Qt::LeftButton, Qt::ControlModifier, b.middleOf(kConv));
    QCOMPARE(b.project.selection().nodes(), std::vector<NodeId>{kRelu});
    const QPointF wire = (b.scene().node(kInput)->outputAt(0) + b.scene().node(kConv)->inputAt(0)) / 2;
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, b.at(wire));
    QVERIFY(b.project.selection().has(WireEnd{kConv, 0}));
    QVERIFY(b.project.selection().nodes().empty());
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, b.at({600, 300}));
    QVERIFY(b.project.selection().empty());
    QCOMPARE(b.steps(), 0);
  }

  void aDragMovesInOneStepOnTheGrid() {
    Bench b;
    b.drag(b.middleOf(kLoose), b.middleOf(kLoose) + QPoint(101, 51));
    QCOMPARE(b.positionOf(kLoose), QPointF(344, 288));
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.lastStep(), QString("Move layer"));
    b.project.undo().undo();
    QCOMPARE(b.scene().node(kLoose)->pos(), QPointF(240, 240));
  }

  void shiftLeavesTheGrid() {
    Bench b;
    b.drag(b.middleOf(kLoose), b.middleOf(kLoose) + QPoint(101, 51), Qt::ShiftModifier);
    QCOMPARE(b.positionOf(kLoose), QPointF(341, 291));
  }

  void severalMoveTogether() {
    Bench b;
    b.project.selection().set({kLoose, kTarget});
    b.drag(b.middleOf(kLoose), b.middleOf(kLoose) + QPoint(80, 80));
    QCOMPARE(b.positionOf(kTarget), QPointF(80, 320));
    QCOMPARE(b.lastStep(), QString("Move 2 layers"));
    QCOMPARE(b.steps(), 1);
  }

  void escFocusAndJitterLeaveEverything() {
    Bench b;
    const std::string before = b.text();
    b.hold(b.middleOf(kConv), b.middleOf(kConv) + QPoint(90, 90));
    QCOMPARE(b.scene().node(kConv)->pos(), QPointF(328, 88));
    b.key(Qt::Key_Escape);
    QCOMPARE(b.scene().node(kConv)->pos(), QPointF(240, 0));
    QVERIFY(!b.view().tool());
    b.send(QEvent::MouseButtonRelease, b.middleOf(kConv), {});

    b.hold(b.middleOf(kConv), b.middleOf(kConv) + QPoint(90, 90));
    QFocusEvent out(QEvent::FocusOut);
    QApplication::sendEvent(&b.view(), &out);
    QCOMPARE(b.scene().node(kConv)->pos(), QPointF(240, 0));
    b.send(QEvent::MouseButtonRelease, b.middleOf(kConv), {});

    for (const QPoint start : {b.middleOf(kConv), b.outputOf(kConv), b.inputOf(kRelu), b.at({600, 300})})
      b.drag(start, start + QPoint(2, 0));
    QCOMPARE(b.text(), before);
    QCOMPARE(b.steps(), 0);
  }

  void anotherEditEndsTheGesture() {
    Bench b;
    b.hold(b.middleOf(kLoose), b.middleOf(kLoose) + QPoint(80, 0));
    b.project.edit("Delete", [](Transaction& t) { return t.removeNode(kLoose); });
    QVERIFY(!b.view().tool());
    b.send(QEvent::MouseButtonRelease, b.at({400, 300}), {});
    QCOMPARE(b.steps(), 1);
    b.hold(b.middleOf(kConv), b.middleOf(kConv) + QPoint(80, 0));
    b.project.replace(Document(), {});
    QVERIFY(!b.view().tool());
    QVERIFY(b.scene().nodes().empty());
  }

  void theBandSelectsWhatItTouches() {
    Bench b;
    b.project.selection().set({kLinear});
    b.hold(b.at({-40, 200}), b.at({300, 400}));
    QCOMPARE(b.project.selection().nodes(), (std::vector<NodeId>{kLoose, kTarget}));
    b.key(Qt::Key_Escape);
    QCOMPARE(b.project.selection().nodes(), std::vector<NodeId>{kLinear});
    b.send(QEvent::MouseButtonRelease, b.at({300, 400}), {});
    b.drag(b.at({-40, 200}), b.at({300, 400}), Qt::ControlModifier);
    QCOMPARE(b.project.selection().nodes(), (std::vector<NodeId>{kLinear, kLoose, kTarget}));
    QCOMPARE(b.steps(), 0);
  }

  // ------------------------------------------------------------------------ wires ----

  void aWireIsDrawnEitherWay() {
    Bench b;
    b.drag(b.outputOf(kRelu), b.inputOf(kLoose) + QPoint(-12, 6));  // snaps
    QVERIFY(isWired(b.document(), kRelu, kLoose));
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.lastStep(), QString("Connect"));
    b.project.undo().undo();
    b.drag(b.inputOf(kLoose), b.outputOf(kRelu));
    QVERIFY(isWired(b.document(), kRelu, kLoose));
    QCOMPARE(b.steps(), 1);
  }

  void aTakenInputIsReplacedInTheSameStep() {
    Bench b;
    b.drag(b.outputOf(kInput), b.inputOf(kRelu));
    QVERIFY(isWired(b.document(), kInput, kRelu));
    QCOMPARE(b.steps(), 1);
    b.project.undo().undo();
    QVERIFY(isWired(b.document(), kConv, kRelu));
  }

  void whileDraggingOnlyWhatFitsStaysLit() {
    Bench b;
    b.hold(b.outputOf(kTarget), b.outputOf(kTarget) + QPoint(40, 40));
    QVERIFY(b.scene().node(kConv)->marks().faded);
    QVERIFY(!b.scene().node(kTarget)->marks().faded);
    b.key(Qt::Key_Escape);
    QVERIFY(!b.scene().node(kConv)->marks().faded);
    b.hold(b.outputOf(kRelu), b.outputOf(kRelu) + QPoint(20, 60));
    QCOMPARE(b.scene().node(kLoose)->marks().ringInputs, std::vector<bool>{true});
    QVERIFY(b.scene().node(kInput)->marks().faded);
    b.key(Qt::Key_Escape);
    QVERIFY(!b.scene().draft().isVisible());
    QCOMPARE(b.steps(), 0);
  }

  void aLoopIsRefusedWithItsReason() {
    Bench b;
    b.project.edit("Connect", [](Transaction& t) { return t.connect(kRelu, 0, kLoose, 0); });
    const std::string before = b.text();
    b.hold(b.outputOf(kLoose), b.inputOf(kConv));
    QVERIFY(b.view().reasonCard().isVisible());
    QVERIFY(b.view().reasonCard().text().contains("cycles"));
    QVERIFY(b.scene().draft().kind() == DraftItem::Kind::refused);
    b.send(QEvent::MouseButtonRelease, b.inputOf(kConv), {});
    QVERIFY(!b.view().reasonCard().isVisible());
    QCOMPARE(b.text(), before);
    QCOMPARE(b.steps(), 1);
  }

  void whatDoesNotFitSaysWhyAndMayBeConnected() {
    Bench b;
    b.hold(b.outputOf(kTarget), b.inputOf(kLoose));
    QVERIFY(b.view().reasonCard().isVisible());
    QVERIFY(b.view().reasonCard().text().contains("numbers with a fraction"));
    b.send(QEvent::MouseButtonRelease, b.inputOf(kLoose), {});
    QVERIFY(isWired(b.document(), kTarget, kLoose));
    QVERIFY(b.project.problemOf(kLoose));
    QCOMPARE(b.steps(), 1);
  }

  void aFlattenIsPutBetweenByLettingGo() {
    Bench b;
    b.hold(b.outputOf(kRelu), b.inputOf(kLinear));
    QVERIFY(b.view().reasonCard().text().contains("Flatten"));
    b.send(QEvent::MouseButtonRelease, b.inputOf(kLinear), {});
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.document().nodes().size(), size_t(7));
    const Node& flatten = *b.document().nodes().back();
    QCOMPARE(flatten.type, std::string("Flatten"));
    QVERIFY(isWired(b.document(), kRelu, flatten.id) && isWired(b.document(), flatten.id, kLinear));
  }

  void aWireEndIsTakenOff() {
    Bench b;
    const std::string before = b.text();
    b.hold(b.inputOf(kRelu), b.at({560, 300}));
    b.key(Qt::Key_Escape);
    QVERIFY(b.scene().wire({kRelu, 0})->isVisible());
    b.send(QEvent::MouseButtonRelease, b.at({560, 300}), {});
    QCOMPARE(b.text(), before);
    b.drag(b.inputOf(kRelu), b.at({560, 300}));
    QVERIFY(!b.document().wireInto(kRelu, 0));
    QCOMPARE(b.lastStep(), QString("Disconnect wire"));
    b.project.undo().undo();
    b.drag(b.inputOf(kRelu), b.inputOf(kLoose));
    QVERIFY(!b.document().wireInto(kRelu, 0) && isWired(b.document(), kConv, kLoose));
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.lastStep(), QString("Move wire"));
  }

  void altClickDropsAPortsWires() {
    Bench b;
    b.drag(b.outputOf(kConv), b.inputOf(kLoose));
    QTest::mouseClick(b.port(), Qt::LeftButton, Qt::AltModifier, b.outputOf(kConv));
    QVERIFY(b.document().wiresFrom(kConv).empty());
    QCOMPARE(b.lastStep(), QString("Disconnect 2 wires"));
    QCOMPARE(b.steps(), 2);
  }

  void aWireInTheOpenAsksForALayer() {
    Bench b;
    b.drag(b.outputOf(kRelu), b.at({600, 300}));
    QuickAdd& add = b.canvas->quickAdd();
    QVERIFY(add.isVisible());
    QCOMPARE(b.steps(), 0);
    for (int i = 0; i < add.choices().count(); ++i) QVERIFY(add.choices().at(i).fits);
    QTest::keyClicks(&add.field(), "maxpool");
    QCOMPARE(add.choices().at(0).op, QString("MaxPool2d"));
    QCOMPARE(add.choices().at(0).gives, QString("8 × 13 × 13"));
    QTest::keyClick(&add.field(), Qt::Key_Return);
    QCOMPARE(b.steps(), 1);
    QVERIFY(isWired(b.document(), kRelu, b.document().nodes().back()->id));
    QVERIFY(!add.isVisible());
    QCOMPARE(b.project.selection().current(), b.document().nodes().back()->id);
  }

  // -------------------------------------------------------------------------- add ----

  void escClosesQuickAddWithoutATrace() {
    Bench b;
    QTest::mouseDClick(b.port(), Qt::LeftButton, {}, b.at({600, 300}));
    QVERIFY(b.canvas->quickAdd().isVisible());
    QTest::keyClick(&b.canvas->quickAdd().field(), Qt::Key_Escape);
    QVERIFY(!b.canvas->quickAdd().isVisible());
    QVERIFY(b.view().hasFocus());
    QCOMPARE(b.steps(), 0);
  }

  void spaceTappedAsksAndSpaceHeldPans() {
    Bench b;
    QTest::keyPress(&b.view(), Qt::Key_Space);
    const QPointF before = b.view().middle();
    b.drag(b.at({600, 300}), b.at({600, 300}) + QPoint(50, 30));
    QTest::keyRelease(&b.view(), Qt::Key_Space);
    QVERIFY(!b.canvas->quickAdd().isVisible());
    QCOMPARE((before - b.view().middle()).toPoint(), QPoint(50, 30));
    b.key(Qt::Key_Space);
    QVERIFY(b.canvas->quickAdd().isVisible());
  }

  void whatIsAddedIsWiredToTheSelection() {
    Bench b;
    b.project.selection().set({kRelu});
    b.canvas->addNode("MaxPool2d");
    const NodeId pool = b.document().nodes().back()->id;
    QVERIFY(isWired(b.document(), kRelu, pool));
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.lastStep(), QString("Add MaxPool2d"));
    for (const NodeItem* other : b.scene().nodes())
      if (other->id() != pool) QVERIFY(!other->nodeRect().intersects(b.scene().node(pool)->nodeRect()));
    b.project.selection().set({kInput, kRelu});
    b.canvas->addNode("Concatenate");
    const NodeId both = b.document().nodes().back()->id;
    QVERIFY(isWired(b.document(), kInput, both, 0) && isWired(b.document(), kRelu, both, 1));
    b.project.selection().clear();
    b.canvas->addNode("Input");
    QVERIFY(b.document().nodes().back()->fields == b.document().node(kInput)->fields);
  }

  void aLossFindsItsTarget() {
    Bench b;
    b.project.edit("Connect", [](Transaction& t) { return t.connect(kRelu, 0, kLinear, 0); });
    b.project.edit("Flatten", [](Transaction& t) -> engine::Done {
      Node node;
      node.type = "Flatten";
      const auto id = t.addNode(node);
      if (auto done = t.connect(kRelu, 0, *id, 0); !done) return done;
      return t.connect(*id, 0, kLinear, 0);
    });
    b.project.selection().set({kLinear});
    b.canvas->addNode("CrossEntropyLoss");
    const NodeId loss = b.document().nodes().back()->id;
    QVERIFY(isWired(b.document(), kLinear, loss, 0) && isWired(b.document(), kTarget, loss, 1));
    const engine::Problem* problem = b.project.problemOf(loss);
    QVERIFY(!problem || problem->severity == engine::Severity::lint);
  }

  void aDropAddsOrGoesIntoTheWire() {
    Bench b;
    const auto drop = [&](QPoint at, Qt::KeyboardModifiers modifiers) {
      const std::unique_ptr<QMimeData> data(opMimeData("BatchNorm2d"));
      QDragEnterEvent enter(at, Qt::CopyAction, data.get(), Qt::LeftButton, modifiers);
      QApplication::sendEvent(b.port(), &enter);
      QVERIFY(enter.isAccepted());
      QDropEvent release(at, Qt::CopyAction, data.get(), Qt::LeftButton, modifiers);
      QApplication::sendEvent(b.port(), &release);
    };
    drop(b.at({600, 300}), {});
    QCOMPARE(b.document().nodes().size(), size_t(7));
    QCOMPARE(b.lastStep(), QString("Add BatchNorm2d"));
    const QPointF wire = (b.scene().node(kConv)->outputAt(0) + b.scene().node(kRelu)->inputAt(0)) / 2;
    drop(b.at(wire), Qt::AltModifier);
    QVERIFY(isWired(b.document(), kConv, kRelu));
    b.project.undo().undo();
    drop(b.at(wire), {});
    const NodeId norm = b.document().nodes().back()->id;
    QVERIFY(isWired(b.document(), kConv, norm) && isWired(b.document(), norm, kRelu));
    QVERIFY(!b.scene().node(norm)->nodeRect().intersects(b.scene().node(kRelu)->nodeRect()));
    QCOMPARE(b.steps(), 2);
    QMimeData other;
    other.setText("Conv2d");
    QDragEnterEvent enter(QPoint(10, 10), Qt::CopyAction, &other, Qt::LeftButton, {});
    QApplication::sendEvent(b.port(), &enter);
    QVERIFY(!enter.isAccepted());
  }

  void aFreeNodeHeldOverAWireGoesIn() {
    Bench b;
    const QPointF wire = (b.scene().node(kConv)->outputAt(0) + b.scene().node(kRelu)->inputAt(0)) / 2;
    const NodeItem* loose = b.scene().node(kLoose);
    const QPoint grab = b.at(loose->nodeRect().center()), over = b.at(wire);
    b.hold(grab, over);
    QVERIFY(b.scene().wire({kRelu, 0})->marks().accent);
    b.key(Qt::Key_Escape);
    QVERIFY(!b.scene().wire({kRelu, 0})->marks().accent);
    b.send(QEvent::MouseButtonRelease, over, {});
    b.drag(grab, over, Qt::AltModifier);
    QVERIFY(isWired(b.document(), kConv, kRelu));
    b.project.undo().undo();
    b.drag(grab, over);
    QVERIFY(isWired(b.document(), kConv, kLoose) && isWired(b.document(), kLoose, kRelu));
    QCOMPARE(b.steps(), 1);
  }

  // --------------------------------------------------------- delete, copy, rename ----

  void deletingAndJoining() {
    Bench b;
    const std::string before = b.text();
    b.project.selection().set({kConv});
    b.key(Qt::Key_Delete);
    QVERIFY(!b.document().node(kConv) && !b.document().wireInto(kRelu, 0));
    QCOMPARE(b.lastStep(), QString("Delete layer"));
    b.project.undo().undo();
    QCOMPARE(b.text(), before);
    QCOMPARE(b.project.selection().nodes(), std::vector<NodeId>{kConv});
    b.key(Qt::Key_Backspace);
    QVERIFY(isWired(b.document(), kInput, kRelu));
    QCOMPARE(b.steps(), 1);
    b.project.undo().undo();
    b.project.selection().set({}, {WireEnd{kRelu, 0}});
    b.key(Qt::Key_Delete);
    QVERIFY(b.document().node(kConv) && !b.document().wireInto(kRelu, 0));
    QCOMPARE(b.lastStep(), QString("Delete wire"));
  }

  void theClipboardIsTextAndCrossesWindows() {
    Bench b, other;
    b.project.selection().set({kConv, kRelu});
    b.trigger("edit.copy");
    QCOMPARE(b.steps(), 0);
    other.trigger("edit.paste");
    QCOMPARE(other.steps(), 1);
    QCOMPARE(other.lastStep(), QString("Paste 2 layers"));
    QCOMPARE(other.document().nodes().size(), size_t(8));
    const auto& added = other.project.selection().nodes();
    QCOMPARE(added.size(), size_t(2));
    QVERIFY(isWired(other.document(), added[0], added[1]));
    QVERIFY(!other.document().wireInto(added[0], 0));
    b.trigger("edit.paste_wired");
    QVERIFY(isWired(b.document(), kInput, b.project.selection().nodes()[0]));
    b.project.selection().set({kLoose});
    b.trigger("edit.cut");
    QVERIFY(!b.document().node(kLoose));
    b.trigger("edit.paste");
    QCOMPARE(b.document().nodes().back()->name, std::string("loose"));
  }

  void badClipboardTextIsIgnoredWithAReason() {
    Bench b;
    for (const char* text : {"", "hello", "{\"netwright\": 1, \"nodes\": 7}",
                             "{\"netwright\": 1, \"nodes\": [{\"id\": \"1\"", "{\"netwright\": 1}"}) {
      QApplication::clipboard()->setText(text);
      b.actions.refresh();
      QVERIFY(!b.actions["edit.paste"]->isEnabled());
      QVERIFY(!b.actions["edit.paste"]->property("whyNot").toString().isEmpty());
      b.trigger("edit.paste");
    }
    QCOMPARE(b.steps(), 0);
  }

  void aDuplicateIsFedAsItsOriginal() {
    Bench b;
    b.project.selection().set({kRelu});
    b.key(Qt::Key_D, Qt::ControlModifier);
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.lastStep(), QString("Duplicate layer"));
    const Node& copy = *b.document().nodes().back();
    QCOMPARE(copy.name, std::string("relu_2"));
    QVERIFY(isWired(b.document(), kConv, copy.id));
  }

  void namesAreEditedInPlace() {
    Bench b;
    b.project.selection().set({kConv});
    b.key(Qt::Key_F2);
    auto* field = b.port()->findChild<QLineEdit*>("canvas.name");
    QVERIFY(field && field->hasFocus());
    QTest::keyClicks(field, "stem");
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(b.document().node(kConv)->name, std::string("stem"));
    QCOMPARE(b.steps(), 1);
    QTRY_VERIFY(!b.port()->findChild<QLineEdit*>("canvas.name"));
    QTest::mouseDClick(b.port(), Qt::LeftButton, {}, b.at(b.scene().node(kConv)->pos() + QPointF(60, 14)));
    field = b.port()->findChild<QLineEdit*>("canvas.name");
    QVERIFY(field);
    QTest::keyClicks(field, "other");
    QTest::keyClick(field, Qt::Key_Escape);
    QCOMPARE(b.document().node(kConv)->name, std::string("stem"));
    QCOMPARE(b.steps(), 1);
    QVERIFY(b.view().hasFocus());
    b.key(Qt::Key_F2);
    QTRY_VERIFY(b.port()->findChild<QLineEdit*>("canvas.name"));
    b.view().setFocus();
    QTRY_VERIFY(!b.port()->findChild<QLineEdit*>("canvas.name"));
    QCOMPARE(b.steps(), 1);
  }

  void alignAndDropWires() {
    Bench b;
    b.project.selection().set({kConv, kLoose});
    b.trigger("node.align_top");
    QCOMPARE(b.positionOf(kLoose).y(), 0.0);
    QCOMPARE(b.lastStep(), QString("Align 2 layers"));
    b.project.undo().undo();
    b.project.selection().set({kConv});
    b.trigger("node.disconnect");
    QVERIFY(b.document().wires().empty());
    QCOMPARE(b.steps(), 1);
  }

  // ----------------------------------------------------------------------- camera ----

  void theWheelZoomsAtThePointer() {
    Bench b;
    const QPointF at(700, 200);
    const QPointF under = b.view().mapToScene(at.toPoint());
    QWheelEvent wheel(at, b.port()->mapToGlobal(at), {}, {0, 120}, Qt::NoButton, {}, Qt::NoScrollPhase, false);
    QApplication::sendEvent(b.port(), &wheel);
    QVERIFY(b.view().zoom() > 1.1);
    const QPointF off = b.view().mapToScene(at.toPoint()) - under;
    QVERIFY2(std::abs(off.x()) < 2 && std::abs(off.y()) < 2, qPrintable(QString("%1 %2").arg(off.x()).arg(off.y())));
    for (int i = 0; i < 60; ++i) b.trigger("view.zoom_in");
    QCOMPARE(b.view().zoom(), 4.0);
    for (int i = 0; i < 60; ++i) b.view().setZoom(b.view().zoom() / 1.2);
    QCOMPARE(b.view().zoom(), 0.05);
    b.key(Qt::Key_Home);
    QVERIFY(b.view().visiblePart().contains(b.scene().contentRect()));
    b.project.selection().set({kLoose});
    b.key(Qt::Key_F);
    QVERIFY(b.view().visiblePart().contains(b.scene().node(kLoose)->nodeRect()));
    QCOMPARE(b.view().zoom(), 1.0);
  }

  void theMiddleButtonPans() {
    Bench b;
    const QPointF before = b.view().middle();
    QTest::mousePress(b.port(), Qt::MiddleButton, {}, QPoint(300, 300));
    QTest::mouseMove(b.port(), QPoint(340, 310));
    QTest::mouseRelease(b.port(), Qt::MiddleButton, {}, QPoint(340, 310));
    QCOMPARE((before - b.view().middle()).toPoint(), QPoint(40, 10));
    auto* map = b.canvas->findChild<QWidget*>("canvas.minimap");
    QVERIFY(map->isVisible());
    b.view().setZoom(2);
    QTest::mouseClick(map, Qt::LeftButton, {}, QPoint(20, 40));
    const double left = b.view().middle().x();
    QTest::mouseClick(map, Qt::LeftButton, {}, QPoint(140, 40));
    QVERIFY(b.view().middle().x() > left + 100);
  }

  // --------------------------------------------------------------------- keyboard ----

  void tabWalksInTheOrderOfTheData() {
    Bench b;
    std::vector<NodeId> walked;
    for (int i = 0; i < 6; ++i) {
      b.key(Qt::Key_Tab);
      walked.push_back(b.project.selection().current());
    }
    const auto place = [&](NodeId id) { return std::find(walked.begin(), walked.end(), id) - walked.begin(); };
    QVERIFY(place(kInput) < place(kConv) && place(kConv) < place(kRelu) && place(kRelu) < 6);
    b.key(Qt::Key_Backtab);
    QCOMPARE(b.project.selection().current(), walked[4]);
  }

  void arrowsWalkAndNudge() {
    Bench b;
    b.project.selection().set({kConv});
    b.key(Qt::Key_Right);
    QCOMPARE(b.project.selection().current(), kRelu);
    b.key(Qt::Key_Left);
    b.key(Qt::Key_Down);
    QCOMPARE(b.project.selection().current(), kLoose);
    QCOMPARE(b.steps(), 0);
    b.key(Qt::Key_Right, Qt::ShiftModifier);
    b.key(Qt::Key_Right, Qt::ShiftModifier);
    b.key(Qt::Key_Down, Qt::ControlModifier);
    QCOMPARE(b.positionOf(kLoose), QPointF(256, 241));
    QCOMPARE(b.steps(), 1);
    b.key(Qt::Key_Escape);
    QVERIFY(b.project.selection().empty());
  }

  void aWireWithoutAMouse() {
    Bench b;
    b.project.selection().set({kRelu});
    b.key(Qt::Key_C);
    auto* tool = dynamic_cast<ConnectTool*>(b.view().tool());
    QVERIFY(tool);
    b.key(Qt::Key_Escape);
    QCOMPARE(b.steps(), 0);
    b.key(Qt::Key_C);
    tool = dynamic_cast<ConnectTool*>(b.view().tool());
    for (int i = 0; i < 6 && tool->target().node != kLoose; ++i) b.key(i % 2 ? Qt::Key_Left : Qt::Key_Down);
    QCOMPARE(tool->target().node, kLoose);
    b.key(Qt::Key_Return);
    QVERIFY(!b.view().tool());
    QVERIFY(isWired(b.document(), kRelu, kLoose));
    QCOMPARE(b.steps(), 1);
  }

  // ------------------------------------------------------- layout, pictures, names ----

  void layingOutIsOneStep() {
    Bench b;
    b.trigger("node.layout");
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.lastStep(), QString("Lay out 6 layers"));
    for (const auto& node : b.document().nodes()) QTRY_COMPARE(b.scene().node(node->id)->pos(), b.positionOf(node->id));
    QVERIFY(b.positionOf(kInput).x() < b.positionOf(kConv).x() && b.positionOf(kConv).x() < b.positionOf(kRelu).x());
    b.project.undo().undo();
    QCOMPARE(b.scene().node(kRelu)->pos(), QPointF(480, 0));
  }

  void picturesInFiles() {
    Bench b;
    QTemporaryDir folder;
    QString why;
    QVERIFY2(b.canvas->exportPicture(folder.filePath("net.png"), &why), qPrintable(why));
    const QImage image(folder.filePath("net.png"));
    QVERIFY(image.width() > 2 * 800 && image.height() > 2 * 200);
    QVERIFY(b.canvas->exportPicture(folder.filePath("net.svg"), &why));
    QFile svg(folder.filePath("net.svg"));
    QVERIFY(svg.open(QIODevice::ReadOnly));
    const QByteArray drawn = svg.readAll();
    QVERIFY(drawn.contains("<svg") && drawn.contains("conv"));
    QVERIFY(!b.canvas->exportPicture(folder.filePath("net.gif"), &why));
    QVERIFY(why.contains(".svg"));
    QVERIFY(!b.canvas->exportPicture(folder.filePath("nowhere/net.png"), &why));
    QVERIFY(why.contains("nowhere"));
  }

  void everyZoomPaints() {
    Bench b;
    b.project.selection().set({kConv}, {WireEnd{kRelu, 0}});
    QImage last;
    for (const double zoom : {4.0, 1.0, 0.5, 0.3, 0.2, 0.06}) {
      b.view().setZoom(zoom);
      b.view().show(b.scene().node(kConv)->nodeRect());
      b.view().setZoom(zoom);
      const QImage now = b.view().grab().toImage();
      QVERIFY(now != last);
      last = now;
    }
  }

  void readersHearTheNodes() {
    QAccessible::setActive(true);
    Bench b;
    QAccessibleInterface* view = QAccessible::queryAccessibleInterface(&b.view());
    QVERIFY(view);
    QCOMPARE(view->childCount(), 6);
    QCOMPARE(view->child(1)->text(QAccessible::Name), QString("Conv2d conv, 8 × 26 × 26"));
    QVERIFY(view->child(3)->text(QAccessible::Name).startsWith("Linear head, no input yet, problem: needs"));
    QCOMPARE(view->child(1)->text(QAccessible::Description), QString("fed by in; feeds relu"));
    QCOMPARE(view->child(1)->parent()->object(), static_cast<QObject*>(&b.view()));
    b.project.selection().set({kRelu});
    QVERIFY(view->child(2)->state().selected);
    QVERIFY(view->child(2)->state().focused);
    view->child(1)->actionInterface()->doAction(QAccessibleActionInterface::setFocusAction());
    QCOMPARE(b.project.selection().current(), kConv);
    QAccessibleInterface* conv = view->child(1);
    b.project.edit("Delete", [](Transaction& t) { return t.removeNode(kConv); });
    QVERIFY(!conv->isValid());
    QCOMPARE(view->childCount(), 5);
    QAccessible::setActive(false);
  }
};

QTEST_MAIN(CanvasTest)
#include "canvas_test.moc"
