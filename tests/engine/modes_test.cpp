// Nodes that are bypassed, muted or frozen, reroutes and frames: what they mean to shapes, training and export.
#include <QTemporaryDir>
#include <QTest>
#include <map>

#include "engine/document/diff.h"
#include "engine/document/expand.h"
#include "engine/document/json.h"
#include "engine/document/set.h"
#include "engine/document/transaction.h"
#include "engine/formats/export.h"
#include "engine/passes/infer.h"
#include "engine/passes/lint.h"
#include "engine/passes/unfold.h"
#include "engine/training/session.h"

namespace engine::document {
namespace {

// A residual network: x -> a -> act -> b, added to x; then a norm and a head.
constexpr const char* kNet = R"({
  "netwright": 1,
  "nodes": [
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [8]}},
    {"id": "02", "type": "Linear", "name": "a", "fields": {"out_features": 8}},
    {"id": "03", "type": "ReLU", "name": "act"},
    {"id": "04", "type": "Linear", "name": "b", "fields": {"out_features": 8}},
    {"id": "05", "type": "Add", "name": "add"},
    {"id": "06", "type": "BatchNorm1d", "name": "norm"},
    {"id": "07", "type": "Linear", "name": "head", "fields": {"out_features": 2}},
    {"id": "08", "type": "Target", "name": "y"},
    {"id": "09", "type": "CrossEntropyLoss", "name": "loss"}
  ],
  "wires": [
    {"from": "01", "to": "02"}, {"from": "02", "to": "03"}, {"from": "03", "to": "04"}, {"from": "04", "to": "05"},
    {"from": "01", "to": "05", "input": 1}, {"from": "05", "to": "06"}, {"from": "06", "to": "07"},
    {"from": "07", "to": "09"}, {"from": "08", "to": "09", "input": 1}
  ],
  "recipe": {"phases": [{"losses": [{"node": "09"}], "optimizer": {"type": "adamw", "weight_decay": 0.1}}]},
  "blocks": [{
    "name": "Body",
    "nodes": [{"id": "11", "type": "BlockInput", "name": "x"}, {"id": "12", "type": "Linear", "name": "inner", "fields": {"out_features": 8}},
              {"id": "13", "type": "BlockOutput", "name": "y"}, {"id": "14", "type": "BlockOutput", "name": "skip"}],
    "wires": [{"from": "11", "to": "12"}, {"from": "12", "to": "13"}, {"from": "11", "to": "14"}]
  }]
})";

Document documentOf(const std::string& text) {
  Result<Document> document = parse(text, "test.netw");
  if (!document) qFatal("%s", withPlace(document.error()).c_str());
  return *std::move(document);
}

Document edited(const Document& document, const std::function<void(Transaction&)>& stage) {
  Transaction transaction(document);
  stage(transaction);
  const Result<ChangeSet> changes = transaction.finish();
  if (!changes) qFatal("%s", toString(changes.error()).c_str());
  Document result = document;
  if (!result.apply(*changes)) qFatal("does not apply");
  Document back = result;
  if (!back.apply(changes->inverse()) || !(back == document)) qFatal("is not undone");
  const Result<Document> again = parse(print(result), "test.netw");
  if (!again || !(*again == result)) qFatal("is not the same from its file");
  return result;
}

std::string problemsOf(const Document& document) {
  const Expanded expanded = expand(document);
  std::string text;
  for (const Problem& problem : infer(expanded.network).problems) text += whereIs(expanded.network, problem.node).name + ": " + toString(problem) + "\n";
  if (text.empty())
    if (const Result<Unfolded> unfolded = unfold(expanded.network); !unfolded) text = toString(unfolded.error());
  return text;
}

std::unique_ptr<training::Session> sessionOf(const Document& document) {
  training::SessionOptions options;
  options.threads = 1;
  options.withoutData = true;
  Result<std::unique_ptr<training::Session>> session = training::Session::open(document, options);
  if (!session) qFatal("%s", toString(session.error()).c_str());
  return *std::move(session);
}

