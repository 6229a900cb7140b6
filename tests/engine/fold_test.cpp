// Plans that do not train: batch norm in the weights before it, and what does not change calculated once. They answer what plain
// plans answer, also after the weights were changed, in whatever way.
#include <QtTest>
#include <random>

#include "engine/plan/plan.h"
#include "kernels/pool.h"

using namespace engine;

namespace {

constexpr int64_t kBatchSize = 4;

struct Drawn {
  Graph graph;
  Value answer, loss;
  int norms = 0, foldable = 0;
};

// Layers and norms in any order; some norms stand where they cannot be taken into weights.
class Drawing {
 public:
  explicit Drawing(unsigned seed) : random_(seed) {}

  Drawn make() {
    Value now = add("Input", {{"shape", std::vector<int64_t>{3, 8, 8}}}, {});
    int64_t channels = 3;
    for (int64_t layers = 2 + below(4); layers > 0; --layers) {
      const Value before = now;
      const int64_t groups = below(4) == 0 ? channels : 1;
      const int64_t out = groups > 1 ? channels * (1 + below(2)) : 3 + below(6);
      now = add("Conv2d", {{"out_channels", out}, {"same", true}, {"bias", below(2) == 1}, {"groups", groups}}, {now});
      const Value layer = now;
      const int64_t kind = below(5);
      if (kind == 0) now = add("Tanh", {}, {now});
      if (kind != 1) {
        now = norm("BatchNorm2d", now, kind != 0 && kind != 2);
        if (kind == 2) now = add("Add", {}, {now, layer});  // read by two: must stay as it is
      }
      if (below(2)) now = add("ReLU", {}, {now});
      if (out == channels && below(2)) now = add("Add", {}, {now, before});
      channels = out;
    }
    now = add("Flatten", {}, {add("AdaptiveAvgPool2d", {{"output_size", std::vector<int64_t>{2, 2}}}, {now})});
    now = add("Linear", {{"out_features", int64_t(7)}, {"bias", below(2) == 1}}, {now});
    now = add("ReLU", {}, {norm("BatchNorm1d", now, true)});
    // A weight that is calculated from a parameter: the same in every step.
    const Value w = add("Softmax", {}, {add("Parameter", {{"shape", std::vector<int64_t>{7, 5}}, {"init", std::string("normal")}}, {})});
    drawn_.answer = add("MatMul", {}, {now, w});
    drawn_.loss = add("CrossEntropyLoss", {}, {drawn_.answer, add("Target", {}, {})});
    return std::move(drawn_);
  }

 private:
  int64_t below(int n) { return int64_t(random_() % unsigned(n)); }
  Value add(const char* op, const FieldMap& fields, std::vector<Value> inputs) {
    const NodeId id = drawn_.graph.nodes.size() + 1;
    drawn_.graph.nodes.push_back({Op::with(op, fields), std::move(inputs), id, op + std::to_string(id)});
    return {int(id) - 1, 0};
  }
  Value norm(const char* op, Value x, bool foldable) {
    const bool tracks = below(5) != 0;  // otherwise it uses the batch's statistics, always
    ++drawn_.norms;
    drawn_.foldable += foldable && tracks;
    return add(op, {{"affine", below(3) != 0}, {"track_running_stats", tracks}, {"eps", 1e-3}}, {x});
  }

  std::mt19937 random_;
  Drawn drawn_;
};

struct Bound {
  std::unique_ptr<Plan> plan;
  Arena arena;
};

class Networks {
 public:
  explicit Networks(unsigned seed) : drawn(Drawing(seed).make()), random_(seed + 1000) {
    PlanRequest request;
    request.infer = {kBatchSize, false, Type::f32};
    request.losses = {{drawn.loss, 1}};
    request.keep = {drawn.answer};
    folded = bind(request);
    request.optimized = false;
    plain = bind(request);
    request.infer.training = true;
    request.optimization = Optimization{*Op::named("SGD"), 0, 0};
    training = bind(request);
    x_.resize(kBatchSize * 3 * 8 * 8);
    for (float& v : x_) v = uniform(-2, 2);
    for (Bound* b : {&folded, &plain, &training}) {
      b->plan->setInput(0, x_.data());
      b->plan->setInput(1, y_.data());
    }
  }
  // Weights and statistics of a network in the midst of its training.
  void drawWeights() {
    for (const Store::Entry& entry : store.entries()) {
      float* values = static_cast<float*>(store.find(entry.name)->tensor.data);
      const bool isVariance = entry.name.ends_with("running_var");
      for (int64_t i = 0; i < entry.tensor.elements(); ++i) values[i] = isVariance ? uniform(0.2f, 3) : uniform(-1, 1);
    }
  }
  void train() {
    StepState step;
    step.learningRate[0] = 0.05;
    training.plan->run(cpu, step);
    training.plan->update(cpu, step);
  }
  // The largest difference of the answers, relative to the largest answer.
  double difference() {
    double largest = 1e-3, difference = 0;
    folded.plan->run(cpu, {});
    plain.plan->run(cpu, {});
    const Tensor &a = folded.plan->kept(0), &b = plain.plan->kept(0);
    for (int64_t i = 0; i < a.elements(); ++i) {
      const float p = static_cast<const float*>(a.data)[i], q = static_cast<const float*>(b.data)[i];
      largest = std::max(largest, std::abs(double(q)));
      difference = std::max(difference, std::abs(double(p) - double(q)));
    }
    return difference / largest;
  }
  std::vector<float> answer() {
    folded.plan->run(cpu, {});
    const auto* values = static_cast<const float*>(folded.plan->kept(0).data);
    return {values, values + folded.plan->kept(0).elements()};
  }

