// What holds for every document, whoever made it: a file, a transaction, a program.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "engine/document/document.h"
#include "engine/document/text.h"
#include "engine/graph/block.h"

namespace engine::document {
namespace {

constexpr int kNamesShown = 6;     // of a cycle
constexpr size_t kFewFields = 16;  // that are searched one by one

Problem problem(NodeId node, Place place, Message needs, Message got = {}, Message fix = {}) {
  return Problem{node, std::move(place), Severity::problem, std::move(needs), std::move(got), std::move(fix), {}};
}

// Collects the first thing that is wrong.
class Verifier {
 public:
  explicit Verifier(const Document& document) : document_(document) {}

  // Whether nothing that the edit touched is wrong. What it did not touch was right, and still is: only a node that
  // went takes others with it.
  bool holdsAfter(const ChangeSet& changes) {
    const bool renamed = std::any_of(changes.changedNodes.begin(), changes.changedNodes.end(),
                                     [](const NodeChange& c) { return c.before->name != c.after->name; });
    const bool newNames = renamed || !changes.addedNodes.empty(), gone = !changes.removedNodes.empty();
    for (const NodeChange& changed : changes.changedNodes)
      if (!node(*changed.after)) return false;
    for (const NodePlace& added : changes.addedNodes)
      if (!node(*added.node)) return false;
    if (newNames && !namesDiffer()) return false;
    if ((gone || !changes.addedWires.empty()) && !wires()) return false;
    if ((gone || changes.data) && !data()) return false;
    if ((gone || changes.recipe) && !recipe()) return false;
    if (changes.name && !text("name", document_.name())) return false;
    if ((gone || changes.interface) && !interface()) return false;
    if ((gone || changes.frames) && !frames()) return false;
    if (changes.blocks && !blocks(changes.blocks.before->list)) return false;
    return changes.addedWires.empty() || noCycle();
  }

  Done run() {
    if (nodes() && wires() && data() && recipe() && text("name", document_.name()) && interface() && frames() && blocks({})) noCycle();
    if (problem_) return tl::unexpected(std::move(*problem_));
    return {};
  }

 private:
  bool fail(Problem found) {
    problem_ = std::move(found);
    return false;
  }

  bool node(const Node& node) {
    if (node.id == 0) return fail(problem(0, {}, "an id for every node", Message("none at {0}", node.name)));
    if (document_.node(node.id) != &node)
      return fail(problem(node.id, {}, "another id for every node", Message("{0} twice", hex(node.id)),
                          "change one of them"));
    if (node.type.empty() || !isUtf8(node.type))
      return fail(problem(node.id, Place::field("type"), "the name of an op"));
    if (node.name.empty() || !isUtf8(node.name))
      return fail(problem(node.id, Place::field("name"), "a name, in UTF-8"));
    if (node.position && !(std::isfinite(node.position->x) && std::isfinite(node.position->y)))
      return fail(problem(node.id, Place::field("position"), "two finite numbers"));
    return fields(node.fields, node.id, "");
  }

  bool nodes() {
    const auto nodes = document_.nodes();
    std::vector<size_t> hashes;  // of the names: sorted, they tell at once that no two are equal
    hashes.reserve(nodes.size());
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (!node(*nodes[i])) return false;
      hashes.push_back(std::hash<std::string_view>()(nodes[i]->name));
    }
    std::sort(hashes.begin(), hashes.end());
    return std::adjacent_find(hashes.begin(), hashes.end()) == hashes.end() || namesDiffer();
  }

  bool namesDiffer() {
    std::unordered_set<std::string_view> names;
    for (const NodePointer& node : document_.nodes())
      if (!names.insert(node->name).second)
        return fail(problem(node->id, Place::field("name"), "another name for every node",
                            Message("{0} twice", node->name), "rename one of them"));
    return true;
  }

  bool wires() {
    const Wire* last = nullptr;
    for (const Wire& wire : document_.wires()) {
      if (!document_.node(wire.to))
        return fail(problem(0, {}, "wires to nodes that are there", Message("a wire to {0}", hex(wire.to))));
      if (!document_.node(wire.from))
        return fail(problem(wire.to, Place::input(wire.input), "a wire from a node that is there",
                            Message("{0}", hex(wire.from))));
      for (const int port : {wire.input, wire.output})
        if (port < 0 || port >= kMaxPorts)
          return fail(problem(wire.to, Place::input(wire.input), Message("ports from 0 to {0}", kMaxPorts - 1),
                              Message("port {0}", port)));
      if (last && last->to == wire.to && last->input == wire.input)
        return fail(problem(wire.to, Place::input(wire.input), "at most one wire", "two", "take one of them away"));
      last = &wire;
    }
    return true;
  }

