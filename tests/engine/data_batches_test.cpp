// From a source to a plan's input slots: normalising, statistics, splits, batches, and the thread that makes them.
#include <QtTest>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <numeric>
#include <set>

#include "engine/data/generated.h"
#include "engine/data/loader.h"
#include "engine/data/prefetch.h"
#include "engine/data/split.h"
#include "engine/data/statistics.h"
#include "engine/data/table.h"

using namespace engine;
using namespace engine::data;

// Counted on every thread, to show that a batch allocates nothing.
static std::atomic<int64_t> allocations{0};
void* operator new(size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
// Address sanitizer brings one of its own, whose memory free() must not get.
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes ? bytes : 1);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace {
template <class T>
Array arrayOf(Shape shape, const std::vector<T>& values) {
  Array array{shape, typeOf<T>(), std::vector<std::byte>(values.size() * sizeof(T))};
  std::copy(values.begin(), values.end(), array.as<T>());
  return array;
}

template <class T>
SourcePointer oneColumn(Shape row, const std::vector<T>& values) {
  auto table = std::make_shared<Table>("table", std::vector<Column>{{"x", typeOf<T>(), row, {}}});
  Shape shape{int64_t(values.size()) / row.elements()};
  for (int64_t size : row) shape.append(size);
  std::vector<Array> arrays{arrayOf<T>(shape, values)};
  if (!table->setPart(Part::train, std::move(arrays))) return nullptr;
  return table;
}

// Row r of `image` has bytes r, r + 1, ... and label r % 10.
SourcePointer pictures(int64_t rows, Shape row = {3, 4, 5}) {
  auto table = std::make_shared<Table>(
      "pictures",
      std::vector<Column>{{"image", Type::u8, row, {}}, {"label", Type::i64, {}, std::vector<std::string>(10, "c")}});
  const int64_t elements = row.elements();
  std::vector<uint8_t> pixels(size_t(rows * elements));
  std::vector<int64_t> labels(static_cast<size_t>(rows));
  for (int64_t r = 0; r < rows; ++r) {
    labels[size_t(r)] = r % 10;
    for (int64_t i = 0; i < elements; ++i) pixels[size_t(r * elements + i)] = uint8_t(r + i);
  }
  Shape shape{rows};
  for (int64_t size : row) shape.append(size);
  std::vector<Array> arrays{arrayOf<uint8_t>(shape, pixels), arrayOf<int64_t>({rows}, labels)};
  if (!table->setPart(Part::train, std::move(arrays))) return nullptr;
  return table;
}

std::vector<Binding> pictureBindings() {
  return {{0, {1 / 255.0, {0.1, 0.2, 0.3}, {0.5, 0.6, 0.7}}, Type::f32}, {1, {}, Type::i64}};
}

template <class To>
Result<std::vector<To>> convert(const SourcePointer& source, const Transform& transform) {
  const auto conversion = Conversion::make(*source, 0, transform, typeOf<To>());
  if (!conversion) return tl::unexpected(conversion.error());
  const int64_t rows = source->size(Part::train);
  std::vector<int64_t> all(static_cast<size_t>(rows));
  std::iota(all.begin(), all.end(), 0);
  std::vector<std::byte> raw(size_t(rows * conversion->rowBytesFrom()));
  std::vector<To> out(size_t(rows * conversion->rowBytesTo()) / sizeof(To));
  if (Done read = source->read(Part::train, all, 0, raw.data()); !read) return tl::unexpected(read.error());
  if (Done done = conversion->apply(raw.data(), rows, out.data()); !done) return tl::unexpected(done.error());
  return out;
}

// A source whose row 70 cannot be read.
class Failing final : public Source {
 public:
  Failing() : Source("failing", {{"x", Type::f32, {}, {}}}) {}
  int64_t size(Part) const override { return 100; }
  Done read(Part, std::span<const int64_t> rows, int, void* to) const override {
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] == 70) return failure(name(), {"a disk that answers"});
      static_cast<float*>(to)[i] = float(rows[i]);
    }
    return {};
  }
};

std::vector<int64_t> labelsOf(const Source& source, Part part, int column) {
  std::vector<int64_t> rows(static_cast<size_t>(source.size(part))), labels(rows.size());
  std::iota(rows.begin(), rows.end(), 0);
  if (!source.read(part, rows, column, labels.data())) return {};
  return labels;
}

