#include "ui/model/text.h"

#include <QCoreApplication>
#include <QDir>
#include <QLocale>
#include <QRegularExpression>
#include <QTranslator>
#include <algorithm>
#include <cmath>

#include "ui/theme/mirror.h"

// Outside the namespace, as Qt wants it.
static void takeTexts() { Q_INIT_RESOURCE(ui_resources); }

namespace ui {

namespace {
constexpr int kUnknownCount = 100;  // "N numbers": the form of many
constexpr double kExact = 9e15;     // whole numbers below it are written out
}  // namespace

QString engineText(std::string_view text) { return QCoreApplication::translate("engine", std::string(text).c_str()); }

QString fieldTitle(const std::string& name) {
  if (name == "lr") return QCoreApplication::translate("fields", "Learning rate");  // PyTorch's name says too little
  QString text = QCoreApplication::translate("fields", name.c_str());
  if (text != qt(name)) return text;
  text.replace('_', ' ');
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  return text;
}

QString fieldInText(const std::string& name) {
  const QString text = QCoreApplication::translate("fields", name.c_str());
  return text != qt(name) ? text : fieldTitle(name).toLower();  // nouns have capitals in some languages, and are left as they are
}

namespace {
// English has a translation too: of what is counted, in its two forms. What another language has not translated is English as well,
// so it is there from the beginning, and languages are asked before it.
void installEnglish() {
  ::takeTexts();
  auto* english = new QTranslator(qApp);
  if (english->load(":/i18n/netwright_en.qm")) QCoreApplication::installTranslator(english);
}
Q_COREAPP_STARTUP_FUNCTION(installEnglish)

// As the engine writes it, its words translated.
QString wordsOf(const engine::Shape& shape) {
  if (shape.isMissing() || shape.rank() > 1) return qt(toString(shape));
  if (shape.rank() == 0) return QCoreApplication::translate("ui", "a single number");
  const QString size = qt(toString(shape)).section(' ', 0, 0);
  const int count = shape[0] < 0 ? kUnknownCount : plural(double(shape[0]));
  return QCoreApplication::translate("ui", "%1 numbers", nullptr, count).arg(size);
}

QString wordsOf(const engine::Message::Argument& argument) {
  return std::visit(
      [](const auto& a) -> QString {
        using A = std::decay_t<decltype(a)>;
        if constexpr (std::is_same_v<A, engine::Shape>) return wordsOf(a);
        else if constexpr (std::is_same_v<A, engine::Type>) return qt(std::string(nameOf(a)));
        else if constexpr (std::is_same_v<A, std::string>) return qt(a);
        else if constexpr (std::is_same_v<A, int64_t>) return QString::number(a);
        else if constexpr (std::is_same_v<A, double>)
          return std::nearbyint(a) == a && std::abs(a) < kExact ? QString::number(qint64(a)) : numberText(a);
        else {
          QStringList all;
          for (const engine::Message& one : a) all << textOf(one);
          return all.join(QStringLiteral(", "));
        }
      },
      argument);
}

// Options of the command line are none of the window's: it has buttons for what they do.
QString withoutOptions(QString text) {
  static const QRegularExpression options(R"( \(--[^)]*\)|,[^,;(]*--[\w-]+|(?<!netw) \S+ --[\w-]+)");
  return text.contains("--") ? text.remove(options) : text;
}
}  // namespace

int plural(double count) { return int(std::clamp(count, 0.0, 1e9)); }

int countedArgument(const std::string& text) {
  // The same as in packaging/texts. Verbs that end as a plural does are none.
  static const QRegularExpression counted(
      R"(\{([0-9])\} (?:whole |more |other )?(?!(?:as|is|has|was|its|this|does|gives|holds|takes|times \{|serves|others)\b)[a-z]+s\b)");
  const auto match = counted.match(qt(text));
  return match.hasMatch() ? match.captured(1).toInt() : -1;
}

QString textOf(const engine::Message& message) {
  const auto& arguments = message.arguments();
  QString text;
  if (const int counted = countedArgument(message.text()); counted >= 0) {
    const int64_t* count = size_t(counted) < arguments.size() ? std::get_if<int64_t>(&arguments[size_t(counted)]) : nullptr;
    const int n = count ? plural(double(*count)) : kUnknownCount;
    text = QCoreApplication::translate("engine", message.text().c_str(), nullptr, n);
  } else {
    text = engineText(message.text());
  }
  // From the left, so that an argument with a {1} of its own is not read again.
  for (qsizetype at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1)) {
    if (at + 2 >= text.size() || text[at + 2] != '}' || !text[at + 1].isDigit()) continue;
    const auto index = size_t(text[at + 1].digitValue());
    const QString words = index < arguments.size() ? wordsOf(arguments[index]) : QString();
    text.replace(at, 3, words);
    at += words.size() - 1;
  }
  return withoutOptions(text);
}

QString textOf(const engine::Place& place) {
  if (place.kind != engine::Place::Kind::file) return textOf(messageOf(place));
  // The engine's places are names; two of its readers have words behind them.
  static const QRegularExpression column("^(.*), column ([^,]*)$"), graph("^(.*), the graph$");
  const QString text = QDir::toNativeSeparators(qt(place.name));
  if (const auto match = column.match(text); match.hasMatch())
    return QCoreApplication::translate("ui", "%1, column %2").arg(match.captured(1), match.captured(2));
  if (const auto match = graph.match(text); match.hasMatch()) return QCoreApplication::translate("ui", "%1, the graph").arg(match.captured(1));
  return text;
}

QString textOf(const engine::Problem& problem) { return textOf(messageOf(problem)); }

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
