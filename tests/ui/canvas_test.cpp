// What the canvas draws, selects and moves, and how hands and keys walk over it; that Esc, a loss of focus and a trembling
// hand do nothing.
#include <QAccessible>
#include <QClipboard>
#include <QImage>
#include <QMimeData>
#include <QPaintEvent>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QXmlStreamReader>

#include "tests/ui/canvas_bench.h"
#include "tests/ui/layers.h"
#include "ui/canvas/picture_file.h"
#include "ui/canvas/picture_handle.h"

using namespace ui;
using Bench = CanvasBench;

// The room of a node, with that of its live picture.
static QRectF withPicture(const NodeItem* node) { return QRectF(node->pos(), node->look().roomySize()); }

// What a reader finds in a page of ours: glyphs by their fonts' tables of characters (PDF 1.7, 9.10.3), a line for each piece of text.
static QString textOfPdf(const QByteArray& pdf) {
  const QString whole = QString::fromLatin1(pdf);
  QMap<QString, QString> objects;  // streams unpacked
  for (auto at = QRegularExpression("(?:^|\\n)(\\d+) 0 obj\\s").globalMatch(whole); at.hasNext();) {
    const auto match = at.next();
    const QString object = whole.mid(match.capturedEnd(), whole.indexOf("endobj", match.capturedEnd()) - match.capturedEnd());
    const qsizetype from = object.indexOf("stream\n"), to = object.lastIndexOf("endstream");
    const QByteArray packed = from < 0 ? QByteArray() : object.mid(from + 7, to - from - 7).toLatin1();
    objects[match.captured(1)] = !object.left(std::max<qsizetype>(from, 0)).contains("/FlateDecode") ? object : QString::fromLatin1(qUncompress(QByteArray("\0\1\0\0", 4) + packed));
  }
  const auto tableOf = [&](const QString& font) {
    QMap<uint, QChar> table;
    const QString map = objects[QRegularExpression("/ToUnicode (\\d+) 0 R").match(objects[font]).captured(1)];
    for (auto at = QRegularExpression("<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4})> (<[0-9A-Fa-f]{4}>|\\[[^\\]]*\\])").globalMatch(map); at.hasNext();) {
      const auto range = at.next();
      uint glyph = range.captured(1).toUInt(nullptr, 16);
      for (auto to = QRegularExpression("<([0-9A-Fa-f]{4})>").globalMatch(range.captured(3)); to.hasNext();) table[glyph++] = QChar(ushort(to.next().captured(1).toUInt(nullptr, 16)));
    }
    return table;
  };
  QString text;
  for (const QString& content : objects) {
    if (!content.contains(" Tj") && !content.contains(" TJ")) continue;
    QMap<uint, QChar> table;
    for (auto at = QRegularExpression("/F(\\d+) [0-9.]+ Tf|<([0-9A-Fa-f]+)>|\\bET\\b").globalMatch(content); at.hasNext();) {
      const auto piece = at.next();
      if (!piece.captured(1).isEmpty()) table = tableOf(piece.captured(1));
      else if (piece.captured(2).isEmpty()) text += '\n';
      for (qsizetype i = 0; i + 4 <= piece.captured(2).size(); i += 4) text += table.value(piece.captured(2).mid(i, 4).toUInt(nullptr, 16));
    }
  }
  return text;
}

