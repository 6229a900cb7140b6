// Edits: one way in, an exact way back, told once; and a document that never holds what must not be.
#include <QtTest>

#include "engine/document/json.h"
#include "random_document.h"

using namespace engine;
using namespace engine::document;
using document::Node;

namespace {

Node node(NodeId id, std::string type, std::string name) {
  Node node;
  node.id = id;
  node.type = std::move(type);
  node.name = std::move(name);
  return node;
}

// input -> hidden -> loss, with a binding and a term of the loss.
Document small() {
  Document::Parts parts;
  parts.name = "small";
  parts.nodes = {node(1, "Input", "input"), node(2, "Linear", "hidden"), node(3, "CrossEntropyLoss", "loss")};
  parts.wires = {{1, 0, 2, 0, {}}, {2, 0, 3, 0, {}}};
  parts.data.bindings = {{1, "image", 1.0, {0.5}, {0.25}, {}}};
  parts.recipe.phases[0].losses = {{3, 0, 1.0, {}}};
  auto document = Document::assemble(std::move(parts));
  if (!document) qFatal("%s", toString(document.error()).c_str());
  return *document;
}

QString said(const Problem& problem) { return QString::fromStdString(withPlace(problem)); }

// Makes the edit that the function stages.
template <class Stage>
Done edit(Document& document, Stage&& stage) {
  Transaction transaction(document);
  stage(transaction);
  const Result<ChangeSet> changes = transaction.finish();
  if (!changes) return tl::unexpected(changes.error());
  return document.apply(*changes);
}

}  // namespace

class DocumentEditTest : public QObject {
  Q_OBJECT
 private slots:
  void anEditIsToldOnceWithWhatChanged() {
    Document document = small();
    int calls = 0;
    document.observe([&](const ChangeSet& changes) {
      ++calls;
      QCOMPARE(changes.addedNodes.size(), size_t(1));
      QCOMPARE(changes.changedNodes.size(), size_t(1));
      QCOMPARE(changes.addedWires.size(), size_t(1));
      QCOMPARE(changes.removedWires.size(), size_t(1));
      QCOMPARE(document.nodes().size(), size_t(4));  // in its new state already
    });
    QVERIFY(edit(document, [](Transaction& t) {
      const auto relu = t.addNode(node(4, "ReLU", ""));
      QVERIFY(relu);
      QVERIFY(t.connect(4, 0, 3, 0));
      QVERIFY(t.setField(2, "out_features", int64_t(10)));
      QVERIFY(t.setField(2, "out_features", int64_t(20)));
    }));
    QCOMPARE(calls, 1);
    QCOMPARE(document.revision(), uint64_t(1));
    QCOMPARE(document.node(4)->name, std::string("relu"));
    QCOMPARE(document.wireInto(3, 0)->from, NodeId(4));
    QCOMPARE(std::get<int64_t>(*find(document.node(2)->fields, "out_features")), int64_t(20));
  }

  void whatChangesNothingIsNoEdit() {
    Document document = small();
    document.observe([](const ChangeSet&) { QFAIL("nothing has changed"); });
    Transaction t(document);
    QVERIFY(t.rename(2, "other"));
    QVERIFY(t.rename(2, "hidden"));
    QVERIFY(t.move(2, std::nullopt));
    QVERIFY(t.disconnect(3, 0));
    QVERIFY(t.connect(2, 0, 3, 0));
    QVERIFY(t.setName("small"));
    const auto changes = t.finish();
    QVERIFY(changes && changes->empty());
    QVERIFY(document.apply(*changes));
    QCOMPARE(document.revision(), uint64_t(0));
  }

  void removingANodeTakesWhatHangsOnIt() {
    Document document = small();
    const std::string before = print(document);
    Transaction t(document);
    const NodeId both[] = {1, 3};
    QVERIFY(t.removeNodes(both));
    const auto changes = t.finish();
    QVERIFY(changes);
    QVERIFY(document.apply(*changes));
    QCOMPARE(document.nodes().size(), size_t(1));
    QVERIFY(document.wires().empty());
    QVERIFY(document.data().bindings.empty());
    QVERIFY(document.recipe().phases[0].losses.empty());
    QVERIFY(document.apply(changes->inverse()));
    QCOMPARE(print(document), before);  // the order of the nodes too
  }

