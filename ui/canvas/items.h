// The items of the scene: nodes and wires, keyed by identity. They hold values only and say what has to be painted anew;
// hands and painting are the view's.
#pragma once
#include <QGraphicsItem>

#include "ui/canvas/paint.h"
#include "ui/model/selection.h"

namespace ui {

// Has the view paint anew where the item is. Qt's own update() remembers where an item was painted last, and these are
// painted by the view.
void repaint(const QGraphicsItem& item);

class NodeItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 1 };
  explicit NodeItem(NodeLook look);

  engine::NodeId id() const { return look_.id; }
  const NodeLook& look() const { return look_; }
  const NodeMarks& marks() const { return marks_; }
  // Another number, never used before, after each change of what it looks like.
  quint64 version() const { return version_; }
  void setLook(NodeLook look);
  void setPreview(std::shared_ptr<const PreviewPicture> picture);  // null: none
  void moveTo(QPointF position);
  void setMarks(const NodeMarks& marks);
  template <class Change>
  void mark(Change&& change) {
    NodeMarks marks = marks_;
    change(marks);
    setMarks(marks);
  }
  QRectF nodeRect() const { return look_.rect().translated(pos()); }
  QPointF inputAt(int port) const {
    return pos() +
           (size_t(port) < look_.inputs.size() ? look_.inputs[size_t(port)].at : QPointF(0, node_size::portFirst));
  }
  QPointF outputAt(int port) const {
    return pos() + (size_t(port) < look_.outputs.size() ? look_.outputs[size_t(port)].at
                                                        : QPointF(look_.width, node_size::portFirst));
  }

  int type() const override { return Type; }
  QRectF boundingRect() const override;
  QPainterPath shape() const override;
  void paint(QPainter*, const QStyleOptionGraphicsItem*, QWidget*) override {}  // the view does

 private:
  static quint64 newVersion();
  NodeLook look_;
  NodeMarks marks_;
  quint64 version_ = newVersion();
};

class WireItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 2 };
  explicit WireItem(WireEnd end);

  WireEnd end() const { return end_; }
  engine::NodeId from() const { return from_; }
  int output() const { return output_; }
  const QPainterPath& path() const { return path_; }
  const engine::ValueInfo& value() const { return value_; }
  const WireMarks& marks() const { return marks_; }

  void setSource(engine::NodeId from, int output, const engine::ValueInfo& value);
  void setPath(const QPainterPath& path);
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

  int type() const override { return Type; }
  QRectF boundingRect() const override { return box_; }
  void paint(QPainter*, const QStyleOptionGraphicsItem*, QWidget*) override {}  // the view does

 private:
  WireEnd end_;
  engine::NodeId from_ = 0;
  int output_ = 0;
  engine::ValueInfo value_;
  WireMarks marks_;
  QPainterPath path_;
  QRectF box_;
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
