// What changed between two documents, node by node, as data and as text.
#pragma once
#include <string>
#include <vector>

#include "engine/document/document.h"

namespace engine::document {

struct Difference {
  enum class Kind : uint8_t { added, removed, changed };
  Kind kind;
  NodeId node = 0;            // 0: not of a node
  std::string what;           // "hidden", "hidden.fields.out_features", "input 0 of relu", "recipe.phases[0].batch"
  std::string before, after;  // as JSON or names; empty where there is nothing
  bool operator==(const Difference&) const = default;
};

// Nodes are matched by id. Positions count only where `positions` says so.
std::vector<Difference> diff(const Document& before, const Document& after, bool positions = false);
// A line each: "+ hidden: Linear", "~ hidden.fields.out_features: 128 -> 64", "- input 0 of relu: hidden".
std::string toString(const std::vector<Difference>& differences);

}  // namespace engine::document
