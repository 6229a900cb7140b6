// Where the keys go when what had them goes away: to the canvas, never to what happens to stand next in the window.
#include <QLineEdit>
#include <QToolButton>

#include "tests/ui/layers.h"
#include "tests/ui/own_settings.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/quick_add.h"
#include "ui/canvas/view.h"
#include "ui/inspector/inspector.h"
#include "ui/shell/main_window.h"
#include "ui/theme/style.h"

namespace ui {

using engine::NodeId;
using engine::document::Transaction;

class FocusTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::unique_ptr<MainWindow> window_;
  Canvas* canvas_ = nullptr;
  CanvasView* view_ = nullptr;
  NodeId layer_ = 0;

  Project& project() { return window_->project(); }
  NodeId named(const char* name) {
    for (const auto& node : project().shown().nodes())
      if (node->name == name) return node->id;
    return 0;
  }
  // A layer in a block that is open.
  void goInside() {
    layer_ = named("linear1") ? named("linear1") : project().shown().nodes()[1]->id;
    project().selection().set({layer_});
    window_->actions().refresh();
    window_->actions().trigger("node.fold");
    project().open(project().selection().current());
    QVERIFY(project().isWithin() && project().shown().node(layer_));
    view_->setFocus();
  }
  QToolButton* wayBack() { return canvas_->findChild<QWidget*>("breadcrumb")->findChildren<QToolButton*>().last(); }

 private slots:
  void initTestCase() {
    useOwnSettings(folder_);
    setUpLook();
  }
  void init() {
    window_ = std::make_unique<MainWindow>();
    window_->resize(1280, 800);
    window_->show();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    window_->files().openTemplate("spirals");
    canvas_ = window_->findChild<Canvas*>();
    view_ = window_->findChild<CanvasView*>();
    view_->setFocus();
  }
  void cleanup() { window_.reset(); }

  void whoLeavesABlockIsNotAskedAboutIt() {
    goInside();
    project().selection().set({layer_});
    window_->actions().trigger("node.add");
    QVERIFY(canvas_->quickAdd().isVisible());
    QTest::mouseClick(wayBack(), Qt::LeftButton);
    QVERIFY(!project().isWithin());
    QVERIFY2(!canvas_->quickAdd().isVisible(), "what fits in the block is offered outside");
    QVERIFY(view_->hasFocus());
    // However it was left.
    project().open(project().selection().current());
    window_->actions().trigger("node.add");
    project().leave();
    QVERIFY(!canvas_->quickAdd().isVisible());
  }

  void aNameThatIsTypedIsKeptByWhoLeaves() {
    goInside();
    project().selection().set({layer_});
    window_->actions().refresh();
    const int steps = project().undo().count();
    window_->actions().trigger("node.rename");
    QTest::keyClicks(QApplication::focusWidget(), "another");
    QTest::mouseClick(wayBack(), Qt::LeftButton);
    QVERIFY(!project().isWithin());
    QCOMPARE(project().undo().count(), steps + 1);
    project().open(project().selection().current());
    QCOMPARE(project().shown().node(layer_)->name, std::string("another"));
  }

  void whatTakesTheFocusFromTheSearchKeepsIt() {
    const NodeId node = project().document().nodes()[1]->id;
    project().selection().set({node});
    window_->actions().refresh();
    window_->actions().trigger("node.add");
    window_->actions().trigger("node.rename");
    QVERIFY(!canvas_->quickAdd().isVisible());
    auto* field = qobject_cast<QLineEdit*>(QApplication::focusWidget());
    QVERIFY(field && field->objectName() == "canvas.name");
    QTest::keyClicks(field, "typed");
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(project().document().node(node)->name, std::string("typed"));
    QVERIFY(view_->hasFocus());
  }

  void fieldsThatGoGiveTheFocusToTheCanvas() {
    const NodeId added = addLayer(project(), "Linear");
    project().selection().set({added});
    window_->actions().refresh();
    window_->actions().trigger("node.edit");
    auto* inspector = window_->findChild<Inspector*>();
    QVERIFY(inspector->isAncestorOf(QApplication::focusWidget()));
    window_->actions().trigger("edit.undo");
    QVERIFY(!project().document().node(added));
    QVERIFY2(view_->hasFocus(), qPrintable(QApplication::focusWidget() ? QApplication::focusWidget()->objectName() : "nobody"));
    // The page of a block, too.
    goInside();
    inspector->findChild<QWidget*>("show_field")->setFocus();
    project().leave();
    QVERIFY(view_->hasFocus());
  }
};

}  // namespace ui

QTEST_MAIN(ui::FocusTest)
#include "focus_test.moc"
