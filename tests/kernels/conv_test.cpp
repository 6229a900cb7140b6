// Convolution and its gradients against their definition; the same bits for any number of threads; nothing of ours
// allocated.
#include "kernels/conv.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/conv_winograd.h"
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
using kernels::WinogradConvolution;
using reference::numbers;
using reference::Scratch;

namespace {

constexpr size_t guard = 16;  // elements around every result, which no kernel may touch

template <class T>
struct Pictures {
  ConvolutionShape shape;
  std::vector<T> input, weight, bias, gradient;
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
    Cpu cpu{&pool};
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

  template <class Convolution, class Run>
  QString check(const reference::Sums& expected, const Run& call) const {
    const auto count = int64_t(expected.value.size());
    const std::vector<T> result = run<Convolution>(1, count, call);
    // Sums of many terms in any order: the error grows with the root of their number. Winograd's is some times as large.
    const double allowed = (WinogradConvolution::make(kernels::ConvolutionKind::forward, shape) ? 24 : 8) * std::numeric_limits<T>::epsilon();
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
