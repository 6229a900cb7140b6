#include "ui/run/training.h"

#include <QDir>
#include <QThread>

#include "engine/document/diff.h"
#include "ui/model/text.h"

namespace ui {

namespace {
constexpr int kTickMilliseconds = 33;  // tokens.json, duration_ms.chart_frame
}

Training::Training(Project& project, QObject* parent) : QObject(parent), project_(project) {
  timer_.setInterval(kTickMilliseconds);
  connect(&timer_, &QTimer::timeout, this, &Training::drain);
}

Training::~Training() = default;

Training::State Training::state() const { return state_; }
bool Training::isActive() const { return state_ == State::preparing || state_ == State::running || state_ == State::paused; }
const engine::document::Document* Training::snapshot() const { return snapshot_ ? &*snapshot_ : nullptr; }
QString Training::runFolder() const { return folder_; }

bool Training::isOutdated() const { return snapshot_ && !engine::document::diff(*snapshot_, project_.document()).empty(); }

QString Training::whyNotStart() const {
  if (state_ == State::paused) return {};
  if (isActive()) return tr("It is training already.");
  if (project_.document().nodes().empty()) return tr("The canvas is empty: add layers first.");
  if (project_.hasProblems()) return tr("The network has problems: see the list of problems.");
  return {};
}
QString Training::whyNotPause() const { return state_ == State::running ? QString() : tr("Nothing is training."); }
QString Training::whyNotStep() const {
  return state_ == State::running || state_ == State::preparing ? tr("It is running: pause it first.") : whyNotStart();
}
QString Training::whyNotStop() const { return isActive() ? QString() : tr("Nothing is training."); }
QString Training::whyNotResume() const {
  if (isActive()) return tr("It is training already.");
  if (project_.path().isEmpty()) return tr("The project was never saved, so it has no runs on disk.");
  return engine::training::lastRunFolder(utf8(project_.path())) ? QString() : tr("The project has no run yet.");
}

void Training::start() {
  if (state_ == State::paused) {
    run_->resume();
    drain();
  } else if (whyNotStart().isEmpty()) {
    launch(false, false);
  }
}

void Training::pause() {
  if (run_) run_->pause();
}

void Training::step() {
  if (state_ == State::paused) run_->stepOnce();
  else if (whyNotStart().isEmpty()) {
    launch(false, true);
    run_->stepOnce();
  }
}

void Training::stop() {
  if (run_) run_->stop();
}

void Training::resumeLast() {
  if (whyNotResume().isEmpty()) launch(true, false);
}

void Training::setLearningRate(double base) {
  if (!run_ || !isActive()) return;
  run_->setLearningRate(base);
  emit learningRateSet(status_.step, base);
}

void Training::setThreads(int threads) { threads_ = threads; }

void Training::launch(bool resume, bool paused) {
  engine::training::RunOptions options;
  options.session.folder = utf8(project_.folder());
  // One core is the window's, so that it answers while the others compute.
  options.session.threads = threads_ > 0 ? threads_ : std::max(1, QThread::idealThreadCount() - 1);
  options.startPaused = paused;
  snapshot_ = project_.document();
  run_.reset();
  if (resume) folder_ = qt(*engine::training::lastRunFolder(utf8(project_.path())));
  else if (!project_.path().isEmpty()) folder_ = qt(engine::training::nextRunFolder(utf8(project_.path())));
  else folder_ = QDir::temp().filePath("netwright-unsaved.runs/0001");
  options.out = utf8(folder_);
  options.resume = resume;
  if (!project_.path().isEmpty()) options.weights = engine::training::weightsPath(utf8(project_.path()));
  status_ = {};
  run_ = std::make_unique<engine::training::Run>(*snapshot_, options);
  state_ = State::preparing;
  emit started();
  emit stateChanged();
  timer_.start();
}

void Training::drain() {
  if (!run_) return;
  status_ = run_->status();
  const auto steps = run_->takeSteps();
  const auto evaluations = run_->takeEvaluations();
  if (!steps.empty()) emit stepped(steps);
  if (!evaluations.empty()) emit evaluated(evaluations);
  for (const auto& note : run_->takeNotes()) emit noted(note);
  State now = state_;
  using engine::training::State;
  switch (status_.state) {
    case State::preparing: now = Training::State::preparing; break;
    case State::running: now = Training::State::running; break;
    case State::paused: now = Training::State::paused; break;
    case State::finished: now = Training::State::finished; break;
    case State::stopped: now = Training::State::stopped; break;
    case State::failed: now = Training::State::failed; break;
  }
  emit ticked();
  if (now != state_) {
    state_ = now;
    if (!isActive()) timer_.stop();
    emit stateChanged();
  }
}

}  // namespace ui
