// The stand-in CUDA runtime: devices, copies, streams, captured graphs and cuBLAS answer as CUDA's do, and refuse what CUDA
// refuses or leaves undefined.
#include <cmath>
#include <functional>
#include <thread>

#include "device_array.h"
#include "kernels/device.h"

using cuda_on_cpu::DeviceArray;
using cuda_on_cpu::errorOf;
using cuda_on_cpu::ramp;

namespace {

__global__ void fillKernel(float* y, int n, float value) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] = value;
}

}  // namespace

class CudaRuntimeTest : public QObject {
  Q_OBJECT

 private slots:
  void init() { cuda_on_cpu::setOrder("natural"); }
  void cleanup() { cuda_on_cpu::verifyNothingIsLeft(); }

  void copiesAndProductsOfTheDeviceCountAsWritersThoseOfTheHostDoNot() {
    DeviceArray<float> x(ramp(4)), y(4), z(4);
    cuda_on_cpu::watch(y.data(), 4 * sizeof(float));
    const std::vector<float> host(4, 7.0f);
    cudaMemcpy(y.data(), host.data(), 4 * sizeof(float), cudaMemcpyHostToDevice);
    cudaMemset(y.data(), 0, 4 * sizeof(float));
    QCOMPARE(cuda_on_cpu::writers(), size_t(0));
    cudaMemcpy(y.data(), x.data(), 4 * sizeof(float), cudaMemcpyDeviceToDevice);
    QCOMPARE(cuda_on_cpu::writers(), size_t(4));
    cuda_on_cpu::watch(z.data(), 4 * sizeof(float));
    cublasHandle_t blas;
    cublasCreate(&blas);
    const float one = 1, zero = 0;
    cublasSgemm(blas, CUBLAS_OP_N, CUBLAS_OP_N, 2, 2, 2, &one, x.data(), 2, x.data(), 2, &zero, z.data(), 2);
    cublasDestroy(blas);
    QCOMPARE(cuda_on_cpu::writers(z.data()), size_t(4));
  }

  void theRuntimeIsForOneThreadAtATime() {
    cudaStream_t stream;
    cudaStreamCreate(&stream);
    std::thread([&] { cudaStreamSynchronize(stream); }).join();  // one after the other is well
    cudaStreamDestroy(stream);
    static std::string error;
    error.clear();
    DeviceArray<float> y(1);
    const auto kernel = +[](float* p) {
      *p = 1;
      std::thread([] { error = errorOf([] { cudaDeviceSynchronize(); }); }).join();
    };
    kernels::launch(device, kernel, 1, 1, 0, y.data());
    VERIFY_CONTAINS(error, "one thread at a time");
  }

