// Several ops that work element by element, run one after the other on blocks that stay in the cache: what lies between them
// is never written to memory. Made by passes/programs; each step is the op's own kernel, so that a new op needs nothing for it.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/graph/op.h"

namespace engine {

struct ElementwiseProgram {
  static constexpr int kMostSteps = 8, kMostInputs = 8, kMostOperands = 3;

  // The steps' ops, and where each takes its operands from: for every step the op's hash, their number, and for each an input of the
  // program or, below 0, the result of step -1 - s. Numbers, so that two programs can be compared. Operands are of the result's
  // shape or single numbers, floating; the result is the last step's.
  std::vector<Op> ops = {};
  std::vector<int64_t> steps = {};

  void add(const Op& op, const std::vector<int64_t>& operands);
  // Calls each(op, operands) for every step.
  template <class Each>
  void eachStep(const Each& each) const {
    size_t at = 0;
    for (const Op& op : ops) {
      const int64_t count = steps[at + 1];
      each(op, std::span<const int64_t>(steps).subspan(at + 2, size_t(count)));
      at += 2 + size_t(count);
    }
  }

  static Info info();
  static void fields(ElementwiseProgram& op, FieldVisitor& f);
  void infer(Shapes& s) const;
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const;
  template <class T, class Device>
  void run(Device& device, const Call& call) const;
  static void examples(Examples<ElementwiseProgram>& e);

 private:
  template <class T, class Device>
  void runBlock(Device& device, const Call& call, int64_t begin, int64_t count, T* between, int64_t room) const;
};

}  // namespace engine
