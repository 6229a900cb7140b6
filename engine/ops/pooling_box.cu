// Pooling over windows of series and volumes: MaxPool1d, MaxPool3d, AvgPool1d, AvgPool3d. Each result is one thread's, and so is each
// number of the gradient, which asks the windows that hold it. Semantics of the borders: torch.nn; padding may differ between both ends.
#include "engine/graph/op.h"
#include "engine/ops/pooling.h"
#include "kernels/map.h"
#include "kernels/scratch.h"

namespace engine {

namespace {
using Numbers = std::vector<int64_t>;

// Windows along the last one, two or three axes; those that are missing are of one element.
struct Boxes {
  kernels::WindowAxis z, y, x;
  int64_t endZ = 0, endY = 0, endX = 0;  // padding at the end
  BOTH int64_t in() const { return z.size * y.size * x.size; }
  BOTH int64_t out() const { return z.outSize * y.outSize * x.outSize; }
};

struct BoxPooling {
  Numbers kernel, stride, padding, dilation;
  bool ceil = false;

  int axes() const { return int(kernel.size()); }
  int64_t step(int axis) const { return stride.empty() || stride[size_t(axis)] == 0 ? kernel[size_t(axis)] : stride[size_t(axis)]; }
  int64_t apart(int axis) const { return dilation.empty() ? 1 : dilation[size_t(axis)]; }
  int64_t before(int axis) const { return padding[size_t(axis)]; }
  int64_t behind(int axis) const { return padding[padding.size() - kernel.size() + size_t(axis)]; }
  int64_t reach(int axis) const { return apart(axis) * (kernel[size_t(axis)] - 1) + 1; }
  int64_t outSize(int axis, int64_t size) const {
    if (size < 0) return kUnknown;
    const int64_t room = size + before(axis) + behind(axis) - reach(axis);
    if (room < 0) return 0;
    int64_t out = (room + (ceil ? step(axis) - 1 : 0)) / step(axis) + 1;
    if (ceil && (out - 1) * step(axis) >= size + before(axis)) --out;
    return out;
  }
  Shape outShape(const Shape& x) const {
    Shape y{x[0], x[1]};
    for (int axis = 0; axis < axes(); ++axis) y.append(outSize(axis, x[2 + axis]));
    return y;
  }
  bool infer(Shapes& s, const char* takes) const {
    const Shape& x = s.in(0);
    if (!s.require(x.rank() == axes() + 2, Place::input(0), takes, x).fix("put a Reshape before it")) return false;
    constexpr int64_t kMost = int64_t(1) << 24;
    for (const Numbers* list : {&kernel, &stride, &padding, &dilation})
      for (int64_t size : *list)
        if (!s.require(size <= kMost, {}, Message("sizes of at most {0}", kMost), Message("{0}", size))) return false;
    if (!s.require(int(padding.size()) == axes() || int(padding.size()) == 2 * axes(), Place::field("padding"),
                   Message("{0} numbers, or {1} with those of the ends", axes(), 2 * axes()), Message("{0}", int64_t(padding.size()))))
      return false;
    for (int axis = 0; axis < axes(); ++axis) {
      if (!s.require(before(axis) < reach(axis) && behind(axis) < reach(axis), Place::field("padding"), "less than the window",
                     Message("{0}", std::max(before(axis), behind(axis))))
               .fix("make the padding smaller"))
        return false;
      if (!s.require(outSize(axis, x[2 + axis]) != 0, Place::field("kernel_size"),
                     Message("a size of at least {0}", reach(axis) - before(axis) - behind(axis)), Message("{0}", x[2 + axis]))
               .fix("make the window smaller"))
        return false;
    }
    s.out(0, outShape(x));
    return true;
  }
  Boxes boxes(const Shape& x, const Shape& y) const {
    Boxes b;
    kernels::WindowAxis* const all[] = {&b.z, &b.y, &b.x};
    int64_t* const ends[] = {&b.endZ, &b.endY, &b.endX};
    for (int axis = 0; axis < axes(); ++axis) {
      const int at = 3 - axes() + axis;
      *all[at] = {x[2 + axis], y[2 + axis], kernel[size_t(axis)], step(axis), before(axis), apart(axis), false};
      *ends[at] = behind(axis);
    }
    return b;
  }
  void listFields(FieldVisitor& f) {
    const Length some{1, 3};
    f.integers("kernel_size", kernel, atLeast(1), some, "Sizes of the window.");
    f.integers("stride", stride, atLeast(0), {0, 3}, "From one window to the next.");
    f.integers("padding", padding, atLeast(0), {1, 6}, "Added on each side.");
    f.integers("dilation", dilation, atLeast(1), {0, 3}, "From one element of the window to the next.");
    f.boolean("ceil_mode", ceil, "Whether a last window may hang over the border.");
  }
};

// Calls f(first, oz, oy, ox): the place of the plane's first element and the window of result i.
template <class F>
BOTH inline auto atWindow(const Boxes& b, int64_t i, const F& f) {
  const int64_t ox = i % b.x.outSize, rest = i / b.x.outSize, oy = rest % b.y.outSize, more = rest / b.y.outSize;
  return f(more / b.z.outSize * b.in(), more % b.z.outSize, oy, ox);
}

// Where the largest element lies in its plane: the first one on ties; a NaN is larger than everything.
template <class T>
struct LargestInBox {
  Boxes b;
  const T* x;
  BOTH int64_t operator()(int64_t first, int64_t oz, int64_t oy, int64_t ox) const {
    const T* in = x + first;
    int64_t best = -1;
    for (int64_t k = 0; k < b.z.kernel; ++k) {
      const int64_t iz = b.z.begin(oz) + k * b.z.dilation;
      if (iz < 0 || iz >= b.z.size) continue;
      for (int64_t i = 0; i < b.y.kernel; ++i) {
        const int64_t iy = b.y.begin(oy) + i * b.y.dilation;
        if (iy < 0 || iy >= b.y.size) continue;
        for (int64_t j = 0; j < b.x.kernel; ++j) {
          const int64_t ix = b.x.begin(ox) + j * b.x.dilation;
          if (ix < 0 || ix >= b.x.size) continue;
          const int64_t at = (iz * b.y.size + iy) * b.x.size + ix;
          if (best < 0 || in[at] > in[best] || (in[at] != in[at] && in[best] == in[best])) best = at;
        }
      }
    }
    return best;
  }
};

template <class T>
struct MaxOfBox {
  LargestInBox<T> largest;
  T* y;
  BOTH void operator()(int64_t i) const {
    const LargestInBox<T>& l = largest;
    y[i] = atWindow(l.b, i, [&](int64_t first, int64_t oz, int64_t oy, int64_t ox) {
      const int64_t at = l(first, oz, oy, ox);
      return at < 0 ? T(-INFINITY) : l.x[first + at];
    });
  }
};
template <class T>
struct PlaceOfBox {
  LargestInBox<T> largest;
  int64_t* place;
  bool whole, turned;  // counted over all planes; with the first axis of a plane innermost
  BOTH void operator()(int64_t i) const {
    const LargestInBox<T>& l = largest;
    const bool fromStart = whole, other = turned;
    place[i] = atWindow(l.b, i, [&](int64_t first, int64_t oz, int64_t oy, int64_t ox) {
      const int64_t at = l(first, oz, oy, ox);
      int64_t told = at;
      if (other && at >= 0) {
        const int64_t ix = at % l.b.x.size, iy = at / l.b.x.size % l.b.y.size, iz = at / l.b.x.size / l.b.y.size;
        told = (ix * l.b.y.size + iy) * l.b.z.size + iz;
      }
      return fromStart && at >= 0 ? first + told : told;
    });
  }
};

// Calls f(o) for the results of the windows that hold element i.
template <class F>
BOTH inline void eachWindowOf(const Boxes& b, int64_t i, const F& f) {
  const int64_t ix = i % b.x.size, rest = i / b.x.size, iy = rest % b.y.size, more = rest / b.y.size, iz = more % b.z.size,
                first = more / b.z.size * b.out();
  for (int64_t oz = b.z.firstWindow(iz); oz < b.z.lastWindow(iz); ++oz)
    for (int64_t oy = b.y.firstWindow(iy); oy < b.y.lastWindow(iy); ++oy)
      for (int64_t ox = b.x.firstWindow(ix); ox < b.x.lastWindow(ix); ++ox) f(first + (oz * b.y.outSize + oy) * b.x.outSize + ox, oz, oy, ox);
}

template <class T>
struct MaxOfBoxGradient {
  Boxes b;
  const int64_t* place;
  const T* dy;
  T* dx;
  BOTH void operator()(int64_t i) const {
    const int64_t own = i % b.in();
    const int64_t* const places = place;
    const T* const g = dy;
    T sum = 0;
    eachWindowOf(b, i, [&](int64_t o, int64_t, int64_t, int64_t) { sum += places[o] == own ? g[o] : T(0); });
    dx[i] = sum;
  }
};

BOTH inline int64_t countedAlong(const kernels::WindowAxis& a, int64_t end, bool countsPadding, int64_t o) {
  const int64_t from = a.begin(o), to = a.end(o);
  if (countsPadding) return (to < a.size + end ? to : a.size + end) - from;  // what hangs over never counts
  return cutToPicture(to, a.size) - cutToPicture(from, a.size);
}
template <class T>
BOTH T boxDivisor(const Boxes& b, bool countsPadding, int64_t oz, int64_t oy, int64_t ox) {
  return T(countedAlong(b.z, b.endZ, countsPadding, oz) * countedAlong(b.y, b.endY, countsPadding, oy) *
           countedAlong(b.x, b.endX, countsPadding, ox));
}
template <class T>
struct MeanOfBox {
  Boxes b;
  bool countsPadding;
  const T* x;
  T* y;
  BOTH void operator()(int64_t i) const {
    const Boxes& w = b;
    const T* const all = x;
    const bool counts = countsPadding;
    y[i] = atWindow(w, i, [&](int64_t first, int64_t oz, int64_t oy, int64_t ox) {
      const T* in = all + first;
      T sum = 0;
      for (int64_t iz = cutToPicture(w.z.begin(oz), w.z.size); iz < cutToPicture(w.z.end(oz), w.z.size); ++iz)
        for (int64_t iy = cutToPicture(w.y.begin(oy), w.y.size); iy < cutToPicture(w.y.end(oy), w.y.size); ++iy)
          for (int64_t ix = cutToPicture(w.x.begin(ox), w.x.size); ix < cutToPicture(w.x.end(ox), w.x.size); ++ix)
            sum += in[(iz * w.y.size + iy) * w.x.size + ix];
      return sum / boxDivisor<T>(w, counts, oz, oy, ox);
    });
  }
};
template <class T>
struct MeanOfBoxGradient {
  Boxes b;
  bool countsPadding;
  const T* dy;
  T* dx;
  BOTH void operator()(int64_t i) const {
    const Boxes& w = b;
    const T* const g = dy;
    const bool counts = countsPadding;
    T sum = 0;
    eachWindowOf(w, i, [&](int64_t o, int64_t oz, int64_t oy, int64_t ox) { sum += g[o] / boxDivisor<T>(w, counts, oz, oy, ox); });
    dx[i] = sum;
  }
};

constexpr const char* kSeries = "series (batch, channels, length)";
constexpr const char* kVolumes = "volumes (batch, channels, depth, height, width)";
Numbers sizesIn(const Shape& x) { return {x.begin(), x.end()}; }
}  // namespace

// Where the largest element of each window lies.
struct MaxPoolIndices {
  BoxPooling box = {{2}, {}, {0}, {}, false};
  bool whole = false, turned = false;
  static Info info() {
    return {.name = "MaxPoolIndices",
            .group = "",
            .title = "Places of max pooling",
            .about = "Where the largest value of each window lies.",
            .inputs = {{"x", "numbers, (batch, channels, ...)"}},
            .outputs = {{"place", "whole numbers, one for each window"}}};
  }
  static void fields(MaxPoolIndices& op, FieldVisitor& f) {
    op.box.listFields(f);
    f.boolean("whole", op.whole, "Counted from the beginning of all pictures, not of each channel.");
    f.boolean("turned", op.turned, "Counted with the first axis of a picture innermost.");
  }
  void infer(Shapes& s) const {
    if (box.infer(s, kVolumes)) s.out(0, box.outShape(s.in(0)), Type::i64);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Boxes b = box.boxes(call.in(0).shape, call.out(0).shape);
    kernels::map(device, call.out(0).elements(), PlaceOfBox<T>{{b, call.in<T>(0)}, call.out<int64_t>(0), whole, turned});
  }
  void gradient(Backward&) const {}
  static void examples(Examples<MaxPoolIndices>& e) {
    e.add({}, {{2, 3, 6}}).distinct().withoutGradient();
    e.add({.box = {{2, 3}, {1, 2}, {0, 1}, {}, false}, .whole = true}, {{2, 3, 6, 7}}).distinct().withoutGradient();
    e.add({.box = {{2, 2, 2}, {}, {0, 0, 0}, {}, true}, .whole = true, .turned = true}, {{1, 2, 3, 4, 5}}).distinct().withoutGradient();
    e.add({}, {{4, 9, 2000}}).distinct().withoutGradient();
    e.add({}, {{0, 3, 6}}).withoutGradient();
  }
};

struct MaxPoolBoxGradient {
  BoxPooling box = {{2}, {}, {0}, {}, false};
  static Info info() {
    return {.name = "MaxPoolBoxGradient",
            .group = "",
            .title = "Gradient of max pooling",
            .about = "Gives each window's gradient to its largest element.",
            .inputs = {{"x", "what came in"}, {"dy", "gradient of the output"}},
            .outputs = {{"dx", "gradient of the input"}}};
  }
  static void fields(MaxPoolBoxGradient& op, FieldVisitor& f) { op.box.listFields(f); }
  void infer(Shapes& s) const { s.out(0, s.in(0)); }
  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    kernels::Scratch scratch(nullptr);
    scratch.take<int64_t>(p.call.in(1).elements());
    p.scratchBytes = scratch.bytes;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Boxes b = box.boxes(call.in(0).shape, call.in(1).shape);
    int64_t* const place = kernels::Scratch(call.scratch).take<int64_t>(call.in(1).elements());
    kernels::map(device, call.in(1).elements(), PlaceOfBox<T>{{b, call.in<T>(0)}, place, false, false});
    kernels::map(device, call.out(0).elements(), MaxOfBoxGradient<T>{b, place, call.in<T>(1), call.out<T>(0)});
  }
  static void examples(Examples<MaxPoolBoxGradient>& e) {
    e.add({}, {{2, 3, 6}, {2, 3, 3}}).distinct();
    e.add({{{2, 2, 2}, {1, 1, 1}, {0, 0, 0}, {}, false}}, {{2, 3, 6, 9, 8}, {2, 3, 5, 8, 7}}).distinct();
    e.add({}, {{0, 3, 6}, {0, 3, 3}});
  }
};