class CanvasTest : public QObject {
  Q_OBJECT
 private slots:
  // The view paints only what was told to have changed: whoever changes must tell, both where it was and where it is.
  void whatChangesIsPaintedAnew() {
    CanvasBench b;
    struct Painted : QObject {
      QRegion region;
      bool eventFilter(QObject*, QEvent* event) override {
        if (event->type() == QEvent::Paint) region += static_cast<QPaintEvent*>(event)->region();
        return false;
      }
    } painted;
    b.port()->installEventFilter(&painted);
    const auto rectOf = [&](NodeId id) { return b.view().mapFromScene(b.scene().node(id)->nodeRect()).boundingRect(); };
    const auto isPainted = [&](const char* what, const QRect& rect, auto&& change) {
      QTest::qWait(30);  // what came before is on the screen
      painted.region = {};
      change();
      QTRY_VERIFY2(painted.region.intersected(rect) == QRegion(rect), what);
    };
    for (int round = 0; round < 2; ++round) {  // the second time too
      isPainted("selected", rectOf(kConv), [&] { b.project.selection().set({kConv}); });
      isPainted("no longer selected", rectOf(kConv), [&] { b.project.selection().clear(); });
      const QRect before = rectOf(kLinear);
      isPainted("moved away", before, [&] { b.scene().preview(kLinear, {720, 160}); });
      isPainted("moved here", rectOf(kLinear), [&] { b.scene().preview(kLinear, {720, 161}); });
      b.scene().restore();
      isPainted("a new shape", rectOf(kRelu), [&] {
        b.project.edit("Channels", [&](Transaction& t) { return t.setField(kConv, "out_channels", int64_t(9 + round)); });
      });
      const QRect between(rectOf(kRelu).right() + 20, rectOf(kRelu).top() + 14, rectOf(kLinear).left() - rectOf(kRelu).right() - 40, 12);
      isPainted("a new wire", between, [&] { b.project.edit("Wire", [&](Transaction& t) { return t.connect(kRelu, 0, kLinear, 0); }); });
      isPainted("a wire gone", between, [&] { b.project.undo().undo(); });
      const QRect loose = rectOf(kLoose);
      isPainted("a node gone", loose, [&] { b.project.edit("Remove", [&](Transaction& t) { return t.removeNode(kLoose); }); });
      isPainted("a node back", loose, [&] { b.project.undo().undo(); });
      const QPoint from = b.outputOf(kRelu);
      isPainted("a wire in the hand", QRect(from.x() + 10, from.y() + 40, 60, 30), [&] { b.hold(from, from + QPoint(120, 160)); });
      isPainted("the hand empty", QRect(from.x() + 10, from.y() + 40, 60, 30), [&] { b.key(Qt::Key_Escape); });
    }
  }

  void initTestCase() { setUpCanvas("canvas_test"); }

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

