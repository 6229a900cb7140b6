// Convolution and its gradients against their definition; the same bits for any number of threads; nothing of ours
// allocated.
#include "kernels/conv.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/choices.h"
#include "kernels/pool.h"
#include "tests/reference/allocations.h"
#include "tests/reference/convolution.h"
#include "tests/reference/convolution_cases.h"
#include "tests/reference/memory.h"

using kernels::ConvolutionBackwardData;
using kernels::ConvolutionBackwardWeights;
using kernels::ConvolutionForward;
using kernels::ConvolutionShape;
using kernels::Cpu;
using kernels::Layout;
using kernels::Pool;
using kernels::Choices;
using kernels::ChoiceTable;
using kernels::ConvolutionKind;
using kernels::Way;
using reference::numbers;
using reference::Scratch;

namespace {

constexpr size_t guard = 16;  // elements around every result, which no kernel may touch

template <class T>
struct Pictures {
  ConvolutionShape shape;
  std::vector<T> input, weight, bias, gradient;
  ChoiceTable table = {};  // ways that are not the rules'
  double winogradEpsilons = 24;
  explicit Pictures(const ConvolutionShape& s)
      : shape(s),
        input(numbers<T>(s.inputElements(), 1)),
        weight(numbers<T>(s.weightElements(), 2)),
        bias(numbers<T>(s.outChannels, 3)),
        gradient(numbers<T>(s.outputElements(), 4)) {}

  // Runs `Convolution` twice on `threads` threads, the second time on the scratch memory that the first left behind.
  template <class Convolution, class Run>
  std::vector<T> run(int threads, int64_t count, const Run& call) const {
    Pool pool(threads);
    Choices choices(table);
    Cpu cpu{&pool, &choices};
    const Convolution convolution(cpu, shape);
    const Scratch scratch(convolution.scratchBytes());
    std::vector<T> result(size_t(count) + 2 * guard, T(77)), again = result;
    call(convolution, cpu, result.data() + guard, scratch.memory.get());
    call(convolution, cpu, again.data() + guard, scratch.memory.get());
    if (!scratch.kept()) throw std::runtime_error("wrote beyond the scratch memory");
    if (std::memcmp(result.data(), again.data(), result.size() * sizeof(T)))
      throw std::runtime_error("the second run gives other bits");
    return result;
  }

  // Whether any of the three may go that way.
  bool byWinograd() const {
    for (const ConvolutionKind kind : {ConvolutionKind::forward, ConvolutionKind::backwardData, ConvolutionKind::backwardWeights}) {
      const std::vector<Way> ways = waysOf(kind, shape);
      const auto told = table.find(questionOf(kind, shape));
      if (!ways.empty() && (told == table.end() ? ways[0] : told->second) == Way::winograd) return true;
    }
    return false;
  }

  template <class Convolution, class Run>
  QString check(const reference::Sums& expected, const Run& call) const {
    const auto count = int64_t(expected.value.size());
    const std::vector<T> result = run<Convolution>(1, count, call);
    // Sums of many terms in any order: the error grows with the root of their number. Winograd's is some times as large.
    const double allowed = (byWinograd() ? winogradEpsilons : 8) * std::numeric_limits<T>::epsilon();
    for (size_t i = 0; i < size_t(count); ++i)
      if (!(std::abs(double(result[guard + i]) - expected.value[i]) <= allowed * expected.size[i]))
        return QString("element %1 is %2, not %3").arg(i).arg(double(result[guard + i])).arg(expected.value[i]);
    for (size_t i = 0; i < guard; ++i)
      if (result[i] != T(77) || result[result.size() - 1 - i] != T(77)) return "wrote beside the result";
    for (const int threads : {2, 3}) {
      const std::vector<T> other = run<Convolution>(threads, count, call);
      if (std::memcmp(other.data(), result.data(), result.size() * sizeof(T)))
        return QString("%1 threads give other bits").arg(threads);
    }
    return "";
  }

  QString check() const {
    QString wrong = check<ConvolutionForward<T, Cpu>>(
        reference::convolution<T>(shape, input.data(), weight.data(), bias.data()),
        [&](const auto& c, Cpu& cpu, T* out, void* scratch) {
          c.run(cpu, input.data(), weight.data(), shape.bias ? bias.data() : nullptr, out, scratch);
        });
    if (!wrong.isEmpty()) return "forward: " + wrong;
    wrong = check<ConvolutionBackwardData<T, Cpu>>(reference::inputGradient<T>(shape, gradient.data(), weight.data(), input.data()),
                                                   [&](const auto& c, Cpu& cpu, T* out, void* scratch) {
                                                     c.run(cpu, gradient.data(), weight.data(), input.data(), out, scratch);
                                                   });
    if (!wrong.isEmpty()) return "backward data: " + wrong;
    wrong =
        check<ConvolutionBackwardWeights<T, Cpu>>(reference::weightGradient<T>(shape, input.data(), gradient.data()),
                                                  [&](const auto& c, Cpu& cpu, T* out, void* scratch) {
                                                    c.run(cpu, input.data(), gradient.data(), out, scratch);
                                                  });
    return wrong.isEmpty() ? wrong : "backward weights: " + wrong;
  }
};

}  // namespace

