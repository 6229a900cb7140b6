// The device itself: whether there is one, what it is, and the last error.
#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>

#include "cuda_on_cpu.h"
#include "stand_in/device_memory.h"
#include "stand_in/entry.h"
#include "stand_in/schedule.h"

namespace cuda_on_cpu {
namespace {

// The thread of the system that is in the runtime, by the address of a variable of its own; null if none is.
std::atomic<const char*> inside{nullptr};
int depth = 0;
thread_local char self;

cudaError_t lastError = cudaSuccess;
size_t handles = 0;

}  // namespace

void fail(const std::string& what) {
  const std::string who = "cuda_on_cpu: ";
  throw Error(what.starts_with(who) ? what : who + what);  // an error that is passed on has it already
}

Entry::Entry(const char* function) {
  const char* nobody = nullptr;
  if (!inside.compare_exchange_strong(nobody, &self) && nobody != &self)
    fail(std::string(function) + " while another thread is in the runtime: the stand-in runs on one thread at a time");
  if (inKernel()) fail(std::string(function) + " inside of a kernel");
  ++depth;
}

Entry::~Entry() {
  if (--depth == 0) inside.store(nullptr);
}

cudaError_t remember(cudaError_t error) { return lastError = error; }

void countHandle(int change) { handles += size_t(change); }
size_t liveHandles() { return handles; }

}  // namespace cuda_on_cpu

using namespace cuda_on_cpu;

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "cudaSuccess";
    case cudaErrorInvalidValue: return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
    case cudaErrorInsufficientDriver: return "cudaErrorInsufficientDriver";
    case cudaErrorNoDevice: return "cudaErrorNoDevice";
    case cudaErrorInvalidDevice: return "cudaErrorInvalidDevice";
    case cudaErrorInvalidResourceHandle: return "cudaErrorInvalidResourceHandle";
    case cudaErrorLaunchOutOfResources: return "cudaErrorLaunchOutOfResources";
    case cudaErrorStreamCaptureUnsupported: return "cudaErrorStreamCaptureUnsupported";
    case cudaErrorStreamCaptureInvalidated: return "cudaErrorStreamCaptureInvalidated";
    case cudaErrorStreamCaptureImplicit: return "cudaErrorStreamCaptureImplicit";
  }
  return "unrecognized error code";
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "no error";
    case cudaErrorInvalidValue: return "invalid argument";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorLaunchOutOfResources: return "too many resources requested for launch";
    case cudaErrorInsufficientDriver: return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice: return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice: return "invalid device ordinal";
    case cudaErrorInvalidResourceHandle: return "invalid resource handle";
    case cudaErrorStreamCaptureUnsupported: return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated: return "operation failed due to a previous error during capture";
    case cudaErrorStreamCaptureImplicit:
      return "operation would make the legacy stream depend on a capturing blocking stream";
  }
  return "unrecognized error code";
}

cudaError_t cudaGetLastError() {
  const cudaError_t error = lastError;
  lastError = cudaSuccess;
  return error;
}
cudaError_t cudaPeekAtLastError() { return lastError; }

cudaError_t cudaGetDeviceCount(int* count) {
  if (!deviceMemory()) return remember(cudaErrorInsufficientDriver);
  *count = 1;
  return cudaSuccess;
}

cudaError_t cudaGetDevice(int* device) {
  if (!deviceMemory()) return remember(cudaErrorInsufficientDriver);
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  if (!deviceMemory()) return remember(cudaErrorInsufficientDriver);
  return device == 0 ? cudaSuccess : remember(cudaErrorInvalidDevice);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (const cudaError_t error = cudaSetDevice(device); error != cudaSuccess) return error;
  *properties = {};
  std::strcpy(properties->name, "CUDA on the processor (a stand-in for tests)");
  properties->totalGlobalMem = *deviceMemory();
  properties->sharedMemPerBlock = 48 << 10;
  properties->warpSize = warpSize;
  properties->maxThreadsPerBlock = 1024;
  properties->maxThreadsDim[0] = properties->maxThreadsDim[1] = 1024;
  properties->maxThreadsDim[2] = 64;
  properties->maxGridSize[0] = 0x7fffffff;
  properties->maxGridSize[1] = properties->maxGridSize[2] = 65535;
  properties->major = 8;
  properties->multiProcessorCount = 1;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = deviceMemory() ? CUDART_VERSION : 0;
  return cudaSuccess;
}
