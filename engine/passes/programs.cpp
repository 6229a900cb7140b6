#include "engine/passes/programs.h"

#include <algorithm>

#include "engine/ops/elementwise_program.h"

namespace engine {

namespace {

class Programs {
 public:
  Programs(Graph& graph, const std::vector<Value*>& roots) : graph_(graph), uses_(graph.nodes.size(), 0), drafts_(graph.nodes.size()) {
    for (const Node& node : graph.nodes)
      for (Value v : node.inputs)
        if (v) ++uses_[size_t(v.node)];
    for (const Value* root : roots)
      if (*root) ++uses_[size_t(root->node)];
  }

  int run(std::vector<Taken>* told) {
    std::vector<bool> taken(graph_.nodes.size(), false);
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (!suits(graph_.nodes[n])) continue;
      Draft draft = alone(graph_.nodes[n]);
      for (const Value v : graph_.nodes[n].inputs) {
        // Once it is taken, nobody reads it as an input any more.
        if (taken[size_t(v.node)] || !fits(graph_.nodes[n], v)) continue;
        if (std::optional<Draft> joined = join(draft, v, drafts_[size_t(v.node)])) {
          draft = std::move(*joined), taken[size_t(v.node)] = true;
          const Node &before = graph_.nodes[size_t(v.node)], &by = graph_.nodes[n];
          if (told && before.id != by.id) told->push_back({before.id, by.id, before.phase});
        }
      }
      drafts_[n] = std::move(draft);
    }
    int joined = 0;
    for (size_t n = 0; n < graph_.nodes.size(); ++n) {
      if (taken[n]) ++joined;
      else if (drafts_[n].steps.size() > 1) write(graph_.nodes[n], drafts_[n]);
    }
    return joined;
  }

 private:
  struct Step {
    Op op;
    std::vector<int64_t> operands;  // as in ElementwiseProgram
    double flops;
  };
  struct Draft {
    std::vector<Step> steps;
    std::vector<Value> inputs;
  };

  bool suits(const Node& node) const {
    const OpType& type = node.op.type();
    if (!type.info.elementwise || type.info.random || !type.info.updates.empty() || type.cpu[0].prepare || !type.cpu[0].run) return false;
    if (node.outputs.size() != 1 || node.outputs[0].type != Type::f32 || node.outputs[0].shape.elements() < 2) return false;
    if (node.inputs.empty() || node.inputs.size() > size_t(ElementwiseProgram::kMostOperands)) return false;
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](Value v) {
      return v && graph_.info(v).type == Type::f32 && (graph_.info(v).shape == node.outputs[0].shape || graph_.info(v).shape.elements() == 1);
    });
  }
  bool fits(const Node& node, Value v) const {
    const Node& producer = graph_.nodes[size_t(v.node)];
    return !drafts_[size_t(v.node)].steps.empty() && uses_[size_t(v.node)] == 1 && producer.phase == node.phase &&
           producer.outputs[0].shape == node.outputs[0].shape;
  }

  static int64_t inputOf(Draft& draft, Value v) {
    const auto at = std::find(draft.inputs.begin(), draft.inputs.end(), v);
    if (at != draft.inputs.end()) return at - draft.inputs.begin();
    draft.inputs.push_back(v);
    return int64_t(draft.inputs.size()) - 1;
  }
  static Draft alone(const Node& node) {
    Draft draft;
    Step step{node.op, {}, node.flops};
    for (const Value v : node.inputs) step.operands.push_back(inputOf(draft, v));
    draft.steps.push_back(std::move(step));
    return draft;
  }

  // `before`, which makes the value v, and then `draft`, which reads it.
  static std::optional<Draft> join(const Draft& draft, Value v, const Draft& before) {
    Draft both = before;
    const int64_t shift = int64_t(before.steps.size());
    for (Step step : draft.steps) {
      for (int64_t& operand : step.operands) {
        if (operand < 0) operand -= shift;
        else if (draft.inputs[size_t(operand)] == v) operand = -shift;  // the last step of `before`
        else operand = inputOf(both, draft.inputs[size_t(operand)]);
      }
      both.steps.push_back(std::move(step));
    }
    if (both.steps.size() > size_t(ElementwiseProgram::kMostSteps) || both.inputs.size() > size_t(ElementwiseProgram::kMostInputs)) return {};
    return both;
  }

  void write(Node& node, Draft& draft) const {
    // The first input is the one in whose memory the result may lie.
    const auto whole = std::find_if(draft.inputs.begin(), draft.inputs.end(), [&](Value v) { return graph_.info(v).shape == node.outputs[0].shape; });
    const int64_t first = whole - draft.inputs.begin();
    std::swap(draft.inputs[0], draft.inputs[size_t(first)]);
    ElementwiseProgram program;
    node.flops = 0;
    for (Step& step : draft.steps) {
      for (int64_t& operand : step.operands) operand = operand == 0 ? first : operand == first ? 0 : operand;
      program.add(step.op, step.operands);
      node.flops += step.flops;
    }
    node.op = Op(program);
    node.inputs = draft.inputs;
  }

  Graph& graph_;
  std::vector<int> uses_;       // of any output
  std::vector<Draft> drafts_;  // by node; no step where it does not suit
};

}  // namespace

int makePrograms(Graph& graph, const std::vector<Value*>& roots, std::vector<Taken>* taken) { return Programs(graph, roots).run(taken); }

}  // namespace engine
