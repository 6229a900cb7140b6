// The run of a project as the window sees it: commands to engine::training::Run, and what comes out of it, drained by a
// timer at the pace of the screen. Training never waits for the window, nor the window for training.
#pragma once
#include <QObject>
#include <QTimer>
#include <memory>
#include <optional>
#include <vector>

#include "engine/training/run.h"
#include "ui/model/project.h"

namespace ui {

class Training : public QObject {
  Q_OBJECT
 public:
  enum class State { idle, preparing, running, paused, finished, stopped, failed };

  explicit Training(Project& project, QObject* parent = nullptr);
  ~Training() override;

  State state() const;
  bool isActive() const;  // preparing, running or paused
  const engine::training::Status& status() const { return status_; }
  // The document that the run belongs to; null before the first run.
  const engine::document::Document* snapshot() const;
  // Whether the project was edited since in a way that matters to training (positions do not).
  bool isOutdated() const;
  QString runFolder() const;  // "" before the first run

  // Why a command makes no sense now, "" where it does.
  QString whyNotStart() const;
  QString whyNotPause() const;
  QString whyNotStep() const;
  QString whyNotStop() const;
  QString whyNotResume() const;

  void start();   // a new run, or on from a pause
  void pause();
  void step();    // one step of a paused run; starts a paused run where there is none
  void stop();
  void resumeLast();  // goes on with the project's last run from its checkpoint
  void setLearningRate(double base);
  int threads() const { return threads_; }
  void setThreads(int threads);  // of the next run; 0: one for each core, but one for the window

 signals:
  void stateChanged();
  void started();  // a new run: what was drawn of the last one makes room
  void stepped(const std::vector<engine::training::StepEvent>& steps);
  void evaluated(const std::vector<engine::training::EvaluationEvent>& evaluations);
  void learningRateSet(qint64 step, double rate);
  void noted(const engine::Problem& note);
  void ticked();  // after each drain: status() is new

 private:
  void launch(bool resume, bool paused);
  void drain();

  Project& project_;
  std::unique_ptr<engine::training::Run> run_;
  std::optional<engine::document::Document> snapshot_;
  engine::training::Status status_;
  State state_ = State::idle;
  QString folder_;
  QTimer timer_;
  int threads_ = 0;
};

}  // namespace ui
