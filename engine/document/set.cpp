// Sets the value in the document's JSON and reads that again, so that a path means what it means in the file and every
// check of the reader holds here too.
#include "engine/document/set.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <span>

#include "engine/document/document_tree.h"
#include "engine/document/json.h"
#include "engine/document/json_text.h"
#include "engine/document/text.h"

namespace engine::document {
namespace {

tl::unexpected<Problem> wrong(std::string_view path, Message needs, Message got = {}, Message fix = {}) {
  return tl::unexpected(Problem{
      0, Place::field(std::string(path)), Severity::problem, std::move(needs), std::move(got), std::move(fix), {}});
}

// A member's name, or what stands in brackets: an element's number or name.
struct Part {
  std::string text;
  bool element = false;
  size_t end = 0;  // where the path goes on
};

Result<std::vector<Part>> split(std::string_view path) {
  constexpr const char* kForm = "a path like recipe.phases[0].batch";
  std::vector<Part> parts;
  for (size_t i = 0; i < path.size();) {
    const bool element = path[i] == '[';
    if (element || path[i] == '.') ++i;
    else if (!parts.empty()) return wrong(path, kForm, Message("\"{0}\"", path));
    const size_t end = std::min(path.size(), element ? path.find(']', i) : path.find_first_of(".[", i));
    if (end == i || (element && end == path.size())) return wrong(path, kForm, Message("\"{0}\"", path));
    parts.push_back({std::string(path.substr(i, end - i)), element, element ? end + 1 : end});
    i = parts.back().end;
  }
  if (parts.empty() || path[0] == '.' || path[0] == '[') return wrong(path, kForm, Message("\"{0}\"", path));
  return parts;
}

// The element that is meant: by number, or by its name or id.
Result<size_t> elementOf(const Json& list, const std::string& which, std::string_view path) {
  size_t number = 0;
  const auto [end, error] = std::from_chars(which.data(), which.data() + which.size(), number);
  const bool isNumber =
      error == std::errc() && end == which.data() + which.size() && which.size() < hex(0).size();  // else an id
  if (isNumber && number < list.size()) return number;
  std::vector<std::string_view> names;
  for (size_t i = 0; i < list.size(); ++i)
    for (const char* key : {"name", "id"})
      if (list[i].is_object() && list[i].contains(key) && list[i][key].is_string()) {
        const std::string& name = list[i][key].get_ref<const std::string&>();
        if (name == which) return i;
        names.push_back(name);
      }
  const std::string_view meant = nearest(which, names);
  return wrong(path,
               list.empty() ? Message("an element of a list that is not empty")
                            : Message("an element from 0 to {0}, or its name", int64_t(list.size()) - 1),
               Message("{0}", which), meant.empty() ? Message() : Message("write {0}", meant));
}

// What `text` may mean, the likeliest first.
std::vector<Json> meanings(std::string_view text) {
  std::vector<Json> values;
  if (auto json = readJson(text, "", kMaxDepth)) values.push_back(*std::move(json));
  else {
    double number = 0;
    const std::string_view digits = !text.empty() && text[0] == '+' ? text.substr(1) : text;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (!digits.empty() && error == std::errc() && end == digits.data() + digits.size() && std::isfinite(number))
      values.push_back(number);
  }
  if (values.empty() || !values[0].is_string()) values.push_back(std::string(text));
  return values;
}

bool isOneOf(const std::string& name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The path in full: `recipe.` and the only phase may be left out.
Result<std::vector<Part>> complete(const Document& document, std::vector<Part> parts, std::string_view path) {
  if (isOneOf(parts[0].text, {"netwright", "name", "about", "exposed", "data", "nodes", "wires", "frames", "blocks", "recipe"})) return parts;
  std::vector<Part> whole{{"recipe", false, 0}};
  if (!isOneOf(parts[0].text, {"seed", "weights", "phases"})) {
    const size_t phases = document.recipe().phases.size();
    if (phases != 1)
      return wrong(path, Message("the phase that is meant, of {0},", int64_t(phases)), {},
                   Message("write recipe.phases[0].{0}", path));
    whole.push_back({"phases", false, 0});
    whole.push_back({"0", true, 0});
  }
  whole.insert(whole.end(), parts.begin(), parts.end());
  return whole;
}

// Takes the member away (null), or sets it. Objects on the way are made; lists are not made longer.
Result<std::string> put(Json& root, const std::vector<Part>& parts, const Json& value, std::string_view path) {
  Json* at = &root;
  std::string where;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    const bool last = i + 1 == parts.size();
    if (part.element) {
      if (!at->is_array()) return wrong(path, Message("no number in brackets after {0}, which is no list", where));
      const Result<size_t> index = elementOf(*at, part.text, path);
      if (!index) return tl::unexpected(index.error());
      where += fmt::format("[{}]", *index);
      at = &(*at)[*index];
    } else {
      if (at->is_array())
        return wrong(path, Message("a number in brackets after {0}, which is a list", where),
                     Message(".{0}", part.text), Message("write {0}[0].{1}", where, part.text));
      if (!at->is_object())
        return wrong(path, Message("nothing after {0}, which has no members", where), Message(".{0}", part.text));
      if (last && value.is_null()) {
        at->erase(part.text);
        return where;
      }
      where += (where.empty() ? "" : ".") + part.text;
      if (!at->contains(part.text) && !last) (*at)[part.text] = Json::object();
      at = &(*at)[part.text];
    }
  }
  *at = value;
  return where;
}

// Another optimizer or schedule is a new one: fields that were given for the old one mean nothing to it, or, worse,
// something else.
void startAfresh(Json& root, const std::vector<Part>& parts, const Json& value, const Json& before) {
  const bool isType = parts.size() == 5 && parts[0].text == "recipe" && parts[1].text == "phases" && parts[2].element &&
                      isOneOf(parts[3].text, {"optimizer", "schedule"}) && parts[4].text == "type";
  if (!isType) return;
  Json* at = &root;
  const Json* old = &before;  // has all that is on the way: every phase is written with both
  for (const Part& part : std::span(parts).first(parts.size() - 1)) {
    const size_t index = part.element ? *elementOf(*old, part.text, "") : 0;
    old = part.element ? &(*old)[index] : &(*old)[part.text];
    at = part.element ? &(*at)[index] : &(*at)[part.text];
  }
  if ((*old)["type"] != value) *at = value.is_null() ? Json::object() : Json{{"type", value}};
}

std::vector<std::string_view> unique(const std::vector<std::string_view>& names) {
  std::vector<std::string_view> result;
  for (const std::string_view name : names)
    if (std::find(result.begin(), result.end(), name) == result.end()) result.push_back(name);
  return result;
}

}  // namespace

Result<ChangeSet> set(const Document& document, std::string_view path, std::string_view value) {
  Result<std::vector<Part>> parts = split(path);
  if (parts) parts = complete(document, *std::move(parts), path);
  if (!parts) return tl::unexpected(std::move(parts.error()));

  const Json before = toJson(document);
  std::optional<Problem> problem;  // of the likeliest meaning
  for (const Json& meaning : meanings(value)) {
    Json tree = before;
    const Result<std::string> where = put(tree, *parts, meaning, path);
    if (!where) return tl::unexpected(where.error());
    startAfresh(tree, *parts, meaning, before);
    std::vector<UnknownMember> unknown;
    const Result<Document> changed = documentFrom(tree, std::string(path), &unknown);
    if (!changed) {
      if (!problem) problem = changed.error();
      continue;  // with what else the text may mean
    }
    // What the file had already may stay unknown; what is set now must mean something.
    for (const UnknownMember& member : unknown)
      if (*where == member.path || where->starts_with(member.path + ".") || where->starts_with(member.path + "[")) {
        const auto known = unique(member.known);
        const std::string_view meant = nearest(member.name, known);
        return wrong(path, Message("one of the members {0}", fmt::format("{}", fmt::join(known, ", "))),
                     Message("{0}", member.name), meant.empty() ? Message() : Message("write {0}", meant));
      }
    // Optimizers and schedules keep any field in a file; by hand, only theirs.
    if (where->find(".optimizer") != std::string::npos || where->find(".schedule") != std::string::npos)
      for (const Phase& phase : changed->recipe().phases)
        for (const Result<Fields>& rule : {completedOptimizer(phase.optimizer), completedSchedule(phase.schedule)})
          if (!rule) return wrong(path, rule.error().needs, rule.error().got, rule.error().fix);
    return between(document, *changed);
  }
  problem->place = Place::field(std::string(path));
  return tl::unexpected(*std::move(problem));
}

Result<ChangeSet> set(const Document& document, std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return wrong(assignment, "PATH=VALUE", Message("\"{0}\"", assignment), "write optimizer.momentum=0.9, for example");
  return set(document, assignment.substr(0, equals), assignment.substr(equals + 1));
}

}  // namespace engine::document
