// Convolution on CUDA goes one of three ways, by the shape and by how cuBLAS was told to multiply:
//
// * one pixel, channels last: it is a matrix product as it lies, for cuBLAS;
// * products whose elements are read from the pictures where they lie (conv_implicit_cuda.h), which need no memory;
// * with TF32, which whoever made the handle chose (cublasSetMathMode): columns, and products by cuBLAS, since that knows the
//   tensor cores (conv_columns_cuda.h).
//
// Included by conv.h in files that are compiled for CUDA.
#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

#include "kernels/conv_columns_cuda.h"
#include "kernels/conv_implicit_cuda.h"
#include "kernels/gemm.h"

namespace kernels {

enum class ConvolutionWay : uint8_t { nothing, product, implicit, columns };

template <class T>
ConvolutionWay convolutionWay(const Cuda& device, const ConvolutionShape& s) {
  if (!s.inputElements() || !s.outputElements() || !s.weightElements()) return ConvolutionWay::nothing;
  const bool isOnePixel = s.kernelHeight == 1 && s.kernelWidth == 1 && s.strideHeight == 1 && s.strideWidth == 1 && !s.paddingTop &&
                          !s.paddingLeft && !s.paddingBottom && !s.paddingRight;
  const bool isCounted = s.batch * s.height * s.width <= std::numeric_limits<int>::max();  // cuBLAS's rows are of 32 bits
  if (isOnePixel && s.groups == 1 && s.layout == Layout::channelsLast && isCounted) return ConvolutionWay::product;
  // Pixels are counted in 32 bits there. (No picture is as wide; but a shape may say so.)
  constexpr int64_t kMost = int64_t(1) << 30;
  const auto reach = [](int64_t size, int64_t padding, int64_t kernel, int64_t dilation) { return size + padding + kernel * dilation; };
  if (std::max(reach(s.height, s.paddingTop + s.paddingBottom, s.kernelHeight, s.dilationHeight),
               reach(s.width, s.paddingLeft + s.paddingRight, s.kernelWidth, s.dilationWidth)) > kMost ||
      s.weightElements() > kMost)
    return ConvolutionWay::columns;
  cublasMath_t mode = CUBLAS_DEFAULT_MATH;
  const bool known = cublasGetMathMode(device.blas, &mode) == CUBLAS_STATUS_SUCCESS;
  return std::is_same_v<T, float> && known && mode == CUBLAS_TF32_TENSOR_OP_MATH ? ConvolutionWay::columns : ConvolutionWay::implicit;
}

// Calls work(layout) with the layout as a constant.
template <class Work>
void withLayout(Layout layout, const Work& work) {
  if (layout == Layout::channelsLast) work(std::integral_constant<Layout, Layout::channelsLast>());
  else work(std::integral_constant<Layout, Layout::canonical>());
}

template <class T>
class ConvolutionForward<T, Cuda> {
 public:
  ConvolutionForward(const Cuda& device, const ConvolutionShape& shape, int64_t mostColumnBytes = usualColumnBytes)
      : way_(convolutionWay<T>(device, shape)), s_(shape), columns_(shape, mostColumnBytes, false),
        product_(device, {.m = shape.batch * shape.height * shape.width,
                          .n = shape.outChannels,
                          .k = shape.channels,
                          .transposeB = true,
                          .bias = shape.bias,
                          .relu = shape.relu}) {}
  int64_t scratchBytes() const { return way_ == ConvolutionWay::columns ? columns_.scratchBytes() : 0; }
  void run(Cuda& device, const T* input, const T* weight, const T* bias, T* output, void* scratch) const {
    const T* const addend = s_.bias ? bias : nullptr;
    switch (way_) {
      case ConvolutionWay::nothing: return finish(device, addend, output, false);
      case ConvolutionWay::product: return product_.run(device, input, weight, addend, output, nullptr);
      case ConvolutionWay::implicit:
        return withLayout(s_.layout, [&](auto layout) {
          using Operands = ImplicitForward<T, layout.value>;
          const typename Operands::Places places(s_);
          const int64_t depth = places.window();
          implicitProductOf<T>(device, Operands{places, input, weight, addend, output},
                               {.rows = s_.batch * places.places, .depth = depth, .columns = places.ofGroup, .groups = int(s_.groups), .partLength = depth});
        });
      case ConvolutionWay::columns: return byColumns(device, input, weight, addend, output, scratch);
    }
  }

