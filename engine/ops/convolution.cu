// Convolutions of series, pictures and volumes, forth and back, as torch.convolution: the weight is a value like another. And layers that
// keep their weight: Conv1d, Conv3d, ConvTranspose1d, 2d and 3d (Conv2d has a file of its own).
//
// All are one product of three: of what is large (big), what is small and the weight (channels of small, channels of big / groups, ...),
// two give the third. A convolution takes big and gives small, a transposed one takes small and gives big, so that each one's gradients
// are the others. Series and pictures go by kernels/conv.h; volumes by loops of our own, a result a thread.
#include <algorithm>

#include "engine/graph/op.h"
#include "kernels/conv.h"
#include "kernels/map.h"
#include "kernels/strided.h"

namespace engine {

namespace {
using Sizes3 = std::vector<int64_t>;

struct ConvAxis {
  int64_t big = 1, small = 1, kernel = 1, stride = 1, before = 0, dilation = 1;
};
struct ConvPlaces {
  ConvAxis z, y, x;
  int64_t batch = 0, bigChannels = 0, smallChannels = 0, groups = 1;
  BOTH int64_t bigOfGroup() const { return bigChannels / groups; }
  BOTH int64_t smallOfGroup() const { return smallChannels / groups; }
  BOTH int64_t window() const { return z.kernel * y.kernel * x.kernel; }
};

// On the processor a row of results is taken at once, in pieces that stay in the cache.
[[maybe_unused]] constexpr int64_t kPiece = 128;
// Of places i * step + base, i from 0 on: the first that is not below 0, and one past the last below `size`, at most `count`.
struct WithinAxis {
  int64_t begin, end;
  WithinAxis(int64_t base, int64_t step, int64_t size, int64_t count)
      : begin(base >= 0 ? 0 : (-base + step - 1) / step), end(base >= size ? 0 : std::min(count, (size - 1 - base) / step + 1)) {}
};

template <class T>
struct DirectConvolution {
  ConvPlaces p;
  const T *big, *weight, *bias;  // bias may be null
  T* small;
  BOTH void operator()(int64_t i) const {
    const int64_t ox = i % p.x.small, a = i / p.x.small, oy = a % p.y.small, b = a / p.y.small, oz = b % p.z.small, c = b / p.z.small;
    const int64_t s = c % p.smallChannels, n = c / p.smallChannels, first = s / p.smallOfGroup() * p.bigOfGroup();
    T sum = bias ? bias[s] : T(0);
    for (int64_t k = 0; k < p.bigOfGroup(); ++k)
      for (int64_t kz = 0; kz < p.z.kernel; ++kz) {
        const int64_t iz = oz * p.z.stride - p.z.before + kz * p.z.dilation;
        if (iz < 0 || iz >= p.z.big) continue;
        for (int64_t ky = 0; ky < p.y.kernel; ++ky) {
          const int64_t iy = oy * p.y.stride - p.y.before + ky * p.y.dilation;
          if (iy < 0 || iy >= p.y.big) continue;
          const T* const row = big + (((n * p.bigChannels + first + k) * p.z.big + iz) * p.y.big + iy) * p.x.big;
          const T* const w = weight + (((s * p.bigOfGroup() + k) * p.z.kernel + kz) * p.y.kernel + ky) * p.x.kernel;
          for (int64_t kx = 0; kx < p.x.kernel; ++kx) {
            const int64_t ix = ox * p.x.stride - p.x.before + kx * p.x.dilation;
            if (ix >= 0 && ix < p.x.big) sum += row[ix] * w[kx];
          }
        }
      }
    small[i] = sum;
  }
  int64_t rowSize() const { return p.x.small; }
  void row(int64_t r) const {
    const int64_t oy = r % p.y.small, b = r / p.y.small, oz = b % p.z.small, c = b / p.z.small, s = c % p.smallChannels, n = c / p.smallChannels;
    const int64_t group = s / p.smallOfGroup() * p.bigOfGroup(), step = p.x.stride;
    for (int64_t from = 0; from < p.x.small; from += kPiece) {
      const int64_t count = std::min(kPiece, p.x.small - from);
      T sums[kPiece];
      std::fill_n(sums, count, bias ? bias[s] : T(0));
      for (int64_t k = 0; k < p.bigOfGroup(); ++k)
        for (int64_t kz = 0; kz < p.z.kernel; ++kz) {
          const int64_t iz = oz * p.z.stride - p.z.before + kz * p.z.dilation;
          if (iz < 0 || iz >= p.z.big) continue;
          for (int64_t ky = 0; ky < p.y.kernel; ++ky) {
            const int64_t iy = oy * p.y.stride - p.y.before + ky * p.y.dilation;
            if (iy < 0 || iy >= p.y.big) continue;
            const T* const line = big + (((n * p.bigChannels + group + k) * p.z.big + iz) * p.y.big + iy) * p.x.big;
            const T* const w = weight + (((s * p.bigOfGroup() + k) * p.z.kernel + kz) * p.y.kernel + ky) * p.x.kernel;
            for (int64_t kx = 0; kx < p.x.kernel; ++kx) {
              const int64_t base = from * step - p.x.before + kx * p.x.dilation;
              const WithinAxis in(base, step, p.x.big, count);
              const T factor = w[kx];
              if (step == 1) {
#pragma omp simd
                for (int64_t j = in.begin; j < in.end; ++j) sums[j] += factor * line[base + j];
              } else {
                for (int64_t j = in.begin; j < in.end; ++j) sums[j] += factor * line[base + j * step];
              }
            }
          }
        }
      std::copy_n(sums, count, small + r * p.x.small + from);
    }
  }
};

// The place of small that sees element i through element k of the window; -1: none.
BOTH inline int64_t seenFrom(const ConvAxis& a, int64_t i, int64_t k) {
  const int64_t at = i + a.before - k * a.dilation;
  if (at < 0 || at % a.stride != 0) return -1;
  const int64_t o = at / a.stride;
  return o < a.small ? o : -1;
}
template <class T>
struct DirectTransposed {
  ConvPlaces p;
  const T *small, *weight;
  T* big;
  BOTH void operator()(int64_t i) const {
    const int64_t ix = i % p.x.big, a = i / p.x.big, iy = a % p.y.big, b = a / p.y.big, iz = b % p.z.big, c = b / p.z.big;
    const int64_t channel = c % p.bigChannels, n = c / p.bigChannels, group = channel / p.bigOfGroup(), own = channel % p.bigOfGroup();
    T sum = 0;
    for (int64_t k = 0; k < p.smallOfGroup(); ++k) {
      const int64_t s = group * p.smallOfGroup() + k;
      for (int64_t kz = 0; kz < p.z.kernel; ++kz) {
        const int64_t oz = seenFrom(p.z, iz, kz);
        if (oz < 0) continue;
        for (int64_t ky = 0; ky < p.y.kernel; ++ky) {
          const int64_t oy = seenFrom(p.y, iy, ky);
          if (oy < 0) continue;
          const T* const row = small + (((n * p.smallChannels + s) * p.z.small + oz) * p.y.small + oy) * p.x.small;
          const T* const w = weight + (((s * p.bigOfGroup() + own) * p.z.kernel + kz) * p.y.kernel + ky) * p.x.kernel;
          for (int64_t kx = 0; kx < p.x.kernel; ++kx) {
            const int64_t ox = seenFrom(p.x, ix, kx);
            if (ox >= 0) sum += row[ox] * w[kx];
          }
        }
      }
    }
    big[i] = sum;
  }
  int64_t rowSize() const { return p.x.big; }
  void row(int64_t r) const {
    const int64_t iy = r % p.y.big, b = r / p.y.big, iz = b % p.z.big, c = b / p.z.big, channel = c % p.bigChannels, n = c / p.bigChannels;
    const int64_t group = channel / p.bigOfGroup(), own = channel % p.bigOfGroup(), step = p.x.stride;
    for (int64_t from = 0; from < p.x.big; from += kPiece) {
      const int64_t count = std::min(kPiece, p.x.big - from);
      T sums[kPiece] = {};
      for (int64_t k = 0; k < p.smallOfGroup(); ++k) {
        const int64_t s = group * p.smallOfGroup() + k;
        for (int64_t kz = 0; kz < p.z.kernel; ++kz) {
          const int64_t oz = seenFrom(p.z, iz, kz);
          if (oz < 0) continue;
          for (int64_t ky = 0; ky < p.y.kernel; ++ky) {
            const int64_t oy = seenFrom(p.y, iy, ky);
            if (oy < 0) continue;
            const T* const line = small + (((n * p.smallChannels + s) * p.z.small + oz) * p.y.small + oy) * p.x.small;
            const T* const w = weight + (((s * p.bigOfGroup() + own) * p.z.kernel + kz) * p.y.kernel + ky) * p.x.kernel;
            for (int64_t kx = 0; kx < p.x.kernel; ++kx) {
              // Element ox of the line goes to place ox * step + base of the piece.
              const int64_t base = kx * p.x.dilation - p.x.before - from;
              const WithinAxis to(base, step, count, p.x.small);
              const T factor = w[kx];
              if (step == 1) {
#pragma omp simd
                for (int64_t ox = to.begin; ox < to.end; ++ox) sums[base + ox] += factor * line[ox];
              } else {
                for (int64_t ox = to.begin; ox < to.end; ++ox) sums[base + ox * step] += factor * line[ox];
              }
            }
          }
        }
      }
      std::copy_n(sums, count, big + r * p.x.big + from);
    }
  }
};
template <class T>
struct DirectWeight {
  ConvPlaces p;
  const T *big, *small;
  T* weight;
  BOTH void operator()(int64_t i) const {
    const int64_t kx = i % p.x.kernel, a = i / p.x.kernel, ky = a % p.y.kernel, b = a / p.y.kernel, kz = b % p.z.kernel, c = b / p.z.kernel;
    const int64_t own = c % p.bigOfGroup(), s = c / p.bigOfGroup(), channel = s / p.smallOfGroup() * p.bigOfGroup() + own;
    double all = 0;  // of the whole batch
    for (int64_t n = 0; n < p.batch; ++n)
      for (int64_t oz = 0; oz < p.z.small; ++oz) {
        const int64_t iz = oz * p.z.stride - p.z.before + kz * p.z.dilation;
        if (iz < 0 || iz >= p.z.big) continue;
        T sum = 0;
        for (int64_t oy = 0; oy < p.y.small; ++oy) {
          const int64_t iy = oy * p.y.stride - p.y.before + ky * p.y.dilation;
          if (iy < 0 || iy >= p.y.big) continue;
          const T* const row = big + (((n * p.bigChannels + channel) * p.z.big + iz) * p.y.big + iy) * p.x.big;
          const T* const g = small + (((n * p.smallChannels + s) * p.z.small + oz) * p.y.small + oy) * p.x.small;
          const int64_t base = kx * p.x.dilation - p.x.before, step = p.x.stride;
          const int64_t begin = base >= 0 ? 0 : (-base + step - 1) / step, last = base >= p.x.big ? 0 : (p.x.big - 1 - base) / step + 1;
          const int64_t end = last < p.x.small ? last : p.x.small;
#pragma omp simd reduction(+ : sum)
          for (int64_t ox = begin; ox < end; ++ox) sum += row[base + ox * step] * g[ox];
        }
        all += double(sum);
      }
    weight[i] = T(all);
  }
};
template <class T>
struct AddToChannel {
  const T* bias;
  T* y;
  BOTH void operator()(int64_t i, int64_t channel) const { y[i] += bias[channel]; }
};

// f(i) for results that are much work each: in slices of some 100,000 multiplications.
template <class F>
void mapOfSums(Cpu& cpu, int64_t count, int64_t workOfEach, const F& f) {
  constexpr int64_t kWork = 100000;
  if (count == 0) return;
  if constexpr (requires { f.row(int64_t()); }) {
    const int64_t ofRow = workOfEach * f.rowSize();
    const kernels::Slices rows(count / f.rowSize(), ofRow > kWork ? 1 : kWork / (ofRow + 1) + 1);
    return kernels::forSlices(cpu, rows.number, [&](int slice) {
      const F g = f;
      for (int64_t r = rows.begin(slice); r < rows.begin(slice + 1); ++r) g.row(r);
    });
  }
  const kernels::Slices slices(count, workOfEach > kWork ? 1 : kWork / (workOfEach + 1) + 1);
  kernels::forSlices(cpu, slices.number, [&](int slice) {
    const F g = f;
    for (int64_t i = slices.begin(slice); i < slices.begin(slice + 1); ++i) g(i);
  });
}
#ifdef KERNELS_CUDA
template <class F>
void mapOfSums(Cuda& device, int64_t count, int64_t, const F& f) {
  kernels::map(device, count, f);
}
#endif

// What lies how, whichever two of the three are given.
struct ConvGeometry {
  Sizes3 stride, padding, dilation;
  int64_t groups = 1;

