#include "ui/run/pace.h"

namespace ui {

namespace {
constexpr double kWindowSeconds = 10;   // long enough to hold an evaluation at the end of an epoch
constexpr double kBetweenMarks = 0.1;   // at most a hundred marks
constexpr double kLeastSeconds = 0.25;  // before a mean says anything
}  // namespace

void Pace::clear() {
  marks_.clear();
  lastSteps_ = lastSamples_ = 0;
}

void Pace::add(double seconds, qint64 step, qint64 samples) {
  if (!marks_.empty() && step < marks_.back().step) clear();
  // The newest mark moves until it is far enough from the one before.
  if (marks_.size() >= 2 && marks_.back().seconds - marks_[marks_.size() - 2].seconds < kBetweenMarks) marks_.pop_back();
  marks_.push_back({seconds, step, samples});
  while (marks_.size() > 2 && seconds - marks_.front().seconds > kWindowSeconds) marks_.pop_front();
  if (marks_.back().seconds - marks_.front().seconds >= kLeastSeconds) {
    lastSteps_ = per(&Mark::step);
    lastSamples_ = per(&Mark::samples);
  }
}

double Pace::per(qint64 Mark::*what) const {
  return double(marks_.back().*what - marks_.front().*what) / (marks_.back().seconds - marks_.front().seconds);
}

double Pace::stepsPerSecond() const { return lastSteps_; }
double Pace::samplesPerSecond() const { return lastSamples_; }
double Pace::secondsLeft(qint64 stepsLeft) const { return lastSteps_ > 0 ? double(stepsLeft) / lastSteps_ : -1; }

}  // namespace ui
