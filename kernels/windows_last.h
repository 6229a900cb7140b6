// Pooling of pictures whose channels lie innermost, (batch, height, width, channels): neighbouring channels are a vector, and
// no window asks for more than whole vectors of neighbours. On the CPU a thread takes rows of windows going forward and
// whole pictures going back, so that what a window gives to its pixels needs no atomics; on CUDA every element is one
// thread's. The pooled side may lie in canonical order, (batch, channels, height, width): so a network that goes on without
// pictures needs no reorder of its own.
#pragma once
#include <utility>

#include "kernels/windows.h"

namespace kernels {

struct WindowsLast {
  WindowAxis y, x;
  int64_t batch = 0, channels = 0;
  int64_t sample = 0, pixel = 0, channel = 0;  // steps of the pooled side

  WindowsLast() = default;
  WindowsLast(const Windows& w, int64_t batchSize, int64_t channelCount, bool canonical) : y(w.y), x(w.x), batch(batchSize), channels(channelCount) {
    sample = channels * y.outSize * x.outSize;
    pixel = canonical ? 1 : channels;
    channel = canonical ? y.outSize * x.outSize : 1;
  }
  // Of the picture's side; of the pooled one.
  BOTH int64_t at(int64_t n, int64_t iy, int64_t ix, int64_t c) const { return ((n * y.size + iy) * x.size + ix) * channels + c; }
  BOTH int64_t pooled(int64_t n, int64_t oy, int64_t ox, int64_t c) const { return n * sample + (oy * x.outSize + ox) * pixel + c * channel; }

  // Calls visit(element of the window, y, x) for those that lie in the picture, in their order.
  template <class Visit>
  BOTH void each(int64_t oy, int64_t ox, const Visit& visit) const {
    const int64_t y0 = y.begin(oy), x0 = x.begin(ox);
    const int64_t high = y.adaptive ? y.end(oy) - y0 : y.kernel, wide = x.adaptive ? x.end(ox) - x0 : x.kernel;
    for (int64_t i = 0; i < high; ++i) {
      const int64_t iy = y0 + i * y.dilation;
      if (iy < 0 || iy >= y.size) continue;
      for (int64_t j = 0; j < wide; ++j) {
        const int64_t ix = x0 + j * x.dilation;
        if (ix >= 0 && ix < x.size) visit(int32_t(i * wide + j), iy, ix);
      }
    }
  }
};

inline constexpr int kChannelLanes = 16;

// f(begin), ..., f(end - 1), each a constant: loops within then stand behind one another, and their values stay in registers.
template <int begin, int end, class F>
void eachConstant(const F& f) {
  [&]<int... i>(std::integer_sequence<int, i...>) { (f(std::integral_constant<int, begin + i>()), ...); }(
      std::make_integer_sequence<int, end - begin>());
}

// The pixels of a window that lies wholly inside of the picture, for windows of few pixels: how far each lies behind the first.
class PixelsInside {
 public:
  static constexpr int kMost = 9;
  PixelsInside() = default;
  explicit PixelsInside(const WindowsLast& w) {
    if (w.y.adaptive || w.x.adaptive || w.y.kernel > kMost || w.x.kernel > kMost || w.y.kernel * w.x.kernel > kMost) return;
    for (int64_t i = 0; i < w.y.kernel; ++i)
      for (int64_t j = 0; j < w.x.kernel; ++j) at_[count_++] = w.at(0, i * w.y.dilation, j * w.x.dilation, 0);
  }
  // f(pixels, how far they lie) if all of window (oy, ox) is inside. `pixels` is a constant for windows of 2 x 2 and 3 x 3: a
  // loop over them then leaves the values in registers.
  template <class F>
  bool use(const WindowsLast& w, int64_t oy, int64_t ox, const F& f) const {
    if ((count_ != 4 && count_ != 9) || w.y.begin(oy) < 0 || w.y.end(oy) > w.y.size || w.x.begin(ox) < 0 || w.x.end(ox) > w.x.size)
      return false;
    if (count_ == 4) f(std::integral_constant<int, 4>(), at_);
    else f(std::integral_constant<int, 9>(), at_);
    return true;
  }

