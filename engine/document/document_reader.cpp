// Reads the members of each part, checks their types, and keeps what it does not know. Bounds are verify()'s.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "engine/document/document_tree.h"
#include "engine/document/json.h"
#include "engine/document/json_text.h"

namespace engine::document {
namespace {

Message describe(const Json& json) {
  constexpr size_t kShown = 40;
  if (json.is_object()) return "an object";
  if (json.is_array()) return "a list";
  const std::string text = toText(json);
  if (text.size() <= kShown) return Message("{0}", text);
  size_t end = kShown;
  while (end > 0 && (uint8_t(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  return Message("{0}…", text.substr(0, end));
}

// Where a value is, written out only for a message: most values are right.
struct Path {
  const Path* parent = nullptr;
  std::string_view name;
  int64_t index = -1;  // of an element; then without a name

  std::string text() const {
    const std::string before = parent ? parent->text() : std::string();
    if (index >= 0) return fmt::format("{}[{}]", before, index);
    return before.empty() ? std::string(name) : fmt::format("{}.{}", before, name);
  }
};

// Keeps the first problem; whoever reads on after it reads defaults.
class Reader {
 public:
  Reader(std::string file, std::vector<UnknownMember>* unknown) : file_(std::move(file)), unknown_(unknown) {}

  void fail(const Path& path, const Message& needs, Message got, Message fix = {}) {
    if (problem_) return;
    const std::string at = path.text();
    const Message where = at.empty() ? needs : Message("{0} at {1}", needs, at);
    problem_ = Problem{0, Place::file(file_), Severity::problem, where, std::move(got), std::move(fix), {}};
  }
  const std::optional<Problem>& problem() const { return problem_; }
  const std::string& file() const { return file_; }
  void note(UnknownMember member) {
    if (unknown_) unknown_->push_back(std::move(member));
  }

 private:
  std::string file_;
  std::vector<UnknownMember>* unknown_;
  std::optional<Problem> problem_;
};

// The members of one object. Each is asked for by name; rest() has those that nobody asked for.
class Members {
 public:
  Members(Reader& reader, const Json& json, const Path& path) : reader_(reader), json_(json), path_(path) {
    if (!json.is_object()) reader.fail(path_, "an object", describe(json));
  }

  Path at(std::string_view name) const { return {&path_, name}; }

  // Null where it is not there.
  const Json* find(std::string_view name) {
    known_.push_back(name);
    if (!json_.is_object()) return nullptr;
    const auto member = json_.find(name);
    return member == json_.end() ? nullptr : &*member;
  }

  void read(std::string_view name, std::string& value) {
    if (const Json* json = find(name)) text(*json, at(name), value);
  }
  void read(std::string_view name, bool& value) {
    const Json* json = find(name);
    if (!json) return;
    if (json->is_boolean()) value = json->get<bool>();
    else reader_.fail(at(name), "true or false", describe(*json));
  }
  void read(std::string_view name, double& value) {
    if (const Json* json = find(name)) number(*json, at(name), value);
  }
  template <std::integral T>
  void read(std::string_view name, T& value) {
    if (const Json* json = find(name)) whole(*json, at(name), value);
  }
  // null is the same as nothing.
  template <class T>
  void read(std::string_view name, std::optional<T>& value) {
    const Json* json = find(name);
    if (!json || json->is_null()) return;
    T read{};
    if constexpr (std::is_same_v<T, double>) number(*json, at(name), read);
    else whole(*json, at(name), read);
    value = read;
  }
  void read(std::string_view name, std::vector<double>& value) {
    const Json* json = find(name);
    if (!json) return;
    if (!json->is_array()) return reader_.fail(at(name), "a list of numbers", describe(*json));
    const Path list = at(name);
    for (size_t i = 0; i < json->size() && !reader_.problem(); ++i)
      number((*json)[i], {&list, {}, int64_t(i)}, value.emplace_back());
  }
  // Must be there.
  void readId(std::string_view name, NodeId& id) {
    const Json* json = find(name);
    if (!json) return reader_.fail(path_, Message("{0}, an id of 16 hexadecimal digits,", std::string(name)), "none");
    const auto read = json->is_string() ? nodeIdFrom(json->get_ref<const std::string&>()) : std::nullopt;
    if (!read)
      return reader_.fail(at(name), "an id, as 16 hexadecimal digits in quotes and not all 0,", describe(*json));
    id = *read;
  }
  template <class Each>
  void readList(std::string_view name, Each&& each) {
    const Json* json = find(name);
    if (!json) return;
    if (!json->is_array()) return reader_.fail(at(name), "a list", describe(*json));
    const Path list = at(name);
    for (size_t i = 0; i < json->size() && !reader_.problem(); ++i) each((*json)[i], Path{&list, {}, int64_t(i)});
  }

  std::string rest() {
    Json kept = Json::object();
    for (const auto& [name, value] : members())
      if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
        append(kept, name, value);
        reader_.note({at(name).text(), name, known_});
      }
    return kept.empty() ? std::string() : toText(kept);
  }
  // The same, but values that may be a field's become fields.
  void restAsFields(Fields& fields, std::string& others) {
    Json kept = Json::object();
    for (const auto& [name, value] : members()) {
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      if (name.empty()) return reader_.fail(path_, "fields with a name", "an empty one");
      auto field = fieldValueFrom(value);
      if (field) fields.emplace_back(name, *std::move(field));
      else if (value.is_number()) return reader_.fail(at(name), "a whole number below 2^63", describe(value));
      else append(kept, name, value);
    }
    if (!kept.empty()) others = toText(kept);
  }

 private:
  const Json::object_t& members() const {
    static const Json::object_t none;
    return json_.is_object() ? json_.get_ref<const Json::object_t&>() : none;
  }

  void text(const Json& json, const Path& where, std::string& value) {
    if (json.is_string()) value = json.get<std::string>();
    else reader_.fail(where, "a text in quotes", describe(json));
  }
  void number(const Json& json, const Path& where, double& value) {
    if (json.is_number()) value = json.get<double>();
    else reader_.fail(where, "a number", describe(json));
  }
  template <class T>
  void whole(const Json& json, const Path& where, T& value) {
    const auto low = std::numeric_limits<T>::min();
    const auto high = std::numeric_limits<T>::max();
    if (json.is_number_unsigned() && json.get<uint64_t>() <= uint64_t(high)) value = T(json.get<uint64_t>());
    else if (json.is_number_integer() && !json.is_number_unsigned() && std::in_range<T>(json.get<int64_t>()))
      value = T(json.get<int64_t>());
    else
      reader_.fail(where, Message("a whole number from {0} to {1}", fmt::format("{}", low), fmt::format("{}", high)),
                   describe(json));
  }

  Reader& reader_;
  const Json& json_;
  const Path& path_;  // of the caller, who outlives this
  std::vector<std::string_view> known_;
};

Node readNode(Reader& reader, const Json& json, const Path& path) {
  Members members(reader, json, path);
  Node node;
  members.readId("id", node.id);
  members.read("type", node.type);
  members.read("name", node.name);
  if (node.type.empty()) reader.fail(members.at("type"), "the name of an op", "none");
  if (const Json* fields = members.find("fields"))
    Members(reader, *fields, members.at("fields")).restAsFields(node.fields, node.otherFields);
  std::string mode;
  members.read("mode", mode);
  if (const auto known = modeNamed(mode)) node.mode = *known;
  else reader.fail(members.at("mode"), "bypassed or muted", Message("{0}", mode), "leave it out for a node that works");
  members.read("frozen", node.frozen);
  std::vector<double> position;
  members.read("position", position);
  if (position.size() == 2) node.position = Position{position[0], position[1]};
  else if (members.find("position"))
    reader.fail(members.at("position"), "two numbers, [x, y],", "a list of another length");
  node.extras = members.rest();
  return node;
}

Wire readWire(Reader& reader, const Json& json, const Path& path) {
  Members members(reader, json, path);
  Wire wire;
  members.readId("from", wire.from);
  members.read("output", wire.output);
  members.readId("to", wire.to);
  members.read("input", wire.input);
  wire.extras = members.rest();
  return wire;
}

Rule readRule(Reader& reader, const Json& json, const Path& path, Rule rule) {
  Members members(reader, json, path);
  members.read("type", rule.type);
  members.restAsFields(rule.fields, rule.otherFields);
  return rule;
}

Loss readLoss(Reader& reader, const Json& json, const Path& path) {
  Members members(reader, json, path);
  Loss loss;
  members.readId("node", loss.node);
  members.read("output", loss.output);
  members.read("weight", loss.weight);
  loss.extras = members.rest();
  return loss;
}

Phase readPhase(Reader& reader, const Json& json, const Path& path) {
  Members members(reader, json, path);
  Phase phase;
  members.read("name", phase.name);
  members.readList("losses",
                   [&](const Json& loss, const Path& where) { phase.losses.push_back(readLoss(reader, loss, where)); });
  if (const Json* rule = members.find("optimizer"))
    phase.optimizer = readRule(reader, *rule, members.at("optimizer"), phase.optimizer);
  if (const Json* rule = members.find("schedule"))
    phase.schedule = readRule(reader, *rule, members.at("schedule"), phase.schedule);
  members.read("clip_norm", phase.clipNorm);
  members.read("clip_value", phase.clipValue);
  members.read("batch", phase.batch);
  members.read("epochs", phase.epochs);
  members.read("steps", phase.steps);
  members.read("shuffle", phase.shuffle);
  members.read("drop_last", phase.dropLast);
  std::string precision(nameOf(phase.precision));
  members.read("precision", precision);
  if (const auto type = typeNamed(precision); type && isFloating(*type)) phase.precision = *type;
  else reader.fail(members.at("precision"), "f32 or f64", Message("{0}", precision));
  phase.extras = members.rest();
  return phase;
}

Recipe readRecipe(Reader& reader, const Json& json, const Path& path) {
  Members members(reader, json, path);
  Recipe recipe;
  members.read("seed", recipe.seed);
  members.read("weights", recipe.weights);
  if (const Json* phases = members.find("phases"); phases && phases->is_array()) recipe.phases.clear();
  members.readList("phases", [&](const Json& phase, const Path& where) {
    recipe.phases.push_back(readPhase(reader, phase, where));
  });
  recipe.extras = members.rest();
  return recipe;
}

Data readData(Reader& reader, const Json& json, const Path& path) {
  Members members(reader, json, path);
  Data data;
  members.read("source", data.source);
  if (const Json* options = members.find("options"))
    Members(reader, *options, members.at("options")).restAsFields(data.options, data.otherOptions);
  if (const Json* split = members.find("split")) {
    const Path where = members.at("split");
    Members parts(reader, *split, where);
    parts.read("validation", data.split.validation);
    parts.read("seed", data.split.seed);
    data.split.extras = parts.rest();
  }
  if (const Json* bindings = members.find("bindings")) {
    if (!bindings->is_object()) reader.fail(members.at("bindings"), "an object", describe(*bindings));
    for (auto member = bindings->begin(); bindings->is_object() && member != bindings->end() && !reader.problem();
         ++member) {
      const Path list = members.at("bindings"), where{&list, member.key()};
      Members parts(reader, *member, where);
      const auto id = nodeIdFrom(member.key());
      if (!id) {
        reader.fail(where, "the id of a node, as 16 hexadecimal digits,", "another text");
        break;
      }
      Binding& binding = data.bindings.emplace_back();
      binding.node = *id;
      parts.read("column", binding.column);
      parts.read("scale", binding.scale);
      parts.read("mean", binding.mean);
      parts.read("std", binding.std);
      binding.extras = parts.rest();
    }
  }
  data.extras = members.rest();
  return data;
}

// Nodes without a name, as somebody may write them by hand, get one after their type.
void nameTheNameless(std::vector<Node>& nodes) {
  std::unordered_set<std::string> names;
  for (const Node& node : nodes) names.insert(node.name);
  std::unordered_map<std::string, int> numbers;
  for (Node& node : nodes)
    while (node.name.empty()) {
      const std::string stem = nameAfter(node.type);
      const int number = ++numbers[stem];
      std::string name = number == 1 ? stem : fmt::format("{}_{}", stem, number);
      if (names.insert(name).second) node.name = std::move(name);
    }
}

// A problem of verify() as one of the file: its node by name instead of by id.
Problem ofFile(Problem problem, const std::string& file, const std::vector<std::pair<NodeId, std::string>>& names) {
  Message where = messageOf(problem.place);
  for (const auto& [id, name] : names)
    if (problem.node != 0 && id == problem.node) {
      where = where.empty() ? Message("node {0}", name) : Message("{0} of node {1}", where, name);
      break;
    }
  if (!where.empty()) problem.needs = Message("{0} at {1}", problem.needs, where);
  problem.place = Place::file(file);
  problem.node = 0;
  return problem;
}

Exposed readExposed(Reader& reader, const Json& json, const Path& path) {
  Members members(reader, json, path);
  Exposed exposed;
  members.read("name", exposed.name);
  members.read("help", exposed.help);
  members.readList("of", [&](const Json& inner, const Path& where) {
    Members parts(reader, inner, where);
    Inner& read = exposed.inners.emplace_back();
    parts.readId("node", read.node);
    parts.read("field", read.field);
    parts.rest();
  });
  exposed.extras = members.rest();
  return exposed;
}

Frame readFrame(Reader& reader, const Json& json, const Path& path) {
  Members members(reader, json, path);
  Frame frame;
  members.readId("id", frame.id);
  members.read("title", frame.title);
  members.read("color", frame.color);
  members.readList("nodes", [&](const Json& node, const Path& where) {
    const auto id = node.is_string() ? nodeIdFrom(node.get_ref<const std::string&>()) : std::nullopt;
    if (id) frame.nodes.push_back(*id);
    else reader.fail(where, "the id of a node, as 16 hexadecimal digits,", describe(node));
  });
  frame.extras = members.rest();
  return frame;
}

// What a project and a block both have.
void readNetwork(Reader& reader, Members& members, Document::Parts& parts) {
  members.read("name", parts.name);
  members.read("about", parts.interface.about);
  members.readList("exposed", [&](const Json& field, const Path& where) { parts.interface.fields.push_back(readExposed(reader, field, where)); });
  members.readList("nodes",
                   [&](const Json& node, const Path& where) { parts.nodes.push_back(readNode(reader, node, where)); });
  members.readList("wires",
                   [&](const Json& wire, const Path& where) { parts.wires.push_back(readWire(reader, wire, where)); });
  members.readList("frames", [&](const Json& frame, const Path& where) { parts.frames.push_back(readFrame(reader, frame, where)); });
}

Result<Document> assemble(Document::Parts parts, const std::string& file, const std::string& place) {
  nameTheNameless(parts.nodes);
  std::vector<std::pair<NodeId, std::string>> names;
  for (const Node& node : parts.nodes) names.emplace_back(node.id, node.name);
  Result<Document> document = Document::assemble(std::move(parts));
  if (document) return document;
  Problem problem = ofFile(std::move(document.error()), file, names);
  if (!place.empty()) problem.needs = Message("{0} of {1}", problem.needs, place);
  return tl::unexpected(std::move(problem));
}

}  // namespace

Result<Document> documentFrom(const Json& json, const std::string& file, std::vector<UnknownMember>* unknown) {
  Reader reader(file, unknown);
  const Path root;
  Members members(reader, json, root);
  Document::Parts parts;
  if (json.is_object() && !json.contains("netwright"))
    return failure(file, "a Netwright project", "JSON without the member netwright",
                   "give the project's file, which ends in .netw");
  int64_t version = 0;
  members.read("netwright", version);
  if (!reader.problem() && (version < 1 || version > kFormatVersion))
    return failure(file, Message("a project of format version {0} or older", kFormatVersion),
                   Message("version {0}", version), "open it with a newer Netwright");
  if (const Json* data = members.find("data")) parts.data = readData(reader, *data, members.at("data"));
  readNetwork(reader, members, parts);
  std::optional<Problem> ofBlock;
  members.readList("blocks", [&](const Json& block, const Path& where) {
    Members blockMembers(reader, block, where);
    Document::Parts blockParts;
    readNetwork(reader, blockMembers, blockParts);
    blockParts.extras = blockMembers.rest();
    if (reader.problem() || ofBlock) return;
    Result<Document> assembled = assemble(std::move(blockParts), file, where.text());
    if (assembled) parts.blocks.push_back(std::make_shared<const Document>(*std::move(assembled)));
    else ofBlock = std::move(assembled.error());
  });
  if (const Json* recipe = members.find("recipe")) parts.recipe = readRecipe(reader, *recipe, members.at("recipe"));
  parts.extras = members.rest();
  if (reader.problem()) return tl::unexpected(*reader.problem());
  if (ofBlock) return tl::unexpected(*std::move(ofBlock));
  return assemble(std::move(parts), file, "");
}

Result<Document> parse(std::string_view text, const std::string& path) {
  try {
    Result<Json> json = readJson(text, path, kMaxDepth);
    if (!json) return tl::unexpected(std::move(json.error()));
    return documentFrom(*json, path, nullptr);
  } catch (const std::bad_alloc&) {
    return failure(path, "enough memory for the project", Message("{0} bytes of text", int64_t(text.size())));
  }
}

}  // namespace engine::document
