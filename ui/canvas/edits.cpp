#include "ui/canvas/edits.h"

#include <algorithm>
#include <cmath>

#include "engine/data/open.h"
#include "ui/model/habits.h"
#include "ui/model/shelf.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::Done;
using engine::NodeId;
using engine::ValueInfo;
using engine::document::Binding;
using engine::document::Node;
using engine::document::Position;
using engine::document::Transaction;
using engine::document::Wire;

namespace {

QPointF snapped(QPointF p) {
  return {std::round(p.x() / size::grid) * size::grid, std::round(p.y() / size::grid) * size::grid};
}

NodeLook lookOfNew(const Project& project, const Node& node) {
  NodeFacts facts;
  facts.node = std::make_shared<const Node>(node);
  facts.op = project.opOf(node.type);
  if (const auto* type = project.typeOf(node.type)) {
    facts.inputs.resize(type->info.inputs.size());
    facts.inputWired.resize(facts.inputs.size());
    facts.outputs.resize(type->info.outputs.size());
    facts.outputWired.resize(facts.outputs.size());
  }
  NodeLook look = lookOf(facts);
  look.width = node_size::width;  // its shape and count are not known yet and may need it
  return look;
}

// The columns of a source that costs nothing to ask; none where it would have to be read.
std::vector<engine::data::Column> columnsOf(const std::string& source) {
  if (source == "fashion-mnist")
    return {{"image", engine::Type::u8, {1, 28, 28}, {}},
            {"label", engine::Type::i64, {}, std::vector<std::string>(10, "")}};
  const auto names = engine::data::builtInNames();
  if (std::find(names.begin(), names.end(), source) == names.end()) return {};
  const auto opened = engine::data::open(source);
  return opened ? (*opened)->columns() : std::vector<engine::data::Column>{};
}

std::vector<int64_t> listOf(const engine::Shape& shape) { return {shape.begin(), shape.end()}; }

}  // namespace

Edits::Edits(Project& project, Scene& scene, QObject* parent) : QObject(parent), project_(project), scene_(scene) {}

Done Edits::pin(Transaction& t) const {
  for (const auto& node : project_.shown().nodes())
    if (!node->position)
      if (Done done = place(t, node->id, scene_.positionOf(node->id)); !done) return done;
  return {};
}

Done Edits::place(Transaction& t, NodeId node, QPointF corner) const {
  return t.move(node, Position{corner.x(), corner.y()});
}

QPointF Edits::freePlace(QPointF corner, QSizeF box) const {
  corner = snapped(corner);
  const auto nodes = scene_.nodes();
  for (int tries = 0; tries < 500; ++tries) {
    const QRectF wish = QRectF(corner, box).adjusted(-8, -8, 8, 8);
    const auto taken =
        std::find_if(nodes.begin(), nodes.end(), [&](const NodeItem* n) {
          return n->reach().intersects(wish) && n->nodeRect().intersects(wish);
        });
    if (taken == nodes.end()) return corner;
    corner.setY(std::ceil(((*taken)->nodeRect().bottom() + 24) / size::grid) * size::grid);
  }
  return corner;
}

// ------------------------------------------------------------------------ wires ----

bool Edits::connect(PortRef output, PortRef input, const std::optional<engine::InsertBefore>& insert) {
  return reconnect({}, output, input, insert);
}

