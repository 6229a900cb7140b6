// Pictures whose channels lie innermost, (batch, height, width, channels), by the axes of the others.
#pragma once
#include "engine/graph/shape.h"

namespace engine {

// (batch, channels, height, width) of the same pictures.
inline Shape canonicalShape(const Shape& last) { return {last[0], last[3], last[1], last[2]}; }

}  // namespace engine
