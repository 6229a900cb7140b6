// Profile in the real window: a run is timed node by node while it goes on; bars stand in the nodes, the numbers in a
// table, and neither the document nor its undo steps know of it.
#include <QClipboard>
#include <QDockWidget>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QTreeView>

#include "engine/document/json.h"
#include "tests/ui/endless_run.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/run/profile_table.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/sorted_table.h"

using engine::NodeId;
using engine::document::Transaction;
using ui::MainWindow;
using ui::ProfileTable;
using ui::SortedTable;
using State = ui::Training::State;

class ProfileTest : public QObject {
  Q_OBJECT

  static int withBar(MainWindow& window) {
    int count = 0;
    for (const auto* item : window.canvas().scene().nodes()) count += item->look().bar.has_value();
    return count;
  }
  static void press(MainWindow& window, const char* action) {
    window.actions().refresh();  // what the event loop would do next
    QVERIFY2(window.actions()[action]->isEnabled(), action);
    window.actions().trigger(action);
  }
  static double number(const QTreeView& list, int row, int column) {
    return list.model()->index(row, column).data(SortedTable::kNumber).toDouble();
  }
  static QString text(const QTreeView& list, int row, int column) {
    return list.model()->index(row, column).data().toString();
  }

 private slots:
  void initTestCase() { ui::setUpEndlessRun("profile"); }
  void cleanupTestCase() { ui::cleanUpEndlessRun(); }

  void aRunIsTimedNodeByNode() {
    MainWindow window;
    ui::openEndlessRun(window);
    window.actions().refresh();
    QVERIFY(!window.actions()["train.profile"]->isEnabled());
    QVERIFY(window.actions()["train.profile"]->toolTip().contains("press Train first"));
    const std::string before = print(window.project().document());
    const int steps = window.project().undo().count();

    press(window, "train.start");
    QTRY_VERIFY_WITH_TIMEOUT(window.training().state() == State::running, 60000);
    QCOMPARE(withBar(window), 0);
    window.actions().refresh();
    QTest::mouseClick(window.findChild<QToolButton*>("toolbar.profile"), Qt::LeftButton);
    auto* dock = window.findChild<QDockWidget*>("dock.profile");
    QVERIFY(dock->isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(withBar(window) > 0, 60000);

    // Every layer that computes has a bar, the dearest one's is as wide as the node, and no two parts reach further.
    double most = 0;
    for (const auto& node : window.project().document().nodes()) {
      const auto& bar = window.canvas().scene().node(node->id)->look().bar;
      if (node->type == "Linear") QVERIFY2(bar && bar->forward > 0 && bar->backward > 0, node->name.c_str());
      if (!bar) continue;
      QVERIFY(bar->forward >= 0 && bar->backward >= 0);
      most = std::max(most, bar->forward + bar->backward);
      QVERIFY(bar->words.contains(" ms a step"));
    }
    QVERIFY(std::abs(most - 1) < 1e-9);

    // The table says the same, and how much of the step it is. No new profile comes between: switched off, what was told
    // stays.
    press(window, "train.pause");
    QTRY_VERIFY_WITH_TIMEOUT(window.training().state() == State::paused, 60000);
    press(window, "train.profile");
    auto* list = window.findChild<QTreeView*>("profile.list");
    const int rows = list->model()->rowCount();
    QVERIFY(rows > 4);
    double share = 0, update = 0;
    for (int row = 0; row < rows; ++row) {
      share += number(*list, row, ProfileTable::share);
      update += number(*list, row, ProfileTable::update);
      if (row > 0) QVERIFY2(number(*list, row, ProfileTable::share) <= number(*list, row - 1, ProfileTable::share), "not sorted");
    }
    QVERIFY2(share > 0.95 && share <= 1, qPrintable(QString::number(share)));
    QVERIFY(update > 0);
    const QString whole = window.findChild<QLabel*>("profile.whole")->text();
    const auto* how = window.findChild<ui::ElidedLabel*>("profile.how");
    QVERIFY2(!how->isElided() || how->text().endsWith(QChar(0x2026)), "a line that is cut off ends in dots");
    QVERIFY(how->words().contains("peak"));
    QVERIFY2(whole.contains(QString::number(share * 100, 'f', 1) + " % of it in the nodes"), qPrintable(whole));

    // Another column, another order.
    list->sortByColumn(ProfileTable::backward, Qt::DescendingOrder);
    for (int row = 1; row < rows; ++row)
      QVERIFY(number(*list, row, ProfileTable::backward) <= number(*list, row - 1, ProfileTable::backward));

    // A click shows the node.
    const NodeId linear = ui::firstOf(window, "Linear");
    window.canvas().view().pan({9000, 9000});
    for (int row = 0; row < rows; ++row) {
      const QModelIndex index = list->model()->index(row, ProfileTable::node);
      if (index.data(SortedTable::kNode).toULongLong() != linear) continue;
      list->scrollTo(index);
      QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(index).center());
    }
    QCOMPARE(window.project().selection().nodes(), std::vector<NodeId>{linear});
    QVERIFY(window.canvas().view().visiblePart().contains(window.canvas().scene().node(linear)->nodeRect()));

    // As text, all rows and full numbers.
    QTest::mouseClick(window.findChild<QPushButton*>("profile.copy"), Qt::LeftButton);
    const QStringList lines = QApplication::clipboard()->text().trimmed().split('\n');
    QCOMPARE(int(lines.size()), rows + 1);
    double csvShare = 0;
    for (const QString& line : lines.mid(1)) csvShare += line.split(',')[5].toDouble();
    QVERIFY(std::abs(csvShare - share) < 1e-4);

    QCOMPARE(print(window.project().document()), before);
    QCOMPARE(window.project().undo().count(), steps);
    QVERIFY(!window.training().isOutdated());
    ui::stopRun(window);
  }

