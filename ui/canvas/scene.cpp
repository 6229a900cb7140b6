#include "ui/canvas/scene.h"

#include <QElapsedTimer>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "ui/canvas/diff_marks.h"
#include "ui/model/arrange.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::NodeId;
using engine::document::ChangeSet;
using engine::document::Wire;

namespace {
constexpr double kSceneMargin = 4000;  // around what is there, so that moving a node does not resize the scene
constexpr size_t kItemsAtOnce = 100;    // so few are looked at where they come
constexpr double kSliceMilliseconds = 2;
constexpr QRectF everything(-1e7, -1e7, 2e7, 2e7);
}

Scene::Scene(Project& project, QObject* parent) : QGraphicsScene(parent), project_(project), draft_(new DraftItem) {
  // A few thousand boxes are looked through faster than a tree of them is kept.
  setItemIndexMethod(NoIndex);
  draft_->setVisible(false);
  addItem(draft_);
  filling_.setInterval(0);
  connect(&filling_, &QTimer::timeout, this, &Scene::fill);
  connect(&project, &Project::replaced, this, &Scene::rebuild);
  connect(&project, &Project::viewed, this, &Scene::rebuild);
  connect(&project, &Project::changed, this, &Scene::follow);
  connect(&project, &Project::caughtUp, this, [this] {
    refresh(project_.touched());
    emit refreshed();
  });
  connect(&project.selection(), &Selection::changed, this, &Scene::showSelection);
  rebuild();
}

Scene::~Scene() { clear(); }

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
  const auto* node = project_.shown().node(id);
  if (node && node->position) return {node->position->x, node->position->y};
  return layout_.value(id);
}

bool Scene::allPlaced() const {
  const auto nodes = project_.shown().nodes();
  return std::all_of(nodes.begin(), nodes.end(), [](const auto& node) { return node->position.has_value(); });
}

const QRectF& Scene::contentRect() const {
  if (!content_) {
    // What is not looked at yet has a least size too: only where it may reach beyond the others it is looked at.
    QRectF all;
    constexpr QSizeF least(node_size::narrow, node_size::header + node_size::footer);
    for (const NodeItem* item : ordered_) all |= item->isMade() ? item->nodeRect() : QRectF(item->pos(), least);
    for (const NodeItem* item : ordered_)
      if (!item->isMade() && !all.contains(item->likelyRect())) all |= item->nodeRect();
    for (const FrameBox& frame : frames()) all |= frame.rect;
    if (diff_)
      for (const auto& ghost : diff_->gone) all |= ghost.rect();
    content_ = all;
  }
  return *content_;
}

// ------------------------------------------------------------------------- frames ----

// Those that are seen may be of nodes that are gone.
void Scene::forgetFrames() {
  for (const FrameBox& frame : frames_.value_or(std::vector<FrameBox>())) emit dirty(frame.rect);
  frames_.reset();
  content_.reset();
  held_.clear();
}

void Scene::forgetPlaces() {
  content_.reset();
  if (!frames_) return;
  for (const FrameBox& frame : *frames_) emit dirty(frame.rect);
  frames_.reset();
  if (!project_.shown().frames().list.empty())
    for (const FrameBox& frame : frames()) emit dirty(frame.rect);
}

const std::vector<FrameBox>& Scene::frames() const {
  if (!frames_) {
    frames_ = frameBoxes(project_.shown(), [this](NodeId id) {
      const NodeItem* item = node(id);
      return item ? item->likelyRect() : QRectF();
    });
    for (FrameBox& frame : *frames_)
      for (const FrameBox& held : held_)
        if (held.id == frame.id) frame.rect = held.rect;
  }
  return *frames_;
}

const FrameBox* Scene::frame(NodeId id) const {
  for (const FrameBox& frame : frames())
    if (frame.id == id) return &frame;
  return nullptr;
}

void Scene::holdFrames(const std::vector<NodeId>& moving) {
  held_.clear();
  for (const FrameBox& frame : frames()) {
    const auto isMoving = [&](NodeId id) { return std::find(moving.begin(), moving.end(), id) != moving.end(); };
    if (!std::all_of(frame.nodes.begin(), frame.nodes.end(), isMoving)) held_.push_back(frame);
  }
}