SourcePointer numbers(int64_t rows) {
  std::vector<int64_t> values(static_cast<size_t>(rows));
  std::iota(values.begin(), values.end(), 0);
  return oneColumn<int64_t>({}, values);
}
}  // namespace

class DataBatchesTest : public QObject {
  Q_OBJECT
 private slots:
  void normalisesByChannel() {
    // Two channels of two numbers, two rows.
    const auto source = oneColumn<uint8_t>({2, 2}, {0, 255, 10, 20, 1, 2, 3, 4});
    const auto out = convert<double>(source, {1 / 255.0, {0.25, 0.5}, {0.5, 2}});
    QVERIFY(out);
    const std::vector<double> raw{0, 255, 10, 20, 1, 2, 3, 4};
    for (size_t i = 0; i < raw.size(); ++i) {
      const bool second = i % 4 >= 2;
      const double wanted = (raw[i] / 255 - (second ? 0.5 : 0.25)) / (second ? 2 : 0.5);
      QVERIFY(std::abs((*out)[i] - wanted) < 1e-14);
    }
    const auto narrow = convert<float>(source, {1 / 255.0, {0.25, 0.5}, {0.5, 2}});
    QVERIFY(narrow);
    for (size_t i = 0; i < raw.size(); ++i) QVERIFY(std::abs((*narrow)[i] - float((*out)[i])) < 3e-7f);
  }

  void oneNumberServesAllChannels() {
    const auto out = convert<float>(oneColumn<float>({2}, {1, 2, 3, 4}), {2, {1}, {4}});
    QVERIFY(out);
    QCOMPARE(*out, (std::vector<float>{0.25f, 0.75f, 1.25f, 1.75f}));
  }

  void withoutATransformTypesChangeExactly() {
    QCOMPARE(*convert<float>(oneColumn<uint8_t>({}, {0, 7, 255}), {}), (std::vector<float>{0, 7, 255}));
    QCOMPARE(*convert<int64_t>(oneColumn<double>({}, {-3, 0, 9}), {}), (std::vector<int64_t>{-3, 0, 9}));
    const std::vector<float> signedZero = *convert<float>(oneColumn<float>({}, {-0.0f}), {});
    QVERIFY(std::signbit(signedZero[0]));
  }

  void refusesNumbersThatDoNotFit() {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    QVERIFY(!convert<int64_t>(oneColumn<double>({}, {2.5}), {}));
    QVERIFY(!convert<int64_t>(oneColumn<double>({}, {kNan}), {}));
    QVERIFY(!convert<int64_t>(oneColumn<double>({}, {0x1p63}), {}));
    QVERIFY(convert<int64_t>(oneColumn<double>({}, {-0x1p63}), {}));
    QVERIFY(!convert<uint8_t>(oneColumn<int64_t>({}, {256}), {}));
    QVERIFY(!convert<uint8_t>(oneColumn<int64_t>({}, {-1}), {}));
    QVERIFY(!convert<int32_t>(oneColumn<int64_t>({}, {int64_t(1) << 31}), {}));
    const auto wrong = convert<uint8_t>(oneColumn<int64_t>({}, {1, 300}), {});
    QVERIFY(!wrong);
    QVERIFY(toString(wrong.error()).find("300") != std::string::npos);
  }

  void refusesTransformsThatCannotBe() {
    const auto source = oneColumn<float>({3}, {1, 2, 3});
    QVERIFY(!convert<float>(source, {1, {1, 2}, {}}));
    QVERIFY(!convert<float>(source, {1, {}, {0}}));
    QVERIFY(!convert<float>(source, {1, {std::numeric_limits<double>::infinity()}, {}}));
    QVERIFY(!convert<int64_t>(source, {2, {}, {}}));
    QVERIFY(!Conversion::make(*source, 1, {}, Type::f32));
  }

  void statisticsOfKnownNumbers() {
    const auto s = statistics(*oneColumn<float>({2}, {1, 10, 2, 10, 3, 10, 6, 10}), Part::train, 0);
    QVERIFY(s);
    QCOMPARE(s->rows, 4);
    QCOMPARE(s->minimum, 1.0);
    QCOMPARE(s->maximum, 10.0);
    QCOMPARE(s->channelMean, (std::vector<double>{3, 10}));
    QVERIFY(std::abs(s->channelDeviation[0] - std::sqrt(3.5)) < 1e-14);
    QCOMPARE(s->channelDeviation[1], 0.0);
    QVERIFY(std::abs(s->mean - 6.5) < 1e-14);
    QVERIFY(std::abs(s->deviation - std::sqrt(14)) < 1e-14);
    QCOMPARE(standardizing(*s, true).deviation[1], 1.0);
  }

