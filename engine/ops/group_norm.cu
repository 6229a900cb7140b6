// Norms of each sample alone: GroupNorm, and InstanceNorm1d, 2d and 3d, whose groups are single channels. As torch.nn:
//   y = (x - mean) / sqrt(variance + eps) * weight + bias, with mean and biased variance over a group's channels and places.
#include <cmath>

#include "engine/graph/op.h"
#include "kernels/map.h"
#include "kernels/rows.h"
#include "kernels/scratch.h"
#include "kernels/strided.h"

namespace engine {

namespace {
template <class T>
struct GroupMoments {
  const T* x;  // (rows, columns)
  T *means, *scales;
  T epsilon;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const T* in = x + row.index * row.size;
    T *toMean = means + row.index, *toScale = scales + row.index;
    const T count = T(row.size), mean = row.sum([=](int64_t i) { return in[i]; }) / count;
    const T scale = 1 / std::sqrt(row.sum([=](int64_t i) { return (in[i] - mean) * (in[i] - mean); }) / count + epsilon);
    row.once([=] { *toMean = mean, *toScale = scale; });
  }
};
// What a channel of a sample is multiplied by, and what is added then.
template <class T>
struct GroupFactors {
  const T *means, *scales, *weight, *bias;
  T *factor, *offset;
  int64_t channels, perGroup;
  BOTH void operator()(int64_t i) const {
    const int64_t channel = i % channels, group = i / perGroup;
    const T by = scales[group] * (weight ? weight[channel] : T(1));
    factor[i] = by;
    offset[i] = (bias ? bias[channel] : T(0)) - means[group] * by;
  }
};
template <class T>
struct GroupApply {
  const T *x, *factor, *offset;
  T* y;
  BOTH void operator()(int64_t i, int64_t c) const { y[i] = x[i] * factor[c] + offset[c]; }
};

template <class T>
struct GroupRoom {
  kernels::Scratch scratch;
  T *means, *scales, *factor, *offset;
  GroupRoom(void* memory, int64_t groups, int64_t channels)
      : scratch(memory),
        means(scratch.take<T>(groups)),
        scales(scratch.take<T>(groups)),
        factor(scratch.take<T>(channels)),
        offset(scratch.take<T>(channels)) {}
};

// The norm by its number of groups.
struct SampleNorm {
  int64_t groups;
  double eps;
  bool affine;

  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    s.out(0, x);
    if (!affine) return;
    s.parameter("weight", {x[1]}, Initial::ones());
    s.parameter("bias", {x[1]}, Initial::zeros());
  }
  template <class T>
  void prepare(Preparation& p) const {
    const Shape& x = p.call.in(0).shape;
    p.scratchBytes = GroupRoom<T>(nullptr, x[0] * groups, x[0] * x[1]).scratch.bytes;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape& x = call.in(0).shape;
    const int64_t rows = x[0] * groups, channels = x[0] * x[1], inner = x.elements(2, x.rank());
    if (x.elements() == 0) return;
    const GroupRoom<T> room(call.scratch, rows, channels);
    kernels::forEachRow(device, rows, x[1] / groups * inner, GroupMoments<T>{call.in<T>(0), room.means, room.scales, T(eps)});
    kernels::map(device, channels,
                 GroupFactors<T>{room.means, room.scales, affine ? call.in<T>(1) : nullptr, affine ? call.in<T>(2) : nullptr, room.factor,
                                 room.offset, x[1], x[1] / groups});
    kernels::Strided<1> places;
    places.append(channels, {1}), places.append(inner, {0});
    kernels::forStrided(device, places, GroupApply<T>{call.in<T>(0), room.factor, room.offset, call.out<T>(0)});
  }
  // With h = (x - mean) s and g = dy weight:  dx = (g - mean(g) - h mean(g h)) s
  void gradient(Backward& b) const {
    const Term dy = b.gradient(0), x = b.input(0);
    const Shape shape = x.shape();
    const int64_t columns = shape[1] / groups * shape.elements(2, shape.rank());
    const Shape rows{shape[0], groups, columns};
    Shape wide{shape[1]};
    for (int axis = 2; axis < shape.rank(); ++axis) wide.append(1);
    const auto mean = [&](Term t) { return sumOver(t, {2}, true) * (columns ? 1.0 / double(columns) : 0.0); };
    const Term in = reshapeTo(x, rows), centred = in - mean(in);
    const Term s = b.add(Op::with("Reciprocal"), {b.add(Op::with("Sqrt"), {mean(centred * centred) + eps})});
    const Term h = centred * s, g = reshapeTo(affine ? dy * reshapeTo(b.input(1), wide) : dy, rows);
    if (b.wants(0)) b.give(0, reshapeTo((g - mean(g) - h * mean(g * h)) * s, shape));
    if (!affine) return;
    b.give(1, reshapeTo(sumTo(dy * reshapeTo(h, shape), wide), {shape[1]}));
    b.give(2, reshapeTo(sumTo(dy, wide), {shape[1]}));
  }
};

