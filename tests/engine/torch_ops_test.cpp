// Losses, metrics, norms, layers that models of others bring, optimizers and clipping give what PyTorch gives, in double to 1e-9 and in float to 1e-5:
// tests/fixtures/torch_ops.json, which record_torch_ops.py beside it recorded.
#include <QtTest>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "engine/optimizers/sweep.h"
#include "engine/passes/autograd.h"
#include "engine/passes/lower.h"
#include "engine/plan/interpret.h"

using namespace engine;
using Json = nlohmann::json;

namespace {

const Json& record() {
  static const Json json = [] {
    std::ifstream file(NETWRIGHT_SOURCE_DIR "/tests/fixtures/torch_ops.json");
    return Json::parse(file);
  }();
  return json;
}

Op opOf(const Json& c) {
  FieldMap fields;
  for (const auto& [name, value] : c["fields"].items()) {
    if (value.is_boolean()) fields[name] = value.get<bool>();
    else if (value.is_string()) fields[name] = value.get<std::string>();
    else if (value.is_number_integer()) fields[name] = value.get<int64_t>();
    else if (value.is_number()) fields[name] = value.get<double>();
    else if (value.empty() || value[0].is_number_integer()) fields[name] = value.get<std::vector<int64_t>>();
    else fields[name] = value.get<std::vector<double>>();
  }
  return Op::with(c.contains("op") ? c["op"].get<std::string>() : "BatchNorm1d", fields);
}

ValueInfo infoOf(const Json& tensor, Type floating) {
  const auto sizes = tensor["shape"].get<std::vector<int64_t>>();
  return {Shape(std::span<const int64_t>(sizes)), tensor["type"] == "i64" ? Type::i64 : floating};
}

// A value that the test fills.
Value source(Graph& graph, const ValueInfo& info) {
  graph.nodes.push_back({Op::with("Stored"), {}, 0, "source", {info}});
  return {int(graph.nodes.size()) - 1, 0};
}

void write(Interpreter& run, Value v, const Json& values) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (run.tensor(v).type == Type::f64) run.data<double>(v)[i] = values[i];
    else if (run.tensor(v).type == Type::f32) run.data<float>(v)[i] = values[i];
    else run.data<int64_t>(v)[i] = values[i];
  }
}
double at(const Interpreter& run, Value v, size_t i) {
  if (run.tensor(v).type == Type::f64) return run.data<double>(v)[i];
  return run.tensor(v).type == Type::f32 ? double(run.data<float>(v)[i]) : double(run.data<int64_t>(v)[i]);
}

// An empty text, or how a value differs: by more than the tolerance of the type, relative to the largest expected number.
QString compare(const Interpreter& run, Value v, const Json& expected, Type floating) {
  const ValueInfo info = infoOf(expected, floating);
  if (!(run.tensor(v).shape == info.shape) || run.tensor(v).type != info.type) return "another shape or type";
  const Json& values = expected["values"];
  double largest = 0, apart = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double difference = std::abs(at(run, v, i) - values[i].get<double>());
    if (!(difference <= apart)) apart = difference;  // NaN too
    largest = std::max(largest, std::abs(values[i].get<double>()));
  }
  const double tolerance = (info.type == Type::i64 ? 0 : floating == Type::f64 ? 1e-9 : 1e-5) * std::max(largest, 1e-3);
  return apart <= tolerance ? QString() : QString("differs by %1, allowed %2").arg(apart).arg(tolerance);
}

void eachType(const Json& list, const char* array) {
  QTest::addColumn<int>("index");
  QTest::addColumn<bool>("isDouble");
  for (int i = 0; i < int(list[array].size()); ++i)
    for (bool isDouble : {true, false}) {
      const Json& c = list[array][size_t(i)];
      const std::string what = c.contains("op") ? c["op"].get<std::string>() + " " + c["fields"].dump() : std::string(array);
      QTest::addRow("%d %s %s", i, what.substr(0, 150).c_str(), isDouble ? "f64" : "f32") << i << isDouble;
    }
}

}  // namespace

class TorchOpsTest : public QObject {
  Q_OBJECT