  static int64_t of(const Sizes3& list, int axis, int64_t otherwise) {
    return list.empty() ? otherwise : list.size() == 1 ? list[0] : list[size_t(axis)];
  }
  int64_t step(int axis) const { return of(stride, axis, 1); }
  int64_t apart(int axis) const { return of(dilation, axis, 1); }
  bool twoSided(int axes) const { return int(padding.size()) == 2 * axes; }
  int64_t before(int axis) const { return of(padding, axis, 0); }
  int64_t behind(int axis, int axes) const { return twoSided(axes) ? padding[size_t(axes + axis)] : before(axis); }
  int64_t reach(int axis, int64_t kernel) const { return apart(axis) * (kernel - 1) + 1; }

  ConvPlaces places(const Shape& big, const Shape& small, const Shape& weight) const {
    ConvPlaces p;
    p.batch = big[0], p.bigChannels = big[1], p.smallChannels = small[1], p.groups = groups;
    ConvAxis* const all[] = {&p.z, &p.y, &p.x};
    const int axes = big.rank() - 2;
    for (int axis = 0; axis < axes; ++axis)
      *all[3 - axes + axis] = {big[2 + axis], small[2 + axis], weight[2 + axis], step(axis), before(axis), apart(axis)};
    return p;
  }
  // The same for kernels/conv.h, where it can be said so.
  static std::optional<kernels::ConvolutionShape> flat(const ConvPlaces& p, int axes) {
    if (axes > 2) return {};
    kernels::ConvolutionShape s;
    s.batch = p.batch, s.channels = p.bigChannels, s.outChannels = p.smallChannels, s.groups = p.groups;
    s.height = p.y.big, s.width = p.x.big, s.kernelHeight = p.y.kernel, s.kernelWidth = p.x.kernel;
    s.strideHeight = p.y.stride, s.strideWidth = p.x.stride, s.dilationHeight = p.y.dilation, s.dilationWidth = p.x.dilation;
    s.paddingTop = p.y.before, s.paddingLeft = p.x.before;
    const auto behind = [](const ConvAxis& a) {
      return std::max<int64_t>(0, (a.small - 1) * a.stride + a.dilation * (a.kernel - 1) + 1 - a.big - a.before);
    };
    s.paddingBottom = behind(p.y), s.paddingRight = behind(p.x);
    if (s.paddingTop < 0 || s.paddingLeft < 0 || s.outHeight() != p.y.small || s.outWidth() != p.x.small) return {};
    return s;
  }
};

template <class T, class Device>
struct BoundConvolution {
  ConvPlaces places;
  std::unique_ptr<kernels::ConvolutionForward<T, Device>> forward;
  std::unique_ptr<kernels::ConvolutionBackwardData<T, Device>> transposed;
  std::unique_ptr<kernels::ConvolutionBackwardWeights<T, Device>> weights;
};

Sizes3 sizesOfAxes(const Shape& x) { return {x.begin() + 2, x.end()}; }
constexpr int64_t kMostOfConvolution = int64_t(1) << 24;
}  // namespace

struct Convolution {
  Sizes3 stride = {}, padding = {}, dilation = {};
  bool transposed = false;
  Sizes3 output_padding = {};
  int64_t groups = 1;

