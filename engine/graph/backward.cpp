// Arithmetic on values of a graph under construction: each operator adds the node that computes it.
#include "engine/graph/backward.h"

#include "engine/graph/builder.h"

namespace engine {

namespace {
Value valueOf(Term t) { return {t.node, t.output}; }
Term termOf(Builder* builder, Value v) { return {builder, v.node, v.output}; }

Term binary(const char* op, Term a, Term b) { return termOf(a.builder, a.builder->add(op, {valueOf(a), valueOf(b)})); }
Term scalar(Term like, double value) {
  return termOf(like.builder, like.builder->add(Op::with("Constant", {{"value", value}}), {}));
}
Term unary(const Op& op, Term x) { return termOf(x.builder, x.builder->add(op, {valueOf(x)})); }
std::vector<int64_t> listOf(const Shape& shape) { return {shape.begin(), shape.end()}; }
}  // namespace

Shape Term::shape() const { return builder->shape(valueOf(*this)); }
Type Term::type() const { return builder->type(valueOf(*this)); }

Term operator+(Term a, Term b) { return binary("Add", a, b); }
Term operator-(Term a, Term b) { return binary("Subtract", a, b); }
Term operator*(Term a, Term b) { return binary("Multiply", a, b); }
Term operator/(Term a, Term b) { return binary("Divide", a, b); }
Term operator*(Term a, double b) { return a * scalar(a, b); }
Term operator+(Term a, double b) { return a + scalar(a, b); }
Term operator-(Term a) { return a * -1.0; }

Term sumOver(Term x, std::vector<int64_t> axes, bool keepAxes) {
  return unary(Op::with("Sum", {{"dim", std::move(axes)}, {"keepdim", keepAxes}}), x);
}

Term sumTo(Term x, const Shape& shape) {
  const Shape from = x.shape();
  if (from == shape) return x;
  const int extra = from.rank() - shape.rank();
  std::vector<int64_t> axes;
  for (int axis = 0; axis < from.rank(); ++axis)
    if (axis < extra || (shape[axis - extra] == 1 && from[axis] != 1)) axes.push_back(axis);
  return reshapeTo(axes.empty() ? x : sumOver(x, axes, true), shape);
}

Term reshapeTo(Term x, const Shape& shape) {
  return x.shape() == shape ? x : unary(Op::with("Reshape", {{"shape", listOf(shape)}, {"allowzero", true}}), x);
}

Term expandTo(Term x, const Shape& shape) {
  return x.shape() == shape ? x : unary(Op::with("Expand", {{"shape", listOf(shape)}}), x);
}

Backward::Backward(Builder& builder, int node, const std::vector<Term>& outputGradients)
    : builder_(builder), node_(node), outputGradients_(outputGradients) {
  const size_t count = builder.graph().nodes[size_t(node)].inputs.size();
  given_.resize(count);
  wanted_.assign(count, true);
}

Term Backward::input(int i) const { return termOf(&builder_, builder_.graph().nodes[size_t(node_)].inputs[size_t(i)]); }
int Backward::inputs() const { return int(given_.size()); }
Term Backward::output(int i) const { return {&builder_, node_, i}; }

Term Backward::gradient(int i) const {
  if (outputGradients_[size_t(i)]) return outputGradients_[size_t(i)];
  return termOf(&builder_, builder_.add(Op::with("Constant", {{"shape", listOf(output(i).shape())}}), {}));
}

Term Backward::add(const Op& op, std::initializer_list<Term> inputs) { return add(op, std::vector<Term>(inputs)); }
Term Backward::add(const Op& op, const std::vector<Term>& inputs) {
  std::vector<Value> values;
  for (Term t : inputs) values.push_back(valueOf(t));
  return termOf(&builder_, builder_.add(op, values));
}

}  // namespace engine