 private slots:
  void values_data() { eachType(record(), "ops"); }
  void values() {
    QFETCH(int, index);
    QFETCH(bool, isDouble);
    const Type floating = isDouble ? Type::f64 : Type::f32;
    const Json& c = record()["ops"][size_t(index)];
    const Op op = opOf(c);
    Graph graph;
    std::vector<Value> inputs, outputs, weights, by;
    std::vector<std::string> byName;
    for (size_t i = 0; i < c["inputs"].size(); ++i) inputs.push_back(source(graph, infoOf(c["inputs"][i], floating)));
    Builder builder(graph, kBatch, floating, true);
    const Value first = builder.add(op, inputs);
    std::vector<Seed> seeds;
    for (int i = 0; i < int(c["outputs"].size()); ++i) {
      outputs.push_back({first.node, i});
      const Json& weight = c["weights"][size_t(i)];
      weights.push_back(weight.is_null() ? Value{} : source(graph, infoOf(weight, floating)));
      if (weights.back()) seeds.push_back({outputs.back(), 1, weights.back()});
    }
    for (const auto& [input, gradient] : c["gradients"].items()) {
      by.push_back(inputs[size_t(std::stoi(input))]);
      byName.push_back(input);
    }
    std::vector<Value> found;
    if (!by.empty()) {
      auto result = gradients(builder, seeds, by);
      QVERIFY(result.has_value());
      found = *result;
    }
    QVERIFY2(builder.problems().empty(), builder.problems().empty() ? "" : toString(builder.problems()[0]).c_str());

    Interpreter run(graph, floating);
    for (size_t i = 0; i < inputs.size(); ++i) write(run, inputs[i], c["inputs"][i]["values"]);
    for (size_t i = 0; i < weights.size(); ++i)
      if (weights[i]) write(run, weights[i], c["weights"][i]["values"]);
    Cpu cpu;
    run.run(cpu);
    for (size_t i = 0; i < outputs.size(); ++i) {
      const QString wrong = compare(run, outputs[i], c["outputs"][i], floating);
      QVERIFY2(wrong.isEmpty(), qPrintable(QString("output %1: ").arg(i) + wrong));
    }
    for (size_t i = 0; i < by.size(); ++i) {
      QVERIFY(bool(found[i]));
      const QString wrong = compare(run, found[i], c["gradients"][byName[i]], floating);
      QVERIFY2(wrong.isEmpty(), qPrintable(QString("gradient of input %1: ").arg(byName[i].c_str()) + wrong));
    }
  }

  // Three batches of different sizes through a lowered network: the node that update() made changes the statistics.
  void runningStatistics_data() { eachType(record(), "running"); }
  void runningStatistics() {
    QFETCH(int, index);
    QFETCH(bool, isDouble);
    const Type floating = isDouble ? Type::f64 : Type::f32;
    const Json& c = record()["running"][size_t(index)];
    Graph network;
    network.nodes.push_back({Op::with("Input", {{"shape", std::vector<int64_t>{3}}}), {}, 1, "x", {}});
    network.nodes.push_back({opOf(c), {{0, 0}}, 2, "norm", {}});
    Json mean = {0, 0, 0}, variance = {1, 1, 1}, count = {0};
    for (size_t b = 0; b < c["batches"].size(); ++b) {
      InferOptions options{.batch = c["batches"][b]["shape"][0].get<int64_t>(), .training = true, .floating = floating};
      const Lowered lowered = lower(network, infer(network, options), options);
      QVERIFY(lowered.problems.empty());
      Interpreter run(lowered.graph, floating);
      write(run, lowered.values[0][0], c["batches"][b]["values"]);
      std::map<std::string, Value> stored;
      for (const StoredValue& s : lowered.stored) stored[s.name] = s.value;
      QCOMPARE(int(stored.size()), 5);
      write(run, stored["norm.weight"], {1, 1, 1});
      write(run, stored["norm.bias"], {0, 0, 0});
      write(run, stored["norm.running_mean"], mean);
      write(run, stored["norm.running_var"], variance);
      write(run, stored["norm.num_batches_tracked"], count);
      Cpu cpu;
      run.run(cpu);
      const Json& expected = c["states"][b];
      QVERIFY2(compare(run, stored["norm.running_mean"], expected[0], floating).isEmpty(), "mean");
      QVERIFY2(compare(run, stored["norm.running_var"], expected[1], floating).isEmpty(), "variance");
      QCOMPARE(at(run, stored["norm.num_batches_tracked"], 0), expected[2].get<double>());
      for (size_t i = 0; i < 3; ++i)
        mean[i] = at(run, stored["norm.running_mean"], i), variance[i] = at(run, stored["norm.running_var"], i);
      count[0] = at(run, stored["norm.num_batches_tracked"], 0);
    }
  }

