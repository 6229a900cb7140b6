// Arrays in and out, as `run` and `grad` have them: files of NumPy by the model's own names.
#pragma once
#include <string>
#include <vector>

#include "engine/data/table.h"

namespace netw {

struct NamedArray {
  std::string name;  // "": by its place
  engine::data::Array array;
};

// "NAME=FILE.npy" or "FILE.npy", each.
engine::Result<std::vector<NamedArray>> readArrays(const std::vector<std::string>& words);

// The array for an input: by its name, else the one at its place among those without one. Null: none.
const NamedArray* findArray(const std::vector<NamedArray>& arrays, const std::string& name, size_t place);
// The same as values of that type. Whole numbers become floats, and floats of one width the other; a fraction is not dropped in silence.
engine::Result<engine::data::Array> arrayFor(const std::vector<NamedArray>& arrays, const std::string& name, size_t place, engine::Type type);

// DIR/NAME.npy for each, and DIR/index.json with the file of each name. Other characters than letters, digits, '.', '_' and '-' are '_'
// in a file's name; a second name for the same file gets a number.
engine::Done writeArrays(const std::string& folder, const std::vector<NamedArray>& arrays);

}  // namespace netw
