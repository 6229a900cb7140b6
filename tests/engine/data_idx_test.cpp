// IDX: what is read, what is refused, and the real Fashion-MNIST.
#include <zlib.h>

#include <QTemporaryDir>
#include <QtTest>
#include <numeric>

#include "engine/data/idx.h"
#include "engine/data/open.h"

using namespace engine;
using namespace engine::data;

namespace {
using Bytes = std::vector<uint8_t>;

Bytes idx(uint8_t type, std::vector<uint32_t> sizes, const Bytes& content) {
  Bytes file{0, 0, type, uint8_t(sizes.size())};
  for (uint32_t size : sizes)
    for (int shift : {24, 16, 8, 0}) file.push_back(uint8_t(size >> shift));
  file.insert(file.end(), content.begin(), content.end());
  return file;
}

Bytes gzip(const Bytes& content) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  Bytes packed(deflateBound(&stream, content.size()));
  stream.next_in = const_cast<Bytef*>(content.data());
  stream.avail_in = uInt(content.size());
  stream.next_out = packed.data();
  stream.avail_out = uInt(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

Result<Array> parse(const Bytes& file, int64_t limit = memoryOfMachine()) {
  return parseIdx(std::as_bytes(std::span(file)), "some.idx", limit);
}

void write(const QString& path, const Bytes& bytes) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(reinterpret_cast<const char*>(bytes.data()), qint64(bytes.size()));
}

// Two pictures of 2 x 3, and their labels.
const Bytes kImages = idx(8, {2, 2, 3}, {0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255});
const Bytes kLabels = idx(8, {2}, {3, 0});
}  // namespace

class DataIdxTest : public QObject {
  Q_OBJECT
 private slots:
  void readsPlainAndPackedBytes() {
    const auto plain = parse(kImages);
    QVERIFY(plain);
    QVERIFY((plain->shape == Shape{2, 2, 3}));
    QCOMPARE(plain->type, Type::u8);
    QCOMPARE(int(plain->as<uint8_t>()[11]), 255);
    const auto packed = parse(gzip(kImages));
    QVERIFY(packed);
    QVERIFY(*packed == *plain);
  }

  void readsTwoMembersOfGzipAsOneFile() {
    Bytes first = gzip(Bytes(kImages.begin(), kImages.begin() + 20));
    const Bytes second = gzip(Bytes(kImages.begin() + 20, kImages.end()));
    first.insert(first.end(), second.begin(), second.end());
    const auto array = parse(first);
    QVERIFY(array);
    QVERIFY(*array == *parse(kImages));
  }

  void widensTheOtherTypes() {
    const auto i8 = parse(idx(0x09, {2}, {0xff, 5}));
    QVERIFY(i8);
    QCOMPARE(i8->type, Type::i32);
    QCOMPARE(i8->as<int32_t>()[0], -1);
    const auto i16 = parse(idx(0x0B, {2}, {0xff, 0xfe, 1, 0}));
    QVERIFY(i16);
    QCOMPARE(i16->as<int32_t>()[0], -2);
    QCOMPARE(i16->as<int32_t>()[1], 256);
    const auto i32 = parse(idx(0x0C, {1}, {0x12, 0x34, 0x56, 0x78}));
    QVERIFY(i32);
    QCOMPARE(i32->as<int32_t>()[0], 0x12345678);
    const auto f32 = parse(idx(0x0D, {1}, {0x3f, 0x80, 0, 0}));
    QVERIFY(f32);
    QCOMPARE(f32->as<float>()[0], 1.0f);
    const auto f64 = parse(idx(0x0E, {1}, {0xbf, 0xf8, 0, 0, 0, 0, 0, 0}));
    QVERIFY(f64);
    QCOMPARE(f64->as<double>()[0], -1.5);
  }

