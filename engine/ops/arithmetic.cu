// Element by element, with broadcasting: y = a + b, a - b, a * b, a / b, max(a, b), min(a, b)
// Whole numbers wrap around as the processor's do; divided they lose their fraction, and by 0 they give 0.
#include "engine/graph/op.h"
#include "engine/ops/whole.h"
#include "kernels/broadcast.h"

namespace engine {

struct Plus {
  template <class T>
  BOTH T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) return wrapped<T>(uint64_t(a) + uint64_t(b));
    else return a + b;
  }
};
struct Minus {
  template <class T>
  BOTH T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) return wrapped<T>(uint64_t(a) - uint64_t(b));
    else return a - b;
  }
};
struct Times {
  template <class T>
  BOTH T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) return wrapped<T>(uint64_t(a) * uint64_t(b));
    else return a * b;
  }
};
struct DividedBy {
  template <class T>
  BOTH T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0) return T(0);
      if (std::is_signed_v<T> && b == T(-1)) return wrapped<T>(-uint64_t(a));  // the lowest number has no counterpart
      return T(a / b);
    } else return a / b;
  }
};
// NaN wins, as in torch.maximum and torch.minimum.
struct Larger {
  template <class T>
  BOTH T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) return a > b ? a : b;
    else return a > b || a != a ? a : b;
  }
};
struct Smaller {
  template <class T>
  BOTH T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) return a < b ? a : b;
    else return a < b || a != a ? a : b;
  }
};
// The part of the gradient that a gets where the larger of a and b is taken: half of it where they are equal.
struct ShareOfLarger {
  template <class T>
  BOTH T operator()(T a, T b) const {
    return a == b ? T(0.5) : a < b ? T(0) : T(1);
  }
};
struct IsEqual {
  template <class T>
  BOTH T operator()(T a, T b) const {
    return T(a == b);
  }
};

template <class T, class F>
struct CalculateTwo {
  const T* a;  // of their own shapes
  const T* b;
  T* y;  // of the shape that a and b broadcast to
  F f;
  BOTH void operator()(int64_t i, int64_t inA, int64_t inB) const { y[i] = f(a[inA], b[inB]); }
};

// What the ops of this file share.
template <class F, Takes takes = Takes::anything>
struct OfTwo {
  static Info about(const char* name, const char* group, const char* title, const char* sentence) {
    return {.name = name,
            .group = group,
            .title = title,
            .about = sentence,
            .inputs = {{"a", "any shape", takes}, {"b", "a shape that broadcasts with a's", takes}},
            .outputs = {{"y", "the shape that both broadcast to"}},
            .elementwise = true,
            .inPlace = true};
  }

  void infer(Shapes& s) const {
    const bool numbers = requireNumbers(s, 0) && requireSameType(s, 0, 1);
    const Shape y = requireBroadcast(s, s.in(0), 1);
    if (y.isMissing() || !numbers) return;
    s.out(0, y, s.inType(0));
    if (y.isKnown()) s.flops(double(y.elements()));
  }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto places = kernels::broadcast<2>(call.out(0).shape, {call.in(0).shape, call.in(1).shape});
    if (isFloating(call.out(0).type)) kernels::forStrided(device, places, CalculateTwo<T, F>{call.in<T>(0), call.in<T>(1), call.out<T>(0), F()});
    else if constexpr (takes == Takes::anything)
      withWhole(call.out(0).type, [&]<class U>() {
        forEachPlace(device, places, CalculateTwo<U, F>{call.in<U>(0), call.in<U>(1), call.out<U>(0), F()});
      });
  }

  template <class O>
  static void examples(Examples<O>& e) {
    const auto add = [&](std::vector<Shape> shapes) -> Example& { return O::drawn(e.add({}, std::move(shapes))); };
    add({{2, 3}, {2, 3}});
    add({{}, {}});
    add({{2, 3}, {}});
    add({{}, {4}});
    add({{4, 5}, {5}});           // repeated over the leading axes
    add({{2, 3, 5}, {2, 3, 1}});  // over the trailing ones
    add({{2, 3, 2, 3}, {3, 1, 1}});
    add({{2, 1, 3}, {4, 1}});  // both are repeated
    add({{3, 1}, {1, 4}});
    add({{2, 0, 3}, {3}});
    add({{0}, {1}});
    O::drawn(e.add({}, {{131, 257}, {257}})).withoutGradient();  // several slices and blocks; too many for a quotient each
    O::drawn(e.add({}, {{33000}, {33000}})).withoutGradient();
    if (takes != Takes::anything) return;
    for (const Type type : {Type::i64, Type::i32, Type::u8}) {
      const auto whole = [&](std::vector<Shape> shapes, int64_t most) { e.add({}, std::move(shapes)).draw({.classes = most, .type = type}); };
      whole({{37, 11}, {11}}, 200);
      whole({{5, 1, 90}, {7, 1}}, 3);
      whole({{33000}, {}}, 200);
    }
  }
  static Example& drawn(Example& example) { return example; }
  template <class O>
  static void mistakes(Mistakes<O>& m) {
    m.add({}, {{2, 3}, {2}}, "needs sizes that are equal to those of 2 × 3 from the right, or 1, but got 2 numbers");
  }
};

