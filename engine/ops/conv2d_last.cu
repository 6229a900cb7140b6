// Conv2d and its gradients on pictures whose channels lie innermost, (batch, height, width, channels): what the layout pass
// puts in the place of conv2d.cu's. Weights and fields are the same.
#include "engine/ops/conv2d.h"
#include "engine/ops/pictures.h"

namespace engine {

namespace {
kernels::ConvolutionShape shapeOf(const Conv2d& conv, const Shape& x, bool relu = false) {
  kernels::ConvolutionShape s = conv.shape(canonicalShape(x));
  s.layout = kernels::Layout::channelsLast;
  s.relu = relu;
  return s;
}
}  // namespace

struct Conv2dChannelsLast {
  Conv2d conv = {};
  bool relu = false;

  static Info info() {
    return {.name = "Conv2dChannelsLast",
            .group = "",
            .title = "Convolution 2d, channels last",
            .about = "A convolution of pictures (batch, height, width, channels).",
            .inputs = {{"x", "pictures, (batch, height, width, channels)"}, {"weight", "patterns"}, {"bias", "(out_channels)"}},
            .outputs = {{"y", "(batch, height, width, out_channels)"}},
            .optionalInputs = 1};
  }
  static void fields(Conv2dChannelsLast& op, FieldVisitor& f) {
    Conv2d::fields(op.conv, f);
    f.boolean("relu", op.relu, "Sets what is below 0 to 0.");
  }
  void infer(Shapes& s) const {
    const kernels::ConvolutionShape c = shapeOf(conv, s.in(0));
    const Shape y{c.batch, c.outHeight(), c.outWidth(), c.outChannels};
    s.out(0, y);
    s.flops(2.0 * double(y.elements()) * double(s.in(1).elements(1, 4)));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    kernels::ConvolutionShape s = shapeOf(conv, p.call.in(0).shape, relu);
    s.prepared = p.standing(1);
    auto convolution = std::make_shared<kernels::ConvolutionForward<T, Device>>(device, s);
    p.scratchBytes = convolution->scratchBytes();
    if constexpr (std::is_same_v<Device, Cpu>) p.onceBytes = convolution->preparedBytes();
    p.kept = std::move(convolution);
  }
  template <class T, class Device>
    requires std::is_same_v<Device, Cpu>
  void once(Device& device, const Call& call) const {
    call.kept<kernels::ConvolutionForward<T, Device>>().prepare(device, call.in<T>(1), call.once);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const T* weight = call.once ? static_cast<const T*>(call.once) : call.in<T>(1);
    call.kept<kernels::ConvolutionForward<T, Device>>().run(device, call.in<T>(0), weight, conv.bias ? call.in<T>(2) : nullptr,
                                                            call.out<T>(0), call.scratch);
  }
  std::optional<Op> withRelu() const {
    if (relu) return {};
    Conv2dChannelsLast same = *this;
    same.relu = true;
    return Op(same);
  }

  static void examples(Examples<Conv2dChannelsLast>& e) {
    e.add({.conv = {.out_channels = 3}}, {{2, 5, 6, 2}, {3, 2, 3, 3}, {3}}).withoutGradient();
    e.add({.conv = {.out_channels = 4, .kernel_size = {3, 2}, .stride = {2, 1}, .padding = {1, 2}, .bias = false}, .relu = true},
          {{2, 7, 6, 3}, {4, 3, 3, 2}})
        .withoutGradient();
    e.add({.conv = {.out_channels = 4, .kernel_size = {2, 3}, .dilation = {2, 2}, .groups = 2}, .relu = true}, {{1, 6, 7, 4}, {4, 2, 2, 3}, {4}})
        .withoutGradient();
    e.add({.conv = {.out_channels = 2, .kernel_size = {4, 3}, .same = true}}, {{1, 5, 5, 2}, {2, 2, 4, 3}, {2}}).withoutGradient();
    e.add({.conv = {.out_channels = 16, .padding = {1, 1}}, .relu = true}, {{9, 8, 8, 16}, {16, 16, 3, 3}, {16}}).withoutGradient();
  }
};

struct Conv2dInputGradientChannelsLast {
  Conv2d conv = {};
  std::vector<int64_t> input_shape = {1, 3, 3, 1};
  bool relu = false;

