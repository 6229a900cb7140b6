#include "ui/model/arrange.h"

#include <algorithm>
#include <cmath>

#include "engine/document/layout.h"
#include "engine/graph/op.h"
#include "ui/model/node_size.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {

using engine::document::NodeRoom;

// Not too little for the fonts that there are: a note is never laid out where it would cover something.
NodeRoom roomOfNote(const engine::document::Node& note) {
  using namespace node_size;
  constexpr double kNarrowest = 80, kWidest = 2000, kUsual = 240, kLetter = 7, kLine = 17, kMostLines = 400;
  const engine::FieldValue* given = engine::document::find(note.fields, "width");
  const auto* whole = given ? std::get_if<int64_t>(given) : nullptr;
  const double wide = std::clamp(whole ? double(*whole) : kUsual, kNarrowest, kWidest);
  const engine::FieldValue* field = engine::document::find(note.fields, "text");
  const auto* text = field ? std::get_if<std::string>(field) : nullptr;
  double lines = 1, letters = 0;
  for (const char c : text ? *text : std::string()) {
    if (c != '\n' && ++letters * kLetter <= wide - 2 * pad) continue;
    ++lines, letters = 0;
  }
  const double high = std::min(lines, kMostLines) * kLine + 2 * notePad;
  return {wide, high, portFirst, high};
}

}  // namespace

engine::document::Arrangement roomFor(const engine::document::Document& document, const engine::Graph& network) {
  using namespace node_size;
  engine::document::Arrangement how;
  how.grid = size::grid;
  how.framePad = framePad, how.frameTitle = frameTitle + framePad / 2;
  std::vector<size_t> rows;
  rows.reserve(network.nodes.size());
  for (const engine::Node& node : network.nodes) rows.push_back(std::max<size_t>(1, inputPorts(node)));
  for (const engine::Node& node : network.nodes)
    for (const engine::Value& from : node.inputs)
      if (from) rows[size_t(from.node)] = std::max(rows[size_t(from.node)], size_t(from.output) + 1);
  how.nodes.reserve(rows.size());
  for (size_t n = 0; n < rows.size(); ++n) {
    const engine::document::Node& node = *document.nodes()[n];
    const bool isWired = !network.nodes[n].inputs.empty() && network.nodes[n].inputs[0];
    if (node.type == "Note") how.nodes.push_back(roomOfNote(node));
    else if (node.type == "Reroute" && isWired && node.mode == engine::Mode::normal) how.nodes.push_back({bendWidth, bendHeight, bendHeight / 2, bendHeight});
    else
      how.nodes.push_back({width, header + footer + preview + (rows[n] > 1 ? double(rows[n]) * portPitch + belowPorts : 0), portFirst,
                           engine::document::kNodeHeight});
  }
  return how;
}

std::vector<QPointF> cornersOf(const engine::document::Document& document, const engine::document::Arrangement& how) {
  std::vector<QPointF> at;
  at.reserve(how.nodes.size());
  for (const engine::document::Position& p : engine::document::arranged(document, how)) at.emplace_back(p.x, p.y);
  return at;
}

size_t inputPorts(const engine::Node& node) {
  const auto& info = node.op.type().info;
  return std::max(info.inputs.size(), node.inputs.size() + (info.variadic && !node.inputs.empty() ? 1 : 0));
}

}  // namespace ui
