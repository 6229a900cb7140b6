// Mean, deviation and range in one pass over the rows.
#include "engine/data/statistics.h"

#include <algorithm>
#include <array>
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

// Bytes have only 256 values, so counting them is enough, ten times as fast, and exact.
constexpr int kByteValues = 256;
using Counts = std::array<int64_t, kByteValues>;

Moments momentsOf(const Counts& counts) {
  Moments moments;
  double sum = 0;
  for (int value = 0; value < kByteValues; ++value) {
    moments.count += double(counts[size_t(value)]);
    sum += double(counts[size_t(value)]) * value;
  }
  if (moments.count == 0) return moments;
  moments.mean = sum / moments.count;
  for (int value = 0; value < kByteValues; ++value) {
    const double difference = value - moments.mean;
    moments.squares += double(counts[size_t(value)]) * difference * difference;
  }
  return moments;
}

// What a chunk of rows adds to the numbers of a column: of bytes, and of everything else as doubles.
class Gathering {
 public:
  Gathering(int64_t channels, int64_t inner, bool bytes)
      : inner_(inner), counts_(bytes ? size_t(channels) : 0), moments_(size_t(channels)) {}

  // (rows, channels, inner)
  void add(const uint8_t* bytes, int64_t rows) {
    for (int64_t row = 0; row < rows; ++row)
      for (Counts& counts : counts_) {
        for (int64_t i = 0; i < inner_; ++i) ++counts[bytes[i]];
        bytes += inner_;
      }
  }
  void add(const double* values, int64_t rows) {
    const auto elements = int64_t(moments_.size()) * inner_;
    for (int64_t i = 0; i < rows * elements; ++i) {
      if (!std::isfinite(values[i])) ++notFinite_;
      else range(values[i]);
    }
    for (size_t channel = 0; channel < moments_.size(); ++channel) {
      channel_.clear();
      for (int64_t row = 0; row < rows; ++row) {
        const double* from = values + row * elements + int64_t(channel) * inner_;
        channel_.insert(channel_.end(), from, from + inner_);
      }
      moments_[channel].join(momentsOf(channel_.data(), int64_t(channel_.size())));
    }
  }
  void finish(Statistics& result) {
    for (size_t channel = 0; channel < counts_.size(); ++channel) {
      moments_[channel] = momentsOf(counts_[channel]);
      for (int value = 0; value < kByteValues; ++value)
        if (counts_[channel][size_t(value)] > 0) range(value);
    }
    Moments all;
    for (const Moments& moments : moments_) {
      all.join(moments);
      result.channelMean.push_back(moments.mean);
      result.channelDeviation.push_back(moments.deviation());
    }
    result.mean = all.mean;
    result.deviation = all.deviation();
    result.notFinite = notFinite_;
    if (minimum_ <= maximum_) {
      result.minimum = minimum_;
      result.maximum = maximum_;
    }
  }

 private:
  void range(double value) {
    minimum_ = std::min(minimum_, value);
    maximum_ = std::max(maximum_, value);
  }
  int64_t inner_;
  std::vector<Counts> counts_;  // by channel; empty unless the column has bytes
  std::vector<Moments> moments_;
  std::vector<double> channel_;
  double minimum_ = std::numeric_limits<double>::infinity(), maximum_ = -std::numeric_limits<double>::infinity();
  int64_t notFinite_ = 0;
};

}  // namespace

Result<Statistics> statistics(const Source& source, Part part, int column) {
  return guardMemory(source.name(), [&]() -> Result<Statistics> {
    const auto toDouble = Conversion::make(source, column, {}, Type::f64);
    if (!toDouble) return tl::unexpected(toDouble.error());
    const Column& c = source.columns()[size_t(column)];
    const bool bytes = bytesOf(c.type) == 1;
    const int64_t channels = c.shape.rank() ? c.shape[0] : 1;
    const int64_t elements = c.rowElements();
    constexpr int64_t kChunkElements = 32 << 10;
    const int64_t step = std::max<int64_t>(1, kChunkElements / std::max<int64_t>(elements, 1));

    Statistics result;
    result.rows = source.size(part);
    result.classCounts.resize(c.classes.size());
    Gathering gathering(channels, channels ? elements / channels : 0, bytes);
    std::vector<int64_t> rows;
    std::vector<std::byte> raw(size_t(step * toDouble->rowBytesFrom()));
    std::vector<double> values(bytes ? 0 : size_t(step * elements));
    for (int64_t first = 0; first < result.rows; first += step) {
      const int64_t count = std::min(step, result.rows - first);
      rows.resize(size_t(count));
      std::iota(rows.begin(), rows.end(), first);
      if (Done read = source.read(part, rows, column, raw.data()); !read) return tl::unexpected(read.error());
      if (bytes) {
        gathering.add(reinterpret_cast<const uint8_t*>(raw.data()), count);
        continue;
      }
      if (Done done = toDouble->apply(raw.data(), count, values.data()); !done) return tl::unexpected(done.error());
      gathering.add(values.data(), count);
      if (!c.classes.empty())
        for (int64_t i = 0; i < count * elements; ++i)
          if (const double value = values[size_t(i)]; value >= 0 && value < double(c.classes.size()))
            ++result.classCounts[size_t(value)];
    }
    gathering.finish(result);
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
