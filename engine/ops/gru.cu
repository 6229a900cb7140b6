// Recurrent layers without cells, as torch.nn with one layer. For each time t, with gates in PyTorch's order,
//   GRU:  r, z = sigmoid(x_t W_ih' + b_ih + h W_hh' + b_hh),  n = tanh(x_t W_in' + b_in + r (h W_hn' + b_hn)),  h_t = (1 - z) n + z h
//   RNN:  h_t = tanh or ReLU of (x_t W_ih' + b_ih + h W_hh' + b_hh)
// What x gives is one product for all times; what h gives is one a step. The gradient finds both again for all times at once, since all
// h are known then, and goes back with one product a step.
#include <cmath>
#include <memory>

#include "engine/graph/op.h"
#include "kernels/gemm.h"
#include "kernels/map.h"
#include "kernels/math.h"
#include "kernels/rows.h"
#include "kernels/scratch.h"

namespace engine {

namespace {
// Sizes, and where a sample's step lies: row `time * byTime + sample * bySample`.
struct RecurrentSteps {
  int64_t times, batch, inputs, hidden, gates, byTime, bySample;  // gates: numbers of all gates together
  RecurrentSteps(const Shape& x, int64_t hiddenSize, int64_t gatesEach, bool batchFirst)
      : times(x[batchFirst ? 1 : 0]),
        batch(x[batchFirst ? 0 : 1]),
        inputs(x[2]),
        hidden(hiddenSize),
        gates(gatesEach * hiddenSize),
        byTime(batchFirst ? 1 : batch),
        bySample(batchFirst ? times : 1) {}
  int64_t rows() const { return times * batch; }
};

// One step, a sample a row. `h` is what was before, and is brought to this step.
template <class T>
struct GRURow {
  const T *ofX, *ofH;  // (steps, 3 hidden), (samples, 3 hidden)
  T *h, *y;            // (samples, hidden), (steps, hidden)
  int64_t firstRow, bySample;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t n = row.size, at = firstRow + row.index * bySample;
    const T *a = ofX + at * 3 * n, *b = ofH + row.index * 3 * n;
    T *state = h + row.index * n, *to = y + at * n;
    row.each([=](int64_t j) {
      const T r = kernels::sigmoid(a[j] + b[j]), z = kernels::sigmoid(a[n + j] + b[n + j]), next = kernels::tanh(a[2 * n + j] + r * b[2 * n + j]);
      const T now = (1 - z) * next + z * state[j];
      state[j] = now, to[j] = now;
    });
  }
};
template <class T>
struct RNNRow {
  const T *ofX, *ofH;
  T *h, *y;
  int64_t firstRow, bySample;
  bool relu;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t n = row.size, at = firstRow + row.index * bySample;
    const T *a = ofX + at * n, *b = ofH + row.index * n;
    T *state = h + row.index * n, *to = y + at * n;
    const bool bent = !relu;
    row.each([=](int64_t j) {
      const T sum = a[j] + b[j], now = bent ? kernels::tanh(sum) : sum < 0 ? T(0) : sum;
      state[j] = now, to[j] = now;
    });
  }
};

