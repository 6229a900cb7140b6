// Networks that PyTorch exported (tests/fixtures/onnx/record_torch_models.py), by both of its exporters: they come in whole, answer what
// PyTorch answers, and have its gradients.
#include <zip.h>

#include <array>
#include <cmath>
#include <list>

#include "engine/data/npy.h"
#include "engine/formats/import.h"
#include "engine/formats/match_weights.h"
#include "engine/formats/safetensors.h"
#include "tests/app/netw_program.h"

using namespace engine;

class NetwTorchTest : public QObject {
  Q_OBJECT

  Folder folder_;
  static QString fixture(const QString& name) { return QString(NETWRIGHT_SOURCE_DIR "/tests/fixtures/onnx/torch/") + name; }

  // Its inputs and its target as files; as words of the command line.
  QStringList inputs(const formats::Safetensors& recorded) {
    QStringList words;
    for (const formats::NamedTensor& tensor : recorded.tensors()) {
      const QString name = QString::fromStdString(tensor.name);
      if (name.startsWith("grad.")) continue;
      if (!data::writeNpy(folder_.path(name + ".npy").toStdString(), tensor.shape, tensor.type, tensor.data)) qFatal("%s", qPrintable(name));
      if (name.startsWith('x')) words << "--input" << name + '=' + name + ".npy";
    }
    return words;
  }
  std::vector<double> read(const QString& file) {
    const Result<data::Array> array = data::readNpy(folder_.path(file).toStdString());
    if (!array) qFatal("%s", qPrintable(file));
    if (array->type == Type::f64) return {array->as<double>(), array->as<double>() + array->shape.elements()};
    return {array->as<float>(), array->as<float>() + array->shape.elements()};
  }
  static void models(std::initializer_list<const char*> kinds, bool toTrain = false) {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("model");
    for (const char* name : {"resnet", "mobile", "unet", "lstm", "gpt", "transformer", "vae", "tied", "alike"})
      for (const char* kind : kinds)
        if (const bool folded = toTrain && QString(kind) != "train" && QFile::exists(fixture(QString(name) + ".train.onnx")); !folded)
          if (const QString model = fixture(QString("%1.%2.onnx").arg(name, kind)); QFile::exists(model)) QTest::addRow("%s, %s", name, kind) << name << model;
  }

 private slots:
  void answersAsPyTorch_data() { models({"old", "new"}); }
  void answersAsPyTorch() {
    QFETCH(QString, name);
    QFETCH(QString, model);
    const auto recorded = formats::readSafetensors(fixture(name + ".safetensors").toStdString());
    QVERIFY(recorded);
    // Whole: no operator stays unread.
    const auto imported = formats::importModel(model.toStdString());
    QVERIFY2(imported, imported ? "" : withPlace(imported.error()).c_str());
    // Its values are those of its parameters, all of them and no others.
    const auto values = formats::valuesOf(imported->document);
    QVERIFY(values && values->complete);
    const Problems lints = formats::lintStart(*values, formats::listed(*imported->weights), "model");
    QVERIFY2(lints.empty(), lints.empty() ? "" : toString(lints.front()).c_str());
    QVERIFY2(imported->lost.empty(), imported->lost.empty() ? "" : toString(imported->lost.front()).c_str());
    // What the exporters spelled out is one node again.
    int attentions = 0, norms = 0;
    for (const auto& node : imported->document.nodes()) {
      QVERIFY2(node->type != "Softmax" && node->type != "Erf" && node->type != "Sqrt" && node->type != "Unknown", (node->name + ": " + node->type).c_str());
      attentions += node->type == "ScaledDotProductAttention", norms += node->type == "LayerNorm";
    }
    // Nodes are called after PyTorch's modules, or without what its newer exporter puts before each name.
    if (name == "resnet")
      for (const char* called : model.contains(".old.") ? std::vector{"conv1", "maxpool", "layer1.0.conv1", "layer1.0.relu", "layer2.0.down.0"} : std::vector{"conv1", "relu", "layer1.0.conv1"})
        QVERIFY2(imported->document.nodeNamed(called), called);
    // What PyTorch learns is learned, once, also where it serves twice; what it only keeps is kept.
    if (name == "tied") {
      int learned = 0, kept = 0, others = 0;
      for (const auto& node : imported->document.nodes())
        learned += node->type == "Parameter", kept += node->type == "Buffer", others += node->type == "Embedding" || node->type == "Constant";
      QCOMPARE((std::array{learned, kept, others}), (std::array{2, 1, 0}));
    }
    if (name == "gpt") QVERIFY(attentions == 1 && norms == 3);
    if (name == "transformer") QVERIFY(attentions == 3 && norms >= 5);
    const Ended ended = folder_.run(QStringList{"run", model, "--output", "answers"} + inputs(*recorded));
    SUCCEEDS(ended);
    const QJsonObject index = QJsonDocument::fromJson(folder_.read("answers/index.json")).object();
    const std::vector<double> own = read("answers/" + index.begin().value().toString());
    const formats::NamedTensor* y = recorded->find("y");
    QCOMPARE(int64_t(own.size()), y->shape.elements());
    double largest = 1, furthest = 0;
    for (size_t i = 0; i < own.size(); ++i) {
      const double expected = double(static_cast<const float*>(y->data)[i]);
      largest = std::max(largest, std::abs(expected)), furthest = std::max(furthest, std::abs(own[i] - expected));
    }
    QVERIFY2(furthest <= 1e-5 * largest, qPrintable(QString::number(furthest)));
  }

