// Convolutions.
#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

using Sizes = std::vector<int64_t>;

// top, left, bottom, right: what keeps a picture's size; what is odd goes to the bottom and to the right.
Sizes padsOfSame(const Sizes& kernel, const Sizes& dilation) {
  const int64_t high = dilation[0] * (kernel[0] - 1), wide = dilation[1] * (kernel[1] - 1);
  return {high / 2, wide / 2, high - high / 2, wide - wide / 2};
}

void writeConv2d(Writer& w) {
  const Sizes kernel = w.integers("kernel_size"), dilation = w.integers("dilation"), padding = w.integers("padding");
  std::vector<std::string> inputs = {w.in(0), w.parameter("weight")};
  if (w.flag("bias")) inputs.push_back(w.parameter("bias"));
  w.result(
      "Conv", std::move(inputs),
      {{"kernel_shape", kernel},
       {"strides", w.integers("stride")},
       {"dilations", dilation},
       {"pads", w.flag("same") ? padsOfSame(kernel, dilation) : Sizes{padding[0], padding[1], padding[0], padding[1]}},
       {"group", w.integer("groups")}});
}

void readConv(Reader& r) {
  const Tensor *weight = r.initializer(1), *bias = r.initializer(2);
  if (!weight || weight->shape.rank() != 4 || (r.has(2) && !bias))
    return r.fail("a convolution of pictures whose weight and bias the file gives", "another one");
  const Sizes kernel = {weight->shape[2], weight->shape[3]};
  const Sizes given = r.integers("kernel_shape", kernel), stride = r.integers("strides", {1, 1}),
              dilation = r.integers("dilations", {1, 1});
  Sizes pads = r.integers("pads", {0, 0, 0, 0});
  const std::string automatic = r.word("auto_pad", "NOTSET");
  if (given != kernel || stride.size() != 2 || dilation.size() != 2 || pads.size() != 4)
    return r.fail("sizes for height and width", "others");
  constexpr int64_t kMost = int64_t(1) << 24;  // as the op has it; their products do not overflow
  for (int64_t size : {kernel[0], kernel[1], dilation[0], dilation[1]})
    if (size < 1 || size > kMost) return r.fail(Message("sizes from 1 to {0}", kMost), Message("{0}", size));
  const bool strided = stride != Sizes{1, 1};
  bool same = automatic == "SAME_UPPER" && !strided;
  if (automatic == "VALID") pads = {0, 0, 0, 0};
  else if (automatic != "NOTSET" && !same) return r.fail("padding by numbers", Message("{0}", automatic));
  if (!same && (pads[0] != pads[2] || pads[1] != pads[3])) {
    same = !strided && pads == padsOfSame(kernel, dilation);
    if (!same)
      return r.fail("the same padding on both sides",
                    Message("{0} and {1}, {2} and {3}", pads[0], pads[2], pads[1], pads[3]));
  }
  if (same) pads = {0, 0, 0, 0};
  std::map<std::string, Tensor> parameters = {{"weight", *weight}};
  if (bias) parameters["bias"] = *bias;
  r.result("Conv2d",
           {{"out_channels", weight->shape[0]},
            {"kernel_size", kernel},
            {"stride", stride},
            {"padding", Sizes{pads[0], pads[1]}},
            {"dilation", dilation},
            {"groups", r.integer("group", 1)},
            {"bias", bias != nullptr},
            {"same", same}},
           {r.in(0)}, parameters);
}

}  // namespace

Family convolutions() { return {{{"Conv2d", writeConv2d}}, {{"Conv", readConv}}}; }

}  // namespace engine::formats::onnx
