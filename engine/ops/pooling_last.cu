// Pooling of pictures whose channels lie innermost, (batch, height, width, channels): what the layout pass puts in the place of
// pooling.cu's. With canonical_output the pooled pictures are (batch, channels, height, width), as those that a Flatten follows.
#include "engine/ops/pictures.h"
#include "engine/ops/pooling.h"
#include "kernels/windows_last.h"

namespace engine {

namespace {
Shape pooledShape(const Shape& y, bool canonicalOutput) {
  return canonicalOutput ? y : Shape{y[0], y[2], y[3], y[1]};
}
// Of the pictures (batch, height, width, channels) and the pooled ones.
kernels::WindowsLast lastWindows(const Shape& x, const Shape& y, const Pooling* p, bool canonicalOutput) {
  const Shape from = canonicalShape(x), to = canonicalOutput ? y : canonicalShape(y);
  return {p ? windowsOf(from, to, *p) : adaptiveWindows(from, to), from[0], from[1], canonicalOutput};
}
const char* const kCanonical = "The pooled pictures are (batch, channels, height, width).";
}  // namespace

// ------------------------------------------------------------------------ max ----

template <class T>
struct LargestOfPixels {
  kernels::WindowsLast w;
  const T* x;
  T* y;
  kernels::PixelsInside inside;

  LargestOfPixels(const kernels::WindowsLast& windows, const T* from, T* to) : w(windows), x(from), y(to), inside(windows) {}

  // The largest of each channel, and which element of the window it is: the first one on ties; a NaN is larger than
  // everything.
  template <class Lanes>
  void find(Lanes lanes, int64_t n, int64_t oy, int64_t ox, int64_t c, T* best, int32_t* place) const {
    const bool found = inside.use(w, oy, ox, [&](auto pixels, const int64_t* at) {
      const T* const in = x + w.at(n, w.y.begin(oy), w.x.begin(ox), c);
      const auto see = [&](auto e) {
        const T* const next = in + at[e];
#pragma omp simd
        for (int k = 0; k < lanes; ++k) {
          const T v = next[k];
          const bool takes = !(v <= best[k]) & (best[k] == best[k]);
          best[k] = takes ? v : best[k];
          place[k] = takes ? int32_t(e) : place[k];
        }
      };
#pragma omp simd
      for (int k = 0; k < lanes; ++k) best[k] = in[k], place[k] = 0;
      kernels::eachConstant<1, pixels>(see);
    });
    if (found) return;
    bool first = true;
    w.each(oy, ox, [&](int32_t element, int64_t iy, int64_t ix) {
      const T* in = x + w.at(n, iy, ix, c);
      if (first) {
#pragma omp simd
        for (int k = 0; k < lanes; ++k) best[k] = in[k], place[k] = element;
        first = false;
        return;
      }
#pragma omp simd
      for (int k = 0; k < lanes; ++k) {
        const T v = in[k];
        const bool takes = (v > best[k]) | ((v != v) & (best[k] == best[k]));
        best[k] = takes ? v : best[k];
        place[k] = takes ? element : place[k];
      }
    });
    if (first)
      for (int k = 0; k < lanes; ++k) best[k] = T(-INFINITY), place[k] = -1;
  }
  template <class Lanes>
  void lanes(Lanes count, int64_t n, int64_t oy, int64_t ox, int64_t c) const {
    T best[kernels::kChannelLanes];
    int32_t place[kernels::kChannelLanes];
    find(count, n, oy, ox, c, best, place);
    write(count, n, oy, ox, c, best);
  }
  template <class Lanes>
  void write(Lanes count, int64_t n, int64_t oy, int64_t ox, int64_t c, const T* best) const {
    T* const out = y + w.pooled(n, oy, ox, c);
    if (w.channel == 1) {
#pragma omp simd
      for (int k = 0; k < count; ++k) out[k] = best[k];
    } else {
      for (int k = 0; k < count; ++k) out[k * w.channel] = best[k];
    }
  }
  BOTH T largest(int64_t n, int64_t oy, int64_t ox, int64_t c, int32_t& place) const {
    T best = T(-INFINITY);
    place = -1;
    w.each(oy, ox, [&](int32_t element, int64_t iy, int64_t ix) {
      const T v = x[w.at(n, iy, ix, c)];
      if (place < 0 || v > best || (v != v && best == best)) best = v, place = element;
    });
    return best;
  }
  BOTH void operator()(int64_t n, int64_t oy, int64_t ox, int64_t c) const {
    int32_t place;
    y[w.pooled(n, oy, ox, c)] = largest(n, oy, ox, c, place);
  }
};

// Which element of its window the largest is, for the gradient: kNoPlace where nothing of the window gets any.
inline constexpr int kNoPlace = 255;

template <class T>
struct LargestOfPixelsAndPlaces {
  LargestOfPixels<T> of;
  uint8_t* places;  // (batch, height, width, channels), also where y is not
  bool relu;        // x came from a ReLU, whose gradient is 0 where x is not above 0

