// The parts of a drawn network: nodes and the wires between their ports.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/graph/mode.h"
#include "engine/graph/problem.h"

namespace engine::document {

// Fields by name, in the order in which they were given; each name once. Only what was given: the rest is the op's
// default.
using Fields = std::vector<std::pair<std::string, FieldValue>>;
// Null where the field was not given.
const FieldValue* find(const Fields& fields, std::string_view name);
void assign(Fields& fields, std::string_view name, FieldValue value);
bool erase(Fields& fields, std::string_view name);

// Of a node's upper left corner on the canvas, in its units at 100 %.
struct Position {
  double x = 0, y = 0;
  bool operator==(const Position&) const = default;
};

// Each `extras` below holds the JSON members that this version does not know, as the text of an object ("" for none):
// what a newer version wrote is still there after this one saved.
struct Node {
  NodeId id = 0;     // random, never 0, never changed: streams of random numbers and saved states hang on it
  std::string type;  // the op's name, "Conv2d"; one that is not in the table is kept, and told by the expansion
  std::string name;  // a label, unique in the network; parameters are named after it ("stem" -> "stem.weight")
  Fields fields;
  std::optional<Position> position;
  std::string otherFields;  // fields whose value is no FieldValue (null, objects, lists of texts), like extras
  std::string extras;
  Mode mode = Mode::normal;
  bool frozen = false;      // training leaves its parameters as they are (requires_grad_(False) in PyTorch); states still follow
  bool operator==(const Node&) const = default;
};

// From an output port to an input port, which takes one wire. Ports count from 0; of an op that takes any number of
// inputs, the last ones are numbered on.
struct Wire {
  NodeId from = 0;
  int output = 0;
  NodeId to = 0;
  int input = 0;
  std::string extras;
  bool operator==(const Wire&) const = default;
};

// The order of a document's wires.
inline bool precedes(const Wire& a, const Wire& b) { return a.to != b.to ? a.to < b.to : a.input < b.input; }

inline constexpr int kMaxPorts = 1 << 16;  // port numbers are below

// Random in all 64 bits, so that ids of documents that were made apart never meet.
NodeId randomNodeId();
// 16 hexadecimal digits, as in files.
std::string hex(NodeId id);
// 1 to 16 hexadecimal digits, not all 0.
std::optional<NodeId> nodeIdFrom(std::string_view hex);

// "CrossEntropyLoss" -> "cross_entropy_loss", "ReLU" -> "relu": what a new node is called.
std::string nameAfter(std::string_view type);

}  // namespace engine::document
