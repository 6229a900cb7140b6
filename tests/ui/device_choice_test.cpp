// The device menu: what there is, what can be used and why not, remembered, and said while a run computes. Devices are those of
// the stand-in, or none.
#include <QClipboard>
#include <QDir>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QTest>

#include "cuda_on_cpu.h"
#include "engine/device/devices.h"
#include "engine/document/json.h"
#include "ui/run/comparison_panel.h"
#include "ui/run/device_box.h"
#include "ui/run/log.h"
#include "ui/run/log_panel.h"
#include "ui/run/memory_forecast.h"
#include "ui/shell/main_window.h"
#include "ui/theme/style.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/sorted_table.h"

using engine::document::Transaction;
using ui::MainWindow;
using Kind = engine::DeviceChoice::Kind;

namespace {

// A window with a network that trains for long enough to be looked at.
struct Desk {
  MainWindow window;
  ui::DeviceBox* box = window.findChild<ui::DeviceBox*>();
  QPushButton* status = window.findChild<QPushButton*>("status.device");
  ui::ComparisonPanel* comparison = window.findChild<ui::ComparisonPanel*>();
  QPushButton* start = window.findChild<QPushButton*>("comparison.start");
  ui::SortedTable* rows = window.findChild<ui::SortedTable*>("comparison.list");

  Desk() {
    window.resize(1280, 800);
    window.show();
    if (!QTest::qWaitForWindowExposed(&window)) qFatal("no window");
    QApplication::setActiveWindow(&window);
    window.files().openTemplate("xor");
    window.project().edit("Epochs", [](Transaction& t) {
      auto recipe = t.view().recipe();
      recipe.phases[0].epochs = 100000, recipe.phases[0].batch = 8;
      return t.setRecipe(recipe);
    });
  }
  ~Desk() {
    window.training().stop();
    if (!QTest::qWaitFor([this] { return !window.training().isActive(); }, 60000)) qFatal("a run does not stop");
  }
  // As Ctrl+K and the menu Train open it.
  QMenu* menu() {
    window.actions().trigger("train.device");
    QApplication::processEvents();
    auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
    if (!menu) qFatal("no menu came");
    return menu;
  }
  static QAction* entry(QMenu* menu, const char* id) {
    for (QAction* action : menu->actions())
      if (action->objectName() == id) return action;
    qFatal("no entry %s", id);
  }
  void choose(const char* id) {
    QMenu* open = menu();
    QAction* action = entry(open, id);
    QVERIFY2(action->isEnabled(), id);
    open->setActiveAction(action);
    QTest::keyClick(open, Qt::Key_Return);
    QTRY_VERIFY(!QApplication::activePopupWidget());
  }
  // Until there is an answer, of one kind or the other.
  void compare() {
    window.actions().refresh();
    QVERIFY2(window.actions()["train.compare"]->isEnabled(), qPrintable(window.actions()["train.compare"]->toolTip()));
    window.actions().trigger("train.compare");
    QVERIFY(comparison->isVisible());
    auto* comparing = window.findChild<ui::DeviceComparing*>();
    QTRY_VERIFY_WITH_TIMEOUT(comparing->state() != ui::DeviceComparing::State::working, 60000);
    QApplication::processEvents();
  }
  QString how() const { return window.findChild<ui::ElidedLabel*>("comparison.how")->words(); }
  double number(int row, int column) const { return rows->model()->index(row, column).data(ui::SortedTable::kNumber).toDouble(); }
  void setPrecision(engine::Type type) {
    window.project().edit("Precision", [type](Transaction& t) {
      auto recipe = t.view().recipe();
      for (auto& phase : recipe.phases) phase.precision = type;
      return t.setRecipe(recipe);
    });
  }
  bool isLogged(const QString& words) {
    auto* log = window.findChild<ui::Log*>();
    for (int row = 0; row < log->rowCount(); ++row)
      if (log->lineOf(row).contains(words)) return true;
    return false;
  }
};

}  // namespace

class DeviceChoiceTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("device_choice_test" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    ui::setUpLook();
  }
  void init() {
    cuda_on_cpu::setDevice(true);
    engine::Devices::all().take(engine::netwright_cuda_module());
  }
  void cleanup() {
    for (const auto& kept : ui::Recovery::list()) ui::Recovery::discard(kept);
    QSettings().clear();
  }
  void cleanupTestCase() {
    QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
    QFile::remove(QSettings().fileName());
  }

  void withoutADriverCudaIsListedWithItsReason() {
    cuda_on_cpu::setDevice(false);
    engine::Devices::all().take(engine::netwright_cuda_module());
    Desk d;
    const QString reason = "this machine has no NVIDIA driver";
    QTRY_VERIFY(d.status->toolTip().contains(reason));
    QVERIFY(d.status->accessibleName().contains("CPU: " + reason));
    QVERIFY(d.box->currentText().startsWith("CPU, "));
    QVERIFY(d.box->toolTip().contains(reason));
    QMenu* menu = d.menu();
    QAction* cuda = Desk::entry(menu, "device.cuda");
    QVERIFY(!cuda->isEnabled());
    QVERIFY(menu->toolTipsVisible());
    QCOMPARE(cuda->toolTip(), reason);
    QVERIFY(cuda->text().contains(reason));  // without a mouse, too
    QVERIFY(Desk::entry(menu, "device.auto")->isChecked());
    QVERIFY(Desk::entry(menu, "device.cpu")->isEnabled());
    menu->close();
  }

  void whatComputesIsSaidWhileItDoesAndInTheLog() {
    cuda_on_cpu::setDevice(false);
    engine::Devices::all().take(engine::netwright_cuda_module());
    Desk d;
    d.choose("threads.1");
    QCOMPARE(d.box->currentText(), QString("CPU, 1 thread"));
    d.window.actions().trigger("train.start");
    QTRY_COMPARE(d.window.training().state(), ui::Training::State::running);
    QTRY_VERIFY(d.isLogged("It computes on the CPU, on 1 thread: this machine has no NVIDIA driver"));
    QVERIFY(d.status->accessibleName().contains("this machine has no NVIDIA driver"));
    // What is chosen now is the next run's.
    d.choose("device.cpu");
    QVERIFY(d.status->accessibleName().contains("this machine has no NVIDIA driver"));
    QVERIFY(d.box->toolTip().contains("it was asked for"));
    d.window.training().stop();
    QTRY_VERIFY(!d.window.training().isActive());
    QTRY_VERIFY(d.status->accessibleName().contains("it was asked for"));
  }

  void aRunComputesOnTheDeviceThatWasChosen() {
    const auto& devices = engine::Devices::all().cuda();
    QVERIFY(!devices.empty());
    const QString name = QString::fromStdString(devices[0].name);
    Desk d;
    QTRY_COMPARE(d.box->currentText(), name);  // Automatic takes it
    QVERIFY(d.status->accessibleName().contains("it is the first CUDA device"));
    d.choose("device.cpu");
    QVERIFY(d.box->currentText().startsWith("CPU, "));
    d.choose("device.cuda");
    QCOMPARE(d.box->currentText(), name);
    d.window.actions().trigger("train.start");
    QTRY_VERIFY_WITH_TIMEOUT(d.window.training().status().step > 2, 60000);
    QCOMPARE(d.window.training().status().device, devices[0].name);
    QTRY_VERIFY(d.isLogged("It computes on " + name + ": it was asked for"));
    QVERIFY(d.status->accessibleName().contains(name + ": it was asked for"));
  }

  void productsInTf32AreAChoiceThatIsShownAndRemembered() {
    const QString name = QString::fromStdString(engine::Devices::all().cuda()[0].name);
    {
      Desk d;
      QTRY_COMPARE(d.box->currentText(), name);
      d.choose("device.tf32");
      QCOMPARE(d.box->currentText(), name + ", TF32");
      QVERIFY(d.status->accessibleName().contains(name + ", TF32"));
      d.choose("device.cpu");
      QVERIFY(!d.box->currentText().contains("TF32"));
      d.choose("device.cuda");  // another device leaves it chosen
    }
    Desk d;
    QTRY_COMPARE(d.box->currentText(), name + ", TF32");
    QApplication::processEvents();  // then what may be done is known
    d.window.actions().trigger("train.start");
    QTRY_VERIFY_WITH_TIMEOUT(d.window.training().status().step > 2, 60000);
    QTRY_VERIFY(d.isLogged("It computes on " + name + ", TF32: it was asked for"));
    d.window.actions().trigger("train.stop");
    d.choose("device.tf32");
    QTRY_COMPARE(d.box->currentText(), name);
  }

  // One batch on both: a row a node, the way to it, and nothing changed.
  void devicesAreCompared() {
    const QString name = QString::fromStdString(engine::Devices::all().cuda()[0].name);
    Desk d;
    QTRY_COMPARE(d.box->currentText(), name);
    QApplication::processEvents();
    const std::string before = print(d.window.project().document());
    const int steps = d.window.project().undo().count();
    d.compare();
    QVERIFY2(d.comparison->summary().startsWith("Furthest apart: ") || d.comparison->summary().startsWith("The same bits"), qPrintable(d.comparison->summary()));
    const QString how = d.how();
    QVERIFY2(how.startsWith("8 samples on the processor and on " + name + ", with the weights of a run's beginning; loss "), qPrintable(how));
    QAbstractItemModel* rows = d.rows->model();
    QVERIFY(rows->rowCount() > 3);
    for (int row = 0; row < rows->rowCount(); ++row) {
      const double relative = d.number(row, ui::ComparisonTable::relative);
      QVERIFY(relative < 1e-5);
      if (row > 0) QVERIFY(relative <= d.number(row - 1, ui::ComparisonTable::relative));
    }
    QTest::mouseClick(d.rows->viewport(), Qt::LeftButton, {}, d.rows->visualRect(rows->index(1, 0)).center());
    QCOMPARE(d.window.project().selection().current(), rows->index(1, 0).data(ui::SortedTable::kNode).toULongLong());
    d.window.findChild<QPushButton*>("comparison.copy")->click();
    QCOMPARE(QGuiApplication::clipboard()->text().trimmed().split('\n').size(), rows->rowCount() + 1);
    QCOMPARE(print(d.window.project().document()), before);
    QCOMPARE(d.window.project().undo().count(), steps);

    // Rounded products are further apart, and it is said which they were.
    d.choose("device.tf32");
    d.compare();
    QVERIFY2(d.how().contains(name + ", TF32, with"), qPrintable(d.how()));
    QVERIFY(d.number(0, ui::ComparisonTable::relative) > 1e-5 && d.number(0, ui::ComparisonTable::relative) < 1e-2);
    d.choose("device.tf32");

    // With what a run has learned, until the network is another one. Meanwhile a run has the project to itself.
    d.window.actions().trigger("train.start");
    QTRY_VERIFY_WITH_TIMEOUT(d.window.training().status().step > 2, 60000);
    QTRY_VERIFY(!d.start->isEnabled());
    QVERIFY2(d.start->toolTip().contains("A run is under way"), qPrintable(d.start->toolTip()));
    d.window.training().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!d.window.training().isActive(), 60000);
    d.compare();
    QVERIFY2(d.how().contains("with the weights of Run "), qPrintable(d.how()));
    d.window.project().edit("Batch", [](Transaction& t) {
      auto recipe = t.view().recipe();
      recipe.phases[0].batch = 5;
      return t.setRecipe(recipe);
    });
    d.compare();
    QVERIFY2(d.how().startsWith("5 samples") && d.how().contains("a run's beginning"), qPrintable(d.how()));
  }

  void devicesThatCannotBeComparedAreSaid() {
    {
      cuda_on_cpu::setDevice(true, size_t(1) << 20);
      engine::Devices::all().take(engine::netwright_cuda_module());
      Desk d;
      QTRY_VERIFY(!d.box->currentText().startsWith("CPU"));
      QApplication::processEvents();
      d.compare();
      auto* empty = d.rows->findChild<QLabel*>();
      QVERIFY(empty->isVisible() && !empty->text().isEmpty());
      QVERIFY2(!empty->text().contains("Calculating") && !empty->text().contains("--"), qPrintable(empty->text()));
      QVERIFY(d.start->isEnabled());  // again, where it was another program's memory
    }
    cuda_on_cpu::setDevice(false);
    engine::Devices::all().take(engine::netwright_cuda_module());
    Desk d;
    QTRY_VERIFY(d.window.actions()["train.compare"]->toolTip().contains("There is no CUDA device to compare with: this machine has no NVIDIA driver."));
    QVERIFY(!d.window.actions()["train.compare"]->isEnabled());
    QVERIFY(!d.start->isEnabled());
  }

  void aDeviceThatDoesNotOpenIsSaid() {
    cuda_on_cpu::setDevice(true, size_t(1) << 20);  // not even the libraries' part
    engine::Devices::all().take(engine::netwright_cuda_module());
    Desk d;
    QTRY_VERIFY(!d.box->currentText().startsWith("CPU"));
    d.choose("device.cuda");
    d.window.actions().trigger("train.start");
    QTRY_COMPARE_WITH_TIMEOUT(d.window.training().state(), ui::Training::State::failed, 60000);
    QTRY_VERIFY(!d.window.messages().textOf("run.failed").isEmpty());
    QVERIFY2(!d.window.messages().textOf("run.failed").contains("--"), qPrintable(d.window.messages().textOf("run.failed")));
    // The way out is a click.
    for (auto* button : d.window.messages().findChildren<QPushButton*>())
      if (button->text() == "Train on the CPU") button->click();
    QTRY_COMPARE_WITH_TIMEOUT(d.window.training().state(), ui::Training::State::running, 60000);
    QVERIFY(d.window.training().isOnProcessor());
  }

  // Known before the run: what it would ask the device for, what is free there, and the largest batch for which it suffices.
  void whatTheDeviceHasNoRoomForIsSaidBefore() {
    cuda_on_cpu::setDevice(true, size_t(80) << 20);
    engine::Devices::all().take(engine::netwright_cuda_module());
    Desk d;
    auto& forecast = *d.window.findChild<ui::MemoryForecast*>();
    QTRY_VERIFY(!d.box->currentText().startsWith("CPU"));
    QTRY_VERIFY_WITH_TIMEOUT(!forecast.isBehind() && forecast.facts(), 60000);
    QVERIFY(!forecast.facts()->device.isEmpty() && forecast.facts()->fits());
    QVERIFY(forecast.facts()->room < qint64(80) << 20);
    const auto setBatch = [&](int64_t batch) {
      d.window.project().edit("Batch", [&](Transaction& t) {
        auto recipe = t.view().recipe();
        recipe.phases[0].batch = batch;
        return t.setRecipe(recipe);
      });
    };
    setBatch(4000000);
    QTRY_VERIFY_WITH_TIMEOUT(forecast.isTooMuch() && forecast.largest(), 60000);
    QCOMPARE(forecast.problems().at(0).severity, engine::Severity::problem);
    d.window.actions().refresh();
    d.window.actions().trigger("train.start");
    QCOMPARE(d.window.training().state(), ui::Training::State::idle);
    const QString said = d.window.messages().textOf("run.memory");
    QVERIFY2(said.contains("are free on " + forecast.facts()->device), qPrintable(said));
    QPushButton* use = nullptr;
    QStringList offered;
    for (auto* button : d.window.messages().findChildren<QPushButton*>()) {
      offered << button->text();
      if (button->text().startsWith("Use batch ")) use = button;
    }
    QVERIFY2(use && offered.contains("Train on the CPU") && !offered.contains("Train anyway"), qPrintable(offered.join(" | ")));
    const int steps = d.window.project().undo().count();
    use->click();
    QCOMPARE(d.window.project().undo().count(), steps + 1);
    QTRY_COMPARE_WITH_TIMEOUT(d.window.training().state(), ui::Training::State::running, 60000);
    QVERIFY(!d.window.training().isOnProcessor());
    // The run has the device: nobody looks at it meanwhile, and afterwards what is free there is known again.
    setBatch(16);
    QTest::qWait(600);
    QVERIFY(forecast.isBehind());
    d.window.training().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!d.window.training().isActive(), 60000);
    QTRY_VERIFY_WITH_TIMEOUT(!forecast.isBehind() && forecast.facts()->fits(), 60000);
  }

  void doublePrecisionIsTheProcessors() {
    Desk d;
    QTRY_VERIFY(!d.box->currentText().startsWith("CPU"));
    d.setPrecision(engine::Type::f64);
    QTRY_VERIFY(d.box->currentText().startsWith("CPU"));
    QMenu* menu = d.menu();
    QVERIFY(!Desk::entry(menu, "device.cuda")->isEnabled());
    QVERIFY(Desk::entry(menu, "device.cuda")->toolTip().contains("float32"));
    menu->close();
    d.setPrecision(engine::Type::f32);
    QTRY_VERIFY(!d.box->currentText().startsWith("CPU"));
  }

  void theChoiceIsRemembered() {
    {
      Desk d;
      d.choose("device.cpu");
      d.choose("threads.1");
    }
    {
      Desk d;
      QCOMPARE(d.window.training().device().kind, Kind::cpu);
      QCOMPARE(d.window.training().threads(), 1);
      d.choose("device.cuda");
    }
    // The device is gone: the program chooses, says so, and has the wish at heart still.
    cuda_on_cpu::setDevice(false);
    engine::Devices::all().take(engine::netwright_cuda_module());
    {
      Desk d;
      QTRY_COMPARE(d.window.training().device().kind, Kind::automatic);
      QVERIFY(d.box->toolTip().contains("cuda was chosen before, and is not there."));
    }
    cuda_on_cpu::setDevice(true);
    engine::Devices::all().take(engine::netwright_cuda_module());
    Desk d;
    QTest::qWait(50);
    QCOMPARE(d.window.training().device().kind, Kind::cuda);
  }

  void theStatusBarOpensTheMenuAndKeysReachIt() {
    Desk d;
    QTest::mouseClick(d.status, Qt::LeftButton);
    QTRY_VERIFY(QApplication::activePopupWidget());
    QApplication::activePopupWidget()->close();
    d.box->setFocus();
    QTest::keyClick(d.box, Qt::Key_Space);
    QTRY_VERIFY(QApplication::activePopupWidget());
    auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
    QVERIFY(menu);
    QTest::keyClick(menu, Qt::Key_Down);
    QTest::keyClick(menu, Qt::Key_Return);
    QTRY_COMPARE(d.window.training().device().kind, Kind::cpu);  // below Automatic, which was chosen
  }
};

QTEST_MAIN(DeviceChoiceTest)
#include "device_choice_test.moc"
