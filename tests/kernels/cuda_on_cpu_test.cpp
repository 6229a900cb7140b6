// Kernels on the stand-in: threads, barriers, warps and memory do what CUDA's do, and the mistakes that it is there to find
// are found. The runtime's functions are in cuda_runtime_test.cpp.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <string>
#include <vector>

#include "device_array.h"
#include "kernels/device.h"

using cuda_on_cpu::DeviceArray;
using cuda_on_cpu::errorOf;
using cuda_on_cpu::ramp;
using cuda_on_cpu::Threads;

namespace {

const char* const orders[] = {"natural", "reverse", "1", "2", "3", "4", "5"};

__global__ void fillKernel(float* y, int n, float value) {
  const int i = int(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] = value;
}
struct Inside {  // pointers inside of arguments are not checked at the launch
  float* p;
};
__global__ void fillInside(Inside y) { y.p[threadIdx.x] = 1; }
__global__ void fillInsideNever(Inside) {}
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
  void cleanup() { cuda_on_cpu::verifyNothingIsLeft(); }

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
  void aHostPointerWithinAnArgumentIsRefused() {
    const DeviceArray<float> y(8);
    std::vector<float> onHeap(8);
    float onStack[8] = {};
    static float fixed[8] = {};
    for (float* host : {onHeap.data(), onStack, fixed})
      VERIFY_CONTAINS(errorOf([&] { kernels::launch(device, fillInside, 1, 8, 0, Inside{host}); }),
                      "kernel argument 0 holds a pointer to the host's memory, at its byte 0");
    const int64_t bytes = 8 * sizeof(float), large = int64_t(1) << 60;
    // Not the device's memory either, but the kernel may never go there: just outside, numbers, nothing.
    for (float* other : {y.data() + 8 + 500, y.data() - 500, reinterpret_cast<float*>(bytes), reinterpret_cast<float*>(large), static_cast<float*>(nullptr)})
      kernels::launch(device, fillInsideNever, 1, 8, 0, Inside{other});
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

  void theHostCannotTouchDeviceMemory_data() {
    QTest::addColumn<QString>("how");
    for (const char* how : {"writes", "reads", "reads after a kernel", "writes after a copy", "reads after a fault"}) QTest::newRow(how) << how;
  }
  void theHostCannotTouchDeviceMemory() {
    QFETCH(QString, how);
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
      if (how.contains("kernel")) kernels::launch(device, fillKernel, 1, 8, 0, y.data(), 8, 1.0f);
      if (how.contains("copy")) (void)y.values();
      if (how.contains("fault")) (void)errorOf([&] { kernels::launch(device, fillInside, 1, 8, 0, Inside{y.data() + 4}); });
      volatile float* p = y.data();
      volatile float taken = 0;
      if (how.startsWith("writes")) p[3] = 1;
      else taken = p[3];
      _exit(taken == 0 ? 0 : 2);
    }
    close(channel[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = read(channel[0], buffer, sizeof buffer)) > 0;) text.append(buffer, size_t(n));
    close(channel[0]);
    int status = 0;
    QCOMPARE(waitpid(child, &status, 0), child);
    QVERIFY(!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 2));
    VERIFY_CONTAINS(text, "the host touched byte 12 of 32 bytes of device memory");
  }

  void handicaps() {
    for (const char* order : orders) {
      cuda_on_cpu::setOrder(order);
      const DeviceArray<float> y(100), z(100), sums(128);
      const DeviceArray<float> x(ramp(256));
      cuda_on_cpu::setHandicap([](const void* kernel, const std::type_info& type) {
        const bool isIt = kernel == reinterpret_cast<const void*>(&fillKernel) && type == typeid(&fillKernel);
        return isIt ? Threads::firstAlone : Threads::work;
      });
      kernels::launch(device, fillKernel, 2, 64, 0, y.data(), 100, 1.0f);
      kernels::launch(device, fillByFirst, 2, 64, 0, z.data(), 100);
      QCOMPARE(y.values()[0], 1.0f);
      for (const size_t i : {1u, 63u, 64u}) QVERIFY(std::isnan(y.values()[i]));
      QCOMPARE(z.values()[99], 99.0f);
      cuda_on_cpu::setHandicap([](const void*, const std::type_info&) { return Threads::firstAlone; });  // at a barrier it meets nobody, and goes on
      kernels::launch(device, reverseKernel, 1, 128, 0, x.data(), sums.data());
      QVERIFY(std::isnan(sums.values()[1]));
      cuda_on_cpu::setHandicap([](const void*, const std::type_info&) { return Threads::othersBlind; });
      kernels::launch(device, reverseKernel, 1, 128, 0, x.data(), sums.data());
      QCOMPARE(sums.values()[127], x.values()[0]);  // the others wrote it, but only the first had seen something
      for (const size_t i : {0u, 1u, 126u}) QVERIFY(std::isnan(sums.values()[i]));
      cuda_on_cpu::setHandicap([](const void*, const std::type_info&) { return Threads::allBlind; });
      kernels::launch(device, reverseKernel, 1, 128, 0, x.data(), sums.data());
      kernels::launch(device, fillByFirst, 2, 64, 0, z.data(), 50);
      QCOMPARE(z.values()[49], 49.0f);
      QCOMPARE(z.values()[99], 99.0f);
      QCOMPARE(x.values()[1], ramp(256)[1]);
      cuda_on_cpu::setHandicap({});
      kernels::launch(device, fillKernel, 2, 64, 0, y.data(), 100, 2.0f);
      QCOMPARE(y.values()[99], 2.0f);
    }
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

 private:
  kernels::Cuda device;
};

QTEST_GUILESS_MAIN(CudaOnCpuTest)
#include "cuda_on_cpu_test.moc"