  static Info info() {
    return {.name = "Convolution",
            .group = "Layer",
            .title = "Convolution by a value",
            .about = "A convolution whose patterns are calculated, or come in.",
            .inputs = {{"x", "series, pictures or volumes, (batch, channels, ...)"},
                       {"weight", "(out_channels, channels / groups, ...); transposed: (channels, out_channels / groups, ...)"}},
            .outputs = {{"y", "(batch, out_channels, ...)"}}};
  }
  static void fields(Convolution& op, FieldVisitor& f) {
    f.integers("stride", op.stride, atLeast(1), {0, 3}, "From one place to the next, for each axis or for all; empty: 1.");
    f.integers("padding", op.padding, anyNumber(), {0, 6},
               "Zeros on each side, for each axis or for all; twice as many numbers: then those of the ends.");
    f.integers("dilation", op.dilation, atLeast(1), {0, 3}, "From one element of the pattern to the next; empty: 1.");
    f.boolean("transposed", op.transposed, "Goes the other way: each number that comes in adds the pattern to the result.");
    f.integers("output_padding", op.output_padding, atLeast(0), {0, 3}, "Made larger at the end by so much; for transposed.");
    f.integer("groups", op.groups, between(1, kMostOfConvolution), "The channels are cut into so many groups that do not mix.");
  }
  ConvGeometry geometry() const { return {stride, padding, dilation, groups}; }
  int64_t more(int axis) const { return ConvGeometry::of(output_padding, axis, 0); }

