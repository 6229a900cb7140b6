// The recipe as fields of a property sheet: what each is called, what it takes, where it stands in the document. Optimizers
// and schedules say their own.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/document/document.h"
#include "engine/graph/fields.h"

namespace ui {

struct RecipeField {
  // What a field reads and writes; a transaction puts both back.
  struct Target {
    engine::document::Recipe recipe;
    engine::document::Data data;
    engine::document::Phase& phase(size_t i) { return recipe.phases[i]; }
    const engine::document::Phase& phase(size_t i) const { return recipe.phases[i]; }
  };
  engine::FieldInfo info;
  std::string section;  // "data", "training", "optimizer", "schedule", "numbers"
  std::function<engine::FieldValue(const Target&)> get;
  std::function<bool(const Target&)> isDefault;
  std::function<void(Target&, const engine::FieldValue&)> set;
  std::function<void(Target&)> reset;
};

std::vector<RecipeField> recipeFields(const engine::document::Document& document, size_t phase);
// The problem of the phase's optimizer or schedule, with the field's name as its place.
std::optional<engine::Problem> problemOfRule(const engine::document::Phase& phase, const std::string& section);

}  // namespace ui