 private:
  int count_ = 0;
  int64_t at_[kMost] = {};
};

// f(lanes, n, oy, ox, c) for every window and run of channels; `lanes` is a constant, or what is left.
template <class F>
void eachRunOfChannels(const WindowsLast& w, int64_t n, int64_t oy, const F& f) {
  const int64_t whole = w.channels / kChannelLanes * kChannelLanes;
  for (int64_t ox = 0; ox < w.x.outSize; ++ox) {
    for (int64_t c = 0; c < whole; c += kChannelLanes) f(std::integral_constant<int, kChannelLanes>(), n, oy, ox, c);
    if (whole < w.channels) f(int(w.channels - whole), n, oy, ox, whole);
  }
}

// f.lanes(lanes, n, oy, ox, c) writes the windows' results. CUDA: f(n, oy, ox, c) one.
template <class F>
void forEachWindow(Cpu& cpu, const WindowsLast& w, const F& f) {
  const int64_t perRow = w.x.outSize * w.channels;
  const Slices slices(w.batch * w.y.outSize, 1 + 8192 / (perRow + 1));
  forSlices(cpu, slices.number, [&](int slice) {
    const F g = f;
    const WindowsLast own = w;
    for (int64_t r = slices.begin(slice); r < slices.begin(slice + 1); ++r)
      eachRunOfChannels(own, r / own.y.outSize, r % own.y.outSize, [&](auto lanes, auto... where) { g.lanes(lanes, where...); });
  });
}

// Whether no pixel lies in two windows, nor outside of the picture: then a window writes its pixels, and nothing need be added up.
inline bool apart(const WindowAxis& axis) {
  return !axis.adaptive && axis.dilation == 1 && axis.padding == 0 && axis.kernel == axis.stride && axis.outSize * axis.stride <= axis.size;
}
// Zeros for the pixels that no window holds, where windows lie apart.
template <class T>
void zerosBesideWindows(const WindowsLast& w, T* picture) {
  const int64_t row = w.x.size * w.channels, wide = w.x.outSize * w.x.stride * w.channels, high = w.y.outSize * w.y.stride;
  for (int64_t y = 0; y < high; ++y)
    for (int64_t i = wide; i < row; ++i) picture[y * row + i] = 0;
  for (int64_t i = high * row; i < w.y.size * row; ++i) picture[i] = 0;
}

// Going back: f.scatterLanes(lanes, n, oy, ox, c, to, add) adds to pixels that begin as zero, in the order of the windows, or writes
// them where `add`, a constant, is false. CUDA: f.gather(n, oy, ox, c, iy, ix) is what a window gives to a pixel.
template <class T, class F>
void scatterWindows(Cpu& cpu, const WindowsLast& w, T* to, const F& f) {
  const int64_t elements = w.y.size * w.x.size * w.channels;
  const bool writes = apart(w.y) && apart(w.x);
  const Slices slices(w.batch, 1 + 8192 / (elements + 1));
  forSlices(cpu, slices.number, [&](int slice) {
    const F g = f;
    const WindowsLast own = w;
    for (int64_t n = slices.begin(slice); n < slices.begin(slice + 1); ++n) {
      T* const picture = to + n * elements;
      if (writes) {
        zerosBesideWindows(own, picture);
        for (int64_t oy = 0; oy < own.y.outSize; ++oy)
          eachRunOfChannels(own, n, oy, [&](auto lanes, auto... where) { g.scatterLanes(lanes, where..., to, std::false_type()); });
        continue;
      }
      for (int64_t i = 0; i < elements; ++i) picture[i] = 0;
      for (int64_t oy = 0; oy < own.y.outSize; ++oy)
        eachRunOfChannels(own, n, oy, [&](auto lanes, auto... where) { g.scatterLanes(lanes, where..., to, std::true_type()); });
    }
  });
}

#ifdef KERNELS_CUDA
template <class F>
void forEachWindow(Cuda& device, const WindowsLast& w, const F& f) {
  const int64_t c = w.channels, wide = w.x.outSize, high = w.y.outSize;
  map(device, w.batch * high * wide * c, [=] BOTH(int64_t i) { f(i / (c * wide * high), i / (c * wide) % high, i / c % wide, i % c); });
}

template <class T, class F>
void scatterWindows(Cuda& device, const WindowsLast& w, T* to, const F& f) {
  const int64_t c = w.channels, wide = w.x.size, high = w.y.size;
  map(device, w.batch * high * wide * c, [=] BOTH(int64_t i) {
    const int64_t n = i / (c * wide * high), y = i / (c * wide) % high, x = i / c % wide;
    T sum = 0;
    for (int64_t oy = w.y.firstWindow(y); oy < w.y.lastWindow(y); ++oy)
      for (int64_t ox = w.x.firstWindow(x); ox < w.x.lastWindow(x); ++ox) sum += f.gather(n, oy, ox, i % c, y, x);
    to[i] = sum;
  });
}
#endif

}  // namespace kernels