  // Evaluation puts BatchNormEvaluated in the place, also where there is no weight and no bias, and changes no state.
  void evaluatesWithRunningStatistics() {
    for (bool affine : {true, false}) {
      Graph network;
      network.nodes.push_back({Op::with("Input", {{"shape", std::vector<int64_t>{2}}}), {}, 1, "x", {}});
      network.nodes.push_back({Op::with("BatchNorm1d", {{"affine", affine}, {"eps", 0.0}}), {{0, 0}}, 2, "norm", {}});
      InferOptions options{.batch = 1, .training = false, .floating = Type::f64};
      const Lowered lowered = lower(network, infer(network, options), options);
      QVERIFY(lowered.problems.empty());
      for (const Node& node : lowered.graph.nodes) QVERIFY(node.op.type().info.updates.empty());
      Interpreter run(lowered.graph, Type::f64);
      write(run, lowered.values[0][0], {7, 9});
      for (const StoredValue& s : lowered.stored) {
        if (s.name == "norm.weight") write(run, s.value, {2, 3});
        if (s.name == "norm.bias") write(run, s.value, {10, 20});
        if (s.name == "norm.running_mean") write(run, s.value, {1, 4});
        if (s.name == "norm.running_var") write(run, s.value, {4, 25});
        if (s.name == "norm.num_batches_tracked") write(run, s.value, {1});
      }
      Cpu cpu;
      run.run(cpu);
      QCOMPARE(at(run, lowered.values[1][0], 0), affine ? 16.0 : 3.0);
      QCOMPARE(at(run, lowered.values[1][0], 1), affine ? 23.0 : 1.0);
    }
  }

  void optimizers_data() { eachType(record(), "optimizers"); }
  void optimizers() {
    QFETCH(int, index);
    QFETCH(bool, isDouble);
    const Type floating = isDouble ? Type::f64 : Type::f32;
    const Json& c = record()["optimizers"][size_t(index)];
    const Op op = *opOf(c).set("group", int64_t(5));
    Graph graph;
    Builder builder(graph, kBatch, floating, true);
    const Value parameter = source(graph, infoOf(c["start"], floating)), gradient = source(graph, infoOf(c["start"], floating));
    const Value half = source(graph, {Shape{}, floating});
    Shapes shapes({graph.info(parameter), graph.info(gradient), graph.info(half)}, 0, 1, kBatch, true, floating);
    op.infer(shapes);
    std::vector<Value> inputs = {parameter, gradient, half};
    std::map<std::string, Value> states;
    for (const StoredInfo& s : shapes.stored()) {
      QVERIFY(!s.trained);
      inputs.push_back(states[s.name] = source(graph, {s.shape, s.type}));
    }
    builder.add(op, inputs);

    Interpreter run(graph, floating);
    write(run, parameter, c["start"]["values"]);
    write(run, half, {0.5});  // the factor of the gradient, which is given twice as large
    for (const auto& [name, value] : states) write(run, value, {0, 0, 0, 0, 0});
    Cpu cpu;
    for (size_t k = 0; k < 10; ++k) {
      Json twice = c["gradients"][k]["values"];
      for (Json& g : twice) g = g.get<double>() * 2;
      write(run, gradient, twice);
      run.step.step = run.step.update = k + 1;
      run.step.learningRate[5] = c["rates"][k];
      run.run(cpu);
      const QString wrong = compare(run, parameter, c["steps"][k], floating);
      QVERIFY2(wrong.isEmpty(), qPrintable(QString("step %1: ").arg(k + 1) + wrong));
    }
    QCOMPARE(states.size(), c["states"].size());
    for (const auto& [name, expected] : c["states"].items()) {
      QVERIFY2(states.contains(name), name.c_str());
      QVERIFY2(compare(run, states[name], expected, floating).isEmpty(), name.c_str());
    }
  }

