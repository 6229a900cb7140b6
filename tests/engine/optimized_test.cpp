// Layouts and fusions change how a plan calculates, never what: random networks of pictures give the same loss and the same
// gradients with and without them, and the passes do find what there is to find.
#include <QtTest>
#include <cmath>
#include <random>

#include "engine/graph/graph.h"
#include "engine/plan/plan.h"
#include "kernels/pool.h"

using namespace engine;

namespace {

constexpr int64_t kBatchSize = 3;

// A network of pictures as somebody might draw it: convolutions, norms, activations, pooling, sums of branches, joined
// channels, in any order that the sizes allow; then scores and a loss.
class RandomNetwork {
 public:
  explicit RandomNetwork(unsigned seed) : random_(seed) {
    Picture now = input();
    for (int64_t steps = 3 + below(8); steps > 0; --steps) now = step(now);
    if (below(2)) now = picture("AdaptiveAvgPool2d", {{"output_size", std::vector<int64_t>{1 + below(2), 1 + below(2)}}}, {now.value});
    const char* const hidden[] = {"ReLU", "Tanh", "GELU"};
    QStringList features;
    for (int64_t i = below(3); i > 0; --i) features << "Linear" << hidden[below(3)];
    end(now, features);
  }

  // Three channels in, then these layers; "Concatenate" joins what there is with itself. What comes after "Flatten" works on
  // features, after all the others.
  explicit RandomNetwork(const QStringList& layers) {
    Picture now = picture("Input", {{"shape", std::vector<int64_t>{3, 12, 12}}}, {});
    for (const QString& layer : layers) {
      if (layer == "Flatten") break;
      std::vector<Value> inputs{now.value};
      if (layer == "Concatenate") inputs.push_back(now.value);
      now = picture(qPrintable(layer), {}, inputs);
    }
    now = picture("AdaptiveAvgPool2d", {{"output_size", std::vector<int64_t>{2, 2}}}, {now.value});
    end(now, layers.contains("Flatten") ? layers.mid(layers.indexOf("Flatten") + 1) : QStringList());
  }

  Graph graph;
  Value loss;

 private:
  struct Picture {
    Value value;
    int64_t channels, height, width;
  };
  void end(const Picture& last, const QStringList& features = {}) {
    Value flat = add("Flatten", {}, {last.value});
    for (const QString& layer : features) flat = add(qPrintable(layer), layer == "Linear" ? FieldMap{{"out_features", int64_t(24)}} : FieldMap(), {flat});
    const Value scores = add("Linear", {{"out_features", int64_t(5)}}, {flat});
    loss = add("CrossEntropyLoss", {}, {scores, add("Target", {}, {})});
  }
  int64_t below(int n) { return int64_t(random_() % unsigned(n)); }
  int64_t oneOf(std::vector<int64_t> values) { return values[size_t(below(int(values.size())))]; }

  Value add(const char* op, const FieldMap& fields, std::vector<Value> inputs) {
    const NodeId id = graph.nodes.size() + 1;
    graph.nodes.push_back({Op::with(op, fields), std::move(inputs), id, op + std::to_string(id)});
    return {int(id) - 1, 0};
  }
  // Sizes as the engine infers them.
  Picture picture(const char* op, const FieldMap& fields, std::vector<Value> inputs) {
    const Value v = add(op, fields, std::move(inputs));
    const Shape shape = infer(graph, {kBatchSize, true, Type::f32}).nodes[size_t(v.node)].outputs[0].shape;
    Picture made{v, shape[1], shape[2], shape[3]};
    seen_.push_back(made);
    return made;
  }
  Picture input() {
    return picture("Input", {{"shape", std::vector<int64_t>{oneOf({1, 2, 3, 16}), 6 + below(8), 6 + below(8)}}}, {});
  }
  Picture step(Picture x) {
    const char* const activations[] = {"ReLU", "ReLU", "ReLU", "GELU", "Tanh", "LeakyReLU", "Sigmoid"};
    switch (below(9)) {
      case 0: case 1: case 2: {
        const bool shrinks = x.height > 4 && x.width > 4 && below(2);
        const int64_t stride = shrinks && below(2) ? 2 : 1, groups = below(4) == 0 ? x.channels : 1;
        FieldMap fields{{"out_channels", groups > 1 ? groups : oneOf({3, 8, 16, 20})}, {"groups", groups}, {"bias", below(2) == 1},
                        {"stride", std::vector<int64_t>{stride, stride}}};
        if (!shrinks) fields["same"] = true;
        const Picture y = picture("Conv2d", fields, {x.value});
        return below(2) ? picture(activations[below(7)], {}, {y.value}) : y;
      }
      case 3: case 4: {
        const Picture y = picture("BatchNorm2d", {{"affine", below(4) != 0}}, {x.value});
        return below(2) ? picture("ReLU", {}, {y.value}) : y;
      }
      case 5:
        if (x.height < 4 || x.width < 4) return picture("ReLU", {}, {x.value});
        if (below(2)) return picture("MaxPool2d", {}, {x.value});
        return picture("MaxPool2d", {{"kernel_size", std::vector<int64_t>{3, 3}}, {"stride", std::vector<int64_t>{1, 1}}, {"padding", std::vector<int64_t>{1, 1}}}, {x.value});
      case 6:
        return x.height < 4 || x.width < 4 ? picture("Tanh", {}, {x.value}) : picture("AvgPool2d", {}, {x.value});
      case 7:
        for (const Picture& other : seen_)
          if (other.value != x.value && other.channels == x.channels && other.height == x.height && other.width == x.width) {
            const Picture sum = picture("Add", {}, {x.value, other.value});
            return below(2) ? picture("ReLU", {}, {sum.value}) : sum;
          }
        return picture(activations[below(7)], {}, {x.value});
      default:
        for (const Picture& other : seen_)
          if (other.value != x.value && other.height == x.height && other.width == x.width && other.channels + x.channels < 40)
            return picture("Concatenate", {{"dim", int64_t(1)}}, {other.value, x.value});
        return picture("BatchNorm2d", {}, {x.value});
    }
  }

