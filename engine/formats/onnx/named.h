// Operators that are one of ours, name for name.
#pragma once
#include <span>

#include "engine/formats/onnx/writer.h"

namespace engine::formats::onnx {

struct Named {
  const char* ours;
  const char* theirs;
};

// Our node as theirs, with the same inputs.
inline void writeNamed(Writer& w, std::span<const Named> table) {
  for (const Named& named : table) {
    if (w.node().op.name() != named.ours) continue;
    std::vector<std::string> inputs;
    for (int i = 0; i < w.inputs(); ++i) inputs.push_back(w.in(i));
    return w.result(named.theirs, std::move(inputs));
  }
}

}  // namespace engine::formats::onnx
