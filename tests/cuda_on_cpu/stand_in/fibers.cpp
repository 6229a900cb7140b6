// Fibers. A switch is a dozen instructions: swapcontext asks the kernel for the mask of signals each time, which was most of
// the time that tests of CUDA code took. It is there for processors that nobody wrote those instructions for. This folder is compiled without sanitizers, so that they see the kernels' memory accesses
// only. To the thread sanitizer a fiber is a thread, and a switch orders nothing: two CUDA threads that touch the same
// memory without a barrier in between are reported as a data race.
#include "stand_in/fibers.h"

#include <pthread.h>
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
constexpr size_t stackStagger = 576, stackStaggers = 32 << 10;  // a frame or two, and a part of the cache
constexpr size_t guardSize = 64 << 10;  // more than a page: a function with a large frame may step over one

#if defined(__x86_64__)
// Keeps on the stack what a function must keep, notes where that is, and goes on with what `to` kept.
extern "C" void cuda_on_cpu_switch(void** left, void* to);
asm(R"(
.pushsection .text
.p2align 4
.type cuda_on_cpu_switch, @function
cuda_on_cpu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size cuda_on_cpu_switch, .-cuda_on_cpu_switch
.popsection
)");
constexpr size_t keptRegisters = 6;
#endif

}  // namespace

void restartFiber(Fiber& fiber, void (*body)()) {
#if defined(CUDA_ON_CPU_ASAN)
  __asan_unpoison_memory_region(fiber.stack, fiber.size);
  fiber.sanitizer = nullptr;
#endif
#if defined(__x86_64__)
  // What a switch finds: the registers, all zero (so that who walks the stack ends here), the body, and where it would return.
  void** const top = reinterpret_cast<void**>(fiber.stack + fiber.size) - 1;  // as a call leaves the stack
  top[0] = nullptr;
  top[-1] = reinterpret_cast<void*>(body);
  for (size_t i = 0; i < keptRegisters; ++i) top[-2 - int(i)] = nullptr;
  fiber.left = top - 1 - keptRegisters;
#else
  getcontext(&fiber.context);
  sigdelset(&fiber.context.uc_sigmask, SIGSEGV);  // blocked where a fault's handler restarts the fiber
  fiber.context.uc_stack.ss_sp = fiber.stack;
  fiber.context.uc_stack.ss_size = fiber.size;
  makecontext(&fiber.context, body, 0);
#endif
}

void makeFiber(Fiber& fiber, void (*body)()) {
  void* memory = mmap(nullptr, guardSize + stackSize, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) fail("no memory for the stack of a CUDA thread");
  mprotect(memory, guardSize, PROT_NONE);  // a stack that is too deep faults
  fiber.stack = static_cast<char*>(memory) + guardSize;
  // Stacks that all began at the same place of a page would share a few lines of the cache.
  static size_t made = 0;
  fiber.size = stackSize - made++ * stackStagger % stackStaggers;
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
#if defined(__x86_64__)
  cuda_on_cpu_switch(&from.left, to.left);
#else
  swapcontext(&from.context, &to.context);
#endif
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
#if defined(__x86_64__)
  sigset_t fault;  // blocked in the handler
  sigemptyset(&fault);
  sigaddset(&fault, SIGSEGV);
  pthread_sigmask(SIG_UNBLOCK, &fault, nullptr);
  void* nobody;
  cuda_on_cpu_switch(&nobody, to.left);
#else
  setcontext(&to.context);
#endif
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

#if defined(CUDA_ON_CPU_TSAN)
void releaseOrder(void* p) { __tsan_release(p); }
void acquireOrder(void* p) { __tsan_acquire(p); }
#endif

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