  void statisticsKeepDigitsFarFromZero() {
    std::vector<double> values(100000);
    for (size_t i = 0; i < values.size(); ++i) values[i] = 1e9 + double(i % 2);
    const auto s = statistics(*oneColumn<double>({}, values), Part::train, 0);
    QVERIFY(s);
    QVERIFY(std::abs(s->deviation - 0.5) < 1e-9);
  }

  // Bytes go another way: the same numbers must come out.
  void statisticsOfBytesAreThoseOfTheSameDoubles() {
    std::vector<uint8_t> bytes(3 * 5 * 4000);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = uint8_t(3 + i * i / 7 % 250);
    const auto a = statistics(*oneColumn<uint8_t>({3, 5}, bytes), Part::train, 0);
    const auto b = statistics(*oneColumn<double>({3, 5}, {bytes.begin(), bytes.end()}), Part::train, 0);
    QVERIFY(a && b);
    QCOMPARE(a->rows, b->rows);
    QCOMPARE(a->minimum, b->minimum);
    QCOMPARE(a->maximum, b->maximum);
    QVERIFY(std::abs(a->mean - b->mean) < 1e-10);
    QVERIFY(std::abs(a->deviation - b->deviation) < 1e-10);
    QCOMPARE(a->channelMean.size(), size_t(3));
    for (size_t k = 0; k < 3; ++k) {
      QVERIFY(std::abs(a->channelMean[k] - b->channelMean[k]) < 1e-10);
      QVERIFY(std::abs(a->channelDeviation[k] - b->channelDeviation[k]) < 1e-10);
    }
  }

  void statisticsCountWhatIsNotFinite() {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const auto s = statistics(*oneColumn<float>({}, {1, nan, 3, -1 / 0.0f}), Part::train, 0);
    QVERIFY(s);
    QCOMPARE(s->notFinite, 2);
    QCOMPARE(s->mean, 2.0);
    QCOMPARE(s->minimum, 1.0);
    const auto spirals = statistics(*generate("spirals"), Part::train, 1);
    QCOMPARE(spirals->classCounts, (std::vector<int64_t>{1000, 1000}));
  }

  void holdingOutIsSeededAndLosesNothing() {
    const SourcePointer base = numbers(1000);
    const auto view = *holdOut(base, 0.1, 7);
    QCOMPARE(view->size(Part::validation), 100);
    QCOMPARE(view->size(Part::train), 900);
    const auto train = labelsOf(*view, Part::train, 0), validation = labelsOf(*view, Part::validation, 0);
    QVERIFY(std::is_sorted(train.begin(), train.end()));
    std::set<int64_t> all(train.begin(), train.end());
    all.insert(validation.begin(), validation.end());
    QCOMPARE(all.size(), size_t(1000));
    QVERIFY(labelsOf(**holdOut(base, 0.1, 7), Part::validation, 0) == validation);
    QVERIFY(labelsOf(**holdOut(base, 0.1, 8), Part::validation, 0) != validation);
    QCOMPARE((*holdOut(base, 0.1, 7))->fingerprint(), view->fingerprint());
    QVERIFY((*holdOut(base, 0.1, 8))->fingerprint() != view->fingerprint());
    // Not simply the first or the last rows.
    QVERIFY(validation.front() < 100 && validation.back() > 900);
    // What has a validation part is left alone.
    QCOMPARE((*holdOut(view, 0.5, 1)).get(), view.get());
    QVERIFY(!holdOut(base, 0, 1));
    QVERIFY(!holdOut(base, 1, 1));
    QVERIFY(!holdOut(base, std::nan(""), 1));
    QVERIFY(!holdOut(numbers(1), 0.5, 1));
    QCOMPARE((*holdOut(numbers(2), 0.01, 1))->size(Part::validation), 1);
  }

