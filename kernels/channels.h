// Channel programs: kernels that reduce over all axes but the channels of (batch, channels, inner) (batch norm, the
// gradients of scales and offsets), written once for both devices. A program sees a few channels at a time and may ask
// for sums over each, and visit their elements. What it gives is a function of a channel that returns a function of an
// element, so that what belongs to the channel is read once:
//
//   channels.sum([=](int64_t c) { return [=](int64_t i, int64_t n) { return x[i]; }; },   // element i, of sample n
//                [=](int64_t c, double sum) { mean[c] = T(sum / count); });
//
// Cpu: a thread a slice of channels; elements of one channel are vectors. Where inner is 1 they are far apart: take
// rows_of_channels.h. Cuda: a block a channel; after a sum all threads see what was written for it, and between two of each() and
// sum() what each() wrote may be read by the same index only.
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
  ChannelShape shape;
  int64_t channel;

  template <class F, class Finish>
  void sum(F f, Finish finish) const {
    const auto g = f(channel);
    double all = 0;
    for (int64_t n = 0; n < shape.batch; ++n) {
      const int64_t begin = (n * shape.channels + channel) * shape.inner, end = begin + shape.inner;
      decltype(g(begin, n)) v = 0;
#pragma omp simd reduction(+ : v)
      for (int64_t i = begin; i < end; ++i) v += g(i, n);
      all += double(v);
    }
    finish(channel, all);
  }
  // Two sums in one pass: finish(channel, sum of f, sum of g).
  template <class F, class G, class Finish>
  void sums(F f, G g, Finish finish) const {
    const auto a = f(channel);
    const auto b = g(channel);
    double allA = 0, allB = 0;
    for (int64_t n = 0; n < shape.batch; ++n) {
      const int64_t begin = (n * shape.channels + channel) * shape.inner, end = begin + shape.inner;
      decltype(a(begin, n)) v = 0, w = 0;
#pragma omp simd reduction(+ : v, w)
      for (int64_t i = begin; i < end; ++i) v += a(i, n), w += b(i, n);
      allA += double(v), allB += double(w);
    }
    finish(channel, allA, allB);
  }
  template <class F>
  void each(F f) const {
    const auto g = f(channel);
    for (int64_t n = 0; n < shape.batch; ++n) {
      const int64_t begin = (n * shape.channels + channel) * shape.inner, end = begin + shape.inner;
#pragma omp simd
      for (int64_t i = begin; i < end; ++i) g(i, n);
    }
  }
};

inline constexpr int64_t kChannelGrain = 8192;  // elements in a slice of channels at least

template <class Program>
void forEachChannel(Cpu& cpu, const ChannelShape& shape, const Program& program) {
  if (shape.channels == 0) return;
  const int64_t elements = shape.batch * shape.inner;
  const Slices slices(shape.channels, elements >= kChannelGrain ? 1 : kChannelGrain / (elements < 1 ? 1 : elements));
  forSlices(cpu, slices.number, [&](int slice) {
    const Program p = program;
    for (int64_t c = slices.begin(slice); c < slices.begin(slice + 1); ++c) p(CpuChannels{shape, c});
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
    if (shape.inner == 0) return;
    // By sample and place within it, without a division for each element.
    const int64_t threads = blockDim.x, samples = threads / shape.inner, places = threads % shape.inner;
    int64_t n = threadIdx.x / shape.inner, i = threadIdx.x % shape.inner;
    while (n < shape.batch) {
      f((n * shape.channels + channel) * shape.inner + i, n);
      n += samples, i += places;
      if (i >= shape.inner) ++n, i -= shape.inner;
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
