// Losses of scores with class numbers: how their rows lie, what each row counts, and the rules that they share.
//
// A class number outside of [0, classes) gives NaN, not a read outside of the row; readers of data check the range before,
// and say which sample is wrong.
#pragma once
#include <limits>

#include "engine/graph/op.h"

namespace engine {

// Scores (N, C) or (N, C, d1, ...): N * inner rows of C numbers, `inner` apart.
struct ClassRows {
  int64_t rows, classes, inner;
  explicit ClassRows(const Shape& logits)
      : rows(logits[0] * logits.elements(2, logits.rank())), classes(logits[1]), inner(logits.elements(2, logits.rank())) {}
};

// The weight of the row's class: 0 where the row is ignored, NaN where there is no such class.
template <class T>
struct PickedWeight {
  const int64_t* target;  // (rows)
  const T* weight;        // (classes) or null: ones
  int64_t classes, ignored;
  BOTH T operator()(int64_t row) const {
    const int64_t t = target[row];
    if (t == ignored) return 0;
    if (t < 0 || t >= classes) return std::numeric_limits<T>::quiet_NaN();
    return weight ? weight[t] : T(1);
  }
};

// Whether a loss of these scores, with weights for the classes (or none), makes sense.
inline bool classTargetsFit(Shapes& s, int scores, int classes, const std::vector<double>& weight) {
  const Shape &x = s.in(scores), &t = s.in(classes);
  if (!s.require(x.rank() >= 2, Place::input(scores), "scores (batch, classes, ...)", x)
           .fix("put a Linear before it with as many outputs as there are classes"))
    return false;
  Shape expected{x[0]};
  for (int axis = 2; axis < x.rank(); ++axis) expected.append(x[axis]);
  if (!s.require(mayEqual(t, expected), Place::input(classes), Message("one class number for each row of scores, {0}", expected), t))
    return false;
  s.require(x[1] != 0, Place::input(scores), "at least one class", x);
  const int64_t given = int64_t(weight.size());
  s.require(given == 0 || mayEqual(given, x[1]), Place::field("weight"),
            Message("one weight for each of the {0} classes", x[1]), Message("{0}", given))
      .fix("empty the list to count all classes the same", {SetField{s.node(), "weight", std::vector<double>{}}});
  return true;
}

}  // namespace engine
