// The kernels of batch norm, channel by channel, for pictures in any layout: batch_norm.cu has the formulas.
#pragma once
#include <cmath>

#include "engine/graph/op.h"
#include "kernels/channels.h"
#include "kernels/rows_of_channels.h"

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

// The same where the channels lie innermost, (rows, channels), for both devices. The mean and the variance come from one pass:
// from the sums of x - p and (x - p)^2, where p is the channel's first number, so that a large mean costs no digits.
// `scratch`: batchNormRowsBytes.
template <class T>
struct AroundFirst {
  const T* x;
  T first[kernels::RowsOfChannels::kLanes];
  BOTH void operator()(int64_t, int64_t i, int k, T& sum, T& square) const {
    const T d = x[i] - first[k];
    sum += d;
    square += d * d;
  }
};

template <class T>
struct NormalizeRows {
  const T *x, *mean, *scale, *bias;
  T* y;
  T low;
  BOTH void operator()(int64_t i, int64_t c) const {
    const T v = (x[i] - mean[c]) * scale[c] + bias[c];
    y[i] = v < low ? low : v;
  }
};

template <class T, class Device>
void normalizeRows(Device& device, const kernels::RowsOfChannels& shape, const BatchNormChannel<T>& n, void* scratch) {
  const int64_t channels = shape.channels;
  const T *x = n.x, *weight = n.weight, *bias = n.bias;
  T *mean = n.mean, *variance = n.variance;
  const T epsilon = T(n.epsilon);
  if (n.measures) {
    const double count = n.count;
    const bool empty = shape.rows == 0;
    kernels::sumRows<T>(
        device, shape,
        [=] BOTH(int64_t c, int lanes) {
          AroundFirst<T> around{x, {}};
          for (int k = 0; k < lanes && !empty; ++k) around.first[k] = x[c + k];
          return around;
        },
        [=] BOTH(int64_t c, double sum, double square) {
          const double shift = sum / count, spread = square / count - shift * shift;
          mean[c] = T((empty ? 0 : double(x[c])) + shift);
          variance[c] = spread < 0 ? T(0) : T(spread);
        },
        scratch);
  }
  T* const scale = static_cast<T*>(scratch);  // the sums are done with
  T* const shift = scale + channels;
  kernels::map(device, channels, [=] BOTH(int64_t c) {
    scale[c] = (weight ? weight[c] : T(1)) / std::sqrt(variance[c] + epsilon);
    shift[c] = bias ? bias[c] : T(0);
  });
  kernels::eachOfChannels(device, shape, NormalizeRows<T>{x, mean, scale, shift, n.y, n.relu ? T(0) : -T(INFINITY)});
}

template <class T, bool masked>
struct AroundMean {
  ArrivingGradient<T, masked> g;
  const T* x;
  T mean[kernels::RowsOfChannels::kLanes];
  BOTH void operator()(int64_t, int64_t i, int k, T& sum, T& weighted) const {
    const T slope = g(i);
    sum += slope;
    weighted += slope * (x[i] - mean[k]);
  }
};

// dx = (dy - average - (x - mean) bend) k
template <class T, bool masked>
struct NormalizeRowsGradient {
  ArrivingGradient<T, masked> g;
  const T *x, *mean, *k, *average, *bend;
  T* dx;
  BOTH void operator()(int64_t i, int64_t c) const { dx[i] = (g(i) - average[c] - (x[i] - mean[c]) * bend[c]) * k[c]; }
};

template <class T, bool masked, class Device>
void normalizeRowsGradient(Device& device, const kernels::RowsOfChannels& shape, const BatchNormGradientChannel<T, masked>& n, void* scratch) {
  const ArrivingGradient<T, masked> g{n.dy, n.mask};
  const T *x = n.x, *mean = n.mean, *variance = n.variance, *weight = n.weight;
  T *dweight = n.dweight, *dbias = n.dbias;
  const T epsilon = T(n.epsilon), share = T(1 / n.count);
  kernels::sumRows<T>(
      device, shape,
      [=] BOTH(int64_t c, int lanes) {
        AroundMean<T, masked> around{g, x, {}};
        for (int k = 0; k < lanes; ++k) around.mean[k] = mean[c + k];
        return around;
      },
      [=] BOTH(int64_t c, double sum, double weighted) {
        dbias[c] = T(sum);
        dweight[c] = T(weighted) / std::sqrt(variance[c] + epsilon);
      },
      scratch);
  T* const k = static_cast<T*>(scratch);
  T *const average = k + shape.channels, *const bend = average + shape.channels;
  kernels::map(device, shape.channels, [=] BOTH(int64_t c) {
    const T scale = 1 / std::sqrt(variance[c] + epsilon);
    k[c] = (weight ? weight[c] : T(1)) * scale;
    average[c] = dbias[c] * share;
    bend[c] = dweight[c] * share * scale;
  });
  kernels::eachOfChannels(device, shape, NormalizeRowsGradient<T, masked>{g, x, mean, k, average, bend, n.dx});
}

// Room for the sums, or for three numbers a channel.
template <class Device>
int64_t batchNormRowsBytes(const Device& device, const kernels::RowsOfChannels& rows) {
  const int64_t sums = kernels::sumRowsScratchBytes(device, rows), perChannel = 3 * int64_t(sizeof(double)) * rows.channels;
  return sums > perChannel ? sums : perChannel;
}

}  // namespace engine
