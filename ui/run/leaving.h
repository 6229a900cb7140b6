// Runs that nobody looks at any more: each ends with its step and its checkpoint on a thread of its own, and the program
// waits for them at its very end, when no window is left to freeze.
#pragma once
#include <memory>

#include "engine/training/run.h"

namespace ui {
void leaveRun(std::unique_ptr<engine::training::Run> run);
}  // namespace ui
