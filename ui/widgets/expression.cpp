#include "ui/widgets/expression.h"

#include <QLocale>
#include <cmath>

namespace ui {

namespace {

constexpr int kDeepest = 64;  // brackets, signs and powers within one another
constexpr int kLongestText = 200;

class Reader {
 public:
  explicit Reader(const QString& text) : text_(text) {}

  std::optional<double> all() {
    const auto value = sum(0);
    skip();
    return at_ == text_.size() ? value : std::nullopt;
  }

 private:
  void skip() {
    while (at_ < text_.size() && text_[at_].isSpace()) ++at_;
  }
  bool take(char wanted) {
    skip();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  std::optional<double> sum(int depth) {
    auto value = product(depth);
    while (value) {
      const bool plus = take('+');
      if (!plus && !take('-')) break;
      const auto other = product(depth);
      if (!other) return std::nullopt;
      *value += plus ? *other : -*other;
    }
    return value;
  }
  std::optional<double> product(int depth) {
    auto value = factor(depth);
    while (value) {
      const char op = take('*') ? '*' : take('/') ? '/' : take('%') ? '%' : 0;
      if (!op) break;
      const auto other = factor(depth);
      if (!other) return std::nullopt;
      *value = op == '*' ? *value * *other : op == '/' ? *value / *other : std::fmod(*value, *other);
    }
    return value;
  }
  std::optional<double> factor(int depth) {
    if (depth > kDeepest) return std::nullopt;
    if (take('-')) {
      const auto value = factor(depth + 1);
      return value ? std::optional(-*value) : std::nullopt;
    }
    if (take('+')) return factor(depth + 1);
    const auto base = atom(depth);
    if (!base || !take('^')) return base;
    const auto exponent = factor(depth + 1);
    return exponent ? std::optional(std::pow(*base, *exponent)) : std::nullopt;
  }
  std::optional<double> atom(int depth) {
    if (take('(')) {
      const auto value = sum(depth + 1);
      return value && take(')') ? value : std::nullopt;
    }
    skip();
    const qsizetype first = at_;
    const auto digits = [&] {
      while (at_ < text_.size() && text_[at_].isDigit()) ++at_;
    };
    digits();
    if (at_ < text_.size() && text_[at_] == '.') ++at_, digits();
    if (at_ > first && at_ < text_.size() && text_[at_].toLower() == 'e') {
      const qsizetype mark = at_++;
      if (at_ < text_.size() && (text_[at_] == '-' || text_[at_] == '+')) ++at_;
      const qsizetype start = at_;
      digits();
      if (at_ == start) at_ = mark;
    }
    bool ok = false;
    const double value = QLocale::c().toDouble(text_.mid(first, at_ - first), &ok);
    return ok ? std::optional(value) : std::nullopt;
  }

  const QString text_;
  qsizetype at_ = 0;
};

}  // namespace

std::optional<double> evaluated(const QString& text) {
  if (text.size() > kLongestText) return std::nullopt;
  QString plain = text;
  plain.replace(QChar(0x00D7), '*').replace(QChar(0x00F7), '/');
  const auto value = Reader(plain).all();
  return value && std::isfinite(*value) ? value : std::nullopt;
}

}  // namespace ui