  static int64_t at(const kernels::WindowsLast& w, int64_t n, int64_t oy, int64_t ox, int64_t c) {
    return ((n * w.y.outSize + oy) * w.x.outSize + ox) * w.channels + c;
  }
  template <class Lanes>
  void lanes(Lanes count, int64_t n, int64_t oy, int64_t ox, int64_t c) const {
    T best[kernels::kChannelLanes];
    int32_t place[kernels::kChannelLanes];
    of.find(count, n, oy, ox, c, best, place);
    of.write(count, n, oy, ox, c, best);
    if (relu) {
#pragma omp simd
      for (int k = 0; k < count; ++k) place[k] = best[k] <= 0 ? kNoPlace : place[k];
    }
    uint8_t* const to = places + at(of.w, n, oy, ox, c);
#pragma omp simd
    for (int k = 0; k < count; ++k) to[k] = uint8_t(place[k]);  // -1, of a window without pixels, is 255 as well
  }
  BOTH void operator()(int64_t n, int64_t oy, int64_t ox, int64_t c) const {
    int32_t place;
    const T best = of.largest(n, oy, ox, c, place);
    of.y[of.w.pooled(n, oy, ox, c)] = best;
    places[((n * of.w.y.outSize + oy) * of.w.x.outSize + ox) * of.w.channels + c] = uint8_t(place < 0 || (relu && best <= 0) ? kNoPlace : place);
  }
};

template <class T>
struct GradientByPlaces {
  kernels::WindowsLast w;
  const uint8_t* places;
  const T* dy;
  kernels::PixelsInside inside;

  GradientByPlaces(const kernels::WindowsLast& windows, const uint8_t* from, const T* gradient)
      : w(windows), places(from), dy(gradient), inside(windows) {}

  template <class Lanes>
  void scatterLanes(Lanes lanes, int64_t n, int64_t oy, int64_t ox, int64_t c, T* dx, auto add) const {
    int32_t place[kernels::kChannelLanes];
    T g[kernels::kChannelLanes];
    const uint8_t* const from = places + LargestOfPixelsAndPlaces<T>::at(w, n, oy, ox, c);
    const T* const in = dy + w.pooled(n, oy, ox, c);
#pragma omp simd
    for (int k = 0; k < lanes; ++k) place[k] = from[k];
    if (w.channel == 1) {
#pragma omp simd
      for (int k = 0; k < lanes; ++k) g[k] = in[k];
    } else {
      for (int k = 0; k < lanes; ++k) g[k] = in[k * w.channel];
    }
    const bool given = inside.use(w, oy, ox, [&](auto pixels, const int64_t* at) {
      T* const first = dx + w.at(n, w.y.begin(oy), w.x.begin(ox), c);
      kernels::eachConstant<0, pixels>([&](auto e) {
        T* const to = first + at[e];
#pragma omp simd
        for (int k = 0; k < lanes; ++k) to[k] = (add ? to[k] : T(0)) + (place[k] == e ? g[k] : T(0));
      });
    });
    if (given) return;
    w.each(oy, ox, [&](int32_t element, int64_t iy, int64_t ix) {
      T* to = dx + w.at(n, iy, ix, c);
#pragma omp simd
      for (int k = 0; k < lanes; ++k) to[k] = (add ? to[k] : T(0)) + (place[k] == element ? g[k] : T(0));
    });
  }
  BOTH T gather(int64_t n, int64_t oy, int64_t ox, int64_t c, int64_t y, int64_t x) const {
    const int place = places[((n * w.y.outSize + oy) * w.x.outSize + ox) * w.channels + c];
    T given = 0;
    w.each(oy, ox, [&](int32_t element, int64_t iy, int64_t ix) {
      if (element == place && iy == y && ix == x) given = dy[w.pooled(n, oy, ox, c)];
    });
    return given;
  }
};

template <class T>
struct LargestOfPixelsGradient {
  LargestOfPixels<T> of;
  const T* dy;
  bool relu;  // x came from a ReLU, whose gradient is taken along: nothing where x is not above 0

