// The stand-in CUDA runtime: it does what CUDA does, and it finds the mistakes that it is there to find.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QtTest>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "kernels/device.h"

namespace {

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) : count_(count) { cudaMalloc(&data_, count * sizeof(T)); }
  explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
    cudaMemcpy(data_, values.data(), count_ * sizeof(T), cudaMemcpyHostToDevice);
  }
  ~DeviceArray() { cudaFree(data_); }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  T* data() const { return data_; }
  std::vector<T> values() const {
    std::vector<T> result(count_);
    cudaMemcpy(result.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost);
    return result;
  }

 private:
  T* data_ = nullptr;
  size_t count_;
};

std::vector<float> ramp(int count) {
  std::vector<float> result;
  for (int i = 0; i < count; ++i) result.push_back(float(i % 13) - 5 + 0.25f * float(i % 7));
  return result;
}

// The text of the stand-in's error, or nothing if there was none.
std::string errorOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const cuda_on_cpu::Error& e) {
    return e.what();
  }
  return {};
}

#define VERIFY_CONTAINS(text, part) \
  QVERIFY2(QString::fromStdString(text).contains(part), ("got: " + std::string(text)).c_str())

const char* const orders[] = {"natural", "reverse", "1", "2", "3", "4", "5"};

__global__ void fillKernel(float* y, int n, float value) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] = value;
}
struct Inside {  // pointers inside of arguments are not checked at the launch
  float* p;
};
__global__ void fillInside(Inside y) { y.p[threadIdx.x] = 1; }
__global__ void fillByFirst(float* y, int n) {
  if (threadIdx.x == 0 && blockIdx.x == 0)
    for (int i = 0; i < n; ++i) y[i] = float(i);
}
__global__ void reverseKernel(const float* x, float* y) {
  __shared__ float tile[128];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  y[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}
// Wrong: the second use of `partial` may begin before all have read the first.
template <bool barrierBetween>
__global__ void twoSums(const float* x, float* y) {
  __shared__ float partial[4];
  float sums[2];
  for (int pass = 0; pass < 2; ++pass) {
    float v = x[pass * int(blockDim.x) + int(threadIdx.x)];
    for (int offset = 16; offset > 0; offset /= 2) v += __shfl_xor_sync(0xffffffffu, v, offset);
    if (barrierBetween) __syncthreads();
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = v;
    __syncthreads();
    sums[pass] = partial[0] + partial[1] + partial[2] + partial[3];
  }
  y[threadIdx.x] = sums[0] - sums[1];
}
__global__ void divergentBarriers(float* y) {
  if (threadIdx.x < 7)
    __syncthreads();
  else
    __syncthreads();
  y[threadIdx.x] = 1;
}
__global__ void stuckWarp(float* y) {
  if (threadIdx.x < 5) y[0] = __shfl_sync(0xffffffffu, 1.0f, 0);
  __syncthreads();
}

struct WarpResults {
  int broadcast, down, up, swapped, halfSum, ballot, any, all, evens;
};
__global__ void warpKernel(WarpResults* results) {
  const int lane = int(threadIdx.x) % 32;
  WarpResults r{};
  r.broadcast = __shfl_sync(~0u, lane * 10, 3);
  r.down = __shfl_down_sync(~0u, lane, 4);
  r.up = __shfl_up_sync(~0u, lane, 4);
  r.swapped = __shfl_xor_sync(~0u, lane, 1);
  r.halfSum = lane;
  for (int offset = 8; offset > 0; offset /= 2) r.halfSum += __shfl_down_sync(~0u, r.halfSum, unsigned(offset), 16);
  r.ballot = int(__ballot_sync(~0u, lane % 4 == 0));
  r.any = __any_sync(~0u, lane == 31);
  r.all = __all_sync(~0u, lane < 31);
  if (lane % 2 == 0) {  // divergent: the odd lanes are elsewhere, exchanging among themselves
    r.evens = __shfl_down_sync(0x55555555u, lane, 2);
    r.evens += 100 * __shfl_sync(0x55555555u, lane, 30);
  } else {
    r.evens = __shfl_sync(0xaaaaaaaau, lane, 1);
  }
  results[threadIdx.x] = r;
}
__global__ void votesKernel(int* results) {
  const int count = __syncthreads_count(threadIdx.x % 3 == 0);
  const int any = __syncthreads_or(threadIdx.x == 70), all = __syncthreads_and(threadIdx.x < 70);
  if (threadIdx.x == 0) results[0] = count, results[1] = any, results[2] = all;
}
__global__ void atomicsKernel(int* ints, float* sum, unsigned long long* wide) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  atomicAdd(&ints[0], 1);
  atomicMax(&ints[1], i);
  atomicMin(&ints[2], i);
  int seen = 0;  // adds 2 by compare and swap
  while (true) {
    const int found = atomicCAS(&ints[3], seen, seen + 2);
    if (found == seen) break;
    seen = found;
  }
  atomicAdd(sum, 0.5f);
  atomicAdd(wide, 1ull << 32);
}
__global__ void dynamicKernel(float* y, int written) {
  float* shared = static_cast<float*>(cuda_on_cpu::dynamicShared());
  if (threadIdx.x == 0)
    for (int i = 0; i < written; ++i) shared[i] = float(i);
  __syncthreads();
  y[threadIdx.x] = shared[threadIdx.x];
}
int deep(int n) {
  volatile char room[1024];
  room[0] = char(n);
  return n == 0 ? room[0] : deep(n - 1) + room[0];
}
__global__ void deepKernel(int* y) { y[0] = deep(1 << 20); }

}  // namespace

