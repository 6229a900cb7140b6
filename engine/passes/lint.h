// What can run but is probably not meant: a second opinion on a network that infers well. Ops tell what concerns them
// alone (a picture into Linear) in their own rules; here is what takes a look at the neighbours or at the data.
#pragma once
#include <optional>

#include "engine/passes/infer.h"

namespace engine {

// What is known of the values that an Input or Target takes from the data.
struct DataFact {
  int node = 0;  // index in the network
  double minimum = 0, maximum = 0;  // after normalising
  int64_t classes = 0;              // above 0: of class numbers
};

// Problems of severity `lint`, in the network's order, each with its fix. `inference` is the network's.
Problems lint(const Graph& network, const Inference& inference, std::span<const DataFact> facts = {});

}  // namespace engine
