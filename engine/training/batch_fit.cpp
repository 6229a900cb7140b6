#include "engine/training/batch_fit.h"

#include <algorithm>
#include <cmath>

namespace engine::training {

namespace {

// A batch that was looked at.
struct Tried {
  int64_t batch = 0;
  std::optional<int64_t> bytes = {};
};

// Where the line through two of them meets the room; none where it does not rise.
std::optional<double> meeting(const Tried& a, const Tried& b, int64_t room) {
  if (!a.bytes || !b.bytes || a.batch == b.batch) return std::nullopt;
  const double slope = double(*b.bytes - *a.bytes) / double(b.batch - a.batch);
  if (!(slope > 0)) return std::nullopt;
  return double(a.batch) + double(room - *a.bytes) / slope;
}

}  // namespace

// Memory is nearly a line over the batch: the line through the two that were looked at last says where to look next, and every third
// time the middle does, so that no line however bent takes long.
std::optional<int64_t> largestBatch(const BatchQuestion& question, const std::function<std::optional<int64_t>(int64_t)>& bytesOf) {
  if (question.most < 1) return 0;
  int64_t fits = 0, tooMany = question.most + 1;
  Tried last, before;
  double next = double(std::clamp<int64_t>(question.begin, 1, question.most));
  for (int turn = 1; tooMany - fits > 1; ++turn) {
    if (question.isCancelled && question.isCancelled()) return std::nullopt;
    const int64_t batch = std::clamp<int64_t>(int64_t(next), fits + 1, tooMany - 1);
    before = last;
    last = {batch, bytesOf(batch)};
    (last.bytes && *last.bytes <= question.room ? fits : tooMany) = batch;
    const double middle = double(fits) + double(tooMany - fits) / 2;
    const std::optional<double> line = before.batch > 0 ? meeting(before, last, question.room) : std::nullopt;
    // Of the first one alone: as if all grew with the batch.
    const bool first = turn == 1 && last.bytes && *last.bytes > 0 && question.room > 0;
    next = turn % 3 == 0 ? middle : line ? std::floor(*line) : first ? double(batch) * double(question.room) / double(*last.bytes) : middle;
    next = std::clamp(next, double(fits) + 1, double(tooMany) - 1);
  }
  return fits;
}

std::optional<int64_t> largestBatch(Session& session, ForecastOptions options, const BatchQuestion& question) {
  return largestBatch(question, [&](int64_t batch) -> std::optional<int64_t> {
    options.batch = batch;
    const Result<RunForecast> forecast = session.forecastRun(options);
    return forecast ? std::optional(forecast->needed()) : std::nullopt;
  });
}

}  // namespace engine::training