class CudaOnCpuTest : public QObject {
  Q_OBJECT

 private slots:
  void init() { cuda_on_cpu::setOrder("natural"); }
  void cleanup() {
    cuda_on_cpu::unwatch();
    cuda_on_cpu::setDevice(true);
    QCOMPARE(cuda_on_cpu::allocatedBytes(), size_t(0));
    QCOMPARE(cuda_on_cpu::liveHandles(), size_t(0));
  }

  void everyElementIsWrittenInEveryOrder() {
    for (const char* order : orders) {
      cuda_on_cpu::setOrder(order);
      DeviceArray<float> y(1000);
      kernels::launch(device, fillKernel, 4, 256, 0, y.data(), 1000, 3.0f);
      QCOMPARE(y.values(), std::vector<float>(1000, 3.0f));
    }
  }

  void newMemoryIsNotANumber() {
    DeviceArray<float> y(3);
    for (float v : y.values()) QVERIFY(std::isnan(v));
  }

  void aBarrierOrdersSharedMemory() {
    const std::vector<float> x = ramp(128);
    for (const char* order : orders) {
      cuda_on_cpu::setOrder(order);
      DeviceArray<float> dx(x), dy(128);
      kernels::launch(device, reverseKernel, 1, 128, 0, dx.data(), dy.data());
      QCOMPARE(dy.values(), std::vector<float>(x.rbegin(), x.rend()));
    }
  }

  void warpOperationsAreRightAlsoWhenLanesDiverge() {
    for (const char* order : orders) {
      cuda_on_cpu::setOrder(order);
      DeviceArray<WarpResults> results(64);
      kernels::launch(device, warpKernel, 1, 64, 0, results.data());
      const std::vector<WarpResults> got = results.values();
      for (int i = 0; i < 64; ++i) {
        const int lane = i % 32;
        const WarpResults& r = got[size_t(i)];
        QCOMPARE(r.broadcast, 30);
        QCOMPARE(r.down, lane < 28 ? lane + 4 : lane);
        QCOMPARE(r.up, lane < 4 ? lane : lane - 4);
        QCOMPARE(r.swapped, lane ^ 1);
        if (lane % 16 == 0) QCOMPARE(r.halfSum, lane == 0 ? 120 : 376);
        QCOMPARE(r.ballot, 0x11111111);
        QCOMPARE(r.any, 1);
        QCOMPARE(r.all, 0);
        QCOMPARE(r.evens, lane % 2 == 1 ? 1 : 3000 + (lane < 30 ? lane + 2 : lane));
      }
    }
  }

  void votesOfABlock() {
    DeviceArray<int> results(3);
    kernels::launch(device, votesKernel, 1, 100, 0, results.data());
    QCOMPARE(results.values(), (std::vector<int>{34, 1, 0}));
  }

  void atomicsOfManyBlocks() {
    for (const char* order : orders) {
      cuda_on_cpu::setOrder(order);
      DeviceArray<int> ints(std::vector<int>{0, -1, 1 << 30, 0});
      DeviceArray<float> sum(std::vector<float>{0});
      DeviceArray<unsigned long long> wide(std::vector<unsigned long long>{0});
      kernels::launch(device, atomicsKernel, 3, 40, 0, ints.data(), sum.data(), wide.data());
      QCOMPARE(ints.values(), (std::vector<int>{120, 119, 0, 240}));
      QCOMPARE(sum.values()[0], 60.0f);
      QCOMPARE(wide.values()[0], 120ull << 32);
    }
  }

