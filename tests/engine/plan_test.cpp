// Plans: no two values that live at once share memory, the proof finds what is wrong, a step allocates nothing, and a plan
// computes what the interpreter computes.
#include <QtTest>
#include <atomic>
#include <cstdlib>
#include <new>
#include <random>

#include "engine/document/json.h"
#include "engine/passes/autograd.h"
#include "engine/passes/lower.h"
#include "engine/plan/interpret.h"
#include "engine/training/session.h"

// Every allocation of this program, by thread.
static thread_local int64_t allocations = 0;
void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* p = std::malloc(bytes ? bytes : 1)) return p;
  throw std::bad_alloc();
}
// Address sanitizer brings one of its own, whose memory free() must not get.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes ? bytes : 1);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

using namespace engine;

namespace {

// Lifetimes like those of a training step: made going forward, read again going back; with scratch in between.
std::vector<Lifetime> trainingStep(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return int(random() % unsigned(n)); };
  std::vector<Lifetime> all, saved;
  int t = 0;
  int64_t size = 65536 << below(4);
  for (int layer = 8 + below(50); layer > 0; --layer) {
    if (below(5) == 0) size = std::max<int64_t>(4096, below(2) ? size / 2 : size * 2);
    for (int k = 0; k < 3; ++k, ++t) (below(10) < 8 ? saved : all).push_back({t, t + 1 + (below(3) == 0 ? 3 : 0), size + below(4) * 256});
    if (below(5) < 2) all.push_back({t - 1, t, int64_t(65536) << below(4)});
  }
  for (size_t i = saved.size(); i-- > 0; ++t) {
    all.push_back({t, t + 1 + below(3), saved[i].bytes});
    saved[i].last = t;
  }
  all.insert(all.end(), saved.begin(), saved.end());
  return all;
}

std::string residual(int width) {
  return R"({"netwright":1,"name":"residual","nodes":[
    {"id":"1","type":"Input","name":"x","fields":{"shape":[6]}},
    {"id":"2","type":"Linear","name":"stem","fields":{"out_features":)" + std::to_string(width) + R"(}},
    {"id":"3","type":"ReLU","name":"relu"},
    {"id":"4","type":"Linear","name":"inner","fields":{"out_features":)" + std::to_string(width) + R"(}},
    {"id":"5","type":"Add","name":"sum"},
    {"id":"6","type":"LayerNorm","name":"norm"},
    {"id":"7","type":"GELU","name":"gelu"},
    {"id":"8","type":"Dropout","name":"dropout"},
    {"id":"9","type":"Linear","name":"scores","fields":{"out_features":3}},
    {"id":"a","type":"Target","name":"y"},
    {"id":"b","type":"CrossEntropyLoss","name":"loss"}],
    "wires":[{"from":"1","to":"2"},{"from":"2","to":"3"},{"from":"3","to":"4"},{"from":"4","to":"5","input":0},
    {"from":"3","to":"5","input":1},{"from":"5","to":"6"},{"from":"6","to":"7"},{"from":"7","to":"8"},{"from":"8","to":"9"},
    {"from":"9","to":"b","input":0},{"from":"a","to":"b","input":1}]})";
}

std::unique_ptr<training::Session> sessionOf(const std::string& text) {
  Result<document::Document> document = document::parse(text);
  if (!document) qFatal("%s", withPlace(document.error()).c_str());
  training::SessionOptions options;
  options.withoutData = true;
  options.threads = 1;
  Result<std::unique_ptr<training::Session>> session = training::Session::open(*document, options);
  if (!session) qFatal("%s", toString(session.error()).c_str());
  return std::move(*session);
}

}  // namespace

class PlanTest : public QObject {
  Q_OBJECT
 private slots:
  void arenaIsSoundAndSmall() {
    double sum = 0, worst = 0;
    constexpr int kCases = 60;
    for (unsigned seed = 0; seed < kCases; ++seed) {
      const std::vector<Lifetime> blocks = trainingStep(seed);
      int64_t total = 0;
      const std::vector<int64_t> offsets = placeInArena(blocks, total);
      for (size_t a = 0; a < blocks.size(); ++a) {
        QCOMPARE(offsets[a] % kArenaAlignment, 0);
        QVERIFY(offsets[a] + blocks[a].bytes <= total);
        for (size_t b = 0; b < a; ++b) {
          const bool atOnce = blocks[a].first <= blocks[b].last && blocks[b].first <= blocks[a].last;
          const bool overlap = offsets[a] < offsets[b] + blocks[b].bytes && offsets[b] < offsets[a] + blocks[a].bytes;
          QVERIFY(!(atOnce && overlap));
        }
      }
      const double ratio = double(total) / double(lowerBound(blocks));
      QVERIFY(ratio >= 1);
      sum += ratio;
      worst = std::max(worst, ratio);
    }
    QVERIFY2(sum / kCases < 1.01 && worst < 1.05, qPrintable(QString("mean %1, worst %2").arg(sum / kCases).arg(worst)));
  }

