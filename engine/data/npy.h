// NumPy's arrays in files: .npy (https://numpy.org/neps/nep-0001-npy-format.html), and .npz, a zip of them.
#pragma once
#include <optional>
#include <utility>

#include "engine/data/bytes.h"
#include "engine/data/table.h"

namespace engine::data {

// What stands before the numbers of a .npy file.
struct NpyHeader {
  std::string dtype;  // "<f4"; the whole description where the type has fields
  bool bigEndian = false;
  bool fortran = false;  // the first axis runs fastest
  Shape shape;
  size_t dataAt = 0;  // bytes from the beginning of the file

  // 0 where the type is none that is taken.
  int64_t itemBytes() const;
  // In which of our types the numbers are held: f2 and f4 as f32, f8 as f64, i1 to i4 and u2 as i32, i8, u4 and u8 as
  // i64, u1 as u8. None for text, complex numbers, dates, objects and types with fields.
  std::optional<Type> type() const;
};

// Versions 1 to 3. `path` is for messages.
Result<NpyHeader> parseNpyHeader(std::span<const std::byte> file, const std::string& path);

// A whole .npy file, in C order and our byte order whatever it has itself. A scalar has rank 0.
Result<Array> parseNpy(std::vector<std::byte> file, const std::string& path, int64_t limit = memoryOfMachine());
Result<Array> readNpy(const std::string& path, int64_t limit = memoryOfMachine());

// Writes a version 1 file in C order, little-endian, of u1, i4, i8, f4, f8 or b1; the file appears whole or not at all.
// `data` has shape.elements() numbers of `type`.
Done writeNpy(const std::string& path, const Shape& shape, Type type, const void* data);
inline Done writeNpy(const std::string& path, const Array& array) {
  return writeNpy(path, array.shape, array.type, array.bytes.data());
}

// The arrays of a .npz by name, in the order of the file. Those of a type that is not taken, and what is no array, are
// told in `lints`.
using NamedArrays = std::vector<std::pair<std::string, Array>>;
Result<NamedArrays> readNpz(const std::string& path, Problems& lints, int64_t limit = memoryOfMachine());

// A .npz as a source: arrays are columns, rows are the first axis; x and y come first. x_train, x_test, x_val and
// train_x, test_x, val_x are the parts of x. A .npy is the one column x.
Result<SourcePointer> openNumpy(const std::string& path, int64_t limit = memoryOfMachine());

}  // namespace engine::data
