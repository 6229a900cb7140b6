// Nodes folded into blocks, and blocks unfolded: the network stays what it is.
#include <QTest>
#include <map>
#include <random>

#include "engine/document/expand.h"
#include "engine/document/folding.h"
#include "engine/document/json.h"
#include "engine/document/set.h"
#include "engine/document/templates.h"
#include "engine/graph/block.h"
#include "engine/passes/infer.h"
#include "engine/passes/unfold.h"

namespace engine::document {
namespace {

constexpr const char* kNet = R"({
  "netwright": 1, "name": "net",
  "nodes": [
    {"id": "01", "type": "Input", "name": "x", "fields": {"shape": [8]}, "position": [0, 0]},
    {"id": "02", "type": "Linear", "name": "a", "fields": {"out_features": 8}, "position": [240, 0]},
    {"id": "03", "type": "ReLU", "name": "act", "position": [480, 0]},
    {"id": "04", "type": "Linear", "name": "b", "fields": {"out_features": 8}, "position": [720, 0]},
    {"id": "05", "type": "Add", "name": "add", "position": [960, 0]},
    {"id": "07", "type": "Linear", "name": "head", "fields": {"out_features": 2}, "position": [1200, 0]},
    {"id": "08", "type": "Target", "name": "y", "position": [1200, 120]},
    {"id": "09", "type": "CrossEntropyLoss", "name": "loss", "position": [1440, 0]}
  ],
  "wires": [
    {"from": "01", "to": "02"}, {"from": "02", "to": "03"}, {"from": "03", "to": "04"}, {"from": "04", "to": "05"},
    {"from": "01", "to": "05", "input": 1}, {"from": "05", "to": "07"}, {"from": "07", "to": "09"}, {"from": "08", "to": "09", "input": 1}
  ],
  "frames": [{"id": "31", "title": "inner", "nodes": ["02", "03"]}, {"id": "32", "title": "wide", "nodes": ["02", "03", "04", "05", "07"]}],
  "recipe": {"phases": [{"losses": [{"node": "09"}]}]}
})";

Document documentOf(const std::string& text) {
  Result<Document> document = parse(text, "test.netw");
  if (!document) qFatal("%s", withPlace(document.error()).c_str());
  return *std::move(document);
}

// What every end of the network computes, whatever its nodes are called and wherever they stand.
std::multimap<std::string, int> meaningOf(const Document& document) {
  const Expanded expanded = expand(document);
  const Result<Unfolded> unfolded = unfold(expanded.network);
  if (!unfolded) qFatal("%s", toString(unfolded.error()).c_str());
  const Graph& graph = unfolded->network;
  const Inference inference = infer(graph);
  std::vector<std::string> text(graph.nodes.size());
  std::vector<bool> read(graph.nodes.size());
  std::map<std::string, int> numbers;  // of what was said: texts stay short
  for (const int n : inference.order) {
    const engine::Node& node = graph.nodes[size_t(n)];
    text[size_t(n)] = node.op.name();
    for (const auto& [name, value] : node.op.fields()) text[size_t(n)] += " " + name + "=" + std::visit([](const auto& v) {
      using T = std::decay_t<decltype(v)>;
      if constexpr (std::is_same_v<T, std::string>) return v;
      else if constexpr (std::is_arithmetic_v<T>) return std::to_string(v);
      else {
        std::string list;
        for (const auto x : v) list += std::to_string(x) + ",";
        return list;
      }
    }, value);
    for (const Value v : node.inputs) {
      text[size_t(n)] += v ? "(" + std::to_string(numbers.emplace(text[size_t(v.node)], int(numbers.size())).first->second) + "." + std::to_string(v.output) + ")" : "()";
      if (v) read[size_t(v.node)] = true;
    }
  }
  std::multimap<std::string, int> ends;
  for (size_t n = 0; n < text.size(); ++n)
    if (!read[n]) ends.emplace(text[n], 0);
  return ends;
}

Document edited(const Document& document, const std::function<void(Transaction&)>& stage) {
  Transaction transaction(document);
  stage(transaction);
  const Result<ChangeSet> changes = transaction.finish();
  if (!changes) qFatal("%s", toString(changes.error()).c_str());
  Document result = document;
  if (!result.apply(*changes)) qFatal("does not apply");
  Document back = result;
  if (!back.apply(changes->inverse()) || print(back) != print(document)) qFatal("is not undone");
  const Result<Document> again = parse(print(result), "test.netw");
  if (!again || !(*again == result)) qFatal("is not the same from its file");
  return result;
}

