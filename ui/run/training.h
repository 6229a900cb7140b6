// The run of a project as the window sees it: commands to engine::training::Run, and what comes out of it, drained by a
// timer at the pace of the screen. Training never waits for the window, nor the window for training.
#pragma once
#include <QObject>
#include <QTimer>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/document/diff.h"
#include "engine/training/profile.h"
#include "engine/training/run.h"
#include "ui/model/project.h"
#include "ui/run/pace.h"

namespace ui {

class Training : public QObject {
  Q_OBJECT
 public:
  enum class State { idle, preparing, running, paused, finished, stopped, failed };
  // A command that was given and takes effect at the end of the step.
  enum class Asked { nothing, pause, stop, restart };

  explicit Training(Project& project, QObject* parent = nullptr);
  // A run that is active ends with its step and a checkpoint, on its own thread: nobody waits for it but the program's end.
  ~Training() override;

  State state() const { return state_; }
  Asked asked() const { return asked_; }
  bool isActive() const;  // preparing, running or paused
  const engine::training::Status& status() const { return status_; }
  const Pace& pace() const { return pace_; }
  // The document that the run belongs to; null before the first run.
  const engine::document::Document* snapshot() const;
  // Whether the project was edited since in a way that matters to training (positions and the project's name do not).
  bool isOutdated() const { return !differences().empty(); }
  const std::vector<engine::document::Difference>& differences() const;  // from the run's document to the project's
  QString runFolder() const { return folder_; }                          // "" before the first run
  QString weightsFile() const;  // of the run, once it is over; "" where there is none
  // Where the runs of a project without a file are: a folder of this window under the user's data.
  QString unsavedFolder() const;

  // Why a command makes no sense now, "" where it does.
  QString whyNotStart() const;
  QString whyNotPause() const;
  QString whyNotStep() const;
  QString whyNotStop() const;
  QString whyNotResume() const;
  QString whyNotSetLearningRate() const;

  void start();   // a new run, or on from a pause
  void startAnyway();  // the same, whatever is there of memory
  void pause();
  void step();    // one step of a paused run; starts a paused run where there is none
  void stop();
  void restart();     // ends the run, and starts one of the project as it is now
  void resumeLast();  // goes on with the project's last run from its checkpoint
  void setLearningRate(double base);
  // How often to look inside the run, and the next ones; 0: never. See engine::training::Run::setPreviews.
  void setPreviews(double everySeconds);
  // Whether to time the run's steps node by node, and those of the next runs. See engine::training::Run::setProfile.
  void setProfile(bool on);
  int threads() const { return threads_; }
  int threadsOfNextRun() const;     // the number that 0 stands for
  int threadsOfRun() const { return threadsOfRun_; }
  void setThreads(int threads);  // of the next run; 0: one for each core, but one for the window
  const engine::DeviceChoice& device() const { return device_; }
  void setDevice(const engine::DeviceChoice& device);  // of the next run
  bool isOnProcessor() const;                          // the run that is shown, once that is known
  // Of the machine, in bytes: a new run on the processor that takes more is refused before it has taken any. None: nobody looks.
  void setMemory(std::optional<int64_t> bytes) { memory_ = bytes; }
  // Asked before a new run begins: false keeps it from that, and who was asked has said why.
  void setGate(std::function<bool()> mayBegin) { mayBegin_ = std::move(mayBegin); }

 signals:
  void stateChanged();
  void started();  // a new run: what was drawn of the last one makes room
  void stepped(const std::vector<engine::training::StepEvent>& steps);
  void evaluated(const std::vector<engine::training::EvaluationEvent>& evaluations);
  void previewed(const std::shared_ptr<const engine::training::Preview>& preview);
  void profiled(const std::shared_ptr<const engine::training::Profile>& profile);
  void learningRateSet(qint64 step, double rate);
  void noted(const engine::Problem& note);
  void ticked();  // after each drain: status() and pace() are new
  void outdatedChanged();
  void deviceChanged();  // or the number of threads

 private:
  bool mayBegin() const { return anyway_ || !mayBegin_ || mayBegin_(); }
  void launch(bool resume, bool paused);
  engine::document::Document documentToResume() const;  // of the run in folder_
  void drain();
  void leave();  // the run, if any, ends without being waited for
  void ask(Asked asked);
  std::string pathForRuns() const;  // the project's file, or what stands for it

  Project& project_;
  std::unique_ptr<engine::training::Run> run_;
  std::optional<engine::document::Document> snapshot_;
  mutable std::optional<std::vector<engine::document::Difference>> differences_;  // none: not compared since the last edit
  bool wasOutdated_ = false;
  engine::training::Status status_;
  Pace pace_;
  State state_ = State::idle;
  Asked asked_ = Asked::nothing;
  QString folder_;
  QTimer timer_;
  int threads_ = 0, threadsOfRun_ = 0;
  engine::DeviceChoice device_;
  double previewsEvery_ = 0;
  bool profiles_ = false, anyway_ = false;
  std::optional<int64_t> memory_;
  std::function<bool()> mayBegin_;
};

}  // namespace ui
