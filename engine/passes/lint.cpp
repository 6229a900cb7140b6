#include "engine/passes/lint.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace engine {

namespace {

bool isLoss(const Op& op) { return std::string_view(op.type().info.group) == "Loss"; }
bool isActivation(const Op& op) { return std::string_view(op.type().info.group) == "Activation"; }
bool isMetric(const Op& op) { return op.is("Accuracy") || op.is("ArgMax"); }
// Twice is once: max(0, max(0, x)) and their like.
bool changesNothingTwice(const Op& op) { return op.is("ReLU") || op.is("ReLU6") || op.is("Identity"); }

class Lints {
 public:
  Lints(const Graph& network, const Inference& inference, std::span<const DataFact> facts)
      : network_(network), inference_(inference), facts_(facts), readers_(network.nodes.size()) {
    for (int n = 0; n < int(network.nodes.size()); ++n)
      for (Value v : network.nodes[size_t(n)].inputs)
        if (v) readers_[size_t(v.node)].push_back(n);
  }

  Problems run() {
    hasLoss_ = std::any_of(network_.nodes.begin(), network_.nodes.end(), [](const Node& node) { return isLoss(node.op); });
    for (int n = 0; n < int(network_.nodes.size()); ++n) {
      unusedOutput(n);
      probabilitiesIntoLogits(n);
      repeatedActivation(n);
      dropoutOfNothing(n);
      widthOfClasses(n);
    }
    for (const DataFact& fact : facts_) rawPixels(fact);
    if (!hasLoss_ && !network_.nodes.empty())
      say(0, {}, "a loss to be trained", "none", "add a loss node that compares the output with a Target, or give --loss").node = 0;
    return std::move(result_);
  }

 private:
  const Node& at(int n) const { return network_.nodes[size_t(n)]; }
  // The node that feeds an input, or null.
  const Node* feeds(const Node& node, size_t input) const {
    return input < node.inputs.size() && node.inputs[input] ? &at(node.inputs[input].node) : nullptr;
  }

  Problem& say(int n, Place place, Message needs, Message got, Message fix, std::vector<FixEdit> edits = {}) {
    result_.push_back({at(n).id, std::move(place), Severity::lint, std::move(needs), std::move(got), std::move(fix), std::move(edits)});
    return result_.back();
  }

  void unusedOutput(int n) {
    const Node& node = at(n);
    if (!readers_[size_t(n)].empty() || node.op.is("Unknown") || node.hushed) return;
    if (node.op.is("Input") || node.op.is("Target")) say(n, Place::output(0), "a layer that reads it", "none", "wire it to one, or remove it");
    // Where there is a loss, what does not lead to it is not trained. Without one, ends are answers.
    else if (hasLoss_ && !isLoss(node.op) && !isMetric(node.op) && !node.op.type().info.outputs.empty())
      say(n, Place::output(0), "a node that uses its output", "none", "wire it on, or remove it");
  }

  void probabilitiesIntoLogits(int n) {
    const Node& node = at(n);
    const Node* from = feeds(node, 0);
    if (!from) return;
    const bool softmax = from->op.is("Softmax") || from->op.is("LogSoftmax");
    if ((node.op.is("CrossEntropyLoss") && softmax) || (node.op.is("BCEWithLogitsLoss") && from->op.is("Sigmoid")))
      say(n, Place::input(0), softmax ? "scores as the last layer gives them: it does the softmax itself" : "scores as the last layer gives them: it does the sigmoid itself",
          Message("the result of {0}", from->op.name()), Message("remove {0}; predictions are still shown as probabilities", from->name), {RemoveNode{from->id}});
    if (node.op.is("NLLLoss") && from->op.is("Softmax"))
      say(n, Place::input(0), "logarithms of probabilities", "probabilities", Message("replace {0} by LogSoftmax", from->name));
  }

