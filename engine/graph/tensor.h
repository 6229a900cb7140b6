// What a kernel is given: memory with a shape, and the state of the step.
#pragma once
#include "engine/graph/shape.h"
#include "engine/graph/type.h"

namespace engine {

struct Tensor {
  void* data = nullptr;
  Shape shape;
  Type type = Type::f32;

  int64_t elements() const { return shape.elements(); }
  // Seen as a matrix: all axes but the last, and the last. A single number is 1 × 1.
  int64_t rows() const { return shape.rank() ? shape.elements(0, shape.rank() - 1) : 1; }
  int64_t columns() const { return shape.rank() ? shape[-1] : 1; }
  int64_t bytes() const { return elements() * bytesOf(type); }
};

// All that changes from step to step. Kernels read it through a pointer, never by value: what a captured CUDA graph took
// by value would stay what it was at capture.
struct StepState {
  static constexpr int kMaxGroups = 8;
  uint64_t step = 1;    // of the run, counts from 1: random numbers depend on it
  uint64_t update = 1;  // of the optimizer, counts from 1: Adam's bias correction depends on it
  uint64_t seed = 0;
  double learningRate[kMaxGroups] = {};  // one a parameter group
};

// One call of an op's kernel: everything resolved, nothing to look up.
struct Call {
  const Tensor* inputs = nullptr;
  const Tensor* outputs = nullptr;
  int inputCount = 0, outputCount = 0;
  uint64_t key = 0;              // of the node, for random numbers
  void* scratch = nullptr;       // as many bytes as prepare() asked for
  const void* prepared = nullptr;  // what prepare() kept
  const StepState* step = nullptr;
  void* once = nullptr;            // what once() filled, where prepare() asked for such memory

  const Tensor& in(int i) const { return inputs[i]; }
  const Tensor& out(int i) const { return outputs[i]; }
  bool has(int i) const { return i < inputCount && inputs[i].data; }
  template <class T>
  const T* in(int i) const {
    return static_cast<const T*>(inputs[i].data);
  }
  template <class T>
  T* out(int i) const {
    return static_cast<T*>(outputs[i].data);
  }
  // An input that the op updates in place (Info::updates).
  template <class T>
  T* state(int i) const {
    return static_cast<T*>(inputs[i].data);
  }
  template <class P>
  const P& kept() const {
    return *static_cast<const P*>(prepared);
  }
};

}  // namespace engine