void Scene::letFramesGo() {
  held_.clear();
  litFrame_ = 0;
  forgetPlaces();
}

void Scene::lightFrame(NodeId id) {
  if (litFrame_ == id) return;
  for (const NodeId changed : {litFrame_, id})
    if (const FrameBox* box = frame(changed)) emit dirty(box->rect);
  litFrame_ = id;
}

NodeId Scene::frameAt(QPointF point) const {
  NodeId innermost = 0;
  for (const FrameBox& frame : frames())
    if (frame.rect.contains(point)) innermost = frame.id;
  return innermost;
}

NodeFacts Scene::factsOf(NodeId id) const {
  std::vector<int> read;
  for (const WireItem* wire : wiresAt(id))
    if (wire->from() == id) read.push_back(wire->output());
  return ui::factsOf(project_, *project_.shown().indexOf(id), read);
}

void Scene::clear() {
  for (NodeItem* item : std::as_const(nodes_)) delete item;
  for (WireItem* item : std::as_const(wires_)) delete item;
  nodes_.clear();
  wires_.clear();
  ordered_.clear();
  wireList_.clear();
  wiresAt_.clear();
  layout_.clear();
  shownNodes_.clear();
  shownWires_.clear();
}

void Scene::rebuild() {
  forgetFrames();
  diff_.reset();
  litFrame_ = 0;
  ++counters.rebuilds;
  counters.destroyed += int(nodes_.size() + wires_.size());
  filling_.stop();
  emit dirty(sceneRect());
  clear();
  draft_->hide();
  const auto nodes = project_.shown().nodes();
  const auto wires = project_.shown().wires();
  nodes_.reserve(qsizetype(nodes.size()));
  wiresAt_.reserve(qsizetype(nodes.size()));
  wires_.reserve(qsizetype(wires.size()));
  std::vector<size_t> all(nodes.size());
  std::iota(all.begin(), all.end(), size_t(0));
  const auto& layout = project_.layout();
  for (size_t n = 0; n < layout.size(); ++n)
    if (!nodes[n]->position) layout_.insert(nodes[n]->id, layout[n]);
  wireList_.reserve(wires.size());
  for (const Wire& wire : wires) wireList_.push_back(addWire(wire));
  refresh(all);
  showSelection();
  emit settled();
}

// ------------------------------------------------------------------------ slices ----

bool Scene::fillUntil(const std::function<bool()>& isLate) {
  if (found_.sight != sight_) found_ = {.sight = sight_};
  // From where the last slice stopped; true: it is late. Never before something was found: a slice that is late from its
  // beginning, of many items on a slow machine, would else be followed by such slices for ever.
  const auto go = [&](const auto& items, size_t& at, const auto& find) {
    while (at < items.size()) {
      const auto* item = items[at++];
      if (item->isMade() || !(found_.everywhere || item->reach().intersects(sight_))) continue;
      find(*item);
      found_.any = true;
      if (isLate()) return true;
    }
    return false;
  };
  for (;;) {
    if (go(ordered_, found_.nodes, [](const NodeItem& node) { (void)node.look(); })) return false;
    if (go(wireList_, found_.wires, [](const WireItem& wire) { (void)wire.path(); })) return false;
    if (found_.everywhere) return true;
    if (found_.any) emit dirty(sight_);  // from afar they were painted as what they may look like
    found_ = {.sight = sight_, .everywhere = true};
  }
}

void Scene::fill() {
  QElapsedTimer timer;
  timer.start();
  if (!fillUntil([&] { return double(timer.nsecsElapsed()) / 1e6 > kSliceMilliseconds; })) return;
  filling_.stop();
  forgetPlaces();
  emit dirty(sight_);
  emit filled();
}

// -------------------------------------------------------------------------- edits ----