  // Takes away, again and again, nodes that nothing feeds; what is left lies on a cycle or behind one.
  bool noCycle() {
    const auto nodes = document_.nodes();
    const auto wires = document_.wires();
    std::vector<uint32_t> from, to;  // of each wire, as places in the document's order
    std::vector<uint32_t> feeders(nodes.size(), 0), free;
    std::vector<size_t> first(nodes.size() + 1, 0);  // where a node's readers begin, in `readers`
    for (const Wire& wire : wires) {
      from.push_back(uint32_t(*document_.indexOf(wire.from)));
      to.push_back(uint32_t(*document_.indexOf(wire.to)));
      ++feeders[to.back()];
      ++first[from.back() + 1];
    }
    std::partial_sum(first.begin(), first.end(), first.begin());
    std::vector<uint32_t> readers(wires.size());
    std::vector<size_t> next(first.begin(), first.end() - 1);
    for (size_t i = 0; i < wires.size(); ++i) readers[next[from[i]]++] = to[i];

    for (size_t i = 0; i < nodes.size(); ++i)
      if (feeders[i] == 0) free.push_back(uint32_t(i));
    size_t taken = 0;
    for (; taken < free.size(); ++taken)
      for (size_t r = first[free[taken]]; r < first[free[taken] + 1]; ++r)
        if (--feeders[readers[r]] == 0) free.push_back(readers[r]);
    return taken == nodes.size() || fail(cycle(feeders));
  }

  // Against the wires from any node that is left, which must come to a node a second time.
  Problem cycle(const std::vector<uint32_t>& feeders) const {
    size_t at = 0;
    while (feeders[at] == 0) ++at;
    std::vector<size_t> way;
    std::vector<bool> seen(feeders.size(), false);
    while (!seen[at]) {
      seen[at] = true;
      way.push_back(at);
      for (const Wire& wire : document_.wiresInto(document_.nodes()[at]->id))
        if (const size_t from = *document_.indexOf(wire.from); feeders[from] > 0) {
          at = from;
          break;
        }
    }
    way.erase(way.begin(), std::find(way.begin(), way.end(), at));
    std::reverse(way.begin() + 1, way.end());  // first the node that it came to twice, then along the wires
    std::string names;
    for (size_t i = 0; i < way.size() && i < kNamesShown; ++i) names += document_.nodes()[way[i]]->name + " → ";
    if (way.size() > kNamesShown) names += "… → ";
    return problem(document_.nodes()[at]->id, {}, "a network without cycles",
                   Message("{0}", names + document_.nodes()[at]->name), "take away one of these wires");
  }

  bool data() {
    const Data& data = document_.data();
    if (!text("data.source", data.source) || !fields(data.options, 0, "data.options.")) return false;
    if (!(data.split.validation >= 0 && data.split.validation < 1))
      return fail(problem(0, Place::field("data.split.validation"), "a part from 0 up to but not 1",
                          Message("{0}", data.split.validation), "give the part of train to hold out, like 0.1"));
    std::unordered_set<NodeId> bound;
    for (const Binding& binding : data.bindings) {
      const std::string place = "data.bindings." + hex(binding.node);
      if (!document_.node(binding.node)) return fail(problem(0, Place::field(place), "a node that is there"));
      if (!bound.insert(binding.node).second)
        return fail(problem(binding.node, Place::field(place), "one binding", "two"));
      if (!text(place + ".column", binding.column)) return false;
      if (binding.scale && !finite(place + ".scale", *binding.scale)) return false;
      for (const double mean : binding.mean)
        if (!finite(place + ".mean", mean)) return false;
      for (const double deviation : binding.std)
        if (!(deviation > 0) || std::isinf(deviation))
          return fail(
              problem(binding.node, Place::field(place + ".std"), "deviations above 0", Message("{0}", deviation)));
    }
    return true;
  }

  bool recipe() {
    const Recipe& recipe = document_.recipe();
    if (recipe.phases.empty()) return fail(problem(0, Place::field("recipe.phases"), "at least one phase", "none"));
    for (size_t i = 0; i < recipe.phases.size(); ++i)
      if (!phase(recipe.phases[i], fmt::format("recipe.phases[{}].", i))) return false;
    return true;
  }

