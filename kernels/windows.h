// Pooling: a window slides over a picture. On the CPU a thread takes whole planes (one channel of one picture), so that
// what a window gives back to its pixels needs no atomics; on CUDA each element, of the output going forward and of the
// input going back, is one thread's. A functor that has row() or scatterRow() is asked for a whole row of windows at once
// on the CPU, and may read it through WindowRow.
#pragma once
#include <cmath>
#include <type_traits>

#include "kernels/map.h"

namespace kernels {

// Where the windows of a pooling lie along one axis.
struct WindowAxis {
  int64_t size = 1, outSize = 1, kernel = 1, stride = 1, padding = 0, dilation = 1;
  bool adaptive = false;  // windows that cover the axis evenly: floor(o * size / out) to ceil((o + 1) * size / out)

  // First element of window `o` (may be negative: padding), and one past its last.
  BOTH int64_t begin(int64_t o) const { return adaptive ? o * size / outSize : o * stride - padding; }
  BOTH int64_t end(int64_t o) const {
    return adaptive ? ((o + 1) * size + outSize - 1) / outSize : begin(o) + dilation * (kernel - 1) + 1;
  }
  // First and one past the last window that may hold element `i`.
  BOTH int64_t firstWindow(int64_t i) const {
    if (adaptive) return i * outSize / size;
    const int64_t room = i + padding - dilation * (kernel - 1);
    return room <= 0 ? 0 : (room + stride - 1) / stride;
  }
  BOTH int64_t lastWindow(int64_t i) const {
    if (adaptive) {
      const int64_t last = ((i + 1) * outSize + size - 1) / size;
      return last < outSize ? last : outSize;
    }
    const int64_t last = (i + padding) / stride + 1;
    return last < outSize ? last : outSize;
  }
};

struct Windows {
  int64_t planes = 0;
  WindowAxis y, x;
};

// A row of windows on the CPU, element by element of the window rather than window by window: the same element of
// neighbouring windows is a vector, and no branch depends on the picture. Vectors are always whole: past the end of a row
// they read what follows in memory, or, where windows reach past the picture or nothing follows, a buffer that has
// `outside` there. Not for adaptive windows.
template <class T>
class WindowRow {
 public:
  static constexpr int64_t kLanes = 16;    // floats of the widest vector
  static constexpr int64_t kWindows = 64;  // taken at once at most

  // Whether the windows are small enough for the buffer.
  static bool fits(const WindowAxis& x) { return x.kernel <= kPixels && x.dilation <= kPixels && reach(x, kLanes) <= kPixels; }

  // Calls visit(pixel, values, blocks, stride, elements) for the elements of the windows [first, first + count) of row `oy`
  // of a plane, `elements` neighbours at a time: window first + k has them from place pixel + k * stride of the plane on
  // (meaningless where that is outside of the picture) and their values from values[k * stride] on. Values may be read,
  // and mean nothing, for k from `count` up to blocks * kLanes. `pictures`: the planes of w.
  template <class Visit>
  static void each(const Windows& w, const T* pictures, int64_t plane, int64_t oy, int64_t first, int64_t count, T outside,
                   const Visit& visit) {
    const T *begin = pictures + plane * w.y.size * w.x.size, *end = pictures + w.planes * w.y.size * w.x.size;
    if (w.x.stride == 1) run(w, begin, end, oy, first, count, outside, visit, std::integral_constant<int64_t, 1>());
    else if (w.x.stride == 2) run(w, begin, end, oy, first, count, outside, visit, std::integral_constant<int64_t, 2>());
    else run(w, begin, end, oy, first, count, outside, visit, w.x.stride);
  }
  // How many windows to take at once.
  static int64_t most(const WindowAxis& x) { return reach(x, kWindows) <= kPixels ? kWindows : kLanes; }

 private:
  static constexpr int64_t kPixels = 1024;
  // Pixels from the first one of a window to the last one of the last of so many windows.
  static int64_t reach(const WindowAxis& x, int64_t windows) {
    if (x.stride > kPixels) return kPixels + 1;
    return (windows - 1) * x.stride + (x.kernel - 1) * x.dilation + 1;
  }

