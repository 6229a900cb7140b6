// Convolutions with 3 x 3 windows by Winograd's minimal filtering F(4 x 4, 3 x 3) (Lavin and Gray, arXiv 1509.09308): tiles of
// 6 x 6 pixels d and patterns g are transformed, multiplied value by value, and the sums over the channels transformed back,
//     y = A' [(G g G') . (B' d B)] A,
// which takes 36 multiplications where the definition takes 144. Over channels and tiles the products are 36 matrix products,
// done by our tiles (tiles.h). The gradients are the same with the operands exchanged:
//   of the input     the convolution of dy, framed by 2 - padding zeros, with the patterns turned by half a circle
//   of the patterns  dg = G' [the sum over tiles of (B' d B) . (A dy A')] G
//
// The points of interpolation are 0, 3/4, -3/4, 3/2, -3/2 and infinity instead of the usual 0, 1, -1, 2, -2: powers of them are
// exact in float, and the largest error of a result is about twice that of the plain sum instead of ten times (measured over
// normal patterns and rectified normal pictures, 64 channels: 1.0e-6 of the largest result against 6.7e-6, plain 0.5e-6).
//
// Float, channels last, one group, stride and dilation 1.
#pragma once

#include "kernels/conv_library.h"
#include "kernels/tiles.h"

namespace kernels {

class WinogradConvolution {
 public:
  static bool can(const ConvolutionShape& shape);
  WinogradConvolution(ConvolutionKind kind, const ConvolutionShape& shape);  // can() is true
  static constexpr int64_t kTileSide = 4;  // of what is written

  int64_t scratchBytes() const;
  // Of the transformed patterns, for forward; with shape.prepared run reads those.
  int64_t preparedBytes() const;
  void prepare(Cpu& cpu, const float* weight, float* prepared) const { transformPatterns(cpu, weight, prepared); }
  // As LibraryConvolution::run.
  void run(Cpu&, const float* input, const float* weight, const float* added, const float* output, void* scratch) const;

 private:
  // Pictures (batch, height, width, channels): those that tiles are read from, or those that they are written to.
  struct Pictures {
    int64_t height, width, channels;
    int64_t floats() const { return height * width * channels; }
  };
  struct Room;  // a slice's part of the scratch memory

  void transformPatterns(Cpu& cpu, const float* weight, float* values) const;
  void placeTile(const Pictures& from, const float* pictures, int64_t tile, int size, const float* outside, const float** pixels) const;
  void convolve(const Room& room, int64_t tile, int64_t count, const float* pictures, const float* patterns, const float* added, float* results) const;
  void addPatternGradient(const Room& room, int64_t tile, int64_t count, bool first, const float* pictures, const float* gradients) const;
  void giveWeights(Cpu& cpu, const float* sums, float* weight) const;

  int64_t tileCount() const { return batch_ * tilesDown_ * tilesAcross_; }
  int64_t nextIn() const;       // from one of the 36 values of a group's tiles to the next, in floats
  int64_t nextOut() const;
  int64_t nextPattern() const;
  int64_t sharedFloats() const;
  int64_t ownFloats() const;
  Room room(float* scratch, int slice) const;

  ConvolutionKind kind_;
  const Tiles& tiles_;
  Pictures in_, out_;  // of the forward pass; for the gradient of the input exchanged
  int64_t batch_, top_, left_;  // zeros before the first line and column
  bool bias_, relu_, prepared_;
  int64_t tilesDown_, tilesAcross_;
  int64_t group_;  // so many tiles at a time, of which all values stay in the second cache
  int slices_;
};

}  // namespace kernels
