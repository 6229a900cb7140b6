// Cross entropy of scores with class numbers, softmax included. For one row x with target t, K classes, smoothing e:
//   loss = (1 - e) w[t] (log Z - x[t]) + e / K sum_c w[c] (log Z - x[c]),  log Z = log sum exp x
// mean: sum of losses / sum of w[t], over the rows that are not ignored. As torch.nn.functional.cross_entropy.
//
// A class number outside of [0, K) gives NaN, not a read outside of the row; readers of data check the range before, and
// say which sample is wrong.
#include "engine/ops/class_rows.h"
#include "kernels/math.h"
#include "kernels/rows.h"
#include "kernels/scratch.h"
#include "kernels/total.h"
#include "kernels/values.h"

namespace engine {

namespace {
// What both kernels keep while they run.
template <class T>
struct CrossEntropyScratch {
  kernels::Scratch scratch;
  T *loss, *picked, *weight, *sumOfPicked;
  double* parts;
  CrossEntropyScratch(void* memory, int64_t rows, int64_t weights)
      : scratch(memory),
        loss(scratch.take<T>(rows)),
        picked(scratch.take<T>(rows)),
        weight(scratch.take<T>(weights)),
        sumOfPicked(scratch.take<T>(1)),
        parts(scratch.take<double>(kernels::kTotalParts)) {
    if (weights == 0) weight = nullptr;
  }
};
}  // namespace

template <class T, bool strided>
struct CrossEntropyRow {
  const T* logits;        // (N, classes, inner)
  const int64_t* target;  // (rows)
  const T* weight;        // (classes) or null
  const T* picked;        // (rows)
  T* loss;                // (rows)
  int64_t inner, ignored;
  T smoothing;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t stride = strided ? inner : 1, r = row.index, t = target[r];
    const T* x = logits + r / inner * row.size * inner + r % inner;
    const T *w = weight, chosen = picked[r];
    T* to = loss + r;
    if (t == ignored || t < 0 || t >= row.size) {
      row.once([=] { *to = chosen; });
      return;
    }
    const T top = row.max([=](int64_t i) { return x[i * stride]; });
    const T logZ = top + kernels::log(row.sum([=](int64_t i) { return kernels::exp(x[i * stride] - top); }));
    T smooth = 0;
    if (smoothing > 0) {
      smooth = w ? row.sum([=](int64_t i) { return w[i] * (logZ - x[i * stride]); })
                 : row.sum([=](int64_t i) { return logZ - x[i * stride]; });
    }
    const T hard = (1 - smoothing) * chosen, soft = smoothing / T(row.size) * smooth;
    row.once([=] { *to = hard * (logZ - x[t * stride]) + soft; });
  }
};

// dx[c] = dy / denominator * ((1 - e) w[t] (p[c] - [c = t]) + e / K (p[c] sum w - w[c])), p = softmax x
template <class T, bool strided>
struct CrossEntropyGradientRow {
  const T* logits;            // (N, classes, inner)
  const int64_t* target;      // (rows)
  const T* weight;            // (classes) or null
  const T* dloss;             // a single number
  const T* denominator;       // a single number, or null: 1
  T* dlogits;                 // (N, classes, inner)
  PickedWeight<T> pick;
  int64_t inner;
  T smoothing;

  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t stride = strided ? inner : 1, r = row.index, t = target[r];
    const int64_t first = r / inner * row.size * inner + r % inner;
    const T *x = logits + first, *w = weight;
    T* dx = dlogits + first;
    const T chosen = pick(r), scale = denominator ? *dloss / *denominator : *dloss;
    if (t == pick.ignored || t < 0 || t >= row.size) {
      row.each([=](int64_t i) { dx[i * stride] = chosen; });  // 0, or NaN where there is no such class
      return;
    }
    const T top = row.max([=](int64_t i) { return x[i * stride]; });
    row.each([=](int64_t i) { dx[i * stride] = kernels::exp(x[i * stride] - top); });
    const T z = row.sum([=](int64_t i) { return dx[i * stride]; });
    const T hard = scale * (1 - smoothing) * chosen, share = scale * smoothing / T(row.size);
    if (smoothing > 0 && w) {
      const T all = row.sum([=](int64_t i) { return w[i]; }), factor = (hard + share * all) / z;
      row.each([=](int64_t i) { dx[i * stride] = dx[i * stride] * factor - share * w[i] - (i == t ? hard : T(0)); });
    } else {
      const T factor = (hard + scale * smoothing) / z;
      row.each([=](int64_t i) { dx[i * stride] = dx[i * stride] * factor - share - (i == t ? hard : T(0)); });
    }
  }
};

