// Copying: nodes as the text of a small project file, so that it crosses windows and can be read by a person.
#include <algorithm>
#include <utility>

#include "engine/document/json.h"
#include "ui/canvas/edits.h"
#include "ui/model/text.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace ui {

using engine::Done;
using engine::NodeId;
using engine::document::Binding;
using engine::document::Document;
using engine::document::Node;
using engine::document::Position;
using engine::document::Wire;

namespace {
constexpr char kIncoming[] = "incoming";  // wires from nodes that were not copied
constexpr int kLongestText = 16 << 20;
constexpr double kOffset = 24;  // of a duplicate
}  // namespace

QString Edits::copyText(const std::vector<NodeId>& nodes) const {
  const Document& document = project_.shown();
  const auto inside = [&](NodeId id) { return std::find(nodes.begin(), nodes.end(), id) != nodes.end(); };
  Document::Parts parts;
  parts.name = "clipboard";
  for (const auto& node : document.nodes()) {  // in the document's order, whatever was clicked first
    if (!inside(node->id)) continue;
    Node copy = *node;
    const QPointF position = scene_.positionOf(node->id);
    copy.position = Position{position.x(), position.y()};
    parts.nodes.push_back(std::move(copy));
    if (const Binding* binding = document.data().binding(node->id)) parts.data.bindings.push_back(*binding);
  }
  for (const engine::document::Frame& frame : document.frames().list)
    if (std::all_of(frame.nodes.begin(), frame.nodes.end(), inside)) parts.frames.push_back(frame);
  QJsonArray incoming;
  for (const Wire& wire : document.wires()) {
    if (!inside(wire.to)) continue;
    if (inside(wire.from)) parts.wires.push_back(wire);
    else
      incoming.append(QJsonObject{{"from", qt(engine::document::hex(wire.from))},
                                  {"output", wire.output},
                                  {"to", qt(engine::document::hex(wire.to))},
                                  {"input", wire.input}});
  }
  if (!incoming.isEmpty())
    parts.extras = QJsonDocument(QJsonObject{{kIncoming, incoming}}).toJson(QJsonDocument::Compact).toStdString();
  // With the blocks that they are uses of, and those within these.
  for (bool more = true; std::exchange(more, false);)
    for (const auto& block : project_.document().blocks()) {
      const auto isUse = [&](const auto& node) { return node.type == block->name(); };
      const auto isUseOf = [&](const auto& taken) { return std::any_of(taken->nodes().begin(), taken->nodes().end(), [&](const auto& node) { return isUse(*node); }); };
      if (std::find(parts.blocks.begin(), parts.blocks.end(), block) != parts.blocks.end()) continue;
      if (std::none_of(parts.nodes.begin(), parts.nodes.end(), isUse) && std::none_of(parts.blocks.begin(), parts.blocks.end(), isUseOf)) continue;
      parts.blocks.push_back(block);
      more = true;
    }
  const auto made = Document::assemble(std::move(parts));
  return made ? qt(print(*made)) : QString();
}

QString Edits::whyNotPaste(const QString& text) {
  if (text.isEmpty()) return tr("The clipboard holds no text.");
  if (text.size() > kLongestText) return tr("The text on the clipboard is too long for nodes.");
  if (!text.contains("\"netwright\""))
    return tr("The clipboard holds no nodes. Copy some first, here or in another window.");
  const auto parts = engine::document::parse(utf8(text), "clipboard");
  if (!parts) return tr("The text on the clipboard cannot be read: %1").arg(textOf(parts.error()));
  if (parts->nodes().empty()) return tr("The project on the clipboard has no nodes.");
  return {};
}

bool Edits::paste(const QString& text, QPointF middle, bool wired) {
  if (!whyNotPaste(text).isEmpty()) return false;
  const Document parts = *engine::document::parse(utf8(text), "clipboard");
  QRectF box;
  for (const auto& node : parts.nodes())
    if (node->position)
      box |= QRectF(node->position->x, node->position->y, node_size::width, node_size::header + node_size::footer);
  QPointF by = middle - box.center();
  by = {std::round(by.x() / 8) * 8, std::round(by.y() / 8) * 8};
  const int count = int(parts.nodes().size());
  return addParts(tr("Paste %n layers", nullptr, count), parts, by, wired);
}

bool Edits::duplicate(const std::vector<NodeId>& nodes) {
  const auto parts = engine::document::parse(utf8(copyText(nodes)), "clipboard");
  if (!parts) return false;
  double drop = 0;
  for (const auto& node : parts->nodes())
    if (const NodeItem* item = scene_.node(node->id)) drop = std::max(drop, item->look().height);
  const QPointF by(kOffset, nodes.size() == 1 ? std::ceil((drop + kOffset) / 8) * 8 : kOffset);
  return addParts(tr("Duplicate %n layers", nullptr, int(nodes.size())), *parts,
                  by, true);
}

bool Edits::addParts(const QString& text, const Document& parts, QPointF by, bool wired) {
  std::vector<NodeId> added;
  const bool done = project_.edit(text, [&](Transaction& t) -> Done {
    if (Done pinned = pin(t); !pinned) return pinned;
    std::map<NodeId, NodeId> now;
    const auto blocks = t.bringBlocks(parts);
    if (!blocks) return tl::unexpected(blocks.error());
    for (const auto& node : parts.nodes()) {
      Node copy = *node;
      copy.id = 0;
      if (const auto block = blocks->find(node->type); block != blocks->end()) copy.type = block->second;
      copy.name = t.freeName(node->name);
      const Position at = node->position.value_or(Position{});
      copy.position = Position{at.x + by.x(), at.y + by.y()};
      const auto id = t.addNode(std::move(copy));
      if (!id) return tl::unexpected(id.error());
      now[node->id] = *id;
      added.push_back(*id);
      if (const Binding* binding = parts.data().binding(node->id)) {
        Binding again = *binding;
        again.node = *id;
        if (Done bound = t.setBinding(std::move(again)); !bound) return bound;
      }
    }
    for (engine::document::Frame frame : parts.frames().list) {
      frame.id = 0;
      for (NodeId& id : frame.nodes) id = now[id];
      if (auto framed = t.setFrame(std::move(frame)); !framed) return tl::unexpected(framed.error());
    }
    for (const Wire& wire : parts.wires())
      if (Done connected = t.connect(now[wire.from], wire.output, now[wire.to], wire.input); !connected)
        return connected;
    if (!wired) return {};
    const QJsonObject extras = QJsonDocument::fromJson(QByteArray::fromStdString(parts.extras())).object();
    for (const QJsonValue& value : extras[kIncoming].toArray()) {
      const QJsonObject wire = value.toObject();
      const auto from = engine::document::nodeIdFrom(utf8(wire["from"].toString())),
                 to = engine::document::nodeIdFrom(utf8(wire["to"].toString()));
      // The one that fed it may be gone, or be in another window.
      if (!from || !to || !now.contains(*to) || !t.view().node(*from)) continue;
      if (Done connected = t.connect(*from, wire["output"].toInt(), now[*to], wire["input"].toInt()); !connected)
        return connected;
    }
    return {};
  });
  if (done) project_.selection().set(added);
  return done;
}

}  // namespace ui
