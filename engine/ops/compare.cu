// What is true of values, element by element with broadcasting: a = b, a > b, a ≥ b, a < b, a ≤ b; both, either, one of them, not;
// what is not a number or infinite; and values of a or b by what is true: torch.eq, torch.gt, ..., torch.logical_and, ..., torch.where.
#include <cmath>

#include "engine/graph/op.h"
#include "engine/ops/whole.h"

namespace engine {

struct AreEqual {
  template <class T>
  BOTH bool operator()(T a, T b) const {
    return a == b;
  }
};
struct IsMore {
  template <class T>
  BOTH bool operator()(T a, T b) const {
    return a > b;
  }
};
struct IsMoreOrEqual {
  template <class T>
  BOTH bool operator()(T a, T b) const {
    return a >= b;
  }
};
struct IsLess {
  template <class T>
  BOTH bool operator()(T a, T b) const {
    return a < b;
  }
};
struct IsLessOrEqual {
  template <class T>
  BOTH bool operator()(T a, T b) const {
    return a <= b;
  }
};
// Of truths, which lie in memory as 1 and 0.
struct BothTrue {
  BOTH bool operator()(uint8_t a, uint8_t b) const { return a && b; }
};
struct EitherTrue {
  BOTH bool operator()(uint8_t a, uint8_t b) const { return a || b; }
};
struct OneTrue {
  BOTH bool operator()(uint8_t a, uint8_t b) const { return !a != !b; }
};

template <class T, class F>
struct AskTwo {
  const T* a;  // of their own shapes
  const T* b;
  bool* y;  // of the shape that a and b broadcast to
  F f;
  BOTH void operator()(int64_t i, int64_t inA, int64_t inB) const { y[i] = f(a[inA], b[inB]); }
};

// What the comparisons share.
template <class F>
struct OfComparison {
  static Info about(const char* name, const char* title, const char* sentence) {
    return {.name = name,
            .group = "Logic",
            .title = title,
            .about = sentence,
            .inputs = {{"a", "any shape", Takes::anything}, {"b", "of a's type, and a shape that broadcasts with a's", Takes::anything}},
            .outputs = {{"y", "true or false, of the shape that both broadcast to"}},
            .elementwise = true};
  }
  void infer(Shapes& s) const {
    const bool same = requireSameType(s, 0, 1);
    const Shape y = requireBroadcast(s, s.in(0), 1);
    if (same && !y.isMissing()) s.out(0, y, Type::boolean);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto places = kernels::broadcast<2>(call.out(0).shape, {call.in(0).shape, call.in(1).shape});
    if (isFloating(call.in(0).type)) kernels::forStrided(device, places, AskTwo<T, F>{call.in<T>(0), call.in<T>(1), call.out<bool>(0), F()});
    else  // booleans as the bytes that they are
      withWhole(call.in(0).type, [&]<class U>() { forEachPlace(device, places, AskTwo<U, F>{call.in<U>(0), call.in<U>(1), call.out<bool>(0), F()}); });
  }
  void gradient(Backward&) const {}

  template <class O>
  static void examples(Examples<O>& e) {
    e.add({}, {{2, 3}, {2, 3}});
    e.add({}, {{}, {}});
    e.add({}, {{2, 1, 3}, {4, 1}});
    e.add({}, {{0}, {1}});
    e.add({}, {{131, 257}, {257}});
    for (const Type type : {Type::i64, Type::i32}) e.add({}, {{6, 7}, {7}}).draw({.classes = 4, .type = type});
    for (const Type type : {Type::u8, Type::boolean}) e.add({}, {{60, 7}, {7}}).draw({.classes = type == Type::u8 ? 4 : 2, .type = type});
  }
  template <class O>
  static void mistakes(Mistakes<O>& m) {
    m.add({}, {{2, 3}, {2}}, "needs sizes that are equal to those of 2 × 3 from the right, or 1, but got 2 numbers");
  }
};

struct Equal : OfComparison<AreEqual> {
  static Info info() { return about("Equal", "Equal", "Where a and b are equal."); }
};
struct Greater : OfComparison<IsMore> {
  static Info info() { return about("Greater", "Greater", "Where a is larger than b."); }
};
struct GreaterEqual : OfComparison<IsMoreOrEqual> {
  static Info info() { return about("GreaterEqual", "Greater or equal", "Where a is as large as b or larger."); }
};
struct Less : OfComparison<IsLess> {
  static Info info() { return about("Less", "Less", "Where a is smaller than b."); }
};
struct LessEqual : OfComparison<IsLessOrEqual> {
  static Info info() { return about("LessEqual", "Less or equal", "Where a is as small as b or smaller."); }
};

// Truths alone.
inline bool requireTruth(Shapes& s, int input) {
  return bool(s.require(s.inType(input) == Type::boolean, Place::input(input), "what is true and what is not", Message("values of type {0}", s.inType(input)))
                  .fix("put a comparison before it, or a Cast to bool"));
}

template <class F>
struct OfTruths {
  static Info about(const char* name, const char* title, const char* sentence) {
    return {.name = name,
            .group = "Logic",
            .title = title,
            .about = sentence,
            .inputs = {{"a", "true or false, any shape", Takes::anything}, {"b", "the same, of a shape that broadcasts with a's", Takes::anything}},
            .outputs = {{"y", "true or false, of the shape that both broadcast to"}},
            .elementwise = true,
            .inPlace = true};
  }
  void infer(Shapes& s) const {
    const bool truths = requireTruth(s, 0) && requireTruth(s, 1);
    const Shape y = requireBroadcast(s, s.in(0), 1);
    if (truths && !y.isMissing()) s.out(0, y, Type::boolean);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    forEachPlace(device, kernels::broadcast<2>(call.out(0).shape, {call.in(0).shape, call.in(1).shape}),
                 AskTwo<uint8_t, F>{call.in<uint8_t>(0), call.in<uint8_t>(1), call.out<bool>(0), F()});
  }
  void gradient(Backward&) const {}