  void repeatedActivation(int n) {
    const Node& node = at(n);
    const Node* from = feeds(node, 0);
    if (!from || !isActivation(node.op) || !(from->op == node.op)) return;
    say(n, {}, Message("something to do after {0}", from->name),
        changesNothingTwice(node.op) ? Message("another {0}, which changes nothing", node.op.name()) : Message("another {0}", node.op.name()),
        "remove one of them", {RemoveNode{node.id}});
  }

  void dropoutOfNothing(int n) {
    const Node& node = at(n);
    if (!node.op.is("Dropout")) return;
    const FieldMap fields = node.op.fields();
    const double p = std::get<double>(fields.at("p"));
    if (p == 0) say(n, Place::field("p"), "a share above 0 to drop", "0, which changes nothing", "set it to 0.2, or remove the node", {SetField{node.id, "p", 0.2}});
    if (p == 1) say(n, Place::field("p"), "a share below 1 to drop", "1, which lets nothing through", "set it to 0.5", {SetField{node.id, "p", 0.5}});
  }

  // More scores than there are classes: allowed, but some are never right.
  void widthOfClasses(int n) {
    const Node& node = at(n);
    if ((!node.op.is("CrossEntropyLoss") && !node.op.is("NLLLoss")) || node.inputs.size() < 2 || !node.inputs[0] || !node.inputs[1]) return;
    const auto& outputs = inference_.nodes[size_t(node.inputs[0].node)].outputs;
    if (size_t(node.inputs[0].output) >= outputs.size()) return;
    const Shape& scores = outputs[size_t(node.inputs[0].output)].shape;
    if (scores.rank() < 2 || scores[1] < 0) return;
    for (const DataFact& fact : facts_) {
      if (fact.node != node.inputs[1].node || fact.classes <= 0 || fact.classes >= scores[1]) continue;
      const Node& last = at(node.inputs[0].node);
      std::vector<FixEdit> edits;
      if (last.op.is("Linear")) edits = {SetField{last.id, "out_features", fact.classes}};
      say(n, Place::input(0), Message("a score for each of {0} classes", fact.classes), Message("{0}", scores[1]),
          Message("let {0} have {1} outputs", last.name, fact.classes), std::move(edits));
    }
  }

  void rawPixels(const DataFact& fact) {
    constexpr double kLarge = 30;  // activations and first weights are made for numbers around 1
    const Node& node = at(fact.node);
    const bool classes = !isFloating(inference_.nodes[size_t(fact.node)].outputs[0].type);  // they only name something
    if (!node.op.is("Input") || classes || (fact.maximum < kLarge && fact.minimum > -kLarge) || reachesNorm(fact.node)) return;
    say(fact.node, {}, "numbers around 1, as first weights are made for", Message("{0} to {1}", fact.minimum, fact.maximum),
        "normalise in the data binding: scale 1/255, or mean and std of the column");
  }

  // Whether every way from the node leads through a normalisation before any layer with weights.
  bool reachesNorm(int n) const {
    std::vector<int> waiting = readers_[size_t(n)];
    std::set<int> seen;
    while (!waiting.empty()) {
      const int reader = waiting.back();
      waiting.pop_back();
      if (!seen.insert(reader).second) continue;
      const std::string& name = at(reader).op.name();
      if (name.starts_with("BatchNorm") || name == "LayerNorm" || name == "RMSNorm") continue;
      if (!inference_.nodes[size_t(reader)].stored.empty() || readers_[size_t(reader)].empty()) return false;
      waiting.insert(waiting.end(), readers_[size_t(reader)].begin(), readers_[size_t(reader)].end());
    }
    return !seen.empty();
  }

  const Graph& network_;
  const Inference& inference_;
  std::span<const DataFact> facts_;
  std::vector<std::vector<int>> readers_;
  bool hasLoss_ = false;
  Problems result_;
};

}  // namespace

Problems lint(const Graph& network, const Inference& inference, std::span<const DataFact> facts) {
  return Lints(network, inference, facts).run();
}

}  // namespace engine
