#include "ui/canvas/items.h"

#include <QPainter>
#include <cmath>
#include <limits>

#include "ui/canvas/scene.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr double kWireReach = 6;  // half of the widest pen, and some
}

void repaint(const QGraphicsItem& item) {
  const QRectF box = item.sceneBoundingRect();
  if (const auto* scene = qobject_cast<Scene*>(item.scene()); scene && !box.isEmpty()) emit scene->dirty(box);
}

NodeItem::NodeItem(NodeLook look) : look_(std::move(look)) {
  setAcceptedMouseButtons(Qt::NoButton);
  setFlag(ItemUsesExtendedStyleOption, false);
}

quint64 NodeItem::newVersion() {
  static quint64 last = 0;
  return ++last;
}

void NodeItem::setLook(NodeLook look) {
  version_ = newVersion();
  if (look.width != look_.width || look.height != look_.height) {
    repaint(*this);
    prepareGeometryChange();
  }
  look_ = std::move(look);
  repaint(*this);
}

void NodeItem::setPreview(std::shared_ptr<const PreviewPicture> picture) {
  if (!picture && !look_.preview) return;
  version_ = newVersion();
  if (!picture != !look_.preview) {
    repaint(*this);
    prepareGeometryChange();
  }
  look_.setPreview(std::move(picture));
  repaint(*this);
}

void NodeItem::moveTo(QPointF position) {
  if (position == pos()) return;
  repaint(*this);
  setPos(position);
  repaint(*this);
}

void NodeItem::setMarks(const NodeMarks& marks) {
  if (marks == marks_) return;
  version_ = newVersion();
  marks_ = marks;
  repaint(*this);
}

QRectF NodeItem::boundingRect() const {
  using node_size::reach;
  return look_.rect().adjusted(-reach, -reach, reach, reach);
}

QPainterPath NodeItem::shape() const {
  QPainterPath path;
  path.addRect(look_.rect());
  return path;
}

WireItem::WireItem(WireEnd end) : end_(end) {
  setAcceptedMouseButtons(Qt::NoButton);
}

void WireItem::setSource(engine::NodeId from, int output, const engine::ValueInfo& value) {
  if (from == from_ && output == output_ && value.type == value_.type && value.shape == value_.shape) return;
  from_ = from;
  output_ = output;
  value_ = value;
  repaint(*this);
}

void WireItem::setPath(const QPainterPath& path) {
  if (path == path_) return;
  repaint(*this);
  prepareGeometryChange();
  path_ = path;
  box_ = path.controlPointRect().adjusted(-kWireReach, -kWireReach, kWireReach, kWireReach);
  repaint(*this);
}

void WireItem::setShown(bool shown) {
  setVisible(shown);
  repaint(*this);
}

void WireItem::setMarks(const WireMarks& marks) {
  if (marks == marks_) return;
  marks_ = marks;
  repaint(*this);
}

double WireItem::distance(QPointF point, double limit) const {
  constexpr double far = std::numeric_limits<double>::infinity();
  if (!box_.adjusted(-limit, -limit, limit, limit).contains(point)) return far;
  double best = far;
  for (const QPolygonF& line : path_.toSubpathPolygons())
    for (qsizetype i = 1; i < line.size(); ++i) {
      const QPointF a = line[i - 1], along = line[i] - a, to = point - a;
      const double length = QPointF::dotProduct(along, along);
      const double t = length > 0 ? std::clamp(QPointF::dotProduct(to, along) / length, 0.0, 1.0) : 0;
      const QPointF off = to - along * t;
      best = std::min(best, std::hypot(off.x(), off.y()));
    }
  return best <= limit ? best : far;
}

DraftItem::DraftItem() {
  setAcceptedMouseButtons(Qt::NoButton);
}

void DraftItem::show(const QPainterPath& path, Kind kind, const QColor& color, bool backward) {
  repaint(*this);
  prepareGeometryChange();
  path_ = path;
  kind_ = kind;
  color_ = color;
  backward_ = backward;
  setVisible(true);
  repaint(*this);
}

void DraftItem::hide() {
  setVisible(false);
  repaint(*this);
}

void DraftItem::paint(QPainter* p, const QStyleOptionGraphicsItem*, QWidget*) {
  if (path_.isEmpty()) return;
  const Theme& t = theme();
  const QColor color = kind_ == Kind::refused ? t.state.problem : color_;
  QPen pen(color, kind_ == Kind::fits ? 3 : 2.5, Qt::SolidLine, Qt::RoundCap);
  if (kind_ == Kind::refused) pen.setDashPattern({2.8, 2});
  if (kind_ == Kind::open) pen.setDashPattern({0.4, 2.4});
  p->setPen(pen);
  p->setBrush(Qt::NoBrush);
  p->drawPath(path_);
  const QPointF first = path_.elementAt(0), last = path_.currentPosition();
  const QPointF start = backward_ ? last : first, tip = backward_ ? first : last;
  p->setPen(QPen(color_, 1.5));
  p->drawEllipse(start, 9, 9);
  if (kind_ == Kind::refused) {
    p->setBrush(t.surface.node);
    p->setPen(QPen(color, 1.75));
    p->drawEllipse(tip, 9, 9);
    p->drawLine(tip + QPointF(-3.2, -3.2), tip + QPointF(3.2, 3.2));
    p->drawLine(tip + QPointF(3.2, -3.2), tip + QPointF(-3.2, 3.2));
  } else {
    p->setPen(Qt::NoPen);
    p->setBrush(color);
    p->drawEllipse(tip, 5, 5);
  }
}

}  // namespace ui
