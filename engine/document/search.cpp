#include "engine/document/search.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "engine/graph/op.h"

namespace engine::document {
namespace {

const FieldInfo* infoOf(const std::vector<FieldInfo>& infos, std::string_view name) {
  const auto it = std::find_if(infos.begin(), infos.end(), [&](const FieldInfo& info) { return info.name == name; });
  return it == infos.end() ? nullptr : &*it;
}

// Deeper ones would be a block within itself, which no document has.
constexpr int kDeepest = 64;

std::vector<FieldInfo> fieldsAt(const Document& project, std::string_view type, int depth) {
  if (const OpType* op = findOp(type)) return fieldInfos(*op);
  const Document* block = depth < kDeepest ? project.block(type) : nullptr;
  std::vector<FieldInfo> infos;
  if (!block) return infos;
  for (const Exposed& exposed : block->interface().fields) {
    const Node* inner = exposed.inners.empty() ? nullptr : block->node(exposed.inners.front().node);
    if (!inner) continue;
    const std::vector<FieldInfo> inners = fieldsAt(project, inner->type, depth + 1);
    const FieldInfo* known = infoOf(inners, exposed.inners.front().field);
    if (!known) continue;
    FieldInfo info = *known;
    info.name = exposed.name;
    if (!exposed.help.empty()) info.help = exposed.help;
    if (const FieldValue* given = find(inner->fields, known->name)) info.initial = *given;
    infos.push_back(std::move(info));
  }
  return infos;
}

// A pair that is given as one number, and a whole number for a real one, are the same value.
std::vector<double> numbersOf(const FieldValue& value) {
  if (const auto* whole = std::get_if<int64_t>(&value)) return {double(*whole)};
  if (const auto* real = std::get_if<double>(&value)) return {*real};
  if (const auto* reals = std::get_if<std::vector<double>>(&value)) return *reals;
  if (const auto* wholes = std::get_if<std::vector<int64_t>>(&value)) return {wholes->begin(), wholes->end()};
  return {};
}
bool same(const FieldInfo& info, const FieldValue& a, const FieldValue& b) {
  if (a == b) return true;
  std::vector<double> x = numbersOf(a), y = numbersOf(b);
  if (info.kind == FieldInfo::Kind::pair)
    for (auto* numbers : {&x, &y})
      if (numbers->size() == 1) numbers->push_back(numbers->front());
  return !x.empty() && x == y;
}

bool holds(const Search& search, const FieldInfo& info, const FieldValue& value) {
  if (search.is == Search::Is::anything) return true;
  if (search.is == Search::Is::equal || search.is == Search::Is::unequal) return same(info, value, search.value) == (search.is == Search::Is::equal);
  const std::vector<double> mine = numbersOf(value), other = numbersOf(search.value);
  if (mine.empty() || other.empty()) return false;
  const double a = *std::max_element(mine.begin(), mine.end()), b = *std::max_element(other.begin(), other.end());
  return search.is == Search::Is::below ? a < b : a > b;
}

void findIn(const Document& project, const Document& network, const std::string& block, const Search& search, std::vector<SearchHit>& hits) {
  std::map<std::string, std::vector<FieldInfo>, std::less<>> known;
  for (const NodePointer& node : network.nodes()) {
    if (!search.type.empty() && node->type != search.type) continue;
    if (!search.field.empty()) {
      const auto [fields, isNew] = known.try_emplace(node->type);
      if (isNew) fields->second = fieldsOf(project, node->type);
      const FieldInfo* info = infoOf(fields->second, search.field);
      if (!info) continue;
      const FieldValue* given = find(node->fields, search.field);
      if (!holds(search, *info, given ? *given : info->initial)) continue;
    }
    hits.push_back({block, node->id});
  }
}

FieldValue scaled(const FieldInfo& info, const FieldValue& value, double factor) {
  const bool whole = std::holds_alternative<int64_t>(value) || std::holds_alternative<std::vector<int64_t>>(value);
  std::vector<double> numbers = numbersOf(value);
  for (double& number : numbers) {
    number *= factor;
    if (whole) number = std::round(number);
    number = std::clamp(number, info.range.least, info.range.most);
    if (whole) number = std::clamp(number, -9.0e18, 9.0e18);
  }
  if (std::holds_alternative<int64_t>(value)) return int64_t(numbers.front());
  if (std::holds_alternative<double>(value)) return numbers.front();
  if (whole) return std::vector<int64_t>(numbers.begin(), numbers.end());
  return numbers;
}

Done refuseSearch(NodeId node, std::string field, Message needs, Message got) {
  return tl::unexpected(Problem{node, Place::field(std::move(field)), Severity::problem, std::move(needs), std::move(got), {}, {}});
}

// One node of the network that the transaction is of.
Done replaceIn(Transaction& t, const Document& project, NodeId id, const Replacing& with) {
  const Node* node = t.view().node(id);
  if (!node) return refuseSearch(id, {}, "a node that is there", Message("{0}", hex(id)));
  const std::string type = with.type.empty() ? node->type : with.type;
  const std::vector<FieldInfo> infos = fieldsOf(project, type);
  if (type != node->type) {
    std::vector<std::string_view> kept;
    for (const FieldInfo& info : infos)
      if (const FieldValue* given = find(node->fields, info.name)) {
        // What the other type has too, by the same name, is kept where it takes the value.
        const auto op = Op::named(type);
        if (!op || op->set(info.name, *given)) kept.push_back(info.name);
      }
    if (Done done = t.setType(id, type, kept); !done) return done;
  }
  if (with.field.empty()) return {};
  const FieldInfo* info = infoOf(infos, with.field);
  if (!info) return refuseSearch(id, with.field, "a field that the layer has", Message("{0}", with.field));
  if (!with.value && !with.factor) return find(t.view().node(id)->fields, with.field) ? t.clearField(id, with.field) : Done();
  const FieldValue* given = find(t.view().node(id)->fields, with.field);
  const FieldValue now = given ? *given : info->initial;
  if (with.factor && numbersOf(now).empty()) return refuseSearch(id, with.field, "a number to multiply", Message("{0}", with.field));
  const FieldValue value = with.factor ? scaled(*info, now, *with.factor) : *with.value;
  if (const auto op = Op::named(type))
    if (auto set = op->set(with.field, value); !set) {
      Problem problem = set.error();
      problem.node = id;
      return tl::unexpected(std::move(problem));
    }
  return t.setField(id, with.field, value);
}

}  // namespace

std::vector<FieldInfo> fieldsOf(const Document& document, std::string_view type) { return fieldsAt(document, type, 0); }

std::vector<SearchHit> find(const Document& document, const Search& search) {
  std::vector<SearchHit> hits;
  findIn(document, document, {}, search, hits);
  for (const BlockPointer& block : document.blocks()) findIn(document, *block, block->name(), search, hits);
  return hits;
}

Done replace(Transaction& t, const std::vector<SearchHit>& hits, const Replacing& with) {
  std::map<std::string, std::vector<NodeId>> inBlocks;
  for (const SearchHit& hit : hits) {
    if (!hit.block.empty()) {
      inBlocks[hit.block].push_back(hit.node);
      continue;
    }
    if (Done done = replaceIn(t, t.view(), hit.node, with); !done) return done;
  }
  for (const auto& [name, nodes] : inBlocks) {
    const Document* block = t.view().block(name);
    if (!block) return refuseSearch(0, {}, "a block that is there", Message("{0}", name));
    Transaction inner(*block);
    for (const NodeId id : nodes)
      if (Done done = replaceIn(inner, t.view(), id, with); !done) return done;
    if (auto changes = inner.finish(); !changes) return tl::unexpected(changes.error());
    if (Done done = t.setBlock(inner.view()); !done) return done;
  }
  return {};
}

}  // namespace engine::document