  // Moves one block after the other onto each other one: wherever the lives cross, the proof must object.
  void proofFindsEveryOverlap() {
    auto session = sessionOf(residual(8));
    const InferOptions options{4, true, Type::f32};
    const Inference inference = infer(session->network(), options);
    Lowered lowered = lower(session->network(), inference, options);
    Builder builder(lowered.graph, 4, Type::f32, true);
    const Seed seed{lowered.values[10][0], 1, {}};
    std::vector<Value> by;
    for (const StoredValue& value : lowered.stored) by.push_back(value.value);
    Result<std::vector<Value>> slopes = gradients(builder, std::span(&seed, 1), by);
    QVERIFY(slopes);
    std::vector<Value> keep = *slopes;
    const Schedule order = schedule(lowered.graph);
    const std::vector<int64_t> scratch(order.order.size(), 0);
    const MemoryPlan plan = planMemory(lowered.graph, order, scratch, keep);
    QCOMPARE(verify(lowered.graph, order, plan, keep), std::string());
    int objections = 0;
    for (size_t a = 0; a < plan.lifetimes.size(); ++a)
      for (size_t b = 0; b < plan.lifetimes.size(); ++b) {
        const Lifetime &x = plan.lifetimes[a], &y = plan.lifetimes[b];
        if (a == b || x.bytes == 0 || y.bytes == 0 || x.first > y.last || y.first > x.last) continue;
        MemoryPlan wrong = plan;
        wrong.offsets[a] = wrong.offsets[b];
        objections += !verify(lowered.graph, order, wrong, keep).empty();
        QVERIFY2(!verify(lowered.graph, order, wrong, keep).empty(), qPrintable(QString("blocks %1 and %2").arg(a).arg(b)));
      }
    QVERIFY(objections > 50);
  }

  // Ten times as many nodes are ten times the work, for every pass: what is quadratic allocates so too, or takes minutes here.
  void tenThousandNodes() {
    std::vector<int64_t> counts;
    for (const int nodes : {1000, 10000}) {
      Graph graph;
      const auto add = [&](const char* op, const FieldMap& fields, std::vector<Value> inputs) {
        const NodeId id = graph.nodes.size() + 1;
        graph.nodes.push_back({Op::with(op, fields), std::move(inputs), id, op + std::to_string(id)});
        return Value{int(id) - 1, 0};
      };
      Value now = add("Input", {{"shape", std::vector<int64_t>{4}}}, {});
      while (int(graph.nodes.size()) < nodes - 3) {
        const Value before = now;
        now = add("Linear", {{"out_features", int64_t(4)}}, {now});
        now = add("Add", {}, {add("Tanh", {}, {now}), before});
      }
      PlanRequest request;
      request.infer = {2, true, Type::f32};
      request.losses = {{add("CrossEntropyLoss", {}, {now, add("Target", {}, {})}), 1}};
      request.optimization = Optimization{*Op::named("Adam"), 0, 0};
      Cpu cpu;
      const int64_t before = allocations;
      Result<std::unique_ptr<Plan>> plan = makePlan(graph, request, cpu);
      QVERIFY2(plan, plan ? "" : toString(plan.error()).c_str());
      counts.push_back(allocations - before);
      const PlanReport& r = (*plan)->report();
      QVERIFY(double(r.arenaBytes) <= 1.05 * double(r.boundBytes));
      Store store;
      Arena arena;
      QVERIFY(store.add((*plan)->stored(), 1) && arena.reserve(r.arenaBytes) && (*plan)->bind(store, arena.data()));
      const float x[2 * 4] = {1, -1, 0.5f, 2};
      const int64_t y[2] = {0, 3};
      (*plan)->setInput(0, x);
      (*plan)->setInput(1, y);
      (*plan)->run(cpu, {});
      QVERIFY((*plan)->numbers().finite);
    }
    QVERIFY2(double(counts[1]) < 11 * double(counts[0]), qPrintable(QString("%1 allocations, then %2").arg(counts[0]).arg(counts[1])));
  }