  Shape outShape(const Shape& x, const Shape& weight) const {
    const ConvGeometry g = geometry();
    const int axes = x.rank() - 2;
    Shape y{x[0], transposed ? (weight[1] < 0 ? kUnknown : weight[1] * groups) : weight[0]};
    for (int axis = 0; axis < axes; ++axis) {
      const int64_t in = x[2 + axis], kernel = weight[2 + axis], pads = g.before(axis) + g.behind(axis, axes);
      if (in < 0 || kernel < 0) y.append(kUnknown);
      else if (transposed) y.append(in == 0 ? 0 : std::max<int64_t>(0, (in - 1) * g.step(axis) - pads + g.reach(axis, kernel) + more(axis)));
      else y.append(in + pads < g.reach(axis, kernel) ? 0 : (in + pads - g.reach(axis, kernel)) / g.step(axis) + 1);
    }
    return y;
  }
  bool listsFit(Shapes& s, int axes) const {
    using Named = std::pair<const char*, const Sizes3*>;
    for (const auto& [name, list] :
         {Named("stride", &stride), Named("padding", &padding), Named("dilation", &dilation), Named("output_padding", &output_padding)}) {
      const int count = int(list->size());
      const bool twice = name == std::string_view("padding") && count == 2 * axes;
      if (!s.require(count <= 1 || count == axes || twice, Place::field(name), Message("{0} numbers, or one for all", axes), Message("{0}", count)))
        return false;
      for (int64_t size : *list)
        if (!s.require(size >= -kMostOfConvolution && size <= kMostOfConvolution, Place::field(name),
                       Message("sizes of at most {0}", kMostOfConvolution), Message("{0}", size)))
          return false;
    }
    return true;
  }
  // Of an input and a weight whose ranks fit.
  bool inferOf(Shapes& s, const Shape& x, const Shape& weight) const {
    const int axes = x.rank() - 2;
    if (!listsFit(s, axes)) return false;
    for (int axis = 0; axis < axes; ++axis)
      if (!s.require(x[2 + axis] <= (int64_t(1) << 40) && weight[2 + axis] <= kMostOfConvolution && weight[2 + axis] != 0 &&
                         weight[0] <= kMostOfConvolution && weight[1] <= kMostOfConvolution,
                     Place::input(1), Message("sizes from 1 to {0}", kMostOfConvolution), weight))
        return false;
    const int64_t first = weight[0], channels = x[1];
    if (!s.require(first < 0 || first % groups == 0, Place::field("groups"), Message("a divisor of the {0} channels of the weight", first),
                   Message("{0}", groups)))
      return false;
    if (transposed) {
      if (!s.require(mayEqual(first, channels), Place::input(1), Message("a weight for {0} channels", channels), weight)) return false;
    } else if (!s.require(channels < 0 || weight[1] < 0 || (channels % groups == 0 && channels / groups == weight[1]), Place::input(1),
                          Message("a weight for {0} channels in {1} groups", channels, groups), weight)) {
      return false;
    }
    const Shape y = outShape(x, weight);
    for (int axis = 2; axis < y.rank(); ++axis)
      if (!s.require(y[axis] != 0, Place::input(0), "numbers that the pattern fits into", x).fix("make the pattern smaller, or give it padding"))
        return false;
    s.out(0, y);
    if (x.isKnown() && weight.isKnown()) s.flops(2.0 * double(transposed ? x.elements() : y.elements()) * double(weight.elements(1, weight.rank())));
    return true;
  }
  void infer(Shapes& s) const {
    const Shape &x = s.in(0), &weight = s.in(1);
    if (!s.require(x.rank() >= 3 && x.rank() <= 5, Place::input(0), "series, pictures or volumes (batch, channels, ...)", x)
             .fix("put a Reshape before it"))
      return;
    if (!s.require(weight.rank() == x.rank(), Place::input(1), Message("a weight of {0} axes", x.rank()), weight)) return;
    inferOf(s, x, weight);
  }

