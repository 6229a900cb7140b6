// What an op's gradient() works with: values of the forward pass, gradients of its outputs, and arithmetic on them.
//
//   // dx = y * (dy - sum(y * dy)) along the last axis
//   void gradient(Backward& b) const {
//     const Term y = b.output(0), dy = b.gradient(0);
//     b.give(0, y * (dy - sumOver(y * dy, {-1}, true)));
//   }
#pragma once
#include <initializer_list>
#include <vector>

#include "engine/graph/shape.h"
#include "engine/graph/type.h"

namespace engine {

class Op;
class Builder;
struct Value;

// A value in a graph under construction, with arithmetic. Small and copied freely.
struct Term {
  Builder* builder = nullptr;
  int node = -1, output = 0;

  Shape shape() const;  // a copy: the graph grows while terms are made
  Type type() const;
  explicit operator bool() const { return node >= 0; }
};

// Element by element, with broadcasting (right-aligned, as PyTorch's).
Term operator+(Term a, Term b);
Term operator-(Term a, Term b);
Term operator*(Term a, Term b);
Term operator/(Term a, Term b);
Term operator*(Term a, double b);
Term operator+(Term a, double b);
Term operator-(Term a);
// Sums over the axes given.
Term sumOver(Term x, std::vector<int64_t> axes, bool keepAxes);
// Sums x down to `shape`, undoing a broadcast from it.
Term sumTo(Term x, const Shape& shape);
Term reshapeTo(Term x, const Shape& shape);
// Makes x as large as `shape` by repeating it along axes of size one.
Term expandTo(Term x, const Shape& shape);

class Backward {
 public:
  Backward(Builder& builder, int node, const std::vector<Term>& outputGradients);

  // Input i, parameters and state included, as infer() declared them after the data inputs.
  Term input(int i) const;
  int inputs() const;
  Term output(int i) const;
  // The gradient of output i; zeros where nothing depends on it.
  Term gradient(int i) const;
  // Whether anything depends on output i.
  bool has(int i) const { return bool(outputGradients_[size_t(i)]); }
  // Whether the gradient of input i is asked for. Answering where it is not costs nothing: dead nodes are removed.
  bool wants(int i) const { return wanted_[size_t(i)]; }
  void want(int i, bool yes) { wanted_[size_t(i)] = yes; }

  // Adds a node; the result is its first output, `output` another one.
  Term add(const Op& op, std::initializer_list<Term> inputs);
  Term add(const Op& op, const std::vector<Term>& inputs);
  static Term outputOf(Term node, int output) { return {node.builder, node.node, output}; }

  void give(int i, Term gradient) { given_[size_t(i)] = gradient; }
  const std::vector<Term>& given() const { return given_; }

 private:
  Builder& builder_;
  int node_;
  std::vector<Term> outputGradients_, given_;
  std::vector<bool> wanted_;
};

}  // namespace engine
