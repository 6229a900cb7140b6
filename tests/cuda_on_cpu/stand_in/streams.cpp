// Streams, events, copies, launches, and the graphs that captures make of them.
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "cuda_on_cpu.h"
#include "stand_in/device_memory.h"
#include "stand_in/entry.h"
#include "stand_in/faults.h"
#include "stand_in/launch.h"
#include "stand_in/schedule.h"

struct CUgraph_st {
  std::vector<std::function<void()>> nodes;
};
struct CUgraphExec_st {
  std::vector<std::function<void()>> nodes;
};
struct CUstream_st {
  std::unique_ptr<CUgraph_st> capturing;
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  bool spoilt = false;
};
struct CUevent_st {
  bool recorded = false;
};

namespace cuda_on_cpu {
namespace {

std::set<cudaStream_t> streams;
size_t launchCount = 0, hostCopyCount = 0, recordedHostCopyCount = 0;
std::optional<size_t> callsUntilFailure;
HandicapOf handicapOf;

void checkStream(cudaStream_t stream) {
  if (stream && !streams.contains(stream)) fail("a stream that does not exist, or no longer");
}

cudaMemcpyKind kindOf(const void* to, const void* from) {
  const bool toDevice = inDeviceMemory(to), fromDevice = inDeviceMemory(from);
  if (toDevice) return fromDevice ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice;
  return fromDevice ? cudaMemcpyDeviceToHost : cudaMemcpyHostToHost;
}

void copy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  if (bytes == 0) return;
  const cudaMemcpyKind real = kindOf(to, from);
  const std::string size = std::to_string(bytes) + " bytes";
  if (kind != cudaMemcpyDefault && kind != real) fail("a copy of " + size + " whose kind is not what its pointers are");
  const bool toDevice = real == cudaMemcpyHostToDevice || real == cudaMemcpyDeviceToDevice;
  const bool fromDevice = real == cudaMemcpyDeviceToHost || real == cudaMemcpyDeviceToDevice;
  if (toDevice && !inDeviceMemory(to, bytes)) fail("a copy of " + size + " to device memory that is smaller");
  if (fromDevice && !inDeviceMemory(from, bytes)) fail("a copy of " + size + " from device memory that is smaller");
  hostCopyCount += toDevice != fromDevice;
  const char* const end = static_cast<const char*>(to) + bytes;
  if (from < end && to < static_cast<const char*>(from) + bytes) fail("a copy of " + size + " onto itself");
  whileOpen(toDevice && fromDevice ? Writer::device : Writer::host, to, from, [&] { std::memcpy(to, from, bytes); });
}

}  // namespace

size_t launches() { return launchCount; }
size_t hostCopies() { return hostCopyCount; }
size_t recordedHostCopies() { return recordedHostCopyCount; }
void failAfter(size_t calls) { callsUntilFailure = calls; }
void setHandicap(HandicapOf ask) { handicapOf = std::move(ask); }

bool breaksCapture() {
  bool found = false;
  for (cudaStream_t stream : streams)
    if (stream->capturing && stream->mode != cudaStreamCaptureModeRelaxed) stream->spoilt = found = true;
  return found;
}

cudaError_t submit(cudaStream_t stream, std::function<void()> work) {
  checkStream(stream);
  if (callsUntilFailure && (*callsUntilFailure)-- == 0) {
    callsUntilFailure.reset();
    return remember(cudaErrorLaunchOutOfResources);
  }
  if (stream && stream->capturing) {
    if (stream->spoilt) return remember(cudaErrorStreamCaptureInvalidated);
    stream->capturing->nodes.push_back(std::move(work));
    return cudaSuccess;
  }
  // The default stream waits for all others, which a stream that is being captured cannot do.
  if (!stream && breaksCapture()) return remember(cudaErrorStreamCaptureImplicit);
  work();
  return cudaSuccess;
}

void refuseArgument(int position) {
  fail("kernel argument " + std::to_string(position) + " does not point into device memory");
}

void refuseHostPointersIn(const void* argument, size_t bytes, int position) {
  for (size_t at = 0; at + sizeof(void*) <= bytes; at += sizeof(void*)) {
    const void* p;
    __builtin_memcpy(&p, static_cast<const char*>(argument) + at, sizeof p);
    if (inHostMemory(p)) fail("kernel argument " + std::to_string(position) + " holds a pointer to the host's memory, at its byte " + std::to_string(at));
  }
}

