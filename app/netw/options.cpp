// CLI11 does the reading; what is said about mistakes and in the help is ours.
#include "app/netw/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "app/man.h"
#include "engine/document/text.h"

namespace netw {

struct Options::Parser {
  CLI::App app;
};

Options::Options() : parser_(std::make_unique<Parser>()) {
  parser_->app.set_help_flag("");
}
Options::~Options() = default;

void Options::argument(const std::string& name, std::string& value, const std::string& help, bool required) {
  parser_->app.add_option(name, value)->required(required);
  arguments_.push_back({name, "", help, required, false});
}
void Options::arguments(const std::string& name, std::vector<std::string>& values, const std::string& help, bool required) {
  parser_->app.add_option(name, values)->required(required);
  arguments_.push_back({name, "", help, required, true});
}
void Options::flag(const std::string& name, bool& value, const std::string& help) {
  parser_->app.add_flag(name, value);
  options_.push_back({name, "", help});
}

namespace {

template <class T>
struct ValueOf {
  using Type = T;
};
template <class T>
struct ValueOf<std::optional<T>> {
  using Type = T;
};
template <class T>
struct ValueOf<std::vector<T>> {
  using Type = T;
};

// What a number's text has to be: CLI11 takes the largest number for one that is larger, and anything for nan.
template <class T>
std::string wrongNumber(const std::string& text) {
  T number{};
  const char* end = text.data() + text.size();
  const char* begin = text.starts_with('+') ? text.data() + 1 : text.data();
  const auto [rest, error] = std::from_chars(begin, end, number);
  const bool whole = error == std::errc() && rest == end;
  if constexpr (std::is_floating_point_v<T>) return whole && std::isfinite(number) ? "" : fmt::format("takes a number, but got {}", text);
  else if (whole) return "";
  constexpr auto kLowest = std::numeric_limits<T>::min(), kHighest = std::numeric_limits<T>::max();
  if (error == std::errc::result_out_of_range) return fmt::format("takes a whole number from {} to {}, but got {}", kLowest, kHighest, text);
  return fmt::format("takes a whole number, but got {}", text);
}

}  // namespace

template <class T>
void Options::add(const std::string& name, const std::string& word, T& value, const std::string& help) {
  using Value = typename ValueOf<T>::Type;
  auto* option = parser_->app.add_option(name, value);
  if constexpr (std::is_arithmetic_v<Value>) option->check(CLI::Validator([](std::string& text) { return wrongNumber<Value>(text); }, word));
  options_.push_back({name, word, help});
}
void Options::option(const std::string& name, const std::string& word, std::string& value, const std::string& help) { add(name, word, value, help); }
void Options::option(const std::string& name, const std::string& word, int& value, const std::string& help) { add(name, word, value, help); }
void Options::option(const std::string& name, const std::string& word, int64_t& value, const std::string& help) { add(name, word, value, help); }
void Options::option(const std::string& name, const std::string& word, double& value, const std::string& help) { add(name, word, value, help); }
void Options::option(const std::string& name, const std::string& word, std::optional<std::string>& value, const std::string& help) { add(name, word, value, help); }
void Options::option(const std::string& name, const std::string& word, std::optional<int64_t>& value, const std::string& help) { add(name, word, value, help); }
void Options::option(const std::string& name, const std::string& word, std::optional<uint64_t>& value, const std::string& help) { add(name, word, value, help); }
void Options::option(const std::string& name, const std::string& word, std::optional<double>& value, const std::string& help) { add(name, word, value, help); }
void Options::option(const std::string& name, const std::string& word, std::vector<std::string>& values, const std::string& help) {
  parser_->app.add_option(name, values)->allow_extra_args(false);
  options_.push_back({name, word, help, true, true});
}
void Options::option(const std::string& name, const std::string& word, std::vector<double>& values, const std::string& help) {
  parser_->app.add_option(name, values)->delimiter(',')->allow_extra_args(false)->check(CLI::Validator([](std::string& text) { return wrongNumber<double>(text); }, word));
  options_.push_back({name, word, help});
}
void Options::choice(const std::string& name, std::string& value, const std::vector<std::string>& words, const std::string& help, const std::string& numbered) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : "|") + word;
  if (!numbered.empty()) list += "|" + numbered + "N";
  const auto isKnown = [words, list, numbered](std::string& given) -> std::string {
    if (std::find(words.begin(), words.end(), given) != words.end()) return {};
    constexpr size_t kMostDigits = 4;
    if (!numbered.empty() && given.starts_with(numbered) && given.size() > numbered.size() && given.size() <= numbered.size() + kMostDigits &&
        given.find_first_not_of("0123456789", numbered.size()) == std::string::npos)
      return {};
    const std::string near = meant(given, words);
    return fmt::format("takes {}, but got {}{}", list, given, near.empty() ? "" : "; did you mean " + near + "?");
  };
  parser_->app.add_option(name, value)->check(CLI::Validator(isKnown, list));
  options_.push_back({name, list, help});
}

// Options that nobody knows are told first: whatever else is wrong may follow from them.
std::string Options::unknownIn(std::span<const std::string> arguments) const {
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    if (argument.size() < 2 || argument[0] != '-' || (argument[1] != '-' && !std::isalpha(uint8_t(argument[1])))) continue;
    const std::string name = argument.substr(0, argument.find('='));
    std::vector<std::string> names;
    for (const Line& option : options_) names.push_back(option.name);
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string near = meant(name[1] == '-' ? name : "-" + name, names);
    return fmt::format("there is no option {}{}", name, near.empty() ? "" : "; did you mean " + near + "?");
  }
  return {};
}

std::string Options::parse(std::span<const std::string> arguments) {
  if (std::string unknown = unknownIn(arguments); !unknown.empty()) return unknown;
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    parser_->app.parse(std::move(reversed));
  } catch (const CLI::RequiredError& error) {
    for (const Line& argument : arguments_)
      if (std::string(error.what()).find(argument.name) != std::string::npos) return fmt::format("{} is missing: {}", argument.name, argument.help);
    return error.what();
  } catch (const CLI::ExtrasError& error) {
    return fmt::format("more arguments than there is use for: {}", error.what());
  } catch (const CLI::ParseError& error) {
    std::string text = error.what();
    return text.empty() ? error.get_name() : text;
  }
  return {};
}

std::string Options::usage() const {
  std::string text;
  for (const Line& argument : arguments_) {
    const std::string name = argument.name + (argument.several ? "..." : "");
    text += argument.required ? " " + name : " [" + name + "]";
  }
  return text + " [OPTIONS]";
}

std::string Options::help() const {
  constexpr size_t kWidest = 34;  // of the left column; longer ones have their help on the next line
  std::string text;
  const auto add = [&](const std::string& left, const std::string& help) {
    if (left.size() > kWidest) text += fmt::format("  {}\n  {:{}}  {}\n", left, "", kWidest, help);
    else text += fmt::format("  {:{}}  {}\n", left, kWidest, help);
  };
  for (const Line& argument : arguments_) add(argument.name, argument.help);
  for (const Line& option : options_)
    if (!option.help.empty()) add(option.name + (option.word.empty() ? "" : " " + option.word), option.help + (option.several ? " May be repeated." : ""));
  return text;
}

std::string Options::man() const {
  std::string text;
  for (const Line& argument : arguments_) text += app::manItem(argument.name, {}, argument.help);
  for (const Line& option : options_)
    if (!option.help.empty()) text += app::manItem(option.name, option.word, option.help + (option.several ? " May be repeated." : ""));
  return text;
}

std::string meant(const std::string& word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  return std::string(engine::document::nearest(word, names));
}

}  // namespace netw
