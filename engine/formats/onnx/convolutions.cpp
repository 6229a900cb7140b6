// Convolutions.
#include <algorithm>
#include <limits>

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

// Series and volumes, transposed ones, and those whose weight is a value. ONNX has twice as many pads as there are axes.
Sizes twice(Sizes pads, size_t axes) {
  if (pads.size() <= 1) pads.assign(axes, pads.empty() ? 0 : pads[0]);
  if (pads.size() == axes) pads.insert(pads.end(), pads.begin(), pads.begin() + int64_t(axes));
  return pads;
}
Sizes forAll(const Sizes& given, size_t axes, int64_t otherwise) {
  return given.size() == axes ? given : Sizes(axes, given.empty() ? otherwise : given[0]);
}

void writeConvolution(Writer& w) {
  const std::string& name = w.node().op.name();
  const bool layer = name != "Convolution", transposed = layer ? name.starts_with("ConvTranspose") : w.flag("transposed");
  const size_t axes = size_t(w.inShape(0).rank() - 2);
  const auto list = [&](const char* field, int64_t otherwise) {
    return forAll(layer && axes == 1 ? Sizes{w.integer(field)} : w.integers(field), axes, otherwise);
  };
  Sizes kernel;
  if (layer) kernel = list("kernel_size", 1);
  else kernel.assign(w.inShape(1).begin() + 2, w.inShape(1).end());
  const Sizes pads = twice(layer && axes == 1 ? Sizes{w.integer("padding")} : w.integers("padding"), axes);
  if (std::any_of(kernel.begin(), kernel.end(), [](int64_t size) { return size < 0; })) return w.fail("a known size of the weight", w.inShape(1));
  Attributes attributes = {
      {"kernel_shape", kernel}, {"strides", list("stride", 1)}, {"dilations", list("dilation", 1)}, {"group", w.integer("groups")}};
  std::string x = w.in(0);
  if (std::any_of(pads.begin(), pads.end(), [](int64_t pad) { return pad < 0; })) {
    if (transposed) return w.fail("padding of at least 0", "less");
    // What is padded by less than 0 is cut away before.
    Sizes rest = pads;
    for (size_t i = 0; i < 2 * axes; ++i)
      if (pads[i] < 0) rest[i] = 0;
    Sizes starts, ends, along;
    constexpr int64_t kEnd = std::numeric_limits<int64_t>::max();
    for (size_t i = 0; i < axes; ++i) {
      starts.push_back(std::max<int64_t>(0, -pads[i]));
      ends.push_back(pads[axes + i] < 0 ? pads[axes + i] : kEnd);
      along.push_back(int64_t(2 + i));
    }
    x = w.add("Slice", {x, w.integers("starts", starts), w.integers("ends", ends), w.integers("axes", along)});
    attributes["pads"] = rest;
  } else {
    attributes["pads"] = pads;
  }
  if (transposed) {
    // Runtimes take less than the stride only; the same is less taken away at the end.
    Sizes more = list("output_padding", 0), rest = pads;
    const Sizes stride = list("stride", 1);
    for (size_t i = 0; i < axes; ++i) {
      if (more[i] < stride[i]) continue;
      const int64_t part = std::min(more[i], rest[axes + i]);
      more[i] -= part, rest[axes + i] -= part;
      if (more[i] >= stride[i]) return w.fail("an output_padding that is smaller than the stride, or than the padding", Message("{0}", more[i]));
    }
    attributes["output_padding"] = more;
    attributes["pads"] = rest;
  }
  std::vector<std::string> inputs = {x, layer ? w.parameter("weight") : w.in(1)};
  if (layer && w.flag("bias")) inputs.push_back(w.parameter("bias"));
  w.result(transposed ? "ConvTranspose" : "Conv", std::move(inputs), std::move(attributes));
}

// A convolution of ONNX on any number of axes.
struct Pattern {
  Sizes kernel, stride, dilation, pads, more;  // more: output_padding
  int64_t groups = 1;

