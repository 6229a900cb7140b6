// What can run but is probably not meant is found, with the fix that mends it; what is meant is left alone.
#include <QtTest>

#include "engine/passes/lint.h"

using namespace engine;

namespace {

class Net {
 public:
  int add(const char* type, const FieldMap& fields = {}, std::vector<int> inputs = {-1}) {
    Node node{Op::with(type, fields), {}, NodeId(graph.nodes.size() + 1), type};
    for (int i : inputs) node.inputs.push_back({i < 0 ? int(graph.nodes.size()) - 1 : i, 0});
    graph.nodes.push_back(std::move(node));
    return int(graph.nodes.size()) - 1;
  }
  int input(std::vector<int64_t> shape) { return add("Input", {{"shape", std::move(shape)}}, {}); }
  int target() { return add("Target", {{"kind", std::string("class")}}, {}); }
  int loss(int prediction) {
    const int t = target();
    return add("CrossEntropyLoss", {}, {prediction, t});
  }
  Problems lints(std::vector<DataFact> facts = {}) const {
    const Inference inference = infer(graph);
    if (!inference.ok()) return inference.problems;
    return lint(graph, inference, facts);
  }

  Graph graph;
};

// "node: needs ..., but got ...; ..." of each.
QStringList said(const Problems& problems) {
  QStringList list;
  for (const Problem& p : problems) {
    if (p.severity != Severity::lint) list << "a problem";
    list << QString::number(p.node) + ": " + QString::fromStdString(toString(p));
  }
  return list;
}

}  // namespace

class LintTest : public QObject {
  Q_OBJECT
 private slots:
  void aSoundNetworkHasNone() {
    Net net;
    const int x = net.input({4});
    net.add("Linear", {{"out_features", int64_t(8)}});
    net.add("ReLU");
    net.add("Dropout", {{"p", 0.5}});
    const int scores = net.add("Linear", {{"out_features", int64_t(3)}});
    net.loss(scores);
    const int t = int(net.graph.nodes.size()) - 2;
    QCOMPARE(said(net.lints({{x, -1, 1, 0}, {t, 0, 2, 3}})), QStringList());
  }

  void softmaxBeforeCrossEntropy() {
    for (const char* type : {"Softmax", "LogSoftmax"}) {
      Net net;
      net.input({4});
      const int y = net.add(type);
      net.loss(y);
      const Problems found = net.lints();
      QCOMPARE(found.size(), 1u);
      QCOMPARE(found[0].node, NodeId(4));
      QVERIFY(found[0].place == Place::input(0));
      QVERIFY(found[0].edits == std::vector<FixEdit>{RemoveNode{2}});
    }
  }

  void noLoss() {
    Net net;
    net.input({4});
    net.add("Linear");
    QCOMPARE(said(net.lints()), QStringList({"0: needs a loss to be trained, but got none; add a loss node that compares the output with a Target, or give --loss"}));
    QCOMPARE(said(Net().lints()), QStringList());
  }

  void whatNobodyUses() {
    Net net;
    const int x = net.input({4});
    const int scores = net.add("Linear", {{"out_features", int64_t(3)}});
    net.add("ReLU", {}, {x});  // 3: leads nowhere
    net.loss(scores);          // 4, 5
    net.input({2});            // 6
    const QStringList found = said(net.lints());
    QCOMPARE(found.size(), 2);
    QVERIFY(found[0].startsWith("3: needs a node that uses its output"));
    QVERIFY(found[1].startsWith("6: needs a layer that reads it"));
  }

  void activationTwice() {
    Net net;
    net.input({4});
    net.add("ReLU");
    net.add("ReLU");
    net.add("Tanh");
    net.loss(3);
    const Problems found = net.lints();
    QCOMPARE(found.size(), 1u);
    QVERIFY(found[0].edits == std::vector<FixEdit>{RemoveNode{3}});
  }

  void dropoutOfNothing() {
    Net net;
    net.input({4});
    const int y = net.add("Dropout", {{"p", 0.0}});
    net.loss(y);
    const Problems found = net.lints();
    QCOMPARE(found.size(), 1u);
    QVERIFY(found[0].place == Place::field("p"));
    QVERIFY(found[0].edits == (std::vector<FixEdit>{SetField{2, "p", 0.2}}));
  }

  void moreScoresThanClasses() {
    Net net;
    net.input({4});
    const int scores = net.add("Linear", {{"out_features", int64_t(100)}});
    const int loss = net.loss(scores);
    const Problems found = net.lints({{loss - 1, 0, 9, 10}});
    QCOMPARE(found.size(), 1u);
    QVERIFY(found[0].edits == (std::vector<FixEdit>{SetField{2, "out_features", int64_t(10)}}));
    QVERIFY(net.lints({{loss - 1, 0, 9, 100}}).empty());
  }

  void rawPixels() {
    Net net;
    const int x = net.input({4});
    const int scores = net.add("Linear", {{"out_features", int64_t(3)}});
    net.loss(scores);
    QCOMPARE(net.lints({{x, 0, 255, 0}}).size(), 1u);
    QVERIFY(net.lints({{x, -0.8, 2.0, 0}}).empty());

    Net norm;
    const int raw = norm.input({4});
    norm.add("LayerNorm", {{"normalized_shape", std::vector<int64_t>{4}}});
    norm.loss(1);
    QCOMPARE(said(norm.lints({{raw, 0, 255, 0}})), QStringList());
  }
};

QTEST_APPLESS_MAIN(LintTest)
#include "lint_test.moc"