struct AvgPoolBoxGradient {
  BoxPooling box = {{2}, {}, {0}, {}, false};
  bool count_include_pad = true;
  Numbers input_shape = {1, 1, 2};
  static Info info() {
    return {.name = "AvgPoolBoxGradient",
            .group = "",
            .title = "Gradient of average pooling",
            .about = "Spreads each window's gradient over its elements.",
            .inputs = {{"dy", "gradient of the output"}},
            .outputs = {{"dx", "gradient of the input"}}};
  }
  static void fields(AvgPoolBoxGradient& op, FieldVisitor& f) {
    op.box.listFields(f);
    f.boolean("count_include_pad", op.count_include_pad, "Whether padding counts in the mean.");
    f.integers("input_shape", op.input_shape, atLeast(0), {3, 5}, "Sizes of the input.");
  }
  void infer(Shapes& s) const { s.out(0, Shape(std::span<const int64_t>(input_shape))); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Boxes b = box.boxes(call.out(0).shape, call.in(0).shape);
    kernels::map(device, call.out(0).elements(), MeanOfBoxGradient<T>{b, count_include_pad, call.in<T>(0), call.out<T>(0)});
  }
  void gradient(Backward& b) const;
  static void examples(Examples<AvgPoolBoxGradient>& e) {
    e.add({.input_shape = {2, 3, 6}}, {{2, 3, 3}});
    e.add({.box = {{2, 2, 2}, {1, 1, 1}, {0, 0, 0}, {}, false}, .input_shape = {2, 2, 6, 9, 8}}, {{2, 2, 5, 8, 7}});
  }
};

