// The project behind a window: every edit one undo step, gestures that merge, what follows from an edit.
#include <QSignalSpy>
#include <QTest>
#include <algorithm>
#include <random>

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

  // What is known after an edit comes from what was known before it, and must be what a fresh look finds.
  void whatFollowsIsFoundAgainAfterEveryEdit() {
    for (unsigned seed = 0; seed < 6; ++seed) {
      std::mt19937 random(seed);
      const auto below = [&](size_t n) { return size_t(random() % n); };
      Project project;
      const auto any = [&] { return project.document().nodes()[below(project.document().nodes().size())]->id; };
      ui::addLayer(project, "Input", {{"shape", std::vector<int64_t>{3, 16, 16}}});
      int touched = 0, all = 0;
      for (int i = 0; i < 250; ++i) {
        const engine::document::Document before = project.document();
        const ui::Insight known = ui::insightOf(before);
        const char* types[] = {"Conv2d", "Linear", "ReLU", "Add", "Flatten", "Dropout", "CrossEntropyLoss", "Target", "Nonsense"};
        switch (before.nodes().empty() ? 0 : below(8)) {
          case 0:
          case 1: ui::addLayer(project, types[below(std::size(types))]); break;
          case 2:
          case 3:
          case 4: project.edit("Wire", [&](Transaction& t) { return t.connect(any(), 0, any(), int(below(2))); }); break;
          case 5: project.edit("Field", [&](Transaction& t) { return t.setField(any(), random() % 2 ? "out_channels" : "out_features", int64_t(below(9))); }); break;
          case 6: if (project.document().nodes().size() > 3) project.edit("Remove", [&](Transaction& t) { return t.removeNode(any()); }); break;
          default: random() % 2 ? project.undo().undo() : project.undo().redo();
        }
        const ui::Insight fresh = ui::insightOf(project.document());
        QVERIFY2(project.problems() == fresh.problems, qPrintable(QString("seed %1, edit %2").arg(seed).arg(i)));
        QCOMPARE(project.inference().order, fresh.inference.order);
        const auto nodes = project.document().nodes();
        const auto same = [](const engine::NodeInference& a, const engine::NodeInference& b) {
          return a.flops == b.flops && std::equal(a.outputs.begin(), a.outputs.end(), b.outputs.begin(), b.outputs.end(), [](const auto& x, const auto& y) { return x.type == y.type && x.shape == y.shape; }) &&
                 std::equal(a.stored.begin(), a.stored.end(), b.stored.begin(), b.stored.end(), [](const auto& x, const auto& y) { return x.name == y.name && x.shape == y.shape; });
        };
        if (project.document().revision() == before.revision()) continue;
        for (size_t n = 0; n < nodes.size(); ++n) {
          QVERIFY(same(project.inference().nodes[n], fresh.inference.nodes[n]));
          QCOMPARE(project.network().nodes[n].inputs, fresh.expanded.network.nodes[n].inputs);
          QVERIFY(project.network().nodes[n].op == fresh.expanded.network.nodes[n].op);
          QCOMPARE(project.problemAt(n) != nullptr, fresh.worstProblem[n] >= 0);
          // Whoever became different is told of.
          const auto was = before.indexOf(nodes[n]->id);
          const bool told = std::count(project.touched().begin(), project.touched().end(), n) == 1;
          touched += told, ++all;
          const bool differs = !was || !(*before.nodes()[*was] == *nodes[n]) || !same(known.inference.nodes[*was], fresh.inference.nodes[n]) ||
                               (known.worstProblem[*was] >= 0) != (fresh.worstProblem[n] >= 0);
          QVERIFY(told || !differs);
        }
      }
      QVERIFY2(touched * 2 < all, qPrintable(QString("%1 of %2").arg(touched).arg(all)));  // it is no second full look
    }
  }

  // Of a large network from which much follows, what follows is found on another thread. Until then shapes are the former
  // ones and everything agrees with the document as it is; edits that come meanwhile are not lost.
  void whatFollowsFromMuchComesLaterAndAgreesWithTheLastEdit() {
    constexpr NodeId kCount = 3 * Project::kMostAtOnce;
    const engine::document::Document large = ui::chain(kCount);
    Project project;
    project.replace(large, {});
    const auto heightOf = [&](NodeId id) { return project.inference().nodes[*project.document().indexOf(id)].outputs.at(0).shape[2]; };
    const auto setSize = [&](int64_t size) {
      return project.edit("Size", [&](Transaction& t) { return t.setField(1, "shape", std::vector<int64_t>{4, size, size}); });
    };
    const auto agrees = [&] {
      const ui::Insight fresh = ui::insightOf(project.document());
      if (project.problems() != fresh.problems || project.inference().order != fresh.inference.order) return false;
      for (size_t n = 0; n < fresh.inference.nodes.size(); ++n) {
        const auto &now = project.inference().nodes[n].outputs, &right = fresh.inference.nodes[n].outputs;
        const auto same = [](const auto& a, const auto& b) { return a.type == b.type && a.shape == b.shape; };
        if (!std::equal(now.begin(), now.end(), right.begin(), right.end(), same)) return false;
        if ((project.problemAt(n) != nullptr) != (fresh.worstProblem[n] >= 0)) return false;
      }
      return true;
    };
    QSignalSpy caught(&project, &Project::caughtUp);

    // What few nodes follow from is there at once, also here.
    QVERIFY(project.edit("Channels", [&](Transaction& t) { return t.setField(kCount - 3, "out_channels", int64_t(6)); }));
    QVERIFY(!project.isBehind());
    QVERIFY(agrees());

    QVERIFY(setSize(20));
    QVERIFY(project.isBehind());
    QCOMPARE(heightOf(kCount), int64_t(16));
    QVERIFY(QTest::qWaitFor([&] { return !project.isBehind(); }));
    QCOMPARE(heightOf(kCount), int64_t(20));
    QVERIFY(agrees());
    QVERIFY(project.touched().size() > kCount / 2);
    QCOMPARE(project.undo().count(), 2);
    QCOMPARE(caught.count(), 1);

    // Edits in a row while it is behind: nodes go and come, wires go, fields change, a step is undone.
    QVERIFY(setSize(24));
    QVERIFY(project.edit("Delete", [](Transaction& t) { return t.removeNode(600); }));
    QVERIFY(project.isBehind());
    QCOMPARE(project.inference().nodes.size(), project.document().nodes().size());
    QCOMPARE(heightOf(kCount), int64_t(20));
    const NodeId added = ui::addLayer(project, "Conv2d");
    QVERIFY(project.problems().size() > 0 || project.isBehind());
    QVERIFY(project.edit("Move", [&](Transaction& t) { return t.move(added, engine::document::Position{5, 5}); }));
    QVERIFY(project.edit("Wire", [&](Transaction& t) { return t.connect(599, 0, added, 0); }));
    project.undo().undo();
    QVERIFY(setSize(28));
    QVERIFY(QTest::qWaitFor([&] { return !project.isBehind(); }));
    QVERIFY(agrees());
    QVERIFY(project.problemOf(601));
    QVERIFY(project.problemOf(added));
    QCOMPARE(heightOf(599), int64_t(28));
    while (project.undo().canUndo()) project.undo().undo();
    QVERIFY(QTest::qWaitFor([&] { return !project.isBehind(); }));
    QVERIFY(agrees());
    QCOMPARE(heightOf(kCount), int64_t(16));

    // Another document in its place: what was asked for before is nobody's.
    QVERIFY(setSize(20));
    project.replace(large, {});
    QVERIFY(!project.isBehind());
    caught.clear();
    QVERIFY(setSize(32));
    QVERIFY(QTest::qWaitFor([&] { return !project.isBehind(); }));
    QCOMPARE(caught.count(), 1);
    QVERIFY(agrees());
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
