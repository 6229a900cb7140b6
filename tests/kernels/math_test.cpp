// Our float mathematics against the standard library's in double, over the whole range of float: proves the errors that
// math.h promises, the ends (infinities, NaN, zeros, denormals), and that a loop in vectors gives the same bits.
#include "kernels/math.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <vector>

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kSmallest = std::numeric_limits<float>::denorm_min();
constexpr float kLargest = std::numeric_limits<float>::max();

struct Function {
  const char* name;
  float (*ours)(float);
  double (*exact)(double);
  double ulps;      // that math.h promises
  double low, high; // beyond these the result does not change or has no finite value
};

double exactSigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }

const Function kFunctions[] = {
    {"exp", [](float x) { return kernels::exp(x); }, [](double x) { return std::exp(x); }, 2, -87.3, 88.72},
    {"expm1", [](float x) { return kernels::expm1(x); }, [](double x) { return std::expm1(x); }, 3, -100, 88.72},
    {"log", [](float x) { return kernels::log(x); }, [](double x) { return std::log(x); }, 2, 0, kLargest},
    {"log1p", [](float x) { return kernels::log1p(x); }, [](double x) { return std::log1p(x); }, 3, -1, kLargest},
    {"tanh", [](float x) { return kernels::tanh(x); }, [](double x) { return std::tanh(x); }, 6, -kLargest, kLargest},
    {"sigmoid", [](float x) { return kernels::sigmoid(x); }, exactSigmoid, 4, -87.3, kLargest},
    {"erf", [](float x) { return kernels::erf(x); }, [](double x) { return std::erf(x); }, 6, -kLargest, kLargest},
};

double ulpsBetween(float ours, double exact) {
  const float rounded = float(exact);
  if (ours == rounded) return 0;
  const double ulp = std::max(double(std::nextafter(std::abs(rounded), kInfinity)) - std::abs(rounded), double(kSmallest));
  return std::abs(double(ours) - exact) / ulp;
}

// Every exponent, 64 fractions each, both signs, and a dense grid where functions bend.
std::vector<float> samples() {
  std::vector<float> all;
  for (uint32_t bits = 1; bits < 0x7f800000u; bits += (1u << 17) + 12345u)
    for (uint32_t sign : {0u, 0x80000000u}) {
      const uint32_t value = bits | sign;
      float x;
      std::memcpy(&x, &value, 4);
      all.push_back(x);
    }
  for (int i = -200000; i <= 200000; ++i) all.push_back(float(i) * 5e-4f);
  for (float x : {kSmallest, 1.17549435e-38f, kLargest, 1.0f, 0.93f, 4.0f, 0.70710678f, 1.41421356f})
    for (float y : {x, -x}) all.insert(all.end(), {y, std::nextafter(y, 0.0f), std::nextafter(y, kInfinity)});
  return all;
}

}  // namespace

class MathTest : public QObject {
  Q_OBJECT
 private slots:
  void errorsAreAsPromised_data() {
    QTest::addColumn<int>("index");
    for (int i = 0; i < int(std::size(kFunctions)); ++i) QTest::newRow(kFunctions[i].name) << i;
  }
  void errorsAreAsPromised() {
    QFETCH(int, index);
    const Function& f = kFunctions[index];
    double worst = 0;
    float at = 0;
    for (float x : samples()) {
      if (x < f.low || x > f.high) continue;
      const double ulps = ulpsBetween(f.ours(x), f.exact(double(x)));
      if (!(ulps <= worst)) worst = ulps, at = x;
    }
    qInfo("%s: at most %.2f ulp, at %.9g", f.name, worst, double(at));
    QVERIFY2(worst <= f.ulps, qPrintable(QString("%1 ulp at %2").arg(worst).arg(double(at), 0, 'g', 9)));
  }

  void nanStaysNan() {
    for (const Function& f : kFunctions) QVERIFY2(std::isnan(f.ours(std::nanf(""))), f.name);
  }

