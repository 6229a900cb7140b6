// Runs a lowered graph node by node, each value in memory of its own: slow and obviously right. The tests compare
// kernels, gradients and plans with it.
#pragma once
#include <memory>
#include <vector>

#include "engine/graph/graph.h"

namespace engine {

class Interpreter {
 public:
  // Every shape must be known. `floating` chooses the kernels: f32 of the column given, or f64.
  Interpreter(const Graph& graph, Type floating, Column column = engine::column());

  // The memory of a value. Fill those of sources (Input, Target, Stored) before run().
  const Tensor& tensor(Value v) const { return tensors_[size_t(v.node)][size_t(v.output)]; }
  template <class T>
  T* data(Value v) const {
    return static_cast<T*>(tensor(v).data);
  }
  StepState step;

  // Runs every node in the graph's order. Nodes without a kernel are sources.
  void run(Cpu& cpu);

 private:
  const Graph& graph_;
  Type floating_;
  Column column_;
  std::vector<std::vector<Tensor>> tensors_;
  std::vector<std::unique_ptr<std::byte[]>> memory_;
};

}  // namespace engine
