// The skeletons that move and join elements (strided, broadcast, reduce, transpose) against plain loops in double, on the
// CPU with 1, 2 and 3 threads (equal bits) and on the stand-in CUDA runtime in several orders of threads. And of all that have
// a block for each piece of work, more pieces than blocks.
#include <QtTest>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "kernels/broadcast.h"
#include "kernels/channels.h"
#include "kernels/pool.h"
#include "kernels/reduce.h"
#include "kernels/rows.h"
#include "kernels/transpose.h"

using kernels::Cpu;
using kernels::Cuda;
using kernels::Strided;
using List = std::vector<int64_t>;
using Floats = std::vector<float>;

namespace {

int64_t product(const List& sizes) {
  int64_t n = 1;
  for (const int64_t size : sizes) n *= size;
  return n;
}

// Values without a pattern that a wrong offset could repeat; multiples of 1/64, so that sums of them are exact.
Floats values(int64_t count) {
  Floats result;
  uint32_t state = 1;
  for (int64_t i = 0; i < count; ++i) state = state * 1664525 + 1013904223, result.push_back(float(state >> 20) / 64 - 32);
  return result;
}

// The coordinates of element i.
List placeOf(int64_t i, const List& sizes) {
  List place(sizes.size());
  for (size_t axis = sizes.size(); axis-- > 0;) place[axis] = i % sizes[axis], i /= sizes[axis];
  return place;
}

class DeviceFloats {
 public:
  explicit DeviceFloats(size_t count) : count_(count) { cudaMalloc(&data_, bytes()); }
  explicit DeviceFloats(const Floats& from) : DeviceFloats(from.size()) {
    cudaMemcpy(data_, from.data(), bytes(), cudaMemcpyHostToDevice);
  }
  ~DeviceFloats() { cudaFree(data_); }
  DeviceFloats(const DeviceFloats&) = delete;
  DeviceFloats& operator=(const DeviceFloats&) = delete;
  float* data() const { return data_; }
  Floats read() const {
    Floats to(count_);
    cudaMemcpy(to.data(), data_, bytes(), cudaMemcpyDeviceToHost);
    return to;
  }

 private:
  size_t bytes() const { return count_ * sizeof(float); }
  float* data_ = nullptr;
  size_t count_;
};

bool sameBits(const Floats& a, const Floats& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

// What `work(device, inputs, output)` writes: on the CPU, after checking that the number of threads changes no bit.
template <class Work>
Floats onCpu(const std::vector<Floats>& inputs, size_t count, const Work& work) {
  Floats first;
  for (const int threads : {1, 2, 3}) {
    kernels::Pool pool(threads);
    Cpu cpu{&pool};
    std::vector<const float*> in;
    for (const Floats& x : inputs) in.push_back(x.data());
    Floats out(count, -12345.0f);
    work(cpu, in, out.data());
    if (threads == 1) first = out;
    else if (!sameBits(first, out)) return {};
  }
  return first;
}
template <class Work>
Floats onCuda(const std::vector<Floats>& inputs, size_t count, const Work& work) {
  Floats first;
  for (const char* order : {"natural", "7"}) {
    cuda_on_cpu::setOrder(order);
    Cuda device;
    std::vector<std::unique_ptr<DeviceFloats>> arrays;
    std::vector<const float*> in;
    for (const Floats& x : inputs) arrays.push_back(std::make_unique<DeviceFloats>(x)), in.push_back(arrays.back()->data());
    const DeviceFloats out(count);
    work(device, in, out.data());
    cuda_on_cpu::setOrder("natural");
    if (order == std::string("natural")) first = out.read();
    else if (!sameBits(first, out.read())) return {};
  }
  return first;
}

template <class Device>
struct Scratch;
template <>
struct Scratch<Cpu> {
  std::vector<double> memory;
  explicit Scratch(int64_t bytes) : memory(size_t(bytes) / 8 + 1) {}
  void* data() { return memory.data(); }
};
template <>
struct Scratch<Cuda> {
  DeviceFloats memory;
  explicit Scratch(int64_t bytes) : memory(size_t(bytes) / 4 + 1) {}
  void* data() { return memory.data(); }
};

template <class How>
struct ReduceWork {
  List sizes, axes;
  template <class Device>
  void operator()(Device& device, const std::vector<const float*>& in, float* out) const {
    const kernels::Reduction r(sizes, axes);
    Scratch<Device> scratch(kernels::reduceScratchBytes<float>(device, r));
    const float* x = in[0];
    kernels::reduce<How, float>(device, r, [=](int64_t i) { return x[i]; }, [=](int64_t o, float v) { out[o] = v; }, scratch.data());
  }
};

// Each row, and each channel, less its own sum.
struct LessRowSum {
  const float* x;
  float* y;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const float* in = x + row.index * row.size;
    float* out = y + row.index * row.size;
    const float sum = row.sum([=](int64_t i) { return in[i]; });
    row.each([=](int64_t i) { out[i] = in[i] - sum; });
  }
};
struct ChannelSum {
  const float* x;
  float* y;
  template <class Channels>
  BOTH void operator()(const Channels& channels) const {
    const float* in = x;
    float* out = y;
    channels.sum([=](int64_t) { return [=](int64_t i, int64_t) { return in[i]; }; }, [=](int64_t c, double sum) { out[c] = float(sum); });
  }
};

}  // namespace