  void divergentBarriersAreAnErrorThatNamesBothPlaces() {
    DeviceArray<float> y(64);
    const std::string error =
        errorOf([&] { kernels::launch(device, divergentBarriers, 1, 64, 0, y.data()); });
    VERIFY_CONTAINS(error, "threads (0,0,0) and (7,0,0) of block (0,0,0) meet at different places");
    QCOMPARE(QString::fromStdString(error).count("cuda_on_cpu_test.cpp:"), 2);
    kernels::launch(device, fillKernel, 1, 64, 0, y.data(), 64, 2.0f);  // and the runtime goes on
    QCOMPARE(y.values(), std::vector<float>(64, 2.0f));
  }

  void aStuckBlockIsAnErrorNotAHang() {
    for (const char* order : orders) {
      cuda_on_cpu::setOrder(order);
      DeviceArray<float> y(1);
      const std::string error = errorOf([&] { kernels::launch(device, stuckWarp, 1, 64, 0, y.data()); });
      VERIFY_CONTAINS(error, "waits for others forever");
      VERIFY_CONTAINS(error, "cuda_on_cpu_test.cpp:");
    }
  }

  void aMissingBarrierIsFoundInEverySeededOrder() {
    const std::vector<float> x = ramp(256);
    double expected = 0;
    for (int i = 0; i < 128; ++i) expected += x[size_t(i)] - x[size_t(i + 128)];
    for (const char* order : orders) {
      cuda_on_cpu::setOrder(order);
      DeviceArray<float> dx(x), right(128), wrong(128);
      kernels::launch(device, twoSums<true>, 1, 128, 0, dx.data(), right.data());
      QCOMPARE(right.values(), std::vector<float>(128, float(expected)));
#if !defined(__SANITIZE_THREAD__)  // it would report the race, which is what it is for
      kernels::launch(device, twoSums<false>, 1, 128, 0, dx.data(), wrong.data());
      const bool found = wrong.values() != std::vector<float>(128, float(expected));
      if (std::string(order) != "natural") QVERIFY2(found, order);
#endif
    }
  }

  void aHostPointerIsRefused() {
    std::vector<float> host(8);
    VERIFY_CONTAINS(errorOf([&] { kernels::launch(device, fillKernel, 1, 8, 0, host.data(), 8, 1.0f); }),
                    "kernel argument 0 does not point into device memory");
  }

  void badLaunchesAreRefused() {
    DeviceArray<float> y(8);
    VERIFY_CONTAINS(errorOf([&] { kernels::launch(device, fillKernel, 1, 1025, 0, y.data(), 8, 1.0f); }), "1 to 1024");
    VERIFY_CONTAINS(errorOf([&] { kernels::launch(device, fillKernel, 0, 8, 0, y.data(), 8, 1.0f); }), "at least one");
    VERIFY_CONTAINS(errorOf([&] { kernels::launch(device, fillKernel, 1, 8, 1 << 20, y.data(), 8, 1.0f); }), "49152");
  }

  void writesOutsideAreFound() {
    DeviceArray<float> y(99);  // 396 bytes: four are left to the guard page, and hold a pattern
    VERIFY_CONTAINS(errorOf([&] { kernels::launch(device, fillKernel, 1, 100, 0, y.data(), 100, 1.0f); }),
                    "a kernel wrote 0 bytes past the end of 396 bytes of device memory");
    VERIFY_CONTAINS(errorOf([&] { kernels::launch(device, fillKernel, 1, 1, 0, y.data() - 1, 1, 1.0f); }),
                    "does not point into device memory");
    VERIFY_CONTAINS(errorOf([&] { cudaMemset(y.data(), 0, 397); }), "not device memory");
    std::vector<float> host(100);
    VERIFY_CONTAINS(errorOf([&] { cudaMemcpy(y.data(), host.data(), 400, cudaMemcpyHostToDevice); }), "smaller");
#if !defined(__SANITIZE_THREAD__)  // it keeps signals for itself
    DeviceArray<float> z(100);     // 400 bytes: the guard page follows
    VERIFY_CONTAINS(errorOf([&] { kernels::launch(device, fillKernel, 1, 101, 0, z.data(), 101, 1.0f); }),
                    "a kernel touched 0 bytes past the end of 400 bytes of device memory (in thread (100,0,0)");
    const Inside wild{reinterpret_cast<float*>(64)};
    VERIFY_CONTAINS(errorOf([&] { kernels::launch(device, fillInside, 1, 1, 0, wild); }),
                    "memory that is not the device's");
    DeviceArray<int> n(1);
    VERIFY_CONTAINS(errorOf([&] { kernels::launch(device, deepKernel, 1, 1, 0, n.data()); }), "stack of 256 KiB is full");
#endif
    kernels::launch(device, fillKernel, 1, 99, 0, y.data(), 99, 5.0f);
    QCOMPARE(y.values(), std::vector<float>(99, 5.0f));
  }

