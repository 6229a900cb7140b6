// netw export: what it writes, what it prints, and that a wrong wish is told and leaves no file.
#include "netw_program.h"

class NetwExportTest : public QObject {
  Q_OBJECT
  Folder folder_;

 private slots:
  void initTestCase() {
    QCOMPARE(folder_.run({"new", "xor", "p.netw"}).status, 0);
    QCOMPARE(folder_.run({"train", "p.netw", "--steps", "20", "--quiet"}).status, 0);
  }
  void onnxIsVerified() {
    const Ended ended = folder_.run({"export", "p.netw", "p.onnx", "--json"});
    QVERIFY2(ended.status == 0, ended.err.constData());
    const QJsonObject json = ended.json();
    QCOMPARE(json["format"].toString(), QString("onnx"));
    QCOMPARE(json["opset"].toInt(), 17);
    QCOMPARE(json["bytes"].toInt(), int(folder_.read("p.onnx").size()));
    QVERIFY(json["verified"].toBool());
    QVERIFY(json["max_difference"].toDouble() <= json["allowed"].toDouble());
    QVERIFY(json["allowed"].toDouble() > 0);
  }
  void sameProjectSameBytes() {
    QCOMPARE(folder_.run({"export", "p.netw", "same.onnx"}).status, 0);
    const QByteArray once = folder_.read("same.onnx");
    QVERIFY(!once.isEmpty());
    QCOMPARE(folder_.run({"export", "p.netw", "same.onnx"}).status, 0);
    QCOMPARE(folder_.read("same.onnx"), once);
  }
  void safetensorsHoldTheWeights() {
    QCOMPARE(folder_.run({"export", "p.netw", "w.safetensors"}).status, 0);
    QVERIFY(folder_.read("w.safetensors").contains(".weight"));
  }
  void aRunsFolderIsAModel() {
    const Ended ended = folder_.run({"export", "p.runs/0001", "run.safetensors"});
    QVERIFY2(ended.status == 0, ended.err.constData());
    QCOMPARE(folder_.run({"export", "p.netw", "project.safetensors"}).status, 0);
    QVERIFY(!folder_.read("run.safetensors").isEmpty());
    QCOMPARE(folder_.read("run.safetensors"), folder_.read("project.safetensors"));
  }
  void wrongWishes() {
    const Ended unknown = folder_.run({"export", "p.netw", "p.xyz"});
    QCOMPARE(unknown.status, 1);
    QVERIFY(unknown.err.contains("onnx"));
    QCOMPARE(folder_.run({"export", "p.netw", "p2.onnx", "--batch", "none"}).status, 2);
    QVERIFY(folder_.read("p2.onnx").isEmpty());
    QCOMPARE(folder_.run({"export", "missing.netw", "p3.onnx"}).status, 1);
    QVERIFY(folder_.read("p3.onnx").isEmpty());
  }
};

QTEST_GUILESS_MAIN(NetwExportTest)
#include "netw_export_test.moc"