  bool phase(const Phase& phase, const std::string& place) {
    for (size_t i = 0; i < phase.losses.size(); ++i) {
      const Loss& loss = phase.losses[i];
      const std::string lossPlace = fmt::format("{}losses[{}].", place, i);
      if (!document_.node(loss.node)) return fail(problem(0, Place::field(lossPlace + "node"), "a node that is there"));
      if (!atLeast(lossPlace + "output", loss.output, 0) || !finite(lossPlace + "weight", loss.weight)) return false;
    }
    if (phase.clipNorm && !above0(place + "clip_norm", *phase.clipNorm)) return false;
    if (phase.clipValue && !above0(place + "clip_value", *phase.clipValue)) return false;
    if (phase.steps && !atLeast(place + "steps", *phase.steps, 0)) return false;
    if (!isFloating(phase.precision))
      return fail(problem(0, Place::field(place + "precision"), "f32 or f64", Message("{0}", phase.precision)));
    return text(place + "name", phase.name) && rule(phase.optimizer, place + "optimizer.") &&
           rule(phase.schedule, place + "schedule.") && atLeast(place + "batch", phase.batch, 1) &&
           atLeast(place + "epochs", phase.epochs, 0);
  }

  bool interface() {
    if (!text("about", document_.interface().about)) return false;
    std::unordered_set<std::string_view> names;
    for (const Exposed& exposed : document_.interface().fields) {
      const std::string place = "exposed[" + exposed.name + "]";
      if (exposed.name.empty() || !isUtf8(exposed.name) || !isUtf8(exposed.help))
        return fail(problem(0, Place::field(place), "a name, in UTF-8"));
      for (const char* taken : kFieldsOfBlocks)
        if (exposed.name == taken)
          return fail(problem(0, Place::field(place), "another name than one that every block has", Message("{0}", taken), "rename it"));
      if (!names.insert(exposed.name).second)
        return fail(problem(0, Place::field(place), "another name for every field", Message("{0} twice", exposed.name), "rename one of them"));
      if (exposed.inners.empty()) return fail(problem(0, Place::field(place), "a field of a node that it sets", "none"));
      for (const Inner& inner : exposed.inners)
        if (!document_.node(inner.node) || inner.field.empty() || !isUtf8(inner.field))
          return fail(problem(0, Place::field(place), "fields of nodes that are there", Message("{0} of {1}", inner.field, hex(inner.node))));
    }
    return true;
  }

  bool frames() {
    std::unordered_set<NodeId> ids, within;
    for (const Frame& frame : document_.frames().list) {
      const auto here = [&] { return Place::field("frames[" + hex(frame.id) + "]"); };
      if (frame.id == 0 || !ids.insert(frame.id).second)
        return fail(problem(0, Place::field("frames"), "an id of its own for every frame", Message("{0} twice", hex(frame.id)), "change one of them"));
      if (!isUtf8(frame.title)) return fail(problem(0, here(), "a title in UTF-8", "other bytes"));
      if (frame.color < 0 || frame.color >= kFrameColors)
        return fail(problem(0, here(), Message("a color from 0 to {0}", kFrameColors - 1), Message("{0}", frame.color)));
      if (frame.nodes.empty()) return fail(problem(0, here(), "nodes to be around", "none", "remove the frame"));
      within.clear();
      for (const NodeId node : frame.nodes)
        if (!document_.node(node) || !within.insert(node).second)
          return fail(problem(0, here(), "nodes that are there, each once", Message("{0}", hex(node)), "take it out of the frame"));
    }
    return true;
  }

  // Those that are among `held` are known to hold for themselves.
  bool blocks(std::span<const BlockPointer> held) {
    std::unordered_set<std::string_view> names;
    for (const BlockPointer& block : document_.blocks()) {
      const std::string place = "blocks[" + block->name() + "]";
      if (block->name().empty()) return fail(problem(0, Place::field("blocks"), "a name for every block", "none"));
      if (!names.insert(block->name()).second)
        return fail(problem(0, Place::field(place), "another name for every block", Message("{0} twice", block->name()), "rename one of them"));
      if (!block->blocks().empty())
        return fail(problem(0, Place::field(place), "blocks side by side in the project", "a block that brings blocks of its own"));
      if (std::find(held.begin(), held.end(), block) != held.end()) continue;
      if (Done verified = verify(*block); !verified) {
        Problem found = verified.error();  // the place is a path from the project on
        const Node* node = block->node(found.node);
        const std::string within = toString(found.place);
        found.place = Place::field(place + (node ? ".nodes[" + node->name + "]" : "") + (within.empty() ? "" : ": " + within));
        found.node = 0;
        return fail(found);
      }
    }
    return noBlockWithinItself();
  }

