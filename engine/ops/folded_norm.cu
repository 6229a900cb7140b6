// Weights that do what a layer and the evaluated batch norm behind it do together. With the norm's running mean and variance,
//   s = weight of the norm / sqrt(running_var + eps)
//   folded weight = s * weight, row by row;  folded bias = (bias - running_mean) * s + bias of the norm
// passes/fold puts it into plans that do not train.
#include <cmath>

#include "engine/graph/op.h"
#include "kernels/map.h"

namespace engine {

struct FoldedNorm {
  double eps = 1e-5;

  static Info info() {
    return {.name = "FoldedNorm",
            .group = "",
            .title = "Batch norm in weights",
            .about = "The weights of a layer with those of the batch norm behind it.",
            .inputs = {{"weight", "of the layer, (channels, ...)"},
                       {"running_mean", "(channels)"},
                       {"running_var", "(channels)"},
                       {"bias", "of the layer, (channels); 0 where there is none"},
                       {"norm_weight", "(channels); 1 where there is none"},
                       {"norm_bias", "(channels); 0 where there is none"}},
            .outputs = {{"weight", "(channels, ...)"}, {"bias", "(channels)"}},
            .optionalInputs = 3};
  }
  static void fields(FoldedNorm& op, FieldVisitor& f) { f.real("eps", op.eps, atLeast(0), "Added to the variance."); }
  void infer(Shapes& s) const {
    s.out(0, s.in(0));
    s.out(1, s.in(1));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    enum { weight, mean, variance, bias, normWeight, normBias };
    const T *w = call.in<T>(weight), *m = call.in<T>(mean), *v = call.in<T>(variance);
    const T *b = call.has(bias) ? call.in<T>(bias) : nullptr, *g = call.has(normWeight) ? call.in<T>(normWeight) : nullptr,
            *h = call.has(normBias) ? call.in<T>(normBias) : nullptr;
    T *foldedWeight = call.out<T>(0), *foldedBias = call.out<T>(1);
    const T e = T(eps);
    const int64_t channels = call.in(mean).elements(), row = channels ? call.in(weight).elements() / channels : 0;
    kernels::map(device, channels, [=] BOTH(int64_t c) {
      const T scale = (g ? g[c] : T(1)) / std::sqrt(v[c] + e);
      foldedBias[c] = ((b ? b[c] : T(0)) - m[c]) * scale + (h ? h[c] : T(0));
    });
    kernels::map(device, channels * row, [=] BOTH(int64_t i) {
      const int64_t c = i / row;
      foldedWeight[i] = w[i] * ((g ? g[c] : T(1)) / std::sqrt(v[c] + e));
    });
  }

  static void examples(Examples<FoldedNorm>& e) {
    e.add({}, {{3, 2, 3, 3}, {3}, {3}, {3}, {3}, {3}}).range(0.5, 2).withoutGradient();
    e.add({.eps = 0.1}, {{5, 7}, {5}, {5}}).range(0.5, 2).withoutGradient();
    e.add({}, {{64, 300}, {64}, {64}, {64}}).range(0.5, 2).withoutGradient();
  }
};

OpFile folded_norm_file() { return ops<FoldedNorm>(); }

}  // namespace engine