  void splitsByFractions() {
    const auto view = split(numbers(1000), std::vector{0.8, 0.1, 0.1}, 1);
    QVERIFY(view);
    std::set<int64_t> all;
    for (Part part : kParts)
      for (int64_t value : labelsOf(**view, part, 0)) all.insert(value);
    QCOMPARE((*view)->size(Part::train), 800);
    QCOMPARE((*view)->size(Part::test), 100);
    QCOMPARE(all.size(), size_t(1000));
    QVERIFY(split(numbers(3), std::vector{0.98, 0.01, 0.01}, 1));
    QVERIFY(!split(numbers(2), std::vector{0.8, 0.1, 0.1}, 1));
    QVERIFY(!split(numbers(10), std::vector{0.8, 0.1}, 1));
    QVERIFY(!split(numbers(10), std::vector{1.5, -0.5}, 1));
    QVERIFY(!split(numbers(10), std::vector{1.0}, 1));
    // Spirals have a test part of their own.
    QVERIFY(!split(generate("spirals"), std::vector{0.8, 0.1, 0.1}, 1));
    const auto spirals = split(generate("spirals"), std::vector{0.8, 0.2}, 1);
    QVERIFY(spirals);
    QCOMPARE((*spirals)->size(Part::test), 500);
    QCOMPARE((*spirals)->size(Part::validation), 400);
  }

  void anotherSourceServesAsAPart() {
    const auto both = withPart(numbers(10), Part::validation, numbers(3), Part::train);
    QVERIFY(both);
    QCOMPARE((*both)->size(Part::train), 10);
    QCOMPARE(labelsOf(**both, Part::validation, 0), (std::vector<int64_t>{0, 1, 2}));
    QVERIFY(!withPart(numbers(10), Part::validation, generate("xor"), Part::train));
    QVERIFY(!withPart(generate("moons"), Part::validation, generate("xor"), Part::train));  // other classes
  }

  void theLoaderGathersAndNormalises() {
    auto loader = Loader::make(pictures(300), Part::train, {.batch = 128, .seed = 5}, pictureBindings());
    QVERIFY(loader);
    QCOMPARE(loader->bytesOf(0), 128 * 60 * 4);
    Order order(300, {.batch = 128, .seed = 5});
    std::vector<float> image(128 * 60);
    std::vector<int64_t> label(128);
    void* const to[] = {image.data(), label.data()};
    for (int64_t batch = 0; batch < 3; ++batch) {
      const auto rows = loader->fill({1, batch}, to);
      QVERIFY(rows);
      const auto wanted = order.at({1, batch});
      QCOMPARE(*rows, int64_t(wanted.size()));
      for (size_t i = 0; i < wanted.size(); ++i) {
        QCOMPARE(label[i], wanted[i] % 10);
        for (int64_t e = 0; e < 60; ++e) {
          const size_t channel = size_t(e / 20);
          const double mean[] = {0.1, 0.2, 0.3}, deviation[] = {0.5, 0.6, 0.7};
          const double value = (uint8_t(wanted[i] + e) / 255.0 - mean[channel]) / deviation[channel];
          QVERIFY(std::abs(image[i * 60 + size_t(e)] - value) < 1e-6);
        }
      }
    }
  }

  // Rows larger than the loader's scratch, and more rows than fit in it at once.
  void theLoaderCutsLargeBatches() {
    for (const Shape& row : {Shape{1, 300, 300}, Shape{1, 100, 100}}) {
      const SourcePointer source = pictures(20, row);
      auto loader = Loader::make(source, Part::train, {.batch = 20, .shuffle = false}, {{0, {}, Type::f32}});
      QVERIFY(loader);
      std::vector<float> image(size_t(20 * row.elements()));
      void* const to[] = {image.data()};
      QVERIFY(loader->fill({}, to));
      bool same = true;
      for (int64_t r = 0; r < 20; ++r)
        for (int64_t e = 0; e < row.elements(); ++e)
          same &= image[size_t(r * row.elements() + e)] == float(uint8_t(r + e));
      QVERIFY(same);
    }
  }

  void theLoaderRefusesWhatCannotBe() {
    QVERIFY(!Loader::make(pictures(10), Part::test, {}, pictureBindings()));
    QVERIFY(!Loader::make(pictures(10), Part::train, {.batch = 32, .dropLast = true}, pictureBindings()));
    QVERIFY(!Loader::make(pictures(10), Part::train, {}, {{7, {}, Type::f32}}));
    const auto column = findColumn(*pictures(1), "picture");
    QVERIFY(!column);
    QVERIFY(toString(column.error()).find("image, label") != std::string::npos);
    QCOMPARE(*findColumn(*pictures(1), "label"), 1);
  }

