// What a run is doing, in words: for the tool bar, for the log, and for those who cannot see the bar.
#pragma once
#include <QString>

#include "ui/run/training.h"

namespace ui {

struct RunWords {
  enum class Sign { none, running, paused, done, problem };
  Sign sign = Sign::none;
  QString headline;  // "Epoch 7 of 10"
  QString detail;    // "step 2,764 of 4,210"
  QString right;     // "38 s left"
  double done = -1;  // the part of all steps; negative: there is no bar
  int segments = 1;  // epochs that the bar shows
  QString sentence() const;  // all of it
};

RunWords wordsOf(const Training& training, const Project& project);

}  // namespace ui
