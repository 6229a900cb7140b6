// Batch norm over all axes but the channels (axis 1), as torch.nn.BatchNorm1d, 2d and 3d:
//   y = (x - mean) / sqrt(variance + eps) * weight + bias, with the batch's mean and its biased variance
// The gradient, with h = (x - mean) / sqrt(variance + eps) and n numbers a channel:
//   dbias = sum dy,  dweight = sum dy h,  dx = weight / sqrt(variance + eps) * (dy - dbias / n - h dweight / n)
//
// In training the batch's mean and variance are outputs, and BatchNormUpdate, a node of its own, blends them into the
// running ones after all else of the step is done and found sound. Outside of training BatchNormEvaluated takes the
// running ones in their place. num_batches_tracked is a floating number, as all state is: exact up to 2^24 batches in f32.
#include <cmath>

#include "engine/ops/batch_norm.h"
#include "kernels/map.h"

namespace engine {

namespace {
kernels::ChannelShape channelsOf(const Shape& x) { return {x[0], x[1], x.elements(2, x.rank())}; }

// Features, (batch, channels), are rows of channels.
kernels::RowsOfChannels rowsOf(const kernels::ChannelShape& shape) { return {shape.batch, shape.channels}; }

template <class Device>
void prepareFor(Device& device, const Shape& x, Preparation& p) {
  if (const kernels::ChannelShape shape = channelsOf(x); shape.inner == 1) p.scratchBytes = batchNormRowsBytes(device, rowsOf(shape));
}
template <class Device, class T>
void normalize(Device& device, const kernels::ChannelShape& shape, const BatchNormChannel<T>& n, void* scratch) {
  if (shape.inner == 1) normalizeRows(device, rowsOf(shape), n, scratch);
  else kernels::forEachChannel(device, shape, n);
}
template <class Device, class T>
void normalize(Device& device, const kernels::ChannelShape& shape, const BatchNormGradientChannel<T>& n, void* scratch) {
  if (shape.inner == 1) normalizeRowsGradient(device, rowsOf(shape), n, scratch);
  else kernels::forEachChannel(device, shape, n);
}
}  // namespace

// running = (1 - factor) * running + factor * batch's, with the unbiased variance; the factor is the momentum, or one by the
// number of batches so far. Runs after the step's other nodes.
struct BatchNormUpdate {
  double momentum = 0.1;
  bool cumulative_average = false;
  int64_t count = 2;

  static Info info() {
    return {.name = "BatchNormUpdate",
            .group = "",
            .title = "Running statistics",
            .about = "Blends a batch's mean and variance into the running ones.",
            .inputs = {{"mean", "of the batch, (channels)"},
                       {"variance", "of the batch, biased, (channels)"},
                       {"running_mean", "(channels)"},
                       {"running_var", "(channels)"},
                       {"num_batches_tracked", "a single number"}},
            .outputs = {},
            .updates = {2, 3, 4}};
  }
  static void fields(BatchNormUpdate& op, FieldVisitor& f) {
    f.real("momentum", op.momentum, between(0, 1), "How much the batch counts.");
    f.boolean("cumulative_average", op.cumulative_average, "All batches count the same.");
    f.integer("count", op.count, atLeast(0), "Numbers in a channel of the batch.");
  }
  void infer(Shapes&) const {}
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const T *mean = call.in<T>(0), *variance = call.in<T>(1);
    T *runningMean = call.state<T>(2), *runningVar = call.state<T>(3), *batches = call.state<T>(4);
    const double unbiased = count > 1 ? double(count) / double(count - 1) : 1, given = momentum;
    const bool cumulative = cumulative_average;
    kernels::map(device, call.in(0).elements(), [=] BOTH(int64_t c) {
      const T factor = cumulative ? 1 / (*batches + 1) : T(given);
      runningMean[c] = (1 - factor) * runningMean[c] + factor * mean[c];
      runningVar[c] = (1 - factor) * runningVar[c] + factor * (variance[c] * T(unbiased));
    });
    kernels::map(device, 1, [=] BOTH(int64_t) { *batches += 1; });
  }