bool Edits::reconnect(WireEnd old, PortRef output, PortRef input, const std::optional<engine::InsertBefore>& insert) {
  const auto* present = project_.shown().wireInto(input.node, input.index);
  if (!insert && present && present->from == output.node && present->output == output.index) return true;
  const bool moves = old.to != 0;
  return project_.edit(insert  ? tr("Insert %1 and connect").arg(qt(insert->type))
                       : moves ? tr("Move wire")
                               : tr("Connect"),
                       [&](Transaction& t) -> Done {
                         if (moves && !(old == WireEnd{input.node, input.index}))
                           if (Done done = t.disconnect(old.to, old.input); !done) return done;
                         if (!insert) return t.connect(output.node, output.index, input.node, input.index);
                         if (Done done = pin(t); !done) return done;
                         Node between = newNode(qt(insert->type));
                         const NodeItem *from = scene_.node(output.node), *to = scene_.node(input.node);
                         const NodeLook look = lookOfNew(project_, between);
                         const QPointF middle = (from->nodeRect().center() + to->nodeRect().center()) / 2;
                         const QPointF corner =
                             freePlace(middle - QPointF(look.width / 2, look.height / 2), look.rect().size());
                         between.position = Position{corner.x(), corner.y()};
                         const auto id = t.addNode(std::move(between));
                         if (!id) return tl::unexpected(id.error());
                         if (Done done = t.connect(output.node, output.index, *id, 0); !done) return done;
                         return t.connect(*id, 0, input.node, input.index);
                       });
}

std::vector<WireEnd> Edits::wiresOf(PortRef port) const {
  std::vector<WireEnd> wires;
  if (port.input) {
    if (project_.shown().wireInto(port.node, port.index)) wires.push_back({port.node, port.index});
    return wires;
  }
  for (const Wire& wire : project_.shown().wiresFrom(port.node))
    if (wire.output == port.index) wires.push_back({wire.to, wire.input});
  return wires;
}

bool Edits::disconnect(const std::vector<WireEnd>& wires) {
  if (wires.empty()) return false;
  return project_.edit(tr("Disconnect %n wires", nullptr, int(wires.size())),
                       [&](Transaction& t) -> Done {
                         for (const WireEnd wire : wires)
                           if (Done done = t.disconnect(wire.to, wire.input); !done) return done;
                         return {};
                       });
}

bool Edits::dropWires(PortRef port) { return disconnect(wiresOf(port)); }

bool Edits::dropWires(const std::vector<NodeId>& nodes) {
  std::vector<WireEnd> wires;
  for (const Wire& wire : project_.shown().wires())
    if (std::find(nodes.begin(), nodes.end(), wire.from) != nodes.end() ||
        std::find(nodes.begin(), nodes.end(), wire.to) != nodes.end())
      wires.push_back({wire.to, wire.input});
  return disconnect(wires);
}

// ---------------------------------------------------------------------- new nodes ----

Node Edits::newNode(const QString& op) const {
  Node node;
  node.type = utf8(op);
  const auto& document = project_.shown();
  const bool input = node.type == "Input", target = node.type == "Target";
  if (!input && !target) return node;
  // Like the one that is there, else as the data have it, else a small grey picture and its class.
  for (const auto& other : document.nodes())
    if (other->type == node.type) {
      node.fields = other->fields;
      return node;
    }
  for (const engine::data::Column& column : columnsOf(document.data().source)) {
    if (input && column.classes.empty() && column.shape.rank() > 0) {
      node.fields = {{"shape", listOf(column.shape)}};
      return node;
    }
    if (target &&
        (!column.classes.empty() || column.name == "label" || column.name == "target" || column.name == "y")) {
      node.fields = {{"kind", std::string(column.classes.empty() ? "values" : "class")}};
      if (column.shape.rank() > 0) node.fields.push_back({"shape", listOf(column.shape)});
      return node;
    }
  }
  if (input) node.fields = {{"shape", std::vector<int64_t>{1, 28, 28}}};
  if (target) node.fields = {{"kind", std::string("class")}};
  return node;
}

// A block of the library comes into the project with its first use.
Done Edits::bring(Transaction& t, Node& node) const {
  const ShelfBlock* block = project_.document().block(node.type) || engine::findOp(node.type) ? nullptr : shelfBlock(node.type);
  if (!block) return {};
  auto name = t.bringBlock(*block->block.file);
  if (!name) return tl::unexpected(name.error());
  node.type = *std::move(name);
  return {};
}