// The same steps backwards: what x and h gave becomes their gradients. `dstate` is what comes from the step after it; what goes past the
// gates to the step before stays in it.
template <class T>
struct GRUGradientRow {
  T *ofX, *ofH;          // (steps, 3 hidden)
  const T *before, *dy;  // (steps, hidden): h before each step; what arrives
  T *dstate, *now;       // (samples, hidden), (samples, 3 hidden): the gradient of what h gave, for the product
  int64_t firstRow, bySample;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t n = row.size, at = firstRow + row.index * bySample;
    T *a = ofX + at * 3 * n, *b = ofH + at * 3 * n, *d = dstate + row.index * n, *out = now + row.index * 3 * n;
    const T *old = before + at * n, *arrived = dy + at * n;
    row.each([=](int64_t j) {
      const T q = b[2 * n + j], r = kernels::sigmoid(a[j] + b[j]), z = kernels::sigmoid(a[n + j] + b[n + j]),
              next = kernels::tanh(a[2 * n + j] + r * q);
      const T dh = arrived[j] + d[j], byNext = dh * (1 - z) * (1 - next * next);
      const T byR = byNext * q * r * (1 - r), byZ = dh * (old[j] - next) * z * (1 - z), byQ = byNext * r;
      a[j] = byR, a[n + j] = byZ, a[2 * n + j] = byNext;
      b[j] = byR, b[n + j] = byZ, b[2 * n + j] = byQ;
      out[j] = byR, out[n + j] = byZ, out[2 * n + j] = byQ;
      d[j] = dh * z;
    });
  }
};
template <class T>
struct RNNGradientRow {
  T *ofX, *ofH;
  const T *y, *dy;
  T *dstate, *now;
  int64_t firstRow, bySample;
  bool relu;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t n = row.size, at = firstRow + row.index * bySample;
    T *a = ofX + at * n, *b = ofH + at * n, *d = dstate + row.index * n, *out = now + row.index * n;
    const T *h = y + at * n, *arrived = dy + at * n;
    const bool bent = !relu;
    row.each([=](int64_t j) {
      const T dh = arrived[j] + d[j], by = bent ? dh * (1 - h[j] * h[j]) : h[j] > 0 ? dh : T(0);
      a[j] = by, b[j] = by, out[j] = by;
      d[j] = 0;
    });
  }
};

// Copies rows, or writes zeros where there is nothing to copy.
template <class T>
struct RecurrentCopy {
  const T* from;
  T* to;
  BOTH void operator()(int64_t i) const { to[i] = from ? from[i] : T(0); }
};
// h before each step.
template <class T>
struct StatesBefore {
  const T *y, *h0;
  T* before;
  int64_t hidden, times, batch, byTime, bySample;
  BOTH void operator()(int64_t i) const {
    const int64_t j = i % hidden, row = i / hidden, t = byTime == 1 ? row % times : row / batch, sample = byTime == 1 ? row / times : row % batch;
    before[i] = t ? y[(row - byTime) * hidden + j] : h0 ? h0[sample * hidden + j] : T(0);
  }
};
template <class T>
struct LastStates {
  const T* h;
  T* to;
  BOTH void operator()(int64_t i) const { to[i] = h[i]; }
};
template <class T>
struct SumOfRows {
  const T* x;  // (rows, columns)
  T* sum;
  int64_t rows, columns;
  BOTH void operator()(int64_t j) const {
    double all = 0;
    for (int64_t i = 0; i < rows; ++i) all += double(x[i * columns + j]);
    sum[j] = T(all);
  }
};

constexpr const char* kNonlinearities[] = {"tanh", "relu"};

struct RecurrentFields {
  int64_t hidden_size = 128;
  bool bias = true, batch_first = false;
  int nonlinearity = 0;  // of RNN

  template <bool gated>
  static void visit(RecurrentFields& op, FieldVisitor& f) {
    f.integer("hidden_size", op.hidden_size, between(1, 1 << 24), "How many numbers it remembers, and answers with.");
    if constexpr (!gated) f.choice("nonlinearity", op.nonlinearity, kNonlinearities, "What bends the sums.");
    f.boolean("bias", op.bias, "Adds trained numbers to each sum.");
    f.boolean("batch_first", op.batch_first, "Whether x is (batch, time, features); else (time, batch, features), as PyTorch has it by default.");
  }
  Shape stateShape(const Shape& x) const { return {1, x[batch_first ? 0 : 1], hidden_size}; }
};

// The order of the inputs after the data inputs differs by whether there is a bias.
template <bool gated>
constexpr int64_t kGatesOf = gated ? 3 : 1;
}  // namespace

