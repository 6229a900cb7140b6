// The place Evaluate: what was trained is judged without being asked twice, cells show their samples, and an export proves
// itself.
#include <QApplication>
#include <QFile>
#include <QLabel>
#include <QMainWindow>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>

#include "engine/document/json.h"
#include "ui/evaluate/confusion_view.h"
#include "ui/evaluate/evaluate_place.h"
#include "ui/evaluate/export_panel.h"
#include "ui/evaluate/picture_grid.h"
#include "ui/theme/style.h"

using namespace ui;

class EvaluateTest : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;

  // A template as a file of its own, for few epochs.
  void open(Project& project, const char* name, int epochs) {
    const std::string source = std::string(NETWRIGHT_SOURCE_DIR) + "/resources/templates/" + name + ".netw";
    auto document = engine::document::load(source);
    QVERIFY(document);
    const QString path = folder_.filePath(QString(name) + ".netw");
    project.replace(*document, path);
    project.edit("Epochs", [&](engine::document::Transaction& t) { return t.set("recipe.phases[0].epochs", std::to_string(epochs)); });
    QVERIFY(engine::document::save(project.document(), path.toStdString()));
    project.savedAs(path);
  }
  void train(Training& training) {
    training.start();
    QTRY_VERIFY_WITH_TIMEOUT(training.state() == Training::State::finished, 120000);
  }

 private slots:
  void initTestCase() {
    Q_INIT_RESOURCE(ui_resources);
    setUpLook();
  }

  void saysWhatIsMissing() {
    Project project;
    Training training(project);
    EvaluatePlace place(project, training);
    place.show();
    QVERIFY(place.findChild<QLabel*>("evaluate.empty")->text().contains("Nothing is trained"));
    QVERIFY(!place.findChild<QPushButton*>("export.button")->isEnabled());
  }

  void judgesWhatWasTrained() {
    Project project;
    Training training(project);
    EvaluatePlace place(project, training);
    place.resize(1200, 780);
    place.show();
    open(project, "spirals", 30);
    train(training);
    QTRY_VERIFY_WITH_TIMEOUT(place.evaluation().state() == ui::Evaluation::State::there, 30000);
    const auto& j = place.evaluation().judgement();
    QCOMPARE(*j.evaluation.accuracy, *training.status().test->accuracy);
    QVERIFY(place.findChild<QLabel*>("evaluate.accuracy")->text().contains(QString::number(100 * *j.evaluation.accuracy, 'f', 2)));

    auto* confusion = place.findChild<ConfusionView*>();
    auto* pictures = place.findChild<PictureGrid*>();
    QTest::mouseClick(confusion, Qt::LeftButton, {}, confusion->cell(0, 0).center().toPoint());
    QCOMPARE(pictures->count(), j.count(0, 0));
    confusion->setFocus();
    QTest::keyClick(confusion, Qt::Key_Right);
    QCOMPARE(confusion->selected(), QPoint(1, 0));
    QCOMPARE(pictures->count(), j.count(0, 1));
    place.findChild<QTabBar*>("evaluate.tabs")->setCurrentIndex(1);
    QCOMPARE(pictures->count(), int64_t(j.mistakes().size()));
  }

  void exportsAndProvesIt_data() {
    QTest::addColumn<int>("format");
    QTest::addColumn<QString>("file");
    QTest::newRow("onnx") << int(engine::formats::ExportFormat::onnx) << "out.onnx";
    QTest::newRow("safetensors") << int(engine::formats::ExportFormat::safetensors) << "out.safetensors";
  }
  void exportsAndProvesIt() {
    QFETCH(int, format);
    QFETCH(QString, file);
    Project project;
    Training training(project);
    open(project, "xor", 2);
    train(training);
    ExportPanel panel(project, training);
    panel.show();
    panel.setFormat(engine::formats::ExportFormat(format));
    panel.setPath(folder_.filePath(file));
    QSignalSpy exported(&panel, &ExportPanel::exported);
    QTest::mouseClick(panel.findChild<QPushButton*>("export.button"), Qt::LeftButton);
    QVERIFY(panel.isWorking());
    QTRY_COMPARE_WITH_TIMEOUT(exported.count(), 1, 30000);
    QVERIFY(panel.result().contains("verified"));
    QVERIFY(QFile::exists(folder_.filePath(file)));
  }

  void aFolderThatIsNotThereIsToldAndNothingIsLost() {
    Project project;
    Training training(project);
    open(project, "xor", 2);
    ExportPanel panel(project, training);
    panel.show();
    panel.setPath(folder_.filePath("no/such/folder/out.onnx"));
    QSignalSpy failed(&panel, &ExportPanel::failed);
    panel.exportNow();
    QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, 30000);
    QVERIFY(panel.result().contains("Not exported"));
    QVERIFY(!panel.isWorking());
  }
};

QTEST_MAIN(EvaluateTest)
#include "evaluate_test.moc"
