#include "kernels/gemm.h"

#include <Eigen/Core>
#include <optional>
#include <type_traits>

#include "kernels/choices.h"
#include "kernels/gemm_slices.h"
#include "kernels/gemm_tiles.h"
#include "kernels/map.h"
#include "kernels/onednn.h"

namespace kernels {
namespace {

// What one slice works on. `lda` and so on are elements from one stored row to the next.
template <class T>
struct Part {
  int64_t m, n, k, lda, ldb, ldc;
  bool transposeA, transposeB, accumulate;
  const T *a, *b, *bias;
  T* c;
};

template <class T>
void begin(const Part<T>& p) {
  if (p.accumulate && !p.bias) return;
  for (int64_t i = 0; i < p.m; ++i) {
    T* __restrict c = p.c + i * p.ldc;
    for (int64_t j = 0; j < p.n; ++j) {
      const T before = p.accumulate ? c[j] : T(0);
      c[j] = p.bias ? before + p.bias[j] : before;
    }
  }
}

// Rows of C as sums of rows of B; a transposed B is turned into `turned` first.
template <class T>
void multiplyByLoops(const Part<T>& p, T* __restrict turned) {
  begin(p);
  const T* b = p.b;
  int64_t ldb = p.ldb;
  if (p.transposeB) {
    for (int64_t l = 0; l < p.k; ++l)
      for (int64_t j = 0; j < p.n; ++j) turned[l * p.n + j] = p.b[j * p.ldb + l];
    b = turned;
    ldb = p.n;
  }
  const int64_t nextRow = p.transposeA ? 1 : p.lda, nextColumn = p.transposeA ? p.lda : 1;
  for (int64_t i = 0; i < p.m; ++i) {
    T* __restrict c = p.c + i * p.ldc;
    const T* a = p.a + i * nextRow;
    int64_t l = 0;
    for (; l + 4 <= p.k; l += 4) {  // four rows of B for each pass over the row of C
      const T a0 = a[l * nextColumn], a1 = a[(l + 1) * nextColumn], a2 = a[(l + 2) * nextColumn],
              a3 = a[(l + 3) * nextColumn];
      const T* __restrict row = b + l * ldb;
      for (int64_t j = 0; j < p.n; ++j)
        c[j] += (a0 * row[j] + a1 * row[ldb + j]) + (a2 * row[2 * ldb + j] + a3 * row[3 * ldb + j]);
    }
    for (; l < p.k; ++l) {
      const T a0 = a[l * nextColumn];
      const T* __restrict row = b + l * ldb;
      for (int64_t j = 0; j < p.n; ++j) c[j] += a0 * row[j];
    }
  }
}

template <class T>
void multiplyByEigen(const Part<T>& p) {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Read = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;
  begin(p);
  Eigen::Map<Matrix, 0, Eigen::OuterStride<>> c(p.c, p.m, p.n, Eigen::OuterStride<>(p.ldc));
  const Read a(p.a, p.transposeA ? p.k : p.m, p.transposeA ? p.m : p.k, Eigen::OuterStride<>(p.lda));
  const Read b(p.b, p.transposeB ? p.n : p.k, p.transposeB ? p.k : p.n, Eigen::OuterStride<>(p.ldb));
  const bool add = p.accumulate || p.bias;
  const auto multiply = [&](const auto& left, const auto& right) {
    if (add) c.noalias() += left * right;
    else c.noalias() = left * right;
  };
  if (p.transposeA && p.transposeB) multiply(a.transpose(), b.transpose());
  else if (p.transposeA) multiply(a.transpose(), b);
  else if (p.transposeB) multiply(a, b.transpose());
  else multiply(a, b);
}

// A slice as a oneDNN matmul of all its matrices; strides in the descriptors say where the slice lies.
struct Matmul {
  onednn::Call call;
  int64_t scratchBytes = 0;
};

Matmul makeMatmul(const ProductShape& shape, const ProductSlice& slice, int64_t lda, int64_t ldb, int64_t ldc) {
  using Dims = dnnl::memory::dims;
  const auto type = dnnl::memory::data_type::f32;
  const auto describe = [&](int64_t rows, int64_t columns, bool transposed, int64_t leading, int64_t stride) {
    const int64_t row = transposed ? 1 : leading, column = transposed ? leading : 1;
    if (slice.batches == 1) return dnnl::memory::desc({rows, columns}, type, Dims{row, column});
    return dnnl::memory::desc({stride ? slice.batches : 1, rows, columns}, type,
                              Dims{stride ? stride : rows * columns, row, column});
  };
  const auto a = describe(slice.rows, shape.k, shape.transposeA, lda, shape.strideA);
  const auto b = describe(shape.k, slice.columns, shape.transposeB, ldb, shape.strideB);
  const auto c = describe(slice.rows, slice.columns, false, ldc, shape.strideC);
  const auto bias = slice.batches == 1
                        ? dnnl::memory::desc({1, slice.columns}, type, Dims{slice.columns, 1})
                        : dnnl::memory::desc({1, 1, slice.columns}, type, Dims{slice.columns, slice.columns, 1});
  auto attributes = onednn::userScratchpad();
  if (shape.accumulate) {
    dnnl::post_ops after;
    after.append_sum(1);
    attributes.set_post_ops(after);
  }
  const auto what = shape.bias ? dnnl::matmul::desc(a, b, bias, c) : dnnl::matmul::desc(a, b, c);
  const dnnl::matmul::primitive_desc made(what, attributes, onednn::engine());
  std::vector<std::pair<int, dnnl::memory::desc>> arguments{
      {DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}, {DNNL_ARG_SCRATCHPAD, made.scratchpad_desc()}};
  if (shape.bias) arguments.push_back({DNNL_ARG_BIAS, bias});
  return {onednn::Call(dnnl::matmul(made), arguments), onednn::bytesOf(made.scratchpad_desc())};
}

// What the tiles do on the way, after a product of another kind.
template <class T>
void finish(Cpu& cpu, const ProductShape& s, const T* mask, T* c) {
  if (!s.relu && !s.masked) return;
  const int64_t matrix = s.m * s.n, stride = s.batch == 1 ? matrix : s.strideC;
  const bool relu = s.relu, masked = s.masked;
  map(cpu, matrix * s.batch, [=](int64_t i) {
    const int64_t at = i / matrix * stride + i % matrix;
    const T value = relu && c[at] < 0 ? T(0) : c[at];
    c[at] = masked && mask[at] <= 0 ? T(0) : value;
  });
}

}  // namespace

template <class T>
struct Product<T, Cpu>::Bound {
  ProductShape given, shape;  // as asked for, and folded
  std::vector<ProductSlice> slices;
  std::optional<TiledProduct> tiled;  // does it all, when it is there
  std::vector<Matmul> matmuls;        // one a slice, or none: then loops or Eigen
  bool loops = false;
  int64_t scratchPerSlice = 0;

