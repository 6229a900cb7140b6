// What follows from a node's shapes in numbers, before anything runs: parameters, the memory that it keeps for training, arithmetic.
// The inspector and the canvas's bars show the same.
#pragma once
#include <optional>

#include "engine/document/document.h"
#include "engine/passes/infer.h"

namespace ui {

// Of a use of a block: of all that is in it, with its repetitions.
struct NodeFigures {
  double parameters = 0;   // numbers that are trained
  double outputBytes = 0;  // of what it gives out for one batch, where that is not its input with another shape
  double weightBytes = 0;  // of parameters and running statistics
  double trainBytes = 0;   // of the parameters' gradients and what the optimizer keeps for them; none where the node is frozen
  double flops = 0;        // forward, of one batch
  double memory() const { return outputBytes + weightBytes + trainBytes; }
  NodeFigures& add(const NodeFigures& other, double times = 1);
  bool operator==(const NodeFigures&) const = default;
};

// What they depend on beside the network: the first phase of the recipe.
struct FigureOptions {
  int64_t batch = 1;
  engine::Type floating = engine::Type::f32;
  std::optional<engine::Op> optimizer;  // none: it is not one that can be
  static FigureOptions of(const engine::document::Document& document);
  bool operator==(const FigureOptions& other) const;
};

// Of one network, node by node. What is given has to live as long.
class FigureFinder {
 public:
  FigureFinder(const engine::Graph& network, const engine::Inference& inference, FigureOptions options)
      : network_(network), inference_(inference), options_(std::move(options)) {}
  // `frozen`: as the document has it now, which the network may be of before.
  NodeFigures of(size_t index) { return of(index, network_.nodes[index].frozen); }
  NodeFigures of(size_t index, bool frozen);
  // Of all that the node itself gives out, whatever memory that is in.
  double givenBytes(size_t index) const;

 private:
  NodeFigures plain(const engine::Node& node, const engine::NodeInference& inference, bool frozen) const;
  NodeFigures ofBlock(const engine::Node& use, std::vector<engine::ValueInfo> inputs, bool frozen) const;
  double keptFor(const engine::StoredInfo& parameter) const;  // bytes, of gradient and optimizer
  const engine::Inference& atBatch();
  engine::InferOptions inferOptions() const { return {options_.batch, true, options_.floating}; }

  const engine::Graph& network_;
  const engine::Inference& inference_;
  FigureOptions options_;
  std::optional<engine::Inference> atBatch_;
};

}  // namespace ui
