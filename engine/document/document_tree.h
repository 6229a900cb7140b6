// From a JSON tree to a document: for the file reader, and for values that are set by path.
#pragma once
#include <string>
#include <vector>

#include "engine/document/document.h"
#include "engine/document/json_values.h"

namespace engine::document {

// A member that was kept, but that nobody reads.
struct UnknownMember {
  std::string path, name;
  std::vector<std::string_view> known;  // what it may have been meant to be
};

// `unknown` may be null.
Result<Document> documentFrom(const Json& json, const std::string& file, std::vector<UnknownMember>* unknown);

// The way back, in parts and as a whole.
Json toJson(const Document& document);
Json toJson(const Node& node);
Json toJson(const Frame& frame);
Json toJson(const Data& data);
Json toJson(const Recipe& recipe);
Json toJson(const Interface& interface);
Json blockToJson(const Document& block);  // as it stands in a project

}  // namespace engine::document