  size_t axes() const { return kernel.size(); }
  int64_t reach(size_t i) const { return dilation[i] * (kernel[i] - 1) + 1; }
  bool isEven() const { return std::equal(pads.begin(), pads.begin() + int64_t(axes()), pads.begin() + int64_t(axes())); }
};

bool readPattern(Reader& r, const Shape& x, const Shape& weight, bool transposed, Pattern& p) {
  const size_t axes = size_t(std::max(weight.rank() - 2, 0));
  if (axes < 1 || axes > 3 || x.rank() != weight.rank() || weight.elements(2, weight.rank()) < 1) {
    r.fail("a convolution of series, pictures or volumes, with a weight of as many axes", weight);
    return false;
  }
  p.kernel.assign(weight.begin() + 2, weight.end());
  p.stride = r.integers("strides", Sizes(axes, 1));
  p.dilation = r.integers("dilations", Sizes(axes, 1));
  p.pads = r.integers("pads", Sizes(2 * axes, 0));
  p.more = r.integers("output_padding", Sizes(axes, 0));
  p.groups = r.integer("group", 1);
  constexpr int64_t kMost = int64_t(1) << 24;  // as the op has it; their products do not overflow
  const auto within = [&](const Sizes& sizes, size_t count, int64_t least) {
    return sizes.size() == count && std::all_of(sizes.begin(), sizes.end(), [&](int64_t n) { return n >= least && n <= kMost; });
  };
  if (r.integers("kernel_shape", p.kernel) != p.kernel || !within(p.kernel, axes, 1) || !within(p.stride, axes, 1) || !within(p.dilation, axes, 1) ||
      !within(p.pads, 2 * axes, 0) || !within(p.more, axes, 0) || p.groups < 1 || p.groups > kMost) {
    r.fail(Message("sizes from 1 to {0} for each axis", kMost), "others");
    return false;
  }
  const std::string automatic = r.word("auto_pad", "NOTSET");
  const bool upper = automatic == "SAME_UPPER", same = upper || automatic == "SAME_LOWER";
  const Sizes wanted = transposed ? r.integers("output_shape") : Sizes();
  if (automatic == "VALID") p.pads.assign(2 * axes, 0);
  else if (!same && automatic != "NOTSET") {
    r.fail("pads by numbers, SAME_UPPER, SAME_LOWER or VALID", Message("{0}", automatic));
    return false;
  }
  if (!same && wanted.empty()) return true;
  for (size_t i = 0; i < axes; ++i) {
    const int64_t in = x[int(2 + i)];
    if (in < 1 || in > (int64_t(1) << 40) || (!wanted.empty() && wanted.size() != axes && wanted.size() != axes + 2)) {
      r.fail("known sizes, from which the padding follows", x);
      return false;
    }
    int64_t all;
    if (transposed) {
      const int64_t out = wanted.empty() ? in * p.stride[i] : wanted[wanted.size() - axes + i];
      if (out < 1 || out > (int64_t(1) << 40)) {
        r.fail("an output_shape of sizes from 1 on", Message("{0}", out));
        return false;
      }
      all = (in - 1) * p.stride[i] + p.more[i] + p.reach(i) - out;
      if (all < 0) p.more[i] -= all, all = 0;
    } else {
      all = std::max<int64_t>(0, ((in + p.stride[i] - 1) / p.stride[i] - 1) * p.stride[i] + p.reach(i) - in);
    }
    // What is odd goes to the end, of transposed ones with pads by their output_shape to the beginning.
    p.pads[i] = upper ? all / 2 : all - all / 2;
    p.pads[axes + i] = all - p.pads[i];
    if (p.pads[i] > kMost || p.more[i] > kMost) {
      r.fail(Message("padding of at most {0}", kMost), Message("{0}", all));
      return false;
    }
  }
  return true;
}