  template <class Visit, class Stride>
  static void run(const Windows& w, const T* plane, const T* memoryEnd, int64_t oy, int64_t first, int64_t count, T outside,
                  const Visit& visit, Stride stride) {
    const int64_t blocks = (count + kLanes - 1) / kLanes, length = reach(w.x, blocks * kLanes);
    const int64_t left = first * stride - w.x.padding;  // the pixel of the first window's first element
    const bool insideRow = left >= 0 && left + reach(w.x, count) <= w.x.size;
    for (int64_t i = 0; i < w.y.kernel; ++i) {
      const int64_t y = w.y.begin(oy) + i * w.y.dilation;
      if (y < 0 || y >= w.y.size) continue;
      const T* const line = plane + y * w.x.size;
      T buffer[kPixels];
      const bool direct = insideRow && line + left + length <= memoryEnd;
      if (!direct) fill(buffer, length, line, left, w.x.size, outside);
      const T* const values = direct ? line + left : buffer;
      int64_t j = 0;
      // Two neighbours at a stride of 2 use all that a vector of loads brings.
      if (w.x.stride == 2 && w.x.dilation == 1)
        for (; j + 1 < w.x.kernel; j += 2)
          visit(y * w.x.size + left + j, values + j, blocks, stride, std::integral_constant<int, 2>());
      for (; j < w.x.kernel; ++j)
        visit(y * w.x.size + left + j * w.x.dilation, values + j * w.x.dilation, blocks, stride, std::integral_constant<int, 1>());
    }
  }
  // The pixels [left, left + length) of a line of `size`.
  static void fill(T* buffer, int64_t length, const T* line, int64_t left, int64_t size, T outside) {
    for (int64_t k = 0; k < length; ++k) buffer[k] = left + k >= 0 && left + k < size ? line[left + k] : outside;
  }
};

// f(plane, oy, ox) for every window.
template <class F>
void forEachWindow(Cpu& cpu, const Windows& w, const F& f) {
  const int64_t perPlane = w.y.outSize * w.x.outSize;
  const Slices slices(w.planes, perPlane < 1024 ? 1 + 4096 / (perPlane + 1) : 1);
  forSlices(cpu, slices.number, [&](int slice) {
    const F g = f;
    for (int64_t p = slices.begin(slice); p < slices.begin(slice + 1); ++p)
      for (int64_t oy = 0; oy < w.y.outSize; ++oy) {
        if constexpr (requires { g.row(p, oy); }) g.row(p, oy);
        else
          for (int64_t ox = 0; ox < w.x.outSize; ++ox) g(p, oy, ox);
      }
  });
}

// Going back: f(plane, oy, ox) for every window, in order within a plane, where f adds to elements of the plane that
// begin as zero.
template <class T, class F>
void scatterWindows(Cpu& cpu, const Windows& w, T* to, const F& f) {
  const int64_t pixels = w.y.size * w.x.size;
  const Slices slices(w.planes, pixels < 4096 ? 1 + 8192 / (pixels + 1) : 1);
  forSlices(cpu, slices.number, [&](int slice) {
    const F g = f;
    for (int64_t p = slices.begin(slice); p < slices.begin(slice + 1); ++p) {
      T* plane = to + p * pixels;
      for (int64_t i = 0; i < pixels; ++i) plane[i] = 0;
      for (int64_t oy = 0; oy < w.y.outSize; ++oy) {
        if constexpr (requires { g.scatterRow(p, oy, plane); }) g.scatterRow(p, oy, plane);
        else
          for (int64_t ox = 0; ox < w.x.outSize; ++ox) g.scatter(p, oy, ox, plane);
      }
    }
  });
}

#ifdef KERNELS_CUDA
template <class F>
void forEachWindow(Cuda& device, const Windows& w, const F& f) {
  const int64_t wide = w.x.outSize, perPlane = w.y.outSize * w.x.outSize;
  map(device, w.planes * perPlane, [=] BOTH(int64_t i) { f(i / perPlane, i % perPlane / wide, i % wide); });
}

// The same sum from the other side: each pixel asks the windows that hold it, in the same order.
template <class T, class F>
void scatterWindows(Cuda& device, const Windows& w, T* to, const F& f) {
  const int64_t wide = w.x.size, pixels = w.y.size * w.x.size;
  map(device, w.planes * pixels, [=] BOTH(int64_t i) {
    const int64_t plane = i / pixels, y = i % pixels / wide, x = i % wide;
    T sum = 0;
    for (int64_t oy = w.y.firstWindow(y); oy < w.y.lastWindow(y); ++oy)
      for (int64_t ox = w.x.firstWindow(x); ox < w.x.lastWindow(x); ++ox) sum += f.gather(plane, oy, ox, y, x);
    to[i] = sum;
  });
}
#endif

}  // namespace kernels
