// Every op × every example × every check: what an op gets for free (engine/README.md). Rows are named op/example, so
//   ops_test gradient:Softmax/2     runs one,
//   ops_test --op Softmax           runs all checks on one op.
#include <QTest>
#include <set>

#include "kernels/pool.h"
#include "tests/engine/field_check.h"
#include "tests/engine/gradient_check.h"
#include "tests/engine/op_run.h"
#include "tests/reference/allocations.h"

using namespace engine;
using namespace engine::tests;

namespace {

std::string onlyOp;  // from the command line

// Ops without an example, and why.
const std::set<std::string> kWithoutExample = {
    "Input", "Target",       // the data's values; nothing runs
    "Parameter", "Buffer", "Stored",   // values of the store; nothing runs
    "BlockInput", "BlockOutput", "Note",       // unfolding wires through them
    "Unknown"};              // stands for ops of other versions; never runs

// Ops whose element i follows from the elements i of the inputs by the same operations in every column: equal bits.
const std::set<std::string> kElementwise = {
    "ReLU", "LeakyReLU", "ELU", "GELU", "SiLU", "Sigmoid", "Tanh", "Softplus", "ReLUGradient", "LeakyReLUGradient", "ELUGradient",
    "GELUGradient", "SiLUGradient", "SigmoidGradient", "TanhGradient", "SoftplusGradient", "Dropout", "DropoutGradient", "Normal",
    "Add", "Subtract", "Multiply", "Divide", "Exp", "Log", "Sqrt"};

std::vector<const OpType*> chosenOps() {
  std::vector<const OpType*> chosen;
  for (const OpType* type : allOps())
    if (onlyOp.empty() || onlyOp == type->info.name) chosen.push_back(type);
  return chosen;
}
std::vector<Example> examplesOf(const OpType& type) { return type.examples ? type.examples() : std::vector<Example>{}; }

const char* textOf(const std::string& s) { return s.c_str(); }

double farthest(const OpRun& a, const OpRun& b) {
  double most = 0;
  const auto x = a.results(), y = b.results();
  for (size_t i = 0; i < x.size(); ++i) most = std::max(most, distance(x[i]->read(), y[i]->read(), !isFloating(y[i]->tensor.type)));
  return most;
}

}  // namespace

class OpsTest : public QObject {
  Q_OBJECT

  void rows(bool (*fits)(const OpType&, const Example&)) {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("index");
    bool any = false;
    for (const OpType* type : chosenOps()) {
      const std::vector<Example> examples = examplesOf(*type);
      for (int i = 0; i < int(examples.size()); ++i)
        if (fits(*type, examples[size_t(i)])) {
          QTest::addRow("%s/%d", type->info.name, i) << QString(type->info.name) << i;
          any = true;
        }
    }
    if (!any) QSKIP("no such example");
  }
  void opRows(bool (*fits)(const OpType&)) {
    QTest::addColumn<QString>("name");
    bool any = false;
    for (const OpType* type : chosenOps())
      if (fits(*type)) QTest::addRow("%s", type->info.name) << QString(type->info.name), any = true;
    if (!any) QSKIP("no such op");
  }
  static bool every(const OpType&, const Example&) { return true; }
  static bool everyOp(const OpType&) { return true; }

#define FETCH_TYPE                                            \
  QFETCH(QString, name);                                      \
  const OpType& type = *findOp(name.toStdString());
#define FETCH_CASE                                            \
  FETCH_TYPE                                                  \
  QFETCH(int, index);                                         \
  const Example example = examplesOf(type)[size_t(index)];

 private slots:
  // What infer() says is what run() writes: every element, nothing beside. In f32 and in f64.
  void shapes_data() { rows(every); }
  void shapes() {
    FETCH_CASE
    for (Type floating : {Type::f32, Type::f64}) {
      const OpCase c = makeCase(type, example, floating);
      for (const Problem& problem : c.problems)
        QVERIFY2(problem.severity == Severity::lint, qPrintable(QString::fromStdString(toString(problem))));
      for (const ValueInfo& output : c.outputs) QVERIFY2(output.shape.isKnown(), "an output's shape is not known");
      const Kernel<Cpu> kernel = floating == Type::f32 ? type.cpu[0] : type.cpuDouble;
      QVERIFY2(kernel.run, "no kernel");
      const auto values = drawInputs(c);
      OpRun run(c, kernel);
      run.all(values);
      QVERIFY2(run.guardsIntact(), "wrote outside of a tensor");
      // Twice from different fillings: what nobody writes stays different (a NaN may be a result).
      OpRun other(c, kernel);
      other.fill(values);
      for (const GuardedTensor& t : other.outputs()) std::memset(t.tensor.data, 0x11, size_t(t.tensor.bytes()));
      other.prepare(), other.run();
      QVERIFY2(run.bytes() == other.bytes(), "an element of the output was not written, or was read before");
      const auto updated = type.info.updates;
      for (int i = 0; i < int(c.inputs.size()); ++i)
        if (c.connected(i) && std::find(updated.begin(), updated.end(), i) == updated.end())
          QVERIFY2(run.inputs()[size_t(i)].read() == values[size_t(i)], "changed an input");
    }
  }