// Losses of some steps on made data, and what is stored before the first and after the last.
struct Steps {
  std::vector<float> losses;
  std::map<std::string, std::vector<float>> before, after;
};
std::map<std::string, std::vector<float>> valuesOf(const Store& store) {
  std::map<std::string, std::vector<float>> values;
  for (const Store::Entry& entry : store.entries())
    if (!entry.ofOptimizer && entry.tensor.type == Type::f32) {
      const float* first = static_cast<const float*>(entry.tensor.data);
      values[entry.name].assign(first, first + entry.tensor.elements());
    }
  return values;
}
Steps stepsOf(const Document& document) {
  const auto session = sessionOf(document);
  constexpr int64_t kBatchSize = 6;
  Result<Plan*> plan = session->trainPlan(0, kBatchSize);
  if (!plan) qFatal("%s", toString(plan.error()).c_str());
  std::vector<std::vector<float>> values;
  std::vector<int64_t> classes(kBatchSize);
  for (size_t i = 0; i < classes.size(); ++i) classes[i] = int64_t(i % 2);
  for (size_t i = 0; i < (*plan)->inputs().size(); ++i) {
    const ValueInfo& info = (*plan)->inputs()[i].info;
    if (info.type == Type::i64) {
      (*plan)->setInput(int(i), classes.data());
      continue;
    }
    auto& x = values.emplace_back(size_t(info.shape.elements()));
    for (size_t k = 0; k < x.size(); ++k) x[k] = float(int(k * 7 % 11) - 5) / 5;
    (*plan)->setInput(int(i), x.data());
  }
  Steps steps;
  steps.before = valuesOf(session->store());
  for (int64_t s = 1; s <= 5; ++s) {
    StepState step;
    step.step = step.update = s;
    step.learningRate[0] = 0.1;
    (*plan)->step(session->cpu(), step);
    steps.losses.push_back(float((*plan)->numbers().loss));
  }
  steps.after = valuesOf(session->store());
  return steps;
}

}  // namespace

class ModesTest : public QObject {
  Q_OBJECT

 private slots:
  void aBypassedNodeIsAsIfItWereNotThere() {
    const Document document = documentOf(kNet);
    const Document bypassed = edited(document, [](Transaction& t) { (void)t.setMode(0x03, Mode::bypassed), (void)t.setMode(0x06, Mode::bypassed); });
    const Document without = edited(document, [](Transaction& t) {
      (void)t.removeNode(0x03), (void)t.removeNode(0x06);
      (void)t.connect(0x02, 0, 0x04, 0), (void)t.connect(0x05, 0, 0x07, 0);
    });
    QCOMPARE(stepsOf(bypassed).losses, stepsOf(without).losses);
    QVERIFY(stepsOf(bypassed).losses != stepsOf(document).losses);
    QVERIFY(!stepsOf(bypassed).after.contains("norm.weight"));
  }

  void aBypassPassesTheFirstInputThatIsWired() {
    const Document sum = edited(documentOf(kNet), [](Transaction& t) { (void)t.setMode(0x05, Mode::bypassed); });  // b, not x
    const Document straight = edited(documentOf(kNet), [](Transaction& t) { (void)t.connect(0x04, 0, 0x06, 0), (void)t.removeNode(0x05); });
    QCOMPARE(stepsOf(sum).losses, stepsOf(straight).losses);
    const Document second = edited(sum, [](Transaction& t) { (void)t.disconnect(0x05, 0); });
    QCOMPARE(problemsOf(second), std::string());
    const Document none = edited(second, [](Transaction& t) { (void)t.disconnect(0x05, 1); });
    QCOMPARE(problemsOf(none), std::string("add: needs an input to pass on, since it is bypassed, but got nothing wired to it; wire an output to it, or end the bypass\n"));
    const Document source = edited(documentOf(kNet), [](Transaction& t) { (void)t.setMode(0x01, Mode::bypassed); });
    QVERIFY(problemsOf(source).starts_with("x: needs an input to pass on, since it is bypassed, but got a node that has none"));
  }

  // In a sum, zeros are nothing: with its branch muted the residual network is the rest of it.
  void aMutedNodeGivesZeros() {
    const Document document = documentOf(kNet);
    const Document muted = edited(document, [](Transaction& t) { (void)t.setMode(0x04, Mode::muted); });
    const Document without = edited(document, [](Transaction& t) {
      (void)t.removeNode(0x02), (void)t.removeNode(0x03), (void)t.removeNode(0x04), (void)t.removeNode(0x05);
      (void)t.connect(0x01, 0, 0x06, 0);
    });
    const Steps a = stepsOf(muted), b = stepsOf(without);
    QCOMPARE(a.losses, b.losses);
    QCOMPARE(a.after.at("head.weight"), b.after.at("head.weight"));
    QVERIFY(!a.after.contains("b.weight"));
    // Shapes are what they were, so that what reads it stays right.
    const Expanded expanded = expand(muted);
    const Inference inference = infer(expanded.network);
    QVERIFY(inference.ok());
    QVERIFY(inference.nodes[3].outputs[0].shape == (Shape{kBatch, 8}));
    QVERIFY(inference.nodes[3].stored.empty() && inference.nodes[3].flops == 0);
    // And nobody is told that what it read is of no use.
    const Result<Unfolded> unfolded = unfold(expanded.network);
    QVERIFY(lint(unfolded->network, infer(unfolded->network)).empty());
  }

