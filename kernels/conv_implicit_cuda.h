// Convolution on CUDA as products without columns (implicit_product_cuda.h): where the elements of both operands are, for the
// forward direction and both gradients. Pictures channels last or first; weights in their own order.
//
// | | row | column | place of the sum |
// |---|---|---|---|
// | forward | place of the output | output channel | pixel of the window and channel |
// | backward data | pixel of the input | channel | pixel of the window and output channel |
// | backward weights | pixel of the window and channel | output channel | place of the output |
//
// Channels innermost where they are that in memory, so that neighbours of a warp read neighbours.
#pragma once

#include <algorithm>

#include "kernels/conv.h"
#include "kernels/implicit_product_cuda.h"

namespace kernels {

// Divisions of 64 bits are a hundred instructions on a GPU; nearly all are of small numbers.
__device__ inline int64_t quotient(int64_t a, int64_t b) {
  return ((a | b) >> 32) == 0 ? int64_t(uint32_t(a) / uint32_t(b)) : a / b;
}

template <Layout layout>
struct ConvolutionPlaces {
  static constexpr bool kLast = layout == Layout::channelsLast;
  ConvolutionShape s;
  int64_t places, outWidth, outHeight;
  int inGroup, ofGroup, windowPixels;

  explicit ConvolutionPlaces(const ConvolutionShape& shape)
      : s(shape), places(s.outHeight() * s.outWidth()), outWidth(s.outWidth()), outHeight(s.outHeight()),
        inGroup(int(s.channels / s.groups)), ofGroup(int(s.outChannels / s.groups)), windowPixels(int(s.kernelHeight * s.kernelWidth)) {}
  int window() const { return inGroup * windowPixels; }

  // Of an output place: its picture, and the pixel at which its window begins.
  struct Place {
    int64_t picture, within;
    int y, x;
  };
  __device__ Place placeOf(int64_t index) const {
    const int64_t picture = quotient(index, places), within = index - picture * places, down = quotient(within, outWidth);
    return {picture, within, int(down * s.strideHeight - s.paddingTop), int((within - down * outWidth) * s.strideWidth - s.paddingLeft)};
  }
  // Of a place of a window with `channels` channels: the pixel, as a distance, and the channel.
  struct Pixel {
    int down, right, channel, inWindow;
  };
  __device__ Pixel pixelOf(int index, int channels) const {
    const int channel = kLast ? index % channels : index / windowPixels, pixel = kLast ? index / channels : index % windowPixels;
    const int ky = pixel / int(s.kernelWidth), kx = pixel - ky * int(s.kernelWidth);
    return {ky * int(s.dilationHeight), kx * int(s.dilationWidth), channel, pixel};
  }
  __device__ int64_t inputAt(int y, int x, int64_t channel) const {  // from the picture's begin
    return kLast ? (int64_t(y) * s.width + x) * s.channels + channel : (channel * s.height + y) * s.width + x;
  }
  __device__ int64_t outputAt(int64_t picture, int64_t within, int64_t channel) const {
    return kLast ? (picture * places + within) * s.outChannels + channel : (picture * s.outChannels + channel) * places + within;
  }
  __device__ bool isInside(int y, int x) const { return y >= 0 && y < s.height && x >= 0 && x < s.width; }
};

template <class T, Layout layout>
struct ImplicitForward {
  using Places = ConvolutionPlaces<layout>;
  using Inner = typename Places::Pixel;
  struct Row {
    int64_t from;  // the element of the picture's first pixel
    int y, x;
  };
  using Column = const T*;  // the patterns of an output channel
  static constexpr bool kLeftAlongDepth = Places::kLast, kRightAlongDepth = true;

  Places at;
  const T *input, *weight, *bias;
  T* output;

  __device__ Row row(int group, int64_t r) const {
    const auto place = at.placeOf(r);
    return {place.picture * at.s.channels * at.s.height * at.s.width + at.inputAt(0, 0, int64_t(group) * at.inGroup),
            place.y, place.x};
  }
  __device__ Column column(int group, int c) const {
    return weight + (int64_t(group) * at.ofGroup + c) * at.inGroup * at.windowPixels;
  }
  __device__ Inner inner(int, int64_t k) const { return at.pixelOf(int(k), at.inGroup); }
  __device__ T left(const Row& row, const Inner& inner) const {
    const int y = row.y + inner.down, x = row.x + inner.right;
    return at.isInside(y, x) ? input[row.from + at.inputAt(y, x, inner.channel)] : T(0);
  }
  __device__ T right(const Inner& inner, Column patterns) const { return patterns[inner.channel * at.windowPixels + inner.inWindow]; }
  __device__ void store(int group, int, int64_t r, int c, T sum) const {
    const int64_t picture = Places::kLast ? 0 : quotient(r, at.places);
    const int64_t channel = int64_t(group) * at.ofGroup + c;
    if (bias) sum += bias[channel];
    output[at.outputAt(picture, r - picture * at.places, channel)] = at.s.relu && sum < 0 ? T(0) : sum;
  }
};

template <class T, Layout layout>
struct ImplicitBackwardData {
  using Places = ConvolutionPlaces<layout>;
  using Inner = typename Places::Pixel;  // its channel is one of the output
  struct Row {
    int64_t from;  // the element of the picture's first output place
    int y, x;      // with the padding
  };
  using Column = const T*;  // a channel of the first output channel's patterns
  static constexpr bool kLeftAlongDepth = Places::kLast, kRightAlongDepth = false;

  Places at;
  const T *outputGradient, *weight, *mask;
  T* inputGradient;