  int64_t lda() const { return shape.transposeA ? shape.m : shape.k; }
  int64_t ldb() const { return shape.transposeB ? shape.k : shape.n; }

  void run(int index, const T* a, const T* b, const T* bias, T* c, char* scratch) {
    const ProductSlice& slice = slices[size_t(index)];
    scratch += index * scratchPerSlice;
    a += slice.batch * shape.strideA + slice.row * (shape.transposeA ? 1 : lda());
    b += slice.batch * shape.strideB + slice.column * (shape.transposeB ? ldb() : 1);
    c += slice.batch * shape.strideC + slice.row * shape.n + slice.column;
    bias = shape.bias ? bias + slice.column : nullptr;
    if constexpr (std::is_same_v<T, float>) {
      if (!matmuls.empty()) {
        onednn::Call& call = matmuls[size_t(index)].call;
        if (bias) call.run(a, b, static_cast<const float*>(c), static_cast<const void*>(scratch), bias);
        else call.run(a, b, static_cast<const float*>(c), static_cast<const void*>(scratch));
        return;
      }
    }
    for (int64_t i = 0; i < slice.batches; ++i) {
      const Part<T> part{slice.rows,
                         slice.columns,
                         shape.k,
                         lda(),
                         ldb(),
                         shape.n,
                         shape.transposeA,
                         shape.transposeB,
                         shape.accumulate,
                         a + i * shape.strideA,
                         b + i * shape.strideB,
                         bias,
                         c + i * shape.strideC};
      if (loops) multiplyByLoops(part, reinterpret_cast<T*>(scratch));
      else multiplyByEigen(part);
    }
  }
};

template <class T>
Product<T, Cpu>::Product(const Cpu& cpu, const ProductShape& given) : bound_(std::make_unique<Bound>()) {
  Bound& bound = *bound_;
  bound.given = given;
  const ProductShape& shape = bound.shape = folded(given);
  if (shape.batch <= 0 || shape.m <= 0 || shape.n <= 0) return;  // nothing to write
  bound.loops = isTiny(shape);
  if constexpr (std::is_same_v<T, float>)
    if (shape.packed ? shape.k > 0 : !bound.loops && wayOf(cpu, shape) == Way::tiles) {
      bound.tiled.emplace(shape);
      return;
    }
  bound.slices = slicesOf(shape);
  if (bound.loops) {
    if (shape.transposeB) bound.scratchPerSlice = onednn::aligned(shape.k * shape.n * int64_t(sizeof(T)));
    return;
  }
  if constexpr (std::is_same_v<T, float>) {
    oneThreadForLibraries();
    try {
      for (const ProductSlice& slice : bound.slices) {
        bound.matmuls.push_back(makeMatmul(shape, slice, bound.lda(), bound.ldb(), shape.n));
        bound.scratchPerSlice = std::max(bound.scratchPerSlice, bound.matmuls.back().scratchBytes);
      }
    } catch (const dnnl::error&) {  // not on this processor, or not with these sizes: Eigen does it
      bound.matmuls.clear();
      bound.scratchPerSlice = 0;
    }
  }
}

template <class T>
Product<T, Cpu>::~Product() = default;
template <class T>
Product<T, Cpu>::Product(Product&&) noexcept = default;
template <class T>
Product<T, Cpu>& Product<T, Cpu>::operator=(Product&&) noexcept = default;

template <class T>
const ProductShape& Product<T, Cpu>::shape() const {
  return bound_->given;
}

template <class T>
int64_t Product<T, Cpu>::scratchBytes() const {
  return bound_->tiled ? bound_->tiled->scratchBytes() : bound_->scratchPerSlice * int64_t(bound_->slices.size());
}

template <class T>
int64_t Product<T, Cpu>::packedBytes() const {
  return bound_->tiled ? bound_->tiled->packedBytes() : bound_->given.n * bound_->given.k * int64_t(sizeof(T));
}

template <class T>
void Product<T, Cpu>::pack(Cpu& cpu, const T* b, void* packed) const {
  if constexpr (std::is_same_v<T, float>)
    if (bound_->tiled) return bound_->tiled->pack(cpu, b, static_cast<float*>(packed));
  std::copy_n(b, bound_->given.n * bound_->given.k, static_cast<T*>(packed));
}

template <class T>
void Product<T, Cpu>::run(Cpu& cpu, const T* a, const T* b, const T* bias, T* c, void* scratch, const T* mask) const {
  if constexpr (std::is_same_v<T, float>)
    if (bound_->tiled) return bound_->tiled->run(cpu, a, b, bias, mask, c, scratch);
  forSlices(cpu, int(bound_->slices.size()),
            [&](int slice) { bound_->run(slice, a, b, bias, c, static_cast<char*>(scratch)); });
  finish(cpu, bound_->given, mask, c);
}

template class Product<float, Cpu>;
template class Product<double, Cpu>;

}  // namespace kernels
