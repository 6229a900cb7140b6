// Pooling over windows of a picture: the largest value (MaxPool2d), the mean (AvgPool2d), or the mean over windows that
// are as many as wanted (AdaptiveAvgPool2d). Semantics of the borders: torch.nn.
#include "engine/ops/pooling.h"

namespace engine {

namespace {
// What pooling_last.cu has for the same windows.
template <class Pool>
Op lastOf(const char* name, const Pool& pool) {
  return Op::with(name, Op(pool).fields());
}
std::vector<int64_t> lastSizes(const std::vector<int64_t>& x) { return {x[0], x[2], x[3], x[1]}; }
}  // namespace

// ------------------------------------------------------------------------ max ----

template <class T>
struct LargestInWindow {
  kernels::Windows w;
  const T* x;
  T* y;

  // Where the largest element lies in its plane: the first one on ties; a NaN is larger than everything.
  BOTH int64_t place(int64_t plane, int64_t oy, int64_t ox) const {
    const T* in = x + plane * w.y.size * w.x.size;
    int64_t best = -1;
    const int64_t y0 = w.y.begin(oy), x0 = w.x.begin(ox);
    for (int64_t i = 0; i < w.y.kernel; ++i) {
      const int64_t iy = y0 + i * w.y.dilation;
      if (iy < 0 || iy >= w.y.size) continue;
      for (int64_t j = 0; j < w.x.kernel; ++j) {
        const int64_t ix = x0 + j * w.x.dilation;
        if (ix < 0 || ix >= w.x.size) continue;
        const int64_t at = iy * w.x.size + ix;
        if (best < 0 || in[at] > in[best] || (in[at] != in[at] && in[best] == in[best])) best = at;
      }
    }
    return best;
  }
  BOTH void operator()(int64_t plane, int64_t oy, int64_t ox) const {
    const int64_t at = place(plane, oy, ox);
    y[(plane * w.y.outSize + oy) * w.x.outSize + ox] = at < 0 ? T(-INFINITY) : x[plane * w.y.size * w.x.size + at];
  }
  void row(int64_t plane, int64_t oy) const {
    using Row = kernels::WindowRow<T>;
    if (!Row::fits(w.x)) {
      for (int64_t ox = 0; ox < w.x.outSize; ++ox) (*this)(plane, oy, ox);
      return;
    }
    T* const out = y + (plane * w.y.outSize + oy) * w.x.outSize;
    const int64_t most = Row::most(w.x);
    for (int64_t first = 0; first < w.x.outSize; first += most) {
      const int64_t left = w.x.outSize - first, count = left < most ? left : most;
      T best[Row::kWindows];
      for (int64_t k = 0; k < Row::kWindows; ++k) best[k] = T(-INFINITY);
      Row::each(w, x, plane, oy, first, count, T(-INFINITY),
                [&](int64_t, const T* values, int64_t blocks, auto stride, auto elements) {
                  for (int64_t b = 0; b < blocks * Row::kLanes; b += Row::kLanes)
#pragma omp simd
                    for (int64_t k = b; k < b + Row::kLanes; ++k)
                      for (int e = 0; e < elements; ++e) {
                        const T v = values[k * stride + e];
                        best[k] = (v > best[k]) | (v != v) ? v : best[k];
                      }
                });
      for (int64_t k = 0; k < count; ++k) out[first + k] = best[k];
    }
  }
};

template <class T>
struct LargestInWindowGradient {
  LargestInWindow<T> largest;
  const T* dy;