// Where a kink lies between a and b, no two values may be so close that a difference quotient steps over it.
template <class F, Takes takes = Takes::anything>
struct OfTwoWithKink : OfTwo<F, takes> {
  static Example& drawn(Example& example) { return example.distinct(); }
};

struct Add : OfTwo<Plus> {
  static Info info() { return about("Add", "Arithmetic", "Add", "Adds two tensors, element by element."); }
  void gradient(Backward& b) const {
    b.give(0, sumTo(b.gradient(0), b.input(0).shape()));
    b.give(1, sumTo(b.gradient(0), b.input(1).shape()));
  }
};

struct Subtract : OfTwo<Minus> {
  static Info info() { return about("Subtract", "Arithmetic", "Subtract", "Subtracts b from a, element by element."); }
  void gradient(Backward& b) const {
    b.give(0, sumTo(b.gradient(0), b.input(0).shape()));
    b.give(1, -sumTo(b.gradient(0), b.input(1).shape()));
  }
};

struct Multiply : OfTwo<Times> {
  static Info info() { return about("Multiply", "Arithmetic", "Multiply", "Multiplies two tensors, element by element."); }
  void gradient(Backward& b) const {
    b.give(0, sumTo(b.gradient(0) * b.input(1), b.input(0).shape()));
    b.give(1, sumTo(b.gradient(0) * b.input(0), b.input(1).shape()));
  }
};

// da = dy / b, db = -dy y / b
struct Divide : OfTwo<DividedBy> {
  static Info info() { return about("Divide", "Arithmetic", "Divide", "Divides a by b, element by element."); }
  void gradient(Backward& b) const {
    const Term dy = b.gradient(0), divisor = b.input(1);
    b.give(0, sumTo(dy / divisor, b.input(0).shape()));
    b.give(1, -sumTo(dy * (b.output(0) / divisor), divisor.shape()));
  }
  static Example& drawn(Example& example) { return example.range(0.5, 2); }  // away from a division by zero
};

// In lowered graphs only: how much of its gradient the larger of two passes to a.
struct LargerShare : OfTwo<ShareOfLarger, Takes::numbers> {
  static Info info() { return about("LargerShare", "", "Share of the larger", "1 where a > b, 0 where a < b, else a half."); }
  void gradient(Backward&) const {}
  static Example& drawn(Example& example) { return example.distinct(); }
};

struct Maximum : OfTwoWithKink<Larger> {
  static Info info() { return about("Maximum", "Arithmetic", "Maximum", "The larger of a and b, element by element."); }
  void gradient(Backward& b) const {
    const Term dy = b.gradient(0), x = b.input(0), z = b.input(1);
    b.give(0, sumTo(dy * b.add(LargerShare{}, {x, z}), x.shape()));
    b.give(1, sumTo(dy * b.add(LargerShare{}, {z, x}), z.shape()));
  }
};

struct Minimum : OfTwoWithKink<Smaller> {
  static Info info() { return about("Minimum", "Arithmetic", "Minimum", "The smaller of a and b, element by element."); }
  void gradient(Backward& b) const {
    const Term dy = b.gradient(0), x = b.input(0), z = b.input(1);
    b.give(0, sumTo(dy * b.add(LargerShare{}, {z, x}), x.shape()));
    b.give(1, sumTo(dy * b.add(LargerShare{}, {x, z}), z.shape()));
  }
};

// In lowered graphs only: which elements were the largest, as numbers to multiply by.
struct EqualShare : OfTwo<IsEqual, Takes::numbers> {
  static Info info() { return about("EqualShare", "", "Share of the equal", "1 where a and b are equal, 0 elsewhere."); }
  void gradient(Backward&) const {}
  static Example& drawn(Example& example) { return example.distinct(); }
};

OpFile arithmetic_file() {
  return ops<Add, Subtract, Multiply, Divide, Maximum, Minimum, LargerShare, EqualShare>();
}

}  // namespace engine