  // Batch norm is folded into the convolutions of the others' files: those are other networks to train.
  void gradientsAsPyTorch_data() { models({"old", "new", "train"}, true); }
  void gradientsAsPyTorch() {
    QFETCH(QString, name);
    QFETCH(QString, model);
    const auto recorded = formats::readSafetensors(fixture(name + ".safetensors").toStdString());
    QVERIFY(recorded);
    const QString loss = QString::fromStdString(recorded->metadata().at("loss"));
    const Ended ended = folder_.run(QStringList{"grad", model, "--target", "target.npy", "--loss", loss, "--output", "gradients", "--json"} + inputs(*recorded));
    SUCCEEDS(ended);
    const double expectedLoss = double(*static_cast<const float*>(recorded->find("loss")->data));
    QVERIFY2(std::abs(ended.json()["loss"].toDouble() - expectedLoss) <= 1e-5 * std::max(1.0, expectedLoss), ended.out.constData());
    const QJsonObject index = QJsonDocument::fromJson(folder_.read("gradients/index.json")).object();
    int compared = 0, all = 0;
    for (const formats::NamedTensor& tensor : recorded->tensors()) {
      if (!tensor.name.starts_with("grad.")) continue;
      ++all;
      const QString parameter = QString::fromStdString(tensor.name.substr(5));
      if (!index.contains(parameter)) continue;  // under the name of a node, where the file has no name for it
      const std::vector<double> own = read("gradients/" + index[parameter].toString());
      QCOMPARE(int64_t(own.size()), tensor.shape.elements());
      double norm = 0, apart = 0;
      for (size_t i = 0; i < own.size(); ++i) {
        const double expected = double(static_cast<const float*>(tensor.data)[i]);
        norm += expected * expected, apart += (own[i] - expected) * (own[i] - expected);
      }
      QVERIFY2(std::sqrt(apart) <= 1e-4 * std::sqrt(norm) + 1e-7, qPrintable(QString("%1: %2 of %3").arg(parameter).arg(std::sqrt(apart)).arg(std::sqrt(norm))));
      ++compared;
    }
    qInfo("%d of %d parameters compared", compared, all);
    QVERIFY(compared >= 2);
  }

  // Each loss of ten steps, over three batches in order and from the start again: whatever PyTorch learns is learned, as it learns it.
  void learnsAsPyTorch_data() { models({"old", "new", "train"}, true); }
  void learnsAsPyTorch() {
    QFETCH(QString, name);
    QFETCH(QString, model);
    const auto recorded = formats::readSafetensors(fixture(name + ".steps.safetensors").toStdString());
    QVERIFY(recorded);
    int error = 0;
    zip_t* const archive = zip_open(folder_.path("steps.npz").toStdString().c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    QVERIFY(archive);
    std::list<QByteArray> files;  // read when the archive is closed
    int64_t rows = 0;
    for (const formats::NamedTensor& tensor : recorded->tensors()) {
      if (tensor.name.starts_with("losses.")) continue;
      rows = tensor.shape[0];
      QVERIFY(data::writeNpy(folder_.path("column.npy").toStdString(), tensor.shape, tensor.type, tensor.data));
      const QByteArray& file = files.emplace_back(folder_.read("column.npy"));
      zip_file_add(archive, (tensor.name + ".npy").c_str(), zip_source_buffer(archive, file.data(), size_t(file.size()), 0), 0);
    }
    QCOMPARE(zip_close(archive), 0);
    const std::map<QString, QStringList> optimizers = {{"sgd", {"--optimizer", "sgd", "--lr", "0.05", "--momentum", "0.9", "--weight-decay", "0.001"}},
                                                       {"adam", {"--optimizer", "adam", "--lr", "0.001"}}};
    constexpr int64_t kBatches = 3;
    int judged = 0;
    for (const auto& [optimizer, words] : optimizers) {
      const formats::NamedTensor* losses = recorded->find("losses." + optimizer.toStdString());
      if (!losses) continue;  // PyTorch's own f32 and f64 differ
      for (const auto& [precision, allowed] : {std::pair("f32", 1e-5), std::pair("f64", 1e-9)}) {
        const Ended ended = folder_.run(QStringList{"train", model, "--data", "steps.npz", "--split", "1,0,0", "--loss", QString::fromStdString(recorded->metadata().at("loss")),
                                                    "--no-shuffle", "--steps", "10", "--batch", QString::number(rows / kBatches), "--precision", precision,
                                                    "--log", "steps.jsonl", "--out", QString("run%1").arg(judged)} + words);
        SUCCEEDS(ended);
        std::vector<double> own;
        for (const QByteArray& line : folder_.read("steps.jsonl").split('\n'))
          if (const QJsonObject step = QJsonDocument::fromJson(line).object(); step.contains("lr")) own.push_back(step["loss"].toDouble());
        QCOMPARE(int64_t(own.size()), losses->shape.elements());
        double furthest = 0;
        for (size_t i = 0; i < own.size(); ++i) furthest = std::max(furthest, std::abs(own[i] - static_cast<const double*>(losses->data)[i]));
        QVERIFY2(furthest <= allowed, qPrintable(QString("%1, %2: %3").arg(optimizer, precision).arg(furthest)));
        ++judged;
      }
    }
    QVERIFY(judged >= 2);
  }
};

QTEST_GUILESS_MAIN(NetwTorchTest)
#include "netw_torch_test.moc"
