// One sweep of an optimizer over all parameters, flat, with clipping: each step is the optimizer's own kernel on a block, so that a
// new optimizer needs nothing for it. Made by passes/optimize, behind the norm of all gradients, which is a node of its own: a step
// whose gradient is not finite is seen before it has changed anything.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/graph/op.h"

namespace engine {

// Where each parameter's elements begin when all lie behind one another.
struct SweepOrder {
  std::vector<int64_t> begins = {0};
  void append(int64_t elements) { begins.push_back(all() + elements); }
  int64_t all() const { return begins.back(); }
  int parameters() const { return int(begins.size()) - 1; }
  int64_t elements(int p) const { return begins[size_t(p) + 1] - begins[size_t(p)]; }
  int64_t longest() const;
  // Calls f(parameter, first element, elements) for the parts of [begin, end), none longer than `most`.
  template <class F>
  void each(int64_t begin, int64_t end, int64_t most, const F& f) const;
};

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
  template <class T>
  struct Room;
  template <class T, class Device>
  void step(Device& device, const Call& call, int p, int64_t from, int64_t count, const Room<T>& room, T* clipped) const;
};

}  // namespace engine
