// Data are named columns: a source has rows in up to three parts, and every row has a value in every column.
// Input and Target nodes bind to columns by name.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/graph/problem.h"
#include "engine/graph/shape.h"
#include "engine/graph/type.h"

namespace engine::data {

enum class Part : uint8_t { train, validation, test };
inline constexpr Part kParts[] = {Part::train, Part::validation, Part::test};
inline constexpr int kPartCount = 3;

// "train", "validation", "test".
std::string_view nameOf(Part part);
// Also takes "val" and "valid".
std::optional<Part> partNamed(std::string_view name);

struct Column {
  std::string name;
  Type type = Type::f32;
  Shape shape;                       // of one row: (1, 28, 28) for a grey picture, rank 0 for a label
  std::vector<std::string> classes;  // names by index, where the column is a class index; else empty

  int64_t rowElements() const { return shape.elements(); }
  int64_t rowBytes() const { return shape.elements() * bytesOf(type); }
  bool operator==(const Column&) const = default;
};

class Source {
 public:
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // As the user called it: "fashion-mnist", "pictures/".
  const std::string& name() const { return name_; }
  const std::vector<Column>& columns() const { return columns_; }
  // The index of the column with that name, or -1.
  int columnNamed(std::string_view name) const;
  // What is odd but no reason to refuse: "readme.txt is no picture and was left out".
  const Problems& lints() const { return lints_; }

  // Rows in a part; 0 when there is no such part.
  virtual int64_t size(Part part) const = 0;

  // Gathers the named rows of a column to `to`, dense and in the column's own type: (rows.size(), shape...). `to` has
  // rows.size() * rowBytes() bytes. A row may come more than once. Any number of threads may read at once. Fails, with
  // `to` undefined, when a row or column does not exist, or when the source cannot be read any more.
  virtual Done read(Part part, std::span<const int64_t> rows, int column, void* to) const = 0;

  // A hash over all columns and all rows, in order: equal content has an equal fingerprint on every machine. Reads
  // everything the first time. 0 when the source cannot be read.
  uint64_t fingerprint() const;

 protected:
  Source(std::string name, std::vector<Column> columns) : name_(std::move(name)), columns_(std::move(columns)) {}
  // The checks that every read() begins with.
  Done check(Part part, std::span<const int64_t> rows, int column) const;

  std::string name_;
  std::vector<Column> columns_;
  Problems lints_;

 private:
  uint64_t hashContent() const;
  mutable std::once_flag hashed_;
  mutable uint64_t hash_ = 0;
};

using SourcePointer = std::shared_ptr<const Source>;

}  // namespace engine::data
