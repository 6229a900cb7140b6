// Which rows are for training, for validation and for the test: views over a source, without copies of its rows.
#pragma once
#include "engine/data/source.h"

namespace engine::data {

// The source itself when it has a validation part; else a view whose validation part is a seeded choice of `fraction`
// of the train rows, at least one. The test part stays. Rows keep their order in both.
Result<SourcePointer> holdOut(SourcePointer source, double fraction, uint64_t seed);

// Train, validation and test by fractions that sum to 1 ({0.8, 0.2} or {0.8, 0.1, 0.1}): seeded choices of the train
// rows. What the source already has as a part stays it, so a problem when a fraction asks for it too.
Result<SourcePointer> split(SourcePointer source, std::span<const double> fractions, uint64_t seed);

// A view with `part` taken from another source, which has the same columns in the same order. It may
// lack the last classes, but has no others.
Result<SourcePointer> withPart(SourcePointer source, Part part, SourcePointer other, Part otherPart);

}  // namespace engine::data
