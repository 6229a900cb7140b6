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
  enum class Next { go, stop };

  Done train();
  Done prepare();
  Done runPhase();
  Done step(data::Prefetch& batches);
  Done endEpoch();
  Done finish();
  Problem notFinite(Plan& plan, const StepState& state, double loss);
  Done checkpoint();
  void preview(double everySeconds, bool atOnce);
  // The one that times this step, where one is asked for and it is time; null: the step is not timed.
  Profiler* profilerFor(Plan& plan, int64_t rows);
  void tellProfile();  // what was timed so far
  Next obey();  // reads the mailbox; waits while paused
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
