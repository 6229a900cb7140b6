// Values by path and the differences of documents: the two ways in which the command line speaks of them.
#include <QtTest>

#include "engine/document/diff.h"
#include "engine/document/json.h"
#include "engine/document/set.h"
#include "engine/document/transaction.h"

using namespace engine;
using namespace engine::document;

namespace {

Document sample() {
  auto document = parse(R"({"netwright": 1, "name": "sample",
      "nodes": [{"id": "1", "type": "Input", "name": "input", "kept": 1},
                {"id": "2", "type": "Linear", "name": "hidden", "fields": {"out_features": 128}},
                {"id": "3", "type": "ReLU", "name": "relu"}],
      "wires": [{"from": "1", "to": "2"}, {"from": "2", "to": "3"}],
      "data": {"bindings": {"1": {"column": "image"}}},
      "recipe": {"phases": [{"optimizer": {"type": "sgd", "lr": 0.1, "momentum": 0.9}}]}})");
  if (!document) qFatal("%s", toString(document.error()).c_str());
  return *document;
}

QString said(const Problem& problem) { return QString::fromStdString(withPlace(problem)); }

}  // namespace

class DocumentSetTest : public QObject {
  Q_OBJECT
 private slots:
  void values_data() {
    QTest::addColumn<QString>("assignment");
    QTest::addColumn<QString>("changed");  // as diff tells it
    const auto row = [](const char* assignment, const char* changed) {
      QTest::newRow(assignment) << QString(assignment) << QString(changed);
    };
    row("recipe.phases[0].optimizer.momentum=0.5", "~ recipe.phases[0].optimizer.momentum: 0.9 -> 0.5\n");
    row("optimizer.momentum=0.5", "~ recipe.phases[0].optimizer.momentum: 0.9 -> 0.5\n");
    row("optimizer.lr=.5", "~ recipe.phases[0].optimizer.lr: 0.1 -> 0.5\n");
    row("optimizer.lr=1", "~ recipe.phases[0].optimizer.lr: 0.1 -> 1\n");
    row("optimizer.nesterov=true", "+ recipe.phases[0].optimizer.nesterov: true\n");
    row("optimizer.momentum=null", "- recipe.phases[0].optimizer.momentum: 0.9\n");
    row("optimizer.type=adamw",
        "~ recipe.phases[0].optimizer.type: \"sgd\" -> \"adamw\"\n- recipe.phases[0].optimizer.lr: 0.1\n- "
        "recipe.phases[0].optimizer.momentum: 0.9\n");
    row("optimizer.type=sgd", "");
    row("schedule={\"type\": \"step\", \"step_size\": 3}",
        "~ recipe.phases[0].schedule.type: \"constant\" -> \"step\"\n+ recipe.phases[0].schedule.step_size: 3\n");
    row("schedule.warmup_steps=5", "+ recipe.phases[0].schedule.warmup_steps: 5\n");
    row("phases[train].epochs=3", "~ recipe.phases[0].epochs: 10 -> 3\n");
    row("batch=64", "~ recipe.phases[0].batch: 32 -> 64\n");
    row("clip_norm=1", "+ recipe.phases[0].clip_norm: 1.0\n");
    row("clip_norm=null", "");
    row("precision=f64", "~ recipe.phases[0].precision: \"f32\" -> \"f64\"\n");
    row("losses=[{\"node\": \"3\"}]",
        "+ recipe.phases[0].losses[0]: {\"node\":\"0000000000000003\",\"output\":0,\"weight\":1.0}\n");
    row("seed=18446744073709551615", "~ recipe.seed: 0 -> 18446744073709551615\n");
    row("name=123", "~ name: \"sample\" -> \"123\"\n");
    row("name=\"123\"", "~ name: \"sample\" -> \"123\"\n");
    row("name=a=b c", "~ name: \"sample\" -> \"a=b c\"\n");
    row("data.source=digits/train", "~ data.source: \"\" -> \"digits/train\"\n");
    row("data.options.noise=0.25", "+ data.options: {\"noise\":0.25}\n");
    row("data.bindings.0000000000000001.mean=[0.5]", "+ data.bindings.input.mean: [0.5]\n");
    row("nodes[hidden].fields.out_features=64", "~ hidden.fields.out_features: 128 -> 64\n");
    row("nodes[0000000000000002].fields.out_features=64", "~ hidden.fields.out_features: 128 -> 64\n");
    row("nodes[1].fields.bias=false", "+ hidden.fields.bias: false\n");
    row("nodes[relu].type=GELU", "~ relu.type: \"ReLU\" -> \"GELU\"\n");
    row("nodes[input].name=pixels", "~ pixels.name: \"input\" -> \"pixels\"\n");
    row("nodes[relu].fields.texts=5", "+ relu.fields.texts: 5\n");
  }
  void values() {
    QFETCH(QString, assignment);
    QFETCH(QString, changed);
    const Document before = sample();
    Document after = before;
    const auto changes = set(before, assignment.toStdString());
    QVERIFY2(changes, changes ? "" : qPrintable(said(changes.error())));
    QVERIFY(after.apply(*changes));
    QCOMPARE(QString::fromStdString(toString(diff(before, after))), changed);
    QVERIFY(after.node(1)->extras == "{\"kept\":1}");
  }