// Feeds the ports in turn; a loss that has its prediction takes the Target that fits.
Done Edits::wireUp(Transaction& t, NodeId id, const std::vector<PortRef>& outputs) const {
  const Node* node = t.view().node(id);
  const auto* type = node ? project_.typeOf(node->type) : nullptr;
  if (!type) return {};
  const int ports = int(type->info.inputs.size());
  int port = 0;
  for (const PortRef& output : outputs) {
    if (port >= ports && !type->info.variadic) break;
    if (Done done = t.connect(output.node, output.index, id, port++); !done) return done;
  }
  const std::string_view group = type->info.group;
  if (port != 1 || ports != 2 || (group != "Loss" && group != "Metric")) return {};
  for (const auto& other : project_.shown().nodes()) {
    if (other->type != "Target") continue;
    const ValueInfo target = valueAt(project_, {other->id, false, 0});
    if (tryOp(*project_.opOf(node->type), {valueAt(project_, outputs.front()), target}, floatingOf(project_))
            .problem)
      continue;
    return t.connect(other->id, 0, id, 1);
  }
  return {};
}

NodeId Edits::finishAdd(bool done, NodeId id) {
  if (!done) return 0;
  project_.selection().set({id});
  const auto& network = project_.shown();
  const auto fed = network.wiresInto(id);
  Habits::chose(fed.empty() ? QString() : qt(network.node(fed.front().from)->type), qt(network.node(id)->type));
  return id;
}

NodeId Edits::add(const QString& op, QPointF middle) {
  NodeId id = 0;
  const bool done = project_.edit(tr("Add %1").arg(op), [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    Node node = newNode(op);
    if (Done brought = bring(t, node); !brought) return brought;
    const NodeLook look = lookOfNew(project_, node);
    const QPointF corner = freePlace(middle - QPointF(look.width / 2, look.height / 2), look.rect().size());
    node.position = Position{corner.x(), corner.y()};
    const auto made = t.addNode(std::move(node));
    if (!made) return tl::unexpected(made.error());
    id = *made;
    return {};
  });
  return finishAdd(done, id);
}

NodeId Edits::append(const QString& op, const std::vector<NodeId>& to) {
  std::vector<PortRef> outputs;
  QRectF last;
  for (const NodeId id : to) {
    const NodeItem* item = scene_.node(id);
    if (!item) continue;
    if (item->nodeRect().right() > last.right() || last.isNull()) last = item->nodeRect();
    if (!item->look().outputs.empty()) outputs.push_back({id, false, 0});
  }
  const auto* type = project_.typeOf(utf8(op));
  if (outputs.empty() || !type || type->info.inputs.empty())
    return add(op, last.center() + QPointF(0, last.height() + 24));
  if (type->info.inputs.size() == 1 && !type->info.variadic) outputs = {outputs.back()};
  if (const NodeItem* item = scene_.node(outputs.back().node)) last = item->nodeRect();
  NodeId id = 0;
  const bool done = project_.edit(tr("Add %1").arg(op), [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    Node node = newNode(op);
    if (Done brought = bring(t, node); !brought) return brought;
    const QPointF corner = freePlace(QPointF(last.right() + node_size::gap, last.top()), lookOfNew(project_, node).rect().size());
    node.position = Position{corner.x(), corner.y()};
    const auto made = t.addNode(std::move(node));
    if (!made) return tl::unexpected(made.error());
    id = *made;
    return wireUp(t, id, outputs);
  });
  return finishAdd(done, id);
}

NodeId Edits::addTo(const QString& op, QPointF at, PortRef port) {
  NodeId id = 0;
  const bool done = project_.edit(tr("Add %1").arg(op), [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    Node node = newNode(op);
    if (Done brought = bring(t, node); !brought) return brought;
    const NodeLook look = lookOfNew(project_, node);
    // Its port comes to lie where the wire ended.
    const std::vector<PortLook>& ports = port.input ? look.outputs : look.inputs;
    const QPointF corner = freePlace(at - (ports.empty() ? QPointF() : ports.front().at), look.rect().size());
    node.position = Position{corner.x(), corner.y()};
    const auto made = t.addNode(std::move(node));
    if (!made) return tl::unexpected(made.error());
    id = *made;
    if (port.input) return look.outputs.empty() ? Done{} : t.connect(id, 0, port.node, port.index);
    // The first input that takes such a value: a label into a loss goes to its target.
    const auto* type = project_.typeOf(utf8(op));
    const engine::Type value = valueAt(project_, port).type;
    if (type)
      for (int i = 0; i < int(type->info.inputs.size()); ++i)
        if (takes(*type, i, value)) return i == 0 ? wireUp(t, id, {port}) : t.connect(port.node, port.index, id, i);
    return {};
  });
  return finishAdd(done, id);
}