  // Of a large network looks are found a few milliseconds at a time; whoever asks before gets what is right.
  void aLargeNetworkComesInSlices() {
    constexpr int kCount = 1500;
    const Document large = chain(kCount);
    Bench b;
    const auto unmade = [&] {
      return std::count_if(b.scene().nodes().begin(), b.scene().nodes().end(), [](const NodeItem* n) { return !n->isMade(); });
    };
    const auto open = [&] {
      b.project.replace(large, {});
      QVERIFY(!b.scene().isFilled());
      QVERIFY2(unmade() > kCount / 2, "opening it has made all looks at once");
      QCOMPARE(b.scene().nodes().size(), size_t(kCount));
      QCOMPARE(b.scene().wires().size(), size_t(kCount - 1));
    };
    open();
    // All of it is in sight, as it is once everything is known.
    const QRectF content = b.scene().contentRect();
    QVERIFY(b.view().visiblePart().contains(content));
    // Somewhere nobody has looked yet: a field, a wire, a node less and its undo.
    QVERIFY(b.project.edit("Channels", [](Transaction& t) { return t.setField(1200, "out_channels", int64_t(6)); }));
    QCOMPARE(b.scene().node(1201)->look().shape, QString("6 × 16 × 16"));
    QVERIFY(b.project.edit("Delete", [](Transaction& t) { return t.removeNode(900); }));
    QVERIFY(!b.scene().node(900));
    QVERIFY(b.scene().node(901)->look().shape == QString("no input yet"));
    QVERIFY(!b.scene().wire({901, 0}));
    b.project.undo().undo();
    b.project.undo().undo();
    QVERIFY(b.scene().node(900));
    QCOMPARE(b.scene().contentRect(), content);
    // The mouse finds what is there, and everything can be selected and found.
    QVERIFY(b.scene().hitAt(QPointF(200.0 * (1400 % 40) + 50, 120.0 * (1400 / 40) + 12), 1).node == 1400);
    const Hit wire = b.scene().hitAt((b.scene().node(1300)->outputAt(0) + b.scene().node(1301)->inputAt(0)) / 2, 1);
    QVERIFY(wire.kind == Hit::Kind::wire && wire.wire == (WireEnd{1301, 0}));
    b.actions.trigger("edit.select_all");
    QCOMPARE(b.project.selection().nodes().size(), size_t(kCount));
    b.canvas->goTo(1450);
    QVERIFY(b.view().visiblePart().contains(b.scene().node(1450)->nodeRect()));
    QVERIFY(!b.scene().isFilled());
    // Replaced in the middle, and then left alone: all is there, and equal to what is found at once.
    open();
    QTRY_VERIFY(b.scene().isFilled());
    QCOMPARE(unmade(), 0);
    QCOMPARE(b.scene().contentRect(), content);
    for (const NodeItem* item : b.scene().nodes()) {
      const NodeLook now = lookOf(b.scene().factsOf(item->id()));
      QVERIFY(now.shape == item->look().shape && now.subtitle == item->look().subtitle && now.rect() == item->look().rect());
    }
    QVERIFY(std::all_of(b.scene().wires().begin(), b.scene().wires().end(), [](const WireItem* w) { return w->isMade(); }));
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

  void whatFitsIsNotUnderTheMinimap() {
    Bench b;
    b.project.edit("Move", [](Transaction& t) { return t.move(kTarget, Position{800, 560}); });
    auto* minimap = b.canvas->findChild<QWidget*>("canvas.minimap");
    QVERIFY(minimap);
    const auto covered = [&] {
      const QRect place(b.port()->mapFrom(b.canvas, minimap->pos()), minimap->size());
      return b.scene().node(kTarget)->nodeRect().intersects(b.view().mapToScene(place).boundingRect());
    };
    b.view().show(b.scene().contentRect());
    QVERIFY(covered());
    b.trigger("view.fit_all");
    QVERIFY(!covered());
    QVERIFY(b.view().visiblePart().contains(b.scene().contentRect()));
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

  void aLayoutLeavesRoomForLivePictures() {
    Bench b;
    b.project.edit("Move", [](Transaction& t) { return t.move(kLoose, Position{240, 8}); });
    b.trigger("node.layout");
    QTRY_VERIFY(b.scene().node(kLoose)->pos() == b.positionOf(kLoose));
    const auto nodes = b.scene().nodes();
    for (const NodeItem* one : nodes)
      for (const NodeItem* other : nodes)
        QVERIFY(one == other || !withPicture(one).intersects(withPicture(other)));
  }

  void aWireThatGoesBackKeepsCloseToWhereItGoes() {
    // Its neighbour in the row above is higher than the node that it comes from.
    const QRectF from(400, 0, 168, 72), to(0, 168, 168, 72), neighbour(0, 0, 120, 72 + node_size::preview);
    const QPainterPath path = QPainterPathStroker(QPen(Qt::black, 1)).createStroke(wirePath({568, 20}, {0, 188}, from, to));
    QVERIFY(!path.intersects(neighbour));
    QVERIFY(!path.intersects(to.adjusted(2, 2, -2, -2)));
  }

  // Two that go back to ports of one node: neither hides the other.
  void wiresThatGoBackGoAroundEachOther() {
    const QRectF one(0, 0, 168, 72), other(224, 0, 168, 72), to(100, 152, 168, 128);
    const auto line = [&](const QRectF& from, double port) { return wirePath({from.right(), 20}, {to.left(), to.top() + port}, from, to); };
    const QPainterPath first = QPainterPathStroker(QPen(Qt::black, 1)).createStroke(line(one, 52)), second = QPainterPathStroker(QPen(Qt::black, 1)).createStroke(line(other, 76));
    const QRectF both = first.intersected(second).boundingRect();
    QVERIFY2(both.width() < 20 && both.height() < 20, qPrintable(QString("%1 x %2").arg(both.width()).arg(both.height())));  // they may cross
    QVERIFY(!second.intersects(to.adjusted(2, 2, -2, -2)));
  }

  void picturesInFiles() {
    Bench b;
    QTemporaryDir folder;
    QString why;
    const auto draw = [&](const char* name) {
      PictureFile* picture = b.canvas->exportPicture(folder.filePath(name));
      QEventLoop loop;
      bool done = false;
      QObject::connect(picture, &PictureFile::written, &loop, [&] { done = true, loop.quit(); });
      QObject::connect(picture, &PictureFile::failed, &loop, [&](const engine::Problem& said) { why = QString::fromStdString(withPlace(said)), loop.quit(); });
      loop.exec();
      return done;
    };
    QVERIFY2(draw("net.png"), qPrintable(why));
    const QImage image(folder.filePath("net.png"));
    QVERIFY(image.width() > 2 * 800 && image.height() > 2 * 200);
    QVERIFY(draw("net.svg"));
    QFile svg(folder.filePath("net.svg"));
    QVERIFY(svg.open(QIODevice::ReadOnly));
    const QByteArray drawn = svg.readAll();
    QVERIFY(drawn.contains("<svg") && drawn.contains("conv"));
    QSignalSpy refused(&b.project, &Project::refused);
    QVERIFY(!draw("net.gif"));
    QVERIFY2(why.endsWith("net.gif: needs a name that ends with .svg, .pdf or .png, but got net.gif"), qPrintable(why));
    QVERIFY(!draw("nowhere/net.png"));
    QVERIFY(why.contains("nowhere"));
    QCOMPARE(refused.count(), 2);
  }

  // One page as large as the drawing, with texts that can be found: read back by the fonts' tables of characters.
  void aPageHasTheNamesAsText() {
    Bench b;
    QTemporaryDir folder;
    PictureFile* picture = b.canvas->exportPicture(folder.filePath("net.pdf"));
    QSignalSpy written(picture, &PictureFile::written);
    QTRY_COMPARE_WITH_TIMEOUT(written.count(), 1, 30000);
    QFile file(folder.filePath("net.pdf"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray pdf = file.readAll();
    QVERIFY(pdf.startsWith("%PDF-"));
    QCOMPARE(QRegularExpression("/Type\\s*/Page\\b").globalMatch(QString::fromLatin1(pdf)).hasNext(), true);
    QVERIFY(pdf.contains("/Count 1"));
    const auto box = QRegularExpression("/MediaBox \\[0 0 ([0-9.]+) ([0-9.]+)\\]").match(QString::fromLatin1(pdf));
    QVERIFY(box.hasMatch());
    const QRectF part = b.canvas->scene().contentRect();
    QVERIFY2(std::abs(box.captured(1).toDouble() - (part.width() + 80) * 0.75) < 2 && std::abs(box.captured(2).toDouble() - (part.height() + 80) * 0.75) < 2, qPrintable(box.captured()));
    const QString text = textOfPdf(pdf);
    for (const auto& node : b.project.document().nodes()) QVERIFY2(text.contains(QString::fromStdString(node->name)), qPrintable(text));
  }

  void aPictureIsDraggedOut() {
    Bench b;
    b.actions.refresh();
    auto* handle = b.canvas->findChild<PictureHandle*>("canvas.picture");
    QVERIFY(handle && handle->isVisible() && handle->isEnabled());
    std::unique_ptr<QMimeData> dragged;
    QPixmap seen;
    handle->setDragger([&](QMimeData* data, const QPixmap& picture) { dragged.reset(data), seen = picture; });
    const QPoint grip = handle->rect().center();
    QApplication::clipboard()->clear();
    const auto move = [&](QPoint to) {
      QMouseEvent event(QEvent::MouseMove, to, handle->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
      QApplication::sendEvent(handle, &event);
    };
    // A tremble is a press: it copies.
    QTest::mousePress(handle, Qt::LeftButton, {}, grip);
    move(grip + QPoint(1, 1));
    QTest::mouseRelease(handle, Qt::LeftButton, {}, grip + QPoint(1, 1));
    const auto isCopied = [] {
      const QMimeData* data = QApplication::clipboard()->mimeData();
      return data && data->hasFormat("image/svg+xml");
    };
    QTRY_VERIFY(isCopied());
    QVERIFY(!dragged);
    // A drag brings it, as dots, lines and a file, and copies nothing.
    QApplication::clipboard()->clear();
    QTest::mousePress(handle, Qt::LeftButton, {}, grip);
    move(grip + QPoint(0, -40));
    QTRY_VERIFY(dragged);
    QTest::mouseRelease(handle, Qt::LeftButton, {}, grip + QPoint(0, -40));
    QVERIFY(dragged->hasImage() && dragged->data("image/svg+xml").contains(">conv<"));
    QCOMPARE(dragged->urls().size(), 1);
    QCOMPARE(QImage(dragged->urls().first().toLocalFile()).size(), qvariant_cast<QImage>(dragged->imageData()).size());
    QVERIFY(!seen.isNull() && seen.width() <= 240 * seen.devicePixelRatio());
    QTest::qWait(50);
    QVERIFY(!isCopied());
    // Let go before it was painted: nothing comes of it.
    dragged.reset();
    QTest::mousePress(handle, Qt::LeftButton, {}, grip);
    move(grip + QPoint(0, -40));
    QTest::mouseRelease(handle, Qt::LeftButton, {}, grip + QPoint(0, -40));
    QTest::qWait(300);
    QVERIFY(!dragged);
    QCOMPARE(b.project.undo().count(), 0);
  }

  void aPictureOnTheClipboard() {
    Bench b;
    const auto& nodes = b.project.document().nodes();
    const QString first = QString::fromStdString(nodes[0]->name), last = QString::fromStdString(nodes[nodes.size() - 1]->name);
    const auto copy = [&] {
      QApplication::clipboard()->clear();
      b.actions.trigger("edit.copy_picture");
      (void)QTest::qWaitFor([] {
        const QMimeData* data = QApplication::clipboard()->mimeData();
        return data && data->hasFormat("image/svg+xml");
      }, 30000);
      return QApplication::clipboard()->mimeData();
    };
    const QMimeData* all = copy();
    QVERIFY(all->hasImage() && all->hasFormat("image/png"));
    const QSize whole = QImage::fromData(all->data("image/png")).size();
    QVERIFY(!whole.isEmpty());
    QByteArray svg = all->data("image/svg+xml");
    QVERIFY(svg.contains(">" + first.toUtf8() + "<") && svg.contains(">" + last.toUtf8() + "<"));
    b.project.selection().set({nodes[0]->id});
    svg = copy()->data("image/svg+xml");
    QVERIFY(svg.contains(">" + first.toUtf8() + "<") && !svg.contains(">" + last.toUtf8() + "<"));
    QVERIFY(QImage::fromData(QApplication::clipboard()->mimeData()->data("image/png")).width() < whole.width());
    QCOMPARE(b.project.undo().count(), 0);
    // A frame comes with all that is in it, and not with a part of that.
    QVERIFY(b.project.edit("Frame", [](Transaction& t) -> engine::Done {
      engine::document::Frame frame;
      frame.title = "backbone", frame.nodes = {kConv, kRelu};
      const auto set = t.setFrame(frame);
      return set ? engine::Done() : tl::unexpected(set.error());
    }));
    b.project.selection().set({kConv});
    QVERIFY(!copy()->data("image/svg+xml").contains(">backbone<"));
    b.project.selection().set({kConv, kRelu, kLinear});
    QVERIFY(copy()->data("image/svg+xml").contains(">backbone<"));
    b.project.selection().clear();
    QVERIFY(copy()->data("image/svg+xml").contains(">backbone<"));
  }

  // A picture is painted a few nodes a turn; an edit meanwhile makes it begin anew, and it shows what was there last.
  void aLargePictureIsPaintedInTurns() {
    constexpr NodeId kCount = 700;
    Bench b;
    b.project.replace(chain(kCount), {});
    QTemporaryDir folder;
    PictureFile* picture = b.canvas->exportPicture(folder.filePath("net.svg"));
    QSignalSpy written(picture, &PictureFile::written);
    PictureFile::Counters seen;
    QObject::connect(picture, &PictureFile::written, picture, [&] { seen = picture->counters; });
    QTRY_VERIFY(picture->counters.turns > 0);
    QVERIFY(b.project.edit("Rename", [](Transaction& t) { return t.rename(2, "renamed"); }));
    QTRY_COMPARE_WITH_TIMEOUT(written.count(), 1, 60000);
    QCOMPARE(seen.starts, 2);
    QVERIFY(seen.most <= PictureFile::kMostInATurn);
    QVERIFY(seen.turns > (kCount * 2 - 1) / PictureFile::kMostInATurn);
    QFile svg(folder.filePath("net.svg"));
    QVERIFY(svg.open(QIODevice::ReadOnly));
    const QByteArray drawn = svg.readAll();
    QCOMPARE(drawn.count("renamed"), 1);
    QVERIFY(!drawn.contains(">n2<"));
    // Its texts are joined into one drawing: whole, every node once, and as large as the network.
    QCOMPARE(drawn.count("<svg"), 1);
    for (const NodeId id : {1, 300, int(kCount)}) QCOMPARE(drawn.count(">n" + QByteArray::number(qulonglong(id)) + "<"), 1);
    QSvgRenderer reader(drawn);
    QVERIFY(reader.isValid());
    QVERIFY(reader.viewBoxF().width() > 1000);
    QXmlStreamReader xml(drawn);
    while (!xml.atEnd()) xml.readNext();
    QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
  }

  // Automatic layout of many nodes is found on another thread: one undo step, and an edit meanwhile is not lost.
  void aLargeLayoutFollowsWhatTheNetworkHasBecome() {
    constexpr NodeId kCount = 600;
    Bench b;
    b.project.replace(chain(kCount), {});
    const int moved = int(b.positionOf(2).x());
    b.trigger("node.layout");
    QCOMPARE(b.steps(), 0);  // still being found
    QVERIFY(b.project.edit("Delete", [](Transaction& t) { return t.removeNode(kCount); }));
    QTRY_COMPARE(b.steps(), 2);
    QCOMPARE(b.lastStep(), QString("Lay out %1 layers").arg(kCount - 1));
    QVERIFY(!b.document().node(kCount));
    QVERIFY(int(b.positionOf(2).x()) != moved || b.positionOf(3) != QPointF(200.0 * 3, 0));
    for (const NodeItem* one : b.scene().nodes())
      for (const NodeItem* other : b.scene().nodes())
        QVERIFY(one == other || !withPicture(one).intersects(withPicture(other)));
    b.project.undo().undo();
    QCOMPARE(int(b.positionOf(2).x()), moved);
  }

  // Nodes of a large document without positions: where they stand was found with what follows from it, without a look.
  void nodesWithoutPositionsStandWithoutBeingLookedAt() {
    constexpr NodeId kCount = 1500;
    Bench b;
    Document document = chain(kCount, false);
    Insight insight = insightOf(document);
    QCOMPARE(insight.layout.size(), size_t(kCount));
    b.project.replace(std::move(document), std::move(insight), {});
    const auto unmade = std::count_if(b.scene().nodes().begin(), b.scene().nodes().end(), [](const NodeItem* n) { return !n->isMade(); });
    QVERIFY2(unmade > int(kCount) / 2, "placing them has made their looks");
    const QPointF at = b.scene().node(700)->pos(), other = b.scene().node(1200)->pos();
    QVERIFY(at != other);
    // One that comes back stands where it stood, and nobody else moves.
    QVERIFY(b.project.edit("Delete", [](Transaction& t) { return t.removeNode(700); }));
    b.project.undo().undo();
    QCOMPARE(b.scene().node(700)->pos(), at);
    QCOMPARE(b.scene().node(1200)->pos(), other);
  }

  // What follows from an edit of a large network comes from another thread: its shapes are shown once they are there.
  void shapesOfALargeNetworkFollowALittleLater() {
    constexpr NodeId kCount = 2500;
    Bench b;
    b.project.replace(chain(kCount), {});
    QCOMPARE(b.scene().node(kCount)->look().shape, QString("4 × 16 × 16"));
    QVERIFY(b.project.edit("Size", [](Transaction& t) { return t.setField(1, "shape", std::vector<int64_t>{4, 20, 20}); }));
    QVERIFY(b.project.isBehind());
    QCOMPARE(b.scene().node(kCount)->look().shape, QString("4 × 16 × 16"));
    QTRY_VERIFY(!b.project.isBehind());
    QCOMPARE(b.scene().node(kCount)->look().shape, QString("4 × 20 × 20"));
    QCOMPARE(b.steps(), 1);
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
