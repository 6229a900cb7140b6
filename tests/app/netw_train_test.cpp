// netw train: what it prints and writes, and that a run is the same run however it came about: on any number of threads,
// interrupted, killed, resumed.
#include <cmath>
#include <csignal>

#include "tests/app/netw_program.h"

namespace {

const QString kCheckpoint = "checkpoint.safetensors";

// The steps that a log tells of, as (step, loss).
QList<std::pair<int, double>> stepsOf(const QByteArray& log) {
  QList<std::pair<int, double>> steps;
  for (const QByteArray& line : log.split('\n')) {
    const QJsonObject json = QJsonDocument::fromJson(line).object();
    if (json.contains("lr")) steps.append({json["step"].toInt(), json["loss"].toDouble()});
  }
  return steps;
}

bool waitForLine(const Folder& folder, const QString& log, const QByteArray& text) {
  return QTest::qWaitFor([&] { return folder.read(log).contains(text); }, 120000);
}

}  // namespace

class NetwTrainTest : public QObject {
  Q_OBJECT
 private slots:
  void lastLineIsTheResult_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<double>("least");
    QTest::newRow("xor") << "xor" << 0.97;
    QTest::newRow("spirals") << "spirals" << 0.97;
  }
  void lastLineIsTheResult() {
    QFETCH(QString, name);
    QFETCH(double, least);
    const Folder folder;
    SUCCEEDS(folder.run({"new", name, "p.netw"}));
    const Ended ended = folder.run({"train", "p.netw", "--quiet"});
    SUCCEEDS(ended);
    QCOMPARE(ended.err, QByteArray());
    const QRegularExpressionMatch match = QRegularExpression("^test accuracy (0|1)\\.[0-9]{4}$").match(ended.lastLine());
    QVERIFY2(match.hasMatch(), ended.out.constData());
    QVERIFY2(ended.lastLine().split(' ').last().toDouble() > least, ended.out.constData());
    QVERIFY(folder.has("p.safetensors"));
    QCOMPARE(folder.read("p.safetensors"), folder.read("p.runs/0001/weights.safetensors"));
    for (const char* file : {"project.netw", "run.json", "log.jsonl", "checkpoint.safetensors"}) QVERIFY2(folder.has(QStringLiteral("p.runs/0001/") + file), file);
  }

  void jsonHasTheKeysOfTheContract() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    const Ended ended = folder.run({"train", "xor.netw", "--epochs", "2", "--json", "--log", "log.jsonl"});
    SUCCEEDS(ended);
    const QJsonObject json = ended.json();
    QCOMPARE(json["run"].toString(), "xor.runs/0001");
    QCOMPARE(json["epochs"].toInt(), 2);
    QCOMPARE(json["steps"].toInt(), 2 * 57);  // 1800 of 2000 rows, 32 at a time
    QCOMPARE(json["weights"].toString(), "xor.safetensors");
    QVERIFY(json["seconds"].toDouble() > 0);
    for (const char* part : {"train", "validation", "test"})
      for (const char* number : {"loss", "accuracy"}) QVERIFY2(json[part][number].isDouble(), ended.out.constData());
    const QJsonObject recorded = QJsonDocument::fromJson(folder.read("xor.runs/0001/run.json")).object();
    for (const char* key : {"epochs", "steps"}) QCOMPARE(recorded[key], json[key]);
    QVERIFY(json["memory"]["plan"].toDouble() > 0);
    QVERIFY(json["memory"]["peak"].toDouble() > json["memory"]["plan"].toDouble());

    const auto steps = stepsOf(folder.read("log.jsonl"));
    QCOMPARE(steps.size(), 2 * 57);
    QCOMPARE(steps.first().first, 1);
    QCOMPARE(steps.last().first, 2 * 57);
    QList<QJsonObject> evaluations;
    for (const QByteArray& line : folder.read("log.jsonl").split('\n'))
      if (const QJsonObject e = QJsonDocument::fromJson(line).object(); e.contains("split")) evaluations.append(e);
    QCOMPARE(evaluations.size(), 3);
    QCOMPARE(evaluations[0]["split"].toString(), "validation");
    QCOMPARE(evaluations[0]["step"].toInt(), 57);
    QCOMPARE(evaluations[2]["split"].toString(), "test");
    QCOMPARE(evaluations[2]["loss"], json["test"]["loss"]);
    QCOMPARE(evaluations[1]["accuracy"], json["validation"]["accuracy"]);
  }

  void theSecondRunIsNumber2() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    for (const char* run : {"xor.runs/0001", "xor.runs/0002"})
      QCOMPARE(folder.run({"train", "xor.netw", "--steps", "3", "--json"}).json()["run"].toString(), run);
    QCOMPARE(folder.read("xor.runs/0001/" + kCheckpoint), folder.read("xor.runs/0002/" + kCheckpoint));
  }

  void optionsReachTheRecipe() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    SUCCEEDS(folder.run({"train", "xor.netw", "--steps", "4", "--batch", "16", "--optimizer", "sgd", "--lr", "0.5", "--momentum", "0.9", "--nesterov", "--weight-decay", "0.01",
                         "--seed", "9", "--no-shuffle", "--drop-last", "--precision", "f64", "--set", "clip_norm=1.5", "--out", "run"}));
    const QJsonObject recipe = QJsonDocument::fromJson(folder.read("run/project.netw"))["recipe"].toObject();
    const QJsonObject phase = recipe["phases"][0].toObject();
    QCOMPARE(recipe["seed"].toInt(), 9);
    QCOMPARE(phase["steps"].toInt(), 4);
    QCOMPARE(phase["batch"].toInt(), 16);
    QCOMPARE(phase["shuffle"].toBool(), false);
    QCOMPARE(phase["drop_last"].toBool(), true);
    QCOMPARE(phase["precision"].toString(), "f64");
    QCOMPARE(phase["clip_norm"].toDouble(), 1.5);
    const QJsonObject optimizer = {{"type", "sgd"}, {"lr", 0.5}, {"momentum", 0.9}, {"nesterov", true}, {"weight_decay", 0.01}};
    QCOMPARE(phase["optimizer"].toObject(), optimizer);
    QVERIFY2(folder.read("xor.netw").contains("\"adam\""), "the project itself stays as it was");
  }

  // Sizes that nothing could hold cost nothing where there are fewer rows, and nobody waits for so many epochs.
  void theLargestNumbers() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    SUCCEEDS(folder.run({"train", "xor.netw", "--batch", "9223372036854775807", "--epochs", "2", "--out", "huge"}));
    SUCCEEDS(folder.run({"train", "xor.netw", "--batch", "1800", "--epochs", "2", "--out", "all"}));
    QCOMPARE(folder.read("huge/" + kCheckpoint), folder.read("all/" + kCheckpoint));

    QProcess process;
    folder.start(process, {"train", "xor.netw", "--epochs", "9223372036854775807", "--out", "long"});
    QVERIFY(waitForLine(folder, "long/log.jsonl", "validation"));
    QCOMPARE(process.state(), QProcess::Running);
    process.terminate();
    QCOMPARE(Folder::end(process).status, 130);
  }

  void threadsDoNotChangeABit() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "spirals"}));
    for (const char* threads : {"1", "2", "3"}) SUCCEEDS(folder.run({"train", "spirals.netw", "--epochs", "2", "--batch", "200", "--threads", threads, "--out", threads}));
    const QByteArray one = folder.read("1/" + kCheckpoint);
    QVERIFY(!one.isEmpty());
    QCOMPARE(folder.read("2/" + kCheckpoint), one);
    QCOMPARE(folder.read("3/" + kCheckpoint), one);
  }

  void aRunThatIsPutTogetherIsTheRunInOnePiece() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "spirals", "p.netw"}));
    SUCCEEDS(folder.run({"train", "p.netw", "--steps", "100", "--out", "whole", "--log", "whole.jsonl"}));
    SUCCEEDS(folder.run({"train", "p.netw", "--steps", "37", "--out", "parts", "--log", "parts.jsonl"}));
    SUCCEEDS(folder.run({"train", "p.netw", "--steps", "100", "--out", "parts", "--log", "parts.jsonl", "--resume"}));
    QCOMPARE(folder.read("parts/" + kCheckpoint), folder.read("whole/" + kCheckpoint));
    const auto whole = stepsOf(folder.read("whole.jsonl"));
    QCOMPARE(whole.size(), 100);
    QCOMPARE(stepsOf(folder.read("parts.jsonl")), whole);
    // A log that begins with the resumed run has its steps only.
    SUCCEEDS(folder.run({"train", "p.netw", "--steps", "110", "--out", "parts", "--log", "new.jsonl", "--resume"}));
    QCOMPARE(stepsOf(folder.read("new.jsonl")).size(), 10);
    QCOMPARE(stepsOf(folder.read("new.jsonl")).first().first, 101);
  }

  void theCutOfTheDataIsKeptForResuming() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor", "p.netw"}));
    const QStringList train = {"train", "p.netw", "--split", "0.5,0.5", "--steps"};
    SUCCEEDS(folder.run(train + QStringList{"90", "--out", "whole"}));
    SUCCEEDS(folder.run(train + QStringList{"20", "--out", "parts"}));
    const Ended resumed = folder.run({"train", "p.netw", "--steps", "90", "--out", "parts", "--resume", "--json"});
    SUCCEEDS(resumed);
    QCOMPARE(resumed.json()["epochs"].toInt(), 3);  // 1000 rows are 32 steps
    QCOMPARE(folder.read("parts/" + kCheckpoint), folder.read("whole/" + kCheckpoint));
  }

  void shuffledOrNotByOption() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor", "p.netw"}));
    for (const char* out : {"a", "b"}) SUCCEEDS(folder.run({"train", "p.netw", "--steps", "5", "--no-shuffle", "--seed", "3", "--out", out}));
    SUCCEEDS(folder.run({"train", "p.netw", "--steps", "5", "--seed", "3", "--out", "c"}));
    QCOMPARE(folder.read("a/" + kCheckpoint), folder.read("b/" + kCheckpoint));
    QVERIFY(folder.read("a/" + kCheckpoint) != folder.read("c/" + kCheckpoint));
  }

  void aLossIsAddedToANetworkWithoutOne() {
    const Folder folder;
    QVERIFY(folder.write("bare.netw", R"({"netwright": 1, "name": "bare", "data": {"source": "xor"},
      "nodes": [{"id": "1", "type": "Input", "name": "x", "fields": {"shape": [2]}}, {"id": "2", "type": "Linear", "name": "y", "fields": {"out_features": 2}}],
      "wires": [{"from": "1", "to": "2"}]})"));
    const Ended without = folder.run({"train", "bare.netw", "--steps", "3"});
    QCOMPARE(without.status, 1);
    QVERIFY2(without.err.contains("loss"), without.err.constData());
    const Ended with = folder.run({"train", "bare.netw", "--steps", "3", "--loss", "cross_entropy", "--json"});
    SUCCEEDS(with);
    QVERIFY(with.json()["test"]["accuracy"].isDouble());
  }

  // Interrupted at some step, whichever that is on this machine: status 130, a checkpoint, and the same end.
  void interrupted_data() {
    QTest::addColumn<int>("signal");
    QTest::newRow("SIGTERM") << SIGTERM;
    QTest::newRow("SIGINT") << SIGINT;
    QTest::newRow("SIGKILL") << SIGKILL;
  }
  void interrupted() {
    QFETCH(int, signal);
    const Folder folder;
    SUCCEEDS(folder.run({"new", "spirals", "p.netw"}));
    const QStringList train = {"train", "p.netw", "--epochs", "100", "--set", "schedule.type=constant", "--out"};
    SUCCEEDS(folder.run(train + QStringList{"whole"}));

    QProcess process;
    folder.start(process, train + QStringList{"parts"});
    // The log is written through at the end of an epoch, with a checkpoint.
    QVERIFY(waitForLine(folder, "parts/log.jsonl", "validation"));
    QVERIFY(QTest::qWaitFor([&] { return folder.has("parts/" + kCheckpoint); }, 120000));
    QVERIFY2(process.state() == QProcess::Running, "it was over before it could be interrupted");
    kill(pid_t(process.processId()), signal);
    const Ended ended = Folder::end(process);
    QCOMPARE(ended.status, signal == SIGKILL ? -1 : 130);
    QVERIFY(folder.has("parts/" + kCheckpoint));
    QVERIFY(!folder.has("parts/weights.safetensors") == (signal == SIGKILL));
    QVERIFY(folder.read("parts/" + kCheckpoint) != folder.read("whole/" + kCheckpoint));

    SUCCEEDS(folder.run({"train", "p.netw", "--out", "parts", "--resume"}));
    QCOMPARE(folder.read("parts/" + kCheckpoint), folder.read("whole/" + kCheckpoint));
    QCOMPARE(stepsOf(folder.read("parts/log.jsonl")), stepsOf(folder.read("whole/log.jsonl")));
  }

  void aLossThatIsNotFiniteEndsTheRunAtItsLastGoodStep() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    const Ended ended = folder.run({"train", "xor.netw", "--optimizer", "sgd", "--lr", "3e38", "--out", "run"});
    QCOMPARE(ended.status, 1);
    QVERIFY2(ended.err.contains("needs "), ended.err.constData());
  }

  void evalOfTheTrainedIsItsLastEvaluation() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    const QJsonObject first = folder.run({"eval", "xor.netw", "--json"}).json();
    const Ended trained = folder.run({"train", "xor.netw", "--json"});
    SUCCEEDS(trained);
    for (const char* model : {"xor.netw", "xor.runs/0001"}) {
      const Ended ended = folder.run({"eval", model, "--json"});
      SUCCEEDS(ended);
      QCOMPARE(ended.json()["split"].toString(), "test");
      QCOMPARE(ended.json()["samples"].toInt(), 500);
      QCOMPARE(ended.json()["loss"], trained.json()["test"]["loss"]);
      QCOMPARE(ended.json()["accuracy"], trained.json()["test"]["accuracy"]);
    }
    QVERIFY(first["loss"].toDouble() > trained.json()["test"]["loss"].toDouble());
    QVERIFY2(folder.run({"new", "xor", "fresh.netw"}).status == 0 && folder.run({"eval", "fresh.netw"}).err.contains("never trained"), "it says so");
  }

  void predictNamesTheClasses() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    SUCCEEDS(folder.run({"train", "xor.netw"}));
    QVERIFY(folder.write("points.csv", "x,y\n0.5,0.5\n-0.5,0.5\n"));
    const Ended ended = folder.run({"predict", "xor.netw", "points.csv", "--json"});
    SUCCEEDS(ended);
    const QJsonArray answers = QJsonDocument::fromJson(ended.out).array();
    QCOMPARE(answers.size(), 2);
    QCOMPARE(answers[0]["class"].toString(), "same signs");
    QCOMPARE(answers[1]["class"].toString(), "different signs");
    QVERIFY(answers[0]["probability"].toDouble() > 0.9);
    QCOMPARE(answers[0]["top"].toArray().size(), 2);
    QVERIFY(std::abs(answers[0]["top"][0]["probability"].toDouble() + answers[0]["top"][1]["probability"].toDouble() - 1) < 1e-9);
    QVERIFY(folder.write("wrong.csv", "0.5,0.5,1\n"));
    const Ended wrong = folder.run({"predict", "xor.netw", "wrong.csv"});
    QCOMPARE(wrong.status, 1);
    QVERIFY2(wrong.err.contains("2 numbers in line 1"), wrong.err.constData());
  }

  // A table of text: its numbers are the features, its words the classes; --target says otherwise.
  void tablesOfText() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    QByteArray table = "u,v,kind\n";
    for (int i = 0; i < 200; ++i) {
      const double u = std::sin(i * 12.9898), v = std::cos(i * 78.233);
      table += QByteArray::number(u) + ',' + QByteArray::number(v) + (u * v > 0 ? ",same\n" : ",\"dif,ferent\"\n");
    }
    QVERIFY(folder.write("t.csv", table));
    const Ended trained = folder.run({"train", "xor.netw", "--data", "t.csv", "--split", "0.7,0.1,0.2", "--epochs", "60", "--json"});
    SUCCEEDS(trained);
    QVERIFY2(trained.json()["test"]["accuracy"].toDouble() > 0.8, trained.out.constData());
    const Ended evaluated = folder.run({"eval", "xor.netw", "--data", "t.csv", "--target", "kind", "--json"});
    SUCCEEDS(evaluated);
    QCOMPARE(evaluated.json()["samples"].toInt(), 200);
    QVERIFY2(folder.read("xor.safetensors").contains("dif,ferent"), "the classes' names are kept");
    const Ended described = folder.run({"data", "t.csv", "--json"});
    SUCCEEDS(described);
    QCOMPARE(described.json()["columns"][0]["name"].toString(), "features");
    QCOMPARE(described.json()["columns"][0]["shape"].toArray(), QJsonArray{2});

    QVERIFY(folder.write("first.csv", "kind,u,v\n0,0.5,2\n1,1.5,3\n"));  // the column to answer is not the last one
    const Ended guessed = folder.run({"check", "xor.netw", "--data", "first.csv", "--json"}), told = folder.run({"check", "xor.netw", "--data", "first.csv", "--target", "kind", "--json"});
    QVERIFY2(guessed.out != told.out, guessed.out.constData());
    SUCCEEDS(told);
    const Ended unchecked = folder.run({"check", "xor.netw", "--data", "t.csv", "--target", "sort", "--json"});
    QCOMPARE(unchecked.status, 1);
    QVERIFY2(unchecked.json()["problems"][0]["text"].toString().contains("a column named sort"), unchecked.out.constData());

    const Ended unknown = folder.run({"train", "xor.netw", "--data", "t.csv", "--target", "sort"});
    QCOMPARE(unknown.status, 1);
    QVERIFY2(unknown.err.contains("needs a column named sort, but got the columns features, "), unknown.err.constData());
    QVERIFY(folder.write("hole.csv", "u,v,kind\n1,2,same\n1,,same\n"));
    const Ended hole = folder.run({"train", "xor.netw", "--data", "hole.csv"});
    QCOMPARE(hole.status, 1);
    QVERIFY2(hole.err.contains("a value in line 3, column v"), hole.err.constData());
    QVERIFY(folder.write("below.csv", "u,v,kind\n1,2,0\n1,3,-1\n4,3,1\n"));
    const Ended below = folder.run({"train", "xor.netw", "--data", "below.csv", "--target", "kind"});
    QCOMPARE(below.status, 1);
    QVERIFY2(below.err.contains("class numbers from 0 on in kind, but got -1"), below.err.constData());
  }

  // What a crash or another program left of a run is told, and stays as it is.
  void damagedRuns() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    SUCCEEDS(folder.run({"train", "xor.netw", "--epochs", "1", "--split", "0.9,0.1", "--out", "run"}));
    const QByteArray checkpoint = folder.read("run/" + kCheckpoint), project = folder.read("run/project.netw");
    const QStringList resume = {"train", "xor.netw", "--resume", "--epochs", "2", "--out", "run"};
    const auto refused = [&](const QString& file, const QByteArray& bytes) {
      if (!folder.write("run/" + file, bytes)) return QString("could not be written");
      const Ended ended = folder.run(resume);
      if (ended.status != 1) return QStringLiteral("status %1: ").arg(ended.status) + ended.err;
      if (!ended.err.startsWith("netw: run/" + file.toUtf8()) || !ended.err.contains("needs ")) return QString(ended.err);
      return folder.read("run/" + file) == bytes ? QString() : "it was changed";
    };
    for (const int length : {0, 7, 8, 100, int(checkpoint.size()) - 1}) QCOMPARE(refused(kCheckpoint, checkpoint.left(length)), QString());
    QByteArray changed = checkpoint;
    QCOMPARE(refused(kCheckpoint, changed.replace("\"phase_step\":\"57\"", "\"phase_step\":\"99\"")), QString());
    changed = checkpoint;
    QCOMPARE(refused(kCheckpoint, changed.replace("hidden.weight", "hidden.wait__")), QString());
    QVERIFY(folder.write("run/" + kCheckpoint, checkpoint));
    for (const int length : {0, 1, int(project.size()) / 2}) QCOMPARE(refused("project.netw", project.left(length)), QString());
    QVERIFY(folder.write("run/project.netw", project));
    SUCCEEDS(folder.run(resume));
    for (const char* file : {"run/weights.safetensors", "xor.safetensors"}) {
      const QByteArray weights = folder.read(file);
      QVERIFY(folder.write(file, weights.left(weights.size() - 1)));
    }
    QCOMPARE(folder.run({"eval", "xor.netw"}).status, 1);
    QCOMPARE(folder.run({"export", "run", "x.onnx"}).status, 1);
    QVERIFY(!folder.has("x.onnx"));
  }

  // Data lie in memory once they are read: a run goes on without the file, and says so when it is resumed.
  void dataThatDisappear() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "xor"}));
    QByteArray table = "u,v,kind\n";
    for (int i = 0; i < 500; ++i) table += QByteArray::number(i % 7 - 3.5) + ',' + QByteArray::number(i % 5 - 2.5) + ',' + QByteArray::number(i % 2) + '\n';
    QVERIFY(folder.write("t.csv", table));
    QProcess process;
    folder.start(process, {"train", "xor.netw", "--data", "t.csv", "--epochs", "1000000", "--out", "run"});
    QVERIFY(waitForLine(folder, "run/log.jsonl", "validation"));
    QVERIFY(QFile::remove(folder.path("t.csv")));
    const QByteArray before = folder.read("run/" + kCheckpoint);
    QVERIFY(QTest::qWaitFor([&] { return folder.read("run/" + kCheckpoint) != before; }, 60000));
    process.terminate();
    QCOMPARE(Folder::end(process).status, 130);
    const QByteArray last = folder.read("run/" + kCheckpoint);
    const Ended resumed = folder.run({"train", "xor.netw", "--resume", "--out", "run"});
    QCOMPARE(resumed.status, 1);
    QVERIFY2(resumed.err.contains("t.csv") && resumed.err.contains("no such name or file"), resumed.err.constData());
    QCOMPARE(folder.read("run/" + kCheckpoint), last);
  }

  // A small disk of its own, which only root can have.
  void aFullDisk() {
    const Folder folder;
    const QString disk = folder.path("disk");
    QVERIFY(QDir().mkdir(disk));
    if (QProcess::execute("/bin/sh", {"-c", "mount -t tmpfs -o size=400k tmpfs '" + disk + "' 2>/dev/null"}) != 0) QSKIP("no right to mount a small disk");
    const auto unmount = qScopeGuard([&] { QProcess::execute("umount", {disk}); });
    SUCCEEDS(folder.run({"new", "spirals", "disk/p.netw"}));
    const QStringList train = {"train", "disk/p.netw", "--out"};
    const QStringList constant = {"--set", "schedule.type=constant"};
    SUCCEEDS(folder.run(train + QStringList{"disk/run", "--epochs", "2"} + constant));
    SUCCEEDS(folder.run(train + QStringList{"whole", "--epochs", "4"} + constant));
    const QByteArray checkpoint = folder.read("disk/run/" + kCheckpoint);
    const auto fill = [&](const QString& name, int most) {
      QFile file(folder.path(name));
      if (!file.open(QIODevice::WriteOnly | QIODevice::Unbuffered)) return;
      while (most > 0 && file.write(QByteArray(4096, 'x')) > 0) most -= 4096;
    };
    fill("disk/room", 40960);  // for the project and the log, not for a checkpoint
    fill("disk/rest", 1 << 20);
    QVERIFY(QFile::remove(folder.path("disk/room")));
    const Ended full = folder.run(train + QStringList{"disk/run", "--resume", "--epochs", "4"});
    QCOMPARE(full.status, 1);
    QVERIFY2(full.err.contains("No space left on device"), full.err.constData());
    QCOMPARE(folder.read("disk/run/" + kCheckpoint), checkpoint);
    fill("disk/room", 1 << 20);
    const QByteArray project = folder.read("disk/p.netw");
    const QList<QStringList> others = {{"export", "disk/p.netw", "disk/a.onnx"}, {"export", "disk/p.netw", "disk/a.safetensors"}, {"new", "xor", "disk/x.netw"}, {"draw", "disk/p.netw", "disk/a.svg"}};
    for (const QStringList& words : others) {
      const Ended ended = folder.run(words);
      QCOMPARE(ended.status, 1);
      QVERIFY2(ended.err.contains("No space left on device"), ended.err.constData());
      QVERIFY2(!folder.has(words[2]), qPrintable(words[2]));
    }
    QCOMPARE(folder.read("disk/p.netw"), project);
    QVERIFY2(QDir(disk).entryList({".netwright*"}, QDir::Files | QDir::Hidden).isEmpty(), "nothing half written is left");
    QVERIFY(QFile::remove(folder.path("disk/room")) && QFile::remove(folder.path("disk/rest")));
    SUCCEEDS(folder.run(train + QStringList{"disk/run", "--resume", "--epochs", "4"}));
    QCOMPARE(folder.read("disk/run/" + kCheckpoint), folder.read("whole/" + kCheckpoint));
  }

  void fashionMnistTrains() {
    const Folder folder;
    SUCCEEDS(folder.run({"new", "fashion-mlp"}));
    const Ended ended = folder.run({"train", "fashion-mlp.netw", "--steps", "120", "--json"});
    if (ended.status == 1 && ended.err.contains("dataset-fashion-mnist")) QSKIP("Fashion-MNIST is not installed");
    SUCCEEDS(ended);
    QVERIFY2(ended.json()["test"]["accuracy"].toDouble() > 0.75, ended.out.constData());
  }
};

QTEST_GUILESS_MAIN(NetwTrainTest)
#include "netw_train_test.moc"
