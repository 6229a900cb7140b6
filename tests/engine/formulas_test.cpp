// The table of formulas: an entry for each op, in the op's own words; what it says is what the op computes, where that goes element by element;
// and what it says of ONNX is what is written.
#include <QRegularExpression>
#include <QtTest>
#include <algorithm>

#include "engine/formats/onnx/writer.h"
#include "engine/graph/formulas.h"
#include "tests/engine/formula_value.h"
#include "tests/engine/onnx_cases.h"
#include "tests/engine/op_run.h"

using namespace engine;
using engine::tests::FormulaValue;
namespace onnx = engine::formats::onnx;

namespace {

using Names = std::set<std::string>;

Names split(const std::string& text, const std::string& by) {
  Names parts;
  for (const QString& part : QString::fromStdString(text).split(QString::fromStdString(by), Qt::SkipEmptyParts)) parts.insert(part.toStdString());
  return parts;
}
QString list(const Names& names) {
  QStringList all;
  for (const std::string& name : names) all << QString::fromStdString(name);
  return all.join(", ");
}

// Ports, fields and words of choices.
Names wordsOf(const OpType& type) {
  Names words;
  for (const auto* ports : {&type.info.inputs, &type.info.outputs})
    for (const PortInfo& port : *ports) words.insert(port.name);
  for (const FieldInfo& field : fieldInfos(type)) {
    words.insert(field.name);
    words.insert(field.words.begin(), field.words.end());
  }
  return words;
}
Names storedOf(const OpType& type) {
  Names names;
  if (type.examples)
    for (const Example& example : type.examples())
      for (const StoredInfo& stored : tests::makeCase(type, example, Type::f64).stored) names.insert(stored.name);
  return names;
}

std::vector<const OpType*> shownOps() {
  std::vector<const OpType*> all;
  for (const OpType* type : allOps())
    if (*type->info.group) all.push_back(type);
  return all;
}

// The ops whose formula is calculated: of a simple form, from inputs and fields alone.
const char* const kCalculated[] = {
    "Abs",          "Acos",       "Acosh",    "Add",        "Asin",       "Asinh",     "Atan",        "Atanh",      "BCEWithLogitsLoss", "CELU",      "Ceil",
    "Clamp",        "Cos",        "Cosh",     "Divide",     "ELU",        "Equal",     "Exp",         "Floor",      "Fmod",              "GELU",      "Greater",
    "GreaterEqual", "Hardshrink", "Hardsigmoid", "Hardswish", "HuberLoss", "Identity", "IsInf",       "IsNaN",      "KLDivLoss",         "L1Loss",    "LeakyReLU",
    "Less",         "LessEqual",  "Log",      "LogicalAnd", "LogicalNot", "LogicalOr", "LogicalXor",  "MSELoss",    "Maximum",           "Minimum",   "Mish",
    "Multiply",     "Neg",        "Pow",      "ReLU",       "Reciprocal", "Remainder", "Reroute",     "Round",      "SELU",              "SiLU",      "Sigmoid",
    "Sign",         "Sin",        "Sinh",     "SmoothL1Loss", "Softplus", "Softshrink", "Softsign",   "Sqrt",       "Subtract",          "Tan",       "Tanh",
    "Threshold",    "Where"};

// Of one case; empty where the formula says what the op computes. `calculated` counts.
QString different(const OpType& type, const Example& example, const Formula& formula, int& calculated) {
  tests::OpCase c = tests::makeCase(type, example, Type::f64);
  if (!c.problems.empty() || c.outputs.empty() || c.outputs[0].shape.elements() == 0 || !type.cpuDouble.run) return {};
  for (const ValueInfo& input : c.inputs)  // all of one shape, others broadcast; whole numbers wrap around
    if (!(input.shape == c.inputs[0].shape) || !(isFloating(input.type) || input.type == Type::boolean)) return {};
  const auto inputs = tests::drawInputs(c);
  tests::OpRun run(c, type.cpuDouble);
  const std::vector<double> got = run.all(inputs).results()[0]->read();
  FormulaValue::Values values;
  std::vector<std::string> chosen;
  for (const auto& [name, value] : c.op.fields()) {
    double number = 0;
    if (const auto* real = std::get_if<double>(&value)) number = *real;
    else if (const auto* flag = std::get_if<bool>(&value)) number = *flag ? 1 : 0;
    else if (const auto* all = std::get_if<std::vector<double>>(&value)) number = !all->empty() ? all->front() : name == "min" ? -INFINITY : INFINITY;
    else if (const auto* word = std::get_if<std::string>(&value)) chosen.push_back(*word);
    if (number == 1) chosen.push_back(name);
    values[name] = [number](size_t) { return number; };
  }
  if (std::find(chosen.begin(), chosen.end(), "sum") != chosen.end() || std::find(chosen.begin(), chosen.end(), "batchmean") != chosen.end())
    return {};  // the note says them
  for (size_t i = 0; i < inputs.size(); ++i) values[type.info.inputs[i].name] = [&, i](size_t at) { return inputs[i][at]; };
  values["y"] = [&](size_t at) { return got[at]; };
  const std::string output = type.info.outputs[0].name;
  const std::string text = formula.text;
  const bool says = text.starts_with(output + " = ");
  if (says) values.erase("y");
  try {
    const FormulaValue value(text, values, chosen, inputs[0].size());
    for (size_t i = 0; i < got.size(); ++i) {
      ++calculated;
      if (!says) {
        if (!value.holds(i)) return QString("does not hold of %1 for %2").arg(got[i]).arg(inputs[0][i]);
        continue;
      }
      const double expected = value.at(output, i);
      const bool same = expected == got[i] || (std::isnan(expected) && std::isnan(got[i])) || std::fabs(expected - got[i]) <= 1e-6 * std::max(1.0, std::fabs(expected));
      if (!same) return QString("%1 where the op gives %2, for %3").arg(expected, 0, 'g', 12).arg(got[i], 0, 'g', 12).arg(inputs[0][i]);
    }
  } catch (const std::runtime_error& wrong) {
    return wrong.what();
  }
  return {};
}

// Forms that no example of an op has.
std::vector<onnx_cases::Case> furtherCases(const std::string& op) {
  if (op != "AdaptiveAvgPool2d") return {};
  onnx_cases::Case c{op, {}, 1, {std::vector<float>(2 * 4 * 6)}};
  c.network.network.nodes.push_back({Op::with("Input", {{"shape", std::vector<int64_t>{2, 4, 6}}}), {}, 1, "x"});
  c.network.network.nodes.push_back({Op::with(op, {{"output_size", std::vector<int64_t>{2, 3}}}), {{0, 0}}, 2, "node"});
  c.network.inputs = {{0, 0}};
  c.network.outputs = {{1, 0}};
  c.network.outputNames = {"node"};
  return {c};
}

}  // namespace

