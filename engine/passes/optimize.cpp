#include "engine/passes/optimize.h"

#include "engine/optimizers/sweep.h"

namespace engine {

Optimized optimize(Builder& builder, std::vector<StoredValue>& stored, const std::vector<StoredValue>& parameters,
                   const std::vector<Value>& gradients, const Optimization& optimization) {
  Optimized result;
  std::vector<Value> present;
  for (Value gradient : gradients)
    if (gradient) present.push_back(gradient);
  if (present.empty()) return result;
  builder.comesFrom(0, "optimizer");
  builder.comesIn(Phase::update);
  result.gradientNorm = builder.add(Op::with("GradientNorm"), present);

  std::vector<Value> inputs = {result.gradientNorm};
  int64_t moments = 0;
  for (size_t p = 0; p < parameters.size(); ++p) {
    if (!gradients[p]) continue;
    const StoredValue& parameter = parameters[p];
    inputs.insert(inputs.end(), {parameter.value, gradients[p]});
    Shapes shapes({builder.graph().info(parameter.value), builder.graph().info(gradients[p]), ValueInfo{}}, 0, parameter.node, kBatch, true,
                  builder.floating());
    optimization.op.infer(shapes);
    moments = int64_t(shapes.stored().size());
    for (StoredInfo moment : shapes.stored()) {
      moment.trained = false;
      inputs.push_back(addStored(builder.graph(), stored, parameter.name + "." + moment.name, parameter.node, moment));
      stored.back().ofOptimizer = true;
    }
  }
  OptimizerSweep sweep = OptimizerSweep::of(optimization.op, moments);
  sweep.clip_norm = optimization.clipNorm, sweep.clip_value = optimization.clipValue;
  builder.add(Op(sweep), inputs);
  return result;
}

}  // namespace engine
