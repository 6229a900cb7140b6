// Fibers by swapcontext. This folder is compiled without sanitizers, so that they see the kernels' memory accesses
// only. To the thread sanitizer a fiber is a thread, and a switch orders nothing: two CUDA threads that touch the same
// memory without a barrier in between are reported as a data race.
#include "stand_in/fibers.h"

#include <signal.h>
#include <sys/mman.h>

#include "cuda_on_cpu.h"

#if defined(CUDA_ON_CPU_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(CUDA_ON_CPU_TSAN)
#include <sanitizer/tsan_interface.h>
extern "C" {  // of the sanitizer's runtime, in none of its headers
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#endif

namespace cuda_on_cpu {
namespace {

constexpr size_t stackSize = 256 << 10;
constexpr size_t guardSize = 64 << 10;  // more than a page: a function with a large frame may step over one

}  // namespace

void restartFiber(Fiber& fiber, void (*body)()) {
#if defined(CUDA_ON_CPU_ASAN)
  __asan_unpoison_memory_region(fiber.stack, fiber.size);
  fiber.sanitizer = nullptr;
#endif
  getcontext(&fiber.context);
  sigdelset(&fiber.context.uc_sigmask, SIGSEGV);  // blocked where a fault's handler restarts the fiber
  fiber.context.uc_stack.ss_sp = fiber.stack;
  fiber.context.uc_stack.ss_size = fiber.size;
  makecontext(&fiber.context, body, 0);
}

void makeFiber(Fiber& fiber, void (*body)()) {
  void* memory = mmap(nullptr, guardSize + stackSize, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) fail("no memory for the stack of a CUDA thread");
  mprotect(memory, guardSize, PROT_NONE);  // a stack that is too deep faults
  fiber.stack = static_cast<char*>(memory) + guardSize;
  fiber.size = stackSize;
#if defined(CUDA_ON_CPU_TSAN)
  fiber.sanitizer = __tsan_create_fiber(0);
#endif
  restartFiber(fiber, body);
}

void switchFiber(Fiber& from, Fiber& to) {
#if defined(CUDA_ON_CPU_ASAN)
  __sanitizer_start_switch_fiber(&from.sanitizer, to.stack, to.size);
#elif defined(CUDA_ON_CPU_TSAN)
  __tsan_switch_to_fiber(to.sanitizer, __tsan_switch_to_fiber_no_sync);
#endif
  swapcontext(&from.context, &to.context);
#if defined(CUDA_ON_CPU_ASAN)
  __sanitizer_finish_switch_fiber(from.sanitizer, nullptr, nullptr);
#endif
}

void leaveFiber(Fiber& to) {
#if defined(CUDA_ON_CPU_ASAN)
  __sanitizer_start_switch_fiber(nullptr, to.stack, to.size);
#elif defined(CUDA_ON_CPU_TSAN)
  __tsan_switch_to_fiber(to.sanitizer, __tsan_switch_to_fiber_no_sync);
#endif
  setcontext(&to.context);
  __builtin_unreachable();
}

void enterFiber([[maybe_unused]] Fiber& scheduler) {
#if defined(CUDA_ON_CPU_ASAN)
  const void* bottom;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &scheduler.size);
  scheduler.stack = static_cast<char*>(const_cast<void*>(bottom));
#endif
}

void adoptFiber([[maybe_unused]] Fiber& fiber) {
#if defined(CUDA_ON_CPU_TSAN)
  fiber.sanitizer = __tsan_get_current_fiber();
#endif
}

bool inGuardPage(const Fiber& fiber, const void* p) {
  const char* at = static_cast<const char*>(p);
  return fiber.stack && at < fiber.stack && at >= fiber.stack - guardSize;
}

void releaseOrder([[maybe_unused]] void* p) {
#if defined(CUDA_ON_CPU_TSAN)
  __tsan_release(p);
#endif
}

void acquireOrder([[maybe_unused]] void* p) {
#if defined(CUDA_ON_CPU_TSAN)
  __tsan_acquire(p);
#endif
}

Unseen::Unseen() {
#if defined(CUDA_ON_CPU_TSAN)
  AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
  AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
#endif
}

Unseen::~Unseen() {
#if defined(CUDA_ON_CPU_TSAN)
  AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
  AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
#endif
}

}  // namespace cuda_on_cpu