  void gradient_data() {
    rows([](const OpType& t, const Example& e) { return t.gradient && e.gradient && !t.info.inputs.empty(); });
  }
  void gradient() {
    FETCH_CASE
    const std::string wrong = checkGradient(type, example);
    QVERIFY2(wrong.empty(), textOf(wrong));
  }

  void gradientByParts_data() {
    rows([](const OpType& t, const Example&) { return bool(t.gradientByParts); });
  }
  void gradientByParts() {
    FETCH_CASE
    const std::string wrong = checkByParts(type, example);
    QVERIFY2(wrong.empty(), textOf(wrong));
  }

  void singleAgainstDouble_data() { rows(every); }
  void singleAgainstDouble() {
    FETCH_CASE
    const OpCase single = makeCase(type, example, Type::f32), twice = makeCase(type, example, Type::f64);
    OpRun a(single, type.cpu[int(column())]), b(twice, type.cpuDouble);
    const auto values = drawInputs(single);
    a.all(values), b.all(values);
    const double apart = farthest(a, b);
    QVERIFY2(apart <= example.tolerance, textOf("f32 and f64 differ by " + std::to_string(apart)));
  }

  void columns_data() { rows(every); }
  void columns() {
    FETCH_CASE
    const OpCase c = makeCase(type, example, Type::f32);
    const auto values = drawInputs(c);
    OpRun base(c, type.cpu[0]);
    base.all(values);
    for (int k = 1; k < kColumns; ++k) {
      if (type.cpu[k].run == type.cpu[0].run) continue;  // not built, or not for this machine
      OpRun run(c, type.cpu[k]);
      run.all(values);
      QVERIFY2(run.guardsIntact(), nameOf(Column(k)));
      QVERIFY2(farthest(run, base) <= 2 * example.tolerance, nameOf(Column(k)));
      if (kElementwise.count(type.info.name)) QVERIFY2(run.bytes() == base.bytes(), nameOf(Column(k)));
    }
  }

  // The same bits on a second run with the same memory and primitives, and on any number of threads.
  void repeats_data() { rows(every); }
  void repeats() {
    FETCH_CASE
    const OpCase c = makeCase(type, example, Type::f32);
    const auto values = drawInputs(c);
    OpRun once(c, type.cpu[int(column())]);
    once.all(values);
    const auto first = once.bytes();
    once.fill(values), once.run();
    QVERIFY2(once.bytes() == first, "a second run gives other bits");
    for (int threads : {2, 3}) {
      kernels::Pool pool(threads);
      OpRun run(c, type.cpu[int(column())], Cpu{&pool});
      run.all(values);
      QVERIFY2(run.bytes() == first, textOf(std::to_string(threads) + " threads give other bits"));
    }
  }

  void inPlace_data() {
    rows([](const OpType& t, const Example&) { return t.info.inPlace || t.info.view; });
  }
  void inPlace() {
    FETCH_CASE
    const OpCase c = makeCase(type, example, Type::f32);
    if (type.info.view) QCOMPARE(c.outputs[0].shape.elements(), c.inputs[0].shape.elements());
    else if (c.outputs[0].shape.elements() != c.inputs[0].shape.elements()) return;  // broadcast: the memory pass keeps these apart
    QCOMPARE(c.outputs[0].type, c.inputs[0].type);
    const auto values = drawInputs(c);
    OpRun apart(c, type.cpu[int(column())]), shared(c, type.cpu[int(column())]);
    shared.shareFirst();
    apart.all(values), shared.all(values);
    QVERIFY2(apart.bytes() == shared.bytes(), "in place gives other bits");
    if (type.info.view) QVERIFY2(apart.results()[0]->bytes() == apart.inputs()[0].bytes(), "a view has other values than its input");
  }

