// The first call of a device that failed: CUDA and cuBLAS answer each call with a result code at once, but in the middle of
// a step nobody can act on it. It is kept here until whoever runs the device asks.
#pragma once
#include <cublas_v2.h>
#include <cuda_runtime.h>

namespace kernels {

class CudaFailure {
 public:
  // What `call` answered; the first failure stays.
  void keep(cudaError_t status, const char* call) {
    if (status != cudaSuccess && !call_) call_ = call, reason_ = cudaGetErrorString(status);
  }
  void keep(cublasStatus_t status, const char* call) {
    if (status != CUBLAS_STATUS_SUCCESS && !call_) call_ = call, reason_ = cublasGetStatusString(status);
  }

  explicit operator bool() const { return call_ != nullptr; }
  const char* call() const { return call_; }      // "cudaLaunchKernelEx"; null where nothing failed
  const char* reason() const { return reason_; }  // "invalid argument"
  void forget() { call_ = reason_ = nullptr; }

 private:
  const char *call_ = nullptr, *reason_ = nullptr;  // both live as long as the program
};

}  // namespace kernels
