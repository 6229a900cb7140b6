// Automatic layout by hand: frames, notes and selections, both ways, one undo step, and what Esc, hands and edits do to it.
#include <QThreadPool>

#include "tests/ui/canvas_bench.h"
#include "ui/canvas/frames.h"

using namespace ui;
using Bench = CanvasBench;
using engine::document::Frame;

namespace {

constexpr NodeId kNote = 50, kLarge = 600;
constexpr const char* kWays[] = {"node.layout", "node.layout_down"};

void frame(Bench& b, std::vector<NodeId> nodes) {
  b.project.edit("Frame", [&](Transaction& t) -> engine::Done {
    const auto done = t.setFrame({0, "f", 0, nodes, {}});
    return done ? engine::Done() : tl::unexpected(done.error());
  });
}

void addNote(Bench& b, QPointF at) {
  Node note;
  note.id = kNote, note.type = "Note", note.name = "note", note.position = Position{at.x(), at.y()};
  b.project.edit("Note", [&](Transaction& t) -> engine::Done {
    const auto done = t.addNode(note);
    return done ? engine::Done() : tl::unexpected(done.error());
  });
}

// Whether the pictures of all nodes are where these stand.
bool isThere(Bench& b) {
  const auto& nodes = b.document().nodes();
  return std::all_of(nodes.begin(), nodes.end(), [&](const auto& node) { return b.scene().node(node->id)->pos() == b.positionOf(node->id); });
}

QString wrongFrames(Bench& b) {
  for (const FrameBox& box : b.scene().frames())
    for (const auto& node : b.document().nodes()) {
      const bool in = std::find(box.nodes.begin(), box.nodes.end(), node->id) != box.nodes.end();
      const QRectF rect = b.scene().node(node->id)->nodeRect();
      if (in ? !box.rect.contains(rect) : box.rect.intersects(rect)) return QString::fromStdString(node->name) + " in a frame of " + QString::number(box.nodes.size());
    }
  return {};
}

// n1 -> n2 -> ... in one row.
Document chain() {
  Document::Parts parts;
  for (NodeId id = 1; id <= kLarge; ++id) {
    Node node;
    node.id = id, node.type = "ReLU", node.name = "n" + std::to_string(id), node.position = Position{200.0 * double(id), double(id % 7) * 16};
    parts.nodes.push_back(node);
    if (id > 1) parts.wires.push_back({id - 1, 0, id, 0, {}});
  }
  return *Document::assemble(std::move(parts));
}

// All that another thread was asked for is done, and told; and what was asked for thereupon.
void waitForOthers() {
  for (int i = 0; i < 3; ++i) {
    QThreadPool::globalInstance()->waitForDone();
    QCoreApplication::processEvents();
  }
}

}  // namespace

class CanvasLayoutTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { setUpCanvas("canvas_layout_test"); }

  void framesStayTogether() {
    for (const char* way : kWays) {
      Bench b;
      frame(b, {kConv, kLinear}), frame(b, {kInput, kConv, kLinear}), frame(b, {kTarget});  // relu between conv and linear is in none
      b.project.edit("Wire", [](Transaction& t) { return t.connect(kRelu, 0, kLinear, 0); });
      QVERIFY(!wrongFrames(b).isEmpty());
      const std::string before = b.text();
      const int steps = b.steps();
      b.trigger(way);
      QCOMPARE(b.steps(), steps + 1);
      QCOMPARE(b.lastStep(), QString("Lay out 6 layers"));
      QTRY_VERIFY(isThere(b));
      QCOMPARE(wrongFrames(b), QString());
      b.project.undo().undo();
      QCOMPARE(b.text(), before);
      QVERIFY(isThere(b));
    }
  }

  // A bend of a wire within a frame is in that frame, and a layout leaves it there.
  void aBendStaysInItsFrame() {
    Bench b;
    frame(b, {kConv, kRelu}), frame(b, {kInput, kConv, kRelu}), frame(b, {kRelu});
    const std::string before = b.text();
    QTest::mouseDClick(b.port(), Qt::LeftButton, {}, (b.outputOf(kConv) + b.inputOf(kRelu)) / 2);
    const NodeId bend = b.project.selection().current();
    QCOMPARE(b.document().node(bend)->type, std::string("Reroute"));
    const auto& frames = b.document().frames().list;
    const auto has = [&](size_t f) { return std::find(frames[f].nodes.begin(), frames[f].nodes.end(), bend) != frames[f].nodes.end(); };
    QVERIFY(has(0) && has(1) && !has(2));
    b.project.selection().clear();
    b.trigger("node.layout");
    QTRY_VERIFY(isThere(b));
    QCOMPARE(wrongFrames(b), QString());
    QVERIFY(b.positionOf(bend).x() > b.positionOf(kConv).x() && b.positionOf(bend).x() < b.positionOf(kRelu).x());
    b.project.undo().undo();
    b.project.undo().undo();
    QCOMPARE(b.text(), before);
  }

  void downwardsTheFirstAreOnTop() {
    Bench b;
    b.trigger("node.layout_down");
    QTRY_VERIFY(isThere(b));
    const auto rect = [&](NodeId id) { return b.scene().node(id)->nodeRect(); };
    QVERIFY(rect(kInput).bottom() + 2 * 8 < rect(kConv).top() && rect(kConv).bottom() + 2 * 8 < rect(kRelu).top());  // a wire goes back between
    QCOMPARE(rect(kInput).left(), rect(kConv).left());
    for (const NodeItem* one : b.scene().nodes())
      for (const NodeItem* other : b.scene().nodes()) QVERIFY(one == other || !one->nodeRect().adjusted(0, 0, 0, node_size::preview).intersects(other->nodeRect()));
  }

  void aSelectionStaysWhereItIs() {
    for (const char* way : kWays) {
      Bench b;
      b.project.selection().set({kConv, kRelu, kLoose});
      const QPointF others[] = {b.positionOf(kInput), b.positionOf(kLinear), b.positionOf(kTarget)};
      b.trigger(way);
      QCOMPARE(b.lastStep(), QString("Lay out 3 layers"));
      QCOMPARE(b.positionOf(kInput), others[0]);
      QCOMPARE(b.positionOf(kLinear), others[1]);
      QCOMPARE(b.positionOf(kTarget), others[2]);
      double left = 1e9, top = 1e9;
      for (const NodeId id : {kConv, kRelu, kLoose}) left = std::min(left, b.positionOf(id).x()), top = std::min(top, b.positionOf(id).y());
      QCOMPARE(QPointF(left, top), QPointF(240, 0));
    }
  }

  void escapeEndsTheMovementNotTheLayout() {
    Bench b;
    b.project.selection().set({kConv, kRelu});
    b.trigger("node.layout_down");
    QVERIFY(!isThere(b));
    b.key(Qt::Key_Escape);
    QVERIFY(isThere(b));
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.project.selection().nodes().size(), size_t(2));  // which the next one clears
    b.key(Qt::Key_Escape);
    QVERIFY(b.project.selection().empty());
  }

  void handsEndTheMovement() {
    Bench b;
    b.trigger("node.layout_down");
    QVERIFY(!isThere(b));
    const QPoint empty = b.at(b.scene().contentRect().bottomLeft() + QPointF(-40, 30));
    b.hold(empty, empty + QPoint(-30, 20));
    QVERIFY(isThere(b));
    b.send(QEvent::MouseButtonRelease, empty + QPoint(-30, 20), {});
    QCOMPARE(b.steps(), 1);
    b.project.selection().set({kConv});
    b.trigger("node.layout");
    QVERIFY(!isThere(b));
    b.key(Qt::Key_Right, Qt::ShiftModifier);  // nudges the node where it stands
    QVERIFY(isThere(b));
    QCOMPARE(b.steps(), 3);
  }

  void anEditEndsTheMovement() {
    Bench b;
    b.trigger("node.layout_down");
    QVERIFY(!isThere(b));
    b.project.undo().undo();
    QVERIFY(isThere(b));
    b.trigger("node.layout_down");
    b.project.edit("Rename", [](Transaction& t) { return t.rename(kConv, "other"); });
    QVERIFY(isThere(b));
    b.trigger("node.layout");
    b.trigger("node.layout_down");  // one after the other
    QTRY_VERIFY(isThere(b));
  }

  void escapeWhileItIsFoundChangesNothing() {
    Bench b;
    b.project.replace(chain(), {});
    const std::string before = b.text();
    b.project.selection().set({1});
    b.trigger("node.layout");
    b.key(Qt::Key_Escape);
    waitForOthers();
    QCOMPARE(b.steps(), 0);
    QCOMPARE(b.text(), before);
    QCOMPARE(b.project.selection().nodes().size(), size_t(1));
    b.trigger("node.layout");  // and then as ever
    QTRY_COMPARE(b.steps(), 1);
  }

  void handsWhileItIsFoundHaveTheirWay() {
    Bench b;
    b.project.replace(chain(), {});
    b.view().setZoom(1);
    b.view().reveal(b.scene().node(2)->nodeRect());
    b.trigger("node.layout_down");
    const QPoint from = b.middleOf(2);
    const QPointF at = b.positionOf(2);
    b.drag(from, from + QPoint(0, 160));
    waitForOthers();
    QCOMPARE(b.steps(), 1);
    QCOMPARE(b.lastStep(), QString("Move layer"));
    QVERIFY(b.positionOf(2) != at);
    QCOMPARE(b.positionOf(kLarge), QPointF(200.0 * kLarge, double(kLarge % 7) * 16));
    // Another document is not laid out as the former one was to be.
    b.trigger("node.layout");
    b.project.replace(network(), {});
    waitForOthers();
    QCOMPARE(b.steps(), 0);
    QCOMPARE(b.positionOf(kConv), QPointF(240, 0));
  }

  void theLastOneThatWasAskedForIsMade() {
    Bench b;
    b.project.replace(chain(), {});
    b.trigger("node.layout");
    b.trigger("node.layout_down");
    QTRY_COMPARE(b.steps(), 1);
    waitForOthers();
    QCOMPARE(b.steps(), 1);
    QVERIFY(b.positionOf(2).y() > b.positionOf(1).y());
  }

  void aNoteGoesWhereItsNodeGoes() {
    for (const char* way : kWays)
      for (const bool selected : {false, true}) {
        Bench b;
        addNote(b, {500, 100});  // below relu
        const QPointF off = b.positionOf(kNote) - b.positionOf(kRelu);
        if (selected) b.project.selection().set({kInput, kConv, kRelu});
        const int steps = b.steps();
        b.trigger(way);
        QCOMPARE(b.steps(), steps + 1);
        QTRY_VERIFY(isThere(b));
        QCOMPARE(b.positionOf(kNote) - b.positionOf(kRelu), off);
        for (const NodeItem* other : b.scene().nodes())
          QVERIFY(selected || other->id() == kNote || !other->nodeRect().intersects(b.scene().node(kNote)->nodeRect()));
        // Beside a node that does not move, it does not either.
        const QPointF at = b.positionOf(kNote);
        b.project.selection().set({kLoose, kTarget, kNote});
        b.trigger(way);
        QCOMPARE(b.positionOf(kNote), at);
      }
  }

  void aNoteFarFromAllCoversNothing() {
    Bench b;
    addNote(b, {480, -304});  // so far above relu as the input will be
    b.trigger("node.layout_down");
    QTRY_VERIFY(isThere(b));
    QCOMPARE(b.positionOf(kRelu), b.positionOf(kInput) + QPointF(0, 304));
    QCOMPARE(b.positionOf(kNote).x(), b.positionOf(kRelu).x());
    QVERIFY(b.scene().node(kNote)->nodeRect().bottom() < b.positionOf(kInput).y());
    // And in a frame it stays in that, with no other node in it.
    frame(b, {kConv, kNote});
    b.trigger("node.layout");
    QTRY_VERIFY(isThere(b));
    QCOMPARE(wrongFrames(b), QString());
  }
};

QTEST_MAIN(CanvasLayoutTest)
#include "canvas_layout_test.moc"
