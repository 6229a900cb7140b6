// One network from several readings of a model, each at other sizes of its open axes: what followed from a size is calculated
// from the Input, so that the network may be given another size afterwards.
#pragma once
#include "engine/formats/onnx/onnx.h"

namespace engine::formats::onnx {

struct AnySize {
  Imported imported;                   // its Inputs name the axes that may be of any size
  std::vector<std::string> held = {};  // nodes that hold a size, or follow another way at other sizes
};

// What was read with these sizes, for any size. Tried with a few others: where a node holds a size, the axes that it may hold
// have no names, and the network is as it was read.
AnySize forAnySize(const Model& model, const std::string& path, const ReadOptions& options, Imported imported);

// `a` and `b`: readings of `model` that have the same nodes. Of axes that do not have the same size in both, `a` becomes independent.
AnySize rewritten(const Model& model, Imported a, const Imported& b, const std::vector<OpenAxis>& axes);

}  // namespace engine::formats::onnx
