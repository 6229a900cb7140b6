// Two-dimensional sets made on the spot, to learn on and to test with: the same points on every machine.
#pragma once
#include "engine/data/source.h"

namespace engine::data {

// "spirals", "moons", "xor", "circles", "blobs".
std::span<const std::string_view> generatedNames();

// Columns `point` (f32, 2 numbers, about -1 to 1) and `label` (class index), with train and test parts. Null for a name
// that is none of the above.
SourcePointer generate(std::string_view name);

}  // namespace engine::data