// A weight of the file is trained further; another one is what it is.
Value asValue(Reader& r, int input) {
  const Tensor* tensor = r.initializer(input);
  if (!tensor || !isFloating(tensor->type) || tensor->shape.elements() == 0) return r.in(input);
  return r.add("Parameter", {{"shape", Sizes(tensor->shape.begin(), tensor->shape.end())}}, {}, {{"value", *tensor}});
}

void readConvolution(Reader& r, bool transposed) {
  const Value x = r.in(0);
  if (!x) return;
  const Tensor *weight = r.initializer(1), *bias = r.initializer(2);
  const Shape shape = weight ? weight->shape : r.shape(r.in(1));
  Pattern p;
  if (r.failed() || !readPattern(r, r.shape(x), shape, transposed, p)) return;
  const size_t axes = p.axes();
  const int64_t channels = transposed ? shape[1] * p.groups : shape[0];
  const bool isLayer = weight && shape.elements() > 0 && channels > 0 && (!r.has(2) || (bias && bias->shape == Shape{channels}));
  FieldMap fields = {{"groups", p.groups}};
  std::map<std::string, Tensor> parameters;
  if (isLayer) {
    fields["out_channels"] = channels, fields["bias"] = bias != nullptr;
    parameters["weight"] = *weight;
    if (bias) parameters["bias"] = *bias;
  }
  const auto set = [&](const char* field, const Sizes& sizes) {
    if (axes == 1 && isLayer) fields[field] = sizes[0];
    else fields[field] = sizes;
  };
  Value padded = x;
  const auto layer = [&](const std::string& name) {
    set("kernel_size", p.kernel), set("stride", p.stride), set("dilation", p.dilation);
    r.result(name.c_str(), fields, {padded}, parameters);
  };
  const Sizes before(p.pads.begin(), p.pads.begin() + int64_t(axes));
  bool fits = isLayer && p.isEven();
  if (transposed) {
    for (size_t i = 0; i < axes; ++i) fits = fits && p.more[i] < std::max(p.stride[i], p.dilation[i]);
    if (fits) {
      set("padding", before), set("output_padding", p.more);
      return layer(axes == 1 ? "ConvTranspose1d" : axes == 2 ? "ConvTranspose2d" : "ConvTranspose3d");
    }
  } else if (isLayer && axes == 2) {
    const bool same =
        p.stride == Sizes{1, 1} && (!p.isEven() || r.word("auto_pad", "NOTSET") == "SAME_UPPER") && p.pads == padsOfSame(p.kernel, p.dilation);
    if (fits || same) {
      fields["same"] = same;
      set("padding", same ? Sizes{0, 0} : before);
      return layer("Conv2d");
    }
    // Pads that differ are made before it, so that the layer is one like others.
    if (isLayer) {
      padded = r.add("Pad", {{"pad", Sizes{p.pads[1], p.pads[3], p.pads[0], p.pads[2]}}}, {x});
      set("padding", Sizes{0, 0});
      return layer("Conv2d");
    }
  } else if (fits) {
    set("padding", before);
    return layer(axes == 1 ? "Conv1d" : "Conv3d");
  }
  FieldMap general = {{"stride", p.stride}, {"padding", p.pads}, {"dilation", p.dilation}, {"transposed", transposed}, {"groups", p.groups}};
  if (transposed) general["output_padding"] = p.more;
  const Value y = r.add("Convolution", general, {x, asValue(r, 1)});
  if (!r.has(2)) return r.result(y);
  Sizes wide(axes + 1, 1);
  wide[0] = -1;
  r.result("Add", {}, {y, r.add("Reshape", {{"shape", wide}}, {asValue(r, 2)})});
}

}  // namespace

Family convolutions() {
  Family family = {{{"Conv2d", writeConv2d}},
                   {{"Conv", [](Reader& r) { readConvolution(r, false); }}, {"ConvTranspose", [](Reader& r) { readConvolution(r, true); }}}};
  for (const char* op : {"Convolution", "Conv1d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"})
    family.writes.push_back({op, writeConvolution});
  return family;
}

}  // namespace engine::formats::onnx
