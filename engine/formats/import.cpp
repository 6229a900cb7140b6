#include "engine/formats/import.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/data/bytes.h"
#include "engine/document/json.h"
#include "engine/document/text.h"
#include "engine/document/transaction.h"
#include "engine/formats/onnx/any_size.h"
#include "engine/formats/opaque.h"
#include "engine/formats/safetensors.h"
#include "engine/passes/axis_names.h"

namespace engine::formats {

namespace {

using JsonTree = nlohmann::json;

// FNV-1a, with the bits mixed (Steele et al. 2014, SplitMix64), so that names that are alike have ids that are not.
NodeId idOf(std::string_view name, std::set<NodeId>& taken) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : name) hash = (hash ^ uint8_t(c)) * 0x100000001b3u;
  for (;; ++hash) {
    uint64_t id = hash + 0x9e3779b97f4a7c15u;
    id = (id ^ (id >> 30)) * 0xbf58476d1ce4e5b9u;
    id = (id ^ (id >> 27)) * 0x94d049bb133111ebu;
    id ^= id >> 31;
    if (id != 0 && taken.insert(id).second) return id;
  }
}

// Only what is not as it is by itself.
document::Fields fieldsOf(const Op& op) {
  document::Fields fields;
  const FieldMap usual = Op::named(op.name())->fields();
  for (const auto& [name, value] : op.fields())
    if (!(usual.at(name) == value)) document::assign(fields, name, value);
  return fields;
}

std::string startOf(const std::string& projectPath) {
  return std::filesystem::path(projectPath).replace_extension(".start.safetensors").string();
}

}  // namespace

std::string drawingOf(const document::Document& document) {
  JsonTree drawing = JsonTree::object();
  for (const document::NodePointer& node : document.nodes()) {
    JsonTree at = {{"id", document::hex(node->id)}};
    if (node->position) at["x"] = node->position->x, at["y"] = node->position->y;
    drawing[node->name] = std::move(at);
  }
  return drawing.dump(-1, ' ', false, JsonTree::error_handler_t::replace);
}

void drawAs(std::string_view drawing, std::vector<document::Node>& nodes) {
  const JsonTree json = JsonTree::parse(drawing, nullptr, false);
  if (!json.is_object()) return;
  std::set<NodeId> taken;
  for (const document::Node& node : nodes) taken.insert(node.id);
  for (document::Node& node : nodes) {
    const auto at = json.find(node.name);
    if (at == json.end() || !at->is_object()) continue;
    if (const auto id = at->find("id"); id != at->end() && id->is_string())
      if (const auto known = document::nodeIdFrom(id->get<std::string>()); known && taken.insert(*known).second) node.id = *known;
    const auto x = at->find("x"), y = at->find("y");
    constexpr double kFar = 1e9;  // no canvas is so large
    if (x == at->end() || y == at->end() || !x->is_number() || !y->is_number()) continue;
    const document::Position position{x->get<double>(), y->get<double>()};
    if (std::abs(position.x) < kFar && std::abs(position.y) < kFar) node.position = position;
  }
}

