#include "engine/document/json_values.h"

#include <algorithm>
#include <limits>

namespace engine::document {
namespace {

bool isWhole(const Json& json) {
  return json.is_number_integer() &&
         (!json.is_number_unsigned() || json.get<uint64_t>() <= uint64_t(std::numeric_limits<int64_t>::max()));
}

}  // namespace

std::optional<FieldValue> fieldValueFrom(const Json& json) {
  if (json.is_boolean()) return json.get<bool>();
  if (isWhole(json)) return json.get<int64_t>();
  if (json.is_number_float()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  if (!json.is_array()) return std::nullopt;
  if (std::all_of(json.begin(), json.end(), isWhole)) return json.get<std::vector<int64_t>>();
  const auto isNumber = [](const Json& element) { return element.is_number_float() || isWhole(element); };
  if (std::all_of(json.begin(), json.end(), isNumber)) return json.get<std::vector<double>>();
  return std::nullopt;
}

Json toJson(const FieldValue& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

std::string toText(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string toText(const FieldValue& value) { return toText(toJson(value)); }

}  // namespace engine::document
