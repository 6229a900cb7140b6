// Batch norm of pictures whose channels lie innermost, (batch, height, width, channels): what the layout pass puts in the place of
// batch_norm.cu's, with a ReLU behind it taken along. The mean and the variance come from one pass over the pictures: from
// the sums of x - p and (x - p)^2, where p is the channel's first pixel, so that a large mean costs no digits.
#include "engine/ops/batch_norm.h"
#include "kernels/map.h"
#include "kernels/rows_of_channels.h"

namespace engine {

namespace {

kernels::RowsOfChannels rowsOf(const Shape& x) { return {x.elements(0, x.rank() - 1), x[-1]}; }

template <class T>
void normalize(Cpu& cpu, const kernels::RowsOfChannels& shape, const BatchNormChannel<T>& given, void* scratch) {
  const BatchNormChannel<T> n = given;
  const int64_t channels = shape.channels;
  if (n.measures) {
    struct AroundFirst {
      const T* x;
      T first[kernels::RowsOfChannels::kLanes];
      void operator()(int64_t i, int k, T& sum, T& square) const {
        const T d = x[i] - first[k];
        sum += d;
        square += d * d;
      }
    };
    kernels::sumRows<T>(
        cpu, shape,
        [&](int64_t c, int lanes) {
          AroundFirst around{n.x, {}};
          for (int k = 0; k < lanes; ++k) around.first[k] = n.x[c + k];
          return around;
        },
        [&](int64_t c, double sum, double square) {
          const double shift = sum / n.count, variance = square / n.count - shift * shift;
          n.mean[c] = T(double(n.x[c]) + shift);
          n.variance[c] = variance < 0 ? T(0) : T(variance);
        },
        scratch);
  }
  T* const scale = static_cast<T*>(scratch);  // the sums are done with
  for (int64_t c = 0; c < channels; ++c) scale[c] = (n.weight ? n.weight[c] : T(1)) / std::sqrt(n.variance[c] + T(n.epsilon));
  const T *x = n.x, *mean = n.mean, *bias = n.bias, *s = scale;
  T* const y = n.y;
  const T low = n.relu ? T(0) : -T(INFINITY);
  const auto write = [&](auto shift) {
    kernels::eachOfChannels(cpu, shape, [=](int64_t i, int64_t c) {
      const T v = (x[i] - mean[c]) * s[c] + shift(c);
      y[i] = v < low ? low : v;
    });
  };
  if (bias) write([=](int64_t c) { return bias[c]; });
  else write([](int64_t) { return T(0); });
}

template <class T, bool masked>
void normalizeGradient(Cpu& cpu, const kernels::RowsOfChannels& shape, const BatchNormGradientChannel<T, masked>& given, void* scratch) {
  const BatchNormGradientChannel<T, masked> n = given;
  const ArrivingGradient<T, masked> g{n.dy, n.mask};
  struct AroundMean {
    ArrivingGradient<T, masked> g;
    const T* x;
    T mean[kernels::RowsOfChannels::kLanes];
    void operator()(int64_t i, int k, T& sum, T& weighted) const {
      const T slope = g(i);
      sum += slope;
      weighted += slope * (x[i] - mean[k]);
    }
  };
  kernels::sumRows<T>(
      cpu, shape,
      [&](int64_t c, int lanes) {
        AroundMean around{g, n.x, {}};
        for (int k = 0; k < lanes; ++k) around.mean[k] = n.mean[c + k];
        return around;
      },
      [&](int64_t c, double sum, double weighted) {
        n.dbias[c] = T(sum);
        n.dweight[c] = T(weighted) / std::sqrt(n.variance[c] + T(n.epsilon));
      },
      scratch);
  // dx = (dy - average - (x - mean) bend) k
  const int64_t channels = shape.channels;
  T* const k = static_cast<T*>(scratch);
  T *const average = k + channels, *const bend = average + channels;
  const T share = T(1 / n.count);
  for (int64_t c = 0; c < channels; ++c) {
    const T scale = 1 / std::sqrt(n.variance[c] + T(n.epsilon));
    k[c] = (n.weight ? n.weight[c] : T(1)) * scale;
    average[c] = n.dbias[c] * share;
    bend[c] = n.dweight[c] * share * scale;
  }
  const T *x = n.x, *mean = n.mean;
  T* const dx = n.dx;
  kernels::eachOfChannels(cpu, shape, [=](int64_t i, int64_t c) { dx[i] = (g(i) - average[c] - (x[i] - mean[c]) * bend[c]) * k[c]; });
}

// Room for the sums, or for three numbers a channel.
int64_t scratchOf(const Shape& x) {
  const kernels::RowsOfChannels rows = rowsOf(x);
  const int64_t perChannel = 3 * int64_t(sizeof(double)) * rows.channels;
  return rows.scratchBytes() > perChannel ? rows.scratchBytes() : perChannel;
}

#ifdef KERNELS_CUDA
template <class T>
void normalize(Cuda& device, const kernels::RowsOfChannels& shape, const BatchNormChannel<T>& n, void*) {
  kernels::forEachChannel(device, kernels::ChannelShape{shape.rows, shape.channels, 1}, n);
}
template <class T, bool masked>
void normalizeGradient(Cuda& device, const kernels::RowsOfChannels& shape, const BatchNormGradientChannel<T, masked>& n, void*) {
  kernels::forEachChannel(device, kernels::ChannelShape{shape.rows, shape.channels, 1}, n);
}
#endif

const char* const kEps = "Added to the variance.";
const char* const kRelu = "Sets what is below 0 to 0.";

}  // namespace

struct BatchNormChannelsLast {
  double eps = 1e-5;
  bool affine = true;
  bool relu = false;

