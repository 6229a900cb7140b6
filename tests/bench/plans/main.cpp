// plan_bench: how long a plan takes to make, pass by pass, for networks as deep and as wide as nobody draws them by hand.
// `ninja -C build plan_bench && build/tests/bench/plan_bench [nodes...]`
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "engine/document/json.h"
#include "engine/document/templates.h"
#include "engine/plan/plan.h"
#include "engine/training/session.h"
#include "kernels/pool.h"

using namespace engine;

namespace {

struct Drawn {
  Graph graph;
  Value loss;
};

// Layers of `width` features: one after another ("deep"), all on the input and summed in pairs ("wide"), or each with a
// connection past it ("skips"). Pictures: convolution, norm and ReLU in turn.
class Drawing {
 public:
  Drawn make(const std::string& kind, int nodes) {
    const bool pictures = kind == "pictures";
    const Value x = pictures ? add("Input", {{"shape", std::vector<int64_t>{4, 6, 6}}}, {}) : add("Input", {{"shape", std::vector<int64_t>{16}}}, {});
    Value now = x;
    std::vector<Value> branches;
    while (int(drawn_.graph.nodes.size()) < nodes - 4) {
      if (kind == "wide") {
        branches.push_back(add("Linear", {{"out_features", int64_t(16)}}, {x}));
        if (branches.size() > 1) branches = {add("Add", {}, {branches[0], branches[1]})};
        now = branches[0];
      } else if (pictures) {
        now = add("Conv2d", {{"out_channels", int64_t(4)}, {"same", true}, {"bias", false}}, {now});
        now = add("ReLU", {}, {add("BatchNorm2d", {}, {now})});
      } else {
        const Value before = now;
        now = add("Tanh", {}, {add("Linear", {{"out_features", int64_t(16)}}, {now})});
        if (kind == "skips") now = add("Add", {}, {now, before});
      }
    }
    if (pictures) now = add("Flatten", {}, {now});
    const Value scores = add("Linear", {{"out_features", int64_t(3)}}, {now});
    drawn_.loss = add("CrossEntropyLoss", {}, {scores, add("Target", {}, {})});
    return std::move(drawn_);
  }

 private:
  Value add(const char* op, const FieldMap& fields, std::vector<Value> inputs) {
    const NodeId id = drawn_.graph.nodes.size() + 1;
    drawn_.graph.nodes.push_back({Op::with(op, fields), std::move(inputs), id, op + std::to_string(id)});
    return {int(id) - 1, 0};
  }
  Drawn drawn_;
};

}  // namespace

// From an edit to the first step after it: the session, the plan with its memory, and the step, of what ships.
Done editToFirstStep() {
  fmt::print("\n| template | session, ms | plan | first step | second step | all until the first |\n|---|---:|---:|---:|---:|---:|\n");
  for (const document::Template& shipped : document::templates()) {
    const Result<document::Document> document = document::parse(shipped.text, shipped.name);
    if (!document) return tl::unexpected(document.error());
    using Clock = std::chrono::steady_clock;
    std::vector<Clock::time_point> laps{Clock::now()};
    Result<std::unique_ptr<training::Session>> session = training::Session::open(*document, {.folder = ".", .threads = 1, .data = {}, .validation = {}, .split = {}, .withoutData = true});
    if (!session) return tl::unexpected(session.error());
    laps.push_back(Clock::now());
    const Result<Plan*> plan = (*session)->trainPlan(0, (*session)->phase(0).batch);
    if (!plan) return tl::unexpected(plan.error());
    laps.push_back(Clock::now());
    std::vector<std::vector<double>> inputs;  // zeros
    for (size_t i = 0; i < (*plan)->inputs().size(); ++i) {
      inputs.emplace_back(size_t((*plan)->inputs()[i].info.shape.elements()));
      (*plan)->setInput(int(i), inputs.back().data());
    }
    for (uint64_t i = 1; i <= 2; ++i) {
      StepState step;
      step.step = step.update = i;
      (*plan)->run((*session)->cpu(), step);
      (*plan)->update((*session)->cpu(), step);
      laps.push_back(Clock::now());
    }
    fmt::print("| {} |", shipped.name);
    for (size_t i = 1; i < laps.size(); ++i) fmt::print(" {:.1f} |", 1e3 * std::chrono::duration<double>(laps[i] - laps[i - 1]).count());
    fmt::print(" {:.1f} |\n", 1e3 * std::chrono::duration<double>(laps[3] - laps[0]).count());
  }
  return {};
}

int main(int argc, char** argv) {
  std::vector<int> counts;
  for (int i = 1; i < argc; ++i) counts.push_back(std::atoi(argv[i]));
  if (counts.empty()) counts = {1000, 10000};
  kernels::Pool pool(1);
  Cpu cpu;
  cpu.pool = &pool;
  fmt::print("| network | nodes | steps |");
  bool head = false;
  for (const char* kind : {"deep", "wide", "skips", "pictures"})
    for (int nodes : counts) {
      const Drawn drawn = Drawing().make(kind, nodes);
      PlanRequest request;
      request.infer = {8, true, Type::f32};
      request.losses = {{drawn.loss, 1}};
      request.optimization = Optimization{*Op::named("Adam"), 0, 0};
      std::vector<PassTime> times;
      request.times = &times;
      Result<std::unique_ptr<Plan>> plan = makePlan(drawn.graph, request, cpu);
      if (!plan) return fmt::print(stderr, "{}\n", toString(plan.error())), 1;
      const auto begin = std::chrono::steady_clock::now();
      Store store;
      Arena arena;
      Done done = store.add((*plan)->stored(), 1);
      if (done) done = arena.reserve((*plan)->report().arenaBytes);
      if (done) done = (*plan)->bind(store, arena.data());
      if (!done) return fmt::print(stderr, "{}\n", toString(done.error())), 1;
      times.push_back({"bind", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()});
      if (!head) {
        for (const PassTime& time : times) fmt::print(" {} |", time.pass);
        fmt::print(" all, ms | arena / live |\n|---|---:|---:|");
        for (size_t i = 0; i < times.size() + 2; ++i) fmt::print("---:|");
        fmt::print("\n");
        head = true;
      }
      double all = 0;
      fmt::print("| {} | {} | {} |", kind, drawn.graph.nodes.size(), (*plan)->report().steps);
      for (const PassTime& time : times) fmt::print(" {:.1f} |", 1e3 * time.seconds), all += time.seconds;
      fmt::print(" {:.1f} | {:.3f} |\n", 1e3 * all, double((*plan)->report().arenaBytes) / double((*plan)->report().boundBytes));
      std::fflush(stdout);
    }
  if (Done done = editToFirstStep(); !done) return fmt::print(stderr, "{}\n", toString(done.error())), 1;
}
