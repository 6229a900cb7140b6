// netw on a CUDA device: the program as it is built, with the stand-in as its module. What it says there is what it says on the
// processor, but for the last digits.
#include <cmath>

#include "tests/app/netw_program.h"

class NetwDeviceTest : public QObject {
  Q_OBJECT

  Folder folder_;

  static double numberIn(const QByteArray& line) { return line.split(' ').last().toDouble(); }

 private slots:
  void initTestCase() {
    qputenv("NETWRIGHT_CUDA_MODULE", CUDA_MODULE);
    qputenv("LD_LIBRARY_PATH", CUDA_DRIVER);
    SUCCEEDS(folder_.run({"new", "xor"}));
  }

  void devicesAreListed() {
    const Ended ended = folder_.run({"devices", "--json"});
    SUCCEEDS(ended);
    const QJsonObject json = ended.json();
    QCOMPARE(json["cuda"].toArray().size(), 1);
    QCOMPARE(json["default"].toString(), QString("cuda"));
  }

  void trainedThereAndHere() {
    double losses[2];
    for (const bool onDevice : {false, true}) {
      const QString device = onDevice ? "cuda" : "cpu";
      const Ended ended = folder_.run({"train", "xor.netw", "--optimizer", "sgd", "--lr", "0.1", "--steps", "20", "--batch", "100", "--out", device, "--json", "--device", device});
      SUCCEEDS(ended);
      QVERIFY2(ended.err.contains(onDevice ? "computes on " : "computes on the processor"), ended.err.constData());
      losses[onDevice] = ended.json()["test"]["loss"].toDouble();
    }
    QVERIFY2(std::abs(losses[1] - losses[0]) < 1e-5, qPrintable(QString("%1 %2").arg(losses[0]).arg(losses[1])));
  }

  // Without --device the first one that there is, which is told.
  void evaluatedThere() {
    const Ended here = folder_.run({"eval", "cpu", "--device", "cpu", "--json"}), there = folder_.run({"eval", "cpu", "--json"});
    SUCCEEDS(here);
    SUCCEEDS(there);
    QCOMPARE(here.err, QByteArray());
    QVERIFY2(there.err.contains("computes on ") && there.err.contains("it is the first CUDA device"), there.err.constData());
    QVERIFY(std::abs(there.json()["loss"].toDouble() - here.json()["loss"].toDouble()) < 1e-5);
    QCOMPARE(there.json()["samples"], here.json()["samples"]);
  }

  void answersThere() {
    QVERIFY(folder_.write("points.csv", "x,y\n0.1,0.2\n-0.5,0.7\n0.9,0.9\n"));
    const Ended here = folder_.run({"predict", "cpu", "points.csv", "--device", "cpu", "--quiet"}), there = folder_.run({"predict", "cpu", "points.csv", "--device", "cuda", "--quiet"});
    SUCCEEDS(here);
    SUCCEEDS(there);
    QCOMPARE(there.lines().size(), 3);
    QCOMPARE(there.out, here.out);  // four digits
  }

  void comparedNodeByNode() {
    const Ended ended = folder_.run({"devices", "--compare", "cpu", "--json"});
    SUCCEEDS(ended);
    const QJsonObject json = ended.json();
    const QJsonArray nodes = json["nodes"].toArray();
    QVERIFY2(nodes.size() > 4, ended.out.constData());
    QStringList names;
    for (const QJsonValue& node : nodes) {
      names << node["name"].toString();
      QVERIFY2(node["largest_difference"].toDouble(1) <= 1e-5 * std::max(1.0, node["largest_value"].toDouble()), ended.out.constData());
    }
    QVERIFY(names.contains(json["worst"].toString()));
    const QJsonArray losses = json["training"]["loss"].toArray(), norms = json["training"]["gradient_norm"].toArray();
    QVERIFY(losses[0].toDouble() > 0 && std::abs(losses[0].toDouble() - losses[1].toDouble()) < 1e-5);
    QVERIFY(norms[0].toDouble() > 0 && std::abs(norms[0].toDouble() - norms[1].toDouble()) < 1e-5);
    const Ended table = folder_.run({"devices", "--compare", "xor.netw"});
    SUCCEEDS(table);
    QVERIFY2(table.out.contains("furthest apart: "), table.out.constData());
    QVERIFY2(table.err.contains("computes on ") && table.err.contains("it was asked for"), table.err.constData());
    for (const QStringList& alone : {QStringList{"devices", "--tf32"}, QStringList{"devices", "--device", "cuda"}}) {
      const Ended refused = folder_.run(alone);
      QCOMPARE(refused.status, 2);
      QVERIFY2(refused.err.contains("go with --compare MODEL"), refused.err.constData());
    }
  }

  // Only where it is asked for are products rounded, and what computes says so.
  void inTf32() {
    const Ended full = folder_.run({"devices", "--compare", "xor.netw", "--json"}), rounded = folder_.run({"devices", "--compare", "xor.netw", "--tf32", "--json"});
    SUCCEEDS(full);
    SUCCEEDS(rounded);
    QVERIFY(!full.json()["device"].toString().contains("TF32"));
    QVERIFY(rounded.json()["device"].toString().endsWith(", TF32"));
    const auto furthest = [](const Ended& ended) {
      double most = 0;
      for (const QJsonValue& node : ended.json()["nodes"].toArray()) most = std::max(most, node["largest_difference"].toDouble());
      return most;
    };
    QVERIFY(furthest(full) < 1e-5);
    QVERIFY2(furthest(rounded) > 1e-5 && furthest(rounded) < 1e-2, rounded.out.constData());
    const Ended run = folder_.run({"train", "xor.netw", "--steps", "2", "--device", "cuda", "--tf32", "--out", "tf32"});
    SUCCEEDS(run);
    QVERIFY2(run.err.contains(", TF32 (it was asked for)"), run.err.constData());
    const Ended nowhere = folder_.run({"train", "xor.netw", "--steps", "2", "--device", "cpu", "--tf32", "--out", "float"});
    SUCCEEDS(nowhere);
    QVERIFY2(nowhere.err.contains("TF32 is for CUDA devices"), nowhere.err.constData());
  }

  void measuredThere() {
    const Ended ended = folder_.run({"bench", "a", "--batch", "8", "--threads", "1", "--seconds", "0.05", "--device", "cuda", "--json"});
    SUCCEEDS(ended);
    const QJsonObject row = QJsonDocument::fromJson(ended.out).array().first().toObject();
    QVERIFY(row["ms"].toDouble() > 0);
    QVERIFY2(row["device"].toString() != "the processor", ended.out.constData());
    QVERIFY2(row["last_loss"].toDouble() < row["first_loss"].toDouble(), ended.out.constData());
    SUCCEEDS(folder_.run({"bench", "a", "--batch", "8", "--threads", "1", "--seconds", "0.05", "--device", "cuda", "--profile"}));
  }

  void inOtherPrecisionItIsTheProcessor() {
    const Ended automatic = folder_.run({"train", "xor.netw", "--precision", "f64", "--steps", "2", "--out", "double"}),
                wished = folder_.run({"train", "xor.netw", "--precision", "f64", "--steps", "2", "--device", "cuda", "--out", "none"});
    SUCCEEDS(automatic);
    QVERIFY2(automatic.err.contains("computes on the processor (double precision"), automatic.err.constData());
    QCOMPARE(wished.status, 1);
    QVERIFY2(wished.err.contains("f32 on a CUDA device"), wished.err.constData());
  }
};

QTEST_GUILESS_MAIN(NetwDeviceTest)
#include "netw_device_test.moc"
