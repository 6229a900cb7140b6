// How much work each operation on a large network is, counted: items made, looks found, nodes and wires painted. Bounds, and no times.
#include "tests/ui/canvas_bench.h"

using namespace ui;

namespace {

constexpr int kNodes = 5000, kColumns = 70;
constexpr double kAcross = 220, kDown = 140;

// Rows of convolutions, norms and activations, with a frame around each fifty.
Document large() {
  Document::Parts parts;
  for (int i = 0; i < kNodes; ++i) {
    Node node;
    node.id = NodeId(i + 1), node.name = "n" + std::to_string(i);
    node.type = i == 0 ? "Input" : i % 3 == 1 ? "Conv2d" : i % 3 == 2 ? "BatchNorm2d" : "ReLU";
    if (i == 0) node.fields = {{"shape", std::vector<int64_t>{8, 16, 16}}};
    if (i % 3 == 1) node.fields = {{"out_channels", int64_t(8)}, {"padding", std::vector<int64_t>{1, 1}}};
    node.position = Position{kAcross * (i % kColumns), kDown * (i / kColumns)};
    parts.nodes.push_back(node);
    if (i > 0) parts.wires.push_back({NodeId(i), 0, NodeId(i + 1), 0, {}});
  }
  for (int i = 0; i + 10 <= kNodes; i += 50) {
    engine::document::Frame frame;
    frame.id = NodeId(1000000 + i), frame.title = "frame " + std::to_string(i);
    for (int k = 0; k < 10; ++k) frame.nodes.push_back(NodeId(i + k + 1));
    parts.frames.push_back(frame);
  }
  return *Document::assemble(std::move(parts));
}

struct Large : CanvasBench {
  Large() : CanvasBench(large()) {
    if (!QTest::qWaitFor([this] { return scene().isFilled(); }, 60000)) qFatal("the canvas is never filled");
    middle = project.document().nodes()[kNodes / 2 + 30]->id;  // in no frame
    view().setZoom(1);
    view().centerOn(scene().node(middle)->pos());
    settle();
  }
  // Until nothing is left to find or to paint.
  void settle() {
    constexpr int kMostRounds = 100000;
    for (int quiet = 0, rounds = 0; quiet < 3; ++rounds) {
      if (rounds == kMostRounds) qFatal("the canvas is never at rest");
      const int frames = view().painted().frames;
      QApplication::processEvents();
      quiet = view().painted().frames == frames && !project.isBehind() ? quiet + 1 : 0;
    }
  }
  struct Work {
    int frames, nodes, wires, pictures, looks, created, destroyed, rebuilds;
  };
  Work workOf(const std::function<void()>& operation) {
    settle();
    const auto painted = view().painted();
    const auto counted = scene().counters;
    operation();
    settle();
    const auto now = view().painted();
    const auto& counts = scene().counters;
    return {now.frames - painted.frames,   now.nodes - painted.nodes,         now.wires - painted.wires,             now.pictures - painted.pictures,
            counts.looks - counted.looks, counts.created - counted.created, counts.destroyed - counted.destroyed, counts.rebuilds - counted.rebuilds};
  }
  int inSight() {
    int count = 0;
    for (const NodeItem* node : scene().nodes()) count += node->reach().intersects(view().visiblePart());
    return count;
  }
  NodeId middle = 0;
};

}  // namespace

class CanvasWorkTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    setUpCanvas("canvas_work_test");
    b_ = std::make_unique<Large>();
  }
  void cleanupTestCase() { b_.reset(); }

  void panningPaintsWhatIsInSightAndMakesWhatComes() {
    Large& b = *b_;
    const int sight = b.inSight();
    QVERIFY(sight > 20 && sight < 120);
    b.workOf([&] { b.view().pan({-3, 0}); });
    auto work = b.workOf([&] { b.view().pan({-3, 0}); });
    QVERIFY2(work.nodes <= (sight + 20) * std::max(1, work.frames), QByteArray::number(work.nodes).constData());
    QVERIFY(work.wires <= 2 * (sight + 20) * std::max(1, work.frames));
    QVERIFY2(work.pictures <= 14, QByteArray::number(work.pictures).constData());  // a column that comes into sight
    QCOMPARE(work.looks + work.created + work.destroyed + work.rebuilds, 0);
    // Back where it was: nothing is new.
    work = b.workOf([&] { b.view().pan({3, 0}); });
    QCOMPARE(work.pictures, 0);
  }

  void fromAfarNoPicturesAreMade() {
    Large& b = *b_;
    b.view().setZoom(CanvasView::kLeastZoom);
    const auto work = b.workOf([&] { b.view().pan({-20, 10}); });
    QCOMPARE(work.pictures + work.wires, 0);
    QVERIFY(work.nodes > 0 && work.nodes <= kNodes * std::max(1, work.frames));
    QCOMPARE(work.looks + work.created + work.rebuilds, 0);
    b.view().setZoom(1);
    b.view().centerOn(b.scene().node(b.middle)->pos());
  }

  void draggingOneOfManyPaintsItsSurroundings() {
    Large& b = *b_;
    const QPoint grip = b.middleOf(b.middle);
    b.hold(grip, grip + QPoint(20, 10));
    const auto step = b.workOf([&] { b.send(QEvent::MouseMove, grip + QPoint(90, 50), Qt::NoModifier); });
    b.send(QEvent::MouseButtonRelease, grip + QPoint(90, 50), Qt::NoModifier);
    QVERIFY(step.frames >= 1);
    QVERIFY2(step.nodes <= 24 * step.frames, QByteArray::number(step.nodes).constData());
    QVERIFY2(step.pictures <= 2, QByteArray::number(step.pictures).constData());
    QCOMPARE(step.looks + step.created + step.destroyed + step.rebuilds, 0);
    QCOMPARE(b.steps(), 1);
    const auto undone = b.workOf([&] { b.project.undo().undo(); });
    QCOMPARE(undone.created + undone.destroyed + undone.rebuilds, 0);
    QVERIFY(undone.looks <= 1);
  }

  void anEditLooksAtWhatFollowsFromIt() {
    Large& b = *b_;
    // A convolution's channels: itself, its norm and its activation, and the convolution behind them, whose weights follow.
    NodeId conv = b.middle;
    while (b.document().node(conv)->type != "Conv2d") ++conv;
    const auto work = b.workOf([&] { b.project.edit("Out channels", [&](Transaction& t) { return t.setField(conv, "out_channels", int64_t(16)); }); });
    QCOMPARE(work.created + work.destroyed + work.rebuilds, 0);
    QVERIFY2(work.looks >= 3 && work.looks <= 5, QByteArray::number(work.looks).constData());
    QVERIFY2(work.pictures <= 5, QByteArray::number(work.pictures).constData());
    const auto added = b.workOf([&] {
      b.project.edit("Add", [](Transaction& t) -> engine::Done {
        Node node;
        node.type = "ReLU", node.position = Position{-400, -400};
        const auto made = t.addNode(node);
        return made ? engine::Done() : tl::unexpected(made.error());
      });
    });
    QCOMPARE(added.created, 1);
    QCOMPARE(added.destroyed + added.rebuilds, 0);
    QVERIFY(added.pictures <= 1);
    b.project.undo().undo();
    b.project.undo().undo();
  }

  // A machine so slow that every slice is late before it began still finds one item in each, and so all of them.
  void aSliceThatIsLateFindsOneItemAtLeast() {
    Large& b = *b_;
    b.project.replace(large(), {});
    int slices = 0;
    while (!b.scene().fillUntil([] { return true; })) QVERIFY(++slices <= 2 * kNodes);
    QVERIFY2(slices > kNodes, QByteArray::number(slices).constData());
    for (const NodeItem* node : b.scene().nodes()) QVERIFY(node->isMade());
    for (const WireItem* wire : b.scene().wires()) QVERIFY(wire->isMade());
    QVERIFY(QTest::qWaitFor([&] { return b.scene().isFilled(); }, -1));
    b.view().setZoom(1);
    b.view().centerOn(b.scene().node(b.middle)->pos());
  }

  // And where every frame is late, each renews one node.
  void aFrameThatIsLatePaintsOneNodeAnewAtLeast() {
    Large& b = *b_;
    b.settle();
    b.view().setFrameTime(0);
    const int sight = b.inSight();
    const auto work = b.workOf([&] { b.trigger("edit.select_all"); });
    QVERIFY2(work.frames >= sight / 2, QByteArray::number(work.frames).constData());
    QVERIFY2(work.pictures >= sight / 2 && work.pictures <= sight + 20, QByteArray::number(work.pictures).constData());
    b.view().setFrameTime(1.5);
    const auto after = b.workOf([&] { b.view().viewport()->update(); });
    QCOMPARE(after.pictures, 0);  // nothing was left
    b.project.selection().clear();
  }

  void selectingPaintsWhatIsSelected() {
    Large& b = *b_;
    const auto one = b.workOf([&] { b.project.selection().set({b.middle}); });
    QCOMPARE(one.looks + one.created + one.destroyed + one.rebuilds, 0);
    QVERIFY2(one.pictures <= 1, QByteArray::number(one.pictures).constData());
    QVERIFY2(one.nodes <= 24 * std::max(1, one.frames), QByteArray::number(one.nodes).constData());
    const auto all = b.workOf([&] { b.trigger("edit.select_all"); });
    QVERIFY2(all.pictures <= b.inSight() + 20, QByteArray::number(all.pictures).constData());
    QCOMPARE(all.created + all.destroyed + all.rebuilds + all.looks, 0);
    b.project.selection().clear();
  }

  void hoveringPaintsOne() {
    Large& b = *b_;
    b.workOf([&] { b.send(QEvent::MouseMove, b.at(b.scene().node(b.middle)->pos() + QPointF(-20, -30)), Qt::NoModifier); });
    const auto work = b.workOf([&] { QTest::mouseMove(b.port(), b.middleOf(b.middle)); });
    QVERIFY2(work.pictures <= 2, QByteArray::number(work.pictures).constData());
    QVERIFY2(work.nodes <= 48, QByteArray::number(work.nodes).constData());
    QCOMPARE(work.looks + work.created + work.rebuilds, 0);
  }

 private:
  std::unique_ptr<Large> b_;
};

QTEST_MAIN(CanvasWorkTest)
#include "canvas_work_test.moc"
