// One sweep of an optimizer over all parameters: the norm of all gradients, clipping, and every parameter's step. Made by
// passes/optimize; the steps are the optimizer's own kernel on blocks, so that a new optimizer needs nothing for it. A gradient is
// read from memory once: its square is added up just before the step takes it, unless the step must know the norm.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/graph/op.h"

namespace engine {

struct OptimizerSweep {
  std::vector<Op> optimizer = {};  // one: SGD, Adam, ...
  int64_t optimizer_hash = 0;      // so that two sweeps can be compared
  int64_t moments = 0;             // of a parameter
  double clip_norm = 0;            // as torch.nn.utils.clip_grad_norm_; 0: none
  double clip_value = 0;           // as torch.nn.utils.clip_grad_value_, before the norm's factor; 0: none

  static OptimizerSweep of(const Op& optimizer, int64_t moments);

  static Info info();
  static void fields(OptimizerSweep& op, FieldVisitor& f);
  void infer(Shapes& s) const;
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const;
  template <class T, class Device>
  void run(Device& device, const Call& call) const;
  static void examples(Examples<OptimizerSweep>& e);
  static void mistakes(Mistakes<OptimizerSweep>& m);

 private:
  template <class T, class Device>
  class Sweep;
};

}  // namespace engine
