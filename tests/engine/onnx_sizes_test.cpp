// Axes with names: networks that are imported at one size and asked at another, Inputs that share a name, and files that leave
// such axes open. What onnxruntime answers is recorded by tests/fixtures/onnx/record_sizes.py.
#include <QCryptographicHash>
#include <QTemporaryDir>
#include <QtTest>
#include <cstring>
#include <fstream>

#include "engine/document/expand.h"
#include "engine/document/json.h"
#include "engine/document/sizes.h"
#include "engine/document/transaction.h"
#include "engine/formats/export.h"
#include "engine/formats/import.h"
#include "engine/formats/onnx/sized_numbers.h"
#include "engine/formats/safetensors.h"
#include "engine/passes/axis_names.h"
#include "engine/passes/infer.h"

using namespace engine;
namespace onnx = engine::formats::onnx;

namespace {

constexpr const char* kFolder = NETWRIGHT_SOURCE_DIR "/tests/fixtures/onnx/sizes/";
constexpr const char* kRecord = "What is written to ONNX has changed. Where that was meant: NETWRIGHT_ONNX_CASES=DIR onnx_sizes_test exported && "
                                "python3 tests/fixtures/onnx/record_sizes.py DIR";

std::string path(const std::string& name) { return kFolder + name + ".onnx"; }

struct Turn {
  const char* name;
  formats::Sizes sizes;
};
// As record_sizes.py has them.
const std::vector<Turn>& turns() {
  static const std::vector<Turn> all = {
      {"gpt", {{"sequence", 8}}},   {"gpt", {{"sequence", 5}}},   {"gpt", {{"sequence", 12}}},  {"bert", {{"sequence", 16}}}, {"bert", {{"sequence", 7}}},
      {"bert", {{"sequence", 30}}}, {"wave", {{"time", 16}}},     {"wave", {{"time", 3}}},      {"wave", {{"time", 21}}},     {"words", {{"sequence", 16}}},
      {"words", {{"sequence", 4}}}, {"words", {{"sequence", 9}}}, {"pair", {{"source", 16}, {"target", 16}}},                {"pair", {{"source", 5}, {"target", 9}}},
      {"pair", {{"source", 20}, {"target", 6}}}, {"upsample", {{"height", 8}, {"width", 8}}}, {"upsample", {{"height", 6}, {"width", 20}}},
      {"upsample", {{"height", 32}, {"width", 10}}}};
  return all;
}
// Each model's turns count from 0.
void addTurns() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<int>("turn");
  QTest::addColumn<int>("row");
  std::map<std::string, int> counts;
  for (size_t row = 0; row < turns().size(); ++row) {
    const int turn = counts[turns()[row].name]++;
    QTest::addRow("%s %d", turns()[row].name, turn) << QString(turns()[row].name) << turn << int(row);
  }
}

const formats::Safetensors& recorded() {
  static const Result<formats::Safetensors> file = formats::readSafetensors(std::string(kFolder) + "answers.safetensors");
  if (!file) qFatal("%s", withPlace(file.error()).c_str());
  return *file;
}
std::vector<float> numbers(const std::string& name) {
  const formats::NamedTensor* tensor = recorded().find(name);
  if (!tensor) return {};
  const auto* data = static_cast<const float*>(tensor->data);
  return {data, data + tensor->shape.elements()};
}
std::string compared(const std::vector<std::vector<float>>& answers, const std::string& turn) {
  for (size_t o = 0; o < answers.size(); ++o) {
    const std::vector<float> theirs = numbers(turn + "/out/" + std::to_string(o));
    if (theirs.empty() || theirs.size() != answers[o].size()) return "output " + std::to_string(o) + ": " + std::to_string(answers[o].size()) + " numbers instead of " + std::to_string(theirs.size());
    for (size_t i = 0; i < theirs.size(); ++i)
      if (!(std::abs(theirs[i] - answers[o][i]) <= 1e-5f * std::max(1.0f, std::abs(theirs[i])))) return "output " + std::to_string(o) + ", number " + std::to_string(i);
  }
  return answers.empty() ? "no outputs" : "";
}
// What a network of this many samples answers to the recorded inputs.
std::string judged(const onnx::Imported& network, const std::string& turn) {
  constexpr int64_t kSamples = 2;
  std::vector<std::vector<float>> inputs;
  for (Value v : network.inputs) inputs.push_back(numbers(turn + "/in/" + network.network.nodes[size_t(v.node)].name));
  Cpu cpu;
  const auto answers = onnx::run(network, kSamples, inputs, cpu);
  return answers ? compared(*answers, turn) : withPlace(answers.error());
}

