// Rows in memory.
#include "engine/data/table.h"

#include <cstring>

namespace engine::data {

Done Table::setPart(Part part, std::vector<Array> arrays) {
  if (arrays.size() != columns_.size())
    return failure(name_, {"{0} arrays, one a column", columns_.size()}, {"{0}", arrays.size()});
  int64_t rows = -1;
  for (size_t i = 0; i < arrays.size(); ++i) {
    const Column& column = columns_[i];
    const Array& array = arrays[i];
    Shape expected;
    expected.append(array.shape.rank() ? array.shape[0] : 0);
    for (int64_t size : column.shape) expected.append(size);
    if (array.shape != expected || array.type != column.type)
      return failure(name_, {"rows of {0} of type {1} in column {2}", column.shape, column.type, column.name},
                     {"an array of {0} of type {1} in the {2} part", array.shape, array.type, nameOf(part)});
    if (i > 0 && array.shape[0] != rows)
      return failure(name_, {"as many rows in every column of the {0} part", nameOf(part)},
                     {"{0} in {1} and {2} in {3}", rows, columns_[0].name, array.shape[0], column.name});
    rows = array.shape[0];
  }
  sizes_[size_t(part)] = rows < 0 ? 0 : rows;
  arrays_[size_t(part)] = std::move(arrays);
  return {};
}

Done Table::read(Part part, std::span<const int64_t> rows, int column, void* to) const {
  if (Done checked = check(part, rows, column); !checked) return checked;
  if (rows.empty()) return {};
  const size_t rowBytes = size_t(columns_[size_t(column)].rowBytes());
  const std::byte* from = arrays_[size_t(part)][size_t(column)].bytes.data();
  auto* out = static_cast<std::byte*>(to);
  if (rowBytes == 0) return {};
  for (int64_t row : rows) {
    std::memcpy(out, from + size_t(row) * rowBytes, rowBytes);
    out += rowBytes;
  }
  return {};
}

Done checkLabels(const std::string& path, const Array& labels, int64_t classes) {
  const int64_t* label = labels.as<int64_t>();
  for (int64_t row = 0; row < labels.shape[0]; ++row)
    if (label[row] < 0 || label[row] >= classes)
      return failure(path, {"labels from 0 to {0}", classes - 1}, {"label {0} in row {1}", label[row], row});
  return {};
}

}  // namespace engine::data