class ConvTest : public QObject {
  Q_OBJECT

 private slots:
  void equalsTheDefinition_data() {
    QTest::addColumn<int>("index");
    for (size_t i = 0; i < reference::convolutionCases().size(); ++i)
      QTest::newRow(reference::convolutionCases()[i].name) << int(i);
  }
  void equalsTheDefinition() {
    QFETCH(int, index);
    for (const Layout layout : {Layout::canonical, Layout::channelsLast})
      for (const bool bias : {false, true}) {
        ConvolutionShape shape = reference::convolutionCases()[size_t(index)].shape;
        shape.layout = layout;
        shape.bias = bias;
        shape.relu = bias;
        const bool large =
            double(shape.weightElements()) * double(shape.outputElements()) > 1e6 * double(shape.outChannels);
        if (large && !bias) continue;  // the definition takes its time
        const bool one = reference::convolutionCases()[size_t(index)].floatChannelsLastOnly;
        if (one && layout == Layout::canonical) continue;
        const char* name = layout == Layout::canonical ? "canonical " : "channels last ";
        const QString wrong = Pictures<float>(shape).check();
        QVERIFY2(wrong.isEmpty(), qPrintable(QString("float ") + name + wrong));
        if (one) continue;
        const QString wrongDouble = Pictures<double>(shape).check();
        QVERIFY2(wrongDouble.isEmpty(), qPrintable(QString("double ") + name + wrongDouble));
      }
  }

  // Whatever the rules say: each way that can do a convolution or a gradient of it gives what its definition says.
  void everyWayEqualsTheDefinition_data() { equalsTheDefinition_data(); }
  void everyWayEqualsTheDefinition() {
    QFETCH(int, index);
    const reference::ConvolutionCase& one = reference::convolutionCases()[size_t(index)];
    constexpr ConvolutionKind kinds[] = {ConvolutionKind::forward, ConvolutionKind::backwardData, ConvolutionKind::backwardWeights};
    ConvolutionShape shape = one.shape;
    shape.layout = Layout::channelsLast;
    shape.bias = shape.relu = true;
    for (const Way way : {Way::direct, Way::winograd, Way::product}) {
      Pictures<float> pictures(shape);
      pictures.winogradEpsilons = 64;  // beside sums of a single channel the pixels of a tile are many
      for (const ConvolutionKind kind : kinds)
        if (const auto ways = waysOf(kind, shape); std::find(ways.begin() + (ways.empty() ? 0 : 1), ways.end(), way) != ways.end())
          pictures.table[questionOf(kind, shape)] = way;
      if (pictures.table.empty()) continue;  // the rules' way is the other test's
      const QString wrong = pictures.check();
      QVERIFY2(wrong.isEmpty(), qPrintable(QString("%1: %2").arg(nameOf(way), wrong)));
    }
  }

  // Weights that were put in order once give the bits that they give when each run does it.
  void preparedWeightsGiveTheSameBits() {
    int prepared = 0;
    for (const reference::ConvolutionCase& one : reference::convolutionCases())
      for (const Way way : {Way::direct, Way::winograd, Way::product}) {
        ConvolutionShape plain = one.shape;
        plain.layout = Layout::channelsLast;
        plain.bias = plain.relu = true;
        ConvolutionShape ordered = plain;
        ordered.prepared = true;
        if (const auto ways = waysOf(ConvolutionKind::forward, plain); std::find(ways.begin(), ways.end(), way) == ways.end()) continue;
        Choices choices({{questionOf(ConvolutionKind::forward, plain), way}, {questionOf(ConvolutionKind::forward, ordered), way}});
        Cpu cpu{nullptr, &choices};
        const Pictures<float> p(plain);
        const ConvolutionForward<float, Cpu> forward(cpu, plain), ready(cpu, ordered);
        QCOMPARE(forward.preparedBytes(), 0);
        const int64_t bytes = ready.preparedBytes();
        prepared += bytes > 0;
        QVERIFY(way == Way::direct || bytes > 0 || plain.batch * plain.outHeight() * plain.outWidth() > 16384);
        const Scratch scratch(forward.scratchBytes()), less(ready.scratchBytes()), weights(std::max<int64_t>(bytes, 64));
        QVERIFY(ready.scratchBytes() <= forward.scratchBytes());
        const auto* weight = p.weight.data();
        if (bytes) ready.prepare(cpu, p.weight.data(), weights.memory.get()), weight = reinterpret_cast<const float*>(weights.memory.get());
        std::vector<float> expected(p.gradient.size()), got(p.gradient.size());
        forward.run(cpu, p.input.data(), p.weight.data(), p.bias.data(), expected.data(), scratch.memory.get());
        ready.run(cpu, p.input.data(), weight, p.bias.data(), got.data(), less.memory.get());
        QVERIFY2(got == expected, one.name);
        QVERIFY(scratch.kept() && less.kept() && weights.kept());
      }
    QVERIFY(prepared > 30);
  }