  void mistakes_data() {
    QTest::addColumn<QString>("assignment");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* assignment, const char* says) {
      QTest::newRow(assignment) << QString(assignment) << QString(says);
    };
    row("batch", "PATH=VALUE");
    row("=3", "PATH=VALUE");
    row("bach=3", "but got bach; write batch");
    row("optimizer.momentun=0.9", "but got momentun; write momentum");
    row("optimizer.type=adm", "but got adm; write adam");
    row("schedule.type=cosin", "write cosine");
    row("optimizer.lr=-1", "a number of at least 0");
    row("optimizer=3", "an object");
    row("optimizer.lr.x=3", "nothing after recipe.phases[0].optimizer.lr, which has no members");
    row("batch=many", "a whole number");
    row("batch=0", "a whole number of at least 1");
    row("batch=2.5", "a whole number");
    row("batch=", "a whole number");
    row("shuffle=yes", "true or false");
    row("recipe.phases.batch=3", "a number in brackets after recipe.phases");
    row("recipe.phases[1].batch=3", "an element from 0 to 0, or its name");
    row("recipe.phases[0=3", "a path like");
    row("recipe..seed=3", "a path like");
    row("[0]=3", "a path like");
    row("recipe.phases[0]batch=3", "a path like");
    row("recipe[0].x=3", "no number in brackets after recipe, which is no list");
    row("nodes[hiden].fields.p=3", "but got hiden; write hidden");
    row("nodes[hidden].fild=3", "write fields");
    row("nodes[hidden].id=\"1\"", "0000000000000001 twice");
    row("nodes[hidden].name=relu", "relu twice");
    row("wires[0].from=\"3\"", "a network without cycles");
    row("netwright=2", "format version 1 or older");
    row("data.sorce=x", "write source");
    row("data.split.validation=2", "a part from 0 up to but not 1");
    row("recipe.phases[0].losses[0].weight=2", "a list that is not empty");
    row("seed=18446744073709551616", "a whole number");
  }
  void mistakes() {
    QFETCH(QString, assignment);
    QFETCH(QString, says);
    const auto changes = set(sample(), assignment.toStdString());
    QVERIFY(!changes);
    QVERIFY2(said(changes.error()).contains(says), qPrintable(said(changes.error())));
    QVERIFY(changes.error().place.kind == Place::Kind::field);
  }

  void whichOfTwoPhasesMustBeSaid() {
    Document document = sample();
    Transaction t(document);
    Recipe recipe = document.recipe();
    recipe.phases.push_back(recipe.phases[0]);
    recipe.phases[1].name = "tune";
    QVERIFY(t.setRecipe(recipe));
    QVERIFY(document.apply(*t.finish()));
    QVERIFY(said(set(document, "batch=3").error()).contains("write recipe.phases[0].batch"));
    QVERIFY(set(document, "phases[tune].batch=3"));
    QVERIFY(set(document, "seed=3"));
  }

  void differencesAreToldNodeByNode() {
    const Document before = sample();
    Document after = before;
    Transaction t(after);
    document::Node gelu;
    gelu.id = 4, gelu.type = "GELU", gelu.fields = {{"approximate", std::string("tanh")}};
    QVERIFY(t.addNode(gelu));
    QVERIFY(t.removeNode(3));
    QVERIFY(t.connect(2, 0, 4, 0));
    QVERIFY(t.connect(1, 1, 2, 0));
    QVERIFY(t.rename(1, "pixels"));
    QVERIFY(t.move(2, Position{1, 2}));
    QVERIFY(t.setName("other"));
    QVERIFY(after.apply(*t.finish()));
    QCOMPARE(toString(diff(before, after)), std::string(R"(~ name: "sample" -> "other"
- relu: ReLU
+ gelu: GELU
+ gelu.fields.approximate: "tanh"
~ pixels.name: "input" -> "pixels"
~ input 0 of hidden: input -> output 1 of pixels
- input 0 of relu: hidden
+ input 0 of gelu: hidden
)"));
    QVERIFY(diff(before, before).empty());
    QCOMPARE(diff(before, after, true).size(), diff(before, after).size() + 1);
    const auto differences = diff(before, after);
    QVERIFY((differences[1] == Difference{Difference::Kind::removed, 3, "relu", "ReLU", ""}));
  }
};

QTEST_APPLESS_MAIN(DocumentSetTest)
#include "document_set_test.moc"
