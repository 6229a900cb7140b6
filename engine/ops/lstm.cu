// Long short-term memory (Hochreiter and Schmidhuber 1997), as torch.nn.LSTM with one layer. For each time t, with the gates
// in PyTorch's order,
//   [i f g o] = x_t W_ih' + b_ih + h_{t-1} W_hh' + b_hh,  i, f, o through a sigmoid, g through tanh
//   c_t = f c_{t-1} + i g,  h_t = o tanh(c_t)
// Samples do not know each other, so that a slice of the batch goes through all times on one thread, without meeting the
// others: a product of [x_t h_{t-1}] with both weights, which are packed once for all times, and one pass for all that is done
// element by element, so that the sums never leave the cache. The gradient goes back in the same way; those of the weights and
// of the bias are one product over all times, of the gates' gradients with [x h 1].
#include <cmath>
#include <memory>

#include "engine/graph/op.h"
#include "kernels/gemm.h"
#include "kernels/map.h"
#include "kernels/math.h"
#include "kernels/rows.h"
#include "kernels/scratch.h"

namespace engine {

// Sizes, and where a sample's step lies: row `time * byTime + sample * bySample` of what has a row for each.
struct LSTMSteps {
  int64_t times, batch, inputs, hidden, byTime, bySample;
  LSTMSteps(const Shape& x, int64_t hiddenSize, bool batchFirst)
      : times(x[batchFirst ? 1 : 0]), batch(x[batchFirst ? 0 : 1]), inputs(x[2]), hidden(hiddenSize), byTime(batchFirst ? 1 : batch), bySample(batchFirst ? times : 1) {}
  int64_t rows() const { return times * batch; }
  int64_t gates() const { return 4 * hidden; }
};

// One step of the samples of a slice, a row each: from sums to gates, cells and answers.
template <class T>
struct LSTMRow {
  const T* sums;    // (samples of the slice, 4 hidden)
  const T* before;  // the cells before, strideBefore from one sample to the next
  T *gates, *cells, *y;  // (steps, 4 hidden), (steps, hidden) twice
  T* state;              // y once more, for the next product, strideState from one sample to the next
  int64_t firstRow, bySample, strideBefore, strideState;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t n = row.size, at = firstRow + row.index * bySample;
    T *to = gates + at * 4 * n, *toCell = cells + at * n, *toY = y + at * n, *toState = state + row.index * strideState;
    const T *all = sums + row.index * 4 * n, *old = before + row.index * strideBefore;
    row.each([=](int64_t j) {
      const T i = kernels::sigmoid(all[j]), f = kernels::sigmoid(all[n + j]);
      const T g = kernels::tanh(all[2 * n + j]), o = kernels::sigmoid(all[3 * n + j]);
      const T c = f * old[j] + i * g, h = o * kernels::tanh(c);
      to[j] = i, to[n + j] = f, to[2 * n + j] = g, to[3 * n + j] = o;
      toCell[j] = c, toY[j] = h, toState[j] = h;
    });
  }
};