  void snapshotsStayAsTheyWere() {
    Document document = small();
    int calls = 0;
    document.observe([&](const ChangeSet&) { ++calls; });
    Document snapshot = document;
    const std::string before = print(document);
    QVERIFY(edit(document, [](Transaction& t) { (void)t.rename(2, "renamed"); }));
    QCOMPARE(print(snapshot), before);
    QVERIFY(snapshot.node(1) == document.node(1));  // shared, not copied
    QVERIFY(edit(snapshot, [](Transaction& t) { (void)t.setName("mine"); }));
    QCOMPARE(calls, 1);  // copies are not observed
  }

  void namesMayBeSwapped() {
    Document document = small();
    QVERIFY(edit(document, [](Transaction& t) {
      (void)t.rename(1, "hidden");
      (void)t.rename(2, "input");
    }));
    QCOMPARE(document.nodeNamed("input")->id, NodeId(2));
  }

  void newNamesAreFree() {
    Document document = small();
    QVERIFY(edit(document, [](Transaction& t) {
      for (int i = 0; i < 3; ++i) QVERIFY(t.addNode(node(0, "CrossEntropyLoss", "")));
      QCOMPARE(t.freeName("hidden"), std::string("hidden_2"));
    }));
    QVERIFY(document.nodeNamed("cross_entropy_loss") && document.nodeNamed("cross_entropy_loss_2") &&
            document.nodeNamed("cross_entropy_loss_3"));
  }