constexpr const char *kNormEps = "Added to the variance, against division by zero.",
                     *kNormAffine = "Whether to scale and shift each channel by trained numbers.";
}  // namespace

struct GroupNorm {
  int64_t num_groups = 1;
  double eps = 1e-5;
  bool affine = true;

  static Info info() {
    return {.name = "GroupNorm",
            .group = "Normalization",
            .title = "Group norm",
            .about = "Brings groups of channels of each sample to a mean of 0 and a variance of 1, then scales and shifts.",
            .inputs = {{"x", "numbers, (batch, channels, ...)"}},
            .outputs = {{"y", "of the same shape"}}};
  }
  static void fields(GroupNorm& op, FieldVisitor& f) {
    f.integer("num_groups", op.num_groups, between(1, 1 << 24), "The channels are cut into so many groups.");
    f.real("eps", op.eps, atLeast(0), kNormEps);
    f.boolean("affine", op.affine, kNormAffine);
  }
  SampleNorm norm() const { return {num_groups, eps, affine}; }
  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(x.rank() >= 2, Place::input(0), "numbers with channels (batch, channels, ...)", x)) return;
    if (x[1] >= 0 &&
        !s.require(x[1] % num_groups == 0, Place::field("num_groups"), Message("a divisor of the {0} channels", x[1]), Message("{0}", num_groups)))
      return;
    norm().infer(s);
  }
  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    norm().prepare<T>(p);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    norm().run<T>(device, call);
  }
  void gradient(Backward& b) const { norm().gradient(b); }

  static void examples(Examples<GroupNorm>& e) {
    e.add({}, {{2, 4, 3}});
    e.add({.num_groups = 2}, {{3, 4, 2, 2}});
    e.add({.num_groups = 3, .affine = false}, {{2, 6}});
    e.add({.num_groups = 2, .eps = 0.1}, {{2, 4, 2, 1, 2}});
    e.add({.num_groups = 2}, {{0, 4, 3}});
    e.add({.num_groups = 8}, {{4, 32, 20, 20}}).withoutGradient();
  }
  static void mistakes(Mistakes<GroupNorm>& m) {
    m.add({}, {{7}}, "needs numbers with channels (batch, channels, ...), but got 7 numbers");
    m.add({.num_groups = 3}, {{2, 4, 5}}, "needs a divisor of the 4 channels, but got 3");
  }
};

namespace {
constexpr const char* kInstanceNames[] = {"InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"};
constexpr const char* kInstanceTitles[] = {"Instance norm 1d", "Instance norm 2d", "Instance norm 3d"};
constexpr const char* kInstanceInputs[] = {"series (batch, channels, length)", "pictures (batch, channels, height, width)",
                                           "volumes (batch, channels, depth, height, width)"};
}  // namespace

template <int axes>
struct InstanceNorm {
  double eps = 1e-5;
  bool affine = false;

  static Info info() {
    return {.name = kInstanceNames[axes - 1],
            .group = "Normalization",
            .title = kInstanceTitles[axes - 1],
            .about = "Brings each channel of each sample to a mean of 0 and a variance of 1.",
            .inputs = {{"x", kInstanceInputs[axes - 1]}},
            .outputs = {{"y", "of the same shape"}}};
  }
  static void fields(InstanceNorm& op, FieldVisitor& f) {
    f.real("eps", op.eps, atLeast(0), kNormEps);
    f.boolean("affine", op.affine, kNormAffine);
  }
  SampleNorm norm(const Shape& x) const { return {x[1], eps, affine}; }
  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (s.require(x.rank() == axes + 2, Place::input(0), kInstanceInputs[axes - 1], x).fix("put a Reshape before it"))
      norm(x).infer(s);
  }
  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    norm(p.call.in(0).shape).template prepare<T>(p);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    norm(call.in(0).shape).template run<T>(device, call);
  }
  void gradient(Backward& b) const {
    if (b.input(0).shape()[1] != 0) norm(b.input(0).shape()).gradient(b);
  }
  static void examples(Examples<InstanceNorm>& e) {
    const auto shape = [](int64_t n, int64_t c, int64_t wide) {
      Shape s{n, c, wide};
      for (int axis = 1; axis < axes; ++axis) s.append(3);
      return s;
    };
    e.add({}, {shape(2, 3, 5)});
    e.add({.affine = true}, {shape(2, 3, 4)});
    e.add({.eps = 0.1, .affine = true}, {shape(1, 2, 4)});
    e.add({.affine = true}, {shape(0, 2, 4)});
    e.add({.affine = true}, {shape(9, 8, 900)}).withoutGradient();
  }
  static void mistakes(Mistakes<InstanceNorm>& m) {
    m.add({}, {{3, 4}}, std::string("needs ") + kInstanceInputs[axes - 1] + ", but got 3 × 4; put a Reshape before it");
  }
};

OpFile group_norm_file() { return ops<GroupNorm, InstanceNorm<1>, InstanceNorm<2>, InstanceNorm<3>>(); }

}  // namespace engine
