// The choices that were measured: their file, whom they hold for, and that a run goes on with those that it began with.
#include <QtTest>

#include "engine/document/json.h"
#include "engine/document/set.h"
#include "engine/formats/choices_file.h"
#include "engine/formats/safetensors.h"
#include "engine/plan/tune.h"
#include "engine/training/choices.h"
#include "engine/training/run.h"

using namespace engine;
using formats::ChoicesFile;
using kernels::ChoiceTable;
using kernels::ConvolutionKind;
using kernels::ConvolutionShape;
using kernels::Way;

namespace {

ChoicesFile example() {
  ChoicesFile file = formats::choicesOfThisMachine();
  file.choices = {{"conv2d forward 1x2x3x3 to 4x1x1, window 3x3", Way::product, 0.25e-3, 1.5e-3}, {"product 3x4x500", Way::library, 1e-6, 2e-6}};
  return file;
}

QByteArray read(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}
// Points, made pictures, through a convolution; an epoch ends in a smaller batch.
document::Document network() {
  const std::string text = R"({"netwright":1,"name":"pictures","nodes":[
    {"id":"0000000000000001","type":"Input","name":"point","fields":{"shape":[2]}},
    {"id":"0000000000000002","type":"Linear","name":"wide","fields":{"out_features":288}},
    {"id":"0000000000000003","type":"Reshape","name":"picture","fields":{"shape":[-1,8,6,6]}},
    {"id":"0000000000000004","type":"Conv2d","name":"conv","fields":{"out_channels":16}},
    {"id":"0000000000000005","type":"ReLU","name":"relu"},
    {"id":"0000000000000006","type":"Conv2d","name":"conv2","fields":{"out_channels":8}},
    {"id":"0000000000000007","type":"Flatten","name":"flat"},
    {"id":"0000000000000008","type":"Linear","name":"scores","fields":{"out_features":3}},
    {"id":"0000000000000009","type":"Target","name":"label"},
    {"id":"000000000000000a","type":"CrossEntropyLoss","name":"loss"}],
    "wires":[
    {"from":"0000000000000001","to":"0000000000000002"},{"from":"0000000000000002","to":"0000000000000003"},
    {"from":"0000000000000003","to":"0000000000000004"},{"from":"0000000000000004","to":"0000000000000005"},
    {"from":"0000000000000005","to":"0000000000000006"},{"from":"0000000000000006","to":"0000000000000007"},
    {"from":"0000000000000007","to":"0000000000000008"},{"from":"0000000000000008","to":"000000000000000a","input":0},
    {"from":"0000000000000009","to":"000000000000000a","input":1}],
    "data":{"source":"spirals"},
    "recipe":{"seed":7,"phases":[{"optimizer":{"type":"sgd","lr":0.1},"batch":50,"steps":3}]}})";
  Result<document::Document> parsed = document::parse(text, "pictures.netw");
  if (!parsed) qFatal("%s", withPlace(parsed.error()).c_str());
  return *parsed;
}

// For all that a run asks, another way than the rules', where there is one.
ChoiceTable otherWays(const document::Document& document) {
  training::SessionOptions options;
  options.threads = 1;
  options.choices = ChoiceTable();
  const auto session = training::Session::open(document, options);
  if (!session || !(*session)->forecastRun()) qFatal("the network has no plans");
  ChoiceTable table;
  for (const auto& c : (*session)->choices().convolutions())
    if (const std::vector<Way> ways = waysOf(c.kind, c.shape); ways.size() > 1) table[questionOf(c.kind, c.shape)] = ways.back();
  for (const auto& p : (*session)->choices().products()) table[questionOf(p)] = waysOf(p).back();
  return table;
}

void write(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
}

}  // namespace

class ChoicesTest : public QObject {
  Q_OBJECT
 private slots:
  void cleanup() {
    qputenv("NETWRIGHT_CHOICES", "none");
    QVERIFY(!training::useMeasuredChoices());
  }

