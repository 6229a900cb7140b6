// What every function of the runtime does at its door. For the stand-in's own files.
#pragma once

#include <functional>

#include "stand_in/api.h"

namespace cuda_on_cpu {

// Stands for a call of the host into the runtime. Throws Error if another thread of the system is in the runtime too
// (the variables of the stand-in and of the kernels exist once), or if a CUDA thread makes the call.
class Entry {
 public:
  explicit Entry(const char* function);
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
};

cudaError_t remember(cudaError_t error);  // for cudaGetLastError

// Whether some stream is being captured so that calls which wait or allocate are refused. Such a call spoils it.
bool breaksCapture();

// Does the work now, or keeps it for later while the stream is being captured.
cudaError_t submit(cudaStream_t stream, std::function<void()> work);

// Counts the handles that are not destroyed.
void countHandle(int change);

}  // namespace cuda_on_cpu
