// Models in and out by the command line: import, run, grad, diff, and the other verbs on an ONNX file.
#include <cmath>
#include <cstring>

#include "tests/app/netw_program.h"

namespace {

// NumPy's file of version 1 with these numbers.
template <class T>
QByteArray npy(const char* dtype, const QByteArray& shape, const std::vector<T>& values) {
  QByteArray head = "{'descr': '" + QByteArray(dtype) + "', 'fortran_order': False, 'shape': " + shape + ", }";
  while ((10 + head.size() + 1) % 64 != 0) head += ' ';
  head += '\n';
  QByteArray file("\x93NUMPY\x01\x00", 8);
  file += char(head.size() % 256);
  file += char(head.size() / 256);
  return file + head + QByteArray(reinterpret_cast<const char*>(values.data()), qsizetype(values.size() * sizeof(T)));
}
template <class T>
std::vector<T> numbers(const QByteArray& file) {
  if (file.size() < 10) return {};
  const qsizetype at = 10 + uint8_t(file[8]) + 256 * uint8_t(file[9]);
  std::vector<T> values(size_t(file.size() - at) / sizeof(T));
  std::memcpy(values.data(), file.constData() + at, values.size() * sizeof(T));
  return values;
}

}  // namespace

class NetwImportTest : public QObject {
  Q_OBJECT

  Folder folder_;
  // The answer that `run` gives, by the name of its output.
  QByteArray answer(const QString& model, const char* output = "scores") {
    const Ended ended = folder_.run({"run", model, "--input", "points.npy", "--output", "answers"});
    if (ended.status != 0) qWarning("%s", ended.err.constData());
    return folder_.read("answers/" + QString(output) + ".npy");
  }
  double firstLoss(const QStringList& words) {
    QFile::remove(folder_.path("log.jsonl"));
    const Ended ended = folder_.run(QStringList{"train"} + words + QStringList{"--log", "log.jsonl", "--threads", "1"});
    if (ended.status != 0) qWarning("%s", ended.err.constData());
    return QJsonDocument::fromJson(folder_.read("log.jsonl").split('\n').value(0)).object()["loss"].toDouble(-1);
  }

 private slots:
  void initTestCase() {
    SUCCEEDS(folder_.run({"new", "spirals", "p.netw"}));
    SUCCEEDS(folder_.run({"train", "p.netw", "--epochs", "40", "--lr", "0.01", "--threads", "1"}));
    SUCCEEDS(folder_.run({"export", "p.netw", "p.onnx"}));
    std::vector<float> points;
    for (int i = 0; i < 12; ++i) points.push_back(float(std::sin(i)));
    QVERIFY(folder_.write("points.npy", npy("<f4", "(6, 2)", points)));
    QVERIFY(folder_.write("labels.npy", npy<int64_t>("<i8", "(6,)", {0, 1, 0, 0, 1, 1})));
  }

  // The same network, the same numbers to the last bit, the same drawing.
  void outAndInAgain() {
    const Ended ended = folder_.run({"import", "p.onnx", "again.netw"});
    SUCCEEDS(ended);
    QVERIFY2(ended.out.startsWith("again.netw: "), ended.out.constData());
    QVERIFY(folder_.has("again.start.safetensors"));
    const QByteArray own = answer("p.netw");
    QVERIFY(own.size() > 64);
    QCOMPARE(answer("p.onnx"), own);
    QCOMPARE(answer("again.netw"), own);
    // What is left out is what an ONNX model does not have: the target, the loss, the data and the recipe.
    const Ended diff = folder_.run({"diff", "p.netw", "again.netw", "--positions", "--json"});
    SUCCEEDS(diff);
    for (const QJsonValue& d : QJsonDocument::fromJson(diff.out).array()) {
      const QString what = d["what"].toString();
      const bool expected = what.startsWith("recipe") || what.startsWith("data") || what == "name" || what == "about" || what.startsWith("label") || what.startsWith("loss") || what.contains(" of loss");
      QVERIFY2(expected, qPrintable(what + ": " + d["before"].toString() + " -> " + d["after"].toString()));
    }
    const Ended none = folder_.run({"diff", "p.netw", "p.netw"});
    SUCCEEDS(none);
    QCOMPARE(none.out, QByteArray());
    QVERIFY(none.err.contains("no differences"));
    // Twice the same file.
    SUCCEEDS(folder_.run({"import", "p.onnx", "twice.netw"}));
    QCOMPARE(folder_.read("twice.netw").replace("twice", "again"), folder_.read("again.netw"));
    const Ended there = folder_.run({"import", "p.onnx", "again.netw"});
    QCOMPARE(there.status, 1);
    QVERIFY2(there.err.contains("--force"), there.err.constData());
    SUCCEEDS(folder_.run({"import", "p.onnx", "again.netw", "--force"}));
  }

