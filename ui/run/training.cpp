#include "ui/run/training.h"

#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>
#include <QThread>
#include <QUuid>
#include <algorithm>
#include <chrono>
#include <filesystem>

#include "engine/document/json.h"
#include "ui/model/background.h"
#include "ui/model/text.h"
#include "ui/run/leaving.h"

namespace ui {

namespace fs = std::filesystem;

namespace {
constexpr int kTickMilliseconds = 33;     // tokens.json, duration_ms.chart_frame
constexpr int kPausedMilliseconds = 250;  // a paused run has nothing to tell
constexpr int kDaysOfUnsavedRuns = 30;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Runs of projects that were never saved, and that nobody came back to.
void forgetOldRuns(const QDir& unsaved) {
  const QDateTime oldest = QDateTime::currentDateTime().addDays(-kDaysOfUnsavedRuns);
  for (const QFileInfo& folder : unsaved.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot))
    if (folder.lastModified() < oldest) QDir(folder.absoluteFilePath()).removeRecursively();
}
}  // namespace

Training::Training(Project& project, QObject* parent) : QObject(parent), project_(project) {
  timer_.setInterval(kTickMilliseconds);
  connect(&timer_, &QTimer::timeout, this, &Training::drain);
  connect(&project_, &Project::changed, this, [this] {
    if (!snapshot_) return;
    differences_.reset();
    if (isOutdated() == wasOutdated_ && !wasOutdated_) return;
    wasOutdated_ = isOutdated();
    emit outdatedChanged();
  });
  // A project that was trained before it was saved, or is saved under another name, has its weights beside it all the same.
  const auto bringHome = [this, tried = std::make_shared<fs::path>()] {
    if (isActive() || folder_.isEmpty() || project_.path().isEmpty()) return;
    const std::string path = utf8(project_.path()), from = utf8(folder_), to = engine::training::nextRunFolder(path);
    const fs::path home = fs::path(to).parent_path();
    if (fs::path(from).parent_path() == home || *tried == home) return;
    *tried = home;
    if (!QFileInfo::exists(folder_)) return;  // a run that did not begin has nothing to bring
    const auto copy = [from, to, weights = engine::training::weightsPath(path)] {
      std::error_code error;
      fs::create_directories(fs::path(to).parent_path(), error);
      fs::copy(from, to, fs::copy_options::recursive, error);
      const std::string part = weights + ".part";
      if (!error && fs::exists(from + "/weights.safetensors", error)) {
        fs::copy_file(from + "/weights.safetensors", part, fs::copy_options::overwrite_existing, error);
        if (!error) fs::rename(part, weights, error);
      }
      return error ? error.message() : std::string();
    };
    inBackground(this, copy, [this, from, to](const std::string& why) {
      if (folder_ != qt(from)) return;
      if (why.empty()) {
        folder_ = qt(to);
        emit stateChanged();
        return;
      }
      engine::Problem note;
      note.severity = engine::Severity::lint;
      note.place = engine::Place::file(to);
      note.needs = "room for the run beside the project";
      note.got = engine::Message("{0}", why);
      note.fix = engine::Message("the run is still in {0}", from);
      emit noted(note);
    });
  };
  connect(&project_, &Project::fileChanged, this, bringHome);
  connect(this, &Training::stateChanged, this, bringHome);  // it may have been saved during the run
  connect(&project_, &Project::replaced, this, [this] {  // another project: this run is not its own
    leave();
    snapshot_.reset();
    differences_.reset();
    wasOutdated_ = false;
    folder_.clear();
    status_ = {};
    pace_.clear();
    asked_ = Asked::nothing;
    state_ = State::idle;
    emit outdatedChanged();
    emit stateChanged();
  });
}

Training::~Training() { leave(); }

void Training::leave() {
  timer_.stop();
  leaveRun(std::move(run_));
}

bool Training::isActive() const { return state_ == State::preparing || state_ == State::running || state_ == State::paused; }
const engine::document::Document* Training::snapshot() const { return snapshot_ ? &*snapshot_ : nullptr; }