  template <class O>
  static void examples(Examples<O>& e) {
    const auto add = [&](std::vector<Shape> shapes) { e.add({}, std::move(shapes)).draw({.classes = 2, .type = Type::boolean}); };
    add({{2, 3}, {2, 3}});
    add({{2, 1, 3}, {4, 1}});
    add({{0, 2}, {1}});
    add({{131, 257}, {257}});
  }
  template <class O>
  static void mistakes(Mistakes<O>& m) {
    m.add({}, {{2}, {2}}, "needs what is true and what is not, but got values of type f32; put a comparison before it, or a Cast to bool");
  }
};

struct LogicalAnd : OfTruths<BothTrue> {
  static Info info() { return about("LogicalAnd", "And", "Where a and b are both true."); }
};
struct LogicalOr : OfTruths<EitherTrue> {
  static Info info() { return about("LogicalOr", "Or", "Where a or b or both are true."); }
};
struct LogicalXor : OfTruths<OneTrue> {
  static Info info() { return about("LogicalXor", "Either or", "Where one of a and b is true and the other is not."); }
};

struct LogicalNot {
  static Info info() {
    return {.name = "LogicalNot",
            .group = "Logic",
            .title = "Not",
            .about = "Where x is not true.",
            .inputs = {{"x", "true or false, any shape", Takes::anything}},
            .outputs = {{"y", "true or false, the same shape"}},
            .elementwise = true,
            .inPlace = true};
  }
  void infer(Shapes& s) const {
    if (requireTruth(s, 0)) s.out(0, s.in(0), Type::boolean);
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const uint8_t* x = call.in<uint8_t>(0);
    bool* y = call.out<bool>(0);
    kernels::map(device, call.out(0).elements(), [=] BOTH(int64_t i) { y[i] = x[i] == 0; });
  }
  void gradient(Backward&) const {}
  static void examples(Examples<LogicalNot>& e) {
    for (const Shape& x : {Shape{2, 3}, Shape{}, Shape{0, 4}, Shape{33001}}) e.add({}, {x}).draw({.classes = 2, .type = Type::boolean});
  }
  static void mistakes(Mistakes<LogicalNot>& m) {
    m.add({}, {{2}}, "needs what is true and what is not, but got values of type f32; put a comparison before it, or a Cast to bool");
  }
};

// What the questions to single numbers share.
inline Info aboutOne(const char* name, const char* title, const char* sentence) {
  return {.name = name,
          .group = "Logic",
          .title = title,
          .about = sentence,
          .inputs = {{"x", "numbers of any shape"}},
          .outputs = {{"y", "true or false, the same shape"}},
          .elementwise = true};
}

struct IsNaN {
  static Info info() { return aboutOne("IsNaN", "Is not a number", "Where x is not a number, as 0 / 0 gives it."); }
  void infer(Shapes& s) const { s.out(0, s.in(0), Type::boolean); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const T* x = call.in<T>(0);
    bool* y = call.out<bool>(0);
    kernels::map(device, call.out(0).elements(), [=] BOTH(int64_t i) { y[i] = x[i] != x[i]; });
  }
  void gradient(Backward&) const {}
  static void examples(Examples<IsNaN>& e) {
    for (const Shape& x : {Shape{2, 3}, Shape{}, Shape{0, 4}, Shape{33001}}) e.add({}, {x});
  }
};

struct IsInf {
  bool detectNegative = true, detectPositive = true;

