// The network from afar: nodes as blocks of their colour, with their sign while there is room for it, wires as lines.
// Thousands are in sight then, and are painted together.
#pragma once
#include "ui/canvas/scene.h"

namespace ui {

// The painter is in pixels of the window; `exposed` is the part of the scene that is wanted. Gives how many nodes it painted.
int paintFar(QPainter& painter, const Scene& scene, const QTransform& toPixels, const QRectF& exposed);

}  // namespace ui
