// JSON text from anywhere to a tree, within bounds, and a tree to text that people like to read.
#pragma once
#include <string>
#include <string_view>

#include "engine/document/json_values.h"

namespace engine::document {

// Strict JSON (RFC 8259) with each member of an object once, no deeper than `maxDepth`, whole numbers below 2^64, other
// numbers finite in double. Problems say line and column. Takes time and memory linear in the text; throws nothing.
Result<Json> readJson(std::string_view text, const std::string& path, int maxDepth);

// Two spaces of indent; what holds single values and lists of them alone stands on one line where it fits. Ends with a
// line break.
// Doubles have the fewest digits that read back as the same.
std::string writeJson(const Json& json);

}  // namespace engine::document