Result<ImportedModel> documentOf(const onnx::Imported& imported, const std::string& name) {
  document::Document::Parts parts;
  parts.name = document::isUtf8(name) ? name : "model";
  std::set<NodeId> taken;
  for (const Node& node : imported.network.nodes) {
    document::Node& to = parts.nodes.emplace_back();
    to.id = idOf(node.name, taken);
    to.type = node.op.name();
    to.name = node.name;
    to.fields = fieldsOf(node.op);
  }
  for (const onnx::Opaque& opaque : imported.opaque) keepOpaque(opaque, parts.nodes[size_t(opaque.node)]);
  for (const auto& [v, shape] : imported.shapes) keepShape(v.output, shape, parts.nodes[size_t(v.node)]);
  if (const auto drawing = imported.metadata.find("netwright.drawing"); drawing != imported.metadata.end()) drawAs(drawing->second, parts.nodes);
  for (size_t n = 0; n < imported.network.nodes.size(); ++n)
    for (size_t i = 0; i < imported.network.nodes[n].inputs.size(); ++i)
      if (const Value v = imported.network.nodes[n].inputs[i])
        parts.wires.push_back({parts.nodes[size_t(v.node)].id, v.output, parts.nodes[n].id, int(i), {}});
  parts.recipe.phases.front().precision = imported.floating;
  Result<document::Document> document = document::Document::assemble(std::move(parts));
  if (!document) return tl::unexpected(document.error());
  ImportedModel model{*std::move(document), nullptr, imported.batch, {}};
  for (const onnx::Opaque& opaque : imported.opaque) {
    Problem& why = model.lost.emplace_back(opaque.why);
    why.node = model.document.nodes()[size_t(opaque.node)]->id;
    why.place = {};
  }
  auto weights = std::make_shared<training::StartValues>();
  for (const onnx::Tensor& tensor : imported.values) {
    data::Array& array = (*weights)[tensor.name];
    array.shape = tensor.shape, array.type = tensor.type;
    const auto* from = reinterpret_cast<const std::byte*>(tensor.bytes.data());
    array.bytes.assign(from, from + tensor.bytes.size());
  }
  model.weights = weights;
  return model;
}

bool canImport(const std::string& path) { return std::filesystem::path(path).extension() == ".onnx"; }

namespace {

// Axes that have no number get one, by turns: of pictures and of anything else. Few, since each is a reading of the whole model.
struct Guess {
  int64_t ofPictures, ofOthers;
};
constexpr Guess kGuesses[] = {{224, 16}, {64, 64}, {32, 8}, {28, 32}, {256, 1}};
bool isPicture(const onnx::OpenAxis& axis) { return axis.shape.rank() == 4 && axis.axis >= 2; }

// Of an axis that may be of any size; "" where it may not.
std::string nameNow(const onnx::Imported& imported, const onnx::OpenAxis& axis) {
  for (Value v : imported.inputs) {
    const Node& node = imported.network.nodes[size_t(v.node)];
    const std::vector<std::string> names = axisNames(node.op);
    const size_t at = size_t(axis.axis) - size_t(axis.shape.rank()) + names.size();  // behind the batch, where there is one
    if (node.name == axis.input && at < names.size()) return names[at];
  }
  return {};
}

Done refuseOthers(const onnx::Model& model, const std::string& path, const Sizes& sizes) {
  for (const auto& [name, size] : sizes) {
    if (size < 1) return failure(path, Message("a size of at least 1 for {0}", name), Message("{0}", size));
    std::string known;
    bool found = false;
    for (const onnx::Port& port : model.inputs)
      for (int axis = 0; axis < port.shape.rank(); ++axis) {
        const std::string key = port.name + "." + std::to_string(axis), symbol = size_t(axis) < port.symbols.size() ? port.symbols[size_t(axis)] : "";
        if (port.shape[axis] >= 0) continue;
        found = found || name == key || name == symbol;
        known += (known.empty() ? "" : ", ") + (symbol.empty() ? key : symbol);
      }
    if (!found)
      return failure(path,
                     known.empty() ? Message("sizes of axes that have none in the file (there are none)")
                                   : Message("sizes of axes that have none in the file ({0})", known),
                     Message("{0}", name));
  }
  return {};
}

}  // namespace