  // What nobody here can calculate goes out again as it came, and is not called verified.
  void outAgainWithAnOperatorOfOthers() {
    const QString boxes = NETWRIGHT_SOURCE_DIR "/tests/fixtures/onnx/models/boxes.onnx";
    SUCCEEDS(folder_.run({"import", boxes, "boxes.netw"}));
    const Ended project = folder_.run({"export", "boxes.netw", "boxes.onnx", "--json"});
    SUCCEEDS(project);
    QCOMPARE(project.json()["verified"].toBool(true), false);
    QCOMPARE(project.json()["opset"].toInt(), 17);
    const Ended model = folder_.run({"export", boxes, "boxes2.onnx", "--opset", "15"});
    SUCCEEDS(model);
    QVERIFY2(model.out.contains("not verified, since it holds operators"), model.out.constData());
    SUCCEEDS(folder_.run({"import", "boxes.onnx", "again_boxes.netw"}));
    const Ended diff = folder_.run({"diff", "boxes.netw", "again_boxes.netw", "--json"});
    SUCCEEDS(diff);
    for (const QJsonValue& d : QJsonDocument::fromJson(diff.out).array())
      QVERIFY2(d["what"].toString() == "name" || d["what"].toString().startsWith("recipe"), qPrintable(d["what"].toString()));
  }

  // Sizes that a file leaves open are those of what is given.
  void sizesOfWhatIsGiven() {
    const QString words = NETWRIGHT_SOURCE_DIR "/tests/fixtures/onnx/models/words.onnx";
    std::vector<int64_t> x;
    for (int i = 0; i < 21; ++i) x.push_back(i * i % 10);
    QVERIFY(folder_.write("words.npy", npy<int64_t>("<i8", "(3, 7)", x)));
    QVERIFY(folder_.write("classes.npy", npy<int64_t>("<i8", "(3,)", {0, 2, 1})));
    SUCCEEDS(folder_.run({"run", words, "--input", "words.npy", "--output", "words"}));
    const std::vector<float> answers = numbers<float>(folder_.read("words/y.npy"));
    QCOMPARE(int(answers.size()), 9);
    double expected = 0;  // of the first sample, the first class
    for (int word = 0; word < 7; ++word)
      for (int k = 0; k < 4; ++k) expected += (double(std::sin(float(x[size_t(word)] * 4 + k))) + double(std::cos(float(word * 4 + k)))) * std::sin(double(k + 1)) / 7;
    QVERIFY2(std::abs(double(answers[0]) - expected) < 1e-5, qPrintable(QString("%1 %2").arg(double(answers[0])).arg(expected)));
    const Ended predict = folder_.run({"predict", words, "words.npy", "--output", "predicted.npy"});
    SUCCEEDS(predict);
    QVERIFY2(!predict.err.contains("is taken"), predict.err.constData());
    const std::vector<float> predicted = numbers<float>(folder_.read("predicted.npy"));
    QCOMPARE(predicted.size(), answers.size());
    for (size_t i = 0; i < answers.size(); ++i) QVERIFY(std::abs(predicted[i] - answers[i]) < 1e-6f);
    const Ended grad = folder_.run({"grad", words, "--input", "words.npy", "--target", "classes.npy", "--loss", "cross_entropy", "--output", "wordgrads", "--json"});
    SUCCEEDS(grad);
    QVERIFY(grad.json()["loss"].toDouble() > 0.1);
    const Ended check = folder_.run({"check", words});
    QVERIFY2(check.err.contains("8 is taken"), check.err.constData());
    QVERIFY2(folder_.run({"check", words, "--size", "sequence=5"}).out.contains("5"), "another size");
    const Ended import = folder_.run({"import", words, "words.netw", "--size", "sequence=7"});
    SUCCEEDS(import);
    QVERIFY2(!import.err.contains("is taken"), import.err.constData());
    SUCCEEDS(folder_.run({"run", "words.netw", "--input", "words.npy", "--output", "words2"}));
    QCOMPARE(numbers<float>(folder_.read("words2/fc.npy")), answers);
    for (const QString& wrong : {QString("sequence"), QString("sequence=x"), QString("sequence=0"), QString("=3")}) {
      const Ended refused = folder_.run({"import", words, "no.netw", "--size", wrong});
      QCOMPARE(refused.status, 1);
      QVERIFY2(refused.err.contains("--size"), refused.err.constData());
    }
  }