  static Info info() {
    return {.name = "BatchNormChannelsLast",
            .group = "",
            .title = "Batch norm, channels last",
            .about = "Brings each channel to a mean of 0 and a variance of 1.",
            .inputs = {{"x", "(batch, height, width, channels)"}, {"weight", "(channels)"}, {"bias", "(channels)"}},
            .outputs = {{"y", "as x"}, {"mean", "(channels)"}, {"variance", "(channels)"}},
            .optionalInputs = 2};
  }
  static void fields(BatchNormChannelsLast& op, FieldVisitor& f) {
    f.real("eps", op.eps, atLeast(0), kEps);
    f.boolean("affine", op.affine, "Whether there are a weight and a bias.");
    f.boolean("relu", op.relu, kRelu);
  }
  void infer(Shapes& s) const {
    s.out(0, s.in(0));
    s.out(1, {s.in(0)[-1]});
    s.out(2, {s.in(0)[-1]});
    constexpr double perElement = 7;
    s.flops(perElement * double(s.in(0).elements()));
  }
  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    p.scratchBytes = scratchOf(p.call.in(0).shape);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::RowsOfChannels rows = rowsOf(call.in(0).shape);
    normalize(device, rows,
              BatchNormChannel<T>{call.in<T>(0), affine ? call.in<T>(1) : nullptr, affine ? call.in<T>(2) : nullptr, call.out<T>(0), call.out<T>(1),
                                  call.out<T>(2), double(rows.rows), eps, true, relu},
              call.scratch);
  }
  std::optional<Op> withRelu() const {
    if (relu) return {};
    return *Op(*this).set("relu", true);
  }
  static void examples(Examples<BatchNormChannelsLast>& e) {
    e.add({}, {{2, 3, 2, 5}, {5}, {5}}).withoutGradient();
    e.add({.eps = 0.1, .affine = false, .relu = true}, {{2, 4, 3, 16}}).withoutGradient();
    e.add({.relu = true}, {{4, 30, 15, 21}, {21}, {21}}).withoutGradient();
  }
};

struct BatchNormGradientChannelsLast {
  double eps = 1e-5;
  bool relu = false;

