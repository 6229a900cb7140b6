// What tests against training runs recorded from PyTorch share: parameters taken from the record, and compared with it after
// the last step.
#pragma once
#include <QString>
#include <cmath>
#include <string>

#include "engine/document/recipe.h"
#include "engine/formats/safetensors.h"
#include "engine/training/session.h"

namespace reference {

inline double at(const engine::Tensor& t, int64_t i) {
  if (t.type == engine::Type::f64) return static_cast<const double*>(t.data)[i];
  if (t.type == engine::Type::f32) return double(static_cast<const float*>(t.data)[i]);
  return double(static_cast<const int64_t*>(t.data)[i]);
}

inline engine::Tensor tensorOf(const engine::formats::NamedTensor& named) {
  return {const_cast<void*>(named.data), named.shape, named.type};
}

// How many values of the store the record has under `prefix`; `nameIn` says what PyTorch calls them. -1: one has another shape.
template <class NameIn>
int fill(engine::Store& store, const engine::formats::Safetensors& record, const std::string& prefix, const NameIn& nameIn) {
  int filled = 0;
  for (const engine::Store::Entry& entry : store.entries()) {
    const engine::formats::NamedTensor* before = record.find(prefix + nameIn(entry.name));
    if (!before) continue;
    if (!(before->shape == entry.tensor.shape)) return -1;
    const engine::Tensor from = tensorOf(*before);
    for (int64_t i = 0; i < entry.tensor.elements(); ++i) {
      if (entry.tensor.type == engine::Type::f64) static_cast<double*>(entry.tensor.data)[i] = at(from, i);
      else static_cast<float*>(entry.tensor.data)[i] = float(at(from, i));
    }
    ++filled;
  }
  return filled;
}

// The first difference over `allowed`, relative above 1; empty where there is none. `compared` counts the values found.
template <class NameIn>
QString difference(const engine::Store& store, const engine::formats::Safetensors& record, const std::string& prefix, const NameIn& nameIn,
                   double allowed, int& compared) {
  compared = 0;
  for (const engine::Store::Entry& entry : store.entries()) {
    const engine::formats::NamedTensor* after = record.find(prefix + nameIn(entry.name));
    if (!after) continue;
    const engine::Tensor wanted = tensorOf(*after);
    for (int64_t i = 0; i < entry.tensor.elements(); ++i)
      if (const double got = at(entry.tensor, i), torch = at(wanted, i); !(std::abs(got - torch) <= allowed * std::max(1.0, std::abs(torch))))
        return QString("%1[%2]: %3, torch %4").arg(entry.name.c_str()).arg(i).arg(got, 0, 'g', 12).arg(torch, 0, 'g', 12);
    ++compared;
  }
  return {};
}

// Step `step`, from 0, with the learning rate of the first phase.
inline engine::StepState stateAt(const engine::training::Session& session, int step) {
  engine::StepState state;
  state.step = state.update = uint64_t(step + 1);
  const auto fields = engine::document::completedOptimizer(session.phase(0).optimizer);
  if (!fields) qFatal("%s", toString(fields.error()).c_str());
  for (double& rate : state.learningRate) rate = engine::document::number(*fields, "lr");
  return state;
}

// Takes the steps that the record has under `base`: batches in/NAME, losses. The first loss that is not PyTorch's; empty where there is
// none.
inline QString stepsApart(engine::training::Session& session, engine::Plan& plan, const engine::formats::Safetensors& record,
                          const std::string& base, int steps, double allowed) {
  const engine::formats::NamedTensor* losses = record.find(base + "losses");
  if (!losses || losses->shape.elements() != steps) return "no losses";
  std::vector<std::vector<double>> memory(plan.inputs().size());  // doubles, for their alignment
  for (int step = 0; step < steps; ++step) {
    for (size_t i = 0; i < memory.size(); ++i) {
      const auto& slot = plan.inputs()[i];
      std::string name;
      for (const engine::Node& node : session.network().nodes)
        if (node.id == slot.node) name = node.name;
      const engine::formats::NamedTensor* values = record.find(base + "in/" + name);
      const int64_t count = slot.info.shape.elements();
      if (!values || values->shape.elements() != count * steps) return QString("no values for %1").arg(name.c_str());
      const engine::Tensor all = tensorOf(*values);
      memory[i].resize(size_t(count));
      for (int64_t e = 0; e < count; ++e) {
        const double value = at(all, step * count + e);
        if (slot.info.type == engine::Type::f64) memory[i][size_t(e)] = value;
        else if (slot.info.type == engine::Type::f32) reinterpret_cast<float*>(memory[i].data())[e] = float(value);
        else reinterpret_cast<int64_t*>(memory[i].data())[e] = int64_t(value);
      }
      plan.setInput(int(i), memory[i].data());
    }
    const engine::StepState state = stateAt(session, step);
    plan.run(session.cpu(), state);
    const double wanted = static_cast<const double*>(losses->data)[step];
    if (!(std::abs(plan.loss() - wanted) <= allowed * std::max(1.0, std::abs(wanted))))
      return QString("step %1: %2, torch %3").arg(step).arg(plan.loss(), 0, 'g', 12).arg(wanted, 0, 'g', 12);
    plan.update(session.cpu(), state);
  }
  return {};
}

}  // namespace reference
