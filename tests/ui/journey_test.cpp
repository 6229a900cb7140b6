// The whole way, in the real window, by mouse and keyboard alone: from an empty canvas to a trained network in a file that
// proves itself. Then everything is undone, and redone, and opened again.
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include "engine/document/json.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/items.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/evaluate/export_panel.h"
#include "ui/files/ask_path.h"
#include "ui/shell/main_window.h"
#include "ui/theme/style.h"

using engine::NodeId;
using namespace ui;

class JourneyTest : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;

  static QLineEdit* lineIn(QWidget* row) {
    if (!row) return nullptr;
    if (auto* line = qobject_cast<QLineEdit*>(row)) return line;
    return row->findChild<QLineEdit*>();
  }
  // A field of the inspector or the recipe, by its row's name, filled by the keyboard.
  static void fill(MainWindow& w, const char* row, const QString& text) {
    auto* widget = w.findChild<QWidget*>(row);
    QVERIFY2(widget, row);
    QTRY_VERIFY2(widget->isVisible(), row);
    QLineEdit* line = lineIn(widget);
    QVERIFY2(line, row);
    line->setFocus();
    line->selectAll();
    QTest::keyClicks(line, text);
    QTest::keyClick(line, Qt::Key_Return);
  }
  // A layer by the search of the list of layers and Enter.
  static NodeId addLayer(MainWindow& w, const QString& words) {
    const size_t before = w.project().document().nodes().size();
    w.actions().trigger("dock.find_layer");
    auto* search = w.findChild<QWidget*>("layers")->findChild<QLineEdit*>();
    search->setFocus();
    search->selectAll();
    QTest::keyClicks(search, words);
    QTest::keyClick(search, Qt::Key_Return);
    const auto nodes = w.project().document().nodes();
    return nodes.size() == before + 1 ? nodes.back()->id : 0;
  }
  static const engine::document::Node* named(MainWindow& w, const char* type) {
    for (const auto& node : w.project().document().nodes())
      if (node->type == type) return node.get();
    return nullptr;
  }
  static void drag(MainWindow& w, QPointF from, QPointF to) {
    auto& view = w.canvas().view();
    const QPoint a = view.mapFromScene(from), b = view.mapFromScene(to);
    const auto send = [&](QEvent::Type type, QPoint at, Qt::MouseButtons buttons) {
      QMouseEvent event(type, at, view.viewport()->mapToGlobal(at), type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton, buttons, Qt::NoModifier);
      QApplication::sendEvent(view.viewport(), &event);
    };
    send(QEvent::MouseButtonPress, a, Qt::LeftButton);
    send(QEvent::MouseMove, a + (b - a) / 2, Qt::LeftButton);
    send(QEvent::MouseMove, b, Qt::LeftButton);
    send(QEvent::MouseButtonRelease, b, Qt::NoButton);
  }
  static void key(MainWindow& w, Qt::Key which, Qt::KeyboardModifiers modifiers = {}) {
    w.actions().refresh();
    w.canvas().view().setFocus();
    QTest::keyClick(&w.canvas().view(), which, modifiers);
  }

 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("journey" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    setUpLook();
  }

  void fromAnEmptyCanvasToAModelInAFile() {
    MainWindow w;
    w.resize(1440, 900);
    w.show();
    QVERIFY(QTest::qWaitForWindowExposed(&w));
    QApplication::setActiveWindow(&w);
    key(w, Qt::Key_N, Qt::ControlModifier);
    QTRY_VERIFY(!w.isWelcome());
    QCOMPARE(w.project().document().nodes().size(), size_t(0));
    auto& project = w.project();
    const std::string empty = print(project.document());

    // Draw it.
    const NodeId input = addLayer(w, "Input");
    QVERIFY(input);
    fill(w, "field.shape", "2");
    const NodeId hidden = addLayer(w, "Linear");
    fill(w, "field.out_features", "24");
    const NodeId bend = addLayer(w, "Tanh");
    const NodeId scores = addLayer(w, "Linear");
    fill(w, "field.out_features", "2");
    QVERIFY(hidden && bend && scores);
    QVERIFY(project.document().wireInto(hidden, 0) && project.document().wireInto(scores, 0));
    project.selection().clear();
    const NodeId labels = addLayer(w, "Target");
    project.selection().set({scores});
    const NodeId loss = addLayer(w, "CrossEntropyLoss");
    QVERIFY(labels && loss);
    w.actions().trigger("node.layout");
    QTest::qWait(400);  // the animation of 240 ms
    w.actions().trigger("view.fit_all");

    // A wire taken off by the mouse and drawn again.
    auto& scene = w.canvas().scene();
    const auto isWired = [&] { return project.document().wireInto(bend, 0) != nullptr; };
    QVERIFY(isWired());
    drag(w, scene.node(bend)->inputAt(0), scene.node(bend)->inputAt(0) + QPointF(-10, 160));
    if (auto* popup = w.findChild<QWidget*>("canvas.quick_add"); popup && popup->isVisible()) QTest::keyClick(popup, Qt::Key_Escape);
    QVERIFY(!isWired());
    QVERIFY(project.hasProblems());
    drag(w, scene.node(hidden)->outputAt(0), scene.node(bend)->inputAt(0));
    QVERIFY(isWired());
    if (!project.document().wireInto(loss, 1)) drag(w, scene.node(labels)->outputAt(0), scene.node(loss)->inputAt(1));
    QVERIFY(project.document().wireInto(loss, 1));

    // Move one, name one.
    project.selection().set({hidden});
    const double x = project.document().node(hidden)->position->x;
    key(w, Qt::Key_Right, Qt::ShiftModifier);
    drag(w, scene.node(labels)->pos() + QPointF(60, 12), scene.node(labels)->pos() + QPointF(84, 76));
    Q_UNUSED(x);
    project.selection().set({hidden});
    key(w, Qt::Key_F2);
    auto* name = w.findChild<QLineEdit*>("canvas.name");
    QVERIFY(name);
    QTest::keyClicks(name, "hidden");
    QTest::keyClick(name, Qt::Key_Return);
    QCOMPARE(project.document().node(hidden)->name, std::string("hidden"));

    // What it learns from and how.
    project.selection().clear();
    w.actions().trigger("train.recipe");
    auto* source = w.findChild<QWidget*>("data.source");
    QVERIFY(source);
    auto* box = source->findChild<QComboBox*>();
    QVERIFY(box);
    QTRY_VERIFY(box->isVisible());
    const int spirals = box->findText("spirals", Qt::MatchContains);
    QVERIFY(spirals >= 0);
    box->setFocus();
    while (box->currentIndex() != spirals) QTest::keyClick(box, box->currentIndex() < spirals ? Qt::Key_Down : Qt::Key_Up);
    emit box->activated(spirals);  // as a choice in the opened list does
    QTRY_COMPARE(project.document().data().source, std::string("spirals"));
    fill(w, "training.epochs", "400");
    QCOMPARE(project.document().recipe().phases[0].epochs, int64_t(400));
    QVERIFY2(!project.hasProblems(), project.problems().empty() ? "" : toString(project.problems()[0]).c_str());

    // Save, train, pause, another rate, a step, on, stop.
    const QString path = folder_.filePath("mine.netw");
    answerPaths([&](const PathQuestion&) { return path; });
    key(w, Qt::Key_S, Qt::ControlModifier);
    QTRY_VERIFY(!project.isModified());
    auto& training = w.training();
    key(w, Qt::Key_Return, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(training.status().step > 20, 20000);
    key(w, Qt::Key_Return, Qt::ControlModifier | Qt::AltModifier);
    QTRY_COMPARE(training.state(), Training::State::paused);
    const qint64 paused = training.status().step;
    w.actions().trigger("train.rate");
    auto* popup = w.findChild<QWidget*>("run.rate");
    QVERIFY(popup);
    auto* rate = popup->findChild<QLineEdit*>();
    rate->selectAll();
    QTest::keyClicks(rate, "0.005");
    QTest::keyClick(rate, Qt::Key_Return);
    key(w, Qt::Key_Return, Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_COMPARE(training.status().step, paused + 1);
    QCOMPARE(training.status().learningRate, 0.005);
    key(w, Qt::Key_Return, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(training.status().step > paused + 200, 20000);
    key(w, Qt::Key_Period, Qt::ControlModifier);
    QTRY_COMPARE(training.state(), Training::State::stopped);
    QFile record(training.runFolder() + "/run.json");
    QVERIFY(record.open(QIODevice::ReadOnly));
    QCOMPARE(QJsonDocument::fromJson(record.readAll()).object()["steps"].toInteger(), training.status().step);

    // Everything back, and forth again.
    const std::string drawn = print(project.document());
    const int steps = project.undo().count();
    QVERIFY(steps >= 12);
    for (int i = 0; i < steps; ++i) key(w, Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(print(project.document()), empty);
    for (int i = 0; i < steps; ++i) key(w, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(print(project.document()), drawn);
    QCOMPARE(project.undo().count(), steps);

    // Into a file for others.
    w.actions().trigger("file.export");
    auto* panel = w.findChild<ExportPanel*>();
    QTRY_VERIFY(panel && panel->isVisible());
    panel->setPath(folder_.filePath("mine.onnx"));
    QSignalSpy exported(panel, &ExportPanel::exported);
    QTest::mouseClick(panel->findChild<QPushButton*>("export.button"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, 20000);
    QVERIFY(panel->result().contains("verified"));
    QVERIFY(QFile::exists(folder_.filePath("mine.onnx")));

    // And it is all there in another window.
    QFile::remove(path + ".lock");
    const auto loaded = engine::document::load(path.toStdString());
    QVERIFY(loaded);
    QCOMPARE(print(*loaded), drawn);
  }
};

QTEST_MAIN(JourneyTest)
#include "journey_test.moc"