  static Info info() {
    return {.name = "BatchNormGradientChannelsLast",
            .group = "",
            .title = "Gradient of batch norm, channels last",
            .about = "By its input, its weight and its bias.",
            .inputs = {{"dy", "as x"},
                       {"x", "(batch, height, width, channels)"},
                       {"mean", "of the batch, (channels)"},
                       {"variance", "of the batch, (channels)"},
                       {"weight", "(channels)"},
                       {"y", "what a ReLU behind it gave, as x"}},
            .outputs = {{"dx", "as x"}, {"dweight", "(channels)"}, {"dbias", "(channels)"}},
            .optionalInputs = 2};
  }
  static void fields(BatchNormGradientChannelsLast& op, FieldVisitor& f) {
    f.real("eps", op.eps, atLeast(0), kEps);
    f.boolean("relu", op.relu, "dy is that of a ReLU behind it: it counts where y is above 0.");
  }
  void infer(Shapes& s) const {
    s.out(0, s.in(1));
    s.out(1, s.in(2));
    s.out(2, s.in(2));
  }
  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    p.scratchBytes = scratchOf(p.call.in(1).shape);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto go = [&]<bool masked>() {
      const kernels::RowsOfChannels rows = rowsOf(call.in(1).shape);
      normalizeGradient(device, rows,
                        BatchNormGradientChannel<T, masked>{call.in<T>(0), call.in<T>(1), call.in<T>(2), call.in<T>(3), call.has(4) ? call.in<T>(4) : nullptr,
                                                            call.out<T>(0), call.out<T>(1), call.out<T>(2), double(rows.rows), eps,
                                                            masked ? call.in<T>(5) : nullptr},
                        call.scratch);
    };
    if (relu) go.template operator()<true>();
    else go.template operator()<false>();
  }
  std::optional<Op> withReluBefore() const {
    if (relu) return {};
    return *Op(*this).set("relu", true);
  }
  static void examples(Examples<BatchNormGradientChannelsLast>& e) {
    e.add({}, {{2, 3, 2, 5}, {2, 3, 2, 5}, {5}, {5}, {5}}).range(0.5, 2).withoutGradient();
    e.add({.eps = 0.1}, {{4, 30, 15, 21}, {4, 30, 15, 21}, {21}, {21}}).range(0.5, 2).withoutGradient();
    e.add({.relu = true}, {{3, 20, 12, 32}, {3, 20, 12, 32}, {32}, {32}, {32}, {3, 20, 12, 32}}).range(0.5, 2).withoutGradient();
  }
};

// The inputs of batch_norm.cu's BatchNormEvaluated.
struct BatchNormEvaluatedChannelsLast {
  double eps = 1e-5;
  bool affine = true;
  bool relu = false;

  static Info info() {
    return {.name = "BatchNormEvaluatedChannelsLast",
            .group = "",
            .title = "Batch norm, evaluated, channels last",
            .about = "Batch norm with running statistics.",
            .inputs = {{"x", "(batch, height, width, channels)"},
                       {"stored0", "weight, or running_mean when not affine"},
                       {"stored1", "bias, or running_var when not affine"},
                       {"stored2", "running_mean; otherwise not read"},
                       {"stored3", "running_var"}},
            .outputs = {{"y", "as x"}, {"mean", "(channels)"}, {"variance", "(channels)"}},
            .optionalInputs = 2};
  }
  static void fields(BatchNormEvaluatedChannelsLast& op, FieldVisitor& f) {
    f.real("eps", op.eps, atLeast(0), kEps);
    f.boolean("affine", op.affine, "Whether there are a weight and a bias.");
    f.boolean("relu", op.relu, kRelu);
  }
  void infer(Shapes& s) const {
    s.out(0, s.in(0));
    s.out(1, s.in(1));
    s.out(2, s.in(1));
  }
  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    p.scratchBytes = scratchOf(p.call.in(0).shape);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::RowsOfChannels rows = rowsOf(call.in(0).shape);
    const int running = affine ? 3 : 1;
    const T *runningMean = call.in<T>(running), *runningVar = call.in<T>(running + 1);
    T *mean = call.out<T>(1), *variance = call.out<T>(2);
    kernels::map(device, rows.channels, [=] BOTH(int64_t c) { mean[c] = runningMean[c], variance[c] = runningVar[c]; });
    normalize(device, rows,
              BatchNormChannel<T>{call.in<T>(0), affine ? call.in<T>(1) : nullptr, affine ? call.in<T>(2) : nullptr, call.out<T>(0), mean, variance, 0, eps,
                                  false, relu},
              call.scratch);
  }
  std::optional<Op> withRelu() const {
    if (relu) return {};
    return *Op(*this).set("relu", true);
  }
  static void examples(Examples<BatchNormEvaluatedChannelsLast>& e) {
    e.add({}, {{2, 3, 2, 5}, {5}, {5}, {5}, {5}}).range(0.5, 2).withoutGradient();
    e.add({.eps = 0.1, .affine = false, .relu = true}, {{2, 5, 3, 16}, {16}, {16}}).range(0.5, 2).withoutGradient();
  }
};

OpFile batch_norm_last_file() {
  return ops<BatchNormChannelsLast, BatchNormGradientChannelsLast, BatchNormEvaluatedChannelsLast>();
}

}  // namespace engine
