// A training run: on a thread of its own, on a snapshot of the document. Numbers come out through bounded queues that a
// caller drains at its own pace; commands go in through a mailbox that is read between steps.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/training/session.h"

namespace engine::training {

// One step, or several that were joined because nobody took them in time: no extreme is lost.
struct StepEvent {
  int64_t step = 0;   // the last one, counts from 1
  int64_t count = 1;  // how many steps
  int64_t epoch = 0;  // counts from 0
  double loss = 0;    // of the last step's batch, before its update
  double lowest = 0, highest = 0, sum = 0;  // of the losses of all of them
  double learningRate = 0;
  double gradientNorm = 0;
  double seconds = 0;  // of computing, together
};

struct EvaluationEvent {
  int64_t step = 0, epoch = 0;
  Evaluation evaluation;
  std::optional<Evaluation> train;  // means over the batches of the epoch, before their updates
};

struct Preview;  // preview.h
struct Profile;  // profile.h

enum class State : uint8_t { preparing, running, paused, finished, stopped, failed };

// What a run is at this moment; a copy costs little.
struct Status {
  State state = State::preparing;
  int64_t step = 0, steps = 0;    // done, and planned in all
  int64_t epoch = 0, epochs = 0;  // the one of the last step, from 0, and planned in all
  double learningRate = 0;
  double seconds = 0;             // of computing since this run was started or resumed
  int64_t samples = 0;            // seen since then
  std::optional<Problem> problem;  // why it failed: a loss that is not finite names its node
  std::optional<Evaluation> train, validation, test;  // the last ones
  PlanReport plan;
  std::string device;    // this and its reason as Session has them; set when preparing ends
  Message deviceReason;

  int64_t epochsBegun() const { return step == 0 ? 0 : epoch + 1; }
};

struct RunOptions {
  SessionOptions session;
  std::string out;             // the run's folder; made if missing
  bool resume = false;         // continue from the checkpoint in `out`
  std::string log;             // a line a step and a line an evaluation, JSON; "": only the run's own
  bool testAtEnd = true;
  bool startPaused = false;
  std::string weights;         // where the weights go at the end, ""; nowhere but the run's folder
  // Called on the training thread after each step's numbers are there: for netw's tests of interruption. May be empty.
  std::function<void(int64_t step)> afterStep;
};

class Run {
 public:
  // Starts at once; problems of preparing come out as a failed status.
  Run(document::Document snapshot, RunOptions options);
  ~Run();  // stops at the end of the step
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Commands take effect after the step that is running.
  void pause();
  void resume();
  void stepOnce();  // while paused
  void stop();      // with a checkpoint
  void setLearningRate(double base);  // of all steps from the next one on; the schedule multiplies it as before

  // A look inside about so often, and never so often that it takes more than a fiftieth of the time; 0: none. The
  // numbers of the run stay the same.
  void setPreviews(double everySeconds);

  // Times a few dozen steps, and again every few seconds, call by call; what a node costs comes out as a Profile. The
  // numbers of the run stay the same. A paused run times the steps that come.
  void setProfile(bool on);

  Status status() const;
  std::shared_ptr<const Profile> takeProfile();  // the newest one that was not taken yet, or null
  // The newest look that was not taken yet, or null.
  std::shared_ptr<const Preview> takePreview();
  // What came since the last call, oldest first.
  std::vector<StepEvent> takeSteps();
  std::vector<EvaluationEvent> takeEvaluations();
  std::vector<Problem> takeNotes();  // lints: another machine's build resumed, and the like
  // Blocks until it is over.
  Status wait();

 private:
  class Worker;
  friend class Worker;
  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

// The folder of the next run of a project: "p.runs/0008" after "p.runs/0007".
std::string nextRunFolder(const std::string& projectPath);
std::optional<std::string> lastRunFolder(const std::string& projectPath);
// "p.safetensors" beside "p.netw".
std::string weightsPath(const std::string& projectPath);

}  // namespace engine::training
