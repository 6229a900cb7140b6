// Kernels on a CUDA device, with an answer. Each call of CUDA and cuBLAS leaves its result in Cuda::failure
// (kernels/cuda_failure.h); whoever runs a step there runs its kernels through these two, which ask. Asking looks at one
// pointer and calls nothing, so it may be done after every kernel, and while a graph is captured.
// For files that are compiled for CUDA.
#pragma once
#include "engine/graph/op.h"

namespace engine {

// What a device that failed in `op` says to a person; nothing if it did not.
inline Done answerOf(const Cuda& device, const char* op, NodeId node) {
  if (!device.failure) return {};
  Problem problem;
  problem.node = node;
  problem.needs = Message("{0} to work on the CUDA device, for {1}", device.failure.call(), op);
  problem.got = Message("\"{0}\"", device.failure.reason());
  problem.fix = "make the batch smaller, or compute on the processor (--device cpu)";
  return tl::unexpected(problem);
}

// Starts the op's kernels. The device has to be thrown away, or its failure forgotten, before it is of use again.
inline Done runOnCuda(Cuda& device, const Op& op, const Call& call) {
  op.type().cuda.run(device, op.data(), call);
  return answerOf(device, op.type().info.name, call.key);
}

// Waits until all that was started is done. Kernels run long after their launch: what one did wrong shows here.
inline Done waitForCuda(Cuda& device) {
  device.failure.keep(cudaStreamSynchronize(device.stream), "cudaStreamSynchronize");
  return answerOf(device, "the whole step", 0);
}

}  // namespace engine