  void infinities() {
    QCOMPARE(kernels::exp(kInfinity), kInfinity);
    QCOMPARE(kernels::exp(-kInfinity), 0.0f);
    QCOMPARE(kernels::expm1(kInfinity), kInfinity);
    QCOMPARE(kernels::expm1(-kInfinity), -1.0f);
    QCOMPARE(kernels::log(kInfinity), kInfinity);
    QVERIFY(std::isnan(kernels::log(-kInfinity)));
    QCOMPARE(kernels::log1p(kInfinity), kInfinity);
    QCOMPARE(kernels::tanh(kInfinity), 1.0f);
    QCOMPARE(kernels::tanh(-kInfinity), -1.0f);
    QCOMPARE(kernels::sigmoid(kInfinity), 1.0f);
    QCOMPARE(kernels::sigmoid(-kInfinity), 0.0f);
    QCOMPARE(kernels::erf(kInfinity), 1.0f);
    QCOMPARE(kernels::erf(-kInfinity), -1.0f);
  }

  void pastTheRange() {
    QCOMPARE(kernels::exp(88.73f), kInfinity);
    QCOMPARE(kernels::exp(-104.0f), 0.0f);
    QVERIFY(kernels::exp(-100.0f) > 0);  // a denormal
    QCOMPARE(kernels::expm1(kLargest), kInfinity);
    QCOMPARE(kernels::expm1(-kLargest), -1.0f);
    QCOMPARE(kernels::log(0.0f), -kInfinity);
    QCOMPARE(kernels::log(-0.0f), -kInfinity);
    QVERIFY(std::isnan(kernels::log(-kSmallest)));
    QCOMPARE(kernels::log1p(-1.0f), -kInfinity);
    QVERIFY(std::isnan(kernels::log1p(-1.5f)));
    QVERIFY(kernels::sigmoid(-100.0f) > 0);
  }

  void zerosKeepTheirSign() {
    for (auto f : {kFunctions[1], kFunctions[3], kFunctions[4], kFunctions[6]}) {
      QVERIFY2(f.ours(0.0f) == 0 && !std::signbit(f.ours(0.0f)), f.name);
      QVERIFY2(f.ours(-0.0f) == 0 && std::signbit(f.ours(-0.0f)), f.name);
      QVERIFY2(f.ours(kSmallest) >= kSmallest, f.name);
    }
  }

  void doubleIsTheStandardLibrary() {
    QCOMPARE(kernels::log1p(1e-17), 1e-17);
    QCOMPARE(kernels::expm1(1e-17), 1e-17);
    QCOMPARE(kernels::sigmoid(-40.0), exactSigmoid(-40.0));
    QCOMPARE(kernels::erf(0.3), std::erf(0.3));
    QCOMPARE(kernels::tanh(0.3), std::tanh(0.3));
  }

  // The compiler turns such loops into vectors; lanes must not differ from the single call.
  void loopsGiveTheSameBits() {
    const std::vector<float> x = samples();
    std::vector<float> y(x.size());
    for (const Function& f : kFunctions) {
      const std::string name = f.name;
#define IN_A_LOOP(g)        \
  if (name == #g) {         \
    _Pragma("omp simd")     \
    for (size_t i = 0; i < x.size(); ++i) y[i] = kernels::g(x[i]); \
  }
      IN_A_LOOP(exp) IN_A_LOOP(expm1) IN_A_LOOP(log) IN_A_LOOP(log1p) IN_A_LOOP(tanh) IN_A_LOOP(sigmoid) IN_A_LOOP(erf)
#undef IN_A_LOOP
      for (size_t i = 0; i < x.size(); ++i) {
        volatile float one = x[i];
        const float alone = f.ours(one);
        QVERIFY2(std::memcmp(&alone, &y[i], 4) == 0 || (std::isnan(alone) && std::isnan(y[i])), f.name);
      }
    }
  }

  void cosineOfTurns() {
    for (int i = -10000; i <= 10000; ++i) {
      const float t = float(i) * 1e-4f;
      QVERIFY(std::abs(double(kernels::cosOfTurns(t)) - std::cos(2 * M_PI * double(t))) < 2e-7);
    }
  }
};

QTEST_APPLESS_MAIN(MathTest)
#include "math_test.moc"