class SkeletonsTest : public QObject {
  Q_OBJECT

 private slots:
  void broadcastReadsTheRightElements_data() {
    QTest::addColumn<List>("y");
    QTest::addColumn<List>("a");
    QTest::addColumn<List>("b");
    QTest::addColumn<int>("rank");  // after axes were joined
    QTest::newRow("equal shapes are one run") << List{2, 3, 4} << List{2, 3, 4} << List{2, 3, 4} << 1;
    QTest::newRow("a single number is one run") << List{2, 3, 4} << List{2, 3, 4} << List{} << 1;
    QTest::newRow("leading axes") << List{70, 9, 33} << List{70, 9, 33} << List{33} << 2;
    QTest::newRow("trailing axes") << List{70, 9, 33} << List{70, 1, 1} << List{70, 9, 33} << 2;
    QTest::newRow("a channel's number") << List{5, 3, 40, 37} << List{5, 3, 40, 37} << List{3, 1, 1} << 3;
    QTest::newRow("both repeated") << List{150, 1, 160} << List{150, 1, 1} << List{160} << 2;
    QTest::newRow("every other axis") << List{3, 4, 5, 6} << List{3, 1, 5, 1} << List{1, 4, 1, 6} << 4;
    QTest::newRow("nothing") << List{0, 4} << List{0, 4} << List{4} << 2;
    QTest::newRow("single numbers") << List{} << List{} << List{} << 0;
  }
  void broadcastReadsTheRightElements() {
    QFETCH(List, y);
    QFETCH(List, a);
    QFETCH(List, b);
    const auto strided = kernels::broadcast<2>(y, {a, b});
    QTEST(strided.rank, "rank");
    const Floats x = values(product(a)), z = values(product(b) + 7);
    Floats expected;
    for (int64_t i = 0; i < product(y); ++i) {
      const auto element = [&](const Floats& from, const List& sizes) {
        const List place = placeOf(i, y);
        int64_t at = 0;
        for (size_t axis = 0; axis < sizes.size(); ++axis)
          at = at * sizes[axis] + (sizes[axis] == 1 ? 0 : place[axis + place.size() - sizes.size()]);
        return from[size_t(at)];
      };
      expected.push_back(element(x, a) - 2 * element(z, b));
    }
    const auto work = [&](auto& device, const std::vector<const float*>& in, float* out) {
      const float *p = in[0], *q = in[1];
      kernels::forStrided(device, strided, [=](int64_t i, int64_t j, int64_t k) { out[i] = p[j] - 2 * q[k]; });
    };
    QVERIFY(sameBits(onCpu({x, z}, expected.size(), work), expected));
    QVERIFY(sameBits(onCuda({x, z}, expected.size(), work), expected));
  }