  std::mt19937 random_;
  std::vector<Picture> seen_;
};

struct Outcome {
  double loss = 0;
  std::vector<std::vector<float>> gradients;
  std::vector<std::string> names;
  PlanReport report;
  std::string text;
};

Outcome outcomeOf(const RandomNetwork& network, bool optimized, unsigned seed, int threads = 1) {
  kernels::Pool pool(threads);
  Cpu cpu{&pool};
  PlanRequest request;
  request.infer = {kBatchSize, true, Type::f32};
  request.losses = {{network.loss, 1}};
  request.keepGradients = true;
  request.optimized = optimized;
  Result<std::unique_ptr<Plan>> made = makePlan(network.graph, request, cpu);
  if (!made) qFatal("%s", toString(made.error()).c_str());
  Plan& plan = **made;
  Store store;
  Arena arena;
  if (!store.add(plan.stored(), 7) || !arena.reserve(plan.report().arenaBytes) || !plan.bind(store, arena.data())) qFatal("no memory");
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> inputs(plan.inputs().size());
  std::vector<int64_t> classes;
  for (size_t i = 0; i < plan.inputs().size(); ++i) {
    const ValueInfo& info = plan.inputs()[i].info;
    for (int64_t k = 0; k < info.shape.elements(); ++k) {
      if (info.type == Type::f32) inputs[i].push_back(normal(random));
      else classes.push_back(int64_t(random() % 5));
    }
    plan.setInput(int(i), info.type == Type::f32 ? static_cast<const void*>(inputs[i].data()) : classes.data());
  }
  StepState step;
  plan.run(cpu, step);
  Outcome outcome{plan.loss(), {}, {}, plan.report(), plan.text()};
  for (size_t p = 0; p < plan.stored().size(); ++p) {
    if (!plan.stored()[p].info.trained || !plan.gradient(int(p)).data) continue;
    const Tensor& g = plan.gradient(int(p));
    const float* values = static_cast<const float*>(g.data);
    outcome.gradients.emplace_back(values, values + g.elements());
    outcome.names.push_back(plan.stored()[p].name);
  }
  return outcome;
}

double norm(const std::vector<float>& v) {
  double sum = 0;
  for (const float x : v) sum += double(x) * double(x);
  return std::sqrt(sum);
}

}  // namespace

