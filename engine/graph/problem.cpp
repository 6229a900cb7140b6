// Turns problems into English.
#include "engine/graph/problem.h"

#include <fmt/format.h>

namespace engine {

std::string toString(const Shape& shape) {
  if (shape.isMissing()) return "?";
  if (shape.rank() == 0) return "a single number";
  std::string text;
  for (int64_t size : shape) {
    if (!text.empty()) text += " × ";
    text += size == kBatch ? "N" : size < 0 ? "?" : std::to_string(size);
  }
  return shape.rank() == 1 ? text + (shape[0] == 1 ? " number" : " numbers") : text;
}

bool mayEqual(const Shape& a, const Shape& b) {
  if (a.isMissing() || b.isMissing()) return true;
  return a.rank() == b.rank() && std::equal(a.begin(), a.end(), b.begin(), [](int64_t x, int64_t y) { return mayEqual(x, y); });
}

namespace {
std::string toString(const Message::Argument& argument) {
  return std::visit(
      [](const auto& a) -> std::string {
        using A = std::decay_t<decltype(a)>;
        if constexpr (std::is_same_v<A, std::string>) return a;
        else if constexpr (std::is_same_v<A, Shape>) return engine::toString(a);
        else if constexpr (std::is_same_v<A, Type>) return std::string(nameOf(a));
        else return fmt::format("{}", a);
      },
      argument);
}
}  // namespace

std::string toString(const Message& message) {
  std::string result;
  const std::string& text = message.text();
  for (size_t i = 0; i < text.size(); ++i) {
    // Only {digit} is a place for an argument; every other brace is text.
    if (text[i] == '{' && i + 2 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9' && text[i + 2] == '}') {
      const size_t index = size_t(text[i + 1] - '0');
      if (index < message.arguments().size()) result += toString(message.arguments()[index]);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string toString(const Place& place) {
  switch (place.kind) {
    case Place::Kind::whole: return "";
    case Place::Kind::input: return fmt::format("input {}", place.port);
    case Place::Kind::output: return fmt::format("output {}", place.port);
    case Place::Kind::field:
    case Place::Kind::file: return place.name;
  }
  return "";
}

std::string toString(const Problem& problem) {
  std::string text = "needs " + toString(problem.needs);
  if (!problem.got.empty()) text += ", but got " + toString(problem.got);
  if (!problem.fix.empty()) text += "; " + toString(problem.fix);
  return text;
}

std::string withPlace(const Problem& problem) {
  const std::string place = toString(problem.place);
  return place.empty() ? toString(problem) : place + ": " + toString(problem);
}

}  // namespace engine
