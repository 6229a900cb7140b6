#include "engine/document/in_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace engine::document {

namespace {

constexpr double kShortest = 9, kShortestRow = 2;  // usual layers that are ever broken, and that stand in a row
constexpr double kLeastMean = 4;                   // usual layers of a row
constexpr int kBreakReach = 3;    // layers from the ideal place of a break

struct Layer {
  double at = 0, pitch = 0;    // along; how far it is to the next one
  std::vector<size_t> boxes;  // by their place across
};

// No box lies on another.
void makeRoom(std::vector<Layer>& layers, std::vector<RowPlace>& at, const std::vector<RowBox>& boxes, double gap) {
  for (Layer& layer : layers) {
    std::stable_sort(layer.boxes.begin(), layer.boxes.end(), [&](size_t a, size_t b) { return at[a].across < at[b].across; });
    for (size_t i = 1; i < layer.boxes.size(); ++i) {
      const double free = at[layer.boxes[i - 1]].across + boxes[layer.boxes[i - 1]].across + gap;
      at[layer.boxes[i]].across = std::max(at[layer.boxes[i]].across, free);
    }
  }
}

// How many wires go over the border before each layer.
std::vector<int> crossings(const std::vector<int>& layer, size_t layers, const std::vector<LayerGraph::Wire>& wires) {
  std::vector<int> crossing(layers + 1);
  for (const LayerGraph::Wire& wire : wires) ++crossing[size_t(layer[size_t(wire.from)]) + 1], --crossing[size_t(layer[size_t(wire.to)]) + 1];
  for (size_t l = 1; l < crossing.size(); ++l) crossing[l] += crossing[l - 1];
  return crossing;
}

// The layers that a row begins with. A row ends where a single wire goes on.
std::vector<size_t> rowStarts(const std::vector<Layer>& layers, const std::vector<int>& crossing, double across, const RowStyle& style) {
  const int count = int(layers.size());
  std::vector<size_t> starts{0};
  const double length = layers.back().at + layers.back().pitch, usual = length / style.pitch;
  if (usual < kShortest) return starts;
  int rows = 1;
  double best = std::numeric_limits<double>::infinity();
  for (int r = 1; r <= int(usual / kLeastMean); ++r) {
    const double aspect = std::ceil(usual / r) * style.pitch / (r * (across + style.rowGap));
    if (const double off = std::abs(std::log(aspect / style.aspect)); off < best) best = off, rows = r;
  }
  const auto isTooShort = [&](double row) { return row < kShortestRow * style.pitch; };
  for (int r = 1; r < rows; ++r) {
    const double wished = r * length / rows;
    const auto beyond = std::find_if(layers.begin(), layers.end(), [&](const Layer& layer) { return wished < layer.at + layer.pitch / 2; });
    const int ideal = int(beyond - layers.begin());
    for (int step = 0; step <= 2 * kBreakReach; ++step) {
      const int at = ideal + (step % 2 ? -(step + 1) / 2 : step / 2);
      if (at <= int(starts.back()) || at >= count || crossing[size_t(at)] != 1) continue;
      if (isTooShort(layers[size_t(at)].at - layers[starts.back()].at) || isTooShort(length - layers[size_t(at)].at)) continue;
      starts.push_back(size_t(at));
      break;
    }
  }
  return starts;
}

}  // namespace

std::vector<RowPlace> inRows(const std::vector<RowBox>& boxes, const std::vector<LayerGraph::Wire>& wires, const RowStyle& style) {
  LayerGraph graph;
  for (const RowBox& box : boxes) graph.boxes.push_back({box.before, box.after});
  graph.wires = wires;
  graph.passing = style.passing;
  const Layers found = inLayers(graph);
  double top = std::numeric_limits<double>::infinity();
  for (const double line : found.line) top = std::min(top, line);
  for (const auto& passes : found.passes)
    for (const Layers::Pass& pass : passes) top = std::min(top, pass.line);

  std::vector<RowPlace> at;
  std::vector<Layer> layers;
  for (size_t n = 0; n < boxes.size(); ++n) {
    at.push_back({0, found.line[n] - top - (boxes[n].line - style.line)});
    layers.resize(std::max(layers.size(), size_t(found.layer[n]) + 1));
    Layer& layer = layers[size_t(found.layer[n])];
    layer.boxes.push_back(n);
    layer.pitch = std::max(layer.pitch, boxes[n].along + style.layerGap);
  }
  for (size_t l = 1; l < layers.size(); ++l) layers[l].at = layers[l - 1].at + layers[l - 1].pitch;
  makeRoom(layers, at, boxes, style.boxGap);

  const auto extent = [&](size_t first, size_t last) {
    double begin = std::numeric_limits<double>::infinity(), end = -begin;
    for (size_t l = first; l < last; ++l)
      for (const size_t n : layers[l].boxes) begin = std::min(begin, at[n].across), end = std::max(end, at[n].across + boxes[n].across);
    return std::pair(begin, end);
  };
  double usual = 0;
  for (size_t l = 0; l < layers.size(); ++l) {
    const auto [begin, end] = extent(l, l + 1);
    usual += (end - begin) / double(layers.size());
  }
  std::vector<size_t> starts = rowStarts(layers, crossings(found.layer, layers.size(), wires), usual, style);
  starts.push_back(layers.size());
  const auto onGrid = [&](double v) { return std::round(v / style.grid) * style.grid; };
  double down = 0;
  for (size_t row = 0; row + 1 < starts.size(); ++row) {
    if (starts[row] == starts[row + 1]) continue;
    const auto [begin, end] = extent(starts[row], starts[row + 1]);
    for (size_t l = starts[row]; l < starts[row + 1]; ++l)
      for (const size_t n : layers[l].boxes) at[n] = {onGrid(layers[l].at - layers[starts[row]].at), onGrid(at[n].across - begin + down)};
    down += end - begin + style.rowGap;
  }
  return at;
}

}  // namespace engine::document
