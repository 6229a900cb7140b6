#include "ui/canvas/items.h"

#include <QHash>
#include <QPainter>
#include <cmath>
#include <limits>

#include "engine/graph/op.h"
#include "engine/graph/block.h"
#include "ui/canvas/scene.h"
#include "ui/theme/theme.h"

namespace ui {

namespace {
constexpr double kWireReach = 6;  // half of the widest pen, and some
constexpr double kDetour = 48;    // how far beyond its nodes a wire goes at most
}

void repaint(const QGraphicsItem& item) {
  const QRectF box = item.sceneBoundingRect();
  if (const auto* scene = qobject_cast<Scene*>(item.scene()); scene && !box.isEmpty()) emit scene->dirty(box);
}

// One text for all nodes of a group.
static const QString& groupOf(const engine::OpType* op) {
  static const QString blocks = "Blocks";
  if (op && engine::isBlock(*op)) return blocks;  // such types come and go
  static QHash<const engine::OpType*, QString> known;
  QString& group = known[op];
  if (op && group.isNull()) group = QString::fromUtf8(op->info.group);
  return group;
}

NodeItem::NodeItem(const Scene& scene, engine::NodeId id, const engine::OpType* op, QSizeF room, QPointF position)
    : scene_(scene), id_(id), op_(op && engine::isBlock(*op) ? nullptr : op), group_(groupOf(op)), room_(room), position_(position) {}

QString NodeItem::type() const { return op_ ? QString::fromUtf8(op_->info.name) : look().type; }

// Whether what flowed out of the node then could flow out of it now.
static bool doesTheSame(const NodeFacts& then, const NodeFacts& now) {
  const auto sameShapes = [](const engine::ValueInfo& a, const engine::ValueInfo& b) { return a.shape == b.shape; };
  return then.node->type == now.node->type && then.node->fields == now.node->fields &&
         std::equal(then.outputs.begin(), then.outputs.end(), now.outputs.begin(), now.outputs.end(), sameShapes);
}

quint64 NodeItem::newVersion() {
  static quint64 last = 0;
  return ++last;
}

bool NodeItem::find() const {
  aged_ = false;
  NodeFacts facts = scene_.factsOf(id_);
  if (made_ && made_->facts == facts) return false;
  NodeLook look = lookOf(facts);
  if (made_ && doesTheSame(made_->facts, facts)) {
    look.setPreview(made_->look.preview);
    look.bar = made_->look.bar;
  } else if (const NodeBar* bar = scene_.barOf(id_); bar && (!made_ || bar->follows)) {
    look.bar = *bar;
  }
  room_ = room_.expandedTo(look.bareSize());
  made_ = std::make_unique<Made>(Made{std::move(facts), std::move(look)});
  version_ = newVersion();
  return true;
}

bool NodeItem::renew() {
  const QRectF before = reach();
  if (!find()) return false;
  emit scene_.dirty(before | reach());
  return true;
}

QRectF NodeItem::reach() const {
  using node_size::reach;
  return QRectF(position_, room_).adjusted(-reach, -reach, reach, reach + node_size::preview);
}

void NodeItem::repaint() const { emit scene_.dirty(reach()); }

void NodeItem::setPreview(std::shared_ptr<const PreviewPicture> picture) {
  if (!picture && (!made_ || !made_->look.preview)) return;
  made();
  version_ = newVersion();
  made_->look.setPreview(std::move(picture));
  repaint();
}

void NodeItem::setBar(const NodeBar* bar) {
  if (!made_ || (bar ? made_->look.bar == *bar : !made_->look.bar)) return;
  version_ = newVersion();
  made_->look.bar = bar ? std::optional(*bar) : std::nullopt;
  repaint();
}

void NodeItem::moveTo(QPointF position) {
  if (position == position_) return;
  repaint();
  position_ = position;
  repaint();
}

void NodeItem::setMarks(const NodeMarks& marks) {
  if (marks == marks_) return;
  setMarksQuietly(marks);
  repaint();
}

void NodeItem::setMarksQuietly(const NodeMarks& marks) {
  if (marks == marks_) return;
  version_ = newVersion();
  marks_ = marks;
}

WireItem::WireItem(const Scene& scene, WireEnd end, engine::NodeId from, int output)
    : scene_(scene), end_(end), from_(from), output_(output) {}

WireItem::Made WireItem::make() const {
  const NodeItem &from = *scene_.node(from_), &to = *scene_.node(end_.to);
  Made made;
  made.path = wirePath(from.outputAt(output_), to.inputAt(end_.input), from.nodeRect(), to.nodeRect());
  made.box = made.path.controlPointRect().adjusted(-kWireReach, -kWireReach, kWireReach, kWireReach);
  if (const auto& outputs = from.facts().outputs; size_t(output_) < outputs.size()) made.value = outputs[size_t(output_)];
  return made;
}

const WireItem::Made& WireItem::made() const {
  if (!isMade()) made_ = make(), aged_ = false;
  return *made_;
}

QRectF WireItem::reach() const {
  if (isMade()) return made_->box;
  const QRectF was = made_ ? made_->box : QRectF();
  const NodeItem *from = scene_.node(from_), *to = scene_.node(end_.to);
  if (!from || !to) return was;
  return was | (from->reach() | to->reach()).adjusted(-kDetour, -kDetour, kDetour, kDetour);
}

void WireItem::repaint() const {
  if (const QRectF box = reach(); !box.isEmpty()) emit scene_.dirty(box);
}

void WireItem::renew() {
  if (!made_) return;
  Made now = make();
  aged_ = false;
  if (now.path == made_->path && now.value.type == made_->value.type && now.value.shape == made_->value.shape) return;
  repaint();
  *made_ = std::move(now);
  repaint();
}

void WireItem::setShown(bool shown) {
  shown_ = shown;
  repaint();
}

void WireItem::setMarks(const WireMarks& marks) {
  if (marks == marks_) return;
  marks_ = marks;
  repaint();
}

double WireItem::distance(QPointF point, double limit) const {
  constexpr double far = std::numeric_limits<double>::infinity();
  if (!reach().adjusted(-limit, -limit, limit, limit).contains(point)) return far;
  double best = far;
  for (const QPolygonF& line : path().toSubpathPolygons())
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
