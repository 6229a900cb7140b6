// Ten steps of networks of words and times give what PyTorch's give, from the same weights and batches: losses and all that
// is stored afterwards, in double to 1e-9 and in float to 1e-5. Recorded by tests/fixtures/record_torch_networks.py.
#include <QtTest>
#include <cmath>

#include "engine/document/json.h"
#include "tests/reference/torch_record.h"

using namespace engine;

namespace {

// A project under construction; nodes are numbers from 1 on.
class Project {
 public:
  int add(const char* type, const std::string& name, const std::string& fields, const std::vector<int>& inputs) {
    const int id = ++count_;
    nodes_ += (nodes_.empty() ? "" : ",") + ("{\"id\":\"" + std::to_string(id) + "\",\"type\":\"" + type + "\",\"name\":\"" + name + "\",\"fields\":{" + fields + "}}");
    for (size_t i = 0; i < inputs.size(); ++i)
      wires_ += (wires_.empty() ? "" : ",") + ("{\"from\":\"" + std::to_string(inputs[i]) + "\",\"to\":\"" + std::to_string(id) + "\",\"input\":" + std::to_string(i) + "}");
    return last_ = id;
  }
  // After the last one.
  int then(const char* type, const std::string& name, const std::string& fields = "") { return add(type, name, fields, {last_}); }
  // One that has no values of its own.
  int then(const char* type) { return then(type, type + std::to_string(count_)); }
  int with(const char* type, const std::vector<int>& inputs, const std::string& fields = "") { return add(type, type + std::to_string(count_), fields, inputs); }
  int last() const { return last_; }

  std::string text(const std::string& optimizer, const char* precision, const std::string& losses = "") const {
    return "{\"netwright\":1,\"name\":\"steps\",\"nodes\":[" + nodes_ + "],\"wires\":[" + wires_ + "],\"recipe\":{\"phases\":[{\"optimizer\":" + optimizer +
           losses + ",\"batch\":8,\"precision\":\"" + precision + "\"}]}}";
  }

 private:
  std::string nodes_, wires_;
  int count_ = 0, last_ = 0;
};

std::string lstm(const char* precision) {
  Project p;
  p.add("Input", "x", R"("shape":[7,4])", {});
  p.then("LSTM", "lstm", R"("hidden_size":6,"batch_first":true)");
  p.then("Slice", "last", R"("dim":1,"start":-1)");
  p.then("Flatten");
  const int scores = p.then("Linear", "scores", R"("out_features":3)");
  p.with("CrossEntropyLoss", {scores, p.add("Target", "y", "", {})});
  return p.text(R"({"type":"adam","lr":0.01})", precision);
}

std::string gpt(const char* precision) {
  Project p;
  p.add("Input", "x", R"("shape":[6],"kind":"class")", {});
  const int token = p.then("Embedding", "token", R"("num_embeddings":11,"embedding_dim":8)");
  int x = p.with("Add", {token, p.add("Parameter", "place", R"("shape":[6,8],"init":"normal")", {})});
  for (const char* i : {"0", "1"}) {
    const auto named = [&](const char* name) { return std::string(name) + i; };
    p.add("LayerNorm", named("first"), "", {x});
    p.then("Linear", named("qkv"), R"("out_features":24,"bias":false)");
    p.then("Reshape", named("split"), R"("shape":[0,6,3,2,4])");
    const int all = p.then("Permute", named("order"), R"("dims":[2,0,3,1,4])");
    std::vector<int> parts;
    for (const char* part : {R"("dim":0,"start":0,"end":1)", R"("dim":0,"start":1,"end":2)", R"("dim":0,"start":2,"end":3)"}) {
      const int slice = p.with("Slice", {all}, part);
      parts.push_back(p.with("Reshape", {slice}, R"("shape":[-1,2,6,4])"));
    }
    p.with("ScaledDotProductAttention", parts, R"("is_causal":true)");
    p.then("Permute", named("back"), R"("dims":[0,2,1,3])");
    p.then("Reshape", named("join"), R"("shape":[0,6,8])");
    p.then("Linear", named("proj"), R"("out_features":8,"bias":false)");
    const int y = p.with("Add", {x, p.last()});
    p.then("LayerNorm", named("second"));
    p.then("Linear", named("up"), R"("out_features":32,"bias":false)");
    p.then("GELU");
    p.then("Linear", named("down"), R"("out_features":8,"bias":false)");
    x = p.with("Add", {y, p.last()});
  }
  p.then("LayerNorm", "norm");
  p.then("Linear", "head", R"("out_features":11,"bias":false)");
  const int scores = p.then("Reshape", "scores", R"("shape":[-1,11])");
  p.add("Target", "y", R"("shape":[6])", {});
  p.with("CrossEntropyLoss", {scores, p.then("Reshape", "classes", R"("shape":[-1])")});
  return p.text(R"({"type":"adamw","lr":0.01})", precision);
}

std::string vae(const char* precision) {
  Project p;
  const int x = p.add("Input", "x", R"("shape":[12])", {});
  p.then("Linear", "hidden", R"("out_features":9)");
  const int h = p.then("Tanh");
  const int mean = p.add("Linear", "mean", R"("out_features":3)", {h}), logVariance = p.add("Linear", "variance", R"("out_features":3)", {h});
  const int half = p.add("Constant", "half", R"("value":0.5)", {}), one = p.add("Constant", "one", R"("value":1)", {});
  const int deviation = p.with("Exp", {p.with("Multiply", {logVariance, half})});
  const int noise = p.add("Input", "noise", R"("shape":[3])", {});
  p.with("Add", {mean, p.with("Multiply", {noise, deviation})});
  p.then("Linear", "code", R"("out_features":9)");
  p.then("Tanh");
  const int answer = p.then("Linear", "answer", R"("out_features":12)");
  const int likely = p.with("BCEWithLogitsLoss", {answer, x}, R"("reduction":"sum")");
  const int square = p.with("Multiply", {mean, mean}), variance = p.with("Exp", {logVariance});
  p.with("Subtract", {p.with("Add", {one, logVariance}), square});
  p.with("Subtract", {p.last(), variance});
  const int divergence = p.then("Sum");
  return p.text(R"({"type":"adam","lr":0.01})", precision,
                ",\"losses\":[{\"node\":\"" + std::to_string(likely) + "\"},{\"node\":\"" + std::to_string(divergence) + "\",\"weight\":-0.5}]");
}

// PyTorch has an embedding for the places, and reads all of it.
std::string nameInTorch(const std::string& name) { return name == "place.value" ? "place.weight" : name; }

}  // namespace

