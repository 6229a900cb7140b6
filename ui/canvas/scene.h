// The network as a scene: one item a node and a wire, kept in step with the project. Follows each edit with the items
// that it touches; starts anew only for another document. Then all items are there at once, but what they look like is
// found when it is asked for, and else a few milliseconds at a time.
#pragma once
#include <QGraphicsScene>
#include <QHash>
#include <QTimer>

#include "ui/canvas/fit.h"
#include "ui/canvas/frames.h"
#include "ui/canvas/items.h"

namespace ui {

// What lies under a point.
struct Hit {
  enum class Kind { nothing, node, port, wire, frame };
  Kind kind = Kind::nothing;
  engine::NodeId node = 0;
  bool title = false;  // of the node: its name
  PortRef port;
  WireEnd wire;
  engine::NodeId frame = 0;  // whose title it is
};

struct DiffMarks;

class Scene : public QGraphicsScene {
  Q_OBJECT
 public:
  explicit Scene(Project& project, QObject* parent = nullptr);
  ~Scene() override;

  NodeItem* node(engine::NodeId id) const { return nodes_.value(id); }
  WireItem* wire(WireEnd end) const { return wires_.value({end.to, end.input}); }
  const std::vector<NodeItem*>& nodes() const { return ordered_; }  // in the document's order
  const std::vector<WireItem*>& wires() const { return wireList_; }
  const std::vector<WireItem*>& wiresAt(engine::NodeId id) const;

  // Where a node stands: its own position, or that of the layout where it has none.
  QPointF positionOf(engine::NodeId id) const;
  bool allPlaced() const;  // every node has a position of its own
  const QRectF& contentRect() const;  // frames included
  // As they are seen, outer ones first.
  const std::vector<FrameBox>& frames() const;
  const FrameBox* frame(engine::NodeId id) const;
  // Frames that hold others too than these nodes stay as they are while a hand moves these, so that it can take them out.
  void holdFrames(const std::vector<engine::NodeId>& moving);
  void letFramesGo();
  void lightFrame(engine::NodeId id);  // what is let go would be in it; 0: none
  engine::NodeId litFrame() const { return litFrame_; }
  // The innermost frame that a point is in; 0: none.
  engine::NodeId frameAt(QPointF point) const;
  NodeFacts factsOf(engine::NodeId id) const;  // as the project is now
  // Whether all looks and ways are found, and what is to be found first.
  bool isFilled() const { return !filling_.isActive(); }
  void setSight(const QRectF& part) { sight_ = part; }
  // Finds looks of nodes and ways of wires, those in sight first, at least one, until it is late. True: all are found.
  bool fillUntil(const std::function<bool()>& isLate);

  // `scale` is the view's: what can be hit is as large as what is seen.
  Hit hitAt(QPointF point, double scale) const;
  // The nearest wire within reach, for what is dropped on it; none of those at `except`.
  WireItem* wireAt(QPointF point, double reach, engine::NodeId except = 0) const;

  // Moves the picture of a node and its wires, not the node; restore() puts all back.
  void preview(engine::NodeId id, QPointF position);
  void restore();
  // Live pictures of a run, for the nodes that have one; the others lose theirs. An edit that changes what a node does
  // takes its picture away.
  void setPreviews(const QHash<engine::NodeId, std::shared_ptr<const PreviewPicture>>& pictures);
  // What the nodes cost, likewise. Looks that are found later take theirs from here.
  void setBars(const QHash<engine::NodeId, NodeBar>& bars);
  const NodeBar* barOf(engine::NodeId id) const {
    const auto bar = bars_.constFind(id);
    return bar == bars_.cend() ? nullptr : &*bar;
  }
  // What is different from another version; null: it is not compared.
  void setDiff(std::shared_ptr<const DiffMarks> marks);
  const DiffMarks* diff() const { return diff_.get(); }
  void setRunning(bool running);
  void clearMarks();  // faded, rings, accents
  DraftItem& draft() { return *draft_; }
  // What a hand holds over the canvas; null: nothing. Its owner takes it back before it dies.
  void setGhost(QGraphicsItem* ghost);
  QGraphicsItem* ghost() const { return ghost_; }

  // How much work was done, for the tests that bound it.
  struct Counters {
    int created = 0, destroyed = 0, looks = 0, rebuilds = 0;
  };
  Counters counters;

 signals:
  void refreshed();  // after shapes and problems of earlier edits were found
  void settled();   // after the items follow an edit, or another document
  void selected();  // the selection is shown
  void restored();  // what moved for show is where it belongs
  void dirty(const QRectF& box) const;  // is to be painted anew
  void filled();                        // the last looks of a new document are found

 private:
  void rebuild();
  void follow(const engine::document::ChangeSet& changes);
  void refresh(const std::vector<size_t>& nodes);  // looks, places and wires of these nodes
  void takeOrder();
  void fill();
  bool place(const std::vector<NodeItem*>& items);  // true: all were laid out anew
  WireItem* addWire(const engine::document::Wire& wire);
  void dropWire(const engine::document::Wire& wire);
  void clear();
  void growSceneRect();
  void showSelection();

  Project& project_;
  QHash<engine::NodeId, NodeItem*> nodes_;
  QHash<QPair<engine::NodeId, int>, WireItem*> wires_;
  QHash<engine::NodeId, std::vector<WireItem*>> wiresAt_;
  QHash<engine::NodeId, QPointF> layout_;   // of nodes without a position, those too that undo may bring back
  std::vector<engine::NodeId> shownNodes_;  // as selected
  std::vector<WireEnd> shownWires_;
  std::vector<NodeItem*> ordered_;
  std::vector<WireItem*> wireList_;
  void forgetFrames();
  void forgetPlaces();  // something moved, or is larger
  mutable std::optional<QRectF> content_;
  mutable std::optional<std::vector<FrameBox>> frames_;
  std::vector<FrameBox> held_;
  engine::NodeId litFrame_ = 0;
  std::shared_ptr<const DiffMarks> diff_;
  DraftItem* draft_;
  QGraphicsItem* ghost_ = nullptr;
  bool running_ = false;
  QHash<engine::NodeId, NodeBar> bars_;
  QTimer filling_;
  QRectF sight_;
  struct Found {  // how far fillUntil() got, first in sight, then everywhere
    QRectF sight;
    bool everywhere = false, any = false;
    size_t nodes = 0, wires = 0;
  };
  Found found_;
};

}  // namespace ui