// -------------------------------------------------------------------- into a wire ----

bool Edits::canInsert(const QString& op, WireEnd end) const {
  const auto* wire = project_.shown().wireInto(end.to, end.input);
  const auto* type = project_.typeOf(utf8(op));
  if (!wire || !type || type->info.inputs.empty() || type->info.outputs.empty()) return false;
  return takes(*type, 0, valueAt(project_, {wire->from, false, wire->output}).type);
}

bool Edits::canInsert(NodeId id, WireEnd end) const {
  const Node* node = project_.shown().node(id);
  if (!node || project_.shown().wireInto(id, 0)) return false;
  if (!project_.shown().wiresFrom(id).empty()) return false;
  const auto* wire = project_.shown().wireInto(end.to, end.input);
  return wire && wire->from != id && end.to != id && canInsert(qt(node->type), end);
}

// Between two that stand in a row, a third one stands in that row.
QPointF Edits::seatOn(WireEnd end, const NodeLook& look, QPointF corner) const {
  const Wire& wire = *project_.shown().wireInto(end.to, end.input);
  const NodeItem *from = scene_.node(wire.from), *to = scene_.node(end.to);
  const double y = from->outputAt(wire.output).y();
  if (y != to->inputAt(end.input).y() || to->nodeRect().left() < from->nodeRect().right()) return corner;
  return {std::max(corner.x(), from->nodeRect().right() + node_size::gap), y - look.inputs.front().at.y()};
}

// The reader, what it feeds to its right, and what these would come to lie on, move on until the box has air on that
// side.
Done Edits::makeRoom(Transaction& t, NodeId node, QRectF box, WireEnd wire) const {
  const NodeItem* reader = scene_.node(wire.to);
  const double missing = box.right() + node_size::gap - reader->nodeRect().left();
  if (missing <= 0 || reader->nodeRect().right() < box.left()) return {};
  const double by = std::ceil(missing / size::grid) * size::grid;
  std::unordered_set<NodeId> moved{wire.to};
  std::vector<NodeId> open{wire.to};
  const auto add = [&](NodeId id) {
    if (id != node && moved.insert(id).second) open.push_back(id);
  };
  while (!open.empty()) {
    const NodeId next = open.back();
    open.pop_back();
    const QRectF before = scene_.node(next)->nodeRect(), after = before.translated(by, 0);
    for (const Wire& out : project_.shown().wiresFrom(next))
      if (scene_.node(out.to)->nodeRect().left() >= reader->nodeRect().left()) add(out.to);
    for (const NodeItem* other : scene_.nodes())
      if (other->reach().intersects(after) && other->nodeRect().intersects(after) && !other->nodeRect().intersects(before)) add(other->id());
    if (Done done = place(t, next, scene_.positionOf(next) + QPointF(by, 0)); !done) return done;
  }
  return {};
}

NodeId Edits::insert(const QString& op, QPointF middle, WireEnd end) {
  const Wire wire = *project_.shown().wireInto(end.to, end.input);
  NodeId id = 0;
  const bool done = project_.edit(tr("Insert %1").arg(op), [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    Node node = newNode(op);
    if (Done brought = bring(t, node); !brought) return brought;
    const NodeLook look = lookOfNew(project_, node);
    const QPointF corner = seatOn(end, look, snapped(middle - QPointF(look.width / 2, look.height / 2)));
    node.position = Position{corner.x(), corner.y()};
    const auto made = t.addNode(std::move(node));
    if (!made) return tl::unexpected(made.error());
    id = *made;
    if (Done connected = t.connect(wire.from, wire.output, id, 0); !connected) return connected;
    if (Done connected = t.connect(id, 0, end.to, end.input); !connected) return connected;
    return makeRoom(t, id, QRectF(corner, look.rect().size()), end);
  });
  return finishAdd(done, id);
}