  ConvPlaces placesOf(const Call& call) const {
    const Shape &x = call.in(0).shape, &y = call.out(0).shape;
    return transposed ? geometry().places(y, x, call.in(1).shape) : geometry().places(x, y, call.in(1).shape);
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p, bool bias = false) const {
    auto kept = std::make_shared<BoundConvolution<T, Device>>();
    kept->places = placesOf(p.call);
    if (auto shape = ConvGeometry::flat(kept->places, p.call.in(0).shape.rank() - 2)) {
      shape->bias = bias && !transposed;
      if (transposed) {
        kept->transposed = std::make_unique<kernels::ConvolutionBackwardData<T, Device>>(device, *shape);
        p.scratchBytes = kept->transposed->scratchBytes();
      } else {
        kept->forward = std::make_unique<kernels::ConvolutionForward<T, Device>>(device, *shape);
        p.scratchBytes = kept->forward->scratchBytes();
      }
    }
    p.kept = std::move(kept);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    runBound<T>(device, call, transposed, false);
  }
  template <class T, class Device>
  static void runBound(Device& device, const Call& call, bool transposed, bool withBias) {
    const auto& kept = call.kept<BoundConvolution<T, Device>>();
    const T *x = call.in<T>(0), *weight = call.in<T>(1), *bias = withBias ? call.in<T>(2) : nullptr;
    T* const y = call.out<T>(0);
    const ConvPlaces& p = kept.places;
    const int64_t count = call.out(0).elements();
    if (kept.forward) return kept.forward->run(device, x, weight, bias, y, call.scratch);
    if (!transposed) return mapOfSums(device, count, p.bigOfGroup() * p.window(), DirectConvolution<T>{p, x, weight, bias, y});
    if (kept.transposed) kept.transposed->run(device, x, weight, nullptr, y, call.scratch);
    else mapOfSums(device, count, p.smallOfGroup() * p.window(), DirectTransposed<T>{p, x, weight, y});
    if (!bias || count == 0) return;
    kernels::Strided<1> channels;
    channels.append(p.batch, {0}), channels.append(p.bigChannels, {1}), channels.append(p.z.big * p.y.big * p.x.big, {0});
    kernels::forStrided(device, channels, AddToChannel<T>{bias, y});
  }
  void gradient(Backward& b) const { giveGradients(b, false); }
  void giveGradients(Backward& b, bool bias) const;