  void dynamicSharedMemoryEndsWhereItWasAskedTo() {
    DeviceArray<float> y(32);
    kernels::launch(device, dynamicKernel, 2, 32, 32 * sizeof(float), y.data(), 32);
    QCOMPARE(y.values()[31], 31.0f);
    VERIFY_CONTAINS(errorOf([&] { kernels::launch(device, dynamicKernel, 1, 31, 31 * sizeof(float), y.data(), 32); }),
                    "wrote 0 bytes past the end of 124 bytes of dynamic shared memory");
  }

  void theHostCannotTouchDeviceMemory() {
    int channel[2];
    QCOMPARE(pipe(channel), 0);
    const pid_t child = fork();
    if (child == 0) {
      alarm(60);
      dup2(channel[1], STDERR_FILENO);
      const rlimit none{};
      setrlimit(RLIMIT_CORE, &none);  // it is meant to end like this
      std::signal(SIGSEGV, SIG_DFL);  // Qt would print this as a failure
      const DeviceArray<float> y(8);
      volatile float* p = y.data();
      p[3] = 1;
      _exit(0);
    }
    close(channel[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = read(channel[0], buffer, sizeof buffer)) > 0;) text.append(buffer, size_t(n));
    close(channel[0]);
    int status = 0;
    QCOMPARE(waitpid(child, &status, 0), child);
    QVERIFY(!WIFEXITED(status) || WEXITSTATUS(status) != 0);
    VERIFY_CONTAINS(text, "the host touched byte 12 of 32 bytes of device memory");
  }

  void writersAreCounted() {
    for (const char* order : orders) {
      cuda_on_cpu::setOrder(order);
      DeviceArray<float> one(100), many(100), none(100);
      for (const auto* each : {&one, &many, &none}) cuda_on_cpu::watch(each->data(), 100 * sizeof(float));
      kernels::launch(device, fillByFirst, 2, 64, 0, one.data(), 100);
      QCOMPARE(cuda_on_cpu::writers(), size_t(1));
      kernels::launch(device, fillByFirst, 2, 64, 0, one.data(), 50);  // the same thread again
      QCOMPARE(cuda_on_cpu::writers(one.data()), size_t(1));
      kernels::launch(device, fillKernel, 2, 64, 0, many.data(), 100, 1.0f);
      QCOMPARE(cuda_on_cpu::writers(many.data()), size_t(100));
      QCOMPARE(cuda_on_cpu::writers(none.data()), size_t(0));
      QCOMPARE(cuda_on_cpu::writers(), size_t(100));
      cuda_on_cpu::unwatch();
      VERIFY_CONTAINS(errorOf([&] { cuda_on_cpu::writers(one.data()); }), "no watched region");
    }
  }

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

  void theDeviceDescribesItself();
  void captureKeepsArgumentsAndReplaysThem();
  void whatMustNotHappenWhileCapturingIsRefused();
  void productsMatchALoop_data();
  void productsMatchALoop();
  void badProductsAreRefused();

 private:
  kernels::Cuda device;
};

void CudaOnCpuTest::theDeviceDescribesItself() {
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

void CudaOnCpuTest::captureKeepsArgumentsAndReplaysThem() {
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

void CudaOnCpuTest::whatMustNotHappenWhileCapturingIsRefused() {
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

void CudaOnCpuTest::productsMatchALoop_data() {
  QTest::addColumn<int>("transposes");
  for (int t = 0; t < 4; ++t) QTest::addRow("A%s B%s", t & 1 ? "^T" : "", t & 2 ? "^T" : "") << t;
}

void CudaOnCpuTest::productsMatchALoop() {
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

void CudaOnCpuTest::badProductsAreRefused() {
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

QTEST_GUILESS_MAIN(CudaOnCpuTest)
#include "cuda_on_cpu_test.moc"
