#include "ui/canvas/laid_out.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>

#include "engine/document/expand.h"
#include "engine/document/transaction.h"
#include "ui/model/arrange.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::NodeId;

engine::Result<LayoutEdit> laidOut(const LayoutRequest& request) {
  const std::unordered_set<NodeId> chosen(request.nodes.begin(), request.nodes.end());
  const auto has = [&](NodeId id) { return chosen.empty() || chosen.contains(id); };
  engine::document::Document::Parts parts;
  for (const auto& node : request.document.nodes())
    if (has(node->id)) parts.nodes.push_back(*node);
  for (const auto& wire : request.document.wires())
    if (has(wire.from) && has(wire.to)) parts.wires.push_back(wire);
  const auto network = engine::document::Document::assemble(std::move(parts));
  if (!network) return tl::unexpected(network.error());
  const auto positions = arranged(*network, roomyHeights(engine::document::expand(*network).network));
  LayoutEdit edit;
  QPointF corner(std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity());
  for (const auto& node : network->nodes()) {
    const QPointF at = edit.from[node->id] = request.shownAt.at(node->id);
    corner = {std::min(corner.x(), at.x()), std::min(corner.y(), at.y())};
  }
  const auto onGrid = [](double v) { return std::round(v / size::grid) * size::grid; };
  for (size_t n = 0; n < positions.size(); ++n)
    edit.to[network->nodes()[n]->id] = QPointF(onGrid(corner.x()), onGrid(corner.y())) + positions[n];
  // Every node keeps the place at which it is seen.
  engine::document::Transaction t(request.document);
  for (const auto& [id, at] : request.shownAt) {
    const auto moved = edit.to.find(id);
    if (moved == edit.to.end() && request.document.node(id)->position) continue;
    const QPointF place = moved == edit.to.end() ? at : moved->second;
    if (auto done = t.move(id, engine::document::Position{place.x(), place.y()}); !done) return tl::unexpected(done.error());
  }
  auto changes = t.finish();
  if (!changes) return tl::unexpected(changes.error());
  edit.after = request.document;
  if (auto done = edit.after.apply(*changes); !done) return tl::unexpected(done.error());
  edit.changes = *std::move(changes);
  return edit;
}

}  // namespace ui
