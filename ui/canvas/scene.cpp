#include "ui/canvas/scene.h"

#include <algorithm>
#include <cmath>

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
  setItemIndexMethod(BspTreeIndex);
  draft_->setVisible(false);
  addItem(draft_);
  connect(&project, &Project::replaced, this, &Scene::rebuild);
  connect(&project, &Project::changed, this, &Scene::follow);
  connect(&project.selection(), &Selection::changed, this, &Scene::showSelection);
  connect(&themeWatcher(), &ThemeWatcher::changed, this, [this] { update(); });
  rebuild();
}

std::vector<NodeItem*> Scene::nodes() const {
  std::vector<NodeItem*> all;
  for (const auto& node : project_.document().nodes())
    if (NodeItem* item = nodes_.value(node->id)) all.push_back(item);
  return all;
}

std::vector<WireItem*> Scene::wires() const { return {wires_.cbegin(), wires_.cend()}; }
std::vector<WireItem*> Scene::wiresAt(NodeId id) const { return wiresAt_.value(id); }

QPointF Scene::positionOf(NodeId id) const {
  const auto* node = project_.document().node(id);
  if (node && node->position) return {node->position->x, node->position->y};
  return layout_.value(id);
}

bool Scene::allPlaced() const {
  const auto nodes = project_.document().nodes();
  return std::all_of(nodes.begin(), nodes.end(), [](const auto& node) { return node->position.has_value(); });
}

QRectF Scene::contentRect() const {
  QRectF content;
  for (const NodeItem* item : nodes_) content |= item->nodeRect();
  return content;
}

void Scene::rebuild() {
  ++counters.rebuilds;
  counters.destroyed += int(nodes_.size() + wires_.size());
  for (NodeItem* item : std::as_const(nodes_)) delete item;
  for (WireItem* item : std::as_const(wires_)) delete item;
  nodes_.clear();
  wires_.clear();
  facts_.clear();
  wiresAt_.clear();
  layout_.clear();
  shownNodes_.clear();
  shownWires_.clear();
  draft_->setVisible(false);
  refresh();
  showSelection();
  emit settled();
}

void Scene::follow(const ChangeSet& changes) {
  for (const Wire& wire : changes.removedWires) {
    delete wires_.take({wire.to, wire.input});
    ++counters.destroyed;
  }
  for (const auto& place : changes.removedNodes)
    if (!project_.document().node(place.node->id)) {
      delete nodes_.take(place.node->id);
      facts_.remove(place.node->id);
      layout_.remove(place.node->id);
      ++counters.destroyed;
    }
  refresh();
  showSelection();
  emit settled();
}

void Scene::refresh() {
  const auto& document = project_.document();
  std::vector<NodeItem*> touched;
  for (NodeFacts& facts : factsOf(project_)) {
    const NodeId id = facts.node->id;
    const auto known = facts_.constFind(id);
    if (known != facts_.constEnd() && *known == facts) continue;
    NodeItem*& item = nodes_[id];
    ++counters.looks;
    if (item) {
      NodeLook look = lookOf(facts);
      if (doesTheSame(*known, facts)) look.setPreview(item->look().preview);
      item->setLook(std::move(look));
    } else {
      item = new NodeItem(lookOf(facts));
      item->mark([this](NodeMarks& m) { m.running = running_; });
      addItem(item);
      ++counters.created;
    }
    touched.push_back(item);
    facts_[id] = std::move(facts);
  }
  wiresAt_.clear();
  for (const Wire& wire : document.wires()) {
    WireItem*& item = wires_[{wire.to, wire.input}];
    if (!item) {
      item = new WireItem({wire.to, wire.input});
      addItem(item);
      ++counters.created;
    }
    const auto& outputs = facts_[wire.from].outputs;
    item->setSource(wire.from, wire.output,
                    size_t(wire.output) < outputs.size() ? outputs[size_t(wire.output)] : engine::ValueInfo{});
    wiresAt_[wire.from].push_back(item);
    wiresAt_[wire.to].push_back(item);
  }
  placeAll();
  for (WireItem* item : std::as_const(wires_)) route(*item);
  const QRectF wanted = contentRect();
  if (!sceneRect().contains(wanted)) setSceneRect(sceneRect() | wanted.adjusted(-kMargin, -kMargin, kMargin, kMargin));
}

void Scene::placeAll() {
  const auto& document = project_.document();
  bool missing = false;
  for (const auto& node : document.nodes()) missing |= !node->position && !layout_.contains(node->id);
  if (missing) {
    const std::vector<QPointF> positions =
        arranged(document, [this](NodeId id) { return nodes_.value(id)->look().roomySize(); });
    for (size_t n = 0; n < positions.size(); ++n)
      if (!document.nodes()[n]->position) layout_.insert(document.nodes()[n]->id, positions[n]);
  }
  for (auto it = nodes_.cbegin(); it != nodes_.cend(); ++it) {
    const QPointF position = positionOf(it.key());
    if (it.value()->pos() != position) it.value()->setPos(position);
  }
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
}

Hit Scene::hitAt(QPointF point, double scale) const {
  Hit hit;
  const bool ports = scale >= detail::noPorts;
  const double reach = node_size::portHit * std::max(1.0, 1 / std::max(scale, 0.01) * 0.7);
  const QRectF around(point - QPointF(reach, reach), QSizeF(2 * reach, 2 * reach));
  double nearest = reach;
  const NodeItem* under = nullptr;
  const QList<QGraphicsItem*> found = items(around, Qt::IntersectsItemBoundingRect, Qt::DescendingOrder);
  for (QGraphicsItem* item : found) {
    const auto* node = qgraphicsitem_cast<NodeItem*>(item);
    if (!node) continue;
    if (!under && node->nodeRect().contains(point)) under = node;
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
  for (QGraphicsItem* item :
       items(QRectF(point - QPointF(reach, reach), QSizeF(2 * reach, 2 * reach)), Qt::IntersectsItemBoundingRect)) {
    auto* wire = qgraphicsitem_cast<WireItem*>(item);
    if (!wire || (except != 0 && (wire->from() == except || wire->end().to == except))) continue;
    if (const double distance = wire->distance(point, reach); distance <= nearest) nearest = distance, best = wire;
  }
  return best;
}

void Scene::setPreviews(const QHash<NodeId, std::shared_ptr<const PreviewPicture>>& pictures) {
  for (auto it = nodes_.cbegin(); it != nodes_.cend(); ++it) {
    const double before = it.value()->look().height;
    it.value()->setPreview(pictures.value(it.key()));
    if (it.value()->look().height == before) continue;
    for (WireItem* wire : wiresAt_.value(it.key())) route(*wire);
  }
}

void Scene::setRunning(bool running) {
  running_ = running;
  for (NodeItem* item : std::as_const(nodes_)) item->mark([=](NodeMarks& m) { m.running = running; });
}

void Scene::preview(NodeId id, QPointF position) {
  NodeItem* item = node(id);
  if (!item || item->pos() == position) return;
  item->setPos(position);
  for (WireItem* wire : wiresAt_.value(id)) route(*wire);
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
  draft_->setVisible(false);
}

}  // namespace ui
