// .npy and .npz: every type and order, what is written, what is refused, and what becomes a column.
#include <zip.h>

#include <QTemporaryDir>
#include <QtTest>
#include <cstring>
#include <numeric>

#include "engine/data/npy.h"
#include "engine/data/open.h"

using namespace engine;
using namespace engine::data;

namespace {
using Bytes = std::vector<std::byte>;

Bytes bytesOf(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// A file as numpy.save writes it, with a header of our choice.
Bytes npy(const std::string& dictionary, const std::string& content, int version = 1) {
  std::string file = "\x93NUMPY";
  file += {char(version), '\0'};
  const size_t length = dictionary.size() + 1;
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) file += char(length >> (8 * i));
  return bytesOf(file + dictionary + "\n" + content);
}

std::string header(const std::string& dtype, const std::string& shape, const char* fortran = "False") {
  return "{'descr': '" + dtype + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}

Result<Array> parse(const Bytes& file, int64_t limit = memoryOfMachine()) { return parseNpy(file, "some.npy", limit); }

template <class T>
Bytes npyOf(const std::string& shape, const std::vector<T>& values, const char* dtype) {
  return npy(header(dtype, shape),
             std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)));
}

void writeZip(const std::string& path, const std::vector<std::pair<std::string, Bytes>>& entries) {
  int error = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  QVERIFY(archive);
  for (const auto& [name, bytes] : entries)
    zip_file_add(archive, name.c_str(), zip_source_buffer(archive, bytes.data(), bytes.size(), 0), 0);
  QCOMPARE(zip_close(archive), 0);
}

QByteArray contentOf(const std::string& path) {
  QFile file(QString::fromStdString(path));
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void overwrite(const std::string& path, const QByteArray& content) {
  QFile file(QString::fromStdString(path));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(content);
}
}  // namespace

class DataNumpyTest : public QObject {
  Q_OBJECT
 private slots:
  void readsEveryType_data() {
    QTest::addColumn<QString>("dtype");
    QTest::addColumn<QByteArray>("content");  // one number
    QTest::addColumn<int>("type");
    QTest::addColumn<double>("value");
    const auto row = [](const char* dtype, const char* hex, Type type, double value) {
      QTest::newRow(dtype) << QString(dtype) << QByteArray::fromHex(hex) << int(type) << value;
    };
    row("<f4", "0000c0bf", Type::f32, -1.5);
    row(">f4", "bfc00000", Type::f32, -1.5);
    row("<f8", "000000000000f8bf", Type::f64, -1.5);
    row(">f8", "bff8000000000000", Type::f64, -1.5);
    row("<f2", "003e", Type::f32, 1.5);
    row(">f2", "c100", Type::f32, -2.5);
    row("|i1", "fe", Type::i32, -2);
    row("<i2", "feff", Type::i32, -2);
    row(">i2", "0102", Type::i32, 258);
    row("<i4", "feffffff", Type::i32, -2);
    row(">i4", "00000102", Type::i32, 258);
    row("<i8", "feffffffffffffff", Type::i64, -2);
    row(">i8", "0000000000000102", Type::i64, 258);
    row("|u1", "fe", Type::u8, 254);
    row("<u2", "feff", Type::i32, 65534);
    row(">u2", "fffe", Type::i32, 65534);
    row("<u4", "feffffff", Type::i64, 4294967294);
    row("<u8", "0201000000000000", Type::i64, 258);
    row("|b1", "01", Type::boolean, 1);
    row("|b1 of 2", "02", Type::boolean, 1);  // other bytes than 0 and 1 are no bool in C++
  }
  void readsEveryType() {
    QFETCH(QString, dtype);
    QFETCH(QByteArray, content);
    QFETCH(int, type);
    QFETCH(double, value);
    const auto array = parse(npy(header(dtype.section(' ', 0, 0).toStdString(), "(1,)"), content.toStdString()));
    QVERIFY2(array, array ? "" : toString(array.error()).c_str());
    QCOMPARE(int(array->type), type);
    double got = 0;
    switch (array->type) {
      case Type::f32: got = array->as<float>()[0]; break;
      case Type::f64: got = array->as<double>()[0]; break;
      case Type::i64: got = double(array->as<int64_t>()[0]); break;
      case Type::i32: got = array->as<int32_t>()[0]; break;
      case Type::u8: got = array->as<uint8_t>()[0]; break;
      case Type::boolean: got = array->as<uint8_t>()[0]; break;
    }
    QCOMPARE(got, value);
  }