const std::vector<engine::document::Difference>& Training::differences() const {
  if (!differences_) {
    differences_.emplace();
    if (snapshot_)
      for (auto& difference : engine::document::diff(*snapshot_, project_.document()))
        if (difference.what != "name" && !difference.what.starts_with("other members")) differences_->push_back(difference);
  }
  return *differences_;
}

QString Training::weightsFile() const {
  if (isActive() || folder_.isEmpty()) return {};
  return QDir(folder_).filePath("weights.safetensors");
}

QString Training::unsavedFolder() const {
  if (project_.unsavedFolder().isEmpty()) {
    const QDir unsaved(QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + "/unsaved");
    forgetOldRuns(unsaved);
    project_.setUnsavedFolder(unsaved.filePath(QUuid::createUuid().toString(QUuid::WithoutBraces)));
  }
  return project_.unsavedFolder();
}

std::string Training::pathForRuns() const {
  return utf8(project_.path().isEmpty() ? QDir(unsavedFolder()).filePath("untitled.netw") : project_.path());
}

// ------------------------------------------------------------------------ reasons ----

QString Training::whyNotStart() const {
  if (state_ == State::paused) return {};
  if (isActive()) return tr("It is training already.");
  if (project_.document().nodes().empty()) return tr("The canvas is empty: add layers first.");
  if (project_.hasProblems()) return tr("The network has problems: see the list of problems.");
  if (project_.document().data().source.empty()) return tr("There is no data to train on: choose some in the recipe.");
  return {};
}
QString Training::whyNotPause() const {
  if (asked_ == Asked::pause) return tr("It pauses when the step is done.");
  return state_ == State::running || state_ == State::preparing ? QString() : tr("Nothing is training.");
}
QString Training::whyNotStep() const {
  return state_ == State::running || state_ == State::preparing ? tr("It is running: pause it first.") : whyNotStart();
}
QString Training::whyNotStop() const {
  if (asked_ == Asked::stop) return tr("It stops when the step is done.");
  return isActive() ? QString() : tr("Nothing is training.");
}
QString Training::whyNotResume() const {
  if (isActive()) return tr("It is training already.");
  if (project_.path().isEmpty() && project_.unsavedFolder().isEmpty()) return tr("The project has no run yet.");
  return engine::training::lastRunFolder(pathForRuns()) ? QString() : tr("The project has no run yet.");
}
QString Training::whyNotSetLearningRate() const {
  return isActive() ? QString() : tr("Nothing is training: the recipe has the learning rate.");
}

// ----------------------------------------------------------------------- commands ----

void Training::ask(Asked asked) {
  asked_ = asked;
  timer_.setInterval(kTickMilliseconds);
  emit stateChanged();
}

void Training::start() {
  if (state_ == State::paused) {
    run_->resume();
    ask(Asked::nothing);
    drain();
  } else if (whyNotStart().isEmpty() && mayBegin()) {
    launch(false, false);
  }
}

void Training::startAnyway() {
  anyway_ = true;
  start();
  anyway_ = false;
}

void Training::pause() {
  if (!whyNotPause().isEmpty() || asked_ == Asked::stop || asked_ == Asked::restart) return;
  run_->pause();
  ask(Asked::pause);
}

void Training::step() {
  if (state_ == State::paused) {
    run_->stepOnce();
    timer_.setInterval(kTickMilliseconds);
  } else if (whyNotStep().isEmpty() && mayBegin()) {
    launch(false, true);
    run_->stepOnce();
  }
}

void Training::stop() {
  if (!isActive()) return;
  run_->stop();
  ask(Asked::stop);
}

void Training::restart() {
  if (!isActive()) return start();
  run_->stop();
  ask(Asked::restart);
}

void Training::resumeLast() {
  if (whyNotResume().isEmpty()) launch(true, false);
}

void Training::setLearningRate(double base) {
  if (!whyNotSetLearningRate().isEmpty()) return;
  run_->setLearningRate(base);
  emit learningRateSet(status_.step, base);
}

void Training::setPreviews(double everySeconds) {
  previewsEvery_ = everySeconds;
  if (isActive()) run_->setPreviews(everySeconds);
}

void Training::setProfile(bool on) {
  profiles_ = on;
  if (isActive()) run_->setProfile(on);
}

