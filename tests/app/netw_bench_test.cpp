// netw bench: each reference network is the one of PyTorch's baseline, and learns its one batch.
#include <cmath>

#include "tests/app/netw_program.h"

class NetwBenchTest : public QObject {
  Q_OBJECT
 private slots:
  void everyNetwork() {
    // Parameters as PyTorch counts them, and classes.
    const QMap<QString, QPair<int, int>> expected = {{"a", {4610, 2}}, {"b", {235146, 10}}, {"b128", {235146, 10}}, {"c", {34826, 10}}, {"d", {1199882, 10}}, {"e", {82186, 10}}, {"f", {813568, 65}}, {"g", {78042, 10}}, {"h", {652824, 0}}};
    const Ended ended = Folder().run({"bench", "--seconds", "0.01", "--threads", "1", "--json"});
    SUCCEEDS(ended);
    const QJsonArray rows = QJsonDocument::fromJson(ended.out).array();
    QCOMPARE(rows.size(), expected.size());
    for (const QJsonValue& row : rows) {
      const QString net = row["net"].toString();
      QVERIFY2(expected.contains(net), qPrintable(net));
      QCOMPARE(row["parameters"].toInt(), expected[net].first);
      QCOMPARE(row["precision"].toString(), "f32");
      QCOMPARE(row["threads"].toInt(), 1);
      QVERIFY(row["best_ms"].toDouble() > 0 && row["ms"].toDouble() >= row["best_ms"].toDouble());
      QVERIFY(row["peak_mib"].toInt() > 0);
      const int classes = expected[net].second;
      if (classes) QVERIFY2(std::abs(row["first_loss"].toDouble() - std::log(classes)) < 0.6, qPrintable(net));
      else QVERIFY2(std::abs(row["first_loss"].toDouble() / (128 * 784 * std::log(2)) - 1) < 0.02, qPrintable(net));  // every pixel undecided
      QVERIFY2(row["last_loss"].toDouble() < row["first_loss"].toDouble(), qPrintable(net));
    }
  }

  // Time by node: all of a step, nothing turned over inside of a network of pictures, and nothing left alone that can be joined.
  void profile() {
    for (const char* net : {"c", "d", "g"}) {
      const Ended ended = Folder().run({"bench", net, "--profile", "--seconds", "0.01", "--threads", "1", "--json"});
      SUCCEEDS(ended);
      const QJsonArray profiles = QJsonDocument::fromJson(ended.out).array();
      QCOMPARE(profiles.size(), 1);
      const QJsonObject profile = profiles[0].toObject();
      QVERIFY2(profile["nodes_ms"].toDouble() > 0.95 * profile["ms"].toDouble(), net);
      double sum = 0;
      int relus = 0;
      const double peak = profile["peak_flops_per_second"].toDouble();
      QVERIFY(peak > 0);
      QSet<QString> phases;
      for (const QJsonValue& call : profile["calls"].toArray()) {
        sum += call["ms"].toDouble();
        QVERIFY(std::abs(call["share_of_peak"].toDouble() * peak - call["flops_per_second"].toDouble()) <= 1e-6 * peak);
        phases.insert(call["phase"].toString());
        const QString op = call["op"].toString(), node = call["node"].toString();
        QVERIFY2(op != "Permute" || node.startsWith("input"), qPrintable(QString("%1: %2 is turned over").arg(net, node)));
        QVERIFY2(!op.startsWith("Conv2d") || op.endsWith("ChannelsLast"), net);
        relus += op == "ReLU" && !node.isEmpty();
      }
      QVERIFY(std::abs(sum - profile["nodes_ms"].toDouble()) < 0.01 * sum);
      QCOMPARE(phases, (QSet<QString>{"forward", "backward", "update"}));
      QCOMPARE(relus, 0);  // all are taken into convolutions, products, batch norms and, behind the sums of g's blocks, programs
    }
  }

  // Answers: one sample at a time and many at once; the same networks as files for other programs.
  void answers() {
    const Folder folder;
    const Ended ended = folder.run({"bench", "c", "g", "--infer", "--seconds", "0.01", "--threads", "1", "--json"});
    SUCCEEDS(ended);
    const QJsonArray rows = QJsonDocument::fromJson(ended.out).array();
    QCOMPARE(rows.size(), 4);
    for (int i = 0; i < 4; ++i) {
      const QJsonObject row = rows[i].toObject();
      QCOMPARE(row["net"].toString(), i < 2 ? "c" : "g");
      QCOMPARE(row["batch"].toInt(), i % 2 ? 64 : 1);
      QVERIFY(row["best_ms"].toDouble() > 0 && row["ms"].toDouble() >= row["best_ms"].toDouble());
      QVERIFY(std::abs(row["samples_per_second"].toDouble() * row["ms"].toDouble() / 1e3 / row["batch"].toDouble() - 1) < 1e-6);
      QVERIFY(row["start_ms"].toDouble() > 0 && !row.contains("first_loss"));
    }
    SUCCEEDS(folder.run({"bench", "c", "--export", "."}));
    QVERIFY(folder.read("c.onnx").size() > 34826 * 4);
  }

  void aRowForEachThreadCountWithTheSameLosses() {
    const Ended ended = Folder().run({"bench", "a", "--seconds", "0.01", "--threads", "1,2", "--precision", "f64", "--json"});
    SUCCEEDS(ended);
    const QJsonArray rows = QJsonDocument::fromJson(ended.out).array();
    QCOMPARE(rows.size(), 2);
    QCOMPARE(rows[1].toObject()["threads"].toInt(), 2);
    QCOMPARE(rows[1].toObject()["precision"].toString(), "f64");
    QCOMPARE(rows[0].toObject()["first_loss"], rows[1].toObject()["first_loss"]);
  }
};

QTEST_GUILESS_MAIN(NetwBenchTest)
#include "netw_bench_test.moc"
