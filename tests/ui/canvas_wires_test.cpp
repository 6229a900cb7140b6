// Wires by hand: drawn, refused with a reason, mended, taken off; and layers that are added where they are wired.
#include <QLineEdit>

#include "tests/ui/canvas_bench.h"
#include "ui/canvas/cards.h"
#include "ui/canvas/overlays.h"
#include "ui/canvas/quick_add.h"
#include "ui/model/op_mime.h"

using namespace ui;
using Bench = CanvasBench;

class CanvasWiresTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { setUpCanvas("canvas_wires_test"); }

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

  void likelyLayersAreOfferedFirst() {
    QSettings().clear();
    const auto first = [](Bench& b, engine::NodeId after, int rows) {
      Choices choices;
      choices.begin(b.project, {PortRef{after, false, 0}});
      choices.filter({}, false);
      QStringList names;
      for (int i = 0; i < std::min(rows, choices.count()); ++i) names << choices.at(i).op;
      return names;
    };
    {
      Bench b;  // what stands there in the networks that ship
      const QStringList names = first(b, kConv, 5);
      QVERIFY2(names.contains("ReLU") && names.contains("BatchNorm2d"), qPrintable(names.join(" ")));
      QCOMPARE(b.steps(), 0);
      for (int i = 0; i < 3; ++i) {
        b.drag(b.outputOf(kConv), b.at({600, 300 + 100.0 * i}));
        QTest::keyClicks(&b.canvas->quickAdd().field(), "GELU");
        QTest::keyClick(&b.canvas->quickAdd().field(), Qt::Key_Return);
      }
      QCOMPARE(b.steps(), 3);
      QCOMPARE(first(b, kConv, 1), QStringList{"GELU"});  // the project has it three times by now
    }
    Bench b;  // another project: what the person did before
    QVERIFY(first(b, kConv, 3).contains("GELU"));
    // Typed letters decide first; among those that match alike, what is likely.
    Choices choices;
    choices.begin(b.project, {PortRef{kConv, false, 0}});
    choices.filter("re", false);
    QCOMPARE(choices.at(0).op, QString("ReLU"));
    choices.filter("c", false);
    QCOMPARE(choices.at(0).op, QString("Conv2d"));  // and not Cos, which is shorter
    choices.filter("softplus", false);
    QCOMPARE(choices.at(0).op, QString("Softplus"));
    // Into an input: what feeds such a layer.
    choices.begin(b.project, {PortRef{kRelu, true, 0}});
    choices.filter({}, false);
    QStringList names;
    for (int i = 0; i < 5; ++i) names << choices.at(i).op;
    QVERIFY2(names.contains("BatchNorm2d") && names.contains("Conv2d"), qPrintable(names.join(" ")));
    QSettings().setValue("canvas/habits", QVariantMap{{"Conv2d>Tanh", "not a number"}, {">", -5}, {"Conv2d>Erf", 1e300}});
    QVERIFY(!first(b, kConv, 3).isEmpty());
  }

  void theSearchLiesOverTheMinimap() {
    Bench b;
    b.drag(b.outputOf(kRelu), QPoint(b.port()->width() - 120, b.port()->height() - 200));
    QuickAdd& add = b.canvas->quickAdd();
    QVERIFY(add.isVisible());
    QWidget* minimap = nullptr;
    for (QWidget* each : b.canvas->findChildren<QWidget*>())
      if (qobject_cast<Minimap*>(each)) minimap = each;
    QVERIFY(minimap && minimap->isVisible());
    const QRect both = add.geometry() & minimap->geometry();
    QVERIFY(!both.isEmpty());
    QWidget* top = b.canvas->childAt(both.center());
    QVERIFY(top == &add || add.isAncestorOf(top));
    QTest::keyClick(&add.field(), Qt::Key_Escape);
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
    QTest::qWait(30);
    QVERIFY(!b.canvas->quickAdd().isVisible());
    b.key(Qt::Key_Space);
    QTRY_VERIFY(b.canvas->quickAdd().isVisible());
  }

  // X repeats a key that is held as let go and pressed again, both at one time.
  void spaceHeldUntilItRepeatsIsNoTap() {
    Bench b;
    quint64 now = 1000;
    const auto send = [&](QEvent::Type type) {
      QKeyEvent event(type, Qt::Key_Space, Qt::NoModifier, " ");
      event.setTimestamp(now);
      QApplication::sendEvent(&b.view(), &event);
    };
    send(QEvent::KeyPress);
    for (const bool pans : {false, true}) {
      for (int i = 0; i < 3; ++i) {
        now += 40;
        send(QEvent::KeyRelease);
        send(QEvent::KeyPress);
        QTest::qWait(30);
        QVERIFY(!b.canvas->quickAdd().isVisible());
      }
      if (pans) continue;
      // Repeated while the view moves, too.
      QTest::mousePress(b.view().viewport(), Qt::LeftButton, {}, b.at({600, 300}));
      now += 40;
      send(QEvent::KeyRelease);
      send(QEvent::KeyPress);
      QTest::mouseRelease(b.view().viewport(), Qt::LeftButton, {}, b.at({600, 300}));
    }
    now += 10;
    send(QEvent::KeyRelease);
    QTest::qWait(60);
    QVERIFY(!b.canvas->quickAdd().isVisible());
    // A tap later is one.
    now += 500;
    send(QEvent::KeyPress);
    now += 50;
    send(QEvent::KeyRelease);
    QTRY_VERIFY(b.canvas->quickAdd().isVisible());
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
};

QTEST_MAIN(CanvasWiresTest)
#include "canvas_wires_test.moc"