  Drawn drawn;
  Store store;
  Cpu cpu;
  Bound folded, plain, training;

 private:
  float uniform(float low, float high) { return low + (high - low) * float(random_() % 10001) / 10000; }
  Bound bind(const PlanRequest& request) {
    Bound bound;
    Result<std::unique_ptr<Plan>> plan = makePlan(drawn.graph, request, cpu);
    if (!plan) qFatal("%s", toString(plan.error()).c_str());
    bound.plan = std::move(*plan);
    Done done = store.add(bound.plan->stored(), 3);
    if (done) done = bound.arena.reserve(bound.plan->report().arenaBytes);
    if (done) done = bound.plan->bind(store, bound.arena.data());
    if (!done) qFatal("%s", toString(done.error()).c_str());
    return bound;
  }
  std::mt19937 random_;
  std::vector<float> x_;
  std::vector<int64_t> y_ = {0, 1, 4, 2};
};

constexpr double kTolerance = 2e-5;

}  // namespace

class FoldTest : public QObject {
  Q_OBJECT
 private slots:
  void answersAsThePlainPlan() {
    int folded = 0;
    for (unsigned seed = 0; seed < 60; ++seed) {
      Networks networks(seed);
      QCOMPARE(networks.folded.plan->report().folded, networks.drawn.foldable);
      QCOMPARE(networks.plain.plan->report().folded, 0);
      folded += networks.drawn.foldable;
      networks.drawWeights();
      const double difference = networks.difference();
      QVERIFY2(difference < kTolerance, qPrintable(QString("seed %1: %2").arg(seed).arg(difference)));
    }
    QVERIFY(folded > 100);
  }

  // Whoever writes to the store, the next answer knows it.
  void seesChangedWeights() {
    for (unsigned seed = 0; seed < 20; ++seed) {
      Networks networks(seed);
      networks.drawWeights();
      std::vector<float> before = networks.answer();
      QCOMPARE(networks.answer(), before);
      for (int change = 0; change < 3; ++change) {
        if (change == 0) networks.train();
        else if (change == 1) networks.drawWeights();
        else
          for (const Store::Entry& entry : networks.store.entries())  // as a checkpoint is read
            if (entry.name.ends_with(".weight")) static_cast<float*>(entry.tensor.data)[0] += 1, networks.store.changed();
        const double difference = networks.difference();
        QVERIFY2(difference < kTolerance, qPrintable(QString("seed %1, change %2: %3").arg(seed).arg(change).arg(difference)));
        const std::vector<float> after = networks.answer();
        QVERIFY(after != before);
        before = after;
      }
    }
  }

  // What stands is calculated once for each state of the store, not in each step, and its memory is told.
  void onceIsOnce() {
    Networks networks(1);
    const PlanReport& r = networks.folded.plan->report();
    QVERIFY(r.once > r.folded);  // the softmax of the parameter as well
    QVERIFY(r.onceBytes > 0 && r.planBytes() >= r.onceBytes + r.arenaBytes);
    for (const auto& call : networks.folded.plan->profiled()) QVERIFY(call.op != "FoldedNorm" && call.op != "Softmax");
    networks.drawWeights();
    const std::vector<float> before = networks.answer();
    for (const Store::Entry& entry : networks.store.entries())  // written behind the store's back: not seen
      if (entry.name.starts_with("Parameter"))
        for (int64_t i = 0; i < entry.tensor.elements(); ++i) static_cast<float*>(entry.tensor.data)[i] += float(i % 3);
    QCOMPARE(networks.answer(), before);
    networks.store.changed();
    QVERIFY(networks.answer() != before);
  }

