// The dynamic shared memory of the block that runs: one piece for all blocks of a launch, as new for each.
#pragma once

#include <cstddef>
#include <string>

#include "stand_in/guarded.h"

namespace cuda_on_cpu {

class SharedMemory {
 public:
  explicit SharedMemory(size_t bytes);
  ~SharedMemory();
  void renew();  // nobody wrote it yet
  void check();  // throws Error if the block wrote just outside
  Guarded memory;
};

std::string describeSharedFault(const void* p);

}  // namespace cuda_on_cpu