  void mistakes_data() {
    using Stage = std::function<void(Transaction&)>;
    QTest::addColumn<Stage>("stage");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, Stage stage, const char* says) {
      QTest::newRow(name) << stage << QString(says);
    };
    row(
        "unknown node", [](Transaction& t) { (void)t.connect(1, 0, 99, 0); }, "a node that is there");
    row(
        "unknown field's node", [](Transaction& t) { (void)t.setField(99, "p", 0.5); }, "0000000000000063");
    row(
        "self loop", [](Transaction& t) { (void)t.connect(2, 0, 2, 1); }, "a wire from a node to itself");
    row(
        "cycle", [](Transaction& t) { (void)t.connect(3, 0, 2, 1); }, "hidden → loss → hidden");
    row(
        "negative port", [](Transaction& t) { (void)t.connect(1, -1, 3, 1); }, "port -1");
    row(
        "huge port", [](Transaction& t) { (void)t.connect(1, 0, 3, 1 << 20); }, "ports from 0 to 65535");
    row(
        "nothing to disconnect", [](Transaction& t) { (void)t.disconnect(3, 1); }, "input 1: needs a wire");
    row(
        "twin name", [](Transaction& t) { (void)t.rename(1, "hidden"); }, "hidden twice");
    row(
        "no name", [](Transaction& t) { (void)t.rename(1, ""); }, "needs a name");
    row(
        "twin id", [](Transaction& t) { (void)t.addNode(node(1, "ReLU", "")); }, "an id that no node has yet");
    row(
        "no type", [](Transaction& t) { (void)t.addNode(node(7, "", "x")); }, "the name of an op");
    row(
        "not finite", [](Transaction& t) { (void)t.setField(2, "p", std::nan("")); }, "p: needs finite numbers");
    row(
        "not finite in a list",
        [](Transaction& t) {
          (void)t.setField(2, "p", std::vector<double>{1, HUGE_VAL});
        },
        "finite numbers");
    row(
        "not UTF-8", [](Transaction& t) { (void)t.setField(2, "p", "\xff"); }, "UTF-8");
    row(
        "overlong UTF-8", [](Transaction& t) { (void)t.rename(2, "\xc0\x80"); }, "UTF-8");
    row(
        "position",
        [](Transaction& t) {
          (void)t.move(2, Position{std::nan(""), 0});
        },
        "two finite numbers");
    row(
        "binding",
        [](Transaction& t) {
          (void)t.setBinding({99, "x", {}, {}, {}, {}});
        },
        "a node that is there");
    row(
        "no binding", [](Transaction& t) { (void)t.clearBinding(2); }, "bound to a column");
    row(
        "deviation",
        [](Transaction& t) {
          (void)t.setBinding({1, "x", {}, {0}, {0}, {}});
        },
        "deviations above 0");
    row(
        "batch",
        [](Transaction& t) {
          Recipe r;
          r.phases[0].batch = 0;
          (void)t.setRecipe(r);
        },
        "recipe.phases[0].batch: needs a whole number of at least 1, but got 0");
    row(
        "no phase",
        [](Transaction& t) {
          Recipe r;
          r.phases.clear();
          (void)t.setRecipe(r);
        },
        "at least one phase");
    row(
        "loss of nothing",
        [](Transaction& t) {
          Recipe r;
          r.phases[0].losses = {{99, 0, 1, {}}};
          (void)t.setRecipe(r);
        },
        "recipe.phases[0].losses[0].node");
    row(
        "split",
        [](Transaction& t) {
          Data d;
          d.split.validation = 1;
          (void)t.setData(d);
        },
        "data.split.validation");
    row(
        "path", [](Transaction& t) { (void)t.set("recipe.phases[0].batch", "many"); }, "a whole number");
    row(
        "the first of two",
        [](Transaction& t) {
          (void)t.disconnect(1, 0);
          (void)t.rename(1, "hidden");
        },
        "input 0: needs a wire");
  }
  void mistakes() {
    QFETCH(std::function<void(Transaction&)>, stage);
    QFETCH(QString, says);
    Document document = small();
    const std::string before = print(document);
    const Done done = edit(document, stage);
    QVERIFY(!done);
    QVERIFY2(said(done.error()).contains(says), qPrintable(said(done.error())));
    QCOMPARE(print(document), before);
  }

  void canConnectSaysWhetherACycleWouldBe() {
    const Document document = small();
    QVERIFY(canConnect(document, 1, 3));
    QVERIFY(!canConnect(document, 3, 1));
    QVERIFY(!canConnect(document, 2, 2));
    QVERIFY(!canConnect(document, 2, 99));
    QVERIFY(said(canConnect(document, 3, 1).error()).contains("loss, which input already feeds"));
  }

  void aChangeSetOfAnotherStateIsRefused() {
    Document document = small();
    Transaction rename(document), remove(document), add(document);
    QVERIFY(rename.rename(2, "first"));
    QVERIFY(remove.removeNode(3));
    QVERIFY(add.addNode(node(4, "ReLU", "")));
    QVERIFY(add.connect(3, 0, 4, 0));
    const auto renames = rename.finish(), removes = remove.finish(), adds = add.finish();
    QVERIFY(renames && removes && adds);
    QVERIFY(document.apply(*renames));
    QVERIFY(document.apply(*adds));  // touches nothing that the renaming did
    const std::string before = print(document);
    int calls = 0;
    document.observe([&](const ChangeSet&) { ++calls; });
    QVERIFY(!document.apply(*renames));
    QVERIFY(!document.apply(*adds));
    QVERIFY(!document.apply(*removes));  // would leave the new wire in the air
    QCOMPARE(calls, 0);
    QCOMPARE(print(document), before);
  }

  // The heart of undo: change sets of one to six random edits, each undone and done again; in the end all are undone.
  void everyEditHasAnExactInverse() {
#ifdef __SANITIZE_ADDRESS__  // ten times slower
    constexpr int kSeeds = 2;
#else
    constexpr int kSeeds = 6;
#endif
    int made = 0, refused = 0;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      RandomEdits random(seed);
      Document document;
      const std::string empty = print(document);
      std::string last = empty;
      std::vector<ChangeSet> done;
      for (int i = 0; i < 300; ++i) {
        const auto changes = random.edit(document);
        if (!changes) {
          ++refused;
          continue;
        }
        const std::string before = last;
        QVERIFY(document.apply(*changes));
        QVERIFY(verify(document));  // the edit alone was looked at
        last = print(document);
        QCOMPARE(changes->empty(), before == last);
        const Document after = document;
        QVERIFY(document.apply(changes->inverse()));
        QCOMPARE(print(document), before);
        QVERIFY(document.apply(*changes));
        QVERIFY(document == after);
        done.push_back(*changes);
        if (++made % 5 != 0) continue;
        const auto read = parse(last);
        QVERIFY2(read, read ? "" : toString(read.error()).c_str());
        QVERIFY(*read == document);
        QCOMPARE(print(*read), last);
      }
      const size_t count = done.size();
      for (size_t i = count; i-- > 0;) QVERIFY(document.apply(done[i].inverse()));
      QCOMPARE(print(document), empty);
      for (const ChangeSet& changes : done) QVERIFY(document.apply(changes));
      QCOMPARE(print(document), last);
    }
    QVERIFY(made > 230 * kSeeds);
    QVERIFY(refused >= kSeeds);  // the random edits do reach cycles; how often depends on the nodes' ids, which are random
  }

  // Any two documents, not only an edit apart; nodes in another order too.
  void betweenMakesOneOfTheOther() {
    RandomEdits random(77);
    std::vector<Document> states(1);
    for (int i = 0; i < 400; ++i) {
      Document next = states.back();
      if (const auto changes = random.edit(next)) {
        QVERIFY(next.apply(*changes));
        states.push_back(next);
      }
    }
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr int kPairs = 50;  // they take ten times as long
#else
    constexpr int kPairs = 300;
#endif
    for (int i = 0; i < kPairs; ++i) {
      const Document& from = states[size_t(random.below(int64_t(states.size())))];
      Document to = states[size_t(random.below(int64_t(states.size())))];
      if (random.chance(50)) {
        Document::Parts parts{to.name(), {},          {to.wires().begin(), to.wires().end()},
                              to.data(), to.recipe(), to.extras()};
        for (const NodePointer& n : to.nodes())
          parts.nodes.insert(parts.nodes.begin() + random.below(int64_t(parts.nodes.size()) + 1), *n);
        to = *Document::assemble(std::move(parts));
      }
      Document document = from;
      const ChangeSet changes = between(from, to);
      QVERIFY(document.apply(changes));
      QCOMPARE(print(document), print(to));
      QVERIFY(document.apply(changes.inverse()));
      QCOMPARE(print(document), print(from));
    }
  }

  // Work on large networks must stay near linear: a chain of 10,000 is staged, applied, halved and undone.
  void tenThousandNodes() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr NodeId kNodes = 1'000;  // the time grows with the square, and each look at memory takes ten times as long
