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

// Fields that both poolings have. Padding that is larger at the end than at the beginning is a ceil_mode of ours.
bool readWindow(Reader& r, Value x, FieldMap& fields) {
  Window window{r.integers("kernel_shape"),
                r.integers("strides", {1, 1}),
                {},
                r.integers("dilations", {1, 1}),
                r.integer("ceil_mode", 0) != 0};
  const Sizes pads = r.integers("pads", {0, 0, 0, 0});
  const Shape& shape = r.shape(x);
  constexpr int64_t kMost = int64_t(1) << 24;
  const auto within = [&](const Sizes& sizes, size_t count, int64_t least) {
    return sizes.size() == count &&
           std::all_of(sizes.begin(), sizes.end(), [&](int64_t n) { return n >= least && n <= kMost; });
  };
  if (r.failed() || shape.rank() != 4 || !within(window.kernel, 2, 1) || !within(window.stride, 2, 1) ||
      !within(window.dilation, 2, 1) || !within(pads, 4, 0) || r.word("auto_pad", "NOTSET") != "NOTSET") {
    r.fail("pooling of pictures with sizes for height and width", "another one");
    return false;
  }
  window.padding = {pads[0], pads[1]};
  for (int side : {0, 1}) {
    const int64_t in = shape[2 + side], more = pads[size_t(2 + side)] - pads[size_t(side)];
    if (more == 0) continue;
    window.ceil = true;
    if (more < 0 || in < 0 || in > (int64_t(1) << 40) || window.over(side, in, window.windows(side, in)) != more) {
      r.fail("the same padding on both sides, or more at the end for a last window",
             Message("{0} and {1}", pads[size_t(side)], pads[size_t(2 + side)]));
      return false;
    }
  }
  fields["kernel_size"] = window.kernel;
  fields["stride"] = window.stride;
  fields["padding"] = window.padding;
  fields["ceil_mode"] = window.ceil;
  return true;
}

void readMaxPool(Reader& r) {
  const Value x = r.in(0);
  FieldMap fields = {{"dilation", r.integers("dilations", {1, 1})}};
  if (readWindow(r, x, fields)) r.result("MaxPool2d", fields, {x});
}
void readAveragePool(Reader& r) {
  const Value x = r.in(0);
  FieldMap fields = {{"count_include_pad", r.integer("count_include_pad", 0) != 0}};
  if (r.integers("dilations", {1, 1}) != Sizes{1, 1}) return r.fail("windows without dilation", "others");
  if (readWindow(r, x, fields)) r.result("AvgPool2d", fields, {x});
}

}  // namespace

Family poolings() {
  return {{{"MaxPool2d", writeMaxPool}, {"AvgPool2d", writeAvgPool}, {"AdaptiveAvgPool2d", writeAdaptive}},
          {{"MaxPool", readMaxPool},
           {"AveragePool", readAveragePool},
           {"GlobalAveragePool", [](Reader& r) {
              r.result("AdaptiveAvgPool2d", {{"output_size", Sizes{1, 1}}}, {r.in(0)});
            }}}};
}

}  // namespace engine::formats::onnx
