// Weights of elsewhere beside a network: which of them are its own, by their names.
#pragma once
#include <string>
#include <vector>

#include "engine/document/document.h"
#include "engine/formats/safetensors.h"
#include "engine/passes/infer.h"
#include "engine/training/session.h"

namespace engine::formats {

// A parameter or state of a network, as its weights are named.
struct NetworkValue {
  std::string name;  // the path of its node and its own: "layer1.0.conv1.weight"
  NodeId node = 0;
  Shape shape;
  Type type = Type::f32;
};
struct NetworkValues {
  std::vector<NetworkValue> values;  // each name once, in the order in which the network calculates
  bool complete = true;              // false: behind a mistake nothing is known of what a node has
};
NetworkValues valuesOf(const Graph& network, const Inference& inference);  // without blocks: unfolded
// Of a document that may have mistakes. A problem where its blocks cannot be unfolded.
Result<NetworkValues> valuesOf(const document::Document& document);

struct WeightMatch {
  enum class Kind : uint8_t { fits, missing, otherShape, unused };
  Kind kind;
  std::string name;     // in the network; of what is unused, in the file
  Shape inFile, inNetwork;
  NodeId node = 0;      // of the network; of what is unused, none
  Type typeInFile = Type::f32, typeInNetwork = Type::f32;  // whole numbers and floats of one shape do not fit either
};

// A row for each value of the network, in its order, and then for each of the file that nobody wants. Where all names of the file
// have a prefix that the network's do not have ("module."), it does not count: `prefix`, where given, gets it.
std::vector<WeightMatch> matchWeights(std::span<const NamedTensor> file, const NetworkValues& network, std::string* prefix = nullptr);

// The values that fit, by their names in the network.
training::StartValues fitting(const Safetensors& file, const std::vector<WeightMatch>& matches, const std::string& prefix);

// Where values that a network begins with leave something to the seed, or bring what it has no place for: lints, with the first names.
// Where one has another size than the network by now: a problem, for a run does not begin then. `file`: as the recipe calls it.
Problems lintStart(const NetworkValues& network, std::span<const NamedTensor> start, const std::string& file);
Problem otherSize(const NetworkValue& value, const Shape& given, Type type);
bool canBegin(const NetworkValue& value, const Shape& given, Type type);

// Names, types and shapes, without the values.
std::vector<NamedTensor> listed(const training::StartValues& values);
// The same of a file that a recipe may begin with (training/start_values.h). Of safetensors only the header is read.
Result<std::vector<NamedTensor>> listStart(const std::string& path);

}  // namespace engine::formats
