#include "ui/canvas/preview_picture.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "engine/training/preview.h"
#include "ui/model/text.h"
#include "ui/theme/theme.h"

namespace ui {

using engine::training::NodeOutput;

namespace {

constexpr int kMostBars = 40;   // more numbers than that become a histogram
constexpr int kMostPictures = 4;
constexpr int kBins = 28;

// The finite extremes of a range; equal where there is nothing finite.
std::pair<float, float> extremes(const float* begin, const float* end) {
  float low = INFINITY, high = -INFINITY;
  for (const float* v = begin; v != end; ++v)
    if (std::isfinite(*v)) low = std::min(low, *v), high = std::max(high, *v);
  return low <= high ? std::pair(low, high) : std::pair(0.f, 0.f);
}

int grayOf(float value, float low, float high) {
  if (!std::isfinite(value) || high <= low) return 0;
  return std::clamp(int(std::lround(255 * (value - low) / (high - low))), 0, 255);
}

struct PreviewWords {
  Q_DECLARE_TR_FUNCTIONS(ui::PreviewPicture)
};

}  // namespace

PreviewPicture::PreviewPicture(const NodeOutput& output, bool probabilities) {
  const int64_t elements = output.shape.elements();
  if (elements <= 0 || output.values.empty()) return;
  const int rank = output.shape.rank();
  if (rank == 3 && output.shape[1] > 1 && output.shape[2] > 1) makePictures(output);
  else if (elements >= 2 && elements <= kMostBars) makeBars(output, probabilities);
  else if (elements > kMostBars) makeHistogram(output);
}

void PreviewPicture::makePictures(const NodeOutput& output) {
  const int64_t channels = output.shape[0], height = output.shape[1], width = output.shape[2], plane = height * width;
  const int64_t whole = output.kept / plane;  // channels that are here
  if (whole == 0) return;
  const bool colour = channels == 3 && whole == 3, gray = channels == 1;
  const auto add = [&](int sample, std::initializer_list<int64_t> of) {
    const float* const first = output.values.data() + sample * output.kept;
    QImage image(int(width), int(height), QImage::Format_RGB32);
    float low = INFINITY, high = -INFINITY;
    for (int64_t c : of) {
      const auto [l, h] = extremes(first + c * plane, first + (c + 1) * plane);
      low = std::min(low, l), high = std::max(high, h);
    }
    const int64_t r = *of.begin(), b = *(of.end() - 1), g = of.size() == 3 ? r + 1 : r;
    for (int64_t y = 0; y < height; ++y) {
      auto* line = reinterpret_cast<QRgb*>(image.scanLine(int(y)));
      for (int64_t x = 0; x < width; ++x) {
        const int64_t at = y * width + x;
        line[x] = qRgb(grayOf(first[r * plane + at], low, high), grayOf(first[g * plane + at], low, high),
                       grayOf(first[b * plane + at], low, high));
      }
    }
    pictures_ << image;
  };
  kind_ = Kind::pictures;
  if (colour || gray) {
    for (int s = 0; s < output.samples; ++s)
      if (colour) add(s, {0, 1, 2});
      else add(s, {0});
    description_ = PreviewWords::tr("%n samples", nullptr, int(output.samples));
    return;
  }
  // Maps from all over the channels, not the first ones only.
  const int64_t shown = std::min<int64_t>(whole, kMostPictures);
  for (int64_t i = 0; i < shown; ++i) add(0, {i * whole / shown});
  description_ = PreviewWords::tr("%1 of %n maps", nullptr, int(channels)).arg(shown);
}

void PreviewPicture::makeBars(const NodeOutput& output, bool probabilities) {
  kind_ = Kind::bars;
  heights_.assign(output.values.begin(), output.values.begin() + output.kept);
  const auto [low, high] = extremes(heights_.data(), heights_.data() + heights_.size());
  if (probabilities) {
    float sum = 0;
    for (float& v : heights_) v = std::isfinite(v) ? std::exp(v - high) : 0, sum += v;
    for (float& v : heights_) v = sum > 0 ? v / sum : 0;
  } else {
    const float most = std::max(std::abs(low), std::abs(high));
    signed_ = low < 0;
    for (float& v : heights_) v = std::isfinite(v) && most > 0 ? v / most : 0;
  }
  largest_ = int(std::max_element(heights_.begin(), heights_.end()) - heights_.begin());
  description_ = probabilities ? PreviewWords::tr("Share of each class; the largest is %1").arg(largest_) : PreviewWords::tr("%n numbers of one sample", nullptr, int(heights_.size()));
}

void PreviewPicture::makeHistogram(const NodeOutput& output) {
  kind_ = Kind::histogram;
  const auto [low, high] = extremes(output.values.data(), output.values.data() + output.values.size());
  std::vector<int> counts(kBins);
  for (float v : output.values)
    if (std::isfinite(v)) ++counts[size_t(high > low ? std::clamp(int(kBins * (v - low) / (high - low)), 0, kBins - 1) : 0)];
  const int most = *std::max_element(counts.begin(), counts.end());
  for (int count : counts) heights_.push_back(most ? std::sqrt(float(count) / float(most)) : 0);  // so that tails show
  description_ = PreviewWords::tr("Values from %1 to %2").arg(numberText(double(low), 3), numberText(double(high), 3));
}

void PreviewPicture::paint(QPainter& painter, const QRectF& area) const {
  const Theme& t = theme();
  if (kind_ == Kind::pictures) {
    const double gap = 6, wide = (area.width() - gap * (kMostPictures - 1)) / kMostPictures;
    const double side = pictures_.size() <= 2 ? area.height() : std::min(area.height(), wide);
    double x = area.left();
    for (const QImage& image : pictures_) {
      const double scale = side / std::max(image.width(), image.height());
      const QRectF box(x, area.top() + (area.height() - image.height() * scale) / 2, image.width() * scale, image.height() * scale);
      painter.drawImage(box, image);
      x += side + gap;
    }
    return;
  }
  if (kind_ == Kind::none) return;
  const double count = double(heights_.size()), pitch = area.width() / count;
  const double gap = kind_ == Kind::bars ? std::min(3.0, pitch * 0.25) : 0.5;
  const double zero = signed_ ? area.center().y() : area.bottom(), reach = signed_ ? area.height() / 2 : area.height();
  for (size_t i = 0; i < heights_.size(); ++i) {
    const double height = std::max(1.0, std::abs(double(heights_[i])) * reach);
    const QRectF bar(area.left() + double(i) * pitch + gap / 2, heights_[i] < 0 ? zero : zero - height, pitch - gap, height);
    painter.fillRect(bar, int(i) == largest_ ? t.accent.fill : kind_ == Kind::bars ? t.line.strong : t.category("layer").solid);
  }
}

}  // namespace ui
