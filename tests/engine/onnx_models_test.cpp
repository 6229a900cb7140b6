// What ONNX files may hold beside a graph: values in files of their own, functions, operators of others
// (tests/fixtures/onnx/record_models.py).
#include <QTemporaryDir>
#include <QtTest>
#include <cstring>
#include <fstream>
#include <sstream>

#include "engine/document/expand.h"
#include "engine/document/json.h"
#include "engine/document/transaction.h"
#include "engine/formats/import.h"
#include "engine/formats/opaque.h"

using namespace engine;
namespace onnx = engine::formats::onnx;

namespace {

std::string path(const char* name) { return std::string(NETWRIGHT_SOURCE_DIR "/tests/fixtures/onnx/models/") + name; }
std::string contents(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}
// The answer to one sample.
std::vector<float> answer(const char* name, const std::vector<float>& x) {
  const auto imported = onnx::read(contents(path(name)), path(name));
  if (!imported) qFatal("%s", withPlace(imported.error()).c_str());
  Cpu cpu;
  const auto answers = onnx::run(*imported, 1, std::vector<std::vector<float>>{x}, cpu);
  if (!answers) qFatal("%s", toString(answers.error()).c_str());
  return answers->front();
}

}  // namespace

class OnnxModelsTest : public QObject {
  Q_OBJECT

 private slots:
  void valuesInAFileOfTheirOwn() {
    QCOMPARE(answer("external.onnx", {10, 20, 30}), (std::vector<float>{11, 22, 33}));
    const auto model = formats::importModel(path("external.onnx"));
    QVERIFY(model);
    QCOMPARE(int(model->weights->size()), 1);
  }