Result<std::unique_ptr<training::Session>> sessionOf(const document::Document& document, const formats::ImportedModel& model) {
  training::SessionOptions options;
  options.threads = 1, options.withoutData = true, options.start = model.weights;
  auto session = training::Session::open(document, options);
  if (!session) return session;
  if (auto plan = (*session)->evaluationPlan(2); !plan) return tl::unexpected(plan.error());
  return session;
}
// The project as something that runs; its outputs in the order of the file's.
onnx::Imported networkOf(training::Session& session) {
  onnx::Imported network;
  network.network = session.network();
  network.outputs = session.predictions();
  for (size_t o = 0; o < network.outputs.size(); ++o) network.outputNames.push_back(std::to_string(o));
  for (size_t n = 0; n < network.network.nodes.size(); ++n)
    if (network.network.nodes[n].op.is("Input")) network.inputs.push_back({int(n), 0});
  for (const Store::Entry& entry : session.store().entries()) {
    onnx::Tensor& value = network.values.emplace_back(onnx::Tensor{entry.name, entry.tensor.type, entry.tensor.shape, {}});
    value.bytes.assign(static_cast<const char*>(entry.tensor.data), size_t(entry.tensor.bytes()));
  }
  return network;
}
document::Document resizedTo(document::Document document, const formats::Sizes& sizes) {
  const auto change = document::setSizes(document, sizes);
  if (!change || !document.apply(*change)) qFatal("%s", change ? "apply" : withPlace(change.error()).c_str());
  return document;
}
std::string contents(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

class OnnxSizesTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::string at(const std::string& name) const { return folder_.filePath(QString::fromStdString(name)).toStdString(); }

 private slots:
  // Imported at whatever size was taken, then given another: the same project as one that is imported at that size, and what
  // onnxruntime answers.
  void givenAnotherSize_data() { addTurns(); }
  void givenAnotherSize() {
    QFETCH(QString, name);
    QFETCH(int, turn);
    QFETCH(int, row);
    const formats::Sizes& sizes = turns()[size_t(row)].sizes;
    const auto model = formats::importModel(path(name.toStdString())), fresh = formats::importModel(path(name.toStdString()), sizes);
    QVERIFY2(model && fresh, model ? "" : withPlace(model.error()).c_str());
    QVERIFY(model->lost.empty() && fresh->chosen.empty());
    const document::Document other = resizedTo(model->document, sizes);
    QVERIFY2(infer(document::expand(other).network).ok(), "shapes");
    QCOMPARE(QString::fromStdString(print(other)), QString::fromStdString(print(fresh->document)));
    QCOMPARE(namedSizes(document::expand(other).network), sizes);
    const auto session = sessionOf(other, *model);
    QVERIFY2(session, session ? "" : withPlace(session.error()).c_str());
    const std::string wrong = judged(networkOf(**session), (name + "/" + QString::number(turn)).toStdString());
    QVERIFY2(wrong.empty(), wrong.c_str());
  }

  // What an exporter wrote for one size only stays so, and the import says where.
  void whatHoldsASize() {
    const auto held = formats::importModel(path("held"));
    QVERIFY(held && held->lost.empty());
    QVERIFY(namedSizes(document::expand(held->document).network).empty());
    QCOMPARE(int(held->chosen.size()), 2);
    const document::Node* node = held->document.node(held->chosen[1].node);
    QVERIFY(node && node->type == "Reshape");
    QCOMPARE(toString(held->chosen[1]), "needs what follows from sequence, but got " + node->name + ", which holds the size of now; for another size import the model again, with --size");
  }

  // So small that axes go: what is made for other sizes serves there, too.
  void smallSizes() {
    for (const int64_t size : {1, 2}) {
      for (const char* name : {"gpt", "words", "bert"}) {
        const auto small = formats::importModel(path(name), {{"sequence", size}}), usual = formats::importModel(path(name), {{"sequence", 9}});
        QVERIFY(small && usual && small->chosen.empty());
        QCOMPARE(QString::fromStdString(print(resizedTo(small->document, {{"sequence", 9}}))), QString::fromStdString(print(usual->document)));
      }
    }
  }

  // Axes that have to be alike have one name afterwards.
  void alikeByNeed() {
    onnx::Model model;
    model.inputs = {{"x", Type::f32, {kBatch, kUnknown}, {"N", "words"}}, {"mask", Type::f32, {kBatch, kUnknown}, {"N", ""}}};
    model.outputs = {{"y", Type::f32, {kBatch, kUnknown}}};
    model.nodes = {{"Mul", "masked", {"x", "mask"}, {"y"}, {}}};
    const std::string file = at("alike.onnx");
    std::ofstream(file, std::ios::binary) << *onnx::serialize(model);
    const auto alike = formats::importModel(file);
    QVERIFY2(alike && alike->lost.empty(), alike ? "" : withPlace(alike.error()).c_str());
    QCOMPARE(namedSizes(document::expand(alike->document).network), (formats::Sizes{{"words", 16}}));
    QCOMPARE(axisNames(document::expand(alike->document).network.nodes[1].op), std::vector<std::string>{"words"});
    QVERIFY(toString(alike->chosen.at(1)).find("`--size words=N`, or another shape of mask") != std::string::npos);
    QVERIFY(infer(document::expand(resizedTo(alike->document, {{"words", 5}})).network).ok());
  }

  // One name may be free where another one is not.
  void someAxesHold() {
    onnx::Model model;
    model.inputs = {{"x", Type::f32, {kBatch, kUnknown, kUnknown}, {"N", "time", "places"}}};
    model.outputs = {{"y", Type::f32, {kBatch, kUnknown, kUnknown}}};
    model.initializers = {onnx::tensorOf(Type::f32, {6}, std::vector<float>{1, 5, 2, 4, 3, 7})};
    model.initializers[0].name = "table";
    model.nodes = {{"Add", "sum", {"x", "table"}, {"y"}, {}}};
    const std::string bytes = *onnx::serialize(model), file = at("some.onnx");
    std::ofstream(file, std::ios::binary) << bytes;
    const auto some = formats::importModel(file, {{"places", 6}});
    QVERIFY2(some, some ? "" : withPlace(some.error()).c_str());
    QVERIFY(some->lost.empty());
    QCOMPARE(namedSizes(document::expand(some->document).network), (formats::Sizes{{"time", 16}}));
    QCOMPARE(int(some->chosen.size()), 2);  // the size that time has, and what holds places
    QVERIFY2(toString(some->chosen[1]).find("what follows from places, but got sum") != std::string::npos, toString(some->chosen[1]).c_str());
    QVERIFY(infer(document::expand(resizedTo(some->document, {{"time", 3}})).network).ok());
  }

  // A table of 12 places takes no 16 words: the next size is tried.
  void placesThatThereAre() {
    const auto gpt = formats::importModel(path("gpt"));
    QVERIFY(gpt && gpt->lost.empty());
    QCOMPARE(namedSizes(document::expand(gpt->document).network), (formats::Sizes{{"sequence", 8}}));
    const Graph network = document::expand(gpt->document).network, longer = document::expand(resizedTo(gpt->document, {{"sequence", 13}})).network;
    const Inference before = infer(network), inference = infer(longer);
    QVERIFY(before.ok() && !inference.ok());
    const auto wrong = std::find_if(inference.problems.begin(), inference.problems.end(), [](const Problem& p) { return p.severity == Severity::problem; });
    QCOMPARE(toString(*wrong), std::string("needs at most 12 places, as the table has, but got 13; make the axis of the Input shorter, or the table longer"));
    QVERIFY(gpt->document.node(wrong->node)->type == "Embedding");
    QCOMPARE(inferAgain(longer, {}, network, before).problems.size(), inference.problems.size());
    QVERIFY(inferAgain(network, {}, longer, inference).ok());
  }

  // Written, read by onnxruntime at each size, and back with its names.
  void exported_data() {
    QTest::addColumn<QString>("name");
    std::set<std::string> names;
    for (const Turn& turn : turns())
      if (names.insert(turn.name).second) QTest::newRow(turn.name) << QString(turn.name);
  }
  void exported() {
    QFETCH(QString, name);
    const std::string file = name.toStdString();
    const auto model = formats::importModel(path(file));
    QVERIFY(model);
    const auto session = sessionOf(model->document, *model);
    QVERIFY2(session, session ? "" : withPlace(session.error()).c_str());
    const auto report = formats::exportModel(**session, at(file + ".onnx"), formats::ExportFormat::onnx);
    QVERIFY2(report, report ? "" : withPlace(report.error()).c_str());
    QVERIFY(report->verified && report->fixed.empty());
    QCOMPARE(report->open.size(), namedSizes((*session)->network()).size());
    Result<onnx::Model> written = onnx::parse(contents(at(file + ".onnx")), file);
    QVERIFY(written);
    // Where things are drawn is none of onnxruntime's business.
    written->metadata.clear();
    const std::string bytes = *onnx::serialize(*written);
    if (const QByteArray to = qgetenv("NETWRIGHT_ONNX_CASES"); !to.isEmpty()) {
      std::ofstream(to.toStdString() + "/" + file + ".onnx", std::ios::binary) << bytes;
      return;
    }
    const QByteArray hash = QCryptographicHash::hash(QByteArray::fromStdString(bytes), QCryptographicHash::Sha256).toHex();
    const auto known = recorded().metadata().find("sha256 " + file);
    QVERIFY2(known != recorded().metadata().end() && known->second == hash.toStdString(), kRecord);
    int turn = 0;
    for (const Turn& t : turns()) {
      if (t.name != file) continue;
      onnx::ReadOptions options;
      options.sizes = t.sizes;
      const auto network = onnx::read(bytes, file, options);
      QVERIFY2(network, network ? "" : withPlace(network.error()).c_str());
      const std::string wrong = judged(*network, file + "/" + std::to_string(turn++));
      QVERIFY2(wrong.empty(), wrong.c_str());
    }
    const auto back = formats::importModel(at(file + ".onnx"), namedSizes((*session)->network()));
    QVERIFY2(back, back ? "" : withPlace(back.error()).c_str());
    QVERIFY(back->chosen.empty());
    for (const auto& node : model->document.nodes())
      if (node->type == "Input" || (node->type == "Embedding" && file == "gpt")) {  // its places are learned on
        const document::Node* again = back->document.nodeNamed(node->name);
        QVERIFY2(again && again->type == node->type && again->fields == node->fields, node->name.c_str());
      }
  }
  void namesOfWhatGoesOut() {
    const auto model = formats::importModel(path("pair"));
    const auto session = sessionOf(model->document, *model);
    QVERIFY(session && formats::exportModel(**session, at("pair.onnx"), formats::ExportFormat::onnx));
    const auto written = onnx::parse(contents(at("pair.onnx")), "pair");
    QVERIFY(written);
    QCOMPARE(written->inputs.at(0).symbols.at(1), std::string("source"));
    QCOMPARE(written->inputs.at(1).symbols.at(1), std::string("target"));
    QCOMPARE(written->outputs.at(0).symbols.at(1), std::string("target"));
    QVERIFY((written->outputs.at(0).shape == Shape{kBatch, kUnknown, 8}));
  }

  // As many weights as the axis has elements: the file is for that size, and says so; the other name is open.
  void fixedWhereSomethingFollows() {
    const auto document = document::parse(R"({"netwright": 1, "nodes": [
      {"id": "1", "type": "Input", "name": "x", "fields": {"shape": [6, 5], "axes": "time, features"}},
      {"id": "2", "type": "Permute", "name": "turned", "fields": {"dims": [0, 2, 1]}}, {"id": "3", "type": "Linear", "name": "mix", "fields": {"out_features": 2}}],
      "wires": [{"from": "1", "output": 0, "to": "2", "input": 0}, {"from": "2", "output": 0, "to": "3", "input": 0}]})");
    QVERIFY2(document, document ? "" : withPlace(document.error()).c_str());
    formats::ImportedModel none{*document, std::make_shared<training::StartValues>(), {}, {}};
    const auto session = sessionOf(*document, none);
    QVERIFY2(session, session ? "" : withPlace(session.error()).c_str());
    const auto report = formats::exportModel(**session, at("mix.onnx"), formats::ExportFormat::onnx);
    QVERIFY2(report, report ? "" : withPlace(report.error()).c_str());
    QCOMPARE(report->fixed, std::vector<std::string>{"time"});
    QCOMPARE(report->open, std::vector<std::string>{"features"});
    const auto written = onnx::parse(contents(at("mix.onnx")), "mix");
    QVERIFY(written);
    QVERIFY((written->inputs.at(0).shape == Shape{kBatch, 6, kUnknown}));
    QCOMPARE(written->outputs.at(0).symbols.at(1), std::string("features"));
  }

  void sharedNames() {
    const auto document = document::parse(R"({"netwright": 1, "nodes": [
      {"id": "1", "type": "Input", "name": "ids", "fields": {"shape": [5], "axes": "sequence"}},
      {"id": "2", "type": "Input", "name": "mask", "fields": {"shape": [3, 7], "axes": " , sequence"}},
      {"id": "3", "type": "Input", "name": "more", "fields": {"shape": [2], "axes": "a, b"}}], "wires": []})");
    QVERIFY2(document, document ? "" : withPlace(document.error()).c_str());
    const Graph network = document::expand(*document).network;
    const Inference inference = infer(network);
    QCOMPARE(int(inference.problems.size()), 2);
    const auto ofAxes = std::find_if(inference.problems.begin(), inference.problems.end(), [](const Problem& p) { return p.severity == Severity::problem; });
    QVERIFY(ofAxes != inference.problems.end());
    QCOMPARE(toString(*ofAxes), std::string("needs 5 for sequence, as ids has there, but got 7; make it 5, or give the size another name in axes"));
    QCOMPARE(ofAxes->node, network.nodes[1].id);
    QVERIFY(ofAxes->edits == (std::vector<FixEdit>{SetField{network.nodes[1].id, "shape", std::vector<int64_t>{3, 5}}}));
    QVERIFY(inference.problems[0].severity == Severity::lint && toString(inference.problems[0]).find("at most 1 names") != std::string::npos);
    // After its edit, and as if it had always been so.
    Graph mended = network;
    mended.nodes[1].op = *network.nodes[1].op.set("shape", std::vector<int64_t>{3, 5});
    QCOMPARE(int(inferAgain(mended, {}, network, inference).problems.size()), 1);
    // Another first size: said anew, though that node is as it was.
    Graph moved = network;
    moved.nodes[0].op = *network.nodes[0].op.set("shape", std::vector<int64_t>{6});
    const Problems again = inferAgain(moved, {}, network, inference).problems;
    QCOMPARE(int(again.size()), 2);
    QVERIFY(std::is_permutation(again.begin(), again.end(), infer(moved).problems.begin()));
  }

  void sizesByName() {
    const auto document = document::parse(R"({"netwright": 1, "nodes": [
      {"id": "1", "type": "Input", "name": "x", "fields": {"shape": [5, 4], "axes": "time"}},
      {"id": "2", "type": "Input", "name": "y", "fields": {"shape": [5], "axes": "time", "batched": false}}], "wires": []})");
    QVERIFY(document);
    const auto shapes = [](const document::Document& of) {
      const Graph network = document::expand(of).network;
      return std::pair(infoOfSource(network.nodes[0].op).shape, infoOfSource(network.nodes[1].op).shape);
    };
    QVERIFY((shapes(resizedTo(*document, {{"time", 9}})) == std::pair(Shape{kBatch, 9, 4}, Shape{9})));
    QVERIFY((shapes(resizedTo(*document, {{"x.2", 7}})) == std::pair(Shape{kBatch, 5, 7}, Shape{5})));
    QVERIFY((shapes(resizedTo(*document, {{"y.0", 2}})) == std::pair(Shape{kBatch, 5, 4}, Shape{2})));
    const auto unknown = document::setSizes(*document, {{"length", 4}}), none = document::setSizes(*document, {{"time", 0}});
    QVERIFY(!unknown && !none);
    QVERIFY2(toString(unknown.error()).find("the name of an axis (time), but got length") != std::string::npos, toString(unknown.error()).c_str());
    QVERIFY(toString(none.error()).find("at least 1 for time") != std::string::npos);
    QCOMPARE(axesText({"", "a,b", " c ", ""}), std::string(", a_b, c"));
    QCOMPARE(axisNames(Op::with("Input", {{"shape", std::vector<int64_t>{1, 2, 3}}, {"axes", std::string(", width")}})), (std::vector<std::string>{"", "width", ""}));
  }

  // By what rule numbers follow from a size.
  void rules() {
    const auto of = [](const Shape& shape, const std::vector<int64_t>& values) { return onnx::tensorOf(Type::i64, shape, values); };
    QVERIFY(onnx::countOf(of({1, 3}, {0, 1, 2})) == (onnx::Count{0, 1}));
    QVERIFY(onnx::countOf(of({4}, {2, 5, 8, 11})) == (onnx::Count{2, 3}));
    QVERIFY(!onnx::countOf(of({4}, {0, 1, 2, 4})) && !onnx::countOf(of({2, 2}, {0, 1, 2, 3})) && !onnx::countOf(of({3}, {4, 4, 4})) && !onnx::countOf(of({1}, {0})));
    QVERIFY(onnx::triangleOf(of({1, 3, 3}, {1, 0, 0, 1, 1, 0, 1, 1, 1})) == (onnx::Triangle{1, 0, 0}));
    QVERIFY(onnx::triangleOf(of({3, 3}, {7, 7, 9, 7, 7, 7, 7, 7, 7})) == (onnx::Triangle{7, 9, 1}));
    QVERIFY(onnx::triangleOf(of({3, 3}, {9, 9, 9, 7, 9, 9, 7, 7, 9})) == (onnx::Triangle{7, 9, -1}));
    QVERIFY(!onnx::triangleOf(of({3, 3}, {1, 0, 0, 1, 1, 0, 1, 0, 1})) && !onnx::triangleOf(of({2, 3}, {1, 0, 0, 1, 1, 0})));
    onnx::Tensor a = of({2, 2}, {1, 1, 2, 2}), b = of({2, 3}, {1, 1, 1, 2, 2, 2});
    QVERIFY(!onnx::takeRepeated(a, b, 0));
    QVERIFY(onnx::takeRepeated(a, b, 1) && (a.shape == Shape{2, 1}) && a.bytes == b.bytes);
    const onnx::Tensor table = of({2, 3}, {1, 2, 3, 4, 5, 6});
    QVERIFY(onnx::beginsWith(table, of({2, 2}, {1, 2, 4, 5}), 1) && onnx::beginsWith(table, of({1, 3}, {1, 2, 3}), 0));
    QVERIFY(!onnx::beginsWith(table, of({2, 2}, {1, 2, 4, 6}), 1) && !onnx::beginsWith(table, of({1, 3}, {4, 5, 6}), 0) && !onnx::beginsWith(table, of({2, 2}, {1, 2, 4, 5}), 0));
  }
};

QTEST_GUILESS_MAIN(OnnxSizesTest)
#include "onnx_sizes_test.moc"
