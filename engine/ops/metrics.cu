// What training does not follow but people read:
//   Accuracy  the fraction of rows whose largest score is that of the target's class
//   ArgMax    where the largest value along an axis is
// Of several largest the first one counts, and NaN is larger than all, as in torch.argmax.
#include <type_traits>

#include "engine/graph/op.h"
#include "engine/ops/whole.h"
#include "kernels/map.h"
#include "kernels/rows.h"
#include "kernels/scratch.h"
#include "kernels/total.h"

namespace engine {

// Index of the first largest of x[0], x[stride], ..., for a row program.
template <class T, class Row, class Stride>
BOTH int64_t firstLargestOf(const Row& row, const T* x, Stride stride) {
  const T top = row.max([=](int64_t i) { return x[i * stride]; });
  const int broken = row.max([=](int64_t i) { return x[i * stride] != x[i * stride] ? 1 : 0; });
  const int64_t size = row.size;
  return -row.max([=](int64_t i) {
    const T v = x[i * stride];
    return (broken ? v != v : v == top) ? -i : -size;
  });
}

// Neighbours are vectors when the compiler knows that they are neighbours.
template <class T, class Row>
BOTH int64_t firstLargest(const Row& row, const T* x, int64_t stride) {
  return stride == 1 ? firstLargestOf(row, x, std::integral_constant<int64_t, 1>()) : firstLargestOf(row, x, stride);
}

template <class T>
struct HitRow {
  const T* scores;        // (N, classes, inner)
  const int64_t* target;  // (rows)
  T* hit;                 // (rows) 1 where right
  T* counted;             // (rows) 0 where ignored
  int64_t inner, ignored;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t r = row.index, t = target[r];
    const int64_t best = firstLargest(row, scores + r / inner * row.size * inner + r % inner, inner);
    T *h = hit + r, *c = counted + r;
    const bool counts = t != ignored;
    row.once([=] {
      *h = counts && t == best ? T(1) : T(0);
      *c = counts ? T(1) : T(0);
    });
  }
};

struct Accuracy {
  int64_t ignore_index = -100;

  static Info info() {
    return {.name = "Accuracy",
            .group = "Metric",
            .title = "Accuracy",
            .about = "The fraction of samples whose class gets the largest score.",
            .inputs = {{"prediction", "scores or probabilities, (batch, classes, ...)"},
                       {"target", "class numbers, (batch, ...)", Takes::classes}},
            .outputs = {{"accuracy", "a single number from 0 to 1"}}};
  }
  static void fields(Accuracy& op, FieldVisitor& f) {
    f.integer("ignore_index", op.ignore_index, anyNumber(), "Samples with this class number do not count.");
  }
  void infer(Shapes& s) const {
    const Shape &x = s.in(0), &t = s.in(1);
    if (!s.require(x.rank() >= 2, Place::input(0), "scores (batch, classes, ...)", x)) return;
    Shape expected{x[0]};
    for (int axis = 2; axis < x.rank(); ++axis) expected.append(x[axis]);
    if (!s.require(mayEqual(t, expected), Place::input(1), Message("one class number for each row of scores, {0}", expected), t)) return;
    if (s.require(x[1] != 0, Place::input(0), "at least one class", x)) s.out(0, {});
  }

  template <class T, class Device>
  void prepare(Device&, Preparation& p) const {
    p.scratchBytes = Room<T>(nullptr, p.call.in(1).elements()).scratch.bytes;
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape& shape = call.in(0).shape;
    const int64_t rows = call.in(1).elements();
    const Room<T> room(call.scratch, rows);
    T *hit = room.hit, *counted = room.counted, *all = room.all, *y = call.out<T>(0);
    kernels::forEachRow(device, rows, shape[1],
                        HitRow<T>{call.in<T>(0), call.in<int64_t>(1), hit, counted, shape.elements(2, shape.rank()), ignore_index});
    kernels::total(device, rows, room.parts, [=] BOTH(int64_t i) { return counted[i]; }, [=] BOTH(double sum) { *all = T(sum); });
    kernels::total(device, rows, room.parts, [=] BOTH(int64_t i) { return hit[i]; },
                   [=] BOTH(double sum) { *y = T(sum / double(*all)); });
  }

  static void examples(Examples<Accuracy>& e) {
    e.add({}, {{6, 3}, {6}}).draw({}).draw({.classes = 3}).withoutGradient();
    e.add({}, {{1, 1}, {1}}).draw({}).draw({.classes = 1}).withoutGradient();
    e.add({.ignore_index = 1}, {{4, 3, 5}, {4, 5}}).draw({}).draw({.classes = 3}).withoutGradient();
    e.add({}, {{20, 900}, {20}}).draw({}).draw({.classes = 900}).withoutGradient();
    e.add({}, {{300, 3}, {300}}).draw({}).draw({.classes = 3}).withoutGradient();  // more samples than a block has threads
    e.add({}, {{2, 900, 10}, {2, 10}}).draw({.low = 1, .high = 1}).draw({.classes = 3}).withoutGradient();  // ties
  }
  static void mistakes(Mistakes<Accuracy>& m) {
    m.add({}, {{4}, {4}}, "needs scores (batch, classes, ...), but got 4 numbers");
    m.add({}, {{4, 3}, {5}}, "needs one class number for each row of scores, 4 numbers, but got 5 numbers");
    m.add({}, {{4, 0}, {4}}, "needs at least one class, but got 4 × 0");
  }

