// Values by path, as `netw --set PATH=VALUE` has them.
#pragma once
#include <string_view>

#include "engine/document/document.h"

namespace engine::document {

// Paths are those of the project's JSON: `recipe.phases[0].optimizer.momentum`, `nodes[stem].fields.stride`; elements
// of a list by number or by name. `recipe.` and the only phase may be left out: `optimizer.momentum`, `seed`.
//
// Values are JSON, or text without quotes where that is not JSON (`adamw`), or any number that C++ reads (`.5`). `null`
// takes the member away. Another type of optimizer or schedule starts with its own defaults: set the type first. A
// member that nobody would read is a problem, and the nearest name is offered.
Result<ChangeSet> set(const Document& document, std::string_view path, std::string_view value);
// PATH=VALUE in one.
Result<ChangeSet> set(const Document& document, std::string_view assignment);

}  // namespace engine::document