template <bool gated>
struct RecurrentGradient : RecurrentFields {
  enum In { kDy, kX, kWeightIh, kWeightHh, kY, kDhN, kBiasIh, kBiasHh, kH0 };
  enum Out { kDx, kDWeightIh, kDWeightHh, kDBiasIh, kDBiasHh, kDh0 };
  static constexpr int64_t kEach = kGatesOf<gated>;

  static Info info() {
    return {.name = gated ? "GRUGradient" : "RNNGradient",
            .group = "",
            .title = gated ? "Gradient of GRU" : "Gradient of RNN",
            .about = "By its input, its weights, its biases and its first state.",
            .inputs = {{"dy", "as y"},
                       {"x", "as the layer's"},
                       {"weight_ih", "(gates, features)"},
                       {"weight_hh", "(gates, hidden)"},
                       {"y", "what it answered"},
                       {"dh_n", "(1, batch, hidden)"},
                       {"bias_ih", "(gates)"},
                       {"bias_hh", "(gates)"},
                       {"h_0", "(1, batch, hidden)"}},
            .outputs = {{"dx", "as x"},
                        {"dweight_ih", "as the weight"},
                        {"dweight_hh", "as the weight"},
                        {"dbias_ih", "(gates)"},
                        {"dbias_hh", "(gates)"},
                        {"dh_0", "(1, batch, hidden)"}},
            .optionalInputs = 3};
  }
  static void fields(RecurrentGradient& op, FieldVisitor& f) { visit<gated>(op, f); }
  void infer(Shapes& s) const {
    const Shape& x = s.in(kX);
    if (!s.require(x.rank() == 3, Place::input(kX), "x of three axes", x)) return;
    const int64_t gates = kEach * hidden_size;
    s.out(kDx, x), s.out(kDWeightIh, {gates, x[2]}), s.out(kDWeightHh, {gates, hidden_size}), s.out(kDBiasIh, {gates}), s.out(kDBiasHh, {gates}),
        s.out(kDh0, stateShape(x));
  }

