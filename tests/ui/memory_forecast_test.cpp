// Before Train: what a run takes against what the machine has is said in the status bar, the recipe, the list of problems and over
// the canvas; the largest batch that fits is one undo step away; and who trains anyway does.
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>

#include "engine/document/json.h"
#include "tests/ui/endless_run.h"
#include "ui/model/text.h"
#include "ui/run/memory_forecast.h"
#include "ui/shell/problems_panel.h"

using engine::document::Transaction;
using ui::MainWindow;
using ui::MemoryForecast;
using State = ui::Training::State;

namespace {

constexpr qint64 kMiB = 1 << 20;
constexpr qint64 kPlenty = 1 << 30;

struct Desk {
  MainWindow window;
  MemoryForecast& forecast = *window.findChild<MemoryForecast*>();
  ui::MessageBar& messages = window.messages();
  explicit Desk(qint64 machine = kPlenty) {
    forecast.setMachine(machine);
    window.resize(1440, 900);
    window.show();
    if (!QTest::qWaitForWindowExposed(&window)) qFatal("no window");
    QApplication::setActiveWindow(&window);
    window.files().openTemplate("spirals");
    setEpochs();
  }
  ~Desk() {
    window.training().stop();
    if (!QTest::qWaitFor([this] { return !window.training().isActive(); }, 60000)) qFatal("a run does not stop");
  }
  void setEpochs() {
    change([](auto& phase) { phase.epochs = 1000000; });
  }
  template <class Change>
  void change(Change&& each) {
    window.project().editWhole("Recipe", [&](Transaction& t) {
      auto recipe = t.view().recipe();
      for (auto& phase : recipe.phases) each(phase);
      return t.setRecipe(std::move(recipe));
    });
  }
  void setBatch(int64_t batch) {
    change([batch](auto& phase) { phase.batch = batch; });
  }
  int64_t batch() { return window.project().document().recipe().phases[0].batch; }
  int steps() { return window.project().undo().count(); }
  void settle() {
    QVERIFY(QTest::qWaitFor([this] { return !forecast.isBehind() && forecast.facts(); }, 60000));
  }
  void settleLargest() {
    settle();
    QVERIFY(QTest::qWaitFor([this] { return forecast.largest().has_value(); }, 60000));
  }
  void press(const char* action) {
    window.actions().refresh();
    QVERIFY2(window.actions()[action]->isEnabled(), action);
    window.actions().trigger(action);
  }
  QPushButton* button(const QString& begin) {
    for (auto* each : messages.findChildren<QPushButton*>())
      if (each->text().startsWith(begin) && each->isVisible()) return each;
    return nullptr;
  }
  QLabel* label(const char* name) { return window.findChild<QLabel*>(name); }
  // A machine for which `fits` is the largest batch, as the plans say.
  qint64 machineFor(int64_t fits) {
    const int64_t was = batch();
    forecast.setMachine(kPlenty);
    setBatch(fits);
    settle();
    const qint64 needs = forecast.facts()->needs;
    setBatch(was);
    return needs;
  }
};

}  // namespace

class MemoryForecastTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { ui::setUpEndlessRun("memory_forecast"); }
  void cleanupTestCase() { ui::cleanUpEndlessRun(); }

  void whatFitsIsSaidQuietly() {
    Desk d;
    d.settleLargest();
    const QString said = d.label("status.memory")->text();
    QCOMPARE(said, QString("Memory %1 of 1.0 GiB").arg(ui::bytesText(double(d.forecast.facts()->needs))));
    QVERIFY(d.forecast.problems().empty());
    QVERIFY(d.label("recipe.memory")->text().startsWith("Takes " + ui::bytesText(double(d.forecast.facts()->needs))));
    QCOMPARE(d.label("recipe.memory")->property("tone").toString(), QString("secondary"));
    QCOMPARE(*d.forecast.largest(), d.forecast.rows());  // all rows at once
    QVERIFY(d.forecast.facts()->data > 0 && d.forecast.facts()->data < d.forecast.facts()->needs);
    QVERIFY(d.label("recipe.memory")->text().contains("Largest batch that fits: all "));
    // As the run says it: an evaluation and the last smaller batch are in it.
    const int before = d.steps();
    d.setBatch(500);
    QVERIFY(d.forecast.isBehind());
    d.settle();
    QVERIFY(d.label("status.memory")->text() != said);
    QCOMPARE(d.steps(), before + 1);
    // Moving a node asks nothing.
    const auto node = d.window.project().document().nodes()[0]->id;
    d.window.project().edit("Move", [&](Transaction& t) { return t.move(node, engine::document::Position{5, 5}); });
    QVERIFY(!d.forecast.isBehind());
    d.window.project().edit("Break", [&](Transaction& t) { return t.removeNode(ui::firstOf(d.window, "Linear")); });
    QTRY_VERIFY(!d.forecast.facts());
    QCOMPARE(d.label("status.memory")->text(), QString("Memory unknown"));
    QVERIFY(!d.label("recipe.memory")->isVisible());
    d.window.project().undo().undo();
    d.settle();
  }

  // Too much: everybody says it, and the button in the recipe mends it in one step.
  void theRecipeSetsTheLargestBatch() {
    Desk d;
    const qint64 machine = d.machineFor(300);
    d.setBatch(1400);
    d.forecast.setMachine(machine);
    d.settleLargest();
    QCOMPARE(*d.forecast.largest(), qint64(300));
    QVERIFY(d.forecast.isTooMuch());
    QVERIFY2(d.label("status.memory")->text().endsWith(": too little"), qPrintable(d.label("status.memory")->text()));
    QCOMPARE(d.label("status.memory")->property("tone").toString(), QString("problem"));
    QVERIFY(d.label("status.memory")->toolTip().contains("A batch of 300 fits"));
    QVERIFY(d.label("recipe.memory")->text().endsWith(": more than there is\nLargest batch that fits: 300"));
    QCOMPARE(d.label("recipe.memory")->property("tone").toString(), QString("problem"));
    auto* button = d.window.findChild<QPushButton*>("recipe.largest");
    QVERIFY(button->isVisible());
    QCOMPARE(button->accessibleName(), QString("Use batch 300"));
    const int before = d.steps();
    button->click();
    QCOMPARE(d.batch(), int64_t(300));
    QCOMPARE(d.steps(), before + 1);
    QCOMPARE(d.window.project().undo().undoText(), QString("Set batch"));
    d.settleLargest();
    QVERIFY(!d.forecast.isTooMuch());
    QVERIFY(!button->isVisible());
    QVERIFY2(d.label("recipe.memory")->text().endsWith("Largest batch that fits: 300"), qPrintable(d.label("recipe.memory")->text()));
    // As high whatever is known: no row moves while a person types.
    const int below = d.window.findChild<QWidget*>("optimizer.type")->y();
    d.setBatch(299);
    QVERIFY(d.forecast.isBehind());
    QApplication::processEvents();
    QCOMPARE(d.window.findChild<QWidget*>("optimizer.type")->y(), below);
    d.settle();
    QApplication::processEvents();
    QCOMPARE(d.window.findChild<QWidget*>("optimizer.type")->y(), below);
    d.window.project().undo().undo();
    QVERIFY(!d.label("status.memory")->text().contains("too little"));
    d.window.project().undo().undo();
    QCOMPARE(d.batch(), int64_t(1400));
    d.settle();
    QVERIFY(d.forecast.isTooMuch());
  }

  void theListOfProblemsHasItWithItsFix() {
    Desk d;
    const qint64 machine = d.machineFor(300);
    d.setBatch(1400);
    d.forecast.setMachine(machine);
    d.settleLargest();
    auto* list = d.window.findChild<QTreeWidget*>("problem_list");
    QTreeWidgetItem* row = nullptr;
    for (int i = 0; i < list->topLevelItemCount(); ++i)
      if (list->topLevelItem(i)->text(0) == "recipe, batch") row = list->topLevelItem(i);
    QVERIFY(row);
    QVERIFY2(row->text(1).contains("of memory, but got"), qPrintable(row->text(1)));
    auto* fix = static_cast<QPushButton*>(list->itemWidget(row, 2));
    QCOMPARE(fix->text(), QString("Use batch 300, the largest that fits"));
    QVERIFY(d.window.actions()["train.start"]->isEnabled());  // it is a hint: who wants to, may
    const int before = d.steps();
    fix->click();
    QCOMPARE(d.batch(), int64_t(300));
    QCOMPARE(d.steps(), before + 1);
    d.settle();
    for (int i = 0; i < list->topLevelItemCount(); ++i) QVERIFY(list->topLevelItem(i)->text(0) != "recipe, batch");
  }

  void trainIsNotBegunBeforeTheNumbersWereRead() {
    Desk d;
    const qint64 machine = d.machineFor(300);
    d.setBatch(1400);
    d.forecast.setMachine(machine);
    d.settleLargest();
    const int before = d.steps();
    for (const char* action : {"train.start", "train.step"}) {
      d.press(action);
      QCOMPARE(int(d.window.training().state()), int(State::idle));
      const QString said = d.messages.textOf("run.memory");
      QVERIFY2(said.startsWith("Training at batch 1,400 needs " + ui::bytesText(double(d.forecast.facts()->needs)) + " of memory, and this machine has " + ui::bytesText(double(machine))),
               qPrintable(said));
    }
    QCOMPARE(d.steps(), before);
    QVERIFY(d.window.training().runFolder().isEmpty());
    QPushButton* use = d.button("Use batch 300 and train");
    QVERIFY(use);
    QTest::mouseClick(use, Qt::LeftButton);
    QCOMPARE(d.batch(), int64_t(300));
    QCOMPARE(d.steps(), before + 1);
    QTRY_VERIFY_WITH_TIMEOUT(d.window.training().state() == State::running, 60000);
    QVERIFY(!d.messages.keys().contains("run.memory"));
    d.window.project().undo().undo();
    QCOMPARE(d.batch(), int64_t(1400));
  }

  void whoTrainsAnywayDoes() {
    Desk d;
    const qint64 machine = d.machineFor(300);
    d.setBatch(1400);
    d.forecast.setMachine(machine);
    d.settle();
    d.press("train.start");
    const int before = d.steps();
    QVERIFY(d.button("Train anyway"));
    QTest::mouseClick(d.button("Train anyway"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(d.window.training().state() == State::running, 60000);
    QCOMPARE(d.batch(), int64_t(1400));
    QCOMPARE(d.steps(), before);
    QVERIFY(!d.messages.keys().contains("run.memory"));
  }

  // Train right after the edit, before anybody could know: the run looks itself, and takes nothing.
  void theRunLooksWhereTheForecastIsBehind() {
    Desk d;
    const qint64 machine = d.machineFor(300);
    d.forecast.setMachine(machine);
    d.settle();
    d.setBatch(1400);
    QVERIFY(d.forecast.isBehind());
    d.press("train.start");
    QTRY_VERIFY_WITH_TIMEOUT(d.window.training().state() == State::failed, 60000);
    const QString said = d.messages.textOf("run.failed");
    QVERIFY2(said.contains("of memory for steps of 1400 samples") && said.contains("that this machine has"), qPrintable(said));
    QPushButton* use = d.button("Use batch ");
    QVERIFY(use);
    const int before = d.steps();
    QTest::mouseClick(use, Qt::LeftButton);
    QVERIFY(d.batch() >= 300 && d.batch() < 1400);
    QCOMPARE(d.steps(), before + 1);
    d.window.project().undo().undo();
    d.setBatch(10);
    d.press("train.stop");
    QTRY_VERIFY_WITH_TIMEOUT(!d.window.training().isActive(), 60000);
  }

  void theStripGoesWhenItIsMended() {
    Desk d;
    const qint64 machine = d.machineFor(300);
    d.setBatch(1400);
    d.forecast.setMachine(machine);
    d.settle();
    d.press("train.start");  // the largest batch may not be known yet: it comes into the strip
    QTRY_VERIFY_WITH_TIMEOUT(d.button("Use batch 300"), 60000);
    d.setBatch(200);
    QTRY_VERIFY_WITH_TIMEOUT(!d.messages.keys().contains("run.memory"), 60000);
  }

  void notASingleSampleFits() {
    Desk d(10 * 1024);
    d.settleLargest();
    QCOMPARE(*d.forecast.largest(), qint64(0));
    QVERIFY(d.label("recipe.memory")->text().contains("none, not even a single sample"));
    QVERIFY(!d.window.findChild<QPushButton*>("recipe.largest")->isVisible());
    d.press("train.start");
    QVERIFY(d.messages.textOf("run.memory").contains("make the network smaller"));
    QVERIFY(!d.button("Use batch") && d.button("Train anyway"));
    QVERIFY(d.forecast.problems()[0].edits.empty());
    // With none of its layers selected nobody looks for what nobody asks: it is known again when the recipe is shown.
    d.forecast.setMachine(kPlenty);
    d.window.project().selection().set({ui::firstOf(d.window, "Linear")});
    d.setBatch(33);
    d.settle();
    QTest::qWait(200);
    QVERIFY(!d.forecast.largest());
    d.window.project().selection().clear();
    d.settleLargest();
  }

  // Edits faster than plans are made: the last one is what is known, and nothing else is asked meanwhile.
  void manyEditsOneAnswer() {
    Desk d;
    d.settle();
    int told = 0;
    QObject::connect(&d.forecast, &MemoryForecast::changed, &d.window, [&] { ++told; });
    for (int i = 0; i < 50; ++i) d.setBatch(100 + i);
    d.settleLargest();
    QVERIFY2(told <= 3, QByteArray::number(told).constData());
    const qint64 needs = d.forecast.facts()->needs;
    d.setBatch(150);
    d.settle();
    QVERIFY(d.forecast.facts()->needs > needs);
  }
};

QTEST_MAIN(MemoryForecastTest)
#include "memory_forecast_test.moc"
