// Every output a weighted sum of all inputs, over the last axis: y = x W' + bias
#include "engine/graph/op.h"
#include "kernels/gemm.h"

namespace engine {

struct LinearReLU;

struct Linear {
  int64_t outFeatures = 128;
  bool bias = true;

  static Info info() {
    return {.name = "Linear",
            .group = "Layer",
            .title = "Linear",
            .about = "Every output is a weighted sum of all inputs.",
            .inputs = {{"x", "features, (..., in_features)"}},
            .outputs = {{"y", "(..., out_features)"}}};
  }
  static void fields(Linear& op, FieldVisitor& f) {
    f.integer("out_features", op.outFeatures, atLeast(1), "How many outputs.");
    f.boolean("bias", op.bias, "Adds a trained number to each output.");
  }

  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(x.rank() > 0, Place::input(0), "features along the last axis", x)) return;
    const int64_t in = x[-1];
    if (!s.require(in != 0, Place::input(0), "at least one feature along the last axis", x)) return;
    constexpr int picture = 4;  // axes: (batch, channels, height, width)
    s.lint(x.rank() != picture, Place::input(0), "features (batch, features), since it acts on the last axis only",
           Message("a picture, {0}", x))
        .fix("put a Flatten before it", {InsertBefore{s.node(), 0, "Flatten"}});
    s.parameter("weight", {outFeatures, in}, Initial::uniformByFanIn(in));
    if (bias) s.parameter("bias", {outFeatures}, Initial::uniformByFanIn(in));
    Shape y = x;
    y[-1] = outFeatures;
    s.out(0, y);
    if (x.isKnown()) s.flops(2 * double(x.elements()) * double(outFeatures));
  }

  template <class T, class Device>
  void prepare(Device& device, Preparation& p, bool relu = false) const {
    const Tensor& x = p.call.in(0);
    // Few rows do not pay for packing a weight in each run; many do not feel it.
    constexpr int64_t mostRows = 128, fewestOutputs = 8, fewestWeights = 2048;
    kernels::ProductShape shape{.m = x.rows(), .n = outFeatures, .k = x.columns(), .transposeB = true, .bias = bias, .relu = relu};
    if constexpr (std::is_same_v<T, float> && std::is_same_v<Device, Cpu>)
      shape.packed = p.standing(1) && shape.m > 0 && shape.m <= mostRows && shape.n >= fewestOutputs && shape.n * shape.k >= fewestWeights;
    const auto product = std::make_shared<kernels::Product<T, Device>>(device, shape);
    p.scratchBytes = product->scratchBytes();
    if constexpr (std::is_same_v<Device, Cpu>)
      if (shape.packed) p.onceBytes = product->packedBytes();
    p.kept = product;
  }
  template <class T, class Device>
    requires std::is_same_v<Device, Cpu>
  void once(Device& device, const Call& call) const {
    call.kept<kernels::Product<T, Device>>().pack(device, call.in<T>(1), call.once);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const T* weight = call.once ? static_cast<const T*>(call.once) : call.in<T>(1);  // (out_features, in_features)
    const T* added = bias ? call.in<T>(2) : static_cast<const T*>(nullptr);            // (out_features)
    call.kept<kernels::Product<T, Device>>().run(device, call.in<T>(0), weight, added, call.out<T>(0), call.scratch);
  }

  // dx = dy W, dW = dy' x and dbias = the sum of dy's rows, of x and dy as matrices
  void gradient(Backward& b) const {
    const Shape shape = b.input(0).shape();
    const int64_t rows = shape.elements(0, shape.rank() - 1);
    const Term x = reshapeTo(b.input(0), {rows, shape[-1]}), dy = reshapeTo(b.gradient(0), {rows, outFeatures});
    b.give(0, reshapeTo(b.add(Op::with("BatchedProduct"), {dy, b.input(1)}), shape));
    b.give(1, b.add(Op::with("BatchedProduct", {{"transpose_a", true}}), {dy, x}));
    if (bias) b.give(2, sumOver(dy, {0}, false));
  }

  std::optional<Op> withRelu() const;

  static void examples(Examples<Linear>& e) {
    e.add({.outFeatures = 4}, {{2, 3}});
    e.add({.outFeatures = 4, .bias = false}, {{2, 3}});
    e.add({.outFeatures = 3}, {{5}});
    e.add({.outFeatures = 2}, {{2, 3, 4}});
    e.add({.outFeatures = 2}, {{2, 3, 2, 4}});
    e.add({.outFeatures = 1}, {{1, 1}});
    e.add({.outFeatures = 3}, {{0, 4}});
    e.add({}, {{130, 70}}).withoutGradient();
  }
  static void mistakes(Mistakes<Linear>& m) {
    m.add({}, {{}}, "needs features along the last axis, but got a single number");
    m.add({}, {{2, 0}}, "needs at least one feature along the last axis, but got 2 × 0");
    m.add({}, {{kBatch, 1, 28, 28}},
          "needs features (batch, features), since it acts on the last axis only, but got a picture, N × 1 × 28 × 28; "
          "put a Flatten before it");
  }
};

// In plans only: with the ReLU after it.
struct LinearReLU {
  Linear linear = {};

  static Info info() {
    return {.name = "LinearReLU",
            .group = "",
            .title = "Linear and ReLU",
            .about = "Weighted sums of all inputs, and 0 for those below 0.",
            .inputs = {{"x", "features, (..., in_features)"}, {"weight", "(out_features, in_features)"}, {"bias", "(out_features)"}},
            .outputs = {{"y", "(..., out_features)"}},
            .optionalInputs = 1};
  }
  static void fields(LinearReLU& op, FieldVisitor& f) { Linear::fields(op.linear, f); }
  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(x.rank() > 0, Place::input(0), "features along the last axis", x)) return;
    Shape y = x;
    y[-1] = linear.outFeatures;
    s.out(0, y);
    if (x.isKnown()) s.flops(2 * double(x.elements()) * double(linear.outFeatures));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    linear.prepare<T>(device, p, true);
  }
  template <class T, class Device>
    requires std::is_same_v<Device, Cpu>
  void once(Device& device, const Call& call) const {
    linear.once<T>(device, call);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    linear.run<T>(device, call);
  }
  static void examples(Examples<LinearReLU>& e) {
    e.add({{.outFeatures = 4}}, {{2, 3}, {4, 3}, {4}}).withoutGradient();
    e.add({{.outFeatures = 40, .bias = false}}, {{30, 20}, {40, 20}}).withoutGradient();
    e.add({{.outFeatures = 5}}, {{2, 3, 4}, {5, 4}, {5}}).withoutGradient();
  }
};

#ifndef NETWRIGHT_KERNELS_ONLY
std::optional<Op> Linear::withRelu() const { return Op(LinearReLU{*this}); }
#endif

OpFile linear_file() { return ops<Linear, LinearReLU>(); }

}  // namespace engine
