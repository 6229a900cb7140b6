// Negative log likelihood of class numbers under log-probabilities x, as torch.nn.functional.nll_loss:
//   loss = -w[t] x[t],  mean: sum of losses / sum of w[t], over the rows that are not ignored; none: each row's own.
// After LogSoftmax it is the cross entropy; CrossEntropyLoss does both at once, and more exactly.
#include "engine/ops/class_rows.h"
#include "kernels/map.h"
#include "kernels/rows.h"
#include "kernels/scratch.h"
#include "kernels/total.h"
#include "kernels/values.h"

namespace engine {

namespace {
template <class T>
struct NLLRoom {
  kernels::Scratch scratch;
  T *weight, *sumOfPicked;
  double* parts;
  NLLRoom(void* memory, int64_t weights)
      : scratch(memory), weight(scratch.take<T>(weights)), sumOfPicked(scratch.take<T>(1)), parts(scratch.take<double>(kernels::kTotalParts)) {
    if (weights == 0) weight = nullptr;
  }
};
}  // namespace

template <class T>
struct NLLOfRow {
  const T* x;  // (N, classes, inner)
  PickedWeight<T> pick;
  int64_t inner;
  BOTH T operator()(int64_t row) const {
    const T picked = pick(row);
    const int64_t t = pick.target[row];
    if (t == pick.ignored || t < 0 || t >= pick.classes) return picked;  // 0, or NaN where there is no such class
    return -picked * x[(row / inner * pick.classes + t) * inner + row % inner];
  }
};

// dx[t] = -dy w[t] / denominator, and 0 beside it.
template <class T, bool strided>
struct NLLGradientRow {
  const T* dloss;        // a single number, or one for each row
  const T* denominator;  // a single number, or null: 1
  T* dx;                 // (N, classes, inner)
  PickedWeight<T> pick;
  int64_t inner;
  bool ofRows;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t stride = strided ? inner : 1, r = row.index, t = pick.target[r];
    T* to = dx + r / inner * row.size * inner + r % inner;
    const T picked = pick(r);
    if (t == pick.ignored || t < 0 || t >= row.size) {
      row.each([=](int64_t i) { to[i * stride] = picked; });
      return;
    }
    const T slope = -picked * (denominator ? *dloss / *denominator : dloss[ofRows ? r : 0]);
    row.each([=](int64_t i) { to[i * stride] = i == t ? slope : T(0); });
  }
};

struct NLLLoss {
  int64_t ignore_index = -100;
  int reduction = 0;
  std::vector<double> weight = {};

  static constexpr const char* kReductions[] = {"mean", "sum", "none"};
  static constexpr int kMean = 0, kNone = 2;

  static Info info() {
    return {.name = "NLLLoss",
            .group = "Loss",
            .title = "Negative log likelihood",
            .about = "How surprised the network is by the right class, from log-probabilities (LogSoftmax before it).",
            .inputs = {{"prediction", "log-probabilities, (batch, classes, ...)"}, {"target", "class numbers, (batch, ...)", Takes::classes}},
            .outputs = {{"loss", "a single number, or one for each class number"}}};
  }
  static void fields(NLLLoss& op, FieldVisitor& f) {
    f.integer("ignore_index", op.ignore_index, anyNumber(), "Samples with this class number do not count.");
    f.choice("reduction", op.reduction, kReductions, "mean: by the samples' weights. sum: of all samples. none: each sample's own.");
    f.reals("weight", op.weight, atLeast(0), {0, 1 << 20}, "How much each class counts; empty: all the same.");
  }
  void infer(Shapes& s) const {
    if (!classTargetsFit(s, 0, 1, weight)) return;
    s.out(0, reduction == kNone ? s.in(1) : Shape{});
    constexpr double perRow = 2;  // product, sum
    if (const int64_t n = s.in(1).elements(); n >= 0) s.flops(perRow * double(n));
  }

  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    p.scratchBytes = NLLRoom<T>(nullptr, int64_t(weight.size())).scratch.bytes;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const ClassRows shape(call.in(0).shape);
    const NLLRoom<T> room(call.scratch, int64_t(weight.size()));
    kernels::copyValues(device, weight, room.weight);
    const PickedWeight<T> pick{call.in<int64_t>(1), room.weight, shape.classes, ignore_index};
    const bool mean = reduction == kMean;
    T *loss = call.out<T>(0), *sumOfPicked = room.sumOfPicked;
    if (reduction == kNone) {
      const NLLOfRow<T> ofRow{call.in<T>(0), pick, shape.inner};
      return kernels::map(device, shape.rows, [=] BOTH(int64_t row) { loss[row] = ofRow(row); });
    }
    if (mean) kernels::total(device, shape.rows, room.parts, pick, [=] BOTH(double sum) { *sumOfPicked = T(sum); });
    kernels::total(device, shape.rows, room.parts, NLLOfRow<T>{call.in<T>(0), pick, shape.inner},
                   [=] BOTH(double sum) { *loss = mean ? T(sum / double(*sumOfPicked)) : T(sum); });
  }
  void gradient(Backward& b) const;

  static void examples(Examples<NLLLoss>& e) {
    const auto add = [&](NLLLoss op, Shape scores, int64_t classes) {
      Shape target{scores[0]};
      for (int axis = 2; axis < scores.rank(); ++axis) target.append(scores[axis]);
      e.add(std::move(op), {scores, target}).range(-5, -0.1).draw({.classes = classes});
    };
    add({}, {4, 3}, 3);
    add({}, {1, 1}, 1);
    add({.reduction = 1}, {6, 3}, 3);
    add({.weight = {0.5, 0, 2}}, {7, 3}, 3);
    add({.ignore_index = 1}, {9, 3}, 3);
    add({.ignore_index = 0, .reduction = 1, .weight = {0.5, 1, 2}}, {2, 3, 5}, 3);
    add({.weight = std::vector<double>(150, 0.7)}, {3, 150}, 150);
    add({.reduction = 1}, {0, 3}, 3);
    add({}, {2, 3, 4, 2}, 3);
    add({.reduction = 2, .weight = {0.5, 1, 2}}, {2, 3, 5}, 3);
    add({.ignore_index = 1, .reduction = 2}, {400, 3, 120}, 3);
    add({.reduction = 2}, {0, 3}, 3);
    add({}, {20, 900}, 900);
    add({}, {500, 3, 20}, 3);
  }
  static void mistakes(Mistakes<NLLLoss>& m) {
    m.add({}, {{4}, {4}},
          "needs scores (batch, classes, ...), but got 4 numbers; put a Linear before it with as many outputs as there are classes");
    m.add({}, {{4, 3, 5}, {4, 6}}, "needs one class number for each row of scores, 4 × 5, but got 4 × 6");
    m.add({.weight = {1, 2}}, {{4, 3}, {4}},
          "needs one weight for each of the 3 classes, but got 2; empty the list to count all classes the same");
  }
};

