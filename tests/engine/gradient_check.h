// Gradients of an op against central differences in double, along random directions of each input; and an op's own
// gradient kernels against the composition of simple ops.
#pragma once
#include <string>

#include "engine/graph/builder.h"
#include "engine/passes/autograd.h"
#include "engine/plan/interpret.h"
#include "tests/engine/op_run.h"

namespace engine::tests {

// A graph that runs one case, with a fixed random weight for each element of each floating output.
struct CaseGraph {
  Graph graph;
  int node = 0;
  std::vector<Value> inputs, outputs, weights;
  std::vector<std::vector<double>> weightValues;

  explicit CaseGraph(const OpCase& c, uint64_t seed = 5) {
    std::mt19937_64 random(seed);
    for (const ValueInfo& info : c.inputs) inputs.push_back(info.shape.isMissing() ? Value{} : source(info));
    for (const ValueInfo& info : c.outputs) {
      weights.push_back(isFloating(info.type) ? source(info) : Value{});
      weightValues.push_back(isFloating(info.type) ? drawValues({-1, 1}, info.type, info.shape.elements(), random) : std::vector<double>{});
    }
    node = int(graph.nodes.size());
    graph.nodes.push_back({c.op, inputs, OpRun::kKey, "op", c.outputs});
    for (int i = 0; i < int(c.outputs.size()); ++i) outputs.push_back({node, i});
  }

