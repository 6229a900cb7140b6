// Values of fields as JSON and back, in one place.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "engine/graph/problem.h"

namespace engine::document {

using Json = nlohmann::ordered_json;  // members stay in the order of the text

// true, whole numbers below 2^63, numbers, texts, and lists of (whole) numbers; an empty list is one of whole numbers,
// a list of both kinds one of numbers. None for anything else.
std::optional<FieldValue> fieldValueFrom(const Json& json);
Json toJson(const FieldValue& value);  // numbers must be finite

// As it stands in a file, on one line.
std::string toText(const Json& json);
std::string toText(const FieldValue& value);

// Adds a member that is not there yet, without looking for it.
inline void append(Json& object, const std::string& name, Json value) {
  object.get_ref<Json::object_t&>().emplace_back(name, std::move(value));
}

}  // namespace engine::document
