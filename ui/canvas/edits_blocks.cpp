// What nodes mean: bypassed, muted, frozen, folded into blocks; and bends and cuts of wires.
#include <algorithm>

#include "engine/document/folding.h"
#include "ui/canvas/edits.h"
#include "ui/model/shelf.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::Done;
using engine::NodeId;
using engine::document::Node;
using engine::document::Position;
using engine::document::Wire;

bool Edits::toggleMode(const std::vector<NodeId>& nodes, engine::Mode mode) {
  const bool all = std::all_of(nodes.begin(), nodes.end(), [&](NodeId id) { return project_.shown().node(id)->mode == mode; });
  const engine::Mode wanted = all ? engine::Mode::normal : mode;
  const int count = int(nodes.size());
  const QString text = all ? tr("Let %n layers work again", nullptr, count)
                       : mode == engine::Mode::bypassed ? tr("Bypass %n layers", nullptr, count)
                                                        : tr("Mute %n layers", nullptr, count);
  return project_.edit(text, [&](Transaction& t) -> Done {
    for (const NodeId id : nodes)
      if (Done done = t.setMode(id, wanted); !done) return done;
    return {};
  });
}

bool Edits::toggleFrozen(const std::vector<NodeId>& nodes) {
  const bool all = std::all_of(nodes.begin(), nodes.end(), [&](NodeId id) { return project_.shown().node(id)->frozen; });
  const int count = int(nodes.size());
  const QString text = all ? tr("Let %n layers learn", nullptr, count)
                           : tr("Freeze %n layers", nullptr, count);
  return project_.edit(text, [&](Transaction& t) -> Done {
    for (const NodeId id : nodes)
      if (Done done = t.setFrozen(id, !all); !done) return done;
    return {};
  });
}

bool Edits::fold(const std::vector<NodeId>& nodes) {
  // No other block of the project has the name, whatever is in view, nor one of the library, which it would replace there.
  const std::string name = freeBlockName(project_.document(), "Block");
  NodeId use = 0;
  const bool done = project_.edit(tr("Fold %n layers", nullptr, int(nodes.size())), [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    const auto made = foldNodes(t, nodes, name);
    if (!made) return tl::unexpected(made.error());
    use = *made;
    return {};
  });
  if (done) project_.selection().set({use});
  return done;
}

bool Edits::unfold(NodeId use) {
  const Node* node = project_.shown().node(use);
  const auto* block = node ? project_.document().block(node->type) : nullptr;
  if (!block) return false;
  std::vector<NodeId> made;
  const bool done = project_.edit(tr("Unfold %1").arg(qt(node->name)), [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    auto nodes = unfoldUse(t, use, *block);
    if (!nodes) return tl::unexpected(nodes.error());
    made = *std::move(nodes);
    // What nobody uses any more goes with its last use; within a block nobody knows who else uses it.
    const std::string name = block->name();
    return project_.isWithin() || usesOf(t.view(), name) > 0 ? Done() : t.removeBlock(name);
  });
  if (done) project_.selection().set(made);
  return done;
}

NodeId Edits::reroute(WireEnd end, QPointF at) {
  const Wire* found = project_.shown().wireInto(end.to, end.input);
  if (!found) return 0;
  const Wire wire = *found;
  NodeId id = 0;
  const bool done = project_.edit(tr("Bend wire"), [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    Node node;
    node.type = "Reroute";
    const QPointF corner = at - QPointF(node_size::bendWidth, node_size::bendHeight) / 2;
    node.position = Position{std::round(corner.x()), std::round(corner.y())};
    const auto made = t.addNode(std::move(node));
    if (!made) return tl::unexpected(made.error());
    id = *made;
    if (Done connected = t.connect(wire.from, wire.output, id, 0); !connected) return connected;
    if (Done connected = t.connect(id, 0, end.to, end.input); !connected) return connected;
    // Frames that the wire is in have the bend too, so that a layout leaves it there.
    const auto frames = t.view().frames().list;
    for (engine::document::Frame frame : frames) {
      const auto has = [&](NodeId other) { return std::find(frame.nodes.begin(), frame.nodes.end(), other) != frame.nodes.end(); };
      if (!has(wire.from) || !has(end.to)) continue;
      frame.nodes.push_back(id);
      if (const auto set = t.setFrame(std::move(frame)); !set) return tl::unexpected(set.error());
    }
    return {};
  });
  return finishAdd(done, id);
}

std::vector<WireEnd> Edits::wiresAcross(QLineF cut) const {
  constexpr int kPieces = 24;  // of a curve
  std::vector<WireEnd> wires;
  const QRectF box = QRectF(cut.p1(), cut.p2()).normalized().adjusted(-1, -1, 1, 1);
  for (const WireItem* wire : scene_.wires()) {
    if (!wire->isVisible() || !wire->reach().intersects(box)) continue;
    QPointF last = wire->path().pointAtPercent(0);
    for (int i = 1; i <= kPieces; ++i) {
      const QPointF next = wire->path().pointAtPercent(double(i) / kPieces);
      if (cut.intersects(QLineF(last, next)) == QLineF::BoundedIntersection) {
        wires.push_back(wire->end());
        break;
      }
      last = next;
    }
  }
  return wires;
}

}  // namespace ui