  BOTH T at(int64_t plane, int64_t oy, int64_t ox) const {
    return dy[(plane * largest.w.y.outSize + oy) * largest.w.x.outSize + ox];
  }
  BOTH void scatter(int64_t plane, int64_t oy, int64_t ox, T* dx) const {
    const int64_t place = largest.place(plane, oy, ox);
    if (place >= 0) dx[place] += at(plane, oy, ox);
  }
  void scatterRow(int64_t plane, int64_t oy, T* dx) const {
    using Row = kernels::WindowRow<T>;
    const kernels::Windows& w = largest.w;
    if (!Row::fits(w.x) || w.y.size * w.x.size > INT32_MAX / 2) {  // places below are as wide as floats
      for (int64_t ox = 0; ox < w.x.outSize; ++ox) scatter(plane, oy, ox, dx);
      return;
    }
    const int64_t most = Row::most(w.x);
    for (int64_t first = 0; first < w.x.outSize; first += most) {
      const int64_t left = w.x.outSize - first, count = left < most ? left : most;
      T best[Row::kWindows];
      int32_t places[Row::kWindows];
      for (int64_t k = 0; k < Row::kWindows; ++k) best[k] = T(-INFINITY), places[k] = -1;
      Row::each(w, largest.x, plane, oy, first, count, T(-INFINITY),
                [&](int64_t pixel, const T* values, int64_t blocks, auto stride, auto elements) {
                  for (int e = 0; e < elements; ++e)  // outside: values and places in one loop are too much for g++
                    for (int64_t b = 0; b < blocks * Row::kLanes; b += Row::kLanes)
#pragma omp simd
                      for (int64_t k = b; k < b + Row::kLanes; ++k) {
                        const T v = values[k * stride + e];
                        const bool takes = (v > best[k]) | ((v != v) & (best[k] == best[k]));
                        best[k] = takes ? v : best[k];
                        places[k] = takes ? int32_t(pixel + k * stride + e) : places[k];
                      }
                });
      for (int64_t k = 0; k < count; ++k) {
        if (places[k] >= 0) dx[places[k]] += at(plane, oy, first + k);
        else scatter(plane, oy, first + k, dx);  // nothing but minus infinity in it
      }
    }
  }
  BOTH T gather(int64_t plane, int64_t oy, int64_t ox, int64_t iy, int64_t ix) const {
    return largest.place(plane, oy, ox) == iy * largest.w.x.size + ix ? at(plane, oy, ox) : T(0);
  }
};

struct MaxPool2d {
  Pair kernel_size = {2, 2};
  Pair stride = {0, 0};
  Pair padding = {0, 0};
  Pair dilation = {1, 1};
  bool ceil_mode = false;

  static Info info() {
    return {.name = "MaxPool2d",
            .group = "Layer",
            .title = "Max pooling 2d",
            .about = "Keeps the largest value of each window, which makes the picture smaller.",
            .inputs = {{"x", "pictures, (batch, channels, height, width)"}},
            .outputs = {{"y", "smaller pictures, (batch, channels, height, width)"}}};
  }
  static void fields(MaxPool2d& op, FieldVisitor& f) { maxPoolFields(op, f); }
  Pooling pooling() const { return maxPooling(*this); }
  void infer(Shapes& s) const { inferPooling(s, pooling()); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::Windows w = windowsOf(call.in(0).shape, call.out(0).shape, pooling());
    kernels::forEachWindow(device, w, LargestInWindow<T>{w, call.in<T>(0), call.out<T>(0)});
  }
  void gradient(Backward& b) const;
  InChannelsLast channelsLast() const { return {lastOf("MaxPool2dChannelsLast", *this), {0}, {0}}; }

