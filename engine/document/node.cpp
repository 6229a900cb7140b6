// Ids as text, names from types, and fields by name.
#include "engine/document/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <random>

namespace engine::document {
namespace {

auto position(auto& fields, std::string_view name) {
  return std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; });
}

bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool isLower(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

const FieldValue* find(const Fields& fields, std::string_view name) {
  const auto at = position(fields, name);
  return at == fields.end() ? nullptr : &at->second;
}

void assign(Fields& fields, std::string_view name, FieldValue value) {
  const auto at = position(fields, name);
  if (at == fields.end()) fields.emplace_back(name, std::move(value));
  else at->second = std::move(value);
}

bool erase(Fields& fields, std::string_view name) {
  const auto at = position(fields, name);
  if (at == fields.end()) return false;
  fields.erase(at);
  return true;
}

NodeId randomNodeId() {
  static thread_local std::random_device device;
  for (;;)
    if (const NodeId id = (uint64_t(device()) << 32 | device()); id != 0) return id;
}

std::string hex(NodeId id) { return fmt::format("{:016x}", id); }

std::optional<NodeId> nodeIdFrom(std::string_view hex) {
  NodeId id = 0;
  if (hex.empty() || hex.size() > 16) return std::nullopt;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), id, 16);
  if (error != std::errc() || end != hex.data() + hex.size() || id == 0) return std::nullopt;
  return id;
}

std::string nameAfter(std::string_view type) {
  std::string name;
  for (size_t i = 0; i < type.size(); ++i) {
    const bool startsWord = isUpper(type[i]) && i > 0 && i + 1 < type.size() && isLower(type[i + 1]);
    if (startsWord && name.back() != '_') name += '_';
    name += isUpper(type[i]) ? char(type[i] - 'A' + 'a') : type[i];
  }
  return name.empty() ? "node" : name;
}

}  // namespace engine::document