class TorchNetworksTest : public QObject {
  Q_OBJECT
 private slots:
  void tenSteps_data() {
    QTest::addColumn<QString>("net");
    QTest::addColumn<bool>("isDouble");
    for (const char* net : {"lstm", "gpt", "vae"})
      for (bool isDouble : {true, false}) QTest::addRow("%s %s", net, isDouble ? "f64" : "f32") << net << isDouble;
  }
  void tenSteps() {
    QFETCH(QString, net);
    QFETCH(bool, isDouble);
    constexpr int kSteps = 10;
    Result<formats::Safetensors> record = formats::readSafetensors(NETWRIGHT_SOURCE_DIR "/tests/fixtures/torch_networks.safetensors");
    QVERIFY2(record, record ? "" : toString(record.error()).c_str());
    const double allowed = isDouble ? 1e-9 : 1e-5;
    const char* precision = isDouble ? "f64" : "f32";

    Result<document::Document> document = document::parse(net == "lstm" ? lstm(precision) : net == "gpt" ? gpt(precision) : vae(precision));
    QVERIFY2(document, document ? "" : withPlace(document.error()).c_str());
    training::SessionOptions options;
    options.withoutData = true;
    Result<std::unique_ptr<training::Session>> session = training::Session::open(*document, options);
    QVERIFY2(session, session ? "" : toString(session.error()).c_str());
    Result<Plan*> plan = (*session)->trainPlan(0, 8);
    QVERIFY2(plan, plan ? "" : toString(plan.error()).c_str());

    const std::string base = net.toStdString() + "/";
    const int filled = reference::fill((*session)->store(), *record, base + "before/", nameInTorch);
    QCOMPARE(filled, net == "lstm" ? 6 : net == "gpt" ? 21 : 10);

    const QString apart = reference::stepsApart(**session, **plan, *record, base, kSteps, allowed);
    QVERIFY2(apart.isEmpty(), qPrintable(apart));
    int compared = 0;
    const QString wrong = reference::difference((*session)->store(), *record, base + "after/", nameInTorch, allowed, compared);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    QCOMPARE(compared, filled);
  }
};

QTEST_APPLESS_MAIN(TorchNetworksTest)
#include "torch_networks_test.moc"