  void halvesAreExact() {
    const std::vector<uint16_t> halves{0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x8000, 0x7e00};
    const auto array = parse(npyOf(("(8,)"), halves, "<f2"));
    QVERIFY(array);
    const float* f = array->as<float>();
    QCOMPARE(f[0], 0x1p-24f);
    QCOMPARE(f[1], 1023 * 0x1p-24f);
    QCOMPARE(f[2], 0x1p-14f);
    QCOMPARE(f[3], 65504.0f);
    QVERIFY(std::isinf(f[4]) && f[4] > 0 && std::isinf(f[5]) && f[5] < 0);
    QVERIFY(f[6] == 0 && std::signbit(f[6]));
    QVERIFY(std::isnan(f[7]));
  }

  void readsFortranOrder() {
    // numpy.asfortranarray(numpy.arange(24).reshape(2, 3, 4)) runs through the first axis first.
    std::vector<int32_t> fortran;
    for (int k = 0; k < 4; ++k)
      for (int j = 0; j < 3; ++j)
        for (int i = 0; i < 2; ++i) fortran.push_back(i * 12 + j * 4 + k);
    const std::string content(reinterpret_cast<const char*>(fortran.data()), fortran.size() * 4);
    const auto array = parse(npy(header("<i4", "(2, 3, 4)", "True"), content));
    QVERIFY(array);
    QVERIFY((array->shape == Shape{2, 3, 4}));
    for (int i = 0; i < 24; ++i) QCOMPARE(array->as<int32_t>()[i], i);
    QVERIFY(parse(npy(header("<i4", "(0, 3)", "True"), "")));
  }

  void readsAllVersionsAndSpellings() {
    const std::vector<int32_t> two{7, 8};
    const std::string content(reinterpret_cast<const char*>(two.data()), 8);
    for (int version : {1, 2, 3}) QVERIFY(parse(npy(header("<i4", "(2,)"), content, version)));
    QVERIFY(!parse(npy(header("<i4", "(2,)"), content, 4)));
    QVERIFY(parse(npy("{\"shape\":(2L,),\"fortran_order\":False,\"descr\":\"<i4\"}", content)));
    const auto scalar = parse(npy(header("<i4", "()"), content.substr(0, 4)));
    QVERIFY(scalar);
    QCOMPARE(scalar->shape.rank(), 0);
    QCOMPARE(scalar->as<int32_t>()[0], 7);
    QCOMPARE(parse(npy(header("<i4", "(2, 0)"), ""))->bytes.size(), size_t(0));
  }

  void refusesWhatIsNoNumber() {
    for (const char* dtype : {"<U3", "|S1", "<c8", "|O", "<M8[ns]", "<f16", "<f3", "", "<", "f"}) {
      const auto array = parse(npy(header(dtype, "(1,)"), std::string(16, '\0')));
      QVERIFY2(!array, dtype);
    }
    const auto fields =
        parse(npy("{'descr': [('a', '<f4'), ('b', '<i4', (2,))], 'fortran_order': False, 'shape': (1,), }",
                  std::string(12, '\0')));
    QVERIFY(!fields);
    QVERIFY(toString(fields.error()).find("('a', '<f4')") != std::string::npos);
    const auto large = parse(npy(header("<u8", "(1,)"), std::string(8, '\xff')));
    QVERIFY(!large);
    QVERIFY(toString(large.error()).find("18446744073709551615") != std::string::npos);
  }

  void refusesEveryTruncationAndMore() {
    Bytes file = npyOf<float>("(2, 2)", {1, 2, 3, 4}, "<f4");
    QVERIFY(parse(file));
    for (size_t length = 0; length < file.size(); ++length)
      QVERIFY(!parse(Bytes(file.begin(), file.begin() + ptrdiff_t(length))));
    file.push_back({});
    QVERIFY(!parse(file));
  }

