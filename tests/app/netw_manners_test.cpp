// The manners of netw: statuses, help, mistakes in the command line, where results and talk go, templates.
#include "tests/app/netw_program.h"

class NetwMannersTest : public QObject {
  Q_OBJECT
 private slots:
  void wrongUsageIsStatus2_data() {
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("nothing") << QStringList{} << QByteArray("usage: netw VERB");
    QTest::newRow("misspelt verb") << QStringList{"trian", "p.netw"} << QByteArray("did you mean train?");
    QTest::newRow("help for a verb to come") << QStringList{"help", "runs"} << QByteArray("does not have the verb runs yet");
    QTest::newRow("misspelt option") << QStringList{"train", "p.netw", "--epoch", "3"} << QByteArray("did you mean --epochs?");
    QTest::newRow("misspelt option with =") << QStringList{"train", "p.netw", "--sede=3"} << QByteArray("did you mean --seed?");
    QTest::newRow("no such option") << QStringList{"devices", "--frobnicate"} << QByteArray("there is no option --frobnicate");
    QTest::newRow("no model") << QStringList{"train"} << QByteArray("MODEL is missing");
    QTest::newRow("no number") << QStringList{"train", "p.netw", "--epochs", "many"} << QByteArray("many");
    QTest::newRow("a number and more") << QStringList{"train", "p.netw", "--epochs", "3x"} << QByteArray("takes a whole number, but got 3x");
    QTest::newRow("a number past 2^63") << QStringList{"train", "p.netw", "--epochs", "99999999999999999999"} << QByteArray("to 9223372036854775807, but got 99999999999999999999");
    QTest::newRow("not a number") << QStringList{"train", "p.netw", "--lr", "nan"} << QByteArray("takes a number, but got nan");
    QTest::newRow("infinity in a list") << QStringList{"train", "p.netw", "--split", "0.5,inf"} << QByteArray("takes a number, but got inf");
    QTest::newRow("negative seed") << QStringList{"train", "p.netw", "--seed", "-1"} << QByteArray("--seed");
    QTest::newRow("option without value") << QStringList{"train", "p.netw", "--epochs"} << QByteArray("--epochs");
    QTest::newRow("too many arguments") << QStringList{"data", "xor", "moons"} << QByteArray("moons");
    QTest::newRow("no such word") << QStringList{"train", "p.netw", "--device", "gpu"} << QByteArray("auto|cpu|cuda|cuda:N");
    QTest::newRow("no number of a device") << QStringList{"train", "p.netw", "--device", "cuda:x"} << QByteArray("auto|cpu|cuda|cuda:N");
    QTest::newRow("help for a misspelt verb") << QStringList{"help", "chek"} << QByteArray("did you mean check?");
    QTest::newRow("misspelt template") << QStringList{"new", "spiral"} << QByteArray("did you mean spirals?");
    QTest::newRow("no such reference network") << QStringList{"bench", "z"} << QByteArray("a, b, b128, c, d, e, f, g, h");
  }
  void wrongUsageIsStatus2() {
    QFETCH(QStringList, words);
    QFETCH(QByteArray, said);
    const Ended ended = Folder().run(words);
    QCOMPARE(ended.status, 2);
    QVERIFY2(ended.err.contains(said), ended.err.constData());
    QCOMPARE(ended.out, QByteArray());
  }

  void everyVerbHasHelpWithAnExample() {
    const Folder folder;
    const Ended all = folder.run({"help"});
    SUCCEEDS(all);
    int verbs = 0;
    for (const QByteArray& line : all.lines()) {
      if (!line.startsWith("  ") || line.startsWith("  -") || line.startsWith("  help")) continue;
      const QString verb = QString::fromUtf8(line.trimmed().split(' ').first());
      const Ended one = folder.run({"help", verb});
      SUCCEEDS(one);
      QVERIFY2(one.out.startsWith("usage: netw " + verb.toUtf8()), one.out.constData());
      QVERIFY2(one.out.contains("example: netw " + verb.toUtf8()), one.out.constData());
      QCOMPARE(folder.run({verb, "--help"}).out, one.out);
      ++verbs;
    }
    QVERIFY2(verbs >= 10, all.out.constData());
  }

