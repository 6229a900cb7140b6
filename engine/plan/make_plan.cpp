// From the network to a plan: the passes in their order.
#include <algorithm>
#include <chrono>

#include "engine/graph/builder.h"
#include "engine/passes/autograd.h"
#include "engine/passes/fold.h"
#include "engine/passes/fuse.h"
#include "engine/passes/layout.h"
#include "engine/passes/lower.h"
#include "engine/passes/programs.h"
#include "engine/passes/simplify.h"
#include "engine/plan/plan.h"
#include "kernels/pool.h"

namespace engine {

namespace {

Problem ourMistake(Message what) {
  Problem problem;
  problem.needs = "a sound plan";
  problem.got = std::move(what);
  problem.fix = "this is a mistake in Netwright: please report it with the project";
  return problem;
}

Value weightedSum(Builder& builder, const std::vector<LossTerm>& losses, const Lowered& lowered) {
  Value sum;
  for (const LossTerm& loss : losses) {
    Value term = lowered.values[size_t(loss.value.node)][size_t(loss.value.output)];
    if (loss.weight != 1) term = builder.add("Multiply", {term, builder.add(Op::with("Constant", {{"value", loss.weight}}), {})});
    sum = sum ? builder.add("Add", {sum, term}) : term;
  }
  return sum;
}

Done checkLosses(const Graph& network, const Inference& inference, const std::vector<LossTerm>& losses) {
  for (const LossTerm& loss : losses) {
    const Shape& shape = inference.nodes[size_t(loss.value.node)].outputs[size_t(loss.value.output)].shape;
    if (shape.elements() == 1) continue;
    Problem problem;
    problem.node = network.nodes[size_t(loss.value.node)].id;
    problem.place = Place::output(loss.value.output);
    problem.needs = "a single number to be minimised";
    problem.got = shape;
    problem.fix = "end the network in a loss, or take its mean";
    return tl::unexpected(problem);
  }
  return {};
}

void report(PlanReport& r, const Graph& graph, const Schedule& schedule, const MemoryPlan& memory,
            const std::vector<StoredValue>& stored) {
  for (const StoredValue& value : stored) {
    const int64_t bytes = value.info.shape.elements() * bytesOf(value.info.type);
    (value.info.trained ? r.parameterBytes : r.stateBytes) += bytes;
    if (value.info.trained) r.parameters += value.info.shape.elements();
  }
  r.arenaBytes = memory.arenaBytes;
  r.boundBytes = memory.boundBytes;
  r.workspaceBytes = memory.largestScratch;
  r.activationBytes = memory.arenaBytes - std::min(memory.largestScratch, memory.arenaBytes);
  r.onceBytes = memory.onceBytes;
  r.once = int(schedule.once.size());
  r.steps = int(schedule.order.size());
  r.sharedInPlace = memory.sharedInPlace;
  r.sharedViews = memory.sharedViews;
  // What is live at each step, from where blocks begin and end.
  std::vector<bool> isScratch(memory.lifetimes.size(), false);
  for (int block : memory.scratchOf)
    if (block >= 0) isScratch[size_t(block)] = true;
  std::vector<int64_t> change(size_t(r.steps) + 2, 0), changeOfValues = change;
  for (size_t b = 0; b < memory.lifetimes.size(); ++b) {
    const Lifetime& l = memory.lifetimes[b];
    for (auto* changes : {&change, isScratch[b] ? nullptr : &changeOfValues})
      if (changes) (*changes)[size_t(l.first)] += l.bytes, (*changes)[size_t(l.last) + 1] -= l.bytes;
  }
  int64_t most = -1, live = 0, liveValues = 0;
  for (int t = 0; t < r.steps; ++t) {
    live += change[size_t(t)];
    liveValues += changeOfValues[size_t(t)];
    r.liveBytes = std::max(r.liveBytes, liveValues);
    if (live > most) most = live, r.peakNode = graph.nodes[size_t(schedule.order[size_t(t)])].name;
  }
  for (int n : schedule.order) r.stepFlops += graph.nodes[size_t(n)].flops;
}

// Writes down what has passed since the pass before.
class Laps {
 public:
  explicit Laps(std::vector<PassTime>* times) : times_(times) {}
  void end(const char* pass) {
    const Clock::time_point now = Clock::now();
    if (times_) times_->push_back({pass, std::chrono::duration<double>(now - before_).count()});
    before_ = now;
  }