  void modesOfBlocks() {
    const Document document = edited(documentOf(kNet), [](Transaction& t) { (void)t.setType(0x04, "Body", {}); });
    const Document plain = documentOf(kNet);
    const Document bypassed = edited(document, [](Transaction& t) { (void)t.setMode(0x04, Mode::bypassed); });
    const Document without = edited(plain, [](Transaction& t) { (void)t.removeNode(0x04), (void)t.connect(0x03, 0, 0x05, 0); });
    QCOMPARE(stepsOf(bypassed).losses, stepsOf(without).losses);
    const Document muted = edited(document, [](Transaction& t) { (void)t.setMode(0x04, Mode::muted); });
    QCOMPARE(stepsOf(muted).losses, stepsOf(edited(plain, [](Transaction& t) { (void)t.setMode(0x04, Mode::muted); })).losses);
    // Also where the value only goes through it.
    const Document skip = edited(muted, [](Transaction& t) { (void)t.connect(0x04, 1, 0x05, 0); });
    QCOMPARE(stepsOf(skip).losses, stepsOf(muted).losses);
    // Within a block, and of what is repeated.
    const Document within = edited(document, [](Transaction& t) {
      (void)t.set("blocks[Body].nodes[inner].mode", "muted");
      (void)t.setField(0x04, "repeat", int64_t(2));
    });
    QVERIFY(problemsOf(within).empty());
    const Document frozen = edited(document, [](Transaction& t) { (void)t.setFrozen(0x04, true), (void)t.setField(0x04, "repeat", int64_t(2)); });
    const Steps steps = stepsOf(frozen);
    QCOMPARE(steps.before.at("b.1.inner.weight"), steps.after.at("b.1.inner.weight"));
    QVERIFY(steps.before.at("a.weight") != steps.after.at("a.weight"));
  }

  // Parameters stay to the last bit, whatever the decay; running statistics follow, as PyTorch has it.
  void whatIsFrozenIsNotLearned() {
    const Document frozen = edited(documentOf(kNet), [](Transaction& t) { (void)t.setFrozen(0x02, true), (void)t.setFrozen(0x06, true); });
    const Steps steps = stepsOf(frozen);
    for (const char* name : {"a.weight", "a.bias", "norm.weight", "norm.bias"}) QCOMPARE(steps.before.at(name), steps.after.at(name));
    for (const char* name : {"b.weight", "head.bias", "norm.running_mean"}) QVERIFY2(steps.before.at(name) != steps.after.at(name), name);
    // What is before it learns on.
    const Document head = edited(documentOf(kNet), [](Transaction& t) { (void)t.setFrozen(0x07, true); });
    const Steps behind = stepsOf(head);
    QVERIFY(behind.before.at("a.weight") != behind.after.at("a.weight"));
    QCOMPARE(behind.before.at("head.weight"), behind.after.at("head.weight"));
  }

  void aRerouteIsAWire() {
    const Document document = documentOf(kNet);
    const Document bent = edited(document, [](Transaction& t) {
      const NodeId bend = t.addNode({0, "Reroute", "bend", {}, {}, "", ""}).value();
      (void)t.connect(0x03, 0, bend, 0), (void)t.connect(bend, 0, 0x04, 0);
    });
    QCOMPARE(stepsOf(bent).losses, stepsOf(document).losses);
    const Document noted = edited(document, [](Transaction& t) { (void)t.addNode({0, "Note", "", {{"text", std::string("A residual.")}}, {}, "", ""}); });
    QCOMPARE(stepsOf(noted).losses, stepsOf(document).losses);
    QVERIFY(lint(expand(noted).network, infer(expand(noted).network)).empty());
    const Result<Unfolded> unfolded = unfold(expand(bent).network);
    QCOMPARE(unfolded->network.nodes.size(), document.nodes().size());
  }

