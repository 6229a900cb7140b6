// Channel programs: kernels that reduce over all axes but the channels of (batch, channels, inner) (batch norm, the
// gradients of scales and offsets), written once for both devices. A program sees a few channels at a time and may ask
// for sums over each, and visit their elements. What it gives is a function of a channel that returns a function of an
// element, so that what belongs to the channel is read once:
//
//   channels.sum([=](int64_t c) { return [=](int64_t i, int64_t n) { return x[i]; }; },   // element i, of sample n
//                [=](int64_t c, double sum) { mean[c] = T(sum / count); });
//
// Cpu: a thread a slice of channels; elements of one channel are vectors, or, where inner is 1, neighbouring channels.
// Cuda: a block a channel; after a sum all threads see what was written for it, and between two of each() and sum() what
// each() wrote may be read at the same index only.
//
// Sums add up runs of elements in their own type and the runs in double, in an order that the shape alone decides.
#pragma once
#include "kernels/device.h"
#include "kernels/rows.h"

namespace kernels {

struct ChannelShape {
  int64_t batch, channels, inner;
};

struct CpuChannels {
  static constexpr int kGroup = 16;    // neighbouring channels taken together where inner is 1: a cache line of floats
  static constexpr int64_t kRun = 256;  // samples that are added up in their own type

  ChannelShape shape;
  int64_t first, last;  // channels of the group

  template <class F, class Finish>
  void sum(F f, Finish finish) const {
    if (shape.inner == 1) return sumNeighbours(f, finish);
    for (int64_t c = first; c < last; ++c) {
      const auto g = f(c);
      double all = 0;
      for (int64_t n = 0; n < shape.batch; ++n) {
        const int64_t begin = (n * shape.channels + c) * shape.inner, end = begin + shape.inner;
        decltype(g(begin, n)) v = 0;
#pragma omp simd reduction(+ : v)
        for (int64_t i = begin; i < end; ++i) v += g(i, n);
        all += double(v);
      }
      finish(c, all);
    }
  }
  // Two sums in one pass: finish(channel, sum of f, sum of g).
  template <class F, class G, class Finish>
  void sums(F f, G g, Finish finish) const {
    if (shape.inner == 1) {
      double ofF[kGroup], ofG[kGroup];
      sumNeighbours(f, [&](int64_t c, double sum) { ofF[c - first] = sum; });
      sumNeighbours(g, [&](int64_t c, double sum) { ofG[c - first] = sum; });
      for (int64_t c = first; c < last; ++c) finish(c, ofF[c - first], ofG[c - first]);
      return;
    }
    for (int64_t c = first; c < last; ++c) {
      const auto a = f(c);
      const auto b = g(c);
      double allA = 0, allB = 0;
      for (int64_t n = 0; n < shape.batch; ++n) {
        const int64_t begin = (n * shape.channels + c) * shape.inner, end = begin + shape.inner;
        decltype(a(begin, n)) v = 0, w = 0;
#pragma omp simd reduction(+ : v, w)
        for (int64_t i = begin; i < end; ++i) v += a(i, n), w += b(i, n);
        allA += double(v), allB += double(w);
      }
      finish(c, allA, allB);
    }
  }
  template <class F>
  void each(F f) const {
    if (shape.inner == 1) {
      for (int64_t n = 0; n < shape.batch; ++n) {
        const int64_t row = n * shape.channels;
#pragma omp simd
        for (int64_t c = first; c < last; ++c) f(c)(row + c, n);
      }
      return;
    }
    for (int64_t c = first; c < last; ++c) {
      const auto g = f(c);
      for (int64_t n = 0; n < shape.batch; ++n) {
        const int64_t begin = (n * shape.channels + c) * shape.inner, end = begin + shape.inner;
#pragma omp simd
        for (int64_t i = begin; i < end; ++i) g(i, n);
      }
    }
  }

