// How fast a run is, by the clock on the wall: a mean over the last seconds, in which pauses do not count.
#pragma once
#include <QtGlobal>
#include <deque>

namespace ui {

class Pace {
 public:
  void clear();
  // What is done at a moment. A step that goes back, or a pause, begins anew.
  void add(double seconds, qint64 step, qint64 samples);
  void pause() { marks_.clear(); }

  double stepsPerSecond() const;
  double samplesPerSecond() const;
  // Of the steps that are left; negative where nothing is known yet.
  double secondsLeft(qint64 stepsLeft) const;

 private:
  struct Mark {
    double seconds;
    qint64 step, samples;
  };
  double per(qint64 Mark::*what) const;
  std::deque<Mark> marks_;
  double lastSteps_ = 0, lastSamples_ = 0;  // what was known when marks_ began anew
};

}  // namespace ui
