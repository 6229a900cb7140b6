// The fields of a two-dimensional convolution and its rules, for pictures in either layout.
#pragma once
#include "engine/graph/op.h"
#include "kernels/conv.h"

namespace engine {

struct Conv2d {
  int64_t out_channels = 32;
  Pair kernel_size = {3, 3};
  Pair stride = {1, 1};
  Pair padding = {0, 0};
  Pair dilation = {1, 1};
  int64_t groups = 1;
  bool bias = true;
  bool same = false;

  static Info info() {
    return {.name = "Conv2d",
            .group = "Layer",
            .title = "Convolution 2d",
            .about = "Looks for small patterns everywhere in a picture.",
            .inputs = {{"x", "pictures, (batch, channels, height, width)"}},
            .outputs = {{"y", "one picture for each pattern, (batch, out_channels, height, width)"}}};
  }
  static void fields(Conv2d& op, FieldVisitor& f) {
    f.integer("out_channels", op.out_channels, atLeast(1), "How many patterns to look for.");
    f.pair("kernel_size", op.kernel_size, atLeast(1), "Height and width of a pattern, in pixels.");
    f.pair("stride", op.stride, atLeast(1), "Pixels from one place to the next.");
    f.pair("padding", op.padding, atLeast(0), "Pixels of zero added on each side.");
    f.pair("dilation", op.dilation, atLeast(1), "Pixels from one element of the pattern to the next.");
    f.integer("groups", op.groups, atLeast(1), "The channels are cut into so many groups that do not mix.");
    f.boolean("bias", op.bias, "Whether each pattern adds a number of its own.");
    f.boolean("same", op.same, "Pads so that the picture keeps its size, whatever padding says; for a stride of 1.");
  }