  template <class Lanes>
  void scatterLanes(Lanes lanes, int64_t n, int64_t oy, int64_t ox, int64_t c, T* dx, auto add) const {
    T best[kernels::kChannelLanes], g[kernels::kChannelLanes];
    int32_t place[kernels::kChannelLanes];
    of.find(lanes, n, oy, ox, c, best, place);
    const T* in = dy + of.w.pooled(n, oy, ox, c);
    for (int k = 0; k < lanes; ++k) g[k] = in[k * of.w.channel];
    if (relu)
      for (int k = 0; k < lanes; ++k) g[k] = best[k] <= 0 ? T(0) : g[k];
    const bool given = of.inside.use(of.w, oy, ox, [&](auto pixels, const int64_t* at) {
      T* const first = dx + of.w.at(n, of.w.y.begin(oy), of.w.x.begin(ox), c);
      kernels::eachConstant<0, pixels>([&](auto e) {
        T* const to = first + at[e];
#pragma omp simd
        for (int k = 0; k < lanes; ++k) to[k] = (add ? to[k] : T(0)) + (place[k] == e ? g[k] : T(0));
      });
    });
    if (given) return;
    of.w.each(oy, ox, [&](int32_t element, int64_t iy, int64_t ix) {
      T* to = dx + of.w.at(n, iy, ix, c);
#pragma omp simd
      for (int k = 0; k < lanes; ++k) to[k] = (add ? to[k] : T(0)) + (place[k] == element ? g[k] : T(0));
    });
  }
  BOTH T gather(int64_t n, int64_t oy, int64_t ox, int64_t c, int64_t y, int64_t x) const {
    int32_t place;
    const T best = of.largest(n, oy, ox, c, place);
    T given = 0;
    of.w.each(oy, ox, [&](int32_t element, int64_t iy, int64_t ix) {
      if (element == place && iy == y && ix == x) given = relu && best <= 0 ? T(0) : dy[of.w.pooled(n, oy, ox, c)];
    });
    return given;
  }
};

struct MaxPool2dChannelsLast {
  Pair kernel_size = {2, 2};
  Pair stride = {0, 0};
  Pair padding = {0, 0};
  Pair dilation = {1, 1};
  bool ceil_mode = false;
  bool canonical_output = false;

  static Info info() {
    return {.name = "MaxPool2dChannelsLast",
            .group = "",
            .title = "Max pooling 2d, channels last",
            .about = "Keeps the largest value of each window.",
            .inputs = {{"x", "pictures, (batch, height, width, channels)"}},
            .outputs = {{"y", "smaller pictures"}}};
  }
  static void fields(auto& op, FieldVisitor& f) {
    maxPoolFields(op, f);
    f.boolean("canonical_output", op.canonical_output, kCanonical);
  }
  Pooling pooling() const { return maxPooling(*this); }
  void infer(Shapes& s) const {
    const Pooling p = pooling();
    const Shape x = canonicalShape(s.in(0));
    s.out(0, pooledShape({x[0], x[1], pooledSize(x[2], p.kernel.height, p.stride.height, p.padding.height, p.dilation.height, p.ceilMode),
                          pooledSize(x[3], p.kernel.width, p.stride.width, p.padding.width, p.dilation.width, p.ceilMode)},
                         canonical_output));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Pooling p = pooling();
    const kernels::WindowsLast w = lastWindows(call.in(0).shape, call.out(0).shape, &p, canonical_output);
    kernels::forEachWindow(device, w, LargestOfPixels<T>(w, call.in<T>(0), call.out<T>(0)));
  }
  std::optional<Op> withCanonical(int input) const {
    if (canonical_output || input != -1) return {};
    return *Op(*this).set("canonical_output", true);
  }

