// Names of axes: an Input's field `axes` calls its sizes, one after the other, as "channels, , width". Inputs that share a name have
// the same size there, so that it is one number that may be changed.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace engine {

struct NodeInference;

// Of an Input: the name of each size in its shape, "" where it has none.
std::vector<std::string> axisNames(const Op& input);
// The text of the field for these names. What would be read as something else becomes "_".
std::string axesText(const std::vector<std::string>& names);

// The names that there are, with the size of the first Input that has it.
std::map<std::string, int64_t> namedSizes(const Graph& network);

// The Inputs' ops with these sizes: by their nodes' indices, only of those that change.
std::map<int, Op> resized(const Graph& network, const std::map<std::string, int64_t>& sizes);

// What no node can tell by itself: Inputs whose size is another one than that of the first with the same name, and tables that have
// fewer rows than places are counted. `nodes`: what was inferred, as in the network.
Problems axisProblems(const Graph& network, const std::vector<NodeInference>& nodes);

}  // namespace engine
