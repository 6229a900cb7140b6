// What stands for INPUT on the command line of `predict`: a picture, .npy, .npz or .csv, as rows of a network's input.
#pragma once
#include <string>

#include "engine/data/table.h"

namespace netw {

// (rows, sample...): an array that is one sample is one row. `column` is the name looked for in a .npz. A picture in colour
// turns grey, or a grey one gets equal channels, where the network wants it so; sizes are not changed.
engine::Result<engine::data::Array> readInput(const std::string& path, const engine::Shape& sample, const std::string& column);

}  // namespace netw
