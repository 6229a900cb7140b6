// --loss: the loss of a model that has none, or another one in its place.
#pragma once
#include <string>
#include <vector>

#include "engine/document/document.h"

namespace netw {

// "cross_entropy", "mse", ...
const std::vector<std::string>& lossNames();

// Of a model without a loss, its first output is the prediction; a Target is added where there is none. A model with one
// loss gets the other one in its place. PyTorch's reduction (mean) and, for cross entropy, class numbers on the second axis.
engine::Done setLoss(engine::document::Document& document, const std::string& name);

}  // namespace netw
