// Curves as a table for other programs: a row a step, empty cells where a curve has nothing to say.
#pragma once
#include <string>

#include "ui/charts/curves.h"

namespace ui {
std::string csvOf(const Curves& curves);
}  // namespace ui
