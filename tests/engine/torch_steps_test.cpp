// Ten steps give what PyTorch's give, from the same weights and batches: losses and all that is stored afterwards, in
// double to 1e-9 and in float to 1e-5. Recorded by tests/fixtures/record_torch_steps.py.
#include <QtTest>
#include <cmath>

#include "engine/document/json.h"
#include "tests/reference/torch_record.h"

using namespace engine;

namespace {

std::string node(int id, const char* type, const char* name, const char* fields = "{}") {
  return "{\"id\":\"" + std::to_string(id) + "\",\"type\":\"" + type + "\",\"name\":\"" + name + "\",\"fields\":" + fields + "}";
}

// A chain from the first node to the last, which is the loss; its target is the node before it.
std::string project(std::vector<std::string> nodes, const std::string& optimizer, const char* precision) {
  std::string list, wires;
  const int count = int(nodes.size());
  for (const std::string& n : nodes) list += (list.empty() ? "" : ",") + n;
  for (int i = 1; i < count - 2; ++i) wires += "{\"from\":\"" + std::to_string(i) + "\",\"to\":\"" + std::to_string(i + 1) + "\"},";
  wires += "{\"from\":\"" + std::to_string(count - 2) + "\",\"to\":\"" + std::to_string(count) + "\",\"input\":0},";
  wires += "{\"from\":\"" + std::to_string(count - 1) + "\",\"to\":\"" + std::to_string(count) + "\",\"input\":1}";
  return "{\"netwright\":1,\"name\":\"steps\",\"nodes\":[" + list + "],\"wires\":[" + wires +
         "],\"recipe\":{\"phases\":[{\"optimizer\":" + optimizer + ",\"batch\":16,\"precision\":\"" + precision + "\"}]}}";
}

std::vector<std::string> mlp() {
  return {node(1, "Input", "x", "{\"shape\":[12]}"), node(2, "Linear", "hidden", "{\"out_features\":24}"), node(3, "ReLU", "relu"),
          node(4, "Linear", "middle", "{\"out_features\":16}"), node(5, "Tanh", "tanh"),
          node(6, "Linear", "scores", "{\"out_features\":5}"), node(7, "Target", "y"), node(8, "CrossEntropyLoss", "loss")};
}

std::vector<std::string> cnn() {
  return {node(1, "Input", "x", "{\"shape\":[2,8,8]}"),
          node(2, "Conv2d", "conv1", "{\"out_channels\":6,\"padding\":1,\"bias\":false}"),
          node(3, "BatchNorm2d", "norm1"), node(4, "ReLU", "relu1"), node(5, "MaxPool2d", "pool"),
          node(6, "Conv2d", "conv2", "{\"out_channels\":8,\"bias\":false}"), node(7, "BatchNorm2d", "norm2"), node(8, "ReLU", "relu2"),
          node(9, "AdaptiveAvgPool2d", "mean"), node(10, "Flatten", "flat"),
          node(11, "Linear", "scores", "{\"out_features\":5}"), node(12, "Target", "y"), node(13, "CrossEntropyLoss", "loss")};
}

struct Optimizer {
  const char* name;
  const char* json;
};
constexpr Optimizer kOptimizers[] = {{"sgd", R"({"type":"sgd","lr":0.05,"momentum":0.9,"weight_decay":0.001})"},
                                     {"adam", R"({"type":"adam","lr":0.01})"},
                                     {"adamw", R"({"type":"adamw","lr":0.01})"},
                                     {"rmsprop", R"({"type":"rmsprop","lr":0.001,"momentum":0.5})"}};

// The names are PyTorch's own.
const std::string& same(const std::string& name) { return name; }

}  // namespace

class TorchStepsTest : public QObject {
  Q_OBJECT
 private slots:
  void tenSteps_data() {
    QTest::addColumn<QString>("net");
    QTest::addColumn<int>("optimizer");
    QTest::addColumn<bool>("isDouble");
    for (const char* net : {"mlp", "cnn"})
      for (int o = 0; o < 4; ++o)
        for (bool isDouble : {true, false}) QTest::addRow("%s %s %s", net, kOptimizers[o].name, isDouble ? "f64" : "f32") << net << o << isDouble;
  }
  void tenSteps() {
    QFETCH(QString, net);
    QFETCH(int, optimizer);
    QFETCH(bool, isDouble);
    Result<formats::Safetensors> record = formats::readSafetensors(NETWRIGHT_SOURCE_DIR "/tests/fixtures/torch_steps.safetensors");
    QVERIFY2(record, record ? "" : toString(record.error()).c_str());
    const double allowed = isDouble ? 1e-9 : 1e-5;

    Result<document::Document> document = document::parse(project(net == "mlp" ? mlp() : cnn(), kOptimizers[optimizer].json, isDouble ? "f64" : "f32"));
    QVERIFY2(document, document ? "" : withPlace(document.error()).c_str());
    training::SessionOptions options;
    options.withoutData = true;
    Result<std::unique_ptr<training::Session>> session = training::Session::open(*document, options);
    QVERIFY2(session, session ? "" : toString(session.error()).c_str());
    Result<Plan*> plan = (*session)->trainPlan(0, 16);
    QVERIFY2(plan, plan ? "" : toString(plan.error()).c_str());

    const std::string base = net.toStdString() + "/", name = base + kOptimizers[optimizer].name;
    const int filled = reference::fill((*session)->store(), *record, name + "/before/", same);
    QVERIFY(filled >= 6);

    const formats::NamedTensor *x = record->find(base + "x"), *y = record->find(base + "y"), *losses = record->find(name + "/losses");
    QVERIFY(x && y && losses);
    const int64_t count = x->shape.elements() / 10;
    std::vector<double> wide(static_cast<size_t>(count));
    std::vector<float> narrow(static_cast<size_t>(count));
    for (int step = 0; step < 10; ++step) {
      for (int64_t i = 0; i < count; ++i) {
        wide[size_t(i)] = static_cast<const double*>(x->data)[step * count + i];
        narrow[size_t(i)] = float(wide[size_t(i)]);
      }
      (*plan)->setInput(0, isDouble ? static_cast<const void*>(wide.data()) : narrow.data());
      (*plan)->setInput(1, static_cast<const int64_t*>(y->data) + step * 16);
      const StepState state = reference::stateAt(**session, step);
      (*plan)->run((*session)->cpu(), state);
      const double wanted = static_cast<const double*>(losses->data)[step];
      QVERIFY2(std::abs((*plan)->loss() - wanted) <= allowed, qPrintable(QString("step %1: %2, torch %3").arg(step).arg((*plan)->loss(), 0, 'g', 12).arg(wanted, 0, 'g', 12)));
      (*plan)->update((*session)->cpu(), state);
    }
    int compared = 0;
    const QString wrong = reference::difference((*session)->store(), *record, name + "/after/", same, allowed, compared);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    QCOMPARE(compared, net == "mlp" ? 6 : 14);  // batch norm's four values and its count of batches, twice
  }
};

QTEST_APPLESS_MAIN(TorchStepsTest)
#include "torch_steps_test.moc"
