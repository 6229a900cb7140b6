// Two-dimensional convolution (cross-correlation, as in PyTorch) and its two gradients, bound to their shape once and
// run many times. As in gemm.h: run chooses, looks up, locks and allocates nothing of ours; slices of the batch are
// fixed by the shape alone, and the gradient of the weights is the sum of the slices' in a fixed tree, so the result
// has the same bits for any number of threads; one object must not run twice at once.
//
// Weights are (outChannels, channels / groups, kernelHeight, kernelWidth), row-major, whatever the layout of the
// pictures.
#pragma once

#include <memory>

#include "kernels/device.h"

namespace kernels {

// How pictures lie in memory; their logical shape is (batch, channels, height, width) either way.
enum class Layout : uint8_t { canonical, channelsLast };

struct ConvolutionShape {
  int64_t batch = 0, channels = 0, height = 0, width = 0;  // of the input
  int64_t outChannels = 0;
  int64_t kernelHeight = 1, kernelWidth = 1;
  int64_t strideHeight = 1, strideWidth = 1;
  int64_t paddingTop = 0, paddingLeft = 0, paddingBottom = 0, paddingRight = 0;  // pixels of zero
  int64_t dilationHeight = 1, dilationWidth = 1;                                 // 1: neighbouring pixels
  int64_t groups = 1;                                                            // divides channels and outChannels
  bool bias = false;  // forward adds bias[output channel]; the gradient of a bias is a sum of the op's own
  bool relu = false;  // forward sets what is below 0 to 0, after the bias; the gradient of the input is 0 where the mask is
                      // not above 0
  Layout layout = Layout::canonical;
  bool prepared = false;  // forward reads weights that prepare() has put in order, where it wants them in another one

  BOTH static int64_t outSize(int64_t size, int64_t padding, int64_t kernel, int64_t stride, int64_t dilation) {
    const int64_t room = size + padding - dilation * (kernel - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
  }
  BOTH int64_t outHeight() const {
    return outSize(height, paddingTop + paddingBottom, kernelHeight, strideHeight, dilationHeight);
  }
  BOTH int64_t outWidth() const {
    return outSize(width, paddingLeft + paddingRight, kernelWidth, strideWidth, dilationWidth);
  }
  BOTH int64_t inputElements() const { return batch * channels * height * width; }
  BOTH int64_t outputElements() const { return batch * outChannels * outHeight() * outWidth(); }
  BOTH int64_t weightElements() const {
    return groups ? outChannels * (channels / groups) * kernelHeight * kernelWidth : 0;
  }
  bool operator==(const ConvolutionShape&) const = default;
};

enum class ConvolutionKind : uint8_t { forward, backwardData, backwardWeights };

template <class T, class Device>
class ConvolutionForward;  // output = input * weight [+ bias]
template <class T, class Device>
class ConvolutionBackwardData;  // the gradient of the input, from that of the output and the weights
template <class T, class Device>
class ConvolutionBackwardWeights;  // the gradient of the weights, from the input and the gradient of the output

// `scratch`: scratchBytes() bytes aligned to 64, of any content. Results are written whole and overlap no operand. An
// empty batch is allowed: the gradient of the weights is then 0.

template <class T>
class ConvolutionForward<T, Cpu> {
 public:
  ConvolutionForward(const Cpu&, const ConvolutionShape&);
  ~ConvolutionForward();
  ConvolutionForward(ConvolutionForward&&) noexcept;
  ConvolutionForward& operator=(ConvolutionForward&&) noexcept;
  int64_t scratchBytes() const;
  // Of the weights in the order that run reads; 0: in their own, and nothing is to be prepared.
  int64_t preparedBytes() const;
  void prepare(Cpu&, const T* weight, void* prepared) const;
  // `weight`: where preparedBytes() is above 0, what prepare() made of them.
  void run(Cpu&, const T* input, const T* weight, const T* bias, T* output, void* scratch) const;

 private:
  struct Bound;
  std::unique_ptr<Bound> bound_;
};

template <class T>
class ConvolutionBackwardData<T, Cpu> {
 public:
  ConvolutionBackwardData(const Cpu&, const ConvolutionShape&);
  ~ConvolutionBackwardData();
  ConvolutionBackwardData(ConvolutionBackwardData&&) noexcept;
  ConvolutionBackwardData& operator=(ConvolutionBackwardData&&) noexcept;
  int64_t scratchBytes() const;
  // `mask`: as large as the input, read if the shape says relu.
  void run(Cpu&, const T* outputGradient, const T* weight, const T* mask, T* inputGradient, void* scratch) const;

 private:
  struct Bound;
  std::unique_ptr<Bound> bound_;
};

template <class T>
class ConvolutionBackwardWeights<T, Cpu> {
 public:
  ConvolutionBackwardWeights(const Cpu&, const ConvolutionShape&);
  ~ConvolutionBackwardWeights();
  ConvolutionBackwardWeights(ConvolutionBackwardWeights&&) noexcept;
  ConvolutionBackwardWeights& operator=(ConvolutionBackwardWeights&&) noexcept;
  int64_t scratchBytes() const;
  void run(Cpu&, const T* input, const T* outputGradient, T* weightGradient, void* scratch) const;

 private:
  struct Bound;
  std::unique_ptr<Bound> bound_;
};

extern template class ConvolutionForward<float, Cpu>;
extern template class ConvolutionForward<double, Cpu>;
extern template class ConvolutionBackwardData<float, Cpu>;
extern template class ConvolutionBackwardData<double, Cpu>;
extern template class ConvolutionBackwardWeights<float, Cpu>;
extern template class ConvolutionBackwardWeights<double, Cpu>;

}  // namespace kernels

#ifdef KERNELS_CUDA
#include "kernels/conv_cuda.h"
#endif
