// Ways into blocks: the uses, outermost first, that lead from a document's own network to one within it.
#pragma once
#include <optional>
#include <vector>

#include "engine/document/document.h"

namespace engine::document {

// Null where it does not lead there.
const Document* networkAt(const Document& document, const std::vector<NodeId>& way);
// The shortest one to a use of that block; none where nothing uses it.
std::optional<std::vector<NodeId>> wayTo(const Document& document, std::string_view block);

}  // namespace engine::document
