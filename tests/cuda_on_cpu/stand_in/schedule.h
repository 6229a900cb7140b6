// Runs a kernel's grid. For the stand-in's own files.
#pragma once

#include <functional>
#include <string>

#include "cuda_on_cpu.h"
#include "stand_in/threads.h"

namespace cuda_on_cpu {

// Runs `thread` once for each CUDA thread, block by block. Throws Error if a block cannot go on or goes wrong; all its
// threads are unwound by then.
void runGrid(const std::function<void()>& thread, dim3 grid, dim3 block, size_t dynamicSharedBytes, Threads handicap);

// What a thread got from those that it met.
struct Meeting {
  unsigned present = 0;              // lanes that were there, in a warp operation
  uint64_t received[warpSize] = {};  // what they gave
  Votes votes{};                     // how many gave something else than zero
};

// The running CUDA thread gives `value` and waits until all are there that it should meet: the threads of its block, or
// the lanes of its warp in the mask. Those that have ended count as being there.
const Meeting& meetOthers(bool wholeBlock, unsigned mask, uint64_t value, const Where& where);

bool inKernel();               // whether the caller is a CUDA thread
std::string currentThread();   // "thread (1,0,0) of block (0,0,0)"
// Gives up the running CUDA thread and its whole launch, out of a signal handler. `what` becomes the Error's text.
[[noreturn]] void abandonThread(const std::string& what);
// What lies at an address that faulted, if the scheduler knows: a stack's end, the end of dynamic shared memory.
std::string describeFault(const void* p);

}  // namespace cuda_on_cpu
