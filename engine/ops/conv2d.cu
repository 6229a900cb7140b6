// Two-dimensional convolution, as PyTorch has it (cross-correlation):
// y[n, o, h, w] = bias[o] + sum over c, i, j of weight[o, c, i, j] * x[n, c, h * stride + i * dilation - padding, ...]
#include "engine/ops/conv2d.h"

namespace engine {

// The gradient of the pictures that came in: (gradient of y, weight) -> (input_shape).
struct Conv2dInputGradient {
  Conv2d conv = {};
  std::vector<int64_t> input_shape = {1, 1, 3, 3};

  static Info info() {
    return {.name = "Conv2dInputGradient",
            .group = "",
            .title = "Gradient of a convolution's input",
            .about = "The gradient of the pictures that a convolution saw.",
            .inputs = {{"dy", "gradient of the output"}, {"weight", "patterns"}},
            .outputs = {{"dx", "gradient of the input"}}};
  }
  static void fields(Conv2dInputGradient& op, FieldVisitor& f) {
    Conv2d::fields(op.conv, f);
    f.integers("input_shape", op.input_shape, atLeast(0), {4, 4}, "Sizes of the input.");
  }
  Shape inputShape() const { return Shape(std::span<const int64_t>(input_shape)); }
  void infer(Shapes& s) const {
    s.out(0, inputShape());
    s.flops(2.0 * double(s.in(0).elements()) * double(s.in(1).elements(1, 4)));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    auto convolution = std::make_shared<kernels::ConvolutionBackwardData<T, Device>>(device, conv.shape(inputShape()));
    p.scratchBytes = convolution->scratchBytes();
    p.kept = std::move(convolution);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    call.kept<kernels::ConvolutionBackwardData<T, Device>>().run(device, call.in<T>(0), call.in<T>(1), nullptr, call.out<T>(0), call.scratch);
  }
  void gradient(Backward& b) const;
  InChannelsLast channelsLast() const;

  static void examples(Examples<Conv2dInputGradient>& e) {
    e.add({.conv = {.out_channels = 3, .stride = {2, 2}, .padding = {1, 1}}, .input_shape = {2, 2, 6, 5}}, {{2, 3, 3, 3}, {3, 2, 3, 3}});
    e.add({.conv = {.out_channels = 2, .kernel_size = {2, 2}, .groups = 2}, .input_shape = {1, 2, 4, 4}}, {{1, 2, 3, 3}, {2, 1, 2, 2}});
  }
};

// The gradient of the weights: (x, gradient of y) -> (out_channels, channels / groups, height, width).
struct Conv2dWeightGradient {
  Conv2d conv = {};

  static Info info() {
    return {.name = "Conv2dWeightGradient",
            .group = "",
            .title = "Gradient of a convolution's weight",
            .about = "The gradient of the patterns of a convolution.",
            .inputs = {{"x", "pictures"}, {"dy", "gradient of the output"}},
            .outputs = {{"dweight", "gradient of the patterns"}}};
  }
  static void fields(Conv2dWeightGradient& op, FieldVisitor& f) { Conv2d::fields(op.conv, f); }
  void infer(Shapes& s) const {
    const int64_t channels = s.in(0)[1] / conv.groups;
    s.out(0, {conv.out_channels, channels, conv.kernel_size.height, conv.kernel_size.width});
    const Shape pattern{channels, conv.kernel_size.height, conv.kernel_size.width};
    s.flops(2.0 * double(s.in(1).elements()) * double(pattern.elements()));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    auto convolution = std::make_shared<kernels::ConvolutionBackwardWeights<T, Device>>(device, conv.shape(p.call.in(0).shape));
    p.scratchBytes = convolution->scratchBytes();
    p.kept = std::move(convolution);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    call.kept<kernels::ConvolutionBackwardWeights<T, Device>>().run(device, call.in<T>(0), call.in<T>(1), call.out<T>(0), call.scratch);
  }
  void gradient(Backward& b) const;
  InChannelsLast channelsLast() const;

  static void examples(Examples<Conv2dWeightGradient>& e) {
    e.add({.conv = {.out_channels = 3, .stride = {2, 2}, .padding = {1, 1}}}, {{2, 2, 6, 5}, {2, 3, 3, 3}});
    e.add({.conv = {.out_channels = 2, .kernel_size = {2, 2}, .groups = 2}}, {{1, 2, 4, 4}, {1, 2, 3, 3}});
    e.add({.conv = {.out_channels = 4}}, {{9, 3, 6, 6}, {9, 4, 4, 4}});
  }
};

namespace {
// A convolution without a bias, whose weight is a value like another.
Term convolve(Backward& b, Conv2d conv, Term x, Term weight) {
  conv.bias = false;
  return b.add(conv, {x, weight});
}
std::vector<int64_t> listOf(const Shape& shape) { return {shape.begin(), shape.end()}; }
}  // namespace

// All three are linear in both operands, so each one's gradients are the other two.
void Conv2d::gradient(Backward& b) const {
  const Term dy = b.gradient(0), x = b.input(0), weight = b.input(1);
  if (b.wants(0)) b.give(0, b.add(Conv2dInputGradient{*this, listOf(x.shape())}, {dy, weight}));
  if (b.wants(1)) b.give(1, b.add(Conv2dWeightGradient{*this}, {x, dy}));
  if (bias && b.wants(2)) b.give(2, sumOver(dy, {0, 2, 3}, false));
}
void Conv2dInputGradient::gradient(Backward& b) const {
  const Term g = b.gradient(0), dy = b.input(0), weight = b.input(1);
  if (b.wants(0)) b.give(0, convolve(b, conv, g, weight));
  if (b.wants(1)) b.give(1, b.add(Conv2dWeightGradient{conv}, {g, dy}));
}
void Conv2dWeightGradient::gradient(Backward& b) const {
  const Term g = b.gradient(0), x = b.input(0), dy = b.input(1);
  if (b.wants(0)) b.give(0, b.add(Conv2dInputGradient{conv, listOf(x.shape())}, {dy, g}));
  if (b.wants(1)) b.give(1, convolve(b, conv, x, g));
}

namespace {
Op inChannelsLast(std::string_view name, const Op& op) { return Op::with(name, op.fields()); }
}  // namespace

InChannelsLast Conv2d::channelsLast() const { return {inChannelsLast("Conv2dChannelsLast", *this), {0}, {0}, true}; }
InChannelsLast Conv2dInputGradient::channelsLast() const {
  const std::vector<int64_t>& x = input_shape;
  Op last = inChannelsLast("Conv2dInputGradientChannelsLast", *this);
  return {*last.set("input_shape", std::vector<int64_t>{x[0], x[2], x[3], x[1]}), {0}, {0}, true};
}
InChannelsLast Conv2dWeightGradient::channelsLast() const {
  return {inChannelsLast("Conv2dWeightGradientChannelsLast", *this), {0, 1}, {}, true};
}

OpFile conv2d_file() { return ops<Conv2d, Conv2dInputGradient, Conv2dWeightGradient>(); }

}  // namespace engine
