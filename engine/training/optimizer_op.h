// From a recipe's words to the optimizer op that a plan uses.
#pragma once
#include "engine/document/recipe.h"
#include "engine/passes/optimize.h"

namespace engine::training {

// "adam" with its fields becomes the op Adam; the learning rate is not among them, it comes with each step.
Result<Optimization> optimizationOf(const document::Phase& phase);

}  // namespace engine::training