  static void examples(Examples<MaxPool2d>& e) {
    e.add({}, {{2, 3, 6, 4}}).distinct();
    e.add({.kernel_size = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}, {{2, 2, 7, 6}}).distinct();
    e.add({.kernel_size = {2, 3}, .stride = {1, 2}, .dilation = {2, 1}, .ceil_mode = true}, {{1, 2, 6, 6}}).distinct();
    e.add({.kernel_size = {2, 2}, .ceil_mode = true}, {{1, 1, 5, 5}}).distinct();
    e.add({.kernel_size = {3, 3}, .stride = {1, 1}}, {{9, 8, 12, 12}}).distinct();
    e.add({}, {{1, 2, 4, 4}}).range(1, 1).withoutGradient();  // ties: the first one
    e.add({}, {{0, 2, 4, 4}});
  }
  static void mistakes(Mistakes<MaxPool2d>& m) {
    m.add({}, {{2, 784}}, "needs pictures (batch, channels, height, width), but got 2 × 784; put a Reshape before it");
    m.add({.kernel_size = {5, 5}}, {{1, 1, 4, 8}}, "needs pictures of at least 5 × 5 pixels, but got 4 × 8; make the window smaller");
    m.add({.padding = {2, 2}}, {{1, 1, 8, 8}}, "needs at most half of the window, but got 2 × 2; make the padding smaller");
  }
};

struct MaxPool2dGradient {
  MaxPool2d pool = {};
  static Info info() {
    return {.name = "MaxPool2dGradient",
            .group = "",
            .title = "Gradient of max pooling",
            .about = "Gives each window's gradient to its largest element.",
            .inputs = {{"x", "pictures"}, {"dy", "gradient of the output"}},
            .outputs = {{"dx", "gradient of the input"}}};
  }
  static void fields(MaxPool2dGradient& op, FieldVisitor& f) { MaxPool2d::fields(op.pool, f); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::Windows w = windowsOf(call.in(0).shape, call.in(1).shape, pool.pooling());
    kernels::scatterWindows(device, w, call.out<T>(0), LargestInWindowGradient<T>{{w, call.in<T>(0), nullptr}, call.in<T>(1)});
  }
  InChannelsLast channelsLast() const { return {lastOf("MaxPool2dGradientChannelsLast", pool), {0, 1}, {0}}; }
  static void examples(Examples<MaxPool2dGradient>& e) {
    e.add({}, {{2, 3, 6, 4}, {2, 3, 3, 2}}).distinct();
    e.add({.pool = {.kernel_size = {3, 3}, .stride = {1, 1}}}, {{6, 4, 12, 12}, {6, 4, 10, 10}}).distinct();
  }
};

void MaxPool2d::gradient(Backward& b) const { b.give(0, b.add(MaxPool2dGradient{*this}, {b.input(0), b.gradient(0)})); }

// ----------------------------------------------------------------------- mean ----

template <class T>
struct MeanOfWindow {
  kernels::Windows w;
  bool countsPadding;
  const T* x;
  T* y;

  BOTH static int64_t cut(int64_t i, int64_t size) { return cutToPicture(i, size); }
  BOTH T divisor(int64_t oy, int64_t ox) const { return meanDivisor<T>(w.y, w.x, countsPadding, oy, ox); }
  BOTH void operator()(int64_t plane, int64_t oy, int64_t ox) const {
    const T* in = x + plane * w.y.size * w.x.size;
    T sum = 0;
    for (int64_t iy = cut(w.y.begin(oy), w.y.size); iy < cut(w.y.end(oy), w.y.size); ++iy)
      for (int64_t ix = cut(w.x.begin(ox), w.x.size); ix < cut(w.x.end(ox), w.x.size); ++ix) sum += in[iy * w.x.size + ix];
    y[(plane * w.y.outSize + oy) * w.x.outSize + ox] = sum / divisor(oy, ox);
  }
};

template <class T>
struct MeanOfWindowGradient {
  MeanOfWindow<T> mean;
  const T* dy;

  BOTH T share(int64_t plane, int64_t oy, int64_t ox) const {
    return dy[(plane * mean.w.y.outSize + oy) * mean.w.x.outSize + ox] / mean.divisor(oy, ox);
  }
  BOTH void scatter(int64_t plane, int64_t oy, int64_t ox, T* dx) const {
    const kernels::Windows& w = mean.w;
    const T part = share(plane, oy, ox);
    for (int64_t iy = mean.cut(w.y.begin(oy), w.y.size); iy < mean.cut(w.y.end(oy), w.y.size); ++iy)
      for (int64_t ix = mean.cut(w.x.begin(ox), w.x.size); ix < mean.cut(w.x.end(ox), w.x.size); ++ix) dx[iy * w.x.size + ix] += part;
  }
  BOTH T gather(int64_t plane, int64_t oy, int64_t ox, int64_t, int64_t) const { return share(plane, oy, ox); }
};

struct AvgPool2d {
  Pair kernel_size = {2, 2};
  Pair stride = {0, 0};
  Pair padding = {0, 0};
  bool ceil_mode = false;
  bool count_include_pad = true;