  // The rules at their bounds, and measured answers before them.
  void rulesAndChoices() {
    const auto ruleOf = [](const ConvolutionShape& shape) { return waysOf(ConvolutionKind::forward, shape)[0]; };
    const auto shapeOf = [](int64_t batch, int64_t channels, int64_t outChannels, int64_t side) {
      return ConvolutionShape{.batch = batch, .channels = channels, .height = side, .width = side, .outChannels = outChannels, .kernelHeight = 3, .kernelWidth = 3,
                              .paddingTop = 1, .paddingLeft = 1, .paddingBottom = 1, .paddingRight = 1, .layout = Layout::channelsLast};
    };
    QCOMPARE(ruleOf(shapeOf(16, 32, 32, 8)), Way::winograd);   // 64 tiles
    QCOMPARE(ruleOf(shapeOf(15, 32, 32, 8)), Way::direct);     // 60
    QCOMPARE(ruleOf(shapeOf(16, 16, 48, 8)), Way::winograd);   // 768 pairs
    QCOMPARE(ruleOf(shapeOf(16, 16, 47, 8)), Way::direct);
    QCOMPARE(ruleOf(shapeOf(16, 15, 64, 8)), Way::direct);     // 15 channels
    QCOMPARE(ruleOf(shapeOf(64, 32, 32, 7)), Way::winograd);   // 64 places for 49
    QCOMPARE(ruleOf(shapeOf(64, 32, 32, 6)), Way::direct);     // 64 places for 36
    // With weights that are prepared, few tiles pay, unless those weights are many.
    const auto readyRuleOf = [&](ConvolutionShape shape) {
      shape.prepared = true;
      return ruleOf(shape);
    };
    QCOMPARE(readyRuleOf(shapeOf(1, 64, 64, 8)), Way::winograd);     // 4 tiles
    QCOMPARE(readyRuleOf(shapeOf(3, 64, 64, 4)), Way::direct);       // 3
    QCOMPARE(readyRuleOf(shapeOf(1, 256, 256, 14)), Way::direct);    // 16 tiles, and 9 MiB of patterns
    QCOMPARE(readyRuleOf(shapeOf(3, 256, 256, 16)), Way::winograd);  // 48
    QCOMPARE(readyRuleOf(shapeOf(1, 16, 16, 32)), Way::winograd);    // 64 tiles
    QCOMPARE(readyRuleOf(shapeOf(3, 16, 16, 32)), Way::direct);      // 192
    ConvolutionShape other = shapeOf(16, 32, 32, 8);
    for (int64_t ConvolutionShape::*field : {&ConvolutionShape::strideHeight, &ConvolutionShape::dilationWidth, &ConvolutionShape::groups, &ConvolutionShape::kernelWidth}) {
      ConvolutionShape changed = other;
      changed.*field = 2;
      QCOMPARE(ruleOf(changed), Way::direct);
    }
    other.layout = Layout::canonical;
    QCOMPARE(ruleOf(other), Way::direct);
    QVERIFY(waysOf(ConvolutionKind::forward, shapeOf(0, 32, 32, 8)).empty());

    const ConvolutionShape shape = shapeOf(16, 32, 32, 8);
    QCOMPARE(questionOf(ConvolutionKind::backwardData, shape), "conv2d backward data 16x32x8x8 to 32x8x8, window 3x3, padding 1x1x1x1");
    ConvolutionShape rectified = shape;
    rectified.relu = rectified.bias = true;
    QCOMPARE(questionOf(ConvolutionKind::forward, rectified), questionOf(ConvolutionKind::forward, shape));
    Choices choices({{questionOf(ConvolutionKind::forward, shape), Way::product},
                     {questionOf(ConvolutionKind::backwardData, shape), Way::winograd},     // the rule's: nothing that differs
                     {questionOf(ConvolutionKind::backwardWeights, shape), Way::tiles},     // none of a convolution
                     {"conv2d forward of nobody", Way::direct}});
    for (int i = 0; i < 2; ++i) {
      QCOMPARE(choices.choose(ConvolutionKind::forward, shape), Way::product);
      QCOMPARE(choices.choose(ConvolutionKind::backwardData, shape), Way::winograd);
      QCOMPARE(choices.choose(ConvolutionKind::backwardWeights, shape), Way::winograd);
    }
    QCOMPARE(choices.convolutions().size(), size_t(3));
    QCOMPARE(choices.inEffect(), (ChoiceTable{{questionOf(ConvolutionKind::forward, shape), Way::product}}));
    QCOMPARE(choices.notFollowed().size(), size_t(1));
    QCOMPARE(*choices.notFollowed().begin(), questionOf(ConvolutionKind::backwardWeights, shape));
    for (const Way way : {Way::direct, Way::winograd, Way::product, Way::tiles, Way::library}) QVERIFY(kernels::wayNamed(nameOf(way)) == way);
    QVERIFY(!kernels::wayNamed("magic"));
  }

