// Normalising and changing types.
#include "engine/data/transform.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace engine::data {
namespace {

// Calls work with a value of the C++ type that `type` stands for.
template <class Work>
auto withType(Type type, const Work& work) {
  switch (type) {
    case Type::f32: return work(float());
    case Type::f64: return work(double());
    case Type::i64: return work(int64_t());
    case Type::i32: return work(int32_t());
    case Type::u8: return work(uint8_t());
    case Type::boolean: return work(bool());
  }
  __builtin_unreachable();
}

// Rounded once: what f64 or i64 holds is worked on in double.
template <class From, class To>
using Working = std::conditional_t<sizeof(From) == 8 && std::is_same_v<To, float>, double, To>;

template <class From, class To>
void affine(const From* __restrict from, int64_t rows, int64_t inner, const std::vector<double>& factors,
            const std::vector<double>& offsets, To* __restrict to) {
  using W = Working<From, To>;
  for (int64_t row = 0; row < rows; ++row)
    for (size_t channel = 0; channel < factors.size(); ++channel) {
      const auto factor = W(factors[channel]), offset = W(offsets[channel]);
      for (int64_t i = 0; i < inner; ++i) to[i] = To(W(from[i]) * factor + offset);
      from += inner;
      to += inner;
    }
}

// Whether `value` is a number of the whole type To.
template <class To, class From>
bool fits(From value) {
  if constexpr (std::is_floating_point_v<From>) {
    // The ends as powers of two: the largest i64 itself is no double.
    const double low = double(std::numeric_limits<To>::min());
    const double past = std::ldexp(1.0, std::numeric_limits<To>::digits);
    return value >= low && value < past && value == std::floor(value);
  } else {
    return int64_t(value) >= int64_t(std::numeric_limits<To>::min()) &&
           int64_t(value) <= int64_t(std::numeric_limits<To>::max());
  }
}

// The index of the first number that does not fit, or -1.
template <class From, class To>
int64_t cast(const From* __restrict from, int64_t count, To* __restrict to) {
  for (int64_t i = 0; i < count; ++i) {
    if constexpr (!std::is_floating_point_v<To>)
      if (!fits<To>(from[i])) return i;
    to[i] = To(from[i]);
  }
  return -1;
}

}  // namespace

Result<Conversion> Conversion::make(const Source& source, int column, const Transform& transform, Type to) {
  if (column < 0 || size_t(column) >= source.columns().size())
    return failure(source.name(), {"a column from 0 to {0}", int64_t(source.columns().size()) - 1}, {"{0}", column});
  const Column& c = source.columns()[size_t(column)];
  const std::string where = source.name() + ", column " + c.name;
  const int64_t channels = c.shape.rank() ? c.shape[0] : 1;

  const auto checkNumbers = [&](const std::vector<double>& numbers, bool mean) -> Done {
    if (numbers.size() > 1 && int64_t(numbers.size()) != channels)
      return failure(where, {mean ? "one mean, or one for each of {0} channels" : "one standard deviation, or one for each of {0} channels", channels},
                     {"{0}", numbers.size()});
    for (double number : numbers)
      if (!std::isfinite(number) || (number == 0 && !mean))
        return failure(where, {mean ? "a mean that is a number" : "a standard deviation other than 0"}, {"{0}", number});
    return {};
  };
  if (Done mean = checkNumbers(transform.mean, true); !mean) return tl::unexpected(mean.error());
  if (Done deviation = checkNumbers(transform.deviation, false); !deviation)
    return tl::unexpected(deviation.error());
  if (!std::isfinite(transform.scale)) return failure(where, {"a scale that is a number"}, {"{0}", transform.scale});
  if (!isFloating(to) && !transform.isIdentity())
    return failure(where, {"f32 or f64 to normalise into"}, {"{0}", to},
                   {"leave out the normalisation, or bind it to another input"});

  Conversion conversion;
  conversion.where_ = where;
  conversion.from_ = c.type;
  conversion.to_ = to;
  conversion.rowElements_ = c.rowElements();
  conversion.identity_ = transform.isIdentity();
  const size_t count = std::max({transform.mean.size(), transform.deviation.size(), size_t(1)});
  conversion.inner_ = conversion.rowElements_ / int64_t(count);
  const auto at = [](const std::vector<double>& numbers, size_t i, double otherwise) {
    return numbers.empty() ? otherwise : numbers.size() == 1 ? numbers[0] : numbers[i];
  };
  for (size_t i = 0; i < count; ++i) {
    const double deviation = at(transform.deviation, i, 1);
    conversion.factors_.push_back(transform.scale / deviation);
    conversion.offsets_.push_back(-at(transform.mean, i, 0) / deviation);
  }
  return conversion;
}

Done Conversion::apply(const void* from, int64_t rows, void* to) const {
  const int64_t count = rows * rowElements_;
  if (count == 0) return {};
  if (isCopy()) {
    std::memcpy(to, from, size_t(count * bytesOf(to_)));
    return {};
  }
  return withType(from_, [&](auto sample) -> Done {
    using From = decltype(sample);
    const From* source = static_cast<const From*>(from);
    return withType(to_, [&](auto target) -> Done {
      using To = decltype(target);
      if constexpr (std::is_floating_point_v<To>) {
        if (!identity_) {
          affine(source, rows, inner_, factors_, offsets_, static_cast<To*>(to));
          return {};
        }
      }
      const int64_t wrong = cast(source, count, static_cast<To*>(to));
      if (wrong < 0) return {};
      if constexpr (std::is_floating_point_v<From>)
        return failure(where_, {"numbers of type {0}", to_}, {"{0}", double(source[wrong])});
      else return failure(where_, {"numbers of type {0}", to_}, {"{0}", int64_t(source[wrong])});
    });
  });
}

}  // namespace engine::data