  static void examples(Examples<MaxPool2dChannelsLast>& e) {
    e.add({}, {{2, 6, 4, 3}}).withoutGradient();
    e.add({.kernel_size = {3, 3}, .stride = {2, 2}, .padding = {1, 1}, .canonical_output = true}, {{2, 7, 6, 17}}).withoutGradient();
    e.add({.kernel_size = {2, 3}, .stride = {1, 2}, .dilation = {2, 1}, .ceil_mode = true}, {{1, 6, 6, 16}}).withoutGradient();
    e.add({.kernel_size = {3, 3}, .stride = {1, 1}}, {{9, 12, 12, 20}}).withoutGradient();
    e.add({}, {{1, 4, 4, 2}}).range(1, 1).withoutGradient();
    e.add({}, {{0, 4, 4, 2}}).withoutGradient();
  }
};

// Max pooling that writes down which pixel was the largest, and its gradient, which then need not look for it again: a byte is read
// for each window where the whole picture was.
struct MaxPool2dPlacesChannelsLast {
  Pair kernel_size = {2, 2};
  Pair stride = {0, 0};
  Pair padding = {0, 0};
  Pair dilation = {1, 1};
  bool ceil_mode = false;
  bool canonical_output = false;
  bool relu = false;

  static Info info() {
    return {.name = "MaxPool2dPlacesChannelsLast",
            .group = "",
            .title = "Max pooling 2d with places, channels last",
            .about = "Keeps the largest value of each window, and which it was.",
            .inputs = {{"x", "pictures, (batch, height, width, channels)"}},
            .outputs = {{"y", "smaller pictures"}, {"places", "of the largest within the window; 255: it gets no gradient"}}};
  }
  static void fields(auto& op, FieldVisitor& f) {
    MaxPool2dChannelsLast::fields(op, f);
    f.boolean("relu", op.relu, "Where x is not above 0 nothing gets a gradient: that of a ReLU before the pooling.");
  }
  Pooling pooling() const { return maxPooling(*this); }
  void infer(Shapes& s) const {
    MaxPool2dChannelsLast pool{kernel_size, stride, padding, dilation, ceil_mode, false};
    pool.infer(s);
    const Shape places = s.outputs()[0].shape;
    pool.canonical_output = canonical_output;
    pool.infer(s);
    s.out(1, places, Type::u8);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Pooling p = pooling();
    const kernels::WindowsLast w = lastWindows(call.in(0).shape, call.out(0).shape, &p, canonical_output);
    kernels::forEachWindow(device, w,
                           LargestOfPixelsAndPlaces<T>{{w, call.in<T>(0), call.out<T>(0)}, call.out<uint8_t>(1), relu});
  }
  static void examples(Examples<MaxPool2dPlacesChannelsLast>& e) {
    e.add({}, {{2, 6, 4, 3}}).withoutGradient();
    e.add({.relu = true}, {{3, 7, 5, 33}}).withoutGradient();
    e.add({.kernel_size = {3, 3}, .stride = {2, 2}, .padding = {1, 1}, .canonical_output = true}, {{2, 7, 6, 17}}).withoutGradient();
    e.add({}, {{0, 4, 4, 2}}).withoutGradient();
  }
};

struct MaxPool2dPlacesGradientChannelsLast {
  Pair kernel_size = {2, 2};
  Pair stride = {0, 0};
  Pair padding = {0, 0};
  Pair dilation = {1, 1};
  bool ceil_mode = false;
  bool canonical_output = false;
  std::vector<int64_t> input_shape = {1, 2, 2, 1};

