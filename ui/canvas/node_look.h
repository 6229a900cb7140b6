// What the canvas shows of a node, as values: texts, ports, size and state. Made of the project when something that the
// node depends on has changed, and then only painted.
#pragma once
#include <QPointF>
#include <QRectF>
#include <QStaticText>
#include <QString>
#include <memory>
#include <vector>

#include "ui/model/node_size.h"
#include "ui/model/project.h"

namespace ui {

class PreviewPicture;

// The form of a port says its type, without colour: circle for real numbers, diamond for whole ones, square for bytes
// and truth, ring for a single number.
enum class PortForm { circle, diamond, square, ring };

struct PortLook {
  QString label;            // shown where a node has several
  engine::ValueInfo value;  // missing shape: nothing is known
  PortForm form = PortForm::circle;
  bool wired = false;
  QPointF at;  // in the node's own coordinates
};

PortForm formOf(const engine::ValueInfo& value);
// The colour of wires and ports that carry it.
QColor wireColor(PortForm form, engine::Type type);

// All that a look is made of: cheap to take and to compare.
struct NodeFacts {
  engine::document::NodePointer node;
  std::vector<engine::ValueInfo> inputs, outputs;  // of inputs: what comes in, missing where nothing is wired
  std::vector<bool> inputWired, outputWired;
  int64_t parameters = 0;
  std::optional<engine::Problem> problem;
  std::string column;  // of the data, that an Input or Target reads
  std::optional<engine::Op> op;  // what the node is; none: unknown
  bool operator==(const NodeFacts& other) const;
};

struct NodeTexts {
  QStaticText name, subtitle, shape, count;
  QStaticText note;     // in lines
  QStaticText farName;  // drawn larger, when the canvas is far away
};

// What a node costs, as shares of what the dearest one costs: of time forward and backward; of memory what it gives out and its
// weights; else the whole of it as `forward`.
struct NodeBar {
  double forward = 0, backward = 0;
  QString words;
  QString caption, shortCaption;  // "12.3 % of time", "12.3 %"; or "with norm1"
  bool together = false;          // its time is within another node's
  bool follows = false;           // from the document as it is, not from a run of it as it was
  bool operator==(const NodeBar&) const = default;
};

struct NodeLook {
  enum class State { fine, problem, warning };

  engine::NodeId id = 0;
  QString name, type, group, subtitle, shape, count;
  QString reason;  // of a problem or warning
  State state = State::fine;
  std::vector<PortLook> inputs, outputs;
  double width = node_size::width, height = node_size::header + node_size::footer;
  bool rows = false;  // ports stand below the header, with labels
  engine::Mode mode = engine::Mode::normal;
  bool frozen = false;
  bool bend = false;   // a reroute: a point on a wire, no card
  std::optional<QString> note;  // of a note: what it says, and nothing else of it shows
  int64_t repeat = 0;  // of a use of a block: how many stand in a row; 0: it is none

  std::shared_ptr<const PreviewPicture> preview;  // what flows out of it in the run; none: not known

  std::optional<NodeBar> bar;                     // at its foot: what it costs

  QRectF rect() const { return {0, 0, width, height}; }
  void setPreview(std::shared_ptr<const PreviewPicture> picture);  // makes room for it
  QSizeF bareSize() const { return {width, height - (preview ? node_size::preview : 0)}; }
  // The sign of a problem or hint, where there is one.
  QPointF badge() const { return {width - 17, 14}; }
  bool hasBadgeAt(QPointF point) const {
    constexpr double kReach = 10;
    return state != State::fine && !note && !bend && (point - badge()).manhattanLength() <= kReach;
  }
  // What a layout keeps free for it: with a live picture, so that a run covers nobody.
  QSizeF roomySize() const { return {width, height + (preview ? 0 : node_size::preview)}; }
  // The sentence of a screen reader: "Conv2d stem, 32 × 28 × 28, problem: ...".
  QString spoken() const;

  // Laid out, when they are painted for the first time: of a large network most are out of sight.
  const NodeTexts& texts() const;

 private:
  mutable std::shared_ptr<const NodeTexts> texts_;
};

// Facts of a node, given as its place in the document's order, of which these outputs are read.
NodeFacts factsOf(const Project& project, size_t place, const std::vector<int>& readOutputs);
NodeFacts factsOf(const engine::document::Document& document, const Insight& insight, size_t place, const std::vector<int>& readOutputs);
NodeLook lookOf(const NodeFacts& facts);
// Beside a name: "×3", in a pill; and how much of the header that takes.
inline QString repeatText(int64_t repeat) { return "×" + QString::number(repeat); }
double repeatRoom(int64_t repeat);
// The largest that its look can be, without making it.
QSizeF mostSizeOf(const Project& project, size_t place);

// What matters of a node's fields in a few words: "32 of 3 × 3". "" where nothing does.
QString essenceOf(const engine::document::Node& node, const std::optional<engine::Op>& op, const std::string& column);

}  // namespace ui