 private:
  Value source(const ValueInfo& info) {
    const std::vector<int64_t> sizes(info.shape.begin(), info.shape.end());
    graph.nodes.push_back({Op::with("Stored", {{"shape", sizes}}), {}, 0, "source", {info}});
    return {int(graph.nodes.size()) - 1, 0};
  }
};

inline void write(Interpreter& run, Value v, const std::vector<double>& values) {
  for (size_t i = 0; i < values.size(); ++i) switch (run.tensor(v).type) {
      case Type::f64: run.data<double>(v)[i] = values[i]; break;
      case Type::f32: run.data<float>(v)[i] = float(values[i]); break;
      case Type::i64: run.data<int64_t>(v)[i] = int64_t(values[i]); break;
      case Type::i32: run.data<int32_t>(v)[i] = int32_t(values[i]); break;
      default: run.data<uint8_t>(v)[i] = uint8_t(values[i]);
    }
}
inline void fill(Interpreter& run, const CaseGraph& g, const std::vector<std::vector<double>>& values) {
  run.step.step = 3, run.step.seed = 12345;
  for (size_t i = 0; i < g.inputs.size(); ++i)
    if (g.inputs[i]) write(run, g.inputs[i], values[i]);
  for (size_t i = 0; i < g.weights.size(); ++i)
    if (g.weights[i]) write(run, g.weights[i], g.weightValues[i]);
}
inline std::vector<double> read(const Interpreter& run, Value v) {
  return GuardedTensor::valuesOf(run.tensor(v).type, run.tensor(v).data, run.tensor(v).elements());
}

inline constexpr double kStep = 1e-5;              // of the differences; distinct values are much farther apart
inline constexpr double kGradientTolerance = 2e-6; // relative to the sum of |gradient x direction|: the differences' own error
inline constexpr double kRounding = 1e-10;         // relative to the sum of |weight x output|: double's error / kStep

// The sum of weight x output at the values given, and the sum of the sizes of its terms.
struct Weighted {
  double sum = 0, size = 0;
};
inline Weighted weightedSum(Interpreter& run, const CaseGraph& g, const std::vector<std::vector<double>>& values) {
  fill(run, g, values);
  Cpu cpu;
  run.run(cpu);
  Weighted result;
  for (size_t o = 0; o < g.outputs.size(); ++o) {
    if (!g.weights[o]) continue;
    const std::vector<double> y = read(run, g.outputs[o]);
    for (size_t i = 0; i < y.size(); ++i)
      result.sum += y[i] * g.weightValues[o][i], result.size += std::abs(y[i] * g.weightValues[o][i]);
  }
  return result;
}

// An empty text, or what is wrong.
inline std::string checkGradient(const OpType& type, const Example& example) {
  const OpCase c = makeCase(type, example, Type::f64);
  const CaseGraph forward(c);
  CaseGraph g = forward;
  Builder builder(g.graph, kExampleBatch, Type::f64, true);
  std::vector<Seed> seeds;
  for (size_t o = 0; o < g.outputs.size(); ++o)
    if (g.weights[o]) seeds.push_back({g.outputs[o], 1, g.weights[o]});
  std::vector<Value> by;
  std::vector<int> inputs;
  for (int i = 0; i < int(c.inputs.size()); ++i) {
    const int stored = i - int(c.inputs.size() - c.stored.size());
    if (c.floating(i) && (stored < 0 || c.stored[size_t(stored)].trained)) by.push_back(g.inputs[size_t(i)]), inputs.push_back(i);
  }
  if (by.empty() || seeds.empty()) return "";
  const Result<std::vector<Value>> gradient = gradients(builder, seeds, by);
  if (!gradient) return "no gradient: " + toString(gradient.error());
  if (!builder.problems().empty()) return "the gradient's graph is wrong: " + toString(builder.problems()[0]);

  const std::vector<std::vector<double>> values = drawInputs(c);
  Interpreter backward(g.graph, Type::f64), difference(forward.graph, Type::f64);
  fill(backward, g, values);
  Cpu cpu;
  backward.run(cpu);
  std::mt19937_64 random(9);
  for (size_t k = 0; k < by.size(); ++k) {
    const int i = inputs[k];
    const std::vector<double> exact = (*gradient)[k] ? read(backward, (*gradient)[k]) : std::vector<double>(values[size_t(i)].size());
    if (exact.size() != values[size_t(i)].size())
      return "the gradient of input " + std::to_string(i) + " has another shape: " + toString(g.graph.info((*gradient)[k]).shape);
    for (int direction = 0; direction < 3; ++direction) {
      const std::vector<double> d = drawValues({-1, 1}, Type::f64, int64_t(exact.size()), random);
      double analytic = 0, size = 0;
      std::vector<std::vector<double>> up = values, down = values;
      for (size_t j = 0; j < d.size(); ++j) {
        analytic += exact[j] * d[j], size += std::abs(exact[j] * d[j]);
        up[size_t(i)][j] += kStep * d[j], down[size_t(i)][j] -= kStep * d[j];
      }
      const Weighted above = weightedSum(difference, forward, up), below = weightedSum(difference, forward, down);
      const double numeric = (above.sum - below.sum) / (2 * kStep);
      if (!(std::abs(numeric - analytic) <= kGradientTolerance * size + kRounding * (above.size + 1)))
        return "input " + std::to_string(i) + ": the gradient says " + std::to_string(analytic) + ", differences say " + std::to_string(numeric);
    }
  }
  return "";
}

inline constexpr double kPartsTolerance = 1e-9;  // both in double, the order of sums differs

inline std::string checkByParts(const OpType& type, const Example& example) {
  const OpCase c = makeCase(type, example, Type::f64);
  CaseGraph g(c);
  Builder builder(g.graph, kExampleBatch, Type::f64, true);
  builder.comesFrom(OpRun::kKey, "op");
  std::vector<Term> arriving;
  for (Value w : g.weights) arriving.push_back(w ? Term{&builder, w.node, w.output} : Term{});
  Backward own(builder, g.node, arriving), parts(builder, g.node, arriving);
  for (Backward* b : {&own, &parts})
    for (int i = 0; i < int(c.inputs.size()); ++i) b->want(i, c.floating(i));
  type.gradient(c.op.data(), own);
  type.gradientByParts(c.op.data(), parts);
  if (!builder.problems().empty()) return "the gradient's graph is wrong: " + toString(builder.problems()[0]);
  Interpreter run(g.graph, Type::f64);
  fill(run, g, drawInputs(c));
  Cpu cpu;
  run.run(cpu);
  for (size_t i = 0; i < own.given().size(); ++i) {
    const Term a = own.given()[i], b = parts.given()[i];
    if (bool(a) != bool(b)) return "only one of the two ways gives input " + std::to_string(i) + " a gradient";
    if (!a) continue;
    const double apart = distance(read(run, {a.node, a.output}), read(run, {b.node, b.output}));
    if (!(apart <= kPartsTolerance)) return "input " + std::to_string(i) + ": the two ways differ by " + std::to_string(apart);
  }
  return "";
}

}  // namespace engine::tests
