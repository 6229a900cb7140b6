// What the training thread and its callers share: a mailbox in, bounded queues out, and the status.
#pragma once
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "engine/training/run.h"

namespace engine::training {

// A queue of fixed size. Steps that nobody took in time are joined in pairs, so that it never grows and no extreme is
// lost.
class StepQueue {
 public:
  static constexpr size_t kCapacity = 8192;
  StepQueue() { events_.reserve(kCapacity); }

  void push(const StepEvent& event) {
    if (events_.size() == kCapacity) joinPairs();
    events_.push_back(event);
  }
  std::vector<StepEvent> take() {
    std::vector<StepEvent> taken = events_;
    events_.clear();  // keeps its memory
    return taken;
  }

 private:
  void joinPairs() {
    for (size_t i = 0; i < kCapacity / 2; ++i) {
      StepEvent joined = events_[2 * i + 1];
      const StepEvent& first = events_[2 * i];
      joined.count += first.count;
      joined.lowest = std::fmin(joined.lowest, first.lowest);
      joined.highest = std::fmax(joined.highest, first.highest);
      joined.sum += first.sum;
      joined.seconds += first.seconds;
      events_[i] = joined;
    }
    events_.resize(kCapacity / 2);
  }
  std::vector<StepEvent> events_;
};

struct Run::Shared {
  mutable std::mutex mutex;
  std::condition_variable changed;  // a command came, or the run is over

  // In.
  bool stopAsked = false, pauseAsked = false;
  int stepsAsked = 0;  // single ones, while paused
  std::optional<double> learningRateAsked;
  double previewSeconds = 0;
  bool profileAsked = false;

  // Out.
  Status status;
  StepQueue steps;
  std::vector<EvaluationEvent> evaluations;
  std::vector<Problem> notes;
  std::shared_ptr<const Preview> preview;  // the newest one
  std::shared_ptr<const Profile> profile;
  bool over = false;
};

}  // namespace engine::training