  // A network that diverges must show it: what is not a number stays so, whoever sets the rest to 0.
  void reluKeepsNaN() {
    for (const int64_t channels : {int64_t(3), int64_t(16)})
      for (const Layout layout : {Layout::canonical, Layout::channelsLast}) {
        const ConvolutionShape shape{.batch = 2, .channels = channels, .height = 9, .width = 9, .outChannels = 16, .kernelHeight = 3, .kernelWidth = 3, .bias = true, .relu = true, .layout = layout};
        Pictures<float> pictures(shape);
        pictures.bias[5] = std::numeric_limits<float>::quiet_NaN();
        Cpu cpu;
        const ConvolutionForward<float, Cpu> convolution(cpu, shape);
        const Scratch scratch(convolution.scratchBytes());
        std::vector<float> out(size_t(shape.outputElements()));
        convolution.run(cpu, pictures.input.data(), pictures.weight.data(), pictures.bias.data(), out.data(), scratch.memory.get());
        QCOMPARE(std::count_if(out.begin(), out.end(), [](float v) { return std::isnan(v); }), int64_t(out.size()) / 16);
      }
  }

  void outSizesArePyTorchs() {
    QCOMPARE(ConvolutionShape::outSize(28, 0, 3, 1, 1), 26);
    QCOMPARE(ConvolutionShape::outSize(32, 2, 3, 2, 1), 16);
    QCOMPARE(ConvolutionShape::outSize(7, 4, 3, 2, 2), 4);
    QCOMPARE(ConvolutionShape::outSize(2, 0, 3, 1, 1), 0);
  }

  void runAllocatesNothingOfOurs() {
    const ConvolutionShape shape{.batch = 16,
                                 .channels = 16,
                                 .height = 13,
                                 .width = 13,
                                 .outChannels = 32,
                                 .kernelHeight = 3,
                                 .kernelWidth = 3,
                                 .bias = true};
    Pool pool(2);
    Cpu cpu{&pool};
    const Pictures<float> x(shape);
    const Pictures<double> y(shape);
    const ConvolutionForward<float, Cpu> forward(cpu, shape);
    const ConvolutionBackwardData<float, Cpu> data(cpu, shape);
    const ConvolutionBackwardWeights<float, Cpu> weights(cpu, shape);
    const ConvolutionForward<double, Cpu> forwardDouble(cpu, shape);
    const ConvolutionBackwardWeights<double, Cpu> weightsDouble(cpu, shape);
    const Scratch scratch(std::max({forward.scratchBytes(), data.scratchBytes(), weights.scratchBytes(),
                                    forwardDouble.scratchBytes(), weightsDouble.scratchBytes()}));
    void* memory = scratch.memory.get();
    std::vector<float> out(x.gradient.size()), in(x.input.size()), w(x.weight.size());
    std::vector<double> outDouble(out.size()), wDouble(w.size());
    int64_t before = -1;
    for (int run = 0; run < 3; ++run) {
      reference::allocations.start();
      forward.run(cpu, x.input.data(), x.weight.data(), x.bias.data(), out.data(), memory);
      data.run(cpu, x.gradient.data(), x.weight.data(), nullptr, in.data(), memory);
      weights.run(cpu, x.input.data(), x.gradient.data(), w.data(), memory);
      const int64_t library = reference::allocations.library;
      forwardDouble.run(cpu, y.input.data(), y.weight.data(), y.bias.data(), outDouble.data(), memory);
      weightsDouble.run(cpu, y.input.data(), y.gradient.data(), wDouble.data(), memory);
      reference::allocations.stop();
      QCOMPARE(reference::allocations.ours.load(), 0);
      QCOMPARE(reference::allocations.library.load(), library);
      if (run > 0) QCOMPARE(library, before);  // fixed for each primitive
      QVERIFY(library > 0);
      before = library;
    }
    qInfo("oneDNN's own small allocations in the three: %lld", static_cast<long long>(before));
  }
};

QTEST_APPLESS_MAIN(ConvTest)
#include "conv_test.moc"