  // Nothing outside of the model's folder is opened, and no size is believed.
  void whereValuesMayNotBe_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("above") << QByteArray("external_above.onnx") << QByteArray("in the folder of the model");
    QTest::newRow("absolute") << QByteArray("external_absolute.onnx") << QByteArray("in the folder of the model");
    QTest::newRow("short") << QByteArray("external_short.onnx") << QByteArray("12 bytes for w in values.bin");
    QTest::newRow("gone") << QByteArray("external_gone.onnx") << QByteArray("nowhere.bin, beside the model");
    QTest::newRow("negative") << QByteArray("external_negative.onnx") << QByteArray("a number as offset of w");
    QTest::newRow("functions without an end") << QByteArray("functions_endless.onnx") << QByteArray("functions that do not call themselves");
  }
  void whereValuesMayNotBe() {
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, said);
    const auto model = formats::importModel(path(name.constData()));
    QVERIFY(!model);
    QVERIFY2(QByteArray::fromStdString(toString(model.error())).contains(said), toString(model.error()).c_str());
  }
  void aLinkOutOfTheFolder() {
    QTemporaryDir folder, other;
    QVERIFY(QFile::copy(QString::fromStdString(path("external.onnx")), folder.filePath("m.onnx")));
    QVERIFY(QFile::copy(QString::fromStdString(path("values.bin")), other.filePath("values.bin")));
    QVERIFY(QFile::link(other.filePath("values.bin"), folder.filePath("values.bin")));
    const auto model = formats::importModel(folder.filePath("m.onnx").toStdString());
    QVERIFY(!model);
    QVERIFY(toString(model.error()).find("in the folder of the model") != std::string::npos);
  }

  void functionsAreTheirNodes() {
    QCOMPARE(answer("functions.onnx", {1, -2, 3}), (std::vector<float>{4, -0.04f, 12}));
    const auto model = formats::importModel(path("functions.onnx"));
    QVERIFY(model);
    QCOMPARE(int(model->document.nodes().size()), 5);
  }

  void aScanIsItsRounds() {
    QCOMPARE(answer("scan.onnx", {1, 2, 4}), (std::vector<float>{3.875f, 5.75f, 7.5f}));  // as onnxruntime says
    const auto model = formats::importModel(path("scan.onnx"));
    QVERIFY(model && model->lost.empty());
  }

  // It keeps its place, its wires and its attributes, through saving too, and a problem names it.
  void anOperatorOfOthers() {
    const auto model = formats::importModel(path("foreign.onnx"));
    QVERIFY2(model, model ? "" : toString(model.error()).c_str());
    QCOMPARE(int(model->lost.size()), 1);
    const auto again = document::parse(print(model->document));
    QVERIFY(again);
    for (const document::Document* document : {&model->document, &*again}) {
      const document::Node* swirl = document->nodeNamed("swirl");
      QVERIFY(swirl);
      QCOMPARE(swirl->type, std::string("onnx.com.example.Swirl"));
      QVERIFY(*document::find(swirl->fields, "turns") == FieldValue(int64_t(3)) && *document::find(swirl->fields, "angle") == FieldValue(0.5));
      QVERIFY(*document::find(swirl->fields, "way") == FieldValue(std::string("left")) && *document::find(swirl->fields, "sizes") == FieldValue(std::vector<int64_t>{1, 2}));
      QVERIFY(*document::find(swirl->fields, "weights") == FieldValue(std::vector<double>{0.5, 2}));
      for (const char* kept : {"\"names\"", "\"table\"", "\"f32\"", "0000c03f00002040"}) QVERIFY2(swirl->otherFields.find(kept) != std::string::npos, swirl->otherFields.c_str());
      QCOMPARE(document->wireInto(swirl->id, 0)->from, document->nodeNamed("before")->id);
      QCOMPARE(document->wireInto(document->nodeNamed("after")->id, 0)->from, swirl->id);
      const Problems problems = expand(*document).problems;
      QCOMPARE(int(problems.size()), 1);
      QCOMPARE(problems.front().node, swirl->id);
    }
    // Nothing can be calculated with it.
    const auto direct = onnx::read(contents(path("foreign.onnx")), path("foreign.onnx"));
    QVERIFY(!direct);
    QVERIFY(toString(direct.error()).find("com.example.Swirl") != std::string::npos);
  }

  // Axes without a number get the one that is given, or one with which all of the model can be read, and it is said which.
  void axesWithoutANumber() {
    const auto sizeOf = [](const formats::ImportedModel& model) { return std::get<std::vector<int64_t>>(*document::find(model.document.nodeNamed("x")->fields, "shape")); };
    const auto words = formats::importModel(path("words.onnx"));  // of 16 words there would be no sum with the places
    QVERIFY2(words, words ? "" : toString(words.error()).c_str());
    QVERIFY(words->lost.empty() && !words->batch);
    QCOMPARE(sizeOf(*words), std::vector<int64_t>{8});
    QCOMPARE(int(words->chosen.size()), 1);
    QCOMPARE(toString(words->chosen[0]), std::string("needs a number for sequence, axis 1 of x, but got none in the file; 8 is taken; `--size sequence=N`, or another shape of x, changes it at any time"));
    const auto five = formats::importModel(path("words.onnx"), {{"sequence", 5}});
    QVERIFY(five && five->chosen.empty() && five->lost.empty());
    QCOMPARE(sizeOf(*five), std::vector<int64_t>{5});
    const auto picture = formats::importModel(path("picture.onnx")), small = formats::importModel(path("picture.onnx"), {{"x.2", 10}, {"width", 6}});
    QVERIFY(picture && small && small->chosen.empty());
    QCOMPARE(sizeOf(*picture), (std::vector<int64_t>{3, 224, 224}));
    QCOMPARE(int(picture->chosen.size()), 2);
    QVERIFY(toString(picture->chosen[0]).find("x.2=N") != std::string::npos);
    QCOMPARE(sizeOf(*small), (std::vector<int64_t>{3, 10, 6}));
    const auto other = formats::importModel(path("words.onnx"), {{"length", 5}}), none = formats::importModel(path("words.onnx"), {{"sequence", 0}});
    QVERIFY(!other && !none);
    QVERIFY2(toString(other.error()).find("(batch, sequence), but got length") != std::string::npos, toString(other.error()).c_str());
    QVERIFY(toString(none.error()).find("at least 1") != std::string::npos);
    const auto fixed = formats::importModel(path("words.onnx"), {{"batch", 4}, {"sequence", 12}});
    QVERIFY(fixed && fixed->batch == 4);
    const auto tooLong = formats::importModel(path("words.onnx"), {{"sequence", 13}});
    QVERIFY(tooLong && !tooLong->lost.empty());
  }

  // In, saved, out and in again: the same drawing, and the same operator in the file.
  void outAgain_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("type");
    QTest::newRow("of others") << QByteArray("foreign.onnx") << QByteArray("com.example.Swirl");
    QTest::newRow("boxes") << QByteArray("boxes.onnx") << QByteArray("NonMaxSuppression");
    QTest::newRow("branch") << QByteArray("branch.onnx") << QByteArray("If");
  }
  void outAgain() {
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, type);
    QTemporaryDir folder;
    const auto model = formats::importModel(path(name.constData()));
    QVERIFY2(model, model ? "" : toString(model.error()).c_str());
    const auto saved = document::parse(print(model->document));
    QVERIFY(saved && formats::holdsOpaque(*saved));
    const std::string file = folder.filePath("out.onnx").toStdString();
    const auto report = formats::exportOpaque(*saved, *model->weights, file, {}, {});
    QVERIFY2(report, report ? "" : toString(report.error()).c_str());
    QVERIFY(!report->verified);
    QCOMPARE(report->opset, 17);
    const auto again = formats::importModel(file);
    QVERIFY2(again, again ? "" : toString(again.error()).c_str());
    QVERIFY(std::equal(saved->nodes().begin(), saved->nodes().end(), again->document.nodes().begin(), again->document.nodes().end(), [](const auto& a, const auto& b) { return *a == *b; }));
    QVERIFY(std::equal(saved->wires().begin(), saved->wires().end(), again->document.wires().begin(), again->document.wires().end()));
    for (const auto& [key, array] : *model->weights) QVERIFY2(again->weights->contains(key) && again->weights->at(key).bytes == array.bytes, key.c_str());
    const auto before = onnx::parse(contents(path(name.constData())), "before"), after = onnx::parse(contents(file), "after");
    QVERIFY(before && after);
    const auto find = [&](const onnx::Model& of) { return std::find_if(of.nodes.begin(), of.nodes.end(), [&](const onnx::Node& n) { return n.op == type.toStdString(); }); };
    const auto a = find(*before), b = find(*after);
    QVERIFY(a != before->nodes.end() && b != after->nodes.end());
    QCOMPARE(b->domain, a->domain);
    QCOMPARE(after->domains, before->domains);
    QCOMPARE(b->inputs.size(), a->inputs.size());
    QCOMPARE(b->outputs.size(), a->outputs.size());
    QVERIFY(b->attributes.size() == a->attributes.size());
    for (const auto& [key, value] : a->attributes) {
      QVERIFY(b->attributes.contains(key) && b->attributes.at(key).index() == value.index());
      if (const auto* graph = std::get_if<onnx::Subgraph>(&value)) QCOMPARE(std::get<onnx::Subgraph>(b->attributes.at(key))->bytes, (*graph)->bytes);
      if (const auto* f = std::get_if<float>(&value)) QCOMPARE(std::get<float>(b->attributes.at(key)), *f);
      if (const auto* i = std::get_if<int64_t>(&value)) QCOMPARE(std::get<int64_t>(b->attributes.at(key)), *i);
      if (const auto* t = std::get_if<onnx::Tensor>(&value)) QVERIFY(std::get<onnx::Tensor>(b->attributes.at(key)).bytes == t->bytes);
    }
    for (size_t i = 0; i < before->outputs.size(); ++i) {
      QCOMPARE(after->outputs.at(i).type, before->outputs[i].type);
      QCOMPARE(after->outputs[i].shape.rank(), before->outputs[i].shape.rank());
    }
  }

  // What cannot go out as it came says so, and leaves no file.
  void notOutAgain() {
    QTemporaryDir folder;
    const std::string file = folder.filePath("out.onnx").toStdString();
    const auto said = [&](const document::Document& document, const training::StartValues& values) {
      const auto report = formats::exportOpaque(document, values, file, {}, {});
      if (report || QFile::exists(QString::fromStdString(file))) return QByteArray("written");
      return QByteArray::fromStdString(toString(report.error()));
    };
    const auto outside = formats::importModel(path("branch_outside.onnx")), boxes = formats::importModel(path("boxes.onnx")), foreign = formats::importModel(path("foreign.onnx"));
    QVERIFY(outside && boxes && foreign);
    QVERIFY2(said(outside->document, *outside->weights).contains("no graphs that read values around them"), said(outside->document, *outside->weights).constData());
    const auto without = [](const document::Document& from, const char* to, int input) {
      document::Document copy = from;
      document::Transaction edit(copy);
      if (!edit.disconnect(copy.nodeNamed(to)->id, input)) qFatal("wire");
      if (!copy.apply(*edit.finish())) qFatal("edit");
      return copy;
    };
    const QByteArray unwired = said(without(boxes->document, "nms_2", 1), *boxes->weights);
    QVERIFY2(unwired.contains("needs something at input 1 of NonMaxSuppression, but got nothing"), unwired.constData());
    std::string text = print(foreign->document);
    text.replace(text.find("\"turns\": 3"), 10, "\"turns\": \"x\"");
    const auto edited = document::parse(text);
    QVERIFY(edited);
    QVERIFY2(said(*edited, *foreign->weights).contains("needs turns as it was in the file, of kind int"), said(*edited, *foreign->weights).constData());
    QVERIFY2(said(boxes->document, {}).contains("values for fc.weight"), said(boxes->document, {}).constData());
  }
};

QTEST_GUILESS_MAIN(OnnxModelsTest)
#include "onnx_models_test.moc"
