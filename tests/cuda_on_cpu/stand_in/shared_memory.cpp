#include "stand_in/shared_memory.h"

#include "cuda_on_cpu.h"
#include "stand_in/schedule.h"
#include "stand_in/threads.h"

namespace cuda_on_cpu {
namespace {

SharedMemory* current = nullptr;

}  // namespace

SharedMemory::SharedMemory(size_t bytes) : memory(bytes) { current = this; }
SharedMemory::~SharedMemory() { current = nullptr; }

void SharedMemory::renew() { memory.fillAsNew(); }

void SharedMemory::check() {
  if (const std::string place = memory.writtenAround(); !place.empty())
    fail("a kernel wrote " + place + " of dynamic shared memory");
}

void* dynamicShared() {
  if (!inKernel()) fail("dynamic shared memory outside of a kernel");
  return current->memory.begin();
}

std::string describeSharedFault(const void* p) {
  return current && current->memory.near(p) ? current->memory.place(p) + " of dynamic shared memory" : std::string();
}

}  // namespace cuda_on_cpu