  static Info info() {
    return {.name = "AvgPool2d",
            .group = "Layer",
            .title = "Average pooling 2d",
            .about = "Takes the mean of each window, which makes the picture smaller.",
            .inputs = {{"x", "pictures, (batch, channels, height, width)"}},
            .outputs = {{"y", "smaller pictures, (batch, channels, height, width)"}}};
  }
  static void fields(AvgPool2d& op, FieldVisitor& f) { avgPoolFields(op, f); }
  Pooling pooling() const { return avgPooling(*this); }
  void infer(Shapes& s) const { inferPooling(s, pooling()); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::Windows w = windowsOf(call.in(0).shape, call.out(0).shape, pooling());
    kernels::forEachWindow(device, w, MeanOfWindow<T>{w, count_include_pad, call.in<T>(0), call.out<T>(0)});
  }
  void gradient(Backward& b) const;
  InChannelsLast channelsLast() const { return {lastOf("AvgPool2dChannelsLast", *this), {0}, {0}}; }

  static void examples(Examples<AvgPool2d>& e) {
    e.add({}, {{2, 3, 6, 4}});
    e.add({.kernel_size = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}, {{2, 2, 7, 6}});
    e.add({.kernel_size = {3, 2}, .stride = {2, 2}, .padding = {1, 1}, .ceil_mode = true, .count_include_pad = false}, {{1, 2, 6, 6}});
    e.add({.kernel_size = {3, 3}, .stride = {2, 2}, .padding = {1, 1}, .ceil_mode = true}, {{1, 2, 6, 6}});
    e.add({.kernel_size = {3, 3}, .stride = {1, 1}}, {{9, 8, 12, 12}});
    e.add({}, {{0, 2, 4, 4}});
  }
  static void mistakes(Mistakes<AvgPool2d>& m) {
    m.add({.kernel_size = {5, 5}}, {{1, 1, 4, 8}}, "needs pictures of at least 5 × 5 pixels, but got 4 × 8; make the window smaller");
  }
};

struct AvgPool2dGradient {
  AvgPool2d pool = {};
  std::vector<int64_t> input_shape = {1, 1, 2, 2};
  static Info info() {
    return {.name = "AvgPool2dGradient",
            .group = "",
            .title = "Gradient of average pooling",
            .about = "Spreads each window's gradient over its elements.",
            .inputs = {{"dy", "gradient of the output"}},
            .outputs = {{"dx", "gradient of the input"}}};
  }
  static void fields(AvgPool2dGradient& op, FieldVisitor& f) {
    AvgPool2d::fields(op.pool, f);
    f.integers("input_shape", op.input_shape, atLeast(0), {4, 4}, "Sizes of the input.");
  }
  void infer(Shapes& s) const { s.out(0, Shape(std::span<const int64_t>(input_shape))); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::Windows w = windowsOf(call.out(0).shape, call.in(0).shape, pool.pooling());
    kernels::scatterWindows(device, w, call.out<T>(0), MeanOfWindowGradient<T>{{w, pool.count_include_pad, nullptr, nullptr}, call.in<T>(0)});
  }
  // Linear: its gradient is the pooling itself.
  void gradient(Backward& b) const { b.give(0, b.add(pool, {b.gradient(0)})); }
  InChannelsLast channelsLast() const {
    FieldMap fields = Op(pool).fields();
    fields["input_shape"] = lastSizes(input_shape);
    return {Op::with("AvgPool2dGradientChannelsLast", fields), {0}, {0}};
  }
  static void examples(Examples<AvgPool2dGradient>& e) {
    e.add({.pool = {.kernel_size = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}, .input_shape = {2, 2, 7, 6}}, {{2, 2, 4, 3}});
    e.add({.pool = {.kernel_size = {3, 3}, .stride = {1, 1}}, .input_shape = {6, 4, 12, 12}}, {{6, 4, 10, 10}});
  }
};

void AvgPool2d::gradient(Backward& b) const {
  const Shape& x = b.input(0).shape();
  b.give(0, b.add(AvgPool2dGradient{*this, {x.begin(), x.end()}}, {b.gradient(0)}));
}

// ------------------------------------------------------------------- adaptive ----

struct AdaptiveAvgPool2d {
  Pair output_size = {1, 1};

