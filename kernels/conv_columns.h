// Convolution as matrix products over columns: each place of the output becomes a column with the pixels that its
// window sees (im2col). The way in double precision, and in float where oneDNN has none.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "kernels/conv_library.h"
#include "kernels/gemm.h"

namespace kernels {

template <class T>
class ColumnConvolution {
 public:
  ColumnConvolution(ConvolutionKind kind, const ConvolutionShape& s) : kind_(kind), s_(s) {
    places_ = s.outHeight() * s.outWidth();
    window_ = s.channels / s.groups * s.kernelHeight * s.kernelWidth;
    ofGroup_ = s.outChannels / s.groups;
    for (const BatchSlice& slice : batchSlices(s, mostSlices)) {
      Product<T, Cpu> product = makeProduct();
      productBytes_ = product.scratchBytes();
      slices_.push_back({slice, std::move(product)});
    }
  }

  int64_t scratchBytes() const { return weightArea() + sliceBytes() * int64_t(slices_.size()); }

  void run(Cpu& cpu, const T* input, const T* weight, const T* bias, const T* output, void* scratch) const {
    char* const memory = static_cast<char*>(scratch);
    forSlices(cpu, int(slices_.size()), [&](int slice) { runSlice(slice, input, weight, bias, output, memory); });
    if (kind_ == ConvolutionKind::backwardWeights)
      sumInTree(cpu, static_cast<T*>(scratch), weightBytes() / int64_t(sizeof(T)), int(slices_.size()),
                s_.weightElements(), const_cast<T*>(weight));
  }

 private:
  static constexpr int mostSlices = 8;
  struct Slice {
    BatchSlice batch;
    Product<T, Cpu> product;
  };

  static int64_t bytes(int64_t elements) { return (elements * int64_t(sizeof(T)) + 63) / 64 * 64; }
  int64_t weightBytes() const { return bytes(s_.weightElements()); }
  int64_t weightArea() const {
    return kind_ == ConvolutionKind::backwardWeights ? weightBytes() * int64_t(slices_.size()) : 0;
  }
  bool last() const { return s_.layout == Layout::channelsLast; }
  int64_t columnBytes() const { return bytes(window_ * places_); }
  int64_t outputBytes() const { return last() ? bytes(s_.outChannels * places_) : 0; }  // one picture, channels first
  int64_t sliceBytes() const { return columnBytes() + outputBytes() + productBytes_; }

  Product<T, Cpu> makeProduct() const {
    const Cpu cpu;  // a slice is on one thread
    switch (kind_) {
      case ConvolutionKind::forward: return {cpu, {.m = ofGroup_, .n = places_, .k = window_}};
      case ConvolutionKind::backwardData: return {cpu, {.m = window_, .n = places_, .k = ofGroup_, .transposeA = true}};
      case ConvolutionKind::backwardWeights: break;
    }
    return {cpu, {.m = ofGroup_, .n = window_, .k = places_, .transposeB = true, .accumulate = true}};
  }

  // Calls visit(column, first input pixel, step, count, row) for each row of the columns and each line of the output:
  // the part of it whose windows are inside the picture there. `visit` gets offsets.
  template <class Visit>
  void eachRun(int64_t group, const Visit& visit) const {
    const int64_t pixel = last() ? s_.channels : 1, line = pixel * s_.width;
    const int64_t outWidth = s_.outWidth(), outHeight = s_.outHeight(), channels = s_.channels / s_.groups;
    for (int64_t row = 0; row < window_; ++row) {
      const int64_t kx = row % s_.kernelWidth, ky = row / s_.kernelWidth % s_.kernelHeight;
      const int64_t channel = group * channels + row / (s_.kernelWidth * s_.kernelHeight);
      const int64_t plane = last() ? channel : channel * s_.height * s_.width;
      const int64_t left = kx * s_.dilationWidth - s_.paddingLeft;  // of the input, for the output's column 0
      const int64_t begin = left >= 0 ? 0 : std::min(outWidth, (-left + s_.strideWidth - 1) / s_.strideWidth);
      const int64_t inside = s_.width - left;  // input columns from there on
      const int64_t end = inside <= 0 ? begin : std::max(begin, std::min(outWidth, (inside - 1) / s_.strideWidth + 1));
      for (int64_t y = 0; y < outHeight; ++y) {
        const int64_t iy = y * s_.strideHeight - s_.paddingTop + ky * s_.dilationHeight;
        const bool outside = iy < 0 || iy >= s_.height;
        const int64_t count = outside ? 0 : end - begin;
        const int64_t first = outside || !count ? 0 : plane + iy * line + (left + begin * s_.strideWidth) * pixel;
        visit(row * places_ + y * outWidth, begin, count, first, pixel * s_.strideWidth);
      }
    }
  }

