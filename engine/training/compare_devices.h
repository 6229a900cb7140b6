// The same batch on the processor and on a CUDA device, node by node: what a person looks at who does not trust one of them.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "engine/training/session.h"

namespace engine::training {

// Of a node's first output, over a batch.
struct NodeDifference {
  NodeId node = 0;
  std::string name, op;
  double largest = 0;       // of |here - there|; infinity where one is a number and the other is not
  double largestValue = 0;  // of |here|: what the difference is to be measured by

  double relative() const { return largest == 0 ? 0 : largest / std::max(largestValue, 1e-30); }
};

struct DeviceComparison {
  std::string device;  // "NVIDIA H200"
  int64_t rows = 0;    // of the batch
  std::vector<NodeDifference> nodes;  // in the document's order, in evaluation mode; those without floating numbers are left out
  // Forward and backward in training mode, on the same batch; where nothing is trained there are none.
  std::optional<StepNumbers> here, there;
  const NodeDifference* worst() const;  // the largest difference for its value; null without nodes
};

// Both sessions are of the same document and hold the same weights; `there` has a device. The batch is the first rows of the training
// part, as many as a step takes. Neither store is changed.
Result<DeviceComparison> compareDevices(Session& here, Session& there);

}  // namespace engine::training
