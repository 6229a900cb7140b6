// The train.* actions that need nothing but the run.
#pragma once
#include "ui/run/training.h"
#include "ui/shell/actions.h"

namespace ui {
void bindTraining(Training& training, Actions& actions);
}  // namespace ui