  // What is written computes what the project does: the export runs both and compares.
  void modesMeanTheSameInFiles() {
    const Document document = edited(documentOf(kNet), [](Transaction& t) {
      (void)t.setMode(0x02, Mode::muted), (void)t.setMode(0x03, Mode::bypassed);
      const NodeId bend = t.addNode({0, "Reroute", "bend", {}, {}, "", ""}).value();
      (void)t.connect(0x03, 0, bend, 0), (void)t.connect(bend, 0, 0x04, 0);
    });
    QTemporaryDir folder;
    for (const std::optional<int64_t> batch : {std::optional<int64_t>(), std::optional<int64_t>(3)}) {
      const auto session = sessionOf(document);
      if (Result<Plan*> plan = session->trainPlan(0, 4); !plan) QFAIL(toString(plan.error()).c_str());
      formats::ExportOptions options;
      options.batch = batch;
      const auto report = formats::exportModel(*session, folder.filePath("m.onnx").toStdString(), formats::ExportFormat::onnx, options);
      QVERIFY2(report.has_value(), report ? "" : toString(report.error()).c_str());
      QVERIFY(report->verified);
    }
  }

  void mutedClassesAreClassesStill() {
    const Document document = edited(documentOf(kNet), [](Transaction& t) { (void)t.setMode(0x08, Mode::muted), (void)t.setMode(0x01, Mode::muted); });
    QCOMPARE(problemsOf(document), std::string());
    QVERIFY(!stepsOf(document).losses.empty());
  }

  void framesHoldNodesAndGoWithThem() {
    Document document = documentOf(kNet);
    NodeId first = 0;
    document = edited(document, [&](Transaction& t) {
      first = t.setFrame({0, "body", 2, {0x04, 0x02, 0x03, 0x04}, ""}).value();
      (void)t.setFrame({0, "head", 0, {0x07}, R"({"later":1})"});
    });
    QCOMPARE(document.frames().frame(first)->nodes, (std::vector<NodeId>{0x02, 0x03, 0x04}));
    QCOMPARE(toString(diff(documentOf(kNet), document)), std::string("+ frame: body\n+ frame: head\n"));
    const Document fewer = edited(document, [](Transaction& t) { (void)t.removeNode(0x03), (void)t.removeNode(0x07); });
    QCOMPARE(fewer.frames().list.size(), size_t(1));
    QVERIFY(toString(diff(document, fewer)).find("frame body.nodes") != std::string::npos);
    const Document gone = edited(document, [&](Transaction& t) { (void)t.removeFrame(first); });
    QCOMPARE(gone.frames().list.size(), size_t(1));
    QCOMPARE(gone.nodes().size(), document.nodes().size());
    Transaction wrong(document);
    QVERIFY(!wrong.setFrame({0, "", 0, {0x77}, ""}) && !wrong.finish());
  }

  void mistakes_data() {
    QTest::addColumn<QString>("frames");
    QTest::addColumn<QString>("says");
    QTest::newRow("no nodes") << R"([{"id": "31", "nodes": []}])" << "nodes to be around";
    QTest::newRow("no such node") << R"([{"id": "31", "nodes": ["77"]}])" << "nodes that are there";
    QTest::newRow("a node twice") << R"([{"id": "31", "nodes": ["01", "01"]}])" << "each once";
    QTest::newRow("twice") << R"([{"id": "31", "nodes": ["01"]}, {"id": "31", "nodes": ["02"]}])" << "an id of its own";
    QTest::newRow("no color") << R"([{"id": "31", "color": 6, "nodes": ["01"]}])" << "a color from 0 to 5";
    QTest::newRow("no id") << R"([{"nodes": ["01"]}])" << "16 hexadecimal digits";
    QTest::newRow("no list") << R"({"id": "31"})" << "a list at frames";
  }
  void mistakes() {
    QFETCH(QString, frames);
    QFETCH(QString, says);
    std::string text = kNet;
    text.replace(text.find("\"recipe\""), 0, "\"frames\": " + frames.toStdString() + ", ");
    const Result<Document> document = parse(text, "test.netw");
    QVERIFY(!document);
    QVERIFY2(QString::fromStdString(toString(document.error())).contains(says), toString(document.error()).c_str());
  }

  void aModeThatNobodyKnowsIsRefused() {
    const auto changes = set(documentOf(kNet), "nodes[a].mode", "asleep");
    QVERIFY(!changes && toString(changes.error()).find("bypassed or muted") != std::string::npos);
    QVERIFY(set(documentOf(kNet), "nodes[a].frozen", "true"));
  }
};

}  // namespace engine::document

QTEST_APPLESS_MAIN(engine::document::ModesTest)
#include "modes_test.moc"
