// Bypass, mute, freeze, frames, bends, cuts, folding: what each gesture does to the document, in how many undo steps, and what
// Esc, a loss of focus and a trembling hand leave as it was.
#include <QLineEdit>
#include <QPainter>
#include <QPlainTextEdit>

#include "engine/document/blocks.h"
#include "tests/ui/canvas_bench.h"
#include "ui/canvas/paint.h"

using namespace ui;
using Bench = CanvasBench;
using engine::Mode;

namespace {

// Relu and conv in a frame, and one around these and the input.
NodeId framed(Bench& b) {
  NodeId inner = 0;
  b.project.edit("Frames", [&](Transaction& t) -> engine::Done {
    inner = *t.setFrame({0, "inner", 0, {kConv, kRelu}, {}});
    (void)t.setFrame({0, "outer", 2, {kInput, kConv, kRelu}, {}});
    return {};
  });
  b.canvas->fitAll();
  return inner;
}
QPoint titleOf(Bench& b, NodeId frame) { return b.at(b.scene().frame(frame)->titleRect().center() + QPointF(60, 0)); }
QPoint far(Bench& b) { return b.at(b.scene().contentRect().bottomRight() + QPointF(-40, -40)); }

void sendRight(Bench& b, QEvent::Type type, QPoint where, Qt::KeyboardModifiers modifiers) {
  const bool move = type == QEvent::MouseMove, up = type == QEvent::MouseButtonRelease;
  QMouseEvent event(type, where, b.port()->mapToGlobal(where), move ? Qt::NoButton : Qt::RightButton, up ? Qt::NoButton : Qt::RightButton, modifiers);
  QApplication::sendEvent(b.port(), &event);
}

}  // namespace

class CanvasMeaningTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { setUpCanvas("canvas_meaning_test"); }

  void bypassMuteAndFreezeAreSwitches() {
    Bench b;
    const std::string before = b.text();
    b.project.selection().set({kConv, kRelu});
    b.key(Qt::Key_B, Qt::ControlModifier);
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.lastStep(), QString("Bypass 2 layers"));
    QVERIFY(b.document().node(kConv)->mode == Mode::bypassed && b.document().node(kRelu)->mode == Mode::bypassed);
    QCOMPARE(b.scene().node(kConv)->look().shape, QString());
    QVERIFY(b.project.inference().nodes[2].outputs[0].shape == (engine::Shape{engine::kBatch, 1, 28, 28}));
    b.key(Qt::Key_M, Qt::ControlModifier);  // the one instead of the other
    QVERIFY(b.document().node(kConv)->mode == Mode::muted);
    QCOMPARE(b.scene().node(kConv)->look().shape, QString("zeros"));
    QVERIFY(b.project.inference().nodes[2].outputs[0].shape == (engine::Shape{engine::kBatch, 8, 26, 26}));
    b.project.selection().set({kConv});
    b.key(Qt::Key_M, Qt::ControlModifier);
    QVERIFY(b.document().node(kConv)->mode == Mode::normal && b.document().node(kRelu)->mode == Mode::muted);
    b.trigger("node.freeze");
    QVERIFY(b.document().node(kConv)->frozen);
    QVERIFY(b.scene().node(kConv)->look().spoken().contains("frozen"));
    QCOMPARE(b.lastStep(), QString("Freeze layer"));
    b.project.selection().set({kRelu});
    b.actions.refresh();
    QVERIFY(!b.actions["node.freeze"]->isEnabled());  // it has no parameters
    while (b.project.undo().canUndo()) b.project.undo().undo();
    QCOMPARE(b.text(), before);
  }

  // What is seen through is seen through when it is selected, too: the halo is around it.
  void selectingDoesNotColorWhatIsMuted() {
    Bench b;
    for (const char* action : {"node.mute", "node.bypass"}) {
      b.project.selection().set({kConv});
      b.trigger(action);
      const auto middle = [&](bool selected) {
        NodeMarks marks;
        marks.selected = selected;
        QImage image(200, 100, QImage::Format_ARGB32_Premultiplied);
        image.fill(Qt::white);
        QPainter painter(&image);
        const NodeLook& look = b.scene().node(kConv)->look();
        paintNode(painter, look, marks, 1);
        return image.pixelColor(int(look.width / 2), int(look.height - 30));
      };
      QCOMPARE(middle(true), middle(false));
    }
  }

  void aFrameComesAndGoes() {
    Bench b;
    b.project.selection().set({kConv, kRelu});
    b.key(Qt::Key_G, Qt::ControlModifier);
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.scene().frames().size(), size_t(1));
    const FrameBox frame = b.scene().frames().front();
    QVERIFY(frame.rect.contains(b.scene().node(kConv)->nodeRect()) && frame.rect.contains(b.scene().node(kRelu)->nodeRect()));
    QVERIFY(!frame.rect.intersects(b.scene().node(kLinear)->nodeRect()));
    // Its title by a double-click, and by the menu.
    QTest::mouseDClick(b.port(), Qt::LeftButton, {}, titleOf(b, frame.id));
    auto* field = b.port()->findChild<QLineEdit*>("canvas.name");
    QVERIFY(field);
    field->setText("Stem");
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(b.document().frames().list.front().title, std::string("Stem"));
    QCOMPARE(b.steps(), 2);
    b.trigger("frame.color");
    QCOMPARE(b.document().frames().list.front().color, 1);
    b.key(Qt::Key_G, Qt::ControlModifier);
    QVERIFY(b.document().frames().list.empty());
    QCOMPARE(b.document().nodes().size(), size_t(6));
    b.project.undo().undo();
    QCOMPARE(b.document().frames().list.front().title, std::string("Stem"));
  }

  void aFrameIsMovedByItsTitle() {
    Bench b;
    const NodeId inner = framed(b);
    const QPointF conv = b.positionOf(kConv), input = b.positionOf(kInput);
    const int steps = b.steps();
    const QPoint from = titleOf(b, inner);
    b.drag(from, from + QPoint(0, int(160 * b.view().zoom())));
    QCOMPARE(b.steps(), steps + 1);
    QCOMPARE(b.positionOf(kConv), conv + QPointF(0, 160));
    QCOMPARE(b.positionOf(kInput), input);
    QCOMPARE(b.document().frames().frame(inner)->nodes.size(), size_t(2));
    // Esc, a loss of focus, and a tremble.
    const std::string text = b.text();
    const QPoint again = titleOf(b, inner);
    b.hold(again, again + QPoint(40, 40));
    b.key(Qt::Key_Escape);
    b.send(QEvent::MouseButtonRelease, again + QPoint(40, 40), {});
    QCOMPARE(b.text(), text);
    b.hold(again, again + QPoint(40, 40));
    b.view().clearFocus();
    b.send(QEvent::MouseButtonRelease, again + QPoint(40, 40), {});
    QCOMPARE(b.text(), text);
    b.drag(again, again + QPoint(2, 0));
    QCOMPARE(b.text(), text);
  }

  void nodesComeIntoFramesAndLeaveThem() {
    Bench b;
    const NodeId inner = framed(b);
    const QRectF before = b.scene().frame(inner)->rect;
    // Out of both: the frame stays where it is while the hand holds the node.
    b.hold(b.middleOf(kRelu), far(b));
    QCOMPARE(b.scene().frame(inner)->rect, before);
    b.send(QEvent::MouseButtonRelease, far(b), {});
    QCOMPARE(b.document().frames().frame(inner)->nodes, (std::vector<NodeId>{kConv}));
    QCOMPARE(b.lastStep(), QString("Move layer"));
    QVERIFY(b.scene().frame(inner)->rect.width() < before.width());
    const int steps = b.steps();
    // And in again.
    b.hold(b.middleOf(kRelu), b.at(b.scene().frame(inner)->rect.center()));
    QCOMPARE(b.scene().litFrame(), inner);
    b.send(QEvent::MouseButtonRelease, b.at(b.scene().frame(inner)->rect.center()), {});
    QCOMPARE(b.steps(), steps + 1);
    QVERIFY(b.document().frames().frame(inner)->nodes.size() == 2);
    b.project.undo().undo();
    QCOMPARE(b.document().frames().frame(inner)->nodes.size(), size_t(1));
    // The last one takes its frame along.
    b.project.selection().set({kConv});
    b.key(Qt::Key_Delete);
    QVERIFY(!b.document().frames().frame(inner));
  }

  void framesAreCopiedWithAllThatIsInThem() {
    Bench b;
    framed(b);
    b.project.selection().set({kConv, kRelu});
    b.key(Qt::Key_D, Qt::ControlModifier);
    QCOMPARE(b.document().frames().list.size(), size_t(3));
    QCOMPARE(b.document().frames().list.back().title, std::string("inner"));
  }

  void aWireIsBentByADoubleClick() {
    Bench b;
    const std::string before = b.text();
    const QPoint middle = (b.outputOf(kConv) + b.inputOf(kRelu)) / 2;
    QTest::mouseDClick(b.port(), Qt::LeftButton, {}, middle);
    QCOMPARE(b.steps(), 1);
    const NodeId bend = b.project.selection().current();
    QVERIFY(b.document().node(bend) && b.document().node(bend)->type == "Reroute");
    QVERIFY(isWired(b.document(), kConv, bend) && isWired(b.document(), bend, kRelu));
    QVERIFY(b.scene().node(bend)->look().bend);
    QVERIFY((b.at(b.scene().node(bend)->nodeRect().center()) - middle).manhattanLength() < 4);
    QCOMPARE(b.scene().node(kRelu)->look().shape, QString("8 × 26 × 26"));
    // It is held in its middle, and taken out with its wire healed.
    const QPoint held = b.at(b.scene().node(bend)->nodeRect().center());
    b.drag(held, held + QPoint(0, 80));
    QCOMPARE(b.steps(), 2);
    b.key(Qt::Key_Backspace);
    QVERIFY(isWired(b.document(), kConv, kRelu));
    while (b.project.undo().canUndo()) b.project.undo().undo();
    QCOMPARE(b.text(), before);
  }

  void notesAreWrittenWhereTheyStand() {
    Bench b;
    const NodeId note = b.view().edits().add("Note", {400, 400});
    QVERIFY(note && b.scene().node(note)->look().note);
    QVERIFY(!b.project.hasProblems() || !b.project.problemOf(note));
    const double before = b.scene().node(note)->look().height;
    const auto write = [&](const QString& text, Qt::Key end) {
      QTest::mouseDClick(b.port(), Qt::LeftButton, {}, b.at(b.scene().node(note)->nodeRect().center()));
      auto* field = b.port()->findChild<QPlainTextEdit*>("canvas.note");
      QVERIFY(field);
      QTest::keyClicks(field, text);
      QTest::keyClick(field, end);
      QTest::qWait(1);
    };
    write("Not this", Qt::Key_Escape);
    QCOMPARE(b.steps(), 1);
    write("The stem keeps the size of the picture, so that what comes after it can be folded into one block of its own.", Qt::Key_Return);
    QCOMPARE(b.steps(), 2);
    QVERIFY(b.scene().node(note)->look().note->startsWith("The stem keeps"));
    QVERIFY(b.scene().node(note)->look().height > before);
    QVERIFY(b.scene().node(note)->look().spoken().contains("The stem"));
    b.project.undo().undo();
    QCOMPARE(b.scene().node(note)->look().height, before);
  }

  void wiresAreCut() {
    Bench b;
    const QPoint middle = (b.outputOf(kConv) + b.inputOf(kRelu)) / 2;
    const auto cut = [&](QPoint from, QPoint to) {
      sendRight(b, QEvent::MouseButtonPress, from, Qt::ControlModifier);
      sendRight(b, QEvent::MouseMove, (from + to) / 2, Qt::ControlModifier);
      sendRight(b, QEvent::MouseMove, to, Qt::ControlModifier);
    };
    const auto release = [&](QPoint to) { sendRight(b, QEvent::MouseButtonRelease, to, Qt::ControlModifier); };
    const std::string before = b.text();
    cut(middle - QPoint(0, 60), middle + QPoint(0, 60));
    b.key(Qt::Key_Escape);
    release(middle + QPoint(0, 60));
    cut(middle - QPoint(0, 60), middle + QPoint(0, 60));
    b.view().clearFocus();
    release(middle + QPoint(0, 60));
    cut(middle - QPoint(0, 60), middle - QPoint(0, 58));
    release(middle - QPoint(0, 58));
    QCOMPARE(b.text(), before);
    cut(middle - QPoint(0, 60), middle + QPoint(0, 60));
    release(middle + QPoint(0, 60));
    QVERIFY(!b.document().wireInto(kRelu, 0) && b.document().wireInto(kConv, 0));
    QCOMPARE(b.lastStep(), QString("Disconnect wire"));
    b.project.undo().undo();
  }

  void foldedOpenedAndUnfolded() {
    Bench b;
    const std::string before = b.text();
    b.project.selection().set({kConv, kRelu});
    b.key(Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(b.steps(), 1);
    const NodeId use = b.project.selection().current();
    QCOMPARE(b.document().node(use)->type, std::string("Block"));
    QVERIFY(isWired(b.document(), kInput, use));
    QCOMPARE(b.scene().node(use)->look().shape, QString("8 × 26 × 26"));
    b.trigger("node.open");
    QCOMPARE(b.project.shown().nodes().size(), size_t(4));
    QCOMPARE(b.scene().node(kRelu)->look().shape, QString("8 × 26 × 26"));
    // Within it, one more.
    b.project.selection().set({kRelu});
    b.trigger("node.fold");
    QVERIFY(b.document().block("Block_2"));
    const NodeId inner = b.project.selection().current();
    b.trigger("node.unfold");
    QVERIFY(b.project.shown().node(kRelu) && !b.project.shown().node(inner));
    b.trigger("node.leave");
    QCOMPARE(b.project.selection().current(), use);
    b.trigger("node.unfold");
    QVERIFY(b.document().node(kConv) && b.document().node(kRelu) && !b.document().block("Block"));
    QVERIFY(isWired(b.document(), kConv, kRelu));
    QCOMPARE(b.positionOf(kConv).y(), 0.0);
    while (b.project.undo().canUndo()) b.project.undo().undo();
    QCOMPARE(b.text(), before);
  }

  void whatCannotBeFoldedSaysWhy() {
    Bench b;
    QString why;
    connect(&b.project, &Project::refused, this, [&](const engine::Problem& problem) { why = QString::fromStdString(toString(problem)); });
    b.project.selection().set({kInput, kConv});
    b.trigger("node.fold");
    QCOMPARE(b.steps(), 0);
    QVERIFY2(why.contains("in, which is Input"), qPrintable(why));
  }

  void alignedAndDistributed() {
    Bench b;
    b.project.edit("Places", [](Transaction& t) -> engine::Done {
      (void)t.move(kConv, Position{240, 40}), (void)t.move(kRelu, Position{300, 160}), (void)t.move(kLinear, Position{640, 360});
      return {};
    });
    b.project.selection().set({kConv, kRelu, kLinear});
    const auto rectOf = [&](NodeId id) { return b.scene().node(id)->nodeRect(); };
    b.trigger("node.align_right");
    QCOMPARE(rectOf(kConv).right(), rectOf(kLinear).right());
    QCOMPARE(rectOf(kRelu).right(), rectOf(kLinear).right());
    b.project.undo().undo();
    b.trigger("node.align_middle");
    QCOMPARE(rectOf(kConv).center().y(), rectOf(kRelu).center().y());
    b.project.undo().undo();
    b.trigger("node.align_center");
    QCOMPARE(rectOf(kConv).center().x(), rectOf(kRelu).center().x());
    b.project.undo().undo();
    b.trigger("node.distribute_across");
    QVERIFY(std::abs((rectOf(kRelu).left() - rectOf(kConv).right()) - (rectOf(kLinear).left() - rectOf(kRelu).right())) <= 1);
    b.trigger("node.distribute_down");
    QVERIFY(std::abs((rectOf(kRelu).top() - rectOf(kConv).bottom()) - (rectOf(kLinear).top() - rectOf(kRelu).bottom())) <= 1);
    QCOMPARE(b.steps(), 3);
    b.project.selection().set({kConv, kRelu});
    b.actions.refresh();
    QVERIFY(!b.actions["node.distribute_across"]->isEnabled());
  }
};

QTEST_MAIN(CanvasMeaningTest)
#include "canvas_meaning_test.moc"
