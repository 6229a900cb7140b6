// The values that a file begins parameters with.
#pragma once
#include <memory>
#include <string>

#include "engine/training/session.h"

namespace engine::training {

// Of a model that can be imported, or of weights in safetensors.
Result<std::shared_ptr<const StartValues>> readStartValues(const std::string& path);

}  // namespace engine::training