  // A project's own names: for the command at hand, in every verb that opens it.
  void sizesOfAProject() {
    const QString pair = NETWRIGHT_SOURCE_DIR "/tests/fixtures/onnx/sizes/pair.onnx";
    SUCCEEDS(folder_.run({"import", pair, "pair.netw"}));
    const QByteArray before = folder_.read("pair.netw");
    QVERIFY(before.contains("\"axes\": \"source\""));
    const Ended check = folder_.run({"check", "pair.netw", "--size", "source=5", "--size", "target=9", "--json"});
    SUCCEEDS(check);
    std::map<QString, int> sizes;
    for (const QJsonValue& node : check.json()["nodes"].toArray())
      if (node["type"] == "Input") sizes[node["name"].toString()] = node["outputs"][0][1].toInt();
    QCOMPARE(sizes, (std::map<QString, int>{{"x0", 5}, {"x1", 9}}));
    for (const char* verb : {"check", "export", "eval", "train"}) {
      QStringList words = {verb, "pair.netw", "--size", "length=5"};
      if (QString(verb) == "export") words.insert(2, "pair_out.onnx");
      const Ended unknown = folder_.run(words);
      QVERIFY2(unknown.status == 1 && unknown.err.contains("the name of an axis (source, target), but got length"), unknown.err.constData());
    }
    // Arrays say the rest, and what is said goes before.
    std::vector<float> numbers(2 * 9 * 4);
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = float(std::sin(double(i)));
    QVERIFY(folder_.write("source.npy", npy<float>("<f4", "(2, 5, 4)", {numbers.begin(), numbers.begin() + 40})));
    QVERIFY(folder_.write("target.npy", npy<float>("<f4", "(2, 9, 4)", numbers)));
    const QStringList inputs = {"--input", "x0=source.npy", "--input", "x1=target.npy", "--output"};
    SUCCEEDS(folder_.run(QStringList{"run", "pair.netw"} + inputs + QStringList{"pair_a"}));
    SUCCEEDS(folder_.run(QStringList{"run", pair} + inputs + QStringList{"pair_b"}));
    const auto answers = [&](const char* folder) {
      const QJsonObject index = QJsonDocument::fromJson(folder_.read(QString("%1/index.json").arg(folder))).object();
      return ::numbers<float>(folder_.read(QString("%1/%2").arg(folder, index.begin().value().toString())));
    };
    QCOMPARE(answers("pair_a").size(), size_t(2 * 9 * 8));
    const std::vector<float> a = answers("pair_a"), b = answers("pair_b");
    QCOMPARE(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) QVERIFY(std::abs(a[i] - b[i]) < 1e-6f);
    for (const QString& model : {QString("pair.netw"), pair}) {
      const Ended refused = folder_.run(QStringList{"run", model, "--size", "source=6"} + inputs + QStringList{"pair_c"});
      QVERIFY2(refused.status == 1 && !refused.err.isEmpty(), refused.err.constData());
    }
    const Ended open = folder_.run({"export", "pair.netw", "pair_out.onnx", "--size", "source=7", "--json"});
    SUCCEEDS(open);
    QCOMPARE(open.json()["open"].toArray().size(), 2);
    QVERIFY(open.json()["verified"].toBool() && !open.json().contains("fixed"));
    QCOMPARE(folder_.read("pair.netw"), before);
  }