// The same step backwards. `dstate` and `dcell` hold what comes from the step after it; dcell is brought to this one.
template <class T, bool kMore>
struct LSTMGradientRow {
  const T *gates, *cells, *dy;  // by step
  const T *dgatesToo, *dcellsToo;  // kMore: what arrives at the gates and the cells themselves
  const T *before, *stateBefore;  // cells and h of the step before, strides below from one sample to the next
  const T* dstate;                // (samples of the slice, hidden)
  T* dcell;                       // (samples of the slice, hidden)
  T *dgates, *toProduct;          // (steps, 4 hidden), and once more (samples of the slice, 4 hidden)
  T* hidden;                      // by step, strideHidden apart: h before it, for the gradient of the recurrent weight
  int64_t firstRow, bySample, strideBefore, strideState, strideHidden;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t n = row.size, at = firstRow + row.index * bySample;
    const T *all = gates + at * 4 * n, *cell = cells + at * n, *arrived = dy + at * n, *old = before + row.index * strideBefore;
    const T *h = stateBefore + row.index * strideState, *next = dstate + row.index * n;
    const T *gatesToo = kMore ? dgatesToo + at * 4 * n : nullptr, *cellsToo = kMore ? dcellsToo + at * n : nullptr;
    T *dc = dcell + row.index * n, *out = dgates + at * 4 * n, *again = toProduct + row.index * 4 * n, *keep = hidden + at * strideHidden;
    row.each([=](int64_t j) {
      const T i = all[j], f = all[n + j], g = all[2 * n + j], o = all[3 * n + j];
      const T dh = arrived[j] + next[j], t = kernels::tanh(cell[j]);
      T d = dc[j] + dh * o * (1 - t * t), toI = 0, toF = 0, toG = 0, toO = 0;
      if constexpr (kMore) {
        d += cellsToo[j];
        toI = gatesToo[j], toF = gatesToo[n + j], toG = gatesToo[2 * n + j], toO = gatesToo[3 * n + j];
      }
      const T byI = (d * g + toI) * i * (1 - i), byF = (d * old[j] + toF) * f * (1 - f), byG = (d * i + toG) * (1 - g * g), byO = (dh * t + toO) * o * (1 - o);
      dc[j] = d * f;
      out[j] = byI, out[n + j] = byF, out[2 * n + j] = byG, out[3 * n + j] = byO;
      again[j] = byI, again[n + j] = byF, again[2 * n + j] = byG, again[3 * n + j] = byO;
      keep[j] = h[j];
    });
  }
};

template <class T, class Device>
void fillZeros(Device& device, T* to, int64_t count) {
  kernels::map(device, count, [=] BOTH(int64_t i) { to[i] = 0; });
}
// A null `from` gives zeros.
template <class T, class Device>
void copyOrZeros(Device& device, const T* from, T* to, int64_t count) {
  if (from) kernels::map(device, count, [=] BOTH(int64_t i) { to[i] = from[i]; });
  else fillZeros(device, to, count);
}
// `rows` rows of `width` numbers, that lie `step` apart and then `stepTo`. A null `from` gives zeros.
template <class T, class Device>
void copyRows(Device& device, const T* from, int64_t step, T* to, int64_t stepTo, int64_t rows, int64_t width) {
  if (from) kernels::map(device, rows * width, [=] BOTH(int64_t i) { to[i / width * stepTo + i % width] = from[i / width * step + i % width]; });
  else kernels::map(device, rows * width, [=] BOTH(int64_t i) { to[i / width * stepTo + i % width] = 0; });
}

// Slices of the batch. Few: each reads the recurrent weight once a step.
struct LSTMSlices {
  int64_t batch;
  int number;
  int64_t begin(int slice) const { return batch * slice / number; }
  int64_t most() const { return (batch + number - 1) / number; }
};
inline LSTMSlices slicesOfBatch(const Cpu&, const LSTMSteps& s) {
  constexpr int64_t fewestSamples = 32, mostSlices = 16;
  return {s.batch, int(std::clamp<int64_t>(s.batch / fewestSamples, 1, mostSlices))};
}
template <class F>
void eachSlice(Cpu& cpu, const LSTMSlices& slices, const F& f) {
  kernels::forSlices(cpu, slices.number, [&](int slice) {
    Cpu alone;
    f(alone, slice);
  });
}
#ifdef KERNELS_CUDA
inline LSTMSlices slicesOfBatch(const Cuda&, const LSTMSteps& s) { return {s.batch, 1}; }
template <class F>
void eachSlice(Cuda& device, const LSTMSlices&, const F& f) {
  f(device, 0);
}
#endif

constexpr const char* kLSTMBatchFirstHelp = "Whether x is (batch, time, features); else (time, batch, features), as PyTorch has it by default.";

struct LSTMFields {
  int64_t hidden_size = 128;
  bool bias = true;
  bool batch_first = false;

  static void fields(LSTMFields& op, FieldVisitor& f) {
    f.integer("hidden_size", op.hidden_size, between(1, 1 << 24), "How many numbers it remembers, and answers with.");
    f.boolean("bias", op.bias, "Adds trained numbers to each gate.");
    f.boolean("batch_first", op.batch_first, kLSTMBatchFirstHelp);
  }
  Shape stateShape(const Shape& x) const { return {1, x[batch_first ? 0 : 1], hidden_size}; }
  Shape outputShape(const Shape& x) const { return {x[0], x[1], hidden_size}; }
  Shape stepsShape(const Shape& x, int64_t each) const { return {x[0], x[1], each * hidden_size}; }
};

