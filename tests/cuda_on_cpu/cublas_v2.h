// cuBLAS on the processor, as much as the engine uses. For tests only; see cuda_runtime.h.
// Matrices are column-major, arguments are checked as cuBLAS checks them, and all of each matrix must be device memory.
#pragma once

#include <cuda_runtime.h>

enum cublasStatus_t {
  CUBLAS_STATUS_SUCCESS = 0,
  CUBLAS_STATUS_NOT_INITIALIZED = 1,
  CUBLAS_STATUS_ALLOC_FAILED = 3,
  CUBLAS_STATUS_INVALID_VALUE = 7,
  CUBLAS_STATUS_ARCH_MISMATCH = 8,
  CUBLAS_STATUS_MAPPING_ERROR = 11,
  CUBLAS_STATUS_EXECUTION_FAILED = 13,
  CUBLAS_STATUS_INTERNAL_ERROR = 14,
  CUBLAS_STATUS_NOT_SUPPORTED = 15,
};
enum cublasOperation_t { CUBLAS_OP_N, CUBLAS_OP_T, CUBLAS_OP_C };
enum cublasMath_t { CUBLAS_DEFAULT_MATH = 0, CUBLAS_PEDANTIC_MATH = 2, CUBLAS_TF32_TENSOR_OP_MATH = 3 };
using cublasHandle_t = struct cublasContext*;

cublasStatus_t cublasCreate(cublasHandle_t* handle);
cublasStatus_t cublasDestroy(cublasHandle_t handle);
cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream);  // forgets the workspace, as cuBLAS does
cublasStatus_t cublasGetStream(cublasHandle_t handle, cudaStream_t* stream);
cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void* workspace, size_t bytes);
cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode);  // TF32 rounds the factors of float products
cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode);
const char* cublasGetStatusName(cublasStatus_t status);
const char* cublasGetStatusString(cublasStatus_t status);

// C = alpha op(A) op(B) + beta C. op(A) (m, k), op(B) (k, n), C (m, n). alpha and beta are in host memory.
cublasStatus_t cublasSgemm(cublasHandle_t handle, cublasOperation_t transposeA, cublasOperation_t transposeB, int m,
                           int n, int k, const float* alpha, const float* a, int lda, const float* b, int ldb,
                           const float* beta, float* c, int ldc);
cublasStatus_t cublasDgemm(cublasHandle_t handle, cublasOperation_t transposeA, cublasOperation_t transposeB, int m,
                           int n, int k, const double* alpha, const double* a, int lda, const double* b, int ldb,
                           const double* beta, double* c, int ldc);
// `count` products; the matrices of one are `stride` elements after those of the one before.
cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t transposeA,
                                         cublasOperation_t transposeB, int m, int n, int k, const float* alpha,
                                         const float* a, int lda, long long strideA, const float* b, int ldb,
                                         long long strideB, const float* beta, float* c, int ldc, long long strideC,
                                         int count);
cublasStatus_t cublasDgemmStridedBatched(cublasHandle_t handle, cublasOperation_t transposeA,
                                         cublasOperation_t transposeB, int m, int n, int k, const double* alpha,
                                         const double* a, int lda, long long strideA, const double* b, int ldb,
                                         long long strideB, const double* beta, double* c, int ldc, long long strideC,
                                         int count);