struct CrossEntropyLoss {
  double label_smoothing = 0;
  int64_t ignore_index = -100;
  int reduction = 0;
  std::vector<double> weight = {};

  static constexpr const char* kReductions[] = {"mean", "sum"};
  static constexpr int kMean = 0;

  static Info info() {
    return {.name = "CrossEntropyLoss",
            .group = "Loss",
            .title = "Cross entropy",
            .about = "How surprised the network is by the right class, from scores (no softmax before it).",
            .inputs = {{"prediction", "scores, (batch, classes, ...)"},
                       {"target", "class numbers, (batch, ...)", Takes::classes}},
            .outputs = {{"loss", "a single number"}}};
  }
  static void fields(CrossEntropyLoss& op, FieldVisitor& f) {
    f.real("label_smoothing", op.label_smoothing, between(0, 1), "The share of the target that is spread over all classes.");
    f.integer("ignore_index", op.ignore_index, anyNumber(), "Samples with this class number do not count.");
    f.choice("reduction", op.reduction, kReductions, "mean: by the samples' weights. sum: of all samples.");
    f.reals("weight", op.weight, atLeast(0), {0, 1 << 20}, "How much each class counts; empty: all the same.");
  }

  void infer(Shapes& s) const {
    if (!classTargetsFit(s, 0, 1, weight)) return;
    s.out(0, {});
    constexpr double perScore = 4;  // largest, difference, exponential, sum
    if (const int64_t n = s.in(0).elements(); n >= 0) s.flops(perScore * double(n));
  }

  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    p.scratchBytes = CrossEntropyScratch<T>(nullptr, ClassRows(p.call.in(0).shape).rows, int64_t(weight.size())).scratch.bytes;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const ClassRows shape(call.in(0).shape);
    const CrossEntropyScratch<T> s(call.scratch, shape.rows, int64_t(weight.size()));
    const int64_t* target = call.in<int64_t>(1);
    T *loss = call.out<T>(0), *picked = s.picked, *sumOfPicked = s.sumOfPicked, *losses = s.loss;
    kernels::copyValues(device, weight, s.weight);
    const PickedWeight<T> pick{target, s.weight, shape.classes, ignore_index};
    kernels::map(device, shape.rows, [=] BOTH(int64_t row) { picked[row] = pick(row); });
    if (shape.inner == 1)
      kernels::forEachRow(device, shape.rows, shape.classes,
                          CrossEntropyRow<T, false>{call.in<T>(0), target, s.weight, s.picked, s.loss, 1, ignore_index, T(label_smoothing)});
    else
      kernels::forEachRow(device, shape.rows, shape.classes,
                          CrossEntropyRow<T, true>{call.in<T>(0), target, s.weight, s.picked, s.loss, shape.inner, ignore_index,
                                                   T(label_smoothing)});
    if (reduction == kMean)
      kernels::total(device, shape.rows, s.parts, [=] BOTH(int64_t row) { return picked[row]; },
                     [=] BOTH(double sum) { *sumOfPicked = T(sum); });
    const bool mean = reduction == kMean;
    kernels::total(device, shape.rows, s.parts, [=] BOTH(int64_t row) { return losses[row]; },
                   [=] BOTH(double sum) { *loss = mean ? T(sum / double(*sumOfPicked)) : T(sum); });
  }

  void gradient(Backward& b) const;

  static void examples(Examples<CrossEntropyLoss>& e) {
    const auto add = [&](CrossEntropyLoss op, Shape scores, int64_t classes) {
      Shape target{scores[0]};
      for (int axis = 2; axis < scores.rank(); ++axis) target.append(scores[axis]);
      e.add(std::move(op), {scores, target}).draw({}).draw({.classes = classes});
    };
    add({}, {4, 3}, 3);
    add({}, {1, 1}, 1);
    add({.label_smoothing = 0.1}, {5, 4}, 4);
    add({.label_smoothing = 1}, {5, 4}, 4);
    add({.reduction = 1}, {6, 3}, 3);
    add({.weight = {0.5, 0, 2}}, {7, 3}, 3);
    add({.label_smoothing = 0.2, .weight = {0.5, 0, 2}}, {7, 3}, 3);
    add({.label_smoothing = 0.2, .reduction = 1, .weight = {0.5, 1, 2}}, {7, 3}, 3);
    add({.ignore_index = 1}, {9, 3}, 3);
    add({.label_smoothing = 0.3, .ignore_index = 0, .weight = {0.5, 1, 2}}, {2, 3, 5}, 3);
    add({.label_smoothing = 0.1}, {2, 3, 4, 2}, 3);
    add({.weight = std::vector<double>(150, 0.7)}, {3, 150}, 150);
    add({.reduction = 1}, {0, 3}, 3);
    add({}, {20, 900}, 900);
    add({}, {2, 900, 10}, 900);
    add({}, {300, 3}, 3);  // more samples than a block has threads
  }
  static void mistakes(Mistakes<CrossEntropyLoss>& m) {
    m.add({}, {{4}, {4}},
          "needs scores (batch, classes, ...), but got 4 numbers; put a Linear before it with as many outputs as there are classes");
    m.add({}, {{4, 3}, {4, 3}}, "needs one class number for each row of scores, 4 numbers, but got 4 × 3");
    m.add({}, {{4, 3, 5}, {4, 6}}, "needs one class number for each row of scores, 4 × 5, but got 4 × 6");
    m.add({}, {{4, 0}, {4}}, "needs at least one class, but got 4 × 0");
    m.add({.weight = {1, 2}}, {{4, 3}, {4}},
          "needs one weight for each of the 3 classes, but got 2; empty the list to count all classes the same");
  }
};

