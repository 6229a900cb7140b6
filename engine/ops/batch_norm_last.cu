// Batch norm of pictures whose channels lie innermost, (batch, height, width, channels): what the layout pass puts in the place of
// batch_norm.cu's, with a ReLU behind it taken along.
#include "engine/ops/batch_norm.h"

namespace engine {

namespace {

kernels::RowsOfChannels rowsOf(const Shape& x) { return {x.elements(0, x.rank() - 1), x[-1]}; }

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
  void prepare(Device& device, Preparation& p) const {
    p.scratchBytes = batchNormRowsBytes(device, rowsOf(p.call.in(0).shape));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::RowsOfChannels rows = rowsOf(call.in(0).shape);
    normalizeRows(device, rows,
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
  void prepare(Device& device, Preparation& p) const {
    p.scratchBytes = batchNormRowsBytes(device, rowsOf(p.call.in(1).shape));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto go = [&]<bool masked>() {
      const kernels::RowsOfChannels rows = rowsOf(call.in(1).shape);
      normalizeRowsGradient(device, rows,
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
  void prepare(Device& device, Preparation& p) const {
    p.scratchBytes = batchNormRowsBytes(device, rowsOf(p.call.in(0).shape));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const kernels::RowsOfChannels rows = rowsOf(call.in(0).shape);
    const int running = affine ? 3 : 1;
    const T *runningMean = call.in<T>(running), *runningVar = call.in<T>(running + 1);
    T *mean = call.out<T>(1), *variance = call.out<T>(2);
    kernels::map(device, rows.channels, [=] BOTH(int64_t c) { mean[c] = runningMean[c], variance[c] = runningVar[c]; });
    normalizeRows(device, rows,
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