// The recurrent products, one a slice of the batch, and what a slice needs while it runs.
template <class T, class Device>
struct Recurrent {
  LSTMSteps steps;
  LSTMSlices slices;
  std::vector<kernels::Product<T, Device>> products;  // of a weight that is packed once for all of them and all times
  int64_t productBytes = 0, packedBytes = 0;

  // Forward: sums (samples, 4 hidden) = [x h] [W_ih W_hh]' + bias; backward: dh (samples, hidden) = dgates W_hh.
  Recurrent(Device& device, const LSTMSteps& s, bool backward, bool bias = false) : steps(s), slices(slicesOfBatch(device, s)) {
    for (int i = 0; i < slices.number; ++i) {
      const int64_t samples = slices.begin(i + 1) - slices.begin(i);
      const kernels::ProductShape forward{.m = samples, .n = s.gates(), .k = s.inputs + s.hidden, .transposeB = true, .bias = bias, .packed = true};
      products.emplace_back(device, backward ? kernels::ProductShape{.m = samples, .n = s.hidden, .k = s.gates(), .packed = true} : forward);
      productBytes = std::max(productBytes, products.back().scratchBytes());
    }
    packedBytes = products.front().packedBytes();
  }

  struct Room {
    kernels::Scratch scratch = kernels::Scratch();
    T *state, *gates, *cell, *zeros;  // (samples, features and hidden), (samples, 4 hidden), (samples, hidden), (hidden)
    char* product;
  };
  Room room(void* memory, int slice) const {
    Room r;
    r.scratch = kernels::Scratch(memory ? static_cast<char*>(memory) + slice * bytesOfRoom() : nullptr);
    const int64_t numbers = slices.most() * steps.hidden;
    r.state = r.scratch.template take<T>(numbers + slices.most() * steps.inputs), r.gates = r.scratch.template take<T>(4 * numbers);
    r.cell = r.scratch.template take<T>(numbers), r.zeros = r.scratch.template take<T>(steps.hidden);
    r.product = r.scratch.template take<char>(productBytes);
    return r;
  }
  int64_t bytesOfRoom() const { return room(nullptr, 0).scratch.bytes; }
  int64_t scratchBytes() const { return slices.number * bytesOfRoom(); }
};

struct LSTMGradient : LSTMFields {
  bool of_input = true;

  enum In { kDy, kX, kWeightIh, kWeightHh, kY, kGates, kCells, kDhN, kDcN, kH0, kC0, kDGates, kDCells };
  enum Out { kDx, kDWeightIh, kDWeightHh, kDBias, kDh0, kDc0 };

  static Info info() {
    return {.name = "LSTMGradient",
            .group = "",
            .title = "Gradient of LSTM",
            .about = "By its input, its weights, its biases (one for both) and its first state.",
            .inputs = {{"dy", "as y"}, {"x", "as the LSTM's"}, {"weight_ih", "(4 hidden, features)"}, {"weight_hh", "(4 hidden, hidden)"},
                       {"y", "what it answered"}, {"gates", "its gates"}, {"cells", "its cells"}, {"dh_n", "(1, batch, hidden)"},
                       {"dc_n", "(1, batch, hidden)"}, {"h_0", "(1, batch, hidden)"}, {"c_0", "(1, batch, hidden)"}, {"dgates", "as gates"}, {"dcells", "as cells"}},
            .outputs = {{"dx", "as x"}, {"dweight_ih", "as the weight"}, {"dweight_hh", "as the weight"}, {"dbias", "(4 hidden)"},
                        {"dh_0", "(1, batch, hidden)"}, {"dc_0", "(1, batch, hidden)"}},
            .optionalInputs = 4};
  }
  static void fields(LSTMGradient& op, FieldVisitor& f) {
    LSTMFields::fields(op, f);
    f.boolean("of_input", op.of_input, "Whether the gradient of the input is wanted; it is empty if not.");
  }
  void infer(Shapes& s) const {
    const Shape& x = s.in(kX);
    if (!s.require(x.rank() == 3, Place::input(kX), "x of three axes", x)) return;
    s.out(kDx, of_input ? x : Shape{0});
    s.out(kDWeightIh, {4 * hidden_size, x[2]});
    s.out(kDWeightHh, {4 * hidden_size, hidden_size});
    s.out(kDBias, {4 * hidden_size});
    s.out(kDh0, stateShape(x));
    s.out(kDc0, stateShape(x));
  }

