// Deleting, copying, naming and aligning: what each does to the document, in how many undo steps.
#include <QClipboard>
#include <QLineEdit>

#include "tests/ui/canvas_bench.h"

using namespace ui;
using Bench = CanvasBench;

class CanvasEditsTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { setUpCanvas("canvas_edits_test"); }

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
};

QTEST_MAIN(CanvasEditsTest)
#include "canvas_edits_test.moc"
