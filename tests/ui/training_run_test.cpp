// The run of a project behind a window: every command, what it leaves on disk, and what a person is told meanwhile.
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>

#include "engine/document/json.h"
#include "engine/training/checkpoint.h"
#include "ui/model/text.h"
#include "ui/run/rate_popup.h"
#include "ui/run/run_bar.h"
#include "ui/run/run_progress.h"
#include "ui/run/training_actions.h"
#include "ui/theme/style.h"

using engine::document::Transaction;
using engine::training::StepEvent;
using ui::Project;
using ui::Training;
using State = ui::Training::State;

namespace {

engine::document::Document templateOf(const char* name, int epochs = 0) {
  auto document = engine::document::load(std::string(NETWRIGHT_SOURCE_DIR "/resources/templates/") + name + ".netw");
  if (!document) qFatal("%s", withPlace(document.error()).c_str());
  if (epochs > 0) {
    Transaction t(*document);
    auto recipe = document->recipe();
    recipe.phases[0].epochs = epochs;
    if (!t.setRecipe(recipe) || !document->apply(*t.finish())) qFatal("the recipe of the template does not fit");
  }
  return *document;
}

// A window's worth of a project in a folder of its own.
struct Desk {
  QTemporaryDir folder;
  Project project;
  Training training{project};
  std::vector<StepEvent> steps;
  std::vector<engine::training::EvaluationEvent> evaluations;

  explicit Desk(const char* name = "xor", int epochs = 2, bool saved = true) {
    auto document = templateOf(name, epochs);
    const QString path = saved ? folder.filePath("net.netw") : QString();
    if (saved && !save(document, ui::utf8(path))) qFatal("cannot save");
    project.replace(document, path);
    QObject::connect(&training, &Training::stepped, [this](const auto& more) { steps.insert(steps.end(), more.begin(), more.end()); });
    QObject::connect(&training, &Training::evaluated, [this](const auto& more) { evaluations.insert(evaluations.end(), more.begin(), more.end()); });
  }
  ~Desk() {  // the folder goes when nobody writes to it
    training.stop();
    if (!QTest::qWaitFor([this] { return !training.isActive(); }, 60000)) qFatal("a run does not stop");
  }
  void setRate(double rate) {
    project.edit("Learning rate", [rate](Transaction& t) {
      auto recipe = t.view().recipe();
      recipe.phases[0].optimizer.fields = {{"lr", rate}};
      return t.setRecipe(recipe);
    });
  }
  bool reaches(State state) { return QTest::qWaitFor([&] { return training.state() == state; }, 60000); }
};

constexpr int kLong = 100000;  // epochs that no test waits for

}  // namespace

class TrainingRunTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    Q_INIT_RESOURCE(ui_resources);
    ui::setUpLook();
  }

  void aRunFinishesAndLeavesItsWeights() {
    Desk desk;
    QVERIFY(desk.training.whyNotStart().isEmpty());
    QVERIFY(!desk.training.whyNotPause().isEmpty());
    QVERIFY(!desk.training.whyNotStop().isEmpty());
    QVERIFY(desk.training.weightsFile().isEmpty());
    desk.training.start();
    QVERIFY(!desk.training.whyNotStart().isEmpty());
    QVERIFY(desk.reaches(State::finished));
    // 1,800 rows in batches of 32, the last one smaller: 57 an epoch.
    QCOMPARE(desk.training.status().step, 114);
    int64_t told = 0;
    for (const StepEvent& e : desk.steps) told += e.count;
    QCOMPARE(told, 114);
    QCOMPARE(desk.evaluations.size(), size_t(3));  // validation twice, test once
    QCOMPARE(desk.evaluations.back().evaluation.part, engine::data::Part::test);
    QCOMPARE(desk.training.runFolder(), desk.folder.filePath("net.runs/0001"));
    QVERIFY(QFile::exists(desk.training.weightsFile()));
    QVERIFY(QFile::exists(desk.folder.filePath("net.safetensors")));
    QVERIFY(!desk.training.isOutdated());
  }

  void pauseStepAndContinueAreTheSameRun() {
    Desk plain("xor", 3), pausing("xor", 3);
    plain.training.start();
    QVERIFY(plain.reaches(State::finished));

    pausing.training.step();  // a run that begins paused
    QVERIFY(pausing.reaches(State::paused));
    QTRY_COMPARE(pausing.training.status().step, 1);
    QVERIFY(pausing.training.whyNotStep().isEmpty());
    pausing.training.step();
    pausing.training.step();
    QTRY_COMPARE(pausing.training.status().step, 3);
    QVERIFY(pausing.training.whyNotStart().isEmpty());
    pausing.training.start();
    QVERIFY(pausing.reaches(State::finished));
    const auto bytes = [](const Desk& desk) {
      QFile file(desk.training.weightsFile());
      return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    QVERIFY(!bytes(plain).isEmpty());
    QCOMPARE(bytes(pausing), bytes(plain));
  }

  void pauseTellsThatItWaitsForTheStep() {
    Desk desk("xor", kLong);
    desk.training.start();
    QVERIFY(desk.reaches(State::running));
    desk.training.pause();
    QCOMPARE(desk.training.asked(), Training::Asked::pause);
    QVERIFY(!desk.training.whyNotPause().isEmpty());
    QVERIFY(desk.reaches(State::paused));
    QCOMPARE(desk.training.asked(), Training::Asked::nothing);
    const auto step = desk.training.status().step;
    QTest::qWait(50);
    QCOMPARE(desk.training.status().step, step);
  }

  void aStoppedRunGoesOn() {
    Desk desk("xor", kLong);
    QVERIFY(!desk.training.whyNotResume().isEmpty());
    desk.training.start();
    QTRY_VERIFY(desk.training.status().step > 20);
    desk.training.stop();
    QVERIFY(desk.reaches(State::stopped));
    const auto at = desk.training.status().step;
    QVERIFY(QFile::exists(desk.training.weightsFile()));
    desk.steps.clear();
    QVERIFY(desk.training.whyNotResume().isEmpty());
    desk.training.resumeLast();
    QTRY_VERIFY(!desk.steps.empty());
    QCOMPARE(desk.training.runFolder(), desk.folder.filePath("net.runs/0001"));
    QCOMPARE(desk.steps.front().step - desk.steps.front().count, at);
  }

  void anotherRateHoldsFromTheNextStepOn() {
    Desk desk("xor", kLong);
    QSignalSpy set(&desk.training, &Training::learningRateSet);
    desk.training.setLearningRate(0.5);  // nothing is training
    QCOMPARE(set.count(), 0);
    desk.training.start();
    QTRY_VERIFY(!desk.steps.empty());
    QCOMPARE(desk.steps.back().learningRate, 0.02);
    desk.training.setLearningRate(0.001);
    QCOMPARE(set.count(), 1);
    QTRY_COMPARE(desk.steps.back().learningRate, 0.001);
  }

  void aLossThatIsNotFiniteNamesItsNode() {
    Desk desk("xor", kLong);
    desk.setRate(1e38);
    desk.training.start();
    QVERIFY(desk.reaches(State::failed));
    QVERIFY(desk.training.status().problem);
    const auto* node = desk.project.document().node(desk.training.status().problem->node);
    QVERIFY(node);
    for (const StepEvent& e : desk.steps) QVERIFY(std::isfinite(e.loss));
    QVERIFY(desk.training.whyNotStart().isEmpty());  // with another rate
  }

  void editsDuringARunAreToldApart() {
    Desk desk("xor", kLong);
    desk.training.start();
    QSignalSpy outdated(&desk.training, &Training::outdatedChanged);
    const auto hidden = desk.project.document().nodeNamed("hidden")->id;
    desk.project.edit("Move", [&](Transaction& t) { return t.move(hidden, engine::document::Position{5, 5}); });
    QVERIFY(!desk.training.isOutdated());
    QCOMPARE(outdated.count(), 0);
    desk.project.edit("Out features", [&](Transaction& t) { return t.setField(hidden, "out_features", int64_t(16)); });
    QVERIFY(desk.training.isOutdated());
    QCOMPARE(outdated.count(), 1);
    QCOMPARE(desk.training.differences().size(), size_t(1));
    desk.project.undo().undo();
    QVERIFY(!desk.training.isOutdated());
    QCOMPARE(outdated.count(), 2);
    desk.project.undo().redo();

    QSignalSpy started(&desk.training, &Training::started);
    desk.training.restart();
    QVERIFY(started.wait());
    QVERIFY(!desk.training.isOutdated());
    QCOMPARE(desk.training.runFolder(), desk.folder.filePath("net.runs/0002"));
    QCOMPARE(desk.training.snapshot()->nodeNamed("hidden")->fields.size(), size_t(1));
    QTRY_VERIFY(desk.training.status().step > 0);
  }

  void aProjectWithoutAFileTrainsInTheUsersData() {
    Desk desk("xor", 1, false);
    desk.training.start();
    QVERIFY(desk.reaches(State::finished));
    const QString data = QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation);
    QVERIFY2(desk.training.runFolder().startsWith(data), qPrintable(desk.training.runFolder()));
    QVERIFY(QFile::exists(desk.training.weightsFile()));
    QVERIFY(desk.training.whyNotResume().isEmpty());
    Desk other("xor", 1, false);
    other.training.start();
    QVERIFY(other.training.unsavedFolder() != desk.training.unsavedFolder());
    QVERIFY(other.reaches(State::finished));
    for (Desk* d : {&desk, &other}) QDir(d->training.unsavedFolder()).removeRecursively();
  }

  void aProjectThatIsSavedLaterHasItsWeightsBesideIt() {
    Desk desk("xor", 1, false);
    desk.training.start();
    QVERIFY(desk.reaches(State::finished));
    QFile before(desk.training.weightsFile());
    QVERIFY(before.open(QIODevice::ReadOnly));
    const QString unsaved = desk.training.unsavedFolder();
    desk.project.savedAs(desk.folder.filePath("late.netw"));
    QTRY_COMPARE(desk.training.runFolder(), desk.folder.filePath("late.runs/0001"));
    QFile beside(desk.folder.filePath("late.safetensors"));
    QVERIFY(beside.open(QIODevice::ReadOnly));
    QCOMPARE(beside.readAll(), before.readAll());
    QVERIFY(QFile::exists(desk.training.weightsFile()));
    QVERIFY(desk.training.whyNotResume().isEmpty());
    desk.project.savedAs(desk.folder.filePath("other.netw"));  // under another name
    QTRY_VERIFY(QFile::exists(desk.folder.filePath("other.safetensors")));
    QTRY_COMPARE(desk.training.runFolder(), desk.folder.filePath("other.runs/0001"));
    QDir(unsaved).removeRecursively();
  }

  void aRunThatDidNotBeginIsNotMissedWhenTheProjectIsSaved() {
    Desk desk("xor", 1, false);
    desk.project.edit("Source", [](engine::document::Transaction& t) {
      auto data = t.view().data();
      data.source = "gone/points.csv";
      return t.setData(std::move(data));
    });
    desk.training.start();
    QVERIFY(desk.reaches(State::failed));
    QSignalSpy noted(&desk.training, &Training::noted);
    const QString unsaved = desk.training.unsavedFolder();
    desk.project.savedAs(desk.folder.filePath("late.netw"));
    QTest::qWait(200);
    QVERIFY2(noted.isEmpty(), noted.isEmpty() ? "" : qPrintable(ui::textOf(noted[0][0].value<engine::Problem>())));
    QVERIFY(!QFile::exists(desk.folder.filePath("late.runs/0001")));
    QDir(unsaved).removeRecursively();
  }

  void aFolderThatCannotBeWrittenIsAReason() {
    Desk desk;
    QFile inTheWay(desk.folder.filePath("net.runs"));
    QVERIFY(inTheWay.open(QIODevice::WriteOnly));
    desk.training.start();
    QVERIFY(desk.reaches(State::failed));
    QVERIFY(desk.training.status().problem);
    QCOMPARE(desk.training.status().problem->place.kind, engine::Place::Kind::file);
  }

  void closingDoesNotWait() {
    // Who waits for the run finds its record each time; who does not is there before it, unless something else came between.
    constexpr int kTries = 5;
    bool was = false;
    for (int i = 0; i < kTries && !was; ++i) {
      QTemporaryDir folder;
      Project project;
      auto training = std::make_unique<Training>(project);
      project.replace(templateOf("spirals", kLong), folder.filePath("net.netw"));
      training->start();
      QTRY_VERIFY(training->status().step > 10);
      training.reset();
      was = !QFile::exists(folder.filePath("net.runs/0001/run.json"));
      // The run ends by itself, with a checkpoint and its record.
      QTRY_VERIFY(QFile::exists(folder.filePath("net.runs/0001/run.json")));
      QVERIFY(QFile::exists(folder.filePath("net.runs/0001/checkpoint.safetensors")));
    }
    QVERIFY2(was, "closing waits for the run");
  }

  void anotherProjectLeavesTheRun() {
    Desk desk("xor", kLong);
    desk.training.start();
    QVERIFY(desk.reaches(State::running));
    desk.project.replace(templateOf("spirals"), {});
    QCOMPARE(desk.training.state(), State::idle);
    QVERIFY(!desk.training.snapshot());
    QVERIFY(!desk.training.isOutdated());
    QVERIFY(desk.training.whyNotStart().isEmpty());
    QTRY_VERIFY(QFile::exists(desk.folder.filePath("net.runs/0001/run.json")));  // it ended by itself
  }

  void theBarDrivesTheRun() {
    Desk desk("xor", kLong);
    QWidget window;
    ui::Actions actions(&window);
    bindTraining(desk.training, actions);
    ui::DeviceSetting devices(desk.project, desk.training);
    ui::RunBar bar(desk.project, desk.training, devices, actions, &window);
    bar.resize(1000, 44);
    window.show();
    actions.refresh();
    auto* primary = bar.findChild<QPushButton*>("run.primary");
    auto* progress = bar.findChild<ui::RunProgress*>();
    QTRY_COMPARE(primary->text(), QString("Train"));
    QCOMPARE(progress->words().detail, QString("Ready. 100000 epochs"));
    QTest::mouseClick(primary, Qt::LeftButton);
    QTRY_COMPARE(primary->text(), QString("Pause"));
    QTRY_COMPARE(progress->words().sign, ui::RunWords::Sign::running);
    QTRY_VERIFY(progress->words().detail.startsWith("step "));
    QTRY_VERIFY(primary->isEnabled());
    QTest::mouseClick(primary, Qt::LeftButton);
    QTRY_COMPARE(primary->text(), QString("Continue"));
    QCOMPARE(progress->words().sign, ui::RunWords::Sign::paused);
    QTRY_VERIFY(primary->isEnabled());
    const auto at = desk.training.status().step;
    QTRY_VERIFY(actions["train.step"]->isEnabled());
    QTest::mouseClick(bar.findChild<QWidget*>("run.step"), Qt::LeftButton);
    QTRY_COMPARE(desk.training.status().step, at + 1);
    QTest::mouseClick(bar.findChild<QWidget*>("run.stop"), Qt::LeftButton);
    QVERIFY(desk.reaches(State::stopped));
    QTRY_COMPARE(primary->text(), QString("Train"));
    QTRY_VERIFY(actions["train.stop"]->toolTip().contains(desk.training.whyNotStop()));
    QVERIFY(!actions["train.stop"]->isEnabled());
    // What was stopped goes on by one click, where it was; and is then no longer offered.
    auto* resume = bar.findChild<QPushButton*>("run.resume");
    QTRY_VERIFY(resume->isVisible() && actions["train.resume"]->isEnabled());
    const QString folder = desk.training.runFolder();
    QTest::mouseClick(resume, Qt::LeftButton);
    QTRY_VERIFY(desk.training.status().step > at + 1);
    QCOMPARE(desk.training.runFolder(), folder);
    QVERIFY(!resume->isVisible());
  }

  void thePrecisionIsOneUndoStep() {
    Desk desk;
    QWidget window;
    ui::Actions actions(&window);
    bindTraining(desk.training, actions);
    ui::DeviceSetting devices(desk.project, desk.training);
    ui::RunBar bar(desk.project, desk.training, devices, actions, &window);
    auto* precision = bar.findChild<QComboBox*>("run.precision");
    window.show();
    precision->setFocus();
    QTest::keyClick(precision, Qt::Key_Down);
    QCOMPARE(desk.project.document().recipe().phases[0].precision, engine::Type::f64);
    QCOMPARE(desk.project.undo().count(), 1);
    desk.project.undo().undo();
    QCOMPARE(precision->currentText(), QString("float32"));
  }

  void aRateIsAskedForAndRefusedWithAReason() {
    Desk desk("xor", kLong);
    QWidget window;
    ui::Actions actions(&window);
    bindTraining(desk.training, actions);
    ui::DeviceSetting devices(desk.project, desk.training);
    ui::RunBar bar(desk.project, desk.training, devices, actions, &window);
    window.show();
    actions.refresh();
    QVERIFY(!actions["train.rate"]->isEnabled());
    desk.training.start();
    QTRY_VERIFY(!desk.steps.empty());
    QTRY_VERIFY(actions["train.rate"]->isEnabled());
    actions.trigger("train.rate");
    auto* popup = bar.findChild<ui::RatePopup*>();
    QVERIFY(popup && popup->isVisible());
    auto* rate = popup->findChild<QLineEdit*>();
    QCOMPARE(rate->text(), QString("0.02"));
    rate->selectAll();
    QTest::keyClicks(rate, "fast");
    QTest::keyClick(rate, Qt::Key_Return);
    QVERIFY(popup->isVisible());
    QVERIFY(rate->property("problem").toBool());
    QTest::keyClicks(rate, "3e-3");
    QTest::keyClick(rate, Qt::Key_Return);
    QTRY_COMPARE(desk.steps.back().learningRate, 3e-3);
    QTRY_VERIFY(!bar.findChild<ui::RatePopup*>());
  }

  void thePaceKnowsWhatIsLeft() {
    ui::Pace pace;
    QVERIFY(pace.secondsLeft(100) < 0);
    for (int i = 0; i <= 100; ++i) pace.add(i * 0.033, i * 10, i * 320);
    QVERIFY(std::abs(pace.stepsPerSecond() - 10 / 0.033) < 1e-6);
    QVERIFY(std::abs(pace.secondsLeft(1000) - 3.3) < 1e-6);
    pace.pause();  // an hour of it changes nothing
    pace.add(3600, 1000, 32000);
    pace.add(3600.033, 1010, 32320);
    QVERIFY(std::abs(pace.samplesPerSecond() - 320 / 0.033) < 1e-6);
  }
};

QTEST_MAIN(TrainingRunTest)
#include "training_run_test.moc"
