// Compares the JSON of each part, member by member: what a file can say, a diff can show.
#include "engine/document/diff.h"

#include <fmt/format.h>

#include <unordered_map>

#include "engine/document/document_tree.h"

namespace engine::document {
namespace {

using Kind = Difference::Kind;

class Comparison {
 public:
  Comparison(const Document& before, const Document& after) : before_(before), after_(after) {}

  std::vector<Difference> run(bool positions) {
    const ChangeSet changes = between(before_, after_);
    if (changes.name) members(0, "name", before_.name(), after_.name());
    if (changes.data) members(0, "data", toJson(before_.data()), toJson(after_.data()));
    // A node that only changes its place in the order is the same node.
    for (const auto& [index, node] : changes.removedNodes)
      if (!after_.node(node->id)) add(Kind::removed, node->id, node->name, node->type, "");
    for (const auto& [index, node] : changes.addedNodes) {
      if (const Node* old = before_.node(node->id)) compare(*old, *node, positions);
      else added(*node);
    }
    for (const auto& [old, node] : changes.changedNodes) compare(*old, *node, positions);
    wires(changes);
    if (changes.interface) {
      const Json before = toJson(before_.interface()), after = toJson(after_.interface());
      for (const char* member : {"about", "exposed"})
        if (before.contains(member) || after.contains(member)) members(0, member, before.value(member, Json()), after.value(member, Json()));
    }
    if (changes.frames) frames(*changes.frames.before, *changes.frames.after);
    for (const std::string& name : changedBlocks(changes)) block(name, positions);
    if (changes.recipe) members(0, "recipe", toJson(before_.recipe()), toJson(after_.recipe()));
    if (changes.extras) members(0, "other members", before_.extras(), after_.extras());
    return std::move(found_);
  }

 private:
  void add(Kind kind, NodeId node, std::string what, std::string before, std::string after) {
    found_.push_back({kind, node, std::move(what), std::move(before), std::move(after)});
  }

  // Within a block that both have, as within the document, behind the block's name.
  void block(const std::string& name, bool positions) {
    const Document *old = before_.block(name), *now = after_.block(name);
    if (!old) return add(Kind::added, 0, "block " + name, "", std::to_string(now->nodes().size()) + " nodes");
    if (!now) return add(Kind::removed, 0, "block " + name, std::to_string(old->nodes().size()) + " nodes", "");
    for (Difference& difference : Comparison(*old, *now).run(positions)) {
      difference.what = "block " + name + ": " + difference.what;
      difference.node = 0;
      found_.push_back(std::move(difference));
    }
  }

  // By their ids; what is in them by names.
  void frames(const Frames& olds, const Frames& news) {
    for (const Frame& frame : olds.list)
      if (!news.frame(frame.id)) add(Kind::removed, 0, "frame", frame.title, "");
    for (const Frame& frame : news.list) {
      const Frame* old = olds.frame(frame.id);
      if (!old) add(Kind::added, 0, "frame", "", frame.title);
      else if (!(*old == frame)) members(0, "frame " + frame.title, shownFrame(*old, before_), shownFrame(frame, after_));
    }
  }
  static Json shownFrame(const Frame& frame, const Document& document) {
    Json json = toJson(frame);
    json.erase("id");
    json["nodes"] = Json::array();
    for (const NodeId id : frame.nodes)
      if (const Node* node = document.node(id)) json["nodes"].push_back(node->name);
    return json;
  }

  void added(const Node& node) {
    add(Kind::added, node.id, node.name, "", node.type);
    const Json json = toJson(node);
    if (json.contains("fields")) members(node.id, node.name + ".fields", Json::object(), json["fields"]);
  }

  void compare(const Node& old, const Node& node, bool positions) {
    Json before = toJson(old), after = toJson(node);
    if (!positions) {
      before.erase("position");
      after.erase("position");
    }
    for (Json* json : {&before, &after})
      if (!json->contains("fields")) (*json)["fields"] = Json::object();  // so that the first one is told by its name, too
    members(node.id, node.name, before, after);
  }

