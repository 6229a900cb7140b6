// netw tune: measures, keeps what is better, and other verbs follow it; a file that does not hold is told and not used.
#include "tests/app/netw_program.h"

// Points, made pictures, through convolutions.
constexpr const char* kPictures = R"({"netwright":1,"name":"pictures","nodes":[
    {"id":"0000000000000001","type":"Input","name":"point","fields":{"shape":[2]}},
    {"id":"0000000000000002","type":"Linear","name":"wide","fields":{"out_features":288}},
    {"id":"0000000000000003","type":"Reshape","name":"picture","fields":{"shape":[-1,8,6,6]}},
    {"id":"0000000000000004","type":"Conv2d","name":"conv","fields":{"out_channels":16}},
    {"id":"0000000000000005","type":"Conv2d","name":"conv2","fields":{"out_channels":8}},
    {"id":"0000000000000006","type":"Flatten","name":"flat"},
    {"id":"0000000000000007","type":"Linear","name":"scores","fields":{"out_features":3}},
    {"id":"0000000000000008","type":"Target","name":"label"},
    {"id":"0000000000000009","type":"CrossEntropyLoss","name":"loss"}],
    "wires":[
    {"from":"0000000000000001","to":"0000000000000002"},{"from":"0000000000000002","to":"0000000000000003"},
    {"from":"0000000000000003","to":"0000000000000004"},{"from":"0000000000000004","to":"0000000000000005"},
    {"from":"0000000000000005","to":"0000000000000006"},{"from":"0000000000000006","to":"0000000000000007"},
    {"from":"0000000000000007","to":"0000000000000009","input":0},{"from":"0000000000000008","to":"0000000000000009","input":1}],
    "data":{"source":"spirals"},
    "recipe":{"seed":7,"phases":[{"optimizer":{"type":"sgd","lr":0.01},"batch":50,"steps":3}]}})";

class NetwTuneTest : public QObject {
  Q_OBJECT
 private slots:
  void measuresAndKeeps() {
    Folder folder;
    folder.choices = "cache/choices.json";
    SUCCEEDS(folder.run({"new", "xor", "p.netw"}));
    const Ended ended = folder.run({"tune", "--net", "c", "--threads", "2", "--seconds", "0.002", "--json"});
    SUCCEEDS(ended);
    const QJsonObject result = ended.json();
    QCOMPARE(result["file"].toString(), "cache/choices.json");
    QCOMPARE(result["threads"].toInt(), 2);
    const QJsonArray shapes = result["shapes"].toArray();
    QSet<QString> seen;
    int chosen = 0;
    for (const QJsonValue& shape : shapes) {
      const QString what = shape["what"].toString(), rule = shape["rule"].toString(), best = shape["chosen"].toString();
      QVERIFY2(!seen.contains(what), qPrintable(what));
      seen.insert(what);
      QVERIFY2(shape["ways_ms"][rule].toDouble() > 0 && shape["ways_ms"][best].toDouble() > 0, qPrintable(what));
      chosen += rule != best;
      if (rule != best) QVERIFY2(shape["gain"].toDouble() > 1 / 0.95, qPrintable(what));
      else QCOMPARE(shape["gain"].toDouble(), 1.0);
    }
    const auto has = [&](const char* words) { return std::any_of(seen.begin(), seen.end(), [&](const QString& s) { return s.contains(words); }); };
    for (const char* words : {"conv2d forward 128x", "conv2d backward data 128x", "conv2d backward weights 128x", "conv2d forward 1x", "weights prepared", "product "}) QVERIFY2(has(words), words);
    QCOMPARE(result["stored"].toInt(), chosen);
    const QJsonObject file = QJsonDocument::fromJson(folder.read("cache/choices.json")).object();
    QCOMPARE(file["choices"].toArray().size(), chosen);

    // What was measured for others stays; measured again, a shape has its newest answer.
    SUCCEEDS(folder.run({"tune", "p.netw", "--seconds", "0.001"}));
    QVERIFY(QJsonDocument::fromJson(folder.read("cache/choices.json")).object()["choices"].toArray().size() >= chosen);
    const Ended reset = folder.run({"tune", "--reset", "--json"});
    SUCCEEDS(reset);
    QCOMPARE(reset.json()["stored"].toInt(), 0);
    QVERIFY(!folder.has("cache/choices.json"));
  }

