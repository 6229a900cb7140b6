// The CUDA module: a device by CUDA's runtime and cuBLAS. Compiled by nvcc into a library of its own, and for tests by the host's
// compiler against the stand-in runtime.
#include "engine/device/cuda_module.h"

#include <cublas_v2.h>
#include <cuda_runtime.h>

extern "C" void column_cuda(void (*take)(void*, const engine::OpFile&), void* to);

namespace engine {

namespace {

// Of cuBLAS, beside our arena: what it asks for on the newest devices. Without it cuBLAS would allocate while a step is recorded.
constexpr size_t kWorkspaceBytes = size_t(32) << 20;

class CudaMark final : public Device::Mark {
 public:
  explicit CudaMark(cudaEvent_t made) : event(made) {}
  ~CudaMark() override { cudaEventDestroy(event); }
  const cudaEvent_t event;
};

class CudaRecording final : public Device::Recording {
 public:
  explicit CudaRecording(cudaGraphExec_t made) : exec(made) {}
  ~CudaRecording() override { cudaGraphExecDestroy(exec); }
  const cudaGraphExec_t exec;
};

// See Device::gather. One thread: there are a few numbers.
struct Gather {
  const float* from[Device::kMostGathered];
  int count, watched;
  float* to;
  int* halted;
};
__global__ void gatherNumbers(Gather g) {
  if (threadIdx.x > 0) return;
#pragma unroll  // with indices that are known, the addresses need no memory of their own
  for (int i = 0; i < Device::kMostGathered; ++i) {
    if (i >= g.count) break;
    const float v = *g.from[i];
    g.to[i] = v;
    if (i < g.watched && !(v - v == 0)) *g.halted = 1;  // infinity, or not a number
  }
}

class CudaDevice final : public Device {
 public:
  explicit CudaDevice(const DeviceInfo& info) : info_(info) {}
  ~CudaDevice() override {
    if (cuda_.stream) cudaStreamSynchronize(cuda_.stream);
    if (cuda_.blas) cublasDestroy(cuda_.blas);
    if (workspace_) cudaFree(workspace_);
    if (halted_) cudaFree(halted_);
    if (input_) cudaStreamDestroy(input_);
    if (cuda_.stream) cudaStreamDestroy(cuda_.stream);
  }

