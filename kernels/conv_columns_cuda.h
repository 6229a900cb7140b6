// Columns (im2col) for convolutions whose products cuBLAS does: kernels in which each thread writes one element of its own,
// so nothing depends on the order of threads. Pictures go in groups whose columns fit a bounded piece of memory.
#pragma once

#include <algorithm>

#include "kernels/conv.h"
#include "kernels/gemm.h"

namespace kernels {

// Sizes that the kernels need: the places of the output, and the pixels that a window sees within its group of
// channels.
struct ColumnSizes {
  int64_t places, window, ofGroup;
  explicit ColumnSizes(const ConvolutionShape& s)
      : places(s.outHeight() * s.outWidth()),
        window(s.weightElements() ? s.channels / s.groups * s.kernelHeight * s.kernelWidth : 0),
        ofGroup(s.weightElements() ? s.outChannels / s.groups : 0) {}
};

BOTH inline int64_t pixelOffset(const ConvolutionShape& s, int64_t picture, int64_t channel, int64_t y, int64_t x) {
  return s.layout == Layout::channelsLast ? ((picture * s.height + y) * s.width + x) * s.channels + channel
                                          : ((picture * s.channels + channel) * s.height + y) * s.width + x;
}

// columns (groups, pictures, window, places) from input.
template <class T>
__global__ void gatherColumns(ConvolutionShape s, ColumnSizes sizes, const T* input, T* columns, int64_t pictures,
                              int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const int64_t place = i % sizes.places, row = i / sizes.places % sizes.window;
  const int64_t picture = i / (sizes.places * sizes.window) % pictures;
  const int64_t group = i / (sizes.places * sizes.window * pictures);
  const int64_t kx = row % s.kernelWidth, ky = row / s.kernelWidth % s.kernelHeight;
  const int64_t channel = group * (s.channels / s.groups) + row / (s.kernelWidth * s.kernelHeight);
  const int64_t y = place / s.outWidth() * s.strideHeight - s.paddingTop + ky * s.dilationHeight;
  const int64_t x = place % s.outWidth() * s.strideWidth - s.paddingLeft + kx * s.dilationWidth;
  const bool inside = y >= 0 && y < s.height && x >= 0 && x < s.width;
  columns[i] = inside ? input[pixelOffset(s, picture, channel, y, x)] : T(0);
}

// The gradient of the input: each pixel adds up what the windows that see it say, always in the order of the window.
template <class T>
__global__ void addColumns(ConvolutionShape s, ColumnSizes sizes, const T* columns, T* input, int64_t pictures,
                           int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const int64_t x = i % s.width, y = i / s.width % s.height, channel = i / (s.width * s.height) % s.channels;
  const int64_t picture = i / (s.width * s.height * s.channels);
  const int64_t inGroup = s.channels / s.groups, group = channel / inGroup, outWidth = s.outWidth();
  T sum = 0;
  for (int64_t ky = 0; ky < s.kernelHeight; ++ky) {
    const int64_t down = y + s.paddingTop - ky * s.dilationHeight;
    if (down < 0 || down % s.strideHeight || down / s.strideHeight >= s.outHeight()) continue;
    for (int64_t kx = 0; kx < s.kernelWidth; ++kx) {
      const int64_t right = x + s.paddingLeft - kx * s.dilationWidth;
      if (right < 0 || right % s.strideWidth || right / s.strideWidth >= outWidth) continue;
      const int64_t row = (channel % inGroup * s.kernelHeight + ky) * s.kernelWidth + kx;
      sum += columns[((group * pictures + picture) * sizes.window + row) * sizes.places +
                     down / s.strideHeight * outWidth + right / s.strideWidth];
    }
  }
  input[pixelOffset(s, picture, channel, y, x)] = sum;
}

// to (pictures, columns, rows) from from (pictures, rows, columns): between channels first and last.
template <class T>
__global__ void turnPictures(const T* from, T* to, int64_t rows, int64_t columns, int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const int64_t row = i % rows, column = i / rows % columns, picture = i / (rows * columns);
  to[i] = from[(picture * rows + row) * columns + column];
}

// output[i] = bias[channel] + (add ? output[i] : 0), or 0 with `relu` where that is below it.
template <class T>
__global__ void addChannelBias(T* output, const T* bias, bool add, bool relu, int64_t channels, int64_t inner, int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const T before = add ? output[i] : T(0);
  const T sum = bias ? before + bias[i / inner % channels] : before;
  output[i] = relu && sum < 0 ? T(0) : sum;
}

// x[i] = 0 where the mask is not above 0.
template <class T>
__global__ void maskPictures(T* x, const T* mask, int64_t count) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count && mask[i] <= 0) x[i] = T(0);
}

