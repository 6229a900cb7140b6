// The projects that ship with the programs, as text that is part of them.
#pragma once
#include <span>
#include <string_view>

namespace engine::document {

struct Template {
  const char* name;
  const char* text;  // of the project file
};

std::span<const Template> templates();  // by name
const Template* templateNamed(std::string_view name);  // null: there is none

}  // namespace engine::document
