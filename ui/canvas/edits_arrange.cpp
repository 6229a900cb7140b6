// Edges, gaps and frames: where nodes stand beside each other.
#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "ui/canvas/edits.h"
#include "ui/model/text.h"

namespace ui {

using engine::Done;
using engine::NodeId;
using engine::document::Frame;

bool Edits::align(const std::vector<NodeId>& nodes, Line line) {
  std::map<NodeId, QRectF> boxes;
  QRectF all;
  for (const NodeId id : nodes) all |= boxes[id] = QRectF(scene_.positionOf(id), scene_.node(id)->look().rect().size());
  const auto wanted = [&](const QRectF& box) -> QPointF {
    switch (line) {
      case Line::left: return {all.left(), box.top()};
      case Line::center: return {all.center().x() - box.width() / 2, box.top()};
      case Line::right: return {all.right() - box.width(), box.top()};
      case Line::top: return {box.left(), all.top()};
      case Line::middle: return {box.left(), all.center().y() - box.height() / 2};
      case Line::bottom: return {box.left(), all.bottom() - box.height()};
    }
    return box.topLeft();
  };
  return project_.edit(tr("Align %n layers", nullptr, int(nodes.size())), [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    for (const auto& [id, box] : boxes)
      if (Done done = place(t, id, wanted(box)); !done) return done;
    return {};
  });
}

bool Edits::distribute(const std::vector<NodeId>& nodes, Qt::Orientation along) {
  if (nodes.size() < 3) return false;
  struct Box {
    NodeId id;
    QRectF rect;
  };
  std::vector<Box> boxes;
  for (const NodeId id : nodes) boxes.push_back({id, QRectF(scene_.positionOf(id), scene_.node(id)->look().rect().size())});
  const bool across = along == Qt::Horizontal;
  std::stable_sort(boxes.begin(), boxes.end(), [&](const Box& a, const Box& b) { return across ? a.rect.left() < b.rect.left() : a.rect.top() < b.rect.top(); });
  const auto size = [&](const Box& box) { return across ? box.rect.width() : box.rect.height(); };
  double within = 0;
  for (const Box& box : boxes) within += size(box);
  const double first = across ? boxes.front().rect.left() : boxes.front().rect.top();
  const double last = across ? boxes.back().rect.right() : boxes.back().rect.bottom();
  const double gap = (last - first - within) / double(boxes.size() - 1);
  return project_.edit(tr("Distribute %n layers", nullptr, int(boxes.size())), [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    double at = first;
    for (const Box& box : boxes) {
      const QPointF corner = across ? QPointF(std::round(at), box.rect.top()) : QPointF(box.rect.left(), std::round(at));
      if (Done done = place(t, box.id, corner); !done) return done;
      at += size(box) + gap;
    }
    return {};
  });
}

// ------------------------------------------------------------------------- frames ----

Done Edits::takeFrames(Transaction& t, const std::vector<Frame>& frames) {
  for (const Frame& frame : frames) {
    if (frame.nodes.empty()) {
      if (Done done = t.removeFrame(frame.id); !done) return done;
    } else if (auto done = t.setFrame(frame); !done) {
      return tl::unexpected(done.error());
    }
  }
  return {};
}

bool Edits::toggleFrame(const std::vector<NodeId>& nodes) {
  const std::unordered_set<NodeId> wanted(nodes.begin(), nodes.end());
  for (const Frame& frame : project_.shown().frames().list)
    if (frame.nodes.size() == wanted.size() && std::all_of(frame.nodes.begin(), frame.nodes.end(), [&](NodeId id) { return wanted.contains(id); }))
      return removeFrame(frame.id);
  return project_.edit(tr("Frame"), [&](Transaction& t) -> Done {
    const auto id = t.setFrame({0, utf8(tr("Frame")), 0, nodes, {}});
    return id ? Done() : tl::unexpected(id.error());
  });
}

bool Edits::renameFrame(NodeId id, const QString& title) {
  const Frame* frame = project_.shown().frames().frame(id);
  if (!frame) return false;
  Frame named = *frame;
  named.title = utf8(title.trimmed());
  return project_.edit(tr("Rename frame"), [&](Transaction& t) { return takeFrames(t, {named}); });
}

bool Edits::colorFrame(NodeId id, int color) {
  const Frame* frame = project_.shown().frames().frame(id);
  if (!frame) return false;
  Frame colored = *frame;
  colored.color = color;
  return project_.edit(tr("Color frame"), [&](Transaction& t) { return takeFrames(t, {colored}); });
}

bool Edits::removeFrame(NodeId id) {
  return project_.edit(tr("Remove frame"), [&](Transaction& t) { return t.removeFrame(id); });
}

std::vector<Frame> Edits::framesAfter(const std::vector<FrameBox>& seen, const std::map<NodeId, QPointF>& positions) const {
  std::vector<Frame> changed;
  for (const FrameBox& box : seen) {
    const Frame* frame = project_.shown().frames().frame(box.id);
    if (!frame) continue;
    // One that moves as a whole keeps what it has, and takes nothing up on its way.
    if (std::all_of(frame->nodes.begin(), frame->nodes.end(), [&](NodeId id) { return positions.contains(id); })) continue;
    Frame after = *frame;
    for (const auto& [id, position] : positions) {
      const NodeItem* item = scene_.node(id);
      if (!item) continue;
      const bool is = box.rect.contains(QRectF(position, item->look().rect().size()).center());
      const auto at = std::find(after.nodes.begin(), after.nodes.end(), id);
      if (is && at == after.nodes.end()) after.nodes.push_back(id);
      if (!is && at != after.nodes.end()) after.nodes.erase(at);
    }
    if (after.nodes != frame->nodes) changed.push_back(std::move(after));
  }
  return changed;
}

}  // namespace ui
