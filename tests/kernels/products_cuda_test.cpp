// The CUDA halves of gemm.h and conv.h on the stand-in runtime, against the definitions: same shapes as the CPU's
// tests.
#include <QTest>
#include <cmath>
#include <cstring>
#include <limits>

#include "device_array.h"
#include "kernels/conv.h"
#include "kernels/copy.h"
#include "kernels/gemm.h"
#include "tests/reference/convolution.h"
#include "tests/reference/convolution_cases.h"
#include "tests/reference/memory.h"
#include "tests/reference/product.h"

using cuda_on_cpu::DeviceArray;
using kernels::ConvolutionBackwardData;
using kernels::ConvolutionBackwardWeights;
using kernels::ConvolutionForward;
using kernels::ConvolutionShape;
using kernels::Cuda;
using kernels::Layout;
using kernels::Product;
using kernels::ProductShape;
using reference::numbers;

namespace {

struct Device : Cuda {
  Device() {
    cudaStreamCreate(&stream);
    cublasCreate(&blas);
    cublasSetStream(blas, stream);
  }
  ~Device() {
    cublasDestroy(blas);
    cudaStreamDestroy(stream);
  }
};

template <class T>
QString compare(const std::vector<T>& result, const std::vector<double>& expected, const std::vector<double>& size, cublasMath_t math = CUBLAS_DEFAULT_MATH) {
  constexpr double kTf32 = 1. / 1024;  // two factors, each rounded to 10 bits
  const double allowed = math == CUBLAS_TF32_TENSOR_OP_MATH && sizeof(T) == 4 ? kTf32 : 8 * std::numeric_limits<T>::epsilon();
  for (size_t i = 0; i < expected.size(); ++i)
    if (!(std::abs(double(result[i]) - expected[i]) <= allowed * size[i]))
      return QString("element %1 is %2, not %3").arg(i).arg(double(result[i])).arg(expected[i]);
  return "";
}

template <class T>
QString checkProduct(const ProductShape& s) {
  const auto length = [&](int64_t one, int64_t stride) { return one + (s.batch > 1 ? (s.batch - 1) * stride : 0); };
  const auto a = numbers<T>(length(s.m * s.k, s.strideA), 1), b = numbers<T>(length(s.k * s.n, s.strideB), 2);
  const auto bias = numbers<T>(s.n, 3), c = numbers<T>(length(s.m * s.n, s.strideC), 4);
  std::vector<double> size;
  const auto expected = reference::product<T>(s, a.data(), b.data(), bias.data(), c.data(), &size);
  Device device;
  const DeviceArray<T> da(a), db(b), dbias(bias), dc(c);
  const Product<T, Cuda> product(device, s);
  product.run(device, da.data(), db.data(), s.bias ? dbias.data() : nullptr, dc.data(), nullptr);
  const auto after = dc.values();
  std::vector<T> results;
  for (int64_t p = 0; p < s.batch; ++p)
    results.insert(results.end(), after.begin() + p * s.strideC, after.begin() + p * s.strideC + s.m * s.n);
  for (int64_t i = 0; i < int64_t(c.size()) && s.strideC > s.m * s.n; ++i)
    if (i % s.strideC >= s.m * s.n && after[size_t(i)] != c[size_t(i)]) return "wrote between the matrices";
  return compare(results, expected, size);
}

template <class T>
QString checkConvolution(const ConvolutionShape& s, cublasMath_t math = CUBLAS_DEFAULT_MATH, int64_t columnBytes = kernels::usualColumnBytes) {
  const auto input = numbers<T>(s.inputElements(), 1), weight = numbers<T>(s.weightElements(), 2);
  const auto bias = numbers<T>(s.outChannels, 3), gradient = numbers<T>(s.outputElements(), 4);
  Device device;
  cublasSetMathMode(device.blas, math);
  const DeviceArray<T> x(input), w(weight), b(bias), g(gradient);
  const ConvolutionForward<T, Cuda> forward(device, s, columnBytes);
  const ConvolutionBackwardData<T, Cuda> data(device, s, columnBytes);
  const ConvolutionBackwardWeights<T, Cuda> weights(device, s, columnBytes);
  const DeviceArray<char> scratch(
      size_t(std::max({forward.scratchBytes(), data.scratchBytes(), weights.scratchBytes()})));
  const DeviceArray<T> out(gradient.size()), in(input.size()), dw(weight.size());
  const auto check = [math](const DeviceArray<T>& result, const reference::Sums& expected, const char* name) {
    const QString wrong = compare(result.values(), expected.value, expected.size, math);
    return wrong.isEmpty() ? wrong : name + wrong;
  };
  const bool watched =
      s.outputElements() > 1 && s.outputElements() < 100;  // watching costs a look at all of it each turn
  if (watched) cuda_on_cpu::watch(out.data(), gradient.size() * sizeof(T));
  forward.run(device, x.data(), w.data(), s.bias ? b.data() : nullptr, out.data(), scratch.data());
  if (watched && cuda_on_cpu::writers() < 2) return "forward: one thread wrote it all";
  cuda_on_cpu::unwatch();
  data.run(device, g.data(), w.data(), x.data(), in.data(), scratch.data());
  weights.run(device, x.data(), g.data(), dw.data(), scratch.data());
  QString wrong = check(out, reference::convolution<T>(s, input.data(), weight.data(), bias.data()), "forward: ");
  if (wrong.isEmpty())
    wrong = check(in, reference::inputGradient<T>(s, gradient.data(), weight.data(), input.data()), "backward data: ");
  if (wrong.isEmpty())
    wrong = check(dw, reference::weightGradient<T>(s, input.data(), gradient.data()), "backward weights: ");
  return wrong;
}

}  // namespace

