#include "engine/passes/optimize.h"

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
  Value factor;
  if (optimization.clipNorm > 0)
    factor = builder.add(Op::with("ClipCoefficient", {{"max_norm", optimization.clipNorm}}), {result.gradientNorm});

  for (size_t p = 0; p < parameters.size(); ++p) {
    if (!gradients[p]) continue;
    const StoredValue& parameter = parameters[p];
    builder.comesFrom(parameter.node, parameter.name);
    Value gradient = gradients[p];
    if (optimization.clipValue > 0)
      gradient = builder.add(Op::with("ClipValue", {{"clip_value", optimization.clipValue}}), {gradient});
    std::vector<Value> inputs = {parameter.value, gradient, factor};

    const ValueInfo scalar{Shape{}, builder.floating()};
    Shapes shapes({builder.graph().info(parameter.value), builder.graph().info(gradient), factor ? scalar : ValueInfo{}}, 0,
                  parameter.node, kBatch, true, builder.floating());
    optimization.op.infer(shapes);
    for (StoredInfo moment : shapes.stored()) {
      moment.trained = false;
      inputs.push_back(addStored(builder.graph(), stored, parameter.name + "." + moment.name, parameter.node, moment));
      stored.back().ofOptimizer = true;
    }
    builder.add(optimization.op, inputs);
  }
  return result;
}

}  // namespace engine
