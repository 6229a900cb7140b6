// Convolution and its gradients by the definition, in double: each is a sum over the same (output, weight, input)
// triples.
#pragma once

#include <vector>

#include "kernels/conv.h"

namespace reference {

// Calls visit(input index, weight index, output index) for each product of the convolution.
template <class Visit>
void eachProduct(const kernels::ConvolutionShape& s, const Visit& visit) {
  const bool last = s.layout == kernels::Layout::channelsLast;
  const int64_t oh = s.outHeight(), ow = s.outWidth();
  const auto picture = [&](int64_t n, int64_t c, int64_t y, int64_t x, int64_t channels, int64_t height,
                           int64_t width) {
    return last ? ((n * height + y) * width + x) * channels + c : ((n * channels + c) * height + y) * width + x;
  };
  const int64_t ic = s.channels / s.groups, oc = s.outChannels / s.groups;
  for (int64_t n = 0; n < s.batch; ++n)
    for (int64_t o = 0; o < s.outChannels; ++o)
      for (int64_t y = 0; y < oh; ++y)
        for (int64_t x = 0; x < ow; ++x)
          for (int64_t i = 0; i < ic; ++i)
            for (int64_t ky = 0; ky < s.kernelHeight; ++ky)
              for (int64_t kx = 0; kx < s.kernelWidth; ++kx) {
                const int64_t iy = y * s.strideHeight - s.paddingTop + ky * s.dilationHeight;
                const int64_t ix = x * s.strideWidth - s.paddingLeft + kx * s.dilationWidth;
                if (iy < 0 || iy >= s.height || ix < 0 || ix >= s.width) continue;
                visit(picture(n, o / oc * ic + i, iy, ix, s.channels, s.height, s.width),
                      ((o * ic + i) * s.kernelHeight + ky) * s.kernelWidth + kx,
                      picture(n, o, y, x, s.outChannels, oh, ow));
              }
}

// A sum, and what its terms sum to without their signs: rounding errors are relative to that.
struct Sums {
  std::vector<double> value, size;
  explicit Sums(int64_t count) : value(size_t(count)), size(size_t(count)) {}
  void add(int64_t at, double term) {
    value[size_t(at)] += term;
    size[size_t(at)] += term < 0 ? -term : term;
  }
};

template <class T>
Sums convolution(const kernels::ConvolutionShape& s, const T* input, const T* weight, const T* bias) {
  Sums output(s.outputElements());
  eachProduct(s, [&](int64_t i, int64_t w, int64_t o) { output.add(o, double(input[i]) * double(weight[w])); });
  const int64_t plane = s.outHeight() * s.outWidth();
  if (s.bias)
    for (int64_t o = 0; o < s.outputElements(); ++o)
      output.add(o, bias[s.layout == kernels::Layout::channelsLast ? o % s.outChannels : o / plane % s.outChannels]);
  if (s.relu)
    for (double& value : output.value) value = value < 0 ? 0 : value;
  return output;
}

template <class T>
Sums inputGradient(const kernels::ConvolutionShape& s, const T* outputGradient, const T* weight, const T* mask) {
  Sums gradient(s.inputElements());
  eachProduct(s,
              [&](int64_t i, int64_t w, int64_t o) { gradient.add(i, double(outputGradient[o]) * double(weight[w])); });
  if (s.relu)
    for (int64_t i = 0; i < s.inputElements(); ++i)
      if (mask[i] <= 0) gradient.value[size_t(i)] = 0;
  return gradient;
}

template <class T>
Sums weightGradient(const kernels::ConvolutionShape& s, const T* input, const T* outputGradient) {
  Sums gradient(s.weightElements());
  eachProduct(s,
              [&](int64_t i, int64_t w, int64_t o) { gradient.add(w, double(input[i]) * double(outputGradient[o])); });
  return gradient;
}

}  // namespace reference
