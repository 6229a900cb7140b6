// Pooling of pictures.
#include <algorithm>

#include "engine/formats/onnx/families.h"
#include "engine/formats/onnx/reader.h"
#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

namespace {

using Sizes = std::vector<int64_t>;

struct Window {
  Sizes kernel, stride, padding, dilation = {1, 1};
  bool ceil = false;

  // Pixels past the padding that the last window hangs over the border of a side of `in` pixels, in `out` windows.
  int64_t over(int side, int64_t in, int64_t out) const {
    return (out - 1) * stride[size_t(side)] + dilation[size_t(side)] * (kernel[size_t(side)] - 1) + 1 - in -
           2 * padding[size_t(side)];
  }
  // How many windows there are when the last one may hang over, but must begin inside of the picture or its left
  // padding.
  int64_t windows(int side, int64_t in) const {
    const size_t s = size_t(side);
    const int64_t room = in + 2 * padding[s] - dilation[s] * (kernel[s] - 1) - 1;
    int64_t count = (room + (ceil ? stride[s] - 1 : 0)) / stride[s] + 1;
    if (ceil && (count - 1) * stride[s] >= in + padding[s]) --count;
    return count;
  }
};

Window windowOf(Writer& w) {
  Window window{w.integers("kernel_size"), w.integers("stride"), w.integers("padding"), {1, 1}, w.flag("ceil_mode")};
  for (size_t side : {0, 1})
    if (window.stride[side] == 0) window.stride[side] = window.kernel[side];  // as the window is large
  return window;
}

// Runtimes do not agree on ceil_mode. Where sizes are known, padding says the same: what hangs over is padded.
struct Border {
  Sizes pads;
  bool ceil = false, hangs = false;
};
Border borderOf(const Writer& w, const Window& window) {
  Border border{{window.padding[0], window.padding[1], window.padding[0], window.padding[1]}, false, false};
  if (!window.ceil) return border;
  const Shape &x = w.inShape(0), &y = w.outShape(0);
  for (int side : {0, 1}) {
    const int64_t in = x[2 + side], out = y[2 + side];
    if (in < 0 || out < 0) {
      border.ceil = border.hangs = true;
      continue;
    }
    const int64_t over = window.over(side, in, out);
    if (over <= 0) continue;
    border.hangs = true;
    border.pads[size_t(2 + side)] += over;
    if (border.pads[size_t(2 + side)] >= window.kernel[size_t(side)])
      border.ceil = true;  // runtimes refuse such padding
  }
  if (border.ceil) border.pads = {window.padding[0], window.padding[1], window.padding[0], window.padding[1]};
  return border;
}

Attributes attributesOf(const Window& window, const Border& border) {
  Attributes attributes = {{"kernel_shape", window.kernel}, {"strides", window.stride}, {"pads", border.pads}};
  if (border.ceil) attributes["ceil_mode"] = int64_t(1);
  return attributes;
}

void writeMaxPool(Writer& w) {
  Window window = windowOf(w);
  window.dilation = w.integers("dilation");
  Attributes attributes = attributesOf(window, borderOf(w, window));
  if (window.dilation != Sizes{1, 1}) attributes["dilations"] = window.dilation;
  w.result("MaxPool", {w.in(0)}, std::move(attributes));
}

// Padding counts in the mean if asked for; what hangs over past it never does, which ONNX cannot tell apart.
void writeAvgPool(Writer& w) {
  const Window window = windowOf(w);
  const Border border = borderOf(w, window);
  const bool counts = w.flag("count_include_pad") && window.padding != Sizes{0, 0};
  if (counts && border.hangs)
    return w.fail("no ceil_mode where padding counts in the mean, since ONNX has no form for both", "both",
                  "switch off ceil_mode or count_include_pad");
  Attributes attributes = attributesOf(window, border);
  if (counts) attributes["count_include_pad"] = int64_t(1);
  w.result("AveragePool", {w.in(0)}, std::move(attributes));
}

void writeAdaptive(Writer& w) {
  const Shape& x = w.inShape(0);
  const Sizes out = w.integers("output_size");
  if (out == Sizes{1, 1}) return w.result("GlobalAveragePool", {w.in(0)});
  if (x[2] < 0 || x[3] < 0 || x[2] % out[0] != 0 || x[3] % out[1] != 0)
    return w.fail(
        Message("pictures whose height and width are multiples of {0} and {1}, since ONNX has equal windows only",
                out[0], out[1]),
        Message("{0} × {1}", x[2], x[3]), "choose another output_size");
  const Sizes kernel = {x[2] / out[0], x[3] / out[1]};
  w.result("AveragePool", {w.in(0)}, {{"kernel_shape", kernel}, {"strides", kernel}, {"pads", Sizes{0, 0, 0, 0}}});
}

// Of series and volumes: one number for each of their axes, or pads that differ at both ends.
Sizes listOf(Writer& w, const char* field) { return w.node().op.name().ends_with("1d") ? Sizes{w.integer(field)} : w.integers(field); }
void writePoolBox(Writer& w, bool max) {
  const Shape &x = w.inShape(0), &y = w.outShape(0);
  const Sizes kernel = listOf(w, "kernel_size"), padding = listOf(w, "padding");
  const size_t axes = kernel.size();
  Sizes stride = listOf(w, "stride"), dilation = max ? listOf(w, "dilation") : Sizes(axes, 1), pads = padding;
  if (pads.size() == axes) pads.insert(pads.end(), padding.begin(), padding.end());
  const bool ceil = w.flag("ceil_mode");
  bool hangs = false;
  for (size_t i = 0; i < axes; ++i) {
    if (stride[i] == 0) stride[i] = kernel[i];
    if (!ceil) continue;
    // What hangs over is padding of its own, as in borderOf.
    const int64_t in = x[int(2 + i)], out = y[int(2 + i)];
    if (in < 0 || out < 0) return w.fail("known sizes where ceil_mode is on", x);
    const int64_t over = (out - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 - in - pads[i] - pads[axes + i];
    if (over > 0) pads[axes + i] += over, hangs = true;
  }
  Attributes attributes = {{"kernel_shape", kernel}, {"strides", stride}, {"pads", pads}};
  if (max) attributes["dilations"] = dilation;
  const bool counts = !max && w.flag("count_include_pad") && std::any_of(padding.begin(), padding.end(), [](int64_t p) { return p > 0; });
  if (counts && hangs)
    return w.fail("no ceil_mode where padding counts in the mean, since ONNX has no form for both", "both",
                  "switch off ceil_mode or count_include_pad");
  if (counts) attributes["count_include_pad"] = int64_t(1);
  w.result(max ? "MaxPool" : "AveragePool", {w.in(0)}, std::move(attributes));
}

// A window of ONNX, on any number of axes.
struct Box {
  Sizes kernel, stride, dilation, pads;
  bool ceil = false;
};

// Pads that make a window for every stride-th place; what is odd goes to the end, or to the beginning.
void padToSame(Box& box, const Shape& x, bool upper) {
  const size_t axes = box.kernel.size();
  for (size_t i = 0; i < axes; ++i) {
    const int64_t in = x[int(2 + i)], out = (in + box.stride[i] - 1) / box.stride[i];
    const int64_t all = std::max<int64_t>(0, (out - 1) * box.stride[i] + box.dilation[i] * (box.kernel[i] - 1) + 1 - in);
    box.pads[i] = upper ? all / 2 : all - all / 2;
    box.pads[axes + i] = all - box.pads[i];
  }
}

bool readBox(Reader& r, Value x, Box& box) {
  const Shape& shape = r.shape(x);
  box.kernel = r.integers("kernel_shape");
  const size_t axes = box.kernel.size();
  box.stride = r.integers("strides", Sizes(axes, 1));
  box.dilation = r.integers("dilations", Sizes(axes, 1));
  box.pads = r.integers("pads", Sizes(2 * axes, 0));
  box.ceil = r.integer("ceil_mode", 0) != 0;
  const std::string automatic = r.word("auto_pad", "NOTSET");
  constexpr int64_t kMost = int64_t(1) << 24;
  const auto within = [&](const Sizes& sizes, size_t count, int64_t least) {
    return sizes.size() == count && std::all_of(sizes.begin(), sizes.end(), [&](int64_t n) { return n >= least && n <= kMost; });
  };
  if (r.failed() || axes < 1 || axes > 3 || shape.rank() != int(axes) + 2 || !within(box.kernel, axes, 1) || !within(box.stride, axes, 1) ||
      !within(box.dilation, axes, 1) || !within(box.pads, 2 * axes, 0)) {
    r.fail("pooling of series, pictures or volumes with sizes for each axis", "another one");
    return false;
  }
  for (int axis = 2; axis < shape.rank(); ++axis)
    if (shape[axis] < 1 || shape[axis] > (int64_t(1) << 40)) {
      r.fail("known sizes of the axes that are pooled", shape);
      return false;
    }
  if (automatic == "VALID") box.pads = Sizes(2 * axes, 0);
  else if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") box.ceil = false, padToSame(box, shape, automatic == "SAME_UPPER");
  else if (automatic != "NOTSET") {
    r.fail("pads by numbers, SAME_UPPER, SAME_LOWER or VALID", Message("{0}", automatic));
    return false;
  }
  return true;
}

// Whether the pooling of pictures has it: the same padding on both sides, or more at the end for a last window, which is a ceil_mode of ours.
bool fitsPictures(const Box& box, const Shape& x, FieldMap& fields) {
  if (box.kernel.size() != 2) return false;
  Window window{box.kernel, box.stride, {box.pads[0], box.pads[1]}, box.dilation, box.ceil};
  for (int side : {0, 1}) {
    const size_t s = size_t(side);
    if (2 * window.padding[s] > window.kernel[s]) return false;
    const int64_t in = x[2 + side], more = box.pads[2 + s] - box.pads[s];
    if (more == 0) continue;
    window.ceil = true;
    if (more < 0 || window.over(side, in, window.windows(side, in)) != more) return false;
  }
  fields["kernel_size"] = window.kernel;
  fields["stride"] = window.stride;
  fields["padding"] = window.padding;
  fields["ceil_mode"] = window.ceil;
  return true;
}

// The op of series or of volumes; pictures that no other takes are volumes one pixel deep.
Value poolBox(Reader& r, const char* op, Value x, Box box, FieldMap fields) {
  const Shape shape = r.shape(x);
  const size_t axes = box.kernel.size();
  const std::string name = std::string(op) + (axes == 1 ? "1d" : "3d");
  Value in = x;
  const auto deeper = [](Sizes& sizes, int64_t with) { sizes.insert(sizes.begin(), with); };
  if (axes == 2) {
    in = r.add("Reshape", {{"shape", Sizes{0, 0, 1, shape[2], shape[3]}}}, {x});
    deeper(box.kernel, 1), deeper(box.stride, 1), deeper(box.dilation, 1);
    box.pads = {0, box.pads[0], box.pads[1], 0, box.pads[2], box.pads[3]};
  }
  fields["ceil_mode"] = box.ceil;
  const auto set = [&](const char* field, const Sizes& sizes) {
    if (axes == 1) fields[field] = sizes[0];  // the same at both ends
    else fields[field] = sizes;
  };
  if (axes == 1 && box.pads[0] != box.pads[1]) {  // of one axis there is one number: as a volume of one row
    in = r.add("Reshape", {{"shape", Sizes{0, 0, 1, 1, shape[2]}}}, {x});
    fields["kernel_size"] = Sizes{1, 1, box.kernel[0]}, fields["stride"] = Sizes{1, 1, box.stride[0]};
    fields["padding"] = Sizes{0, 0, box.pads[0], 0, 0, box.pads[1]};
    if (fields.contains("dilation")) fields["dilation"] = Sizes{1, 1, box.dilation[0]};
    const Value y = r.add((std::string(op) + "3d").c_str(), fields, {in});
    return r.add("Reshape", {{"shape", Sizes{0, 0, -1}}}, {y});
  }
  set("kernel_size", box.kernel), set("stride", box.stride), set("padding", box.pads);
  if (fields.contains("dilation")) set("dilation", box.dilation);
  const Value y = r.add(name.c_str(), fields, {in});
  if (!y || axes != 2) return y;
  return r.add("Reshape", {{"shape", Sizes{0, 0, r.shape(y)[3], r.shape(y)[4]}}}, {y});
}

void readMaxPool(Reader& r) {
  const Value given = r.in(0);
  Box box;
  if (!given || !readBox(r, given, box)) return;
  // Of bytes as of numbers, which hold them exactly.
  const bool bytes = r.typeOf(given) == Type::u8;
  const Value x = bytes ? r.add("Cast", {}, {given}) : given;
  FieldMap fields = {{"dilation", box.dilation}};
  const bool pictures = fitsPictures(box, r.shape(x), fields);
  Value y = pictures ? r.add("MaxPool2d", fields, {x}) : poolBox(r, "MaxPool", x, box, {{"dilation", box.dilation}});
  if (bytes) y = r.add("Cast", {{"dtype", std::string("uint8")}}, {y});
  if (r.node().outputs.size() < 2 || r.node().outputs[1].empty()) return r.result(y);
  const Value places = r.add("MaxPoolIndices",
                             {{"kernel_size", box.kernel},
                              {"stride", box.stride},
                              {"padding", box.pads},
                              {"dilation", box.dilation},
                              {"ceil_mode", box.ceil},
                              {"whole", true},
                              {"turned", r.integer("storage_order", 0) != 0}},
                             {x});
  r.results({y, places});
}
void readAveragePool(Reader& r) {
  const Value x = r.in(0);
  Box box;
  if (!x || !readBox(r, x, box)) return;
  if (std::any_of(box.dilation.begin(), box.dilation.end(), [](int64_t d) { return d != 1; })) return r.fail("windows without dilation", "others");
  FieldMap fields = {{"count_include_pad", r.integer("count_include_pad", 0) != 0}};
  const FieldMap own = fields;
  // What hangs over never counts in ours; padding does in theirs, where it is asked for.
  const size_t axes = box.kernel.size();
  const bool even = std::equal(box.pads.begin(), box.pads.begin() + int64_t(axes), box.pads.begin() + int64_t(axes));
  const bool pictures = (even || r.integer("count_include_pad", 0) == 0) && fitsPictures(box, r.shape(x), fields);
  r.result(pictures ? r.add("AvgPool2d", fields, {x}) : poolBox(r, "AvgPool", x, box, own));
}

// (sum of |x|^p)^(1/p) over each window: a mean that counts the padding, times the elements of a window.
void readLpPool(Reader& r) {
  const Value x = r.in(0);
  Box box;
  if (!x || !readBox(r, x, box)) return;
  const double p = r.has("p") && std::holds_alternative<float>(r.node().attributes.at("p")) ? r.real("p", 2) : double(r.integer("p", 2));
  if (!(p > 0) || box.ceil || std::any_of(box.dilation.begin(), box.dilation.end(), [](int64_t d) { return d != 1; }))
    return r.fail("a p above 0 and windows without dilation and ceil_mode", "others");
  double count = 1;
  for (int64_t size : box.kernel) count *= double(size);
  const auto number = [&](double value) { return r.add("Constant", {{"shape", Sizes{}}, {"value", value}}, {}); };
  const Value powers = p == 2 ? r.add("Multiply", {}, {x, x}) : r.add("Pow", {}, {r.add("Abs", {}, {x}), number(p)});
  const Value sum = r.add("Multiply", {}, {poolBox(r, "AvgPool", powers, box, {{"count_include_pad", true}}), number(count)});
  r.result(p == 2 ? r.add("Sqrt", {}, {sum}) : r.add("Pow", {}, {sum, number(1 / p)}));
}

// Puts each number where a max pooling took it from, and zeros elsewhere. Places are those in what that pooling is thought to have seen;
// an output_shape makes it larger at the ends.
void readMaxUnpool(Reader& r) {
  const Value x = r.in(0), places = r.in(1);
  if (!x || !places) return;
  const Shape shape = r.shape(x);
  const Sizes kernel = r.integers("kernel_shape"), stride = r.integers("strides", Sizes(kernel.size(), 1)),
              pads = r.integers("pads", Sizes(2 * kernel.size(), 0));
  const size_t axes = kernel.size();
  constexpr int64_t kMost = int64_t(1) << 24;
  const auto small = [](const Sizes& list) { return std::all_of(list.begin(), list.end(), [](int64_t n) { return n >= 0 && n <= kMost; }); };
  if (shape.rank() != int(axes) + 2 || !shape.isKnown() || stride.size() != axes || pads.size() != 2 * axes || !small(kernel) || !small(stride) ||
      !small(pads) || shape.elements() > kMost)
    return r.fail("known sizes, and a kernel_shape, strides and pads for each axis", shape);
  Sizes sizes = {shape[0], shape[1]}, more(2 * axes, 0);
  const Sizes wanted = r.has(2) ? r.numbers(2) : Sizes();
  double count = double(shape[0]) * double(shape[1]);
  for (size_t i = 0; i < axes; ++i) {
    const int64_t size = (shape[int(2 + i)] - 1) * stride[i] + kernel[i] - pads[i] - pads[axes + i];
    if (size < 1) return r.fail("a result of at least one element along each axis", Message("{0}", size));
    sizes.push_back(size), count *= double(size);
    if (wanted.empty()) continue;
    if (wanted.size() != axes + 2 || wanted[2 + i] < size || wanted[2 + i] > kMost)
      return r.fail("an output_shape that is not smaller than what follows from the windows", "another one");
    more[2 * (axes - 1 - i) + 1] = wanted[2 + i] - size;
  }
  if (count > double(kMost) * 16) return r.fail(Message("at most {0} elements", kMost * 16), "more");
  const int64_t all = Shape(std::span<const int64_t>(sizes)).elements();
  const auto flat = [&](Value v) { return r.add("Reshape", {{"shape", Sizes{-1}}}, {v}); };
  const Value zeros = r.add("Constant", {{"shape", Sizes{all}}, {"value", 0.0}}, {});
  const Value y = r.add("Reshape", {{"shape", sizes}}, {r.add("Scatter", {{"dim", int64_t(0)}}, {zeros, flat(places), flat(x)})});
  r.result(wanted.empty() ? y : r.add("Pad", {{"pad", more}}, {y}));
}

// Over all axes behind the channels.
Value overPlaces(Reader& r, const char* op, Value x) {
  Sizes axes;
  for (int axis = 2; axis < r.shape(x).rank(); ++axis) axes.push_back(axis);
  if (axes.empty()) {
    r.fail("numbers of channels and places (batch, channels, ...)", r.shape(x));
    return {};
  }
  return r.add(op, {{"dim", axes}, {"keepdim", true}}, {x});
}
void readGlobalAveragePool(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  r.result(r.shape(x).rank() == 4 ? r.add("AdaptiveAvgPool2d", {{"output_size", Sizes{1, 1}}}, {x}) : overPlaces(r, "Mean", x));
}
void readGlobalMaxPool(Reader& r) {
  if (const Value x = r.in(0)) r.result(overPlaces(r, "Max", x));
}
void readGlobalLpPool(Reader& r) {
  const Value x = r.in(0);
  if (!x) return;
  const double p = double(r.integer("p", 2));
  const auto number = [&](double value) { return r.add("Constant", {{"shape", Sizes{}}, {"value", value}}, {}); };
  if (!(p > 0)) return r.fail("a p above 0", Message("{0}", p));
  if (p == 2) return r.result("Sqrt", {}, {overPlaces(r, "Sum", r.add("Multiply", {}, {x, x}))});
  r.result("Pow", {}, {overPlaces(r, "Sum", r.add("Pow", {}, {r.add("Abs", {}, {x}), number(p)})), number(1 / p)});
}

}  // namespace

Family poolings() {
  return {{{"MaxPool2d", writeMaxPool},
           {"AvgPool2d", writeAvgPool},
           {"AdaptiveAvgPool2d", writeAdaptive},
           {"MaxPool1d", [](Writer& w) { writePoolBox(w, true); }},
           {"MaxPool3d", [](Writer& w) { writePoolBox(w, true); }},
           {"AvgPool1d", [](Writer& w) { writePoolBox(w, false); }},
           {"AvgPool3d", [](Writer& w) { writePoolBox(w, false); }}},
          {{"MaxPool", readMaxPool},
           {"AveragePool", readAveragePool},
           {"LpPool", readLpPool},
           {"MaxUnpool", readMaxUnpool},
           {"GlobalAveragePool", readGlobalAveragePool},
           {"GlobalMaxPool", readGlobalMaxPool},
           {"GlobalLpPool", readGlobalLpPool}}};
}

}  // namespace engine::formats::onnx
