// Pooling: a window slides over a picture. On the CPU a thread takes whole planes (one channel of one picture), so that
// what a window gives back to its pixels needs no atomics; on CUDA each element, of the output going forward and of the
// input going back, is one thread's.
#pragma once
#include <cmath>

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

// f(plane, oy, ox) for every window.
template <class F>
void forEachWindow(Cpu& cpu, const Windows& w, const F& f) {
  const int64_t perPlane = w.y.outSize * w.x.outSize;
  const Slices slices(w.planes, perPlane < 1024 ? 1 + 4096 / (perPlane + 1) : 1);
  forSlices(cpu, slices.number, [&](int slice) {
    const F g = f;
    for (int64_t p = slices.begin(slice); p < slices.begin(slice + 1); ++p)
      for (int64_t oy = 0; oy < w.y.outSize; ++oy)
        for (int64_t ox = 0; ox < w.x.outSize; ++ox) g(p, oy, ox);
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
      for (int64_t oy = 0; oy < w.y.outSize; ++oy)
        for (int64_t ox = 0; ox < w.x.outSize; ++ox) g.scatter(p, oy, ox, plane);
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