 private:
  template <class T>
  struct Room {
    kernels::Scratch scratch;
    T *hit, *counted, *all;
    double* parts;
    Room(void* memory, int64_t rows)
        : scratch(memory),
          hit(scratch.take<T>(rows)),
          counted(scratch.take<T>(rows)),
          all(scratch.take<T>(1)),
          parts(scratch.take<double>(kernels::kTotalParts)) {}
  };
};

template <class T>
struct ArgMaxRow {
  const T* x;  // (outer, size, inner)
  int64_t* y;  // (outer, inner)
  int64_t inner;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t r = row.index;
    const int64_t best = firstLargest(row, x + r / inner * row.size * inner + r % inner, inner);
    int64_t* to = y + r;
    row.once([=] { *to = best; });
  }
};

struct ArgMaxWholeRow {
  LoadWhole x;  // (outer, size, inner)
  int64_t* y;  // (outer, inner)
  int64_t inner;
  template <class Row>
  BOTH void operator()(const Row& row) const {
    const int64_t r = row.index, size = row.size, step = inner, first = r / inner * size * inner + r % inner;
    const LoadWhole from = x;
    const int64_t top = row.max([=](int64_t i) { return from(first + i * step); });
    const int64_t best = -row.max([=](int64_t i) { return from(first + i * step) == top ? -i : -size; });
    int64_t* to = y + r;
    row.once([=] { *to = best; });
  }
};

struct ArgMax {
  int64_t dim = -1;
  bool keepdim = false;

  static Info info() {
    return {.name = "ArgMax",
            .group = "Metric",
            .title = "Place of the largest",
            .about = "Where along an axis the largest value is.",
            .inputs = {{"x", "numbers of any type and shape", Takes::anything}},
            .outputs = {{"index", "whole numbers from 0, without the axis"}}};
  }
  static void fields(ArgMax& op, FieldVisitor& f) {
    f.integer("dim", op.dim, between(-Shape::kMaxRank, Shape::kMaxRank - 1), "The axis; negative ones count from the end.");
    f.boolean("keepdim", op.keepdim, "Keep the axis, with a size of 1.");
  }
  void infer(Shapes& s) const {
    const Shape& x = s.in(0);
    const int rank = x.rank();
    if (!s.require(dim >= -rank && dim < rank, Place::field("dim"), Message("an axis of {0}", x), Message("{0}", dim))) return;
    if (!s.require(x[int(dim)] != 0, Place::input(0), "at least one value along the axis", x)) return;
    const int axis = int(dim < 0 ? dim + rank : dim);
    Shape y;
    for (int i = 0; i < rank; ++i) {
      if (i != axis) y.append(x[i]);
      else if (keepdim) y.append(1);
    }
    s.out(0, y, Type::i64);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const Shape& shape = call.in(0).shape;
    const int rank = shape.rank(), axis = int(dim < 0 ? dim + rank : dim);
    const int64_t inner = shape.elements(axis + 1, rank);
    const int64_t rows = call.out(0).elements();
    if (isFloating(call.in(0).type)) kernels::forEachRow(device, rows, shape[axis], ArgMaxRow<T>{call.in<T>(0), call.out<int64_t>(0), inner});
    else kernels::forEachRow(device, rows, shape[axis], ArgMaxWholeRow{{call.in(0).data, call.in(0).type}, call.out<int64_t>(0), inner});
  }
  void gradient(Backward&) const {}


  static void examples(Examples<ArgMax>& e) {
    e.add({}, {{4, 3}}).distinct().withoutGradient();
    e.add({}, {{5}}).distinct().withoutGradient();
    e.add({.dim = 0, .keepdim = true}, {{4, 30}}).distinct().withoutGradient();
    e.add({.dim = 1}, {{2, 900, 10}}).distinct().withoutGradient();
    e.add({.dim = -2}, {{2, 7, 1}}).draw({.low = 1, .high = 1}).withoutGradient();  // ties
    e.add({.dim = 1}, {{0, 3}}).withoutGradient();
    for (const Type type : {Type::i64, Type::i32, Type::u8}) e.add({.dim = 0}, {{80, 7}}).draw({.classes = 50, .type = type});
  }
  static void mistakes(Mistakes<ArgMax>& m) {
    m.add({.dim = 2}, {{4, 3}}, "needs an axis of 4 × 3, but got 2");
    m.add({}, {{4, 0}}, "needs at least one value along the axis, but got 4 × 0");
  }
};

OpFile metrics_file() { return ops<Accuracy, ArgMax>(); }

}  // namespace engine
