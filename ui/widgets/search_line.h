// A line that something is searched by: a glass before the words, and a cross that takes them away.
#pragma once
#include <QLineEdit>

namespace ui {

void dressAsSearch(QLineEdit& line, bool clears = true);

}  // namespace ui
