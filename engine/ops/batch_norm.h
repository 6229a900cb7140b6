// The kernels of batch norm, channel by channel, for pictures in any layout: batch_norm.cu has the formulas.
#pragma once
#include <cmath>

#include "engine/graph/op.h"
#include "kernels/channels.h"

namespace engine {

template <class T>
struct BatchNormChannel {
  const T* x;              // (N, C, inner)
  const T *weight, *bias;  // (C) or null
  T* y;                    // (N, C, inner)
  T *mean, *variance;      // (C); given when evaluating
  double count, epsilon;
  bool measures;  // whether mean and variance are the batch's
  bool relu = false;

  template <class Channels>
  BOTH void operator()(const Channels& channels) const {
    const T *in = x, *w = weight, *b = bias;
    T *out = y, *m = mean, *v = variance;
    const double n = count, eps = epsilon;
    const T low = relu ? T(0) : -T(INFINITY);
    if (measures) {
      channels.sum([=](int64_t) { return [=](int64_t i, int64_t) { return in[i]; }; },
                   [=](int64_t c, double sum) { m[c] = T(sum / n); });
      channels.sum(
          [=](int64_t c) {
            const T middle = m[c];
            return [=](int64_t i, int64_t) { return (in[i] - middle) * (in[i] - middle); };
          },
          [=](int64_t c, double sum) { v[c] = T(sum / n); });
    }
    channels.each([=](int64_t c) {
      const T middle = m[c], scale = (w ? w[c] : T(1)) / std::sqrt(v[c] + T(eps)), shift = b ? b[c] : T(0);
      const T least = low;
      return [=](int64_t i, int64_t) {
        const T value = (in[i] - middle) * scale + shift;
        out[i] = value < least ? least : value;
      };
    });
  }
};

// dy, and with `masked` only where the mask is above 0: the gradient of a ReLU that gave it.
template <class T, bool masked>
struct ArrivingGradient {
  const T *dy, *mask;
  BOTH T operator()(int64_t i) const {
    if constexpr (masked) return mask[i] <= 0 ? T(0) : dy[i];
    else return dy[i];
  }
};

// With `masked`, dy counts only where the mask is above 0.
template <class T, bool masked = false>
struct BatchNormGradientChannel {
  const T *dy, *x;          // (N, C, inner)
  const T *mean, *variance;  // (C)
  const T* weight;          // (C) or null
  T* dx;                    // (N, C, inner)
  T *dweight, *dbias;       // (C)
  double count, epsilon;
  const T* mask = nullptr;  // (N, C, inner)

  template <class Channels>
  BOTH void operator()(const Channels& channels) const {
    const ArrivingGradient<T, masked> g{dy, mask};
    const T *in = x, *m = mean, *v = variance, *w = weight;
    T *out = dx, *dw = dweight, *db = dbias;
    const T eps = T(epsilon), share = T(1 / count);
    channels.sums([=](int64_t) { return [=](int64_t i, int64_t) { return g(i); }; },
                  [=](int64_t c) {
                    const T middle = m[c];
                    return [=](int64_t i, int64_t) { return g(i) * (in[i] - middle); };
                  },
                  [=](int64_t c, double sum, double weighted) {
                    db[c] = T(sum);
                    dw[c] = T(weighted) / std::sqrt(v[c] + eps);
                  });
    channels.each([=](int64_t c) {
      const T middle = m[c], scale = 1 / std::sqrt(v[c] + eps), k = (w ? w[c] : T(1)) * scale;
      const T average = db[c] * share, bend = dw[c] * share * scale;
      return [=](int64_t i, int64_t) { out[i] = (g(i) - average - (in[i] - middle) * bend) * k; };
    });
  }
};

}  // namespace engine
