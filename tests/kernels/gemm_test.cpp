// Matrix products against their definition: every combination of transposing, adding, bias and batch, on both sides of
// each limit at which the implementation changes; the same bits for any number of threads; nothing of ours allocated.
#include "kernels/gemm.h"

#include <QTest>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/gemm_slices.h"
#include "kernels/pool.h"
#include "tests/reference/allocations.h"
#include "tests/reference/memory.h"
#include "tests/reference/product.h"

using kernels::Cpu;
using kernels::Pool;
using kernels::Product;
using kernels::ProductShape;
using reference::numbers;
using reference::Scratch;

namespace {

constexpr size_t guard = 16;  // elements around every result, which no product may touch

template <class T>
struct Operands {
  ProductShape shape;
  std::vector<T> a, b, bias, c, mask;
  explicit Operands(const ProductShape& s)
      : shape(s),
        a(numbers<T>(s.m * s.k + (s.batch > 1 ? (s.batch - 1) * s.strideA : 0), 1)),
        b(numbers<T>(s.k * s.n + (s.batch > 1 ? (s.batch - 1) * s.strideB : 0), 2)),
        bias(numbers<T>(s.n, 3)),
        c(numbers<T>(s.m * s.n + (s.batch > 1 ? (s.batch - 1) * s.strideC : 0) + 2 * int64_t(guard), 4)),
        mask(numbers<T>(int64_t(c.size()), 5)) {}

  std::vector<T> run(int threads) const {
    Pool pool(threads);
    Cpu cpu{&pool};
    const Product<T, Cpu> product(cpu, shape);
    const Scratch scratch(product.scratchBytes());
    std::vector<T> result = c;
    const Scratch packed(shape.packed ? product.packedBytes() : 0);
    if (shape.packed) product.pack(cpu, b.data(), packed.memory.get());
    const T* second = shape.packed ? reinterpret_cast<const T*>(packed.memory.get()) : b.data();
    product.run(cpu, a.data(), second, shape.bias ? bias.data() : nullptr, result.data() + guard,
                scratch.memory.get(), shape.masked ? mask.data() + guard : nullptr);
    if (!scratch.kept()) throw std::runtime_error("wrote beyond the scratch memory");
    return result;
  }

  // "" or what is wrong.
  QString check() const {
    const std::vector<T> result = run(1);
    std::vector<double> size;
    const std::vector<double> expected =
        reference::product<T>(shape, a.data(), b.data(), bias.data(), c.data() + guard, &size);
    std::vector<T> touched = c;
    size_t at = 0;
    const double allowed = 2 * std::numeric_limits<T>::epsilon() * std::sqrt(double(shape.k) + 4);
    for (int64_t p = 0; p < shape.batch; ++p)
      for (int64_t i = 0; i < shape.m * shape.n; ++i, ++at) {
        const size_t place = guard + size_t(p * shape.strideC + i);
        touched[place] = result[place];
        double right = expected[at];
        if (shape.relu) right = std::max(right, 0.0);
        if (shape.masked && mask[place] <= 0) right = 0;
        if (!(std::abs(double(result[place]) - right) <= allowed * size[at]))
          return QString("element %1 of matrix %2 is %3, not %4")
              .arg(i)
              .arg(p)
              .arg(double(result[place]))
              .arg(right);
      }
    if (std::memcmp(touched.data(), result.data(), result.size() * sizeof(T))) return "wrote beside the result";
    for (const int threads : {2, 3})
      if (std::memcmp(run(threads).data(), result.data(), result.size() * sizeof(T)))
        return QString("%1 threads give other bits").arg(threads);
    return "";
  }
};

QString name(const ProductShape& s) {
  return QString("%1 x (%2 %3 %4) %5%6%7%8 strides %9")
      .arg(s.batch)
      .arg(s.m)
      .arg(s.n)
      .arg(s.k)
      .arg(s.transposeA ? "T" : "N")
      .arg(s.transposeB ? "T" : "N")
      .arg(s.accumulate ? " add" : "")
      .arg(QString("%1%2%3").arg(s.bias ? " bias" : "", s.relu ? " relu" : "", s.masked ? " masked" : "") + (s.packed ? " packed" : ""))
      .arg(QString("%1 %2 %3").arg(s.strideA).arg(s.strideB).arg(s.strideC));
}

}  // namespace

class GemmTest : public QObject {
  Q_OBJECT

