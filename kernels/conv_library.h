// Convolution by oneDNN: float, in slices of the batch, or of the lines of a single picture. It prefers other layouts than a network's, so each slice turns
// its own pictures while they are in the cache, and the weights are turned once a run.
#pragma once

#include <memory>
#include <vector>

#include "kernels/conv.h"

namespace kernels {

struct BatchSlice {
  int64_t begin, count;
};
// At most `most` slices of the batch, fixed by the shape alone.
std::vector<BatchSlice> batchSlices(const ConvolutionShape& shape, int most);

class LibraryConvolution {
 public:
  struct Cut;  // a part of the work
  // Null where the library has no good implementation for this shape on this processor.
  static std::unique_ptr<LibraryConvolution> make(ConvolutionKind kind, const ConvolutionShape& shape);
  ~LibraryConvolution();

  int64_t scratchBytes() const;
  // Of the weights in the library's order, for forward; 0 where that is theirs. With shape.prepared run reads those.
  int64_t preparedBytes() const;
  void prepare(const float* weight, float* prepared);
  // The kind says which of input, weight and output is written. `added`: in forward the bias, when the shape has one; in
  // backwardData the mask, when the shape says relu.
  void run(Cpu&, const float* input, const float* weight, const float* added, const float* output, void* scratch);

 private:
  struct Parts;
  static std::unique_ptr<Parts> makeParts(ConvolutionKind kind, const ConvolutionShape& shape, const std::vector<Cut>& cuts);  // null: it cannot
  explicit LibraryConvolution(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

// dst[i] = the sum over the parts, part p at partial + p * stride, added in pairs, then pairs of pairs: an order that
// depends on the number of parts alone. Leaves sums in `partial`. In slices on the pool.
template <class T>
void sumInTree(Cpu& cpu, T* partial, int64_t stride, int parts, int64_t count, T* dst) {
  const Slices slices(count, 4096);
  forSlices(cpu, slices.number, [&](int s) {
    const int64_t begin = slices.begin(s), end = slices.begin(s + 1);
    for (int step = 1; step < parts; step *= 2)
      for (int p = 0; p + step < parts; p += 2 * step) {
        T* __restrict to = partial + p * stride;
        const T* __restrict from = partial + (p + step) * stride;
        for (int64_t i = begin; i < end; ++i) to[i] += from[i];
      }
    if (dst != partial)
      for (int64_t i = begin; i < end; ++i) dst[i] = partial[i];
  });
}

}  // namespace kernels
