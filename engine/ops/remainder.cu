// What a division leaves over, element by element with broadcasting: with the sign of the dividend (torch.fmod) or of the divisor
// (torch.remainder, Python's %).
#include <cmath>

#include "engine/graph/op.h"
#include "engine/ops/whole.h"

namespace engine {

namespace {

struct FloorModulo {
  template <class T>
  BOTH T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0 || (std::is_signed_v<T> && b == T(-1))) return T(0);
      const T rest = T(a % b);
      return std::is_signed_v<T> && rest != 0 && ((rest < 0) != (b < 0)) ? T(rest + b) : rest;
    } else {
      const T rest = std::fmod(a, b);
      return rest != 0 && ((rest < 0) != (b < 0)) ? rest + b : rest;
    }
  }
};
struct TruncatedModulo {
  template <class T>
  BOTH T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) return b == 0 || (std::is_signed_v<T> && b == T(-1)) ? T(0) : T(a % b);
    else return std::fmod(a, b);
  }
};

template <class T, class F>
struct Leave {
  const T* a;
  const T* b;
  T* y;
  BOTH void operator()(int64_t i, int64_t inA, int64_t inB) const { y[i] = F()(a[inA], b[inB]); }
};

}  // namespace

template <class F>
struct OfDivision {
  static Info about(const char* name, const char* title, const char* sentence) {
    return {.name = name,
            .group = "Arithmetic",
            .title = title,
            .about = sentence,
            .inputs = {{"a", "numbers of any type and shape", Takes::anything}, {"b", "of a's type, and a shape that broadcasts with a's", Takes::anything}},
            .outputs = {{"y", "the shape that both broadcast to"}},
            .elementwise = true,
            .inPlace = true};
  }
  void infer(Shapes& s) const {
    const bool numbers = requireNumbers(s, 0) && requireSameType(s, 0, 1);
    const Shape y = requireBroadcast(s, s.in(0), 1);
    if (numbers && !y.isMissing()) s.out(0, y, s.inType(0));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto places = kernels::broadcast<2>(call.out(0).shape, {call.in(0).shape, call.in(1).shape});
    const auto leave = [&]<class U>() { forEachPlace(device, places, Leave<U, F>{call.in<U>(0), call.in<U>(1), call.out<U>(0)}); };
    if (isFloating(call.out(0).type)) leave.template operator()<T>();
    else withWhole(call.out(0).type, leave);
  }
  // y = a - q b, where q is whole and does not change: (y - a) / b = -q
  void gradient(Backward& b) const {
    const Term dy = b.gradient(0), a = b.input(0), divisor = b.input(1);
    b.give(0, sumTo(dy, a.shape()));
    if (b.wants(1)) b.give(1, sumTo(dy * ((b.output(0) - a) / divisor), divisor.shape()));
  }
  template <class O>
  static void examples(Examples<O>& e) {
    const auto add = [&](std::vector<Shape> shapes) -> Example& { return e.add({}, std::move(shapes)).draw({.low = -2, .high = 2, .distinct = true}).range(0.83, 0.97); };
    add({{2, 3}, {2, 3}});
    add({{2, 1, 3}, {4, 1}});
    add({{0}, {1}});
    add({{131, 257}, {257}}).withoutGradient();
    e.add({}, {{7}, {}}).range(-5, 5).range(-0.7, -0.7).withoutGradient();
    for (const Type type : {Type::i64, Type::i32, Type::u8}) e.add({}, {{40, 9}, {9}}).draw({.classes = 50, .type = type}).draw({.classes = 8, .type = type});
  }
  template <class O>
  static void mistakes(Mistakes<O>& m) {
    m.add({}, {{2, 3}, {2}}, "needs sizes that are equal to those of 2 × 3 from the right, or 1, but got 2 numbers");
  }
};

struct Fmod : OfDivision<TruncatedModulo> {
  static Info info() { return about("Fmod", "Rest of a division", "What the division of a by b leaves over, with a's sign."); }
};
struct Remainder : OfDivision<FloorModulo> {
  static Info info() { return about("Remainder", "Remainder", "What the division of a by b leaves over, with b's sign."); }
};

OpFile remainder_file() { return ops<Fmod, Remainder>(); }

}  // namespace engine