class OptimizedTest : public QObject {
  Q_OBJECT
 private slots:
  void fusedEqualsUnfused() {
    constexpr unsigned kNetworks = 200;
    int fused = 0, last = 0, reorders = 0, far = 0;
    for (unsigned seed = 0; seed < kNetworks; ++seed) {
      const RandomNetwork network(seed);
      const Outcome plain = outcomeOf(network, false, seed), fast = outcomeOf(network, true, seed);
      const auto where = [&] { return QString("network %1\n%2\n%3").arg(seed).arg(QString::fromStdString(plain.text), QString::fromStdString(fast.text)); };
      QVERIFY2(std::abs(plain.loss - fast.loss) <= 1e-5 * std::abs(plain.loss), qPrintable(where()));
      QCOMPARE(plain.report.fused + plain.report.channelsLast + plain.report.reorders, 0);
      QCOMPARE(fast.names, plain.names);
      double whole = 0;
      for (const auto& g : plain.gradients) whole = std::max(whole, norm(g));
      for (size_t p = 0; p < plain.gradients.size(); ++p) {
        QCOMPARE(fast.gradients[p].size(), plain.gradients[p].size());
        std::vector<float> apart = plain.gradients[p];
        for (size_t i = 0; i < apart.size(); ++i) apart[i] -= fast.gradients[p][i];
        // A bias before a norm has a gradient of nothing but rounding errors: compared with the largest of the network.
        const double error = norm(apart) / std::max(norm(plain.gradients[p]), 1e-2 * whole);
        // Where two numbers differ by less than rounding, another one may be the largest of a window, or lie above 0.
        QVERIFY2(error < 2e-3, qPrintable(QString::fromStdString(plain.names[p]) + QString(" is off by %1 in ").arg(error) + where()));
        far += error > 2e-5;
      }
      fused += fast.report.fused;
      last += fast.report.channelsLast;
      reorders += fast.report.reorders;
    }
    qInfo("%d nodes fused, %d channels last, %d reorders, %d gradients off by more than rounding", fused, last, reorders, far);
    QVERIFY(far < 20);
    QVERIFY2(fused >= 620, qPrintable(QString::number(fused)));  // as many as there were when this was written, less a tenth
    QVERIFY2(last >= 3260, qPrintable(QString::number(last)));
    QVERIFY2(reorders <= 480, qPrintable(QString::number(reorders)));
  }

  // Every way that a ReLU or its gradient is taken along, on its own: none of either is left.
  void reluIsTakenAlong_data() {
    QTest::addColumn<QStringList>("layers");
    QTest::newRow("convolution, into the gradient of the next one") << QStringList{"Conv2d", "ReLU", "Conv2d"};
    QTest::newRow("convolution, into the gradient of pooling") << QStringList{"Conv2d", "ReLU", "MaxPool2d", "Conv2d"};
    QTest::newRow("linear, into the product before its gradient") << QStringList{"Conv2d", "Flatten", "Linear", "ReLU", "Linear"};
    QTest::newRow("batch norm, into its own gradient") << QStringList{"Conv2d", "BatchNorm2d", "ReLU", "AvgPool2d"};
  }
  void reluIsTakenAlong() {
    QFETCH(QStringList, layers);
    const RandomNetwork network(layers);
    const Outcome plain = outcomeOf(network, false, 1), fast = outcomeOf(network, true, 1);
    QVERIFY(plain.text.find(":ReLU (") != std::string::npos && plain.text.find(":ReLUGradient (") != std::string::npos);
    QVERIFY2(fast.text.find(":ReLU (") == std::string::npos && fast.text.find(":ReLUGradient (") == std::string::npos, fast.text.c_str());
    QCOMPARE(fast.report.fused, 2);
    QCOMPARE(fast.report.reorders, 1);  // of what comes in: the pooling before the scores writes them as they are wanted
  }

  // What was the largest is written down going forward: the gradient does not look at the pictures again.
  void poolingRemembersPlaces() {
    const RandomNetwork network(QStringList{"Conv2d", "ReLU", "MaxPool2d", "Conv2d"});
    const Outcome plain = outcomeOf(network, false, 1), fast = outcomeOf(network, true, 1);
    QVERIFY(plain.text.find("MaxPool2dGradient (") != std::string::npos);
    QVERIFY2(fast.text.find("MaxPool2dPlacesGradientChannelsLast") != std::string::npos, fast.text.c_str());
    QVERIFY2(fast.text.find("MaxPool2dGradient") == std::string::npos, fast.text.c_str());
  }

  // Parts and joints of channels stay as they lie.
  void joinedChannelsAreNotTurned() {
    RandomNetwork network(QStringList{"Conv2d", "ReLU", "Concatenate", "Conv2d"});
    QCOMPARE(outcomeOf(network, true, 1).report.reorders, 1);
  }

  void threadsChangeNothing() {
    for (unsigned seed = 300; seed < 310; ++seed) {
      const RandomNetwork network(seed);
      const Outcome one = outcomeOf(network, true, seed), three = outcomeOf(network, true, seed, 3);
      QCOMPARE(three.loss, one.loss);
      QCOMPARE(three.gradients, one.gradients);
    }
  }
};

QTEST_APPLESS_MAIN(OptimizedTest)
#include "optimized_test.moc"