  void refusesEveryTruncation() {
    const Bytes packed = gzip(kImages);
    for (size_t length = 0; length < kImages.size(); ++length)
      QVERIFY(!parse(Bytes(kImages.begin(), kImages.begin() + ptrdiff_t(length))));
    for (size_t length = 0; length < packed.size(); ++length)
      QVERIFY2(!parse(Bytes(packed.begin(), packed.begin() + ptrdiff_t(length))), qPrintable(QString::number(length)));
  }

  void refusesGarbage() {
    Bytes longer = kImages;
    longer.push_back(0);
    QVERIFY(!parse(longer));
    QVERIFY(!parse(gzip(longer)));
    QVERIFY(!parse(idx(0x0A, {1}, {0})));  // no such type
    QVERIFY(!parse(idx(8, {}, {})));
    QVERIFY(!parse(idx(8, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {0})));  // more axes than we have
    QVERIFY(!parse(Bytes(100, 'x')));
    Bytes damaged = gzip(kImages);
    damaged[damaged.size() - 6] ^= 1;  // the checksum
    QVERIFY(!parse(damaged));
  }

  void believesNoSizeThatTheFileCannotHold() {
    // 2^32 * 2^32 * ... elements, and 4 GB that 30 bytes cannot unpack to.
    QVERIFY(!parse(idx(8, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {})));
    QVERIFY(!parse(idx(0x0E, {0xffffffff, 0x20000000}, Bytes(100))));
    const auto bomb = parse(gzip(idx(8, {0xffffffff}, Bytes(1000))));
    QVERIFY(!bomb);
    QVERIFY(toString(bomb.error()).find("4294967295") != std::string::npos);
    const auto limited = parse(gzip(idx(8, {100000}, Bytes(100000))), 1000);
    QVERIFY(!limited);
  }

  void findsLabelsByName_data() {
    QTest::addColumn<QString>("images");
    QTest::addColumn<QString>("labels");
    QTest::newRow("plain") << "a-images-idx3-ubyte"
                           << "a-labels-idx1-ubyte";
    QTest::newRow("packed") << "a-images-idx3-ubyte.gz"
                            << "a-labels-idx1-ubyte.gz";
    QTest::newRow("one of each") << "a-images-idx3-ubyte.gz"
                                 << "a-labels-idx1-ubyte";
    QTest::newRow("with dots") << "a-images.idx3-ubyte"
                               << "a-labels.idx1-ubyte";
    QTest::newRow("no prefix") << "images-idx3-ubyte"
                               << "labels-idx1-ubyte";
  }
  void findsLabelsByName() {
    QFETCH(QString, images);
    QFETCH(QString, labels);
    QTemporaryDir folder;
    write(folder.filePath(images), images.endsWith(".gz") ? gzip(kImages) : kImages);
    write(folder.filePath(labels), labels.endsWith(".gz") ? gzip(kLabels) : kLabels);
    for (const QString& name : {images, labels}) {
      const auto source = data::open(folder.filePath(name).toStdString());
      QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
      QCOMPARE((*source)->size(Part::train), 2);
      QVERIFY(((*source)->columns()[0].shape == Shape{1, 2, 3}));
      QCOMPARE((*source)->columns()[1].classes.size(), size_t(4));
      const std::vector<int64_t> rows{1, 0};
      uint8_t pixels[12];
      int64_t label[2];
      QVERIFY((*source)->read(Part::train, rows, 0, pixels));
      QVERIFY((*source)->read(Part::train, rows, 1, label));
      QCOMPARE(int(pixels[0]), 250);
      QCOMPARE(label[0], 0);
      QCOMPARE(label[1], 3);
    }
  }

