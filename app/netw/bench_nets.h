// The reference networks that step times are told of, the same as in PyTorch's baseline.
#pragma once
#include <span>
#include <string>

#include "engine/document/document.h"

namespace netw {

struct BenchNet {
  const char* name;
  const char* about;
  int64_t classes;  // of targets, and of inputs that are class numbers; 0: no targets, and inputs in [0, 1)
};

std::span<const BenchNet> benchNets();
// A whole project: network, batch and optimizer. The name must be one of benchNets().
engine::Result<engine::document::Document> benchDocument(const std::string& name);

}  // namespace netw
