// What all sources share: names of parts, checks of a read, the fingerprint.
#include "engine/data/source.h"

#include <algorithm>
#include <new>
#include <numeric>

#include "engine/data/content_hash.h"

namespace engine::data {

std::string_view nameOf(Part part) {
  switch (part) {
    case Part::train: return "train";
    case Part::validation: return "validation";
    case Part::test: return "test";
  }
  return "?";
}

std::optional<Part> partNamed(std::string_view name) {
  for (Part part : kParts)
    if (nameOf(part) == name) return part;
  if (name == "val" || name == "valid") return Part::validation;
  return std::nullopt;
}

int Source::columnNamed(std::string_view name) const {
  for (size_t i = 0; i < columns_.size(); ++i)
    if (columns_[i].name == name) return int(i);
  return -1;
}

Done Source::check(Part part, std::span<const int64_t> rows, int column) const {
  if (column < 0 || size_t(column) >= columns_.size())
    return failure(name_, {"a column from 0 to {0}", int64_t(columns_.size()) - 1}, {"column {0}", column});
  const int64_t limit = size(part);
  for (int64_t row : rows)
    if (row < 0 || row >= limit)
      return failure(name_, {"rows below {0} in its {1} part", limit, nameOf(part)}, {"row {0}", row});
  return {};
}

uint64_t Source::fingerprint() const {
  std::call_once(hashed_, [this] {
    try {
      hash_ = hashContent();
    } catch (const std::bad_alloc&) {
      hash_ = 0;
    }
  });
  return hash_;
}

uint64_t Source::hashContent() const {
  constexpr int64_t kChunkBytes = 1 << 20;
  ContentHash hash;
  std::vector<std::byte> chunk;
  std::vector<int64_t> rows;
  hash.add(int64_t(columns_.size()));
  for (size_t column = 0; column < columns_.size(); ++column) {
    const Column& c = columns_[column];
    hash.add(c.name);
    hash.add(engine::nameOf(c.type));
    hash.add(int64_t(c.shape.rank()));
    for (int64_t size : c.shape) hash.add(size);
    hash.add(int64_t(c.classes.size()));
    for (const std::string& name : c.classes) hash.add(name);

    const int64_t rowBytes = c.rowBytes();
    const int64_t step = std::max<int64_t>(1, kChunkBytes / std::max<int64_t>(1, rowBytes));
    for (Part part : kParts) {
      const int64_t total = size(part);
      hash.add(total);
      for (int64_t first = 0; first < total; first += step) {
        const int64_t count = std::min(step, total - first);
        rows.resize(size_t(count));
        std::iota(rows.begin(), rows.end(), first);
        chunk.resize(size_t(count * rowBytes));
        if (!read(part, rows, int(column), chunk.data())) return 0;
        hash.add(chunk);
      }
    }
  }
  return hash.value();
}

}  // namespace engine::data
