// Calculates what a formula of the table says (engine/graph/formulas.h), for ops that go element by element: sums, products (also without a
// sign between), quotients, powers, |x|, √x, ⌊x⌋, ⌈x⌉, functions, comparisons (1 where true), "a if condition, else b", mean(...) over all elements,
// and lines that say what a name stands for.
#pragma once
#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace engine::tests {

class FormulaValue {
 public:
  using Values = std::map<std::string, std::function<double(size_t)>>;  // by element

  // `chosen`: words of choices and flags that hold, whose lines count. Throws std::runtime_error where it does not understand.
  FormulaValue(const std::string& text, Values values, std::vector<std::string> chosen, size_t count)
      : values_(std::move(values)), count_(count) {
    size_t from = 0;
    for (size_t end; from <= text.size(); from = end + 1) {
      end = std::min(text.find('\n', from), text.size());
      std::string line = text.substr(from, end - from);
      if (const size_t colon = line.find(": "); colon != std::string::npos) {
        if (std::find(chosen.begin(), chosen.end(), line.substr(0, colon)) == chosen.end()) continue;
        line = line.substr(colon + 2);
      }
      lines_.push_back(tokens(line));
    }
    // What has a name: λ = 1.05, d = |a − b|, Φ(x) = ...
    for (size_t l = 1; l < lines_.size(); ++l)
      for (const Tokens& part : parts(lines_[l])) {
        if (part.size() > 2 && part[1] == "=") defined_[part[0]] = Tokens(part.begin() + 2, part.end());
        else if (part.size() > 5 && part[1] == "(" && part[4] == "=") defined_[part[0]] = Tokens(part.begin() + 5, part.end()), functions_.insert(part[0]);
      }
  }

  // Of the output, element i. Later lines for it ("y = x if ...") hold where their condition does.
  double at(const std::string& output, size_t i) const {
    if (const auto it = defined_.find(output); it != defined_.end())
      if (const auto [value, holds] = whole(it->second, i); holds) return value;
    const Tokens& first = lines_.at(0);
    if (first.size() < 3 || first[0] != output || first[1] != "=") throw std::runtime_error("the first line is no result");
    return whole({first.begin() + 2, first.end()}, i).first;
  }
  // Of a line that says what holds of the result instead of what it is: whether all of it does.
  bool holds(size_t i) const {
    for (const Tokens& part : parts(lines_.at(0)))
      if (whole(part, i).first == 0) return false;
    return true;
  }

 private:
  using Tokens = std::vector<std::string>;

  static Tokens tokens(const std::string& line) {
    Tokens all;
    for (size_t i = 0; i < line.size();) {
      const auto isName = [&](size_t at) { return at < line.size() && (std::isalnum(static_cast<unsigned char>(line[at])) || line[at] == '_' || line[at] == '.'); };
      size_t end = i + 1;
      if (line[i] == ' ') { ++i; continue; }
      if (isName(i)) while (isName(end)) ++end;
      else while (end < line.size() && (line[end] & 0xC0) == 0x80) ++end;  // the rest of a letter
      all.push_back(line.substr(i, end - i));
      i = end;
    }
    return all;
  }
  static std::vector<Tokens> parts(const Tokens& line) {
    std::vector<Tokens> all(1);
    int depth = 0;
    for (size_t i = 0; i < line.size(); ++i) {
      depth += line[i] == "(" ? 1 : line[i] == ")" ? -1 : 0;
      if (line[i] == "," && depth == 0 && !(i + 1 < line.size() && line[i + 1] == "else")) all.emplace_back();
      else all.back().push_back(line[i]);
    }
    return all;
  }

