#include "stand_in/faults.h"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "stand_in/device_memory.h"
#include "stand_in/schedule.h"

namespace cuda_on_cpu {
namespace {

struct sigaction before;

std::string describe(const void* p) {
  std::string what = describeFault(p);
  if (what.empty()) what = describeDeviceFault(p);
  return what;
}

// Allocates memory although it is a signal handler: the signal comes from an access to device memory, at a known place
// outside of malloc, and the alternative is the end of the process.
void handle(int signal, siginfo_t* info, void*) {
  const void* p = info->si_addr;
  const std::string what = describe(p);
  if (inKernel()) {
    char address[32];
    std::snprintf(address, sizeof address, "%p", p);
    abandonThread("a kernel touched " + (what.empty() ? "memory that is not the device's, at " + std::string(address) : what));
  }
  if (!what.empty()) {
    const std::string text = "cuda_on_cpu: the host touched " + what + ", which only kernels and copies may\n";
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) std::abort();
  }
  sigaction(signal, &before, nullptr);  // the access is tried again, and ends as it would without us
}

// A stack that is full cannot take the handler.
void useOtherStack() {
  stack_t now;
  if (sigaltstack(nullptr, &now) != 0 || !(now.ss_flags & SS_DISABLE)) return;
  constexpr size_t bytes = 64 << 10;
  static thread_local char memory[bytes];
  stack_t other{};
  other.ss_sp = memory;
  other.ss_size = bytes;
  sigaltstack(&other, nullptr);
}

}  // namespace

void reportFaults() {
  useOtherStack();
  struct sigaction now;
  sigaction(SIGSEGV, nullptr, &now);
  if (now.sa_flags & SA_SIGINFO && now.sa_sigaction == &handle) return;
  before = now;
  struct sigaction ours {};
  ours.sa_sigaction = &handle;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  sigaction(SIGSEGV, &ours, nullptr);
}

}  // namespace cuda_on_cpu
