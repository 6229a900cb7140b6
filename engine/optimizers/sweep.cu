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

// Functors rather than lambdas: nvcc takes none inside of `if constexpr`, private functions or other lambdas.
template <class T>
struct SquareOf {
  const T* g;
  BOTH double operator()(int64_t i) const { return double(g[i]) * double(g[i]); }
};
struct StoredSum {
  double* to;
  BOTH void operator()(double sum) const { *to = sum; }
};
template <class T>
struct RootOfSums {
  const double* sums;
  int count;
  T* norm;
  BOTH void operator()(int64_t) const {
    double sum = 0;
    for (int k = 0; k < count; ++k) sum += sums[k];
    *norm = T(::sqrt(sum));
  }
};
template <class T>
struct FactorOfNorm {
  const T* norm;
  T most, guard;
  T* factor;
  BOTH void operator()(int64_t) const {
    const T f = most / (*norm + guard);
    *factor = f > 1 ? T(1) : f;  // NaN stays NaN
  }
};
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

int64_t SweepOrder::longest() const {
  int64_t most = 0;
  for (int p = 0; p < parameters(); ++p) most = std::max(most, elements(p));
  return most;
}
template <class F>
void SweepOrder::each(int64_t begin, int64_t end, int64_t most, const F& f) const {
  size_t p = size_t(std::upper_bound(begins.begin(), begins.end(), begin) - begins.begin()) - 1;
  for (; begin < end; ++p)
    while (begin < std::min(end, begins[p + 1])) {
      const int64_t count = std::min({most, end - begin, begins[p + 1] - begin});
      f(int(p), begin - begins[p], count);
      begin += count;
    }
}

// ------------------------------------------------------------------------ norm ----

// sqrt(sum of squares over all elements of all gradients), as torch.nn.utils.clip_grad_norm_ finds it. The sum is made in double
// and in an order that depends on the shapes alone.
struct GradientNorm {
  static Info info() {
    return {.name = "GradientNorm",
            .group = "",
            .title = "Norm of the gradient",
            .about = "The length of all gradients together.",
            .inputs = {{"gradient", "of a parameter"}},
            .outputs = {{"norm", "a single number"}},
            .variadic = true};
  }
  void infer(Shapes& s) const { s.out(0, {}); }

  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    const auto order = std::make_shared<SweepOrder>();
    for (int i = 0; i < p.call.inputCount; ++i) order->append(p.call.in(i).elements());
    kernels::Scratch scratch;
    if (std::is_same_v<Device, Cpu>) scratch.take<double>(kernels::Slices(order->all(), kernels::kMapGrain).number);
    else scratch.take<double>(kernels::kTotalParts), scratch.take<double>(p.call.inputCount);
    p.scratchBytes = scratch.bytes;
    p.kept = order;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    kernels::Scratch scratch(call.scratch);
    int count = call.inputCount;
    double* sums;
    if constexpr (std::is_same_v<Device, Cpu>) {
      const auto& order = call.kept<SweepOrder>();
      const kernels::Slices slices(order.all(), kernels::kMapGrain);
      count = slices.number;
      sums = scratch.take<double>(count);
      kernels::forSlices(device, count, [&](int slice) {
        double sum = 0;
        order.each(slices.begin(slice), slices.begin(slice + 1), kBlock,
                   [&](int p, int64_t from, int64_t elements) { sum += squares(call.in<T>(p) + from, elements); });
        sums[slice] = sum;
      });
    } else {
      double* parts = scratch.take<double>(kernels::kTotalParts);
      sums = scratch.take<double>(count);
      for (int k = 0; k < count; ++k) {
        kernels::total(device, call.in(k).elements(), parts, SquareOf<T>{call.in<T>(k)}, StoredSum{sums + k});
      }
    }
    kernels::map(device, 1, RootOfSums<T>{sums, count, call.out<T>(0)});
  }

  static void examples(Examples<GradientNorm>& e) {
    e.add({}, {{3}}).withoutGradient();
    e.add({}, {{4, 5}, {}, {0}, {17000}, {2, 1, 3}, {40, 500}}).withoutGradient();
  }

 private:
  template <class T>
  static double squares(const T* g, int64_t count) {
    constexpr int lanes = 32;  // so that no addition waits for the one before
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
};

// ----------------------------------------------------------------------- steps ----

// Inputs are the norm; then each parameter, its gradient, its moments.
template <class T>
struct OptimizerSweep::Room {
  kernels::Scratch scratch;
  T* factor;  // that clips by the norm
  int64_t block;
  T* clipped;  // a block of clipped gradients for each slice
  Room(void* memory, const OptimizerSweep& op, const SweepOrder& order, int slices, int64_t mostAtOnce)
      : scratch(memory), factor(scratch.take<T>(1)), block(std::min(mostAtOnce, order.longest())),
        clipped(scratch.take<T>(op.clip_value > 0 ? block * slices : 0)) {}
};

