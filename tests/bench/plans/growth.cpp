// growth_bench: how the time of a training step grows when width, depth or batch is doubled, beside how its arithmetic grows.
// `ninja -C build growth_bench && build/tests/bench/growth_bench [threads]`
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "kernels/philox.h"
#include "kernels/pool.h"

using namespace engine;

namespace {

struct Size {
  int64_t width, depth, batch;
};

struct Measured {
  double milliseconds, flops;
};

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// Layers of `width` features or channels: Linear and ReLU, or Conv2d, BatchNorm2d and ReLU on 16 x 16 pictures.
PlanRequest draw(bool pictures, const Size& size, Graph& graph) {
  const auto add = [&](const char* op, const FieldMap& fields, std::vector<Value> inputs) {
    const NodeId id = graph.nodes.size() + 1;
    graph.nodes.push_back({Op::with(op, fields), std::move(inputs), id, op + std::to_string(id)});
    return Value{int(id) - 1, 0};
  };
  Value now = add("Input", {{"shape", pictures ? std::vector<int64_t>{3, 16, 16} : std::vector<int64_t>{256}}}, {});
  for (int64_t i = 0; i < size.depth; ++i) {
    if (pictures) now = add("BatchNorm2d", {}, {add("Conv2d", {{"out_channels", size.width}, {"same", true}, {"bias", false}}, {now})});
    else now = add("Linear", {{"out_features", size.width}}, {now});
    now = add("ReLU", {}, {now});
  }
  if (pictures) now = add("Flatten", {}, {add("AdaptiveAvgPool2d", {{"output_size", std::vector<int64_t>{1, 1}}}, {now})});
  const Value scores = add("Linear", {{"out_features", int64_t(10)}}, {now});
  PlanRequest request;
  request.infer = {size.batch, true, Type::f32};
  request.losses = {{add("CrossEntropyLoss", {}, {scores, add("Target", {}, {})}), 1}};
  request.optimization = Optimization{*Op::named("Adam"), 0, 0};
  return request;
}

Result<Measured> measure(bool pictures, const Size& size, Cpu& cpu) {
  Graph graph;
  const PlanRequest request = draw(pictures, size, graph);
  Result<std::unique_ptr<Plan>> made = makePlan(graph, request, cpu);
  if (!made) return tl::unexpected(made.error());
  Plan& plan = **made;
  Store store;
  Arena arena;
  Done done = store.add(plan.stored(), 1);
  if (done) done = arena.reserve(plan.report().arenaBytes);
  if (done) done = plan.bind(store, arena.data());
  if (!done) return tl::unexpected(done.error());
  std::vector<float> x(size_t(plan.inputs()[0].info.shape.elements()));
  const kernels::RandomStream random(1, 0, 0);
  for (size_t i = 0; i < x.size(); ++i) x[i] = random.normal(int64_t(i));
  std::vector<int64_t> y(size_t(size.batch));
  for (size_t i = 0; i < y.size(); ++i) y[i] = int64_t(i % 10);
  plan.setInput(0, x.data());
  plan.setInput(1, y.data());
  StepState step;
  step.learningRate[0] = 1e-3;
  const auto run = [&] {
    plan.run(cpu, step);
    plan.update(cpu, step);
    ++step.step, ++step.update;
  };
  for (int i = 0; i < 3; ++i) run();
  // The best of many: what else the machine does only adds.
  constexpr double kSeconds = 1;
  constexpr int kLeast = 10;
  double best = 1e9;
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < kLeast || secondsSince(begin) < kSeconds; ++i) {
    const Clock::time_point before = Clock::now();
    run();
    best = std::min(best, secondsSince(before));
  }
  return Measured{best * 1e3, plan.report().stepFlops};
}

}  // namespace

int main(int argc, char** argv) {
  kernels::Pool pool(argc > 1 ? std::max(1, std::atoi(argv[1])) : 2);
  Cpu cpu;
  cpu.pool = &pool;
  fmt::print("| network | width | depth | batch | ms | MFLOP | GFLOP/s | time | arithmetic |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  for (const bool pictures : {false, true}) {
    const Size base = pictures ? Size{16, 4, 32} : Size{256, 4, 64};
    std::vector<Size> sizes{base};
    for (const int factor : {2, 4}) sizes.push_back({base.width * factor, base.depth, base.batch});
    for (const int factor : {2, 4}) sizes.push_back({base.width, base.depth * factor, base.batch});
    for (const int factor : {2, 4}) sizes.push_back({base.width, base.depth, base.batch * factor});
    Measured first{};
    for (const Size& size : sizes) {
      const Result<Measured> m = measure(pictures, size, cpu);
      if (!m) return fmt::print(stderr, "{}\n", toString(m.error())), 1;
      if (first.flops == 0) first = *m;
      fmt::print("| {} | {} | {} | {} | {:.3f} | {:.1f} | {:.1f} | x {:.2f} | x {:.2f} |\n", pictures ? "convolutions" : "layers", size.width, size.depth, size.batch, m->milliseconds,
                 m->flops / 1e6, m->flops / m->milliseconds / 1e6, m->milliseconds / first.milliseconds, m->flops / first.flops);
      std::fflush(stdout);
    }
  }
}