// sum[i] = (add ? sum[i] : 0) + the parts' element i, in order; part p begins at p * stride.
template <class T>
__global__ void addParts(T* sum, const T* parts, bool add, int64_t number, int64_t stride) {
  const int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= stride) return;
  T result = add ? sum[i] : T(0);
  for (int64_t p = 0; p < number; ++p) result += parts[p * stride + i];
  sum[i] = result;
}

// Memory for columns: enough to keep a GPU busy, little beside a network's activations.
inline constexpr int64_t usualColumnBytes = int64_t(64) << 20;

// What the three have in common.
template <class T>
class CudaColumns {
 public:
  CudaColumns(const ConvolutionShape& shape, int64_t mostColumnBytes, bool partialWeights) : s(shape), sizes(shape) {
    empty = !s.inputElements() || !s.outputElements() || !s.weightElements();
    if (empty) return;
    const int64_t each = s.groups * sizes.window * sizes.places * int64_t(sizeof(T));
    together = std::clamp<int64_t>(mostColumnBytes / each, 1, s.batch);
    columnBytes = aligned(together * each);
    turnedBytes = last() ? aligned(together * s.outChannels * sizes.places * int64_t(sizeof(T))) : 0;
    partBytes = partialWeights ? aligned(together * sizes.ofGroup * sizes.window * int64_t(sizeof(T))) : 0;
  }
  int64_t scratchBytes() const { return columnBytes + turnedBytes + partBytes; }
  bool last() const { return s.layout == Layout::channelsLast; }
  int64_t inputSize() const { return s.channels * s.height * s.width; }
  int64_t outputSize() const { return s.outChannels * sizes.places; }
  T* columns(void* scratch) const { return static_cast<T*>(scratch); }
  T* turned(void* scratch) const { return reinterpret_cast<T*>(static_cast<char*>(scratch) + columnBytes); }
  T* parts(void* scratch) const {
    return reinterpret_cast<T*>(static_cast<char*>(scratch) + columnBytes + turnedBytes);
  }

  // Calls work(first picture, pictures) for all of them.
  template <class Work>
  void eachChunk(const Work& work) const {
    for (int64_t first = 0; first < s.batch; first += together) work(first, std::min(together, s.batch - first));
  }
  template <class... Parameters, class... Arguments>
  static void start(Cuda& device, int64_t count, void (*kernel)(Parameters...), const Arguments&... arguments) {
    constexpr int64_t block = 256;
    if (count > 0)
      launch(device, kernel, dim3(unsigned((count + block - 1) / block)), dim3(unsigned(block)), 0, arguments...);
  }
  void gather(Cuda& device, const T* input, int64_t first, int64_t pictures, void* scratch) const {
    const int64_t count = s.groups * pictures * sizes.window * sizes.places;
    start(device, count, gatherColumns<T>, s, sizes, input + first * inputSize(), columns(scratch), pictures, count);
  }
  // The gradient of the output of these pictures, channels first.
  const T* channelsFirst(Cuda& device, const T* gradient, int64_t first, int64_t pictures, void* scratch) const {
    if (!last()) return gradient + first * outputSize();
    const int64_t count = pictures * outputSize();
    start(device, count, turnPictures<T>, gradient + first * outputSize(), turned(scratch), sizes.places, s.outChannels,
          count);
    return turned(scratch);
  }

  ConvolutionShape s;
  ColumnSizes sizes;
  bool empty = false;
  int64_t together = 1;  // pictures at a time
  int64_t columnBytes = 0, turnedBytes = 0, partBytes = 0;

 private:
  static int64_t aligned(int64_t bytes) { return (bytes + 255) / 256 * 256; }
};

}  // namespace kernels
