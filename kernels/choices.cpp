#include "kernels/choices.h"

#include <algorithm>

#include "kernels/conv_product.h"
#include "kernels/conv_winograd.h"
#include "kernels/gemm_slices.h"
#include "kernels/gemm_tiles.h"

namespace kernels {
namespace {

constexpr const char* kWayNames[] = {"direct", "winograd", "product", "tiles", "library"};
constexpr const char* kKindNames[] = {"forward", "backward data", "backward weights"};

std::string by(std::initializer_list<int64_t> sizes) {
  std::string text;
  for (int64_t size : sizes) {
    if (!text.empty()) text += 'x';
    text += std::to_string(size);
  }
  return text;
}

// All measured: README.md. The transforms grow with the channels, the products with their square: 16 by 16 is even, but for a
// picture or two, of which the library makes less. Tiles that stick out are work for nothing. Patterns that are transformed in
// every call cost as much as some ten tiles of each save; those that were prepared have only to be read, which takes long
// where they do not stay in the second cache.
bool winogradPays(ConvolutionKind kind, const ConvolutionShape& s) {
  constexpr int64_t fewestChannels = 16, fewestPairs = 24 * 32, fewestTiles = 64;
  constexpr int64_t fewestPreparedPairs = 16 * 16, fewPreparedTiles = 128, pairsInCache = 64 * 128, fewestPreparedTiles = 4, fewestTilesBeyond = 48;
  constexpr double mostOutside = 1.7;
  if (!WinogradConvolution::can(s)) return false;
  const bool back = kind == ConvolutionKind::backwardData, prepared = s.prepared && kind == ConvolutionKind::forward;
  const int64_t height = back ? s.height : s.outHeight(), width = back ? s.width : s.outWidth();
  constexpr int64_t side = WinogradConvolution::kTileSide;
  const int64_t ofPicture = ((height + side - 1) / side) * ((width + side - 1) / side), tiles = s.batch * ofPicture;
  const int64_t pairs = s.channels * s.outChannels;
  if (std::min(s.channels, s.outChannels) < fewestChannels || double(ofPicture * side * side) > mostOutside * double(height * width)) return false;
  if (!prepared) return pairs >= fewestPairs && tiles >= fewestTiles;
  return pairs >= (tiles <= fewPreparedTiles ? fewestPreparedPairs : fewestPairs) && tiles >= (pairs <= pairsInCache ? fewestPreparedTiles : fewestTilesBeyond);
}

Way ruleOf(ConvolutionKind kind, const ConvolutionShape& s) {
  return winogradPays(kind, s) ? Way::winograd : Way::direct;
}

}  // namespace

const char* nameOf(Way way) { return kWayNames[int(way)]; }
std::optional<Way> wayNamed(std::string_view name) {
  for (size_t i = 0; i < std::size(kWayNames); ++i)
    if (name == kWayNames[i]) return Way(i);
  return std::nullopt;
}

std::string questionOf(ConvolutionKind kind, const ConvolutionShape& s) {
  std::string text = std::string("conv2d ") + kKindNames[int(kind)] + " " + by({s.batch, s.channels, s.height, s.width}) + " to " +
                     by({s.outChannels, s.outHeight(), s.outWidth()}) + ", window " + by({s.kernelHeight, s.kernelWidth});
  if (s.strideHeight != 1 || s.strideWidth != 1) text += ", stride " + by({s.strideHeight, s.strideWidth});
  if (s.paddingTop || s.paddingLeft || s.paddingBottom || s.paddingRight)
    text += ", padding " + by({s.paddingTop, s.paddingLeft, s.paddingBottom, s.paddingRight});
  if (s.dilationHeight != 1 || s.dilationWidth != 1) text += ", dilation " + by({s.dilationHeight, s.dilationWidth});
  if (s.groups != 1) text += ", groups " + std::to_string(s.groups);
  if (s.layout == Layout::canonical) text += ", channels first";
  if (s.prepared && kind == ConvolutionKind::forward) text += ", weights prepared";
  return text;
}

std::string questionOf(const ProductShape& given) {
  const ProductShape s = folded(given);
  std::string text = "product " + by({s.m, s.n, s.k});
  if (s.batch != 1) text += ", batch " + by({s.batch}) + " of steps " + by({s.strideA, s.strideB, s.strideC});
  if (s.transposeA) text += ", a transposed";
  if (s.transposeB) text += ", b transposed";
  if (s.accumulate) text += ", added";
  return text;
}

std::vector<Way> waysOf(ConvolutionKind kind, const ConvolutionShape& s) {
  if (!s.inputElements() || !s.outputElements() || !s.weightElements()) return {};
  std::vector<Way> ways{ruleOf(kind, s)};
  for (Way way : {Way::direct, Way::winograd, Way::product}) {
    const bool can = way == Way::direct || (way == Way::winograd ? WinogradConvolution::can(s) : ProductConvolution::can(kind, s));
    if (can && way != ways[0]) ways.push_back(way);
  }
  return ways;
}

std::vector<Way> waysOf(const ProductShape& given) {
  const ProductShape s = folded(given);
  if (s.packed || s.batch <= 0 || s.m <= 0 || s.n <= 0 || isTiny(s)) return {};
  if (TiledProduct::suits(s)) return {Way::tiles, Way::library};
  return {Way::library, Way::tiles};
}

Way Choices::choose(std::string question, const std::vector<Way>& ways) {
  const auto measured = measured_.find(question);
  if (measured == measured_.end()) return ways[0];
  if (std::find(ways.begin(), ways.end(), measured->second) == ways.end()) {
    notFollowed_.insert(std::move(question));
    return ways[0];
  }
  if (measured->second != ways[0]) inEffect_[question] = measured->second;
  return measured->second;
}

Way Choices::choose(ConvolutionKind kind, const ConvolutionShape& shape) {
  std::string question = questionOf(kind, shape);
  if (asked_.insert(question).second) convolutions_.push_back({kind, shape});
  return choose(std::move(question), waysOf(kind, shape));
}
Way Choices::choose(const ProductShape& shape) {
  std::string question = questionOf(shape);
  if (asked_.insert(question).second) products_.push_back(shape);
  return choose(std::move(question), waysOf(shape));
}

Way wayOf(const Cpu& cpu, ConvolutionKind kind, const ConvolutionShape& shape) {
  return cpu.choices ? cpu.choices->choose(kind, shape) : ruleOf(kind, shape);
}
Way wayOf(const Cpu& cpu, const ProductShape& shape) { return cpu.choices ? cpu.choices->choose(shape) : waysOf(shape)[0]; }

}  // namespace kernels
