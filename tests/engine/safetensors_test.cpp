// safetensors: what is written, what is read (16-bit floats, headers of any length), and what is refused.
#include <QTemporaryDir>
#include <QtTest>
#include <bit>
#include <cstring>
#include <fstream>

#include "engine/formats/safetensors.h"

using namespace engine;
using namespace engine::formats;

namespace {

std::vector<std::byte> fileOf(const std::string& header, const std::string& data, std::optional<uint64_t> size = {}) {
  const uint64_t length = size.value_or(header.size());
  std::string file(reinterpret_cast<const char*>(&length), sizeof length);
  file += header + data;
  const auto bytes = std::as_bytes(std::span(file));
  return {bytes.begin(), bytes.end()};
}

template <class T>
std::string bytesOf(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(std::data(values)), values.size() * sizeof(T)};
}

std::vector<std::byte> contentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

class SafetensorsTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::string at(const char* name) const { return folder_.filePath(name).toStdString(); }

 private slots:
  void readsWhatItWrites() {
    const float weight[] = {1, -2.5f, 3e-38f, 4, 5, 6};
    const double exact = 0.1;
    const int64_t whole[] = {-1, int64_t(1) << 62};
    const int32_t small = -7;
    const uint8_t bytes[] = {0, 255, 3};
    const bool truth = true;
    const std::vector<NamedTensor> tensors = {{"fc.weight", Type::f32, {2, 3}, weight}, {"exact", Type::f64, {}, &exact},
                                              {"whole", Type::i64, {2}, whole},         {"small", Type::i32, {1, 1}, &small},
                                              {"bytes", Type::u8, {3}, bytes},          {"truth", Type::boolean, {}, &truth},
                                              {"nothing", Type::f32, {0, 4}, weight},   {"\u00fc \"quoted\"", Type::f32, {1}, weight}};
    QVERIFY(writeSafetensors(at("all.safetensors"), tensors, {{"format", "pt"}, {"b", "2"}}));
    const auto read = readSafetensors(at("all.safetensors"));
    QVERIFY2(read, read ? "" : withPlace(read.error()).c_str());
    QCOMPARE(read->tensors().size(), tensors.size());
    QCOMPARE(read->metadata().at("b"), std::string("2"));
    for (const NamedTensor& tensor : tensors) {
      const NamedTensor* back = read->find(tensor.name);
      QVERIFY2(back, tensor.name.c_str());
      QVERIFY(back->shape == tensor.shape && back->type == tensor.type);
      QVERIFY(tensor.bytes() == 0 || std::memcmp(back->data, tensor.data, size_t(tensor.bytes())) == 0);
      QCOMPARE(reinterpret_cast<uintptr_t>(back->data) % uintptr_t(engine::bytesOf(back->type)), uintptr_t(0));
    }
    QVERIFY(!read->find("other"));
    QVERIFY(writeSafetensors(at("again.safetensors"), tensors, {{"b", "2"}, {"format", "pt"}}));
    QVERIFY(contentOf(at("all.safetensors")) == contentOf(at("again.safetensors")));
  }

  // Of a file whose values alone would fill any memory: the header is read, and nothing else.
  void listsByTheHeader() {
    const std::string header = R"({"b":{"dtype":"F32","shape":[1024,1073741824],"data_offsets":[2,4398046511106]},"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}})";
    const uint64_t size = header.size();
    std::string start(sizeof size, '\0');
    std::memcpy(start.data(), &size, sizeof size);
    start += header;
    QFile file(QString::fromStdString(at("large.safetensors")));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(start.data(), qint64(start.size())) == qint64(start.size()));
    if (!file.resize(qint64(start.size()) + 4398046511106)) QSKIP("this file system has no room for a hole of 4 TiB");
    file.close();
    const auto list = listSafetensors(at("large.safetensors"));
    QVERIFY2(list, list ? "" : withPlace(list.error()).c_str());
    QCOMPARE(list->size(), size_t(2));
    QVERIFY((*list)[0].name == "a" && (*list)[0].type == Type::f32 && (*list)[0].shape == Shape{1} && !(*list)[0].data);
    QVERIFY((*list)[1].name == "b" && ((*list)[1].shape == Shape{1024, 1073741824}));
    QVERIFY(QFile::resize(QString::fromStdString(at("large.safetensors")), qint64(start.size()) + 99));
    QVERIFY(!listSafetensors(at("large.safetensors")));
    QVERIFY(!listSafetensors(at("none.safetensors")));
    QVERIFY(QFile::resize(QString::fromStdString(at("large.safetensors")), 5));
    QVERIFY(!listSafetensors(at("large.safetensors")));
  }

  void refusesOneNameTwice() {
    const float x = 1;
    const std::vector<NamedTensor> twice = {{"x", Type::f32, {}, &x}, {"x", Type::f32, {}, &x}};
    QVERIFY(!writeSafetensors(at("twice.safetensors"), twice));
    QVERIFY(!QFile::exists(folder_.filePath("twice.safetensors")));
    QVERIFY(!writeSafetensors(at("meta.safetensors"), std::vector<NamedTensor>{{"__metadata__", Type::f32, {}, &x}}));
  }

  void widensHalves() {
    // 1, -2, the smallest above 0, the largest, infinity, NaN, -0
    const std::string half = bytesOf<uint16_t>({0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x7e00, 0x8000});
    const std::string brain = bytesOf<uint16_t>({0x3f80, 0xc000});
    const auto read = parseSafetensors(fileOf(R"({"h":{"dtype":"F16","shape":[7],"data_offsets":[0,14]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[14,18]}})", half + brain), "half");
    QVERIFY2(read, read ? "" : withPlace(read.error()).c_str());
    const auto* h = static_cast<const float*>(read->find("h")->data);
    QCOMPARE(h[0], 1.f);
    QCOMPARE(h[1], -2.f);
    QCOMPARE(h[2], std::ldexp(1.f, -24));
    QCOMPARE(h[3], 65504.f);
    QVERIFY(std::isinf(h[4]) && std::isnan(h[5]) && h[6] == 0 && std::signbit(h[6]));
    const auto* b = static_cast<const float*>(read->find("b")->data);
    QCOMPARE(b[0], 1.f);
    QCOMPARE(b[1], -2.f);
    QVERIFY(read->find("h")->type == Type::f32);
  }

  // Other writers do not pad their headers: values lie at any byte.
  void alignsWhatLiesAnywhere() {
    for (int spaces = 0; spaces < 9; ++spaces) {
      const std::string header = R"({"x":{"dtype":"F64","shape":[2],"data_offsets":[1,17]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})" + std::string(size_t(spaces), ' ');
      const auto read = parseSafetensors(fileOf(header, "!" + bytesOf<double>({1.5, -2})), "odd");
      QVERIFY(read);
      const auto* x = static_cast<const double*>(read->find("x")->data);
      QCOMPARE(reinterpret_cast<uintptr_t>(x) % sizeof(double), uintptr_t(0));
      QCOMPARE(x[0], 1.5);
      QCOMPARE(x[1], -2.0);
    }
  }

  void refusesWhatIsBroken_data() {
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<int>("bytes");
    const auto row = [](const char* name, const char* header, int bytes) { QTest::newRow(name) << QByteArray(header) << bytes; };
    row("no object", "[]", 0);
    row("no JSON", "{nothing}", 0);
    row("leading space", R"( {"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4);
    row("name twice", R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2);
    row("unknown type", R"({"x":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}})", 1);
    row("type that is no text", R"({"x":{"dtype":8,"shape":[1],"data_offsets":[0,1]}})", 1);
    row("no shape", R"({"x":{"dtype":"U8","data_offsets":[0,1]}})", 1);
    row("negative size", R"({"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1);
    row("size that is no whole number", R"({"x":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1);
    row("nine axes", R"({"x":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}})", 1);
    row("past 2^63", R"({"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}})", 4);
    row("bytes past 2^63", R"({"x":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,8]}})", 8);
    row("past the end", R"({"x":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", 8);
    row("end before begin", R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}})", 4);
    row("offsets past 2^64", R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,99999999999999999999]}})", 4);
    row("other length", R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4);
    row("overlap", R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3);
    row("hole", R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})", 3);
    row("rest", R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 2);
    row("metadata that is no text", R"({"__metadata__":{"a":1}})", 0);
    row("metadata that is no object", R"({"__metadata__":[]})", 0);
    row("bytes that are no UTF-8", "{\"\xff\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1);
  }
  void refusesWhatIsBroken() {
    QFETCH(QByteArray, header);
    QFETCH(int, bytes);
    const auto read = parseSafetensors(fileOf(header.toStdString(), std::string(size_t(bytes), 'x')), "broken.safetensors");
    QVERIFY(!read);
    QVERIFY(withPlace(read.error()).starts_with("broken.safetensors"));
  }

  void refusesHeadersThatCannotBe() {
    QVERIFY(!parseSafetensors({}, "empty"));
    QVERIFY(!parseSafetensors(std::vector<std::byte>(7), "short"));
    QVERIFY(!parseSafetensors(fileOf("{}", "", ~uint64_t(0)), "huge"));
    QVERIFY(!parseSafetensors(fileOf("{}", "", 3), "one byte more"));
    QVERIFY(!parseSafetensors(fileOf("", "", 0), "none"));
    QVERIFY(!parseSafetensors(fileOf("{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}", ""), "deep"));
    QVERIFY(parseSafetensors(fileOf("{}", ""), "nothing in it"));
    QVERIFY(!readSafetensors(at("missing.safetensors")));
    QVERIFY(!readSafetensors(folder_.path().toStdString()));
  }

  // Every prefix of a good file is a problem.
  void refusesEveryPrefix() {
    const float x[] = {1, 2};
    QVERIFY(writeSafetensors(at("good.safetensors"), std::vector<NamedTensor>{{"x", Type::f32, {2}, x}}));
    const std::vector<std::byte> bytes = contentOf(at("good.safetensors"));
    QVERIFY(bytes.size() > 20);
    for (size_t size = 0; size < bytes.size(); ++size)
      QVERIFY(!parseSafetensors(std::vector<std::byte>(bytes.begin(), bytes.begin() + std::ptrdiff_t(size)), "cut"));
    QVERIFY(parseSafetensors(bytes, "whole"));
  }
};

QTEST_GUILESS_MAIN(SafetensorsTest)
#include "safetensors_test.moc"