  static void examples(Examples<Convolution>& e) {
    e.add({}, {{2, 2, 6}, {3, 2, 3}});
    e.add({.stride = {2}, .padding = {1}, .groups = 2}, {{2, 4, 7, 6}, {4, 2, 3, 2}});
    e.add({.padding = {1, 0, 0, 2}, .dilation = {2, 1}}, {{1, 2, 6, 5}, {2, 2, 2, 3}});
    e.add({.stride = {2, 1, 1}, .padding = {1, 0, 1}}, {{2, 2, 4, 3, 5}, {3, 2, 2, 3, 2}});
    e.add({.dilation = {2, 1, 2}, .groups = 2}, {{1, 4, 3, 3, 4}, {2, 2, 2, 1, 2}});
    e.add({.padding = {-1, 0}}, {{2, 2, 6, 5}, {2, 2, 2, 3}});
    e.add({.stride = {2}, .padding = {1}, .transposed = true, .output_padding = {1}}, {{2, 3, 4}, {3, 2, 3}});
    e.add({.stride = {2, 3}, .padding = {0, 1, 1, 0}, .transposed = true, .groups = 2}, {{2, 4, 3, 2}, {4, 1, 3, 3}});
    e.add({.stride = {1}, .padding = {2}, .dilation = {3}, .transposed = true, .output_padding = {2}}, {{1, 2, 3, 2}, {2, 2, 2, 2}});
    e.add({.stride = {2, 1, 2}, .transposed = true, .output_padding = {1, 0, 0}}, {{1, 2, 2, 3, 2}, {2, 3, 3, 2, 2}});
    e.add({}, {{0, 2, 6}, {3, 2, 3}});
    e.add({.padding = {1}}, {{3, 8, 10, 10, 10}, {8, 8, 3, 3, 3}}).withoutGradient();
    e.add({.padding = {1}, .transposed = true}, {{3, 8, 10, 10, 10}, {8, 8, 3, 3, 3}}).withoutGradient();
  }
  static void mistakes(Mistakes<Convolution>& m) {
    m.add({}, {{2, 3}, {2, 3}}, "needs series, pictures or volumes (batch, channels, ...), but got 2 × 3; put a Reshape before it");
    m.add({}, {{2, 3, 5}, {2, 3}}, "needs a weight of 3 axes, but got 2 × 3");
    m.add({}, {{2, 3, 5}, {4, 2, 3}}, "needs a weight for 3 channels in 1 groups, but got 4 × 2 × 3");
    m.add({}, {{2, 3, 2}, {4, 3, 3}}, "needs numbers that the pattern fits into, but got 2 × 3 × 2; make the pattern smaller, or give it padding");
    m.add({.stride = {1, 1}}, {{2, 3, 5}, {4, 3, 3}}, "needs 1 numbers, or one for all, but got 2");
    m.add({.transposed = true}, {{2, 3, 5}, {4, 2, 3}}, "needs a weight for 3 channels, but got 4 × 2 × 3");
  }
};

// The weight's gradient from big and small.
struct ConvolutionWeightGradient {
  Sizes3 stride = {}, padding = {}, dilation = {}, kernel_size = {1};
  int64_t groups = 1;

  static Info info() {
    return {.name = "ConvolutionWeightGradient",
            .group = "",
            .title = "Gradient of a convolution's weight",
            .about = "The gradient of the patterns of a convolution.",
            .inputs = {{"big", "what a convolution takes"}, {"small", "gradient of what it gives"}},
            .outputs = {{"dweight", "gradient of the patterns"}}};
  }
  static void fields(ConvolutionWeightGradient& op, FieldVisitor& f) {
    f.integers("stride", op.stride, atLeast(1), {0, 3}, "From one place to the next.");
    f.integers("padding", op.padding, anyNumber(), {0, 6}, "Zeros on each side.");
    f.integers("dilation", op.dilation, atLeast(1), {0, 3}, "From one element of the pattern to the next.");
    f.integers("kernel_size", op.kernel_size, atLeast(1), {1, 3}, "Sizes of the pattern.");
    f.integer("groups", op.groups, between(1, kMostOfConvolution), "The channels are cut into so many groups that do not mix.");
  }
  ConvGeometry geometry() const { return {stride, padding, dilation, groups}; }
  void infer(Shapes& s) const {
    Shape weight{s.in(1)[1], s.in(0)[1] / groups};
    for (int64_t size : kernel_size) weight.append(size);
    s.out(0, weight);
    s.flops(2.0 * double(s.in(1).elements()) * double(weight.elements(1, weight.rank())));
  }
  ConvPlaces placesOf(const Call& call) const { return geometry().places(call.in(0).shape, call.in(1).shape, call.out(0).shape); }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    auto kept = std::make_shared<BoundConvolution<T, Device>>();
    kept->places = placesOf(p.call);
    if (const auto shape = ConvGeometry::flat(kept->places, int(kernel_size.size()))) {
      kept->weights = std::make_unique<kernels::ConvolutionBackwardWeights<T, Device>>(device, *shape);
      p.scratchBytes = kept->weights->scratchBytes();
    }
    p.kept = std::move(kept);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto& kept = call.kept<BoundConvolution<T, Device>>();
    if (kept.weights) return kept.weights->run(device, call.in<T>(0), call.in<T>(1), call.out<T>(0), call.scratch);
    const ConvPlaces& p = kept.places;
    mapOfSums(device, call.out(0).elements(), p.batch * p.z.small * p.y.small * p.x.small,
              DirectWeight<T>{p, call.in<T>(0), call.in<T>(1), call.out<T>(0)});
  }
  void gradient(Backward& b) const;
  static void examples(Examples<ConvolutionWeightGradient>& e) {
    e.add({.kernel_size = {3}}, {{2, 2, 6}, {2, 3, 4}});
    e.add({.stride = {2}, .padding = {1}, .kernel_size = {3, 2}, .groups = 2}, {{2, 4, 7, 6}, {2, 2, 4, 4}});
    e.add({.stride = {2, 1, 1}, .padding = {1, 0, 1}, .kernel_size = {2, 3, 2}}, {{2, 2, 4, 3, 5}, {2, 3, 3, 1, 6}});
    e.add({.padding = {1}, .kernel_size = {3, 3, 3}}, {{2, 4, 8, 9, 7}, {2, 5, 8, 9, 7}}).withoutGradient();
  }
};

