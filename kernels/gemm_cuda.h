// Matrix products on CUDA: cuBLAS, and a kernel that begins C with what is added to the product. Included by gemm.h in
// files that are compiled for CUDA. cuBLAS takes its workspace from who made the handle (cublasSetWorkspace).
#pragma once

#include <type_traits>

#include "kernels/gemm.h"
#include "kernels/map.h"

namespace kernels {

// c = (accumulate ? c : 0) + (bias ? bias[column] : 0), for `rows` rows of each matrix of the batch.
template <class T>
__global__ void beginProduct(T* c, const T* bias, bool accumulate, int64_t rows, int64_t columns, int64_t strideC,
                             int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const int64_t matrix = i / (rows * columns), within = i % (rows * columns);
  T& place = c[matrix * strideC + within];
  const T before = accumulate ? place : T(0);
  place = bias ? before + bias[within % columns] : before;
}

// What comes after the sums: c = relu(c), then 0 where the mask is not above 0.
template <class T>
__global__ void finishProduct(T* c, const T* mask, bool relu, int64_t matrixElements, int64_t strideC, int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const int64_t at = i / matrixElements * strideC + i % matrixElements;
  const T value = relu && c[at] < 0 ? T(0) : c[at];
  c[at] = mask && mask[at] <= 0 ? T(0) : value;
}

template <class T>
class Product<T, Cuda> {
 public:
  Product(const Cuda&, const ProductShape& shape) : shape_(shape) {}

  const ProductShape& shape() const { return shape_; }
  int64_t scratchBytes() const { return 0; }
  int64_t packedBytes() const { return shape_.n * shape_.k * int64_t(sizeof(T)); }  // a copy: cuBLAS packs for itself
  void pack(Cuda& device, const T* b, void* packed) const {
    T* to = static_cast<T*>(packed);
    map(device, shape_.n * shape_.k, [=] BOTH(int64_t i) { to[i] = b[i]; });
  }

  void run(Cuda& device, const T* a, const T* b, const T* bias, T* c, void*, const T* mask = nullptr) const {
    const ProductShape& s = shape_;
    const int64_t count = s.batch * s.m * s.n;
    if (count <= 0) return;
    multiply(device, a, b, bias, c, count);
    if (!s.relu && !s.masked) return;
    constexpr unsigned block = 256;
    launch(device, finishProduct<T>, dim3(unsigned((count + block - 1) / block)), dim3(block), 0, c,
           s.masked ? mask : static_cast<const T*>(nullptr), s.relu, s.m * s.n, s.strideC, count);
  }

 private:
  void multiply(Cuda& device, const T* a, const T* b, const T* bias, T* c, int64_t count) const {
    const ProductShape& s = shape_;
    const bool multiply = s.k > 0, prepare = s.bias || (!multiply && !s.accumulate);
    if (prepare) {
      constexpr unsigned block = 256;
      launch(device, beginProduct<T>, dim3(unsigned((count + block - 1) / block)), dim3(block), 0, c,
             s.bias ? bias : static_cast<const T*>(nullptr), s.accumulate, s.m, s.n, s.strideC, count);
    }
    if (!multiply) return;
    // cuBLAS is column-major: it is given the transposed product, C' = op(B)' op(A)'.
    const T one = 1, addend = s.accumulate || s.bias ? T(1) : T(0);
    const auto opA = s.transposeA ? CUBLAS_OP_T : CUBLAS_OP_N, opB = s.transposeB ? CUBLAS_OP_T : CUBLAS_OP_N;
    const int m = int(s.m), n = int(s.n), k = int(s.k);
    const int lda = s.transposeA ? m : k, ldb = s.transposeB ? k : n;
    const int batch = int(s.batch);
    if constexpr (std::is_same_v<T, float>)
      device.failure.keep(cublasSgemmStridedBatched(device.blas, opB, opA, n, m, k, &one, b, ldb, s.strideB, a, lda,
                                                    s.strideA, &addend, c, n, s.strideC, batch),
                          "cublasSgemmStridedBatched");
    else
      device.failure.keep(cublasDgemmStridedBatched(device.blas, opB, opA, n, m, k, &one, b, ldb, s.strideB, a, lda,
                                                    s.strideA, &addend, c, n, s.strideC, batch),
                          "cublasDgemmStridedBatched");
  }

  ProductShape shape_;
};

}  // namespace kernels