Document folded(const Document& document, const std::vector<NodeId>& nodes, NodeId* use = nullptr, const std::string& name = "Part") {
  return edited(document, [&](Transaction& t) {
    const Result<NodeId> id = foldNodes(t, nodes, name);
    if (!id) qFatal("%s", toString(id.error()).c_str());
    if (use) *use = *id;
  });
}
Document unfoldedAgain(const Document& document, NodeId use) {
  return edited(document, [&](Transaction& t) {
    const Document block = *t.view().block(t.view().node(use)->type);
    const auto nodes = unfoldUse(t, use, block);
    if (!nodes) qFatal("%s", toString(nodes.error()).c_str());
  });
}
std::string whyNotFold(const Document& document, const std::vector<NodeId>& nodes) {
  Transaction t(document);
  const Result<NodeId> id = foldNodes(t, nodes, "Part");
  return id ? "" : toString(id.error());
}

}  // namespace

class FoldingTest : public QObject {
  Q_OBJECT

 private slots:
  void whatCrossesTheBorderBecomesPorts() {
    const Document document = documentOf(kNet);
    NodeId use = 0;
    const Document after = folded(document, {0x02, 0x03, 0x04, 0x05}, &use);
    QVERIFY(meaningOf(after) == meaningOf(document));
    const Document& block = *after.block("Part");
    QCOMPARE(std::count_if(block.nodes().begin(), block.nodes().end(), [](const auto& n) { return n->type == "BlockInput"; }), 1);  // x, read twice, comes in once
    QCOMPARE(block.nodes().front()->name, std::string("x"));
    QCOMPARE(block.nodes().back()->name, std::string("y"));
    QCOMPARE(after.nodes().size(), size_t(5));
    QCOMPARE(after.wireInto(0x07, 0)->from, use);
    QVERIFY(block.node(0x02) && block.node(0x02)->name == "a");  // nodes are the same ones
    QCOMPARE(after.node(use)->position->x, 600.0);
    // A frame of these alone goes along; in another the block stands for them.
    QVERIFY(block.frames().frame(0x31) && !after.frames().frame(0x31));
    QCOMPARE(after.frames().frame(0x32)->nodes, (std::vector<NodeId>{0x07, use}));
  }

  void severalPortsAreNamedAfterWhatFeedsThem() {
    const auto namesOf = [](const Document& after) {
      std::vector<std::string> names;
      for (const auto& node : after.block("Part")->nodes()) names.push_back(node->type + " " + node->name);
      return names;
    };
    const Document two = folded(documentOf(kNet), {0x05, 0x04});
    QCOMPARE(namesOf(two), (std::vector<std::string>{"BlockInput act", "BlockInput x", "Linear b", "Add add", "BlockOutput y"}));
    const Document wired = edited(documentOf(kNet), [](Transaction& t) { (void)t.connect(0x03, 0, 0x05, 1); });
    const Document out = folded(wired, {0x02, 0x03, 0x04});
    QCOMPARE(namesOf(out), (std::vector<std::string>{"BlockInput x", "Linear a", "ReLU act", "Linear b", "BlockOutput act_2", "BlockOutput b_2"}));
    QVERIFY(meaningOf(out) == meaningOf(wired));
  }

  void backItIsWhatItWas() {
    const Document document = documentOf(kNet);
    NodeId use = 0;
    const Document after = folded(document, {0x02, 0x03, 0x04}, &use);
    const Document back = unfoldedAgain(after, use);
    QVERIFY(meaningOf(back) == meaningOf(document));
    for (const NodeId id : {0x02, 0x03, 0x04}) {
      QVERIFY(back.node(NodeId(id)) && back.node(NodeId(id))->name == document.node(NodeId(id))->name);
      QCOMPARE(back.node(NodeId(id))->position->y, document.node(NodeId(id))->position->y);
    }
    QCOMPARE(back.frames().frame(0x32)->nodes.size(), size_t(5));
    QVERIFY(back.frames().frame(0x31));
  }