cudaError_t submitKernel(const cudaLaunchConfig_t& config, Kernel kernel) {
  const Entry entry("a kernel's launch");
  kernel.check();
  const Threads threads = handicapOf ? handicapOf(kernel.address, kernel.type) : Threads::work;
  return submit(config.stream, [config, threads, kernel = std::move(kernel)] {
    kernel.check();  // again: a graph outlives memory that is freed
    reportFaults();
    ++launchCount;
    whileOpen(Writer::thread, [&] { runGrid(kernel.thread, config.gridDim, config.blockDim, config.dynamicSmemBytes, threads); });
  });
}

}  // namespace cuda_on_cpu

using namespace cuda_on_cpu;

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  const Entry entry("cudaMemcpyAsync");
  if (stream && stream->capturing && kindOf(to, from) != cudaMemcpyDeviceToDevice) ++recordedHostCopyCount;
  return submit(stream, [=] { copy(to, from, bytes, kind); });
}

cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  return cudaMemcpyAsync(to, from, bytes, kind, nullptr);
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  const Entry entry("cudaMemsetAsync");
  return submit(stream, [=] {
    if (bytes == 0) return;
    if (!inDeviceMemory(to, bytes)) fail("cudaMemset of " + std::to_string(bytes) + " bytes that are not device memory");
    whileOpen(Writer::host, to, to, [&] { std::memset(to, value, bytes); });
  });
}

cudaError_t cudaMemset(void* to, int value, size_t bytes) { return cudaMemsetAsync(to, value, bytes, nullptr); }

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const Entry entry("cudaStreamCreate");
  *stream = new CUstream_st;
  streams.insert(*stream);
  countHandle(1);
  return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) { return cudaStreamCreateWithFlags(stream, cudaStreamDefault); }

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const Entry entry("cudaStreamDestroy");
  if (streams.erase(stream) == 0) return remember(cudaErrorInvalidResourceHandle);
  delete stream;
  countHandle(-1);
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const Entry entry("cudaStreamSynchronize");
  checkStream(stream);
  const bool waitsForCapture = stream ? stream->capturing && breaksCapture() : breaksCapture();
  return waitsForCapture ? remember(cudaErrorStreamCaptureUnsupported) : cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t stream) { return cudaStreamSynchronize(stream); }

cudaError_t cudaDeviceSynchronize() {
  const Entry entry("cudaDeviceSynchronize");
  return breaksCapture() ? remember(cudaErrorStreamCaptureUnsupported) : cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  countHandle(1);
  return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  countHandle(-1);
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const Entry entry("cudaEventRecord");
  checkStream(stream);
  if (stream && stream->capturing) fail("an event in a captured stream: the stand-in captures one stream alone");
  event->recorded = true;
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventQuery(cudaEvent_t) { return cudaSuccess; }

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t from, cudaEvent_t to) {
  if (!from->recorded || !to->recorded) return remember(cudaErrorInvalidResourceHandle);
  *milliseconds = 0;  // work takes no time here: nobody shall compare speeds
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t, unsigned) {
  checkStream(stream);
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  const Entry entry("cudaStreamBeginCapture");
  checkStream(stream);
  if (!stream || stream->capturing) return remember(cudaErrorStreamCaptureUnsupported);
  stream->capturing = std::make_unique<CUgraph_st>();
  stream->mode = mode;
  stream->spoilt = false;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const Entry entry("cudaStreamEndCapture");
  checkStream(stream);
  *graph = nullptr;
  if (!stream || !stream->capturing) return remember(cudaErrorInvalidValue);
  const std::unique_ptr<CUgraph_st> captured = std::move(stream->capturing);
  if (stream->spoilt) return remember(cudaErrorStreamCaptureInvalidated);
  *graph = new CUgraph_st(*captured);
  countHandle(1);
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  checkStream(stream);
  *status = !stream || !stream->capturing ? cudaStreamCaptureStatusNone
            : stream->spoilt              ? cudaStreamCaptureStatusInvalidated
                                          : cudaStreamCaptureStatusActive;
  return cudaSuccess;
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, size_t* count) {
  if (nodes) fail("cudaGraphGetNodes: the stand-in only counts them");
  *count = graph->nodes.size();
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  const Entry entry("cudaGraphInstantiate");
  *exec = new CUgraphExec_st{graph->nodes};
  countHandle(1);
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  countHandle(-1);
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  countHandle(-1);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  const Entry entry("cudaGraphLaunch");
  const KeptOpen open;
  for (const auto& node : exec->nodes)
    if (const cudaError_t error = submit(stream, node); error != cudaSuccess) return error;
  return cudaSuccess;
}
