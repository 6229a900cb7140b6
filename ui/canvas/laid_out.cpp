#include "ui/canvas/laid_out.h"

#include <QRectF>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <unordered_set>

#include "engine/document/frame_tree.h"
#include "engine/document/transaction.h"
#include "ui/canvas/frames.h"
#include "ui/model/arrange.h"
#include "ui/model/node_size.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::NodeId;
using engine::document::Document;
using engine::document::FrameTree;

namespace {

constexpr double kBeside = 120;    // a note that is farther away from all nodes has no room kept for it
constexpr double kAboveAll = 24;  // between the picture and a note that would cover something

// What becomes of a note.
struct NoteWay {
  enum class Kind { stays, beside, follows, alone };  // beside: with room for it; follows: as it may; alone: as a node without wires
  Kind kind = Kind::stays;
  NodeId note = 0, host = 0;
  QPointF off;  // of its corner, from its host's
};

bool isNote(const engine::document::Node& node) { return node.type == "Note"; }

double apart(const QRectF& a, const QRectF& b) {
  const double x = std::max({0.0, a.left() - b.right(), b.left() - a.right()}), y = std::max({0.0, a.top() - b.bottom(), b.top() - a.bottom()});
  return std::hypot(x, y) + std::hypot(a.center().x() - b.center().x(), a.center().y() - b.center().y()) * 1e-6;  // of equal ones the more central
}

std::vector<NoteWay> waysOfNotes(const LayoutRequest& request, const std::unordered_set<NodeId>& chosen) {
  std::vector<NoteWay> ways;
  const Document& document = request.document;
  const auto nodes = document.nodes();
  if (std::none_of(nodes.begin(), nodes.end(), [](const auto& node) { return isNote(*node); })) return ways;
  const FrameTree tree = engine::document::frameTree(document);
  const auto has = [&](NodeId id) { return chosen.empty() || chosen.contains(id); };
  std::vector<QRectF> rects;
  for (size_t n = 0; n < nodes.size(); ++n) {
    const engine::document::NodeRoom& room = request.how.nodes[n];
    const bool hasPreview = !isNote(*nodes[n]) && room.height > node_size::bendHeight;
    rects.emplace_back(request.shownAt.at(nodes[n]->id), QSizeF(room.width, room.height - (hasPreview ? node_size::preview : 0)));
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (!isNote(*nodes[i])) continue;
    struct Nearest {
      double distance = std::numeric_limits<double>::infinity();
      size_t node = 0;
    } inFrame, anywhere;
    for (size_t n = 0; n < nodes.size(); ++n) {
      if (isNote(*nodes[n])) continue;
      const double distance = apart(rects[i], rects[n]);
      if (distance < anywhere.distance) anywhere = {distance, n};
      if (tree.innermost[n] == tree.innermost[i] && distance < inFrame.distance) inFrame = {distance, n};
    }
    const bool isFramed = tree.innermost[i] != FrameTree::kNone;
    const bool isBeside = std::isfinite(inFrame.distance) && (isFramed || inFrame.distance <= kBeside);
    NoteWay way;
    way.note = nodes[i]->id;
    if (isBeside || (!isFramed && std::isfinite(anywhere.distance))) {
      const size_t host = isBeside ? inFrame.node : anywhere.node;
      way.host = nodes[host]->id;
      way.off = rects[i].topLeft() - rects[host].topLeft();
      const bool isNear = (isBeside ? inFrame : anywhere).distance <= kBeside;
      if (has(way.host) && (has(way.note) || isNear)) way.kind = isBeside ? NoteWay::Kind::beside : NoteWay::Kind::follows;
    } else if (has(way.note)) {
      way.kind = NoteWay::Kind::alone;
    }
    ways.push_back(way);
  }
  return ways;
}

// The nodes that are laid out, and what is between them; frames as far as their nodes are among these.
engine::Result<Document> networkOf(const Document& document, const std::function<bool(NodeId)>& has) {
  Document::Parts parts;
  for (const auto& node : document.nodes())
    if (has(node->id)) parts.nodes.push_back(*node);
  for (const auto& wire : document.wires())
    if (has(wire.from) && has(wire.to)) parts.wires.push_back(wire);
  for (engine::document::Frame frame : document.frames().list) {
    std::erase_if(frame.nodes, [&](NodeId id) { return !has(id); });
    if (!frame.nodes.empty()) parts.frames.push_back(std::move(frame));
  }
  return Document::assemble(std::move(parts));
}

// A note that would cover something stands above all of it.
void keepClear(const Document& network, const engine::document::Arrangement& how, const LayoutRequest& request, const std::vector<NoteWay>& ways,
               std::map<NodeId, QPointF>& to) {
  std::map<NodeId, QRectF> rects;
  QRectF all;
  for (size_t n = 0; n < network.nodes().size(); ++n) {
    const NodeId id = network.nodes()[n]->id;
    rects[id] = QRectF(to.at(id), QSizeF(how.nodes[n].width, how.nodes[n].height));
    all |= rects[id];
  }
  std::vector<QRectF> taken;
  for (const FrameBox& frame : frameBoxes(network, [&](NodeId id) { return rects.at(id); })) taken.push_back(frame.rect), all |= frame.rect;
  for (const auto& [id, rect] : rects) taken.push_back(rect);
  for (const NoteWay& way : ways) {
    if (way.kind != NoteWay::Kind::follows) continue;
    const auto& room = request.how.nodes[*request.document.indexOf(way.note)];
    QRectF rect(to.at(way.host) + way.off, QSizeF(room.width, room.height));
    if (std::any_of(taken.begin(), taken.end(), [&](const QRectF& other) { return other.intersects(rect); }))
      rect.moveTop(std::floor((all.top() - kAboveAll - rect.height()) / size::grid) * size::grid);
    to[way.note] = rect.topLeft();
    taken.push_back(rect), all |= rect;
  }
}

}  // namespace

