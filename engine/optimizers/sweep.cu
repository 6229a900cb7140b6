#include "engine/optimizers/sweep.h"

#include <algorithm>
#include <cmath>

#include "kernels/map.h"
#include "kernels/scratch.h"
#include "kernels/total.h"

namespace engine {

namespace {
constexpr int64_t kBlock = 8192;       // elements at a time on the CPU: 32 KiB of the gradient
constexpr int64_t kMostMoments = 3;
constexpr double kNormGuard = 1e-6;    // PyTorch's: the factor is max_norm / (norm + 1e-6), at most 1

template <class T, class Device>
const Kernel<Device>& optimizerKernel(const OpType& type) {
  if constexpr (std::is_same_v<Device, Cuda>) return type.cuda;
  else if constexpr (std::is_same_v<T, double>) return type.cpuDouble;
  else return type.cpu[int(column())];
}

template <class T>
struct ClippedTo {
  const T* from;
  T* to;
  T most;
  BOTH void operator()(int64_t i) const {
    const T v = from[i];
    to[i] = v > most ? most : v < -most ? -most : v;  // NaN stays NaN
  }
};
}  // namespace

// Where each parameter's elements begin when all lie behind one another.
struct SweepOrder {
  std::vector<int64_t> begins = {0};
  int64_t all() const { return begins.back(); }
  // Calls f(parameter, first element, elements) for the parts of [begin, end), none longer than `most`.
  template <class F>
  void each(int64_t begin, int64_t end, int64_t most, const F& f) const {
    size_t p = size_t(std::upper_bound(begins.begin(), begins.end(), begin) - begins.begin()) - 1;
    for (; begin < end; ++p)
      while (begin < std::min(end, begins[p + 1])) {
        const int64_t count = std::min({most, end - begin, begins[p + 1] - begin});
        f(int(p), begin - begins[p], count);
        begin += count;
      }
  }
};

template <class T, class Device>
class OptimizerSweep::Sweep {
 public:
  Sweep(const OptimizerSweep& op, const Call& call, const SweepOrder& order)
      : op_(op), call_(call), order_(order), slices_(order.all(), kernels::kMapGrain), room_(call.scratch) {
    const bool cpu = std::is_same_v<Device, Cpu>;
    sums_ = room_.take<double>(cpu ? slices_.number : parameters());
    parts_ = room_.take<double>(cpu ? 0 : kernels::kTotalParts);
    factor_ = room_.take<T>(1);
    int64_t longest = 0;
    for (int p = 0; p < parameters(); ++p) longest = std::max(longest, order.begins[size_t(p) + 1] - order.begins[size_t(p)]);
    block_ = cpu ? std::min(kBlock, longest) : longest;
    clipped_ = room_.take<T>(op.clip_value > 0 ? block_ * (cpu ? slices_.number : 1) : 0);
  }
  int64_t bytes() const { return room_.bytes; }

  void run(Cpu& cpu) {
    const bool normFirst = op_.clip_norm > 0;
    if (normFirst) {
      eachSlice(cpu, [&](int, int p, int64_t from, int64_t count) { return squares(p, from, count); });
      finish(cpu, slices_.number);
    }
    eachSlice(cpu, [&](int slice, int p, int64_t from, int64_t count) {
      const double sum = normFirst ? 0 : squares(p, from, count);
      Cpu alone;
      step(alone, p, from, count, clipped_ + slice * block_);
      return sum;
    }, !normFirst);
    if (!normFirst) finish(cpu, slices_.number);
  }

#ifdef KERNELS_CUDA
  void run(Cuda& cuda) {
    for (int p = 0; p < parameters(); ++p) {
      const T* g = gradient(p);
      double* square = sums_ + p;
      kernels::total(cuda, elements(p), parts_, [=] BOTH(int64_t i) { return double(g[i]) * double(g[i]); },
                     [=] BOTH(double sum) { *square = sum; });
    }
    finish(cuda, parameters());
    for (int p = 0; p < parameters(); ++p) step(cuda, p, 0, elements(p), clipped_);
  }
#endif

 private:
  int each() const { return 2 + int(op_.moments); }
  int parameters() const { return call_.inputCount / each(); }
  int64_t elements(int p) const { return order_.begins[size_t(p) + 1] - order_.begins[size_t(p)]; }
  const T* gradient(int p) const { return call_.in<T>(p * each() + 1); }

