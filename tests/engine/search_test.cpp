// Layers found by type and field, and replaced.
#include <QtTest>

#include "engine/document/diff.h"
#include "engine/document/json.h"
#include "engine/document/search.h"
#include "random_document.h"

using namespace engine;
using namespace engine::document;
using Is = Search::Is;

namespace {

Document sample() {
  auto document = parse(R"({"netwright": 1, "name": "sample",
      "nodes": [{"id": "1", "type": "Input", "name": "input", "fields": {"shape": [3, 8, 8]}},
                {"id": "2", "type": "Conv2d", "name": "a", "fields": {"out_channels": 8, "padding": 1}},
                {"id": "3", "type": "ReLU", "name": "relu"},
                {"id": "4", "type": "Conv2d", "name": "b", "fields": {"out_channels": 16, "kernel_size": [5, 5]}},
                {"id": "5", "type": "Wide", "name": "c"},
                {"id": "6", "type": "Wide", "name": "d", "fields": {"width": 7}},
                {"id": "7", "type": "Dropout", "name": "drop"}],
      "wires": [{"from": "1", "to": "2"}, {"from": "2", "to": "3"}, {"from": "3", "to": "4"}],
      "blocks": [{"name": "Wide", "exposed": [{"name": "width", "of": [{"node": "32", "field": "out_features"}]}],
        "nodes": [{"id": "31", "type": "BlockInput", "name": "x"},
                  {"id": "32", "type": "Linear", "name": "linear", "fields": {"out_features": 40}},
                  {"id": "33", "type": "ReLU", "name": "relu"},
                  {"id": "34", "type": "BlockOutput", "name": "y"}],
        "wires": [{"from": "31", "to": "32"}, {"from": "32", "to": "33"}, {"from": "33", "to": "34"}]}]})");
  if (!document) qFatal("%s", toString(document.error()).c_str());
  return *document;
}

QString found(const Search& search) {
  QStringList names;
  const Document document = sample();
  for (const SearchHit& hit : find(document, search)) {
    const Document& network = hit.block.empty() ? document : *document.block(hit.block);
    names << (hit.block.empty() ? QString() : QString::fromStdString(hit.block) + "/") + QString::fromStdString(network.node(hit.node)->name);
  }
  return names.join(" ");
}

QString replaced(const Search& search, const Replacing& with) {
  const Document before = sample();
  Transaction t(before);
  if (Done done = replace(t, find(before, search), with); !done) return "! " + QString::fromStdString(withPlace(done.error()));
  Document after = before;
  const auto changes = t.finish();
  if (!changes || !after.apply(*changes)) return "! transaction";
  return QString::fromStdString(toString(diff(before, after))).trimmed();
}

}  // namespace

class SearchTest : public QObject {
  Q_OBJECT
 private slots:
  void layersAreFoundByTypeAndField() {
    QCOMPARE(found({.type = "ReLU"}), QString("relu Wide/relu"));
    QCOMPARE(found({.type = "Conv2d", .field = "out_channels", .is = Is::above, .value = int64_t(8)}), QString("b"));
    QCOMPARE(found({.type = "Conv2d", .field = "out_channels", .is = Is::below, .value = 8.5}), QString("a"));
    // Of those that give none, the default counts; one number stands for a pair of it.
    QCOMPARE(found({.type = "Conv2d", .field = "kernel_size", .is = Is::equal, .value = int64_t(3)}), QString("a"));
    QCOMPARE(found({.type = "Conv2d", .field = "kernel_size", .is = Is::unequal, .value = std::vector<int64_t>{3}}), QString("b"));
    QCOMPARE(found({.field = "padding", .is = Is::equal, .value = std::vector<int64_t>{1, 1}}), QString("a"));
    // Of uses of a block, what stands in the block.
    QCOMPARE(found({.type = "Wide", .field = "width", .is = Is::equal, .value = int64_t(40)}), QString("c"));
    QCOMPARE(found({.field = "width"}), QString("c d"));
    QCOMPARE(found({.type = "Nothing"}), QString());
    QCOMPARE(found({.field = "nothing"}), QString());
    QCOMPARE(found({.type = "Dropout", .field = "p", .is = Is::above, .value = std::string("word")}), QString());
  }