  void fileReadsBack() {
    const QTemporaryDir folder;
    const std::string path = folder.filePath("new/folder/choices.json").toStdString();
    const ChoicesFile file = example();
    QVERIFY(file.isOfThisMachine());
    QVERIFY(formats::saveChoices(file, path));
    const Result<ChoicesFile> again = formats::readChoices(path);
    QVERIFY(again && *again == file);
    QCOMPARE(again->table(), (ChoiceTable{{file.choices[0].question, Way::product}, {file.choices[1].question, Way::library}}));
    std::vector<std::string> unknown;
    QCOMPARE(*formats::parseChoiceTable(formats::toText(file.table()), "", unknown), file.table());
    QCOMPARE(*formats::parseChoiceTable(R"({"a": "magic", "b": "direct", "c": 3})", "", unknown), (ChoiceTable{{"b", Way::direct}}));
    QCOMPARE(unknown, (std::vector<std::string>{"a", "c"}));
  }

  // Where the file is: told, in the cache folder, in the home folder, nowhere.
  void path() {
    const QByteArray cache = qgetenv("XDG_CACHE_HOME"), home = qgetenv("HOME");
    qunsetenv("NETWRIGHT_CHOICES");
    qputenv("HOME", "/home/somebody");
    qputenv("XDG_CACHE_HOME", "/somewhere");
    QCOMPARE(formats::choicesPath(), "/somewhere/netwright/choices.json");
    qputenv("XDG_CACHE_HOME", "relative");
    QCOMPARE(formats::choicesPath(), "/home/somebody/.cache/netwright/choices.json");
    qputenv("NETWRIGHT_CHOICES", "/a/file");
    QCOMPARE(formats::choicesPath(), "/a/file");
    qputenv("NETWRIGHT_CHOICES", "none");
    QCOMPARE(formats::choicesPath(), "");
    cache.isNull() ? qunsetenv("XDG_CACHE_HOME") : qputenv("XDG_CACHE_HOME", cache);
    qputenv("HOME", home);
  }

  void whatDoesNotHoldHereIsNotUsed() {
    const QTemporaryDir folder;
    const QString path = folder.filePath("choices.json");
    qputenv("NETWRIGHT_CHOICES", path.toUtf8());
    QVERIFY(!training::useMeasuredChoices() && training::measuredChoices().empty());  // there is none
    const ChoicesFile mine = example();
    QVERIFY(formats::saveChoices(mine, path.toStdString()));
    QVERIFY(!training::useMeasuredChoices());
    QCOMPARE(training::measuredChoices(), mine.table());
    for (int strange = 0; strange < 3; ++strange) {
      ChoicesFile other = mine;
      if (strange == 0) other.processor = "a processor of 1974";
      else if (strange == 1) other.column = "sse9";
      else ++other.version;
      QVERIFY(formats::saveChoices(other, path.toStdString()));
      const auto lint = training::useMeasuredChoices();
      QVERIFY(lint && lint->severity == Severity::lint && training::measuredChoices().empty());
      if (strange == 0) QVERIFY(QString::fromStdString(toString(*lint)).contains("a processor of 1974"));
    }
    const QByteArray whole = QByteArray::fromStdString(formats::toText(mine));
    for (const QByteArray& broken : {QByteArray(), QByteArray("[]"), QByteArray("{\"netwright.choices\": \"2\"}"), whole.left(whole.size() / 2), QByteArray(whole).replace("product", "magic"),
                                     QByteArray(whole).replace("\"version\": 1", "\"version\": -1"), QByteArray(100000, '[')}) {
      write(path, broken);
      const auto lint = training::useMeasuredChoices();
      QVERIFY2(lint && lint->severity == Severity::lint && training::measuredChoices().empty(), broken.constData());
    }
  }

  // Every way is measured, the rule's first, and a choice is one of them; the operands of every kind are large enough (under the
  // address sanitizer that is seen).
  void tuneMeasuresEveryWay() {
    kernels::Pool pool(2);
    kernels::Cpu cpu{&pool};
    for (const bool prepared : {false, true})
      for (const ConvolutionKind kind : {ConvolutionKind::forward, ConvolutionKind::backwardData, ConvolutionKind::backwardWeights}) {
        const ConvolutionShape shape{.batch = 2, .channels = 5, .height = 8, .width = 9, .outChannels = 17, .kernelHeight = 3, .kernelWidth = 3, .bias = true, .relu = true,
                                     .layout = kernels::Layout::channelsLast, .prepared = prepared};
        const Result<Tuned> tuned = tune(cpu, kernels::Choices::Convolution{kind, shape}, 1e-3);
        QVERIFY(tuned);
        QCOMPARE(tuned->question, questionOf(kind, shape));
        QCOMPARE(tuned->times.size(), size_t(3));
        QCOMPARE(tuned->times[0].way, Way::direct);
        for (const Tuned::Time& time : tuned->times) QVERIFY(time.seconds > 0);
        QVERIFY(tuned->secondsOf(tuned->chosen) > 0);
        QVERIFY(tuned->isRules() || tuned->secondsOf(tuned->chosen) < 0.95 * tuned->times[0].seconds);
      }
    kernels::ProductShape product{.batch = 3, .m = 20, .n = 30, .k = 40, .transposeB = true, .bias = true, .masked = true, .strideA = 900, .strideB = 1200, .strideC = 700};
    Result<Tuned> tuned = tune(cpu, product, 1e-3);
    QVERIFY(tuned && tuned->times.size() == 2 && tuned->times[0].way == Way::tiles);
    product.n = 2, product.k = 400, product.strideA = 9000;  // one to three columns go to the library
    tuned = tune(cpu, product, 1e-3);
    QVERIFY(tuned && tuned->times[0].way == Way::library);
  }