  // A run goes on from what the file holds, and not from the seed.
  void fineTuned() {
    SUCCEEDS(folder_.run({"new", "spirals", "fresh.netw"}));
    SUCCEEDS(folder_.run({"import", "p.onnx", "tuned.netw"}));
    const QStringList how{"--data", "spirals", "--loss", "cross_entropy", "--steps", "3", "--lr", "1e-4", "--batch", "200", "--seed", "5"};
    const double fresh = firstLoss(QStringList{"fresh.netw", "--out", "fresh"} + how.mid(4));
    const double file = firstLoss(QStringList{"p.onnx", "--out", "tuned"} + how), project = firstLoss(QStringList{"tuned.netw", "--out", "tuned2"} + how);
    QVERIFY2(fresh > 0.5 && file > 0 && file < 0.5 * fresh, qPrintable(QString("%1 %2").arg(fresh).arg(file)));
    QCOMPARE(project, file);
    const Ended eval = folder_.run({"eval", "tuned", "--data", "spirals", "--json"});
    SUCCEEDS(eval);
    QVERIFY2(eval.json()["accuracy"].toDouble() > 0.6, eval.out.constData());
    // The run needs the file no more.
    QVERIFY(QFile::rename(folder_.path("tuned.start.safetensors"), folder_.path("away.safetensors")));
    SUCCEEDS(folder_.run({"eval", "tuned2", "--data", "spirals"}));
    const Ended train = folder_.run({"train", "tuned.netw", "--data", "spirals", "--loss", "cross_entropy", "--steps", "1"});
    QCOMPARE(train.status, 1);
    QVERIFY2(train.err.contains("tuned.start.safetensors") && train.err.contains("recipe.weights"), train.err.constData());
    QVERIFY(QFile::rename(folder_.path("away.safetensors"), folder_.path("tuned.start.safetensors")));
  }