  static void examples(Examples<BatchNormUpdate>& e) {
    e.add({}, {{5}, {5}, {5}, {5}, {}}).withoutGradient();
    e.add({.momentum = 0.3, .cumulative_average = true, .count = 9}, {{300}, {300}, {300}, {300}, {}}).range(0, 2).withoutGradient();
  }
};

struct BatchNormGradient {
  double eps = 1e-5;

  static Info info() {
    return {.name = "BatchNormGradient",
            .group = "",
            .title = "Gradient of batch norm",
            .about = "By its input, its weight and its bias.",
            .inputs = {{"dy", "as x"},
                       {"x", "(batch, channels, ...)"},
                       {"mean", "of the batch, (channels)"},
                       {"variance", "of the batch, (channels)"},
                       {"weight", "(channels)"}},
            .outputs = {{"dx", "as x"}, {"dweight", "(channels)"}, {"dbias", "(channels)"}},
            .optionalInputs = 1};
  }
  static void fields(BatchNormGradient& op, FieldVisitor& f) { f.real("eps", op.eps, atLeast(0), "Added to the variance."); }
  void infer(Shapes& s) const {
    s.out(0, s.in(1));
    s.out(1, s.in(2));
    s.out(2, s.in(2));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    prepareFor(device, p.call.in(1).shape, p);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::ChannelShape shape = channelsOf(call.in(1).shape);
    normalize(device, shape,
              BatchNormGradientChannel<T>{call.in<T>(0), call.in<T>(1), call.in<T>(2), call.in<T>(3),
                                                        call.has(4) ? call.in<T>(4) : nullptr, call.out<T>(0), call.out<T>(1),
                                                        call.out<T>(2), double(shape.batch * shape.inner), eps},
              call.scratch);
  }

  InChannelsLast channelsLast() const { return {Op::with("BatchNormGradientChannelsLast", {{"eps", eps}}), {0, 1}, {0}}; }
  static void examples(Examples<BatchNormGradient>& e) {
    e.add({}, {{4, 3}, {4, 3}, {3}, {3}, {3}}).range(0.5, 2);
    e.add({.eps = 0.1}, {{2, 3, 5}, {2, 3, 5}, {3}, {3}}).range(0.5, 2);
    e.add({}, {{520, 17}, {520, 17}, {17}, {17}, {17}}).range(0.5, 2);
    e.add({}, {{3, 4, 30, 40}, {3, 4, 30, 40}, {4}, {4}, {4}}).range(0.5, 2);
  }
};

// What stands in batch norm's place outside of training. Its inputs are those of batch norm: x, and what the op stores, in
// the same order: weight and bias (when affine), running_mean, running_var. Outputs 1 and 2 are the running statistics.
struct BatchNormEvaluated {
  double eps = 1e-5;
  bool affine = true;

