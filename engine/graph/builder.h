// Adds nodes to a lowered graph, each with its shapes known at once. Gradients and passes write graphs with it.
#pragma once
#include <initializer_list>
#include <span>

#include "engine/graph/graph.h"

namespace engine {

class Builder {
 public:
  // Nodes that are added take `floating` as the type they compute in.
  Builder(Graph& graph, int64_t batch, Type floating, bool training)
      : graph_(graph), batch_(batch), floating_(floating), training_(training) {}

  // The node's first output. Its shapes follow from the op's rules; what those find wrong is a mistake of ours (in a
  // gradient, say), kept in problems(), and the value has a missing shape.
  Value add(const Op& op, std::span<const Value> inputs);
  Value add(const Op& op, std::initializer_list<Value> inputs) { return add(op, std::span(inputs.begin(), inputs.size())); }
  // The same for an op whose fields have their defaults.
  Value add(std::string_view name, std::initializer_list<Value> inputs) { return add(Op::with(name), inputs); }

  // What the nodes added from here on belong to, for messages and random streams.
  void comesFrom(NodeId id, std::string name) { id_ = id, name_ = std::move(name); }
  // Which part of a step they are; forward until told otherwise.
  void comesIn(Phase phase) { phase_ = phase; }

  const Shape& shape(Value v) const { return graph_.info(v).shape; }
  Type type(Value v) const { return graph_.info(v).type; }
  Type floating() const { return floating_; }
  bool training() const { return training_; }
  Graph& graph() { return graph_; }
  const Problems& problems() const { return problems_; }

 private:
  Graph& graph_;
  int64_t batch_;
  Type floating_;
  bool training_;
  NodeId id_ = 0;
  std::string name_;
  Phase phase_ = Phase::forward;
  Problems problems_;
};

}  // namespace engine