  void stepAllocatesNothing() {
    auto session = sessionOf(residual(8));  // products so small that they are our own loops
    Result<Plan*> plan = session->trainPlan(0, 4);
    QVERIFY2(plan, plan ? "" : toString(plan.error()).c_str());
    float x[4 * 6] = {1, 2, 3, -1};
    int64_t y[4] = {0, 1, 2, 1};
    (*plan)->setInput(0, x);
    (*plan)->setInput(1, y);
    StepState step;
    (*plan)->run(session->cpu(), step);
    (*plan)->update(session->cpu(), step);
    const int64_t before = allocations;
    for (int i = 0; i < 10; ++i) {
      step.step = step.update = uint64_t(i + 2);
      (*plan)->run(session->cpu(), step);
      (*plan)->update(session->cpu(), step);
    }
    QCOMPARE(allocations - before, 0);
    QVERIFY((*plan)->numbers().finite);
  }

  void computesWhatTheInterpreterComputes() {
    auto session = sessionOf(residual(40));
    Result<Plan*> plan = session->trainPlan(0, 16);
    QVERIFY(plan);
    std::mt19937 random(5);
    std::vector<float> x(16 * 6);
    for (float& v : x) v = float(random() % 1000) / 500 - 1;
    std::vector<int64_t> y(16);
    for (int64_t& v : y) v = int64_t(random() % 3);
    (*plan)->setInput(0, x.data());
    (*plan)->setInput(1, y.data());
    StepState step;
    step.seed = 9;
    (*plan)->run(session->cpu(), step);

    const InferOptions options{16, true, Type::f32};
    const Lowered lowered = lower(session->network(), infer(session->network(), options), options);
    Interpreter interpreter(lowered.graph, Type::f32);
    interpreter.step = step;
    for (const StoredValue& value : lowered.stored)
      std::memcpy(interpreter.tensor(value.value).data, session->store().find(value.name)->tensor.data, size_t(interpreter.tensor(value.value).bytes()));
    std::copy(x.begin(), x.end(), interpreter.data<float>(lowered.values[0][0]));
    std::copy(y.begin(), y.end(), interpreter.data<int64_t>(lowered.values[9][0]));
    interpreter.run(session->cpu());
    QCOMPARE(float((*plan)->loss()), *interpreter.data<float>(lowered.values[10][0]));
  }

  // d/dx of x^3 is 3 x^2, of that 6 x: the second pass works on what the first one made.
  void gradientOfGradient() {
    Graph graph;
    graph.nodes.push_back({Op::with("Stored", {{"shape", std::vector<int64_t>{3}}}), {}, 1, "x", {{Shape{3}, Type::f64}}});
    Builder builder(graph, 1, Type::f64, true);
    const Value x{0, 0};
    const Value cube = builder.add("Multiply", {builder.add("Multiply", {x, x}), x});
    const Seed first{cube, 1, {}};
    Result<std::vector<Value>> slope = gradients(builder, std::span(&first, 1), std::span(&x, 1));
    QVERIFY(slope);
    const Seed second{(*slope)[0], 1, {}};
    Result<std::vector<Value>> curve = gradients(builder, std::span(&second, 1), std::span(&x, 1));
    QVERIFY(curve);
    Interpreter interpreter(graph, Type::f64);
    const double at[] = {-1.5, 0.25, 2};
    std::copy_n(at, 3, interpreter.data<double>(x));
    Cpu cpu;
    interpreter.run(cpu);
    for (int i = 0; i < 3; ++i) {
      QCOMPARE(interpreter.data<double>((*slope)[0])[i], 3 * at[i] * at[i]);
      QCOMPARE(interpreter.data<double>((*curve)[0])[i], 6 * at[i]);
    }
  }

  void editIsInferredInTime() {
    // Not a timed test: the count of nodes that infer() looks at is what an edit costs. 500 layers must all be told.
    std::string nodes = R"({"id":"1","type":"Input","name":"x","fields":{"shape":[8]}})", wires;
    for (int i = 2; i <= 501; ++i) {
      nodes += ",{\"id\":\"" + document::hex(NodeId(i)) + "\",\"type\":\"Linear\",\"name\":\"l" + std::to_string(i) + "\",\"fields\":{\"out_features\":8}}";
      wires += std::string(i > 2 ? "," : "") + "{\"from\":\"" + document::hex(NodeId(i - 1)) + "\",\"to\":\"" + document::hex(NodeId(i)) + "\"}";
    }
    auto session = sessionOf("{\"netwright\":1,\"name\":\"deep\",\"nodes\":[" + nodes + "],\"wires\":[" + wires + "]}");
    const Inference inference = infer(session->network());
    QVERIFY(inference.ok());
    QVERIFY(inference.nodes.back().outputs[0].shape == (Shape{kBatch, 8}));
    QBENCHMARK { infer(session->network()); }
  }
};

QTEST_APPLESS_MAIN(PlanTest)
#include "plan_test.moc"