  static Info info() {
    return {.name = "MaxPool2dPlacesGradientChannelsLast",
            .group = "",
            .title = "Gradient of max pooling by places, channels last",
            .about = "Gives each window's gradient to the pixel that was written down.",
            .inputs = {{"places", "of the largest within each window, (batch, height, width, channels)"}, {"dy", "gradient of the output"}},
            .outputs = {{"dx", "gradient of the input, (batch, height, width, channels)"}}};
  }
  static void fields(MaxPool2dPlacesGradientChannelsLast& op, FieldVisitor& f) {
    MaxPool2dChannelsLast::fields(op, f);
    f.integers("input_shape", op.input_shape, atLeast(0), {4, 4}, "Sizes of the input.");
  }
  Pooling pooling() const { return maxPooling(*this); }
  void infer(Shapes& s) const { s.out(0, Shape(std::span<const int64_t>(input_shape))); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Pooling p = pooling();
    const kernels::WindowsLast w = lastWindows(call.out(0).shape, call.in(1).shape, &p, canonical_output);
    kernels::scatterWindows(device, w, call.out<T>(0), GradientByPlaces<T>(w, call.in<uint8_t>(0), call.in<T>(1)));
  }
  static void examples(Examples<MaxPool2dPlacesGradientChannelsLast>& e) {
    const Draw bytes{.classes = 5, .type = Type::u8};
    e.add({.input_shape = {2, 6, 4, 3}}, {{2, 3, 2, 3}, {2, 3, 2, 3}}).draw(bytes).draw({}).withoutGradient();
    e.add({.input_shape = {3, 7, 5, 33}}, {{3, 3, 2, 33}, {3, 3, 2, 33}}).draw(bytes).draw({}).withoutGradient();
    e.add({.kernel_size = {3, 3}, .stride = {1, 1}, .input_shape = {6, 12, 12, 18}}, {{6, 10, 10, 18}, {6, 10, 10, 18}})
        .draw({.classes = 9, .type = Type::u8}).draw({}).withoutGradient();
    e.add({.kernel_size = {3, 3}, .stride = {2, 2}, .padding = {1, 1}, .canonical_output = true, .input_shape = {2, 7, 6, 17}},
          {{2, 4, 3, 17}, {2, 17, 4, 3}}).draw({.classes = 9, .type = Type::u8}).draw({}).withoutGradient();
  }
};

struct MaxPool2dGradientChannelsLast {
  Pair kernel_size = {2, 2};
  Pair stride = {0, 0};
  Pair padding = {0, 0};
  Pair dilation = {1, 1};
  bool ceil_mode = false;
  bool canonical_output = false;
  bool relu = false;

