// What a test asks the stand-in beside CUDA itself: the order of threads, who wrote a piece of memory, what is allocated.
#pragma once

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <typeinfo>

namespace cuda_on_cpu {

// What a GPU answers with a hang, a fault or silence. Thrown out of the launch, copy or cuBLAS call that it happens in
// (for captured work, out of cudaGraphLaunch); the stand-in can be used on after it.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
[[noreturn]] void fail(const std::string& what);

// The order in which CUDA threads, warps and blocks run: "natural", "reverse" or a number, the seed of a permutation.
// All but the natural one let a warp run as far ahead of the others as it may. At first it is $CUDA_ON_CPU_ORDER.
void setOrder(const std::string& order);
std::string order();

// Watches [begin, begin + bytes) of device memory: after each turn of a CUDA thread it is compared with how it was, and
// the thread counts as a writer if a byte differs. So fill it with other values first (cudaMalloc fills with NaN).
// Threads of one index (block, thread) are one writer, however many kernels are launched.
// cuBLAS products and copies within the device count one writer for each 4 bytes that they change; copies from the
// host and cudaMemset count none. Each turn costs a comparison of the whole region: for small examples.
void watch(const void* begin, size_t bytes);
size_t writers();                   // of all watched regions together
size_t writers(const void* begin);  // of the region that begins here
void unwatch();                     // forgets all regions; cudaFree forgets those in the freed memory

// Whether p points into device memory, or to the end of a piece of it.
bool inDeviceMemory(const void* p);
// Whether all of [p, p + bytes) lies in one piece of device memory.
bool inDeviceMemory(const void* p, size_t bytes);

size_t allocations();     // calls of cudaMalloc that gave memory, ever
size_t allocatedBytes();  // now
size_t liveHandles();     // streams, events, graphs and cuBLAS handles that are not destroyed
size_t launches();        // kernels that ran, ever
size_t hostCopies();      // copies between host and device that were done, ever
size_t recordedHostCopies();  // those that were captured into graphs

// Handicaps, to see what the threads of a kernel are needed for: those other than the first of the first block do not begin; they
// are blind (all device memory that they read holds 0xFF; what they write counts); all are blind.
enum class Threads { work, firstAlone, othersBlind, allBlind };
// Asked at every launch from now on, with the kernel and the type of its function (which has the names of what a template was made
// for). An empty function: all work. Not together with `watch`.
using HandicapOf = std::function<Threads(const void* kernel, const std::type_info& type)>;
void setHandicap(HandicapOf ask);

// Of the launches, copies, fills and cuBLAS products from now on, the one after so many others does nothing and answers with
// a failure (cudaErrorLaunchOutOfResources, CUBLAS_STATUS_EXECUTION_FAILED). Those after it work again.
void failAfter(size_t calls);

// The device that cudaGetDeviceProperties describes. Without one, cudaGetDeviceCount gives the error of a machine
// without a driver, and leaves the count as it was.
void setDevice(bool present, size_t memoryBytes = size_t(4) << 30);

}  // namespace cuda_on_cpu
