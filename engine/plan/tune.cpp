#include "engine/plan/tune.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "engine/plan/plan.h"
#include "kernels/philox.h"

namespace engine {

using kernels::Choices;
using kernels::Cpu;
using kernels::Way;

double Tuned::secondsOf(Way way) const {
  for (const Time& time : times)
    if (time.way == way) return time.seconds;
  return 0;
}

namespace {

constexpr int kRounds = 7, kRoundsToWin = 6;
constexpr double kNoise = 0.05;  // what is faster by less is the same

double secondsNow() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Operands with numbers in them: what is subnormal or not a number takes another time.
class Memory {
 public:
  Result<float*> floats(int64_t count) {
    Arena& arena = arenas_.emplace_back();
    if (Done done = arena.reserve(count * int64_t(sizeof(float))); !done) return tl::unexpected(done.error());
    float* values = reinterpret_cast<float*>(arena.data());
    const kernels::RandomStream random(1, arenas_.size(), 0);
    constexpr int64_t kDrawn = 4096;  // then they come again
    for (int64_t i = 0; i < count; ++i) values[i] = i < kDrawn ? float(random.normal(i)) : values[i - kDrawn];
    return values;
  }
  // Several at once; none may fail.
  Result<std::vector<float*>> all(std::initializer_list<int64_t> counts) {
    std::vector<float*> each;
    for (int64_t count : counts) {
      Result<float*> values = floats(count);
      if (!values) return tl::unexpected(values.error());
      each.push_back(*values);
    }
    return each;
  }

 private:
  std::vector<Arena> arenas_;
};

// In turns, so that what the machine does beside is shared by all ways.
Tuned compare(std::string question, const std::vector<Way>& ways, const std::vector<std::function<void()>>& runs, double seconds) {
  Tuned tuned{std::move(question), {}, ways[0]};
  std::vector<int64_t> repeats;
  std::vector<int> wins(ways.size(), 0);
  for (size_t w = 0; w < ways.size(); ++w) {
    runs[w]();  // touches its memory
    const double begin = secondsNow();
    runs[w]();
    const double once = std::max(secondsNow() - begin, 1e-7);
    repeats.push_back(std::max<int64_t>(1, int64_t(seconds / kRounds / double(ways.size()) / once)));
    tuned.times.push_back({ways[w], once});
  }
  for (int round = 0; round < kRounds; ++round) {
    double rules = 0;
    for (size_t w = 0; w < ways.size(); ++w) {
      const double begin = secondsNow();
      for (int64_t i = 0; i < repeats[w]; ++i) runs[w]();
      const double each = (secondsNow() - begin) / double(repeats[w]);
      tuned.times[w].seconds = round == 0 ? each : std::min(tuned.times[w].seconds, each);
      if (w == 0) rules = each;
      wins[w] += each < rules;
    }
  }
  double least = tuned.times[0].seconds * (1 - kNoise);
  for (size_t w = 1; w < ways.size(); ++w)
    if (wins[w] >= kRoundsToWin && tuned.times[w].seconds < least) tuned.chosen = ways[w], least = tuned.times[w].seconds;
  return tuned;
}

}  // namespace

Result<Tuned> tune(Cpu& cpu, const Choices::Convolution& convolution, double seconds) {
  using kernels::ConvolutionKind;
  const kernels::ConvolutionShape& s = convolution.shape;
  const std::string question = questionOf(convolution.kind, s);
  const std::vector<Way> ways = waysOf(convolution.kind, s);
  Memory memory;
  const auto operands = memory.all({s.inputElements(), s.weightElements(), s.outChannels, s.outputElements(), s.inputElements()});
  if (!operands) return tl::unexpected(operands.error());
  float *const input = (*operands)[0], *const weight = (*operands)[1], *const bias = (*operands)[2], *const output = (*operands)[3], *const mask = (*operands)[4];
  std::vector<std::function<void()>> runs;
  for (const Way way : ways) {
    Choices forced({{question, way}});
    const Cpu maker{cpu.pool, &forced};
    const auto add = [&](auto made, auto&& run) -> Done {
      Result<float*> scratch = memory.floats(made->scratchBytes() / int64_t(sizeof(float)) + 1);
      if (!scratch) return tl::unexpected(scratch.error());
      runs.push_back([made, run, at = *scratch] { run(*made, at); });
      return {};
    };
    Done done;
    if (convolution.kind == ConvolutionKind::forward) {
      auto made = std::make_shared<kernels::ConvolutionForward<float, Cpu>>(maker, s);
      const float* read = weight;
      if (made->preparedBytes() > 0) {
        const Result<float*> prepared = memory.floats(made->preparedBytes() / int64_t(sizeof(float)) + 1);
        if (!prepared) return tl::unexpected(prepared.error());
        made->prepare(cpu, weight, *prepared);
        read = *prepared;
      }
      done = add(made, [&cpu, input, read, bias, output](const auto& c, void* scratch) { c.run(cpu, input, read, bias, output, scratch); });
    } else if (convolution.kind == ConvolutionKind::backwardData) {
      done = add(std::make_shared<kernels::ConvolutionBackwardData<float, Cpu>>(maker, s),
                 [&cpu, input, weight, mask, output](const auto& c, void* scratch) { c.run(cpu, output, weight, mask, input, scratch); });
    } else {
      done = add(std::make_shared<kernels::ConvolutionBackwardWeights<float, Cpu>>(maker, s),
                 [&cpu, input, weight, output](const auto& c, void* scratch) { c.run(cpu, input, output, weight, scratch); });
    }
    if (!done) return tl::unexpected(done.error());
  }
  return compare(question, ways, runs, seconds);
}

Result<Tuned> tune(Cpu& cpu, const kernels::ProductShape& s, double seconds) {
  const std::string question = questionOf(s);
  const std::vector<Way> ways = waysOf(s);
  const auto elements = [&](int64_t stride, int64_t matrix) { return s.batch == 1 ? matrix : stride * (s.batch - 1) + matrix; };
  Memory memory;
  const auto operands = memory.all({elements(s.strideA, s.m * s.k), elements(s.strideB, s.k * s.n), s.n, elements(s.strideC, s.m * s.n), elements(s.strideC, s.m * s.n)});
  if (!operands) return tl::unexpected(operands.error());
  std::vector<std::function<void()>> runs;
  for (const Way way : ways) {
    Choices forced({{question, way}});
    const Cpu maker{cpu.pool, &forced};
    auto made = std::make_shared<kernels::Product<float, Cpu>>(maker, s);
    const Result<float*> scratch = memory.floats(made->scratchBytes() / int64_t(sizeof(float)) + 1);
    if (!scratch) return tl::unexpected(scratch.error());
    runs.push_back([&cpu, made, o = *operands, at = *scratch] { made->run(cpu, o[0], o[1], o[2], o[3], at, o[4]); });
  }
  return compare(question, ways, runs, seconds);
}

}  // namespace engine