  void versionTellsTheInstructionSet() {
    const Ended ended = Folder().run({"--version"});
    SUCCEEDS(ended);
    QVERIFY(ended.out.startsWith("netw "));
    QVERIFY(ended.out.contains("instruction set: "));
    QVERIFY(ended.out.contains("CUDA: "));
  }

  void devices() {
    const Ended ended = Folder().run({"devices", "--json"});
    SUCCEEDS(ended);
    const QJsonObject json = ended.json();
    QVERIFY(json["cpu"]["name"].isString());
    QVERIFY(json["cpu"]["cores"].toInt() >= 1);
    QVERIFY(QStringList({"baseline", "avx2", "avx512"}).contains(json["cpu"]["isa"].toString()));
    QVERIFY(json["cuda"].isArray());
    QVERIFY(json["default_reason"].isString());
    const bool onCuda = !json["cuda"].toArray().isEmpty();
    QCOMPARE(json["default"].toString(), onCuda ? "cuda" : "cpu");
    QCOMPARE(json["cuda_reason"].isString(), !onCuda);
  }

  // Without a module, without a driver, with a file that is none: the processor, and one sentence says why.
  void devicesWithoutCuda_data() {
    QTest::addColumn<QString>("module");
    QTest::addColumn<QString>("reason");
    QTest::newRow("no module") << "/nowhere/at/all.so" << "this build has no CUDA module";
    // Without a driver nobody looks into it.
    QTest::newRow("a file that is none") << "no_module.so" << (QLibrary("libcuda.so.1").load() ? "the CUDA module cannot be loaded" : "this machine has no NVIDIA driver");
  }
  void devicesWithoutCuda() {
    QFETCH(QString, module);
    QFETCH(QString, reason);
    const Folder folder;
    QVERIFY(folder.write("no_module.so", "this is no library"));
    SUCCEEDS(folder.run({"new", "xor"}));
    qputenv("NETWRIGHT_CUDA_MODULE", (module.startsWith('/') ? module : folder.path(module)).toUtf8());
    const Ended devices = folder.run({"devices"}), automatic = folder.run({"train", "xor.netw", "--steps", "2"}),
                wished = folder.run({"train", "xor.netw", "--steps", "2", "--device", "cuda"});
    qunsetenv("NETWRIGHT_CUDA_MODULE");
    SUCCEEDS(devices);
    QVERIFY2(devices.out.contains("cuda  none: " + reason.toUtf8()), devices.out.constData());
    SUCCEEDS(automatic);
    QVERIFY2(automatic.err.contains("computes on the processor (" + reason.toUtf8()), automatic.err.constData());
    QCOMPARE(wished.status, 1);
    QVERIFY2(wished.err.contains(reason.toUtf8()), wished.err.constData());
  }

  void templatesAreListedNameFirstAndCopied() {
    const Folder folder;
    const Ended list = folder.run({"new"});
    SUCCEEDS(list);
    QStringList names;
    for (const QByteArray& line : list.lines()) names << QString::fromUtf8(line.split(' ').first());
    for (const char* name : {"fashion-mlp", "spirals", "xor"}) QVERIFY2(names.contains(name), list.out.constData());
    for (const QString& name : names) {
      SUCCEEDS(folder.run({"new", name}));
      QVERIFY(folder.has(name + ".netw"));
      const Ended checked = folder.run({"check", name + ".netw", "--json"});
      SUCCEEDS(checked);
      QVERIFY2(checked.json()["problems"].toArray().isEmpty(), checked.out.constData());
    }
  }

  void newNeverOverwrites() {
    const Folder folder;
    QVERIFY(folder.write("mine.netw", "mine"));
    const Ended ended = folder.run({"new", "xor", "mine.netw"});
    QCOMPARE(ended.status, 1);
    QCOMPARE(folder.read("mine.netw"), QByteArray("mine"));
  }

