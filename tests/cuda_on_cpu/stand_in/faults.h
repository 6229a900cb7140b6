// Turns a fault of a CUDA thread into an Error, and says what the host did when it faults on device memory.
#pragma once

namespace cuda_on_cpu {

// Takes the signals of a bad access, once for the process and the calling thread. What is no business of the stand-in
// goes on to whoever had them before.
void reportFaults();

}  // namespace cuda_on_cpu