  // Choices for a project of pictures: what train does is recorded, and check tells it.
  void othersFollow() {
    Folder folder;
    folder.choices = folder.path("choices.json");
    QVERIFY(folder.write("p.netw", kPictures));
    const Ended first = folder.run({"check", "p.netw", "--json"});
    SUCCEEDS(first);
    QVERIFY(first.json()["plan"]["choices"].toObject().isEmpty());
    const Ended tuned = folder.run({"tune", "p.netw", "--seconds", "0.001", "--json"});
    SUCCEEDS(tuned);
    // On a machine where the rules are the best there is nothing to follow: say another way for each convolution.
    QJsonArray choices;
    for (const QJsonValue& shape : tuned.json()["shapes"].toArray()) {
      const QStringList ways = shape["ways_ms"].toObject().keys();
      for (const QString& way : ways)
        if (way != shape["rule"].toString()) {
          choices.append(QJsonObject{{"what", shape["what"]}, {"way", way}, {"seconds", 1}, {"rule_seconds", 2}});
          break;
        }
    }
    QVERIFY(choices.size() >= 6);
    QJsonObject file = QJsonDocument::fromJson(folder.read("choices.json")).object();
    file["choices"] = choices;
    QVERIFY(folder.write("choices.json", QJsonDocument(file).toJson()));
    const Ended second = folder.run({"check", "p.netw", "--json"});
    SUCCEEDS(second);
    const QJsonObject followed = second.json()["plan"]["choices"].toObject();
    QVERIFY(followed.size() >= 6);
    const Ended trained = folder.run({"train", "p.netw", "--out", "run", "--json"});
    SUCCEEDS(trained);
    const QJsonObject recorded = QJsonDocument::fromJson(folder.read("run/run.json")).object()["choices"].toObject();
    QCOMPARE(recorded, followed);
    SUCCEEDS(folder.run({"eval", "run"}));

    const QJsonObject ways = folder.run({"devices", "--json"}).json()["choices"].toObject();
    QCOMPARE(ways["measured"].toInt(), int(choices.size()));
    QCOMPARE(ways["file"].toString(), folder.choices);
    file["processor"] = "another one";
    QVERIFY(folder.write("choices.json", QJsonDocument(file).toJson()));
    const Ended foreign = folder.run({"check", "p.netw", "--json"});
    SUCCEEDS(foreign);
    QVERIFY2(foreign.err.contains("another one") && foreign.err.count('\n') == 1, foreign.err.constData());
    QVERIFY(foreign.json()["plan"]["choices"].toObject().isEmpty());
    QVERIFY(folder.write("choices.json", "{"));
    const Ended broken = folder.run({"check", "p.netw", "--json"});
    SUCCEEDS(broken);
    QVERIFY2(broken.err.startsWith("note: ") && broken.err.count('\n') == 1, broken.err.constData());
    // The run goes on with what it recorded.
    SUCCEEDS(folder.run({"train", "p.netw", "--out", "run", "--resume", "--json"}));
    QCOMPARE(QJsonDocument::fromJson(folder.read("run/run.json")).object()["choices"].toObject(), followed);
    const Ended measured = folder.run({"tune", "p.netw", "--seconds", "0.001"});  // writes over what is broken
    SUCCEEDS(measured);
    QVERIFY(folder.run({"check", "p.netw", "--json"}).err.isEmpty());
  }

  void wrongUsage() {
    Folder folder;
    QCOMPARE(folder.run({"tune", "--reset"}).status, 1);  // NETWRIGHT_CHOICES=none
    folder.choices = "choices.json";
    QCOMPARE(folder.run({"tune", "--net", "z"}).status, 2);
    QCOMPARE(folder.run({"tune", "--net", "a", "--seconds", "0"}).status, 2);
    QCOMPARE(folder.run({"tune", "p.netw", "--net", "a"}).status, 2);
    QCOMPARE(folder.run({"tune", "nowhere.netw"}).status, 1);
    QVERIFY(!folder.has("choices.json"));
  }
};

QTEST_GUILESS_MAIN(NetwTuneTest)
#include "netw_tune_test.moc"