  // By name; what does not fit is told and begins as the seed draws it.
  void weightsForAProject() {
    SUCCEEDS(folder_.run({"new", "spirals", "w.netw"}));
    SUCCEEDS(folder_.run({"export", "p.netw", "w.in.safetensors"}));
    const Ended ended = folder_.run({"import", "w.in.safetensors", "w.netw", "--json"});
    SUCCEEDS(ended);
    const int all = int(ended.json()["fits"].toArray().size());
    QVERIFY(all >= 4);
    for (const char* none : {"missing", "other_shape", "unused"}) QCOMPARE(ended.json()[none].toArray().size(), 0);
    QCOMPARE(answer("w.netw"), answer("p.netw"));
    // One layer is wider, one has another name.
    QByteArray project = folder_.read("w.netw");
    QVERIFY(project.contains("\"out_features\": 64") && project.contains("\"name\": \"scores\""));
    project.replace(project.indexOf("\"out_features\": 64"), 18, "\"out_features\": 48");
    project.replace("\"name\": \"scores\"", "\"name\": \"answers\"");
    QVERIFY(folder_.write("other.netw", project));
    const Ended other = folder_.run({"import", "w.in.safetensors", "other.netw"});
    SUCCEEDS(other);
    QVERIFY2(other.out.contains("another shape") && other.out.contains("is missing") && other.out.contains("not used") && other.out.contains("fits"), other.out.constData());
    QVERIFY(other.err.contains("begins as the seed draws it"));
    SUCCEEDS(folder_.run({"train", "other.netw", "--steps", "1"}));
    // Later, too: who renames a layer is told that it begins anew, by check and by each run.
    QVERIFY(!folder_.run({"check", "w.netw"}).out.contains("recipe.weights"));
    QByteArray renamed = folder_.read("w.netw");
    renamed.replace("\"name\": \"scores\"", "\"name\": \"answers\"");
    QVERIFY(folder_.write("renamed.netw", renamed));
    const Ended check = folder_.run({"check", "renamed.netw"});
    SUCCEEDS(check);
    const QByteArray said = check.out;
    QVERIFY2(said.contains("in w.start.safetensors, but got none for 2 of them (answers.bias, answers.weight), which begin as the seed draws them") ||
                 said.contains("in w.start.safetensors, but got none for 2 of them (answers.weight, answers.bias), which begin as the seed draws them"), said.constData());
    QVERIFY2(said.contains("needs names of the network's parameters in w.start.safetensors, but got 2 entries that fit none (scores.bias, scores.weight)"), said.constData());
    const Ended run = folder_.run({"train", "renamed.netw", "--steps", "1", "--out", "renamed"});
    SUCCEEDS(run);
    QVERIFY2(run.err.contains("none for 2 of them"), run.err.constData());
    QVERIFY2(!folder_.run({"train", "w.netw", "--steps", "1", "--out", "fits"}).err.contains("of them"), "all fit");
    const Ended alone = folder_.run({"import", "w.in.safetensors"});
    QCOMPARE(alone.status, 1);
    QVERIFY(alone.err.contains("netw import FILE PROJECT"));
    SUCCEEDS(folder_.run({"new", "xor", "foreign.netw"}));
  }

  // A network whose layer became another size cannot begin with the file's weights; a run that is asked for so says why.
  void weightsOfAnotherSize() {
    SUCCEEDS(folder_.run({"import", "p.onnx", "wider.netw"}));
    QByteArray project = folder_.read("wider.netw");
    QVERIFY(project.contains("\"out_features\": 64"));
    project.replace(project.indexOf("\"out_features\": 64"), 18, "\"out_features\": 48");
    QVERIFY(folder_.write("wider.netw", project));
    const Ended ended = folder_.run({"train", "wider.netw", "--data", "spirals", "--loss", "cross_entropy", "--steps", "1"});
    QCOMPARE(ended.status, 1);
    QVERIFY2(ended.err.contains("with the sizes that its weights have") && ended.err.contains("recipe.weights"), ended.err.constData());
  }

  void otherVerbsOnTheFile() {
    const Ended check = folder_.run({"check", "p.onnx", "--json"});
    SUCCEEDS(check);
    const Ended own = folder_.run({"check", "p.netw", "--json"});
    QCOMPARE(check.json()["parameters"].toInt(-1), own.json()["parameters"].toInt(-2));
    SUCCEEDS(folder_.run({"draw", "p.onnx", "p.svg"}));
    QVERIFY(folder_.read("p.svg").contains("scores"));
    QVERIFY(folder_.write("points.csv", "x,y\n0.1,0.2\n-0.5,0.7\n"));
    const Ended a = folder_.run({"predict", "p.onnx", "points.csv", "--quiet"}), b = folder_.run({"predict", "again.netw", "points.csv", "--quiet"});
    SUCCEEDS(a);
    QCOMPARE(a.out, b.out);
    SUCCEEDS(folder_.run({"export", "again.netw", "out.onnx"}));
    QCOMPARE(answer("out.onnx"), answer("p.onnx"));
  }

