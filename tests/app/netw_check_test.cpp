// netw check and draw: what is told of a model without running it; every mistake in a project is a sentence with a place.
#include <QXmlStreamReader>

#include "tests/app/netw_program.h"

namespace {

// The xor template with one text replaced by another.
QByteArray changed(const Folder& folder, const QByteArray& from, const QByteArray& to) {
  QByteArray project = folder.read("xor.netw");
  return project.contains(from) ? project.replace(from, to) : QByteArray("the text is not there");
}

}  // namespace

class NetwCheckTest : public QObject {
  Q_OBJECT
 private slots:
  void jsonHasTheKeysOfTheContract() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    const Ended ended = folder.run({"check", "xor.netw", "--json"});
    SUCCEEDS(ended);
    const QJsonObject json = ended.json();
    QCOMPARE(json["parameters"].toInt(), 2 * 8 + 8 + 8 * 2 + 2);
    QCOMPARE(json["trainable"].toInt(), 42);
    QCOMPARE(json["memory"]["parameters"].toInt(), 42 * 4);
    QCOMPARE(json["memory"]["state"].toInt(), 2 * 42 * 4);  // Adam's two moments
    for (const char* kind : {"activations", "workspace", "plan", "data", "base", "peak"}) QVERIFY2(json["memory"][kind].isDouble(), kind);
    QVERIFY(json["memory"]["peak"].toDouble() >= json["memory"]["plan"].toDouble() + json["memory"]["data"].toDouble() + json["memory"]["base"].toDouble());
    QVERIFY(json["flops"]["forward"].toInt() >= 2 * (2 * 8 + 8 * 2));
    QVERIFY(json["flops"]["step"].toInt() > 2 * json["flops"]["forward"].toInt());
    QCOMPARE(json["nodes"].toArray().size(), 6);
    const QJsonObject hidden = json["nodes"][1].toObject();
    QCOMPARE(hidden["id"].toString().size(), 16);
    QCOMPARE(hidden["name"].toString(), "hidden");
    QCOMPARE(hidden["type"].toString(), "Linear");
    const QJsonArray inputs = {QJsonArray{"N", 2}}, outputs = {QJsonArray{"N", 8}};
    QCOMPARE(hidden["inputs"].toArray(), inputs);
    QCOMPARE(hidden["outputs"].toArray(), outputs);
    QCOMPARE(hidden["parameters"].toInt(), 24);
    QCOMPARE(json["problems"].toArray(), QJsonArray());
  }

  void activationsGrowWithTheBatchAndParametersDoNot() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "spirals"}));
    const QJsonObject small = folder.run({"check", "spirals.netw", "--batch", "64", "--json"}).json();
    const QJsonObject large = folder.run({"check", "spirals.netw", "--batch", "4096", "--json"}).json();
    QVERIFY(large["memory"]["activations"].toDouble() > 32 * small["memory"]["activations"].toDouble());
    QCOMPARE(large["memory"]["parameters"], small["memory"]["parameters"]);
    QCOMPARE(large["flops"]["forward"], small["flops"]["forward"]);
  }

  // Where it would not fit it says so, and for how many samples there is room; that is a hint, for another machine may have more.
  void theLargestBatchThatFits() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "spirals"}));
    const QJsonObject fits = folder.run({"check", "spirals.netw", "--json"}).json();
    const double machine = fits["memory"]["machine"].toDouble();
    QVERIFY(machine > 1e8 && fits["memory"]["peak"].toDouble() < machine);
    const int rows = fits["memory"]["largest_batch"].toInt();
    QVERIFY(rows > 100);  // all that there are to train on
    QVERIFY(fits["problems"].toArray().isEmpty());

    const Ended ended = folder.run({"check", "spirals.netw", "--json", "--batch", "2000000000"});
    SUCCEEDS(ended);
    const QJsonObject large = ended.json();
    QVERIFY(large["memory"]["peak"].toDouble() > machine);
    QCOMPARE(large["memory"]["largest_batch"].toInt(), rows);
    const QJsonObject lint = large["problems"].toArray().first().toObject();
    QCOMPARE(lint["severity"].toString(), "lint");
    QVERIFY2(lint["needs"].toString().contains("of memory for a run at batch 2000000000"), qPrintable(lint["needs"].toString()));
    QCOMPARE(lint["fix"].toString(), QString("make the batch %1 at most, which fits").arg(rows));
    // Layers for which there is room for some: that many fit, and one more does not.
    const QStringList wide{"check", "spirals.netw", "--json", "--set", "nodes[second].fields.out_features=400000", "--batch"};
    const QJsonObject some = folder.run(wide + QStringList{"1"}).json();
    const int64_t largest = int64_t(some["memory"]["largest_batch"].toDouble());
    if (largest < 1 || largest >= rows) return;  // a machine that is far from what such layers need
    QVERIFY(folder.run(wide + QStringList{QString::number(largest)}).json()["memory"]["peak"].toDouble() <= machine);
    const QJsonObject more = folder.run(wide + QStringList{QString::number(largest + 1)}).json();
    QVERIFY(more["memory"]["peak"].toDouble() > 0.999 * machine);
  }

  // What it forecasts is what training takes: the plan to the byte, the process never more and not much less.
  void theForecastHolds_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("options");
    for (const char* name : {"xor", "spirals", "fashion-mlp", "fashion-cnn"}) QTest::newRow(name) << name << QStringList();
    QTest::newRow("large batches") << "fashion-mlp" << QStringList{"--batch", "1000"};
    QTest::newRow("large layers") << "spirals" << QStringList{"--set", "nodes[second].fields.out_features=3000", "--batch", "1000"};
  }
  void theForecastHolds() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    QSKIP("a sanitizer's own memory is not forecast");
