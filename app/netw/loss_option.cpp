#include "app/netw/loss_option.h"

#include <algorithm>

#include "engine/document/expand.h"
#include "engine/document/transaction.h"
#include "engine/passes/infer.h"

namespace netw {

using engine::Done;
using engine::failure;
using engine::NodeId;
using engine::Problem;
using engine::Result;
using engine::Shape;
using engine::document::Document;
using engine::document::Transaction;

namespace {

struct Kind {
  const char* name;
  const char* op;
  bool classes;  // the target holds class numbers
};
constexpr Kind kKinds[] = {
    {"cross_entropy", "CrossEntropyLoss", true}, {"nll", "NLLLoss", true},
    {"mse", "MSELoss", false},                   {"l1", "L1Loss", false},
    {"huber", "HuberLoss", false},               {"smooth_l1", "SmoothL1Loss", false},
    {"bce_with_logits", "BCEWithLogitsLoss", false}, {"kl_div", "KLDivLoss", false},
};

Problem problem(engine::Message needs, engine::Message got, engine::Message fix) {
  return {0, engine::Place::field("--loss"), engine::Severity::problem, std::move(needs), std::move(got), std::move(fix), {}};
}

// The first output that nobody reads.
std::optional<engine::Value> firstOutput(const engine::Graph& network) {
  std::vector<bool> read(network.nodes.size());
  for (const engine::Node& node : network.nodes)
    for (engine::Value v : node.inputs)
      if (v) read[size_t(v.node)] = true;
  for (size_t n = 0; n < network.nodes.size(); ++n) {
    const engine::Op& op = network.nodes[n].op;
    if (!read[n] && !op.is("Input") && !op.is("Target") && !op.type().info.outputs.empty()) return engine::Value{int(n), 0};
  }
  return std::nullopt;
}

// Sizes of one sample of the target.
std::vector<int64_t> targetShape(const Shape& prediction, const Kind& kind) {
  std::vector<int64_t> sizes;
  for (int axis = 1; axis < prediction.rank(); ++axis)
    if (!kind.classes || axis > 1) sizes.push_back(prediction[axis]);
  return sizes;
}

}  // namespace

const std::vector<std::string>& lossNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Kind& kind : kKinds) list.push_back(kind.name);
    return list;
  }();
  return names;
}

Done setLoss(Document& document, const std::string& name) {
  const Kind& kind = *std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& k) { return name == k.name; });
  if (!engine::findOp(kind.op)) return tl::unexpected(problem("a loss that this build has", engine::Message("{0}", kind.op), {}));
  const engine::document::Expanded expanded = engine::document::expand(document);
  Transaction edit(document);

  std::vector<size_t> losses;
  std::optional<size_t> target;
  for (size_t n = 0; n < expanded.network.nodes.size(); ++n) {
    const engine::Op& op = expanded.network.nodes[n].op;
    if (std::string_view(op.type().info.group) == "Loss") losses.push_back(n);
    if (op.is("Target") && !target) target = n;
  }
  if (losses.size() > 1)
    return tl::unexpected(problem("a network with one loss, or none", engine::Message("{0}", losses.size()), "change the losses in the project"));
  if (losses.size() == 1) {
    const engine::document::Node& node = *document.nodes()[losses[0]];
    if (node.type == kind.op) return {};
    if (Done done = edit.setType(node.id, kind.op, {}); !done) return done;
  } else {
    const auto output = firstOutput(expanded.network);
    if (!output) return tl::unexpected(problem("a network with an output", "none", "add layers first"));
    const engine::Inference inference = engine::infer(expanded.network);
    const Shape shape = inference.nodes[size_t(output->node)].outputs[0].shape;
    for (int axis = 1; axis < shape.rank(); ++axis)
      if (shape[axis] < 0) return tl::unexpected(problem("an output whose sizes are known", shape, "give the sizes in the network"));
    NodeId targetId = target ? document.nodes()[*target]->id : 0;
    if (!target) {
      engine::document::Node node;
      node.id = 0x7461726765740001;  // always the same: the weights of two such commands are equal
      node.type = "Target";
      node.name = edit.freeName("target");
      node.fields = {{"kind", std::string(kind.classes ? "class" : "values")}, {"shape", targetShape(shape, kind)}};
      const Result<NodeId> added = edit.addNode(std::move(node));
      if (!added) return tl::unexpected(added.error());
      targetId = *added;
    }
    engine::document::Node node;
    node.id = 0x6c6f737300000001;
    node.type = kind.op;
    node.name = edit.freeName("loss");
    const Result<NodeId> loss = edit.addNode(std::move(node));
    if (!loss) return tl::unexpected(loss.error());
    for (const Done& done : {edit.connect(document.nodes()[size_t(output->node)]->id, output->output, *loss, 0), edit.connect(targetId, 0, *loss, 1)})
      if (!done) return done;
  }
  Result<engine::document::ChangeSet> changes = edit.finish();
  if (!changes) return tl::unexpected(changes.error());
  return document.apply(*changes);
}

}  // namespace netw
