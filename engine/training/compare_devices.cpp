#include "engine/training/compare_devices.h"

#include <algorithm>
#include <cmath>

namespace engine::training {

namespace {

// The first rows of the training part, as the inputs of a plan.
struct Batch {
  std::vector<Arena> memory;
  std::vector<void*> slots;
  int64_t rows = 0;
};

Result<Batch> firstBatch(Session& session) {
  const int64_t most = session.source() ? session.source()->size(data::Part::train) : 0;
  if (most == 0) {
    Problem problem;
    problem.needs = "data with a train part, for a batch to compare by";
    problem.got = "none";
    problem.fix = "bind the project to a source";
    return tl::unexpected(problem);
  }
  Result<data::Loader> loader = session.loader(data::Part::train, {.batch = std::min(session.phase(0).batch, most), .shuffle = false, .dropLast = false, .seed = 0});
  if (!loader) return tl::unexpected(loader.error());
  Batch batch;
  batch.memory.resize(loader->bindings());
  for (size_t i = 0; i < batch.memory.size(); ++i) {
    if (Done done = batch.memory[i].reserve(loader->bytesOf(i)); !done) return tl::unexpected(done.error());
    batch.slots.push_back(batch.memory[i].data());
  }
  Result<int64_t> rows = loader->fill({}, batch.slots);
  if (!rows) return tl::unexpected(rows.error());
  batch.rows = *rows;
  return batch;
}

Done run(Session& session, Plan& plan, const Batch& batch) {
  for (size_t i = 0; i < batch.slots.size(); ++i) plan.setInput(int(i), batch.slots[i]);
  StepState step;
  step.seed = session.seed();
  plan.run(session.cpu(), step);
  return plan.answer();
}

NodeDifference differenceOf(const Node& node, const Tensor& here, const Tensor& there) {
  NodeDifference d{node.id, node.name, node.op.name()};
  const auto *a = static_cast<const float*>(here.data), *b = static_cast<const float*>(there.data);
  for (int64_t i = 0; i < here.elements(); ++i) {
    if (std::isfinite(a[i])) d.largestValue = std::max(d.largestValue, std::abs(double(a[i])));
    if (a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]))) continue;
    const double difference = std::abs(double(a[i]) - double(b[i]));
    d.largest = std::isfinite(difference) ? std::max(d.largest, difference) : INFINITY;
  }
  return d;
}

}  // namespace

const NodeDifference* DeviceComparison::worst() const {
  const auto found = std::max_element(nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.relative() < b.relative(); });
  return found == nodes.end() ? nullptr : &*found;
}

Result<DeviceComparison> compareDevices(Session& here, Session& there) {
  Result<Batch> batch = firstBatch(here);
  if (!batch) return tl::unexpected(batch.error());
  DeviceComparison comparison;
  comparison.device = there.deviceName();
  comparison.rows = batch->rows;

  Result<Plan*> first = here.previewPlan(batch->rows), second = there.previewPlan(batch->rows);
  for (const auto* plan : {&first, &second})
    if (!*plan) return tl::unexpected(plan->error());
  if (Done done = run(here, **first, *batch); !done) return tl::unexpected(done.error());
  if (Done done = run(there, **second, *batch); !done) return tl::unexpected(done.error());
  const std::vector<Session::Previewed>& shown = here.previewed();
  for (size_t k = 0; k < shown.size(); ++k) {
    const Node& node = here.network().nodes[size_t(shown[k].value.node)];
    if (node.id != shown[k].node) continue;  // a block, whose nodes are told themselves, or one that passes another's value on
    const Tensor &a = (*first)->kept(int(k)), &b = (*second)->kept(int(k));
    if (a.type == Type::f32) comparison.nodes.push_back(differenceOf(node, a, b));
  }
  if (Done done = (*second)->answer(); !done) return tl::unexpected(done.error());

  if (here.losses(0).empty()) return comparison;
  Result<Plan*> train = here.trainPlan(0, batch->rows), trainThere = there.trainPlan(0, batch->rows);
  for (const auto* plan : {&train, &trainThere})
    if (!*plan) return tl::unexpected(plan->error());
  if (Done done = run(here, **train, *batch); !done) return tl::unexpected(done.error());
  if (Done done = run(there, **trainThere, *batch); !done) return tl::unexpected(done.error());
  comparison.here = (*train)->numbers(), comparison.there = (*trainThere)->numbers();
  if (Done done = (*trainThere)->answer(); !done) return tl::unexpected(done.error());
  return comparison;
}

}  // namespace engine::training
