// Decodes nothing: bytes and their ranges, letters and edits.
#include "engine/document/text.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace engine::document {

bool isUtf8(std::string_view text) {
  // The Unicode Standard 15, table 3-7: the second byte's range depends on the first, the rest are 80..BF.
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return at < text.size() ? uint8_t(text[at]) : uint8_t(0); };
    const uint8_t first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const int length = first >= 0xC2 && first <= 0xDF   ? 2
                       : (first & 0xF0) == 0xE0         ? 3
                       : first >= 0xF0 && first <= 0xF4 ? 4
                                                        : 0;
    if (length == 0) return false;
    const uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(i + 1) < low || byte(i + 1) > high) return false;
    for (int k = 2; k < length; ++k)
      if ((byte(i + size_t(k)) & 0xC0) != 0x80) return false;
    i += size_t(length);
  }
  return true;
}

namespace {
// Levenshtein's distance, row by row.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t(0));
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}
}  // namespace

std::string_view nearest(std::string_view text, std::span<const std::string_view> candidates) {
  constexpr size_t kLongest = 64;  // no name is longer; bounds the work
  std::string_view best;
  if (text.size() > kLongest) return best;
  const size_t most = 1 + text.size() / 3;  // a third of the letters may be wrong, at least one
  size_t fewest = most + 1;
  // Of two that are as near, the one that begins more alike: what is forgotten is seldom the beginning.
  const auto alike = [&](std::string_view candidate) {
    return std::mismatch(text.begin(), text.end(), candidate.begin(), candidate.end()).first - text.begin();
  };
  for (const std::string_view candidate : candidates)
    if (const size_t edits = distance(text, candidate);
        edits < fewest || (edits == fewest && !best.empty() && alike(candidate) > alike(best))) {
      fewest = edits;
      best = candidate;
    }
  return best;
}

}  // namespace engine::document
