// The wire in the hand: which ports fit, where it snaps to, what letting go will do.
#include <cmath>
#include <limits>

#include "ui/canvas/cards.h"
#include "ui/canvas/tool.h"
#include "ui/canvas/view.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::NodeId;

namespace {
constexpr double kSnap = 28;        // pixels from the pointer to a port that fits
constexpr size_t kJudgeAll = 1500;  // nodes; of a larger network only what is in sight
}  // namespace

ConnectTool::ConnectTool(CanvasView& view, PortRef start, std::optional<WireEnd> taken)
    : Tool(view), start_(start), taken_(taken) {
  const NodeItem* item = view.canvasScene().node(start.node);
  startAt_ = start.input ? item->inputAt(start.index) : item->outputAt(start.index);
  if (!start.input) value_ = valueAt(view.project(), start);
  else if (size_t(start.index) < item->look().inputs.size()) value_ = item->look().inputs[size_t(start.index)].value;
  if (taken_) view.canvasScene().wire(*taken_)->setShown(false);
  judge();
}

ConnectTool::~ConnectTool() { end(); }

void ConnectTool::judge() {
  Scene& scene = view_.canvasScene();
  const std::unordered_set<NodeId> loops = loopsFrom(view_.project().shown(), start_);
  const auto nodes = scene.nodes();
  const QRectF sight = view_.visiblePart();
  for (NodeItem* item : nodes) {
    if (nodes.size() > kJudgeAll && !item->reach().intersects(sight)) continue;
    const auto& ports = start_.input ? item->look().outputs : item->look().inputs;
    std::vector<bool> rings(ports.size());
    bool any = false;
    for (size_t i = 0; i < ports.size(); ++i) {
      Candidate candidate{{item->id(), !start_.input, int(i)}, item->pos() + ports[i].at, {}};
      candidate.verdict =
          verdictOf(view_.project(), output(candidate.port), input(candidate.port), loops.contains(item->id()));
      rings[i] = candidate.verdict.kind == Verdict::Kind::fits;
      any |= rings[i];
      candidates_.push_back(std::move(candidate));
    }
    item->mark([&](NodeMarks& m) {
      (start_.input ? m.ringOutputs : m.ringInputs) = std::move(rings);
      m.faded = !any && item->id() != start_.node;
    });
  }
  for (WireItem* wire : scene.wires()) wire->mark([](WireMarks& m) { m.faded = true; });
}

bool ConnectTool::isWired(PortRef port) const {
  const auto* present = view_.project().shown().wireInto(input(port).node, input(port).index);
  return present && present->from == output(port).node && present->output == output(port).index;
}

void ConnectTool::end() {
  view_.canvasScene().clearMarks();
  if (taken_)
    if (WireItem* wire = view_.canvasScene().wire(*taken_)) wire->setShown(true);
  view_.reasonCard().hide();
}

void ConnectTool::aim(const Candidate* candidate, QPointF tip) {
  aimed_ = candidate;
  target_ = candidate ? candidate->port : PortRef{};
  const DraftItem::Kind kind = !candidate                                       ? DraftItem::Kind::open
                               : candidate->verdict.kind == Verdict::Kind::fits ? DraftItem::Kind::fits
                                                                                : DraftItem::Kind::refused;
  const QColor color = wireColor(formOf(value_), value_.type);
  view_.canvasScene().draft().show(start_.input ? wirePath(tip, startAt_) : wirePath(startAt_, tip), kind, color,
                                   start_.input);

  const auto& document = view_.project().shown();
  if (!candidate) {
    view_.reasonCard().hide();
    view_.setHint(byKeys_  ? CanvasView::tr("Nothing fits; arrows go to other ends all the same, Esc leaves everything as it was.")
                  : taken_ ? CanvasView::tr("Let go to leave the wire off, Esc to leave everything as it was.")
                           : CanvasView::tr("Let go to choose a layer to add here, Esc to leave everything as it was."));
    return;
  }
  const Verdict& verdict = candidate->verdict;
  if (!taken_ && isWired(candidate->port)) {
    view_.reasonCard().hide();
    view_.setHint(CanvasView::tr("These two are connected already."));
    return;
  }
  const QString other = nameOf(candidate->port);
  if (verdict.kind == Verdict::Kind::fits) {
    const auto* present = document.wireInto(input(candidate->port).node, input(candidate->port).index);
    const bool replaces = present && !(taken_ && *taken_ == WireEnd{present->to, present->input});
    view_.reasonCard().hide();
    const QString from = replaces ? qt(document.node(present->from)->name) : QString();
    if (byKeys_) view_.setHint(replaces ? CanvasView::tr("Enter connects with %1; the wire from %2 makes room.").arg(other, from) : CanvasView::tr("Enter connects with %1.").arg(other));
    else view_.setHint(replaces ? CanvasView::tr("Let go to connect with %1; the wire from %2 makes room.").arg(other, from) : CanvasView::tr("Let go to connect with %1.").arg(other));
    return;
  }
  const QString into = qt(document.node(input(candidate->port).node)->name);
  view_.reasonCard().show(into, verdict, view_.mapFromScene(tip));
  if (verdict.insert)
    view_.setHint((byKeys_ ? CanvasView::tr("Does not fit as it is. Enter inserts %1 and connects, Esc leaves everything as it was.")
                           : CanvasView::tr("Does not fit as it is. Let go to insert %1 and connect, Esc to leave everything as it was."))
                      .arg(qt(verdict.insert->type)));
  else if (verdict.kind == Verdict::Kind::refused)
    view_.setHint(CanvasView::tr("Cannot be connected: %1. Nothing changes.").arg(textOf(verdict.problem)));
  else
    view_.setHint(byKeys_ ? CanvasView::tr("Does not fit. Enter connects all the same, to be mended then; Esc leaves everything as it was.")
                          : CanvasView::tr("Does not fit. Let go to connect all the same and mend it then, Esc to leave everything as it was."));
}