  void theDeviceDescribesItself() {
    int count = 7;
    QCOMPARE(cudaGetDeviceCount(&count), cudaSuccess);
    QCOMPARE(count, 1);
    cudaDeviceProp properties;
    QCOMPARE(cudaGetDeviceProperties(&properties, 0), cudaSuccess);
    QCOMPARE(properties.warpSize, 32);
    QCOMPARE(cudaGetDeviceProperties(&properties, 1), cudaErrorInvalidDevice);
    QCOMPARE(cudaGetLastError(), cudaErrorInvalidDevice);
    QCOMPARE(cudaGetLastError(), cudaSuccess);

    cuda_on_cpu::setDevice(true, 1000);
    float* p = nullptr;
    QCOMPARE(cudaMalloc(&p, 1001), cudaErrorMemoryAllocation);
    QCOMPARE(cudaMalloc(&p, 600), cudaSuccess);
    size_t free = 0, total = 0;
    QCOMPARE(cudaMemGetInfo(&free, &total), cudaSuccess);
    QCOMPARE(free, size_t(400));
    QCOMPARE(total, size_t(1000));
    QCOMPARE(cudaFree(p), cudaSuccess);
    QCOMPARE(cudaFree(p), cudaErrorInvalidValue);

    cuda_on_cpu::setDevice(false);
    count = 7;
    QCOMPARE(cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
    QCOMPARE(count, 7);
    cublasHandle_t blas;
    QCOMPARE(cublasCreate(&blas), CUBLAS_STATUS_NOT_INITIALIZED);
  }

  void captureKeepsArgumentsAndReplaysThem() {
    DeviceArray<float> x(ramp(16)), y(16);
    cudaStream_t stream;
    cudaStreamCreate(&stream);
    kernels::Cuda captured;
    captured.stream = stream;
    float value = 3;
    QCOMPARE(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
    kernels::launch(captured, fillKernel, 1, 16, 0, x.data(), 16, value);
    QCOMPARE(cudaMemcpyAsync(y.data(), x.data(), 16 * sizeof(float), cudaMemcpyDeviceToDevice, stream), cudaSuccess);
    cudaGraph_t graph;
    QCOMPARE(cudaStreamEndCapture(stream, &graph), cudaSuccess);
    QCOMPARE(x.values(), ramp(16));  // nothing has run yet
    size_t nodes = 0;
    cudaGraphGetNodes(graph, nullptr, &nodes);
    QCOMPARE(nodes, size_t(2));
    cudaGraphExec_t exec;
    QCOMPARE(cudaGraphInstantiate(&exec, graph, 0), cudaSuccess);
    cudaGraphDestroy(graph);
    value = 9;
    const size_t allocations = cuda_on_cpu::allocations();
    for (int step = 0; step < 3; ++step) {
      QCOMPARE(cudaMemset(x.data(), 0, 16 * sizeof(float)), cudaSuccess);
      QCOMPARE(cudaGraphLaunch(exec, stream), cudaSuccess);
      QCOMPARE(cudaStreamSynchronize(stream), cudaSuccess);
      QCOMPARE(y.values(), std::vector<float>(16, 3.0f));
    }
    QCOMPARE(cuda_on_cpu::allocations(), allocations);
    cudaGraphExecDestroy(exec);
    cudaStreamDestroy(stream);
    VERIFY_CONTAINS(errorOf([&] { kernels::launch(captured, fillKernel, 1, 16, 0, x.data(), 16, value); }),
                    "a stream that does not exist");
  }

  void whatMustNotHappenWhileCapturingIsRefused() {
    DeviceArray<float> y(4);
    cudaStream_t stream;
    cudaStreamCreate(&stream);
    cudaGraph_t graph;
    float* p = nullptr;
    const std::function<cudaError_t()> forbidden[] = {
        [&] { return cudaMalloc(&p, 4); }, [&] { return cudaFree(y.data()); },
        [&] { return cudaStreamSynchronize(stream); }, [&] { return cudaDeviceSynchronize(); },
        [&] { return cudaMemset(y.data(), 0, 4); }};
    for (const auto& call : forbidden) {
      QCOMPARE(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
      QVERIFY(call() != cudaSuccess);
      cudaStreamCaptureStatus status;
      cudaStreamIsCapturing(stream, &status);
      QCOMPARE(status, cudaStreamCaptureStatusInvalidated);
      QCOMPARE(cudaStreamEndCapture(stream, &graph), cudaErrorStreamCaptureInvalidated);
    }
    cudaStreamDestroy(stream);
  }

  void productsMatchALoop_data() {
    QTest::addColumn<int>("transposes");
    for (int t = 0; t < 4; ++t) QTest::addRow("A%s B%s", t & 1 ? "^T" : "", t & 2 ? "^T" : "") << t;
  }

  void productsMatchALoop() {
    QFETCH(int, transposes);
    const bool ta = transposes & 1, tb = transposes & 2;
    const int m = 5, n = 4, k = 3, count = 2, slack = 2;
    const int lda = (ta ? k : m) + slack, ldb = (tb ? n : k) + slack, ldc = m + slack;
    const long long sa = lda * (ta ? m : k), sb = ldb * (tb ? k : n), sc = ldc * n;
    const std::vector<float> a = ramp(int(sa) * count), b = ramp(int(sb) * count), c = ramp(int(sc) * count);
    const float alpha = 0.5f, beta = 2;
    std::vector<float> expected = c;
    for (int item = 0; item < count; ++item)
      for (int i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
          double sum = 0;
          for (int l = 0; l < k; ++l)
            sum += double(a[size_t(item * sa + (ta ? l + i * lda : i + l * lda))]) *
                   double(b[size_t(item * sb + (tb ? j + l * ldb : l + j * ldb))]);
          float& out = expected[size_t(item * sc + i + j * ldc)];
          out = float(alpha * sum + beta * out);
        }
    const auto operation = [](bool t) { return t ? CUBLAS_OP_T : CUBLAS_OP_N; };
    cublasHandle_t blas;
    cublasCreate(&blas);
    DeviceArray<float> da(a), db(b), dc(c);
    QCOMPARE(cublasSgemmStridedBatched(blas, operation(ta), operation(tb), m, n, k, &alpha, da.data(), lda, sa, db.data(),
                                       ldb, sb, &beta, dc.data(), ldc, sc, count),
             CUBLAS_STATUS_SUCCESS);
    QCOMPARE(dc.values(), expected);  // exact: the numbers are small multiples of 1/16

    const auto wide = [](const std::vector<float>& v) { return std::vector<double>(v.begin(), v.end()); };
    DeviceArray<double> wa(wide(a)), wb(wide(b)), wc(wide(c));
    const double wideAlpha = alpha, wideBeta = beta;
    QCOMPARE(cublasDgemm(blas, operation(ta), operation(tb), m, n, k, &wideAlpha, wa.data(), lda, wb.data(), ldb,
                         &wideBeta, wc.data(), ldc),
             CUBLAS_STATUS_SUCCESS);
    std::vector<double> first = wide(expected);
    const std::vector<double> untouched = wide(c);
    std::copy(untouched.begin() + sc, untouched.end(), first.begin() + sc);
    QCOMPARE(wc.values(), first);
    cublasDestroy(blas);
  }

  void badProductsAreRefused() {
    cublasHandle_t blas;
    cublasCreate(&blas);
    DeviceArray<float> a(ramp(6)), b(ramp(6)), c(4);
    const float one = 1, zero = 0;
    const auto product = [&](int lda, int ldb, int ldc, float* out) {
      return cublasSgemm(blas, CUBLAS_OP_N, CUBLAS_OP_T, 2, 2, 3, &one, a.data(), lda, b.data(), ldb, &zero, out, ldc);
    };
    QCOMPARE(product(2, 2, 2, c.data()), CUBLAS_STATUS_SUCCESS);
    for (float v : c.values()) QVERIFY(!std::isnan(v));  // beta is zero: what was there is not read
    QCOMPARE(product(1, 2, 2, c.data()), CUBLAS_STATUS_INVALID_VALUE);
    QCOMPARE(product(2, 1, 2, c.data()), CUBLAS_STATUS_INVALID_VALUE);
    QCOMPARE(product(2, 2, 1, c.data()), CUBLAS_STATUS_INVALID_VALUE);
    VERIFY_CONTAINS(errorOf([&] { product(3, 2, 2, c.data()); }), "matrix A is not wholly in device memory");
    VERIFY_CONTAINS(errorOf([&] { product(2, 2, 3, c.data()); }), "matrix C is not wholly in device memory");
    float host[4];
    VERIFY_CONTAINS(errorOf([&] { product(2, 2, 2, host); }), "matrix C is not wholly in device memory");
    QCOMPARE(cublasSetWorkspace(blas, host, sizeof host), CUBLAS_STATUS_INVALID_VALUE);
    QCOMPARE(cublasSetWorkspace(blas, a.data(), 6 * sizeof(float)), CUBLAS_STATUS_SUCCESS);
    cublasDestroy(blas);
  }

 private:
  kernels::Cuda device;
};

QTEST_GUILESS_MAIN(CudaRuntimeTest)
#include "cuda_runtime_test.moc"
