// Pan, rubber band, move and drop.
#include <cmath>

#include "ui/canvas/tool.h"
#include "ui/canvas/view.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::NodeId;

namespace {
constexpr double kInsertReach = 28;  // from the middle of what is dropped to a wire that takes it
double snapTo(double v) { return std::round(v / size::grid) * size::grid; }
QString hintOfInsert(const QString& what, const Project& project, WireEnd end) {
  const auto* wire = project.shown().wireInto(end.to, end.input);
  return CanvasView::tr("Let go to insert %1 between %2 and %3. Alt drops it without inserting.")
      .arg(what, qt(project.shown().node(wire->from)->name), qt(project.shown().node(end.to)->name));
}
}  // namespace

void PanTool::move(const Pointer& pointer) {
  view_.pan(pointer.view - last_);
  last_ = pointer.view;
}

void PanTool::release(const Pointer&) {}

// ------------------------------------------------------------------- rubber band ----

BandTool::BandTool(CanvasView& view, QPointF start, bool adds)
    : Tool(view),
      start_(start),
      before_(view.project().selection().nodes()),
      wiresBefore_(view.project().selection().wires()) {
  if (adds) kept_ = before_;
}

void BandTool::move(const Pointer& pointer) {
  const QRectF band = QRectF(start_, pointer.scene).normalized();
  view_.setBand(band);
  std::vector<NodeId> nodes = kept_;
  for (const NodeItem* item : view_.canvasScene().nodes())
    if (item->reach().intersects(band) && item->nodeRect().intersects(band) &&
        std::find(kept_.begin(), kept_.end(), item->id()) == kept_.end())
      nodes.push_back(item->id());
  view_.project().selection().set(std::move(nodes));
}

void BandTool::release(const Pointer& pointer) {
  move(pointer);
  view_.setBand({});
}

void BandTool::cancel() {
  view_.setBand({});
  view_.project().selection().set(before_, wiresBefore_);
  view_.project().selection().keepOnly(view_.project().shown());
}

// -------------------------------------------------------------------------- move ----

MoveTool::MoveTool(CanvasView& view, QPointF start, NodeId grabbed) : Tool(view), start_(start), grabbed_(grabbed) {
  for (const NodeId id : view.project().selection().nodes()) from_[id] = view.canvasScene().positionOf(id);
  to_ = from_;
  view.canvasScene().holdFrames(view.project().selection().nodes());
  frames_ = view.canvasScene().frames();
}

void MoveTool::move(const Pointer& pointer) {
  QPointF by = pointer.scene - start_;
  if (!pointer.modifiers.testFlag(Qt::ShiftModifier)) {
    const QPointF wish = from_[grabbed_] + by;
    by = QPointF(snapTo(wish.x()), snapTo(wish.y())) - from_[grabbed_];
  }
  Scene& scene = view_.canvasScene();
  for (const auto& [id, position] : from_) {
    to_[id] = position + by;
    scene.preview(id, to_[id]);
  }
  std::optional<WireEnd> over;
  if (from_.size() == 1 && !pointer.modifiers.testFlag(Qt::AltModifier)) {
    const NodeItem* item = scene.node(grabbed_);
    if (const WireItem* wire = scene.wireAt(item->nodeRect().center(), kInsertReach, grabbed_);
        wire && view_.edits().canInsert(grabbed_, wire->end()))
      over = wire->end();
  }
  if (over != over_) {
    if (over_ && scene.wire(*over_)) scene.wire(*over_)->mark([](WireMarks& m) { m.accent = false; });
    if (over) scene.wire(*over)->mark([](WireMarks& m) { m.accent = true; });
    over_ = over;
    view_.setHint(over ? hintOfInsert(scene.node(grabbed_)->look().name, view_.project(), *over) : QString());
  }
  if (frames_.empty()) return;
  // Into the innermost of the frames that take something up.
  NodeId into = 0;
  for (const auto& frame : view_.edits().framesAfter(frames_, to_))
    if (frame.nodes.size() > view_.project().shown().frames().frame(frame.id)->nodes.size()) into = frame.id;
  scene.lightFrame(into);
}

void MoveTool::release(const Pointer& pointer) {
  move(pointer);
  view_.canvasScene().clearMarks();
  const auto to = to_;
  const auto frames = view_.edits().framesAfter(frames_, to);
  view_.canvasScene().letFramesGo();
  if (over_) {
    if (!view_.edits().insertExisting(grabbed_, to.at(grabbed_), *over_)) view_.canvasScene().restore();
  } else if (!view_.edits().move(to, 0, frames)) {
    view_.canvasScene().restore();
  }
}

