// What stands around a run: the recipe as fields, the log, and the strips over the canvas.
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>

#include "engine/document/json.h"
#include "ui/widgets/field_row.h"
#include "ui/widgets/switch.h"
#include "ui/model/difference_words.h"
#include "ui/run/difference_popup.h"
#include "ui/run/log_panel.h"
#include "ui/run/recipe_panel.h"
#include "ui/run/run_strips.h"
#include "ui/run/run_words.h"
#include "ui/theme/style.h"

using engine::document::Transaction;
using ui::Project;
using ui::Training;

namespace {

engine::document::Document templateOf(const char* name) {
  auto document = engine::document::load(std::string(NETWRIGHT_SOURCE_DIR "/resources/templates/") + name + ".netw");
  if (!document) qFatal("%s", withPlace(document.error()).c_str());
  return *document;
}

struct Desk {
  QTemporaryDir folder;
  Project project;
  Training training{project};
  Desk() { project.replace(templateOf("xor"), folder.filePath("net.netw")); }
  ~Desk() {
    training.stop();
    if (!QTest::qWaitFor([this] { return !training.isActive(); }, 60000)) qFatal("a run does not stop");
  }
  const engine::document::Phase& phase() const { return project.document().recipe().phases[0]; }
  void setEpochs(int64_t epochs) {
    project.edit("Epochs", [&](Transaction& t) {
      auto recipe = t.view().recipe();
      recipe.phases[0].epochs = epochs;
      return t.setRecipe(recipe);
    });
  }
};

struct Strips : Desk {  // what is said of a run above the canvas
  QWidget window;
  ui::Actions actions{&window};
  ui::MessageBar messages{&window};
  Strips() {
    messages.resize(900, 60);
    new ui::RunStrips(project, training, messages, actions, &window);
    window.show();
  }
};

struct Sheet : Desk {
  ui::RecipePanel panel{project, training, nullptr};
  Sheet() {
    panel.resize(300, 1200);
    panel.show();
    QApplication::setActiveWindow(&panel);
  }
  ui::FieldRow* row(const char* name) const {
    for (auto* r : panel.findChildren<ui::FieldRow*>(name))
      if (r->isVisible()) return r;
    return nullptr;
  }
  QLineEdit* line(const char* name) const { return row(name)->findChild<QLineEdit*>(); }
  void type(const char* name, const char* text) {
    auto* edit = line(name);
    edit->setFocus();
    edit->selectAll();
    QTest::keyClicks(edit, text);
  }
};

QPushButton* buttonNamed(QWidget& in, const QString& text) {
  for (auto* button : in.findChildren<QPushButton*>())
    if (button->text() == text && button->isVisibleTo(&in)) return button;
  return nullptr;
}

}  // namespace

class TrainingPanelsTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QStandardPaths::setTestModeEnabled(true);
    Q_INIT_RESOURCE(ui_resources);
    ui::setUpLook();
  }

  // ------------------------------------------------------------------- recipe ----

  void aNumberThatIsTypedIsOneUndoStep() {
    Sheet s;
    s.type("training.batch", "128");
    QCOMPARE(s.phase().batch, 128);
    QCOMPARE(s.project.undo().count(), 1);
    s.type("training.epochs", "7");
    QCOMPARE(s.phase().epochs, 7);
    QCOMPARE(s.project.undo().count(), 2);
    s.project.undo().undo();
    s.project.undo().undo();
    QCOMPARE(s.phase().batch, 32);
    QCOMPARE(s.line("training.batch")->text(), QString("32"));
  }

  void aWrongNumberChangesNothingAndSaysWhy() {
    Sheet s;
    s.type("training.batch", "0");
    QCOMPARE(s.phase().batch, 32);
    QCOMPARE(s.project.undo().count(), 0);
    const auto labels = s.row("training.batch")->findChildren<QLabel*>();
    QVERIFY(std::any_of(labels.begin(), labels.end(), [](QLabel* l) { return l->isVisible() && l->text().contains("at least 1"); }));
  }

  void anOptimizerBringsItsOwnFields() {
    Sheet s;
    QVERIFY(s.row("optimizer.betas"));
    QVERIFY(!s.row("optimizer.momentum"));
    auto* type = s.row("optimizer.type")->findChild<QComboBox*>();
    type->setFocus();
    while (type->currentText() != "sgd") {
      const int before = type->currentIndex();
      QTest::keyClick(type, Qt::Key_Up);
      QVERIFY(type->currentIndex() != before);
    }
    QCOMPARE(s.phase().optimizer.type, std::string("sgd"));
    QVERIFY(s.phase().optimizer.fields.empty());  // adam's rate meant something else
    QTRY_VERIFY(s.row("optimizer.momentum"));
    QVERIFY(!s.row("optimizer.betas"));
    const int steps = s.project.undo().count();

    // What PyTorch refuses is refused at its field.
    auto* nesterov = s.row("optimizer.nesterov")->findChild<ui::Switch*>();
    QTest::mouseClick(nesterov, Qt::LeftButton);
    QCOMPARE(s.project.undo().count(), steps);
    QVERIFY(!nesterov->isChecked());
    const auto labels = s.row("optimizer.nesterov")->findChildren<QLabel*>();
    QVERIFY(std::any_of(labels.begin(), labels.end(), [](QLabel* l) { return l->isVisible() && l->text().contains("momentum above 0"); }));
    s.type("optimizer.momentum", "0.9");
    QTest::mouseClick(nesterov, Qt::LeftButton);
    QCOMPARE(s.project.undo().count(), steps + 2);
    QVERIFY(engine::document::find(s.phase().optimizer.fields, "nesterov"));
    while (s.project.undo().canUndo()) s.project.undo().undo();
    QCOMPARE(print(s.project.document()), print(templateOf("xor")));
    QTRY_VERIFY(s.row("optimizer.betas"));
  }

  void aFieldGoesBackToItsDefault() {
    Sheet s;
    s.type("optimizer.lr", "0.5");
    QCOMPARE(engine::document::number(*engine::document::completedOptimizer(s.phase().optimizer), "lr"), 0.5);
    QTest::mouseClick(s.row("optimizer.lr")->findChild<QWidget*>("reset"), Qt::LeftButton);
    QVERIFY(s.phase().optimizer.fields.empty());
    QCOMPARE(s.line("optimizer.lr")->text(), QString("0.001"));
  }

  void clippingAndStepsAreNoneAtZero() {
    Sheet s;
    s.type("training.clip_norm", "1.5");
    QCOMPARE(s.phase().clipNorm, std::optional(1.5));
    s.type("training.clip_norm", "0");
    QVERIFY(!s.phase().clipNorm);
    s.type("training.steps", "20");
    QCOMPARE(s.phase().steps, std::optional<int64_t>(20));
    s.type("training.steps", "0");
    QVERIFY(!s.phase().steps);
  }

  void theDataAreCounted() {
    Sheet s;
    auto* data = s.panel.findChild<QLabel*>("recipe.data");
    QTRY_VERIFY(ui::DataSummary::of(s.project).trainRows() > 0);
    QVERIFY2(data->text().startsWith("1,800 rows to train, 200 to validate, 500 to test"), qPrintable(data->text()));
    QVERIFY(data->text().contains("label: 2 classes, read by labels"));
    auto* steps = s.panel.findChild<QLabel*>("recipe.steps");
    QCOMPARE(steps->text(), QString("57 steps an epoch, 1,140 in all"));
    s.type("data.validation", "0.5");
    QCOMPARE(s.project.document().data().split.validation, 0.5);
    QVERIFY(data->text().startsWith("1,000 rows to train, 1,000 to validate"));
    // The run agrees.
    s.setEpochs(1);
    s.training.start();
    QTRY_COMPARE(s.training.state(), Training::State::finished);
    QCOMPARE(steps->text(), QString("%1 steps an epoch, %1 in all").arg(s.training.status().steps));
  }

  void dataThatAreNotThereAreAReason() {
    Sheet s;
    s.project.edit("Set source", [](Transaction& t) {
      auto data = t.view().data();
      data.source = "no/such/pictures";
      return t.setData(data);
    });
    auto* data = s.panel.findChild<QLabel*>("recipe.data");
    QTRY_VERIFY(data->text().contains("no such name or file"));
    QVERIFY2(data->text().contains("no/such/pictures") && data->text().contains("put it back"), qPrintable(data->text()));
    QVERIFY(wordsOf(s.training, s.project).detail.contains("cannot be opened"));  // and not: ready
    QCOMPARE(s.row("data.source")->findChild<QComboBox*>()->currentText(), QString("no/such/pictures"));
  }

  // ---------------------------------------------------------------------- log ----

  void theLogTellsARun() {
    Desk d;
    d.setEpochs(2);
    ui::Log log;
    logTraining(d.training, log);
    ui::LogPanel panel(log);
    panel.resize(700, 200);
    panel.show();
    d.training.start();
    QTRY_COMPARE(d.training.state(), Training::State::finished);
    QTRY_VERIFY(log.entry(log.rowCount() - 1).tone == ui::Log::Tone::success);
    QVERIFY(log.entry(0).text.startsWith("Run 1 starts"));
    QCOMPARE(panel.shownLines(), 6);  // start, device, two epochs, test, end
    auto* filter = panel.findChild<QLineEdit*>("log.filter");
    QTest::keyClicks(filter, "EPOCH");
    QCOMPARE(panel.shownLines(), 2);
    QTest::mouseClick(panel.findChild<QWidget*>("log.copy"), Qt::LeftButton);
    const QString copied = QApplication::clipboard()->text();
    QCOMPARE(copied.count('\n'), 1);
    QVERIFY(copied.contains("Epoch 2: validation loss"));
    filter->clear();
    QTest::mouseClick(panel.findChild<QWidget*>("log.clear"), Qt::LeftButton);
    QCOMPARE(log.rowCount(), 0);
  }

  void theLogIsBounded() {
    ui::Log log;
    for (int i = 0; i < ui::Log::kMost + 100; ++i) log.add(QString::number(i));
    QCOMPARE(log.rowCount(), ui::Log::kMost);
    QCOMPARE(log.entry(0).text, QString("100"));
  }

  // ------------------------------------------------------------------- strips ----

  void anEditDuringARunShowsItsDifferenceAndRestarts() {
    Strips d;
    d.setEpochs(100000);
    ui::MessageBar& messages = d.messages;
    d.training.start();
    QTRY_VERIFY(d.training.status().step > 0);
    QVERIFY(messages.textOf("outdated").isEmpty());
    const auto hidden = d.project.document().nodeNamed("hidden")->id;
    d.project.edit("Out features", [&](Transaction& t) { return t.setField(hidden, "out_features", int64_t(16)); });
    QVERIFY(messages.textOf("outdated").contains("edited since this run began"));

    QTest::mouseClick(buttonNamed(messages, "See the difference"), Qt::LeftButton);
    auto* popup = messages.findChild<ui::DifferencePopup*>();
    QVERIFY(popup);
    auto* list = popup->findChild<QListWidget*>();
    QCOMPARE(list->count(), 1);
    QCOMPARE(list->item(0)->text(), QString("hidden, out features: 16, was 8"));
    d.project.selection().clear();
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(d.project.selection().current(), hidden);
    QTRY_VERIFY(!messages.textOf("outdated").isEmpty());

    d.project.undo().undo();
    QVERIFY(messages.textOf("outdated").isEmpty());
    d.project.undo().redo();
    QTest::mouseClick(buttonNamed(messages, "Restart"), Qt::LeftButton);
    QTRY_COMPARE(d.training.runFolder(), d.folder.filePath("net.runs/0002"));
    QVERIFY(messages.textOf("outdated").isEmpty());
  }

  void aRunThatFailsShowsItsNode() {
    Strips d;
    d.project.edit("Rate", [](Transaction& t) {
      auto recipe = t.view().recipe();
      recipe.phases[0].optimizer.fields = {{"lr", 1e38}};
      return t.setRecipe(recipe);
    });
    ui::MessageBar& messages = d.messages;
    d.training.start();
    QTRY_COMPARE(d.training.state(), Training::State::failed);
    const auto node = d.training.status().problem->node;
    QVERIFY(node);
    QCOMPARE(d.project.selection().current(), node);
    QVERIFY(messages.textOf("run.failed").contains("finite numbers"));
    d.project.selection().clear();
    QTest::mouseClick(buttonNamed(messages, "Show node"), Qt::LeftButton);
    QCOMPARE(d.project.selection().current(), node);
  }

  void aRunThatCannotBeginSaysWhatToDo() {
    Strips d;
    int saved = 0, recipe = 0;
    d.actions.bind("file.save_as", [&] { ++saved; });
    d.actions.bind("train.recipe", [&] { ++recipe; });
    // Nothing can be written beside the project.
    QFile inTheWay(d.folder.filePath("net.runs"));
    QVERIFY(inTheWay.open(QIODevice::WriteOnly));
    d.training.start();
    QTRY_COMPARE(d.training.state(), Training::State::failed);
    QString text = d.messages.textOf("run.failed");
    QVERIFY2(text.contains("did not begin; the project is as it was") && !text.contains("--"), qPrintable(text));
    QVERIFY(d.messages.textOf("run.note").isEmpty());
    QTest::mouseClick(buttonNamed(d.messages, "Save as..."), Qt::LeftButton);
    QCOMPARE(saved, 1);
    // Its data are not there.
    QVERIFY(inTheWay.remove());
    d.project.edit("Data", [](Transaction& t) { return t.set("data.source", "no/such/file.csv"); });
    d.training.start();
    QTRY_COMPARE(d.training.state(), Training::State::failed);
    text = d.messages.textOf("run.failed");
    QVERIFY2(text.contains("no/such/file.csv"), qPrintable(text));
    QTest::mouseClick(buttonNamed(d.messages, "Choose data"), Qt::LeftButton);
    QCOMPARE(recipe, 1);
  }

  void differencesAreWords() {
    using Kind = engine::document::Difference::Kind;
    QCOMPARE(ui::wordsOf({Kind::added, 1, "relu", "", "ReLU"}), QString("relu: new, ReLU"));
    QCOMPARE(ui::wordsOf({Kind::removed, 1, "input 0 of relu", "hidden", ""}), QString("input 0 of relu: no longer from hidden"));
    QCOMPARE(ui::wordsOf({Kind::changed, 0, "recipe.phases[0].batch", "32", "64"}), QString("recipe, batch: 64, was 32"));
  }
};

QTEST_MAIN(TrainingPanelsTest)
#include "training_panels_test.moc"