struct CrossEntropyLossGradient {
  CrossEntropyLoss loss = {};

  static Info info() {
    return {.name = "CrossEntropyLossGradient",
            .group = "",
            .title = "Gradient of cross entropy",
            .about = "Softmax less the target, for each row.",
            .inputs = {{"dloss", "a single number"},
                       {"prediction", "scores, (batch, classes, ...)"},
                       {"target", "class numbers, (batch, ...)", Takes::classes}},
            .outputs = {{"dprediction", "as the scores"}}};
  }
  static void fields(CrossEntropyLossGradient& op, FieldVisitor& f) { CrossEntropyLoss::fields(op.loss, f); }
  void infer(Shapes& s) const {
    if (classTargetsFit(s, 1, 2, loss.weight)) s.out(0, s.in(1));
  }

  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    p.scratchBytes = CrossEntropyScratch<T>(nullptr, 0, int64_t(loss.weight.size())).scratch.bytes;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const ClassRows shape(call.in(1).shape);
    const CrossEntropyScratch<T> s(call.scratch, 0, int64_t(loss.weight.size()));
    const int64_t* target = call.in<int64_t>(2);
    const T smoothing = T(loss.label_smoothing);
    T* sumOfPicked = s.sumOfPicked;
    kernels::copyValues(device, loss.weight, s.weight);
    const PickedWeight<T> pick{target, s.weight, shape.classes, loss.ignore_index};
    if (loss.reduction == CrossEntropyLoss::kMean)
      kernels::total(device, shape.rows, s.parts, pick, [=] BOTH(double sum) { *sumOfPicked = T(sum); });
    const T* denominator = loss.reduction == CrossEntropyLoss::kMean ? sumOfPicked : nullptr;
    if (shape.inner == 1)
      kernels::forEachRow(device, shape.rows, shape.classes,
                          CrossEntropyGradientRow<T, false>{call.in<T>(1), target, s.weight, call.in<T>(0), denominator,
                                                            call.out<T>(0), pick, 1, smoothing});
    else
      kernels::forEachRow(device, shape.rows, shape.classes,
                          CrossEntropyGradientRow<T, true>{call.in<T>(1), target, s.weight, call.in<T>(0), denominator,
                                                           call.out<T>(0), pick, shape.inner, smoothing});
  }

  static void examples(Examples<CrossEntropyLossGradient>& e) {
    e.add({}, {{}, {4, 3}, {4}}).draw({}).draw({}).draw({.classes = 3});
    e.add({{.label_smoothing = 0.1, .weight = {0.5, 0, 2}}}, {{}, {4, 3, 5}, {4, 5}}).draw({}).draw({}).draw({.classes = 3});
    e.add({{.label_smoothing = 0.1, .reduction = 1}}, {{}, {20, 900}, {20}}).draw({}).draw({}).draw({.classes = 900});
    e.add({}, {{}, {300, 3}, {300}}).draw({}).draw({}).draw({.classes = 3});  // more samples than a block has threads
    e.add({}, {{}, {0, 3}, {0}}).draw({}).draw({}).draw({.classes = 3});
  }
};

inline void CrossEntropyLoss::gradient(Backward& b) const {
  b.give(0, b.add(CrossEntropyLossGradient{*this}, {b.gradient(0), b.input(0), b.input(1)}));
}

OpFile cross_entropy_file() { return ops<CrossEntropyLoss, CrossEntropyLossGradient>(); }

}  // namespace engine