  static Info info() {
    return {.name = "BatchNormEvaluated",
            .group = "",
            .title = "Batch norm, evaluated",
            .about = "Batch norm with running statistics.",
            .inputs = {{"x", "(batch, channels, ...)"},
                       {"stored0", "weight, or running_mean when not affine"},
                       {"stored1", "bias, or running_var when not affine"},
                       {"stored2", "running_mean; otherwise not read"},
                       {"stored3", "running_var"}},
            .outputs = {{"y", "as x"}, {"mean", "(channels)"}, {"variance", "(channels)"}},
            .optionalInputs = 2};
  }
  static void fields(BatchNormEvaluated& op, FieldVisitor& f) {
    f.real("eps", op.eps, atLeast(0), "Added to the variance.");
    f.boolean("affine", op.affine, "Whether there are a weight and a bias.");
  }
  int running() const { return affine ? 3 : 1; }
  void infer(Shapes& s) const {
    s.out(0, s.in(0));
    s.out(1, s.in(1));
    s.out(2, s.in(1));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    prepareFor(device, p.call.in(0).shape, p);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::ChannelShape shape = channelsOf(call.in(0).shape);
    const T *runningMean = call.in<T>(running()), *runningVar = call.in<T>(running() + 1);
    T *mean = call.out<T>(1), *variance = call.out<T>(2);
    kernels::map(device, shape.channels, [=] BOTH(int64_t c) { mean[c] = runningMean[c], variance[c] = runningVar[c]; });
    normalize(device, shape,
              BatchNormChannel<T>{call.in<T>(0), affine ? call.in<T>(1) : nullptr, affine ? call.in<T>(2) : nullptr,
                                                call.out<T>(0), mean, variance, 0, eps, false},
              call.scratch);
  }
  // The running statistics stand still: y depends on x by a factor. (Gradients by the weights are never asked for here.)
  void gradient(Backward& b) const {
    const Term variance = b.input(running() + 1);
    std::vector<int64_t> sizes(size_t(b.input(0).shape().rank()), 1);
    sizes[1] = variance.shape()[0];
    const Shape wide{std::span<const int64_t>(sizes)};
    Term scale = reshapeTo(b.add(Op::with("Sqrt"), {variance + eps}), wide);
    const Term factor = affine ? reshapeTo(b.input(1), wide) / scale : Term{};
    b.give(0, affine ? b.gradient(0) * factor : b.gradient(0) / scale);
    if (!affine) return;
    std::vector<int64_t> others{0};
    for (int axis = 2; axis < int(sizes.size()); ++axis) others.push_back(axis);
    const Term h = (b.input(0) - reshapeTo(b.input(running()), wide)) / scale;
    b.give(1, sumOver(b.gradient(0) * h, others, false));
    b.give(2, sumOver(b.gradient(0), others, false));
  }

  InChannelsLast channelsLast() const {
    return {Op::with("BatchNormEvaluatedChannelsLast", {{"eps", eps}, {"affine", affine}}), {0}, {0}};
  }
  static void examples(Examples<BatchNormEvaluated>& e) {
    e.add({}, {{4, 3}, {3}, {3}, {3}, {3}}).range(0.5, 2).withoutGradient();
    e.add({.eps = 0.1, .affine = false}, {{2, 3, 5}, {3}, {3}}).range(0.5, 2).withoutGradient();
    e.add({}, {{3, 4, 30, 40}, {4}, {4}, {4}, {4}}).range(0.5, 2).withoutGradient();
  }
};

// BatchNorm1d, BatchNorm2d and BatchNorm3d: which axes there are beside the batch and the channels.
template <class Kind>
struct BatchNorm {
  double eps = 1e-5;
  double momentum = 0.1;
  bool cumulative_average = false;
  bool affine = true;
  bool track_running_stats = true;

