#include "engine/formats/opaque.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/document/expand.h"
#include "engine/document/text.h"
#include "engine/formats/atomic_file.h"
#include "engine/formats/import.h"

namespace engine::formats {

namespace {

using JsonTree = nlohmann::json;
constexpr const char* kMember = "onnx";  // of the node's extras
constexpr std::string_view kPrefix = "onnx.";

// Two digits a byte, as they are in the file.
std::string digitsOf(std::string_view bytes) {
  std::string digits;
  digits.reserve(2 * bytes.size());
  for (unsigned char byte : bytes) digits += "0123456789abcdef"[byte / 16], digits += "0123456789abcdef"[byte % 16];
  return digits;
}
std::optional<std::string> bytesOf(const JsonTree& digits) {
  if (!digits.is_string() || digits.get_ref<const std::string&>().size() % 2 != 0) return {};
  std::string bytes;
  const std::string& text = digits.get_ref<const std::string&>();
  for (size_t i = 0; i < text.size(); i += 2) {
    int byte = 0;
    for (char c : {text[i], text[i + 1]}) {
      if (!std::isxdigit(uint8_t(c))) return {};
      byte = byte * 16 + (c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    bytes += char(byte);
  }
  return bytes;
}

// How an attribute is kept: its kind, and a field or a member of the other fields. "" where it cannot be.
std::string keep(const std::string& name, const onnx::Attribute& attribute, document::Fields& fields, JsonTree& others) {
  constexpr size_t kMostKept = size_t(1) << 20;
  const auto isFinite = [](float f) { return std::isfinite(f); };
  if (const auto* i = std::get_if<int64_t>(&attribute)) return document::assign(fields, name, *i), "int";
  if (const auto* f = std::get_if<float>(&attribute)) return isFinite(*f) ? (document::assign(fields, name, double(*f)), "float") : "";
  if (const auto* s = std::get_if<std::string>(&attribute)) return document::isUtf8(*s) ? (document::assign(fields, name, *s), "string") : "";
  if (const auto* list = std::get_if<std::vector<int64_t>>(&attribute)) return document::assign(fields, name, *list), "ints";
  if (const auto* list = std::get_if<std::vector<float>>(&attribute)) {
    if (!std::all_of(list->begin(), list->end(), isFinite)) return "";
    return document::assign(fields, name, std::vector<double>(list->begin(), list->end())), "floats";
  }
  if (const auto* texts = std::get_if<std::vector<std::string>>(&attribute)) {
    if (!std::all_of(texts->begin(), texts->end(), [](const std::string& t) { return document::isUtf8(t); })) return "";
    return others[name] = *texts, "strings";
  }
  if (const auto* tensor = std::get_if<onnx::Tensor>(&attribute)) {
    if (tensor->bytes.size() > kMostKept) return "";
    others[name] = {{"type", std::string(nameOf(tensor->type))}, {"shape", std::vector<int64_t>(tensor->shape.begin(), tensor->shape.end())}, {"bytes", digitsOf(tensor->bytes)}};
    return "tensor";
  }
  const auto* raw = std::get_if<onnx::Raw>(&attribute);
  if (!raw || raw->bytes.size() > kMostKept) return "";
  others[name] = {{"bytes", digitsOf(raw->bytes)}};
  return raw->readsOutside ? "" : "raw";
}

// None where what is kept is of another kind: fields can be edited.
std::optional<onnx::Attribute> attributeOf(const std::string& kind, const FieldValue* field, const JsonTree* other) {
  const auto* real = field ? std::get_if<double>(field) : nullptr;
  const auto* whole = field ? std::get_if<int64_t>(field) : nullptr;
  const auto* wholes = field ? std::get_if<std::vector<int64_t>>(field) : nullptr;
  const auto* reals = field ? std::get_if<std::vector<double>>(field) : nullptr;
  if (kind == "int" && whole) return *whole;
  if (kind == "float" && (real || whole)) return real ? float(*real) : float(*whole);
  if (kind == "string" && field)
    if (const auto* text = std::get_if<std::string>(field)) return *text;
  if (kind == "ints" && (wholes || (reals && reals->empty()))) return wholes ? *wholes : std::vector<int64_t>();
  if (kind == "floats" && reals) return std::vector<float>(reals->begin(), reals->end());
  if (kind == "floats" && wholes) return std::vector<float>(wholes->begin(), wholes->end());
  if (!other) return {};
  if (kind == "strings" && other->is_array()) {
    std::vector<std::string> texts;
    for (const JsonTree& text : *other) {
      if (!text.is_string()) return {};
      texts.push_back(text.get<std::string>());
    }
    return texts;
  }
  if (!other->is_object() || !other->contains("bytes")) return {};
  std::optional<std::string> bytes = bytesOf((*other)["bytes"]);
  if (!bytes) return {};
  if (kind == "raw") return onnx::Raw{*std::move(bytes)};
  if (kind != "tensor" || !other->contains("type") || !(*other)["type"].is_string() || !other->contains("shape") || !(*other)["shape"].is_array()) return {};
  const auto type = typeNamed((*other)["type"].get<std::string>());
  const JsonTree& sizes = (*other)["shape"];
  if (!type || sizes.size() > size_t(Shape::kMaxRank)) return {};
  onnx::Tensor tensor{"", *type, {}, *std::move(bytes)};
  for (const JsonTree& size : sizes) {
    if (!size.is_number_integer() || size.get<int64_t>() < 0) return {};
    tensor.shape.append(size.get<int64_t>());
  }
  const int64_t elements = tensor.shape.elements(), width = engine::bytesOf(*type);
  if (elements > int64_t(tensor.bytes.size()) || elements * width != int64_t(tensor.bytes.size())) return {};
  return tensor;
}

JsonTree parsed(const std::string& text) {
  JsonTree json = text.empty() ? JsonTree::object() : JsonTree::parse(text, nullptr, false);
  return json.is_object() ? json : JsonTree::object();
}
bool isOpaque(const document::Node& node) { return node.type.starts_with(kPrefix) && parsed(node.extras).contains(kMember); }

// What keepShape() kept.
void shapesOf(const document::Node& node, int index, std::map<Value, Shape>& shapes) {
  const JsonTree kept = parsed(parsed(node.extras).value(kMember, JsonTree::object()).value("shapes", JsonTree::object()).dump());
  for (const auto& [output, sizes] : kept.items()) {
    Shape shape;
    if (!sizes.is_array() || sizes.size() > size_t(Shape::kMaxRank) || output.find_first_not_of("0123456789") != std::string::npos || output.size() > 4) continue;
    for (const JsonTree& size : sizes) shape.append(size.is_number_integer() && size.get<int64_t>() >= 0 ? size.get<int64_t>() : size == "N" ? kBatch : kUnknown);
    shapes[{index, std::stoi(output)}] = shape;
  }
}

// What the network and the values that it begins with need of a store, also behind nodes that say nothing of sizes.
Done fillStore(const Graph& network, const training::StartValues& values, Store& store) {
  std::vector<StoredValue> wanted;
  for (const Node& node : network.nodes)
    for (const auto& [name, array] : values)
      if (const size_t dot = node.name.size(); name.size() > dot + 1 && name.starts_with(node.name) && name[dot] == '.' && name.find('.', dot + 1) == std::string::npos)
        wanted.push_back({{}, name, node.id, {name.substr(dot + 1), array.shape, {}, true, array.type}});
  if (Done done = store.add(wanted, 0); !done) return done;
  for (const StoredValue& value : wanted) {
    const Tensor& to = store.find(value.name)->tensor;
    if (to.bytes() > 0) std::memcpy(to.data, values.at(value.name).bytes.data(), size_t(to.bytes()));
  }
  return {};
}

}  // namespace

void keepOpaque(const onnx::Opaque& opaque, document::Node& to) {
  to.type = std::string(kPrefix) + (document::isUtf8(opaque.type) ? opaque.type : std::string("unknown"));
  to.fields.clear();
  JsonTree others = JsonTree::object(), kinds = JsonTree::object();
  bool whole = document::isUtf8(opaque.type);
  for (const auto& [name, attribute] : opaque.attributes) {
    const bool named = !name.empty() && document::isUtf8(name);
    const std::string kind = named ? keep(name, attribute, to.fields, others) : "";
    if (kind.empty()) whole = false;
    else kinds[name] = kind;
  }
  if (!others.empty()) to.otherFields = others.dump(-1, ' ', false, JsonTree::error_handler_t::replace);
  JsonTree outputs = JsonTree::array();
  for (const onnx::Opaque::Output& output : opaque.outputs)
    outputs.push_back({{"name", output.name}, {"type", std::string(nameOf(output.type))}, {"of_model", output.ofModel}});
  JsonTree about = {{"domain", opaque.domain}, {"version", opaque.version}, {"attributes", kinds}, {"inputs", opaque.inputs}, {"outputs", outputs}};
  if (!whole) about["incomplete"] = true;
  JsonTree extras = parsed(to.extras);
  extras[kMember] = std::move(about);
  to.extras = extras.dump(-1, ' ', false, JsonTree::error_handler_t::replace);
}

void keepShape(int output, const Shape& shape, document::Node& to) {
  JsonTree sizes = JsonTree::array(), extras = parsed(to.extras);
  for (int64_t size : shape) sizes.push_back(size >= 0 ? JsonTree(size) : size == kBatch ? JsonTree("N") : JsonTree());
  extras[kMember]["shapes"][std::to_string(output)] = std::move(sizes);
  to.extras = extras.dump(-1, ' ', false, JsonTree::error_handler_t::replace);
}

Result<onnx::Opaque> opaqueOf(const document::Node& node) {
  const auto broken = [&](Message needs, Message got) {
    return tl::unexpected(Problem{node.id, {}, Severity::problem, std::move(needs), std::move(got), "import the file anew", {}});
  };
  const JsonTree extras = parsed(node.extras), others = parsed(node.otherFields);
  const JsonTree about = extras.value(kMember, JsonTree());
  onnx::Opaque opaque;
  opaque.type = node.type.substr(kPrefix.size());
  try {
    if (about.value("incomplete", false)) return broken("all attributes of the operator", "only what a project can hold: no graphs that read values around them, and nothing above 1 MiB");
    opaque.domain = about.at("domain").get<std::string>();
    opaque.version = about.at("version").get<int64_t>();
    opaque.inputs = about.at("inputs").get<std::vector<bool>>();
    for (const JsonTree& output : about.at("outputs")) {
      const auto type = typeNamed(output.at("type").get<std::string>());
      opaque.outputs.push_back({output.at("name").get<std::string>(), type.value_or(Type::f32), output.at("of_model").get<bool>()});
    }
    for (const auto& [name, kind] : about.at("attributes").items()) {
      const auto other = others.find(name);
      std::optional<onnx::Attribute> attribute = attributeOf(kind.get<std::string>(), document::find(node.fields, name), other == others.end() ? nullptr : &*other);
      if (!attribute) return broken(Message("{0} as it was in the file, of kind {1}", name, kind.get<std::string>()), "another value");
      opaque.attributes.emplace(name, *std::move(attribute));
    }
  } catch (const JsonTree::exception&) {
    return broken("what the file said of the operator", "something else, or nothing");
  }
  if (!opaque.domain.empty() && !opaque.type.starts_with(opaque.domain + ".")) return broken(Message("an operator of {0}", opaque.domain), Message("{0}", opaque.type));
  return opaque;
}

bool holdsOpaque(const document::Document& document) {
  return std::any_of(document.nodes().begin(), document.nodes().end(), [](const document::NodePointer& node) { return isOpaque(*node); });
}

Result<ExportReport> exportOpaque(const document::Document& document, const training::StartValues& values, const std::string& path, std::optional<int64_t> opset,
                                  std::optional<int64_t> batch) {
  const Result<OpaqueModel> model = writeOpaque(document, values, path, opset, batch);
  if (!model) return tl::unexpected(model.error());
  if (Done done = writeAtomically(path, model->bytes); !done) return tl::unexpected(done.error());
  return ExportReport{path, ExportFormat::onnx, int64_t(model->bytes.size()), model->opset, false, 0, 0};
}

Result<OpaqueModel> writeOpaque(const document::Document& document, const training::StartValues& values, const std::string& path, std::optional<int64_t> opset,
                                std::optional<int64_t> batch) {
  const document::Expanded expanded = document::expand(document);
  const Graph& network = expanded.network;
  onnx::WriteOptions write;
  write.batch = batch;
  write.name = std::filesystem::path(path).stem().string();
  write.metadata["netwright.drawing"] = drawingOf(document);
  int64_t version = 0;
  for (size_t n = 0; n < network.nodes.size(); ++n) {
    const document::Node& node = *document.nodes()[n];
    if (!node.extras.empty()) shapesOf(node, int(n), write.shapes);
    if (!isOpaque(node)) continue;
    Result<onnx::Opaque> opaque = opaqueOf(node);
    if (!opaque) return tl::unexpected(opaque.error());
    if (opaque->domain.empty()) version = std::max(version, opaque->version);
    write.opaque[int(n)] = *std::move(opaque);
  }
  for (const Problem& problem : expanded.problems)
    if (const auto at = document.indexOf(problem.node); problem.severity == Severity::problem && !(at && write.opaque.contains(int(*at)))) return tl::unexpected(problem);
  write.opset = opset.value_or(version > 0 ? std::clamp(version, onnx::kOldestOpset, onnx::kNewestOpset) : write.opset);
  // What nobody reads; of an opaque node, what the file gave.
  std::vector<Value> outputs;
  std::vector<bool> read(network.nodes.size());
  for (const Node& node : network.nodes)
    for (Value v : node.inputs)
      if (v) read[size_t(v.node)] = true;
  for (int n = 0; n < int(network.nodes.size()); ++n) {
    const auto opaque = write.opaque.find(n);
    bool gives = false;
    if (opaque != write.opaque.end())
      for (size_t i = 0; i < opaque->second.outputs.size(); ++i)
        if (opaque->second.outputs[i].ofModel) outputs.push_back({n, int(i)}), gives = true;
    const Op& op = network.nodes[size_t(n)].op;
    if (!read[size_t(n)] && !gives && !op.is("Input") && !op.is("Target")) outputs.push_back({n, 0});
  }
  Store store;
  if (Done done = fillStore(network, values, store); !done) return tl::unexpected(done.error());
  const Result<std::string> bytes = onnx::write(network, outputs, store, write);
  if (!bytes) return tl::unexpected(bytes.error());
  const Result<onnx::Imported> back = onnx::read(*bytes, path, {.given = {}, .imports = true});
  if (!back) return tl::unexpected(back.error());
  return OpaqueModel{*bytes, write.opset};
}

}  // namespace engine::formats
