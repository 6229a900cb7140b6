#include "ui/model/text.h"

#include <QCoreApplication>
#include <QLocale>
#include <QRegularExpression>
#include <cmath>

#include "ui/theme/mirror.h"

namespace ui {

QString engineText(std::string_view text) { return QCoreApplication::translate("engine", std::string(text).c_str()); }

QString fieldTitle(const std::string& name) {
  if (name == "lr") return QCoreApplication::translate("fields", "Learning rate");  // PyTorch's name says too little
  QString text = QCoreApplication::translate("fields", name.c_str());
  if (text != qt(name)) return text;
  text.replace('_', ' ');
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

namespace {
// As the engine writes it, its words translated.
QString wordsOf(const engine::Shape& shape) {
  const auto size = [&] { return qt(toString(shape)).section(' ', 0, 0); };
  if (shape.isMissing() || shape.rank() > 1) return qt(toString(shape));
  if (shape.rank() == 0) return QCoreApplication::translate("ui", "a single number");
  return (shape[0] == 1 ? QCoreApplication::translate("ui", "%1 number") : QCoreApplication::translate("ui", "%1 numbers")).arg(size());
}
}  // namespace

QString textOf(const engine::Message& message) {
  QString text = engineText(message.text());
  // Arguments that hold a {1} of their own are not read again: the last first.
  for (int i = int(message.arguments().size()) - 1; i >= 0; --i)
    text.replace("{" + QString::number(i) + "}", qt(toString(engine::Message("{0}", std::visit([](const auto& a) {
                   if constexpr (std::is_same_v<std::decay_t<decltype(a)>, engine::Shape>) return utf8(wordsOf(a));
                   else if constexpr (requires { toString(a); }) return toString(a);
                   else if constexpr (std::is_same_v<std::decay_t<decltype(a)>, std::string>) return a;
                   else if constexpr (std::is_same_v<std::decay_t<decltype(a)>, engine::Type>) return std::string(nameOf(a));
                   else if constexpr (std::is_integral_v<std::decay_t<decltype(a)>>) return std::to_string(a);
                   else return utf8(numberText(double(a)));
                 }, message.arguments()[size_t(i)])))));
  return text;
}

namespace {
// Options of the command line are none of the window's: it has buttons for what they do.
QString withoutOptions(QString text) {
  static const QRegularExpression options(R"( \(--[^)]*\)|, or give --[\w-]+| with --[\w-]+)");
  return text.remove(options);
}
}  // namespace

QString textOf(const engine::Problem& problem) {
  QString text = QCoreApplication::translate("engine", "needs %1").arg(textOf(problem.needs));
  if (!problem.got.empty()) text += QCoreApplication::translate("engine", ", but got %1").arg(textOf(problem.got));
  if (!problem.fix.empty()) text += "; " + withoutOptions(textOf(problem.fix));
  return text;
}

namespace {
// Sizes have commas, as counts have.
QString grouped(QString text) {
  for (qsizetype end = text.size(); end > 0; --end) {
    if (!text[end - 1].isDigit()) continue;
    qsizetype from = end;
    while (from > 0 && text[from - 1].isDigit()) --from;
    for (qsizetype at = end - 3; at > from; at -= 3) text.insert(at, ',');
    end = from + 1;
  }
  return text;
}
}  // namespace

QString textOf(const engine::Shape& shape, bool batch) {
  if (shape.isMissing()) return {};
  if (!batch && shape.rank() > 1 && shape[0] == engine::kBatch) {
    engine::Shape rest;
    for (int i = 1; i < shape.rank(); ++i) rest.append(shape[i]);
    return leftToRight(grouped(wordsOf(rest)));
  }
  return leftToRight(grouped(wordsOf(shape)));
}

QString countText(double count) {
  const QLocale locale = QLocale::c();
  if (std::abs(count) < 100000) return QLocale(QLocale::English).toString(qint64(std::llround(count)));
  constexpr const char* units[] = {" k", " M", " G", " T"};
  int unit = -1;
  while (std::abs(count) >= 1000 && unit < 3) count /= 1000, ++unit;
  const int decimals = std::abs(count) < 10 ? 2 : std::abs(count) < 100 ? 1 : 0;
  return leftToRight(locale.toString(count, 'f', decimals) + units[unit]);
}

QString bytesText(double bytes) {
  constexpr const char* units[] = {" B", " KiB", " MiB", " GiB", " TiB"};
  int unit = 0;
  while (bytes >= 1024 && unit < 4) bytes /= 1024, ++unit;
  return leftToRight(QLocale::c().toString(bytes, 'f', unit == 0 ? 0 : 1) + units[unit]);
}

QString flopText(double flops) {
  struct Unit {
    double size;
    const char* name;
  };
  for (const Unit& unit : {Unit{1e12, "TFLOP"}, Unit{1e9, "GFLOP"}, Unit{1e6, "MFLOP"}, Unit{1e3, "kFLOP"}})
    if (flops >= unit.size) return numberText(flops / unit.size, 3) + " " + unit.name;
  return numberText(flops, 3) + " FLOP";
}

QString durationText(double seconds) {
  const qint64 s = qint64(std::ceil(seconds));
  if (s < 60) return QCoreApplication::translate("ui", "%1 s").arg(s);
  if (s < 3600) return QCoreApplication::translate("ui", "%1 min %2 s").arg(s / 60).arg(s % 60);
  return QCoreApplication::translate("ui", "%1 h %2 min").arg(s / 3600).arg(s % 3600 / 60);
}

QString fieldText(const engine::FieldValue& value) {
  return std::visit(
      [](const auto& v) -> QString {
        using V = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<V, bool>) return v ? QCoreApplication::translate("ui", "on") : QCoreApplication::translate("ui", "off");
        else if constexpr (std::is_same_v<V, std::string>) return qt(v);
        else if constexpr (std::is_same_v<V, int64_t>) return QString::number(v);
        else if constexpr (std::is_same_v<V, double>) return numberText(v, 12);
        else {
          QStringList parts;
          for (const auto n : v) parts << numberText(double(n), 12);
          return parts.isEmpty() ? QCoreApplication::translate("ui", "none") : parts.join(", ");
        }
      },
      value);
}

QString numberText(double value, int digits) { return QLocale::c().toString(value, 'g', digits); }

}  // namespace ui