  template <class T, class Device>
  struct Bound {
    LSTMSteps steps;
    Recurrent<T, Device> recurrent;
    kernels::Product<T, Device> toX, toWeights;
    Bound(Device& device, const LSTMSteps& s)
        : steps(s),
          recurrent(device, s, true),
          toX(device, {.m = s.rows(), .n = s.inputs, .k = s.gates()}),
          toWeights(device, {.m = s.gates(), .n = s.inputs + s.hidden + 1, .k = s.rows(), .transposeA = true}) {}

    struct Room {
      kernels::Scratch scratch = kernels::Scratch();
      T *dgates, *seen, *dweights;  // (steps, 4 hidden), [x h 1] of (steps, features + hidden + 1), (4 hidden, as seen)
      char *packed, *slices, *product;
    };
    Room room(void* memory) const {
      Room r;
      r.scratch = kernels::Scratch(memory);
      r.dgates = r.scratch.template take<T>(steps.rows() * steps.gates());
      r.seen = r.scratch.template take<T>(steps.rows() * (steps.inputs + steps.hidden + 1));
      r.dweights = r.scratch.template take<T>(steps.gates() * (steps.inputs + steps.hidden + 1));
      r.packed = r.scratch.template take<char>(recurrent.packedBytes);
      r.slices = r.scratch.template take<char>(recurrent.scratchBytes());
      r.product = r.scratch.template take<char>(std::max(toX.scratchBytes(), toWeights.scratchBytes()));
      return r;
    }
  };

  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    const auto bound = std::make_shared<Bound<T, Device>>(device, LSTMSteps(p.call.in(kX).shape, hidden_size, batch_first));
    p.scratchBytes = bound->room(nullptr).scratch.bytes;
    p.kept = bound;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto& bound = call.kept<Bound<T, Device>>();
    const LSTMSteps& s = bound.steps;
    const auto all = bound.room(call.scratch);
    const T *dy = call.in<T>(kDy), *y = call.in<T>(kY), *gates = call.in<T>(kGates), *cells = call.in<T>(kCells);
    const T *h0 = call.has(kH0) ? call.in<T>(kH0) : nullptr, *c0 = call.has(kC0) ? call.in<T>(kC0) : nullptr;
    const int64_t wide = s.inputs + s.hidden + 1;
    const T *dgatesToo = call.has(kDGates) ? call.in<T>(kDGates) : nullptr, *dcellsToo = dgatesToo ? call.in<T>(kDCells) : nullptr;
    bound.recurrent.products.front().pack(device, call.in<T>(kWeightHh), all.packed);
    const T* weight = reinterpret_cast<const T*>(all.packed);
    eachSlice(device, bound.recurrent.slices, [&](Device& on, int slice) {
      const auto room = bound.recurrent.room(all.slices, slice);
      const int64_t first = bound.recurrent.slices.begin(slice), samples = bound.recurrent.slices.begin(slice + 1) - first;
      const int64_t numbers = samples * s.hidden, from = first * s.hidden;
      copyOrZeros(on, call.in<T>(kDhN) + from, room.state, numbers);
      copyOrZeros(on, call.in<T>(kDcN) + from, room.cell, numbers);
      fillZeros(on, room.zeros, s.hidden);
      for (int64_t t = s.times - 1; t >= 0; --t) {
        const int64_t firstRow = t * s.byTime + first * s.bySample, rowBefore = firstRow - s.byTime;
        const T *before = t ? cells + rowBefore * s.hidden : c0 ? c0 + from : room.zeros;
        const T *stateBefore = t ? y + rowBefore * s.hidden : h0 ? h0 + from : room.zeros;
        const int64_t step = s.bySample * s.hidden;
        const auto goBack = [&]<bool kMore>() {
          kernels::forEachRow(on, samples, s.hidden,
                              LSTMGradientRow<T, kMore>{gates, cells, dy, dgatesToo, dcellsToo, before, stateBefore, room.state, room.cell, all.dgates, room.gates,
                                                         all.seen + s.inputs, firstRow, s.bySample, t ? step : c0 ? s.hidden : 0, t ? step : h0 ? s.hidden : 0, wide});
        };
        if (dgatesToo) goBack.template operator()<true>();
        else goBack.template operator()<false>();
        bound.recurrent.products[size_t(slice)].run(on, room.gates, weight, nullptr, room.state, room.product);
      }
      copyOrZeros(on, static_cast<const T*>(room.state), call.out<T>(kDh0) + from, numbers);
      copyOrZeros(on, static_cast<const T*>(room.cell), call.out<T>(kDc0) + from, numbers);
    });
    const T* dgates = all.dgates;
    if (of_input) bound.toX.run(device, dgates, call.in<T>(kWeightIh), nullptr, call.out<T>(kDx), all.product);
    T* seen = all.seen;
    copyRows(device, call.in<T>(kX), s.inputs, seen, wide, s.rows(), s.inputs);
    kernels::map(device, s.rows(), [=] BOTH(int64_t i) { seen[i * wide + wide - 1] = 1; });
    bound.toWeights.run(device, dgates, static_cast<const T*>(seen), nullptr, all.dweights, all.product);
    const T* dweights = all.dweights;
    copyRows(device, dweights, wide, call.out<T>(kDWeightIh), s.inputs, s.gates(), s.inputs);
    copyRows(device, dweights + s.inputs, wide, call.out<T>(kDWeightHh), s.hidden, s.gates(), s.hidden);
    copyRows(device, dweights + s.inputs + s.hidden, wide, call.out<T>(kDBias), 1, s.gates(), 1);
  }
  static LSTMGradient of(const LSTMFields& fields, bool ofInput = true) {
    LSTMGradient op;
    static_cast<LSTMFields&>(op) = fields;
    op.of_input = ofInput;
    return op;
  }
  static void examples(Examples<LSTMGradient>& e) {
    const Shape x = {2, 3, 4}, y = {2, 3, 5}, state = {1, 3, 5};
    e.add(of({5, true, false}), {y, x, {20, 4}, {20, 5}, y, {2, 3, 20}, y, state, state, state, state}).range(-1, 1);
    e.add(of({5, true, false}, false), {y, x, {20, 4}, {20, 5}, y, {2, 3, 20}, y, state, state, state, state}).range(-1, 1);
    e.add(of({5, true, false}), {y, x, {20, 4}, {20, 5}, y, {2, 3, 20}, y, state, state}).range(-1, 1);  // it began with zeros
  }
};

