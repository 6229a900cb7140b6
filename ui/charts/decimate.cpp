#include "ui/charts/decimate.h"

#include <algorithm>
#include <cmath>

namespace ui {

namespace {
constexpr size_t kBucketsAPixel = 4;  // enough to know which of lowest and highest came first

class Decimation {
 public:
  Decimation(const Series& series, double x0, double scale) : breaks_(series.breaks()), x0_(x0), scale_(scale) {}

  void add(const Series::Bucket& bucket) {
    bool broken = false;
    while (nextBreak_ < breaks_.size() && breaks_[nextBreak_] <= bucket.x) broken = true, ++nextBreak_;
    if (broken || !bucket.isNumber()) flush(true);
    if (!bucket.isNumber()) return;
    const double x = (double(bucket.x) - x0_) * scale_;
    const double column = std::floor(x);
    if (column != column_) flush(false);
    if (!filled_) {
      column_ = column;
      lowest_ = {x, bucket.lowest};
      highest_ = {x, bucket.highest};
      filled_ = true;
      return;
    }
    if (bucket.lowest < lowest_.y()) lowest_ = {x, bucket.lowest};
    if (bucket.highest > highest_.y()) highest_ = {x, bucket.highest};
  }

  std::vector<Stretch> take() {
    flush(true);
    return std::move(stretches_);
  }

 private:
  void flush(bool end) {
    if (filled_) {
      if (lowest_ == highest_) {
        current_.push_back(lowest_);
      } else {
        // A joined bucket has both at one place: then the nearer one to where the curve comes from.
        bool lowestFirst = lowest_.x() < highest_.x();
        if (lowest_.x() == highest_.x() && !current_.empty())
          lowestFirst = std::abs(current_.back().y() - lowest_.y()) < std::abs(current_.back().y() - highest_.y());
        current_.push_back(lowestFirst ? lowest_ : highest_);
        current_.push_back(lowestFirst ? highest_ : lowest_);
      }
      filled_ = false;
    }
    if (end && !current_.empty()) stretches_.push_back(std::exchange(current_, {}));
  }

  std::span<const uint32_t> breaks_;
  size_t nextBreak_ = 0;
  double x0_, scale_, column_ = 0;
  bool filled_ = false;
  QPointF lowest_, highest_;
  Stretch current_;
  std::vector<Stretch> stretches_;
};
}  // namespace

std::vector<Stretch> decimate(const Series& series, double x0, double x1, int pixels) {
  if (!(x1 > x0) || pixels <= 0) return {};
  Decimation decimation(series, x0, pixels / (x1 - x0));
  series.visit(int64_t(std::floor(x0)), int64_t(std::ceil(x1)), size_t(pixels) * kBucketsAPixel, [&](const Series::Bucket& b) { decimation.add(b); });
  return decimation.take();
}

QPolygonF thinned(const QPolygonF& line) {
  QPolygonF few;
  for (qsizetype first = 0, end = 0; first < line.size(); first = end) {
    const double column = std::floor(line[first].x());
    qsizetype low = first, high = first;
    for (end = first; end < line.size() && std::floor(line[end].x()) == column; ++end) {
      if (line[end].y() < line[low].y()) low = end;
      if (line[end].y() > line[high].y()) high = end;
    }
    qsizetype before = -1;
    for (const qsizetype i : {first, std::min(low, high), std::max(low, high), end - 1})
      if (i > before) few << line[before = i];
  }
  return few;
}

}  // namespace ui
