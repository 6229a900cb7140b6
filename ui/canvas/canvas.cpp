#include "ui/canvas/canvas.h"

namespace ui {

Canvas::Canvas(Project&, Actions&, QWidget* parent) : QWidget(parent) { setObjectName("canvas"); }

}  // namespace ui
