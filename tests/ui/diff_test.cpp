// Two versions on one canvas, in the real window: what is new, changed and gone, against the saved file, the run's and another one.
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

#include "engine/document/diff.h"
#include "engine/document/json.h"
#include "layers.h"
#include "tests/ui/own_settings.h"
#include "ui/canvas/canvas.h"
#include "ui/canvas/diff_marks.h"
#include "ui/canvas/picture_file.h"
#include "ui/canvas/scene.h"
#include "ui/canvas/view.h"
#include "ui/shell/main_window.h"
#include "ui/widgets/ask_path.h"

using engine::NodeId;
using engine::document::Document;
using engine::document::Transaction;
using ui::DiffKind;
using ui::MainWindow;

namespace {

constexpr const char* kProject = R"({
  "netwright": 1, "name": "versions",
  "nodes": [
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [8]}, "position": [0, 0]},
    {"id": "02", "type": "Linear", "name": "hidden", "fields": {"out_features": 6}, "position": [240, 0]},
    {"id": "03", "type": "ReLU", "name": "relu", "position": [480, 0]},
    {"id": "04", "type": "Twice", "name": "body", "position": [720, 0]},
    {"id": "05", "type": "Dropout", "name": "dropout", "position": [960, 0]}
  ],
  "wires": [{"from": "01", "output": 0, "to": "02", "input": 0}, {"from": "02", "output": 0, "to": "03", "input": 0},
            {"from": "03", "output": 0, "to": "04", "input": 0}, {"from": "04", "output": 0, "to": "05", "input": 0}],
  "blocks": [
    {"name": "Twice",
     "nodes": [
       {"id": "31", "type": "BlockInput", "name": "x", "position": [0, 0]},
       {"id": "32", "type": "Linear", "name": "one", "fields": {"out_features": 6}, "position": [240, 0]},
       {"id": "34", "type": "BlockOutput", "name": "y", "position": [480, 0]}],
     "wires": [{"from": "31", "output": 0, "to": "32", "input": 0}, {"from": "32", "output": 0, "to": "34", "input": 0}]}
  ]
})";

struct Window {
  MainWindow main;
  ui::Project& project = main.project();
  ui::Actions& actions = main.actions();
  ui::Scene& scene = main.canvas().scene();

  void open(const QString& path) {
    main.show();
    QVERIFY(QTest::qWaitForWindowExposed(&main));
    main.files().open(path);
    QTRY_COMPARE(project.path(), path);
    QTRY_VERIFY(!project.document().nodes().empty());
    QCoreApplication::processEvents();
  }
  template <class Widget = QWidget>
  Widget* find(const char* name) {
    return main.findChild<Widget*>(name);
  }
  const ui::DiffInView& marks() { return scene.diff()->inView; }
  bool edit(const std::function<engine::Done(Transaction&)>& stage) { return project.edit("Edit", stage); }
  QStringList rows() {
    QStringList all;
    auto* list = find<QTreeWidget>("diff.list");
    for (int i = 0; i < list->topLevelItemCount(); ++i) {
      const auto* item = list->topLevelItem(i);
      all << item->text(0) + " " + item->text(1) + ": " + item->text(2);
    }
    return all;
  }
};

}  // namespace

class DiffTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    useOwnSettings(folder_);
    write(path_ = folder_.filePath("versions.netw"), kProject);
  }
  void init() { QSettings().clear(); }

  void whatWasEditedSinceSavingIsMarked() {
    Window w;
    w.open(path_);
    QVERIFY(!w.scene.diff());
    QVERIFY(!w.actions["diff.next"]->isEnabled());
    QVERIFY(!w.actions["diff.end"]->isEnabled());
    w.actions.trigger("diff.saved");
    QTRY_VERIFY(w.scene.diff());
    QVERIFY(w.find<QDockWidget>("dock.diff")->isVisible());
    QTRY_COMPARE(w.find<QLabel>("diff.summary")->text(), QString("nothing is different"));
    QCOMPARE(w.project.undo().count(), 0);

    QVERIFY(w.edit([](Transaction& t) { return t.setField(2, "out_features", int64_t(12)); }));
    QTRY_COMPARE(w.marks().nodes.size(), 1);
    QVERIFY(w.marks().nodes[2].kind == DiffKind::changed);
    QCOMPARE(w.marks().nodes[2].words, QStringList{"out features 12, was 6"});
    // What one of them leaves to its default has that.
    QVERIFY(w.edit([](Transaction& t) { return t.setField(5, "p", 0.2); }));
    QTRY_COMPARE(w.marks().nodes.value(5).words, QStringList{"p 0.2, was 0.5"});
    QVERIFY(w.edit([](Transaction& t) { return t.setField(2, "bias", false); }));
    QTRY_COMPARE(w.marks().nodes.value(2).words, (QStringList{"out features 12, was 6", "bias off, was on"}));
    w.project.undo().undo();
    const NodeId added = ui::addLayer(w.project, "GELU");
    QTRY_VERIFY(w.marks().nodes.contains(added));
    QVERIFY(w.marks().nodes[added].kind == DiffKind::added);
    QVERIFY(w.edit([](Transaction& t) { return t.removeNode(3); }));
    QTRY_VERIFY(w.marks().nodes.contains(3));
    QVERIFY(w.marks().nodes[3].kind == DiffKind::removed);
    QCOMPARE(w.marks().removed.size(), size_t(2));
    QVERIFY(w.scene.diff()->gone.contains(3));
    QTRY_COMPARE(w.find<QLabel>("diff.summary")->text(), QString("1 new, 1 gone, 3 changed"));
    QCOMPARE(w.rows(), (QStringList{"~ hidden: out features 12, was 6", "~ body: no longer from relu", "~ dropout: p 0.2, was 0.5", "+ gelu: GELU", "– relu: ReLU"}));
    // Undo is followed too.
    w.project.undo().undo();
    QTRY_VERIFY(!w.marks().nodes.contains(3));
    w.actions.trigger("diff.end");
    QVERIFY(!w.scene.diff());
    QCOMPARE(w.project.undo().index(), 3);
  }

  // A pale picture of it, in the place that it had to its neighbours, over nobody.
  void whatIsGoneStandsWhereItWas() {
    Window w;
    w.open(path_);
    w.actions.trigger("diff.saved");
    QTRY_VERIFY(w.scene.diff());
    QVERIFY(w.edit([](Transaction& t) -> engine::Done {
      for (const NodeId id : {1, 2, 4, 5})
        if (auto done = t.move(id, engine::document::Position{t.view().node(id)->position->x, 500}); !done) return done;
      return t.removeNode(3);
    }));
    QTRY_VERIFY(w.scene.diff()->gone.contains(3));
    const auto ghost = w.scene.diff()->gone.value(3);
    QCOMPARE(ghost.at, QPointF(480, 500));
    QCOMPARE(ghost.look.name, QString("relu"));
    QVERIFY(w.scene.contentRect().contains(ghost.rect()));
    for (const auto* node : w.scene.nodes()) QVERIFY(!node->nodeRect().intersects(ghost.rect()));
    // Where another node stands by now, it makes room.
    NodeId instead = 0;
    QVERIFY(w.edit([&](Transaction& t) -> engine::Done {
      engine::document::Node node;
      node.type = "GELU", node.position = engine::document::Position{480, 500};
      const auto made = t.addNode(node);
      if (made) instead = *made;
      return made ? engine::Done() : tl::unexpected(made.error());
    }));
    QTRY_VERIFY(w.marks().nodes.contains(instead));
    QVERIFY(!w.scene.node(instead)->nodeRect().intersects(w.scene.diff()->gone.value(3).rect()));
  }

  void oneClickTakesBack() {
    Window w;
    w.open(path_);
    const std::string before = engine::document::print(w.project.document());
    w.actions.trigger("diff.saved");
    QTRY_VERIFY(w.scene.diff());
    QVERIFY(w.edit([](Transaction& t) { return t.setField(2, "out_features", int64_t(12)); }));
    QVERIFY(w.edit([](Transaction& t) { return t.removeNode(3); }));
    const NodeId added = ui::addLayer(w.project, "GELU");
    QTRY_COMPARE(w.rows().size(), 4);
    const auto takeBack = [&](const QString& name) {
      auto* list = w.find<QTreeWidget>("diff.list");
      for (int i = 0; i < list->topLevelItemCount(); ++i)
        if (list->topLevelItem(i)->text(1) == name) return QTest::mouseClick(list->itemWidget(list->topLevelItem(i), 3), Qt::LeftButton);
      QFAIL(qPrintable("no row " + name));
    };
    const int steps = w.project.undo().count();
    takeBack("relu");
    QTRY_COMPARE(w.rows().size(), 2);
    QCOMPARE(w.project.undo().count(), steps + 1);
    QVERIFY(w.project.document().node(3));
    QVERIFY(w.project.document().wireInto(4, 0));
    // And by the action, of what is selected.
    w.project.selection().set({2, added});
    w.actions.refresh();
    QVERIFY(w.actions["diff.take_back"]->isEnabled());
    w.actions.trigger("diff.take_back");
    QTRY_COMPARE(w.rows().size(), 0);
    QCOMPARE(w.project.undo().count(), steps + 2);
    QVERIFY(engine::document::diff(*engine::document::parse(before), w.project.document()).empty());
    w.project.undo().undo();
    QTRY_COMPARE(w.rows().size(), 2);
  }

  void keysGoFromChangeToChange() {
    Window w;
    w.open(path_);
    w.actions.trigger("diff.saved");
    QTRY_VERIFY(w.scene.diff());
    QVERIFY(w.edit([](Transaction& t) { return t.setField(2, "out_features", int64_t(12)); }));
    QVERIFY(w.edit([](Transaction& t) { return t.setField(5, "p", 0.2); }));
    QTRY_COMPARE(w.rows().size(), 2);
    w.actions.refresh();
    w.main.canvas().setFocus();
    const auto key = [&](Qt::KeyboardModifiers with) { QTest::keyClick(QApplication::focusWidget(), Qt::Key_F7, with); };
    key({});
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{2});
    key({});
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{5});
    key({});
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{2});
    key(Qt::ShiftModifier);
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{5});
    QCOMPARE(w.project.undo().count(), 2);
  }

  void whatIsInABlockIsFoundThere() {
    Window w;
    w.open(path_);
    w.actions.trigger("diff.saved");
    QTRY_VERIFY(w.scene.diff());
    w.project.go({4});
    QVERIFY(w.edit([](Transaction& t) { return t.setField(0x32, "out_features", int64_t(9)); }));
    QTRY_COMPARE(w.marks().nodes.value(0x32).words, QStringList{"out features 9, was 6"});
    w.project.leave();
    // The use is marked, for it is another block now; its row leads into it.
    QTRY_COMPARE(w.marks().nodes.value(4).words, QStringList{"what is in Twice"});
    QTRY_COMPARE(w.rows(), (QStringList{"~ body: what is in Twice", "~ one in Twice: out features 9, was 6"}));
    auto* list = w.find<QTreeWidget>("diff.list");
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, list->visualItemRect(list->topLevelItem(1)).center());
    QCOMPARE(w.project.way(), std::vector<NodeId>{4});
    QCOMPARE(w.project.selection().nodes(), std::vector<NodeId>{0x32});
    QTest::mouseClick(list->itemWidget(list->topLevelItem(1), 3), Qt::LeftButton);
    QTRY_COMPARE(w.rows(), QStringList());
    QCOMPARE(w.project.undo().count(), 2);
  }

  void anotherFileIsMatchedByNames() {
    Window w;
    w.open(path_);
    QString other = kProject;
    for (const char* id : {"01", "02", "03", "04", "05"}) other.replace(QString("\"%1\"").arg(id), QString("\"a%1\"").arg(id));
    other.replace("\"out_features\": 6}, \"position\": [240, 0]},\n    {", "\"out_features\": 7}, \"position\": [240, 0]},\n    {");
    const QString path = folder_.filePath("other.netw");
    write(path, other.toUtf8());
    ui::answerPaths([&](const ui::PathQuestion& question) {
      [&] { QVERIFY(question.kind == ui::PathQuestion::Kind::open); }();
      return path;
    });
    w.actions.trigger("diff.file");
    ui::answerPaths({});
    QTRY_COMPARE(w.rows(), QStringList{"~ hidden: out features 6, was 7"});
    QCOMPARE(w.find<QLabel>("diff.against")->toolTip(), QString("Compared with other.netw"));
  }

  void aFileThatCannotBeReadIsToldAndNothingElseHappens() {
    Window w;
    w.open(path_);
    const QString path = folder_.filePath("broken.netw");
    write(path, "{\"netwright\": 1, \"nodes\": [");
    ui::answerPaths([&](const ui::PathQuestion&) { return path; });
    QSignalSpy refused(&w.project, &ui::Project::refused);
    w.actions.trigger("diff.file");
    ui::answerPaths({});
    QTRY_COMPARE(refused.count(), 1);
    QVERIFY(!w.scene.diff());
  }

  void aRunHasAVersionOfItsOwn() {
    Window w;
    w.main.show();
    w.main.files().openTemplate("xor");
    QTRY_VERIFY(!w.project.document().nodes().empty());
    w.actions.refresh();
    QVERIFY(!w.actions["diff.run"]->isEnabled());
    QVERIFY(!w.actions["diff.saved"]->isEnabled());  // it has no file
    w.actions.trigger("train.step");
    QTRY_VERIFY(w.main.training().snapshot());
    const auto linear = std::find_if(w.project.document().nodes().begin(), w.project.document().nodes().end(), [](const auto& n) { return n->type == "Linear"; });
    const NodeId id = (*linear)->id;
    QVERIFY(w.edit([&](Transaction& t) { return t.setField(id, "out_features", int64_t(23)); }));
    w.actions.refresh();
    w.actions.trigger("diff.run");
    QTRY_VERIFY(w.scene.diff() && w.marks().nodes.contains(id));
    QCOMPARE(w.find<QLabel>("diff.against")->text(), QString("Compared with the last run"));
    w.actions.trigger("train.stop");
    QTRY_VERIFY(!w.main.training().isActive());
  }

  void savingMakesAnotherSavedVersion() {
    const QString path = folder_.filePath("saved.netw");
    write(path, kProject);
    Window w;
    w.open(path);
    w.actions.trigger("diff.saved");
    QTRY_VERIFY(w.scene.diff());
    QVERIFY(w.edit([](Transaction& t) { return t.setField(2, "out_features", int64_t(12)); }));
    QTRY_COMPARE(w.rows().size(), 1);
    w.main.files().save();
    QTRY_COMPARE(w.rows().size(), 0);
    w.project.undo().undo();
    QTRY_COMPARE(w.rows(), QStringList{"~ hidden: out features 6, was 12"});
    w.main.files().openTemplate("xor");  // another project: nothing to compare it with
    QTRY_VERIFY(!w.scene.diff());
  }

  void picturesHaveTheMarks() {
    Window w;
    w.open(path_);
    w.actions.trigger("diff.saved");
    QTRY_VERIFY(w.scene.diff());
    QVERIFY(w.edit([](Transaction& t) { return t.setField(2, "out_features", int64_t(12)); }));
    QVERIFY(w.edit([](Transaction& t) { return t.removeNode(3); }));
    QTRY_COMPARE(w.rows().size(), 3);
    const QString path = folder_.filePath("diff.svg");
    QSignalSpy written(w.main.canvas().exportPicture(path), &ui::PictureFile::written);
    QTRY_COMPARE(written.count(), 1);
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray svg = file.readAll();
    QVERIFY(svg.contains("out features 12, was 6"));
    QVERIFY(svg.contains("relu"));
  }

 private:
  static void write(const QString& path, const QByteArray& text) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
  }
  QTemporaryDir folder_;
  QString path_;
};

QTEST_MAIN(DiffTest)
#include "diff_test.moc"
