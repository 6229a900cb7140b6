#include "ui/model/selection.h"

#include <algorithm>

namespace ui {

bool Selection::has(engine::NodeId node) const { return std::find(nodes_.begin(), nodes_.end(), node) != nodes_.end(); }
bool Selection::has(WireEnd wire) const { return std::find(wires_.begin(), wires_.end(), wire) != wires_.end(); }

void Selection::set(std::vector<engine::NodeId> nodes, std::vector<WireEnd> wires) {
  if (nodes == nodes_ && wires == wires_) return;
  nodes_ = std::move(nodes);
  wires_ = std::move(wires);
  emit changed();
}

void Selection::toggle(engine::NodeId node) {
  auto nodes = nodes_;
  if (const auto it = std::find(nodes.begin(), nodes.end(), node); it != nodes.end()) nodes.erase(it);
  else nodes.push_back(node);
  set(std::move(nodes), wires_);
}

void Selection::keepOnly(const engine::document::Document& document) {
  auto nodes = nodes_;
  auto wires = wires_;
  std::erase_if(nodes, [&](engine::NodeId id) { return !document.node(id); });
  std::erase_if(wires, [&](WireEnd w) { return !document.wireInto(w.to, w.input); });
  set(std::move(nodes), std::move(wires));
}

}  // namespace ui