engine::Result<LayoutEdit> laidOut(const LayoutRequest& request) {
  const std::unordered_set<NodeId> chosen(request.nodes.begin(), request.nodes.end());
  const std::vector<NoteWay> ways = waysOfNotes(request, chosen);
  std::map<NodeId, NoteWay::Kind> kinds;
  for (const NoteWay& way : ways) kinds[way.note] = way.kind;
  const auto has = [&](NodeId id) {
    const auto note = kinds.find(id);
    if (note == kinds.end()) return chosen.empty() || chosen.contains(id);
    return note->second == NoteWay::Kind::beside || note->second == NoteWay::Kind::alone;
  };
  const auto network = networkOf(request.document, has);
  if (!network) return tl::unexpected(network.error());
  engine::document::Arrangement how = request.how;
  how.nodes.clear();
  for (const auto& node : network->nodes()) how.nodes.push_back(request.how.nodes[*request.document.indexOf(node->id)]);
  for (const NoteWay& way : ways)
    if (way.kind == NoteWay::Kind::beside) how.beside.push_back({*network->indexOf(way.note), *network->indexOf(way.host), {way.off.x(), way.off.y()}});
  const auto positions = cornersOf(*network, how);

  LayoutEdit edit;
  // Of the layers: a note may stand anywhere.
  const bool onlyNotes = std::all_of(network->nodes().begin(), network->nodes().end(), [&](const auto& node) { return kinds.contains(node->id); });
  const auto isCorner = [&](NodeId id) { return onlyNotes || !kinds.contains(id); };
  constexpr double kFar = std::numeric_limits<double>::infinity();
  QPointF corner(kFar, kFar), first(kFar, kFar);
  for (size_t n = 0; n < positions.size(); ++n) {
    const NodeId id = network->nodes()[n]->id;
    const QPointF at = edit.from[id] = request.shownAt.at(id);
    if (!isCorner(id)) continue;
    corner = {std::min(corner.x(), at.x()), std::min(corner.y(), at.y())};
    first = {std::min(first.x(), positions[n].x()), std::min(first.y(), positions[n].y())};
  }
  if (!std::isfinite(corner.x())) corner = first = {};
  const auto onGrid = [](double v) { return std::round(v / size::grid) * size::grid; };
  for (size_t n = 0; n < positions.size(); ++n)
    edit.to[network->nodes()[n]->id] = QPointF(onGrid(corner.x()), onGrid(corner.y())) + (positions[n] - first);
  keepClear(*network, how, request, ways, edit.to);
  for (const auto& [id, at] : edit.to) edit.from.try_emplace(id, request.shownAt.at(id));
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
