// The whole way in the real window, by mouse and keyboard alone: from an empty canvas to a trained network in a file that
// proves itself. Then everything is undone, and redone, and opened again in another window.
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include "engine/document/json.h"
#include "engine/formats/export.h"
#include "engine/training/checkpoint.h"
#include "tests/ui/person.h"
#include "ui/canvas/quick_add.h"
#include "ui/evaluate/export_panel.h"
#include "ui/widgets/ask_path.h"
#include "ui/model/text.h"
#include "ui/theme/style.h"

using engine::NodeId;
using namespace ui;

namespace {

constexpr int kLong = 60000;  // ms that nothing takes; a machine that is busy may still be slow

QByteArray contentOf(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

constexpr qsizetype kLearnedBy = 3000;  // steps

double meanLoss(const QList<QByteArray>& log, qsizetype from, qsizetype count) {
  double sum = 0;
  for (qsizetype i = from; i < from + count; ++i) sum += QJsonDocument::fromJson(log[i]).object()["loss"].toDouble();
  return sum / double(count);
}

}  // namespace

class JourneyTest : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  std::string drawn_;
  QString weights_;  // of the run
  QString path(const char* name) const { return folder_.filePath(name); }

  static void show(MainWindow& window) {
    window.resize(1440, 900);
    window.show();
    window.showWelcome(true);  // as the program starts
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QApplication::setActiveWindow(&window);
  }

