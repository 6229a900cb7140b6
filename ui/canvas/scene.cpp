#include "ui/canvas/scene.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "ui/canvas/arrange.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::NodeId;
using engine::document::ChangeSet;
using engine::document::Wire;

namespace {
constexpr double kMargin = 4000;  // around what is there, so that moving a node does not resize the scene
}

// Whether what flowed out of the node then could flow out of it now.
static bool doesTheSame(const NodeFacts& then, const NodeFacts& now) {
  const auto sameShapes = [](const engine::ValueInfo& a, const engine::ValueInfo& b) { return a.shape == b.shape; };
  return then.node->type == now.node->type && then.node->fields == now.node->fields &&
         std::equal(then.outputs.begin(), then.outputs.end(), now.outputs.begin(), now.outputs.end(), sameShapes);
}

Scene::Scene(Project& project, QObject* parent) : QGraphicsScene(parent), project_(project), draft_(new DraftItem) {
  // A few thousand boxes are looked through faster than a tree of them is kept.
  setItemIndexMethod(NoIndex);
  draft_->setVisible(false);
  addItem(draft_);
  connect(&project, &Project::replaced, this, &Scene::rebuild);
  connect(&project, &Project::changed, this, &Scene::follow);
  connect(&project.selection(), &Selection::changed, this, &Scene::showSelection);
  rebuild();
}

const std::vector<WireItem*>& Scene::wiresAt(NodeId id) const {
  static const std::vector<WireItem*> none;
  const auto it = wiresAt_.constFind(id);
  return it == wiresAt_.constEnd() ? none : *it;
}

void Scene::setGhost(QGraphicsItem* ghost) {
  if (ghost_) {
    repaint(*ghost_);
    removeItem(ghost_);
  }
  ghost_ = ghost;
  if (ghost_) addItem(ghost_);
}

QPointF Scene::positionOf(NodeId id) const {
  const auto* node = project_.document().node(id);
  if (node && node->position) return {node->position->x, node->position->y};
  return layout_.value(id);
}

bool Scene::allPlaced() const {
  const auto nodes = project_.document().nodes();
  return std::all_of(nodes.begin(), nodes.end(), [](const auto& node) { return node->position.has_value(); });
}

const QRectF& Scene::contentRect() const {
  if (!content_) {
    content_ = QRectF();
    for (const NodeItem* item : ordered_) *content_ |= item->nodeRect();
  }
  return *content_;
}

void Scene::rebuild() {
  ++counters.rebuilds;
  counters.destroyed += int(nodes_.size() + wires_.size());
  for (const NodeItem* item : ordered_) repaint(*item);
  for (NodeItem* item : std::as_const(nodes_)) delete item;
  for (WireItem* item : std::as_const(wires_)) {
    repaint(*item);
    delete item;
  }
  nodes_.clear();
  wires_.clear();
  ordered_.clear();
  wireList_.clear();
  facts_.clear();
  wiresAt_.clear();
  layout_.clear();
  shownNodes_.clear();
  shownWires_.clear();
  draft_->hide();
  std::vector<size_t> all(project_.document().nodes().size());
  std::iota(all.begin(), all.end(), size_t(0));
  for (const Wire& wire : project_.document().wires()) addWire(wire);
  refresh(all);
  showSelection();
  emit settled();
}

void Scene::follow(const ChangeSet& changes) {
  for (const Wire& wire : changes.removedWires) dropWire(wire);
  for (const auto& place : changes.removedNodes)
    if (!project_.document().node(place.node->id)) {
      NodeItem* item = nodes_.take(place.node->id);
      repaint(*item);
      delete item;
      facts_.remove(place.node->id);
      layout_.remove(place.node->id);
      wiresAt_.remove(place.node->id);
      ++counters.destroyed;
    }
  for (const Wire& wire : changes.addedWires) addWire(wire);
  refresh(project_.touched());
  showSelection();
  emit settled();
}

void Scene::addWire(const Wire& wire) {
  auto* item = new WireItem({wire.to, wire.input});
  item->setSource(wire.from, wire.output, {});
  addItem(item);
  ++counters.created;
  wires_[{wire.to, wire.input}] = item;
  wiresAt_[wire.from].push_back(item);
  if (wire.to != wire.from) wiresAt_[wire.to].push_back(item);
}

