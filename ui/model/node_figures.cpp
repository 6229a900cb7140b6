#include "ui/model/node_figures.h"

#include <algorithm>

#include "engine/graph/block.h"
#include "engine/training/optimizer_op.h"

namespace ui {

namespace {

void withBatch(engine::Shape& shape, int64_t batch) {
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (shape[axis] == engine::kBatch) shape[axis] = batch;
}

double bytesOfShape(const engine::Shape& shape, engine::Type type) {
  return shape.isMissing() || !shape.isKnown() ? 0 : double(shape.elements()) * double(engine::bytesOf(type));
}

double bytesAtBatch(engine::ValueInfo value, int64_t batch) {
  withBatch(value.shape, batch);
  return bytesOfShape(value.shape, value.type);
}

bool sameValue(const engine::ValueInfo& a, const engine::ValueInfo& b) { return a.shape == b.shape && a.type == b.type; }

// Whether its results have no memory of their own.
bool hasNoMemory(const engine::Node& node) {
  const engine::Info& info = node.op.type().info;
  return info.view || node.mode != engine::Mode::normal || node.op.is("Reroute") || node.op.is("BlockInput") || node.op.is("BlockOutput");
}

}  // namespace

NodeFigures& NodeFigures::add(const NodeFigures& other, double times) {
  parameters += times * other.parameters, outputBytes += times * other.outputBytes, weightBytes += times * other.weightBytes;
  trainBytes += times * other.trainBytes, flops += times * other.flops;
  return *this;
}

FigureOptions FigureOptions::of(const engine::document::Document& document) {
  const auto& phase = document.recipe().phases.front();
  const auto optimization = engine::training::optimizationOf(phase);
  return {std::max<int64_t>(phase.batch, 1), phase.precision, optimization ? std::optional(optimization->op) : std::nullopt};
}

bool FigureOptions::operator==(const FigureOptions& other) const {
  if (batch != other.batch || floating != other.floating || optimizer.has_value() != other.optimizer.has_value()) return false;
  return !optimizer || (optimizer->name() == other.optimizer->name() && optimizer->fields() == other.optimizer->fields());
}

double FigureFinder::givenBytes(size_t index) const {
  double bytes = 0;
  for (const engine::ValueInfo& output : inference_.nodes[index].outputs) bytes += bytesAtBatch(output, options_.batch);
  return bytes;
}

double FigureFinder::keptFor(const engine::StoredInfo& parameter) const {
  double bytes = bytesOfShape(parameter.shape, parameter.type);  // the gradient
  if (!options_.optimizer) return bytes;
  const engine::ValueInfo info{parameter.shape, parameter.type};
  engine::Shapes shapes({info, info, engine::ValueInfo{}}, 0, 0, options_.batch, true, options_.floating);  // as passes/optimize asks it
  options_.optimizer->infer(shapes);
  for (const engine::StoredInfo& moment : shapes.stored()) bytes += bytesOfShape(moment.shape, moment.type);
  return bytes;
}

// Of an op that is no block, but for its arithmetic.
NodeFigures FigureFinder::plain(const engine::Node& node, const engine::NodeInference& inference, bool frozen) const {
  NodeFigures figures;
  if (node.mode != engine::Mode::bypassed && !node.weightsOf)
    for (const engine::StoredInfo& stored : inference.stored) {
      figures.weightBytes += bytesOfShape(stored.shape, stored.type);
      if (!stored.trained) continue;
      figures.parameters += double(std::max<int64_t>(stored.shape.elements(), 0));
      if (!frozen) figures.trainBytes += keptFor(stored);
    }
  if (!hasNoMemory(node))
    for (const engine::ValueInfo& output : inference.outputs) figures.outputBytes += bytesAtBatch(output, options_.batch);
  return figures;
}

// As the pass that infers it goes: once for each repetition that gets other shapes than the one before it.
NodeFigures FigureFinder::ofBlock(const engine::Node& use, std::vector<engine::ValueInfo> inputs, bool frozen) const {
  NodeFigures all, once;
  if (engine::unfoldedSize(use.op) > engine::kMostUnfolded) return all;
  inputs.resize(engine::inputsOf(use.op).size());
  bool isKnown = false;
  std::vector<engine::ValueInfo> outputs;
  for (int64_t r = 0; r < engine::repeatsOf(use.op); ++r) {
    if (!isKnown) {
      once = {};
      const engine::Graph network = engine::inside(use, r, inputs);
      const engine::Inference within = engine::infer(network, inferOptions());
      for (size_t n = 0; n < network.nodes.size(); ++n) {
        const engine::Node& node = network.nodes[n];
        if (!engine::isBlock(node.op) || node.mode != engine::Mode::normal) {
          once.add(plain(node, within.nodes[n], frozen || node.frozen)).flops += within.nodes[n].flops;
          continue;
        }
        std::vector<engine::ValueInfo> given;
        for (const engine::Value from : node.inputs) {
          const bool known = from && size_t(from.output) < within.nodes[size_t(from.node)].outputs.size();
          given.push_back(known ? within.nodes[size_t(from.node)].outputs[size_t(from.output)] : engine::ValueInfo{});
        }
        once.add(ofBlock(node, std::move(given), frozen || node.frozen));
      }
      outputs.clear();
      for (const int port : engine::outputsOf(use.op)) {
        const auto& from = network.nodes[size_t(port)].inputs;
        const engine::Value v = from.empty() ? engine::Value{} : from.front();
        outputs.push_back(v && size_t(v.output) < within.nodes[size_t(v.node)].outputs.size() ? within.nodes[size_t(v.node)].outputs[size_t(v.output)] : engine::ValueInfo{});
      }
    }
    NodeFigures repetition = once;
    if (r > 0 && engine::sharesWeights(use.op)) repetition.parameters = repetition.weightBytes = repetition.trainBytes = 0;
    all.add(repetition);
    isKnown = true;
    for (size_t i = 0; i < std::min(inputs.size(), outputs.size()); ++i) {
      isKnown &= sameValue(inputs[i], outputs[i]);
      inputs[i] = outputs[i];
    }
  }
  return all;
}

const engine::Inference& FigureFinder::atBatch() {
  if (!atBatch_) atBatch_ = engine::infer(network_, inferOptions());
  return *atBatch_;
}

// Arithmetic is known only for a batch that has a number: the node alone is asked again, with its inputs of that batch.
NodeFigures FigureFinder::of(size_t index, bool frozen) {
  const engine::Node& node = network_.nodes[index];
  const auto& inferred = inference_.nodes;
  const bool isBlock = engine::isBlock(node.op) && node.mode == engine::Mode::normal;
  NodeFigures figures = isBlock ? NodeFigures() : plain(node, inferred[index], frozen);
  if (node.mode != engine::Mode::normal || node.op.is("Unknown")) return figures;
  if (inferred[index].outputs.empty() || inferred[index].outputs.front().shape.isMissing()) return figures;
  std::vector<engine::ValueInfo> inputs;
  for (const engine::Value& from : node.inputs) {
    inputs.emplace_back();
    if (!from || size_t(from.output) >= inferred[size_t(from.node)].outputs.size()) continue;
    inputs.back() = inferred[size_t(from.node)].outputs[size_t(from.output)];
    if (inputs.back().shape.isMissing()) continue;
    withBatch(inputs.back().shape, options_.batch);
    if (inputs.back().shape.isKnown()) continue;
    // An axis that the batch went into is a number only for the whole network.
    const auto& known = atBatch().nodes[size_t(from.node)].outputs;
    if (size_t(from.output) < known.size()) inputs.back() = known[size_t(from.output)];
  }
  if (isBlock) return ofBlock(node, std::move(inputs), frozen);
  engine::Shapes shapes(std::move(inputs), int(node.op.type().info.outputs.size()), node.id, options_.batch, true, options_.floating);
  node.op.infer(shapes);
  figures.flops = std::max(shapes.flops(), 0.0);
  return figures;
}

}  // namespace ui
