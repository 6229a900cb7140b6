// A source whose rows lie in memory, in the types of its columns: bytes stay bytes.
#pragma once
#include <array>
#include <cstddef>

#include "engine/data/source.h"

namespace engine::data {

// A dense array in C order, as a file holds one.
struct Array {
  Shape shape;
  Type type = Type::f32;
  std::vector<std::byte> bytes;  // shape.elements() * bytesOf(type)

  template <class T>
  T* as() {
    return reinterpret_cast<T*>(bytes.data());
  }
  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(bytes.data());
  }
  bool operator==(const Array&) const = default;
};

class Table final : public Source {
 public:
  Table(std::string name, std::vector<Column> columns) : Source(std::move(name), std::move(columns)) {}

  // One array for each column, (rows, shape of the column...), all with the same number of rows.
  Done setPart(Part part, std::vector<Array> arrays);
  void addLint(Problem lint) { lints_.push_back(std::move(lint)); }

  int64_t size(Part part) const override { return sizes_[size_t(part)]; }
  Done read(Part part, std::span<const int64_t> rows, int column, void* to) const override;

 private:
  std::array<int64_t, kPartCount> sizes_{};
  std::array<std::vector<Array>, kPartCount> arrays_;
};

// Every label has to name a class: 0 <= label < classes. Labels are (rows), i64.
Done checkLabels(const std::string& path, const Array& labels, int64_t classes);

}  // namespace engine::data
