#include "kernels/conv_winograd.h"

#include <algorithm>

namespace kernels {
namespace {

constexpr int kValues = 36, kIn = 6, kOut = 4, kWindow = 3;
constexpr int64_t kLine = 16;              // floats of a cache line
constexpr int64_t kGroupBytes = 512 << 10;  // of a group's values
constexpr int kMostSlices = 8;             // each has a group's values, or the gradients of all patterns, for itself

int64_t rounded(int64_t floats) { return (floats + kLine - 1) / kLine * kLine; }
// The 36 values lie apart by an odd number of cache lines: a power of two would put them all in one place of the cache.
int64_t apart(int64_t floats) { return (rounded(floats) / kLine | 1) * kLine; }

}  // namespace

struct WinogradConvolution::Room {
  float *in, *out, *sums, *nine, *zeros;
};

bool WinogradConvolution::can(const ConvolutionShape& s) {
  return s.kernelHeight == kWindow && s.kernelWidth == kWindow && s.strideHeight == 1 && s.strideWidth == 1 && s.dilationHeight == 1 &&
         s.dilationWidth == 1 && s.groups == 1 && s.layout == Layout::channelsLast &&
         std::max({s.paddingTop, s.paddingLeft, s.paddingBottom, s.paddingRight}) < kWindow;
}

WinogradConvolution::WinogradConvolution(ConvolutionKind kind, const ConvolutionShape& s)
    : kind_(kind), tiles_(tiles()), in_{s.height, s.width, s.channels}, out_{s.outHeight(), s.outWidth(), s.outChannels},
      batch_(s.batch), top_(s.paddingTop), left_(s.paddingLeft), bias_(s.bias), relu_(s.relu),
      prepared_(s.prepared && kind == ConvolutionKind::forward) {
  if (kind == ConvolutionKind::backwardData) {
    std::swap(in_, out_);
    top_ = kWindow - 1 - top_, left_ = kWindow - 1 - left_;
    bias_ = false;
  }
  tilesDown_ = (out_.height + kOut - 1) / kOut, tilesAcross_ = (out_.width + kOut - 1) / kOut;
  const int64_t bytes = kValues * (in_.channels + out_.channels) * int64_t(sizeof(float));
  group_ = std::clamp<int64_t>(kGroupBytes / bytes / tiles_.rows, 1, 8) * tiles_.rows;
  group_ = std::min(group_, tileCount());
  if (kind != ConvolutionKind::backwardWeights) {  // few tiles, as of one picture, are work for several threads all the same
    constexpr double workPerSlice = 2.5e5;         // multiplications
    const double work = double(kValues) * double(tileCount()) * double(in_.channels) * double(out_.channels);
    const int64_t wanted = std::clamp<int64_t>(int64_t(std::min(work / workPerSlice, 1e6)), 1, kMostSlices / 2);
    group_ = std::min(group_, (tileCount() + wanted - 1) / wanted);
  }
  slices_ = int(std::clamp<int64_t>((tileCount() + group_ - 1) / group_, 1, kMostSlices));
}

int64_t WinogradConvolution::nextIn() const { return apart(group_ * in_.channels); }
int64_t WinogradConvolution::nextOut() const { return apart(group_ * out_.channels); }
// In panels of output channels for the products; whole rows of them where they are summed.
int64_t WinogradConvolution::nextPattern() const {
  if (kind_ == ConvolutionKind::backwardWeights) return apart(in_.channels * out_.channels);
  const int64_t panels = (out_.channels + tiles_.panel() - 1) / tiles_.panel();
  return apart(panels * tiles_.panel() * in_.channels);
}
int64_t WinogradConvolution::sharedFloats() const {
  if (kind_ != ConvolutionKind::backwardWeights) return prepared_ ? 0 : kValues * nextPattern();
  return rounded(kWindow * kWindow * in_.channels * out_.channels) * slices_;
}
int64_t WinogradConvolution::ownFloats() const {
  const int64_t sums = kind_ == ConvolutionKind::backwardWeights ? kValues * nextPattern() : 0;
  return kValues * (nextIn() + nextOut()) + sums + rounded(std::max(in_.channels, out_.channels));
}
int64_t WinogradConvolution::preparedBytes() const { return kValues * nextPattern() * int64_t(sizeof(float)); }
int64_t WinogradConvolution::scratchBytes() const { return (sharedFloats() + slices_ * ownFloats()) * int64_t(sizeof(float)); }

WinogradConvolution::Room WinogradConvolution::room(float* scratch, int slice) const {
  Room r{};
  r.in = scratch + sharedFloats() + slice * ownFloats();
  r.out = r.in + kValues * nextIn();
  r.sums = r.out + kValues * nextOut();
  r.zeros = scratch + sharedFloats() + (slice + 1) * ownFloats() - rounded(std::max(in_.channels, out_.channels));
  r.nine = scratch + slice * rounded(kWindow * kWindow * in_.channels * out_.channels);
  return r;
}

// values[e][panel][in channel][panel's out channels] = G g G' for each pair of channels.
void WinogradConvolution::transformPatterns(Cpu& cpu, const float* weight, float* values) const {
  const bool turned = kind_ == ConvolutionKind::backwardData;  // half a circle, and channels exchanged
  constexpr int64_t nine = kWindow * kWindow;
  const int64_t panel = tiles_.panel(), panels = (out_.channels + panel - 1) / panel;
  const int64_t nextIn = turned ? out_.channels * nine : nine, nextOut = turned ? nine : in_.channels * nine;
  const Slices slices(panels * in_.channels, 16);
  forSlices(cpu, slices.number, [&](int slice) {
    float patterns[nine * 32];  // the widest panel
    for (int64_t r = slices.begin(slice); r < slices.begin(slice + 1); ++r) {
      const int64_t first = r / in_.channels * panel, count = std::min(panel, out_.channels - first);
      const float* from = weight + r % in_.channels * nextIn + first * nextOut;
      for (int64_t i = 0; i < nine; ++i)
        for (int64_t o = 0; o < panel; ++o) patterns[i * panel + o] = o < count ? from[o * nextOut + (turned ? nine - 1 - i : i)] : 0.0f;
      tiles_.winograd->pattern(patterns, panel, panel, values + r * panel, nextPattern());
    }
  });
}

// Where the pixels of a tile are: 6 x 6 of what is read, with its padding, or 4 x 4 of what is written; `outside` beyond.
void WinogradConvolution::placeTile(const Pictures& from, const float* pictures, int64_t tile, int size, const float* outside,
                                    const float** pixels) const {
  const int64_t across = tile % tilesAcross_, down = tile / tilesAcross_ % tilesDown_;
  const float* picture = pictures + tile / (tilesAcross_ * tilesDown_) * from.floats();
  const bool reads = size == kIn;
  const int64_t y0 = down * kOut - (reads ? top_ : 0), x0 = across * kOut - (reads ? left_ : 0);
  for (int y = 0; y < size; ++y) {
    const bool inside = y0 + y >= 0 && y0 + y < from.height;
    const float* line = picture + (y0 + y) * from.width * from.channels;
    for (int x = 0; x < size; ++x)
      *pixels++ = inside && x0 + x >= 0 && x0 + x < from.width ? line + (x0 + x) * from.channels : outside;
  }
}

void WinogradConvolution::convolve(const Room& room, int64_t tile, int64_t count, const float* pictures, const float* patterns,
                                   const float* added, float* results) const {
  const WinogradSteps& steps = *tiles_.winograd;
  const float* pixels[kValues];
  for (int64_t i = 0; i < count; ++i) {
    placeTile(in_, pictures, tile + i, kIn, room.zeros, pixels);
    steps.input(pixels, in_.channels, room.in + i * in_.channels, nextIn());
  }
  const int64_t panel = tiles_.panel();
  Tile t;
  t.k = in_.channels, t.aRow = in_.channels, t.bStep = panel, t.cRow = out_.channels;
  for (int e = 0; e < kValues; ++e)
    for (int64_t p = 0; p * panel < out_.channels; ++p) {
      t.columns = int(std::min(panel, out_.channels - p * panel));
      t.b = patterns + e * nextPattern() + p * panel * in_.channels;
      for (int64_t i = 0; i < count; i += tiles_.rows) {
        t.a = room.in + e * nextIn() + i * in_.channels;
        t.c = room.out + e * nextOut() + i * out_.channels + p * panel;
        tiles_.run(t, int(std::min<int64_t>(tiles_.rows, count - i)), true);
      }
    }
  const bool forward = kind_ == ConvolutionKind::forward, masked = relu_ && !forward;
  float* to[kOut * kOut];
  const float* masks[kOut * kOut];
  for (int64_t i = 0; i < count; ++i) {
    placeTile(out_, results, tile + i, kOut, nullptr, const_cast<const float**>(to));
    if (masked)
      for (int j = 0; j < kOut * kOut; ++j) masks[j] = to[j] ? added + (to[j] - results) : nullptr;
    steps.output(room.out + i * out_.channels, nextOut(), out_.channels, bias_ ? added : nullptr, relu_ && forward, masked ? masks : nullptr, to);
  }
}

void WinogradConvolution::addPatternGradient(const Room& room, int64_t tile, int64_t count, bool first, const float* pictures,
                                             const float* gradients) const {
  const WinogradSteps& steps = *tiles_.winograd;
  const float* pixels[kValues];
  for (int64_t i = 0; i < count; ++i) {
    placeTile(in_, pictures, tile + i, kIn, room.zeros, pixels);
    steps.input(pixels, in_.channels, room.in + i * in_.channels, nextIn());
    placeTile(out_, gradients, tile + i, kOut, room.zeros, pixels);
    steps.gradient(pixels, out_.channels, room.out + i * out_.channels, nextOut());
  }
  const int64_t panel = tiles_.panel();
  Tile t;
  t.k = count, t.aRow = 1, t.aStep = in_.channels, t.bStep = out_.channels, t.cRow = out_.channels, t.add = !first;
  for (int e = 0; e < kValues; ++e)
    for (int64_t p = 0; p * panel < out_.channels; ++p) {
      t.columns = int(std::min(panel, out_.channels - p * panel));
      t.b = room.out + e * nextOut() + p * panel;
      for (int64_t c = 0; c < in_.channels; c += tiles_.rows) {
        t.a = room.in + e * nextIn() + c;
        t.c = room.sums + e * nextPattern() + c * out_.channels + p * panel;
        tiles_.run(t, int(std::min<int64_t>(tiles_.rows, in_.channels - c)), false);
      }
    }
}

// From (window, in channels, out channels) to the weights' order.
void WinogradConvolution::giveWeights(Cpu& cpu, const float* sums, float* weight) const {
  constexpr int64_t nine = kWindow * kWindow;
  const int64_t pairs = in_.channels * out_.channels;
  const Slices slices(pairs, 1024);
  forSlices(cpu, slices.number, [&](int slice) {
    for (int64_t pair = slices.begin(slice); pair < slices.begin(slice + 1); ++pair) {
      const int64_t o = pair / in_.channels, c = pair % in_.channels;
      for (int64_t i = 0; i < nine; ++i) weight[pair * nine + i] = sums[i * pairs + c * out_.channels + o];
    }
  });
}

void WinogradConvolution::run(Cpu& cpu, const float* input, const float* weight, const float* added, const float* output,
                              void* scratch) const {
  float* const shared = static_cast<float*>(scratch);
  const bool gradient = kind_ == ConvolutionKind::backwardWeights;
  const bool turned = kind_ == ConvolutionKind::backwardData;
  if (!gradient && !prepared_) transformPatterns(cpu, weight, shared);
  const float* const patterns = prepared_ ? weight : shared;
  forSlices(cpu, slices_, [&](int slice) {
    const Room r = room(shared, slice);
    std::fill_n(r.zeros, std::max(in_.channels, out_.channels), 0.0f);
    const int64_t begin = tileCount() * slice / slices_, end = tileCount() * (slice + 1) / slices_;
    for (int64_t tile = begin; tile < end; tile += group_) {
      const int64_t count = std::min(group_, end - tile);
      if (gradient) addPatternGradient(r, tile, count, tile == begin, input, output);
      else convolve(r, tile, count, turned ? output : input, patterns, added, const_cast<float*>(turned ? input : output));
    }
    const int64_t pairs = in_.channels * out_.channels;
    if (gradient) tiles_.winograd->patternGradient(r.sums, nextPattern(), pairs, r.nine, pairs);
  });
  if (!gradient) return;
  const int64_t numbers = kWindow * kWindow * in_.channels * out_.channels;
  sumInTree(cpu, shared, rounded(numbers), slices_, numbers, shared);
  giveWeights(cpu, shared, const_cast<float*>(weight));
}

}  // namespace kernels
