#include "engine/passes/autograd.h"

#include <map>

#include "engine/graph/backward.h"

namespace engine {

Result<std::vector<Value>> gradients(Builder& builder, std::span<const Seed> seeds, std::span<const Value> by) {
  Graph& graph = builder.graph();
  const int count = int(graph.nodes.size());  // what is added from here on is backward

  // Only what lies between `by` and the seeds matters. A source's outputs are single, so nodes serve as values here.
  std::vector<bool> depends(size_t(count), false);
  for (Value v : by) depends[size_t(v.node)] = true;
  for (int n = 0; n < count; ++n)
    for (Value v : graph.nodes[size_t(n)].inputs)
      if (v && depends[size_t(v.node)] && isFloating(graph.info(v).type)) depends[size_t(n)] = true;

  std::map<Value, Term> gradientOf;
  const auto accumulate = [&](Value v, Term gradient) {
    const auto [at, isNew] = gradientOf.try_emplace(v, gradient);
    if (!isNew) at->second = at->second + gradient;
  };
  int last = -1;
  for (const Seed& seed : seeds) {
    const ValueInfo info = graph.info(seed.of);
    Value gradient = seed.gradient;
    if (!gradient)
      gradient = builder.add(Op::with("Constant", {{"shape", std::vector<int64_t>(info.shape.begin(), info.shape.end())},
                                                   {"value", seed.weight}}), {});
    accumulate(seed.of, {&builder, gradient.node, gradient.output});
    last = std::max(last, seed.of.node);
  }

  for (int n = last; n >= 0; --n) {
    if (!depends[size_t(n)]) continue;
    const size_t outputs = graph.nodes[size_t(n)].outputs.size();
    std::vector<Term> arriving(outputs);
    bool any = false;
    for (size_t i = 0; i < outputs; ++i)
      if (const auto at = gradientOf.find({n, int(i)}); at != gradientOf.end()) arriving[i] = at->second, any = true;
    if (!any || graph.nodes[size_t(n)].inputs.empty()) continue;

    const Op op = graph.nodes[size_t(n)].op;  // copies: adding nodes moves the graph's
    const NodeId id = graph.nodes[size_t(n)].id;
    const std::string name = graph.nodes[size_t(n)].name;
    if (!op.type().gradient) {
      Problem problem;
      problem.node = id;
      problem.needs = Message("an op with a gradient between what is trained and the loss");
      problem.got = Message("{0}, which has none", op.name());
      return tl::unexpected(problem);
    }
    builder.comesFrom(id, name);
    Backward backward(builder, n, arriving);
    const std::vector<Value> inputs = graph.nodes[size_t(n)].inputs;
    const auto wanted = [&](Value v) { return v && depends[size_t(v.node)] && isFloating(graph.info(v).type); };
    for (size_t i = 0; i < inputs.size(); ++i) backward.want(int(i), wanted(inputs[i]));
    op.type().gradient(op.data(), backward);
    for (size_t i = 0; i < inputs.size(); ++i)
      if (wanted(inputs[i]) && backward.given()[i]) accumulate(inputs[i], backward.given()[i]);
  }

  std::vector<Value> result;
  for (Value v : by) {
    const auto at = gradientOf.find(v);
    result.push_back(at == gradientOf.end() ? Value{} : Value{at->second.node, at->second.output});
  }
  return result;
}

}  // namespace engine
