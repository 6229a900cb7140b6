// What may be typed where a number is wanted: a number, or arithmetic with numbers, as "28*28" or "(64 + 2*3) / 2".
#pragma once
#include <QString>
#include <optional>

namespace ui {

// + - * / % ^ and brackets, in their usual order (^ binds tightest, and to the right); numbers with a point, as everywhere in files.
// × and ÷ mean * and /. Nothing where the text is none of that, or the result is no finite number.
std::optional<double> evaluated(const QString& text);

}  // namespace ui
