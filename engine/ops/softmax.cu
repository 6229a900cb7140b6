// Softmax over the last axis: y = exp(x - max x) / sum exp(x - max x)
#include "engine/graph/op.h"
#include "kernels/math.h"
#include "kernels/rows.h"

namespace engine {

template <class T>
struct SoftmaxRow {
  const T* x;  // (rows, columns)
  T* y;        // (rows, columns)
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const T* in = x + row.index * row.size;
    T* out = y + row.index * row.size;
    const T top = row.max([=](int64_t i) { return in[i]; });  // so that exp cannot overflow
    row.each([=](int64_t i) { out[i] = kernels::exp(in[i] - top); });
    const T scale = 1 / row.sum([=](int64_t i) { return out[i]; });
    row.each([=](int64_t i) { out[i] *= scale; });
  }
};

struct Softmax {
  static Info info() {
    return {.name = "Softmax",
            .group = "Activation",
            .title = "Softmax",
            .about = "Turns scores into probabilities that add up to 1 over the last axis.",
            .inputs = {{"x", "scores, (..., classes)"}},
            .outputs = {{"y", "probabilities, (..., classes)"}},
            .inPlace = true};
  }

  void infer(Shapes& s) const {
    if (s.require(s.in(0).rank() > 0, Place::input(0), "an axis to add up over", s.in(0))) s.out(0, s.in(0));
  }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    kernels::forEachRow(device, call.in(0).rows(), call.in(0).columns(), SoftmaxRow<T>{call.in<T>(0), call.out<T>(0)});
  }

  // dx = y * (dy - sum(y * dy)), row by row
  void gradient(Backward& b) const {
    const Term y = b.output(0), dy = b.gradient(0);
    b.give(0, y * (dy - sumOver(y * dy, {-1}, true)));
  }

  static void examples(Examples<Softmax>& e) {
    e.add({}, {{2, 5}});
    e.add({}, {{7}});
    e.add({}, {{3, 1, 33}});
    e.add({}, {{0, 4}});
  }
  static void mistakes(Mistakes<Softmax>& m) { m.add({}, {{}}, "needs an axis to add up over, but got a single number"); }
};

OpFile softmax_file() { return ops<Softmax>(); }

}  // namespace engine
