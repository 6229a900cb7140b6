// A block as an op: a graph of its own whose BlockInput and BlockOutput nodes are the ports. Its type is made at run time and lives
// as long as its ops do, so that whoever shows ops (ports, fields, help) shows blocks too. Blocks have no kernels and no
// gradient: passes/unfold puts their nodes in their place before anything is computed.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace engine {

// What all uses of a block share.
struct BlockDefinition {
  // A field that a use may set: those of inner nodes, which all get its value; the first says which values fit.
  struct Field {
    std::string name, help;                             // help: "" for that of the first inner field
    std::vector<std::pair<int, std::string>> inners;  // node of the network, its field
  };
  std::string name, about;
  Graph network;  // in any order; blocks within are ops of it. Ids as in the definition: unique, not 0
  std::vector<Field> fields;
};

// Fields that every block has, beside those of its definition.
inline constexpr const char* kRepeat = "repeat";
inline constexpr const char* kShareWeights = "share_weights";
inline constexpr const char* kFieldsOfBlocks[] = {kRepeat, kShareWeights};
inline constexpr int64_t kMostRepeats = 1000;
// Of all nodes of a network whose blocks are unfolded: past it, a block is refused.
inline constexpr int64_t kMostUnfolded = 100'000;
inline constexpr int kDeepestBlocks = 32;  // blocks within blocks

// A use of the block, with every field as the definition has it. Fields whose inner field is not there are left out.
Op blockOp(BlockDefinition definition);
// The same block (the same type, that is) with every field as the definition has it.
Op freshBlock(const Op& block);

bool isBlock(const OpType& type);
inline bool isBlock(const Op& op) { return isBlock(op.type()); }
// The struct of fresh fields; the type must outlive it.
std::shared_ptr<void> createBlock(const OpType& type);
// What infer() of the op does, for those who ask what would come of a wire: its outputs, and the first problem within. In
// passes/infer.cpp, which tells everything where it meets a block.
void inferBlock(const Op& block, Shapes& shapes);

// Of ops that are blocks:
const BlockDefinition& definitionOf(const Op& block);
// The definition's graph, with the values that this use gives to its fields.
const Graph& networkOf(const Op& block);
const std::vector<int>& inputsOf(const Op& block);   // the network's BlockInput nodes, in the order of the ports
const std::vector<int>& outputsOf(const Op& block);  // the BlockOutput nodes
// Repetitions follow one another: each output feeds the input of the same number of the next one; inputs past that get
// the same value each time.
int64_t repeatsOf(const Op& block);
// Whether repetitions have the same parameters and states, not their own.
bool sharesWeights(const Op& block);
// Whether a block of that name is within it, at any depth.
bool usesBlock(const Op& op, std::string_view name);
// How many nodes it unfolds to, repetitions and blocks within counted; kTooMany where that is far beyond kMostUnfolded.
int64_t unfoldedSize(const Op& op);

// The id of a node within a use of a block: the hash of the path, never 0. `block` may itself be such an id.
NodeId insideOf(NodeId block, int64_t repetition, NodeId node);
// What precedes the names of nodes in a repetition: "stem.", or "stem.2." where there are several with weights of their own.
std::string prefixOf(const std::string& block, const Op& op, int64_t repetition);

// networkOf(), with the ids of the path, and names that have their prefix.
Graph networkWithin(const Node& block, int64_t repetition);
// The same as a graph whose inputs are known: each BlockInput gives what `inputs` says (a missing shape: nothing is wired to
// it, and its readers are told so).
Graph inside(const Node& block, int64_t repetition, std::span<const ValueInfo> inputs);

// Types that are no files' of ops: they bring their name with them.
struct MadeOpType : OpType {
  std::string name;
};

}  // namespace engine
