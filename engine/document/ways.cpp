#include "engine/document/ways.h"

#include <deque>
#include <set>

namespace engine::document {

const Document* networkAt(const Document& document, const std::vector<NodeId>& way) {
  const Document* at = &document;
  for (const NodeId id : way) {
    const Node* use = at->node(id);
    at = use ? document.block(use->type) : nullptr;
    if (!at) return nullptr;
  }
  return at;
}

std::optional<std::vector<NodeId>> wayTo(const Document& document, std::string_view block) {
  std::set<std::string_view> seen;
  std::deque<std::pair<const Document*, std::vector<NodeId>>> open{{&document, {}}};
  while (!open.empty()) {
    const auto [network, way] = std::move(open.front());
    open.pop_front();
    for (const NodePointer& node : network->nodes()) {
      const Document* inner = document.block(node->type);
      if (!inner || !seen.insert(node->type).second) continue;
      std::vector<NodeId> to = way;
      to.push_back(node->id);
      if (node->type == block) return to;
      open.emplace_back(inner, std::move(to));
    }
  }
  return std::nullopt;
}

}  // namespace engine::document