  static Info info() {
    return {.name = "Conv2dInputGradientChannelsLast",
            .group = "",
            .title = "Gradient of a convolution's input, channels last",
            .about = "The gradient of the pictures that a convolution saw.",
            .inputs = {{"dy", "gradient of the output"}, {"weight", "patterns"}, {"x", "what a ReLU before it gave"}},
            .outputs = {{"dx", "gradient of the input"}},
            .optionalInputs = 1};
  }
  static void fields(Conv2dInputGradientChannelsLast& op, FieldVisitor& f) {
    Conv2d::fields(op.conv, f);
    f.integers("input_shape", op.input_shape, atLeast(0), {4, 4}, "Sizes of the input.");
    f.boolean("relu", op.relu, "Nothing where x is not above 0: the gradient of a ReLU before the convolution.");
  }
  Shape inputShape() const { return Shape(std::span<const int64_t>(input_shape)); }
  void infer(Shapes& s) const {
    s.out(0, inputShape());
    s.flops(2.0 * double(s.in(0).elements()) * double(s.in(1).elements(1, 4)));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    auto convolution = std::make_shared<kernels::ConvolutionBackwardData<T, Device>>(device, shapeOf(conv, inputShape(), relu));
    p.scratchBytes = convolution->scratchBytes();
    p.kept = std::move(convolution);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    call.kept<kernels::ConvolutionBackwardData<T, Device>>().run(device, call.in<T>(0), call.in<T>(1), relu ? call.in<T>(2) : nullptr, call.out<T>(0), call.scratch);
  }
  std::optional<std::pair<Op, int>> withReluGradient() const {
    if (relu) return {};
    return std::pair(*Op(*this).set("relu", true), 2);
  }

  static void examples(Examples<Conv2dInputGradientChannelsLast>& e) {
    e.add({.conv = {.out_channels = 16}, .input_shape = {3, 6, 6, 16}, .relu = true}, {{3, 4, 4, 16}, {16, 16, 3, 3}, {3, 6, 6, 16}}).withoutGradient();
    e.add({.conv = {.out_channels = 3}, .input_shape = {3, 6, 6, 2}, .relu = true}, {{3, 4, 4, 3}, {3, 2, 3, 3}, {3, 6, 6, 2}}).withoutGradient();
    e.add({.conv = {.out_channels = 3, .stride = {2, 2}, .padding = {1, 1}}, .input_shape = {2, 6, 5, 2}}, {{2, 3, 3, 3}, {3, 2, 3, 3}})
        .withoutGradient();
    e.add({.conv = {.out_channels = 16}, .input_shape = {3, 6, 6, 16}}, {{3, 4, 4, 16}, {16, 16, 3, 3}}).withoutGradient();
  }
};

struct Conv2dWeightGradientChannelsLast {
  Conv2d conv = {};

  static Info info() {
    return {.name = "Conv2dWeightGradientChannelsLast",
            .group = "",
            .title = "Gradient of a convolution's weight, channels last",
            .about = "The gradient of the patterns of a convolution.",
            .inputs = {{"x", "pictures"}, {"dy", "gradient of the output"}},
            .outputs = {{"dweight", "gradient of the patterns"}}};
  }
  static void fields(Conv2dWeightGradientChannelsLast& op, FieldVisitor& f) { Conv2d::fields(op.conv, f); }
  void infer(Shapes& s) const {
    const int64_t channels = s.in(0)[3] / conv.groups;
    s.out(0, {conv.out_channels, channels, conv.kernel_size.height, conv.kernel_size.width});
    const Shape pattern{channels, conv.kernel_size.height, conv.kernel_size.width};
    s.flops(2.0 * double(s.in(1).elements()) * double(pattern.elements()));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    auto convolution = std::make_shared<kernels::ConvolutionBackwardWeights<T, Device>>(device, shapeOf(conv, p.call.in(0).shape));
    p.scratchBytes = convolution->scratchBytes();
    p.kept = std::move(convolution);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    call.kept<kernels::ConvolutionBackwardWeights<T, Device>>().run(device, call.in<T>(0), call.in<T>(1), call.out<T>(0), call.scratch);
  }

  static void examples(Examples<Conv2dWeightGradientChannelsLast>& e) {
    e.add({.conv = {.out_channels = 3, .stride = {2, 2}, .padding = {1, 1}}}, {{2, 6, 5, 2}, {2, 3, 3, 3}}).withoutGradient();
    e.add({.conv = {.out_channels = 16}}, {{9, 6, 6, 16}, {9, 4, 4, 16}}).withoutGradient();
  }
};

OpFile conv2d_last_file() {
  return ops<Conv2dChannelsLast, Conv2dInputGradientChannelsLast, Conv2dWeightGradientChannelsLast>();
}

}  // namespace engine
