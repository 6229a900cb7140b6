#include "engine/training/run.h"

#include "engine/training/shared.h"
#include "engine/training/worker.h"

namespace engine::training {

Run::Run(document::Document snapshot, RunOptions options) : shared_(std::make_shared<Shared>()) {
  shared_->pauseAsked = options.startPaused;
  thread_ = std::thread([shared = shared_, snapshot = std::move(snapshot), options = std::move(options)] {
    Worker(*shared, snapshot, options).run();
  });
}

Run::~Run() {
  stop();
  thread_.join();
}

void Run::pause() {
  const std::lock_guard lock(shared_->mutex);
  shared_->pauseAsked = true;
}
void Run::resume() {
  const std::lock_guard lock(shared_->mutex);
  shared_->pauseAsked = false;
  shared_->changed.notify_all();
}
void Run::stepOnce() {
  const std::lock_guard lock(shared_->mutex);
  ++shared_->stepsAsked;
  shared_->changed.notify_all();
}
void Run::stop() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stopAsked = true;
  shared_->changed.notify_all();
}
void Run::setLearningRate(double base) {
  const std::lock_guard lock(shared_->mutex);
  shared_->learningRateAsked = base;
}

void Run::setPreviews(double everySeconds) {
  const std::lock_guard lock(shared_->mutex);
  shared_->previewSeconds = everySeconds;
  shared_->changed.notify_all();
}

void Run::setProfile(bool on) {
  const std::lock_guard lock(shared_->mutex);
  shared_->profileAsked = on;
}

Status Run::status() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->status;
}
std::shared_ptr<const Preview> Run::takePreview() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->preview, nullptr);
}
std::shared_ptr<const Profile> Run::takeProfile() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->profile, nullptr);
}
std::vector<StepEvent> Run::takeSteps() {
  const std::lock_guard lock(shared_->mutex);
  return shared_->steps.take();
}
std::vector<EvaluationEvent> Run::takeEvaluations() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->evaluations, {});
}
std::vector<Problem> Run::takeNotes() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->notes, {});
}
Status Run::wait() {
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(lock, [&] { return shared_->over; });
  return shared_->status;
}

}  // namespace engine::training
