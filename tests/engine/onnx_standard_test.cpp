// The tests of the ONNX standard itself, as Debian ships them (libonnx-testdata): each model is read, run by our ops on the inputs that
// come with it, and compared with the outputs that come with it. What does not pass stands in tests/fixtures/onnx/not_yet.txt with its
// reason; what passes must not stand there.
#include <QDir>
#include <QtTest>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "engine/formats/onnx/onnx.h"
#include "kernels/pool.h"

using namespace engine;
namespace onnx = engine::formats::onnx;

namespace {

const char* const kData = "/usr/share/libonnx-testdata/data";
const char* const kNotYet = NETWRIGHT_SOURCE_DIR "/tests/fixtures/onnx/not_yet.txt";

std::string contents(const QString& path) {
  std::ifstream file(path.toStdString(), std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string said(const Problem& problem) {
  std::string text = withPlace(problem);
  if (const size_t at = text.find("model.onnx, "); at != std::string::npos) text = text.substr(at + 12);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// As the standard's own runner compares (onnx/backend/test/runner): relative and absolute tolerance.
constexpr double kRelative = 1e-3, kAbsolute = 1e-7;

template <class T>
std::string compareValues(const onnx::Tensor& got, const onnx::Tensor& expected) {
  const std::vector<T> a = got.values<T>(), b = expected.values<T>();
  for (size_t i = 0; i < b.size(); ++i) {
    const double x = double(a[i]), y = double(b[i]);
    const bool same = x == y || (std::isnan(x) && std::isnan(y)) || (std::is_floating_point_v<T> && std::abs(x - y) <= kAbsolute + kRelative * std::abs(y));
    if (!same) return QString("%1 instead of %2 at %3 of %4").arg(x).arg(y).arg(i).arg(b.size()).toStdString();
  }
  return {};
}

std::string compare(const onnx::Tensor& got, const onnx::Tensor& expected) {
  if (got.type != expected.type) return "type " + std::string(nameOf(got.type)) + " instead of " + std::string(nameOf(expected.type));
  if (!(got.shape == expected.shape)) return "shape " + toString(got.shape) + " instead of " + toString(expected.shape);
  switch (expected.type) {
    case Type::f32: return compareValues<float>(got, expected);
    case Type::f64: return compareValues<double>(got, expected);
    case Type::i64: return compareValues<int64_t>(got, expected);
    case Type::i32: return compareValues<int32_t>(got, expected);
    case Type::u8:
    case Type::boolean: return compareValues<uint8_t>(got, expected);
  }
  return {};
}

Result<std::vector<onnx::Tensor>> tensors(const QString& folder, const char* kind) {
  std::vector<onnx::Tensor> all;
  for (int i = 0;; ++i) {
    const QString path = QString("%1/%2_%3.pb").arg(folder, kind).arg(i);
    if (!QFile::exists(path)) return all;
    Result<onnx::Tensor> tensor = onnx::parseTensor(contents(path), path.toStdString());
    if (!tensor) return tl::unexpected(tensor.error());
    all.push_back(*std::move(tensor));
  }
}

// "" where all is as it should be.
std::string outcome(const QString& folder) {
  const std::string bytes = contents(folder + "/model.onnx");
  const Result<onnx::Model> model = onnx::parse(bytes, "model.onnx");
  if (!model) return said(model.error());
  for (const QString& set : QDir(folder).entryList({"test_data_set_*"}, QDir::Dirs)) {
    const auto inputs = tensors(folder + '/' + set, "input"), outputs = tensors(folder + '/' + set, "output");
    for (const auto* list : {&inputs, &outputs})
      if (!*list) return "needs tensors of types that Netwright has";
    onnx::ReadOptions options;
    std::vector<onnx::Tensor> given;
    size_t at = 0;
    for (const onnx::Port& port : model->inputs) {
      const bool isInitializer = std::any_of(model->initializers.begin(), model->initializers.end(), [&](const onnx::Tensor& t) { return t.name == port.name; });
      if (isInitializer) continue;
      if (at == inputs->size()) return "fewer inputs than the model has";
      given.push_back((*inputs)[at]);
      options.given[port.name] = (*inputs)[at++];
    }
    const Result<onnx::Imported> imported = onnx::read(bytes, "model.onnx", options);
    if (!imported) return said(imported.error());
    kernels::Cpu cpu;
    const auto answers = onnx::run(*imported, imported->batch.value_or(1), given, cpu);
    if (!answers) return said(answers.error());
    if (answers->size() < outputs->size()) return "fewer outputs";
    for (size_t i = 0; i < outputs->size(); ++i)
      if (const std::string wrong = compare((*answers)[i], (*outputs)[i]); !wrong.empty()) return wrong;
  }
  return {};
}

std::map<std::string, std::string> notYet() {
  std::map<std::string, std::string> reasons;
  std::ifstream file(kNotYet);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t end = line.find(' ');
    reasons[line.substr(0, end)] = end == std::string::npos ? "" : line.substr(end + 1);
  }
  return reasons;
}

}  // namespace

class OnnxStandardTest : public QObject {
  Q_OBJECT

 private slots:
  void all_data() {
    QTest::addColumn<QString>("group");
    for (const char* group : {"node", "pytorch-converted", "pytorch-operator", "simple"}) QTest::newRow(group) << group;
  }
  void all() {
    QFETCH(QString, group);
    const std::map<std::string, std::string> expected = notYet();
    const QString folder = QString("%1/%2").arg(kData, group);
    QVERIFY2(QDir(folder).exists(), "Debian's package libonnx-testdata is missing");
    int passed = 0, failed = 0;
    QStringList wrong;
    for (const QString& name : QDir(folder).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
      const std::string why = outcome(folder + '/' + name), key = (group + '/' + name).toStdString();
      ++(why.empty() ? passed : failed);
      if (qEnvironmentVariableIsSet("NETWRIGHT_RECORD_NOT_YET") && !why.empty()) fprintf(stderr, "NOTYET %s %s\n", key.c_str(), why.c_str());
      if (why.empty() == (expected.count(key) > 0))
        wrong << (why.empty() ? QString::fromStdString(key + " passes: take it out of not_yet.txt") : QString::fromStdString(key + ": " + why));
    }
    fprintf(stderr, "%s: %d pass, %d do not\n", qPrintable(group), passed, failed);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
  }
};

QTEST_GUILESS_MAIN(OnnxStandardTest)
#include "onnx_standard_test.moc"
