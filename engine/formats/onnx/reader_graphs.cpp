// Graphs within nodes: their nodes read in the place of the one that holds them.
#include "engine/formats/onnx/reader.h"

#include <algorithm>

namespace engine::formats::onnx {

Subgraph Reader::body(const char* attribute) const {
  const auto at = node_->attributes.find(attribute);
  const Subgraph* graph = at == node_->attributes.end() ? nullptr : std::get_if<Subgraph>(&at->second);
  return graph ? *graph : nullptr;
}

Bound Reader::boundTo(const std::string& name) const {
  Bound bound;
  if (const auto at = values_.find(name); at != values_.end()) bound.value = at->second;
  if (const Known* k = known(name)) bound.known = *k;
  if (const auto at = options_.given.find(name); at != options_.given.end()) bound.derived = at->second;
  if (const auto at = derived_.find(name); at != derived_.end()) bound.derived = at->second;
  if (const auto at = lists_.find(name); at != lists_.end()) bound.list = at->second;
  return bound;
}
void Reader::bind(const std::string& name, const Bound& bound) {
  define(name);
  if (problem_) return;
  if (bound.value) values_[name] = bound.value;
  if (bound.known) known_[name] = *bound.known;
  if (bound.derived) derived_[name] = *bound.derived;
  if (bound.list) lists_[name] = *bound.list;
}

Value Reader::valueOf(const Bound& bound) {
  if (bound.value) return bound.value;
  if (bound.known && !bound.known->other) return given(bound.known->tensor);
  fail("a value that does not depend on the batch alone", "another one");
  return {};
}

std::optional<bool> Reader::truthOf(const Bound& bound) const {
  const Tensor* tensor = bound.known ? (bound.known->other ? nullptr : &bound.known->tensor) : bound.derived ? &*bound.derived : nullptr;
  if (!tensor || tensor->type != Type::boolean || tensor->bytes.size() != 1) return {};
  return tensor->bytes[0] != 0;
}

std::vector<Bound> Reader::inlined(const Model& graph, const std::vector<Bound>& inputs) {
  constexpr int64_t kMostNodes = 1 << 15;
  inlined_ += int64_t(graph.nodes.size()) + 1;
  if (inlined_ > kMostNodes) fail(Message("at most {0} nodes of graphs in others", kMostNodes), "more");
  if (inputs.size() < graph.inputs.size()) fail(Message("{0} inputs", graph.inputs.size()), Message("{0}", inputs.size()));
  // Its names end with it, so that it can be read again.
  std::set<std::string> own;
  for (size_t i = 0; i < graph.inputs.size() && !problem_; ++i) bind(graph.inputs[i].name, inputs[i]), own.insert(graph.inputs[i].name);
  for (const Tensor& tensor : graph.initializers) {
    if (problem_) break;
    bind(tensor.name, {{}, Known{tensor, {}}, {}, {}});
    own.insert(tensor.name);
  }
  const Node* const outer = node_;
  if (!problem_) readNodes(graph.nodes);
  node_ = outer;
  std::vector<Bound> outputs;
  for (const Port& port : graph.outputs) outputs.push_back(boundTo(port.name));
  for (const Node& node : graph.nodes)
    for (const std::string& name : node.outputs)
      if (!name.empty()) own.insert(name);
  for (const std::string& name : own) values_.erase(name), known_.erase(name), derived_.erase(name), lists_.erase(name);
  if (problem_) outputs.clear();
  return outputs;
}

void Reader::results(const std::vector<Bound>& values) {
  for (size_t i = 0; i < node_->outputs.size() && !problem_; ++i) {
    if (node_->outputs[i].empty()) continue;
    if (i >= values.size()) return fail(Message("{0} outputs", values.size()), Message("{0}", node_->outputs.size()));
    bind(node_->outputs[i], values[i]);
  }
}

}  // namespace engine::formats::onnx