class ProductsCudaTest : public QObject {
  Q_OBJECT

 private slots:
  void products_data() {
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("m");
    QTest::addColumn<int>("n");
    QTest::addColumn<int>("k");
    for (const auto& [batch, m, n, k] : {std::array{1, 1, 1, 1},
                                         {1, 3, 5, 7},
                                         {1, 33, 20, 17},
                                         {4, 6, 7, 5},
                                         {0, 2, 3, 4},
                                         {1, 0, 3, 4},
                                         {1, 3, 0, 4},
                                         {1, 3, 4, 0},
                                         {2, 3, 4, 0}})
      QTest::addRow("%d x %d %d %d", batch, m, n, k) << batch << m << n << k;
  }
  void products() {
    QFETCH(int, batch);
    QFETCH(int, m);
    QFETCH(int, n);
    QFETCH(int, k);
    for (int flags = 0; flags < 16; ++flags)
      for (const int spread : {0, 1, 2, 3}) {  // close together, apart, one A for all, one B for all
        if (spread && batch <= 1) continue;
        ProductShape s{.batch = batch,
                       .m = m,
                       .n = n,
                       .k = k,
                       .transposeA = bool(flags & 1),
                       .transposeB = bool(flags & 2),
                       .accumulate = bool(flags & 4),
                       .bias = bool(flags & 8)};
        if (batch > 1) {
          const int gap = spread == 1 ? 3 : 0;
          s.strideA = spread == 2 ? 0 : m * k + gap;
          s.strideB = spread == 3 ? 0 : k * n + gap;
          s.strideC = m * n + gap;
        }
        const QString wrong = checkProduct<float>(s), wrongDouble = checkProduct<double>(s);
        QVERIFY2(wrong.isEmpty(), qPrintable(QString("float, flags %1, spread %2: ").arg(flags).arg(spread) + wrong));
        QVERIFY2(wrongDouble.isEmpty(),
                 qPrintable(QString("double, flags %1, spread %2: ").arg(flags).arg(spread) + wrongDouble));
      }
  }

  // Every call's result is looked at: the first failure stays until it is forgotten.
  void failuresAreKept() {
    Device device;
    const std::vector<float> zeros(4);
    const DeviceArray<float> a(zeros), b(zeros), bias(zeros), c(zeros), d(zeros);
    const Product<float, Cuda> product(device, {.m = 2, .n = 2, .k = 2, .bias = true});
    const auto run = [&] { product.run(device, a.data(), b.data(), bias.data(), c.data(), nullptr); };
    run();
    QVERIFY2(!device.failure, device.failure.call());
    const char* const calls[] = {"cudaLaunchKernelEx", "cublasSgemmStridedBatched"};
    for (const size_t which : {0, 1}) {
      cuda_on_cpu::failAfter(which);
      run();
      QVERIFY(bool(device.failure));
      QCOMPARE(device.failure.call(), calls[which]);
      QVERIFY(device.failure.reason() && *device.failure.reason());
      run();
      QCOMPARE(device.failure.call(), calls[which]);  // what works later does not hide it
      cuda_on_cpu::failAfter(1 - which);
      run();
      QCOMPARE(device.failure.call(), calls[which]);  // nor does another failure
      device.failure.forget();
      run();
      QVERIFY(!device.failure);
    }
    cuda_on_cpu::failAfter(0);
    kernels::copyBytes(device, c.data(), d.data(), 16);
    QCOMPARE(device.failure.call(), "cudaMemcpyAsync");
    cudaGetLastError();  // and forgets it
  }