  static Info info() {
    return {.name = "MaxPool2dGradientChannelsLast",
            .group = "",
            .title = "Gradient of max pooling, channels last",
            .about = "Gives each window's gradient to its largest element.",
            .inputs = {{"x", "pictures, (batch, height, width, channels)"}, {"dy", "gradient of the output"}},
            .outputs = {{"dx", "gradient of the input"}}};
  }
  static void fields(MaxPool2dGradientChannelsLast& op, FieldVisitor& f) {
    MaxPool2dChannelsLast::fields(op, f);
    f.boolean("relu", op.relu, "Nothing where x is not above 0: the gradient of a ReLU before the pooling.");
  }
  Pooling pooling() const { return maxPooling(*this); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Pooling p = pooling();
    const kernels::WindowsLast w = lastWindows(call.in(0).shape, call.in(1).shape, &p, canonical_output);
    kernels::scatterWindows(device, w, call.out<T>(0), LargestOfPixelsGradient<T>{{w, call.in<T>(0), nullptr}, call.in<T>(1), relu});
  }
  std::optional<Op> withCanonical(int input) const {
    if (canonical_output || input != 1) return {};
    return *Op(*this).set("canonical_output", true);
  }
  std::optional<std::pair<Op, Op>> remembering(const Op& forward, const Shape& x) const {
    const MaxPool2dChannelsLast* pool = forward.as<MaxPool2dChannelsLast>();
    if (!pool || kernel_size.height >= kNoPlace || kernel_size.width >= kNoPlace || kernel_size.height * kernel_size.width > kNoPlace) return {};
    MaxPool2dChannelsLast same{kernel_size, stride, padding, dilation, ceil_mode, pool->canonical_output};
    if (!(Op(same) == forward)) return {};
    return std::pair(Op(MaxPool2dPlacesChannelsLast{kernel_size, stride, padding, dilation, ceil_mode, pool->canonical_output, relu}),
                     Op(MaxPool2dPlacesGradientChannelsLast{kernel_size, stride, padding, dilation, ceil_mode, canonical_output, {x.begin(), x.end()}}));
  }
  // Its pictures are what the ReLU gave.
  std::optional<std::pair<Op, int>> withReluGradient() const {
    if (relu) return {};
    return std::pair(*Op(*this).set("relu", true), 0);
  }
  static void examples(Examples<MaxPool2dGradientChannelsLast>& e) {
    e.add({}, {{2, 6, 4, 3}, {2, 3, 2, 3}}).withoutGradient();
    e.add({.kernel_size = {3, 3}, .stride = {1, 1}, .relu = true}, {{6, 12, 12, 18}, {6, 10, 10, 18}}).withoutGradient();
    e.add({.kernel_size = {3, 3}, .stride = {2, 2}, .padding = {1, 1}, .canonical_output = true}, {{2, 7, 6, 17}, {2, 17, 4, 3}}).withoutGradient();
  }
};

// ----------------------------------------------------------------------- mean ----

template <class T>
struct MeanOfPixels {
  kernels::WindowsLast w;
  bool countsPadding;
  const T* x;
  T* y;

  BOTH T divisor(int64_t oy, int64_t ox) const { return meanDivisor<T>(w.y, w.x, countsPadding, oy, ox); }
  template <class Lanes>
  void lanes(Lanes count, int64_t n, int64_t oy, int64_t ox, int64_t c) const {
    T sum[kernels::kChannelLanes] = {};
    w.each(oy, ox, [&](int32_t, int64_t iy, int64_t ix) {
      const T* in = x + w.at(n, iy, ix, c);
#pragma omp simd
      for (int k = 0; k < count; ++k) sum[k] += in[k];
    });
    const T by = divisor(oy, ox);
    T* const out = y + w.pooled(n, oy, ox, c);
    for (int k = 0; k < count; ++k) out[k * w.channel] = sum[k] / by;
  }
  BOTH void operator()(int64_t n, int64_t oy, int64_t ox, int64_t c) const {
    T sum = 0;
    w.each(oy, ox, [&](int32_t, int64_t iy, int64_t ix) { sum += x[w.at(n, iy, ix, c)]; });
    y[w.pooled(n, oy, ox, c)] = sum / divisor(oy, ox);
  }
};

template <class T>
struct MeanOfPixelsGradient {
  MeanOfPixels<T> of;
  const T* dy;

  template <class Lanes>
  void scatterLanes(Lanes lanes, int64_t n, int64_t oy, int64_t ox, int64_t c, T* dx, auto add) const {
    T share[kernels::kChannelLanes];
    const T* in = dy + of.w.pooled(n, oy, ox, c);
    const T by = of.divisor(oy, ox);
    for (int k = 0; k < lanes; ++k) share[k] = in[k * of.w.channel] / by;
    of.w.each(oy, ox, [&](int32_t, int64_t iy, int64_t ix) {
      T* to = dx + of.w.at(n, iy, ix, c);
#pragma omp simd
      for (int k = 0; k < lanes; ++k) to[k] = (add ? to[k] : T(0)) + share[k];
    });
  }
  BOTH T gather(int64_t n, int64_t oy, int64_t ox, int64_t c, int64_t, int64_t) const {
    return dy[of.w.pooled(n, oy, ox, c)] / of.divisor(oy, ox);
  }
};

struct AvgPool2dChannelsLast {
  Pair kernel_size = {2, 2};
  Pair stride = {0, 0};
  Pair padding = {0, 0};
  bool ceil_mode = false;
  bool count_include_pad = true;
  bool canonical_output = false;

