// Batches out of a source.
#include "engine/data/loader.h"

#include <algorithm>

#include "engine/data/bytes.h"

namespace engine::data {
namespace {
constexpr int64_t kRawBytes = 64 << 10;  // of an L2 cache, which the converted rows share
}

Result<int> findColumn(const Source& source, std::string_view name) {
  const int column = source.columnNamed(name);
  if (column >= 0) return column;
  std::string names;
  for (const Column& c : source.columns()) names += (names.empty() ? "" : ", ") + c.name;
  return failure(source.name(), {"a column named {0}", name}, {"the columns {0}", names},
                 {"bind the input to one of these"});
}

Result<Loader> Loader::make(SourcePointer source, Part part, const Order::Options& order,
                            std::vector<Binding> bindings) {
  return guardMemory(source->name(), [&]() -> Result<Loader> {
    Loader loader;
    loader.order_ = Order(source->size(part), order);
    if (source->size(part) == 0) return failure(source->name(), {"rows in its {0} part", nameOf(part)}, {"none"});
    if (loader.order_.batches() == 0)
      return failure(source->name(), {"at least {0} rows, a batch", order.batch}, {"{0}", source->size(part)},
                     {"make the batch smaller, or keep the last one"});
    int64_t rawBytes = 0;
    for (const Binding& binding : bindings) {
      auto conversion = Conversion::make(*source, binding.column, binding.transform, binding.type);
      if (!conversion) return tl::unexpected(conversion.error());
      if (!conversion->isCopy()) rawBytes = std::max({rawBytes, kRawBytes, conversion->rowBytesFrom()});
      loader.columns_.push_back(binding.column);
      loader.conversions_.push_back(std::move(*conversion));
    }
    loader.raw_.resize(size_t(rawBytes));
    loader.source_ = std::move(source);
    loader.part_ = part;
    return loader;
  });
}

Done Loader::fill(size_t binding, std::span<const int64_t> rows, void* to) {
  const Conversion& conversion = conversions_[binding];
  if (conversion.isCopy()) return source_->read(part_, rows, columns_[binding], to);
  const int64_t rowBytes = std::max<int64_t>(conversion.rowBytesFrom(), 1);
  const auto step = size_t(std::max<int64_t>(int64_t(raw_.size()) / rowBytes, 1));
  auto* out = static_cast<std::byte*>(to);
  for (size_t first = 0; first < rows.size(); first += step) {
    const auto some = rows.subspan(first, std::min(step, rows.size() - first));
    if (Done read = source_->read(part_, some, columns_[binding], raw_.data()); !read) return read;
    if (Done done = conversion.apply(raw_.data(), int64_t(some.size()), out); !done) return done;
    out += int64_t(some.size()) * conversion.rowBytesTo();
  }
  return {};
}

Result<int64_t> Loader::fill(Position position, std::span<void* const> to) {
  const std::span<const int64_t> rows = order_.at(position);
  for (size_t binding = 0; binding < conversions_.size(); ++binding)
    if (Done done = fill(binding, rows, to[binding]); !done) return tl::unexpected(done.error());
  return int64_t(rows.size());
}

}  // namespace engine::data
