// Documents as text: the project file. The schema is resources/schema/project.schema.json.
#pragma once
#include <string>
#include <string_view>

#include "engine/document/document.h"

namespace engine::document {

inline constexpr int64_t kFormatVersion = 1;
inline constexpr int64_t kMaxFileBytes = int64_t(256) << 20;
inline constexpr int kMaxDepth = 64;  // of lists and objects within each other

// Problems name the place by its JSON path (nodes[3].fields.stride) or, where the text is no JSON, by line and column.
// `path` is the file's, for messages. Needs memory of a small multiple of the text, whatever is in it.
Result<Document> parse(std::string_view text, const std::string& path = "project");

// Always the same text for the same document; parse(print(d)) == d.
std::string print(const Document& document);

Result<Document> load(const std::string& path);
Done save(const Document& document, const std::string& path);  // atomic

}  // namespace engine::document
