// y = a^b, element by element, with broadcasting, as torch.pow; the result is of the type of a.
#include <cmath>

#include "engine/graph/op.h"
#include "engine/ops/cast.h"
#include "engine/ops/whole.h"

namespace engine {

namespace {

// By squaring; what has no place wraps around. Below an exponent of 0 only 1 and -1 are whole.
template <class T>
BOTH T wholePower(T base, int64_t exponent) {
  if (exponent < 0) return base == T(1) ? T(1) : std::is_signed_v<T> && base == T(-1) ? (exponent % 2 ? T(-1) : T(1)) : T(0);
  uint64_t result = 1, factor = uint64_t(base);
  for (; exponent > 0; exponent >>= 1, factor *= factor)
    if (exponent & 1) result *= factor;
  return wrapped<T>(result);
}

// The result is of the base's type.
template <class Base, class Exponent>
struct PowerOf {
  const Base* a;
  const Exponent* b;
  Base* y;
  BOTH void operator()(int64_t i, int64_t inA, int64_t inB) const {
    const Base x = a[inA];
    const Exponent e = b[inB];
    if constexpr (std::is_floating_point_v<Base>) y[i] = std::pow(x, Base(e));
    else if constexpr (std::is_integral_v<Exponent>) y[i] = wholePower(x, int64_t(e));
    else y[i] = castTo<Base>(std::pow(double(x), double(e)));
  }
};

Term zeroOf(Backward& b) { return b.add(Op::with("Constant"), {}); }
Term number(Backward& b, double value) { return b.add(Op::with("Constant", {{"value", value}}), {}); }
Term where(Backward& b, Term condition, Term yes, Term no) { return b.add(Op::with("Where"), {condition, yes, no}); }

}  // namespace

struct Pow {
  static Info info() {
    return {.name = "Pow",
            .group = "Arithmetic",
            .title = "Power",
            .about = "a to the power of b, element by element.",
            .inputs = {{"a", "numbers of any type and shape", Takes::anything},
                       {"b", "exponents of any type, of a shape that broadcasts with a's", Takes::anything}},
            .outputs = {{"y", "of a's type, and the shape that both broadcast to"}},
            .elementwise = true,
            .inPlace = true};
  }
  void infer(Shapes& s) const {
    const bool numbers = requireNumbers(s, 0) && requireNumbers(s, 1);
    const Shape y = requireBroadcast(s, s.in(0), 1);
    if (numbers && !y.isMissing()) s.out(0, y, s.inType(0));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto places = kernels::broadcast<2>(call.out(0).shape, {call.in(0).shape, call.in(1).shape});
    withNumber<T>(call.in(0).type, [&]<class Base>() {
      withNumber<T>(call.in(1).type, [&]<class Exponent>() {
        forEachPlace(device, places, PowerOf<Base, Exponent>{call.in<Base>(0), call.in<Exponent>(1), call.out<Base>(0)});
      });
    });
  }
  // da = dy b a^(b-1), 0 where b is 0; db = dy y ln a, 0 where a is 0
  void gradient(Backward& b) const {
    Term dy = b.gradient(0), a = b.input(0), e = b.input(1);
    if (b.wants(0)) {
      const Term x = isFloating(e.type()) ? e : b.add(Op::with("Cast"), {e});
      const Term slope = x * b.add(Pow{}, {a, x + -1.0});
      b.give(0, sumTo(where(b, b.add(Op::with("Equal"), {x, zeroOf(b)}), zeroOf(b), dy * slope), a.shape()));
    }
    if (b.wants(1) && isFloating(a.type())) {
      const Term none = b.add(Op::with("Equal"), {a, zeroOf(b)});
      const Term logarithm = b.add(Op::with("Log"), {where(b, none, number(b, 1), a)});
      b.give(1, sumTo(dy * (b.output(0) * logarithm), e.shape()));
    }
  }
  static void examples(Examples<Pow>& e) {
    e.add({}, {{2, 3}, {2, 3}}).range(0.2, 3);
    e.add({}, {{2, 1, 3}, {4, 1}}).range(0.2, 3);
    e.add({}, {{}, {}}).range(0.2, 3);
    e.add({}, {{0}, {1}}).range(0.2, 3);
    e.add({}, {{5, 3}, {}}).range(-2, 2).draw({.classes = 4});  // whole exponents: of numbers below 0, too
    e.add({}, {{131, 257}, {257}}).range(0.2, 3).withoutGradient();
    constexpr Type whole[] = {Type::i64, Type::i32, Type::u8};
    for (const Type type : whole) {
      e.add({}, {{40, 9}, {9}}).range(0.2, 3).draw({.classes = 4, .type = type}).withoutGradient();
      e.add({}, {{40, 9}, {9}}).draw({.classes = 5, .type = type}).draw({0.2, 2.9}).withoutGradient();
      for (const Type exponent : whole) e.add({}, {{40, 9}, {9}}).draw({.classes = 5, .type = type}).draw({.classes = 4, .type = exponent});
    }
  }
  static void mistakes(Mistakes<Pow>& m) {
    m.add({}, {{2, 3}, {2}}, "needs sizes that are equal to those of 2 × 3 from the right, or 1, but got 2 numbers");
  }

 private:
  template <class T, class Work>
  static void withNumber(Type type, const Work& work) {
    if (isFloating(type)) work.template operator()<T>();
    else withWhole(type, work);
  }
};

OpFile pow_file() { return ops<Pow>(); }

}  // namespace engine