  void refusesSizesThatTheFileCannotHold() {
    for (const char* shape :
         {"(9223372036854775807,)", "(9223372036854775808,)", "(99999999999999999999999,)", "(4294967296, 4294967296)",
          "(3037000500, 3037000500, 2)", "(-1,)", "(1, 1, 1, 1, 1, 1, 1, 1, 1)", "(1", "1", "(1 2)", "(,)"})
      QVERIFY2(!parse(npy(header("<f4", shape), std::string(4, '\0'))), shape);
    // 1 GB of zeros on the last axis of an empty array.
    QVERIFY(parse(npy(header("<f4", "(0, 9223372036854775807)"), "")));
    QVERIFY(!parse(npyOf<uint8_t>("(100,)", std::vector<uint8_t>(100), "|i1"), 399));
    QVERIFY(parse(npyOf<uint8_t>("(100,)", std::vector<uint8_t>(100), "|i1"), 400));
    Bytes claims = npy(header("<f4", "(1,)"), std::string(4, '\0'), 2);
    claims[11] = std::byte{0xff};  // a header of 4 GB
    QVERIFY(!parse(claims));
  }

  void writesWhatNumPyWrites() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("a.npy").toStdString();
    const std::vector<float> values{1, 2, 3, 4, 5, 6};
    QVERIFY(writeNpy(path, {2, 3}, Type::f32, values.data()));
    // numpy.save of numpy.arange(1, 7, dtype='<f4').reshape(2, 3), byte for byte.
    std::string wanted("\x93NUMPY\x01\x00\x76\x00", 10);
    wanted += "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    wanted += std::string(128 - 1 - wanted.size(), ' ') + "\n";
    wanted += std::string(reinterpret_cast<const char*>(values.data()), 24);
    QCOMPARE(contentOf(path), QByteArray::fromStdString(wanted));
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden), QStringList{"a.npy"});
  }

  void whatIsWrittenReadsBack() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("a.npy").toStdString();
    for (Type type : kTypes)
      for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 0}, Shape{2, 1, 3}, Shape{1, 1, 1, 1, 1, 1, 1, 2}}) {
        Array array{shape, type, Bytes(size_t(shape.elements() * engine::bytesOf(type)))};
        for (size_t i = 0; i < array.bytes.size(); ++i)
          array.bytes[i] = std::byte(type == Type::boolean ? i % 2 : i * 7 % 100);
        QVERIFY(writeNpy(path, array));
        const auto back = readNpy(path);
        QVERIFY2(back, back ? "" : toString(back.error()).c_str());
        QVERIFY(*back == array);
        QCOMPARE(contentOf(path).size() % 64, qsizetype(array.bytes.size() % 64));
      }
    QVERIFY(!writeNpy(folder.filePath("none/a.npy").toStdString(), {}, Type::f32, "abcd"));
    QVERIFY(!readNpy(folder.path().toStdString()));
    QVERIFY(!readNpy("/dev/zero"));
  }

  void anNpzIsColumnsWithXAndYFirst() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("a.npz").toStdString();
    writeZip(path, {{"weight.npy", npyOf<float>("(2,)", {1, 2}, "<f4")},
                    {"y.npy", npyOf<int64_t>("(2,)", {5, 6}, "<i8")},
                    {"x.npy", npyOf<float>("(2, 3)", {1, 2, 3, 4, 5, 6}, "<f4")},
                    {"names.npy", npy(header("<U1", "(2,)"), std::string(8, '\0'))},
                    {"epochs.npy", npyOf<int64_t>("()", {3}, "<i8")},
                    {"centres.npy", npyOf<float>("(1,)", {1}, "<f4")},
                    {"readme.txt", bytesOf("hello")}});
    const auto source = data::open(path);
    QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
    std::vector<std::string> names;
    for (const Column& column : (*source)->columns()) names.push_back(column.name);
    QCOMPARE(names, (std::vector<std::string>{"x", "y", "weight"}));
    QVERIFY(((*source)->columns()[0].shape == Shape{3}));
    QCOMPARE((*source)->size(Part::train), 2);
    QCOMPARE((*source)->lints().size(), size_t(4));  // names, epochs, centres, readme.txt
    float x[3];
    const int64_t row = 1;
    QVERIFY((*source)->read(Part::train, std::span(&row, 1), 0, x));
    QCOMPARE(x[2], 6.0f);
  }

  void anNpzCarriesItsSplits_data() {
    QTest::addColumn<QString>("pattern");
    QTest::newRow("x_train") << "%1_%2";
    QTest::newRow("train_x") << "%2_%1";
  }
  void anNpzCarriesItsSplits() {
    QFETCH(QString, pattern);
    const auto name = [&](const char* column, const char* part) {
      return (pattern.arg(column, part) + ".npy").toStdString();
    };
    QTemporaryDir folder;
    const std::string path = folder.filePath("a.npz").toStdString();
    std::vector<std::pair<std::string, Bytes>> entries{{name("y", "test"), npyOf<int64_t>("(1,)", {9}, "<i8")},
                                                       {name("x", "train"), npyOf<float>("(2,)", {1, 2}, "<f4")},
                                                       {name("y", "train"), npyOf<int64_t>("(2,)", {7, 8}, "<i8")},
                                                       {name("x", "test"), npyOf<float>("(1,)", {3}, "<f4")},
                                                       {name("x", "val"), npyOf<float>("(1,)", {4}, "<f4")},
                                                       {name("y", "val"), npyOf<int64_t>("(1,)", {6}, "<i8")}};
    writeZip(path, entries);
    auto source = data::open(path);
    QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
    QCOMPARE((*source)->columns()[0].name, std::string("x"));
    QCOMPARE((*source)->size(Part::train), 2);
    QCOMPARE((*source)->size(Part::test), 1);
    QCOMPARE((*source)->size(Part::validation), 1);
    int64_t y = 0;
    const int64_t row = 0;
    QVERIFY((*source)->read(Part::test, std::span(&row, 1), 1, &y));
    QCOMPARE(y, 9);

    entries.pop_back();  // validation without its y
    writeZip(path, entries);
    source = data::open(path);
    QVERIFY(!source);
    QVERIFY(toString(source.error()).find("validation") != std::string::npos);
  }

  void refusesArraysThatDoNotFit() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("a.npz").toStdString();
    writeZip(path, {{"x.npy", npyOf<float>("(2,)", {1, 2}, "<f4")}, {"y.npy", npyOf<float>("(3,)", {1, 2, 3}, "<f4")}});
    const auto source = data::open(path);
    QVERIFY(!source);
    QVERIFY(toString(source.error()).find("2 in x and 3 in y") != std::string::npos);
    writeZip(path, {{"readme.txt", bytesOf("hello")}});
    QVERIFY(!data::open(path));
    writeZip(path, {{"x.npy", bytesOf("hello")}});
    QVERIFY(!data::open(path));
    QVERIFY(!data::open(folder.filePath("none.npz").toStdString()));
  }

  void refusesDamagedArchives() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("a.npz").toStdString();
    std::vector<float> values(5000);
    std::iota(values.begin(), values.end(), 0.0f);
    writeZip(path, {{"x.npy", npyOf<float>("(5000,)", values, "<f4")}});
    QVERIFY(data::open(path));
    const QByteArray good = contentOf(path);
    for (qsizetype length = 0; length < good.size(); length += 97) {
      overwrite(path, good.left(length));
      QVERIFY(!data::open(path));
    }
    QByteArray damaged = good;
    damaged[good.size() / 2] = char(damaged[good.size() / 2] ^ 0x55);
    overwrite(path, damaged);
    QVERIFY(!data::open(path));
    // A megabyte of zeros packs into a kilobyte; the limit holds for what it unpacks to.
    writeZip(path, {{"x.npy", npyOf<uint8_t>("(30000000,)", std::vector<uint8_t>(30000000), "|u1")}});
    QVERIFY(data::open(path));
    QVERIFY(!data::open(path, {.target = {}, .memoryLimit = 1000000}));
  }

  void anNpyIsTheColumnX() {
    QTemporaryDir folder;
    const std::string path = folder.filePath("a.npy").toStdString();
    const std::vector<float> values{1, 2, 3, 4, 5, 6};
    QVERIFY(writeNpy(path, {3, 2}, Type::f32, values.data()));
    const auto source = data::open(path);
    QVERIFY(source);
    QCOMPARE((*source)->columns()[0].name, std::string("x"));
    QCOMPARE((*source)->size(Part::train), 3);
    QVERIFY(writeNpy(path, {}, Type::f32, values.data()));
    QVERIFY(!data::open(path));
  }
};

QTEST_APPLESS_MAIN(DataNumpyTest)
#include "data_numpy_test.moc"