struct LSTM : LSTMFields {
  enum In { kX, kH0, kC0, kWeightIh, kWeightHh, kBiasIh, kBiasHh };
  enum Out { kY, kHN, kCN, kGates, kCells };

  static Info info() {
    return {.name = "LSTM",
            .group = "Layer",
            .title = "LSTM",
            .about = "Reads a sequence step by step and remembers what matters for later steps.",
            .inputs = {{"x", "a sequence, (time, batch, features), or with batch_first (batch, time, features)"},
                       {"h_0", "what it begins with, (1, batch, hidden); zeros if left open"},
                       {"c_0", "the cells it begins with, (1, batch, hidden); zeros if left open"}},
            .outputs = {{"y", "its answer at each step, (..., hidden)"},
                        {"h_n", "the last answer, (1, batch, hidden)"},
                        {"c_n", "the last cells, (1, batch, hidden)"},
                        {"gates", "i, f, g and o of each step, (..., 4 hidden), which the gradient reads"},
                        {"cells", "the cells of each step, (..., hidden), which the gradient reads"}},
            .optionalInputs = 2};
  }

  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(x.rank() == 3, Place::input(0), batch_first ? "a sequence, (batch, time, features)" : "a sequence, (time, batch, features)", x)) return;
    s.require(x[2] != 0, Place::input(0), "at least one feature", x);
    if (!s.require(x[batch_first ? 1 : 0] != 0, Place::input(0), "at least one time step", x)) return;
    s.lint(batch_first || x[0] != kBatch, Place::input(0), "the time along the first axis", Message("the batch, {0}", x))
        .fix("set batch_first", {SetField{s.node(), "batch_first", true}});
    const Shape state = stateShape(x);
    for (int i = 1; i < 3; ++i)
      if (s.has(i) && !s.require(mayEqual(s.in(i), state), Place::input(i), Message("a first state of {0}", state), s.in(i))) return;
    const Initial initial = Initial::uniform(1 / std::sqrt(double(hidden_size)));
    const int64_t gates = 4 * hidden_size;
    s.parameter("weight_ih_l0", {gates, x[2]}, initial);
    s.parameter("weight_hh_l0", {gates, hidden_size}, initial);
    if (bias) s.parameter("bias_ih_l0", {gates}, initial), s.parameter("bias_hh_l0", {gates}, initial);
    s.out(kY, outputShape(x)), s.out(kHN, state), s.out(kCN, state);
    s.out(kGates, stepsShape(x, 4)), s.out(kCells, stepsShape(x, 1));
    if (x.isKnown()) s.flops(2 * double(x[0]) * double(x[1]) * double(gates) * double(x[2] + hidden_size));
  }

  template <class T, class Device>
  struct Bound {
    LSTMSteps steps;
    Recurrent<T, Device> recurrent;
    Bound(Device& device, const LSTMSteps& s, bool bias) : steps(s), recurrent(device, s, false, bias) {}

    struct Room {
      kernels::Scratch scratch = kernels::Scratch();
      T *bias, *weights;  // (4 hidden), both together; (4 hidden, features + hidden), side by side
      char *packed, *slices;
    };
    Room room(void* memory) const {
      Room r;
      r.scratch = kernels::Scratch(memory);
      r.bias = r.scratch.template take<T>(steps.gates());
      r.weights = r.scratch.template take<T>(steps.gates() * (steps.inputs + steps.hidden));
      r.packed = r.scratch.template take<char>(recurrent.packedBytes);
      r.slices = r.scratch.template take<char>(recurrent.scratchBytes());
      return r;
    }
  };

  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    const auto bound = std::make_shared<Bound<T, Device>>(device, LSTMSteps(p.call.in(0).shape, hidden_size, batch_first), bias);
    p.scratchBytes = bound->room(nullptr).scratch.bytes;
    p.kept = bound;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto& bound = call.kept<Bound<T, Device>>();
    const LSTMSteps& s = bound.steps;
    const auto all = bound.room(call.scratch);
    T *y = call.out<T>(kY), *gates = call.out<T>(kGates), *cells = call.out<T>(kCells);
    if (bias) {
      const T *ofX = call.in<T>(kBiasIh), *ofH = call.in<T>(kBiasHh);
      T* both = all.bias;
      kernels::map(device, s.gates(), [=] BOTH(int64_t i) { both[i] = ofX[i] + ofH[i]; });
    }
    const int64_t wide = s.inputs + s.hidden;
    copyRows(device, call.in<T>(kWeightIh), s.inputs, all.weights, wide, s.gates(), s.inputs);
    copyRows(device, call.in<T>(kWeightHh), s.hidden, all.weights + s.inputs, wide, s.gates(), s.hidden);
    bound.recurrent.products.front().pack(device, static_cast<const T*>(all.weights), all.packed);
    const T *weight = reinterpret_cast<const T*>(all.packed), *added = all.bias, *x = call.in<T>(kX);
    eachSlice(device, bound.recurrent.slices, [&](Device& on, int slice) {
      const auto room = bound.recurrent.room(all.slices, slice);
      const int64_t first = bound.recurrent.slices.begin(slice), samples = bound.recurrent.slices.begin(slice + 1) - first;
      const int64_t from = first * s.hidden;
      const T *h0 = call.has(kH0) ? call.in<T>(kH0) + from : nullptr, *c0 = call.has(kC0) ? call.in<T>(kC0) + from : nullptr;
      T* const h = room.state + s.inputs;
      fillZeros(on, room.zeros, s.hidden);
      copyRows(on, h0, s.hidden, h, wide, samples, s.hidden);
      for (int64_t t = 0; t < s.times; ++t) {
        const int64_t firstRow = t * s.byTime + first * s.bySample;
        copyRows(on, x + firstRow * s.inputs, s.bySample * s.inputs, room.state, wide, samples, s.inputs);
        bound.recurrent.products[size_t(slice)].run(on, static_cast<const T*>(room.state), weight, added, room.gates, room.product);
        const T* before = t ? cells + (firstRow - s.byTime) * s.hidden : c0 ? c0 : room.zeros;
        kernels::forEachRow(on, samples, s.hidden,
                            LSTMRow<T>{room.gates, before, gates, cells, y, h, firstRow, s.bySample, t ? s.bySample * s.hidden : c0 ? s.hidden : 0, wide});
      }
      copyRows(on, static_cast<const T*>(h), wide, call.out<T>(kHN) + from, s.hidden, samples, s.hidden);
      copyRows(on, static_cast<const T*>(cells) + ((s.times - 1) * s.byTime + first * s.bySample) * s.hidden, s.bySample * s.hidden, call.out<T>(kCN) + from, s.hidden, samples, s.hidden);
    });
  }
  void gradient(Backward& b) const {
    std::vector<Term> inputs = {b.gradient(kY), b.input(kX), b.input(kWeightIh), b.input(kWeightHh), b.output(kY), b.output(kGates), b.output(kCells), b.gradient(kHN), b.gradient(kCN)};
    for (int i : {kH0, kC0}) inputs.push_back(b.input(i));
    if (b.has(kGates) || b.has(kCells)) inputs.push_back(b.gradient(kGates)), inputs.push_back(b.gradient(kCells));
    const Term dx = b.add(LSTMGradient::of(*this, b.wants(kX)), inputs);
    if (b.wants(kX)) b.give(kX, dx);
    b.give(kWeightIh, Backward::outputOf(dx, LSTMGradient::kDWeightIh));
    b.give(kWeightHh, Backward::outputOf(dx, LSTMGradient::kDWeightHh));
    if (bias)
      for (int i : {kBiasIh, kBiasHh}) b.give(i, Backward::outputOf(dx, LSTMGradient::kDBias));
    if (b.input(kH0)) b.give(kH0, Backward::outputOf(dx, LSTMGradient::kDh0));
    if (b.input(kC0)) b.give(kC0, Backward::outputOf(dx, LSTMGradient::kDc0));
  }

  static LSTM of(int64_t hidden, bool batchFirst, bool withBias = true) {
    LSTM op;
    op.hidden_size = hidden, op.batch_first = batchFirst, op.bias = withBias;
    return op;
  }
  static void examples(Examples<LSTM>& e) {
    const auto add = [&](const LSTM& op, std::vector<Shape> inputs) -> Example& { return e.add(op, std::move(inputs)).range(-1, 1); };
    add(of(3, true), {{2, 4, 3}});
    add(of(3, false), {{4, 2, 3}});
    add(of(2, false, false), {{3, 2, 4}});
    add(of(4, true), {{2, 3, 5}, {1, 2, 4}, {1, 2, 4}});
    add(of(4, false), {{3, 2, 5}, {1, 2, 4}, {1, 2, 4}});
    add(of(4, true), {{2, 3, 5}, {1, 2, 4}});  // only h_0
    add(of(1, true), {{1, 1, 1}});
    add(of(3, true), {{0, 4, 3}});
    add(of(5, true), {{70, 3, 6}});  // several slices of the batch, of different sizes
    add(of(20, false), {{3, 97, 10}}).withoutGradient();
  }
  static void mistakes(Mistakes<LSTM>& m) {
    m.add(of(3, true), {{4, 5}}, "needs a sequence, (batch, time, features), but got 4 × 5");
    m.add(of(3, false), {{4, 5}}, "needs a sequence, (time, batch, features), but got 4 × 5");
    m.add(of(3, true), {{4, 0, 5}}, "needs at least one time step, but got 4 × 0 × 5");
    m.add(of(3, true), {{4, 2, 0}}, "needs at least one feature, but got 4 × 2 × 0");
    m.add(of(3, true), {{4, 2, 5}, {1, 2, 3}}, "needs a first state of 1 × 4 × 3, but got 1 × 2 × 3");
    m.add(of(3, false), {{kBatch, 28, 28}}, "needs the time along the first axis, but got the batch, N × 28 × 28; set batch_first");
  }
};

OpFile lstm_file() { return ops<LSTM, LSTMGradient>(); }

}  // namespace engine