  static Info info() {
    return {.name = Kind::kName,
            .group = "Normalization",
            .title = Kind::kTitle,
            .about = "Brings each channel to a mean of 0 and a variance of 1 over the batch, then scales and shifts.",
            .inputs = {{"x", Kind::kInput}},
            .outputs = {{"y", "of the same shape"}, {"mean", "of the batch, (channels)"}, {"variance", "of the batch, (channels)"}}};
  }
  static void fields(BatchNorm& op, FieldVisitor& f) {
    f.real("eps", op.eps, atLeast(0), "Added to the variance, against division by zero.");
    f.real("momentum", op.momentum, between(0, 1), "How much each batch counts in the running mean and variance.");
    f.boolean("cumulative_average", op.cumulative_average,
              "Let all batches count the same in the running mean and variance (momentum=None in PyTorch).");
    f.boolean("affine", op.affine, "Whether to scale and shift each channel by trained numbers.");
    f.boolean("track_running_stats", op.track_running_stats,
              "Keep a running mean and variance for use after training; otherwise the batch's are always used.");
  }

  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(Kind::takes(x.rank()), Place::input(0), Kind::kInput, x).fix(Kind::kFix)) return;
    const int64_t perChannel = Shape{x[0], x.elements(2, x.rank())}.elements();
    s.require(!s.training() || perChannel != 1, Place::input(0), "more than one value per channel when training", x)
        .fix("make the batch larger");
    const Shape channels{x[1]};
    if (affine) s.parameter("weight", channels, Initial::ones());
    if (affine) s.parameter("bias", channels, Initial::zeros());
    if (track_running_stats) {
      s.state("running_mean", channels, Initial::zeros());
      s.state("running_var", channels, Initial::ones());
      s.state("num_batches_tracked", {}, Initial::zeros());
    }
    s.out(0, x);
    s.out(1, channels);
    s.out(2, channels);
    constexpr double perElement = 7;  // mean 1, variance 3, the rest 3
    if (const int64_t n = x.elements(); n >= 0) s.flops(perElement * double(n));
  }

  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    prepareFor(device, p.call.in(0).shape, p);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::ChannelShape shape = channelsOf(call.in(0).shape);
    normalize(device, shape,
              BatchNormChannel<T>{call.in<T>(0), affine ? call.in<T>(1) : nullptr, affine ? call.in<T>(2) : nullptr,
                                                call.out<T>(0), call.out<T>(1), call.out<T>(2), double(shape.batch * shape.inner), eps, true},
              call.scratch);
  }

  void gradient(Backward& b) const {
    Term dx;
    if (b.has(0)) {
      std::vector<Term> inputs = {b.gradient(0), b.input(0), b.output(1), b.output(2)};
      if (affine) inputs.push_back(b.input(1));
      dx = b.add(BatchNormGradient{eps}, inputs);
      if (affine) b.give(1, Backward::outputOf(dx, 1));
      if (affine) b.give(2, Backward::outputOf(dx, 2));
    }
    b.give(0, addOfStatistics(b, dx));
  }
  void gradientByParts(Backward& b) const {
    const Wide wide(b.input(0).shape());
    const auto mean = [&](Term t) { return sumOver(t, wide.others, true) * (1 / wide.count); };
    const Term x = b.input(0), dy = b.gradient(0), centred = x - mean(x);
    const Term deviation = b.add(Op::with("Sqrt"), {mean(centred * centred) + eps}), h = centred / deviation;
    const Term g = affine ? dy * reshapeTo(b.input(1), wide.channels) : dy;
    b.give(0, addOfStatistics(b, (g - mean(g) - h * mean(g * h)) / deviation));
    if (affine) b.give(1, sumOver(dy * h, wide.others, false));
    if (affine) b.give(2, sumOver(dy, wide.others, false));
  }

  InChannelsLast channelsLast() const {
    return {Op::with("BatchNormChannelsLast", {{"eps", eps}, {"affine", affine}}), {0}, {0}};
  }
  Op evaluated() const {
    if (!track_running_stats) return *this;
    return BatchNormEvaluated{eps, affine};
  }
  void update(Backward& b) const {
    if (!track_running_stats) return;
    const Shape& x = b.input(0).shape();
    const int running = affine ? 3 : 1;
    const int64_t count = x[0] * x.elements(2, x.rank());
    b.add(BatchNormUpdate{momentum, cumulative_average, count},
          {b.output(1), b.output(2), b.input(running), b.input(running + 1), b.input(running + 2)});
  }

  static void examples(Examples<BatchNorm>& e) {
    e.add({}, Kind::small());
    e.add({.eps = 0.1, .momentum = 0.3, .affine = false}, Kind::small());
    e.add({.cumulative_average = true}, Kind::small());
    e.add({.track_running_stats = false}, Kind::other());
    e.add({}, Kind::large());
  }
  static void mistakes(Mistakes<BatchNorm>& m) { Kind::mistakes(m); }

 private:
  // Axes and shapes to work on (N, C, ...) in parts.
  struct Wide {
    std::vector<int64_t> others{0};  // all axes but the channels
    Shape channels;                  // (1, C, 1, ...)
    double count;                    // numbers a channel
    explicit Wide(const Shape& x) : channels(x), count(double(x[0]) * double(x.elements(2, x.rank()))) {
      for (int axis = 0; axis < x.rank(); ++axis)
        if (axis != 1) channels[axis] = 1;
      for (int axis = 2; axis < x.rank(); ++axis) others.push_back(axis);
    }
  };
  // dx from gradients that flow into the mean and the variance themselves, when somebody reads those.
  static Term addOfStatistics(Backward& b, Term dx) {
    const Wide wide(b.input(0).shape());
    const auto add = [&](Term t) { dx = dx ? dx + t : t; };
    if (b.has(1)) add(expandTo(reshapeTo(b.gradient(1), wide.channels), b.input(0).shape()) * (1 / wide.count));
    if (b.has(2))
      add((b.input(0) - reshapeTo(b.output(1), wide.channels)) * (reshapeTo(b.gradient(2), wide.channels) * (2 / wide.count)));
    return dx;
  }
};

