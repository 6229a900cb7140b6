// The canvas for assistive technology: Qt knows nothing of what a scene shows, so each node is told as a child here.
#pragma once

namespace ui {

class CanvasView;

void installCanvasAccessibility();
// The selected node has the focus now.
void tellFocus(CanvasView& view);
// Nodes came or went.
void tellNodes(CanvasView& view);

}  // namespace ui
