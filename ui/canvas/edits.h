// What the canvas's hands do to the document, each one named undo step. Knows where nodes stand and how large they are
// from the scene, and nothing of mouse and keys.
#pragma once
#include <QObject>
#include <map>

#include "ui/canvas/scene.h"

namespace ui {

class Edits : public QObject {
  Q_OBJECT
 public:
  using NodeId = engine::NodeId;
  using Transaction = engine::document::Transaction;

  Edits(Project& project, Scene& scene, QObject* parent = nullptr);

  // Wires. Where `insert` is given, that node is made and put between.
  bool connect(PortRef output, PortRef input, const std::optional<engine::InsertBefore>& insert = {});
  bool reconnect(WireEnd old, PortRef output, PortRef input, const std::optional<engine::InsertBefore>& insert = {});
  bool disconnect(const std::vector<WireEnd>& wires);
  bool dropWires(PortRef port);
  bool dropWires(const std::vector<NodeId>& nodes);
  std::vector<WireEnd> wiresOf(PortRef port) const;

  // Nodes. Each gives 0 where it was refused; what is new is selected.
  NodeId add(const QString& op, QPointF middle);
  NodeId append(const QString& op, const std::vector<NodeId>& to);  // right of the last one, fed by them
  NodeId addTo(const QString& op, QPointF corner, PortRef port);    // wired to that port, either way
  NodeId insert(const QString& op, QPointF middle, WireEnd wire);
  bool insertExisting(NodeId node, QPointF position, WireEnd wire);
  // Whether a node stands free, and what comes over the wire may pass through it.
  bool canInsert(NodeId node, WireEnd wire) const;
  bool canInsert(const QString& op, WireEnd wire) const;

  // With the frames that they come into or leave, where a hand let them go.
  bool move(const std::map<NodeId, QPointF>& positions, quint64 gesture = 0, const std::vector<engine::document::Frame>& frames = {});
  // A layout of so many layers: the changes, and what they make of the document.
  bool layOut(engine::document::ChangeSet changes, engine::document::Document after, int count);
  // To the outermost edge, or the common middle; distributed: equal gaps between the first and the last.
  enum class Line { left, center, right, top, middle, bottom };
  bool align(const std::vector<NodeId>& nodes, Line line);
  bool distribute(const std::vector<NodeId>& nodes, Qt::Orientation along);
  bool rename(NodeId node, const QString& name);
  bool writeNote(NodeId note, const QString& text);
  bool remove(const std::vector<NodeId>& nodes, const std::vector<WireEnd>& wires);
  bool removeAndHeal(const std::vector<NodeId>& nodes);

  // On where not all are so already, else off.
  bool toggleMode(const std::vector<NodeId>& nodes, engine::Mode mode);
  bool toggleFrozen(const std::vector<NodeId>& nodes);

  // Frames. Nodes that are all of a frame's lose it instead.
  bool toggleFrame(const std::vector<NodeId>& nodes);
  bool renameFrame(NodeId frame, const QString& title);
  bool colorFrame(NodeId frame, int color);
  bool removeFrame(NodeId frame);
  // Which frames are others when nodes stand where they do now: those whose middle has left one, or come into one, of `seen`.
  std::vector<engine::document::Frame> framesAfter(const std::vector<FrameBox>& seen, const std::map<NodeId, QPointF>& positions) const;

  // Blocks. What folds is selected as its use, what unfolds as its nodes.
  bool fold(const std::vector<NodeId>& nodes);
  bool unfold(NodeId use);

  // A bend of the wire, there; and all wires that a line crosses, gone.
  NodeId reroute(WireEnd wire, QPointF at);
  std::vector<WireEnd> wiresAcross(QLineF cut) const;

  // The clipboard's text is a project file with the nodes alone; wires from outside are told apart in it.
  QString copyText(const std::vector<NodeId>& nodes) const;
  // "" where the text holds nodes, else why it cannot be pasted.
  static QString whyNotPaste(const QString& text);
  bool paste(const QString& text, QPointF middle, bool wired);
  bool duplicate(const std::vector<NodeId>& nodes);

  // Where a box may stand without lying on another: at the wish, or below it.
  QPointF freePlace(QPointF corner, QSizeF size) const;

 private:
  engine::document::Node newNode(const QString& op) const;
  engine::Done bring(engine::document::Transaction& t, engine::document::Node& node) const;
  engine::Done pin(Transaction& t) const;  // every node keeps the place at which it is seen
  engine::Done place(Transaction& t, NodeId node, QPointF corner) const;
  engine::Done wireUp(Transaction& t, NodeId node, const std::vector<PortRef>& outputs) const;
  QPointF seatOn(WireEnd wire, const NodeLook& look, QPointF corner) const;
  engine::Done makeRoom(Transaction& t, NodeId node, QRectF box, WireEnd wire) const;
  bool addParts(const QString& text, const engine::document::Document& parts, QPointF by, bool wired);
  static engine::Done takeFrames(Transaction& t, const std::vector<engine::document::Frame>& frames);
  NodeId finishAdd(bool done, NodeId id);

  Project& project_;
  Scene& scene_;
};

}  // namespace ui