#else
    constexpr NodeId kNodes = 10'000;
#endif
    Document document;
    QVERIFY(edit(document, [](Transaction& t) {
      for (NodeId id = 1; id <= kNodes; ++id) {
        (void)t.addNode(node(id * 0x9E3779B97F4A7C15u, "ReLU", ""));
        if (id > 1) (void)t.connect((id - 1) * 0x9E3779B97F4A7C15u, 0, id * 0x9E3779B97F4A7C15u, 0);
      }
    }));
    QCOMPARE(document.nodes().size(), size_t(kNodes));
    QCOMPARE(document.wires().size(), size_t(kNodes - 1));
    QVERIFY(!canConnect(document, kNodes * 0x9E3779B97F4A7C15u, 0x9E3779B97F4A7C15u));
    const Document whole = document;
    Transaction t(document);
    std::vector<NodeId> odd;
    for (NodeId id = 1; id <= kNodes; id += 2) odd.push_back(id * 0x9E3779B97F4A7C15u);
    QVERIFY(t.removeNodes(odd));
    const auto changes = t.finish();
    QVERIFY(changes);
    QVERIFY(document.apply(*changes));
    QCOMPARE(document.nodes().size(), size_t(kNodes / 2));
    QVERIFY(document.wires().empty());
    QVERIFY(document.apply(changes->inverse()));
    QVERIFY(document == whole);
  }
};

QTEST_APPLESS_MAIN(DocumentEditTest)
#include "document_edit_test.moc"