void MoveTool::cancel() {
  view_.canvasScene().letFramesGo();
  view_.canvasScene().clearMarks();
  view_.canvasScene().restore();
}

// --------------------------------------------------------------------------- cut ----

void CutTool::move(const Pointer& pointer) {
  Scene& scene = view_.canvasScene();
  const QLineF line(start_, pointer.scene);
  std::vector<WireEnd> now = view_.edits().wiresAcross(line);
  for (const auto* ends : {&cut_, &now})
    for (const WireEnd end : *ends)
      if (WireItem* wire = scene.wire(end)) wire->mark([&](WireMarks& m) { m.accent = ends == &now; });
  cut_ = std::move(now);
  view_.setCut(line);
  view_.setHint(cut_.empty() ? CanvasView::tr("Draw over the wires to cut.") : CanvasView::tr("Let go to cut %n wires.", nullptr, int(cut_.size())));
}

void CutTool::release(const Pointer& pointer) {
  move(pointer);
  view_.setCut({});
  view_.canvasScene().clearMarks();
  view_.edits().disconnect(cut_);
}

void CutTool::cancel() {
  view_.setCut({});
  view_.canvasScene().clearMarks();
}

// -------------------------------------------------------------------------- drop ----

namespace {
// The outline of a node that is not there yet.
class Ghost : public QGraphicsItem {
 public:
  explicit Ghost(QSizeF box, QString name, QString group)
      : box_(box), name_(std::move(name)), group_(std::move(group)) {}
  QRectF boundingRect() const override { return QRectF(QPointF(), box_).adjusted(-2, -2, 2, 2); }
  void paint(QPainter* p, const QStyleOptionGraphicsItem*, QWidget*) override {
    p->setOpacity(0.94);
    p->setPen(QPen(theme().state.selection, 2));
    p->setBrush(theme().surface.node);
    p->drawRoundedRect(QRectF(QPointF(), box_), node_size::radius, node_size::radius);
    p->setPen(Qt::NoPen);
    p->setBrush(theme().category(group_).solid);
    p->drawRoundedRect(QRectF(8, 8, node_size::tile, node_size::tile), size::radiusTile, size::radiusTile);
    p->drawPixmap(QPointF(12, 12), iconPixmap(iconOf(name_, group_), theme().category(group_).glyph, 16,
                                              p->device()->devicePixelRatioF()));
    p->setPen(theme().text.primary);
    p->setFont(font(FontSize::small, QFont::DemiBold));
    p->drawText(QRectF(40, 8, box_.width() - 48, 24), Qt::AlignVCenter | Qt::AlignLeft, name_);
  }

 private:
  QSizeF box_;
  QString name_, group_;
};
}  // namespace

DropTool::DropTool(CanvasView& view, QString op)
    : Tool(view), op_(std::move(op)), box_(node_size::width, node_size::header + node_size::footer) {
  const auto* type = view.project().typeOf(utf8(op_));
  ghost_ = new Ghost(box_, op_, type ? qt(type->info.group) : QString());
  view.canvasScene().setGhost(ghost_);
}

DropTool::~DropTool() {
  view_.canvasScene().setGhost(nullptr);
  delete ghost_;
}

void DropTool::move(const Pointer& pointer) {
  const QPointF corner = pointer.scene - QPointF(box_.width() / 2, node_size::header / 2);
  repaint(*ghost_);
  ghost_->setPos(snapTo(corner.x()), snapTo(corner.y()));
  repaint(*ghost_);
  Scene& scene = view_.canvasScene();
  std::optional<WireEnd> over;
  if (!pointer.modifiers.testFlag(Qt::AltModifier))
    if (const WireItem* wire = scene.wireAt(pointer.scene, kInsertReach);
        wire && view_.edits().canInsert(op_, wire->end()))
      over = wire->end();
  if (over != over_) {
    if (over_ && scene.wire(*over_)) scene.wire(*over_)->mark([](WireMarks& m) { m.accent = false; });
    if (over) scene.wire(*over)->mark([](WireMarks& m) { m.accent = true; });
    over_ = over;
  }
  view_.setHint(over ? hintOfInsert(op_, view_.project(), *over) : CanvasView::tr("Let go to add %1 here.").arg(op_));
}

void DropTool::release(const Pointer& pointer) {
  move(pointer);
  ghost_->setVisible(false);
  view_.canvasScene().clearMarks();
  const QPointF middle = ghost_->pos() + QPointF(box_.width(), box_.height()) / 2;
  if (over_) view_.edits().insert(op_, middle, *over_);
  else view_.edits().add(op_, middle);
}

void DropTool::cancel() { view_.canvasScene().clearMarks(); }

}  // namespace ui
