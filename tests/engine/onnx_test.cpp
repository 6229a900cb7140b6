// ONNX: what is written for each op is read back and answers the same, and answers what onnxruntime answered when it was
// recorded (tests/fixtures/onnx/record.py). Broken files are problems.
#include <QCryptographicHash>
#include <QDir>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <fstream>

#include "engine/document/json.h"
#include "engine/formats/export.h"
#include "engine/formats/safetensors.h"
#include "tests/engine/onnx_cases.h"

using namespace onnx_cases;

namespace {

const char* const kFixture = NETWRIGHT_SOURCE_DIR "/tests/fixtures/onnx/onnxruntime.safetensors";
const char* const kRecord =
    "What is written to ONNX has changed. Where that was meant, record onnxruntime's answers anew:\n"
    "  NETWRIGHT_ONNX_CASES=DIR onnx_test recordedAnswers && python3 tests/fixtures/onnx/record.py DIR\n"
    "(pip install onnx onnxruntime safetensors numpy)";

kernels::Cpu& cpu() {
  static kernels::Pool pool(1);
  static kernels::Cpu it{};
  it.pool = &pool;
  return it;
}

// Empty where all is well.
QString difference(const std::vector<std::vector<float>>& got, const std::vector<std::vector<float>>& expected, double tolerance) {
  if (got.size() != expected.size()) return "another number of outputs";
  for (size_t o = 0; o < got.size(); ++o) {
    if (got[o].size() != expected[o].size()) return QString("%1 numbers instead of %2").arg(got[o].size()).arg(expected[o].size());
    double largest = 1;
    for (float value : expected[o])
      if (std::isfinite(value)) largest = std::max(largest, std::fabs(double(value)));
    for (size_t i = 0; i < got[o].size(); ++i) {
      const double a = double(got[o][i]), b = double(expected[o][i]);
      const bool same = a == b || (std::isnan(a) && std::isnan(b)) || std::fabs(a - b) <= tolerance * largest;
      if (!same) return QString("%1 instead of %2 at %3").arg(a, 0, 'g', 9).arg(b, 0, 'g', 9).arg(i);
    }
  }
  return {};
}

std::vector<std::string> namesOfWrittenOps() {
  std::vector<std::string> names;
  for (std::string_view name : onnx::writtenOps()) names.emplace_back(name);
  return names;
}

// What onnxruntime answers is recorded of these: small ones without empty tensors, at the opset by default, and at others
// where the form is another one.
std::vector<std::pair<Case, int64_t>> recordedCases() {
  constexpr int64_t kMostNumbers = 300;
  std::vector<std::pair<Case, int64_t>> all;
  std::set<std::string> newest;  // ops of which a case is there at the newest opset
  for (const std::string& name : namesOfWrittenOps())
    for (Case& c : casesOf(*findOp(name))) {
      bool empty = c.batch == 0;
      for (const engine::Node& node : c.network.network.nodes) empty = empty || node.op.is("Constant");
      if (name != "Constant" && empty) continue;
      const auto answers = onnx::run(c.network, c.batch, c.inputs, cpu());
      if (!answers || (*answers)[0].empty() || c.numbers() > kMostNumbers || (*answers)[0].size() > size_t(kMostNumbers)) continue;
      if (!written(c)) continue;  // told by another test
      for (int64_t opset : {13, 18, 20}) {
        const bool other = (name == "GELU" && opset != 18) || (name == "LayerNorm" && opset != 20) || name == "Mean" || name == "Max" || name == "BatchNorm1d";
        if (!other) continue;
        Case again = c;
        again.name += "@" + std::to_string(opset);
        all.emplace_back(std::move(again), opset);
      }
      if (newest.insert(name).second && written(c, onnx::kNewestOpset)) {
        Case again = c;
        again.name += "@" + std::to_string(onnx::kNewestOpset);
        all.emplace_back(std::move(again), onnx::kNewestOpset);
      }
      all.emplace_back(std::move(c), 17);
    }
  return all;
}

document::Document parsed(const std::string& text) {
  Result<document::Document> document = document::parse(text, "test.netw");
  if (!document) qFatal("%s", withPlace(document.error()).c_str());
  return *document;
}

// Two-dimensional points with a normalisation of their own.
document::Document spirals() {
  return parsed(R"({"netwright":1,"name":"spirals","nodes":[
    {"id":"0000000000000001","type":"Input","name":"point","fields":{"shape":[2]}},
    {"id":"0000000000000002","type":"Linear","name":"hidden","fields":{"out_features":32}},
    {"id":"0000000000000003","type":"BatchNorm1d","name":"norm"},
    {"id":"0000000000000004","type":"GELU","name":"gelu"},
    {"id":"0000000000000006","type":"Linear","name":"scores","fields":{"out_features":3}},
    {"id":"0000000000000005","type":"Dropout","name":"dropout","fields":{"p":0.1}},
    {"id":"0000000000000007","type":"Target","name":"label"},
    {"id":"0000000000000008","type":"CrossEntropyLoss","name":"loss"}],
    "wires":[
    {"from":"0000000000000001","to":"0000000000000002"},{"from":"0000000000000002","to":"0000000000000003"},
    {"from":"0000000000000003","to":"0000000000000004"},{"from":"0000000000000004","to":"0000000000000006"},
    {"from":"0000000000000006","to":"0000000000000005"},{"from":"0000000000000005","to":"0000000000000008","input":0},
    {"from":"0000000000000007","to":"0000000000000008","input":1}],
    "data":{"source":"spirals","bindings":{"0000000000000001":{"column":"x","scale":0.5,"mean":[0.25],"std":[0.75]}}},
    "recipe":{"seed":7,"phases":[{"optimizer":{"type":"sgd","lr":0.1},"batch":48,"epochs":1}]}})");
}

}  // namespace

class OnnxTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::string at(const char* name) const { return folder_.filePath(name).toStdString(); }

 private slots:
  // Each op of the palette that answers something outside of training.
  void everyOpHasAForm() {
    for (const OpType* type : allOps()) {
      const std::string_view group = type->info.group;
      if (group.empty() || group == "Loss" || group == "Metric") continue;
      const std::string name = type->info.name;
      if (name == "Input" || name == "Target" || name == "BlockInput" || name == "BlockOutput" || name == "Note") continue;  // where values come in and out; not a matter of numbers
      QVERIFY2(onnx::findWriter(name), type->info.name);
    }
  }

  void readsBackWhatItWrites_data() {
    QTest::addColumn<QString>("op");
    for (const std::string& name : namesOfWrittenOps())
      if (name != "Parameter" && name != "Buffer") QTest::newRow(name.c_str()) << QString::fromStdString(name);  // an input of other cases
  }
  void readsBackWhatItWrites() {
    QFETCH(QString, op);
    int compared = 0;
    for (const Case& c : casesOf(*findOp(op.toStdString()))) {
      const auto expected = onnx::run(c.network, c.batch, c.inputs, cpu());
      QVERIFY2(expected, c.name.c_str());
      for (const auto& [opset, anyBatch] : {std::pair(17, true), std::pair(17, false), std::pair(13, true), std::pair(18, true), std::pair(int(onnx::kNewestOpset), true)}) {
        if (!anyBatch && c.batch == 0) continue;
        const Result<std::string> bytes = written(c, opset, anyBatch);
        if (!bytes && ((c.batch == 0 && bytes.error().got == Message("none")) || op == "Softplus" || op == "AdaptiveAvgPool2d" || op == "AvgPool2d" || op == "Scatter")) {
          QVERIFY(!toString(bytes.error()).empty());  // these ops have settings without a form: told, with the node
          continue;
        }
        QVERIFY2(bytes, (c.name + ": " + (bytes ? "" : toString(bytes.error()))).c_str());
        QCOMPARE(*written(c, opset, anyBatch), *bytes);
        const Result<onnx::Imported> back = onnx::read(*bytes, "back.onnx");
        QVERIFY2(back, (c.name + ": " + (back ? "" : withPlace(back.error()))).c_str());
        const auto answers = onnx::run(*back, c.batch, c.inputs, cpu());
        QVERIFY2(answers, (c.name + ": " + (answers ? "" : toString(answers.error()))).c_str());
        const QString wrong = difference(*answers, *expected, c.tolerance);
        QVERIFY2(wrong.isEmpty(), qPrintable(QString::fromStdString(c.name) + ": " + wrong));
        ++compared;
      }
    }
    QVERIFY2(compared > 0, qPrintable(op));
  }

  // With NETWRIGHT_ONNX_CASES=DIR it writes the cases there, for record.py.
  void recordedAnswers() {
    const QString folder = qEnvironmentVariable("NETWRIGHT_ONNX_CASES");
    const auto cases = recordedCases();
    QVERIFY(cases.size() > 80);
    if (!folder.isEmpty()) {
      QVERIFY(QDir().mkpath(folder));
      std::vector<formats::NamedTensor> tensors;
      for (const auto& [c, opset] : cases) {
        const Result<std::string> bytes = written(c, opset);
        QVERIFY2(bytes, c.name.c_str());
        std::ofstream(folder.toStdString() + "/" + c.name + ".onnx", std::ios::binary) << *bytes;
        for (size_t i = 0; i < c.inputs.size(); ++i) {
          const engine::Node& node = c.network.network.nodes[size_t(c.network.inputs[i].node)];
          tensors.push_back({c.name + "/in/" + node.name, Type::f32, infoOfSource(node.op, {.batch = c.batch}).shape, c.inputs[i].data()});
        }
      }
      QVERIFY(formats::writeSafetensors(folder.toStdString() + "/inputs.safetensors", tensors));
      return;
    }
    const Result<formats::Safetensors> fixture = formats::readSafetensors(kFixture);
    QVERIFY2(fixture, kRecord);
    QVERIFY(!fixture->metadata().at("onnxruntime").empty());
    for (const auto& [c, opset] : cases) {
      const Result<std::string> bytes = written(c, opset);
      QVERIFY2(bytes, c.name.c_str());
      const QByteArray hash = QCryptographicHash::hash(QByteArray::fromStdString(*bytes), QCryptographicHash::Sha256).toHex();
      const auto recorded = fixture->metadata().find("sha256 " + c.name);
      QVERIFY2(recorded != fixture->metadata().end() && recorded->second == hash.toStdString(), (c.name + ": " + kRecord).c_str());
      std::vector<std::vector<float>> inputs, answers;
      for (size_t i = 0; i < c.inputs.size(); ++i) {
        const auto* input = fixture->find(c.name + "/in/" + c.network.network.nodes[size_t(c.network.inputs[i].node)].name);
        QVERIFY2(input, kRecord);
        const auto* data = static_cast<const float*>(input->data);
        inputs.emplace_back(data, data + input->shape.elements());
      }
      const auto* output = fixture->find(c.name + "/out/node");
      QVERIFY2(output, kRecord);
      const auto* data = static_cast<const float*>(output->data);
      answers.emplace_back(data, data + output->shape.elements());
      const auto own = onnx::run(c.network, c.batch, inputs, cpu());
      QVERIFY(own);
      const QString wrong = difference(*own, answers, c.tolerance);
      QVERIFY2(wrong.isEmpty(), qPrintable(QString::fromStdString(c.name) + ": " + wrong));
    }
  }

  void exportsASession() {
    training::SessionOptions options;
    options.threads = 1;
    const auto session = training::Session::open(spirals(), options);
    QVERIFY2(session, session ? "" : withPlace(session.error()).c_str());
    const std::string path = at("spirals.onnx");
    const auto report = formats::exportModel(**session, path, formats::ExportFormat::onnx);
    QVERIFY2(report, report ? "" : withPlace(report.error()).c_str());
    QVERIFY(report->verified);
    QVERIFY(report->maxDifference <= report->allowed);
    QCOMPARE(report->opset, 17);
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    QCOMPARE(int64_t(bytes.size()), report->bytes);
    const Result<onnx::Model> model = onnx::parse(bytes, path);
    QVERIFY(model);
    QCOMPARE(model->inputs.at(0).name, std::string("point"));
    QVERIFY((model->inputs.at(0).shape == Shape{kBatch, 2}));
    QCOMPARE(model->outputs.at(0).name, std::string("dropout"));  // what feeds the loss, under its own name
    QCOMPARE(model->nodes.at(0).op, std::string("Mul"));          // raw values come in
    QVERIFY(std::any_of(model->initializers.begin(), model->initializers.end(), [](const onnx::Tensor& t) { return t.name == "hidden.weight"; }));
    QCOMPARE(model->metadata.at("preprocessing"), std::string("in the graph: inputs are raw values"));

    formats::ExportOptions without;
    without.preprocessing = false;
    without.batch = 5;
    const auto bare = formats::exportModel(**session, at("bare.onnx"), formats::ExportFormat::onnx, without);
    QVERIFY2(bare, bare ? "" : withPlace(bare.error()).c_str());
    std::ifstream bareFile(at("bare.onnx"), std::ios::binary);
    const Result<onnx::Model> bareModel = onnx::parse(std::string{std::istreambuf_iterator<char>(bareFile), {}}, "bare.onnx");
    QVERIFY(bareModel);
    QVERIFY((bareModel->inputs.at(0).shape == Shape{5, 2}));
    QCOMPARE(bareModel->nodes.at(0).op, std::string("Gemm"));
    QVERIFY(bareModel->metadata.at("preprocessing").starts_with("left out"));

    const auto weights = formats::exportModel(**session, at("spirals.safetensors"), formats::ExportFormat::safetensors);
    QVERIFY2(weights, weights ? "" : withPlace(weights.error()).c_str());
    QVERIFY(weights->verified);
    const auto read = formats::readSafetensors(at("spirals.safetensors"));
    QVERIFY(read && read->find("norm.running_var"));
  }

  void exportsWithoutData() {
    training::SessionOptions options;
    options.threads = 1;
    options.withoutData = true;
    const auto session = training::Session::open(spirals(), options);
    QVERIFY(session);
    const auto report = formats::exportModel(**session, at("random.onnx"), formats::ExportFormat::onnx);
    QVERIFY2(report, report ? "" : withPlace(report.error()).c_str());
    QVERIFY(report->verified);
  }

  // One number of one weight is another one: the check notices.
  void verificationNotices() {
    training::SessionOptions options;
    options.threads = 1;
    const auto session = training::Session::open(spirals(), options);
    QVERIFY(session);
    QVERIFY(formats::exportModel(**session, at("good.onnx"), formats::ExportFormat::onnx));
    std::ifstream file(at("good.onnx"), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    formats::ExportReport report;
    QVERIFY(formats::verifyOnnx(**session, bytes, "good.onnx", {}, report));
    QVERIFY(report.verified);
    Result<onnx::Model> model = onnx::parse(bytes, "good.onnx");
    QVERIFY(model);
    for (onnx::Tensor& tensor : model->initializers) {
      if (tensor.name != "scores.bias") continue;
      std::vector<float> values = tensor.values<float>();
      values[1] += 1e-3f;
      tensor.bytes.assign(reinterpret_cast<const char*>(values.data()), tensor.bytes.size());
    }
    const Done done = formats::verifyOnnx(**session, *onnx::serialize(*model), "changed.onnx", {}, report);
    QVERIFY(!done);
    QVERIFY2(QString::fromStdString(toString(done.error())).contains("difference"), toString(done.error()).c_str());
    QVERIFY(report.maxDifference > 9e-4 && report.maxDifference < 2e-3);
  }

  void refusesOtherOptions() {
    training::SessionOptions options;
    options.threads = 1;
    options.withoutData = true;
    const auto session = training::Session::open(spirals(), options);
    QVERIFY(session);
    formats::ExportOptions wrong;
    wrong.opset = 5;
    QVERIFY(!formats::exportModel(**session, at("old.onnx"), formats::ExportFormat::onnx, wrong));
    QVERIFY(!QFile::exists(folder_.filePath("old.onnx")));
    QVERIFY(!formats::exportFormat("model.xyz"));
    QVERIFY(formats::exportFormat("model.xyz", "onnx") == formats::ExportFormat::onnx);
    QVERIFY(formats::exportFormat("model.safetensors") == formats::ExportFormat::safetensors);
  }

  // A node that has no form is named by its id.
  void tellsWhatHasNoForm() {
    Case c;
    c.network.network.nodes = {{Op::with("Input", {{"shape", std::vector<int64_t>{1, 7, 7}}}), {}, 5, "picture"},
                               {Op::with("AdaptiveAvgPool2d", {{"output_size", std::vector<int64_t>{2, 2}}}), {{0, 0}}, 6, "pool"}};
    c.network.outputs = {{1, 0}};
    const Result<std::string> bytes = written(c);
    QVERIFY(!bytes);
    QCOMPARE(bytes.error().node, NodeId(6));
    QVERIFY(QString::fromStdString(toString(bytes.error())).contains("multiples of 2 and 2"));
  }

  // Every prefix, and every byte changed: a model or a problem, never a crash.
  void survivesBrokenFiles() {
    int refused = 0;
    for (const char* op : {"Linear", "Conv2d", "Slice", "MaxPool2d"}) {
      const std::vector<Case> cases = casesOf(*findOp(op));
      const Result<std::string> bytes = written(cases.at(0));
      QVERIFY(bytes);
      for (size_t size = 0; size < bytes->size(); ++size) {
        const auto cut = onnx::read(std::string_view(*bytes).substr(0, size), "cut.onnx");
        refused += !cut;
        QVERIFY(cut || !toString(cut.error()).empty());
        for (int flip : {0x01, 0x80, 0xff}) {
          std::string changed = *bytes;
          changed[size] = char(changed[size] ^ flip);
          (void)onnx::read(changed, "changed.onnx");
        }
      }
    }
    QVERIFY(refused > 500);
  }

  // Of an If whose condition the file gives there is the branch that is taken; it may read what is outside of it. A loop is as long as
  // its rounds.
  void readsGraphsInGraphs() {
    using onnx::Model, onnx::Tensor;
    const auto truth = [](const char* name, char value) { return Tensor{name, Type::boolean, {}, std::string(1, value)}; };
    for (const char taken : {char(0), char(1)}) {
      Model yes, no, body, model;
      yes.nodes = {{"Neg", "negate", {"x"}, {"of_yes"}, {}}};
      yes.outputs = {{"of_yes", Type::f32, {kBatch, 2}}};
      no.nodes = {{"Abs", "size", {"x"}, {"of_no"}, {}}};
      no.outputs = {{"of_no", Type::f32, {kBatch, 2}}};
      body.inputs = {{"round", Type::i64, {}}, {"goes_on", Type::boolean, {}}, {"before", Type::f32, {kBatch, 2}}};
      body.nodes = {{"Add", "more", {"before", "chosen"}, {"after"}, {}}, {"Identity", "again", {"goes_on"}, {"still"}, {}}};
      body.outputs = {{"still", Type::boolean, {}}, {"after", Type::f32, {kBatch, 2}}};
      model.inputs = {{"x", Type::f32, {kBatch, 2}}};
      model.outputs = {{"y", Type::f32, {kBatch, 2}}};
      const int64_t rounds = 3;
      model.initializers = {truth("condition", taken), truth("true", 1), {"rounds", Type::i64, {}, std::string(reinterpret_cast<const char*>(&rounds), sizeof rounds)}};
      model.nodes = {{"If", "choice", {"condition"}, {"chosen"}, {{"then_branch", std::make_shared<const Model>(yes)}, {"else_branch", std::make_shared<const Model>(no)}}},
                     {"Loop", "loop", {"rounds", "true", "x"}, {"y"}, {{"body", std::make_shared<const Model>(body)}}}};
      const Result<std::string> bytes = onnx::serialize(model);
      QVERIFY(bytes);
      const auto read = onnx::read(*bytes, "graphs.onnx");
      QVERIFY2(read, read ? "" : withPlace(read.error()).c_str());
      const auto answers = onnx::run(*read, 1, std::vector<std::vector<float>>{{-2, 5}}, cpu());
      QVERIFY2(answers, answers ? "" : toString(answers.error()).c_str());
      QCOMPARE((*answers)[0], taken ? std::vector<float>({4, -10}) : std::vector<float>({4, 20}));
      model.initializers.erase(model.initializers.begin());
      model.inputs.push_back({"condition", Type::boolean, {}});
      const auto open = onnx::read(*onnx::serialize(model), "graphs.onnx");
      QVERIFY(!open);
      QVERIFY2(withPlace(open.error()).find("a condition that is known") != std::string::npos, withPlace(open.error()).c_str());
    }
  }

  // Kernels read class numbers as i64: narrower ones, as files may have them, would be read past their end.
  void refusesNarrowClassNumbers() {
    for (const char* kind : {"class", "int32", "uint8", "bool", "values"}) {
      Graph network;
      network.nodes = {{Op::with("Input", {{"shape", std::vector<int64_t>{3}}, {"kind", std::string(kind)}}), {}, 1, "index"}, {Op::with("Embedding"), {{0, 0}}, 2, "table"}};
      const Inference inference = infer(network, {2, false, Type::f32});
      QCOMPARE(inference.ok(), std::string(kind) == "class");
      if (inference.ok()) continue;
      QVERIFY2(toString(inference.problems[0]).starts_with("needs class numbers"), toString(inference.problems[0]).c_str());
    }
  }

  void refusesHugeSizes() {
    onnx::Model model;
    model.inputs = {{"x", Type::f32, {kBatch, int64_t(1) << 62}}};
    model.outputs = {{"y", Type::f32, {kBatch, 1}}};
    model.initializers = {{"w", Type::f32, {int64_t(1) << 61, int64_t(1) << 3}, "abcd"}};
    model.nodes = {{"MatMul", "m", {"x", "w"}, {"y"}, {}}};
    const Result<std::string> bytes = onnx::serialize(model);
    QVERIFY(bytes);
    const auto read = onnx::read(*bytes, "huge.onnx");
    QVERIFY(!read);
    QVERIFY(QString::fromStdString(toString(read.error())).contains("w"));
  }
};

QTEST_GUILESS_MAIN(OnnxTest)
#include "onnx_test.moc"
