// A plan as text, to be read by people and compared line by line: tests/app/plan_replay_test.cpp keeps some.
#include <fmt/format.h>

#include <map>

#include "engine/ops/elementwise_program.h"
#include "engine/optimizers/sweep.h"
#include "engine/plan/plan.h"

namespace engine {

namespace {

std::string textOf(const FieldValue& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        using V = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<V, std::string>) return v;
        else if constexpr (requires { v.begin(); }) return fmt::format("[{}]", fmt::join(v, " "));
        else return fmt::format("{}", v);
      },
      value);
}

// The fields that are not the default.
std::string fieldsOf(const Op& op) {
  if (const ElementwiseProgram* program = op.as<ElementwiseProgram>()) {  // in words instead of hashes
    std::string text;
    program->eachStep([&](const Op& step, std::span<const int64_t> operands) {
      text += fmt::format("{}{}{}(", text.empty() ? " " : ", ", step.name(), fieldsOf(step));
      for (size_t i = 0; i < operands.size(); ++i)
        text += i ? ", " : "", text += operands[i] < 0 ? fmt::format("step {}", -1 - operands[i]) : fmt::format("input {}", operands[i]);
      text += ")";
    });
    return text;
  }
  std::string text;
  const OptimizerSweep* sweep = op.as<OptimizerSweep>();
  if (sweep) text += fmt::format(" {}{}", sweep->optimizer.front().name(), fieldsOf(sweep->optimizer.front()));
  const FieldMap fields = op.fields();
  for (const FieldInfo& info : fieldInfos(op.type()))
    if (sweep && std::string_view(info.name) == "optimizer_hash") continue;  // in words above
    else if (const FieldValue& value = fields.at(info.name); !(value == info.initial)) text += fmt::format(" {}={}", info.name, textOf(value));
  return text;
}

// Names that stay when something else is added: op and node, and a number only where there are several of both.
class Names {
 public:
  explicit Names(const Graph& graph) {
    std::map<std::string, int> count;
    for (const Node& node : graph.nodes) {
      const bool isSource = node.op.is("Stored") || node.op.is("Input") || node.op.is("Target");
      std::string name = isSource ? node.name : fmt::format("{}:{}", node.name, node.op.name());
      if (const int before = count[name]++) name += fmt::format("#{}", before + 1);
      names_.push_back(std::move(name));
    }
  }
  std::string operator()(Value v) const {
    if (!v) return "-";
    return v.output ? fmt::format("{}.{}", names_[size_t(v.node)], v.output) : names_[size_t(v.node)];
  }

 private:
  std::vector<std::string> names_;
};

}  // namespace

std::string Plan::text() const {
  const Names name(graph_);
  std::vector<Value> owner(memory_.lifetimes.size());  // by block: who wrote there first
  std::string text;
  const char* const phases[] = {"forward", "backward", "update"};
  std::optional<Phase> phase;
  const auto tell = [&](int n) {
    const Node& node = graph_.nodes[size_t(n)];
    text += "  " + name({n, 0}) + fieldsOf(node.op);
    for (size_t i = 0; i < node.inputs.size(); ++i) text += (i ? ", " : " (") + name(node.inputs[i]);
    if (!node.inputs.empty()) text += ")";
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const Value out{n, int(i)};
      text += fmt::format("{} {} {}", i ? "," : " ->", nameOf(node.outputs[i].type), toString(node.outputs[i].shape));
      if (const Value outside = memory_.outside[size_t(n)][i]) {
        if (outside != out) text += " in " + name(outside);
      } else if (Value& first = owner[size_t(memory_.blockOf[size_t(n)][i])]; first) {
        text += " in " + name(first);
      } else {
        first = out;
      }
    }
    text += "\n";
  };
  if (!schedule_.once.empty()) text += "once:\n";
  for (const int n : schedule_.once) tell(n);
  for (const int n : schedule_.order) {
    if (const Phase now = graph_.nodes[size_t(n)].phase; phase != now) text += fmt::format("{}:\n", phases[int(*(phase = now))]);
    tell(n);
  }
  const PlanReport& r = report_;
  text += fmt::format("parameters {} B, state {} B, inputs {} B, values at once {} B\n", r.parameterBytes, r.stateBytes, r.inputBytes, r.liveBytes);
  text += fmt::format("{} nodes of {}, {} steps, {} once, {} fused, {} folded, {} channels last, {} reorders of {} B, {} in place, {} views\n",
                      r.nodesAfter, r.nodesBefore, r.steps, r.once, r.fused, r.folded, r.channelsLast, r.reorders, r.reorderBytes, r.sharedInPlace, r.sharedViews);
  return text;
}

}  // namespace engine