bool Edits::insertExisting(NodeId id, QPointF position, WireEnd end) {
  const Wire wire = *project_.shown().wireInto(end.to, end.input);
  const NodeLook& look = scene_.node(id)->look();
  const QSizeF box = look.rect().size();
  const QPointF corner = seatOn(end, look, position);
  return project_.edit(tr("Insert %1").arg(qt(project_.shown().node(id)->name)), [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    if (Done done = place(t, id, corner); !done) return done;
    if (Done done = t.connect(wire.from, wire.output, id, 0); !done) return done;
    if (Done done = t.connect(id, 0, end.to, end.input); !done) return done;
    return makeRoom(t, id, QRectF(corner, box), end);
  });
}

// -------------------------------------------------------------- place, name, remove ----

bool Edits::move(const std::map<NodeId, QPointF>& positions, quint64 gesture, const std::vector<engine::document::Frame>& frames) {
  const bool moves = std::any_of(positions.begin(), positions.end(),
                                 [&](const auto& p) { return scene_.positionOf(p.first) != p.second; });
  if (!moves) return true;
  return project_.edit(
      tr("Move %n layers", nullptr, int(positions.size())),
      [&](Transaction& t) -> Done {
        if (Done pinned = pin(t); !pinned) return pinned;
        for (const auto& [id, position] : positions)
          if (Done done = place(t, id, position); !done) return done;
        return takeFrames(t, frames);
      },
      gesture);
}

bool Edits::layOut(engine::document::ChangeSet changes, engine::document::Document after, int count) {
  if (changes.empty()) return false;
  project_.take(tr("Lay out %n layers", nullptr, count), std::move(changes), std::move(after));
  return true;
}

bool Edits::rename(NodeId node, const QString& name) {
  return project_.edit(tr("Rename"), [&](Transaction& t) { return t.rename(node, utf8(name.trimmed())); });
}

bool Edits::writeNote(NodeId note, const QString& text) {
  return project_.edit(tr("Write note"), [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    return t.setField(note, "text", utf8(text.simplified()));
  });
}

bool Edits::remove(const std::vector<NodeId>& nodes, const std::vector<WireEnd>& wires) {
  const QString text = nodes.empty()
                           ? tr("Delete %n wires", nullptr, int(wires.size()))
                           : tr("Delete %n layers", nullptr, int(nodes.size()));
  return project_.edit(text, [&](Transaction& t) -> Done {
    for (const WireEnd wire : wires)
      if (Done done = t.disconnect(wire.to, wire.input); !done) return done;
    return t.removeNodes(nodes);
  });
}

bool Edits::removeAndHeal(const std::vector<NodeId>& nodes) {
  const auto& document = project_.shown();
  const auto gone = [&](NodeId id) { return std::find(nodes.begin(), nodes.end(), id) != nodes.end(); };
  return project_.edit(
      tr("Delete %n layers and join", nullptr, int(nodes.size())),
      [&](Transaction& t) -> Done {
        std::vector<Wire> healed;
        for (const Wire& wire : document.wires()) {
          if (!gone(wire.from) || gone(wire.to)) continue;
          // Up through what goes, along the first inputs, to what stays.
          const Wire* source = &wire;
          while (source && gone(source->from)) source = document.wireInto(source->from, 0);
          if (!source) continue;
          const PortRef output{source->from, false, source->output}, input{wire.to, true, wire.input};
          const Verdict verdict = verdictOf(project_, output, input, false);
          if (verdict.kind == Verdict::Kind::fits || verdict.problem.severity == engine::Severity::lint)
            healed.push_back({output.node, output.index, input.node, input.index, {}});
        }
        if (Done done = t.removeNodes(nodes); !done) return done;
        for (const Wire& wire : healed)
          if (Done done = t.connect(wire.from, wire.output, wire.to, wire.input); !done) return done;
        return {};
      });
}

}  // namespace ui