  // `x` must be pictures with known channels; axes without a number stay 0.
  kernels::ConvolutionShape shape(const Shape& x) const {
    kernels::ConvolutionShape s;
    s.batch = x[0], s.channels = x[1], s.height = x[2], s.width = x[3];
    s.outChannels = out_channels;
    s.kernelHeight = kernel_size.height, s.kernelWidth = kernel_size.width;
    s.strideHeight = stride.height, s.strideWidth = stride.width;
    s.dilationHeight = dilation.height, s.dilationWidth = dilation.width;
    s.paddingTop = s.paddingBottom = padding.height, s.paddingLeft = s.paddingRight = padding.width;
    if (same) {  // what is odd goes to the bottom and to the right, as in torch
      const int64_t high = dilation.height * (kernel_size.height - 1), wide = dilation.width * (kernel_size.width - 1);
      s.paddingTop = high / 2, s.paddingBottom = high - high / 2;
      s.paddingLeft = wide / 2, s.paddingRight = wide - wide / 2;
    }
    s.groups = groups;
    s.bias = bias;
    return s;
  }

  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    if (!s.require(x.rank() == 4, Place::input(0), "pictures (batch, channels, height, width)", x)
             .fix("put a Reshape before it"))
      return;
    // Sizes of a whole network fit into memory; one field of one op must not overflow before that is seen.
    constexpr int64_t kMost = int64_t(1) << 24;
    for (int64_t size : {out_channels, kernel_size.height, kernel_size.width, stride.height, stride.width, padding.height,
                         padding.width, dilation.height, dilation.width, groups})
      if (!s.require(size <= kMost, {}, Message("sizes of at most {0}", kMost), Message("{0}", size))) return;
    if (!s.require(!same || (stride.height == 1 && stride.width == 1), Place::field("same"), "a stride of 1",
                   Message("{0} × {1}", stride.height, stride.width))
             .fix("set the stride to 1, or give a padding instead", {SetField{s.node(), "same", false}}))
      return;
    if (!s.require(out_channels % groups == 0, Place::field("groups"), Message("a divisor of the {0} out_channels", out_channels),
                   Message("{0}", groups)))
      return;
    if (x[1] >= 0 && !s.require(x[1] % groups == 0, Place::field("groups"), Message("a divisor of the {0} channels that come in", x[1]),
                                Message("{0}", groups)))
      return;
    const kernels::ConvolutionShape c = shape(x);
    const int64_t high = dilation.height * (kernel_size.height - 1) + 1, wide = dilation.width * (kernel_size.width - 1) + 1;
    const bool fits = (x[2] < 0 || x[2] + c.paddingTop + c.paddingBottom >= high) && (x[3] < 0 || x[3] + c.paddingLeft + c.paddingRight >= wide);
    if (!s.require(fits, Place::field("kernel_size"), Message("pictures of at least {0} × {1} pixels", high, wide),
                   Message("{0} × {1}", x[2], x[3]))
             .fix("make the pattern smaller, or let it pad: same", {SetField{s.node(), "same", true}}))
      return;
    const Shape y{x[0], out_channels, x[2] < 0 ? kUnknown : c.outHeight(), x[3] < 0 ? kUnknown : c.outWidth()};
    s.out(0, y);
    const int64_t channels = x[1] < 0 ? kUnknown : x[1] / groups;
    const int64_t fanIn = channels < 0 ? 1 : Shape{channels, kernel_size.height, kernel_size.width}.elements();
    s.parameter("weight", {out_channels, channels, kernel_size.height, kernel_size.width}, Initial::uniformByFanIn(fanIn));
    if (bias) s.parameter("bias", {out_channels}, Initial::uniformByFanIn(fanIn));
    if (x.isKnown()) s.flops(2.0 * double(y.elements()) * double(fanIn));
  }

  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    auto convolution = std::make_shared<kernels::ConvolutionForward<T, Device>>(device, shape(p.call.in(0).shape));
    p.scratchBytes = convolution->scratchBytes();
    p.kept = std::move(convolution);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    call.kept<kernels::ConvolutionForward<T, Device>>().run(device, call.in<T>(0), call.in<T>(1), bias ? call.in<T>(2) : nullptr,
                                                            call.out<T>(0), call.scratch);
  }
  void gradient(Backward& b) const;
  // The same on pictures (batch, height, width, channels); an activation may then be taken into it.
  InChannelsLast channelsLast() const;

  static void examples(Examples<Conv2d>& e) {
    e.add({.out_channels = 3}, {{2, 2, 5, 6}});
    e.add({.out_channels = 4, .kernel_size = {3, 2}, .stride = {2, 1}, .padding = {1, 2}}, {{2, 3, 7, 6}});
    e.add({.out_channels = 4, .kernel_size = {2, 3}, .dilation = {2, 2}, .groups = 2}, {{1, 4, 6, 7}});
    e.add({.out_channels = 6, .padding = {1, 1}, .groups = 3, .bias = false}, {{2, 3, 4, 4}});  // depthwise
    e.add({.out_channels = 5, .kernel_size = {1, 1}}, {{3, 4, 3, 3}});
    e.add({.out_channels = 2, .kernel_size = {4, 3}, .same = true}, {{1, 2, 5, 5}});
    e.add({.out_channels = 3, .kernel_size = {2, 2}, .stride = {3, 3}}, {{2, 1, 6, 6}});  // pixels that no pattern sees
    e.add({.out_channels = 8, .padding = {1, 1}}, {{9, 4, 8, 8}});                      // several slices of the batch
    e.add({.out_channels = 2}, {{0, 2, 5, 5}});
  }
  static void mistakes(Mistakes<Conv2d>& m) {
    m.add({}, {{2, 784}}, "needs pictures (batch, channels, height, width), but got 2 × 784; put a Reshape before it");
    m.add({.kernel_size = {5, 5}}, {{2, 1, 3, 8}},
          "needs pictures of at least 5 × 5 pixels, but got 3 × 8; make the pattern smaller, or let it pad: same");
    m.add({.groups = 2}, {{1, 3, 8, 8}}, "needs a divisor of the 3 channels that come in, but got 2");
    m.add({.out_channels = 3, .groups = 2}, {{1, 4, 8, 8}}, "needs a divisor of the 3 out_channels, but got 2");
    m.add({.stride = {2, 2}, .same = true}, {{1, 1, 8, 8}},
          "needs a stride of 1, but got 2 × 2; set the stride to 1, or give a padding instead");
    m.add({.out_channels = int64_t(1) << 62}, {{1, 1, 8, 8}}, "needs sizes of at most 16777216, but got 4611686018427387904");
  }
};

}  // namespace engine