  static Info info() {
    return {.name = "AvgPool2dChannelsLast",
            .group = "",
            .title = "Average pooling 2d, channels last",
            .about = "Takes the mean of each window.",
            .inputs = {{"x", "pictures, (batch, height, width, channels)"}},
            .outputs = {{"y", "smaller pictures"}}};
  }
  static void fields(auto& op, FieldVisitor& f) {
    avgPoolFields(op, f);
    f.boolean("canonical_output", op.canonical_output, kCanonical);
  }
  Pooling pooling() const { return avgPooling(*this); }
  void infer(Shapes& s) const {
    const Pooling p = pooling();
    const Shape x = canonicalShape(s.in(0));
    s.out(0, pooledShape({x[0], x[1], pooledSize(x[2], p.kernel.height, p.stride.height, p.padding.height, 1, p.ceilMode),
                          pooledSize(x[3], p.kernel.width, p.stride.width, p.padding.width, 1, p.ceilMode)},
                         canonical_output));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Pooling p = pooling();
    const kernels::WindowsLast w = lastWindows(call.in(0).shape, call.out(0).shape, &p, canonical_output);
    kernels::forEachWindow(device, w, MeanOfPixels<T>{w, count_include_pad, call.in<T>(0), call.out<T>(0)});
  }
  std::optional<Op> withCanonical(int input) const {
    if (canonical_output || input != -1) return {};
    return *Op(*this).set("canonical_output", true);
  }
  static void examples(Examples<AvgPool2dChannelsLast>& e) {
    e.add({}, {{2, 6, 4, 3}}).withoutGradient();
    e.add({.kernel_size = {3, 2}, .stride = {2, 2}, .padding = {1, 1}, .ceil_mode = true, .count_include_pad = false, .canonical_output = true}, {{1, 6, 6, 18}})
        .withoutGradient();
    e.add({.kernel_size = {3, 3}, .stride = {1, 1}}, {{9, 12, 12, 16}}).withoutGradient();
  }
};

struct AvgPool2dGradientChannelsLast {
  Pair kernel_size = {2, 2};
  Pair stride = {0, 0};
  Pair padding = {0, 0};
  bool ceil_mode = false;
  bool count_include_pad = true;
  bool canonical_output = false;
  std::vector<int64_t> input_shape = {1, 2, 2, 1};

  static Info info() {
    return {.name = "AvgPool2dGradientChannelsLast",
            .group = "",
            .title = "Gradient of average pooling, channels last",
            .about = "Spreads each window's gradient over its elements.",
            .inputs = {{"dy", "gradient of the output"}},
            .outputs = {{"dx", "gradient of the input, (batch, height, width, channels)"}}};
  }
  static void fields(AvgPool2dGradientChannelsLast& op, FieldVisitor& f) {
    AvgPool2dChannelsLast::fields(op, f);
    f.integers("input_shape", op.input_shape, atLeast(0), {4, 4}, "Sizes of the input.");
  }
  Pooling pooling() const { return avgPooling(*this); }
  void infer(Shapes& s) const { s.out(0, Shape(std::span<const int64_t>(input_shape))); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Pooling p = pooling();
    const kernels::WindowsLast w = lastWindows(call.out(0).shape, call.in(0).shape, &p, canonical_output);
    kernels::scatterWindows(device, w, call.out<T>(0), MeanOfPixelsGradient<T>{{w, count_include_pad, nullptr, nullptr}, call.in<T>(0)});
  }
  std::optional<Op> withCanonical(int input) const {
    if (canonical_output || input != 0) return {};
    return *Op(*this).set("canonical_output", true);
  }
  static void examples(Examples<AvgPool2dGradientChannelsLast>& e) {
    e.add({.kernel_size = {3, 3}, .stride = {2, 2}, .padding = {1, 1}, .input_shape = {2, 7, 6, 2}}, {{2, 4, 3, 2}}).withoutGradient();
    e.add({.kernel_size = {3, 3}, .stride = {1, 1}, .canonical_output = true, .input_shape = {6, 12, 12, 18}}, {{6, 18, 10, 10}}).withoutGradient();
  }
};

// ------------------------------------------------------------------- adaptive ----

struct AdaptiveAvgPool2dChannelsLast {
  Pair output_size = {1, 1};
  bool canonical_output = false;