template <class T, class Device>
void OptimizerSweep::prepare(Device&, Preparation& p) const {
  const auto order = std::make_shared<SweepOrder>();
  for (int i = 1; i < p.call.inputCount; i += 2 + int(moments)) order->append(p.call.in(i).elements());
  const bool cpu = std::is_same_v<Device, Cpu>;
  const int slices = cpu ? kernels::Slices(order->all(), kernels::kMapGrain).number : 1;
  p.scratchBytes = Room<T>(nullptr, *this, *order, slices, cpu ? kBlock : order->longest()).scratch.bytes;
  p.kept = order;
}

template <class T, class Device>
void OptimizerSweep::run(Device& device, const Call& call) const {
  const auto& order = call.kept<SweepOrder>();
  const auto factorOf = [&](const Room<T>& room) {
    if (clip_norm > 0) kernels::map(device, 1, FactorOfNorm<T>{call.in<T>(0), T(clip_norm), T(kNormGuard), room.factor});
  };
  if constexpr (std::is_same_v<Device, Cpu>) {
    const kernels::Slices slices(order.all(), kernels::kMapGrain);
    const Room<T> room(call.scratch, *this, order, slices.number, kBlock);
    factorOf(room);
    kernels::forSlices(device, slices.number, [&](int slice) {
      Cpu alone;
      order.each(slices.begin(slice), slices.begin(slice + 1), kBlock,
                 [&](int p, int64_t from, int64_t count) { step(alone, call, p, from, count, room, room.clipped + slice * room.block); });
    });
  } else {
    const Room<T> room(call.scratch, *this, order, 1, order.longest());
    factorOf(room);
    for (int p = 0; p < order.parameters(); ++p) step(device, call, p, 0, order.elements(p), room, room.clipped);
  }
}

// The optimizer's own kernel on a part of a parameter.
template <class T, class Device>
void OptimizerSweep::step(Device& device, const Call& call, int p, int64_t from, int64_t count, const Room<T>& room, T* clipped) const {
  Tensor in[3 + kMostMoments];
  const int first = 1 + p * (2 + int(moments));
  const auto part = [&](int input) {
    const Tensor& whole = call.in(first + input);
    return Tensor{static_cast<T*>(whole.data) + from, Shape{count}, whole.type};
  };
  in[0] = part(0), in[1] = part(1);
  if (clip_value > 0) {
    kernels::map(device, count, ClippedTo<T>{static_cast<const T*>(in[1].data), clipped, T(clip_value)});
    in[1].data = clipped;
  }
  if (clip_norm > 0) in[2] = {room.factor, Shape{}, in[0].type};
  for (int m = 0; m < int(moments); ++m) in[3 + m] = part(2 + m);
  Call one;
  one.inputs = in, one.inputCount = 3 + int(moments);
  one.step = call.step;
  optimizerKernel<T, Device>(optimizer.front().type()).run(device, optimizer.front().data(), one);
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
  s.require(s.in(0).elements() == 1, Place::input(0), "a single number", s.in(0));
  for (int i = 1; i < s.inputs(); ++i) {
    const Shape& parameter = s.in((i - 1) / each * each + 1);
    if (!s.require(mayEqual(parameter, s.in(i)), Place::input(i), Message("numbers like the parameter, {0}", parameter), s.in(i))) return;
  }
}

void OptimizerSweep::examples(Examples<OptimizerSweep>& e) {
  const auto with = [](const Op& op, int64_t moments, double norm, double value) {
    OptimizerSweep sweep = of(op, moments);
    sweep.clip_norm = norm, sweep.clip_value = value;
    return sweep;
  };
  const auto shapes = [](int each, std::initializer_list<Shape> parameters) {
    std::vector<Shape> all = {Shape{}};
    for (const Shape& shape : parameters) all.insert(all.end(), size_t(each), shape);
    return all;
  };
  const Op adam = Op::with("Adam"), momentum = Op::with("SGD", {{"momentum", 0.9}}), plain = Op::with("SGD");
  e.add(with(adam, 2, 0, 0), shapes(4, {{3, 4}, {5}})).range(0.1, 1).withoutGradient();
  e.add(with(adam, 2, 0.5, 0), shapes(4, {{17000}, {0}, {40, 500}})).range(0.1, 1).withoutGradient();
  e.add(with(momentum, 1, 0, 0.25), shapes(3, {{9000}, {31000}, {}})).withoutGradient();
  e.add(with(plain, 0, 0.5, 0.25), shapes(2, {{7}, {2, 3}})).range(0.1, 1).withoutGradient();
  e.add(with(plain, 0, 0, 0), shapes(2, {{7}})).withoutGradient();
}

void OptimizerSweep::mistakes(Mistakes<OptimizerSweep>& m) {
  m.add(of(Op::with("SGD"), 0), {{}, {3}, {4}}, "needs numbers like the parameter, 3 numbers, but got 4 numbers");
}
#endif

Info OptimizerSweep::info() {
  return {.name = "OptimizerSweep",
          .group = "",
          .title = "Optimizer",
          .about = "Every parameter's step.",
          .inputs = {{"norm", "of all gradients, a single number"}, {"value", "a parameter, its gradient, its averages; and again"}},
          .outputs = {},
          .variadic = true,
          .updates = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};  // gradients are not
}

OpFile sweep_file() { return ops<GradientNorm, OptimizerSweep>(); }

}  // namespace engine