struct NLLLossGradient {
  NLLLoss loss = {};

  static Info info() {
    return {.name = "NLLLossGradient",
            .group = "",
            .title = "Gradient of negative log likelihood",
            .about = "The weight of the right class, for each row.",
            .inputs = {{"dloss", "a single number, or one for each class number"},
                       {"prediction", "log-probabilities, (batch, classes, ...)"},
                       {"target", "class numbers, (batch, ...)", Takes::classes}},
            .outputs = {{"dprediction", "as the log-probabilities"}}};
  }
  static void fields(NLLLossGradient& op, FieldVisitor& f) { NLLLoss::fields(op.loss, f); }
  void infer(Shapes& s) const {
    if (classTargetsFit(s, 1, 2, loss.weight)) s.out(0, s.in(1));
  }
  template <class T, class Device>
  void prepare(Device& device, Preparation& p) const {
    loss.prepare<T>(device, p);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const ClassRows shape(call.in(1).shape);
    const NLLRoom<T> room(call.scratch, int64_t(loss.weight.size()));
    kernels::copyValues(device, loss.weight, room.weight);
    const PickedWeight<T> pick{call.in<int64_t>(2), room.weight, shape.classes, loss.ignore_index};
    const bool mean = loss.reduction == NLLLoss::kMean;
    T* sumOfPicked = room.sumOfPicked;
    if (mean) kernels::total(device, shape.rows, room.parts, pick, [=] BOTH(double sum) { *sumOfPicked = T(sum); });
    const T *dloss = call.in<T>(0), *denominator = mean ? sumOfPicked : nullptr;
    const bool ofRows = loss.reduction == NLLLoss::kNone;
    if (shape.inner == 1)
      kernels::forEachRow(device, shape.rows, shape.classes, NLLGradientRow<T, false>{dloss, denominator, call.out<T>(0), pick, 1, ofRows});
    else
      kernels::forEachRow(device, shape.rows, shape.classes, NLLGradientRow<T, true>{dloss, denominator, call.out<T>(0), pick, shape.inner, ofRows});
  }

  // By the gradient of the loss; the log-probabilities themselves do not matter.
  void gradient(Backward& b) const {
    const Shape each = b.input(0).shape();
    const std::vector<int64_t> sizes(each.begin(), each.end());
    const Term ddx = b.gradient(0), ones = b.add(Op::with("Constant", {{"shape", sizes}, {"value", 1.0}}), std::vector<Term>{});
    const Term by = ddx * b.add(*this, {ones, b.input(1), b.input(2)});
    if (loss.reduction == NLLLoss::kNone) return b.give(0, sumOver(by, {1}, false));
    std::vector<int64_t> axes;
    for (int axis = 0; axis < ddx.shape().rank(); ++axis) axes.push_back(axis);
    b.give(0, sumOver(by, axes, false));
  }

  static void examples(Examples<NLLLossGradient>& e) {
    e.add({}, {{}, {4, 3}, {4}}).draw({}).draw({}).draw({.classes = 3});
    e.add({{.ignore_index = 2, .weight = {0.5, 0, 2}}}, {{}, {4, 3, 5}, {4, 5}}).draw({}).draw({}).draw({.classes = 3});
    e.add({{.reduction = 2}}, {{4, 5}, {4, 3, 5}, {4, 5}}).draw({}).draw({}).draw({.classes = 3});
    e.add({{.reduction = 1}}, {{}, {20, 900}, {20}}).draw({}).draw({}).draw({.classes = 900});
    e.add({}, {{}, {300, 3}, {300}}).draw({}).draw({}).draw({.classes = 3});  // more samples than a block has threads
    e.add({}, {{}, {0, 3}, {0}}).draw({}).draw({}).draw({.classes = 3});
  }
};

inline void NLLLoss::gradient(Backward& b) const {
  b.give(0, b.add(NLLLossGradient{*this}, {b.gradient(0), b.input(0), b.input(1)}));
}

OpFile nll_loss_file() { return ops<NLLLoss, NLLLossGradient>(); }

}  // namespace engine