void Scene::dropWire(const Wire& wire) {
  WireItem* item = wires_.take({wire.to, wire.input});
  for (const NodeId end : {wire.from, wire.to})
    if (const auto it = wiresAt_.find(end); it != wiresAt_.end()) std::erase(*it, item);
  repaint(*item);
  delete item;
  ++counters.destroyed;
}

void Scene::refresh(const std::vector<size_t>& nodes) {
  std::vector<NodeItem*> touched;
  for (NodeFacts& facts : factsOf(project_, nodes)) {
    const NodeId id = facts.node->id;
    NodeFacts& known = facts_[id];
    NodeItem*& item = nodes_[id];
    touched.push_back(item);
    if (item && known == facts) continue;
    ++counters.looks;
    NodeLook look = lookOf(facts);
    if (item) {
      if (doesTheSame(known, facts)) look.setPreview(item->look().preview);
      item->setLook(std::move(look));
    } else {
      touched.back() = item = new NodeItem(std::move(look));
      if (running_) item->mark([](NodeMarks& m) { m.running = true; });
      addItem(item);
      repaint(*item);
      ++counters.created;
    }
    known = std::move(facts);
  }
  takeOrder();
  place(touched);
  for (const NodeItem* item : touched)
    for (WireItem* wire : wiresAt(item->id())) {
      const auto& outputs = facts_[wire->from()].outputs;
      wire->setSource(wire->from(), wire->output(),
                      size_t(wire->output()) < outputs.size() ? outputs[size_t(wire->output())] : engine::ValueInfo{});
      route(*wire);
    }
  growSceneRect();
}

// The items in the document's order, in which they are painted.
void Scene::takeOrder() {
  const auto nodes = project_.document().nodes();
  const auto wires = project_.document().wires();
  const auto isIt = [](const NodeItem* item, const auto& node) { return item->id() == node->id; };
  if (!std::equal(ordered_.begin(), ordered_.end(), nodes.begin(), nodes.end(), isIt)) {
    ordered_.clear();
    for (const auto& node : nodes) ordered_.push_back(nodes_.value(node->id));
  }
  wireList_.clear();
  for (const Wire& wire : wires) wireList_.push_back(wires_.value({wire.to, wire.input}));
}

void Scene::place(const std::vector<NodeItem*>& items) {
  const auto nodes = project_.document().nodes();
  const bool missing = std::any_of(nodes.begin(), nodes.end(),
                                   [this](const auto& n) { return !n->position && !layout_.contains(n->id); });
  if (missing) {
    const std::vector<QPointF> positions =
        arranged(project_.document(), [this](NodeId id) { return nodes_.value(id)->look().roomySize(); });
    for (size_t n = 0; n < positions.size(); ++n)
      if (!nodes[n]->position) layout_.insert(nodes[n]->id, positions[n]);
  }
  for (NodeItem* item : missing ? ordered_ : items) {
    const QPointF position = positionOf(item->id());
    if (item->pos() == position) continue;
    item->moveTo(position);
    if (missing)
      for (WireItem* wire : wiresAt(item->id())) route(*wire);
  }
  content_.reset();
}

void Scene::growSceneRect() {
  const QRectF& wanted = contentRect();
  if (!sceneRect().contains(wanted)) setSceneRect(sceneRect() | wanted.adjusted(-kMargin, -kMargin, kMargin, kMargin));
}

void Scene::route(WireItem& wire) {
  const NodeItem *from = nodes_.value(wire.from()), *to = nodes_.value(wire.end().to);
  if (from && to)
    wire.setPath(
        wirePath(from->outputAt(wire.output()), to->inputAt(wire.end().input), from->nodeRect(), to->nodeRect()));
}