namespace {
// What brings small back to the size of big: how much larger the transposed convolution must be made.
Convolution backTo(const ConvGeometry& g, const Shape& big, const Shape& small, const Shape& weight) {
  Convolution c{g.stride, g.padding, g.dilation, true, {}, g.groups};
  const int axes = big.rank() - 2;
  for (int axis = 0; axis < axes; ++axis) {
    const int64_t plain = (small[2 + axis] - 1) * g.step(axis) - g.before(axis) - g.behind(axis, axes) + g.reach(axis, weight[2 + axis]);
    c.output_padding.push_back(big[2 + axis] - plain);
  }
  return c;
}
}  // namespace

void Convolution::giveGradients(Backward& b, bool bias) const {
  const Term dy = b.gradient(0), x = b.input(0), weight = b.input(1);
  const Shape in = x.shape(), of = weight.shape();
  const int axes = in.rank() - 2;
  ConvGeometry g = geometry();
  if (transposed) {
    // Going back, whole steps of output_padding are places that nothing is asked of.
    Sizes3 pads, ends;
    for (int axis = 0; axis < axes; ++axis) {
      pads.push_back(g.before(axis));
      ends.push_back(g.behind(axis, axes) - more(axis) / g.step(axis) * g.step(axis));
    }
    pads.insert(pads.end(), ends.begin(), ends.end());
    g.padding = pads;
    if (b.wants(0)) b.give(0, b.add(Convolution{g.stride, g.padding, g.dilation, false, {}, groups}, {dy, weight}));
  } else if (b.wants(0)) {
    b.give(0, b.add(backTo(g, in, dy.shape(), of), {dy, weight}));
  }
  const ConvolutionWeightGradient ofWeight{g.stride, g.padding, g.dilation, sizesOfAxes(of), groups};
  if (b.wants(1)) b.give(1, transposed ? b.add(ofWeight, {dy, x}) : b.add(ofWeight, {x, dy}));
  if (!bias || !b.wants(2)) return;
  std::vector<int64_t> others = {0};
  for (int axis = 0; axis < axes; ++axis) others.push_back(2 + axis);
  b.give(2, sumOver(dy, others, false));
}
void ConvolutionWeightGradient::gradient(Backward& b) const {
  const Term g = b.gradient(0), big = b.input(0), small = b.input(1);
  if (b.wants(0)) b.give(0, b.add(backTo(geometry(), big.shape(), small.shape(), g.shape()), {small, g}));
  if (b.wants(1)) b.give(1, b.add(Convolution{stride, padding, dilation, false, {}, groups}, {big, g}));
}

// ------------------------------------------------------------------- layers ----

namespace {
// Fields of one number, of two or of three.
template <int axes>
void sizesField(FieldVisitor& f, const char* name, Sizes3& value, Range range, const char* help) {
  if constexpr (axes == 1) f.integer(name, value[0], range, help);
  else if constexpr (axes == 2) {
    Pair pair{value[0], value[1]};
    f.pair(name, pair, range, help);
    value = {pair.height, pair.width};
  } else {
    f.integers(name, value, range, {axes, axes}, help);
  }
}
template <int axes>
Sizes3 allOf(int64_t n) {
  return Sizes3(size_t(axes), n);
}
constexpr const char* kConvolutionNames[2][3] = {{"Conv1d", "", "Conv3d"}, {"ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"}};
constexpr const char* kConvolutionTitles[2][3] = {{"Convolution 1d", "", "Convolution 3d"},
                                                  {"Transposed convolution 1d", "Transposed convolution 2d", "Transposed convolution 3d"}};
constexpr const char* kConvolutionAbout[2][3] = {
    {"Looks for small patterns everywhere in a series.", "", "Looks for small patterns everywhere in a volume."},
    {"Makes a series longer: each number adds a pattern to the result.", "Makes a picture larger: each pixel adds a pattern to the result.",
     "Makes a volume larger: each element adds a pattern to the result."}};
constexpr const char* kConvolutionTakes[3] = {"series (batch, channels, length)", "pictures (batch, channels, height, width)",
                                              "volumes (batch, channels, depth, height, width)"};
}  // namespace

template <int axes, bool transposed>
struct ConvolutionLayer {
  int64_t out_channels = 32;
  Sizes3 kernel_size = allOf<axes>(3), stride = allOf<axes>(1), padding = allOf<axes>(0), output_padding = allOf<axes>(0), dilation = allOf<axes>(1);
  int64_t groups = 1;
  bool bias = true;

