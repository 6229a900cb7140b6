// How well a few typed letters name something: for every list that is searched by typing.
#pragma once
#include <QList>
#include <QString>
#include <optional>

namespace ui {

struct FuzzyMatch {
  int score = 0;      // larger is better; only to compare
  QList<int> places;  // of the text's letters that were typed, ascending: to be shown bold
};

// Every word of the pattern must be in the text: whole, at its beginning, at the beginning of a word, inside, or, weakest,
// letter by letter in order ("cnv" finds Conv2d). Upper and lower case are one. An empty pattern finds all, with 0.
std::optional<FuzzyMatch> fuzzyMatch(const QString& pattern, const QString& text);

}  // namespace ui