template <int axes>
struct MaxPoolBox;
template <int axes>
struct AvgPoolBox;

namespace {
// One field of one number, or of a list.
template <int axes>
void poolField(FieldVisitor& f, const char* name, Numbers& value, Range range, int most, const char* help) {
  if constexpr (axes == 1) f.integer(name, value[0], range, help);
  else f.integers(name, value, range, {axes, most}, help);
}
template <int axes>
Numbers times(int64_t n) {
  return Numbers(size_t(axes), n);
}
constexpr const char* kHangsHelp = "Whether a last window may hang over the border.";
}  // namespace

template <int axes>
struct MaxPoolBox {
  Numbers kernel_size = times<axes>(2), stride = times<axes>(0), padding = times<axes>(0), dilation = times<axes>(1);
  bool ceil_mode = false;

  static Info info() {
    return {.name = axes == 1 ? "MaxPool1d" : "MaxPool3d",
            .group = "Layer",
            .title = axes == 1 ? "Max pooling 1d" : "Max pooling 3d",
            .about = axes == 1 ? "Keeps the largest value of each window of a series." : "Keeps the largest value of each window of a volume.",
            .inputs = {{"x", axes == 1 ? kSeries : kVolumes}},
            .outputs = {{"y", "one number for each window"}}};
  }
  static void fields(MaxPoolBox& op, FieldVisitor& f) {
    poolField<axes>(f, "kernel_size", op.kernel_size, atLeast(1), axes, "Size of the window.");
    poolField<axes>(f, "stride", op.stride, atLeast(0), axes, "From one window to the next; 0: as the window is large.");
    poolField<axes>(f, "padding", op.padding, atLeast(0), 2 * axes,
                    "Added on each side, smaller than any other; twice as many numbers: then those of the ends.");
    poolField<axes>(f, "dilation", op.dilation, atLeast(1), axes, "From one element of the window to the next.");
    f.boolean("ceil_mode", op.ceil_mode, kHangsHelp);
  }
  BoxPooling box() const { return {kernel_size, stride, padding, dilation, ceil_mode}; }
  void infer(Shapes& s) const { box().infer(s, axes == 1 ? kSeries : kVolumes); }
  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    p.kept = std::make_shared<const Boxes>(box().boxes(p.call.in(0).shape, p.call.out(0).shape));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Boxes& b = call.kept<Boxes>();
    kernels::map(device, call.out(0).elements(), MaxOfBox<T>{{b, call.in<T>(0)}, call.out<T>(0)});
  }
  void gradient(Backward& b) const { b.give(0, b.add(MaxPoolBoxGradient{box()}, {b.input(0), b.gradient(0)})); }
  static void examples(Examples<MaxPoolBox>& e) {
    if constexpr (axes == 1) {
      e.add({}, {{2, 3, 6}}).distinct();
      e.add({.kernel_size = {3}, .stride = {2}, .padding = {1}}, {{2, 2, 7}}).distinct();
      e.add({.kernel_size = {3}, .stride = {1}, .dilation = {2}, .ceil_mode = true}, {{1, 2, 8}}).distinct();
      e.add({}, {{1, 2, 4}}).range(1, 1).withoutGradient();
      e.add({}, {{0, 2, 4}});
      e.add({.kernel_size = {3}, .stride = {1}}, {{4, 9, 1000}}).distinct().withoutGradient();
    } else {
      e.add({}, {{2, 3, 4, 6, 4}}).distinct();
      e.add({.kernel_size = {3, 2, 3}, .stride = {2, 1, 2}, .padding = {1, 1, 0}}, {{1, 2, 5, 4, 6}}).distinct();
      e.add({.kernel_size = {1, 2, 2}, .stride = {1, 2, 2}, .padding = {0, 0, 1, 0, 1, 0}}, {{1, 2, 2, 5, 5}}).distinct();
      e.add({.dilation = {1, 2, 1}, .ceil_mode = true}, {{1, 2, 3, 5, 5}}).distinct();
      e.add({}, {{0, 2, 4, 4, 4}});
      e.add({.kernel_size = {3, 3, 3}, .stride = {1, 1, 1}}, {{2, 6, 12, 14, 13}}).distinct().withoutGradient();
    }
  }
  static void mistakes(Mistakes<MaxPoolBox>& m) {
    m.add({}, {{2, 3}}, std::string("needs ") + (axes == 1 ? kSeries : kVolumes) + ", but got 2 × 3; put a Reshape before it");
    if constexpr (axes == 1) {
      m.add({.kernel_size = {5}}, {{1, 1, 4}}, "needs a size of at least 5, but got 4; make the window smaller");
      m.add({.padding = {2}}, {{1, 1, 4}}, "needs less than the window, but got 2; make the padding smaller");
    } else {
      m.add({.padding = {0, 0, 0, 1}}, {{1, 1, 4, 4, 4}}, "needs 3 numbers, or 6 with those of the ends, but got 4");
    }
  }
};