  static Info info() {
    return {.name = kConvolutionNames[transposed][axes - 1],
            .group = "Layer",
            .title = kConvolutionTitles[transposed][axes - 1],
            .about = kConvolutionAbout[transposed][axes - 1],
            .inputs = {{"x", kConvolutionTakes[axes - 1]}},
            .outputs = {{"y", "(batch, out_channels, ...)"}}};
  }
  static void fields(ConvolutionLayer& op, FieldVisitor& f) {
    f.integer("out_channels", op.out_channels, between(1, kMostOfConvolution), "How many patterns there are.");
    sizesField<axes>(f, "kernel_size", op.kernel_size, between(1, kMostOfConvolution), "Size of a pattern.");
    sizesField<axes>(f, "stride", op.stride, between(1, kMostOfConvolution), "From one place to the next.");
    sizesField<axes>(f, "padding", op.padding, between(0, kMostOfConvolution),
                     transposed ? "Taken away on each side of the result." : "Zeros added on each side.");
    if constexpr (transposed)
      sizesField<axes>(f, "output_padding", op.output_padding, between(0, kMostOfConvolution), "Makes the result larger at the end.");
    sizesField<axes>(f, "dilation", op.dilation, between(1, kMostOfConvolution), "From one element of the pattern to the next.");
    f.integer("groups", op.groups, between(1, kMostOfConvolution), "The channels are cut into so many groups that do not mix.");
    f.boolean("bias", op.bias, "Whether each pattern adds a number of its own.");
  }
  Convolution convolution() const { return {stride, padding, dilation, transposed, output_padding, groups}; }
  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(x.rank() == axes + 2, Place::input(0), kConvolutionTakes[axes - 1], x).fix("put a Reshape before it"))
      return;
    if (!s.require(out_channels % groups == 0, Place::field("groups"), Message("a divisor of the {0} out_channels", out_channels),
                   Message("{0}", groups)))
      return;
    if (x[1] >= 0 &&
        !s.require(x[1] % groups == 0, Place::field("groups"), Message("a divisor of the {0} channels that come in", x[1]), Message("{0}", groups)))
      return;
    for (int axis = 0; axis < axes && transposed; ++axis)
      if (!s.require(output_padding[size_t(axis)] < std::max(stride[size_t(axis)], dilation[size_t(axis)]), Place::field("output_padding"),
                     "less than the stride or the dilation", Message("{0}", output_padding[size_t(axis)])))
        return;
    Shape weight = transposed ? Shape{x[1], out_channels / groups} : Shape{out_channels, x[1] < 0 ? kUnknown : x[1] / groups};
    int64_t fanIn = std::max<int64_t>(weight[1], 1);
    for (int64_t size : kernel_size) {
      weight.append(size);
      if (__builtin_mul_overflow(fanIn, size, &fanIn)) fanIn = kTooMany;
    }
    if (!convolution().inferOf(s, x, weight)) return;
    s.parameter("weight", weight, Initial::uniformByFanIn(fanIn));
    if (bias) s.parameter("bias", {out_channels}, Initial::uniformByFanIn(fanIn));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    convolution().template prepare<T>(device, p, bias);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    Convolution::runBound<T>(device, call, transposed, bias);
  }
  void gradient(Backward& b) const { convolution().giveGradients(b, bias); }

  static void examples(Examples<ConvolutionLayer>& e) {
    const auto x = [](int64_t n, int64_t c, int64_t wide) {
      Shape s{n, c};
      for (int axis = 1; axis < axes; ++axis) s.append(4);
      s.append(wide);
      return s;
    };
    e.add({.out_channels = 3}, {x(2, 2, 5)});
    e.add({.out_channels = 4, .kernel_size = allOf<axes>(2), .stride = allOf<axes>(2), .padding = allOf<axes>(1), .groups = 2, .bias = false},
          {x(1, 2, 6)});
    ConvolutionLayer wide{.out_channels = 2, .kernel_size = allOf<axes>(2), .dilation = allOf<axes>(2)};
    if constexpr (transposed) wide.stride = allOf<axes>(2), wide.output_padding = allOf<axes>(1);
    e.add(wide, {x(2, 2, 5)});
    e.add({.out_channels = 2}, {x(0, 2, 5)});
    e.add({.out_channels = 8, .padding = allOf<axes>(1)}, {x(6, 4, 300)}).withoutGradient();
  }
  static void mistakes(Mistakes<ConvolutionLayer>& m) {
    m.add({}, {{2, 7}}, std::string("needs ") + kConvolutionTakes[axes - 1] + ", but got 2 × 7; put a Reshape before it");
    m.add({.out_channels = 3, .groups = 2},
          {axes == 1   ? Shape{1, 4, 8}
           : axes == 2 ? Shape{1, 4, 8, 8}
                       : Shape{1, 4, 8, 8, 8}},
          "needs a divisor of the 3 out_channels, but got 2");
  }
};

OpFile convolution_file() {
  return ops<Convolution, ConvolutionWeightGradient, ConvolutionLayer<1, false>, ConvolutionLayer<3, false>, ConvolutionLayer<1, true>,
             ConvolutionLayer<2, true>, ConvolutionLayer<3, true>>();
}

}  // namespace engine