// Of a node with several the port too.
QString ConnectTool::nameOf(PortRef port) const {
  const NodeLook& look = view_.canvasScene().node(port.node)->look();
  const auto& ports = port.input ? look.inputs : look.outputs;
  const QString& name = ports[size_t(port.index)].label;
  return ports.size() > 1 && !name.isEmpty() ? CanvasView::tr("%1 of %2").arg(name, look.name) : look.name;
}

void ConnectTool::move(const Pointer& pointer) {
  byKeys_ = false;
  const double zoom = view_.zoom();
  const Candidate *best = nullptr, *under = nullptr;
  double nearest = kSnap / zoom, nearestUnder = std::max(node_size::portHit, node_size::portHit / zoom);
  for (const Candidate& candidate : candidates_) {
    const QPointF off = candidate.at - pointer.scene;
    const double distance = std::hypot(off.x(), off.y());
    if (candidate.verdict.kind == Verdict::Kind::fits && distance < nearest) nearest = distance, best = &candidate;
    if (distance < nearestUnder) nearestUnder = distance, under = &candidate;
  }
  // Right over a port that does not fit, its reason is wanted, and not a neighbour.
  if (under && under->verdict.kind != Verdict::Kind::fits) best = under;
  // Over a node with one port that matters, the node is the port.
  if (!best)
    for (const Candidate& candidate : candidates_) {
      const NodeItem* item = view_.canvasScene().node(candidate.port.node);
      if (!item->nodeRect().contains(pointer.scene) || candidate.port.node == start_.node) continue;
      if (!best || (best->verdict.kind != Verdict::Kind::fits && candidate.verdict.kind == Verdict::Kind::fits))
        best = &candidate;
    }
  aim(best, best ? best->at : pointer.scene);
}

void ConnectTool::commit() {
  const Candidate chosen = *aimed_;
  const auto taken = taken_;
  end();
  taken_.reset();
  if (chosen.verdict.kind == Verdict::Kind::refused) return;
  view_.edits().reconnect(taken.value_or(WireEnd{}), output(chosen.port), input(chosen.port), chosen.verdict.insert);
}

void ConnectTool::release(const Pointer& pointer) {
  move(pointer);
  if (aimed_) return commit();
  const auto taken = taken_;
  end();
  taken_.reset();
  if (taken) view_.edits().disconnect({*taken});
  else view_.askForNode(pointer.scene, start_);
}

void ConnectTool::cancel() { end(); }

void ConnectTool::chooseFirst() {
  byKeys_ = true;
  const Candidate* best = nullptr;
  double nearest = std::numeric_limits<double>::infinity();
  for (const Candidate& candidate : candidates_) {
    const QPointF off = candidate.at - startAt_;
    // Forward before backward, free before taken.
    double distance = std::hypot(off.x(), off.y()) + (off.x() < 0 ? 10000 : 0);
    if (candidate.verdict.kind != Verdict::Kind::fits || isWired(candidate.port)) continue;
    if (view_.project().shown().wireInto(input(candidate.port).node, input(candidate.port).index)) distance += 5000;
    if (distance < nearest) nearest = distance, best = &candidate;
  }
  if (best) view_.reveal(view_.canvasScene().node(best->port.node)->nodeRect());
  aim(best, best ? best->at : startAt_ + QPointF(start_.input ? -60 : 60, 0));
}

bool ConnectTool::key(int key, Qt::KeyboardModifiers) {
  byKeys_ = true;
  if (key == Qt::Key_Return || key == Qt::Key_Enter) {
    if (aimed_) commit();
    return true;
  }
  const QPointF way = key == Qt::Key_Left    ? QPointF(-1, 0)
                      : key == Qt::Key_Right ? QPointF(1, 0)
                      : key == Qt::Key_Up    ? QPointF(0, -1)
                      : key == Qt::Key_Down  ? QPointF(0, 1)
                                             : QPointF();
  if (way.isNull()) return false;
  const QPointF from = aimed_ ? aimed_->at : startAt_;
  const Candidate* best = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const Candidate& candidate : candidates_) {
    if (&candidate == aimed_ || candidate.port.node == start_.node) continue;
    const QPointF off = candidate.at - from;
    const double along = QPointF::dotProduct(off, way), across = std::abs(off.x() * way.y() - off.y() * way.x());
    if (along <= 0) continue;
    if (const double cost = along + 2 * across; cost < least) least = cost, best = &candidate;
  }
  if (!best) return false;
  view_.reveal(view_.canvasScene().node(best->port.node)->nodeRect());
  aim(best, best->at);
  return false;
}

}  // namespace ui
