#include "engine/document/layout.h"

#include <algorithm>

#include "engine/document/layers.h"

namespace engine::document {

Layout layOut(const Document& document) {
  LayerGraph graph;
  graph.boxes.assign(document.nodes().size(), {(kNodeHeight + kRowGap) / 2, (kNodeHeight + kRowGap) / 2});
  for (const Wire& wire : document.wires()) graph.wires.push_back({int(*document.indexOf(wire.from)), int(*document.indexOf(wire.to))});
  graph.passing = kRowGap;
  const Layers layers = inLayers(graph);
  double top = layers.line.empty() ? 0 : layers.line[0];
  for (const double line : layers.line) top = std::min(top, line);
  for (const auto& passes : layers.passes)
    for (const Layers::Pass& pass : passes) top = std::min(top, pass.line);
  const auto x = [](int layer) { return layer * (kNodeWidth + kLayerGap); };
  Layout layout;
  for (size_t n = 0; n < layers.line.size(); ++n) layout.nodes.push_back({x(layers.layer[n]), layers.line[n] - top});
  for (const auto& passes : layers.passes) {
    layout.bends.emplace_back();
    for (const Layers::Pass& pass : passes) layout.bends.back().push_back({x(pass.layer) + kNodeWidth / 2, pass.line - top + kNodeHeight / 2});
  }
  return layout;
}

Layout placed(const Document& document) {
  const bool all = std::all_of(document.nodes().begin(), document.nodes().end(), [](const NodePointer& node) { return node->position.has_value(); });
  if (!all) return layOut(document);
  Layout layout;
  for (const NodePointer& node : document.nodes()) layout.nodes.push_back(*node->position);
  layout.bends.resize(document.wires().size());
  return layout;
}

}  // namespace engine::document
