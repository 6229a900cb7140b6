// A model of others in the real window: opened or dropped as a new project, judged and trained further from its own weights.
#include <QDir>
#include <QDockWidget>
#include <QMimeData>
#include <QDropEvent>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include "engine/document/json.h"
#include "engine/formats/export.h"
#include "engine/formats/import.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/scene.h"
#include "ui/evaluate/export_panel.h"
#include "ui/run/log.h"
#include "ui/run/trained.h"
#include "ui/shell/main_window.h"
#include "ui/shell/problems_panel.h"
#include "ui/theme/style.h"
#include "ui/widgets/ask_path.h"
#include "ui/widgets/elided_label.h"

using engine::NodeId;
using engine::document::Node;
using engine::document::Transaction;
using ui::MainWindow;
using State = ui::Training::State;

class ImportTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QString model_;
  double trainedLoss_ = 0;
  double firstLoss_ = -1;  // of the run that was started last

  static void show(MainWindow& window) {
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QApplication::setActiveWindow(&window);
    QApplication::processEvents();
  }
  void open(MainWindow& window) {
    ui::answerPaths([this](const ui::PathQuestion&) { return model_; });
    window.actions().trigger("file.open");
    QTRY_VERIFY(window.project().title() == "model" && !window.project().document().nodes().empty());
    QApplication::processEvents();
  }
  static QString fixture(const char* name) { return QStringLiteral(NETWRIGHT_SOURCE_DIR "/tests/fixtures/onnx/models/") + name; }
  static void press(MainWindow& window, const QString& text) {
    for (auto* button : window.messages().findChildren<QPushButton*>())
      if (button->text() == text) return QTest::mouseClick(button, Qt::LeftButton);
    QFAIL(qPrintable("no button " + text));
  }
  // A target and a loss, as a person would wire them, and data.
  static void prepare(MainWindow& window) {
    QVERIFY(window.project().edit("Loss", [](Transaction& t) -> engine::Done {
      const NodeId scores = t.view().nodeNamed("scores")->id;
      Node target, loss;
      target.type = "Target", target.name = "label";
      loss.type = "CrossEntropyLoss", loss.name = "loss";
      const auto a = t.addNode(target), b = t.addNode(loss);
      if (!a || !b) return tl::unexpected(a ? b.error() : a.error());
      for (const auto& done : {t.connect(scores, 0, *b, 0), t.connect(*a, 0, *b, 1)})
        if (!done) return done;
      auto data = t.view().data();
      data.source = "spirals";
      if (auto done = t.setData(data); !done) return done;
      auto recipe = t.view().recipe();
      recipe.phases[0].steps = 4, recipe.phases[0].batch = 200, recipe.phases[0].shuffle = false;
      recipe.phases[0].optimizer.fields = {{"lr", 1e-5}};
      return t.setRecipe(recipe);
    }));
    QApplication::processEvents();
  }
  void train(MainWindow& window) {
    firstLoss_ = -1;
    const auto heard = connect(&window.training(), &ui::Training::stepped, this, [this](const std::vector<engine::training::StepEvent>& steps) {
      if (firstLoss_ < 0 && !steps.empty()) firstLoss_ = steps.front().loss;
    });
    window.actions().refresh();
    QVERIFY2(window.actions()["train.start"]->isEnabled(), qPrintable(window.actions()["train.start"]->toolTip()));
    window.actions().trigger("train.start");
    QTRY_VERIFY_WITH_TIMEOUT(window.training().state() == State::finished, 60000);
    QTRY_VERIFY(firstLoss_ >= 0);
    disconnect(heard);
  }

 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("import_test" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    ui::setUpLook();
    // What is opened below: spirals, trained for a while, exported.
    MainWindow window;
    show(window);
    window.files().openTemplate("spirals");
    QVERIFY(window.project().edit("Short", [](Transaction& t) {
      auto recipe = t.view().recipe();
      recipe.phases[0].epochs = 60;
      return t.setRecipe(recipe);
    }));
    QApplication::processEvents();
    train(window);
    auto session = ui::openTrained(ui::trainedOf(window.project(), window.training()), true);
    QVERIFY(session);
    model_ = folder_.filePath("model.onnx");
    QVERIFY(engine::formats::exportModel(**session, model_.toStdString(), engine::formats::ExportFormat::onnx));
  }
  void cleanup() {
    for (const auto& kept : ui::Recovery::list()) ui::Recovery::discard(kept);
    QSettings().clear();
    ui::answerPaths({});
  }
  void cleanupTestCase() {
    QDir(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation)).removeRecursively();
    QFile::remove(QSettings().fileName());
  }

  void aModelOpensAsANewProject() {
    MainWindow window;
    show(window);
    open(window);
    QVERIFY(window.project().path().isEmpty());
    QCOMPARE(window.project().undo().count(), 0);
    QVERIFY(window.messages().textOf("imported").contains("model.onnx is open as a new project"));
    QCOMPARE(window.files().recent().first(), model_);
    const auto& document = window.project().document();
    QCOMPARE(QString::fromStdString(document.recipe().weights), model_);
    QTRY_COMPARE(int(window.canvas().scene().nodes().size()), int(document.nodes().size()));
    // As it was drawn: the export remembered it.
    for (const auto& node : document.nodes()) QVERIFY2(node->position, node->name.c_str());
    QCOMPARE(window.findChild<ui::ElidedLabel*>("recipe.start")->words(), QString("Begins with model.onnx"));
  }

  void trainGoesOnFromItsWeightsUntilItBeginsAnew() {
    MainWindow window;
    show(window);
    open(window);
    prepare(window);
    train(window);
    const double before = firstLoss_;
    QTest::mouseClick(window.findChild<QPushButton*>("recipe.anew"), Qt::LeftButton);
    QVERIFY(window.project().document().recipe().weights.empty());
    QVERIFY(!window.findChild<QPushButton*>("recipe.anew")->isVisible());
    QApplication::processEvents();
    train(window);
    QVERIFY2(before < 0.5 * firstLoss_, qPrintable(QString("%1 %2").arg(before).arg(firstLoss_)));
    window.project().undo().undo();
    QCOMPARE(QString::fromStdString(window.project().document().recipe().weights), model_);
  }

  void itIsJudgedBeforeItWasTrainedHere() {
    MainWindow window;
    show(window);
    open(window);
    prepare(window);
    const ui::Trained trained = ui::trainedOf(window.project(), window.training());
    QVERIFY(trained.isStart);
    QCOMPARE(trained.name, QString("model.onnx"));
    QVERIFY(ui::openTrained(trained, true));
  }

  void aDroppedModelOpens() {
    MainWindow window;
    show(window);
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(model_)});
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QVERIFY(QCoreApplication::sendEvent(&window, &enter) && enter.isAccepted());
    QDropEvent drop(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &drop);
    QTRY_VERIFY(!window.messages().textOf("imported").isEmpty());
  }

  // What was decided for the one who opens it: the strip says it and stays, the log has it line by line.
  void whatWasChosenAndLostIsSaid() {
    MainWindow window;
    show(window);
    window.files().open(fixture("picture.onnx"));
    QTRY_VERIFY(!window.messages().textOf("imported").isEmpty());
    QVERIFY2(window.messages().textOf("imported").contains("have one now: width = 224, x.2 = 224."), qPrintable(window.messages().textOf("imported")));
    QVERIFY(!window.messages().textOf("imported").contains("cannot be calculated"));
    auto* log = window.findChild<QDockWidget*>("dock.log");
    QVERIFY(log->visibleRegion().isEmpty());
    press(window, "Details");
    QVERIFY(!log->visibleRegion().isEmpty());
    const auto lines = [&] {
      QString all;
      const auto* model = window.findChild<ui::Log*>();
      for (int row = 0; row < model->rowCount(); ++row) all += model->lineOf(row) + '\n';
      return all;
    };
    QVERIFY2(lines().contains("x: needs a number for x.2, axis 2 of x"), qPrintable(lines()));
    window.files().open(fixture("foreign.onnx"));
    QTRY_VERIFY(window.messages().textOf("imported").contains("One of its"));
    QVERIFY2(window.messages().textOf("imported").contains("cannot be calculated here"), qPrintable(window.messages().textOf("imported")));
    QVERIFY(!window.messages().textOf("imported").contains("Train goes on"));
    QVERIFY2(lines().contains("swirl: "), qPrintable(lines()));
    QTest::qWait(10);
    window.files().open(model_);
    QTRY_VERIFY(window.messages().textOf("imported").contains("model.onnx"));
    QVERIFY(!window.messages().textOf("imported").contains("one now"));
  }

  // What cannot be calculated here goes out as it came, by the same way as `netw export`.
  void whatIsNotKnownIsExportedAsItCame_data() {
    QTest::addColumn<QString>("name");
    QTest::newRow("of others") << "foreign.onnx";
    QTest::newRow("boxes") << "boxes.onnx";
  }
  void whatIsNotKnownIsExportedAsItCame() {
    QFETCH(QString, name);
    MainWindow window;
    show(window);
    window.files().open(fixture(qPrintable(name)));
    QTRY_VERIFY(window.messages().textOf("imported").contains(name));
    window.actions().trigger("file.export");
    auto* panel = window.findChild<ui::ExportPanel*>();
    auto* button = panel->findChild<QPushButton*>("export.button");
    const QString out = folder_.filePath("out-" + name);
    panel->setPath(out);
    QVERIFY2(button->isEnabled(), qPrintable(button->toolTip()));
    QCOMPARE(button->text(), QString("Export"));
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_VERIFY2(panel->result().contains("ONNX opset 17: written, not verified"), qPrintable(panel->result()));
    const auto before = engine::formats::importModel(fixture(qPrintable(name)).toStdString()), after = engine::formats::importModel(out.toStdString());
    QVERIFY(before && after && after->lost.size() == before->lost.size());
    const auto nodes = before->document.nodes(), again = after->document.nodes();
    QVERIFY(std::equal(nodes.begin(), nodes.end(), again.begin(), again.end(), [](const auto& a, const auto& b) { return a->type == b->type && a->fields == b->fields; }));
    // Weights alone cannot be had of it, and a network without such nodes is compared again.
    panel->setFormat(engine::formats::ExportFormat::safetensors);
    QVERIFY(!button->isEnabled());
    panel->setFormat(engine::formats::ExportFormat::onnx);
    window.files().openTemplate("xor");
    QCOMPARE(button->text(), QString("Export and verify"));
  }

  // Before a run begins, and kept up with edits: what the file leaves to the seed, and what keeps a run from beginning.
  void whatTheStartDoesNotHaveIsInTheListOfProblems() {
    MainWindow window;
    show(window);
    const QString copy = folder_.filePath("copy.onnx");
    QFile::remove(copy);
    QVERIFY(QFile::copy(model_, copy));
    window.files().open(copy);
    QTRY_COMPARE(window.project().title(), QString("copy"));
    auto* panel = window.findChild<ui::ProblemsPanel*>();
    const auto rows = [&] {
      QString all;
      auto* list = window.findChild<QTreeWidget*>("problem_list");
      for (int i = 0; i < list->topLevelItemCount(); ++i) all += list->topLevelItem(i)->text(0) + ": " + list->topLevelItem(i)->text(1) + '\n';
      return all;
    };
    QTest::qWait(400);  // longer than is waited for further edits
    const int hints = panel->hints(), problems = panel->problems();
    QVERIFY2(!rows().contains("copy.onnx"), qPrintable(rows()));
    const NodeId scores = window.project().document().nodeNamed("scores")->id;
    QVERIFY(window.project().edit("Rename", [&](Transaction& t) { return t.rename(scores, "answers"); }));
    QTRY_COMPARE(panel->hints(), hints + 2);
    QVERIFY2(rows().contains("recipe, weights: needs values for") && rows().contains("none for 2 of them (answers."), qPrintable(rows()));
    window.project().undo().undo();
    QTRY_COMPARE(panel->hints(), hints);
    QVERIFY(window.project().edit("Wider", [&](Transaction& t) { return t.setField(scores, "out_features", int64_t(7)); }));
    QTRY_COMPARE(panel->problems(), problems + 2);
    QVERIFY2(rows().contains("scores: needs scores.weight with the sizes that its weights have"), qPrintable(rows()));
    QVERIFY(QFile::remove(copy));
    window.project().undo().undo();
    QTRY_VERIFY2(rows().contains("put the file back"), qPrintable(rows()));
    QTest::mouseClick(window.findChild<QPushButton*>("recipe.anew"), Qt::LeftButton);
    QTRY_COMPARE(panel->problems(), problems);
    QCOMPARE(panel->hints(), hints);
  }

  void aBrokenModelLeavesWhatIsOpen() {
    const QString broken = folder_.filePath("broken.onnx");
    QFile from(model_), to(broken);
    QVERIFY(from.open(QIODevice::ReadOnly) && to.open(QIODevice::WriteOnly));
    to.write(from.read(400));
    to.close();
    MainWindow window;
    show(window);
    window.files().openTemplate("xor");
    const std::string before = print(window.project().document());
    window.files().open(broken);
    QTRY_VERIFY(!window.messages().textOf("open").isEmpty());
    QVERIFY2(window.messages().textOf("open").contains("ONNX model"), qPrintable(window.messages().textOf("open")));
    QCOMPARE(print(window.project().document()), before);
  }
};

QTEST_MAIN(ImportTest)
#include "import_test.moc"