  void fieldsAreSetAndMultiplied() {
    QCOMPARE(replaced({.type = "Conv2d"}, {.field = "out_channels", .value = int64_t(4)}), QString("~ a.fields.out_channels: 8 -> 4\n~ b.fields.out_channels: 16 -> 4"));
    QCOMPARE(replaced({.type = "Conv2d"}, {.field = "out_channels", .factor = 1.5}), QString("~ a.fields.out_channels: 8 -> 12\n~ b.fields.out_channels: 16 -> 24"));
    QCOMPARE(replaced({.type = "Conv2d"}, {.field = "out_channels", .factor = 0.0}), QString("~ a.fields.out_channels: 8 -> 1\n~ b.fields.out_channels: 16 -> 1"));
    QCOMPARE(replaced({.type = "Dropout"}, {.field = "p", .factor = 0.5}), QString("+ drop.fields.p: 0.25"));
    QCOMPARE(replaced({.type = "Conv2d", .field = "kernel_size", .is = Is::equal, .value = int64_t(5)}, {.field = "kernel_size"}), QString("- b.fields.kernel_size: [5,5]"));
    QCOMPARE(replaced({.type = "Linear"}, {.field = "out_features", .factor = 2.0}), QString("~ block Wide: linear.fields.out_features: 40 -> 80"));
    QCOMPARE(replaced({.type = "Wide"}, {.field = "width", .factor = 2.0}), QString("+ c.fields.width: 80\n~ d.fields.width: 7 -> 14"));
  }

  void anotherTypeKeepsWhatItHasToo() {
    QCOMPARE(replaced({.type = "ReLU"}, {.type = "LeakyReLU", .field = "negative_slope", .value = 0.1}),
             QString("~ relu.type: \"ReLU\" -> \"LeakyReLU\"\n+ relu.fields.negative_slope: 0.1\n"
                     "~ block Wide: relu.type: \"ReLU\" -> \"LeakyReLU\"\n+ block Wide: relu.fields.negative_slope: 0.1"));
    QCOMPARE(replaced({.type = "Conv2d", .field = "kernel_size", .is = Is::equal, .value = int64_t(5)}, {.type = "MaxPool2d"}),
             QString("~ b.type: \"Conv2d\" -> \"MaxPool2d\"\n- b.fields.out_channels: 16"));
  }

  void whatDoesNotFitIsRefusedByTheNode() {
    QVERIFY(replaced({.type = "Conv2d"}, {.field = "out_channels", .value = int64_t(-3)}).contains("out_channels"));
    QVERIFY(replaced({.type = "Conv2d"}, {.field = "out_channels", .value = std::string("many")}).startsWith("!"));
    QVERIFY(replaced({.type = "ReLU"}, {.field = "out_channels", .value = int64_t(3)}).contains("a field that the layer has"));
    QVERIFY(replaced({.type = "Conv2d"}, {.field = "padding_mode", .factor = 2.0}).startsWith("!"));
  }

  // Whatever is asked of whatever there is: a change that can be undone, or a refusal.
  void randomDocuments() {
    const std::vector<std::string> types{"", "Linear", "ReLU", "Conv2d", "Block", "FromTheFuture"};
    const std::vector<std::string> fields{"", "out_features", "f1", "out_channels", "field0"};
    for (uint64_t seed = 1; seed <= 300; ++seed) {
      RandomEdits random(seed);
      Document document;
      for (int i = 0; i < 15; ++i)
        if (const auto changes = random.edit(document)) (void)document.apply(*changes);
      const auto any = [&](const auto& list) { return list[size_t(random.below(int64_t(list.size())))]; };
      const Search search{any(types), any(fields), Is(random.below(5)), random.value()};
      Replacing with{any(types), any(fields), {}, {}};
      if (random.chance(60)) with.value = random.value();
      else if (random.chance(50)) with.factor = random.number();
      Transaction t(document);
      if (!replace(t, find(document, search), with)) continue;
      const auto changes = t.finish();
      if (!changes) continue;
      Document after = document;
      QVERIFY(after.apply(*changes));
      QVERIFY(verify(after));
      QVERIFY(after.apply(changes->inverse()));
      QVERIFY(after == document);
    }
  }
};

QTEST_APPLESS_MAIN(SearchTest)
#include "search_test.moc"
