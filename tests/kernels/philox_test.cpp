// Philox against the vectors of its authors, and that streams are uniform, normal, and independent of each other.
#include "kernels/philox.h"

#include <QTest>
#include <cmath>
#include <vector>

using kernels::Random4;
using kernels::RandomStream;

class PhiloxTest : public QObject {
  Q_OBJECT
 private slots:
  // kat_vectors of Random123, "philox4x32 10".
  void knownAnswers() {
    const auto check = [](Random4 r, std::initializer_list<uint32_t> expected) {
      const uint32_t* e = expected.begin();
      for (int i = 0; i < 4; ++i) QCOMPARE(r.word[i], e[i]);
    };
    check(kernels::philox(0, 0, 0, 0, 0, 0), {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    const uint32_t f = 0xffffffff;
    check(kernels::philox(f, f, f, f, f, f), {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    check(kernels::philox(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0),
          {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
  }

  void uniformIsUniform() {
    constexpr int count = 100000, bins = 50;
    const RandomStream stream(1, 2, 3);
    std::vector<int> histogram(bins);
    for (int i = 0; i < count; ++i) {
      const float u = stream.uniform(i);
      QVERIFY(u >= 0 && u < 1);
      ++histogram[size_t(u * bins)];
    }
    double chiSquared = 0;
    for (int n : histogram) chiSquared += std::pow(n - double(count) / bins, 2) / (double(count) / bins);
    QVERIFY2(chiSquared < 85.4, qPrintable(QString::number(chiSquared)));  // 49 degrees of freedom, p = 0.001
    QCOMPARE(kernels::uniformOf(0xffffffffu), 1.0f - 5.9604645e-8f);
    QCOMPARE(kernels::uniformAboveZero(0), 5.9604645e-8f);
    QCOMPARE(kernels::uniformAboveZero(0xffffffffu), 1.0f);
  }

  void normalIsNormal() {
    constexpr int count = 100000;
    const RandomStream stream(5, 6, 7);
    double sum = 0, squares = 0, fourth = 0, neighbours = 0, last = 0;
    for (int i = 0; i < count; ++i) {
      const double z = double(stream.normal(i));
      sum += z, squares += z * z, fourth += z * z * z * z, neighbours += z * last, last = z;
    }
    const double deviations = 4 / std::sqrt(double(count));  // four standard errors
    QVERIFY(std::abs(sum / count) < deviations);
    QVERIFY(std::abs(squares / count - 1) < deviations * std::sqrt(2.0));
    QVERIFY(std::abs(fourth / count - 3) < deviations * std::sqrt(96.0));
    QVERIFY(std::abs(neighbours / count) < deviations);
  }

  // A change of seed, node, step or element, each alone, gives other numbers.
  void streamsDiffer() {
    const auto agreements = [](const RandomStream& a, const RandomStream& b, int64_t shift) {
      int same = 0;
      for (int64_t i = 0; i < 1000; ++i) same += a.uniform(i) == b.uniform(i + shift);
      return same;
    };
    const RandomStream stream(1, 2, 3);
    QCOMPARE(agreements(stream, stream, 0), 1000);
    QVERIFY(agreements(stream, RandomStream(2, 2, 3), 0) < 3);
    QVERIFY(agreements(stream, RandomStream(1, 3, 3), 0) < 3);
    QVERIFY(agreements(stream, RandomStream(1, 2, 4), 0) < 3);
    QVERIFY(agreements(stream, RandomStream(2, 1, 3), 0) < 3);
    QVERIFY(agreements(stream, RandomStream(1, 2, uint64_t(3) << 32), 0) < 3);
    QVERIFY(agreements(stream, stream, int64_t(4) << 32) < 3);
  }
};

QTEST_APPLESS_MAIN(PhiloxTest)
#include "philox_test.moc"
