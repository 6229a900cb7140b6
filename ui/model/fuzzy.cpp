#include "ui/model/fuzzy.h"

#include <QStringList>
#include <algorithm>

namespace ui {

namespace {

// The levels are far apart, so that a better kind of match wins over any number of lesser ones.
constexpr int kWhole = 10000, kBeginning = 8000, kWordBeginning = 6000, kInside = 4000, kLetters = 1000;
constexpr int kLongest = 500;  // what a text's length can take away

bool beginsWord(const QString& text, int at) {
  if (at == 0) return true;
  const QChar before = text[at - 1], here = text[at];
  return !before.isLetterOrNumber() || (before.isLower() && here.isUpper()) || (before.isLetter() && here.isDigit());
}

void take(QList<int>& places, int from, int count) {
  for (int i = 0; i < count; ++i) places << from + i;
}

std::optional<FuzzyMatch> matchWord(const QString& word, const QString& text) {
  FuzzyMatch match;
  const int length = int(word.size());
  int best = -1;
  for (int at = int(text.indexOf(word, 0, Qt::CaseInsensitive)); at >= 0; at = int(text.indexOf(word, at + 1, Qt::CaseInsensitive))) {
    if (best < 0 || beginsWord(text, at)) best = at;
    if (beginsWord(text, at)) break;
  }
  if (best >= 0) {
    match.score = text.size() == length ? kWhole : best == 0 ? kBeginning : beginsWord(text, best) ? kWordBeginning : kInside;
    take(match.places, best, length);
    return match;
  }
  // Letter by letter; those that begin words and those that follow each other count more.
  int at = 0, last = -2;
  match.score = kLetters;
  for (const QChar letter : word) {
    at = int(text.indexOf(letter, at, Qt::CaseInsensitive));
    if (at < 0) return std::nullopt;
    match.score += beginsWord(text, at) ? 80 : at == last + 1 ? 40 : 0;
    match.places << at;
    last = at++;
  }
  // Letters strewn over a whole sentence are no match.
  if (match.places.last() - match.places.first() > 3 * length + 6) return std::nullopt;
  return match;
}

}  // namespace

std::optional<FuzzyMatch> fuzzyMatch(const QString& pattern, const QString& text) {
  FuzzyMatch all;
  const QStringList words = pattern.split(' ', Qt::SkipEmptyParts);
  if (words.isEmpty()) return all;
  for (const QString& word : words) {
    const auto match = matchWord(word, text);
    if (!match) return std::nullopt;
    all.score += match->score;
    all.places << match->places;
  }
  all.score = all.score / int(words.size()) - std::min(int(text.size()), kLongest);
  std::sort(all.places.begin(), all.places.end());
  all.places.erase(std::unique(all.places.begin(), all.places.end()), all.places.end());
  return all;
}

}  // namespace ui