 private:
  using Clock = std::chrono::steady_clock;
  std::vector<PassTime>* times_;
  Clock::time_point before_ = Clock::now();
};

}  // namespace

Result<std::unique_ptr<Plan>> makePlan(const Graph& network, const PlanRequest& request, Cpu& cpu) {
  kernels::oneThreadForLibraries();
  auto plan = std::make_unique<Plan>();
  Laps laps(request.times);
  const Inference inference = infer(network, request.infer);
  for (const Problem& problem : inference.problems)
    if (problem.severity == Severity::problem) return tl::unexpected(problem);
  if (Done done = checkLosses(network, inference, request.losses); !done) return tl::unexpected(done.error());
  for (const NodeInference& node : inference.nodes) plan->report_.forwardFlops += node.flops;
  laps.end("infer");

  Lowered lowered = lower(network, inference, request.infer);
  Builder builder(lowered.graph, request.infer.batch, request.infer.floating, request.infer.training);
  builder.comesFrom(0, "loss");
  plan->loss_ = weightedSum(builder, request.losses, lowered);
  for (Value v : request.keep) plan->kept_.push_back(lowered.values[size_t(v.node)][size_t(v.output)]);
  laps.end("lower");

  if (plan->loss_ && (request.optimization || request.keepGradients)) {
    std::vector<StoredValue> trained;
    std::vector<Value> by;
    for (const StoredValue& value : lowered.stored)
      if (value.learned()) trained.push_back(value), by.push_back(value.value);
    builder.comesIn(Phase::backward);
    const Seed seed{plan->loss_, 1, {}};
    Result<std::vector<Value>> slopes = gradients(builder, std::span(&seed, 1), by);
    if (!slopes) return tl::unexpected(slopes.error());
    if (request.keepGradients) {
      plan->gradients_.resize(lowered.stored.size());
      for (size_t i = 0, t = 0; i < lowered.stored.size(); ++i)
        if (lowered.stored[i].learned()) plan->gradients_[i] = (*slopes)[t++];
    }
    if (request.optimization)
      plan->norm_ = optimize(builder, lowered.stored, trained, *slopes, *request.optimization).gradientNorm;
  }
  for (const Problems* found : {static_cast<const Problems*>(&lowered.problems), &builder.problems()})
    if (!found->empty()) return tl::unexpected(ourMistake(messageOf(found->front())));
  laps.end("autograd");

  // Every value that somebody reads from outside is a root; what the network reads must stay even where nothing uses it.
  std::vector<Value*> roots = {&plan->loss_, &plan->norm_};
  for (size_t n = 0; n < network.nodes.size(); ++n) {
    if (!network.nodes[n].op.is("Input") && !network.nodes[n].op.is("Target")) continue;
    plan->inputs_.push_back({network.nodes[n].id, inference.nodes[n].outputs[0]});
    plan->inputValues_.push_back(lowered.values[n][0]);
  }
  for (auto* values : {&plan->inputValues_, &plan->kept_, &plan->gradients_})
    for (Value& v : *values) roots.push_back(&v);
  for (StoredValue& value : lowered.stored) roots.push_back(&value.value);
  const int before = simplify(lowered.graph, roots).before;
  laps.end("simplify");
  // The reference paths (double precision, and plans that tests compare with) stay as the ops were written.
  const bool optimized = request.optimized && request.infer.floating == Type::f32;
  // Where no step changes what is stored, and nobody asks for its gradient, what follows from it stands.
  const bool stands = !request.infer.training && !request.optimization && !request.keepGradients;
  if (optimized) {
    if (stands) plan->report_.folded = foldNorms(lowered.graph, roots, request.infer.batch, request.infer.floating);
    laps.end("fold");
    const LaidOut laidOut = layOut(lowered.graph, roots, request.infer.batch, request.infer.floating, request.infer.training);
    plan->report_.channelsLast = laidOut.channelsLast;
    plan->report_.reorders = laidOut.reorders;
    plan->report_.reorderBytes = laidOut.reorderBytes;
    laps.end("layout");
    simplify(lowered.graph, roots);
    plan->report_.fused = fuse(lowered.graph, roots, &plan->taken_);
    simplify(lowered.graph, roots);  // what was fused is read by nobody now
    plan->report_.fused += makePrograms(lowered.graph, roots, &plan->taken_);
  }
  plan->report_.nodesBefore = before;
  plan->report_.nodesAfter = simplify(lowered.graph, roots).after;
  laps.end("fuse");

  plan->graph_ = std::move(lowered.graph);
  plan->stored_ = std::move(lowered.stored);
  plan->floating_ = request.infer.floating;
  plan->device_ = request.device;
  const Graph& graph = plan->graph_;
  plan->schedule_ = schedule(graph, !optimized ? Once::nothing : stands ? Once::stored : Once::constants);
  laps.end("schedule");

  // Weights as they are stored, and what is calculated of them once.
  std::vector<bool> stays(graph.nodes.size(), false);
  if (optimized && stands) {
    for (size_t n = 0; n < graph.nodes.size(); ++n) stays[n] = graph.nodes[n].op.is("Stored");
    for (int n : plan->schedule_.once) stays[size_t(n)] = true;
  }
  const auto prepare = [&](int n, std::vector<Preparation>& to) -> Done {
    const Node& node = graph.nodes[size_t(n)];
    const OpType& type = node.op.type();
    const Kernel<Cpu>& onCpu = plan->floating_ == Type::f64 ? type.cpuDouble : type.cpu[int(column())];
    if (request.device ? !type.cuda.run : !onCpu.run)
      return tl::unexpected(ourMistake(request.device ? Message("{0} cannot run in {1} on CUDA", node.op.name(), plan->floating_)
                                                      : Message("{0} cannot run in {1}", node.op.name(), plan->floating_)));
    std::vector<Tensor> inputs, outputs;
    for (Value v : node.inputs) inputs.push_back(v ? Tensor{nullptr, graph.info(v).shape, graph.info(v).type} : Tensor{});
    for (const ValueInfo& info : node.outputs) outputs.push_back({nullptr, info.shape, info.type});
    Preparation preparation;
    preparation.call = {inputs.data(), outputs.data(), int(inputs.size()), int(outputs.size()), node.id, nullptr, nullptr, nullptr};
    if (&to == &plan->preparations_)
      for (Value v : node.inputs) preparation.stands.push_back(v && stays[size_t(v.node)]);
    if (!request.device && onCpu.prepare) onCpu.prepare(cpu, node.op.data(), preparation);
    if (request.device && type.cuda.prepare) type.cuda.prepare(request.device->cuda(), node.op.data(), preparation);
    preparation.call = {};
    to.push_back(std::move(preparation));
    return {};
  };
  std::vector<int64_t> scratch;
  for (int n : plan->schedule_.order) {
    if (Done done = prepare(n, plan->preparations_); !done) return tl::unexpected(done.error());
    scratch.push_back(plan->preparations_.back().scratchBytes);
  }
  int64_t onceScratch = 0;
  for (int n : plan->schedule_.once) {
    if (Done done = prepare(n, plan->oncePreparations_); !done) return tl::unexpected(done.error());
    onceScratch = std::max(onceScratch, plan->oncePreparations_.back().scratchBytes);
  }
  laps.end("prepare");
  std::vector<Value> keep = plan->kept_;
  keep.insert(keep.end(), plan->gradients_.begin(), plan->gradients_.end());
  keep.push_back(plan->loss_);
  keep.push_back(plan->norm_);
  plan->memory_ = planMemory(graph, plan->schedule_, scratch, keep);
  plan->memory_.arenaBytes = std::max(plan->memory_.arenaBytes, onceScratch);
  for (const Preparation& preparation : plan->preparations_) {
    plan->ownOnce_.push_back(preparation.onceBytes > 0 ? plan->memory_.onceBytes : -1);
    plan->memory_.onceBytes += (preparation.onceBytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
  }
  laps.end("memory");
  if (std::string wrong = verify(graph, plan->schedule_, plan->memory_, keep); !wrong.empty())
    return tl::unexpected(ourMistake(Message("{0}", wrong)));
  laps.end("verify");

  for (const Plan::InputSlot& input : plan->inputs_)
    plan->report_.inputBytes += input.info.shape.elements() * bytesOf(input.info.type);
  report(plan->report_, graph, plan->schedule_, plan->memory_, plan->stored_);
  laps.end("report");
  return plan;
}

}  // namespace engine