  // As a block within a block has it: what was shown of a node stays shown, through one more wall.
  void shownFieldsFollow() {
    Document inner = documentOf(kNet);
    inner = edited(inner, [](Transaction& t) {
      (void)t.removeNode(0x08), (void)t.removeNode(0x09);
      (void)t.setInterface({"", {{"width", "", {{0x02, "out_features"}, {0x04, "out_features"}}, ""}, {"classes", "", {{0x07, "out_features"}}, ""}}});
    });
    NodeId use = 0;
    const Document after = folded(inner, {0x02, 0x03}, &use);
    QCOMPARE(after.interface().field("width")->inners, (std::vector<Inner>{{0x04, "out_features"}, {use, "width"}}));
    QCOMPARE(after.block("Part")->interface().field("width")->inners, (std::vector<Inner>{{0x02, "out_features"}}));
    const Document set = edited(after, [&](Transaction& t) { (void)t.setField(use, "width", int64_t(5)), (void)t.setFrozen(use, true); });
    const Document back = unfoldedAgain(set, use);
    QVERIFY(std::get<int64_t>(*find(back.node(0x02)->fields, "out_features")) == 5);
    QVERIFY(back.node(0x02)->frozen);
    QCOMPARE(back.interface().field("width")->inners, (std::vector<Inner>{{0x04, "out_features"}, {0x02, "out_features"}}));
  }

  void repetitionsComeOneAfterTheOther() {
    NodeId use = 0;
    Document document = folded(documentOf(kNet), {0x02, 0x03}, &use);
    document = edited(document, [&](Transaction& t) { (void)t.setField(use, "repeat", int64_t(3)); });
    const Document back = unfoldedAgain(document, use);
    QVERIFY(meaningOf(back) == meaningOf(document));
    QVERIFY(back.nodeNamed("a") && back.nodeNamed("a_2") && back.nodeNamed("act_3"));
    QVERIFY(back.node(0x04)->position->x > back.nodeNamed("act_3")->position->x);
    const Document shared = edited(document, [&](Transaction& t) { (void)t.setField(use, "share_weights", true); });
    Transaction t(shared);
    const auto refused = unfoldUse(t, use, *shared.block("Part"));
    QVERIFY(!refused && toString(refused.error()).find("share") != std::string::npos);
    const Document muted = edited(document, [&](Transaction& t2) { (void)t2.setMode(use, Mode::muted); });
    Transaction m(muted);
    QVERIFY(!unfoldUse(m, use, *muted.block("Part")));
  }

  void whatCannotBeFoldedSaysWhy() {
    const Document document = documentOf(kNet);
    QCOMPARE(whyNotFold(document, {0x02, 0x04}), std::string("needs layers with nothing between them, but got act, which stands between two of them; select it too"));
    QVERIFY(whyNotFold(document, {0x01, 0x02}).find("x, which is Input") != std::string::npos);
    QVERIFY(whyNotFold(document, {0x07, 0x09}).find("names as a loss") != std::string::npos);
    QVERIFY(whyNotFold(document, {}).find("layers to fold") != std::string::npos);
    QVERIFY(!whyNotFold(document, {0x77}).empty());
  }

  // Any part of any template, folded once and again, means what it meant; unfolded too.
  void randomParts() {
    std::mt19937 random(7);
    int folds = 0;
    for (const Template& one : templates()) {
      const Document document = documentOf(one.text);
      const auto meaning = meaningOf(document);
      for (int tries = 0; tries < 40; ++tries) {
        Document now = document;
        for (int depth = 0; depth < 2; ++depth) {
          std::vector<NodeId> part;
          const size_t first = random() % now.nodes().size(), last = std::min(now.nodes().size(), first + 1 + random() % 6);
          for (size_t i = first; i < last; ++i) part.push_back(now.nodes()[i]->id);
          Transaction t(now);
          const Result<NodeId> use = foldNodes(t, part, "Part" + std::to_string(depth));
          if (!use) continue;
          ++folds;
          const auto changes = t.finish();
          QVERIFY2(changes.has_value(), changes ? "" : toString(changes.error()).c_str());
          Document next = now;
          QVERIFY(next.apply(*changes).has_value());
          QVERIFY(meaningOf(next) == meaning);
          Document undone = next;
          QVERIFY(undone.apply(changes->inverse()).has_value() && print(undone) == print(now));
          QVERIFY(meaningOf(unfoldedAgain(next, *use)) == meaning);
          now = next;
        }
      }
    }
    QVERIFY2(folds > 100, std::to_string(folds).c_str());
  }
};

}  // namespace engine::document

QTEST_APPLESS_MAIN(engine::document::FoldingTest)
#include "folding_test.moc"