  // The gradient says how the loss changes: by differences of the loss along it.
  void gradients() {
    const Ended ended = folder_.run({"grad", "p.onnx", "--input", "points.npy", "--target", "labels.npy", "--loss", "cross_entropy", "--output", "g", "--json", "--precision", "f64"});
    SUCCEEDS(ended);
    const double loss = ended.json()["loss"].toDouble(-1);
    QVERIFY(loss > 0);
    QCOMPARE(numbers<double>(folder_.read("g/loss.npy")), std::vector<double>{loss});
    const QJsonObject index = QJsonDocument::fromJson(folder_.read("g/index.json")).object();
    const Ended own = folder_.run({"grad", "p.netw", "--input", "points.npy", "--target", "labels.npy", "--output", "h", "--json", "--precision", "f64"});
    SUCCEEDS(own);
    int parameters = 0;
    for (const QString& name : index.keys()) {
      const std::vector<double> a = numbers<double>(folder_.read("g/" + index[name].toString())), b = numbers<double>(folder_.read("h/" + index[name].toString()));
      QVERIFY2(!a.empty() && a == b, qPrintable(name));
      parameters += name != "loss";
    }
    QVERIFY(parameters >= 4);
    // scores.bias: its gradient is the mean of what softmax gives less what was asked for.
    const std::vector<double> bias = numbers<double>(folder_.read("g/" + index["scores.bias"].toString()));
    const std::vector<float> scores = numbers<float>(answer("p.onnx"));
    std::vector<double> expected(bias.size());
    const int64_t labels[] = {0, 1, 0, 0, 1, 1};
    for (size_t row = 0; row < 6; ++row) {
      double sum = 0;
      for (size_t c = 0; c < bias.size(); ++c) sum += std::exp(double(scores[row * bias.size() + c]));
      for (size_t c = 0; c < bias.size(); ++c) expected[c] += (std::exp(double(scores[row * bias.size() + c])) / sum - (int64_t(c) == labels[row])) / 6;
    }
    for (size_t c = 0; c < bias.size(); ++c) QVERIFY(std::abs(bias[c] - expected[c]) < 1e-5);
  }

  void wrongUseIsTold_data() {
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char* name, const QStringList& words, int status, const char* text) { QTest::newRow(name) << words << status << QByteArray(text); };
    row("no output", {"run", "p.onnx", "--input", "points.npy"}, 2, "--output DIR");
    row("no input", {"run", "p.onnx", "--output", "o"}, 1, "--input points=FILE.npy");
    row("another name", {"run", "p.onnx", "--input", "q=points.npy", "--output", "o"}, 1, "--input points=FILE.npy");
    row("another shape", {"run", "p.netw", "--input", "labels.npy", "--output", "o"}, 1, "points");
    row("a fraction for a class", {"grad", "p.onnx", "--input", "points.npy", "--target", "points.npy", "--loss", "cross_entropy", "--output", "o"}, 1, "i64");
    row("no loss", {"grad", "p.onnx", "--input", "points.npy", "--output", "o"}, 1, "--loss");
    row("no model", {"import", "points.npy"}, 1, ".onnx");
    row("nothing there", {"import", "nowhere.onnx"}, 1, "nowhere.onnx");
    row("broken", {"import", "broken.onnx"}, 1, "ONNX model");
    row("no array", {"run", "p.onnx", "--input", "p.netw", "--output", "o"}, 1, "p.netw");
  }
  void wrongUseIsTold() {
    QFETCH(QStringList, words);
    QFETCH(int, status);
    QFETCH(QByteArray, text);
    QVERIFY(folder_.write("broken.onnx", folder_.read("p.onnx").left(300)));
    const Ended ended = folder_.run(words);
    QCOMPARE(ended.status, status);
    QVERIFY2(ended.err.contains(text), ended.err.constData());
    QVERIFY(!folder_.has("o/index.json"));
  }
};

QTEST_GUILESS_MAIN(NetwImportTest)
#include "netw_import_test.moc"
