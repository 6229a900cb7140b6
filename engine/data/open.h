// Data by name: what stands after --data, and in a project's data binding.
#pragma once
#include <string>

#include "engine/data/bytes.h"
#include "engine/data/source.h"

namespace engine::data {

struct OpenOptions {
  std::string target;                         // the column of a table that is the answer, so that it is no feature
  int64_t memoryLimit = memoryOfMachine();  // the most bytes that the source may keep
};

// `what` is the name of a built-in source (fashion-mnist, spirals, moons, xor, circles, blobs), or a path: an IDX file
// or a folder of them, .npz, .npy, .csv, .tsv, or a folder of pictures by class. Built-in names win; a file of the same name is
// "./xor".
Result<SourcePointer> open(const std::string& what, const OpenOptions& options = {});

// "fashion-mnist", "spirals", ...
const std::vector<std::string>& builtInNames();

}  // namespace engine::data