  void gather(const T* picture, int64_t group, T* columns) const {
    eachRun(group, [&](int64_t column, int64_t begin, int64_t count, int64_t first, int64_t step) {
      T* __restrict to = columns + column;
      const T* __restrict from = picture + first;
      std::fill(to, to + begin, T(0));
      for (int64_t i = 0; i < count; ++i) to[begin + i] = from[i * step];
      std::fill(to + begin + count, to + s_.outWidth(), T(0));
    });
  }
  void scatter(const T* columns, int64_t group, T* picture) const {
    eachRun(group, [&](int64_t column, int64_t begin, int64_t count, int64_t first, int64_t step) {
      const T* __restrict from = columns + column + begin;
      T* __restrict to = picture + first;
      for (int64_t i = 0; i < count; ++i) to[i * step] += from[i];
    });
  }

  void runSlice(int index, const T* input, const T* weight, const T* bias, const T* output, char* scratch) const {
    const Slice& slice = slices_[size_t(index)];
    T* const partial = reinterpret_cast<T*>(scratch + index * weightBytes());
    char* own = scratch + weightArea() + index * sliceBytes();
    T* const columns = reinterpret_cast<T*>(own);
    T* const turned = reinterpret_cast<T*>(own + columnBytes());
    void* const forProduct = own + columnBytes() + outputBytes();
    Cpu cpu;
    const int64_t inputSize = s_.channels * s_.height * s_.width, outputSize = s_.outChannels * places_;
    const int64_t weightsOfGroup = ofGroup_ * window_;
    if (kind_ == ConvolutionKind::backwardWeights) std::fill(partial, partial + s_.weightElements(), T(0));
    for (int64_t n = slice.batch.begin; n < slice.batch.begin + slice.batch.count; ++n) {
      const T* const picture = input + n * inputSize;
      const T* const result = output + n * outputSize;
      T* const first = last() ? turned : const_cast<T*>(result);  // the output, channels first
      if (last() && kind_ != ConvolutionKind::forward)
        for (int64_t p = 0; p < places_; ++p)
          for (int64_t c = 0; c < s_.outChannels; ++c) first[c * places_ + p] = result[p * s_.outChannels + c];
      if (kind_ == ConvolutionKind::backwardData)
        std::fill(const_cast<T*>(picture), const_cast<T*>(picture) + inputSize, T(0));
      for (int64_t g = 0; g < s_.groups; ++g) {
        T* const ofGroup = first + g * ofGroup_ * places_;
        const T* const weights = weight + g * weightsOfGroup;
        if (kind_ == ConvolutionKind::backwardData) {
          slice.product.run(cpu, weights, ofGroup, nullptr, columns, forProduct);
          scatter(columns, g, const_cast<T*>(picture));
        } else {
          gather(picture, g, columns);
          if (kind_ == ConvolutionKind::forward) slice.product.run(cpu, weights, columns, nullptr, ofGroup, forProduct);
          else slice.product.run(cpu, ofGroup, columns, nullptr, partial + g * weightsOfGroup, forProduct);
        }
      }
      if (kind_ != ConvolutionKind::forward) continue;
      if (s_.bias)
        for (int64_t c = 0; c < s_.outChannels; ++c)
          for (int64_t p = 0; p < places_; ++p) first[c * places_ + p] += bias[c];
      if (last())
        for (int64_t p = 0; p < places_; ++p)
          for (int64_t c = 0; c < s_.outChannels; ++c)
            const_cast<T*>(result)[p * s_.outChannels + c] = first[c * places_ + p];
    }
  }

  ConvolutionKind kind_;
  ConvolutionShape s_;
  int64_t places_, window_, ofGroup_;  // of the output; pixels in a window; output channels of a group
  int64_t productBytes_ = 0;
  std::vector<Slice> slices_;
};

}  // namespace kernels