  static Info info() {
    return {.name = "AdaptiveAvgPool2dChannelsLast",
            .group = "",
            .title = "Adaptive average pooling 2d, channels last",
            .about = "Takes means so that the picture gets the size that is wanted.",
            .inputs = {{"x", "pictures, (batch, height, width, channels)"}},
            .outputs = {{"y", "pictures of the size wanted"}}};
  }
  static void fields(AdaptiveAvgPool2dChannelsLast& op, FieldVisitor& f) {
    f.pair("output_size", op.output_size, between(1, 1 << 24), "Height and width of the result.");
    f.boolean("canonical_output", op.canonical_output, kCanonical);
  }
  void infer(Shapes& s) const {
    s.out(0, pooledShape({s.in(0)[0], s.in(0)[3], output_size.height, output_size.width}, canonical_output));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::WindowsLast w = lastWindows(call.in(0).shape, call.out(0).shape, nullptr, canonical_output);
    kernels::forEachWindow(device, w, MeanOfPixels<T>{w, false, call.in<T>(0), call.out<T>(0)});
  }
  std::optional<Op> withCanonical(int input) const {
    if (canonical_output || input != -1) return {};
    return *Op(*this).set("canonical_output", true);
  }
  static void examples(Examples<AdaptiveAvgPool2dChannelsLast>& e) {
    e.add({}, {{2, 5, 4, 3}}).withoutGradient();
    e.add({.output_size = {3, 2}, .canonical_output = true}, {{2, 7, 6, 18}}).withoutGradient();
    e.add({.output_size = {5, 7}}, {{1, 3, 3, 2}}).withoutGradient();
    e.add({.output_size = {4, 4}}, {{9, 9, 10, 16}}).withoutGradient();
  }
};

struct AdaptiveAvgPool2dGradientChannelsLast {
  std::vector<int64_t> input_shape = {1, 2, 2, 1};
  bool canonical_output = false;

  static Info info() {
    return {.name = "AdaptiveAvgPool2dGradientChannelsLast",
            .group = "",
            .title = "Gradient of adaptive average pooling, channels last",
            .about = "Spreads each window's gradient over its elements.",
            .inputs = {{"dy", "gradient of the output"}},
            .outputs = {{"dx", "gradient of the input, (batch, height, width, channels)"}}};
  }
  static void fields(AdaptiveAvgPool2dGradientChannelsLast& op, FieldVisitor& f) {
    f.integers("input_shape", op.input_shape, atLeast(0), {4, 4}, "Sizes of the input.");
    f.boolean("canonical_output", op.canonical_output, kCanonical);
  }
  void infer(Shapes& s) const { s.out(0, Shape(std::span<const int64_t>(input_shape))); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::WindowsLast w = lastWindows(call.out(0).shape, call.in(0).shape, nullptr, canonical_output);
    kernels::scatterWindows(device, w, call.out<T>(0), MeanOfPixelsGradient<T>{{w, false, nullptr, nullptr}, call.in<T>(0)});
  }
  std::optional<Op> withCanonical(int input) const {
    if (canonical_output || input != 0) return {};
    return *Op(*this).set("canonical_output", true);
  }
  static void examples(Examples<AdaptiveAvgPool2dGradientChannelsLast>& e) {
    e.add({.input_shape = {2, 7, 6, 2}}, {{2, 3, 2, 2}}).withoutGradient();
    e.add({.input_shape = {6, 12, 12, 18}, .canonical_output = true}, {{6, 18, 5, 5}}).withoutGradient();
  }
};

OpFile pooling_last_file() {
  return ops<MaxPool2dChannelsLast, MaxPool2dGradientChannelsLast, MaxPool2dPlacesChannelsLast, MaxPool2dPlacesGradientChannelsLast, AvgPool2dChannelsLast, AvgPool2dGradientChannelsLast,
             AdaptiveAvgPool2dChannelsLast, AdaptiveAvgPool2dGradientChannelsLast>();
}

}  // namespace engine