 private:
  void finish(Cuda& device, const T* bias, T* output, bool add) const {
    const int64_t count = s_.outputElements(), inner = columns_.last() ? 1 : columns_.sizes.places;
    columns_.start(device, count, addChannelBias<T>, output, bias, add, s_.relu, s_.outChannels, inner, count);
  }
  void byColumns(Cuda& device, const T* input, const T* weight, const T* bias, T* output, void* scratch) const {
    const auto& c = columns_;
    const int64_t places = c.sizes.places, window = c.sizes.window, ofGroup = c.sizes.ofGroup;
    c.eachChunk([&](int64_t first, int64_t pictures) {
      c.gather(device, input, first, pictures, scratch);
      T* const result = output + first * c.outputSize();
      T* const to = c.last() ? c.turned(scratch) : result;
      const Product<T, Cuda> product(
          device, {.batch = pictures, .m = ofGroup, .n = places, .k = window, .strideB = window * places, .strideC = c.outputSize()});
      for (int64_t g = 0; g < s_.groups; ++g)
        product.run(device, weight + g * ofGroup * window, c.columns(scratch) + g * pictures * window * places, nullptr,
                    to + g * ofGroup * places, nullptr);
      const int64_t count = pictures * c.outputSize();
      if (c.last()) c.start(device, count, turnPictures<T>, to, result, s_.outChannels, places, count);
    });
    if (s_.bias || s_.relu) finish(device, bias, output, true);
  }

  ConvolutionWay way_;
  ConvolutionShape s_;
  CudaColumns<T> columns_;
  Product<T, Cuda> product_;
};

template <class T>
class ConvolutionBackwardData<T, Cuda> {
 public:
  ConvolutionBackwardData(const Cuda& device, const ConvolutionShape& shape, int64_t mostColumnBytes = usualColumnBytes)
      : way_(convolutionWay<T>(device, shape)), s_(shape), columns_(shape, mostColumnBytes, false),
        product_(device, {.m = shape.batch * shape.height * shape.width,
                          .n = shape.channels,
                          .k = shape.outChannels,
                          .masked = shape.relu}) {}
  int64_t scratchBytes() const { return way_ == ConvolutionWay::columns ? columns_.scratchBytes() : 0; }
  void run(Cuda& device, const T* outputGradient, const T* weight, const T* mask, T* inputGradient, void* scratch) const {
    const T* const kept = s_.relu ? mask : nullptr;
    switch (way_) {
      case ConvolutionWay::nothing: {
        const int64_t count = s_.inputElements();
        return columns_.start(device, count, addChannelBias<T>, inputGradient, static_cast<const T*>(nullptr), false, false, int64_t(1),
                              int64_t(1), count);
      }
      case ConvolutionWay::product: return product_.run(device, outputGradient, weight, nullptr, inputGradient, nullptr, kept);
      case ConvolutionWay::implicit:
        return withLayout(s_.layout, [&](auto layout) {
          using Operands = ImplicitBackwardData<T, layout.value>;
          const typename Operands::Places places(s_);
          const int64_t depth = int64_t(places.ofGroup) * places.windowPixels;
          implicitProductOf<T>(device, Operands{places, outputGradient, weight, kept, inputGradient},
                               {.rows = s_.batch * s_.height * s_.width, .depth = depth, .columns = places.inGroup, .groups = int(s_.groups), .partLength = depth});
        });
      case ConvolutionWay::columns: return byColumns(device, outputGradient, weight, kept, inputGradient, scratch);
    }
  }

 private:
  void byColumns(Cuda& device, const T* outputGradient, const T* weight, const T* mask, T* inputGradient, void* scratch) const {
    const auto& c = columns_;
    const int64_t places = c.sizes.places, window = c.sizes.window, ofGroup = c.sizes.ofGroup;
    c.eachChunk([&](int64_t first, int64_t pictures) {
      const T* const from = c.channelsFirst(device, outputGradient, first, pictures, scratch);
      const Product<T, Cuda> product(device, {.batch = pictures,
                                              .m = window,
                                              .n = places,
                                              .k = ofGroup,
                                              .transposeA = true,
                                              .strideB = c.outputSize(),
                                              .strideC = window * places});
      for (int64_t g = 0; g < s_.groups; ++g)
        product.run(device, weight + g * ofGroup * window, from + g * ofGroup * places, nullptr,
                    c.columns(scratch) + g * pictures * window * places, nullptr);
      const int64_t count = pictures * c.inputSize();
      c.start(device, count, addColumns<T>, s_, c.sizes, static_cast<const T*>(c.columns(scratch)), inputGradient + first * c.inputSize(),
              pictures, count);
    });
    if (mask) c.start(device, s_.inputElements(), maskPictures<T>, inputGradient, mask, s_.inputElements());
  }