class FormulasTest : public QObject {
  Q_OBJECT
 private slots:
  void eachOpHasAnEntryAndNoEntryIsWithoutAnOp() {
    Names ops, entries;
    for (const OpType* type : shownOps()) ops.insert(type->info.name);
    for (const Formula& formula : formulas()) {
      entries.insert(formula.op);
      QCOMPARE(formulaOf(formula.op), &formula);
    }
    QCOMPARE(entries, ops);
    QCOMPARE(entries.size(), formulas().size());
    for (const char* none : {"", "Convolutio", "Zzz", "LinearReLU"}) QVERIFY(!formulaOf(none));
    // What computes has a formula.
    Names empty;
    for (const Formula& formula : formulas())
      if (!*formula.text) empty.insert(formula.op);
    QCOMPARE(list(empty), "BlockInput, BlockOutput, Buffer, Input, Note, Parameter, Target");
  }

  void formulasSpeakOfTheOpsOwnPortsAndFields() {
    const Names functions = {"alike", "argmax", "else", "mean", "over", "round", "sign", "size", "softmax", "tanh", "trunc"};
    const QRegularExpression word("[A-Za-z_][A-Za-z_0-9]*"), gate("^[Wb]_[ih][a-z]$");
    QStringList wrong;
    for (const OpType* type : shownOps()) {
      const Formula& formula = *formulaOf(type->info.name);
      Names known = wordsOf(*type);
      known.merge(storedOf(*type));
      for (auto it = word.globalMatch(formula.text); it.hasNext();) {
        const QString name = it.next().captured();
        if (name.size() > 3 && !gate.match(name).hasMatch() && !known.contains(name.toStdString()) && !functions.contains(name.toStdString()))
          wrong << QString("%1: %2 in the formula").arg(formula.op, name);
      }
      // Of sentences, what is written as fields are.
      known.insert("in_features");  // Linear's
      for (auto it = word.globalMatch(formula.note); it.hasNext();) {
        const QString name = it.next().captured();
        if (name.contains('_') && !gate.match(name).hasMatch() && !known.contains(name.toStdString())) wrong << QString("%1: %2 in the note").arg(formula.op, name);
      }
      const QString text(formula.text);
      if (text != text.trimmed() || text.contains("\n\n") || text.contains("  ")) wrong << QString("%1: spaces too many").arg(formula.op);
      for (const QString& line : text.split('\n'))
        if (line.size() > 105) wrong << QString("%1: a line of %2 letters").arg(formula.op).arg(line.size());
      for (const std::string& name : split(formula.torch, ", "))
        if (!QRegularExpression("^(nn|F|torch|torch\\.Tensor|nn\\.Module)\\.\\w+$|^x\\[").match(QString::fromStdString(name)).hasMatch())
          wrong << QString("%1: %2 of PyTorch").arg(formula.op, QString::fromStdString(name));
      // Modules have the names that files have.
      if (QString(formula.torch).startsWith("nn.") && !QString(formula.torch).contains("register_") && QString(formula.torch) != QString("nn.%1").arg(formula.op))
        wrong << QString("%1 is %2").arg(formula.op, formula.torch);
    }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join("; ")));
  }

  void formulasSayWhatTheOpsCompute_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : kCalculated) QTest::newRow(name) << name;
  }
  void formulasSayWhatTheOpsCompute() {
    QFETCH(QString, name);
    const OpType* type = findOp(name.toStdString());
    const Formula* formula = formulaOf(name.toStdString());
    QVERIFY(type && formula);
    int calculated = 0;
    for (const Example& example : type->examples()) {
      const QString wrong = different(*type, example, *formula, calculated);
      QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
    }
    QVERIFY2(calculated > 0, "no example");
  }

  // The examples are what onnx_test writes; the forms of three opsets, each of them written for one of the examples.
  void onnxNamesAreWhatIsWritten() {
    QStringList wrong;
    for (const OpType* type : shownOps()) {
      const Formula& formula = *formulaOf(type->info.name);
      const bool writes = onnx::findWriter(type->info.name) != nullptr;
      std::set<Names> forms, written;
      for (const std::string& form : split(formula.onnx, " | ")) forms.insert(split(form, ", "));
      if (!writes && !forms.empty()) wrong << QString("%1 is not written").arg(formula.op);
      std::vector<onnx_cases::Case> cases = onnx_cases::casesOf(*type);
      for (onnx_cases::Case& c : furtherCases(type->info.name)) cases.push_back(std::move(c));
      for (const onnx_cases::Case& c : cases)
        for (const int64_t opset : {onnx::kOldestOpset, int64_t(17), onnx::kNewestOpset})
          for (const bool anyBatch : {true, false}) {
            Store store;
            QVERIFY(onnx::fill(c.network, c.batch, store));
            onnx::WriteOptions options;
            options.opset = opset;
            if (!anyBatch) options.batch = c.batch;
            const auto model = onnx::modelOf(c.network.network, c.network.outputs, store, options);
            if (!model) continue;
            Names names;
            for (const onnx::Node& node : model->nodes)
              if (node.op != "Identity") names.insert(node.op);  // gives an output its name
            if (!names.empty()) written.insert(names);
          }
      for (const Names& names : written)
        if (!forms.contains(names)) wrong << QString("%1 is written as %2").arg(formula.op, list(names));
      for (const Names& names : forms)
        if (!written.contains(names)) wrong << QString("%1 is not written as %2").arg(formula.op, list(names));
    }
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join("; ")));
  }
};

QTEST_GUILESS_MAIN(FormulasTest)
#include "formulas_test.moc"
