// What an op's infer() sees and says: shapes and types in; shapes, parameters, state, cost and mistakes out.
#pragma once
#include <string>
#include <vector>

#include "engine/graph/problem.h"

namespace engine {

// How a parameter's first values are drawn.
struct Initial {
  enum class Kind : uint8_t { constant, uniform, normal };
  Kind kind = Kind::constant;
  double value = 0;  // constant: the value; uniform: in [-value, value); normal: the standard deviation
  int64_t zeroRow = -1;  // a row (index of the first axis) that is zeros whatever the others are; -1: none
  Initial withZeroRow(int64_t row) const { return {kind, value, row}; }
  static Initial zeros() { return {}; }
  static Initial ones() { return {Kind::constant, 1}; }
  static Initial constant(double v) { return {Kind::constant, v}; }
  static Initial uniform(double bound) { return {Kind::uniform, bound}; }
  static Initial normal(double deviation) { return {Kind::normal, deviation}; }
  // PyTorch's default for weights and biases of linear and convolutional layers, U(±1/√fan_in):
  // torch.nn.init.kaiming_uniform_(a=√5).
  static Initial uniformByFanIn(int64_t fanIn);
};

struct ValueInfo {
  Shape shape = Shape::missing();
  Type type = Type::f32;
};

// A value that the op keeps between steps: trained (parameter) or kept by the op itself (state: running statistics).
struct StoredInfo {
  std::string name;  // "weight"
  Shape shape;
  Initial initial;
  bool trained = true;
  Type type = Type::f32;
};

// What is left to say after a requirement that failed.
class Requirement {
 public:
  explicit Requirement(Problem* problem) : problem_(problem) {}
  explicit operator bool() const { return problem_ == nullptr; }
  Requirement& fix(Message how, std::vector<FixEdit> edits = {}) {
    if (problem_) problem_->fix = std::move(how), problem_->edits = std::move(edits);
    return *this;
  }

 private:
  Problem* problem_;
};

class Shapes {
 public:
  Shapes(std::vector<ValueInfo> inputs, int outputCount, NodeId node, int64_t batch, bool training, Type floating)
      : inputs_(std::move(inputs)), outputs_(size_t(outputCount)), node_(node), batch_(batch), training_(training), floating_(floating) {
    for (ValueInfo& output : outputs_) output.type = floating;
    problems_.reserve(8);
  }

  // Data inputs only: parameters are not among them. All are connected and have a rank, but axes may be unknown (< 0).
  int inputs() const { return int(inputs_.size()); }
  bool has(int i) const { return i < inputs() && !inputs_[size_t(i)].shape.isMissing(); }  // optional inputs
  const Shape& in(int i) const { return inputs_[size_t(i)].shape; }
  Type inType(int i) const { return inputs_[size_t(i)].type; }
  int64_t batch() const { return batch_; }  // a number, or kBatch in the editor
  bool training() const { return training_; }
  Type floating() const { return floating_; }  // the type that the plan computes in

  // The type is the plan's unless another one is given.
  void out(int i, const Shape& shape) { outputs_[size_t(i)].shape = shape; }
  void out(int i, const Shape& shape, Type type) { outputs_[size_t(i)] = {shape, type}; }

  // Appended to the op's inputs in the order of these calls, after the data inputs.
  void parameter(std::string name, const Shape& shape, Initial initial) {
    stored_.push_back({std::move(name), shape, initial, true, floating_});
  }
  void state(std::string name, const Shape& shape, Initial initial) {
    stored_.push_back({std::move(name), shape, initial, false, floating_});
  }
  // Of a type of its own: whole numbers, or what is true and what is not.
  void state(std::string name, const Shape& shape, Initial initial, Type type) { stored_.push_back({std::move(name), shape, initial, false, type}); }
  void flops(double ofWholeBatch) { flops_ = ofWholeBatch; }  // a multiplication and an addition are two

  // Tells a mistake when !ok. if (!s.require(...)) return; where nothing more can be said.
  Requirement require(bool ok, Place place, Message needs, Message got = {}) {
    return ok ? Requirement(nullptr) : say(Severity::problem, std::move(place), std::move(needs), std::move(got));
  }
  Requirement lint(bool ok, Place place, Message needs, Message got = {}) {
    return ok ? Requirement(nullptr) : say(Severity::lint, std::move(place), std::move(needs), std::move(got));
  }
  NodeId node() const { return node_; }

  const std::vector<ValueInfo>& outputs() const { return outputs_; }
  const std::vector<StoredInfo>& stored() const { return stored_; }
  double flops() const { return flops_; }
  const Problems& problems() const { return problems_; }

 private:
  Requirement say(Severity severity, Place place, Message needs, Message got) {
    // Requirement points into the vector: room for its eight was reserved, more than an op has to say at once.
    if (problems_.size() == problems_.capacity()) problems_.pop_back();
    problems_.push_back({node_, std::move(place), severity, std::move(needs), std::move(got), {}, {}});
    return Requirement(&problems_.back());
  }

  std::vector<ValueInfo> inputs_, outputs_;
  std::vector<StoredInfo> stored_;
  Problems problems_;
  double flops_ = 0;
  NodeId node_;
  int64_t batch_;
  bool training_;
  Type floating_;
};

}  // namespace engine
