// For ops that take values of any type: whole numbers and booleans beside the floating type that the plan computes in.
#pragma once
#include "engine/graph/op.h"

namespace engine {

// work.operator()<U>(), where U is what a value of `type` is made of; T is the plan's floating type.
template <class T, class Work>
void withType(Type type, const Work& work) {
  switch (type) {
    case Type::i64: return work.template operator()<int64_t>();
    case Type::i32: return work.template operator()<int32_t>();
    case Type::u8: return work.template operator()<uint8_t>();
    case Type::boolean: return work.template operator()<bool>();
    case Type::f32:
    case Type::f64: return work.template operator()<T>();
  }
}
// The same for values that are only moved: by their width.
template <class T, class Work>
void withWidth(Type type, const Work& work) {
  switch (bytesOf(type)) {
    case 8: return work.template operator()<uint64_t>();
    case 4: return work.template operator()<uint32_t>();
    default: return work.template operator()<uint8_t>();
  }
}

// The types by name, as fields have them (`dtype`). "float" is what the plan computes in.
inline constexpr const char* kTypeWords[] = {"float", "int64", "int32", "uint8", "bool"};
inline Type typeOfWord(int word, Type floating) {
  constexpr Type types[] = {Type::f32, Type::i64, Type::i32, Type::u8, Type::boolean};
  return word == 0 ? floating : types[word];
}
inline const char* wordOfType(Type type) {
  switch (type) {
    case Type::i64: return kTypeWords[1];
    case Type::i32: return kTypeWords[2];
    case Type::u8: return kTypeWords[3];
    case Type::boolean: return kTypeWords[4];
    default: return kTypeWords[0];
  }
}

// Two inputs of one type.
inline bool requireSameType(Shapes& s, int a, int b) {
  return bool(s.require(s.inType(a) == s.inType(b), Place::input(b), Message("values of type {0}, as its other input has", s.inType(a)),
                        Message("values of type {0}", s.inType(b)))
                  .fix("put a Cast before it"));
}

}  // namespace engine
