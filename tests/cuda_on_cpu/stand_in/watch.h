// Who wrote a piece of device memory. For the stand-in's own files.
#pragma once

#include <cstddef>

namespace cuda_on_cpu {

// Whose change of watched memory it was, other than a CUDA thread's.
enum class Writer { thread, device, host };

bool watching();                // whether any memory is watched
void watchTurn();               // the turn of the running CUDA thread is over; device memory is open
void watchWork(Writer writer);  // so is a product or a copy
void watchFreed(const void* begin, const void* end);

}  // namespace cuda_on_cpu