  void failuresAreStatus1AndSayWhatToDo_data() {
    QTest::addColumn<QStringList>("words");
    QTest::newRow("no such project") << QStringList{"train", "nothing.netw"};
    QTest::newRow("no project") << QStringList{"check", "text.netw"};
    QTest::newRow("a folder") << QStringList{"eval", "."};
    QTest::newRow("no such data") << QStringList{"data", "nowhere"};
    QTest::newRow("misspelt data") << QStringList{"data", "fashon-mnist"};
    QTest::newRow("100 000 threads") << QStringList{"train", "xor.netw", "--threads", "100000"};
    QTest::newRow("fewer threads than none") << QStringList{"eval", "xor.netw", "--threads", "-2"};
    QTest::newRow("no CUDA") << QStringList{"train", "xor.netw", "--device", "cuda:9"};
    QTest::newRow("nor to evaluate") << QStringList{"eval", "xor.netw", "--device", "cuda:9"};
    QTest::newRow("nor to answer") << QStringList{"predict", "xor.netw", "points.csv", "--device", "cuda:9"};
    QTest::newRow("nor to measure") << QStringList{"bench", "a", "--device", "cuda:9"};
    QTest::newRow("no bf16") << QStringList{"train", "xor.netw", "--precision", "bf16"};
    QTest::newRow("no such path") << QStringList{"train", "xor.netw", "--set", "optimizer.momentun=1"};
    QTest::newRow("no such optimizer") << QStringList{"train", "xor.netw", "--optimizer", "adamm"};
    QTest::newRow("no such loss") << QStringList{"train", "xor.netw", "--loss", "mean_square"};
    QTest::newRow("batch of nothing") << QStringList{"train", "xor.netw", "--batch", "0"};
    QTest::newRow("nothing to resume") << QStringList{"train", "xor.netw", "--resume"};
    QTest::newRow("a picture of another kind") << QStringList{"draw", "xor.netw", "xor.bmp"};
  }
  void failuresAreStatus1AndSayWhatToDo() {
    QFETCH(QStringList, words);
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    QVERIFY(folder.write("text.netw", "this is no project"));
    const Ended ended = folder.run(words);
    QCOMPARE(ended.status, 1);
    QVERIFY2(ended.err.startsWith("netw: ") && ended.err.contains("needs "), ended.err.constData());
    const Ended json = folder.run(words + QStringList{"--json", "--quiet"});
    QCOMPARE(json.status, 1);
    QVERIFY2(!json.json()["problem"]["needs"].toString().isEmpty(), json.out.constData());
    QVERIFY2(QDir(folder.path("xor.runs")).isEmpty(), "a run that never began leaves no folder");
  }

  void theNearestBuiltInDataAreNamed() {
    const Ended ended = Folder().run({"data", "sprials"});
    QCOMPARE(ended.status, 1);
    QVERIFY2(ended.err.contains("write spirals"), ended.err.constData());
  }

  void dataIsDescribed() {
    const Folder folder;
    const Ended ended = folder.run({"data", "spirals", "--json"});
    SUCCEEDS(ended);
    const QJsonObject json = ended.json();
    QCOMPARE(json["parts"]["train"].toInt(), 2000);
    QCOMPARE(json["parts"]["test"].toInt(), 500);
    QCOMPARE(json["columns"].toArray().size(), 2);
    QCOMPARE(json["columns"][0]["name"].toString(), "point");
    QVERIFY(json["columns"][0]["train"]["minimum"].toDouble() < -0.5);
    const QJsonArray counts = {1000, 1000};
    QCOMPARE(json["columns"][1]["train"]["counts"].toArray(), counts);
    QCOMPARE(json["columns"][1]["classes"].toArray().size(), 2);
    QCOMPARE(json["fingerprint"].toString().size(), 16);
    QVERIFY(json["fingerprint"] != folder.run({"data", "moons", "--json"}).json()["fingerprint"]);
  }

  void aResultThatCannotBeWrittenIsAFailure() {
    QProcess process;
    process.start("/bin/sh", {"-c", QStringLiteral("%1 devices > /dev/full").arg(NETW)});
    QCOMPARE(Folder::end(process).status, 1);
  }
};

QTEST_GUILESS_MAIN(NetwMannersTest)
#include "netw_manners_test.moc"
