// Weights of elsewhere beside a network: which of them are its own, by their names.
#pragma once
#include <string>
#include <vector>

#include "engine/formats/safetensors.h"
#include "engine/passes/infer.h"
#include "engine/plan/store.h"
#include "engine/training/session.h"

namespace engine::formats {

struct WeightMatch {
  enum class Kind : uint8_t { fits, missing, otherShape, unused };
  Kind kind;
  std::string name;     // in the network; of what is unused, in the file
  Shape inFile, inNetwork;
};

// A row for each value of the store that is no optimizer's, in its order, and then for each of the file that nobody wants. Where
// all names of the file have a prefix that the network's do not have ("module."), it does not count: `prefix`, where given, gets it.
std::vector<WeightMatch> matchWeights(const Safetensors& file, const Store& store, std::string* prefix = nullptr);

// The values that fit, by their names in the network.
training::StartValues fitting(const Safetensors& file, const std::vector<WeightMatch>& matches, const std::string& prefix);

// Where values that a network begins with leave something to the seed, or bring what it has no place for: lints, with the first names.
// `file`: as the recipe calls it.
Problems lintStart(const Graph& network, const Inference& inference, const training::StartValues& values, const std::string& file);

}  // namespace engine::formats