  template <class T, class Device>
  struct Bound {
    RecurrentSteps s;
    kernels::Product<T, Device> ofX, ofH, back, toX, toIh, toHh;
    Bound(Device& device, const RecurrentSteps& steps, bool bias)
        : s(steps),
          ofX(device, {.m = s.rows(), .n = s.gates, .k = s.inputs, .transposeB = true, .bias = bias}),
          ofH(device, {.m = s.rows(), .n = s.gates, .k = s.hidden, .transposeB = true, .bias = bias}),
          back(device, {.m = s.batch, .n = s.hidden, .k = s.gates, .accumulate = true}),
          toX(device, {.m = s.rows(), .n = s.inputs, .k = s.gates}),
          toIh(device, {.m = s.gates, .n = s.inputs, .k = s.rows(), .transposeA = true}),
          toHh(device, {.m = s.gates, .n = s.hidden, .k = s.rows(), .transposeA = true}) {}
    struct Room {
      kernels::Scratch scratch = kernels::Scratch();
      T *ofX, *ofH, *before, *state, *now;
      char* product;
    };
    Room room(void* memory) const {
      Room r;
      r.scratch = kernels::Scratch(memory);
      r.ofX = r.scratch.template take<T>(s.rows() * s.gates), r.ofH = r.scratch.template take<T>(s.rows() * s.gates),
      r.before = r.scratch.template take<T>(s.rows() * s.hidden);
      r.state = r.scratch.template take<T>(s.batch * s.hidden), r.now = r.scratch.template take<T>(s.batch * s.gates);
      r.product = r.scratch.template take<char>(
          std::max({ofX.scratchBytes(), ofH.scratchBytes(), back.scratchBytes(), toX.scratchBytes(), toIh.scratchBytes(), toHh.scratchBytes()}));
      return r;
    }
  };
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    const auto bound = std::make_shared<Bound<T, Device>>(device, RecurrentSteps(p.call.in(kX).shape, hidden_size, kEach, batch_first), bias);
    p.scratchBytes = bound->room(nullptr).scratch.bytes;
    p.kept = bound;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto& bound = call.kept<Bound<T, Device>>();
    const RecurrentSteps& s = bound.s;
    const auto r = bound.room(call.scratch);
    const T *x = call.in<T>(kX), *y = call.in<T>(kY), *dy = call.in<T>(kDy), *h0 = call.has(kH0) ? call.in<T>(kH0) : nullptr;
    kernels::map(device, s.rows() * s.hidden, StatesBefore<T>{y, h0, r.before, s.hidden, s.times, s.batch, s.byTime, s.bySample});
    if constexpr (gated) {  // RNN's slope follows from y
      bound.ofX.run(device, x, call.in<T>(kWeightIh), bias ? call.in<T>(kBiasIh) : nullptr, r.ofX, r.product);
      bound.ofH.run(device, r.before, call.in<T>(kWeightHh), bias ? call.in<T>(kBiasHh) : nullptr, r.ofH, r.product);
    }
    kernels::map(device, s.batch * s.hidden, RecurrentCopy<T>{call.in<T>(kDhN), r.state});
    for (int64_t t = s.times - 1; t >= 0; --t) {
      const int64_t firstRow = t * s.byTime;
      if constexpr (gated)
        kernels::forEachRow(device, s.batch, s.hidden, GRUGradientRow<T>{r.ofX, r.ofH, r.before, dy, r.state, r.now, firstRow, s.bySample});
      else
        kernels::forEachRow(device, s.batch, s.hidden,
                            RNNGradientRow<T>{r.ofX, r.ofH, y, dy, r.state, r.now, firstRow, s.bySample, nonlinearity == 1});
      bound.back.run(device, r.now, call.in<T>(kWeightHh), nullptr, r.state, r.product);
    }
    kernels::map(device, s.batch * s.hidden, LastStates<T>{r.state, call.out<T>(kDh0)});
    bound.toX.run(device, r.ofX, call.in<T>(kWeightIh), nullptr, call.out<T>(kDx), r.product);
    bound.toIh.run(device, r.ofX, x, nullptr, call.out<T>(kDWeightIh), r.product);
    bound.toHh.run(device, r.ofH, r.before, nullptr, call.out<T>(kDWeightHh), r.product);
    kernels::map(device, s.gates, SumOfRows<T>{r.ofX, call.out<T>(kDBiasIh), s.rows(), s.gates});
    kernels::map(device, s.gates, SumOfRows<T>{r.ofH, call.out<T>(kDBiasHh), s.rows(), s.gates});
  }
  static RecurrentGradient of(const RecurrentFields& fields) {
    RecurrentGradient op;
    static_cast<RecurrentFields&>(op) = fields;
    return op;
  }
  static void examples(Examples<RecurrentGradient>& e) {
    const int64_t h = 5, g = kEach * h;
    e.add(of({h, true, false, 0}), {{2, 3, h}, {2, 3, 4}, {g, 4}, {g, h}, {2, 3, h}, {1, 3, h}, {g}, {g}, {1, 3, h}}).range(-1, 1);
    e.add(of({h, true, true, 0}), {{3, 2, h}, {3, 2, 4}, {g, 4}, {g, h}, {3, 2, h}, {1, 3, h}, {g}, {g}}).range(-1, 1);
    e.add(of({h, false, false, 0}), {{2, 3, h}, {2, 3, 4}, {g, 4}, {g, h}, {2, 3, h}, {1, 3, h}}).range(-1, 1);
  }
};

template <bool gated>
struct RecurrentLayer : RecurrentFields {
  enum Out { kY, kHN };
  static constexpr int64_t kEach = kGatesOf<gated>;

