// Sums over everything (total.h), over each channel (channels.h) and over rows of channels (rows_of_channels.h): right, and the same bits for any number of threads.
#include <QtTest>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/channels.h"
#include "kernels/pool.h"
#include "kernels/rows_of_channels.h"
#include "kernels/total.h"

using namespace kernels;

namespace {

std::vector<float> draw(int64_t count) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> any(-1, 1);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& v : values) v = any(random);
  return values;
}

struct ChannelSums {
  const float* x;
  double *sum, *squares, *alone;
  float* twice;
  template <class Channels>
  void operator()(const Channels& channels) const {
    const float* in = x;
    double *s = sum, *q = squares, *a = alone;
    float* out = twice;
    channels.sum([=](int64_t) { return [=](int64_t i, int64_t n) { return in[i] * float(n + 1); }; },
                 [=](int64_t c, double v) { a[c] = v; });
    channels.sums([=](int64_t) { return [=](int64_t i, int64_t) { return in[i]; }; },
                  [=](int64_t c) { return [=](int64_t i, int64_t) { return in[i] * in[i] * float(c + 1); }; },
                  [=](int64_t c, double v, double w) { s[c] = v, q[c] = w; });
    channels.each([=](int64_t c) {
      const float k = float(s[c]);
      return [=](int64_t i, int64_t n) { out[i] = in[i] * k + float(n); };
    });
  }
};

}  // namespace

class SumsTest : public QObject {
  Q_OBJECT

 private slots:
  void totals_data() {
    QTest::addColumn<int>("count");
    for (int count : {0, 1, 7, 1023, 1024, 1025, 16384, 32767, 32768, 100003}) QTest::addRow("%d", count) << count;
  }
  void totals() {
    QFETCH(int, count);
    const std::vector<float> x = draw(count);
    const float* in = x.data();
    double exact = 0, size = 0;
    for (float v : x) exact += double(v), size += std::abs(double(v));
    std::vector<double> results;
    for (int threads : {0, 1, 2, 3}) {
      Pool pool(std::max(threads, 1));
      Cpu cpu{threads ? &pool : nullptr};
      std::vector<double> parts(kTotalParts, std::nan(""));
      double result = std::nan("");
      total(cpu, count, parts.data(), [=](int64_t i) { return in[i]; }, [&](double sum) { result = sum; });
      results.push_back(result);
    }
    // Runs of kTotalChunk floats are added up in float, in lanes.
    QVERIFY(std::abs(results[0] - exact) <= 1e-6 * size);
    for (double result : results) QVERIFY(std::memcmp(&result, &results[0], sizeof result) == 0);
  }

  void channels_data() {
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("inner");
    const int shapes[][3] = {{1, 1, 1}, {5, 3, 1}, {7, 16, 1}, {600, 35, 1}, {257, 64, 1}, {2, 3, 5}, {0, 4, 3},
                             {3, 0, 2}, {3, 2, 0}, {4, 6, 900}, {3, 33, 40}, {70, 1, 300}};
    for (const auto& s : shapes) QTest::addRow("%d x %d x %d", s[0], s[1], s[2]) << s[0] << s[1] << s[2];
  }
  void channels() {
    QFETCH(int, batch);
    QFETCH(int, channels);
    QFETCH(int, inner);
    const std::vector<float> x = draw(int64_t(batch) * channels * inner);
    const size_t c = size_t(channels);
    std::vector<double> sum, squares, alone;
    std::vector<float> twice;
    for (int threads : {0, 1, 2, 3}) {
      Pool pool(std::max(threads, 1));
      Cpu cpu{threads ? &pool : nullptr};
      std::vector<double> s(c, 99), q(c, 99), a(c, 99);
      std::vector<float> t(x.size(), 99);
      forEachChannel(cpu, {batch, channels, inner}, ChannelSums{x.data(), s.data(), q.data(), a.data(), t.data()});
      if (threads == 0) sum = s, squares = q, alone = a, twice = t;
      QVERIFY(s == sum && q == squares && a == alone && t == twice);
    }
    for (size_t k = 0; k < c; ++k) {
      double exact = 0, exactSquares = 0, exactAlone = 0, count = 0;
      for (int n = 0; n < batch; ++n)
        for (int i = 0; i < inner; ++i) {
          const double v = x[(size_t(n) * c + k) * size_t(inner) + size_t(i)];
          exact += v, exactSquares += v * v * double(k + 1), exactAlone += v * (n + 1), ++count;
        }
      QVERIFY(std::abs(sum[k] - exact) <= 1e-6 * (count + 1));
      QVERIFY(std::abs(squares[k] - exactSquares) <= 1e-6 * (count + 1) * double(k + 1));
      QVERIFY(std::abs(alone[k] - exactAlone) <= 1e-6 * (count + 1) * (batch + 1));
      for (int n = 0; n < batch; ++n)
        for (int i = 0; i < inner; ++i) {
          const size_t e = (size_t(n) * c + k) * size_t(inner) + size_t(i);
          QCOMPARE(twice[e], x[e] * float(sum[k]) + float(n));
        }
    }
  }

  void rowsOfChannels_data() {
    QTest::addColumn<int>("rows");
    QTest::addColumn<int>("channels");
    const int shapes[][2] = {{0, 3}, {1, 1}, {3, 0}, {5, 3}, {7, 16}, {600, 35}, {257, 64}, {4000, 17}};
    for (const auto& s : shapes) QTest::addRow("%d x %d", s[0], s[1]) << s[0] << s[1];
  }
  void rowsOfChannels() {
    QFETCH(int, rows);
    QFETCH(int, channels);
    const std::vector<float> x = draw(int64_t(rows) * channels);
    const float* in = x.data();
    const size_t width = size_t(channels);
    const RowsOfChannels shape{rows, channels};
    std::vector<double> sums, weighted;
    for (int threads : {0, 1, 2, 3}) {
      Pool pool(std::max(threads, 1));
      Cpu cpu{threads ? &pool : nullptr};
      std::vector<double> s(width, 99), w(width, 99);
      std::vector<float> twice(x.size(), 99);
      std::vector<char> scratch(size_t(sumRowsScratchBytes(cpu, shape)));
      sumRows<float>(
          cpu, shape, [=](int64_t, int) { return [=](int64_t row, int64_t i, int, float& a, float& b) { a += in[i], b += in[i] * float(row + 1); }; },
          [&](int64_t c, double a, double b) { s[size_t(c)] = a, w[size_t(c)] = b; }, scratch.data());
      float* out = twice.data();
      eachOfChannels(cpu, shape, [=](int64_t i, int64_t c) { out[i] = in[i] + float(c); });
      if (threads == 0) sums = s, weighted = w;
      QVERIFY(s == sums && w == weighted);
      for (size_t i = 0; i < x.size(); ++i) QCOMPARE(twice[i], x[i] + float(i % width));
    }
    for (size_t c = 0; c < width; ++c) {
      double exact = 0, exactWeighted = 0;
      for (size_t r = 0; r < size_t(rows); ++r) exact += x[r * width + c], exactWeighted += x[r * width + c] * double(r + 1);
      QVERIFY(std::abs(sums[c] - exact) <= 1e-6 * (rows + 1));
      QVERIFY(std::abs(weighted[c] - exactWeighted) <= 1e-6 * (rows + 1) * (rows + 1));
    }
  }
};

QTEST_APPLESS_MAIN(SumsTest)
#include "sums_test.moc"
