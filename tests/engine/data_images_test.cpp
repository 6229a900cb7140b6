// Pictures and folders of them: pixels as they are, classes by name, what is refused and what is left out.
#include <png.h>
#include <turbojpeg.h>
#include <zlib.h>

#include <QTemporaryDir>
#include <QtTest>
#include <cstring>
#include <numeric>

#include "engine/data/images.h"
#include "engine/data/open.h"

using namespace engine;
using namespace engine::data;

namespace {
using Bytes = std::vector<uint8_t>;

Bytes png(uint32_t format, int width, int height, const Bytes& pixels) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = uint32_t(width);
  image.height = uint32_t(height);
  image.format = format;
  png_alloc_size_t bytes = 0;
  png_image_write_to_memory(&image, nullptr, &bytes, 0, pixels.data(), 0, nullptr);
  Bytes file(bytes);
  if (!png_image_write_to_memory(&image, file.data(), &bytes, 0, pixels.data(), 0, nullptr)) return {};
  file.resize(bytes);
  return file;
}

Bytes jpeg(int format, int width, int height, const Bytes& pixels, int subsampling) {
  const tjhandle encoder = tjInitCompress();
  unsigned char* out = nullptr;
  unsigned long size = 0;
  const int status =
      tjCompress2(encoder, pixels.data(), width, 0, height, format, &out, &size, subsampling, 95, TJFLAG_ACCURATEDCT);
  Bytes file;
  if (status == 0) file.assign(out, out + size);
  tjFree(out);
  tjDestroy(encoder);
  return file;
}

Result<Array> parse(const Bytes& file) { return parsePicture(std::as_bytes(std::span(file)), "some.png"); }

Bytes grey(int width, int height, uint8_t value) {
  return png(PNG_FORMAT_GRAY, width, height, Bytes(size_t(width * height), value));
}

void write(const QTemporaryDir& folder, const QString& path, const Bytes& bytes) {
  const QString full = folder.filePath(path);
  QDir().mkpath(QFileInfo(full).path());
  QFile file(full);
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(reinterpret_cast<const char*>(bytes.data()), qint64(bytes.size()));
}

Result<SourcePointer> open(const QTemporaryDir& folder) { return data::open(folder.path().toStdString()); }

std::vector<int64_t> labels(const Source& source, Part part) {
  std::vector<int64_t> rows(static_cast<size_t>(source.size(part))), out(rows.size());
  std::iota(rows.begin(), rows.end(), 0);
  return source.read(part, rows, 1, out.data()) ? out : std::vector<int64_t>{};
}
}  // namespace

class DataImagesTest : public QObject {
  Q_OBJECT
 private slots:
  void pngPixelsAreExactAndPlanar() {
    Bytes rgb(2 * 3 * 3);
    std::iota(rgb.begin(), rgb.end(), uint8_t(10));
    const auto colour = parse(png(PNG_FORMAT_RGB, 3, 2, rgb));
    QVERIFY(colour);
    QVERIFY((colour->shape == Shape{3, 2, 3}));
    for (int channel = 0; channel < 3; ++channel)
      for (int i = 0; i < 6; ++i) QCOMPARE(int(colour->as<uint8_t>()[channel * 6 + i]), 10 + i * 3 + channel);
    const auto one = parse(png(PNG_FORMAT_GRAY, 3, 2, {0, 1, 2, 253, 254, 255}));
    QVERIFY(one);
    QVERIFY((one->shape == Shape{1, 2, 3}));
    QCOMPARE(int(one->as<uint8_t>()[4]), 254);
  }

  void transparencyIsLeftOut() {
    const auto colour = parse(png(PNG_FORMAT_RGBA, 1, 1, {10, 20, 30, 0}));
    QVERIFY(colour);
    QVERIFY((colour->shape == Shape{3, 1, 1}));
    QCOMPARE(int(colour->as<uint8_t>()[1]), 20);
  }