void Scene::showSelection() {
  for (const NodeId id : shownNodes_)
    if (NodeItem* item = node(id)) item->mark([&](NodeMarks& m) { m.selected = false; });
  for (const WireEnd end : shownWires_)
    if (WireItem* item = wire(end)) item->mark([](WireMarks& m) { m.selected = false; });
  shownNodes_ = project_.selection().nodes();
  shownWires_ = project_.selection().wires();
  for (const NodeId id : shownNodes_)
    if (NodeItem* item = node(id)) item->mark([](NodeMarks& m) { m.selected = true; });
  for (const WireEnd end : shownWires_)
    if (WireItem* item = wire(end)) item->mark([](WireMarks& m) { m.selected = true; });
  emit selected();
}

Hit Scene::hitAt(QPointF point, double scale) const {
  Hit hit;
  const bool ports = scale >= detail::noPorts;
  const double reach = node_size::portHit * std::max(1.0, 1 / std::max(scale, 0.01) * 0.7);
  const QRectF around(point - QPointF(reach, reach), QSizeF(2 * reach, 2 * reach));
  double nearest = reach;
  const NodeItem* under = nullptr;
  for (const NodeItem* node : ordered_) {
    if (!node->boundingRect().translated(node->pos()).intersects(around)) continue;
    // The one above: selected ones, then the last.
    if (node->nodeRect().contains(point) && (!under || node->marks().selected || !under->marks().selected)) under = node;
    if (!ports) continue;
    const auto look = [&](const std::vector<PortLook>& list, bool input) {
      for (size_t i = 0; i < list.size(); ++i) {
        const QPointF off = node->pos() + list[i].at - point;
        const double distance = std::hypot(off.x(), off.y());
        if (distance < nearest) {
          nearest = distance;
          hit.kind = Hit::Kind::port;
          hit.node = node->id();
          hit.port = {node->id(), input, int(i)};
        }
      }
    };
    look(node->look().inputs, true);
    look(node->look().outputs, false);
  }
  if (hit.kind == Hit::Kind::port) return hit;
  if (under) {
    hit.kind = Hit::Kind::node;
    hit.node = under->id();
    const QPointF local = point - under->pos();
    hit.title = local.y() < node_size::header && local.x() > 36;
    return hit;
  }
  if (const WireItem* wire = wireAt(point, 6 / std::max(scale, 0.05))) {
    hit.kind = Hit::Kind::wire;
    hit.wire = wire->end();
  }
  return hit;
}

WireItem* Scene::wireAt(QPointF point, double reach, NodeId except) const {
  WireItem* best = nullptr;
  double nearest = reach;
  for (WireItem* wire : wireList_) {
    if (!wire->isVisible() || (except != 0 && (wire->from() == except || wire->end().to == except))) continue;
    if (const double distance = wire->distance(point, reach); distance <= nearest) nearest = distance, best = wire;
  }
  return best;
}

void Scene::setPreviews(const QHash<NodeId, std::shared_ptr<const PreviewPicture>>& pictures) {
  content_.reset();
  for (auto it = nodes_.cbegin(); it != nodes_.cend(); ++it) {
    const double before = it.value()->look().height;
    it.value()->setPreview(pictures.value(it.key()));
    if (it.value()->look().height == before) continue;
    for (WireItem* wire : wiresAt(it.key())) route(*wire);
  }
}

void Scene::setRunning(bool running) {
  running_ = running;
  for (NodeItem* item : std::as_const(nodes_)) item->mark([=](NodeMarks& m) { m.running = running; });
}

void Scene::preview(NodeId id, QPointF position) {
  NodeItem* item = node(id);
  if (!item || item->pos() == position) return;
  item->moveTo(position);
  content_.reset();
  for (WireItem* wire : wiresAt(id)) route(*wire);

}

void Scene::restore() {
  for (auto it = nodes_.cbegin(); it != nodes_.cend(); ++it) preview(it.key(), positionOf(it.key()));
}

void Scene::clearMarks() {
  for (NodeItem* item : std::as_const(nodes_))
    item->mark([](NodeMarks& m) {
      m.faded = false;
      m.ringInputs.clear();
      m.ringOutputs.clear();
    });
  for (WireItem* item : std::as_const(wires_)) item->mark([](WireMarks& m) { m.faded = m.accent = false; });
  draft_->hide();
}

}  // namespace ui