  void stridesMayBeAny() {
    // Backwards along the last axis in steps of two, over every third row: x[::3, ::-2]
    constexpr int64_t rows = 200, columns = 301;
    const Floats x = values(rows * columns);
    Strided<1> s;
    s.append((rows + 2) / 3, {3 * columns});
    s.append((columns + 1) / 2, {-2});
    s.start[0] = columns - 1;
    Floats expected;
    for (int64_t r = 0; r < rows; r += 3)
      for (int64_t c = columns - 1; c >= 0; c -= 2) expected.push_back(x[size_t(r * columns + c)]);
    QCOMPARE(s.count, int64_t(expected.size()));
    const auto work = [&](auto& device, const std::vector<const float*>& in, float* out) {
      const float* from = in[0];
      kernels::forStrided(device, s, [=](int64_t i, int64_t j) { out[i] = from[j]; });
    };
    QVERIFY(sameBits(onCpu({x}, expected.size(), work), expected));
    QVERIFY(sameBits(onCuda({x}, expected.size(), work), expected));
  }

  void sumsAndMaximaOverAnyAxes_data() {
    QTest::addColumn<List>("sizes");
    QTest::addColumn<List>("axes");
    const auto add = [](List sizes, List axes) {
      QString name;
      for (const int64_t n : sizes) name += QString::number(n) + " ";
      name += "over";
      for (const int64_t a : axes) name += " " + QString::number(a);
      QTest::newRow(qPrintable(name)) << sizes << axes;
    };
    add({}, {});
    add({5}, {});
    add({3, 4}, {0, 1});
    add({200000}, {0});           // pieces of one result
    add({3, 60000}, {1});         // pieces of few results
    add({60000, 3}, {0});         // pieces of few columns
    add({700, 300}, {0});         // more than one tile of columns, a ragged last one
    add({300, 700}, {1});
    add({5000, 7}, {1});          // short rows
    add({40, 6, 31, 30}, {0, 2, 3});  // a channel's statistics
    add({50, 30, 40}, {1});
    add({6, 500, 7, 20}, {1, 3});
    add({6, 500, 7, 20}, {0, 2});
    add({2, 3, 2, 3, 2, 3, 2, 3}, {0, 2, 4, 6});
    add({2, 3, 2, 3, 2, 3, 2, 3}, {1, 3, 5, 7});
    add({4, 1, 5}, {1});
    add({0, 5}, {1});
    add({5, 0}, {1});  // of nothing
    // The stand-in takes its time: it gets the small ones only.
    add({40000}, {0});
    add({2, 40000}, {1});
    add({20000, 3}, {0});
    add({70, 45}, {0});
    add({45, 70}, {1});
    add({5, 6, 11, 10}, {0, 2, 3});
    add({6, 30, 7, 5}, {1, 3});
    add({6, 30, 7, 5}, {0, 2});
  }
  void sumsAndMaximaOverAnyAxes() {
    QFETCH(List, sizes);
    QFETCH(List, axes);
    const Floats x = values(product(sizes));
    List kept;
    for (size_t axis = 0; axis < sizes.size(); ++axis)
      if (std::find(axes.begin(), axes.end(), int64_t(axis)) == axes.end()) kept.push_back(int64_t(axis));
    int64_t results = 1;
    for (const int64_t axis : kept) results *= sizes[size_t(axis)];
    std::vector<double> sums(size_t(results), 0.0), tops(size_t(results), -INFINITY);
    for (int64_t i = 0; i < product(sizes); ++i) {
      const List place = placeOf(i, sizes);
      int64_t at = 0;
      for (const int64_t axis : kept) at = at * sizes[size_t(axis)] + place[size_t(axis)];
      sums[size_t(at)] += x[size_t(i)];
      tops[size_t(at)] = std::max(tops[size_t(at)], double(x[size_t(i)]));
    }
    const ReduceWork<kernels::Adding> sum{sizes, axes};
    const ReduceWork<kernels::Largest> top{sizes, axes};
    // The values are few bits wide: every partial sum is exact, and the order of adding cannot hide a wrong element.
    QVERIFY(sameBits(onCpu({x}, size_t(results), sum), Floats(sums.begin(), sums.end())));
    QVERIFY(sameBits(onCpu({x}, size_t(results), top), Floats(tops.begin(), tops.end())));
    if (results > 2000 || x.size() > 80000) return;
    QVERIFY(sameBits(onCuda({x}, size_t(results), sum), Floats(sums.begin(), sums.end())));
    QVERIFY(sameBits(onCuda({x}, size_t(results), top), Floats(tops.begin(), tops.end())));
  }