  // Takes away, again and again, blocks that use none that is left: each time those of one depth.
  bool noBlockWithinItself() {
    std::unordered_map<std::string_view, std::unordered_set<std::string_view>> uses;
    for (const BlockPointer& block : document_.blocks()) uses[block->name()];
    for (const BlockPointer& block : document_.blocks())
      for (const NodePointer& node : block->nodes())
        if (const auto used = uses.find(node->type); used != uses.end()) uses[block->name()].insert(used->first);
    int depth = 0;
    for (std::vector<std::string_view> free; !uses.empty(); free.clear()) {
      for (const auto& [name, used] : uses)
        if (std::none_of(used.begin(), used.end(), [&](std::string_view other) { return uses.contains(other); })) free.push_back(name);
      if (free.empty()) break;
      if (++depth > kDeepestBlocks)
        return fail(problem(0, Place::field("blocks[" + std::string(free.front()) + "]"), Message("blocks that are at most {0} deep in one another", kDeepestBlocks),
                            Message("more at {0}", free.front()), "unfold some of them"));
      for (const std::string_view name : free) uses.erase(name);
    }
    if (uses.empty()) return true;
    std::string_view first = uses.begin()->first;
    for (const auto& [name, used] : uses) first = std::min(first, name);
    return fail(problem(0, Place::field("blocks[" + std::string(first) + "]"), "blocks that are not used within themselves",
                        Message("{0}, which comes back to itself", first), "take the use of it out of the block"));
  }

  bool rule(const Rule& rule, const std::string& place) {
    return text(place + "type", rule.type) && fields(rule.fields, 0, place);
  }

  bool fields(const Fields& fields, NodeId node, const std::string& place) {
    std::unordered_set<std::string_view> names;  // where they are many
    for (size_t i = 0; i < fields.size(); ++i) {
      const auto& [name, value] = fields[i];
      const auto here = [&, &field = name] { return Place::field(place + field); };
      const auto isIt = [&field = name](const auto& other) { return other.first == field; };
      const auto end = fields.begin() + ptrdiff_t(i);
      if (name.empty() || !isUtf8(name)) return fail(problem(node, here(), "fields with a name, in UTF-8"));
      if (fields.size() < kFewFields ? std::find_if(fields.begin(), end, isIt) != end : !names.insert(name).second)
        return fail(problem(node, here(), "each field once", Message("{0} twice", name)));
      if (const auto* text = std::get_if<std::string>(&value); text && !isUtf8(*text))
        return fail(problem(node, here(), "text in UTF-8"));
      const auto* number = std::get_if<double>(&value);
      const auto* numbers = std::get_if<std::vector<double>>(&value);
      if ((number && !std::isfinite(*number)) ||
          (numbers && !std::all_of(numbers->begin(), numbers->end(), [](double d) { return std::isfinite(d); })))
        return fail(problem(node, here(), "finite numbers", "one that is not"));
    }
    return true;
  }

  bool text(const std::string& place, const std::string& text) {
    return isUtf8(text) || fail(problem(0, Place::field(place), "text in UTF-8", "other bytes"));
  }
  bool finite(const std::string& place, double number) {
    return std::isfinite(number) || fail(problem(0, Place::field(place), "a finite number", Message("{0}", number)));
  }
  bool above0(const std::string& place, double number) {
    return (number > 0 && std::isfinite(number)) ||
           fail(problem(0, Place::field(place), "a number above 0", Message("{0}", number)));
  }
  bool atLeast(const std::string& place, int64_t number, int64_t least) {
    return number >= least || fail(problem(0, Place::field(place), Message("a whole number of at least {0}", least),
                                           Message("{0}", number)));
  }

  const Document& document_;
  std::optional<Problem> problem_;
};

}  // namespace

Done verify(const Document& document) { return Verifier(document).run(); }

Done verifyEdit(const Document& after, const ChangeSet& changes) {
  // Where something is wrong, the whole document says what is first.
  if (Verifier(after).holdsAfter(changes)) return {};
  return verify(after);
}

Done canConnect(const Document& document, NodeId from, NodeId to) {
  for (const NodeId id : {from, to})
    if (!document.node(id)) return tl::unexpected(problem(0, {}, "nodes that are there", Message("{0}", hex(id))));
  if (from == to)
    return tl::unexpected(
        problem(to, {}, "a network without cycles", "a wire from a node to itself", "wire it to another node"));
  // Against the wires from `from`: is `to` among what feeds it?
  std::vector<NodeId> way{from};
  std::unordered_set<NodeId> seen{from};
  while (!way.empty()) {
    const NodeId at = way.back();
    way.pop_back();
    for (const Wire& wire : document.wiresInto(at)) {
      if (wire.from == to)
        return tl::unexpected(
            problem(to, {}, "a network without cycles",
                    Message("{0}, which {1} already feeds", document.node(from)->name, document.node(to)->name),
                    "wire it the other way round"));
      if (seen.insert(wire.from).second) way.push_back(wire.from);
    }
  }
  return {};
}

}  // namespace engine::document
