// The optimizer: the norm of all gradients, and one node that sweeps over all parameters (optimizers/sweep.h), with their moments as
// stored values.
#pragma once
#include "engine/graph/builder.h"
#include "engine/passes/lower.h"

namespace engine {

struct Optimization {
  Op op;                // SGD, Adam, ...: its data inputs are parameter, gradient and (optional) a factor of the gradient
  double clipNorm = 0;  // torch.nn.utils.clip_grad_norm_; 0: none
  double clipValue = 0;  // torch.nn.utils.clip_grad_value_; 0: none
};

struct Optimized {
  Value gradientNorm;  // of all gradients together, before clipping: the numbers that say whether the step is sound
};

// Adds gradients[i]'s use for every stored value parameters[i] that has one. New moments are appended to `stored`.
Optimized optimize(Builder& builder, std::vector<StoredValue>& stored, const std::vector<StoredValue>& parameters,
                   const std::vector<Value>& gradients, const Optimization& optimization);

}  // namespace engine