  void allocatesNothing_data() { rows(every); }
  void allocatesNothing() {
    FETCH_CASE
    const OpCase c = makeCase(type, example, Type::f32);
    OpRun run(c, type.cpu[int(column())]);
    run.all(drawInputs(c));
    reference::allocations.start();
    run.run();
    reference::allocations.stop();
    QCOMPARE(reference::allocations.ours.load(), int64_t(0));
  }

  // What stands in its place outside of training takes the same inputs and gives the same shapes.
  void evaluated_data() {
    rows([](const OpType& t, const Example&) { return bool(t.evaluated); });
  }
  void evaluated() {
    FETCH_CASE
    const OpCase trained = makeCase(type, example, Type::f32);
    const Op op = type.evaluated(trained.op.data());
    std::vector<ValueInfo> inputs = trained.inputs;
    if (op.type().info.inputs.size() < inputs.size() && !(op == trained.op)) inputs.resize(op.type().info.inputs.size());
    OpCase c{op, example, inputs, {}, {}, {}, 0};
    std::vector<ValueInfo> dataInputs = inputs;
    if (!op.type().info.variadic && dataInputs.size() > op.type().info.inputs.size()) dataInputs.resize(op.type().info.inputs.size());
    Shapes shapes(dataInputs, int(op.type().info.outputs.size()), 1, kExampleBatch, false, Type::f32);
    op.infer(shapes);
    QVERIFY(shapes.problems().empty());
    c.outputs = shapes.outputs();
    QVERIFY2(c.outputs[0].shape == trained.outputs[0].shape, "evaluation gives another shape than training");
    auto values = drawInputs(trained);
    values.resize(inputs.size());
    OpRun run(c, op.type().cpu[int(column())]);
    run.all(values);
    for (const GuardedTensor* result : run.results())
      for (double v : result->read()) QVERIFY2(std::isfinite(v), "not a number in evaluation");
  }

  void fields_data() { opRows(everyOp); }
  void fields() {
    FETCH_TYPE
    const std::string wrong = checkFields(type);
    QVERIFY2(wrong.empty(), textOf(wrong));
  }

  void mistakes_data() { opRows(everyOp); }
  void mistakes() {
    FETCH_TYPE
    if (!type.mistakes) return;
    for (const Mistake& mistake : type.mistakes()) {
      Example example;
      example.inputs = mistake.inputs, example.op = mistake.op;
      const OpCase c = makeCase(type, example, Type::f32);
      std::string all;
      for (const Problem& problem : c.problems) all += (all.empty() ? "" : "\n") + toString(problem);
      QCOMPARE(QString::fromStdString(all), QString::fromStdString(mistake.text));
    }
  }

  // Rules survive any shapes; an op that can refuse some shows how it says so.
  void anyShapes_data() { opRows(everyOp); }
  void anyShapes() {
    FETCH_TYPE
    std::vector<Op> ops = {*Op::named(type.info.name)};
    for (const Example& example : examplesOf(type)) ops.push_back(Op::of(type, example.op));
    if (type.mistakes)
      for (const Mistake& mistake : type.mistakes()) ops.push_back(Op::of(type, mistake.op));
    const bool complains = everComplains(type, ops, 500);
    if (complains && type.info.group[0]) QVERIFY2(type.mistakes && !type.mistakes().empty(), "it can refuse shapes, but has no mistakes()");
  }

  // What palette, property sheet and help page show is there.
  void explained_data() { opRows(everyOp); }
  void explained() {
    FETCH_TYPE
    QVERIFY(type.info.title && type.info.title[0]);
    QVERIFY(type.info.about && QString(type.info.about).endsWith('.'));
    for (const auto* ports : {&type.info.inputs, &type.info.outputs})
      for (const PortInfo& port : *ports) QVERIFY(port.name && port.name[0] && port.about && port.about[0]);
    QVERIFY2(!examplesOf(type).empty() || kWithoutExample.count(type.info.name), "no examples");
    QVERIFY2(!type.info.inPlace || !type.info.inputs.empty(), "in place of nothing");
  }
};

int main(int count, char** arguments) {
  QStringList rest;
  for (int i = 0; i < count; ++i)
    if (std::string(arguments[i]) == "--op" && i + 1 < count) onlyOp = arguments[++i];
    else rest.append(arguments[i]);
  if (!onlyOp.empty() && !findOp(onlyOp)) {
    std::fprintf(stderr, "no op is named %s\n", onlyOp.c_str());
    return 2;
  }
  OpsTest test;
  return QTest::qExec(&test, rest);
}
#include "ops_test.moc"
