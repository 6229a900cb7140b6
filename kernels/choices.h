// The cost table: which way a convolution or a matrix product goes. For what nobody has measured rules of the shape answer; what
// was measured on a machine goes before them. Nothing is measured here and nothing depends on threads: the same table
// gives the same way, so the same bits, on every run.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/conv.h"
#include "kernels/gemm.h"

namespace kernels {

// Ways of a convolution: oneDNN's direct one (or columns, where it has none), Winograd's, a product of our tiles with columns
// that are gathered. Of a product: our tiles, or the library. All of them in float.
enum class Way : uint8_t { direct, winograd, product, tiles, library };
const char* nameOf(Way way);
std::optional<Way> wayNamed(std::string_view name);

// Raised when a way or a rule changes so that what was measured before says nothing any more.
inline constexpr int kChoicesVersion = 1;

// What is asked, in words that are the same in every build: "conv2d forward 64x32x26x26 to 64x24x24, window 3x3". Whether
// there is a bias or a ReLU is not part of it.
std::string questionOf(ConvolutionKind kind, const ConvolutionShape& shape);
std::string questionOf(const ProductShape& shape);
// Those that can do it, the rule's first. Empty where there is nothing to choose: nothing to multiply, or so little that plain
// loops do it.
std::vector<Way> waysOf(ConvolutionKind kind, const ConvolutionShape& shape);
std::vector<Way> waysOf(const ProductShape& shape);

using ChoiceTable = std::map<std::string, Way, std::less<>>;  // by question

// A table in use, which remembers what it was asked. One thread at a time.
class Choices {
 public:
  explicit Choices(ChoiceTable measured = {}) : measured_(std::move(measured)) {}

  Way choose(ConvolutionKind kind, const ConvolutionShape& shape);  // waysOf is not empty
  Way choose(const ProductShape& shape);

  struct Convolution {
    ConvolutionKind kind;
    ConvolutionShape shape;
  };
  // What was asked, each once, in its order.
  const std::vector<Convolution>& convolutions() const { return convolutions_; }
  const std::vector<ProductShape>& products() const { return products_; }
  bool measures() const { return !measured_.empty(); }  // not rules alone
  // Of what was asked: answers that are not the rules', and questions whose measured answer is no way that can do it here.
  const ChoiceTable& inEffect() const { return inEffect_; }
  const std::set<std::string, std::less<>>& notFollowed() const { return notFollowed_; }

 private:
  Way choose(std::string question, const std::vector<Way>& ways);

  ChoiceTable measured_, inEffect_;
  std::set<std::string, std::less<>> asked_, notFollowed_;
  std::vector<Convolution> convolutions_;
  std::vector<ProductShape> products_;
};

// What Product and the convolutions do, without a table: as the rules say. waysOf is not empty.
Way wayOf(const Cpu& cpu, ConvolutionKind kind, const ConvolutionShape& shape);
Way wayOf(const Cpu& cpu, const ProductShape& shape);

}  // namespace kernels
