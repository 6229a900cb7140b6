// Sizes of axes by their names, for all Inputs at once.
#pragma once
#include <map>

#include "engine/document/document.h"

namespace engine::document {

// `sizes`: by the name that Inputs give an axis ("sequence"), or by an Input's own and the place of the axis, the batch being 0
// ("x.2"). A name that is not there is a problem that says which there are.
Result<ChangeSet> setSizes(const Document& document, const std::map<std::string, int64_t>& sizes);

}  // namespace engine::document
