// Convolutions as products of our tiles: the pixels that a window sees are put side by side, some places at a time so that they
// stay in the cache, and multiplied by the weights at once. Where a window is one pixel there is nothing to gather. Slices are of
// places, not of pictures, so that one picture is work for several threads.
//
// Float, channels last, one group; the gradient of the input with stride 1, where it is the convolution of the output's with
// the patterns turned by half a circle.
#pragma once

#include <vector>

#include "kernels/conv_library.h"
#include "kernels/gemm_tiles.h"

namespace kernels {

class ProductConvolution {
 public:
  static bool can(ConvolutionKind kind, const ConvolutionShape& shape);
  ProductConvolution(ConvolutionKind kind, const ConvolutionShape& shape);  // can() is true

  int64_t scratchBytes() const;
  // Of the weights as the products want them, for forward; with shape.prepared run reads those.
  int64_t preparedBytes() const { return packedFloats() * int64_t(sizeof(float)); }
  void prepare(Cpu&, const float* weight, float* prepared) const;
  // As LibraryConvolution::run.
  void run(Cpu&, const float* input, const float* weight, const float* added, const float* output, void* scratch) const;

 private:
  bool gathers() const;
  int64_t blockRows(int block) const;
  const TiledProduct& productOf(int block) const;
  int64_t ownFloats() const;  // of a slice
  int64_t packedFloats() const;
  int64_t weightFloats() const { return terms_ * results_; }
  bool ready() const { return shape_.prepared && kind_ == ConvolutionKind::forward; }  // weights come prepared
  void gather(const float* pictures, int64_t place, int64_t count, float* columns) const;
  void multiply(int slice, const float* pictures, const float* packed, const float* added, float* results, float* own) const;
  void addWeightGradient(int slice, const float* pictures, const float* gradients, float* sums, float* own) const;

  ConvolutionKind kind_;
  ConvolutionShape shape_;
  // What windows are put over and how they lie; for the gradient of the input that is the output's.
  int64_t height_, width_, channels_, top_, left_;
  int64_t placesDown_, placesAcross_, places_;  // of one picture, and of all
  int64_t terms_, results_;                     // pixels of a window with their channels; channels of a place's result
  int64_t rows_;                                // places in a block, but for the last one
  int blocks_, slices_;
  std::vector<TiledProduct> products_;          // of a block, and of the last one where it is smaller
};

}  // namespace kernels
