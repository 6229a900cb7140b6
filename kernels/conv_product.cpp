#include "kernels/conv_product.h"

#include <algorithm>
#include <cstring>

#include "kernels/gemm_slices.h"

namespace kernels {
namespace {

constexpr int64_t kFloatsOfLine = 16;
constexpr int64_t kPatternsTogether = 4096;  // weights that are worth another thread

int64_t wholeLines(int64_t floats) { return (floats + kFloatsOfLine - 1) / kFloatsOfLine * kFloatsOfLine; }

}  // namespace

bool ProductConvolution::can(ConvolutionKind kind, const ConvolutionShape& s) {
  if (s.layout != Layout::channelsLast || s.groups != 1) return false;
  if (kind != ConvolutionKind::backwardData) return true;
  const int64_t high = s.dilationHeight * (s.kernelHeight - 1), wide = s.dilationWidth * (s.kernelWidth - 1);
  return s.strideHeight == 1 && s.strideWidth == 1 && std::max(s.paddingTop, s.paddingBottom) <= high &&
         std::max(s.paddingLeft, s.paddingRight) <= wide;
}

ProductConvolution::ProductConvolution(ConvolutionKind kind, const ConvolutionShape& s)
    : kind_(kind), shape_(s), height_(s.height), width_(s.width), channels_(s.channels), top_(s.paddingTop), left_(s.paddingLeft),
      placesDown_(s.outHeight()), placesAcross_(s.outWidth()), results_(s.outChannels) {
  if (kind == ConvolutionKind::backwardData) {
    std::swap(height_, placesDown_), std::swap(width_, placesAcross_), std::swap(channels_, results_);
    top_ = s.dilationHeight * (s.kernelHeight - 1) - top_, left_ = s.dilationWidth * (s.kernelWidth - 1) - left_;
  }
  places_ = s.batch * placesDown_ * placesAcross_;
  terms_ = s.kernelHeight * s.kernelWidth * channels_;

  const bool gradient = kind == ConvolutionKind::backwardWeights;
  constexpr double workPerSlice = 5e5;  // multiplications
  constexpr int64_t columnFloats = 64 << 10, mostRows = 96, fewestRows = 12, mostGradientRows = 384;
  const int64_t mostSlices = gradient ? 8 : 16;
  const double work = double(places_) * double(terms_) * double(results_);
  const int64_t wanted = std::clamp<int64_t>(int64_t(std::min(work / workPerSlice, 1e6)), 1, mostSlices);
  const int64_t tile = tiles().rows, each = (places_ + wanted - 1) / wanted;
  // Sums of weights go through memory once a block: those are larger.
  const int64_t fits = gathers() ? std::clamp(columnFloats * (gradient ? 4 : 1) / terms_, fewestRows, gradient ? mostGradientRows : mostRows) : each;
  rows_ = std::min((std::min(fits, each) + tile - 1) / tile * tile, places_);
  blocks_ = int((places_ + rows_ - 1) / rows_);
  slices_ = int(std::min<int64_t>(wanted, blocks_));
  const auto productOf = [&](int64_t rows) {
    const ProductShape product =
        gradient ? ProductShape{.m = results_, .n = terms_, .k = rows, .transposeA = true, .accumulate = true}
                 : ProductShape{.m = rows, .n = results_, .k = terms_, .bias = s.bias && kind == ConvolutionKind::forward,
                                .relu = s.relu && kind == ConvolutionKind::forward, .masked = s.relu && kind == ConvolutionKind::backwardData, .packed = true};
    return TiledProduct(folded(product));
  };
  products_.push_back(productOf(rows_));
  if (places_ % rows_) products_.push_back(productOf(places_ % rows_));
}

bool ProductConvolution::gathers() const {
  return shape_.kernelHeight != 1 || shape_.kernelWidth != 1 || shape_.strideHeight != 1 || shape_.strideWidth != 1 || height_ != placesDown_ || width_ != placesAcross_;
}
int64_t ProductConvolution::blockRows(int block) const { return std::min(rows_, places_ - block * rows_); }
const TiledProduct& ProductConvolution::productOf(int block) const { return blockRows(block) == rows_ ? products_.front() : products_.back(); }

int64_t ProductConvolution::packedFloats() const { return wholeLines(products_[0].packedBytes() / int64_t(sizeof(float))); }
int64_t ProductConvolution::ownFloats() const {
  int64_t product = 0;
  for (const TiledProduct& p : products_) product = std::max(product, p.scratchBytes() / int64_t(sizeof(float)));
  return (gathers() ? wholeLines(rows_ * terms_) : 0) + wholeLines(product);
}
int64_t ProductConvolution::scratchBytes() const {
  const int64_t shared = kind_ == ConvolutionKind::backwardWeights ? slices_ * wholeLines(weightFloats()) : ready() ? 0 : packedFloats();
  return (shared + slices_ * ownFloats()) * int64_t(sizeof(float));
}

// (window and channels that are read, channels that come out), in the panels that TiledProduct reads.
void ProductConvolution::prepare(Cpu& cpu, const float* weight, float* prepared) const {
  const bool turned = kind_ == ConvolutionKind::backwardData;  // half a circle, and channels exchanged
  const int64_t window = shape_.kernelHeight * shape_.kernelWidth, panel = tiles().panel(), panels = (results_ + panel - 1) / panel;
  const int64_t nextRead = turned ? results_ * window : window, nextResult = turned ? window : channels_ * window;
  const Slices slices(panels * terms_, kPatternsTogether / panel);
  forSlices(cpu, slices.number, [&](int slice) {
    for (int64_t row = slices.begin(slice); row < slices.begin(slice + 1); ++row) {
      const int64_t term = row % terms_, at = term / channels_, first = row / terms_ * panel, count = std::min(panel, results_ - first);
      const float* from = weight + term % channels_ * nextRead + (turned ? window - 1 - at : at) + first * nextResult;
      float* to = prepared + row * panel;
      for (int64_t r = 0; r < panel; ++r) to[r] = r < count ? from[r * nextResult] : 0.0f;
    }
  });
}

void ProductConvolution::gather(const float* pictures, int64_t place, int64_t count, float* columns) const {
  const int64_t across = shape_.kernelWidth, line = width_ * channels_, dx = shape_.dilationWidth;
  const bool back = kind_ == ConvolutionKind::backwardData;
  const int64_t strideDown = back ? 1 : shape_.strideHeight, strideAcross = back ? 1 : shape_.strideWidth;
  for (int64_t p = place; p < place + count; ++p) {
    const float* picture = pictures + p / (placesDown_ * placesAcross_) * height_ * line;
    const int64_t y0 = p / placesAcross_ % placesDown_ * strideDown - top_, x0 = p % placesAcross_ * strideAcross - left_;
    for (int64_t ky = 0; ky < shape_.kernelHeight; ++ky, columns += across * channels_) {
      const int64_t y = y0 + ky * shape_.dilationHeight;
      if (y < 0 || y >= height_) {
        std::fill_n(columns, across * channels_, 0.0f);
        continue;
      }
      if (dx == 1) {
        const int64_t begin = std::clamp<int64_t>(-x0, 0, across), end = std::clamp<int64_t>(width_ - x0, begin, across);
        std::fill_n(columns, begin * channels_, 0.0f);
        std::copy_n(picture + y * line + (x0 + begin) * channels_, (end - begin) * channels_, columns + begin * channels_);
        std::fill_n(columns + end * channels_, (across - end) * channels_, 0.0f);
        continue;
      }
      for (int64_t kx = 0; kx < across; ++kx) {
        const int64_t x = x0 + kx * dx;
        if (x < 0 || x >= width_) std::fill_n(columns + kx * channels_, channels_, 0.0f);
        else std::copy_n(picture + y * line + x * channels_, channels_, columns + kx * channels_);
      }
    }
  }
}

void ProductConvolution::multiply(int slice, const float* pictures, const float* packed, const float* added, float* results, float* own) const {
  Cpu cpu;
  const bool forward = kind_ == ConvolutionKind::forward;
  float* const forProduct = own + (gathers() ? wholeLines(rows_ * terms_) : 0);
  for (int block = blocks_ * slice / slices_; block < blocks_ * (slice + 1) / slices_; ++block) {
    const int64_t place = block * rows_, to = place * results_;
    if (gathers()) gather(pictures, place, blockRows(block), own);
    productOf(block).run(cpu, gathers() ? own : pictures + place * terms_, packed, forward ? added : nullptr,
                         forward || !added ? nullptr : added + to, results + to, forProduct);
  }
}

void ProductConvolution::addWeightGradient(int slice, const float* pictures, const float* gradients, float* sums, float* own) const {
  Cpu cpu;
  float* const forProduct = own + (gathers() ? wholeLines(rows_ * terms_) : 0);
  std::fill_n(sums, weightFloats(), 0.0f);
  for (int block = blocks_ * slice / slices_; block < blocks_ * (slice + 1) / slices_; ++block) {
    const int64_t place = block * rows_;
    if (gathers()) gather(pictures, place, blockRows(block), own);
    productOf(block).run(cpu, gradients + place * results_, gathers() ? own : pictures + place * terms_, nullptr, nullptr, sums, forProduct);
  }
}

void ProductConvolution::run(Cpu& cpu, const float* input, const float* weight, const float* added, const float* output, void* scratch) const {
  float* const memory = static_cast<float*>(scratch);
  if (kind_ != ConvolutionKind::backwardWeights) {
    const bool forward = kind_ == ConvolutionKind::forward;
    float* const own = memory + (ready() ? 0 : packedFloats());
    if (!ready()) prepare(cpu, weight, memory);
    forSlices(cpu, slices_, [&](int slice) {
      multiply(slice, forward ? input : output, ready() ? weight : memory, added, const_cast<float*>(forward ? output : input), own + slice * ownFloats());
    });
    return;
  }
  const int64_t weights = wholeLines(weightFloats());  // a slice's gradient of them
  float* const own = memory + slices_ * weights;
  forSlices(cpu, slices_, [&](int slice) { addWeightGradient(slice, input, output, memory + slice * weights, own + slice * ownFloats()); });
  const int64_t window = shape_.kernelHeight * shape_.kernelWidth;
  float* const to = const_cast<float*>(weight);
  sumInTree(cpu, memory, weights, slices_, weightFloats(), window == 1 ? to : memory);
  if (window == 1) return;
  const Slices slices(results_ * channels_, std::max<int64_t>(1, kPatternsTogether / window));
  forSlices(cpu, slices.number, [&](int slice) {  // from (out channels, window, channels)
    for (int64_t pair = slices.begin(slice); pair < slices.begin(slice + 1); ++pair) {
      const float* from = memory + pair / channels_ * terms_ + pair % channels_;
      for (int64_t i = 0; i < window; ++i) to[pair * window + i] = from[i * channels_];
    }
  });
}

}  // namespace kernels
