// The thin lines between parts of a panel or a bar.
#pragma once
#include <QFrame>

namespace ui {

inline QFrame* lineOf(QWidget* parent) {
  auto* line = new QFrame(parent);
  line->setProperty("kind", "line");
  line->setFixedHeight(1);
  return line;
}
inline QFrame* uprightLineOf(QWidget* parent, int height) {
  auto* line = new QFrame(parent);
  line->setProperty("kind", "line");
  line->setFixedSize(1, height);
  return line;
}

}  // namespace ui
