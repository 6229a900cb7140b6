// The projects that ship with the program, as text.
#pragma once
#include <span>

namespace netw {

struct Template {
  const char* name;
  const char* text;  // of the project file
};

std::span<const Template> templates();  // by name

}  // namespace netw
