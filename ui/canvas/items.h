// The items of the scene: nodes and wires, keyed by identity. They hold values only and say what has to be painted anew;
// hands and painting are the view's. What a node looks like, and the way of a wire, is found when it is asked for, and
// again after it has aged: of many at once the scene finds a few at a time, those in sight first, and nobody has to know
// how far it is.
#pragma once
#include <QGraphicsItem>

#include "ui/canvas/paint.h"
#include "ui/model/selection.h"

namespace ui {

class Scene;

// Has the view paint anew where the item is. Qt's own update() remembers where an item was painted last, and these are
// painted by the view.
void repaint(const QGraphicsItem& item);

class NodeItem {
 public:
  NodeItem(const Scene& scene, engine::NodeId id, const engine::OpType* op, QSizeF room, QPointF position);

  engine::NodeId id() const { return id_; }
  QString type() const;
  const QString& group() const { return group_; }
  QPointF pos() const { return position_; }
  const NodeLook& look() const { return made().look; }
  const NodeFacts& facts() const { return made().facts; }
  bool isMade() const { return made_ && !aged_; }
  // The look that was found last, which may have aged; null: none yet.
  const NodeLook* lastLook() const { return made_ ? &made_->look : nullptr; }
  const NodeMarks& marks() const { return marks_; }
  // Another number, never used before, after each change of what it looks like.
  quint64 version() const { return made(), version_; }
  // Anything about the node may be different now: its look is to be found when it is asked for, and is at most so large.
  void age(QSizeF most) { aged_ = true, room_ = room_.expandedTo(most); }
  bool renew();  // finds its look now; true where it is another one
  void setPreview(std::shared_ptr<const PreviewPicture> picture);  // null: none
  void setBar(const NodeBar* bar);  // null: none. What was not looked at yet stays so
  void moveTo(QPointF position);
  void moveQuietly(QPointF position) { position_ = position; }  // who calls it has all painted anew
  void setMarks(const NodeMarks& marks);
  void setMarksQuietly(const NodeMarks& marks);
  template <class Change>
  void mark(Change&& change) {
    NodeMarks marks = marks_;
    change(marks);
    setMarks(marks);
  }
  QRectF nodeRect() const { return look().rect().translated(position_); }
  // All that it paints, in its own coordinates.
  QRectF box() const {
    constexpr double reach = node_size::reach;
    return look().rect().adjusted(-reach, -reach, reach, reach);
  }
  // nodeRect(), or before it was found about the same.
  QRectF likelyRect() const { return made_ ? made_->look.rect().translated(position_) : QRectF(position_, room_); }
  // It lies within, and with it all that it paints; known without its look.
  QRectF reach() const;
  QPointF inputAt(int port) const {
    const auto& inputs = look().inputs;
    return position_ + (size_t(port) < inputs.size() ? inputs[size_t(port)].at : QPointF(0, node_size::portFirst));
  }
  QPointF outputAt(int port) const {
    const auto& outputs = look().outputs;
    return position_ +
           (size_t(port) < outputs.size() ? outputs[size_t(port)].at : QPointF(look().width, node_size::portFirst));
  }

 private:
  struct Made {
    NodeFacts facts;
    NodeLook look;
  };
  const Made& made() const {
    if (!isMade()) find();
    return *made_;
  }
  bool find() const;
  void repaint() const;
  static quint64 newVersion();

  const Scene& scene_;
  engine::NodeId id_;
  const engine::OpType* op_;  // null: unknown, or a block's
  QString group_;
  mutable QSizeF room_;  // the largest that it can be without a live picture
  QPointF position_;
  mutable std::unique_ptr<Made> made_;
  mutable bool aged_ = false;
  NodeMarks marks_;
  mutable quint64 version_ = newVersion();
};

class WireItem {
 public:
  WireItem(const Scene& scene, WireEnd end, engine::NodeId from, int output);

  WireEnd end() const { return end_; }
  engine::NodeId from() const { return from_; }
  int output() const { return output_; }
  const QPainterPath& path() const { return made().path; }
  const engine::ValueInfo& value() const { return made().value; }
  bool isMade() const { return made_ && !aged_; }
  bool hasWay() const { return made_.has_value(); }  // one that may have aged
  const QPainterPath& lastPath() const { return made_->path; }
  const engine::ValueInfo& lastValue() const { return made_->value; }
  const WireMarks& marks() const { return marks_; }
  bool isVisible() const { return shown_; }

  // Its nodes moved or look different, or something else flows through it: to be found when it is asked for, or now.
  void age() { aged_ = true; }
  void renew();
  void setShown(bool shown);
  void setMarks(const WireMarks& marks);
  template <class Change>
  void mark(Change&& change) {
    WireMarks marks = marks_;
    change(marks);
    setMarks(marks);
  }
  // How far a point is from the wire; infinite where it is far off.
  double distance(QPointF point, double limit) const;
  // It lies within; known without its way.
  QRectF reach() const;

 private:
  struct Made {
    QPainterPath path;
    QRectF box;
    engine::ValueInfo value;
  };
  Made make() const;
  const Made& made() const;
  void repaint() const;

  const Scene& scene_;
  WireEnd end_;
  engine::NodeId from_;
  int output_;
  mutable std::optional<Made> made_;
  mutable bool aged_ = false;
  WireMarks marks_;
  bool shown_ = true;
};

// The wire that a hand drags: over everything, dashed where it does not fit.
class DraftItem : public QGraphicsItem {
 public:
  enum class Kind { open, fits, refused };
  DraftItem();
  void show(const QPainterPath& path, Kind kind, const QColor& color, bool backward);
  void hide();
  Kind kind() const { return kind_; }
  QRectF boundingRect() const override { return path_.controlPointRect().adjusted(-14, -14, 14, 14); }
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  QPainterPath path_;
  Kind kind_ = Kind::open;
  QColor color_;
  bool backward_ = false;  // drawn from the input that the hand started at: the pointer is at its beginning
};

}  // namespace ui
