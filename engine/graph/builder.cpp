#include "engine/graph/builder.h"

namespace engine {

Value Builder::add(const Op& op, std::span<const Value> inputs) {
  const Info& info = op.type().info;
  std::vector<ValueInfo> known;
  bool complete = true;
  for (Value v : inputs) {
    known.push_back(v ? graph_.info(v) : ValueInfo{});
    if (v && known.back().shape.isMissing()) complete = false;
  }
  // Parameters and state follow the data inputs; infer() wants the data inputs only.
  if (!info.variadic && known.size() > info.inputs.size()) known.resize(info.inputs.size());
  Shapes shapes(std::move(known), int(info.outputs.size()), id_, batch_, training_, floating_);
  if (complete) op.infer(shapes);
  for (const Problem& problem : shapes.problems())
    if (problem.severity == Severity::problem) problems_.push_back(problem);
  graph_.nodes.push_back({op, {inputs.begin(), inputs.end()}, id_, name_, shapes.outputs(), shapes.flops(), phase_});
  return {int(graph_.nodes.size()) - 1, 0};
}

}  // namespace engine
