// Any bytes as a table of text: rows that can all be read, with class numbers in range and finite numbers, or a problem.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numeric>

#include "engine/data/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace engine::data;
  constexpr int64_t kLimit = 1 << 20;
  const auto source = parseCsv(std::as_bytes(std::span(data, size)), "fuzzed.csv", "b", kLimit);
  if (!source) {
    if (toString(source.error()).empty()) std::abort();
    return 0;
  }
  const Source& table = **source;
  std::vector<int64_t> rows(size_t(table.size(Part::train)));
  std::iota(rows.begin(), rows.end(), int64_t(0));
  if (rows.empty() || rows.size() > size) std::abort();
  for (size_t c = 0; c < table.columns().size(); ++c) {
    const Column& column = table.columns()[c];
    std::vector<double> room(rows.size() * size_t(column.rowElements()));
    if (!table.read(Part::train, rows, int(c), room.data())) std::abort();
    if (table.columnNamed(column.name) != int(c)) std::abort();
    const auto* numbers = reinterpret_cast<const int64_t*>(room.data());
    for (size_t i = 0; i < room.size(); ++i) {
      if (column.type == engine::Type::f64 && !std::isfinite(room[i])) std::abort();
      if (!column.classes.empty() && (numbers[i] < 0 || numbers[i] >= int64_t(column.classes.size()))) std::abort();
    }
  }
  return 0;
}