  static Info info() {
    return {.name = gated ? "GRU" : "RNN",
            .group = "Layer",
            .title = gated ? "GRU" : "RNN",
            .about = gated ? "Reads a sequence step by step and remembers what matters, with less to train than an LSTM."
                           : "Reads a sequence step by step; the plainest layer that remembers.",
            .inputs = {{"x", "a sequence, (time, batch, features), or with batch_first (batch, time, features)"},
                       {"h_0", "what it begins with, (1, batch, hidden); zeros if left open"}},
            .outputs = {{"y", "its answer at each step, (..., hidden)"}, {"h_n", "the last answer, (1, batch, hidden)"}},
            .optionalInputs = 1};
  }
  static void fields(RecurrentLayer& op, FieldVisitor& f) { visit<gated>(op, f); }
  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(x.rank() == 3, Place::input(0), batch_first ? "a sequence, (batch, time, features)" : "a sequence, (time, batch, features)", x))
      return;
    s.require(x[2] != 0, Place::input(0), "at least one feature", x);
    if (!s.require(x[batch_first ? 1 : 0] != 0, Place::input(0), "at least one time step", x)) return;
    s.lint(batch_first || x[0] != kBatch, Place::input(0), "the time along the first axis", Message("the batch, {0}", x))
        .fix("set batch_first", {SetField{s.node(), "batch_first", true}});
    const Shape state = stateShape(x);
    if (s.has(1) && !s.require(mayEqual(s.in(1), state), Place::input(1), Message("a first state of {0}", state), s.in(1))) return;
    const Initial initial = Initial::uniform(1 / std::sqrt(double(hidden_size)));
    const int64_t gates = kEach * hidden_size;
    s.parameter("weight_ih_l0", {gates, x[2]}, initial);
    s.parameter("weight_hh_l0", {gates, hidden_size}, initial);
    if (bias) s.parameter("bias_ih_l0", {gates}, initial), s.parameter("bias_hh_l0", {gates}, initial);
    s.out(kY, {x[0], x[1], hidden_size}), s.out(kHN, state);
    if (x.isKnown()) s.flops(2 * double(x[0]) * double(x[1]) * double(gates) * double(x[2] + hidden_size));
  }

  template <class T, class Device>
  struct Bound {
    RecurrentSteps s;
    kernels::Product<T, Device> ofX, ofH;
    Bound(Device& device, const RecurrentSteps& steps, bool bias)
        : s(steps),
          ofX(device, {.m = s.rows(), .n = s.gates, .k = s.inputs, .transposeB = true, .bias = bias}),
          ofH(device, {.m = s.batch, .n = s.gates, .k = s.hidden, .transposeB = true, .bias = bias, .packed = true}) {}
    struct Room {
      kernels::Scratch scratch = kernels::Scratch();
      T *ofX, *ofH, *state;
      char *packed, *product;
    };
    Room room(void* memory) const {
      Room r;
      r.scratch = kernels::Scratch(memory);
      r.ofX = r.scratch.template take<T>(s.rows() * s.gates), r.ofH = r.scratch.template take<T>(s.batch * s.gates),
      r.state = r.scratch.template take<T>(s.batch * s.hidden);
      r.packed = r.scratch.template take<char>(ofH.packedBytes());
      r.product = r.scratch.template take<char>(std::max(ofX.scratchBytes(), ofH.scratchBytes()));
      return r;
    }
  };
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    const auto bound = std::make_shared<Bound<T, Device>>(device, RecurrentSteps(p.call.in(0).shape, hidden_size, kEach, batch_first), bias);
    p.scratchBytes = bound->room(nullptr).scratch.bytes;
    p.kept = bound;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto& bound = call.kept<Bound<T, Device>>();
    const RecurrentSteps& s = bound.s;
    const auto r = bound.room(call.scratch);
    T* const y = call.out<T>(kY);
    bound.ofX.run(device, call.in<T>(0), call.in<T>(2), bias ? call.in<T>(4) : nullptr, r.ofX, r.product);
    bound.ofH.pack(device, call.in<T>(3), r.packed);
    kernels::map(device, s.batch * s.hidden, RecurrentCopy<T>{call.has(1) ? call.in<T>(1) : nullptr, r.state});
    for (int64_t t = 0; t < s.times; ++t) {
      bound.ofH.run(device, r.state, reinterpret_cast<const T*>(r.packed), bias ? call.in<T>(5) : nullptr, r.ofH, r.product);
      if constexpr (gated) kernels::forEachRow(device, s.batch, s.hidden, GRURow<T>{r.ofX, r.ofH, r.state, y, t * s.byTime, s.bySample});
      else kernels::forEachRow(device, s.batch, s.hidden, RNNRow<T>{r.ofX, r.ofH, r.state, y, t * s.byTime, s.bySample, nonlinearity == 1});
    }
    kernels::map(device, s.batch * s.hidden, LastStates<T>{r.state, call.out<T>(kHN)});
  }
  void gradient(Backward& b) const {
    using Gradient = RecurrentGradient<gated>;
    const std::vector<Term> inputs = {
        b.gradient(kY), b.input(0), b.input(2), b.input(3), b.output(kY), b.gradient(kHN), bias ? b.input(4) : Term{}, bias ? b.input(5) : Term{},
        b.input(1)};
    const Term dx = b.add(Gradient::of(*this), inputs);
    b.give(0, dx);
    b.give(2, Backward::outputOf(dx, Gradient::kDWeightIh));
    b.give(3, Backward::outputOf(dx, Gradient::kDWeightHh));
    if (bias) b.give(4, Backward::outputOf(dx, Gradient::kDBiasIh)), b.give(5, Backward::outputOf(dx, Gradient::kDBiasHh));
    if (b.input(1)) b.give(1, Backward::outputOf(dx, Gradient::kDh0));
  }

  static RecurrentLayer of(const RecurrentFields& fields) {
    RecurrentLayer op;
    static_cast<RecurrentFields&>(op) = fields;
    return op;
  }
  static void examples(Examples<RecurrentLayer>& e) {
    const auto add = [&](const RecurrentFields& op, std::vector<Shape> inputs) -> Example& { return e.add(of(op), std::move(inputs)).range(-1, 1); };
    add({3, true, true, 0}, {{2, 4, 3}});
    add({3, true, false, 0}, {{4, 2, 3}});
    add({2, false, false, 0}, {{3, 2, 4}});
    add({4, true, true, 0}, {{2, 3, 5}, {1, 2, 4}});
    add({4, false, false, 0}, {{3, 2, 5}, {1, 2, 4}});
    if constexpr (!gated) add({3, true, false, 1}, {{4, 2, 3}});
    add({1, true, true, 0}, {{1, 1, 1}});
    add({3, true, true, 0}, {{0, 4, 3}});
    add({20, true, false, 0}, {{3, 97, 10}}).withoutGradient().within(1e-4);  // each of 97 steps takes the rounding of those before it further
  }
  static void mistakes(Mistakes<RecurrentLayer>& m) {
    m.add(of({3, true, true, 0}), {{4, 5}}, "needs a sequence, (batch, time, features), but got 4 × 5");
    m.add(of({3, true, true, 0}), {{4, 0, 5}}, "needs at least one time step, but got 4 × 0 × 5");
    m.add(of({3, true, true, 0}), {{4, 2, 0}}, "needs at least one feature, but got 4 × 2 × 0");
    m.add(of({3, true, true, 0}), {{4, 2, 5}, {1, 2, 3}}, "needs a first state of 1 × 4 × 3, but got 1 × 2 × 3");
  }
};

OpFile gru_file() { return ops<RecurrentLayer<true>, RecurrentGradient<true>, RecurrentLayer<false>, RecurrentGradient<false>>(); }

}  // namespace engine
