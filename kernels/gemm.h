// Matrix products, bound to their shape once and run many times: C = op(A) op(B) [+ C] [+ bias].
//
//   const Product<float, Cpu> product(cpu, {.m = 32, .n = 256, .k = 784, .transposeB = true, .bias = true});
//   product.run(cpu, x, weight, bias, y, scratch);  // scratch: product.scratchBytes() bytes of the arena
//
// Everything is chosen and made when the object is created; run looks nothing up, locks nothing and allocates nothing
// of ours. The cut into slices depends on the shape alone and never goes through k, so the result has the same bits for
// any number of threads. One product must not run twice at once (its slices have memory objects of their own).
#pragma once

#include <memory>

#include "kernels/device.h"

namespace kernels {

struct ProductShape {
  int64_t batch = 1;
  int64_t m = 0, n = 0, k = 0;  // op(A) is (m, k), op(B) is (k, n), C is (m, n); row-major and dense. Each may be 0
  bool transposeA = false;      // A is stored (k, m)
  bool transposeB = false;      // B is stored (n, k)
  bool accumulate = false;      // adds to what C holds
  bool bias = false;            // adds bias[column] to each row
  bool relu = false;            // then sets what is below 0 to 0; what is not a number stays
  bool masked = false;          // then sets to 0 where the mask is not above 0: the gradient of a ReLU that gave the mask
  bool packed = false;          // B is what pack() made of it: for one B in many products. `batch` is then 1
  int64_t strideA = 0, strideB = 0, strideC = 0;  // elements from one matrix of the batch to the next. A and B: 0 is
                                                  // one matrix for all. C: at least m * n, and unused when batch is 1
  bool operator==(const ProductShape&) const = default;
};

template <class T, class Device>
class Product;  // for float and double, on Cpu and Cuda

template <class T>
class Product<T, Cpu> {
 public:
  Product(const Cpu&, const ProductShape&);
  ~Product();
  Product(Product&&) noexcept;
  Product& operator=(Product&&) noexcept;

  const ProductShape& shape() const;
  int64_t scratchBytes() const;  // may be 0
  // Products of one n, k and transposeB, that differ in m, read one another's.
  int64_t packedBytes() const;
  void pack(Cpu&, const T* b, void* packed) const;

  // `bias` holds n elements and `mask` as many as C; they are read only if the shape says so. `scratch` is aligned to 64
  // bytes; what it holds does not matter, before or after. C overlaps no operand.
  void run(Cpu&, const T* a, const T* b, const T* bias, T* c, void* scratch, const T* mask = nullptr) const;

 private:
  struct Bound;
  std::unique_ptr<Bound> bound_;
};

extern template class Product<float, Cpu>;
extern template class Product<double, Cpu>;

}  // namespace kernels

#ifdef KERNELS_CUDA
#include "kernels/gemm_cuda.h"
#endif
