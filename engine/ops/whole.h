// For ops that calculate with whole numbers beside the floating type of the plan. What they calculate is little beside what a
// network does in floats: one kernel for all strides, or for all types, keeps such an op small.
#pragma once
#include <type_traits>

#include "engine/ops/any_type.h"
#include "engine/ops/axes.h"
#include "kernels/broadcast.h"
#include "kernels/map.h"

namespace engine {

// Two's complement as every processor has it: what does not fit drops its upper bits, which C++ leaves open.
template <class T>
BOTH T wrapped(uint64_t x) {
  return T(x);
}

// work.operator()<U>() for the types that hold whole numbers; booleans are none.
template <class Work>
void withWhole(Type type, const Work& work) {
  switch (type) {
    case Type::i64: return work.template operator()<int64_t>();
    case Type::i32: return work.template operator()<int32_t>();
    default: return work.template operator()<uint8_t>();
  }
}

// Whole numbers and booleans of any type, as i64.
struct LoadWhole {
  const void* x;
  Type type;
  BOTH int64_t operator()(int64_t i) const {
    if (type == Type::i64) return static_cast<const int64_t*>(x)[i];
    if (type == Type::i32) return static_cast<const int32_t*>(x)[i];
    return static_cast<const uint8_t*>(x)[i];
  }
};
struct StoreWhole {
  void* y;
  Type type;
  BOTH void operator()(int64_t i, int64_t value) const {
    if (type == Type::i64) static_cast<int64_t*>(y)[i] = value;
    else if (type == Type::i32) static_cast<int32_t*>(y)[i] = int32_t(value);
    else if (type == Type::boolean) static_cast<uint8_t*>(y)[i] = value != 0;
    else static_cast<uint8_t*>(y)[i] = uint8_t(value);
  }
};

template <int K, class F>
struct AtPlaces {
  kernels::Strided<K> places;
  F f;
  BOTH void operator()(int64_t i) const {
    int64_t offsets[K];
    kernels::offsetsOf(places, i, offsets);
    kernels::callWith(f, i, offsets, std::make_index_sequence<size_t(K)>());
  }
};
// f(i, place...) as kernels::forStrided has it.
template <int K, class Device, class F>
void forEachPlace(Device& device, const kernels::Strided<K>& places, const F& f) {
  kernels::map(device, places.count, AtPlaces<K, F>{places, f});
}

// What cannot be calculated with.
inline bool requireNumbers(Shapes& s, int input) {
  return bool(s.require(s.inType(input) != Type::boolean, Place::input(input), "numbers", Message("values of type {0}", s.inType(input)))
                  .fix("put a Cast before it"));
}

// The shape that inputs a and b broadcast to; missing after a mistake.
inline Shape requireBroadcast(Shapes& s, const Shape& a, int b) {
  const Shape y = broadcastShape(a, s.in(b));
  s.require(!y.isMissing(), Place::input(b), Message("sizes that are equal to those of {0} from the right, or 1", a), s.in(b));
  return y;
}

}  // namespace engine