Result<ImportedModel> importModel(const std::string& path, const Sizes& sizes) {
  if (!canImport(path)) return failure(path, "a model that can be imported (.onnx)", "another file");
  const Result<std::vector<std::byte>> file = data::readFile(path);
  if (!file) return tl::unexpected(file.error());
  const std::string_view bytes(reinterpret_cast<const char*>(file->data()), file->size());  // of 2 GiB at most: parse() says so
  const Result<onnx::Model> model = onnx::parse(bytes, path);
  if (!model) return tl::unexpected(model.error());
  if (Done done = refuseOthers(*model, path, sizes); !done) return tl::unexpected(done.error());
  const std::vector<onnx::OpenAxis> open = onnx::openAxes(*model, sizes);
  std::optional<Result<onnx::Imported>> best;
  onnx::ReadOptions options, used;
  options.imports = true;
  for (const Guess& guess : kGuesses) {
    options.sizes = sizes;
    for (const onnx::OpenAxis& axis : open) options.sizes.emplace(axis.key, isPicture(axis) ? guess.ofPictures : guess.ofOthers);
    Result<onnx::Imported> imported = onnx::read(*model, path, options);
    const bool better = !best || (imported && (!*best || imported->opaque.size() < (*best)->opaque.size()));
    if (better) best = std::move(imported), used = options;
    if (open.empty() || (*best && (*best)->opaque.empty())) break;
  }
  if (!*best) return tl::unexpected(best->error());
  const onnx::AnySize any = onnx::forAnySize(*model, path, used, **std::move(best));
  Result<ImportedModel> result = documentOf(any.imported, std::filesystem::path(path).stem().string());
  if (!result) return result;
  std::set<std::string> told;
  for (const onnx::OpenAxis& axis : open) {
    if (!told.insert(axis.key).second) continue;
    const document::Node* input = result->document.nodeNamed(axis.input);
    result->taken[axis.key] = used.sizes.at(axis.key);
    const int64_t size = used.sizes.at(axis.key);
    const std::string name = nameNow(any.imported, axis);
    result->chosen.push_back({input ? input->id : 0, {}, Severity::lint, Message("a number for {0}, axis {1} of {2}", axis.key, axis.axis, axis.input), "none in the file",
                              name.empty() ? Message("{0} is taken; `netw import --size {1}=N` takes another", size, axis.key)
                                           : Message("{0} is taken; `--size {1}=N`, or another shape of {2}, changes it at any time", size, name, axis.input), {}});
  }
  // Axes that no Input names now. Of nodes that could not be read it is told already.
  std::set<std::string> fixed;
  for (const onnx::OpenAxis& axis : onnx::openAxes(*model))
    if (nameNow(any.imported, axis).empty()) fixed.insert(axis.key);
  std::string names;
  for (const std::string& name : fixed) names += (names.empty() ? "" : ", ") + name;
  constexpr size_t kMostTold = 3;
  for (size_t i = 0; i < std::min(any.held.size(), kMostTold) && !fixed.empty() && result->lost.empty(); ++i) {
    const document::Node* holder = result->document.nodeNamed(any.held[i]);
    result->chosen.push_back({holder ? holder->id : 0, {}, Severity::lint, Message("what follows from {0}", names), Message("{0}, which holds the size of now", any.held[i]),
                              "for another size import the model again, with --size", {}});
  }
  return result;
}

Done writeStart(const training::StartValues& values, const std::string& path) {
  std::vector<NamedTensor> tensors;
  for (const auto& [name, array] : values) tensors.push_back({name, array.type, array.shape, array.bytes.data()});
  return writeSafetensors(path, tensors);
}

Result<document::Document> beginningWith(document::Document document, const training::StartValues& values, const std::string& projectPath) {
  const std::string file = startOf(projectPath);
  if (Done done = writeStart(values, file); !done) return tl::unexpected(done.error());
  document::Transaction edit(document);
  document::Recipe recipe = document.recipe();
  recipe.weights = std::filesystem::path(file).filename().string();
  if (Done done = edit.setRecipe(std::move(recipe)); !done) return tl::unexpected(done.error());
  const Result<document::ChangeSet> changes = edit.finish();
  if (!changes) return tl::unexpected(changes.error());
  if (Done done = document.apply(*changes); !done) return tl::unexpected(done.error());
  return document;
}

Done saveImported(const ImportedModel& model, const std::string& projectPath) {
  if (model.weights->empty()) return document::save(model.document, projectPath);
  const Result<document::Document> document = beginningWith(model.document, *model.weights, projectPath);
  return document ? document::save(*document, projectPath) : tl::unexpected(document.error());
}

}  // namespace engine::formats