  // All that can fail when a device is opened.
  bool open(std::string& why) {
    const auto made = [&](auto status, const char* call) {
      cuda_.failure.keep(status, call);
      return !cuda_.failure;
    };
    if (made(cudaSetDevice(info_.index), "cudaSetDevice") &&
        made(cudaStreamCreateWithFlags(&cuda_.stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags") &&
        made(cudaStreamCreateWithFlags(&input_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags") &&
        made(cudaMalloc(&workspace_, kWorkspaceBytes), "cudaMalloc") && made(cudaMalloc(reinterpret_cast<void**>(&halted_), sizeof(int)), "cudaMalloc") &&
        made(cudaMemsetAsync(halted_, 0, sizeof(int), cuda_.stream), "cudaMemsetAsync") && made(cublasCreate(&cuda_.blas), "cublasCreate") &&
        made(cublasSetStream(cuda_.blas, cuda_.stream), "cublasSetStream") &&
        made(cublasSetWorkspace(cuda_.blas, workspace_, kWorkspaceBytes), "cublasSetWorkspace") &&
        made(cublasSetMathMode(cuda_.blas, CUBLAS_PEDANTIC_MATH), "cublasSetMathMode"))  // float is float: no TF32 unasked
      return true;
    why = std::string(cuda_.failure.call()) + ": " + cuda_.failure.reason();
    return false;
  }

  const DeviceInfo& info() const override { return info_; }
  Cuda& cuda() override { return cuda_; }
  int64_t freeBytes() override {
    size_t free = 0, total = 0;
    return cudaMemGetInfo(&free, &total) == cudaSuccess ? int64_t(free) : 0;
  }

  bool allowTf32(bool on) override {
    if (on && !info_.hasTf32()) return false;
    cuda_.failure.keep(cublasSetMathMode(cuda_.blas, on ? CUBLAS_TF32_TENSOR_OP_MATH : CUBLAS_PEDANTIC_MATH), "cublasSetMathMode");
    return true;
  }

  void* allocate(int64_t bytes) override {
    void* memory = nullptr;
    const cudaError_t status = cudaMalloc(&memory, size_t(bytes > 0 ? bytes : 1));
    if (status != cudaSuccess) cudaGetLastError();  // it would be the answer of the next launch
    return status == cudaSuccess ? memory : nullptr;
  }
  void free(void* memory) override { keep(cudaFree(memory), "cudaFree"); }
  void* allocatePinned(int64_t bytes) override {
    void* memory = nullptr;
    const cudaError_t status = cudaMallocHost(&memory, size_t(bytes > 0 ? bytes : 1));
    if (status != cudaSuccess) cudaGetLastError();
    return status == cudaSuccess ? memory : nullptr;
  }
  void freePinned(void* memory) override { keep(cudaFreeHost(memory), "cudaFreeHost"); }

  void copyIn(void* device, const void* pinned, int64_t bytes, Lane lane) override {
    keep(cudaMemcpyAsync(device, pinned, size_t(bytes), cudaMemcpyHostToDevice, stream(lane)), "cudaMemcpyAsync");
  }
  void copyOut(void* pinned, const void* device, int64_t bytes, Lane lane) override {
    keep(cudaMemcpyAsync(pinned, device, size_t(bytes), cudaMemcpyDeviceToHost, stream(lane)), "cudaMemcpyAsync");
  }
  void copyWithin(void* to, const void* from, int64_t bytes, Lane lane) override {
    keep(cudaMemcpyAsync(to, from, size_t(bytes), cudaMemcpyDeviceToDevice, stream(lane)), "cudaMemcpyAsync");
  }
  void clear(void* memory, int64_t bytes, Lane lane) override {
    keep(cudaMemsetAsync(memory, 0, size_t(bytes), stream(lane)), "cudaMemsetAsync");
  }
  std::unique_ptr<Mark> makeMark() override {
    cudaEvent_t event = nullptr;
    keep(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreateWithFlags");
    return event ? std::make_unique<CudaMark>(event) : nullptr;
  }
  void mark(Mark& mark, Lane lane) override { keep(cudaEventRecord(eventOf(mark), stream(lane)), "cudaEventRecord"); }
  void waitInLane(Mark& mark, Lane lane) override { keep(cudaStreamWaitEvent(stream(lane), eventOf(mark)), "cudaStreamWaitEvent"); }
  void waitFor(Mark& mark) override { keep(cudaEventSynchronize(eventOf(mark)), "cudaEventSynchronize"); }
  void wait(Lane lane) override { keep(cudaStreamSynchronize(stream(lane)), "cudaStreamSynchronize"); }

  void beginRecording() override { keep(cudaStreamBeginCapture(cuda_.stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture"); }
  std::unique_ptr<Recording> endRecording() override {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t exec = nullptr;
    keep(cudaStreamEndCapture(cuda_.stream, &graph), "cudaStreamEndCapture");
    if (graph && !cuda_.failure) keep(cudaGraphInstantiate(&exec, graph, 0), "cudaGraphInstantiate");
    if (graph) cudaGraphDestroy(graph);
    return exec ? std::make_unique<CudaRecording>(exec) : nullptr;
  }
  void replay(Recording& recording) override {
    keep(cudaGraphLaunch(static_cast<CudaRecording&>(recording).exec, cuda_.stream), "cudaGraphLaunch");
  }

  void gather(const float* const* from, int count, int watched, float* to) override {
    Gather g{{}, count, watched, to, halted_};
    for (int i = 0; i < count; ++i) g.from[i] = from[i];
    kernels::launch(cuda_, gatherNumbers, dim3(1), dim3(32), 0, g);
  }
  void guard(bool on) override { cuda_.halted = on ? halted_ : nullptr; }
  void resume() override { clear(halted_, sizeof(int), Lane::steps); }

  Answer answer() override {
    const Answer failed{cuda_.failure.call(), cuda_.failure.reason()};
    cuda_.failure.forget();
    if (failed.call) cudaGetLastError();
    return failed;
  }

 private:
  void keep(cudaError_t status, const char* call) { cuda_.failure.keep(status, call); }
  cudaStream_t stream(Lane lane) const { return lane == Lane::steps ? cuda_.stream : input_; }
  static cudaEvent_t eventOf(Mark& mark) { return static_cast<CudaMark&>(mark).event; }

  DeviceInfo info_;
  Cuda cuda_;
  cudaStream_t input_ = nullptr;
  void* workspace_ = nullptr;
  int* halted_ = nullptr;  // 1 after numbers that were not finite
};

int countDevices(std::string& why, int& driver) {
  driver = 0;
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (cudaDriverGetVersion(&driver) != cudaSuccess) driver = 0;
  cudaGetLastError();
  if (status == cudaSuccess) return count;  // without a driver the count is left as it was
  why = cudaGetErrorString(status);
  return 0;
}

bool describeDevice(int index, DeviceInfo& info) {
  cudaDeviceProp properties;
  if (cudaGetDeviceProperties(&properties, index) != cudaSuccess) return false;
  info.index = index, info.name = properties.name;
  info.major = properties.major, info.minor = properties.minor;
  info.totalBytes = int64_t(properties.totalGlobalMem);
  size_t free = 0, total = 0;
  if (cudaSetDevice(index) == cudaSuccess && cudaMemGetInfo(&free, &total) == cudaSuccess) info.freeBytes = int64_t(free);
  cudaGetLastError();
  return true;
}

std::unique_ptr<Device> openDevice(int index, std::string& why) {
  DeviceInfo info;
  if (!describeDevice(index, info)) {
    why = "it cannot be described";
    return nullptr;
  }
  auto device = std::make_unique<CudaDevice>(info);
  if (!device->open(why)) return nullptr;
  return device;
}

constexpr CudaModule kModule{interfaceHash(), CUDART_VERSION, column_cuda, countDevices, describeDevice, openDevice};

}  // namespace

extern "C" __attribute__((visibility("default"))) const CudaModule* netwright_cuda_module() { return &kModule; }

}  // namespace engine
