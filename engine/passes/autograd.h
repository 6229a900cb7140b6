// The gradient of any values by any others, as nodes of the same graph. Applied again to what it made, it gives second
// derivatives.
#pragma once
#include <span>
#include <vector>

#include "engine/graph/builder.h"

namespace engine {

// A value whose gradient is asked for, with the gradient that flows into it.
struct Seed {
  Value of;
  double weight = 1;  // of the sum of its elements
  Value gradient;     // instead of the weight: a value of the same shape
};

// The gradient of the sum of all seeds by each value of `by`; Value{} where the seeds do not depend on it. A problem when
// an op on the way has no gradient.
Result<std::vector<Value>> gradients(Builder& builder, std::span<const Seed> seeds, std::span<const Value> by);

}  // namespace engine
