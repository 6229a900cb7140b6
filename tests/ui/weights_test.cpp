// Weights of a file in the real window: compared by name, kept up with edits, and begun with in one undo step.
#include <QAbstractItemModel>
#include <QDir>
#include <QDockWidget>
#include <QDropEvent>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

#include "engine/document/json.h"
#include "engine/formats/match_weights.h"
#include "ui/run/trained.h"
#include "ui/run/weights_table.h"
#include "ui/shell/main_window.h"
#include "ui/theme/style.h"
#include "ui/widgets/ask_path.h"
#include "ui/widgets/elided_label.h"

using engine::NodeId;
using engine::Shape;
using engine::document::Document;
using engine::document::Transaction;
using engine::formats::NamedTensor;
using ui::MainWindow;
using ui::WeightsTable;

namespace {

constexpr const char* kBlocks = R"({
  "netwright": 1, "name": "blocks",
  "nodes": [
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [8]}, "position": [0, 0]},
    {"id": "02", "type": "Twice", "name": "body", "position": [240, 0]}
  ],
  "wires": [{"from": "01", "output": 0, "to": "02", "input": 0}],
  "blocks": [
    {"name": "Twice",
     "nodes": [
       {"id": "31", "type": "BlockInput", "name": "x", "position": [0, 0]},
       {"id": "32", "type": "Linear", "name": "one", "fields": {"out_features": 6}, "position": [240, 0]},
       {"id": "33", "type": "Linear", "name": "two", "fields": {"out_features": 5}, "position": [480, 0]},
       {"id": "34", "type": "BlockOutput", "name": "y", "position": [720, 0]}],
     "wires": [
       {"from": "31", "output": 0, "to": "32", "input": 0}, {"from": "32", "output": 0, "to": "33", "input": 0},
       {"from": "33", "output": 0, "to": "34", "input": 0}]}
  ]
})";

// A file with a number of its own for every value of the network, changed by `change`.
void writeFor(const Document& document, const QString& path, const std::function<void(std::vector<NamedTensor>&)>& change = {}) {
  const auto network = engine::formats::valuesOf(document);
  QVERIFY(network && !network->values.empty());
  std::vector<NamedTensor> tensors;
  for (const auto& value : network->values) tensors.push_back({value.name, value.type, value.shape, nullptr});
  if (change) change(tensors);
  std::deque<std::vector<float>> numbers;
  float next = 0.001f;
  for (NamedTensor& tensor : tensors) {
    numbers.emplace_back(size_t(tensor.shape.elements()));
    for (float& number : numbers.back()) number = next += 0.001f;
    tensor.data = numbers.back().data();
  }
  const auto done = engine::formats::writeSafetensors(path.toStdString(), tensors);
  QVERIFY2(done, done ? "" : withPlace(done.error()).c_str());
}

}  // namespace

class WeightsTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QString at(const char* name) const { return folder_.filePath(name); }

  static void show(MainWindow& window, const char* templateName = "spirals") {
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QApplication::setActiveWindow(&window);
    if (templateName) window.files().openTemplate(templateName);
    QApplication::processEvents();
  }
  static void drop(MainWindow& window, const QString& path) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QVERIFY(QCoreApplication::sendEvent(&window, &enter) && enter.isAccepted());
    QDropEvent event(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &event);
  }
  static void choose(MainWindow& window, const QString& path) {
    ui::answerPaths([path](const ui::PathQuestion&) { return path; });
    window.actions().trigger("file.import_weights");
  }
  static QAbstractItemModel* rows(MainWindow& window) { return window.findChild<QTreeView*>("weights.list")->model(); }
  static QString cell(MainWindow& window, int row, int column) { return rows(window)->index(row, column).data().toString(); }
  static QString head(MainWindow& window) { return window.findChild<QLabel*>("weights.whole")->text(); }
  static QString how(MainWindow& window) { return window.findChild<ui::ElidedLabel*>("weights.how")->words(); }
  static QPushButton* button(MainWindow& window) { return window.findChild<QPushButton*>("weights.begin"); }
  static QString weights(MainWindow& window) { return QString::fromStdString(window.project().document().recipe().weights); }
  static void begin(MainWindow& window) {
    QVERIFY2(button(window)->isVisible() && button(window)->isEnabled(), qPrintable(button(window)->toolTip()));
    QTest::mouseClick(button(window), Qt::LeftButton);
    QTRY_VERIFY(window.weights().hasBegun());
  }
  // What a run would begin with.
  static float firstOf(MainWindow& window, const char* name) {
    auto session = ui::openTrained(ui::trainedOf(window.project(), window.training()), false);
    if (!session) qWarning("%s", withPlace(session.error()).c_str());
    const auto* entry = session ? (*session)->store().find(name) : nullptr;
    return entry ? *static_cast<const float*>(entry->tensor.data) : -1;
  }
  static void rename(MainWindow& window, const char* from, const char* to) {
    QVERIFY(window.project().edit("Rename", [&](Transaction& t) { return t.rename(t.view().nodeNamed(from)->id, to); }));
  }

 private slots:
  void initTestCase() {
    QCoreApplication::setOrganizationName("netwright-test");
    QCoreApplication::setApplicationName("weights_test" + QString::number(QCoreApplication::applicationPid()));
    QStandardPaths::setTestModeEnabled(true);
    ui::setUpLook();
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

  void aDroppedFileIsComparedAndBegunWithInOneStep() {
    MainWindow window;
    show(window);
    writeFor(window.project().document(), at("all.safetensors"));
    QVERIFY(!window.findChild<QDockWidget*>("dock.weights")->isVisible());
    drop(window, at("all.safetensors"));
    const int all = int(engine::formats::valuesOf(window.project().document())->values.size());
    QTRY_COMPARE(head(window), QString("all.safetensors: all %1 fit").arg(all));
    QVERIFY(window.findChild<QDockWidget*>("dock.weights")->isVisible());
    QCOMPARE(rows(window)->rowCount(), all);
    QCOMPARE(cell(window, 0, WeightsTable::state), QString("fits"));
    QCOMPARE(window.project().undo().count(), 0);
    QVERIFY(weights(window).isEmpty());
    begin(window);
    QCOMPARE(window.project().undo().count(), 1);
    QVERIFY(QFileInfo(weights(window)).isAbsolute() && QFileInfo::exists(weights(window)));
    QVERIFY(window.messages().textOf("weights").contains("begins with the weights of all.safetensors"));
    QVERIFY(!button(window)->isEnabled());
    const std::string first = engine::formats::valuesOf(window.project().document())->values.front().name;
    QFile::remove(at("all.safetensors"));  // the project has its own
    QCOMPARE(firstOf(window, first.c_str()), 0.002f);
    window.project().undo().undo();
    QVERIFY(weights(window).isEmpty() && !window.weights().hasBegun());
    window.project().undo().redo();
    QVERIFY(window.weights().hasBegun());
    // Saved, they lie beside it, under a name that moves along.
    window.files().saveTo(at("saved.netw"));
    QTRY_VERIFY(!window.project().isModified());
    QCOMPARE(weights(window), QString("saved.start.safetensors"));
    QVERIFY(QFileInfo::exists(at("saved.start.safetensors")) && window.weights().hasBegun());
    QCOMPARE(QString::fromStdString(engine::document::load(at("saved.netw").toStdString())->recipe().weights), QString("saved.start.safetensors"));
    QCOMPARE(firstOf(window, first.c_str()), 0.002f);
    // And go along where it is saved elsewhere.
    QVERIFY(QDir(folder_.path()).mkdir("other"));
    window.files().saveTo(at("other/again.netw"));
    QTRY_COMPARE(window.project().path(), at("other/again.netw"));
    QCOMPARE(weights(window), QString("again.start.safetensors"));
    QCOMPARE(firstOf(window, first.c_str()), 0.002f);
    QVERIFY(QFileInfo::exists(at("saved.start.safetensors")));
  }

  // What asks for a hand stands first; a node that gets the file's name fits from then on.
  void whatDoesNotFitStandsFirstUntilItDoes() {
    MainWindow window;
    show(window);
    const auto values = engine::formats::valuesOf(window.project().document())->values;
    QVERIFY(values.size() >= 4);
    const QString last = QString::fromStdString(values.back().name), node = last.left(last.lastIndexOf('.'));
    writeFor(window.project().document(), at("module.safetensors"), [&](std::vector<NamedTensor>& tensors) {
      tensors[0].shape = Shape{3, 7};
      for (NamedTensor& t : tensors) {
        if (t.name.starts_with(node.toStdString() + ".")) t.name = "head" + t.name.substr(node.size());
        t.name = "module." + t.name;
      }
    });
    choose(window, at("module.safetensors"));
    QTRY_VERIFY(window.weights().state() == ui::WeightsImport::State::there);
    const int all = int(values.size()), of = window.weights().count(ui::WeightsImport::Match::Kind::unused);
    QVERIFY(of >= 1);
    QCOMPARE(head(window), QString("module.safetensors: %1 of %2 fit").arg(all - of - 1).arg(all));
    QCOMPARE(how(window), QString("1 of another shape, %1 not in the file, %1 of the file not used, \"module.\" before each name of the file does not count").arg(of));
    QCOMPARE(cell(window, 0, WeightsTable::state), QString("another shape"));
    QCOMPARE(cell(window, 0, WeightsTable::name), QString::fromStdString(values[0].name));
    QCOMPARE(cell(window, 0, WeightsTable::inFile), "module." + QString::fromStdString(values[0].name));
    QCOMPARE(cell(window, 0, WeightsTable::shapeInFile), QString("3 × 7"));
    QCOMPARE(cell(window, 1, WeightsTable::state), QString("not in the file"));
    QVERIFY(cell(window, 1, WeightsTable::inFile).isEmpty());
    QCOMPARE(cell(window, 1 + of, WeightsTable::state), QString("not used"));
    QVERIFY(cell(window, 1 + of, WeightsTable::inFile).startsWith("module.head."));
    rename(window, qPrintable(node), "head");
    QTRY_COMPARE(head(window), QString("module.safetensors: %1 of %2 fit").arg(all - 1).arg(all));
    QCOMPARE(rows(window)->rowCount(), all);
    begin(window);
    QCOMPARE(window.project().undo().count(), 2);
    QVERIFY(window.messages().textOf("weights").contains(QString("%1 of %2 weights").arg(all - 1).arg(all)));
    QCOMPARE(firstOf(window, ("head" + values.back().name.substr(node.size())).c_str()) > 0.001f, true);
    // A click shows the node.
    auto* list = window.findChild<QTreeView*>("weights.list");
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualRect(rows(window)->index(0, 0)).center());
    QCOMPARE(window.project().selection().nodes(), std::vector<NodeId>{values[0].node});
  }

  void namesWithinBlocksArePaths() {
    MainWindow window;
    show(window);
    window.project().replace(*engine::document::parse(kBlocks, "blocks"), {});
    writeFor(window.project().document(), at("blocks.safetensors"));
    window.project().open(2);
    drop(window, at("blocks.safetensors"));
    QTRY_COMPARE(head(window), QString("blocks.safetensors: all 4 fit"));
    QSet<QString> names;
    for (int r = 0; r < 4; ++r) names << cell(window, r, WeightsTable::name);
    QVERIFY(names.contains("body.one.weight") && names.contains("body.two.bias"));
    begin(window);
    QCOMPARE(window.project().undo().count(), 1);
    QVERIFY(window.project().isWithin());
    QVERIFY(firstOf(window, "body.two.bias") > 0.001f);
  }

  void aFileOfWhichNothingFitsSaysWhatWasLookedFor() {
    MainWindow window;
    show(window);
    writeFor(window.project().document(), at("foreign.safetensors"), [](std::vector<NamedTensor>& tensors) {
      for (size_t i = 0; i < tensors.size(); ++i) tensors[i].name = "encoder" + std::to_string(i) + ".w";
    });
    drop(window, at("foreign.safetensors"));
    QTRY_VERIFY(!window.messages().textOf("weights").isEmpty());
    const QString said = window.messages().textOf("weights"), first = QString::fromStdString(engine::formats::valuesOf(window.project().document())->values.front().name);
    QVERIFY2(said.contains("None of the weights in foreign.safetensors fits") && said.contains(first) && said.contains("encoder0.w"), qPrintable(said));
    QVERIFY(!button(window)->isEnabled());
    QVERIFY(button(window)->toolTip().contains("None of the file's weights fits"));
    QCOMPARE(window.project().undo().count(), 0);
    window.files().newProject();
    QVERIFY(window.messages().textOf("weights").isEmpty());
    drop(window, at("foreign.safetensors"));
    QTRY_VERIFY(window.messages().textOf("weights").contains("no weights that foreign.safetensors could be for"));
  }

  void brokenFilesAreTold_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("no header") << QByteArray("\x08\0\0\0\0\0\0\0nonsense", 16);
    QTest::newRow("a header of exabytes") << QByteArray("\xff\xff\xff\xff\xff\xff\xff\x7f{", 9);
    QTest::newRow("values that are not there") << QByteArray("\x3b\0\0\0\0\0\0\0", 8) + R"({"x":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}    )" + "1234";
    QTest::newRow("not there") << QByteArray("-");
  }
  void brokenFilesAreTold() {
    QFETCH(QByteArray, content);
    const QString path = at("broken.safetensors");
    QFile::remove(path);
    if (content != "-") {
      QFile file(path);
      QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
    }
    MainWindow window;
    show(window);
    const std::string before = print(window.project().document());
    choose(window, path);
    QTRY_VERIFY(window.messages().textOf("weights").startsWith("No weights were imported: "));
    QVERIFY2(window.messages().textOf("weights").contains("broken.safetensors"), qPrintable(window.messages().textOf("weights")));
    QVERIFY(!button(window)->isVisible());
    QCOMPARE(print(window.project().document()), before);
  }

  // What another step of the undo stack begins with stays.
  void aSavedProjectHasThemBesideItOneFileAStep() {
    MainWindow window;
    show(window);
    window.files().saveTo(at("p.netw"));
    QTRY_COMPARE(window.project().path(), at("p.netw"));
    writeFor(window.project().document(), at("one.safetensors"));
    writeFor(window.project().document(), at("two.safetensors"), [](std::vector<NamedTensor>& tensors) { tensors.erase(tensors.begin()); });
    const std::string last = engine::formats::valuesOf(window.project().document())->values.back().name;
    drop(window, at("one.safetensors"));
    QTRY_VERIFY(button(window)->isVisible());
    begin(window);
    QCOMPARE(weights(window), QString("p.start.safetensors"));
    const float one = firstOf(window, last.c_str());
    drop(window, at("two.safetensors"));
    QTRY_VERIFY(window.weights().fileName() == "two.safetensors" && button(window)->isEnabled());
    begin(window);
    QCOMPARE(weights(window), QString("p.start-2.safetensors"));
    QVERIFY(firstOf(window, last.c_str()) != one);
    QCOMPARE(window.project().undo().count(), 2);
    window.project().undo().undo();
    QCOMPARE(firstOf(window, last.c_str()), one);
  }

  void aNetworkWithProblemsIsWaitedFor() {
    MainWindow window;
    show(window);
    writeFor(window.project().document(), at("later.safetensors"));
    const auto* input = [&] {
      for (const auto& node : window.project().document().nodes())
        if (node->type == "Input") return node.get();
      return static_cast<const engine::document::Node*>(nullptr);
    }();
    QVERIFY(input);
    QVERIFY(window.project().edit("Break", [&](Transaction& t) { return t.removeNode(input->id); }));
    drop(window, at("later.safetensors"));
    QTRY_VERIFY(button(window)->isVisible());
    QVERIFY(!button(window)->isEnabled());
    QVERIFY2(button(window)->toolTip().contains("problems"), qPrintable(button(window)->toolTip()));
    window.project().undo().undo();
    QTRY_VERIFY(button(window)->isEnabled());
  }

  void onTheWelcomePageAProjectIsAskedFor() {
    MainWindow window;
    show(window, nullptr);
    window.showWelcome(true);
    writeFor(*engine::document::parse(kBlocks, "blocks"), at("early.safetensors"));
    drop(window, at("early.safetensors"));
    QTRY_VERIFY(window.messages().textOf("weights").contains("open the project that they are for"));
    QVERIFY(window.isWelcome());
  }
};

QTEST_MAIN(WeightsTest)
#include "weights_test.moc"
