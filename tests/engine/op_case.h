// One example of an op with all that is needed to run it: shapes by its own rules, and values drawn for its inputs.
#pragma once
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "engine/graph/op.h"

namespace engine::tests {

struct OpCase {
  Op op;
  Example example;
  std::vector<ValueInfo> inputs;   // data inputs, then parameters and state; a missing shape: not connected
  std::vector<StoredInfo> stored;
  std::vector<ValueInfo> outputs;
  Problems problems;
  int dataInputs = 0;

  const OpType& type() const { return op.type(); }
  bool connected(int i) const { return i < int(inputs.size()) && !inputs[size_t(i)].shape.isMissing(); }
  bool floating(int i) const { return connected(i) && isFloating(inputs[size_t(i)].type); }
};

inline const Draw& drawOf(const Example& example, int input) {
  static const Draw usual;
  const int last = int(example.draws.size()) - 1;
  return last < 0 ? usual : example.draws[size_t(std::min(input, last))];
}

// What infer() is shown: class numbers where the example draws classes or the port takes nothing else.
inline std::vector<ValueInfo> inputsOf(const OpType& type, const Example& example, Type floating) {
  std::vector<ValueInfo> inputs;
  for (size_t i = 0; i < example.inputs.size(); ++i) {
    const size_t port = std::min(i, type.info.inputs.empty() ? 0 : type.info.inputs.size() - 1);
    const bool classes = drawOf(example, int(i)).classes > 0 ||
                         (port < type.info.inputs.size() && type.info.inputs[port].takes == Takes::classes);
    inputs.push_back({example.inputs[i], classes ? drawOf(example, int(i)).type : floating});
  }
  return inputs;
}

inline constexpr int64_t kExampleBatch = 3;  // of ops that make values from the batch's size alone

inline OpCase makeCase(const OpType& type, const Example& example, Type floating, bool training = true) {
  OpCase c{Op::of(type, example.op), example, inputsOf(type, example, floating), {}, {}, {}, int(example.inputs.size())};
  Shapes shapes(c.inputs, int(type.info.outputs.size()), 1, kExampleBatch, training, floating);
  c.op.infer(shapes);
  c.stored = shapes.stored();
  c.outputs = shapes.outputs();
  c.problems = shapes.problems();
  // Stored values stand after all ports, also after optional ones that are left open.
  if (!type.info.variadic && !c.stored.empty()) c.inputs.resize(type.info.inputs.size());
  for (const StoredInfo& s : c.stored) c.inputs.push_back({s.shape, s.type});
  return c;
}

// The values of an input, as doubles that are floats exactly (so that both precisions start from the same numbers).
// Distinct ones are drawn from a lattice of twice as many places that leaves out 0 (if it is in the middle of the range);
// `input` shifts the lattice, so that two inputs have no value in common.
inline std::vector<double> drawValues(const Draw& draw, Type type, int64_t count, std::mt19937_64& random, int input = 0) {
  std::vector<double> values(static_cast<size_t>(count));
  if (!isFloating(type)) {
    const int64_t classes = draw.classes > 0 ? draw.classes : 2;
    for (double& v : values) v = double(int64_t(random() % uint64_t(classes)));
    return values;
  }
  std::uniform_real_distribution<double> uniform(draw.low, draw.high);
  if (draw.distinct) {
    const double shift = std::fmod(0.5 + 0.309 * input, 1.0);
    std::vector<double> places(2 * values.size());
    for (size_t i = 0; i < places.size(); ++i)
      places[i] = draw.low + (draw.high - draw.low) * (double(i) + shift) / double(places.size());
    std::shuffle(places.begin(), places.end(), random);
    std::copy_n(places.begin(), count, values.begin());
  } else {
    for (double& v : values) v = uniform(random);
  }
  for (double& v : values) v = double(float(v));
  return values;
}

// Values of all inputs of a case. Parameters and state lie around 1 (variances must be positive, weights should not be 0)
// unless the example draws more than its data inputs.
inline std::vector<std::vector<double>> drawInputs(const OpCase& c, uint64_t seed = 1) {
  std::mt19937_64 random(seed * 1000003 + uint64_t(c.op.hash()));
  std::vector<std::vector<double>> values;
  for (int i = 0; i < int(c.inputs.size()); ++i) {
    const ValueInfo& info = c.inputs[size_t(i)];
    const bool isStored = i >= int(c.inputs.size() - c.stored.size());
    const Draw draw = isStored && int(c.example.draws.size()) <= c.dataInputs ? Draw{.low = 0.25, .high = 1.75} : drawOf(c.example, i);
    values.push_back(c.connected(i) ? drawValues(draw, info.type, info.shape.elements(), random, i) : std::vector<double>{});
  }
  return values;
}

// How far two results lie apart, relative to the largest finite value of the expected one; infinite where one is NaN or
// infinite and the other is not, or where whole numbers differ.
inline double distance(const std::vector<double>& got, const std::vector<double>& expected, bool whole = false) {
  if (got.size() != expected.size()) return INFINITY;
  double most = 0, largest = 1e-30;
  for (size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(got[i]) && std::isnan(expected[i])) continue;
    if (got[i] == expected[i]) {
      if (std::isfinite(expected[i])) largest = std::max(largest, std::abs(expected[i]));
      continue;
    }
    if (whole || !std::isfinite(got[i]) || !std::isfinite(expected[i])) return INFINITY;
    most = std::max(most, std::abs(got[i] - expected[i]));
    largest = std::max(largest, std::abs(expected[i]));
  }
  return most / largest;
}

inline std::string shapesText(const Example& example) {
  std::string text;
  for (const Shape& shape : example.inputs) text += (text.empty() ? "" : ", ") + (shape.isMissing() ? "none" : toString(shape));
  return text;
}

}  // namespace engine::tests
