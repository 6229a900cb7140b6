// Reduced motion: nothing slides, everything is at once where it ends; kept between windows, and at first as the desktop has it.
#include <QApplication>
#include <QDockWidget>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QVariantAnimation>

#include "ui/canvas/canvas.h"
#include "ui/canvas/scene.h"
#include "ui/shell/main_window.h"
#include "ui/theme/motion.h"
#include "ui/theme/style.h"

using engine::NodeId;

namespace {

bool anyMovement(QWidget& window) {
  for (const auto* animation : window.findChildren<QAbstractAnimation*>())
    if (animation->state() == QAbstractAnimation::Running && animation->totalDuration() > 0) return true;
  return false;
}

void write(const QString& path, const char* text) {
  QDir().mkpath(QFileInfo(path).path());
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) > 0);
}

}  // namespace

class MotionTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("motion_test" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    ui::setUpLook();
  }
  void cleanup() {
    for (const auto& kept : ui::Recovery::list()) ui::Recovery::discard(kept);
    QSettings().clear();
  }
  void cleanupTestCase() {
    QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
    QFile::remove(QSettings().fileName());
  }

  void nothingMovesUnderIt() {
    ui::MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    window.files().openTemplate("fashion-cnn");
    window.actions().refresh();
    QAction* reduced = window.actions()["view.reduced_motion"];
    QVERIFY(!reduced->isChecked() && window.isAnimated());
    auto& canvas = window.canvas();
    const NodeId first = window.project().document().nodes().front()->id;
    // As it is at first: the layout is one edit, shown as a movement.
    const auto disturb = [&] {
      window.project().edit("Move", [&](auto& t) { return t.move(first, engine::document::Position{1000, 1000}); });
      window.actions().trigger("node.layout");
    };
    disturb();
    QVERIFY(anyMovement(window));
    QTRY_VERIFY(!anyMovement(window));
    // Under it nothing does: nodes are where the document has them in the same turn.
    reduced->trigger();
    QVERIFY(ui::isMotionReduced() && !window.isAnimated());
    QCOMPARE(QApplication::style()->styleHint(QStyle::SH_Widget_Animation_Duration), 0);
    QVERIFY(!QApplication::isEffectEnabled(Qt::UI_AnimateMenu));
    disturb();
    QVERIFY(!anyMovement(window));
    const auto at = window.project().document().node(first)->position;
    QCOMPARE(canvas.scene().node(first)->pos(), QPointF(at->x, at->y));
    for (const char* action : {"view.fit_all", "view.zoom_in", "view.fit_selection", "dock.layers", "dock.layers", "dock.outline", "place.evaluate", "place.network", "edit.undo"}) {
      window.actions().refresh();
      window.actions().trigger(action);
      QVERIFY2(!anyMovement(window), action);
    }
    // Kept, also by other windows; and it ends.
    ui::MainWindow other;
    QVERIFY(!other.isAnimated());
    reduced->trigger();
    QVERIFY(window.isAnimated() && other.isAnimated());
    disturb();
    QVERIFY(anyMovement(window));
  }

  void theDesktopIsAsked() {
    QTemporaryDir folder;
    const QString here = folder.path();
    QVERIFY(!ui::filesReduceMotion(here));
    write(here + "/kdeglobals", "[KDE]\nAnimationDurationFactor=0.5\n");
    QVERIFY(!ui::filesReduceMotion(here));
    write(here + "/gtk-3.0/settings.ini", "[Settings]\ngtk-enable-animations=1\n");
    QVERIFY(!ui::filesReduceMotion(here));
    write(here + "/gtk-4.0/settings.ini", "[Settings]\ngtk-enable-animations = false\n");
    QVERIFY(ui::filesReduceMotion(here));
    QFile::remove(here + "/gtk-4.0/settings.ini");
    write(here + "/plasma/kdeglobals", "[KDE]\nAnimationDurationFactor=0\n");
    QVERIFY(ui::filesReduceMotion(here + "/plasma"));
    // It is the first answer; what was chosen is the last.
    const QString config = QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation);
    write(config + "/gtk-4.0/settings.ini", "[Settings]\ngtk-enable-animations=0\n");
    ui::followSystemMotion();
    QVERIFY(ui::isMotionReduced());
    ui::reduceMotion(false);
    QVERIFY(!ui::isMotionReduced());
    QFile::remove(config + "/gtk-4.0/settings.ini");
    QSettings().clear();
    ui::followSystemMotion();
    QVERIFY2(!ui::isMotionReduced(), "of a run before this one");
  }
};

QTEST_MAIN(MotionTest)
#include "motion_test.moc"
