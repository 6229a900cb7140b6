// The ways that this program takes where it has measured them: read once, before the first session is opened.
#pragma once
#include <optional>

#include "engine/graph/problem.h"
#include "kernels/choices.h"

namespace engine::training {

// Reads the file of choices (formats/choices_file.h). What is missing is none of anybody's business; what is broken, or of another
// machine or version, is not used, and the lint says so. Not while sessions are open.
std::optional<Problem> useMeasuredChoices();

// What sessions take that are told nothing else; empty: rules only.
const kernels::ChoiceTable& measuredChoices();

}  // namespace engine::training