struct OneDimension {
  static constexpr const char *kName = "BatchNorm1d", *kTitle = "Batch norm (1d)",
                              *kInput = "features (batch, channels) or series (batch, channels, length)",
                              *kFix = "use BatchNorm2d for pictures";
  static bool takes(int rank) { return rank == 2 || rank == 3; }
  static std::vector<Shape> small() { return {{4, 3}}; }
  static std::vector<Shape> other() { return {{2, 18, 5}}; }
  static std::vector<Shape> large() { return {{520, 17}}; }
  static void mistakes(auto& m) {
    m.add({}, {{2, 3, 4, 5}},
          "needs features (batch, channels) or series (batch, channels, length), but got 2 × 3 × 4 × 5; use BatchNorm2d for pictures");
    m.add({}, {{1, 3}}, "needs more than one value per channel when training, but got 1 × 3; make the batch larger");
  }
};
struct TwoDimensions {
  static constexpr const char *kName = "BatchNorm2d", *kTitle = "Batch norm (2d)",
                              *kInput = "pictures (batch, channels, height, width)",
                              *kFix = "use BatchNorm1d for features";
  static bool takes(int rank) { return rank == 4; }
  static std::vector<Shape> small() { return {{3, 2, 2, 3}}; }
  static std::vector<Shape> other() { return {{1, 3, 4, 1}}; }
  static std::vector<Shape> large() { return {{4, 6, 30, 30}}; }
  static void mistakes(auto& m) {
    m.add({}, {{2, 3}}, "needs pictures (batch, channels, height, width), but got 2 × 3; use BatchNorm1d for features");
    m.add({}, {{1, 3, 1, 1}}, "needs more than one value per channel when training, but got 1 × 3 × 1 × 1; make the batch larger");
  }
};
struct ThreeDimensions {
  static constexpr const char *kName = "BatchNorm3d", *kTitle = "Batch norm (3d)",
                              *kInput = "volumes (batch, channels, depth, height, width)",
                              *kFix = "use BatchNorm2d for pictures";
  static bool takes(int rank) { return rank == 5; }
  static std::vector<Shape> small() { return {{3, 2, 2, 1, 3}}; }
  static std::vector<Shape> other() { return {{1, 3, 4, 1, 1}}; }
  static std::vector<Shape> large() { return {{4, 6, 3, 10, 30}}; }
  static void mistakes(auto& m) {
    m.add({}, {{2, 3}}, "needs volumes (batch, channels, depth, height, width), but got 2 × 3; use BatchNorm2d for pictures");
  }
};
using BatchNorm1d = BatchNorm<OneDimension>;
using BatchNorm2d = BatchNorm<TwoDimensions>;
using BatchNorm3d = BatchNorm<ThreeDimensions>;

OpFile batch_norm_file() {
  return ops<BatchNorm1d, BatchNorm2d, BatchNorm3d, BatchNormGradient, BatchNormUpdate, BatchNormEvaluated>();
}

}  // namespace engine
