// The types that values may have.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace engine {

enum class Type : uint8_t { f32, f64, i64, i32, u8, boolean };

inline constexpr Type kTypes[] = {Type::f32, Type::f64, Type::i64, Type::i32, Type::u8, Type::boolean};

constexpr int64_t bytesOf(Type type) {
  switch (type) {
    case Type::f64:
    case Type::i64: return 8;
    case Type::f32:
    case Type::i32: return 4;
    case Type::u8:
    case Type::boolean: return 1;
  }
  return 0;
}

constexpr bool isFloating(Type type) { return type == Type::f32 || type == Type::f64; }

// As it is written in files and messages.
constexpr std::string_view nameOf(Type type) {
  switch (type) {
    case Type::f32: return "f32";
    case Type::f64: return "f64";
    case Type::i64: return "i64";
    case Type::i32: return "i32";
    case Type::u8: return "u8";
    case Type::boolean: return "bool";
  }
  return "?";
}

constexpr std::optional<Type> typeNamed(std::string_view name) {
  for (Type type : kTypes)
    if (nameOf(type) == name) return type;
  return std::nullopt;
}

template <class T>
constexpr Type typeOf() {
  if constexpr (sizeof(T) == 8) return T(0.5) != T(0) ? Type::f64 : Type::i64;
  else if constexpr (sizeof(T) == 4) return T(0.5) != T(0) ? Type::f32 : Type::i32;
  else return T(2) == T(1) ? Type::boolean : Type::u8;
}

}  // namespace engine
