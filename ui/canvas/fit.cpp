#include "ui/canvas/fit.h"

#include <unordered_map>

#include "engine/graph/op.h"

namespace ui {

using engine::InsertBefore;
using engine::NodeId;
using engine::Problem;
using engine::ValueInfo;

namespace {
// In the words of the whole network's inference.
Problem wrongType(NodeId node, int input, engine::Type type) {
  Problem problem;
  problem.node = node;
  problem.place = engine::Place::input(input);
  problem.needs = engine::isFloating(type) ? "class numbers" : "numbers with a fraction";
  problem.got = engine::isFloating(type) ? engine::Message("values of type {0}", type)
                                         : engine::Message("class numbers of type {0}", type);
  return problem;
}
}  // namespace

engine::Type floatingOf(const Project& project) { return project.document().recipe().phases.front().precision; }

ValueInfo valueAt(const Project& project, PortRef output) {
  const auto index = project.shown().indexOf(output.node);
  if (!index) return {};
  const auto& outputs = project.inference().nodes[*index].outputs;
  return size_t(output.index) < outputs.size() ? outputs[size_t(output.index)] : ValueInfo{};
}

bool takes(const engine::OpType& type, int input, engine::Type value) {
  const auto& inputs = type.info.inputs;
  if (inputs.empty() || (input >= int(inputs.size()) && !type.info.variadic)) return false;
  const engine::Takes wanted = inputs[std::min(size_t(input), inputs.size() - 1)].takes;
  return wanted == engine::Takes::anything || (wanted == engine::Takes::numbers) == engine::isFloating(value);
}

Trial tryOp(const engine::Op& op, const std::vector<ValueInfo>& given, engine::Type floating, NodeId id) {
  Trial trial;
  const engine::Info& info = op.type().info;
  const int ports = int(info.inputs.size()), needed = ports - info.optionalInputs;
  std::vector<ValueInfo> inputs = given;
  while (int(inputs.size()) > ports && inputs.back().shape.isMissing()) inputs.pop_back();
  if (int(inputs.size()) < needed) inputs.resize(size_t(needed));
  for (int i = 0; i < int(inputs.size()); ++i) {
    const ValueInfo& value = inputs[size_t(i)];
    if (value.shape.isMissing()) {
      if (i < needed || info.variadic) return trial;
      continue;
    }
    if (takes(op.type(), i, value.type)) continue;
    trial.problem = wrongType(id, i, value.type);
    return trial;
  }
  engine::Shapes shapes(std::move(inputs), int(info.outputs.size()), id, engine::kBatch, true, floating);
  op.infer(shapes);
  trial.complete = true;
  trial.outputs = shapes.outputs();
  for (const engine::StoredInfo& stored : shapes.stored())
    if (stored.trained) trial.parameters += std::max<int64_t>(0, stored.shape.elements());
  for (const Problem& problem : shapes.problems()) {
    auto& place = problem.severity == engine::Severity::problem ? trial.problem : trial.hint;
    if (!place) place = problem;
  }
  return trial;
}

std::unordered_set<NodeId> loopsFrom(const engine::document::Document& document, PortRef start) {
  std::unordered_map<NodeId, std::vector<NodeId>> readers;
  if (start.input)
    for (const auto& wire : document.wires()) readers[wire.from].push_back(wire.to);
  std::unordered_set<NodeId> seen{start.node};
  std::vector<NodeId> open{start.node};
  while (!open.empty()) {
    const NodeId next = open.back();
    open.pop_back();
    if (start.input) {
      for (const NodeId reader : readers[next])
        if (seen.insert(reader).second) open.push_back(reader);
    } else {
      for (const auto& wire : document.wiresInto(next))
        if (seen.insert(wire.from).second) open.push_back(wire.from);
    }
  }
  return seen;
}

Verdict verdictOf(const Project& project, PortRef output, PortRef input, bool loop) {
  Verdict verdict;
  if (loop) {
    verdict.kind = Verdict::Kind::refused;
    verdict.problem.node = input.node;
    verdict.problem.needs = "a network without cycles";
    verdict.problem.got =
        output.node == input.node ? "a wire from a node to itself" : "a wire back to where it came from";
    return verdict;
  }
  const auto index = project.shown().indexOf(input.node);
  if (!index) return verdict;
  const engine::Node& node = project.network().nodes[*index];
  std::vector<ValueInfo> inputs(node.inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    if (node.inputs[i])
      inputs[i] = project.inference().nodes[size_t(node.inputs[i].node)].outputs[size_t(node.inputs[i].output)];
  if (inputs.size() <= size_t(input.index)) inputs.resize(size_t(input.index) + 1);
  const ValueInfo value = valueAt(project, output);
  inputs[size_t(input.index)] = value;
  // With a type alone, what is known is whether the port takes that.
  if (value.shape.isMissing()) return verdict;
  const Trial trial = tryOp(node.op, inputs, floatingOf(project), node.id);
  const std::optional<Problem>& said = trial.problem ? trial.problem : trial.hint;
  if (!said) {
    if (trial.complete || takes(node.op.type(), input.index, value.type)) return verdict;
    verdict.problem = wrongType(input.node, input.index, value.type);
    verdict.kind = Verdict::Kind::mismatched;
    return verdict;
  }
  verdict.problem = *said;
  if (trial.problem) verdict.kind = Verdict::Kind::mismatched;
  for (const engine::FixEdit& edit : said->edits) {
    const auto* insert = std::get_if<InsertBefore>(&edit);
    if (!insert || insert->node != input.node || insert->port != input.index) continue;
    const auto between = project.opOf(insert->type);
    if (!between) continue;
    const Trial first = tryOp(*between, {value}, floatingOf(project));
    if (first.problem || first.outputs.empty()) continue;
    inputs[size_t(input.index)] = first.outputs.front();
    if (!tryOp(node.op, inputs, floatingOf(project), node.id).problem)
      verdict.insert = *insert, verdict.kind = Verdict::Kind::mismatched;
  }
  return verdict;
}

}  // namespace ui