  static Info info() { return aboutOne("IsInf", "Is infinite", "Where x is infinite, as 1 / 0 gives it."); }
  static void fields(IsInf& op, FieldVisitor& f) {
    f.boolean("detect_negative", op.detectNegative, "Counts what is infinite below 0.");
    f.boolean("detect_positive", op.detectPositive, "Counts what is infinite above 0.");
  }
  void infer(Shapes& s) const { s.out(0, s.in(0), Type::boolean); }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const T* x = call.in<T>(0);
    bool* y = call.out<bool>(0);
    const bool below = detectNegative, above = detectPositive;
    kernels::map(device, call.out(0).elements(), [=] BOTH(int64_t i) {
      y[i] = (above && x[i] == T(INFINITY)) || (below && x[i] == -T(INFINITY));
    });
  }
  void gradient(Backward&) const {}
  static void examples(Examples<IsInf>& e) {
    for (const Shape& x : {Shape{2, 3}, Shape{}, Shape{0, 4}, Shape{33001}}) e.add({}, {x});
    for (const bool below : {false, true})
      for (const bool above : {false, true}) e.add({below, above}, {{3}}).range(1e39, 1e39), e.add({below, above}, {{4}}).range(-1e39, -1e39);  // as floats
  }
};

template <class Word>
struct ChooseOf {
  const uint8_t* condition;
  const Word* a;
  const Word* b;
  Word* y;
  BOTH void operator()(int64_t i, int64_t inCondition, int64_t inA, int64_t inB) const { y[i] = condition[inCondition] ? a[inA] : b[inB]; }
};

struct Where {
  static Info info() {
    return {.name = "Where",
            .group = "Logic",
            .title = "Where",
            .about = "Takes a's values where the condition is true, and b's elsewhere.",
            .inputs = {{"condition", "true or false, any shape", Takes::anything},
                       {"a", "values of any type, of a shape that broadcasts with the condition's", Takes::anything},
                       {"b", "values of a's type, of a shape that broadcasts with both", Takes::anything}},
            .outputs = {{"y", "the shape that all three broadcast to"}},
            .elementwise = true};
  }
  void infer(Shapes& s) const {
    const bool types = requireTruth(s, 0) && requireSameType(s, 1, 2);
    const Shape two = requireBroadcast(s, s.in(0), 1);
    if (two.isMissing()) return;
    const Shape y = requireBroadcast(s, two, 2);
    if (types && !y.isMissing()) s.out(0, y, s.inType(1));
  }
  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    const auto places = kernels::broadcast<3>(call.out(0).shape, {call.in(0).shape, call.in(1).shape, call.in(2).shape});
    withWidth<T>(call.out(0).type, [&]<class Word>() {
      const ChooseOf<Word> choose{call.in<uint8_t>(0), call.in<Word>(1), call.in<Word>(2), call.out<Word>(0)};
      if constexpr (sizeof(Word) == sizeof(T)) kernels::forStrided(device, places, choose);  // masks of attention
      else forEachPlace(device, places, choose);
    });
  }
  void gradient(Backward& b) const {
    const Term condition = b.input(0), dy = b.gradient(0), zero = b.add(Op::with("Constant"), {});
    if (b.wants(1)) b.give(1, sumTo(b.add(Where{}, {condition, dy, zero}), b.input(1).shape()));
    if (b.wants(2)) b.give(2, sumTo(b.add(Where{}, {condition, zero, dy}), b.input(2).shape()));
  }
  static void examples(Examples<Where>& e) {
    const auto add = [&](std::vector<Shape> shapes) -> Example& { return e.add({}, std::move(shapes)).draw({.classes = 2, .type = Type::boolean}); };
    add({{2, 3}, {2, 3}, {2, 3}}).draw({});
    add({{3, 1}, {1, 4}, {2, 1, 1}}).draw({});
    add({{}, {3}, {}}).draw({});
    add({{4}, {}, {}}).draw({});
    add({{0}, {1}, {}}).draw({});
    add({{131, 257}, {257}, {131, 1}}).draw({}).withoutGradient();
    for (const Type type : {Type::i64, Type::i32, Type::u8, Type::boolean}) add({{40, 9}, {9}, {40, 1}}).draw({.classes = 2, .type = type});
  }
  static void mistakes(Mistakes<Where>& m) {
    m.add({}, {{2}, {2}, {2}}, "needs what is true and what is not, but got values of type f32; put a comparison before it, or a Cast to bool");
  }
};

OpFile compare_file() {
  return ops<Equal, Greater, GreaterEqual, Less, LessEqual, LogicalAnd, LogicalOr, LogicalXor, LogicalNot, IsNaN, IsInf, Where>();
}

}  // namespace engine