  void prefetchedBatchesAreTheLoadersFromAnyPosition() {
    auto loader = Loader::make(pictures(300), Part::train, {.batch = 64, .seed = 5}, pictureBindings());
    std::vector<float> image(64 * 60);
    std::vector<int64_t> label(64);
    void* const to[] = {image.data(), label.data()};
    for (int64_t start : {0, 3, 4, 11}) {
      Position position = loader->order().afterSteps(start);
      auto prefetch = Prefetch::start(*loader, position);
      QVERIFY(prefetch);
      for (int step = 0; step < 12; ++step) {
        const auto batch = (*prefetch)->take();
        QVERIFY(batch);
        QCOMPARE(batch->position, position);
        QCOMPARE(batch->rows, *loader->fill(position, to));
        QVERIFY(std::memcmp(batch->bindings[0], image.data(), size_t(batch->rows) * 60 * 4) == 0);
        QVERIFY(std::memcmp(batch->bindings[1], label.data(), size_t(batch->rows) * 8) == 0);
        QCOMPARE(uintptr_t(batch->bindings[0]) % 64, uintptr_t(0));
        (*prefetch)->release();
        position = loader->order().next(position);
      }
    }
  }

  void prefetchFillsThePlansOwnSlots() {
    auto loader = Loader::make(numbers(10), Part::train, {.batch = 4, .shuffle = false}, {{0, {}, Type::i64}});
    std::array<std::array<int64_t, 4>, 2> memory;
    std::array<std::vector<void*>, 2> inputs{std::vector<void*>{memory[0].data()},
                                             std::vector<void*>{memory[1].data()}};
    auto prefetch = Prefetch::start(*loader, {}, inputs);
    QVERIFY(prefetch);
    for (int64_t step = 0; step < 7; ++step) {
      const auto batch = (*prefetch)->take();
      QVERIFY(batch);
      QCOMPARE(batch->slot, size_t(step % 2));
      QCOMPARE(batch->bindings[0], static_cast<void*>(memory[size_t(step % 2)].data()));
      QCOMPARE(memory[size_t(step % 2)][0], step % 3 * 4);
      // Taken again without release it is the same one.
      QCOMPARE((*prefetch)->take()->slot, batch->slot);
      (*prefetch)->release();
    }
  }

  void prefetchAllocatesNothingPerBatch() {
    auto base = *holdOut(pictures(1000), 0.2, 1);
    auto loader = Loader::make(base, Part::train, {.batch = 64, .seed = 1}, pictureBindings());
    auto prefetch = Prefetch::start(*loader);
    const auto steps = [&](int count) {
      for (int i = 0; i < count; ++i) {
        if (!(*prefetch)->take()) return false;
        (*prefetch)->release();
      }
      return true;
    };
    QVERIFY(steps(4));
    const int64_t before = allocations;
    const bool good = steps(100);  // eight epochs
    const int64_t after = allocations;
    QVERIFY(good);
    QCOMPARE(after, before);
  }

  void problemsOfReadingComeOutInTheirTurn() {
    auto loader =
        Loader::make(std::make_shared<Failing>(), Part::train, {.batch = 10, .shuffle = false}, {{0, {}, Type::f32}});
    auto prefetch = Prefetch::start(*loader);
    for (int step = 0; step < 7; ++step) {
      QVERIFY((*prefetch)->take());
      (*prefetch)->release();
    }
    for (int again = 0; again < 2; ++again) {
      const auto batch = (*prefetch)->take();
      QVERIFY(!batch);
      QVERIFY(toString(batch.error()).find("a disk that answers") != std::string::npos);
      (*prefetch)->release();
    }
  }

  void prefetchEndsAtAnyMoment() {
    auto loader = Loader::make(pictures(300), Part::train, {.batch = 64}, pictureBindings());
    for (int taken = 0; taken < 200; ++taken) {
      auto prefetch = Prefetch::start(*loader);
      for (int i = 0; i < taken % 5; ++i) {
        QVERIFY((*prefetch)->take());
        if (i % 2 == 0) (*prefetch)->release();
      }
    }
    auto failing = Loader::make(std::make_shared<Failing>(), Part::train, {.batch = 100}, {{0, {}, Type::f32}});
    for (int i = 0; i < 50; ++i) QVERIFY(Prefetch::start(*failing));
  }
};

QTEST_APPLESS_MAIN(DataBatchesTest)
#include "data_batches_test.moc"
