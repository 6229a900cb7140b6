#include <algorithm>
#include <cstring>
#include <type_traits>

#include <Eigen/Core>

#include "cublas_v2.h"
#include "stand_in/device_memory.h"
#include "stand_in/entry.h"

struct cublasContext {
  cudaStream_t stream = nullptr;
  cublasMath_t mode = CUBLAS_DEFAULT_MATH;
  void* workspace = nullptr;
};

namespace cuda_on_cpu {
namespace {

// One side of a product: op(A) is (rows, columns), `leading` elements lie between columns of A.
template <class T>
struct Side {
  const T* data;
  cublasOperation_t operation;
  int rows, columns, leading;
  long long stride;

  int storedRows() const { return operation == CUBLAS_OP_N ? rows : columns; }
  int storedColumns() const { return operation == CUBLAS_OP_N ? columns : rows; }
  // Elements from the first to the last of `count` matrices.
  size_t extent(int count) const {
    return size_t(count - 1) * size_t(stride) + size_t(storedColumns() - 1) * size_t(leading) + size_t(storedRows());
  }
};

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
template <class T>
using View = Eigen::Map<T, 0, Eigen::OuterStride<>>;

// What a tensor core reads of a float: 10 bits behind the point, rounded to the nearest.
float inTf32(float v) {
  constexpr uint32_t kLost = 13;
  uint32_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  if ((bits >> 23 & 0xff) == 0xff) return v;  // infinite, or not a number
  bits = (bits + (1u << (kLost - 1))) >> kLost << kLost;
  std::memcpy(&v, &bits, sizeof bits);
  return v;
}

template <class T>
Matrix<T> load(const Side<T>& side, int item) {
  const View<const Matrix<T>> stored(side.data + item * side.stride, side.storedRows(), side.storedColumns(),
                                     Eigen::OuterStride<>(side.leading));
  return side.operation == CUBLAS_OP_N ? Matrix<T>(stored) : Matrix<T>(stored.transpose());
}

template <class T>
void multiply(const Side<T>& a, const Side<T>& b, const Side<T>& c, T* out, T alpha, T beta, int count, bool tf32) {
  for (int item = 0; item < count; ++item) {
    View<Matrix<T>> result(out + item * c.stride, c.rows, c.columns, Eigen::OuterStride<>(c.leading));
    // What is multiplied by zero is not read: it may be NaN.
    if (beta == 0)
      result.setZero();
    else
      result *= beta;
    if (alpha == 0 || a.columns == 0) continue;
    Matrix<T> left = load(a, item), right = load(b, item);
    if constexpr (std::is_same_v<T, float>)
      if (tf32) left = left.unaryExpr(&inTf32), right = right.unaryExpr(&inTf32);
    result.noalias() += alpha * (left * right);
  }
}

template <class T>
void checkMemory(const Side<T>& side, int count, const char* name) {
  if (side.rows > 0 && side.columns > 0 && !inDeviceMemory(side.data, side.extent(count) * sizeof(T)))
    fail(std::string("cuBLAS: matrix ") + name + " is not wholly in device memory");
}

template <class T>
cublasStatus_t gemm(cublasHandle_t handle, cublasOperation_t transposeA, cublasOperation_t transposeB, int m, int n,
                    int k, const T* alpha, const T* a, int lda, long long strideA, const T* b, int ldb,
                    long long strideB, const T* beta, T* c, int ldc, long long strideC, int count) {
  const Entry entry("cuBLAS");
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  const Side<T> left{a, transposeA, m, k, lda, strideA}, right{b, transposeB, k, n, ldb, strideB};
  const Side<T> result{c, CUBLAS_OP_N, m, n, ldc, strideC};
  const auto badOperation = [](cublasOperation_t o) { return o < CUBLAS_OP_N || o > CUBLAS_OP_C; };
  if (badOperation(transposeA) || badOperation(transposeB) || m < 0 || n < 0 || k < 0 || count < 0 || !alpha || !beta ||
      lda < std::max(1, left.storedRows()) || ldb < std::max(1, right.storedRows()) || ldc < std::max(1, m))
    return CUBLAS_STATUS_INVALID_VALUE;
  if (strideA < 0 || strideB < 0 || strideC < 0) fail("cuBLAS: a negative stride");
  if (inDeviceMemory(alpha) || inDeviceMemory(beta)) fail("cuBLAS: alpha and beta must be in host memory");
  if (count > 1 && m > 0 && n > 0 && strideC < result.leading * (n - 1LL) + m)
    fail("cuBLAS: the results of a batch lie over each other");
  if (m == 0 || n == 0 || count == 0) return CUBLAS_STATUS_SUCCESS;
  const bool tf32 = handle->mode == CUBLAS_TF32_TENSOR_OP_MATH;
  const auto work = [=, factor = *alpha, keep = *beta] {
    checkMemory(left, count, "A");
    checkMemory(right, count, "B");
    checkMemory(result, count, "C");
    whileOpen(Writer::device, [&] { multiply(left, right, result, c, factor, keep, count, tf32); });
  };
  return submit(handle->stream, work) == cudaSuccess ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

}  // namespace
}  // namespace cuda_on_cpu

using namespace cuda_on_cpu;

cublasStatus_t cublasCreate(cublasHandle_t* handle) {
  const Entry entry("cublasCreate");
  if (!deviceMemory()) return CUBLAS_STATUS_NOT_INITIALIZED;
  *handle = new cublasContext;
  countHandle(1);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy(cublasHandle_t handle) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  delete handle;
  countHandle(-1);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream(cublasHandle_t handle, cudaStream_t stream) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  handle->stream = stream;
  handle->workspace = nullptr;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasGetStream(cublasHandle_t handle, cudaStream_t* stream) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  *stream = handle->stream;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace(cublasHandle_t handle, void* workspace, size_t bytes) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (!inDeviceMemory(workspace, bytes)) return CUBLAS_STATUS_INVALID_VALUE;
  handle->workspace = workspace;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  handle->mode = mode;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasGetMathMode(cublasHandle_t handle, cublasMath_t* mode) {
  if (!handle) return CUBLAS_STATUS_NOT_INITIALIZED;
  *mode = handle->mode;
  return CUBLAS_STATUS_SUCCESS;
}

const char* cublasGetStatusName(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS: return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED: return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_ALLOC_FAILED: return "CUBLAS_STATUS_ALLOC_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_ARCH_MISMATCH: return "CUBLAS_STATUS_ARCH_MISMATCH";
    case CUBLAS_STATUS_MAPPING_ERROR: return "CUBLAS_STATUS_MAPPING_ERROR";
    case CUBLAS_STATUS_EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_INTERNAL_ERROR: return "CUBLAS_STATUS_INTERNAL_ERROR";
    case CUBLAS_STATUS_NOT_SUPPORTED: return "CUBLAS_STATUS_NOT_SUPPORTED";
  }
  return "unknown cuBLAS status";
}

const char* cublasGetStatusString(cublasStatus_t status) { return cublasGetStatusName(status); }

cublasStatus_t cublasSgemm(cublasHandle_t handle, cublasOperation_t transposeA, cublasOperation_t transposeB, int m,
                           int n, int k, const float* alpha, const float* a, int lda, const float* b, int ldb,
                           const float* beta, float* c, int ldc) {
  return gemm(handle, transposeA, transposeB, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc, 0, 1);
}

cublasStatus_t cublasDgemm(cublasHandle_t handle, cublasOperation_t transposeA, cublasOperation_t transposeB, int m,
                           int n, int k, const double* alpha, const double* a, int lda, const double* b, int ldb,
                           const double* beta, double* c, int ldc) {
  return gemm(handle, transposeA, transposeB, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc, 0, 1);
}

cublasStatus_t cublasSgemmStridedBatched(cublasHandle_t handle, cublasOperation_t transposeA,
                                         cublasOperation_t transposeB, int m, int n, int k, const float* alpha,
                                         const float* a, int lda, long long strideA, const float* b, int ldb,
                                         long long strideB, const float* beta, float* c, int ldc, long long strideC,
                                         int count) {
  return gemm(handle, transposeA, transposeB, m, n, k, alpha, a, lda, strideA, b, ldb, strideB, beta, c, ldc, strideC,
              count);
}

cublasStatus_t cublasDgemmStridedBatched(cublasHandle_t handle, cublasOperation_t transposeA,
                                         cublasOperation_t transposeB, int m, int n, int k, const double* alpha,
                                         const double* a, int lda, long long strideA, const double* b, int ldb,
                                         long long strideB, const double* beta, double* c, int ldc, long long strideC,
                                         int count) {
  return gemm(handle, transposeA, transposeB, m, n, k, alpha, a, lda, strideA, b, ldb, strideB, beta, c, ldc, strideC,
              count);
}