  ConvolutionWay way_;
  ConvolutionShape s_;
  CudaColumns<T> columns_;
  Product<T, Cuda> product_;
};

template <class T>
class ConvolutionBackwardWeights<T, Cuda> {
 public:
  ConvolutionBackwardWeights(const Cuda& device, const ConvolutionShape& shape, int64_t mostColumnBytes = usualColumnBytes)
      : way_(convolutionWay<T>(device, shape)), s_(shape), columns_(shape, mostColumnBytes, true),
        product_(device, {.m = shape.outChannels, .n = shape.channels, .k = shape.batch * shape.height * shape.width, .transposeA = true}) {
    if (way_ != ConvolutionWay::implicit) return;
    const ImplicitParts parts(s_, int64_t(sizeof(T)));
    partLength_ = parts.length, parts_ = parts.number;
  }
  int64_t scratchBytes() const {
    if (way_ == ConvolutionWay::columns) return columns_.scratchBytes();
    return parts_ > 1 ? parts_ * s_.weightElements() * int64_t(sizeof(T)) : 0;
  }
  void run(Cuda& device, const T* input, const T* outputGradient, T* weightGradient, void* scratch) const {
    const int64_t count = s_.weightElements();
    switch (way_) {
      case ConvolutionWay::nothing:
        return columns_.start(device, count, addChannelBias<T>, weightGradient, static_cast<const T*>(nullptr), false, false, int64_t(1),
                              int64_t(1), count);
      case ConvolutionWay::product: return product_.run(device, outputGradient, input, nullptr, weightGradient, nullptr);
      case ConvolutionWay::implicit: {
        T* const sums = parts_ > 1 ? static_cast<T*>(scratch) : weightGradient;
        withLayout(s_.layout, [&](auto layout) {
          using Operands = ImplicitBackwardWeights<T, layout.value>;
          const typename Operands::Places places(s_);
          implicitProductOf<T>(device, Operands{places, input, outputGradient, sums},
                               {.rows = places.window(), .depth = s_.batch * places.places, .columns = places.ofGroup, .groups = int(s_.groups), .partLength = partLength_},
                               parts_);
        });
        if (parts_ > 1) columns_.start(device, count, addParts<T>, weightGradient, static_cast<const T*>(sums), false, parts_, count);
        return;
      }
      case ConvolutionWay::columns: return byColumns(device, input, outputGradient, weightGradient, scratch);
    }
  }

 private:
  void byColumns(Cuda& device, const T* input, const T* outputGradient, T* weightGradient, void* scratch) const {
    const auto& c = columns_;
    const int64_t places = c.sizes.places, window = c.sizes.window, ofGroup = c.sizes.ofGroup;
    c.eachChunk([&](int64_t first, int64_t pictures) {
      c.gather(device, input, first, pictures, scratch);
      const T* const from = c.channelsFirst(device, outputGradient, first, pictures, scratch);
      const Product<T, Cuda> product(device, {.batch = pictures,
                                              .m = ofGroup,
                                              .n = window,
                                              .k = places,
                                              .transposeB = true,
                                              .strideA = c.outputSize(),
                                              .strideB = window * places,
                                              .strideC = ofGroup * window});
      for (int64_t g = 0; g < s_.groups; ++g) {
        product.run(device, from + g * ofGroup * places, c.columns(scratch) + g * pictures * window * places, nullptr, c.parts(scratch),
                    nullptr);
        c.start(device, ofGroup * window, addParts<T>, weightGradient + g * ofGroup * window, static_cast<const T*>(c.parts(scratch)),
                first > 0, pictures, ofGroup * window);
      }
    });
  }

  ConvolutionWay way_;
  ConvolutionShape s_;
  CudaColumns<T> columns_;
  Product<T, Cuda> product_;
  int64_t partLength_ = 0, parts_ = 1;
};

}  // namespace kernels
