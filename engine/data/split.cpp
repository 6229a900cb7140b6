// Views over sources.
#include "engine/data/split.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/data/bytes.h"
#include "engine/data/order.h"

namespace engine::data {
namespace {

class View final : public Source {
 public:
  struct Rows {
    SourcePointer source;  // null: the part is empty
    Part part = Part::train;
    std::optional<std::vector<int64_t>> chosen;  // none: all of them
  };

  View(const Source& base, std::array<Rows, kPartCount> parts)
      : Source(base.name(), base.columns()), parts_(std::move(parts)) {
    lints_ = base.lints();
  }

  int64_t size(Part part) const override {
    const Rows& rows = parts_[size_t(part)];
    if (!rows.source) return 0;
    return rows.chosen ? int64_t(rows.chosen->size()) : rows.source->size(rows.part);
  }

  Done read(Part part, std::span<const int64_t> rows, int column, void* to) const override {
    if (Done checked = check(part, rows, column); !checked) return checked;
    const Rows& from = parts_[size_t(part)];
    if (rows.empty()) return {};
    if (!from.chosen) return from.source->read(from.part, rows, column, to);
    constexpr size_t kAtOnce = 256;  // on the stack: a read allocates nothing
    std::array<int64_t, kAtOnce> there;
    const int64_t rowBytes = columns_[size_t(column)].rowBytes();
    auto* out = static_cast<std::byte*>(to);
    for (size_t first = 0; first < rows.size(); first += kAtOnce) {
      const size_t count = std::min(kAtOnce, rows.size() - first);
      for (size_t i = 0; i < count; ++i) there[i] = (*from.chosen)[size_t(rows[first + i])];
      if (Done read = from.source->read(from.part, std::span(there).first(count), column, out); !read) return read;
      out += int64_t(count) * rowBytes;
    }
    return {};
  }

 private:
  std::array<Rows, kPartCount> parts_;
};

std::array<View::Rows, kPartCount> allOf(const SourcePointer& source) {
  std::array<View::Rows, kPartCount> parts;
  for (Part part : kParts)
    if (source->size(part) > 0) parts[size_t(part)] = {source, part, std::nullopt};
  return parts;
}

constexpr uint64_t kSplitStream = 0x53504c4954;  // apart from the shuffles of epochs with the same seed

// Seeded choices of `counts` rows of the train part, each in the order of the source.
std::vector<std::vector<int64_t>> choose(int64_t rows, std::span<const int64_t> counts, uint64_t seed) {
  std::vector<int64_t> order(static_cast<size_t>(rows));
  shuffle(order, seed, kSplitStream);
  std::vector<std::vector<int64_t>> choices;
  auto at = order.begin();
  for (int64_t count : counts) {
    choices.emplace_back(at, at + count);
    std::sort(choices.back().begin(), choices.back().end());
    at += count;
  }
  return choices;
}

}  // namespace

Result<SourcePointer> holdOut(SourcePointer source, double fraction, uint64_t seed) {
  return guardMemory(source->name(), [&]() -> Result<SourcePointer> {
    if (source->size(Part::validation) > 0) return source;
    if (!(fraction > 0 && fraction < 1))
      return failure(source->name(), {"a fraction between 0 and 1 to hold out"}, {"{0}", fraction});
    const int64_t rows = source->size(Part::train);
    if (rows < 2) return failure(source->name(), {"at least 2 rows to hold some out"}, {"{0}", rows});
    const int64_t held = std::clamp<int64_t>(std::llround(double(rows) * fraction), 1, rows - 1);
    const int64_t counts[] = {held, rows - held};
    auto choices = choose(rows, counts, seed);
    auto parts = allOf(source);
    parts[size_t(Part::validation)] = {source, Part::train, std::move(choices[0])};
    parts[size_t(Part::train)] = {source, Part::train, std::move(choices[1])};
    return std::make_shared<View>(*source, std::move(parts));
  });
}

Result<SourcePointer> split(SourcePointer source, std::span<const double> fractions, uint64_t seed) {
  return guardMemory(source->name(), [&]() -> Result<SourcePointer> {
    constexpr double kRounding = 1e-6;  // of decimal fractions that were typed
    double sum = 0;
    for (double fraction : fractions) sum += fraction >= 0 ? fraction : -std::numeric_limits<double>::infinity();
    if (fractions.size() < 2 || fractions.size() > kPartCount || !(std::abs(sum - 1) < kRounding) || fractions[0] == 0)
      return failure(source->name(), {"two or three fractions that sum to 1, as 0.8,0.1,0.1"},
                     {"{0} that sum to {1}", fractions.size(), sum});
    const int64_t rows = source->size(Part::train);
    std::vector<int64_t> counts(fractions.size());
    int64_t rest = rows;
    for (size_t i = 1; i < fractions.size(); ++i) {
      const Part part = kParts[i];
      if (fractions[i] > 0 && source->size(part) > 0)
        return failure(source->name(), {"fractions for the parts that it does not have"},
                       {"one for its {0} part, which has {1} rows", nameOf(part), source->size(part)},
                       {"write 0 there, and let the fractions sum to 1"});
      counts[i] = fractions[i] > 0 ? std::max<int64_t>(std::llround(double(rows) * fractions[i]), 1) : 0;
      rest -= counts[i];
    }
    if (rest < 1)
      return failure(source->name(), {"enough rows for every part"}, {"{0}", rows}, {"take more rows or fewer parts"});
    counts[0] = rest;
    auto choices = choose(rows, counts, seed);
    auto parts = allOf(source);
    for (size_t i = 0; i < counts.size(); ++i)
      if (counts[i] > 0) parts[i] = {source, Part::train, std::move(choices[i])};
    return std::make_shared<View>(*source, std::move(parts));
  });
}

Result<SourcePointer> withPart(SourcePointer source, Part part, SourcePointer other, Part otherPart) {
  return guardMemory(source->name(), [&]() -> Result<SourcePointer> {
    const auto& columns = source->columns();
    if (other->columns().size() != columns.size())
      return failure(other->name(), {"{0} columns, as {1} has", columns.size(), source->name()},
                     {"{0}", other->columns().size()});
    for (size_t i = 0; i < columns.size(); ++i) {
      const Column& here = columns[i];
      const Column& there = other->columns()[i];
      if (there.name != here.name || there.shape != here.shape || there.type != here.type)
        return failure(other->name(),
                       {"column {0}, {1} of type {2}, as {3} has", here.name, here.shape, here.type, source->name()},
                       {"column {0}, {1} of type {2}", there.name, there.shape, there.type});
      // The last classes may have no row there.
      if (there.classes.size() > here.classes.size() ||
          !std::equal(there.classes.begin(), there.classes.end(), here.classes.begin()))
        return failure(other->name(), {"the classes of {0} in column {1}", source->name(), here.name}, {"others"});
    }
    auto parts = allOf(source);
    parts[size_t(part)] = {other, otherPart, std::nullopt};
    return std::make_shared<View>(*source, std::move(parts));
  });
}

}  // namespace engine::data
