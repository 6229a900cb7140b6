// What is selected on the canvas: nodes and wires, by their identity. One for canvas, inspector, outline and undo.
#pragma once
#include <QObject>
#include <vector>

#include "engine/document/document.h"

namespace ui {

// A wire by the port that it ends in.
struct WireEnd {
  engine::NodeId to = 0;
  int input = 0;
  bool operator==(const WireEnd&) const = default;
};

class Selection : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;
  // In the order in which they were selected; the last one is the current one, whose fields the inspector shows.
  const std::vector<engine::NodeId>& nodes() const { return nodes_; }
  const std::vector<WireEnd>& wires() const { return wires_; }
  engine::NodeId current() const { return nodes_.empty() ? 0 : nodes_.back(); }  // 0: none
  bool empty() const { return nodes_.empty() && wires_.empty(); }
  bool has(engine::NodeId node) const;
  bool has(WireEnd wire) const;

  void set(std::vector<engine::NodeId> nodes, std::vector<WireEnd> wires = {});
  void clear() { set({}); }
  void toggle(engine::NodeId node);
  // Drops what is no longer in the document.
  void keepOnly(const engine::document::Document& document);

 signals:
  void changed();

 private:
  std::vector<engine::NodeId> nodes_;
  std::vector<WireEnd> wires_;
};

}  // namespace ui
