// Find and replace in the real window: what is found, what is made of it, one undo step, and refusals that change nothing.
#include <QComboBox>
#include <QDockWidget>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

#include "engine/document/diff.h"
#include "engine/document/json.h"
#include "tests/ui/own_settings.h"
#include "ui/canvas/canvas.h"
#include "ui/replace/replace_panel.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/field_editor.h"
#include "ui/widgets/switch.h"

using engine::NodeId;
using engine::document::Document;
using ui::MainWindow;

namespace {

constexpr const char* kProject = R"({
  "netwright": 1, "name": "layers",
  "nodes": [
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [8]}, "position": [0, 0]},
    {"id": "02", "type": "Linear", "name": "a", "fields": {"out_features": 6}, "position": [240, 0]},
    {"id": "03", "type": "ReLU", "name": "r1", "position": [480, 0]},
    {"id": "04", "type": "Linear", "name": "b", "fields": {"out_features": 12}, "position": [720, 0]},
    {"id": "05", "type": "ReLU", "name": "r2", "position": [960, 0]},
    {"id": "06", "type": "Twice", "name": "body", "position": [1200, 0]}
  ],
  "wires": [{"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "02", "output": 0, "to": "03", "input": 0},
            {"from": "03", "output": 0, "to": "04", "input": 0}, {"from": "04", "output": 0, "to": "05", "input": 0},
            {"from": "05", "output": 0, "to": "06", "input": 0}],
  "blocks": [
    {"name": "Twice",
     "nodes": [
       {"id": "31", "type": "BlockInput", "name": "x", "position": [0, 0]},
       {"id": "32", "type": "Linear", "name": "one", "fields": {"out_features": 20}, "position": [240, 0]},
       {"id": "34", "type": "BlockOutput", "name": "y", "position": [480, 0]}],
     "wires": [{"from": "31", "output": 0, "to": "32", "input": 0}, {"from": "32", "output": 0, "to": "34", "input": 0}]}
  ]
})";

struct Window {
  MainWindow main;
  ui::Project& project = main.project();
  ui::ReplacePanel* panel = main.findChild<ui::ReplacePanel*>("replace");

  Window() {
    main.show();
    project.replace(*engine::document::parse(kProject), {});
    QCoreApplication::processEvents();
    main.canvas().setFocus();
    main.actions().refresh();
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_H, Qt::ControlModifier);
  }
  template <class Widget = QWidget>
  Widget* find(const char* name) {
    return panel->findChild<Widget*>(name);
  }
  void choose(const char* box, const QString& text) {
    auto* combo = find<QComboBox>(box);
    const int at = combo->findText(text);
    QVERIFY2(at >= 0, qPrintable(text));
    combo->setCurrentIndex(at);
  }
  void type(const char* editor, const QString& text) {
    auto* field = find<ui::FieldEditor>(editor)->findChild<QLineEdit*>();
    if (!field) field = qobject_cast<QLineEdit*>(find<ui::FieldEditor>(editor)->focusProxy());
    QVERIFY(field);
    field->setFocus();
    field->selectAll();
    QTest::keyClicks(field, text);
    QTest::keyClick(field, Qt::Key_Return);
  }
  QStringList found() {
    QStringList names;
    auto* list = find<QTreeWidget>("replace.list");
    for (int i = 0; i < list->topLevelItemCount(); ++i) names << list->topLevelItem(i)->text(0);
    return names;
  }
  QString changes(const Document& before) { return QString::fromStdString(toString(diff(before, project.document()))).trimmed(); }
};

}  // namespace

class ReplaceTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    useOwnSettings(folder_);
  }
  void init() { QSettings().clear(); }

  void layersAreFoundInBlocksToo() {
    Window w;
    QVERIFY(w.main.findChild<QDockWidget*>("dock.replace")->isVisible());
    QVERIFY(w.panel->isAncestorOf(QApplication::focusWidget()));
    QCOMPARE(w.found(), QStringList());
    w.choose("replace.find.type", "Linear");
    QCOMPARE(w.found(), (QStringList{"a", "b", "one in Twice"}));
    QCOMPARE(w.find<QLabel>("replace.count")->text(), QString("3 layers"));
    w.choose("replace.find.field", "Out features");
    w.choose("replace.find.verb", "is above");
    w.type("replace.find.value", "10");
    QCOMPARE(w.found(), (QStringList{"b", "one in Twice"}));
    // A click goes there, into the block too.
    auto* list = w.find<QTreeWidget>("replace.list");
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualItemRect(list->topLevelItem(1)).center());
    QCOMPARE(w.project.way(), std::vector<NodeId>{6});
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{0x32});
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualItemRect(list->topLevelItem(0)).center());
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{4});
    QCOMPARE(w.project.undo().count(), 0);
  }

  void allAreReplacedInOneStep() {
    Window w;
    const Document before = w.project.document();
    w.choose("replace.find.type", "ReLU");
    QVERIFY(!w.find<QPushButton>("replace.all")->isEnabled());
    w.choose("replace.with.type", "LeakyReLU");
    w.choose("replace.with.field", "Negative slope");
    w.type("replace.with.value", "0.2");
    QTest::mouseClick(w.find<QPushButton>("replace.all"), Qt::LeftButton);
    QCOMPARE(w.changes(before), QString("~ r1.type: \"ReLU\" -> \"LeakyReLU\"\n+ r1.fields.negative_slope: 0.2\n"
                                        "~ r2.type: \"ReLU\" -> \"LeakyReLU\"\n+ r2.fields.negative_slope: 0.2"));
    QCOMPARE(w.project.undo().count(), 1);
    QCOMPARE(w.project.undo().undoText(), QString("Replace 2 layers"));
    w.project.undo().undo();
    QVERIFY(w.project.document() == before);
  }

  void numbersAreMultiplied() {
    Window w;
    const Document before = w.project.document();
    w.choose("replace.find.type", "Linear");
    w.choose("replace.with.field", "Out features");
    w.choose("replace.with.verb", "times");
    w.type("replace.with.value", "2");
    QTest::mouseClick(w.find<QPushButton>("replace.all"), Qt::LeftButton);
    QCOMPARE(w.changes(before), QString("~ a.fields.out_features: 6 -> 12\n~ b.fields.out_features: 12 -> 24\n~ block Twice: one.fields.out_features: 20 -> 40"));
    QCOMPARE(w.project.undo().count(), 1);
  }

  void onlyWhatIsSelected() {
    Window w;
    w.project.selection().set({2, 3});
    w.choose("replace.find.type", "Linear");
    w.find<ui::Switch>("replace.selected")->setChecked(true);
    QCOMPARE(w.found(), QStringList{"a"});
    w.project.selection().set({4});
    QCOMPARE(w.found(), QStringList{"b"});
    w.find<ui::Switch>("replace.selected")->setChecked(false);
    QTest::mouseClick(w.find<QPushButton>("replace.select"), Qt::LeftButton);
    QCOMPARE(w.project.selection().nodes(), (std::vector<NodeId>{2, 4}));
    // What is selected is what is looked for.
    w.project.selection().set({3, 5});
    w.main.actions().trigger("edit.replace");
    QCOMPARE(w.find<QComboBox>("replace.find.type")->currentText(), QString("ReLU"));
    QVERIFY(w.find<ui::Switch>("replace.selected")->isChecked());
    QCOMPARE(w.found(), (QStringList{"r1", "r2"}));
  }

  void aValueThatDoesNotFitIsNotTaken() {
    Window w;
    const Document before = w.project.document();
    w.choose("replace.find.type", "Linear");
    w.choose("replace.with.field", "Out features");
    w.type("replace.with.value", "-3");
    QVERIFY(!w.find<QPushButton>("replace.all")->isEnabled());
    QVERIFY(!w.find<QPushButton>("replace.all")->toolTip().isEmpty());
    QVERIFY(w.project.document() == before);
    QCOMPARE(w.project.undo().count(), 0);
  }

  void theListFollowsEdits() {
    Window w;
    w.choose("replace.find.type", "ReLU");
    QCOMPARE(w.found(), (QStringList{"r1", "r2"}));
    QVERIFY(w.project.edit("Rename", [](auto& t) { return t.rename(3, "first"); }));
    QCOMPARE(w.found(), (QStringList{"first", "r2"}));
    QVERIFY(w.project.edit("Delete", [](auto& t) { return t.removeNode(5); }));
    QCOMPARE(w.found(), QStringList{"first"});
    w.project.undo().undo();
    w.project.undo().undo();
    QCOMPARE(w.found(), (QStringList{"r1", "r2"}));
    // The last of its type goes: the choice falls back.
    QVERIFY(w.project.edit("Delete", [](auto& t) { return t.removeNodes(std::vector<NodeId>{3, 5}); }));
    QCOMPARE(w.find<QComboBox>("replace.find.type")->currentText(), QString("any type"));
    QCOMPARE(w.found(), QStringList());
  }

 private:
  QTemporaryDir folder_;
};

QTEST_MAIN(ReplaceTest)
#include "replace_test.moc"