  // Down to the values that differ.
  void members(NodeId node, const std::string& path, const Json& before, const Json& after) {
    if (before == after) return;
    if (before.is_object() && after.is_object()) {
      std::unordered_map<std::string_view, const Json*> old;
      for (auto member = before.begin(); member != before.end(); ++member) old.emplace(member.key(), &*member);
      for (auto member = after.begin(); member != after.end(); ++member) {
        const std::string name = path + "." + shown(member.key());
        const auto was = old.find(member.key());
        if (was == old.end()) {
          value(Kind::added, node, name, {}, *member);
        } else {
          members(node, name, *was->second, *member);
          old.erase(was);
        }
      }
      for (auto member = before.begin(); member != before.end(); ++member)
        if (old.contains(member.key())) value(Kind::removed, node, path + "." + shown(member.key()), *member, {});
    } else if (before.is_array() && after.is_array() && holdsObjects(before) && holdsObjects(after)) {
      for (size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
        const std::string name = fmt::format("{}[{}]", path, i);
        if (i >= before.size()) value(Kind::added, node, name, {}, after[i]);
        else if (i >= after.size()) value(Kind::removed, node, name, before[i], {});
        else members(node, name, before[i], after[i]);
      }
    } else {
      value(Kind::changed, node, path, before, after);
    }
  }

  void value(Kind kind, NodeId node, std::string what, const Json& before, const Json& after) {
    add(kind, node, std::move(what), kind == Kind::added ? "" : toText(before),
        kind == Kind::removed ? "" : toText(after));
  }

  static bool holdsObjects(const Json& list) { return list.empty() || list[0].is_object(); }

  // Where a node's id is a key, its name says more.
  std::string shown(const std::string& key) const {
    const auto id = key.size() == 16 ? nodeIdFrom(key) : std::nullopt;
    const Node* node = !id ? nullptr : after_.node(*id) ? after_.node(*id) : before_.node(*id);
    return node ? node->name : key;
  }

  void wires(const ChangeSet& changes) {
    std::unordered_map<NodeId, std::vector<const Wire*>> came;
    for (const Wire& wire : changes.addedWires) came[wire.to].push_back(&wire);
    for (const Wire& wire : changes.removedWires) {
      const Wire* instead = nullptr;
      for (const Wire* other : came[wire.to])
        if (other->input == wire.input) instead = other;
      if (instead) add(Kind::changed, wire.to, port(wire, after_), source(wire, before_), source(*instead, after_));
      else add(Kind::removed, wire.to, port(wire, before_), source(wire, before_), "");
    }
    for (const Wire& wire : changes.addedWires)
      if (!before_.wireInto(wire.to, wire.input))
        add(Kind::added, wire.to, port(wire, after_), "", source(wire, after_));
  }
  static std::string port(const Wire& wire, const Document& document) {
    return fmt::format("input {} of {}", wire.input, document.node(wire.to)->name);
  }
  static std::string source(const Wire& wire, const Document& document) {
    const std::string name = document.node(wire.from)->name;
    return wire.output == 0 ? name : fmt::format("output {} of {}", wire.output, name);
  }

  const Document& before_;
  const Document& after_;
  std::vector<Difference> found_;
};

}  // namespace

std::vector<Difference> diff(const Document& before, const Document& after, bool positions) {
  return Comparison(before, after).run(positions);
}

std::string toString(const std::vector<Difference>& differences) {
  std::string text;
  for (const Difference& d : differences) {
    switch (d.kind) {
      case Kind::added: text += fmt::format("+ {}: {}\n", d.what, d.after); break;
      case Kind::removed: text += fmt::format("- {}: {}\n", d.what, d.before); break;
      case Kind::changed: text += fmt::format("~ {}: {} -> {}\n", d.what, d.before, d.after); break;
    }
  }
  return text;
}

}  // namespace engine::document