  // A run records what differs from the rules; it goes on with that, whatever is measured meanwhile, to the same bits.
  void runsGoOnWithTheirChoices() {
    const QTemporaryDir folder;
    const auto at = [&](const char* name) { return folder.filePath(name).toStdString(); };
    const document::Document document = network();
    const ChoiceTable other = otherWays(document);
    QVERIFY(other.size() > 6);  // forward and both gradients, of all batches, and products
    size_t notes = 0;
    const auto run = [&](const char* out, int64_t steps, bool resume, const ChoiceTable& measured) {
      document::Document wanted = document;
      const auto change = document::set(wanted, "recipe.phases[0].steps=" + std::to_string(steps));
      QVERIFY(change && wanted.apply(*change));
      ChoicesFile file = formats::choicesOfThisMachine();
      for (const auto& [question, way] : measured) file.choices.push_back({question, way, 1, 2});
      qputenv("NETWRIGHT_CHOICES", folder.filePath("choices.json").toUtf8());
      QVERIFY(formats::saveChoices(file, at("choices.json")));
      QVERIFY(!training::useMeasuredChoices());
      training::RunOptions options;
      options.session.threads = 2;
      options.out = at(out);
      options.resume = resume;
      training::Run running(wanted, options);
      const training::Status status = running.wait();
      QVERIFY2(status.state == training::State::finished, status.problem ? toString(*status.problem).c_str() : "");
      notes = running.takeNotes().size();
    };
    run("whole", 6, false, other);
    run("cut", 3, false, other);
    const auto saved = [&](const char* out) { return read(folder.filePath(out) + "/checkpoint.safetensors"); };
    const Result<formats::Safetensors> file = formats::readSafetensors(at("cut") + "/checkpoint.safetensors");
    QVERIFY(file && file->metadata().contains("choices"));
    std::vector<std::string> unknown;
    QCOMPARE(*formats::parseChoiceTable(file->metadata().at("choices"), "", unknown), other);
    const QJsonObject record = QJsonDocument::fromJson(read(folder.filePath("cut/run.json"))).object();
    QCOMPARE(record["choices"].toObject().size(), int(other.size()));
    run("cut", 6, true, {});  // the machine knows nothing any more
    QCOMPARE(saved("cut"), saved("whole"));
    run("rules", 6, false, {});
    QVERIFY(saved("rules") != saved("whole"));  // the choices were followed
    QVERIFY(!formats::readSafetensors(at("rules") + "/checkpoint.safetensors")->metadata().contains("choices"));
    QCOMPARE(notes, size_t(0));
    // Ways of a later build, and ways that are none of a convolution: told, and the rules' are taken.
    for (const QByteArray strange : {"magical", "library"}) {
      const char* out = strange == "magical" ? "of a later build" : "of nobody";
      run(out, 3, false, other);
      const QString path = folder.filePath(out) + "/checkpoint.safetensors";
      QByteArray bytes = read(path);
      const auto products = bytes.count("product\\\"");
      QVERIFY(products >= 3);
      write(path, bytes.replace("product\\\"", strange + "\\\""));
      run(out, 6, true, other);
      QCOMPARE(notes, size_t(products));
    }
    run("first by rules", 3, false, {});
    run("first by rules", 6, true, other);
    QCOMPARE(saved("first by rules"), saved("rules"));
  }

};

QTEST_APPLESS_MAIN(ChoicesTest)
#include "choices_test.moc"