  // f(slice, parameter, first element, elements) gives a sum of squares; those of a slice are added up.
  template <class F>
  void eachSlice(Cpu& cpu, const F& f, bool keeps = true) {
    kernels::forSlices(cpu, slices_.number, [&](int slice) {
      double sum = 0;
      order_.each(slices_.begin(slice), slices_.begin(slice + 1), kBlock,
                  [&](int p, int64_t from, int64_t count) { sum += f(slice, p, from, count); });
      if (keeps) sums_[slice] = sum;
    });
  }
  double squares(int p, int64_t from, int64_t count) const {
    constexpr int lanes = 32;  // so that no addition waits for the one before
    const T* g = gradient(p) + from;
    double sums[lanes] = {}, sum = 0;
    const int64_t whole = count / lanes * lanes;
    for (int64_t i = 0; i < whole; i += lanes) {
#pragma omp simd
      for (int l = 0; l < lanes; ++l) sums[l] += double(g[i + l]) * double(g[i + l]);
    }
    for (int64_t i = whole; i < count; ++i) sums[i - whole] += double(g[i]) * double(g[i]);
    for (const double part : sums) sum += part;
    return sum;
  }
  void finish(Device& device, int count) const {
    const double* sums = sums_;
    T *norm = call_.out<T>(0), *factor = factor_;
    const T most = T(op_.clip_norm), guard = T(kNormGuard);
    kernels::map(device, 1, [=] BOTH(int64_t) {
      double sum = 0;
      for (int i = 0; i < count; ++i) sum += sums[i];
      *norm = T(::sqrt(sum));
      const T f = most / (*norm + guard);
      *factor = f > 1 ? T(1) : f;  // NaN stays NaN
    });
  }
  // The optimizer's own kernel on a part of a parameter.
  void step(Device& device, int p, int64_t from, int64_t count, T* clipped) const {
    Tensor in[3 + kMostMoments];
    const auto part = [&](int input) {
      const Tensor& whole = call_.in(p * each() + input);
      return Tensor{static_cast<T*>(whole.data) + from, Shape{count}, whole.type};
    };
    in[0] = part(0), in[1] = part(1);
    if (op_.clip_value > 0) {
      kernels::map(device, count, ClippedTo<T>{call_.in<T>(p * each() + 1) + from, clipped, T(op_.clip_value)});
      in[1].data = clipped;
    }
    if (op_.clip_norm > 0) in[2] = {factor_, Shape{}, in[0].type};
    for (int m = 0; m < int(op_.moments); ++m) in[3 + m] = part(2 + m);
    Call one;
    one.inputs = in, one.inputCount = 3 + int(op_.moments);
    one.step = call_.step;
    const Op& optimizer = op_.optimizer.front();
    optimizerKernel<T, Device>(optimizer.type()).run(device, optimizer.data(), one);
  }

  const OptimizerSweep& op_;
  const Call& call_;
  const SweepOrder& order_;
  kernels::Slices slices_;
  kernels::Scratch room_;
  double *sums_, *parts_;
  T *factor_, *clipped_;
  int64_t block_ = 0;
};

template <class T, class Device>
void OptimizerSweep::prepare(Device&, Preparation& p) const {
  const auto order = std::make_shared<SweepOrder>();
  for (int i = 0; i < p.call.inputCount; i += 2 + int(moments)) order->begins.push_back(order->all() + p.call.in(i).elements());
  p.scratchBytes = Sweep<T, Device>(*this, p.call, *order).bytes();
  p.kept = order;
}

template <class T, class Device>
void OptimizerSweep::run(Device& device, const Call& call) const {
  Sweep<T, Device>(*this, call, call.kept<SweepOrder>()).run(device);
}

#ifndef NETWRIGHT_KERNELS_ONLY
OptimizerSweep OptimizerSweep::of(const Op& optimizer, int64_t moments) {
  OptimizerSweep sweep;
  sweep.optimizer = {optimizer};
  sweep.optimizer_hash = int64_t(optimizer.hash());
  sweep.moments = moments;
  return sweep;
}

void OptimizerSweep::fields(OptimizerSweep& op, FieldVisitor& f) {
  f.integer("optimizer_hash", op.optimizer_hash, {}, "Which optimizer, with its fields.");
  f.integer("moments", op.moments, between(0, kMostMoments), "How many averages a parameter has.");
  f.real("clip_norm", op.clip_norm, atLeast(0), "How long all gradients together may be; 0: any length.");
  f.real("clip_value", op.clip_value, atLeast(0), "The largest number of a gradient; 0: any.");
}

void OptimizerSweep::infer(Shapes& s) const {
  const int each = 2 + int(moments);
  for (int i = 0; i < s.inputs(); ++i) {
    const Shape& parameter = s.in(i / each * each);
    if (!s.require(mayEqual(parameter, s.in(i)), Place::input(i), Message("numbers like the parameter, {0}", parameter), s.in(i))) return;
  }
  s.out(0, {});
}

void OptimizerSweep::examples(Examples<OptimizerSweep>& e) {
  const auto with = [](const Op& op, int64_t moments, double norm, double value) {
    OptimizerSweep sweep = of(op, moments);
    sweep.clip_norm = norm, sweep.clip_value = value;
    return sweep;
  };
  const Op adam = Op::with("Adam"), momentum = Op::with("SGD", {{"momentum", 0.9}}), plain = Op::with("SGD");
  e.add(with(adam, 2, 0, 0), {{3, 4}, {3, 4}, {3, 4}, {3, 4}, {5}, {5}, {5}, {5}}).range(0.1, 1).withoutGradient();
  e.add(with(adam, 2, 0.5, 0), {{17000}, {17000}, {17000}, {17000}, {0}, {0}, {0}, {0}, {40, 500}, {40, 500}, {40, 500}, {40, 500}})
      .range(0.1, 1).withoutGradient();
  e.add(with(momentum, 1, 0, 0.25), {{9000}, {9000}, {9000}, {31000}, {31000}, {31000}, {}, {}, {}}).withoutGradient();
  e.add(with(plain, 0, 0.5, 0.25), {{7}, {7}, {2, 3}, {2, 3}}).withoutGradient();
  e.add(with(plain, 0, 0, 0), {{7}, {7}}).withoutGradient();
}

void OptimizerSweep::mistakes(Mistakes<OptimizerSweep>& m) {
  m.add(of(Op::with("SGD"), 0), {{3}, {4}}, "needs numbers like the parameter, 3 numbers, but got 4 numbers");
}
#endif

Info OptimizerSweep::info() {
  return {.name = "OptimizerSweep",
          .group = "",
          .title = "Optimizer",
          .about = "Every parameter's step, and the length of all gradients together.",
          .inputs = {{"value", "a parameter, its gradient, its averages; and again"}},
          .outputs = {{"norm", "of all gradients before clipping, a single number"}},
          .variadic = true,
          .updates = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};  // gradients are not
}

OpFile sweep_file() { return ops<OptimizerSweep>(); }

}  // namespace engine