  void clipping_data() { eachType(record(), "clipping"); }
  void clipping() {
    QFETCH(int, index);
    QFETCH(bool, isDouble);
    const Type floating = isDouble ? Type::f64 : Type::f32;
    const Json& c = record()["clipping"][size_t(index)];
    Graph graph;
    Builder builder(graph, kBatch, floating, true);
    // Parameters that are 0 and a rate of 1: what is left of a gradient is where its parameter goes, with the other sign.
    std::vector<Value> all, parameters, inputs = {Value{}};
    for (const Json& g : c["gradients"]) {
      all.push_back(source(graph, infoOf(g, floating))), parameters.push_back(source(graph, infoOf(g, floating)));
      inputs.insert(inputs.end(), {parameters.back(), all.back()});
    }
    OptimizerSweep byNorm = OptimizerSweep::of(Op::with("SGD"), 0), byValue = byNorm;
    byNorm.clip_norm = c["max_norm"], byValue.clip_value = 0.25;
    const Value norm = inputs[0] = builder.add(Op::with("GradientNorm"), all), clipped = source(graph, infoOf(c["gradients"][0], floating));
    builder.add(Op(byNorm), inputs);
    builder.add(Op(byValue), {norm, clipped, all[0]});
    Interpreter run(graph, floating);
    for (size_t i = 0; i < all.size(); ++i) write(run, all[i], c["gradients"][i]["values"]);
    const auto zeros = [&](Value v) { write(run, v, Json(std::vector<double>(size_t(graph.info(v).shape.elements())))); };
    for (Value v : parameters) zeros(v);
    zeros(clipped);
    run.step.learningRate[0] = 1;
    Cpu cpu;
    run.run(cpu);
    const double tolerance = isDouble ? 1e-12 : 1e-6, expected = c["norm"];
    QVERIFY(std::abs(at(run, norm, 0) - expected) <= tolerance * expected);
    for (size_t i = 0; i < all.size(); ++i)
      for (size_t j = 0; j < c["clipped"][i]["values"].size(); ++j)
        QVERIFY(std::abs(-at(run, parameters[i], j) - c["clipped"][i]["values"][j].get<double>()) <= tolerance);
    for (size_t j = 0; j < 12; ++j) QCOMPARE(-at(run, clipped, j), std::clamp(at(run, all[0], j), -0.25, 0.25));
  }

  // A class number that does not exist gives NaN for its row, and reads no memory outside of the row.
  void classOutOfRange() {
    for (const int64_t wrong : {int64_t(3), int64_t(-1), std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
      Graph graph;
      Builder builder(graph, kBatch, Type::f32, true);
      const Value x = source(graph, {Shape{2, 3}, Type::f32}), t = source(graph, {Shape{2}, Type::i64});
      const Value loss = builder.add(Op::with("CrossEntropyLoss", {{"weight", std::vector<double>{1, 2, 3}}}), {x, t});
      const Value by[] = {x};
      const Seed seed{loss, 1, {}};
      const auto gradient = gradients(builder, std::span(&seed, 1), by);
      QVERIFY(gradient.has_value());
      const Value accuracy = builder.add(Op::with("Accuracy"), {x, t});
      Interpreter run(graph, Type::f32);
      write(run, x, {1, 2, 3, 1, 2, 3});
      write(run, t, {2, wrong});
      Cpu cpu;
      run.run(cpu);
      QVERIFY(std::isnan(at(run, loss, 0)));
      QVERIFY(std::isnan(at(run, (*gradient)[0], 3)));
      QCOMPARE(at(run, accuracy, 0), 0.5);  // it counts as wrong
    }
  }

  // NaN is the largest score, the first one of several; as torch.argmax.
  void argMaxOfNaN() {
    Graph graph;
    Builder builder(graph, kBatch, Type::f32, true);
    const Value x = source(graph, {Shape{5}, Type::f32});
    const Value y = builder.add(Op::with("ArgMax"), {x});
    Interpreter run(graph, Type::f32);
    const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
    const float values[] = {1, infinity, nan, 2, nan};
    std::copy_n(values, 5, run.data<float>(x));
    Cpu cpu;
    run.run(cpu);
    QCOMPARE(at(run, y, 0), 2.0);
  }
};

QTEST_APPLESS_MAIN(TorchOpsTest)
#include "torch_ops_test.moc"
