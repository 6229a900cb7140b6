// The window as it is for whoever reads from right to left: panels and rows are mirrored, networks and curves are not, and nothing is
// cut or lies on something else.
#include <QApplication>
#include <QDockWidget>
#include <QImage>
#include <QLayout>
#include <QLineEdit>
#include <QScrollArea>
#include <QSettings>
#include <QStandardPaths>
#include <QTest>
#include <QTreeView>

#include "ui/canvas/canvas.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/charts/chart.h"
#include "ui/model/text.h"
#include "ui/shell/main_window.h"
#include "ui/theme/mirror.h"
#include "ui/theme/style.h"

using ui::MainWindow;

namespace {

// The columns of a picture that are not of its ground, from the first to the last.
std::pair<int, int> inked(const QImage& image, int from, int to) {
  std::pair<int, int> found{-1, -1};
  const QRgb ground = image.pixel(std::clamp((from + to) / 2, 0, image.width() - 1), 1);
  for (int x = std::max(0, from); x < std::min(to, image.width()); ++x)
    for (int y = 4; y < image.height() - 4; ++y)
      if (image.pixel(x, y) != ground) {
        if (found.first < 0) found.first = x;
        found.second = x;
      }
  return found;
}

QImage rowOf(QAbstractItemView& view, const QModelIndex& index) {
  const QRect place = view.visualRect(index);
  return view.viewport()->grab(QRect(0, place.top(), view.viewport()->width(), place.height())).toImage();
}

void show(MainWindow& window) {
  window.resize(1280, 800);
  window.show();
  QVERIFY(QTest::qWaitForWindowExposed(&window));
  QApplication::setActiveWindow(&window);
  window.files().openTemplate("xor");
  QTest::qWait(100);
}

}  // namespace

class MirroredTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("mirrored_test" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    ui::setUpLook();
  }
  void init() { QApplication::setLayoutDirection(Qt::RightToLeft); }
  void cleanup() {
    for (const auto& kept : ui::Recovery::list()) ui::Recovery::discard(kept);
    QSettings().clear();
    QApplication::setLayoutDirection(Qt::LeftToRight);
  }
  void cleanupTestCase() {
    QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
    QFile::remove(QSettings().fileName());
  }

  void panelsAreMirroredAndTheNetworkIsNot() {
    MainWindow window;
    show(window);
    const auto middleOf = [&](const char* name) { return window.findChild<QWidget*>(name)->mapTo(&window, window.findChild<QWidget*>(name)->rect().center()).x(); };
    QVERIFY(middleOf("dock.layers") > window.width() / 2 && middleOf("dock.inspector") < window.width() / 2);
    QVERIFY(middleOf("run.primary") > window.width() / 2 && middleOf("toolbar.previews") < window.width() / 2);
    // Data flow as in every drawing, hands find it where it is seen, and the view can be moved.
    auto& view = window.canvas().view();
    auto& scene = window.canvas().scene();
    const auto& nodes = window.project().document().nodes();
    const auto* first = scene.node(nodes[0]->id);
    QVERIFY(view.mapFromScene(first->outputAt(0)).x() > view.mapFromScene(first->pos()).x());
    window.canvas().fitAll();
    for (const auto& node : nodes) QVERIFY(view.visiblePart().contains(scene.node(node->id)->nodeRect()));
    const QPointF before = view.middle();
    view.pan({60, 0});
    QVERIFY(std::abs(view.middle().x() - (before.x() - 60 / view.zoom())) < 1.5);
    view.pan({-60, 0});
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, view.mapFromScene(first->pos() + QPointF(60, 12)));
    QCOMPARE(window.project().selection().nodes(), std::vector<engine::NodeId>{nodes[0]->id});
    for (const auto* chart : window.findChildren<ui::Chart*>()) QCOMPARE(chart->layoutDirection(), Qt::LeftToRight);
    // What stood where is kept for each direction.
    window.close();
    QVERIFY(QSettings().contains("window/state_mirrored") && !QSettings().contains("window/state"));
  }

  void paintedRowsAreMirrored() {
    // The sign of a layer at the side where reading begins, the name beside it; nothing leaves its row.
    const auto look = [](Qt::LayoutDirection direction) {
      QApplication::setLayoutDirection(direction);
      MainWindow window;
      show(window);
      auto* list = window.findChild<QTreeView*>("layer_list");
      const QModelIndex group = list->model()->index(0, 0), layer = list->model()->index(0, 0, group);
      list->clearSelection();
      list->setCurrentIndex({});
      QTest::qWait(30);
      return std::pair(rowOf(*list, layer), rowOf(*list, group));
    };
    const auto there = look(Qt::RightToLeft), here = look(Qt::LeftToRight);
    for (const auto& [mirrored, plain] : {std::pair(there.first, here.first), std::pair(there.second, here.second)}) {
      const int wide = mirrored.width();
      const auto a = inked(mirrored, 0, wide), b = inked(plain, 0, wide);
      QVERIFY(a.first > 2 && a.second < wide - 3);
      QVERIFY2(std::abs((wide - 1 - a.second) - b.first) <= 4, "it begins as far from the edge");
      QVERIFY(std::abs((wide - 1 - a.first) - b.second) <= 12);
    }
    // Both have the sign where they begin: a square of 20 pixels without a gap.
    const auto sign = inked(there.first, there.first.width() - 40, there.first.width());
    QVERIFY(sign.second - sign.first >= 18);
  }

  void numbersAreWrittenFromLeftToRight() {
    QCOMPARE(ui::leftToRight("12.3 MiB"), QString(QChar(0x2066)) + "12.3 MiB" + QChar(0x2069));
    QVERIFY(ui::bytesText(12.3 * 1024 * 1024).contains("12.3 MiB") && ui::bytesText(1).startsWith(QChar(0x2066)));
    QVERIFY(ui::textOf(engine::Shape{engine::kBatch, 32, 28, 28}, false).startsWith(QChar(0x2066)));
    QApplication::setLayoutDirection(Qt::LeftToRight);
    QCOMPARE(ui::textOf(engine::Shape{engine::kBatch, 32, 28, 28}, false), QString("32 × 28 × 28"));
  }

  void nothingLiesOnSomethingElse() {
    MainWindow window;
    show(window);
    const auto check = [&] {
      QTest::qWait(50);
      for (const QWidget* widget : window.findChildren<QWidget*>()) {
        if (!widget->isVisible() || !widget->layout()) continue;
        QList<QWidget*> laid;
        for (int i = 0; i < widget->layout()->count(); ++i)
          if (QWidget* one = widget->layout()->itemAt(i)->widget(); one && one->isVisible()) laid << one;
        for (int i = 0; i < laid.size(); ++i) {
          QVERIFY2(widget->rect().adjusted(-1, -1, 1, 1).contains(laid[i]->geometry()) || widget->inherits("QMainWindow") || widget->inherits("QDockWidget"), qPrintable(laid[i]->objectName()));
          for (int k = 0; k < i; ++k) QVERIFY2(!laid[i]->geometry().intersects(laid[k]->geometry()) || widget->inherits("QStackedWidget") || widget->inherits("ui::PageStack"), qPrintable(laid[i]->objectName() + " " + laid[k]->objectName()));
        }
      }
      for (const QScrollArea* area : window.findChildren<QScrollArea*>())
        if (area->isVisible() && area->widget()) QVERIFY2(area->widget()->width() <= area->viewport()->width() + 1, qPrintable(area->parentWidget()->objectName()));
    };
    check();
    window.project().selection().set({window.project().document().nodes()[1]->id});
    check();
    window.actions().trigger("place.evaluate");
    check();
    window.showWelcome(true);
    check();
  }
};

QTEST_MAIN(MirroredTest)
#include "mirrored_test.moc"
