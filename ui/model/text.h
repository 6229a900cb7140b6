// From the engine's values to what a person reads.
#pragma once
#include <QString>

#include "engine/graph/problem.h"
#include "engine/graph/shape.h"

namespace ui {

inline QString qt(const std::string& text) { return QString::fromStdString(text); }
inline std::string utf8(const QString& text) { return text.toStdString(); }

// A text of the engine's tables, an op's title for instance, translated; what nobody has translated, a user's own too, as it is.
QString engineText(std::string_view text);
// The name of a field as people read it: "Out channels".
QString fieldTitle(const std::string& name);
// The same within a sentence: "out channels".
QString fieldInText(const std::string& name);
// "needs ..., but got ...; ...": the template translated, in the plural form of its count, and the arguments that are messages.
QString textOf(const engine::Problem& problem);
QString textOf(const engine::Message& message);
// Of a file: its path, and where in it.
QString textOf(const engine::Place& place);
// The argument before something in plural, "at most {0} bytes": whoever has such a template translates it in all plural forms. -1: none.
int countedArgument(const std::string& text);
// "N × 32 × 28 × 28"; "" where nothing is known. `batch` false leaves out a batch axis: "32 × 28 × 28".
QString textOf(const engine::Shape& shape, bool batch = true);
// The number of things that tr() is asked for in the right plural form, where a count may be larger than its int.
int plural(double count);
// Exact below 100,000 with separators, then three digits: "62,730", "1.24 M".
QString countText(double count);
// "12.3 MiB".
QString bytesText(double bytes);
// "1.24 GFLOP".
QString flopText(double flops);
// "38 s", "4 min 10 s", "2 h 5 min".
QString durationText(double seconds);
// The value of a field as its editor shows it: "3, 3", "zeros", "on".
QString fieldText(const engine::FieldValue& value);
// A number as a person writes it, without trailing zeros, at most so many digits.
QString numberText(double value, int digits = 6);

}  // namespace ui
