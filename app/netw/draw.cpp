// netw draw: the graph as a picture (SVG), or as text for graphviz (DOT).
#include <fmt/format.h>

#include <algorithm>

#include "app/netw/model.h"
#include "app/netw/verb.h"
#include "engine/document/expand.h"
#include "engine/document/layout.h"
#include "engine/formats/atomic_file.h"
#include "engine/passes/infer.h"

namespace netw {

using engine::Result;
using engine::document::Document;
using engine::document::kNodeHeight;
using engine::document::kNodeWidth;
using engine::document::Position;

namespace {

struct Group {
  const char* name;
  const char* colour;
};
constexpr Group kGroups[] = {{"Data", "#dbeafe"}, {"Layer", "#fde8d0"}, {"Activation", "#e3f4de"}, {"Norm", "#efe3f7"}, {"Loss", "#fbdcdc"}};
constexpr const char* kOther = "#eeeeee";

std::string colourOf(const engine::Op& op) {
  for (const Group& group : kGroups)
    if (std::string_view(op.type().info.group).starts_with(group.name)) return group.colour;
  return kOther;
}

// & < > " and what XML does not have.
std::string escapedXml(const std::string& text) {
  std::string result;
  for (char c : text) switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += uint8_t(c) < 0x20 ? ' ' : c;
    }
  return result;
}
std::string escapedDot(const std::string& text) {
  std::string result;
  for (char c : text) result += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, uint8_t(c) < 0x20 ? ' ' : c);
  return result;
}

// What the picture says of a node, line by line.
struct Label {
  std::string name, type, shape, colour;
};

std::vector<Label> labelsOf(const Document& document) {
  const engine::document::Expanded expanded = engine::document::expand(document);
  const engine::Inference inference = engine::infer(expanded.network);
  std::vector<Label> labels;
  for (size_t n = 0; n < document.nodes().size(); ++n) {
    const auto& outputs = inference.nodes[n].outputs;
    const bool known = !outputs.empty() && !outputs[0].shape.isMissing();
    labels.push_back({document.nodes()[n]->name, document.nodes()[n]->type, known ? engine::toString(outputs[0].shape) : "", colourOf(expanded.network.nodes[n].op)});
  }
  return labels;
}

std::string dot(const Document& document) {
  const std::vector<Label> labels = labelsOf(document);
  std::string text = fmt::format("digraph \"{}\" {{\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n", escapedDot(document.name()));
  for (size_t n = 0; n < labels.size(); ++n)
    text += fmt::format("  n{} [label=\"{}\\n{}{}{}\", fillcolor=\"{}\"];\n", n, escapedDot(labels[n].name), escapedDot(labels[n].type),
                        labels[n].shape.empty() ? "" : "\\n", escapedDot(labels[n].shape), labels[n].colour);
  for (const engine::document::Wire& wire : document.wires()) text += fmt::format("  n{} -> n{};\n", *document.indexOf(wire.from), *document.indexOf(wire.to));
  return text + "}\n";
}

// Through the points, each piece leaving and arriving level.
std::string curve(const std::vector<Position>& points) {
  std::string path = fmt::format("M{:.1f},{:.1f}", points[0].x, points[0].y);
  for (size_t i = 1; i < points.size(); ++i) {
    const double reach = std::max((points[i].x - points[i - 1].x) / 2, 20.0);
    path += fmt::format(" C{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}", points[i - 1].x + reach, points[i - 1].y, points[i].x - reach, points[i].y, points[i].x, points[i].y);
  }
  return path;
}

std::string svg(const Document& document) {
  constexpr double kMargin = 20;
  const engine::document::Layout layout = engine::document::placed(document);
  const std::vector<Label> labels = labelsOf(document);
  double left = 0, top = 0, right = 0, bottom = 0;
  for (size_t n = 0; n < layout.nodes.size(); ++n) {
    const Position& p = layout.nodes[n];
    if (n == 0) left = right = p.x, top = bottom = p.y;
    left = std::min(left, p.x), top = std::min(top, p.y);
    right = std::max(right, p.x), bottom = std::max(bottom, p.y);
  }
  const double width = right - left + kNodeWidth + 2 * kMargin, height = bottom - top + kNodeHeight + 2 * kMargin;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"{2:.1f} {3:.1f} {0:.1f} {1:.1f}\" font-family=\"sans-serif\">\n"
      "<title>{4}</title>\n<rect x=\"{2:.1f}\" y=\"{3:.1f}\" width=\"{0:.1f}\" height=\"{1:.1f}\" fill=\"#ffffff\"/>\n",
      width, height, left - kMargin, top - kMargin, escapedXml(document.name()));
  for (size_t w = 0; w < document.wires().size(); ++w) {
    const engine::document::Wire& wire = document.wires()[w];
    const size_t from = *document.indexOf(wire.from), to = *document.indexOf(wire.to);
    const auto inputs = double(document.wiresInto(wire.to).size());
    double port = 0;
    for (const engine::document::Wire& other : document.wiresInto(wire.to)) port += other.input < wire.input;
    std::vector<Position> points{{layout.nodes[from].x + kNodeWidth, layout.nodes[from].y + kNodeHeight / 2}};
    points.insert(points.end(), layout.bends[w].begin(), layout.bends[w].end());
    points.push_back({layout.nodes[to].x, layout.nodes[to].y + kNodeHeight * (port + 1) / (inputs + 1)});
    text += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"#667085\" stroke-width=\"1.5\"/>\n", curve(points));
  }
  for (size_t n = 0; n < labels.size(); ++n) {
    const Position& p = layout.nodes[n];
    const double middle = p.x + kNodeWidth / 2;
    text += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"{}\" stroke=\"#98a2b3\"/>\n", p.x, p.y, kNodeWidth, kNodeHeight, labels[n].colour);
    const auto line = [&](double y, int size, const char* colour, const std::string& words) {
      text += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\" fill=\"{}\" text-anchor=\"middle\">{}</text>\n", middle, p.y + y, size, colour, escapedXml(words));
    };
    line(22, 13, "#101828", labels[n].name);
    line(38, 11, "#475467", labels[n].type);
    line(54, 11, "#475467", labels[n].shape);
  }
  return text + "</svg>\n";
}

class Draw final : public Verb {
 public:
  void options(Options& o) override {
    o.argument("MODEL", model_, "A project (.netw), or the folder of a run.");
    o.argument("FILE", file_, "Where to: .svg or .dot.");
  }

  Result<int> run(Talk& talk) override {
    Result<Model> model = openModel(model_, talk);
    if (!model) return tl::unexpected(model.error());
    const bool isDot = file_.ends_with(".dot") || file_.ends_with(".gv");
    if (!isDot && !file_.ends_with(".svg")) return engine::failure(file_, "a name that ends in .svg or .dot", "another one", engine::Message("write {0}.svg", file_));
    const std::string text = isDot ? dot(model->document) : svg(model->document);
    if (engine::Done done = engine::formats::writeAtomically(file_, text); !done) return tl::unexpected(done.error());
    if (talk.json) talk.result(Json{{"file", file_}, {"format", isDot ? "dot" : "svg"}, {"bytes", text.size()}});
    else talk.result(file_);
    return kDone;
  }

 private:
  std::string model_, file_;
};

}  // namespace

std::unique_ptr<Verb> makeDraw() { return std::make_unique<Draw>(); }

}  // namespace netw