  // With values that round: the comparison of 1, 2 and 3 threads in onCpu is what proves something here. And long sums
  // keep their digits: adding 0.1 a million times one after the other is off by 1 %.
  void sumsRoundAlikeForAnyNumberOfThreadsAndLittle_data() {
    QTest::addColumn<List>("sizes");
    QTest::addColumn<List>("axes");
    QTest::newRow("all") << List{1000000} << List{0};
    QTest::newRow("rows") << List{4, 250000} << List{1};
    QTest::newRow("columns") << List{250000, 4} << List{0};
    QTest::newRow("middle") << List{2, 50000, 10} << List{1};
  }
  void sumsRoundAlikeForAnyNumberOfThreadsAndLittle() {
    QFETCH(List, sizes);
    QFETCH(List, axes);
    const Floats x(size_t(product(sizes)), 0.1f);
    const int64_t each = sizes[size_t(axes[0])], results = product(sizes) / each;
    const double expected = double(each) * double(0.1f);
    const Floats sums = onCpu({x}, size_t(results), ReduceWork<kernels::Adding>{sizes, axes});
    QCOMPARE(int64_t(sums.size()), results);
    for (const float s : sums) QVERIFY2(std::abs(s - expected) < 2e-5 * expected, qPrintable(QString::number(s)));
  }

  void maximaKeepNotANumber() {
    for (const int64_t place : {0, 5, 16, 99}) {
      Floats x = values(100);
      x[size_t(place)] = NAN;
      const ReduceWork<kernels::Largest> row{{1, 100}, {1}}, column{{100, 1}, {0}}, two{{50, 2}, {0}};
      QVERIFY(std::isnan(onCpu({x}, 1, row)[0]));
      QVERIFY(std::isnan(onCpu({x}, 1, column)[0]));
      QVERIFY(std::isnan(onCuda({x}, 1, row)[0]));
      QVERIFY(std::isnan(onCpu({x}, 2, two)[size_t(place % 2)]));
      QVERIFY(!std::isnan(onCpu({x}, 2, two)[size_t(1 - place % 2)]));
    }
  }

  void transpositions_data() {
    QTest::addColumn<List>("sizes");
    QTest::addColumn<List>("order");
    QTest::newRow("matrix") << List{270, 133} << List{1, 0};
    QTest::newRow("thin") << List{20000, 2} << List{1, 0};
    QTest::newRow("wide") << List{2, 20000} << List{1, 0};
    QTest::newRow("channels last") << List{5, 19, 17, 13} << List{0, 2, 3, 1};
    QTest::newRow("channels first") << List{5, 19, 17, 13} << List{0, 3, 1, 2};
    QTest::newRow("innermost stays") << List{40, 30, 20} << List{1, 0, 2};
    QTest::newRow("reversed") << List{5, 6, 7, 8} << List{3, 2, 1, 0};
    QTest::newRow("the same") << List{50, 60} << List{0, 1};
    QTest::newRow("axes of one") << List{1, 300, 1, 70} << List{3, 2, 1, 0};
    QTest::newRow("nothing") << List{3, 0} << List{1, 0};
    QTest::newRow("a single number") << List{} << List{};
  }
  void transpositions() {
    QFETCH(List, sizes);
    QFETCH(List, order);
    const Floats x = values(product(sizes));
    List turned;
    for (const int64_t axis : order) turned.push_back(sizes[size_t(axis)]);
    Floats expected;
    for (int64_t i = 0; i < product(turned); ++i) {
      const List place = placeOf(i, turned);
      List from(sizes.size());
      for (size_t axis = 0; axis < order.size(); ++axis) from[size_t(order[axis])] = place[axis];
      int64_t at = 0;
      for (size_t axis = 0; axis < sizes.size(); ++axis) at = at * sizes[axis] + from[axis];
      expected.push_back(x[size_t(at)]);
    }
    const auto work = [&](auto& device, const std::vector<const float*>& in, float* out) {
      kernels::transpose(device, kernels::transposition(sizes, order), in[0], out);
    };
    QVERIFY(sameBits(onCpu({x}, expected.size(), work), expected));
    QVERIFY(sameBits(onCuda({x}, expected.size(), work), expected));
  }

