// Stacks to switch between on one thread of the system, known to the sanitizers. For the scheduler only.
#pragma once

#include <cstddef>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace cuda_on_cpu {

struct Fiber {
#if defined(__x86_64__)
  void* left = nullptr;  // the top of its stack where it was left
#else
  ucontext_t context;
#endif
  char* stack = nullptr;  // null until made; for the scheduler's own fiber, what the address sanitizer tells
  size_t size = 0;
  void* sanitizer = nullptr;
};

// Gives the fiber a stack (with pages below it that fault) and lets it begin with body, which never returns.
void makeFiber(Fiber& fiber, void (*body)());
// Forgets what a fiber was doing: it begins with body again.
void restartFiber(Fiber& fiber, void (*body)());
void switchFiber(Fiber& from, Fiber& to);
// Leaves for `to`, for good, out of a signal handler that interrupted a fiber.
[[noreturn]] void leaveFiber(Fiber& to);
// The first thing in a fiber's body; tells where the stack of `scheduler` is.
void enterFiber(Fiber& scheduler);
// The fiber that the caller is on, without a stack of ours.
void adoptFiber(Fiber& fiber);
bool inGuardPage(const Fiber& fiber, const void* p);

// Tell the thread sanitizer that what was done before releasing p is seen by those who acquire it.
#if defined(CUDA_ON_CPU_TSAN)
void releaseOrder(void* p);
void acquireOrder(void* p);
#else
inline void releaseOrder(void*) {}
inline void acquireOrder(void*) {}
#endif

// While one lives, the thread sanitizer does not see what the fiber accesses: bookkeeping that fibers share.
struct Unseen {
  Unseen();
  ~Unseen();
};

}  // namespace cuda_on_cpu
