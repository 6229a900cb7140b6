// The fields of an op (its settings), visited one by one: saving, equality, hashing, the property sheet, the help page
// and the command line all come from one function of the op, `static void fields(Op&, FieldVisitor&)`.
#pragma once
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/problem.h"

namespace engine {

// Which numbers a field takes: least <= value <= most, or least < value where `open`.
struct Range {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool open = false;
};
inline Range atLeast(double least) { return {least}; }
inline Range above(double least) { return {least, std::numeric_limits<double>::infinity(), true}; }
inline Range between(double least, double most) { return {least, most}; }
inline Range anyNumber() { return {}; }

// How many numbers a list holds.
struct Length {
  int least = 0, most = Shape::kMaxRank;
};

// Height and width; or, for padding, the same on both sides of each.
struct Pair {
  int64_t height = 1, width = 1;
  bool operator==(const Pair&) const = default;
};

inline constexpr size_t kMostOfText = 1000;  // bytes of a text

class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  // Names are PyTorch's where it has one. The help is one sentence for a person who never saw the field.
  virtual void boolean(const char* name, bool& value, const char* help) = 0;
  virtual void integer(const char* name, int64_t& value, Range range, const char* help) = 0;
  virtual void real(const char* name, double& value, Range range, const char* help) = 0;
  // One of several words; the value is the index of the word.
  virtual void choice(const char* name, int& value, std::span<const char* const> words, const char* help) = 0;
  // Two whole numbers; one number given stands for both.
  virtual void pair(const char* name, Pair& value, Range range, const char* help) = 0;
  virtual void integers(const char* name, std::vector<int64_t>& value, Range range, Length length, const char* help) = 0;
  virtual void reals(const char* name, std::vector<double>& value, Range range, Length length, const char* help) = 0;
  // One line of a few words: names of a person's own.
  virtual void text(const char* name, std::string& value, const char* help) = 0;
};

using FieldMap = std::map<std::string, FieldValue>;

// What a property sheet needs to know of one field.
struct FieldInfo {
  enum class Kind : uint8_t { boolean, integer, real, choice, pair, integers, reals, text };
  std::string name;
  Kind kind;
  FieldValue initial;  // the default
  Range range;
  Length length;
  std::vector<std::string> words;  // choice
  std::string help;
};

}  // namespace engine