  static void draw(MainWindow& w, Person& p) {
    Project& project = w.project();
    const auto& document = [&]() -> const engine::document::Document& { return project.document(); };
    const auto wired = [&](NodeId from, NodeId to, int input = 0) {
      const auto* wire = document().wireInto(to, input);
      return wire && wire->from == from;
    };
    const NodeId input = p.addLayer("Input");
    QVERIFY(input);
    p.fill("field.shape", "2");
    const NodeId hidden = p.addLayer("Linear");
    QVERIFY(hidden);
    QVERIFY(wired(input, hidden));  // what was selected feeds it
    p.fill("field.out_features", "24");
    QCOMPARE(*engine::document::find(document().node(hidden)->fields, "out_features"), engine::FieldValue(int64_t(24)));
    p.clickCanvasFocus();
    p.key(Qt::Key_Home);
    const NodeId bend = p.dropLayer("Tanh", p.node(hidden).nodeRect().center() + QPointF(0, 220));
    QVERIFY(bend);
    QVERIFY(!wired(hidden, bend));
    p.drag(p.node(hidden).outputAt(0), p.node(bend).inputAt(0));
    QVERIFY(wired(hidden, bend));
    const NodeId scores = p.addLayer("Linear");
    QVERIFY(scores);
    QVERIFY(wired(bend, scores));
    p.fill("field.out_features", "2");
    p.clickCanvasFocus();
    p.key(Qt::Key_Home);
    // At the cursor: Space, a few letters, Enter.
    p.clickCanvas(p.node(input).nodeRect().center() + QPointF(0, 220));
    QVERIFY(project.selection().nodes().empty());
    p.pointAt(p.node(input).nodeRect().center() + QPointF(0, 220));
    p.key(Qt::Key_Space);
    p.see("canvas.quick_add");
    p.type("target");
    p.key(Qt::Key_Return);
    const NodeId labels = project.selection().current();
    QCOMPARE(document().nodes().size(), size_t(5));
    p.key(Qt::Key_Home);
    QCOMPARE(document().node(labels)->type, std::string("Target"));
    p.clickCanvas(p.headOf(scores));
    QCOMPARE(project.selection().current(), scores);
    const NodeId loss = p.addLayer("CrossEntropyLoss");
    QVERIFY(loss);
    QVERIFY(wired(scores, loss, 0));
    QVERIFY(wired(labels, loss, 1));  // it took the target that fits
    QVERIFY(!project.hasProblems());

    // A wire taken off by the mouse, a problem for as long as it is off, and drawn again.
    p.clickCanvas(p.node(input).nodeRect().center() + QPointF(0, -100));
    p.key(Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
    const auto isStill = [&] {  // the nodes glide to their new places
      return std::all_of(document().nodes().begin(), document().nodes().end(), [&](const auto& n) { return p.node(n->id).pos() == QPointF(n->position->x, n->position->y); });
    };
    QTRY_VERIFY(isStill());
    p.key(Qt::Key_Home);
    p.drag(p.node(loss).inputAt(0), p.node(loss).inputAt(0) + QPointF(-10, -90));
    QVERIFY(!wired(scores, loss, 0));
    QVERIFY(project.hasProblems());
    if (w.findChild<QWidget*>("canvas.quick_add")->isVisible()) p.key(Qt::Key_Escape);
    p.drag(p.node(scores).outputAt(0), p.node(loss).inputAt(0));
    QVERIFY(wired(scores, loss, 0));
    QVERIFY(!project.hasProblems());

    // Move one by the keyboard and one by the mouse, name one.
    p.clickCanvas(p.headOf(hidden));
    const double x = document().node(hidden)->position->x, y = document().node(labels)->position->y;
    p.key(Qt::Key_Right, Qt::ShiftModifier);
    QVERIFY(document().node(hidden)->position->x > x);
    p.drag(p.headOf(labels), p.headOf(labels) + QPointF(24, 64));
    QVERIFY(document().node(labels)->position->y > y);
    p.clickCanvas(p.headOf(hidden));
    p.key(Qt::Key_F2);
    p.key(Qt::Key_A, Qt::ControlModifier);
    p.type("hidden");
    p.key(Qt::Key_Return);
    QCOMPARE(document().node(hidden)->name, std::string("hidden"));

    // What it learns from, and for how long: longer than anybody waits, so that Stop is what ends it.
    p.key(Qt::Key_R, Qt::ControlModifier);
    p.click(p.see("data.source")->findChild<QComboBox*>());
    p.type("moons");
    p.key(Qt::Key_Return);
    QCOMPARE(document().data().source, std::string("moons"));
    p.fill("training.epochs", "100000");
    QCOMPARE(document().recipe().phases[0].epochs, int64_t(100000));
    p.fill("optimizer.lr", "0.02");
    QVERIFY2(!project.hasProblems(), project.problems().empty() ? "" : toString(project.problems()[0]).c_str());
  }

  void save(MainWindow& w, Person& p) {
    answerPaths([&](const PathQuestion& question) { return question.kind == PathQuestion::Kind::save ? path("mine.netw") : QString(); });
    p.key(Qt::Key_S, Qt::ControlModifier);
    QTRY_VERIFY(!w.project().isModified());
    QCOMPARE(w.windowTitle(), QString("mine[*] - Netwright"));
    drawn_ = print(w.project().document());
    QCOMPARE(contentOf(path("mine.netw")).toStdString(), drawn_);
  }

  void train(MainWindow& w, Person& p) {
    Training& training = w.training();
    p.clickCanvasFocus();
    p.key(Qt::Key_Return, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(training.status().step > kLearnedBy, kLong);
    p.click(p.see<QPushButton>("run.primary"));  // it says Pause now
    QTRY_COMPARE_WITH_TIMEOUT(training.state(), Training::State::paused, kLong);
    const qint64 paused = training.status().step;
    QTest::qWait(100);
    QCOMPARE(training.status().step, paused);
    w.actions().trigger("train.rate");
    auto* popup = w.findChild<QWidget*>("run.rate");
    QVERIFY(popup);
    p.type("0.0005");  // what was there is selected
    p.key(Qt::Key_Return);
    p.clickCanvasFocus();
    p.key(Qt::Key_Return, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_COMPARE_WITH_TIMEOUT(training.status().step, paused + 1, kLong);
    QCOMPARE(training.status().learningRate, 0.0005);
    p.key(Qt::Key_Return, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(training.status().step > paused + 100, kLong);
    p.key(Qt::Key_Period, Qt::ControlModifier);
    QTRY_COMPARE_WITH_TIMEOUT(training.state(), Training::State::stopped, kLong);

    // The run's own record says the same, and that it learned.
    const QDir run(training.runFolder());
    QCOMPARE(QFileInfo(run.path()).canonicalFilePath(), QFileInfo(path("mine.runs/0001")).canonicalFilePath());
    QTRY_VERIFY_WITH_TIMEOUT(run.exists("run.json"), kLong);
    const QJsonObject record = QJsonDocument::fromJson(contentOf(run.filePath("run.json"))).object();
    QCOMPARE(record["steps"].toInteger(), training.status().step);
    QCOMPARE(record["state"].toString(), QString("stopped"));
    QCOMPARE(record["data"].toObject()["source"].toString(), QString("moons"));
    QCOMPARE(contentOf(run.filePath("project.netw")).toStdString(), drawn_);
    QList<QByteArray> steps = contentOf(run.filePath("log.jsonl")).split('\n');
    steps.removeIf([](const QByteArray& line) { return !line.contains("\"lr\""); });  // what is left is a step each
    QCOMPARE(steps.size(), training.status().step);
    const auto rateOf = [&](qint64 step) { return QJsonDocument::fromJson(steps[step - 1]).object()["lr"].toDouble(); };
    QVERIFY(rateOf(paused) != 0.0005);
    QCOMPARE(rateOf(paused + 1), 0.0005);
    QCOMPARE(rateOf(training.status().step), 0.0005);
    // At a step that does not depend on when the pause came: the seed says what every step's loss is.
    QVERIFY(meanLoss(steps, kLearnedBy - 100, 100) < 0.5 * meanLoss(steps, 0, 20));
    weights_ = run.filePath("weights.safetensors");
  }

  void goBackAndForth(MainWindow& w, Person& p) {
    Project& project = w.project();
    const int steps = project.undo().count();
    const std::string empty = print(engine::document::Document());
    p.clickCanvasFocus();
    for (int i = 0; i < steps; ++i) {
      const std::string before = print(project.document());
      p.key(Qt::Key_Z, Qt::ControlModifier);
      QVERIFY(print(project.document()) != before);  // each step is one, and does something
    }
    QCOMPARE(print(project.document()), empty);
    QVERIFY(!project.undo().canUndo());
    QVERIFY(project.isModified());
    for (int i = 0; i < steps; ++i) p.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(print(project.document()), drawn_);
    QCOMPARE(project.undo().count(), steps);
    QVERIFY(!project.isModified());  // it is what its file holds
    QVERIFY(!w.training().isOutdated());
  }

  // The file is right: by the studio's own word, and by what is in it.
  void exportIt(MainWindow& w, Person& p, const QString& name) {
    p.key(Qt::Key_E, Qt::ControlModifier);
    auto* panel = p.see<ExportPanel>("export");
    QSignalSpy exported(panel, &ExportPanel::exported);
    p.key(Qt::Key_A, Qt::ControlModifier);
    p.type(path(qPrintable(name)));
    p.click(p.see("export.button"));
    QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, kLong);
    QVERIFY2(panel->result().contains("verified, largest difference"), qPrintable(panel->result()));

    const QByteArray bytes = contentOf(path(qPrintable(name)));
    const auto session = engine::training::Session::open(w.project().document(), {});
    QVERIFY(session);
    QVERIFY((*session)->evaluationPlan(1));
    engine::formats::ExportReport report;
    // With the first weights, as the seed draws them, it gives other answers: the file has what was learned.
    QVERIFY(!engine::formats::verifyOnnx(**session, std::string_view(bytes.constData(), size_t(bytes.size())), utf8(name), {}, report));
    QVERIFY(engine::training::loadWeights(weights_.toStdString(), (*session)->store()));
    QVERIFY(engine::formats::verifyOnnx(**session, std::string_view(bytes.constData(), size_t(bytes.size())), utf8(name), {}, report));
    QVERIFY(report.verified && report.maxDifference <= report.allowed);
  }

 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("journey" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    setUpLook();
  }
  void cleanupTestCase() {
    answerPaths({});
    QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
    QFile::remove(QSettings().fileName());
  }

  void fromAnEmptyCanvasToAModelInAFile() {
    int gestures = 0;
    try {
      {
        MainWindow window;
        Person person(window);
        show(window);
        person.key(Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY(!window.isWelcome());
        QCOMPARE(window.project().document().nodes().size(), size_t(0));
        draw(window, person);
        if (QTest::currentTestFailed()) return;
        QCOMPARE(window.project().undo().count(), 19);
        save(window, person);
        if (QTest::currentTestFailed()) return;
        train(window, person);
        if (QTest::currentTestFailed()) return;
        goBackAndForth(window, person);
        if (QTest::currentTestFailed()) return;
        exportIt(window, person, "mine.onnx");
        if (QTest::currentTestFailed()) return;
        person.key(Qt::Key_W, Qt::ControlModifier);
        QVERIFY(!window.isVisible());
        gestures = person.gestures();
      }
      // Opened again: the same network, nothing to undo, and the weights of the run.
      MainWindow window;
      Person person(window);
      show(window);
      answerPaths([&](const PathQuestion& question) { return question.kind == PathQuestion::Kind::save ? QString() : path("mine.netw"); });
      person.key(Qt::Key_O, Qt::ControlModifier);
      QTRY_VERIFY(!window.isWelcome());
      QCOMPARE(print(window.project().document()), drawn_);
      QCOMPARE(window.project().undo().count(), 0);
      QVERIFY(!window.project().isModified());
      QVERIFY(QDir(folder_.path()).mkdir("again"));
      exportIt(window, person, "again/mine.onnx");
      QCOMPARE(contentOf(path("again/mine.onnx")), contentOf(path("mine.onnx")));
      gestures += person.gestures();
    } catch (const Stuck& stuck) {
      QFAIL(stuck.what());
    }
    QVERIFY2(gestures >= 20, qPrintable(QString::number(gestures)));
  }
};

QTEST_MAIN(JourneyTest)
#include "journey_test.moc"