int Training::threadsOfNextRun() const {
  // One core is the window's, so that it answers while the others compute.
  return threads_ > 0 ? threads_ : std::max(1, QThread::idealThreadCount() - 1);
}

void Training::setThreads(int threads) {
  threads_ = threads;
  emit deviceChanged();
}

void Training::setDevice(const engine::DeviceChoice& device) {
  device_ = device;
  emit deviceChanged();
}

bool Training::isOnProcessor() const { return status_.device == engine::training::kProcessor; }

void Training::launch(bool resume, bool paused) {
  leave();
  engine::training::RunOptions options;
  options.session.folder = utf8(project_.folder());
  options.session.threads = threadsOfRun_ = threadsOfNextRun();
  options.session.device = device_;
  if (!resume && !anyway_) options.session.memory = memory_;
  options.startPaused = paused;
  snapshot_ = project_.document();
  differences_.reset();
  const std::string path = pathForRuns();
  folder_ = qt(resume ? *engine::training::lastRunFolder(path) : engine::training::nextRunFolder(path));
  options.out = utf8(folder_);
  // One that was killed before its first checkpoint has nothing to lose: it begins anew.
  options.resume = resume && QFileInfo::exists(folder_ + "/checkpoint.safetensors");
  if (resume) snapshot_ = documentToResume();
  if (!project_.path().isEmpty()) options.weights = engine::training::weightsPath(path);
  status_ = {};
  pace_.clear();
  asked_ = Asked::nothing;
  run_ = std::make_unique<engine::training::Run>(*snapshot_, options);
  run_->setPreviews(previewsEvery_);
  run_->setProfile(profiles_);
  state_ = State::preparing;
  wasOutdated_ = isOutdated();
  emit started();
  emit stateChanged();
  emit outdatedChanged();
  timer_.start(kTickMilliseconds);
}

// What the run trained, where the network is another one by now: its weights fit no other. A recipe that was changed holds,
// so that a run can go on for longer than it was planned to.
engine::document::Document Training::documentToResume() const {
  auto ofRun = engine::document::load(utf8(folder_ + "/project.netw"));
  if (!ofRun) return project_.document();
  const auto differences = engine::document::diff(*ofRun, project_.document());
  const bool fits = std::all_of(differences.begin(), differences.end(), [](const auto& d) {
    if (d.what == "name") return true;
    return d.what.starts_with("recipe.") && !d.what.ends_with(".optimizer.type") && !d.what.ends_with(".precision") && !d.what.ends_with(".seed");
  });
  return fits ? project_.document() : *std::move(ofRun);
}

void Training::drain() {
  if (!run_) return;
  const qint64 stepBefore = status_.step;
  status_ = run_->status();  // before the queues: what a last status tells of is in them
  const auto steps = run_->takeSteps();
  const auto evaluations = run_->takeEvaluations();
  State state = state_;
  switch (status_.state) {
    case engine::training::State::preparing: state = State::preparing; break;
    case engine::training::State::running: state = State::running; break;
    case engine::training::State::paused: state = State::paused; break;
    case engine::training::State::finished: state = State::finished; break;
    case engine::training::State::stopped: state = State::stopped; break;
    case engine::training::State::failed: state = State::failed; break;
  }
  if (state == State::running) pace_.add(now(), status_.step, status_.samples);
  else if (state == State::paused && status_.step == stepBefore) pace_.pause();
  if (!steps.empty()) emit stepped(steps);
  if (!evaluations.empty()) emit evaluated(evaluations);
  if (const auto preview = run_->takePreview()) emit previewed(preview);
  if (const auto profile = run_->takeProfile()) emit profiled(profile);
  for (const auto& note : run_->takeNotes()) emit noted(note);
  emit ticked();
  if (state == State::paused && state_ == State::paused && steps.empty()) timer_.setInterval(kPausedMilliseconds);
  if (state == state_) return;

  state_ = state;
  if (state != State::running && asked_ == Asked::pause) asked_ = Asked::nothing;
  const bool again = asked_ == Asked::restart && !isActive();
  if (!isActive()) {
    timer_.stop();
    asked_ = Asked::nothing;
  }
  emit stateChanged();
  if (again) start();
}

}  // namespace ui
