// Turns problems into English.
#include "engine/graph/problem.h"

#include <fmt/format.h>

#include <tuple>

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
        else if constexpr (std::is_same_v<A, std::vector<Message>>) {
          std::string all;
          for (const Message& one : a) all += (all.empty() ? "" : ", ") + engine::toString(one);
          return all;
        } else return fmt::format("{}", a);
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

Message messageOf(const Place& place) {
  switch (place.kind) {
    case Place::Kind::whole: return {};
    case Place::Kind::input: return Message("input {0}", place.port);
    case Place::Kind::output: return Message("output {0}", place.port);
    case Place::Kind::field:
    case Place::Kind::file: return place.name.empty() ? Message() : Message("{0}", place.name);
  }
  return {};
}
std::string toString(const Place& place) { return toString(messageOf(place)); }

Message messageOf(const Problem& problem) {
  const auto& [needs, got, fix] = std::tie(problem.needs, problem.got, problem.fix);
  if (got.empty()) return fix.empty() ? Message("needs {0}", needs) : Message("needs {0}; {1}", needs, fix);
  return fix.empty() ? Message("needs {0}, but got {1}", needs, got) : Message("needs {0}, but got {1}; {2}", needs, got, fix);
}
std::string toString(const Problem& problem) { return toString(messageOf(problem)); }

std::string withPlace(const Problem& problem) {
  const std::string place = toString(problem.place);
  return place.empty() ? toString(problem) : place + ": " + toString(problem);
}

}  // namespace engine
