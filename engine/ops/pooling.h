// The sizes of pooling: which windows slide over a picture, and the mistakes that can be made. Semantics of the borders: torch.nn.
#pragma once
#include "engine/graph/op.h"
#include "kernels/windows.h"

namespace engine {

inline bool isPicture(Shapes& s) {
  return bool(s.require(s.in(0).rank() == 4, Place::input(0), "pictures (batch, channels, height, width)", s.in(0)).fix("put a Reshape before it"));
}

// torch's pooling_output_shape: with ceil_mode a last window may hang over, but must begin inside of the picture or its
// first padding.
inline int64_t pooledSize(int64_t size, int64_t kernel, int64_t stride, int64_t padding, int64_t dilation, bool ceilMode) {
  if (size < 0) return kUnknown;
  const int64_t room = size + 2 * padding - dilation * (kernel - 1) - 1;
  if (room < 0) return 0;
  int64_t out = (room + (ceilMode ? stride - 1 : 0)) / stride + 1;
  if (ceilMode && (out - 1) * stride >= size + padding) --out;
  return out;
}

// A stride of 0 stands for the kernel's size, as None does in PyTorch.
inline Pair strideOf(Pair stride, Pair kernel) {
  return {stride.height ? stride.height : kernel.height, stride.width ? stride.width : kernel.width};
}

struct Pooling {
  Pair kernel, stride, padding, dilation;
  bool ceilMode;
};

inline bool inferPooling(Shapes& s, const Pooling& p) {
  if (!isPicture(s)) return false;
  constexpr int64_t kMost = int64_t(1) << 24;
  for (Pair pair : {p.kernel, p.stride, p.padding, p.dilation})
    if (!s.require(pair.height <= kMost && pair.width <= kMost, {}, Message("sizes of at most {0}", kMost),
                   Message("{0} × {1}", pair.height, pair.width)))
      return false;
  if (!s.require(2 * p.padding.height <= p.kernel.height && 2 * p.padding.width <= p.kernel.width, Place::field("padding"),
                 "at most half of the window", Message("{0} × {1}", p.padding.height, p.padding.width))
           .fix("make the padding smaller"))
    return false;
  const Shape& x = s.in(0);
  const int64_t high = pooledSize(x[2], p.kernel.height, p.stride.height, p.padding.height, p.dilation.height, p.ceilMode);
  const int64_t wide = pooledSize(x[3], p.kernel.width, p.stride.width, p.padding.width, p.dilation.width, p.ceilMode);
  if (!s.require(high != 0 && wide != 0, Place::field("kernel_size"),
                 Message("pictures of at least {0} × {1} pixels", p.dilation.height * (p.kernel.height - 1) + 1 - 2 * p.padding.height,
                         p.dilation.width * (p.kernel.width - 1) + 1 - 2 * p.padding.width),
                 Message("{0} × {1}", x[2], x[3]))
           .fix("make the window smaller"))
    return false;
  s.out(0, {x[0], x[1], high, wide});
  return true;
}

inline kernels::Windows windowsOf(const Shape& x, const Shape& y, const Pooling& p) {
  kernels::Windows w;
  w.planes = x[0] * x[1];
  w.y = {x[2], y[2], p.kernel.height, p.stride.height, p.padding.height, p.dilation.height, false};
  w.x = {x[3], y[3], p.kernel.width, p.stride.width, p.padding.width, p.dilation.width, false};
  return w;
}

// The fields of max and of average pooling, whatever layout the pictures have.
inline void maxPoolFields(auto& op, FieldVisitor& f) {
  f.pair("kernel_size", op.kernel_size, atLeast(1), "Height and width of the window, in pixels.");
  f.pair("stride", op.stride, atLeast(0), "Pixels from one window to the next; 0: as the window is large.");
  f.pair("padding", op.padding, atLeast(0), "Pixels added on each side that are smaller than any other.");
  f.pair("dilation", op.dilation, atLeast(1), "Pixels from one element of the window to the next.");
  f.boolean("ceil_mode", op.ceil_mode, "Whether a last window may hang over the border.");
}
inline void avgPoolFields(auto& op, FieldVisitor& f) {
  f.pair("kernel_size", op.kernel_size, atLeast(1), "Height and width of the window, in pixels.");
  f.pair("stride", op.stride, atLeast(0), "Pixels from one window to the next; 0: as the window is large.");
  f.pair("padding", op.padding, atLeast(0), "Pixels of zero added on each side.");
  f.boolean("ceil_mode", op.ceil_mode, "Whether a last window may hang over the border.");
  f.boolean("count_include_pad", op.count_include_pad, "Whether added pixels count in the mean.");
}
inline Pooling maxPooling(const auto& op) { return {op.kernel_size, strideOf(op.stride, op.kernel_size), op.padding, op.dilation, op.ceil_mode}; }
inline Pooling avgPooling(const auto& op) { return {op.kernel_size, strideOf(op.stride, op.kernel_size), op.padding, {1, 1}, op.ceil_mode}; }

BOTH inline int64_t cutToPicture(int64_t i, int64_t size) { return i < 0 ? 0 : (i > size ? size : i); }

// What a window's sum is divided by to be its mean.
template <class T>
BOTH T meanDivisor(const kernels::WindowAxis& y, const kernels::WindowAxis& x, bool countsPadding, int64_t oy, int64_t ox) {
  const int64_t y0 = y.begin(oy), x0 = x.begin(ox), y1 = y.end(oy), x1 = x.end(ox);
  if (!countsPadding) return T((cutToPicture(y1, y.size) - cutToPicture(y0, y.size)) * (cutToPicture(x1, x.size) - cutToPicture(x0, x.size)));
  // With ceil_mode a window may reach past the padding: that part never counts.
  const int64_t high = (y1 < y.size + y.padding ? y1 : y.size + y.padding) - y0;
  const int64_t wide = (x1 < x.size + x.padding ? x1 : x.size + x.padding) - x0;
  return T(high * wide);
}

inline kernels::Windows adaptiveWindows(const Shape& x, const Shape& y) {
  kernels::Windows w;
  w.planes = x[0] * x[1];
  w.y = {x[2], y[2], 1, 1, 0, 1, true};
  w.x = {x[3], y[3], 1, 1, 0, 1, true};
  return w;
}

}  // namespace engine
