// Runs CUDA kernels on the processor. For tests only; README.md tells what it finds and what it cannot.
//
// Put this folder first on the include path and compile kernels as C++: <cuda_runtime.h> then means this file, and the
// very kernels that nvcc builds for a GPU run here, one block after the other, on one thread of the system.
#pragma once

#include "cuda_on_cpu.h"
#include "stand_in/api.h"
#include "stand_in/arithmetic.h"
#include "stand_in/atomics.h"
#include "stand_in/launch.h"
#include "stand_in/threads.h"
#include "stand_in/words.h"