void Scene::follow(const ChangeSet& changes) {
  if (changes.frames || (!changes.removedNodes.empty() && frames_)) forgetFrames();
  if (!changes.removedNodes.empty() || !changes.addedNodes.empty()) ordered_.clear();
  if (!changes.removedWires.empty() || !changes.addedWires.empty()) wireList_.clear();
  for (const Wire& wire : changes.removedWires) dropWire(wire);
  for (const auto& place : changes.removedNodes)
    if (!project_.shown().node(place.node->id)) {
      NodeItem* item = nodes_.take(place.node->id);
      emit dirty(item->reach());
      delete item;
      wiresAt_.remove(place.node->id);
      ++counters.destroyed;
    }
  for (const Wire& wire : changes.addedWires) addWire(wire);
  refresh(project_.touched());
  if (changes.frames)
    for (const FrameBox& frame : frames()) emit dirty(frame.rect);
  showSelection();
  emit settled();
}

WireItem* Scene::addWire(const Wire& wire) {
  auto* item = new WireItem(*this, {wire.to, wire.input}, wire.from, wire.output);
  ++counters.created;
  wires_[{wire.to, wire.input}] = item;
  for (const NodeId end : {wire.from, wire.to}) {
    auto& wires = wiresAt_[end];
    if (wires.empty()) wires.reserve(2);  // what most nodes have
    wires.push_back(item);  // no wire leads to where it comes from
  }
  return item;
}

void Scene::dropWire(const Wire& wire) {
  WireItem* item = wires_.take({wire.to, wire.input});
  for (const NodeId end : {wire.from, wire.to})
    if (const auto it = wiresAt_.find(end); it != wiresAt_.end()) std::erase(*it, item);
  emit dirty(item->reach());
  delete item;
  ++counters.destroyed;
}

void Scene::refresh(const std::vector<size_t>& nodes) {
  const auto documents = project_.shown().nodes();
  const bool few = nodes.size() <= kItemsAtOnce;
  std::vector<NodeItem*> touched;
  touched.reserve(nodes.size());
  for (const size_t place : nodes) {
    const auto& node = *documents[place];
    NodeItem*& item = nodes_[node.id];
    if (!item) {
      const QPointF at = node.position ? QPointF(node.position->x, node.position->y) : layout_.value(node.id);
      item = new NodeItem(*this, node.id, project_.typeOf(node.type), mostSizeOf(project_, place), at);
      if (running_) item->mark([](NodeMarks& m) { m.running = true; });
      ++counters.created;
    } else if (!few || !item->isMade()) {
      item->age(mostSizeOf(project_, place));
    } else if (item->renew()) {
      ++counters.looks;
    }
    touched.push_back(item);
  }
  if (touched.size() == documents.size()) ordered_ = touched;
  takeOrder();
  bool unmade = place(touched);
  QRectF painted;
  if (!few) {
    for (const NodeItem* item : touched)
      for (WireItem* wire : wiresAt(item->id())) wire->age();
    painted = everything;
  }
  for (const NodeItem* item : few ? touched : std::vector<NodeItem*>()) {
    if (!item->isMade()) unmade = true, painted |= item->reach();
    for (WireItem* wire : wiresAt(item->id())) {
      if (wire->isMade()) {
        wire->renew();
      } else {
        wire->age();
        painted |= wire->reach();
      }
    }
  }
  if (!painted.isEmpty()) emit dirty(painted);
  found_ = {.sight = sight_};
  if (!few || filling_.isActive()) filling_.start();
  else if (unmade || !painted.isEmpty()) fillUntil([] { return false; });
  growSceneRect();
}

// The items in the document's order, in which they are painted. Lists that lost or gained one were emptied.
void Scene::takeOrder() {
  const auto nodes = project_.shown().nodes();
  const auto wires = project_.shown().wires();
  if (ordered_.size() != nodes.size()) {
    ordered_.clear();
    ordered_.reserve(nodes.size());
    for (const auto& node : nodes) ordered_.push_back(nodes_.value(node->id));
  }
  if (wireList_.size() != wires.size()) {
    wireList_.clear();
    wireList_.reserve(wires.size());
    for (const Wire& wire : wires) wireList_.push_back(wires_.value({wire.to, wire.input}));
  }
}

