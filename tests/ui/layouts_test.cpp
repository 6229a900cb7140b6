// Arrangements of the panels, kept under names and used again.
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include "tests/ui/layers.h"
#include "tests/ui/own_settings.h"
#include "ui/canvas/canvas.h"
#include "ui/shell/main_window.h"

using ui::MainWindow;

namespace {

struct Window {
  MainWindow main;
  Window() {
    main.show();
    (void)ui::addLayer(main.project(), "ReLU");
    QCoreApplication::processEvents();
    main.actions().refresh();
  }
  QDockWidget* dock(const char* name) { return main.findChild<QDockWidget*>(name); }
  QListWidget* list() { return main.findChild<QListWidget*>("layouts_list"); }
  QLineEdit* name() { return main.findChild<QLineEdit*>("layouts_name"); }
  QString said() { return main.findChild<QLabel*>("layouts_said")->text(); }
  QStringList names() {
    QStringList all;
    for (int i = 0; i < list()->count(); ++i) all << list()->item(i)->text();
    return all;
  }
  void open() {
    main.actions().refresh();
    main.actions().trigger("dock.layouts");
    QCoreApplication::processEvents();
    QVERIFY(list()->isVisible());
  }
  void keep(const QString& text) {
    name()->setFocus();
    QTest::keyClicks(name(), text);
    QTest::keyClick(name(), Qt::Key_Return);
  }
};

}  // namespace

class LayoutsTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    useOwnSettings(folder_);
  }
  void init() { QSettings().clear(); }

  void aLayoutIsKeptAndUsedAgain() {
    {
      Window w;
      w.dock("dock.layers")->hide();
      w.dock("dock.outline")->show();
      w.open();
      QVERIFY(!w.main.findChild<QPushButton*>("layouts_save")->isEnabled());
      w.keep("with / outline");
      QCOMPARE(w.names(), QStringList{"with / outline"});
      QTest::keyClick(w.list(), Qt::Key_Escape);
      QVERIFY(!w.list()->isVisible());
      w.main.actions().trigger("dock.reset");
      QVERIFY(!w.dock("dock.layers")->isHidden() && w.dock("dock.outline")->isHidden());
      QCOMPARE(w.main.project().undo().count(), 1);  // the layer that was added
    }
    Window w;  // the next start
    w.main.actions().trigger("dock.reset");
    w.open();
    QTest::keyClick(w.list(), Qt::Key_Return);
    QVERIFY(!w.list()->isVisible());
    QVERIFY(w.dock("dock.layers")->isHidden() && !w.dock("dock.outline")->isHidden());
  }

  void aNameIsReplacedAndForgotten() {
    Window w;
    w.open();
    w.keep("mine");
    w.keep("other");
    w.keep("  mine ");
    QCOMPARE(w.names(), (QStringList{"mine", "other"}));
    QCOMPARE(w.said(), QString("mine is the layout as it is now."));
    w.list()->setFocus();
    w.list()->setCurrentRow(0);
    QTest::keyClick(w.list(), Qt::Key_Delete);
    QCOMPARE(w.names(), QStringList{"other"});
  }

  void damagedSettingsAreSaidAndChangeNothing() {
    QSettings().setValue("window/layouts", QVariantMap{{"broken", QByteArray("not a state")}, {"number", 7}});
    Window w;
    const bool hidden = w.dock("dock.layers")->isHidden();
    w.open();
    for (int row : {0, 1}) {
      w.list()->setCurrentRow(row);
      QTest::mouseClick(w.main.findChild<QPushButton*>("layouts_use"), Qt::LeftButton);
      QVERIFY(w.list()->isVisible());
      QVERIFY(w.said().contains("cannot be used"));
    }
    QCOMPARE(w.dock("dock.layers")->isHidden(), hidden);
  }

 private:
  QTemporaryDir folder_;
};

QTEST_MAIN(LayoutsTest)
#include "layouts_test.moc"