  static Info info() {
    return {.name = "AdaptiveAvgPool2d",
            .group = "Layer",
            .title = "Adaptive average pooling 2d",
            .about = "Takes means so that the picture gets the size that is wanted.",
            .inputs = {{"x", "pictures, (batch, channels, height, width)"}},
            .outputs = {{"y", "pictures of the size wanted, (batch, channels, height, width)"}}};
  }
  static void fields(AdaptiveAvgPool2d& op, FieldVisitor& f) {
    f.pair("output_size", op.output_size, between(1, 1 << 24), "Height and width of the result; 1: one number a channel.");
  }
  void infer(Shapes& s) const {
    if (!isPicture(s)) return;
    const Shape& x = s.in(0);
    if (s.require(x[2] != 0 && x[3] != 0, Place::input(0), "pictures with pixels", x))
      s.out(0, {x[0], x[1], output_size.height, output_size.width});
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::Windows w = adaptiveWindows(call.in(0).shape, call.out(0).shape);
    kernels::forEachWindow(device, w, MeanOfWindow<T>{w, false, call.in<T>(0), call.out<T>(0)});
  }
  void gradient(Backward& b) const;
  InChannelsLast channelsLast() const { return {lastOf("AdaptiveAvgPool2dChannelsLast", *this), {0}, {0}}; }

  static void examples(Examples<AdaptiveAvgPool2d>& e) {
    e.add({}, {{2, 3, 5, 4}});
    e.add({.output_size = {3, 2}}, {{2, 2, 7, 6}});
    e.add({.output_size = {5, 7}}, {{1, 2, 3, 3}});  // larger than what comes in
    e.add({.output_size = {4, 4}}, {{9, 8, 9, 10}});
    e.add({}, {{0, 2, 4, 4}});
  }
  static void mistakes(Mistakes<AdaptiveAvgPool2d>& m) {
    m.add({}, {{3, 0, 0, 4}}, "needs pictures with pixels, but got 3 × 0 × 0 × 4");
  }
};

struct AdaptiveAvgPool2dGradient {
  std::vector<int64_t> input_shape = {1, 1, 2, 2};
  static Info info() {
    return {.name = "AdaptiveAvgPool2dGradient",
            .group = "",
            .title = "Gradient of adaptive average pooling",
            .about = "Spreads each window's gradient over its elements.",
            .inputs = {{"dy", "gradient of the output"}},
            .outputs = {{"dx", "gradient of the input"}}};
  }
  static void fields(AdaptiveAvgPool2dGradient& op, FieldVisitor& f) {
    f.integers("input_shape", op.input_shape, atLeast(0), {4, 4}, "Sizes of the input.");
  }
  void infer(Shapes& s) const { s.out(0, Shape(std::span<const int64_t>(input_shape))); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::Windows w = adaptiveWindows(call.out(0).shape, call.in(0).shape);
    kernels::scatterWindows(device, w, call.out<T>(0), MeanOfWindowGradient<T>{{w, false, nullptr, nullptr}, call.in<T>(0)});
  }
  void gradient(Backward& b) const {
    const Shape& dy = b.input(0).shape();
    b.give(0, b.add(AdaptiveAvgPool2d{{dy[2], dy[3]}}, {b.gradient(0)}));
  }
  InChannelsLast channelsLast() const {
    return {Op::with("AdaptiveAvgPool2dGradientChannelsLast", {{"input_shape", lastSizes(input_shape)}}), {0}, {0}};
  }
  static void examples(Examples<AdaptiveAvgPool2dGradient>& e) {
    e.add({.input_shape = {2, 2, 7, 6}}, {{2, 2, 3, 2}});
    e.add({.input_shape = {6, 4, 12, 12}}, {{6, 4, 5, 5}});
  }
};

void AdaptiveAvgPool2d::gradient(Backward& b) const {
  const Shape& x = b.input(0).shape();
  b.give(0, b.add(AdaptiveAvgPool2dGradient{{x.begin(), x.end()}}, {b.gradient(0)}));
}

OpFile pooling_file() {
  return ops<MaxPool2d, MaxPool2dGradient, AvgPool2d, AvgPool2dGradient, AdaptiveAvgPool2d, AdaptiveAvgPool2dGradient>();
}

}  // namespace engine