  __device__ Row row(int group, int64_t r) const {
    const int64_t pixels = at.s.height * at.s.width, picture = quotient(r, pixels), within = r - picture * pixels;
    const int64_t y = quotient(within, at.s.width);
    return {at.outputAt(picture, 0, int64_t(group) * at.ofGroup), int(y + at.s.paddingTop), int(within - y * at.s.width + at.s.paddingLeft)};
  }
  __device__ Column column(int group, int c) const {
    return weight + (int64_t(group) * at.ofGroup * at.inGroup + c) * at.windowPixels;
  }
  __device__ Inner inner(int, int64_t k) const { return at.pixelOf(int(k), at.ofGroup); }
  __device__ T left(const Row& row, const Inner& inner) const {
    int down = row.y - inner.down, right = row.x - inner.right;
    const int strideHeight = int(at.s.strideHeight), strideWidth = int(at.s.strideWidth);
    bool isSeen = down >= 0 && right >= 0;
    if (strideHeight > 1) isSeen = isSeen && down % strideHeight == 0, down /= strideHeight;
    if (strideWidth > 1) isSeen = isSeen && right % strideWidth == 0, right /= strideWidth;
    if (!isSeen || down >= at.outHeight || right >= at.outWidth) return T(0);
    const int64_t within = int64_t(down) * at.outWidth + right;
    return outputGradient[row.from + (Places::kLast ? within * at.s.outChannels + inner.channel : inner.channel * at.places + within)];
  }
  __device__ T right(const Inner& inner, Column patterns) const {
    return patterns[int64_t(inner.channel) * at.inGroup * at.windowPixels + inner.inWindow];
  }
  __device__ void store(int group, int, int64_t r, int c, T sum) const {
    const int64_t pixels = at.s.height * at.s.width, channel = int64_t(group) * at.inGroup + c;
    const int64_t picture = Places::kLast ? 0 : quotient(r, pixels);
    const int64_t element = Places::kLast ? r * at.s.channels + channel : (picture * at.s.channels + channel) * pixels + r - picture * pixels;
    inputGradient[element] = mask && mask[element] <= 0 ? T(0) : sum;
  }
};

// Writes one part of each sum, (outChannels, window) for each part.
template <class T, Layout layout>
struct ImplicitBackwardWeights {
  using Places = ConvolutionPlaces<layout>;
  using Row = typename Places::Pixel;
  struct Inner {
    int64_t from;      // the element of the picture's first pixel
    int64_t gradient;  // the element of the place's first output channel in the group
    int y, x;
  };
  struct Column {
    int64_t offset;
  };
  static constexpr bool kLeftAlongDepth = !Places::kLast, kRightAlongDepth = !Places::kLast;

  Places at;
  const T *input, *outputGradient;
  T* parts;

  __device__ Row row(int group, int64_t r) const {
    Row pixel = at.pixelOf(int(r), at.inGroup);
    pixel.channel += group * at.inGroup;
    return pixel;
  }
  __device__ Column column(int, int c) const { return {Places::kLast ? int64_t(c) : c * at.places}; }
  __device__ Inner inner(int group, int64_t k) const {
    const auto place = at.placeOf(k);
    return {place.picture * at.s.channels * at.s.height * at.s.width,
            at.outputAt(place.picture, place.within, int64_t(group) * at.ofGroup), place.y, place.x};
  }
  __device__ T left(const Row& row, const Inner& inner) const {
    const int y = inner.y + row.down, x = inner.x + row.right;
    return at.isInside(y, x) ? input[inner.from + at.inputAt(y, x, row.channel)] : T(0);
  }
  __device__ T right(const Inner& inner, const Column& column) const { return outputGradient[inner.gradient + column.offset]; }
  __device__ void store(int group, int part, int64_t r, int c, T sum) const {
    const auto pixel = at.pixelOf(int(r), at.inGroup);
    const int64_t window = int64_t(at.inGroup) * at.windowPixels;
    parts[(int64_t(part) * at.s.outChannels + int64_t(group) * at.ofGroup + c) * window +
          int64_t(pixel.channel) * at.windowPixels + pixel.inWindow] = sum;
  }
};

// The gradient of the weights is one long sum for each of few results: it is cut into parts, that all of a GPU works, by the shape
// alone. 512 blocks are two for each multiprocessor of the largest GPUs; a part of under 512 places is not worth its way
// through memory.
struct ImplicitParts {
  int64_t length, number;
  explicit ImplicitParts(const ConvolutionShape& s, int64_t elementBytes) {
    constexpr int64_t kBlocks = 512, kLeast = 512, kMostBytes = int64_t(64) << 20;
    const int64_t depth = s.batch * s.outHeight() * s.outWidth(), window = s.weightElements() / s.outChannels, ofGroup = s.outChannels / s.groups;
    const int64_t tileColumns = ofGroup <= kImplicitFewColumns ? kImplicitFewColumns : kImplicitColumns;
    const int64_t tiles = s.groups * ((window + kImplicitRows - 1) / kImplicitRows) * ((ofGroup + tileColumns - 1) / tileColumns);
    const int64_t fit = kMostBytes / (s.weightElements() * elementBytes);
    const int64_t wanted = std::max<int64_t>(1, std::min({(kBlocks + tiles - 1) / tiles, depth / kLeast, fit}));
    const int64_t each = (depth + wanted - 1) / wanted;
    length = (each + kImplicitDepth - 1) / kImplicitDepth * kImplicitDepth;
    number = (depth + length - 1) / length;
  }
};

}  // namespace kernels