  void whatRunsInTheCallOfAnotherSaysWithWhom() {
    MainWindow window;
    ui::openEndlessRun(window);
    QString text = QString::fromStdString(print(window.project().document()));
    text.replace("Tanh", "ReLU");  // which the layer before it takes in
    const auto document = engine::document::parse(text.toStdString(), "spirals.netw");
    QVERIFY(document);
    window.project().replace(*document, {});
    press(window, "train.start");
    QTRY_VERIFY_WITH_TIMEOUT(window.training().state() == State::running, 60000);
    press(window, "train.profile");
    QTRY_VERIFY_WITH_TIMEOUT(withBar(window) > 0, 60000);
    press(window, "train.pause");
    QTRY_VERIFY_WITH_TIMEOUT(window.training().state() == State::paused, 60000);
    auto* list = window.findChild<QTreeView*>("profile.list");
    int together = 0;
    for (const auto& node : window.project().document().nodes()) {
      if (node->type != "ReLU") continue;
      const auto& bar = window.canvas().scene().node(node->id)->look().bar;
      QVERIFY(bar);
      QVERIFY(bar->together && bar->caption.startsWith("with "));
      QVERIFY2(bar->words.startsWith("Runs together " + bar->caption), qPrintable(bar->words));
      for (int row = 0; row < list->model()->rowCount(); ++row) {
        if (list->model()->index(row, 0).data(SortedTable::kNode).toULongLong() != node->id) continue;
        QCOMPARE(ProfileTest::text(*list, row, ProfileTable::forward), bar->caption);
        QCOMPARE(ProfileTest::text(*list, row, ProfileTable::share), QString());
        ++together;
      }
    }
    QCOMPARE(together, 2);
    ui::stopRun(window);
  }

  void barsComeAndGo() {
    MainWindow window;
    ui::openEndlessRun(window);
    press(window, "train.start");
    QTRY_VERIFY_WITH_TIMEOUT(window.training().state() == State::running, 60000);
    press(window, "train.profile");
    QTRY_VERIFY_WITH_TIMEOUT(withBar(window) > 0, 60000);
    press(window, "train.profile");  // off: what was told stays, and no more is timed
    press(window, "train.pause");
    QTRY_VERIFY_WITH_TIMEOUT(window.training().state() == State::paused, 60000);
    const int bars = withBar(window);
    QVERIFY(bars > 0);
    press(window, "view.costs");
    QCOMPARE(withBar(window), 0);
    press(window, "view.costs");
    QCOMPARE(withBar(window), bars);
    // What is edited costs something else now.
    const NodeId linear = ui::firstOf(window, "Linear");
    window.project().edit("Outputs", [&](Transaction& t) { return t.setField(linear, "out_features", int64_t(21)); });
    QVERIFY(!window.canvas().scene().node(linear)->look().bar);
    window.project().undo().undo();

    // Paused, the next step is timed and told.
    press(window, "train.profile");
    const auto step = window.training().status().step;
    press(window, "train.step");
    QTRY_VERIFY_WITH_TIMEOUT(window.training().status().step == step + 1, 60000);
    QTRY_VERIFY_WITH_TIMEOUT(window.findChild<ui::ElidedLabel*>("profile.how")->words().startsWith("1 step "), 60000);

    // A new run begins without.
    ui::stopRun(window);
    press(window, "train.start");
    QCOMPARE(withBar(window), 0);
    QTRY_VERIFY_WITH_TIMEOUT(withBar(window) > 0, 60000);  // and is timed, for the switch is on
    ui::stopRun(window);
    window.files().openTemplate("xor");
    QCOMPARE(withBar(window), 0);
    QCOMPARE(window.findChild<QTreeView*>("profile.list")->model()->rowCount(), 0);
  }
};

QTEST_MAIN(ProfileTest)
#include "profile_test.moc"