template <int axes>
struct AvgPoolBox {
  Numbers kernel_size = times<axes>(2), stride = times<axes>(0), padding = times<axes>(0);
  bool ceil_mode = false, count_include_pad = true;

  static Info info() {
    return {.name = axes == 1 ? "AvgPool1d" : "AvgPool3d",
            .group = "Layer",
            .title = axes == 1 ? "Average pooling 1d" : "Average pooling 3d",
            .about = axes == 1 ? "Takes the mean of each window of a series." : "Takes the mean of each window of a volume.",
            .inputs = {{"x", axes == 1 ? kSeries : kVolumes}},
            .outputs = {{"y", "one number for each window"}}};
  }
  static void fields(AvgPoolBox& op, FieldVisitor& f) {
    poolField<axes>(f, "kernel_size", op.kernel_size, atLeast(1), axes, "Size of the window.");
    poolField<axes>(f, "stride", op.stride, atLeast(0), axes, "From one window to the next; 0: as the window is large.");
    poolField<axes>(f, "padding", op.padding, atLeast(0), 2 * axes, "Zeros added on each side; twice as many numbers: then those of the ends.");
    f.boolean("ceil_mode", op.ceil_mode, kHangsHelp);
    f.boolean("count_include_pad", op.count_include_pad, "Whether added zeros count in the mean.");
  }
  BoxPooling box() const { return {kernel_size, stride, padding, {}, ceil_mode}; }
  void infer(Shapes& s) const { box().infer(s, axes == 1 ? kSeries : kVolumes); }
  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    p.kept = std::make_shared<const Boxes>(box().boxes(p.call.in(0).shape, p.call.out(0).shape));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Boxes& b = call.kept<Boxes>();
    kernels::map(device, call.out(0).elements(), MeanOfBox<T>{b, count_include_pad, call.in<T>(0), call.out<T>(0)});
  }
  void gradient(Backward& b) const { b.give(0, b.add(AvgPoolBoxGradient{box(), count_include_pad, sizesIn(b.input(0).shape())}, {b.gradient(0)})); }
  static void examples(Examples<AvgPoolBox>& e) {
    if constexpr (axes == 1) {
      e.add({}, {{2, 3, 6}});
      e.add({.kernel_size = {3}, .stride = {2}, .padding = {1}}, {{2, 2, 7}});
      e.add({.kernel_size = {3}, .stride = {2}, .padding = {1}, .ceil_mode = true, .count_include_pad = false}, {{1, 2, 6}});
      e.add({}, {{0, 2, 4}});
      e.add({.kernel_size = {3}, .stride = {1}}, {{4, 9, 1000}}).withoutGradient();
    } else {
      e.add({}, {{2, 3, 4, 6, 4}});
      e.add({.kernel_size = {3, 2, 3}, .stride = {2, 1, 2}, .padding = {1, 1, 0}}, {{1, 2, 5, 4, 6}});
      e.add({.kernel_size = {1, 2, 2}, .stride = {1, 2, 2}, .padding = {0, 0, 1, 0, 1, 0}, .count_include_pad = false}, {{1, 2, 2, 5, 5}});
      e.add({.ceil_mode = true, .count_include_pad = false}, {{1, 2, 3, 5, 5}});
      e.add({}, {{0, 2, 4, 4, 4}});
      e.add({.kernel_size = {3, 3, 3}, .stride = {1, 1, 1}}, {{2, 6, 12, 14, 13}}).withoutGradient();
    }
  }
  static void mistakes(Mistakes<AvgPoolBox>& m) {
    m.add({}, {{2, 3}}, std::string("needs ") + (axes == 1 ? kSeries : kVolumes) + ", but got 2 × 3; put a Reshape before it");
    if constexpr (axes == 1) m.add({.kernel_size = {5}}, {{1, 1, 4}}, "needs a size of at least 5, but got 4; make the window smaller");
    else m.add({.kernel_size = {5, 1, 1}}, {{1, 1, 4, 4, 4}}, "needs a size of at least 5, but got 4; make the window smaller");
  }
};

// Linear: its gradient is the pooling itself. Of pictures there is none of this family: they go as volumes one pixel deep.
void AvgPoolBoxGradient::gradient(Backward& b) const {
  const Term g = b.gradient(0);
  if (box.axes() == 1) return b.give(0, b.add(AvgPoolBox<1>{box.kernel, {box.step(0)}, box.padding, box.ceil, count_include_pad}, {g}));
  b.give(0, b.add(AvgPoolBox<3>{box.kernel, {box.step(0), box.step(1), box.step(2)}, box.padding, box.ceil, count_include_pad}, {g}));
}

OpFile pooling_box_file() {
  return ops<MaxPoolBox<1>, MaxPoolBox<3>, AvgPoolBox<1>, AvgPoolBox<3>, MaxPoolIndices, MaxPoolBoxGradient, AvgPoolBoxGradient>();
}

}  // namespace engine
