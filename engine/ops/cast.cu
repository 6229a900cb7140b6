// Values of another type, as torch.Tensor.to.
#include "engine/ops/cast.h"

#include "engine/ops/any_type.h"
#include "kernels/map.h"

namespace engine {

template <class From, class To>
struct Convert {
  const From* x;
  To* y;
  BOTH void operator()(int64_t i) const { y[i] = castTo<To>(x[i]); }
};

struct Cast {
  int dtype = 0;

  static Info info() {
    return {.name = "Cast",
            .group = "Structure",
            .title = "Cast",
            .about = "Gives its values another type.",
            .inputs = {{"x", "values of any type", Takes::anything}},
            .outputs = {{"y", "of the same shape"}}};
  }
  static void fields(Cast& op, FieldVisitor& f) { f.choice("dtype", op.dtype, kTypeWords, "The type; float is what the network computes in."); }
  void infer(Shapes& s) const { s.out(0, s.in(0), typeOfWord(dtype, s.floating())); }

  template <class T, class Device>
  void run(Device& device, const Call& call) const {
    withType<T>(call.in(0).type, [&]<class From>() {
      withType<T>(call.out(0).type, [&]<class To>() {
        kernels::map(device, call.out(0).elements(), Convert<From, To>{call.in<From>(0), call.out<To>(0)});
      });
    });
  }
  void gradient(Backward& b) const {
    if (dtype == 0) b.give(0, b.gradient(0));
  }

  static void examples(Examples<Cast>& e) {
    e.add({}, {{2, 3}});
    for (int to = 1; to < int(std::size(kTypeWords)); ++to) e.add({.dtype = to}, {{3, 5}}).range(0, 200).withoutGradient();
    e.add({.dtype = 1}, {{40}}).withoutGradient();
    for (const Type from : {Type::i64, Type::i32, Type::u8, Type::boolean}) {
      e.add({}, {{300}}).draw({.classes = 2, .type = from}).withoutGradient();
      e.add({.dtype = 1}, {{7}}).draw({.classes = 2, .type = from}).withoutGradient();
    }
    e.add({.dtype = 3}, {{0, 2}}).withoutGradient();
  }
};

OpFile cast_file() { return ops<Cast>(); }

}  // namespace engine
