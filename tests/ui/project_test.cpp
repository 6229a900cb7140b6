// The project behind a window: every edit one undo step, gestures that merge, what follows from an edit.
#include <QSignalSpy>
#include <QTest>

#include "tests/ui/layers.h"
#include "engine/document/json.h"
#include "ui/model/project.h"

using engine::NodeId;
using engine::document::Node;
using engine::document::Transaction;
using ui::Project;

class ProjectTest : public QObject {
  Q_OBJECT

 private slots:
  void anEditIsOneStepBothWays() {
    Project project;
    const std::string empty = print(project.document());
    const NodeId input = ui::addLayer(project, "Input", {{"shape", std::vector<int64_t>{8}}}), linear = ui::addLayer(project, "Linear");
    QVERIFY(project.edit("Connect", [&](Transaction& t) { return t.connect(input, 0, linear, 0); }));
    QCOMPARE(project.undo().count(), 3);
    const std::string full = print(project.document());
    while (project.undo().canUndo()) project.undo().undo();
    QCOMPARE(print(project.document()), empty);
    while (project.undo().canRedo()) project.undo().redo();
    QCOMPARE(print(project.document()), full);
  }

  void aRefusedEditChangesNothingAndSaysWhy() {
    Project project;
    const NodeId a = ui::addLayer(project, "ReLU"), b = ui::addLayer(project, "ReLU");
    QVERIFY(project.edit("Connect", [&](Transaction& t) { return t.connect(a, 0, b, 0); }));
    const std::string before = print(project.document());
    QSignalSpy refused(&project, &Project::refused);
    QVERIFY(!project.edit("Connect", [&](Transaction& t) { return t.connect(b, 0, a, 0); }));
    QCOMPARE(refused.count(), 1);
    QCOMPARE(print(project.document()), before);
    QCOMPARE(project.undo().count(), 3);
  }

  void editsOfOneGestureAreOneStep() {
    Project project;
    const NodeId a = ui::addLayer(project, "Linear");
    const std::string before = print(project.document());
    const quint64 gesture = Project::newGesture();
    for (int64_t n : {1, 12, 128})
      QVERIFY(project.edit("Out features", [&](Transaction& t) { return t.setField(a, "out_features", n); }, gesture));
    QCOMPARE(project.undo().count(), 2);
    project.undo().undo();
    QCOMPARE(print(project.document()), before);
    project.undo().redo();
    const auto* field = engine::document::find(project.document().node(a)->fields, "out_features");
    QVERIFY(field && *field == engine::FieldValue(int64_t(128)));
  }

  void aGestureThatEndsWhereItBeganIsNoStep() {
    Project project;
    const NodeId a = ui::addLayer(project, "Linear", {{"out_features", int64_t(10)}});
    const quint64 gesture = Project::newGesture();
    for (int64_t n : {11, 10}) project.edit("Out features", [&](Transaction& t) { return t.setField(a, "out_features", n); }, gesture);
    QCOMPARE(project.undo().count(), 1);
  }

  void shapesAndProblemsFollowAtOnce() {
    Project project;
    const NodeId input = ui::addLayer(project, "Input", {{"shape", std::vector<int64_t>{8}}}), conv = ui::addLayer(project, "Conv2d");
    QSignalSpy stated(&project, &Project::stated);
    project.edit("Connect", [&](Transaction& t) { return t.connect(input, 0, conv, 0); });
    QCOMPARE(stated.count(), 1);
    QVERIFY(project.hasProblems());
    QVERIFY(project.problemOf(conv));
    QVERIFY(!project.problemOf(input));
    project.undo().undo();
    QCOMPARE(stated.count(), 2);
  }

  void undoBringsTheSelectionBack() {
    Project project;
    const NodeId a = ui::addLayer(project, "Linear"), b = ui::addLayer(project, "ReLU");
    project.selection().set({a, b});
    project.edit("Delete", [&](Transaction& t) { return t.removeNode(b); });
    QCOMPARE(project.selection().nodes(), std::vector<NodeId>{a});
    project.undo().undo();
    QCOMPARE(project.selection().nodes(), (std::vector<NodeId>{a, b}));
  }

  void savedIsClean() {
    Project project;
    QVERIFY(!project.isModified());
    ui::addLayer(project, "Linear");
    QVERIFY(project.isModified());
    project.savedAs("/tmp/x.netw");
    QVERIFY(!project.isModified());
    QCOMPARE(project.title(), QString("x"));
    project.undo().undo();
    QVERIFY(project.isModified());
  }
};

QTEST_MAIN(ProjectTest)
#include "project_test.moc"