 private:
  template <class F, class Finish>
  void sumNeighbours(F f, Finish finish) const {
    const int width = int(last - first);
    double all[kGroup] = {};
    for (int64_t from = 0; from < shape.batch; from += kRun) {
      const int64_t to = from + kRun < shape.batch ? from + kRun : shape.batch;
      decltype(f(first)(first, from)) part[kGroup] = {};
      for (int64_t n = from; n < to; ++n) {
        const int64_t row = n * shape.channels + first;
        if (width == kGroup) {
#pragma omp simd
          for (int k = 0; k < kGroup; ++k) part[k] += f(first + k)(row + k, n);
        } else {
          for (int k = 0; k < width; ++k) part[k] += f(first + k)(row + k, n);
        }
      }
      for (int k = 0; k < width; ++k) all[k] += double(part[k]);
    }
    for (int k = 0; k < width; ++k) finish(first + k, all[k]);
  }
};

inline constexpr int64_t kChannelGrain = 8192;  // elements in a slice of channels at least

template <class Program>
void forEachChannel(Cpu& cpu, const ChannelShape& shape, const Program& program) {
  if (shape.channels == 0) return;
  const int64_t width = shape.inner == 1 ? CpuChannels::kGroup : 1;
  const int64_t groups = (shape.channels + width - 1) / width, elements = shape.batch * shape.inner * width;
  const Slices slices(groups, elements >= kChannelGrain ? 1 : kChannelGrain / (elements < 1 ? 1 : elements));
  forSlices(cpu, slices.number, [&](int slice) {
    const Program p = program;
    for (int64_t g = slices.begin(slice); g < slices.begin(slice + 1); ++g) {
      const int64_t end = (g + 1) * width;
      p(CpuChannels{shape, g * width, end < shape.channels ? end : shape.channels});
    }
  });
}

#ifdef KERNELS_CUDA
struct CudaChannels {
  ChannelShape shape;
  int64_t channel;

  template <class F, class Finish>
  __device__ void sum(F f, Finish finish) const {
    const auto g = f(channel);
    double v = 0;
    visit([&](int64_t i, int64_t n) { v += double(g(i, n)); });
    v = add(v);
    if (threadIdx.x == 0) finish(channel, v);
    __syncthreads();
  }
  template <class F, class G, class Finish>
  __device__ void sums(F f, G g, Finish finish) const {
    const auto a = f(channel);
    const auto b = g(channel);
    double v = 0, w = 0;
    visit([&](int64_t i, int64_t n) { v += double(a(i, n)), w += double(b(i, n)); });
    v = add(v);
    w = add(w);
    if (threadIdx.x == 0) finish(channel, v, w);
    __syncthreads();
  }
  template <class F>
  __device__ void each(F f) const {
    const auto g = f(channel);
    visit([&](int64_t i, int64_t n) { g(i, n); });
  }

 private:
  template <class F>
  __device__ void visit(F f) const {
    const int64_t count = shape.batch * shape.inner;
    for (int64_t e = threadIdx.x; e < count; e += blockDim.x) {
      const int64_t n = e / shape.inner;
      f((n * shape.channels + channel) * shape.inner + e % shape.inner, n);
    }
  }
  __device__ static double add(double v) {
    return CudaRow::combineBlock(v, [](double a, double b) { return a + b; });
  }
};

template <class Program>
__global__ void channelKernel(Program program, ChannelShape shape) {
  for (int64_t c = blockIdx.x; c < shape.channels; c += gridDim.x) program(CudaChannels{shape, c});
}

template <class Program>
void forEachChannel(Cuda& device, const ChannelShape& shape, const Program& program) {
  if (shape.channels == 0) return;
  constexpr int64_t mostBlocks = 4096;  // as in map.h
  launch(device, channelKernel<Program>, dim3(unsigned(shape.channels < mostBlocks ? shape.channels : mostBlocks)), dim3(256), 0,
         program, shape);
}
#endif

}  // namespace kernels