  void sixteenBitsBecomeEight() {
    // A 1 x 1 grey picture of 16 bits with the value 0x8080, made by hand.
    png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(writer);
    Bytes file;
    png_set_write_fn(
        writer, &file,
        [](png_structp p, png_bytep bytes, size_t size) {
          auto* to = static_cast<Bytes*>(png_get_io_ptr(p));
          to->insert(to->end(), bytes, bytes + size);
        },
        nullptr);
    png_set_IHDR(writer, info, 1, 1, 16, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(writer, info);
    const png_byte row[] = {0x80, 0x80};
    png_write_row(writer, row);
    png_write_end(writer, info);
    png_destroy_write_struct(&writer, &info);
    const auto array = parse(file);
    QVERIFY(array);
    QCOMPARE(int(array->as<uint8_t>()[0]), 0x80);
  }

  void readsJpegInGreyAndColour() {
    const auto one = parse(jpeg(TJPF_GRAY, 16, 8, Bytes(128, 100), TJSAMP_GRAY));
    QVERIFY(one);
    QVERIFY((one->shape == Shape{1, 8, 16}));
    QVERIFY(std::abs(int(one->as<uint8_t>()[5]) - 100) <= 2);
    Bytes rgb;
    for (int i = 0; i < 128; ++i) rgb.insert(rgb.end(), {200, 100, 50});
    const auto colour = parse(jpeg(TJPF_RGB, 16, 8, rgb, TJSAMP_420));
    QVERIFY(colour);
    QVERIFY((colour->shape == Shape{3, 8, 16}));
    QVERIFY(std::abs(int(colour->as<uint8_t>()[0]) - 200) <= 4);
    QVERIFY(std::abs(int(colour->as<uint8_t>()[2 * 128]) - 50) <= 4);
  }

  void refusesBrokenPictures() {
    Bytes noise(64 * 64);
    for (size_t i = 0; i < noise.size(); ++i) noise[i] = uint8_t(i * i >> 3);
    for (const Bytes& file : {png(PNG_FORMAT_GRAY, 64, 64, noise), jpeg(TJPF_GRAY, 64, 64, noise, TJSAMP_GRAY)}) {
      QVERIFY(parse(file));
      for (size_t length = 0; length < file.size() - 20; length += 13)
        QVERIFY2(!parse(Bytes(file.begin(), file.begin() + ptrdiff_t(length))), qPrintable(QString::number(length)));
    }
    QVERIFY(!parse(Bytes(100, 'x')));
    // A header that claims 2^31 - 1 pixels each way, and one of 60,000 x 1,000 in a hundred bytes.
    Bytes claims = grey(4, 4, 1);
    for (const Bytes& size :
         {Bytes{0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff}, Bytes{0, 0, 0xea, 0x60, 0, 0, 0x03, 0xe8}}) {
      std::copy(size.begin(), size.end(), claims.begin() + 16);
      const uint32_t checksum = uint32_t(crc32(0, claims.data() + 12, 17));
      for (int i = 0; i < 4; ++i) claims[size_t(29 + i)] = uint8_t(checksum >> (24 - 8 * i));
      QVERIFY(!parse(claims));
    }
  }

  void aFolderOfClasses() {
    QTemporaryDir folder;
    write(folder, "dogs/b.png", grey(4, 3, 20));
    write(folder, "dogs/a.PNG", grey(4, 3, 10));
    write(folder, "cats/deeper/c.png", grey(4, 3, 30));
    write(folder, "cats/readme.txt", {'h', 'i'});
    write(folder, ".hidden/x.png", grey(9, 9, 1));
    const auto source = open(folder);
    QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
    QCOMPARE((*source)->columns()[1].classes, (std::vector<std::string>{"cats", "dogs"}));
    QVERIFY(((*source)->columns()[0].shape == Shape{1, 3, 4}));
    QCOMPARE(labels(**source, Part::train), (std::vector<int64_t>{0, 1, 1}));
    uint8_t pixels[3 * 12];
    const std::vector<int64_t> rows{0, 1, 2};
    QVERIFY((*source)->read(Part::train, rows, 0, pixels));
    QCOMPARE(int(pixels[0]), 30);
    QCOMPARE(int(pixels[12]), 10);
    QCOMPARE(int(pixels[24]), 20);
    QCOMPARE((*source)->lints().size(), size_t(1));
    QVERIFY((*source)->lints()[0].place.name.ends_with("readme.txt"));
  }

  void foldersNamedForPartsAreParts() {
    QTemporaryDir folder;
    write(folder, "train/a/1.png", grey(2, 2, 1));
    write(folder, "train/b/1.png", grey(2, 2, 2));
    write(folder, "val/b/1.png", grey(2, 2, 3));
    write(folder, "test/a/1.png", grey(2, 2, 4));
    write(folder, "test/a/2.png", grey(2, 2, 5));
    const auto source = open(folder);
    QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
    QCOMPARE((*source)->columns()[1].classes, (std::vector<std::string>{"a", "b"}));
    QCOMPARE(labels(**source, Part::train), (std::vector<int64_t>{0, 1}));
    QCOMPARE(labels(**source, Part::validation), (std::vector<int64_t>{1}));
    QCOMPARE(labels(**source, Part::test), (std::vector<int64_t>{0, 0}));
  }

  void greyAmongColoursGetsThreeChannels() {
    QTemporaryDir folder;
    write(folder, "train/a/1.png", grey(2, 1, 7));
    write(folder, "train/a/2.png", png(PNG_FORMAT_RGB, 2, 1, {1, 2, 3, 4, 5, 6}));
    write(folder, "train/a/3.png", grey(2, 1, 9));
    write(folder, "test/a/1.png", grey(2, 1, 8));
    const auto source = open(folder);
    QVERIFY2(source, source ? "" : withPlace(source.error()).c_str());
    QVERIFY(((*source)->columns()[0].shape == Shape{3, 1, 2}));
    Bytes pixels(18);
    const std::vector<int64_t> rows{0, 1, 2};
    QVERIFY((*source)->read(Part::train, rows, 0, pixels.data()));
    QCOMPARE(pixels, (Bytes{7, 7, 7, 7, 7, 7, 1, 4, 2, 5, 3, 6, 9, 9, 9, 9, 9, 9}));
    QVERIFY((*source)->read(Part::test, std::span(rows).first(1), 0, pixels.data()));
    QCOMPARE(Bytes(pixels.begin(), pixels.begin() + 6), Bytes(6, 8));
  }

  void anotherSizeIsRefusedByName() {
    QTemporaryDir folder;
    write(folder, "a/1.png", grey(4, 4, 1));
    write(folder, "b/other.png", grey(4, 5, 1));
    const auto source = open(folder);
    QVERIFY(!source);
    QVERIFY(withPlace(source.error()).find("b/other.png") != std::string::npos);
    QVERIFY(withPlace(source.error()).find("a/1.png") != std::string::npos);
  }

  void brokenAndMissingOnesAreProblems() {
    QTemporaryDir folder;
    QVERIFY(!open(folder));  // empty
    write(folder, "1.png", grey(4, 4, 1));
    QVERIFY(!open(folder));  // a picture without a class
    write(folder, "a/1.png", grey(4, 4, 1));
    QVERIFY(open(folder));
    QVERIFY(!data::open(folder.path().toStdString(), {.target = {}, .memoryLimit = 15}));
    QVERIFY(data::open(folder.path().toStdString(), {.target = {}, .memoryLimit = 16}));
    write(folder, "a/2.png", {});
    const auto source = open(folder);
    QVERIFY(!source);
    QVERIFY(withPlace(source.error()).find("a/2.png") != std::string::npos);
  }
};

QTEST_APPLESS_MAIN(DataImagesTest)
#include "data_images_test.moc"