  // A block then does several pieces, one after the other, in the same shared memory.
  void moreThanTheBlocksOfAGrid_data() {
    QTest::addColumn<QString>("skeleton");
    for (const char* skeleton : {"rows", "channels", "tiles", "short sums", "long sums", "sums of columns"}) QTest::newRow(skeleton) << skeleton;
  }
  void moreThanTheBlocksOfAGrid() {
    QFETCH(QString, skeleton);
    constexpr int64_t many = 4096 + 30;  // pieces of work
    std::string wrong;
    const auto compare = [&](const Floats& x, const Floats& expected, const auto& work) {
      if (!sameBits(onCpu({x}, expected.size(), work), expected)) wrong = "the processor is wrong";
      const Floats got = onCuda({x}, expected.size(), work);
      if (got.empty()) wrong += "the order of threads changes the result";
      else if (!sameBits(got, expected)) wrong += "the device is wrong";
    };
    if (skeleton == "rows") {
      constexpr int64_t columns = 70;
      const Floats x = values(many * columns);
      Floats expected = x;
      for (int64_t r = 0; r < many; ++r) {
        const auto begin = expected.begin() + r * columns;
        const float sum = std::accumulate(begin, begin + columns, 0.0f);
        std::for_each(begin, begin + columns, [&](float& v) { v -= sum; });
      }
      compare(x, expected, [](auto& device, const auto& in, float* out) {
        kernels::forEachRow(device, many, columns, LessRowSum{in[0], out});
      });
    } else if (skeleton == "channels") {
      constexpr int64_t batch = 3, inner = 5;
      const Floats x = values(batch * many * inner);
      Floats expected(size_t(many), 0.0f);
      for (size_t i = 0; i < x.size(); ++i) expected[i / inner % size_t(many)] += x[i];
      compare(x, expected, [](auto& device, const auto& in, float* out) {
        kernels::forEachChannel(device, kernels::ChannelShape{batch, many, inner}, ChannelSum{in[0], out});
      });
    } else if (skeleton == "tiles") {
      constexpr int64_t rows = 3, columns = 2;
      const Floats x = values(many * rows * columns);
      Floats expected(x.size());
      for (int64_t m = 0; m < many; ++m)
        for (int64_t e = 0; e < rows * columns; ++e)
          expected[size_t(m * rows * columns + e % columns * rows + e / columns)] = x[size_t(m * rows * columns + e)];
      compare(x, expected, [](auto& device, const auto& in, float* out) {
        kernels::transpose(device, kernels::transposition(List{many, rows, columns}, List{0, 2, 1}), in[0], out);
      });
    } else {
      // Of a block: 8 results where a row is short (a warp for each), 1 where it is long, 32 where columns are added up.
      const bool ofColumns = skeleton == "sums of columns";
      const int64_t length = skeleton == "long sums" ? 1025 : 3, results = many * (ofColumns ? 32 : skeleton == "short sums" ? 8 : 1);
      const Floats x = values(results * length);
      Floats expected(size_t(results), 0.0f);
      for (int64_t i = 0; i < results * length; ++i) expected[size_t(ofColumns ? i % results : i / length)] += x[size_t(i)];
      const ReduceWork<kernels::Adding> sum = ofColumns ? ReduceWork<kernels::Adding>{{length, results}, {0}}
                                                        : ReduceWork<kernels::Adding>{{results, length}, {1}};
      compare(x, expected, sum);
    }
    QVERIFY2(wrong.empty(), wrong.c_str());
  }
};

QTEST_APPLESS_MAIN(SkeletonsTest)
#include "skeletons_test.moc"