  // Weights that are put in the order of the kernels once: by each way of a convolution and in products, for one sample and some,
  // by any number of threads; never stale.
  void preparedWeights() {
    Graph graph;
    const auto add = [&](const char* op, const FieldMap& fields, std::vector<Value> inputs) {
      const NodeId id = graph.nodes.size() + 1;
      graph.nodes.push_back({Op::with(op, fields), std::move(inputs), id, op + std::to_string(id)});
      return Value{int(id) - 1, 0};
    };
    const std::vector<int64_t> one{1, 1}, two{2, 2}, three{3, 3};
    Value now = add("Input", {{"shape", std::vector<int64_t>{16, 16, 16}}}, {});
    now = add("ReLU", {}, {add("Conv2d", {{"out_channels", int64_t(32)}, {"same", true}}, {now})});               // Winograd's
    now = add("Conv2d", {{"out_channels", int64_t(64)}, {"kernel_size", one}}, {now});                           // the library's, in lines
    now = add("ReLU", {}, {add("BatchNorm2d", {}, {now})});                                                       // folded before it is prepared
    now = add("ReLU", {}, {add("Conv2d", {{"out_channels", int64_t(24)}, {"kernel_size", three}, {"stride", two}}, {now})});  // the library's
    now = add("ReLU", {}, {add("Linear", {{"out_features", int64_t(100)}}, {add("Flatten", {}, {now})})});
    const Value answer = add("Linear", {{"out_features", int64_t(9)}, {"bias", false}}, {now});

    for (const int64_t batch : {1, 3}) {
      Store store;
      Cpu alone;
      PlanRequest request;
      request.infer = {batch, false, Type::f32};
      request.keep = {answer};
      const auto bind = [&](Bound& bound) {
        Result<std::unique_ptr<Plan>> plan = makePlan(graph, request, alone);
        QVERIFY(plan);
        bound.plan = *std::move(plan);
        QVERIFY(store.add(bound.plan->stored(), 5) && bound.arena.reserve(bound.plan->report().arenaBytes) && bound.plan->bind(store, bound.arena.data()));
      };
      Bound prepared, plain;
      bind(prepared);
      request.optimized = false;
      bind(plain);
      QCOMPARE(plain.plan->report().onceBytes, 0);
      QVERIFY(prepared.plan->report().onceBytes > (36 * 16 * 32 + 32 * 64 + 9 * 64 * 24 + 49 * 24 * 100) * int64_t(sizeof(float)));
      QVERIFY(prepared.plan->report().planBytes() >= prepared.plan->report().onceBytes + prepared.plan->report().arenaBytes);
      std::vector<float> x(size_t(batch * 16 * 16 * 16));
      for (size_t i = 0; i < x.size(); ++i) x[i] = float(i * 37 % 101) / 50 - 1;
      for (Bound* b : {&prepared, &plain}) b->plan->setInput(0, x.data());
      const auto answerOf = [&](Bound& bound, int threads) {
        kernels::Pool pool(threads);
        Cpu cpu{&pool};
        bound.plan->run(cpu, {});
        const Tensor& kept = bound.plan->kept(0);
        return std::vector<float>(static_cast<const float*>(kept.data), static_cast<const float*>(kept.data) + kept.elements());
      };
      std::vector<float> before;
      for (int change = 0; change < 4; ++change) {
        for (const Store::Entry& entry : store.entries())
          for (int64_t i = 0; change > 0 && i < entry.tensor.elements(); ++i)
            if (entry.name.ends_with("weight")) static_cast<float*>(entry.tensor.data)[i] *= float(1 + (i + change) % 3) / 2;
        store.changed();
        const std::vector<float> expected = answerOf(plain, 1), got = answerOf(prepared, 1);
        QVERIFY(got != before);
        before = got;
        double largest = 0, difference = 0;
        for (size_t i = 0; i < got.size(); ++i) largest = std::max(largest, std::abs(double(expected[i]))), difference = std::max(difference, std::abs(double(got[i]) - double(expected[i])));
        QVERIFY2(difference < kTolerance * largest, qPrintable(QString("batch %1, change %2: %3 of %4").arg(batch).arg(change).arg(difference).arg(largest)));
        for (const int threads : {2, 3}) QCOMPARE(answerOf(prepared, threads), got);
      }
    }
  }

  // Steps of training calculate everything that depends on weights anew.
  void trainingFoldsNothing() {
    Networks networks(2);
    PlanRequest request;
    request.infer = {kBatchSize, true, Type::f32};
    request.losses = {{networks.drawn.loss, 1}};
    request.optimization = Optimization{*Op::named("SGD"), 0, 0};
    const Result<std::unique_ptr<Plan>> plan = makePlan(networks.drawn.graph, request, networks.cpu);
    QVERIFY(plan);
    QCOMPARE((*plan)->report().folded, 0);
    const std::string text = (*plan)->text();
    QVERIFY(text.find(":Softmax") != std::string::npos && text.find(":Softmax") > text.find("forward:\n"));
  }
};

QTEST_APPLESS_MAIN(FoldTest)
#include "fold_test.moc"
