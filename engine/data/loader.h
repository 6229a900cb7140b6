// Makes batches: the rows of an order, out of a source, into the memory of a plan's inputs.
#pragma once
#include <cstddef>

#include "engine/data/order.h"
#include "engine/data/source.h"
#include "engine/data/transform.h"

namespace engine::data {

// Which column feeds an input, and as what.
struct Binding {
  int column = 0;
  Transform transform;
  Type type = Type::f32;
};

// The column of that name, or a problem that lists those that there are.
Result<int> findColumn(const Source& source, std::string_view name);

class Loader {
 public:
  // A problem when the part has no rows (or fewer than a batch and dropLast), or a binding does not fit its column.
  static Result<Loader> make(SourcePointer source, Part part, const Order::Options& order,
                             std::vector<Binding> bindings);

  const Order& order() const { return order_; }
  size_t bindings() const { return conversions_.size(); }
  // Of the largest batch: a full one, or all rows where there are fewer.
  int64_t bytesOf(size_t binding) const { return order_.rowsIn(0) * conversions_[binding].rowBytesTo(); }

  // Writes batch `position` to to[binding], (rows, shape...) in the binding's type, and gives the number of rows. The
  // memory is for full batches; what is past the rows of a smaller last one stays as it was. Allocates nothing after
  // the first batch.
  Result<int64_t> fill(Position position, std::span<void* const> to);

 private:
  Loader() = default;
  Done fill(size_t binding, std::span<const int64_t> rows, void* to);

  SourcePointer source_;
  Part part_ = Part::train;
  Order order_;
  std::vector<int> columns_;
  std::vector<Conversion> conversions_;
  std::vector<std::byte> raw_;  // a few rows as the source has them, small enough for the cache
};

}  // namespace engine::data