  void aFolderHasTrainAndTest() {
    QTemporaryDir folder;
    write(folder.filePath("train-images-idx3-ubyte"), kImages);
    write(folder.filePath("train-labels-idx1-ubyte"), kLabels);
    write(folder.filePath("t10k-images-idx3-ubyte"), idx(8, {1, 2, 3}, Bytes(6)));
    write(folder.filePath("t10k-labels-idx1-ubyte"), idx(8, {1}, {5}));
    auto source = data::open(folder.path().toStdString());
    QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
    QCOMPARE((*source)->size(Part::train), 2);
    QCOMPARE((*source)->size(Part::test), 1);
    QCOMPARE((*source)->columns()[1].classes.size(), size_t(6));

    // Pictures of another size in the test part.
    write(folder.filePath("t10k-images-idx3-ubyte"), idx(8, {1, 3, 3}, Bytes(9)));
    QVERIFY(!data::open(folder.path().toStdString()));
    // A label too many.
    write(folder.filePath("t10k-images-idx3-ubyte"), idx(8, {1, 2, 3}, Bytes(6)));
    write(folder.filePath("t10k-labels-idx1-ubyte"), idx(8, {2}, {5, 5}));
    source = data::open(folder.path().toStdString());
    QVERIFY(!source);
    QVERIFY(withPlace(source.error()).find("t10k-labels-idx1-ubyte") != std::string::npos);
    QFile::remove(folder.filePath("train-labels-idx1-ubyte"));
    source = data::open(folder.path().toStdString());
    QVERIFY(!source);
    QVERIFY(withPlace(source.error()).find("train-labels") != std::string::npos);
  }

  void fashionMnistIsFoundOrSaysHowToInstallIt() {
    QTemporaryDir folder;
    qputenv("NETWRIGHT_DATA", folder.path().toUtf8());
    auto source = data::open("fashion-mnist");
    QVERIFY(!source);
    QVERIFY(toString(source.error()).find("apt install dataset-fashion-mnist") != std::string::npos);
    QDir(folder.path()).mkdir("fashion-mnist");
    write(folder.filePath("fashion-mnist/train-images-idx3-ubyte"), kImages);
    write(folder.filePath("fashion-mnist/train-labels-idx1-ubyte"), kLabels);
    source = data::open("fashion-mnist");
    QVERIFY(source);
    QCOMPARE((*source)->size(Part::train), 2);
    QCOMPARE((*source)->columns()[1].classes[9], std::string("Ankle boot"));
    // A label that is none of the ten.
    write(folder.filePath("fashion-mnist/train-labels-idx1-ubyte"), idx(8, {2}, {3, 10}));
    QVERIFY(!data::open("fashion-mnist"));
    qunsetenv("NETWRIGHT_DATA");
  }

  void theRealFashionMnist() {
    if (!isIdxFolder("/usr/share/datasets/fashion-mnist")) QSKIP("dataset-fashion-mnist is not installed");
    const auto source = data::open("fashion-mnist");
    QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
    QCOMPARE((*source)->size(Part::train), 60000);
    QCOMPARE((*source)->size(Part::test), 10000);
    QCOMPARE((*source)->size(Part::validation), 0);
    QVERIFY(((*source)->columns()[0].shape == Shape{1, 28, 28}));
    std::vector<int64_t> rows(10000);
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<int64_t> labels(10000), counts(10);
    QVERIFY((*source)->read(Part::test, rows, 1, labels.data()));
    for (int64_t label : labels) ++counts[size_t(label)];
    QCOMPARE(counts, std::vector<int64_t>(10, 1000));
    // The mean that everybody normalises by (0.2860), over the train part.
    uint64_t sum = 0;
    std::vector<uint8_t> picture(784);
    for (int64_t row = 0; row < 60000; ++row) {
      QVERIFY((*source)->read(Part::train, std::span(&row, 1), 0, picture.data()));
      sum = std::accumulate(picture.begin(), picture.end(), sum);
    }
    QVERIFY(std::abs(double(sum) / 255 / (60000.0 * 784) - 0.2860) < 1e-4);
  }
};

QTEST_APPLESS_MAIN(DataIdxTest)
#include "data_idx_test.moc"