 private slots:
  void equalsTheDefinition_data() {
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("m");
    QTest::addColumn<int>("n");
    QTest::addColumn<int>("k");
    const auto add = [](int batch, int m, int n, int k) {
      QTest::addRow("%d x %d %d %d", batch, m, n, k) << batch << m << n << k;
    };
    for (const auto& [m, n, k] : {std::array{1, 1, 1},
                                  {3, 5, 7},
                                  {1, 64, 4},
                                  {12, 13, 13},
                                  {13, 13, 13},
                                  {64, 2, 64},
                                  {2, 64, 64},
                                  {33, 65, 129},
                                  {1, 1000, 100},
                                  {100, 1, 1000},
                                  {32, 256, 300},
                                  {200, 130, 90},
                                  {9, 36, 1024},
                                  {30, 100, 1030},
                                  {8, 4, 260},
                                  {25, 33, 2},
                                  {150, 70, 600},
                                  {700, 10, 400}})
      add(1, m, n, k);
    add(1, 0, 5, 5), add(1, 5, 0, 5), add(1, 5, 7, 0), add(0, 5, 7, 3);
    add(3, 4, 5, 6), add(5, 33, 20, 17), add(2, 300, 100, 64), add(2, 200, 220, 200), add(40, 32, 56, 48);
  }
  void equalsTheDefinition() {
    QFETCH(int, batch);
    QFETCH(int, m);
    QFETCH(int, n);
    QFETCH(int, k);
    const bool large = double(batch) * m * n * k > 1e5;  // enough of the combinations to stay quick
    for (int flags = 0; flags < 16; ++flags)
      for (const int spread : {0, 1, 2, 3}) {  // matrices close together, apart, one A for all, one B for all
        if (spread && batch <= 1) continue;
        if (large && ((flags > 3 && flags != 14) || (spread && flags % 14))) continue;
        ProductShape s{.batch = batch,
                       .m = m,
                       .n = n,
                       .k = k,
                       .transposeA = bool(flags & 1),
                       .transposeB = bool(flags & 2),
                       .accumulate = bool(flags & 4),
                       .bias = bool(flags & 8),
                       .relu = flags % 3 == 1,
                       .masked = flags % 5 == 2,
                       .packed = batch == 1 && flags % 4 > 1};
        if (batch > 1) {
          const int gap = spread == 1 ? 3 : 0;
          s.strideA = spread == 2 ? 0 : m * k + gap;
          s.strideB = spread == 3 ? 0 : k * n + gap;
          s.strideC = m * n + gap;
        }
        const QString wrong = Operands<float>(s).check();
        QVERIFY2(wrong.isEmpty(), qPrintable("float " + name(s) + ": " + wrong));
        const QString wrongDouble = Operands<double>(s).check();
        QVERIFY2(wrongDouble.isEmpty(), qPrintable("double " + name(s) + ": " + wrongDouble));
      }
  }

  void productsForTheLibraryAreCutWhole() {
    const auto slices = kernels::slicesOf({.m = 4, .n = 4096, .k = 784, .transposeB = true});
    QVERIFY(slices.size() >= 4);
    int64_t covered = 0;
    for (const auto& slice : slices) covered += slice.rows * slice.columns;
    QCOMPARE(covered, int64_t(4) * 4096);
  }

  void whatIsNotANumberShows() {  // a ReLU after the product does not hide it
    const ProductShape s{.m = 16, .n = 40, .k = 8, .relu = true};
    Operands<float> x(s);
    x.a[3] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> c = x.run(1);
    QVERIFY(std::isnan(c[guard]) && std::isnan(c[guard + 39]) && !std::isnan(c[guard + 40]));
  }

  void runTwiceWithOtherMemory() {  // what was bound to the first run's memory must follow
    const ProductShape s{.m = 40, .n = 30, .k = 20};
    Cpu cpu;
    const Product<float, Cpu> product(cpu, s);
    const Scratch first(product.scratchBytes()), second(product.scratchBytes());
    const Operands<float> x(s);
    const auto otherA = numbers<float>(s.m * s.k, 9);
    std::vector<float> one(size_t(s.m * s.n)), two = one, expected = one;
    product.run(cpu, otherA.data(), x.b.data(), nullptr, one.data(), first.memory.get());
    product.run(cpu, x.a.data(), x.b.data(), nullptr, two.data(), second.memory.get());
    const Product<float, Cpu> fresh(cpu, s);
    fresh.run(cpu, x.a.data(), x.b.data(), nullptr, expected.data(), first.memory.get());
    QCOMPARE(two, expected);
    QVERIFY(one != two);
  }

  void runAllocatesNothingOfOurs() {
    for (const ProductShape& s : {ProductShape{.m = 4, .n = 4, .k = 4, .transposeB = true},
                                  ProductShape{.m = 64, .n = 64, .k = 64, .bias = true},
                                  ProductShape{.m = 2, .n = 256, .k = 300, .transposeB = true, .bias = true},
                                  ProductShape{.m = 128, .n = 256, .k = 300, .transposeB = true, .bias = true}}) {
      Pool pool(2);
      Cpu cpu{&pool};
      const Operands<float> x(s);
      const Operands<double> y(s);
      const Product<float, Cpu> product(cpu, s);
      const Product<double, Cpu> twice(cpu, s);
      const Scratch scratch(std::max(product.scratchBytes(), twice.scratchBytes()));
      std::vector<float> c(x.c.size());
      std::vector<double> d(y.c.size());
      for (int run = 0; run < 3; ++run) {
        if (run) reference::allocations.start();
        product.run(cpu, x.a.data(), x.b.data(), x.bias.data(), c.data(), scratch.memory.get());
        const int64_t library = reference::allocations.library;
        twice.run(cpu, y.a.data(), y.b.data(), y.bias.data(), d.data(), scratch.memory.get());
        reference::allocations.stop();
        QCOMPARE(reference::allocations.ours.load(), 0);
        QCOMPARE(reference::allocations.library.load(), library);  // none in double
        const auto calls = int64_t(kernels::slicesOf(s).size());
        QVERIFY2(library <= 8 * calls, "oneDNN makes six small allocations an execution (decision 6)");
        if (run) QCOMPARE(library > 0, s.m == 2);  // the count sees them; our own loops make none
      }
    }
  }
};

QTEST_APPLESS_MAIN(GemmTest)
#include "gemm_test.moc"