#endif
    QFETCH(QString, name);
    QFETCH(QStringList, options);
    const Folder folder;
    SUCCEEDS(folder.run({"new", name, "p.netw"}));
    const QJsonObject forecast = folder.run(QStringList{"check", "p.netw", "--json"} + options).json()["memory"].toObject();
    const Ended trained = folder.run(QStringList{"train", "p.netw", "--steps", "3", "--json"} + options);
    SUCCEEDS(trained);
    const QJsonValue memory = trained.json()["memory"];
    QCOMPARE(memory["plan"], forecast["plan"]);
    const double told = forecast["peak"].toDouble(), taken = memory["peak"].toDouble();
    QVERIFY2(taken > 0 && taken <= told && told <= 1.1 * taken, qPrintable(QStringLiteral("%1 KiB forecast, %2 KiB taken").arg(told / 1024).arg(taken / 1024)));
  }

  // What the passes did to the plan; a network of pictures lies channels last all along.
  void thePlanIsTold() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "fashion-cnn", "p.netw"}));
    const Ended ended = folder.run({"check", "p.netw", "--json"});
    SUCCEEDS(ended);
    const QJsonObject plan = ended.json()["plan"].toObject();
    QVERIFY(plan["channels_last"].toInt() >= 9);  // convolution, norm and pooling, three times each
    QVERIFY(plan["fused"].toInt() >= 3);
    QVERIFY(plan["steps"].toInt() > plan["channels_last"].toInt());
    QCOMPARE(plan["reorders"].toInt() > 0, plan["reorder_bytes"].toDouble() > 0);
    QVERIFY(plan["arena"].toDouble() <= 1.05 * plan["arena_bound"].toDouble());
    QVERIFY(folder.run({"check", "p.netw"}).out.contains(QStringLiteral("%1 with channels last").arg(plan["channels_last"].toInt()).toUtf8()));
  }

  void mistakesAreProblemsWithAPlace_data() {
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    QTest::addColumn<QString>("node");
    QTest::addColumn<QString>("place");
    QTest::addColumn<QString>("says");
    QTest::newRow("unknown type") << QByteArray("\"Tanh\"") << QByteArray("\"Tahn\"") << "tanh" << "" << "Tanh";
    QTest::newRow("field out of range") << QByteArray("\"out_features\": 8") << QByteArray("\"out_features\": 0") << "hidden" << "out_features" << "at least 1";
    QTest::newRow("unknown field") << QByteArray("\"out_features\": 8") << QByteArray("\"out_feature\": 8") << "hidden" << "out_feature" << "out_features";
    QTest::newRow("field of another kind") << QByteArray("\"out_features\": 8") << QByteArray("\"out_features\": \"many\"") << "hidden" << "out_features" << "many";
    QTest::newRow("sample of another shape") << QByteArray("\"shape\": [2]") << QByteArray("\"shape\": [3]") << "points" << "shape" << "column point";
    QTest::newRow("too few scores") << QByteArray("\"out_features\": 2}") << QByteArray("\"out_features\": 1}") << "loss" << "" << "2 scores";
    QTest::newRow("sizes of 2^62") << QByteArray("\"out_features\": 8") << QByteArray("\"out_features\": 4611686018427387904") << "hidden" << "" << "memory";
  }
  void mistakesAreProblemsWithAPlace() {
    QFETCH(QByteArray, from);
    QFETCH(QByteArray, to);
    QFETCH(QString, node);
    QFETCH(QString, place);
    QFETCH(QString, says);
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    QVERIFY(folder.write("broken.netw", changed(folder, from, to)));
    const Ended ended = folder.run({"check", "broken.netw", "--json"});
    QCOMPARE(ended.status, 1);
    const QJsonArray problems = ended.json()["problems"].toArray();
    QVERIFY2(!problems.isEmpty(), ended.out.constData());
    const QJsonObject first = problems[0].toObject();
    for (const char* key : {"node", "place", "severity", "text", "needs", "got", "fix"}) QVERIFY2(first.contains(key), key);
    QCOMPARE(first["node"].toString(), node);
    if (!place.isEmpty()) QCOMPARE(first["place"].toString(), place);
    QCOMPARE(first["severity"].toString(), "problem");
    QVERIFY2(first["text"].toString().contains(says), qPrintable(first["text"].toString()));
    // Training says the same and writes nothing.
    const Ended trained = folder.run({"train", "broken.netw", "--out", "run"});
    QCOMPARE(trained.status, 1);
    QVERIFY2(!trained.err.isEmpty() && !folder.has("broken.safetensors"), trained.err.constData());
  }

  void aFileThatIsNoProjectIsOneSentence_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("truncated") << QByteArray("{\"netwright\": 1, \"nodes\": [{\"id\": \"1\"");
    QTest::newRow("deep") << QByteArray(100000, '[');
    QTest::newRow("not ours") << QByteArray("{}");
    QTest::newRow("newer") << QByteArray("{\"netwright\": 99}");
    QTest::newRow("cycle") << QByteArray("{\"netwright\": 1, \"nodes\": [{\"id\": \"1\", \"type\": \"ReLU\", \"name\": \"a\"}, {\"id\": \"2\", \"type\": \"ReLU\", \"name\": \"b\"}],"
                                         "\"wires\": [{\"from\": \"1\", \"to\": \"2\"}, {\"from\": \"2\", \"to\": \"1\"}]}");
  }
  void aFileThatIsNoProjectIsOneSentence() {
    QFETCH(QByteArray, text);
    const Folder folder;
    QVERIFY(folder.write("p.netw", text));
    for (const char* verb : {"check", "train", "eval"}) {
      const Ended ended = folder.run({verb, "p.netw"});
      QCOMPARE(ended.status, 1);
      QVERIFY2(ended.err.startsWith("netw: p.netw") && ended.err.contains("needs "), ended.err.constData());
      QCOMPARE(ended.err.count('\n'), 1);
    }
  }

  void lintsDoNotChangeTheStatus() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    QVERIFY(folder.write("odd.netw", changed(folder, "\"Tanh\"", "\"Dropout\", \"fields\": {\"p\": 0}")));
    const Ended ended = folder.run({"check", "odd.netw", "--json"});
    SUCCEEDS(ended);
    QCOMPARE(ended.json()["problems"].toArray().size(), 1);
    QCOMPARE(ended.json()["problems"][0]["severity"].toString(), "lint");
    QCOMPARE(ended.json()["problems"][0]["place"].toString(), "p");
    QVERIFY(folder.run({"check", "odd.netw"}).out.contains("lint: tanh, p: needs "));
  }

  void drawings() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "fashion-mlp", "p.netw"}));
    QByteArray bare = folder.read("p.netw");
    bare.replace("\"position\"", "\"was\"").replace("\"flatten\"", "\"a<b>&\\\"c\\\"\"");
    QVERIFY(folder.write("bare.netw", bare));
    for (const char* name : {"p", "bare"}) {
      SUCCEEDS(folder.run({"draw", QStringLiteral("%1.netw").arg(name), "a.svg"}));
      const QByteArray picture = folder.read("a.svg");
      QXmlStreamReader xml(picture);
      int boxes = 0, wires = 0;
      while (!xml.atEnd())
        if (xml.readNext() == QXmlStreamReader::StartElement) boxes += xml.name() == u"rect", wires += xml.name() == u"path";
      QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
      QCOMPARE(boxes, 13 + 1);  // one is the paper
      QCOMPARE(wires, 12);
      SUCCEEDS(folder.run({"draw", QStringLiteral("%1.netw").arg(name), "b.svg"}));
      QCOMPARE(folder.read("b.svg"), picture);
      SUCCEEDS(folder.run({"draw", QStringLiteral("%1.netw").arg(name), "a.dot"}));
      QCOMPARE(folder.read("a.dot").count(" -> "), 12);
    }
  }
};

QTEST_GUILESS_MAIN(NetwCheckTest)
#include "netw_check_test.moc"
