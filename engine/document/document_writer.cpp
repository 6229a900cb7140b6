// The members of each part of a document, in the order of the file; then those that this version did not know.
#include "engine/document/document_tree.h"
#include "engine/document/json.h"
#include "engine/document/json_text.h"

namespace engine::document {
namespace {

// Appends the members of an object that was kept as text. The text came from our own reader.
void addKept(Json& object, const std::string& kept) {
  if (kept.empty()) return;
  const Json members = Json::parse(kept, nullptr, false);
  if (!members.is_object()) return;
  for (auto member = members.begin(); member != members.end(); ++member) append(object, member.key(), *member);
}

void addFields(Json& object, const Fields& fields, const std::string& others) {
  for (const auto& [name, value] : fields) append(object, name, toJson(value));
  addKept(object, others);
}

Json toJson(const Wire& wire) {
  Json json = {{"from", hex(wire.from)}, {"output", wire.output}, {"to", hex(wire.to)}, {"input", wire.input}};
  addKept(json, wire.extras);
  return json;
}

Json toJson(const Rule& rule) {
  Json json = {{"type", rule.type}};
  addFields(json, rule.fields, rule.otherFields);
  return json;
}

Json toJson(const Loss& loss) {
  Json json = {{"node", hex(loss.node)}, {"output", loss.output}, {"weight", loss.weight}};
  addKept(json, loss.extras);
  return json;
}

Json toJson(const Phase& phase) {
  Json json = {{"name", phase.name}, {"losses", Json::array()}};
  for (const Loss& loss : phase.losses) json["losses"].push_back(toJson(loss));
  json["optimizer"] = toJson(phase.optimizer);
  json["schedule"] = toJson(phase.schedule);
  if (phase.clipNorm) json["clip_norm"] = *phase.clipNorm;
  if (phase.clipValue) json["clip_value"] = *phase.clipValue;
  json["batch"] = phase.batch;
  json["epochs"] = phase.epochs;
  if (phase.steps) json["steps"] = *phase.steps;
  json["shuffle"] = phase.shuffle;
  json["drop_last"] = phase.dropLast;
  json["precision"] = std::string(nameOf(phase.precision));
  addKept(json, phase.extras);
  return json;
}

Json toJson(const Binding& binding) {
  Json json = {{"column", binding.column}};
  if (binding.scale) json["scale"] = *binding.scale;
  if (!binding.mean.empty()) json["mean"] = binding.mean;
  if (!binding.std.empty()) json["std"] = binding.std;
  addKept(json, binding.extras);
  return json;
}

}  // namespace

Json toJson(const Node& node) {
  Json json = {{"id", hex(node.id)}, {"type", node.type}, {"name", node.name}};
  Json fields = Json::object();
  addFields(fields, node.fields, node.otherFields);
  if (!fields.empty()) append(json, "fields", std::move(fields));
  if (node.mode != Mode::normal) append(json, "mode", std::string(nameOf(node.mode)));
  if (node.frozen) append(json, "frozen", true);
  if (node.position) append(json, "position", Json::array({node.position->x, node.position->y}));
  addKept(json, node.extras);
  return json;
}

Json toJson(const Frame& frame) {
  Json json = {{"id", hex(frame.id)}};
  if (!frame.title.empty()) append(json, "title", frame.title);
  if (frame.color != 0) append(json, "color", frame.color);
  Json nodes = Json::array();
  for (const NodeId node : frame.nodes) nodes.push_back(hex(node));
  append(json, "nodes", std::move(nodes));
  addKept(json, frame.extras);
  return json;
}

Json toJson(const Data& data) {
  Json options = Json::object();
  addFields(options, data.options, data.otherOptions);
  Json split = {{"validation", data.split.validation}, {"seed", data.split.seed}};
  addKept(split, data.split.extras);
  Json bindings = Json::object();
  for (const Binding& binding : data.bindings) append(bindings, hex(binding.node), toJson(binding));
  Json json = {{"source", data.source}};
  if (!options.empty()) append(json, "options", std::move(options));
  append(json, "split", std::move(split));
  append(json, "bindings", std::move(bindings));
  addKept(json, data.extras);
  return json;
}

Json toJson(const Recipe& recipe) {
  Json phases = Json::array();
  for (const Phase& phase : recipe.phases) phases.push_back(toJson(phase));
  Json json = {{"seed", recipe.seed}};
  if (!recipe.weights.empty()) append(json, "weights", recipe.weights);
  append(json, "phases", std::move(phases));
  addKept(json, recipe.extras);
  return json;
}

Json toJson(const Interface& interface) {
  Json json = Json::object();
  if (!interface.about.empty()) append(json, "about", interface.about);
  Json fields = Json::array();
  for (const Exposed& exposed : interface.fields) {
    Json field = {{"name", exposed.name}};
    if (!exposed.help.empty()) append(field, "help", exposed.help);
    Json inners = Json::array();
    for (const Inner& inner : exposed.inners) inners.push_back({{"node", hex(inner.node)}, {"field", inner.field}});
    append(field, "of", std::move(inners));
    addKept(field, exposed.extras);
    fields.push_back(std::move(field));
  }
  if (!fields.empty()) append(json, "exposed", std::move(fields));
  return json;
}

namespace {

void addNetwork(Json& json, const Document& document) {
  Json nodes = Json::array(), wires = Json::array();
  for (const NodePointer& node : document.nodes()) nodes.push_back(toJson(*node));
  // In the order of the nodes, which means something to a reader; that of random ids does not.
  for (const NodePointer& node : document.nodes())
    for (const Wire& wire : document.wiresInto(node->id)) wires.push_back(toJson(wire));
  const Json interface = toJson(document.interface());
  for (auto member = interface.begin(); member != interface.end(); ++member) append(json, member.key(), *member);
  append(json, "nodes", std::move(nodes));
  append(json, "wires", std::move(wires));
  if (document.frames().list.empty()) return;
  Json frames = Json::array();
  for (const Frame& frame : document.frames().list) frames.push_back(toJson(frame));
  append(json, "frames", std::move(frames));
}

}  // namespace

Json blockToJson(const Document& block) {
  Json json = {{"name", block.name()}};
  addNetwork(json, block);
  addKept(json, block.extras());
  return json;
}

Json toJson(const Document& document) {
  Json json = {{"netwright", kFormatVersion}, {"name", document.name()}};
  append(json, "data", toJson(document.data()));
  addNetwork(json, document);
  if (!document.blocks().empty()) {
    Json blocks = Json::array();
    for (const BlockPointer& block : document.blocks()) blocks.push_back(blockToJson(*block));
    append(json, "blocks", std::move(blocks));
  }
  append(json, "recipe", toJson(document.recipe()));
  addKept(json, document.extras());
  return json;
}

std::string print(const Document& document) { return writeJson(toJson(document)); }

}  // namespace engine::document
