// How the learning rate follows from the step: a pure function, so that a run that is resumed has nothing to remember.
#pragma once
#include <vector>

#include "engine/document/recipe.h"

namespace engine::training {

// By torch.optim.lr_scheduler, stepped once an epoch; warm-up is by steps.
struct Schedule {
  enum class Kind : uint8_t { constant, step, multistep, exponential, cosine };
  Kind kind = Kind::constant;
  int64_t stepSize = 10;  // step: epochs between two drops
  std::vector<int64_t> milestones = {};  // multistep: the epochs of drops, in any order; one that comes twice drops twice
  double gamma = 0.1;     // step, multistep: factor of a drop; exponential: of each epoch
  int64_t tMax = 1;       // cosine: epochs to the lowest point
  double etaMin = 0;      // cosine: the learning rate there
  int64_t warmupSteps = 0;  // a linear rise from base / (warmupSteps + 1) in the first steps
};

// Of the phase, with `t_max` 0 filled in.
Result<Schedule> scheduleOf(const document::Phase& phase);

// `epoch` and `step` (of the phase) count from 0. StepLR, MultiStepLR, ExponentialLR, CosineAnnealingLR in its closed form:
// eta_min + (base - eta_min) (1 + cos(pi epoch / T_max)) / 2, Loshchilov and Hutter 2017 (arXiv 1608.03983), eq. 5.
double learningRate(const Schedule& schedule, double base, int64_t epoch, int64_t step);

}  // namespace engine::training
