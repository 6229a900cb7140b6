#include "ui/model/arrange.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/document/layout.h"
#include "engine/graph/op.h"
#include "ui/model/node_size.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {

constexpr double kBelow = 24;          // between boxes of a column
constexpr double kRowGap = 44;         // between rows: a wire goes back there
constexpr double kWishedAspect = 1.9;  // of the whole picture
constexpr int kFewestColumns = 9;      // that are ever broken
constexpr int kBreakReach = 3;         // columns from the ideal place of a break

struct Column {
  double x;
  std::vector<size_t> nodes;  // from above
};

double roundToGrid(double v) { return std::round(v / size::grid) * size::grid; }

// No box lies on another: the engine's layout knows no heights.
void makeRoom(std::vector<Column>& columns, std::vector<QPointF>& at, std::span<const double> heights) {
  for (Column& column : columns) {
    std::stable_sort(column.nodes.begin(), column.nodes.end(),
                     [&](size_t a, size_t b) { return at[a].y() < at[b].y(); });
    for (size_t i = 1; i < column.nodes.size(); ++i) {
      const double free = at[column.nodes[i - 1]].y() + heights[column.nodes[i - 1]] + kBelow;
      at[column.nodes[i]].setY(std::max(at[column.nodes[i]].y(), free));
    }
  }
}

// The columns that a row begins with. A row ends where a single wire goes on.
std::vector<size_t> rowStarts(const std::vector<Column>& columns, const std::vector<int>& crossing, double height,
                              double pitch) {
  const int count = int(columns.size());
  std::vector<size_t> starts{0};
  if (count < kFewestColumns) return starts;
  int rows = 1;
  double best = std::numeric_limits<double>::infinity();
  for (int r = 1; r <= count / 4; ++r) {
    const double aspect = std::ceil(double(count) / r) * pitch / (r * (height + kRowGap));
    if (const double off = std::abs(std::log(aspect / kWishedAspect)); off < best) best = off, rows = r;
  }
  for (int r = 1; r < rows; ++r) {
    const int ideal = int(std::lround(double(r) * count / rows));
    for (int step = 0; step <= 2 * kBreakReach; ++step) {
      const int at = ideal + (step % 2 ? -(step + 1) / 2 : step / 2);
      if (at <= int(starts.back()) + 1 || at >= count - 1 || crossing[size_t(at)] != 1) continue;
      starts.push_back(size_t(at));
      break;
    }
  }
  return starts;
}

}  // namespace

std::vector<QPointF> arranged(const engine::document::Document& document,
                              std::span<const double> heights) {
  const auto layout = engine::document::layOut(document);
  std::vector<QPointF> at;
  std::map<double, Column> byX;
  for (size_t n = 0; n < layout.nodes.size(); ++n) {
    at.emplace_back(layout.nodes[n].x, layout.nodes[n].y);
    Column& column = byX[at.back().x()];
    column.x = at.back().x();
    column.nodes.push_back(n);
  }
  std::vector<Column> columns;
  for (auto& [x, column] : byX) columns.push_back(std::move(column));
  makeRoom(columns, at, heights);

  // How many wires go over the border before each column.
  std::vector<size_t> columnOf(at.size());
  for (size_t c = 0; c < columns.size(); ++c)
    for (const size_t n : columns[c].nodes) columnOf[n] = c;
  std::vector<int> crossing(columns.size() + 1);
  for (const auto& wire : document.wires()) {
    const size_t from = columnOf[*document.indexOf(wire.from)], to = columnOf[*document.indexOf(wire.to)];
    for (size_t c = from + 1; c <= to; ++c) ++crossing[c];
  }
  const auto extent = [&](size_t first, size_t last) {
    double top = std::numeric_limits<double>::infinity(), bottom = -top;
    for (size_t c = first; c < last; ++c)
      for (const size_t n : columns[c].nodes)
        top = std::min(top, at[n].y()), bottom = std::max(bottom, at[n].y() + heights[n]);
    return std::pair(top, bottom);
  };
  double usual = 0;
  for (size_t c = 0; c < columns.size(); ++c) {
    const auto [top, bottom] = extent(c, c + 1);
    usual += (bottom - top) / double(columns.size());
  }
  const double pitch = columns.size() > 1 ? columns[1].x - columns[0].x : 1;
  std::vector<size_t> starts = rowStarts(columns, crossing, usual, pitch);
  starts.push_back(columns.size());
  double down = 0;
  for (size_t row = 0; row + 1 < starts.size(); ++row) {
    if (starts[row] == starts[row + 1]) continue;
    const auto [top, bottom] = extent(starts[row], starts[row + 1]);
    for (size_t c = starts[row]; c < starts[row + 1]; ++c)
      for (const size_t n : columns[c].nodes)
        at[n] = {roundToGrid(at[n].x() - columns[starts[row]].x), roundToGrid(at[n].y() - top + down)};
    down += bottom - top + kRowGap;
  }
  return at;
}

size_t inputPorts(const engine::Node& node) {
  const auto& info = node.op.type().info;
  return std::max(info.inputs.size(), node.inputs.size() + (info.variadic && !node.inputs.empty() ? 1 : 0));
}

std::vector<double> roomyHeights(const engine::Graph& network) {
  using namespace node_size;
  std::vector<size_t> rows;
  rows.reserve(network.nodes.size());
  for (const engine::Node& node : network.nodes) rows.push_back(std::max<size_t>(1, inputPorts(node)));
  for (const engine::Node& node : network.nodes)
    for (const engine::Value& from : node.inputs)
      if (from) rows[size_t(from.node)] = std::max(rows[size_t(from.node)], size_t(from.output) + 1);
  std::vector<double> heights;
  heights.reserve(rows.size());
  for (const size_t count : rows)
    heights.push_back(header + footer + preview + (count > 1 ? double(count) * portPitch + belowPorts : 0));
  return heights;
}

}  // namespace ui