bool Scene::place(const std::vector<NodeItem*>& items) {
  const auto nodes = project_.shown().nodes();
  const bool missing = std::any_of(nodes.begin(), nodes.end(),
                                   [this](const auto& n) { return !n->position && !layout_.contains(n->id); });
  if (missing) {
    const std::vector<QPointF> positions = cornersOf(project_.shown(), roomFor(project_.shown(), project_.network()));
    for (size_t n = 0; n < positions.size(); ++n)
      if (!nodes[n]->position) layout_.insert(nodes[n]->id, positions[n]);
  }
  const auto& moved = missing ? ordered_ : items;
  const bool many = moved.size() > kItemsAtOnce;
  const bool inOrder = moved.size() == nodes.size();
  bool any = false;
  size_t at = 0;
  for (NodeItem* item : moved) {
    const auto* node = inOrder ? nodes[at++].get() : project_.shown().node(item->id());
    const QPointF position = node->position ? QPointF(node->position->x, node->position->y) : layout_.value(node->id);
    if (item->pos() == position) continue;
    any = true;
    if (many) item->moveQuietly(position);
    else item->moveTo(position);
    if (missing)
      for (WireItem* wire : wiresAt(item->id())) wire->age();
  }
  if (many && any) emit dirty(everything);
  forgetPlaces();
  return missing;
}

void Scene::growSceneRect() {
  const QRectF& wanted = contentRect();
  if (!sceneRect().contains(wanted)) setSceneRect(sceneRect() | wanted.adjusted(-kSceneMargin, -kSceneMargin, kSceneMargin, kSceneMargin));
}

void Scene::showSelection() {
  // Of many not every one asks to be painted anew.
  const auto& nodes = project_.selection().nodes();
  const bool many = shownNodes_.size() + nodes.size() > kItemsAtOnce;
  const auto select = [&](NodeId id, bool selected) {
    NodeItem* item = node(id);
    if (!item) return;
    NodeMarks marks = item->marks();
    marks.selected = selected;
    if (many) item->setMarksQuietly(marks);
    else item->setMarks(marks);
  };
  for (const NodeId id : shownNodes_) select(id, false);
  for (const WireEnd end : shownWires_)
    if (WireItem* item = wire(end)) item->mark([](WireMarks& m) { m.selected = false; });
  shownNodes_ = nodes;
  shownWires_ = project_.selection().wires();
  for (const NodeId id : shownNodes_) select(id, true);
  for (const WireEnd end : shownWires_)
    if (WireItem* item = wire(end)) item->mark([](WireMarks& m) { m.selected = true; });
  if (many) emit dirty(everything);
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
    if (!node->reach().intersects(around)) continue;
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
    return hit;
  }
  for (const FrameBox& frame : frames())  // the innermost comes last
    if (frame.titleRect().contains(point)) hit.kind = Hit::Kind::frame, hit.frame = frame.id;
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
  forgetPlaces();
  for (auto it = nodes_.cbegin(); it != nodes_.cend(); ++it) {
    const auto picture = pictures.value(it.key());
    if (!picture && !it.value()->isMade()) continue;
    const double before = it.value()->look().height;
    it.value()->setPreview(picture);
    if (it.value()->look().height == before) continue;
    for (WireItem* wire : wiresAt(it.key())) wire->renew();
  }
}

void Scene::setBars(const QHash<NodeId, NodeBar>& bars) {
  bars_ = bars;
  for (NodeItem* item : std::as_const(nodes_)) item->setBar(barOf(item->id()));
}

void Scene::setDiff(std::shared_ptr<const DiffMarks> marks) {
  if (!diff_ && !marks) return;
  diff_ = std::move(marks);
  content_.reset();
  growSceneRect();
  emit dirty(everything);
}

void Scene::setRunning(bool running) {
  running_ = running;
  for (NodeItem* item : std::as_const(nodes_)) item->mark([=](NodeMarks& m) { m.running = running; });
}

void Scene::preview(NodeId id, QPointF position) {
  NodeItem* item = node(id);
  if (!item || item->pos() == position) return;
  item->moveTo(position);
  forgetPlaces();
  for (WireItem* wire : wiresAt(id)) wire->renew();
}

void Scene::restore() {
  for (auto it = nodes_.cbegin(); it != nodes_.cend(); ++it) preview(it.key(), positionOf(it.key()));
  emit restored();
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
