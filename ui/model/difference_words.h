// Differences between two versions of a project, in words.
#pragma once
#include <QString>

#include "engine/document/diff.h"

namespace ui {

// "hidden: out features 8, was 4" and the like.
QString wordsOf(const engine::document::Difference& difference);
// Of a node that both versions have, without its name: "out features 8, was 4", "input from relu, was hidden". A field that one of
// them leaves to its default has that.
QString shortWordsOf(const engine::document::Difference& difference, const engine::document::Node& before, const engine::document::Node& after);

}  // namespace ui