  // Where in which tokens, for which element.
  struct Place {
    const Tokens& t;
    size_t element, at = 0;
    double argument = NAN;  // x of a function of its own
    bool hasArgument = false, holds = true;
    std::string next() const { return at < t.size() ? t[at] : std::string(); }
    bool take(const char* token) { return next() == token ? (++at, true) : false; }
    void need(const char* token) {
      if (!take(token)) throw std::runtime_error(std::string("needs ") + token + " before '" + next() + "'");
    }
  };
  std::pair<double, bool> whole(const Tokens& t, size_t element) const {
    Place p{t, element};
    const double value = cases(p);
    if (p.at != t.size()) throw std::runtime_error("does not understand '" + p.next() + "'");
    return {value, p.holds};
  }
  // a if condition, b if condition, else c
  double cases(Place& p) const {
    const double value = either(p);
    if (!p.take("if")) return value;
    const bool holds = either(p) != 0;
    if (p.next() != ",") {
      p.holds = holds;
      return value;
    }
    p.need(",");
    const double other = p.take("else") ? either(p) : cases(p);
    return holds ? value : other;
  }
  double either(Place& p) const {
    double value = both(p);
    while (p.take("∨")) value = (both(p) != 0) | (value != 0);
    return value;
  }
  double both(Place& p) const {
    double value = comparison(p);
    while (p.take("∧")) value = (comparison(p) != 0) & (value != 0);
    return value;
  }
  double comparison(Place& p) const {
    if (p.take("¬")) return comparison(p) == 0;
    double left = sum(p), all = 1;
    for (bool any = false;; any = true) {
      const std::string sign = p.next();
      if (sign != "=" && sign != "≠" && sign != "<" && sign != ">" && sign != "≤" && sign != "≥") return any ? all : left;
      ++p.at;
      const double right = sum(p);
      constexpr double kNear = 1e-9;  // of y, which was calculated another way
      const bool near = left == right || (p.t[0] != "(" && std::fabs(left - right) <= kNear);
      const bool true_ = sign == "=" ? near : sign == "≠" ? left != right : sign == "<" ? left < right : sign == ">" ? left > right : sign == "≤" ? left <= right : left >= right;
      all = all != 0 && true_, left = right;
    }
  }
  double sum(Place& p) const {
    double value = p.take("−") ? -product(p) : product(p);
    while (true)
      if (p.take("+")) value += product(p);
      else if (p.take("−")) value -= product(p);
      else return value;
  }
  double product(Place& p) const {
    double value = power(p);
    while (true)
      if (p.take("·")) value *= power(p);
      else if (p.take("/")) value /= power(p);
      else if (begins(p)) value *= power(p);
      else return value;
  }
  bool begins(const Place& p) const {
    const std::string t = p.next();
    return !t.empty() && t != "if" && t != "else" && (std::isalnum(static_cast<unsigned char>(t[0])) || t == "(" || t == "√" || defined_.contains(t));
  }
  double power(Place& p) const {
    const double value = primary(p);
    if (p.take("²")) return value * value;
    if (p.take("³")) return value * value * value;
    if (p.take("ᵇ")) return std::pow(value, values_.at("b")(p.element));
    return value;
  }
  double primary(Place& p) const {
    const std::string t = p.next();
    ++p.at;
    const auto until = [&](double value, const char* end) { return p.need(end), value; };
    if (t == "(") return until(cases(p), ")");
    if (t == "|") return until(std::fabs(sum(p)), "|");
    if (t == "⌊") return until(std::floor(sum(p)), "⌋");
    if (t == "⌈") return until(std::ceil(sum(p)), "⌉");
    if (t == "√") return std::sqrt(primary(p));
    if (t == "∞") return INFINITY;
    if (t == "π") return M_PI;
    if (t == "−") return -primary(p);
    if (!t.empty() && std::isdigit(static_cast<unsigned char>(t[0]))) return std::stod(t);
    if (p.next() == "(" && (t == "min" || t == "max")) {
      p.need("(");
      const double a = sum(p);
      p.need(",");
      const double b = until(sum(p), ")");
      return t == "min" ? std::min(a, b) : std::max(a, b);
    }
    if (t == "mean") {
      double all = 0;
      Place inside = p;
      for (size_t i = 0; i < count_; ++i) {
        Place each{p.t, i, p.at};
        all += primary(each);
        inside.at = each.at;
      }
      p.at = inside.at;
      return all / double(count_);
    }
    static const std::map<std::string, double (*)(double)> functions = {
        {"exp", std::exp}, {"log", std::log}, {"sin", std::sin}, {"cos", std::cos}, {"tan", std::tan}, {"tanh", std::tanh}, {"erf", std::erf}, {"trunc", std::trunc},
        {"round", std::nearbyint}, {"sign", [](double x) { return double(x > 0) - double(x < 0); }}, {"σ", [](double x) { return 1 / (1 + std::exp(-x)); }}};
    if (const auto f = functions.find(t); f != functions.end()) return f->second(power(p));
    if (p.hasArgument && t == "x") return p.argument;
    if (const auto own = defined_.find(t); own != defined_.end()) {
      Place inside{own->second, p.element};
      if (functions_.contains(t)) inside.argument = primary(p), inside.hasArgument = true;
      return cases(inside);
    }
    if (const auto value = values_.find(t); value != values_.end()) return value->second(p.element);
    throw std::runtime_error("does not know '" + t + "'");
  }

  std::vector<Tokens> lines_;
  std::map<std::string, Tokens> defined_;
  std::set<std::string> functions_;  // of these
  Values values_;
  size_t count_;
};

}  // namespace engine::tests