  void convolutions_data() {
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < reference::convolutionCases().size(); ++i)
      QTest::newRow(reference::convolutionCases()[i].name) << int(i);
  }
  void convolutions() {
    QFETCH(int, index);
    for (const Layout layout : {Layout::canonical, Layout::channelsLast})
      for (const bool bias : {false, true}) {
        ConvolutionShape s = reference::convolutionCases()[size_t(index)].shape;
        s.batch = std::min<int64_t>(s.batch, 2);
        s.channels =
            s.groups == 1 ? std::min<int64_t>(s.channels, 4) : s.channels;  // a CUDA thread costs its time here
        s.outChannels = s.groups == 1 ? std::min<int64_t>(s.outChannels, 5) : s.outChannels;
        s.layout = layout;
        s.bias = bias;
        s.relu = bias;
        const QString wrong = checkConvolution<float>(s);
        const QString columns = checkConvolution<float>(s, CUBLAS_TF32_TENSOR_OP_MATH);  // by columns and cuBLAS
        const QString apart = checkConvolution<float>(s, CUBLAS_TF32_TENSOR_OP_MATH, 1);  // one picture at a time
        QVERIFY2(apart.isEmpty(), qPrintable("a picture at a time: " + apart));
        QVERIFY2(columns.isEmpty(), qPrintable("columns: " + columns));
        QVERIFY2(wrong.isEmpty(), qPrintable("float " + wrong));
        const QString wrongDouble = checkConvolution<double>(s);
        QVERIFY2(wrongDouble.isEmpty(), qPrintable("double " + wrongDouble));
      }
  }

  // More than one tile in each direction, more than one turn of a tile's loop, and the long sums of the weights in parts.
  void convolutionsOfManyTiles() {
    ConvolutionShape wide{.batch = 2, .channels = 6, .height = 24, .width = 24, .outChannels = 70, .kernelHeight = 3, .kernelWidth = 3,
                          .paddingTop = 1, .paddingLeft = 1, .paddingBottom = 1, .paddingRight = 1, .bias = true, .relu = true};
    ConvolutionShape grouped = wide;
    grouped.groups = 2, grouped.strideHeight = 2, grouped.dilationWidth = 2, grouped.batch = 4;
    ConvolutionShape deep = wide;  // the window is wider than a tile
    deep.channels = 20, deep.outChannels = 3, deep.height = 5, deep.width = 6;
    ConvolutionShape onePixel = wide;
    onePixel.kernelHeight = onePixel.kernelWidth = 1, onePixel.paddingTop = onePixel.paddingLeft = onePixel.paddingBottom = onePixel.paddingRight = 0;
    QCOMPARE(kernels::ImplicitParts(wide, 4).number, 2);
    QCOMPARE(kernels::ImplicitParts(deep, 4).number, 1);
    for (ConvolutionShape s : {wide, grouped, deep, onePixel})
      for (const Layout layout : {Layout::canonical, Layout::channelsLast}) {
        s.layout = layout;
        const QString wrong = checkConvolution<float>(s), wrongDouble = checkConvolution<double>(s);
        QVERIFY2(wrong.isEmpty(), qPrintable("float " + wrong));
        QVERIFY2(wrongDouble.isEmpty(), qPrintable("double " + wrongDouble));
      }
  }

  // One pixel is a product as it lies, but for more rows than cuBLAS counts; only float asks for TF32.
  void whichWay() {
    Device device;
    ConvolutionShape s{.batch = 128, .channels = 2, .height = 4096, .width = 4095, .outChannels = 2, .layout = Layout::channelsLast};
    using kernels::ConvolutionWay, kernels::convolutionWay;
    QVERIFY(convolutionWay<float>(device, s) == ConvolutionWay::product);
    s.width = 4096;
    QVERIFY(convolutionWay<float>(device, s) == ConvolutionWay::implicit);
    cublasSetMathMode(device.blas, CUBLAS_TF32_TENSOR_OP_MATH);
    QVERIFY(convolutionWay<float>(device, s) == ConvolutionWay::columns);
    QVERIFY(convolutionWay<double>(device, s) == ConvolutionWay::implicit);
    s.batch = 0;
    QVERIFY(convolutionWay<float>(device, s) == ConvolutionWay::nothing);
  }

  // Every part of the sum is in one of them, and none is empty.
  void partsOfTheWeightsGradient() {
    for (const int64_t batch : {1, 2, 31, 32, 128, 1000})
      for (const int64_t size : {1, 7, 28, 224})
        for (const int64_t channels : {1, 16, 64, 512}) {
          const ConvolutionShape s{.batch = batch, .channels = channels, .height = size, .width = size, .outChannels = channels};
          const kernels::ImplicitParts parts(s, 4);
          const int64_t depth = batch * size * size;
          QVERIFY(parts.length % kernels::kImplicitDepth == 0);
          QVERIFY(parts.number >= 1 && parts.number * parts.length >= depth && (parts.number - 1) * parts.length < depth);
          QVERIFY(parts.number == 1 || parts.number * s.weightElements() * 4 <= int64_t(64) << 20);
        }
  }
};

QTEST_APPLESS_MAIN(ProductsCudaTest)
#include "products_cuda_test.moc"
