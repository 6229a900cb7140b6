// The training loop, on the thread of a run.
#pragma once
#include "engine/data/prefetch.h"
#include "engine/training/checkpoint.h"
#include "engine/training/preview.h"
#include "engine/training/profile.h"
#include "engine/training/run_folder.h"
#include "engine/training/schedule.h"
#include "engine/training/shared.h"

namespace engine::training {

class Run::Worker {
 public:
  Worker(Shared& shared, const document::Document& snapshot, const RunOptions& options)
      : shared_(shared), document_(snapshot), options_(options) {}

  void run();

 private:
  enum class Next { go, stop, settle };
  // A step that was given to the plan, and whose numbers nobody has seen yet: on a device there are some.
  struct Given {
    Plan* plan = nullptr;
    uint64_t number = 0;  // of the plan's steps
    StepState state;
    data::Position position;  // of its batch
    int64_t rows = 0, epoch = 0;
    double rate = 0, begin = 0;
  };

  Done train();
  Done prepare();
  Done runPhase();
  Done step(data::Prefetch& batches);
  Done timedStep(Profiler& profiler, const Given& given);
  Done look();    // at the oldest of the steps that were given
  Done settle();  // at all of them
  Done isSound(const Given& given, const StepNumbers& numbers);
  void tell(const Given& given, const StepNumbers& numbers);
  Done endEpoch();
  Done finish();
  Problem notFinite(const Given& given, double loss);
  Done giveAgain(const Given& given);  // its batch, to the plan
  Done checkpoint();
  void preview(double everySeconds, bool atOnce);
  // The one that times this step, where one is asked for and it is time; null: the step is not timed.
  Profiler* profilerFor(Plan& plan, int64_t rows);
  void tellProfile();  // what was timed so far
  Next obey();  // reads the mailbox; waits while paused. Asks to settle first where what is asked for needs the last step
  bool asksForRest() const;
  Result<Evaluation> evaluate(data::Part part);
  void note(Problem lint);
  void noteChoice(const std::string& path, const std::string& question);
  void set(State state);

  const document::Phase& phase() const { return document_.recipe().phases[size_t(progress_.phase)]; }
  int64_t stepsOfPhase(int64_t phase, int64_t batchesAnEpoch) const;
  data::Order::Options orderOf(int64_t phase) const;

  Shared& shared_;
  const document::Document& document_;
  const RunOptions& options_;
  std::unique_ptr<Session> session_;
  RunFolder folder_;
  Progress progress_;
  Schedule schedule_;            // of the phase
  double baseLearningRate_ = 0;  // of the phase, or as it was set by hand
  int64_t batchesAnEpoch_ = 0;   // of the phase
  Given given_[OnDevice::kAhead + 1];  // not looked at yet, the oldest first
  int64_t waiting_ = 0;                // so many of them
  std::vector<Arena> again_;           // a batch that was read again
  double lookedAt_ = 0;                // when the last step was over
  int64_t savedAt_ = -1;         // step of the last checkpoint
  bool stopped_ = false;
  std::optional<Previewer> previewer_;
  int64_t previewedAt_ = -1;      // step
  double previewsFrom_ = 0;       // no look before this time
  int64_t fullBatch_ = 0;         // rows of all batches of the phase but perhaps the last
  bool profiles_ = false;         // as asked before this step
  std::optional<Profiler> profiler_;
  double profilesFrom_ = 0;       // no step is timed before this time
};

}  // namespace engine::training
