// Mean, deviation and range in one pass over the rows.
#include "engine/data/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/data/bytes.h"

namespace engine::data {
namespace {

// Count, mean and sum of squared distances from it, joined as Chan, Golub and LeVeque (1979) have it: no difference of
// large sums.
struct Moments {
  double count = 0, mean = 0, squares = 0;

  void join(const Moments& other) {
    if (other.count == 0) return;
    const double total = count + other.count, difference = other.mean - mean;
    mean += difference * (other.count / total);
    squares += other.squares + difference * difference * (count * other.count / total);
    count = total;
  }
  double deviation() const { return count == 0 ? 0 : std::sqrt(squares / count); }
};

Moments momentsOf(const double* values, int64_t count) {
  Moments moments;
  double sum = 0;
  for (int64_t i = 0; i < count; ++i)
    if (std::isfinite(values[i])) {
      sum += values[i];
      ++moments.count;
    }
  if (moments.count == 0) return moments;
  moments.mean = sum / moments.count;
  for (int64_t i = 0; i < count; ++i)
    if (std::isfinite(values[i])) moments.squares += (values[i] - moments.mean) * (values[i] - moments.mean);
  return moments;
}

}  // namespace

Result<Statistics> statistics(const Source& source, Part part, int column) {
  return guardMemory(source.name(), [&]() -> Result<Statistics> {
    const auto toDouble = Conversion::make(source, column, {}, Type::f64);
    if (!toDouble) return tl::unexpected(toDouble.error());
    const Column& c = source.columns()[size_t(column)];
    const int64_t channels = c.shape.rank() ? c.shape[0] : 1;
    const int64_t elements = c.rowElements(), inner = channels ? elements / channels : 0;
    constexpr int64_t kChunkElements = 32 << 10;
    const int64_t step = std::max<int64_t>(1, kChunkElements / std::max<int64_t>(elements, 1));

    Statistics result;
    result.rows = source.size(part);
    result.classCounts.resize(c.classes.size());
    double minimum = std::numeric_limits<double>::infinity(), maximum = -minimum;
    std::vector<Moments> byChannel(static_cast<size_t>(channels));
    std::vector<int64_t> rows;
    std::vector<std::byte> raw(size_t(step * toDouble->rowBytesFrom()));
    std::vector<double> values(size_t(step * elements)), channel;
    for (int64_t first = 0; first < result.rows; first += step) {
      const int64_t count = std::min(step, result.rows - first);
      rows.resize(size_t(count));
      std::iota(rows.begin(), rows.end(), first);
      if (Done read = source.read(part, rows, column, raw.data()); !read) return tl::unexpected(read.error());
      if (Done done = toDouble->apply(raw.data(), count, values.data()); !done) return tl::unexpected(done.error());
      for (int64_t i = 0; i < count * elements; ++i) {
        if (!std::isfinite(values[size_t(i)])) ++result.notFinite;
        else {
          minimum = std::min(minimum, values[size_t(i)]);
          maximum = std::max(maximum, values[size_t(i)]);
        }
      }
      if (!c.classes.empty())
        for (int64_t i = 0; i < count * elements; ++i)
          if (const double value = values[size_t(i)]; value >= 0 && value < double(c.classes.size()))
            ++result.classCounts[size_t(value)];
      for (int64_t k = 0; k < channels; ++k) {
        channel.clear();
        for (int64_t row = 0; row < count; ++row) {
          const double* from = values.data() + row * elements + k * inner;
          channel.insert(channel.end(), from, from + inner);
        }
        byChannel[size_t(k)].join(momentsOf(channel.data(), int64_t(channel.size())));
      }
    }
    Moments all;
    for (const Moments& moments : byChannel) {
      all.join(moments);
      result.channelMean.push_back(moments.mean);
      result.channelDeviation.push_back(moments.deviation());
    }
    result.mean = all.mean;
    result.deviation = all.deviation();
    if (minimum <= maximum) {
      result.minimum = minimum;
      result.maximum = maximum;
    }
    return result;
  });
}

Transform standardizing(const Statistics& statistics, bool byChannel) {
  Transform transform;
  transform.mean = byChannel ? statistics.channelMean : std::vector{statistics.mean};
  transform.deviation = byChannel ? statistics.channelDeviation : std::vector{statistics.deviation};
  for (double& deviation : transform.deviation)
    if (deviation == 0) deviation = 1;
  return transform;
}

}  // namespace engine::data
